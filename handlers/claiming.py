"""接单 候补 退单: who takes an order, who waits in line, and what happens when somebody cannot come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import emergencies, finding, offering, wording
from handlers.ability import answers, due, on
from handlers.completing import is_of_unit
from handlers.danger import QuietClass, quiet_class
from handlers.hours import quiet_end
from handlers.planning import is_fixed, plan, promise_at
from handlers.rights import DISPATCHES, HELPS, may
from handlers.turn import Asks, Lane, Outcome, Press, Push, Refusal, Reply, Say, Scene, Silence, Tick, Turn
from nlp import times
from nlp.intent import Grain, Meaning, Span
from storage.groups import GroupKind
from storage.orders import Claim, ClaimState, Move, Order, State
from storage.questions import QuestionKind
from storage.steps import StepKind

OFFER_ANSWER_WITHIN = timedelta(hours=2)


@on(
    "(接|接单|抢单|我接|我来|接下) {order} [号] [单] {people?} {rest?}",
    "{order} [号] [单] (我来|我接|我去|接|接单|我来接)",
    "(接|接单|我接|我来|我去|算我一个|我报名)",
    means=Meaning.CLAIM,
    says=("接231", "接单 12", "12号我接", "我来245", "接231 带1人"),
    not_says=("我来晚了", "接孩子去了", "接着说"),
)
def claim(turn: Turn) -> Iterator[Outcome]:
    """接231（带人来就说“接231 带1人”）"""
    span = _span(turn)
    held = _told_hour(turn, span)
    if held is not None:
        from handlers.visiting import tell_hour

        yield from tell_hour(turn, held, span)
        return
    if not _is_known_helper(turn):
        yield from _offer_of_a_stranger(turn)
        return
    order = finding.offered(turn)
    hands = turn.intent.slots.people.max if turn.intent.slots.people else 1
    mine = order.claim_of(turn.speaker.id)
    if mine is not None and mine.state in (ClaimState.HELD, ClaimState.TO_CONFIRM):
        if mine.state is ClaimState.TO_CONFIRM:
            yield from _reconfirmed(turn, order, mine)
            return
        raise Refusal(Say(lambda see: wording.already_yours(see.order(order))), reason="already held")
    if order.state not in finding.CLAIMABLE:
        raise Refusal(Say(lambda see: wording.not_claimable(see.order(order))), reason="not claimable")
    if mine is not None and mine.state is ClaimState.ASKED:
        yield from _step_in(turn, order, mine)
        return
    if mine is not None and mine.state is ClaimState.STANDBY and order.missing < hands:
        place = order.standby.index(mine) + 1
        raise Refusal(Say(lambda see: wording.already_in_line(see.order(order), place)), reason="already in line")
    if order.state is State.DRAFT:
        # Somebody goes before the one question was answered: they can ask at the door.
        order = turn.store.orders.move(order, Move.PUBLISH, turn.speaker.id, turn.now)
        turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.DETAIL)
    taken = turn.store.orders.take(order, turn.speaker.id, hands, turn.now, None if _sets_hour(order, span) else _condition(turn))
    if taken is None:
        _no_room(turn, order, hands)
        return
    yield from joined(turn, order, turn.speaker.id, span)


def _span(turn: Turn) -> Span | None:
    """The time in a claim: 我三点半到, 接231 六点以后我行."""
    slots = turn.intent.slots
    return slots.time or times.read_time(slots.condition or "", turn.now)


def _told_hour(turn: Turn, span: Span | None) -> Order | None:
    """“我三点半到” from somebody who holds one order and names none: not a claim, but when they will be there."""
    if turn.intent.slots.order is not None or span is None or span.start is None:
        return None
    if turn.group is not None and turn.store.outbox.recent_cards(turn.group.id, turn.now - finding.CARD_FRESH):
        return None
    held = turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED)
    return held[0] if len(held) == 1 else None


def _sets_hour(order: Order, span: Span | None) -> bool:
    """The claim names the hour that nobody had named, or one within the agreed part of a day: the appointment."""
    if span is None or span.start is None or order.recurrence:
        return False
    if order.start is None or order.end is None:
        return order.start is None and order.end is None
    return order.grain not in (Grain.MINUTE, Grain.HOUR) and order.start <= span.start < order.end and order.hands == 1


def _condition(turn: Turn) -> str | None:
    """六点以后我行: what the claim depends on."""
    slots = turn.intent.slots
    return slots.condition or (slots.time.text if slots.time else None)


def _is_known_helper(turn: Turn) -> bool:
    in_helpers_group = turn.group is not None and turn.group.kind is GroupKind.MEMBERS
    return in_helpers_group or may(turn.speaker, HELPS)


def joined(turn: Turn, order: Order, person_id: int, span: Span | None = None) -> Iterator[Outcome]:
    """Somebody got a hold: the move is made, they get the address, and the others hear in time."""
    helper = turn.speaker if turn.speaker.id == person_id else turn.store.people.get(person_id)
    change = replace(order, first_claimed_at=order.first_claimed_at or turn.now, is_announced=False)
    if span is not None and _sets_hour(order, span):
        change = replace(change, start=span.start, end=span.end, grain=str(span.grain))
    order = turn.store.orders.move(order, Move.CLAIM, person_id, turn.now, change=change)
    yield Push(
        helper,
        Say(lambda see: wording.your_order(see.order(order), see)),
        Lane.REPLY if helper.id == turn.speaker.id else Lane.ASSIGNMENT,
        order,
        None if is_fixed(order) else Asks(QuestionKind.BOOK, order.id),
    )
    if quiet_class(order) is QuietClass.EMERGENCY:
        yield from emergencies.somebody_comes(turn, order, helper)
    elif not order.contact_phone and order.requester_id == order.placed_by_id:
        yield _ask_phone(turn, order)
    if not helper.is_named and helper.asked_name_at is None:
        turn.store.people.save(replace(helper, asked_name_at=turn.now))
        yield Push(helper, Say(lambda see: wording.helper_name()), Lane.REPLY, order, keeps=True)
    if not order.missing:
        yield from _others_not_needed(turn, order)
    yield from offering.settle_claims(turn, order, isinstance(turn.message.what, Press) and turn.group is not None)


def _others_not_needed(turn: Turn, order: Order) -> Iterator[Outcome]:
    """Nobody is missing any more: whoever offered and still waits for a 行 is let go with thanks."""
    for offer in [held for held in order.claims if held.state is ClaimState.OFFERED]:
        turn.store.orders.give_back(offer, as_state=ClaimState.DECLINED)
        turn.store.steps.drop_of_claim(offer.id, turn.now)
        yield Push(
            turn.store.people.get(offer.person_id),
            Say(lambda see: wording.offer_declined(see.order(order))),
            Lane.REMINDER,
            order,
            keeps=True,
        )
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.OFFER)


def _ask_phone(turn: Turn, order: Order) -> Push:
    """Asked only now that somebody needs it, and in private."""
    return Push(
        turn.store.people.get(order.requester_id),
        Say(lambda see: wording.leave_phone(see.order(order))),
        Lane.ASSIGNMENT,
        order,
        Asks(QuestionKind.DETAIL, order.id),
        once=f"phone/{order.id}",
        keeps=True,
    )


def _no_room(turn: Turn, order: Order, hands: int) -> None:
    """Too late: before 人齐了 was said they line up by themselves, afterwards they are asked in private."""
    if order.missing:
        raise Refusal(Say(lambda see: wording.too_many(see.order(order))), reason="more hands than room")
    if not order.is_announced and order.state is not State.UNASSIGNED:
        _line_up(turn, order, hands)
    else:
        raise Refusal(Say(lambda see: wording.full(see.order(order), hands)), reason="full")


def _line_up(turn: Turn, order: Order, hands: int) -> Order:
    turn.store.orders.line_up(order, turn.speaker.id, ClaimState.STANDBY, hands, turn.now)
    return turn.store.orders.move(order, Move.STAND_BY, turn.speaker.id, turn.now)


@on(
    "(候补|排候补|我候补|替补) {order} {people?} {rest?}",
    "{order} [号] (候补|排候补|我候补)",
    means=Meaning.STAND_BY,
    says=("候补245", "245候补"),
)
def stand_by(turn: Turn) -> Iterator[Outcome]:
    """候补231"""
    if not _is_known_helper(turn):
        yield from _offer_of_a_stranger(turn)
        return
    order = finding.offered(turn)
    hands = turn.intent.slots.people.max if turn.intent.slots.people else 1
    if order.is_held_by(turn.speaker.id):
        raise Refusal(Say(lambda see: wording.already_yours(see.order(order))), reason="already held")
    mine = order.claim_of(turn.speaker.id)
    if mine is not None and mine in order.standby:
        place = order.standby.index(mine) + 1
        raise Refusal(Say(lambda see: wording.already_in_line(see.order(order), place)), reason="already in line")
    if order.state not in (State.OPEN, State.CLAIMED, State.BOOKED):
        raise Refusal(Say(lambda see: wording.not_claimable(see.order(order))), reason="not claimable")
    if order.missing >= hands:
        raise Refusal(Say(lambda see: wording.still_free(see.order(order))), reason="still free")
    order = _line_up(turn, order, hands)
    place = len(order.standby)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.in_line(see.order(order), place)))


@on(
    "(不方便|去不了) {order?}",
    means=Meaning.COMMAND,
    command="decline",
    says=("不方便 231",),
)
def decline(turn: Turn) -> Iterator[Outcome]:
    """不方便231（不用说原因）"""
    order = finding.named(turn)
    if order is None:
        if turn.intent.slots.order is None or not turn.is_addressed:
            raise Silence
        yield Reply(Say(lambda see: wording.declined_noted()))  # the same words whether there is such an order
        return
    if order.is_held_by(turn.speaker.id):
        yield from release(turn)
        return
    if order.claim_of(turn.speaker.id) is None:
        turn.store.orders.line_up(order, turn.speaker.id, ClaimState.DECLINED, 1, turn.now)
    if turn.is_addressed:
        yield Reply(Say(lambda see: wording.declined_noted()))


@on(
    "(退单|退|退掉) {order} {rest?}",
    "{order} [号] [单] (退一下|退了|退单|我去不了|去不了了|去不了|来不了了|来不了) {rest?}",
    means=Meaning.WITHDRAW,
    says=("退单 7", "不好意思 12号退一下", "252我去不了"),
    not_says=("退休了", "退货怎么退"),
)
def release(turn: Turn) -> Iterator[Outcome]:
    """退单231 原因（原因只有书记看得到）"""
    named = finding.named(turn)
    if named is not None and named.state is State.TRANSFERRED and (is_of_unit(turn) or may(turn.speaker, DISPATCHES)):
        from handlers.dispatching import unit_returns

        yield from unit_returns(turn, named)
        return
    if named is not None and (mine := named.claim_of(turn.speaker.id)) is not None and mine in named.standby:
        turn.store.orders.give_back(mine)
        turn.store.steps.drop_of_claim(mine.id, turn.now)
        turn.store.questions.close_of_order(named.id, turn.now, QuestionKind.STEP_IN, person_id=turn.speaker.id)
        yield offering.answer_in_chat(turn, Say(lambda see: wording.declined_noted()))
        if mine.state is ClaimState.ASKED and named.missing and named.state in finding.CLAIMABLE:
            yield from ask_next_in_line(turn, turn.store.orders.get(named.id))
        return
    order = finding.held(turn, "退")
    mine = order.claim_of(turn.speaker.id)
    assert mine is not None
    yield from let_go(turn, order, mine, turn.text)
    if turn.is_addressed and turn.group is None:
        yield Reply(Say(lambda see: wording.released(see.order(order))))


def let_go(turn: Turn, order: Order, claim_: Claim, reason: str) -> Iterator[Outcome]:
    """A helper cannot come: the hold is freed and the next in line is asked, or the order is offered again."""
    settings = turn.community.settings
    late = order.start is not None and order.start - turn.now < timedelta(hours=settings.late_release_hours)
    agreed = claim_.state is not ClaimState.TO_CONFIRM  # who never agreed to the new time is not late
    turn.store.orders.give_back(claim_, reason=reason[:200] or None, is_late=late and agreed)
    turn.store.steps.drop_of_claim(claim_.id, turn.now)
    turn.store.questions.close_of_order(
        order.id,
        turn.now,
        QuestionKind.RECONFIRM,
        QuestionKind.COMING,
        QuestionKind.GOING_WELL,
        QuestionKind.BOOK,
        person_id=claim_.person_id,
    )
    announced = order.is_announced
    order = turn.store.orders.get(order.id)
    stays = order.state if order.holders else State.OPEN
    order = turn.store.orders.move(
        order,
        Move.RELEASE,
        turn.speaker.id,
        turn.now,
        to=stays,
        change=replace(order, is_announced=False),
        detail="announced" if announced and agreed else "",
    )
    plan(turn.store, settings, order, turn.now)
    yield from offering.tell_supervisors(turn, order)
    if order.standby:
        for group in finding.groups(turn, GroupKind.MEMBERS):
            if turn.group is not None and group.id == turn.group.id:
                yield Reply(Say(lambda see: wording.gap(see.order(order))), about=order)
        yield from ask_next_in_line(turn, order)
        return
    yield from _nobody_in_line(turn, order, was_amended=not agreed, announced=announced)


def _nobody_in_line(scene: Scene, order: Order, *, was_amended: bool, announced: bool) -> Iterator[Outcome]:
    words = wording.card_again if was_amended else wording.card_gap
    yield from offering.offer_again(scene, order, lambda see: words(see.order(order), see))
    if announced or was_amended:
        promise = promise_at(scene.community.settings, order, scene.now)
        scene.store.steps.plan(order.community_id, order.id, StepKind.PROMISE, promise)
        tried = any(line.move == Move.ARRIVE for line in scene.store.audit.of_order(order.id))
        said = wording.amended_lost if was_amended else wording.not_managed if tried else wording.lost_helper
        yield Push(
            finding.asker(scene, order),
            Say(lambda see: said(see.order(order), see.at(promise))),
            Lane.ASSIGNMENT,
            order,
        )


def ask_next_in_line(scene: Scene, order: Order) -> Iterator[Outcome]:
    """Promotion asks again: being in line an hour ago is no promise for now."""
    waiting = [claim for claim in order.standby if claim.state is ClaimState.STANDBY and claim.hands <= order.missing]
    if not waiting:
        yield from _nobody_in_line(scene, order, was_amended=False, announced=True)
        return
    first = waiting[0]
    fuse = scene.community.settings.standby_fuse_minutes
    scene.store.orders.mark_claim(first, ClaimState.ASKED)
    scene.store.steps.plan(
        order.community_id, order.id, StepKind.STANDBY_FUSE, scene.now + timedelta(minutes=fuse), first.id
    )
    yield Push(
        scene.store.people.get(first.person_id),
        Say(lambda see: wording.step_in(see.order(order), fuse)),
        Lane.ASSIGNMENT,
        order,
        Asks(QuestionKind.STEP_IN, order.id, 2),
    )


@due(StepKind.STANDBY_FUSE)
def standby_silent(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    for asked in order.standby:
        if asked.id == tick.claim_id and asked.state is ClaimState.ASKED:
            tick.store.orders.give_back(asked)
            tick.store.questions.close_of_order(order.id, tick.now, QuestionKind.STEP_IN, person_id=asked.person_id)
            if order.missing:
                yield from ask_next_in_line(tick, tick.store.orders.get(order.id))


@answers(QuestionKind.STEP_IN, accepts=lambda turn: turn.intent.slots.yes is not None)
def step_in(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    mine = order.claim_of(turn.speaker.id)
    if mine is None or mine.state not in (ClaimState.ASKED, ClaimState.STANDBY):
        return
    if order.state not in finding.CLAIMABLE:
        raise Refusal(Say(lambda see: wording.not_claimable(see.order(order))), reason="not claimable")
    if not turn.intent.slots.yes:
        turn.store.orders.give_back(mine)
        turn.store.steps.drop_of_claim(mine.id, turn.now)
        yield Reply(Say(lambda see: wording.declined_noted()))
        if order.missing:
            yield from ask_next_in_line(turn, turn.store.orders.get(order.id))
        return
    yield from _step_in(turn, order, mine)


def _step_in(turn: Turn, order: Order, mine: Claim) -> Iterator[Outcome]:
    turn.store.steps.drop_of_claim(mine.id, turn.now)
    if not turn.store.orders.seat(mine):
        # Nobody has left yet, or somebody was faster: they hold themselves ready.
        turn.store.orders.note_claim(mine, is_confirmed=True)
        turn.store.orders.mark_claim(mine, ClaimState.STANDBY)
        yield Reply(Say(lambda see: wording.held_ready(see.order(order))))
        return
    order = turn.store.orders.get(order.id)
    order = turn.store.orders.move(order, Move.CLAIM, turn.speaker.id, turn.now)
    yield Push(turn.speaker, Say(lambda see: wording.your_order(see.order(order), see)), Lane.REPLY, order)
    if order.state is State.CLAIMED and order.start is not None:
        order = turn.store.orders.move(order, Move.BOOK, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    name = turn.speaker.name
    for group in finding.groups(turn, GroupKind.MEMBERS):
        yield Push(group, Say(lambda see: wording.stepped_in(see.order(order), name)), Lane.ASSIGNMENT, order)
    if not order.missing:
        order = turn.store.orders.mark_announced(order)
        yield Push(
            finding.asker(turn, order),
            Say(lambda see: wording.who_comes_now(see.order(order), name)),
            Lane.ASSIGNMENT,
            order,
        )
    for gone in order.claims:
        if gone.state is ClaimState.RELEASED and gone.is_late and gone.claimed_at < turn.now:
            yield Push(
                turn.store.people.get(gone.person_id),
                Say(lambda see: wording.covered(see.order(order))),
                Lane.REMINDER,
                order,
                once=f"covered/{gone.id}",
                keeps=True,
            )


# 改单以后


@answers(QuestionKind.RECONFIRM, accepts=lambda turn: turn.intent.slots.yes is not None)
def reconfirm(turn: Turn) -> Iterator[Outcome]:
    """The order changed after the claim: 行 keeps it, 不行 gives it back without a mark."""
    order = turn.asked_order()
    mine = order.claim_of(turn.speaker.id)
    if mine is None or mine.state is not ClaimState.TO_CONFIRM:
        return
    if turn.intent.slots.yes:
        yield from _reconfirmed(turn, order, mine)
    else:
        yield from let_go(turn, order, mine, turn.text)


def _reconfirmed(turn: Turn, order: Order, mine: Claim) -> Iterator[Outcome]:
    turn.store.orders.mark_claim(mine, ClaimState.HELD)
    turn.store.steps.drop_of_claim(mine.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.RECONFIRM, person_id=turn.speaker.id)
    order = turn.store.orders.get(order.id)
    if any(claim_.state is ClaimState.TO_CONFIRM for claim_ in order.holders):
        return
    if order.state is State.CLAIMED and order.start is not None:
        order = turn.store.orders.move(order, Move.BOOK, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield Push(finding.asker(turn, order), Say(lambda see: wording.still_comes(see.order(order))), Lane.ASSIGNMENT, order)


@due(StepKind.RECONFIRM)
def reconfirm_silent(tick: Tick) -> Iterator[Outcome]:
    """No answer about the new time: asked once more, and the secretary hears of it. Nothing is taken away silently."""
    order = tick.order()
    for silent in order.holders:
        if silent.id == tick.claim_id and silent.state is ClaimState.TO_CONFIRM:
            yield Push(
                tick.store.people.get(silent.person_id),
                Say(lambda see: wording.amended_still(see.order(order))),
                Lane.REMINDER,
                order,
                Asks(QuestionKind.RECONFIRM, order.id, 2),
            )
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.not_booked(see.order(order), is_asked=True)), Lane.REMINDER, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now, detail="not booked")
    plan(tick.store, tick.community.settings, order, tick.now)


# 不认识的热心人


def _offer_of_a_stranger(turn: Turn) -> Iterator[Outcome]:
    """Kept as an offer until the requester or the secretary says 行; until then nothing is given out."""
    order = finding.named(turn) if turn.intent.slots.order else finding.offered(turn)
    if order is not None and order.requester_id == turn.speaker.id:
        raise Silence
    mine = order.claim_of(turn.speaker.id) if order else None
    if order is not None and mine is not None and mine in order.holders:
        raise Refusal(Say(lambda see: wording.already_yours(see.order(order))), reason="already held")
    if order is None or not order.missing or order.state not in finding.CLAIMABLE:
        raise Refusal(Say(lambda see: wording.offer_not_needed()), reason="not wanted")
    if mine is None or mine.state is not ClaimState.OFFERED:
        hands = turn.intent.slots.people.max if turn.intent.slots.people else 1
        mine = turn.store.orders.line_up(order, turn.speaker.id, ClaimState.OFFERED, hands, turn.now)
    turn.store.steps.plan(
        order.community_id, order.id, StepKind.OFFER_WAIT, turn.now + OFFER_ANSWER_WITHIN, mine.id
    )
    yield offering.answer_in_chat(turn, Say(lambda see: wording.offer_passed_on(see.order(order))))
    yield ask_about_offer(turn, order, mine)


def ask_about_offer(scene: Scene, order: Order, offer: Claim) -> Push:
    requester = scene.store.people.get(order.requester_id)
    return Push(
        requester,
        Say(lambda see: wording.offer_made(see.order(order), offer.name, see)),
        Lane.ASSIGNMENT,
        order,
        Asks(QuestionKind.OFFER, order.id, payload=str(offer.id)),
    )


@due(StepKind.OFFER_WAIT)
def offer_unanswered(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    offer = next((held for held in order.claims if held.id == tick.claim_id), None)
    if offer is None or offer.state is not ClaimState.OFFERED or not order.missing:
        return
    for secretary in finding.secretaries(tick):
        yield Push(
            secretary,
            Say(lambda see: wording.offer_unanswered(see.order(order), offer.name)),
            Lane.ASSIGNMENT,
            order,
            Asks(QuestionKind.OFFER, order.id, payload=str(offer.id)),
        )


@answers(QuestionKind.OFFER, accepts=lambda turn: turn.intent.slots.yes is not None)
def settle_offer(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    offer = next((held for held in order.claims if str(held.id) == turn.payload), None)
    if offer is None or offer.state is not ClaimState.OFFERED:
        return
    helper = turn.store.people.get(offer.person_id)
    accepted = bool(turn.intent.slots.yes) and turn.store.orders.seat(offer)
    turn.store.steps.drop_of_claim(offer.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.OFFER)
    if accepted:
        yield from joined(turn, order, helper.id)
        return
    turn.store.orders.give_back(offer, as_state=ClaimState.DECLINED)
    yield Reply(Say(lambda see: wording.offer_settled(see.order(order), accepted=False)))
    yield Push(helper, Say(lambda see: wording.offer_declined(see.order(order))), Lane.REMINDER, order, keeps=True)


# 没人接


@due(StepKind.UNCLAIMED)
def unclaimed(tick: Tick) -> Iterator[Outcome]:
    """Nobody, or too few: the secretary gets facts and options, and later again."""
    order = tick.order()
    if not order.missing:
        return
    hours = _hours_offered(tick, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.unclaimed(see.order(order), hours)), Lane.REMINDER, order)
    if not order.holders:
        yield from _tell_asker(tick, order, hours)
    _look_again(tick, order)


def _look_again(tick: Tick, order: Order) -> None:
    """A day later, then ever more seldom; but in any case when the agreed time is over."""
    again = tick.now + max(timedelta(hours=24), min(tick.now - order.created_at, timedelta(days=7)))
    if order.end is not None and order.end > tick.now:
        again = min(again, quiet_end(tick.community.settings, order.end.astimezone(tick.now.tzinfo)))
    tick.store.steps.plan(order.community_id, order.id, StepKind.UNCLAIMED, again)


def _tell_asker(tick: Tick, order: Order, hours: int) -> Iterator[Outcome]:
    """Nobody waits in vain without a word: once while we still look, once when the agreed time is over."""
    is_over = order.end is not None and order.end <= tick.now
    is_near = order.start is not None and order.start - tick.now <= timedelta(hours=3)
    if not (is_over or is_near or hours >= 20) or (not is_over and _is_promised(tick, order)):
        return
    words = wording.too_late if is_over else wording.looking_on
    yield Push(
        finding.asker(tick, order),
        Say(lambda see: words(see.order(order))),
        Lane.REMINDER,
        order,
        once=f"{'too_late' if is_over else 'looking'}/{order.id}/{order.end:%m%d%H%M}" if order.end else f"looking/{order.id}",
    )
    finding.ask_time(tick, order)


PROMISED = "promise"


def _is_promised(tick: Tick, order: Order) -> bool:
    """The requester gets word by a promise, or got it."""
    if any(step.kind is StepKind.PROMISE for step in tick.store.steps.of_order(order.id)):
        return True
    return any(line.detail == PROMISED for line in tick.store.audit.of_order(order.id))


def _hours_offered(tick: Tick, order: Order) -> int:
    """Since it was last offered: what was said at night is not yet late in the morning."""
    offered = [line.at for line in tick.store.audit.of_order(order.id) if line.move == Move.PUBLISH]
    return int((tick.now - (offered[-1] if offered else order.created_at)).total_seconds() // 3600)


@due(StepKind.PROMISE)
def keep_promise(tick: Tick) -> Iterator[Outcome]:
    """We promised word by now: the requester gets it, and the secretary the matter."""
    order = tick.order()
    yield Push(finding.asker(tick, order), Say(lambda see: wording.still_looking(see.order(order))), Lane.REMINDER, order)
    finding.ask_time(tick, order)
    hours = _hours_offered(tick, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now, detail=PROMISED)
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.unclaimed(see.order(order), hours)), Lane.REMINDER, order)
    _look_again(tick, order)
