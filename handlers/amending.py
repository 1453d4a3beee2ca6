"""改单 撤单 催单: the requester changes an order, takes it back, or asks after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import emergencies, finding, offering, sharing, wording
from handlers.ability import answers, on
from handlers.completing import finish, rate_as
from handlers.danger import QuietClass, quiet_class
from handlers.describing import told
from handlers.hours import quiet_end
from handlers.planning import plan, promise_at
from handlers.turn import Asks, Lane, Outcome, Push, Refusal, Reply, Say, Silence, Turn
from handlers.views import Viewer
from handlers.visiting import book
from nlp.answers import names_whole
from nlp.intent import Category, Meaning, Score, Slots, Span
from nlp.rebooking import find_rebooking
from storage.audit import Why
from storage.orders import ClaimState, Move, Order, State
from storage.questions import QuestionKind
from storage.steps import StepKind

NUDGE_EVERY = timedelta(minutes=30)


@on(
    "改单 {order?} {rest?}",
    "{order} [号] [单] (改成|改到|改为) {rest}",
    "{order} [号] [单] (时间|地点|地址) (改成|改到|改为|换到) {rest}",
    "(改约|改期) {order} {rest?}",
    means=Meaning.AMEND,
    says=("改单 231 明天下午三点", "231改到周六9点"),
    not_says=("改天再说吧",),
)
def amend(turn: Turn) -> Iterator[Outcome]:
    """改单231 明天下午三点（接单的人用“改约231 周六9点”）"""
    order = finding.named(turn) or _meant_by_time(turn)
    if order is not None and order.is_held_by(turn.speaker.id):
        yield from book(turn, order)
        return
    if order is None or turn.intent.slots.order:
        order = finding.own(turn, "改")
    yield from change_order(turn, order)


def _meant_by_time(turn: Turn) -> Order | None:
    """两点不行,我四点才到家: the order that is agreed for two; 两个人就够了: the one that wants more or fewer.

    To nobody in particular, and where no order fits, it is talk of something else.
    """
    if turn.intent.slots.order:
        return None
    moved, hands = find_rebooking(turn.text, turn.now), turn.intent.slots.people_needed
    if moved is None and hands is None:
        return None
    mine = [one for one in turn.store.orders.of_requester(turn.speaker.id) if one.state is not State.UNRATED]
    held = turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED) if moved else []
    if moved is not None:
        fitting = [one for one in (*mine, *held) if _is_within(one, moved.refused)]
    else:
        fitting = [one for one in mine if hands is not None and one.hands > 1 and one.hands != hands.max]
    if len(fitting) == 1:
        return fitting[0]
    if finding.is_hint(turn) and not turn.is_addressed:
        raise Silence
    return held[0] if moved is not None and not mine and len(held) == 1 else None


def _is_within(order: Order, span: Span) -> bool:
    """Whether the order is agreed for that time, or for a stretch that holds it."""
    if order.start is None or order.end is None or span.start is None or span.end is None:
        return False
    return order.start < span.end and span.start < order.end


def _facts(turn: Turn) -> Slots:
    """What stands behind 改单 N is read like a need of its own: a place, hands, a phone as well as a time."""
    slots = turn.intent.slots
    if not slots.rest:
        return slots
    said = turn.read(f"求助 {slots.rest}").slots
    return replace(
        slots,
        time=slots.time or said.time,
        recurrence=slots.recurrence or said.recurrence,
        address=slots.address or said.address,
        people_needed=slots.people_needed or said.people_needed,
        phones=slots.phones or said.phones,
    )


def change_order(turn: Turn, order: Order, remark: str = "") -> Iterator[Outcome]:
    slots = _facts(turn)
    requester = turn.store.people.get(order.requester_id)
    change = told(turn, order, slots, requester)
    if remark and change != order:
        change = replace(change, note=f"{order.note or ''}；{remark}"[:1000].strip("；"))
    if slots.time and slots.time.end and slots.time.end <= turn.now:
        raise Refusal(Say(lambda see: wording.past_time()), reason="past time")
    if change == order:
        if not turn.is_meant:
            raise Silence
        raise Refusal(Say(lambda see: wording.amended_unclear(see.order(order))), reason="nothing to change")
    if change.contact_phone != order.contact_phone:
        for claim in order.holders:
            yield _new_phone(turn, change, claim.person_id)
    moved = _when_and_where(change) != _when_and_where(order)
    asks_again = moved and bool(order.holders) and order.state in (State.CLAIMED, State.BOOKED)
    before = order
    to = State.CLAIMED if asks_again and order.state is State.BOOKED else None
    if order.state is State.DRAFT:
        order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.UNASSIGNED, change=change)
        yield Reply(Say(lambda see: wording.detailed(see.order(order))), about=order)
        yield from offering.publish(turn, order)
        return
    order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=to, change=change)
    if moved:
        turn.store.orders.forget_declines(order)
    if asks_again:
        yield from _ask_holders(
            turn,
            order,
            lambda see: wording.amended_ask_helper(
                see.order(order),
                before=see.when(before) if see.when(before) != see.when(order) else None,
                is_elsewhere=_where(before) != _where(order),
            ),
        )
        if turn.is_addressed:
            yield Reply(Say(lambda see: wording.amended_asking(see.order(order))), about=order)
        return
    plan(turn.store, turn.community.settings, order, turn.now)
    if not moved and slots.phones:
        yield Reply(Say(lambda see: wording.phone_noted()))
        return
    yield Reply(Say(lambda see: wording.amended(see.order(order))), about=order)
    if order.state is State.OPEN:
        yield offering.card_update(
            order,
            lambda see: wording.card(see.order(order), see),
            is_open=True,
            instead=lambda see: wording.card_again(see.order(order), see),
        )
        if moved and _is_out_of_sight(turn, order):
            yield from offering.offer_again(turn, order, lambda see: wording.card_again(see.order(order), see))
    elif order.hands > before.hands and order.state in (State.CLAIMED, State.BOOKED):
        yield from offering.offer_again(turn, order, lambda see: wording.card_gap(see.order(order), see))
    elif before.missing and not order.missing and order.state in (State.CLAIMED, State.BOOKED):
        yield from offering.settle_claims(turn, order, by_press=False)  # so many are enough after all


def _when_and_where(order: Order) -> tuple[object, ...]:
    return order.start, order.end, *_where(order)


def _where(order: Order) -> tuple[str | None, ...]:
    return order.building, order.entrance, order.floor, order.room, order.place


OUT_OF_SIGHT = timedelta(hours=3)


def _is_out_of_sight(turn: Turn, order: Order) -> bool:
    """Nobody scrolls back to a card that was posted hours ago, however nicely it changes."""
    posted = [line.at for line in turn.store.audit.of_order(order.id) if line.move in (Move.PUBLISH, Move.RELEASE)]
    return bool(posted) and turn.now - posted[-1] > OUT_OF_SIGHT


def _new_phone(turn: Turn, order: Order, person_id: int) -> Push:
    helper = turn.store.people.get(person_id)
    return Push(helper, Say(lambda see: wording.phone_known(see.order(order))), Lane.ASSIGNMENT, order, keeps=True)


def _ask_holders(turn: Turn, order: Order, words: Callable[[Viewer], str]) -> Iterator[Outcome]:
    """The claims wait for confirmation; nobody is silently kept on a time or a door they never agreed to."""
    for claim in order.holders:
        turn.store.orders.mark_claim(claim, ClaimState.TO_CONFIRM)
        helper = turn.store.people.get(claim.person_id)
        turn.store.steps.plan(
            order.community_id,
            order.id,
            StepKind.RECONFIRM,
            min(
                quiet_end(turn.community.settings, turn.now + timedelta(hours=2)),
                promise_at(turn.community.settings, order, turn.now),
            ),
            claim.id,
        )
        yield Push(helper, Say(words), Lane.ASSIGNMENT, order, Asks(QuestionKind.RECONFIRM, order.id, 2))
    plan(turn.store, turn.community.settings, turn.store.orders.get(order.id), turn.now)


@on(
    "(撤单|撤销|取消|取消单) {order} {rest?}",
    "{order} [号] [单] (取消|撤了|不用了|不需要了|撤单)",
    means=Meaning.CANCEL,
    says=("撤单 231", "取消 9，搞错了"),
    not_says=("取消了会议",),
)
def cancel(turn: Turn) -> Iterator[Outcome]:
    """撤单231"""
    slots = turn.intent.slots
    shared = finding.shared(turn)
    if shared is not None:
        sharing.give_up(turn, shared)
        yield Reply(Say(lambda see: wording.cancelled(see.order(shared))))
        return
    order = _given_up(turn)
    if slots.reason == "neighbour" or slots.name:
        yield from _helped_by_neighbour(turn, order, slots.name or "这位邻居")
        return
    if slots.is_settled and (slots.order or not finding.is_hint(turn) or _is_found(turn, order)):
        yield from _came_right(turn, order)
        return
    asked = any(
        one.person_id == turn.speaker.id for one in turn.store.questions.of_order(order.id, QuestionKind.CANCEL)
    )
    explained = slots.reason is not None and not slots.is_settled
    if not slots.order and not explained and not asked:
        # 不用了 is also ordinary talk: asked in private, never silently cancelled.
        yield Push(
            turn.speaker,
            Say(lambda see: wording.cancel_really(see.order(order))),
            Lane.REPLY,
            order,
            Asks(QuestionKind.CANCEL, order.id, 2),
        )
        return
    yield from give_up(turn, order)


def _given_up(turn: Turn) -> Order:
    """不用了，儿子回来了: of several orders the one whose thing is named; else it is asked which."""
    mine = [] if turn.intent.slots.order else turn.store.orders.of_requester(turn.speaker.id)
    if len(mine) < 2 or not (turn.intent.slots.reason or turn.intent.slots.is_settled):
        return finding.own(turn, "撤")
    named = [order for order in mine if names_whole(turn.text, order.item)]
    return named[0] if len(named) == 1 else finding.own(turn, "撤")


def _is_found(turn: Turn, order: Order) -> bool:
    """包找到了, about the bag that was looked for; 钥匙找到了 is not about the lamp."""
    sought = order.category is Category.LOST and "找" in turn.text
    return sought or names_whole(turn.text, order.item)


def _came_right(turn: Turn, order: Order) -> Iterator[Outcome]:
    """已解决: whoever is there has done it and is thanked as ever; else nobody needs to set out any more."""
    if sharing.heir(turn, order) is not None:
        yield from give_up(turn, order)  # it goes on for whoever still waits
        return
    if order.state is State.UNRATED:
        yield from rate_as(turn, order, Score.SATISFIED, None)
        return
    if order.state is State.IN_SERVICE:
        yield from finish(turn, order)
        return
    holders = order.holders + order.standby
    order = turn.store.orders.move(order, Move.CLOSE, turn.speaker.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now)
    yield Reply(Say(lambda see: wording.came_right(see.order(order))), about=order)
    yield from sharing.ask_still(turn, order, wording.NEWS_CANCELLED)
    yield from offering.withdraw(turn, order, holders, wording.WHY_CAME_RIGHT)


def give_up(turn: Turn, order: Order) -> Iterator[Outcome]:
    """The requester needs it no more. Whoever else waits for the same is not lost with it."""
    requester = turn.store.people.get(order.requester_id)
    for mine in turn.store.orders.merged_into(order):
        if mine.requester_id == requester.id:
            sharing.give_up(turn, mine)
    heir = sharing.heir(turn, order)
    if heir is not None:
        yield from _hand_on(turn, order, heir)
        return
    holders = order.holders + order.standby
    order = turn.store.orders.move(order, Move.CANCEL, turn.speaker.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now)
    yield Reply(Say(lambda see: wording.cancelled(see.order(order))), about=order)
    yield from sharing.ask_still(turn, order, wording.NEWS_CANCELLED)
    yield from offering.withdraw(turn, order, holders, wording.WHY_CANCELLED)


def _hand_on(turn: Turn, before: Order, heir: Order) -> Iterator[Outcome]:
    """It goes on under its number for the next who waits: nobody who is on the way is called back for nothing."""
    turn.store.questions.close_of_order(before.id, turn.now, person_id=before.requester_id)
    turn.store.questions.close_of_order(heir.id, turn.now)
    change = sharing.passed_to(before, heir)
    moved = sharing.needs_another_way(before, change)
    asks_again = moved and bool(before.holders) and before.state in (State.CLAIMED, State.BOOKED)
    to = State.CLAIMED if asks_again else before.state
    order = turn.store.orders.move(
        before, Move.AMEND, turn.speaker.id, turn.now, to=to, change=change, detail=sharing.HANDED_ON
    )
    yield Reply(Say(lambda see: wording.cancelled_for_you(see.order(order))), about=order)
    yield Push(
        turn.store.people.get(order.requester_id),
        Say(lambda see: wording.handed_on(see.order(order))),
        Lane.ASSIGNMENT,
        order,
        Asks(QuestionKind.MERGE, order.id, 2, payload=sharing.STILL),
        keeps=True,
    )
    if asks_again:
        yield from _ask_holders(turn, order, lambda see: wording.handed_on_helper(see.order(order)))
        return
    if order.contact_phone and order.contact_phone != before.contact_phone:
        for claim in order.holders:
            yield _new_phone(turn, order, claim.person_id)
    plan(turn.store, turn.community.settings, order, turn.now)
    if moved and order.state is State.OPEN:
        yield offering.card_update(order, lambda see: wording.card(see.order(order), see), is_open=True)
    elif moved and order.state is State.UNASSIGNED and quiet_class(order) is not QuietClass.REST:
        yield from emergencies.ring(turn, order)


def _says_cancel_or_keep(turn: Turn) -> bool:
    """不用了, said again to 要撤掉吗, means the order and not the cancelling: that is for `cancel`."""
    if turn.choice in (1, 2):
        return True
    return turn.intent.slots.yes is not None and turn.intent.meaning is not Meaning.CANCEL


@answers(QuestionKind.CANCEL, accepts=_says_cancel_or_keep)
def cancel_or_keep(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    if turn.choice == 1 or turn.intent.slots.yes:
        yield from give_up(turn, order)
    else:
        yield Reply(Say(lambda see: wording.kept(see.order(order))), about=order)


def _helped_by_neighbour(turn: Turn, order: Order, name: str) -> Iterator[Outcome]:
    """邻里互助: a neighbour helped on the side; closed with thanks, and credit if they like."""
    holders = order.holders + order.standby
    order = turn.store.orders.move(
        order,
        Move.CLOSE,
        turn.speaker.id,
        turn.now,
        change=replace(order, resolution=NEIGHBOUR),
        detail=Why.NEIGHBOUR,
    )
    turn.store.questions.close_of_order(order.id, turn.now)
    asks = Asks(QuestionKind.CREDIT, order.id, payload=name, anybody=True) if turn.group else None
    yield Reply(Say(lambda see: wording.neighbour_helped(see.order(order), see.free(name), see)), asks, order)
    yield from sharing.ask_still(turn, order, wording.NEWS_HELPED)
    yield from offering.withdraw(turn, order, holders, wording.WHY_HELPED)


NEIGHBOUR = "neighbour"


CREDIT_WORDS = ("在", "举手之劳", "不客气", "不用谢", "应该的", "小事", "没事", "客气了", "顺手")


def _takes_credit(turn: Turn) -> bool:
    """在, 举手之劳, 不客气: from anybody but the one who was helped."""
    order = turn.asked_order()
    return turn.text.strip().startswith(CREDIT_WORDS) and turn.speaker.id != order.requester_id


@answers(QuestionKind.CREDIT, accepts=_takes_credit)
def credit(turn: Turn) -> Iterator[Outcome]:
    """Credit for a neighbour who is known by no more than a name in this group."""
    order = turn.asked_order()
    claim = turn.store.orders.line_up(order, turn.speaker.id, ClaimState.DONE, 1, turn.now)
    turn.store.orders.note_claim(claim, minutes=order.minutes, is_neighbour=True)
    yield Push(turn.speaker, Say(lambda see: wording.credit_noted()), Lane.REPLY, order, keeps=True)


@on(
    "(催单|催一下|催催|催) {order} [号] [单]",
    "(催单|催一下|催催)",
    means=Meaning.NUDGE,
    says=("催单 231", "催一下 8 号单"),
    not_says=("别催我",),
)
def nudge(turn: Turn) -> Iterator[Outcome]:
    """催单231"""
    if turn.intent.slots.needs_clarification and not turn.store.orders.of_requester(turn.speaker.id):
        yield Reply(Say(lambda see: wording.clarify()), Asks(QuestionKind.PIECES))  # 谁能快点来啊, of nothing we know
        return
    if finding.is_hint(turn) and len(turn.store.orders.of_requester(turn.speaker.id)) != 1:
        raise Silence
    order = finding.own(turn, "催")
    if order.state is State.UNRATED:
        yield Reply(Say(lambda see: wording.rate_please(see.order(order))), Asks(QuestionKind.RATE, order.id, 3), order)
        return
    lately = [
        line
        for line in turn.store.audit.of_order(order.id)
        if line.move == Move.NUDGE and turn.now - line.at < NUDGE_EVERY
    ]
    if lately:
        yield Reply(Say(lambda see: wording.progress(see.order(order))), about=order)
        return
    order = turn.store.orders.move(order, Move.NUDGE, turn.speaker.id, turn.now)
    yield Reply(Say(lambda see: wording.nudged(see.order(order))), about=order)
    for claim in order.holders:
        yield Push(
            turn.store.people.get(claim.person_id),
            Say(lambda see: wording.nudge_helper(see.order(order))),
            Lane.REMINDER,
            order,
        )
    if not order.holders:
        for secretary in finding.secretaries(turn):
            yield Push(secretary, Say(lambda see: wording.nudge_secretary(see.order(order))), Lane.REMINDER, order)
