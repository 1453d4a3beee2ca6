"""接单 候补: who takes an order, who waits in line, and the kindness of strangers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import emergencies, finding, offering, several, wording
from handlers.ability import answers, due, on
from handlers.danger import QuietClass, quiet_class
from handlers.describing import is_at_once, on_its_day
from handlers.dispatching import supervise
from handlers.hours import is_quiet
from handlers.planning import is_fixed
from handlers.releasing import reconfirmed, steps_in
from handlers.rights import DISPATCHES, HELPS, may
from handlers.turn import Asks, Lane, Outcome, Press, Push, Refusal, Reply, Say, Scene, Silence, Tick, Turn
from handlers.visiting import tell_hour
from nlp import times
from nlp.intent import Grain, Meaning, Span
from nlp.skills import is_watching
from storage.groups import Group, GroupKind
from storage.orders import Claim, ClaimState, Move, Order, State
from storage.people import Person
from storage.questions import QuestionKind
from storage.steps import StepKind

OFFER_ANSWER_WITHIN = timedelta(hours=2)
ANSWERED_IN_GROUP_WITHIN = timedelta(minutes=15)
LONGEST_YES = 6  # in a group, with nobody named: 行, 好的, 可以的
STILL_UP = timedelta(hours=1)


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
    if len(turn.intent.slots.orders) > 1:
        yield from _claim_each(turn)
        return
    if turn.intent.slots.order and may(turn.speaker, DISPATCHES) and is_watching(turn.text):
        yield from supervise(turn)  # 231我盯着, from whoever steers, sends nobody
        return
    if turn.intent.slots.stands_in and turn.store.orders.held_by(turn.speaker.id):
        order = finding.held(turn, "换人")
        yield offering.answer_in_chat(turn, Say(lambda see: wording.stands_in(see.order(order))))
        return
    span = _span(turn)
    held = _told_hour(turn, span)
    if held is not None:
        yield from tell_hour(turn, held, _put_off(turn, held) or span)
        return
    if not _is_known_helper(turn):
        yield from _offer_of_a_stranger(turn)
        return
    order = finding.offered(turn)
    if finding.is_hint(turn) and (order.is_held_by(turn.speaker.id) or not order.missing):
        raise Silence  # 我有空 from somebody who has it already, or too late, needs no answer
    hands = turn.intent.slots.people.max if turn.intent.slots.people else 1
    mine = order.claim_of(turn.speaker.id)
    if mine is not None and mine.state in (ClaimState.HELD, ClaimState.TO_CONFIRM):
        if mine.state is ClaimState.TO_CONFIRM:
            yield from reconfirmed(turn, order, mine)
            return
        raise Refusal(Say(lambda see: wording.already_yours(see.order(order))), reason="already held")
    if order.state not in finding.CLAIMABLE:
        raise Refusal(Say(lambda see: wording.not_claimable(see.order(order))), reason="not claimable")
    if mine is not None and mine.state is ClaimState.ASKED:
        yield from steps_in(turn, order, mine)
        return
    if mine is not None and mine.state is ClaimState.STANDBY and order.missing < hands:
        place = order.standby.index(mine) + 1
        raise Refusal(Say(lambda see: wording.already_in_line(see.order(order), place)), reason="already in line")
    order = _opened(turn, order)
    span = on_its_day(order, span, turn.now)
    taken = turn.store.orders.take(
        order, turn.speaker.id, hands, turn.now, None if _sets_hour(order, span) else _condition(turn)
    )
    if taken is None:
        _no_room(turn, order, hands)
        return
    yield from joined(turn, order, turn.speaker.id, span)


def _opened(turn: Turn, order: Order) -> Order:
    """Somebody goes before the one question was answered, or before the morning: they can ask at the door."""
    if order.state is not State.DRAFT:
        return order
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.DETAIL, QuestionKind.CLARIFY)
    return turn.store.orders.move(order, Move.PUBLISH, turn.speaker.id, turn.now)


def _claim_each(turn: Turn) -> Iterator[Outcome]:
    """接 12 13: every one that can be had, and one message with all places and what was too late."""
    got: list[tuple[Order, Say]] = []
    missed: list[Say] = []
    results = list(several.each(several.one_by_one(turn)[: finding.MOST_NAMED], claim))
    if not results:
        raise Silence
    for _, came in results:
        if not isinstance(came, list):
            missed.append(several.objection(came)[0])
            continue
        for outcome in came:
            if isinstance(outcome, Push) and outcome.to == turn.speaker and outcome.about and not outcome.keeps:
                got.append((outcome.about, outcome.say))
            else:
                yield outcome
    parts = [say for _, say in got] + missed
    if len(parts) == len(missed) > 0:
        raise Refusal(Say(lambda see: wording.several([say.words(see) for say in parts])), reason="none to be had")
    for order, _ in got:
        if not is_fixed(order):
            lasts = timedelta(hours=turn.community.settings.question_hours)
            turn.store.questions.ask(QuestionKind.BOOK, turn.speaker.id, None, order.id, turn.now, turn.now + lasts)
    if parts:
        yield Push(
            turn.speaker, Say(lambda see: wording.several([say.words(see) for say in parts])), Lane.REPLY, keeps=True
        )


def _put_off(turn: Turn, held: Order) -> Span | None:
    """我可能晚半小时到: later than agreed by so much."""
    late = turn.intent.slots.minutes
    if not late or held.start is None or held.grain != Grain.MINUTE:
        return None
    start = held.start + timedelta(minutes=late)
    return Span(start, start + timedelta(minutes=1), Grain.MINUTE, "")


def _span(turn: Turn) -> Span | None:
    """The time in a claim: 我三点半到, 接231 六点以后我行. 马上到 is as soon as they can, no hour."""
    slots = turn.intent.slots
    span = slots.time or times.read_time(slots.condition or "", turn.now)
    return None if is_at_once(span, turn.now) else span


def _told_hour(turn: Turn, span: Span | None) -> Order | None:
    """“我三点半到” from somebody who holds one order and names none: not a claim, but when they will be there."""
    if turn.intent.slots.order is not None or not (turn.intent.slots.minutes or (span and span.start)):
        return None
    if turn.group is not None and turn.store.outbox.recent_cards(turn.group.id, turn.now - finding.CARD_FRESH):
        return None
    held = turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED)
    if len(held) != 1 or (turn.intent.slots.minutes and _put_off(turn, held[0]) is None):
        return None
    return held[0]


def _sets_hour(order: Order, span: Span | None) -> bool:
    """The claim names the hour that nobody had named, or one within the agreed part of a day: the appointment."""
    if span is None or span.start is None or order.recurrence:
        return False
    if order.start is None or order.end is None:
        return order.start is None and order.end is None
    return order.grain not in (Grain.MINUTE, Grain.HOUR) and order.start <= span.start < order.end and order.hands == 1


def _condition(turn: Turn) -> str | None:
    """六点以后我行: what the claim depends on."""
    slots, span = turn.intent.slots, _span(turn)
    return slots.condition or (span.text if span else None)


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
        Lane.REPLY if _is_up(turn, order, helper) else Lane.ASSIGNMENT,
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


def _is_up(turn: Turn, order: Order, helper: Person) -> bool:
    """They spoke just now, or a moment ago offered to come."""
    mine = order.claim_of(helper.id)
    return helper.id == turn.speaker.id or (mine is not None and turn.now - mine.claimed_at <= STILL_UP)


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
    turn.store.steps.plan(order.community_id, order.id, StepKind.OFFER_WAIT, turn.now + OFFER_ANSWER_WITHIN, mine.id)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.offer_passed_on(see.order(order))))
    yield ask_about_offer(turn, order, mine)
    _listen_where_asked(turn, order, mine)


def ask_about_offer(scene: Scene, order: Order, offer: Claim) -> Push:
    requester = scene.store.people.get(order.requester_id)
    return Push(
        requester,
        Say(lambda see: wording.offer_made(see.order(order), offer.name, see)),
        # Who asked a moment ago is awake, and a neighbour with the medicine in hand must not wait for the morning.
        Lane.REPLY if scene.now - order.created_at <= STILL_UP else Lane.ASSIGNMENT,
        order,
        Asks(QuestionKind.OFFER, order.id, payload=str(offer.id)),
    )


def _listen_where_asked(turn: Turn, order: Order, offer: Claim) -> None:
    """Asked in private, people answer 行 in the group as readily; for a little while it is understood there, too."""
    if order.group_id is not None and order.requester_id == order.placed_by_id:
        turn.store.questions.ask(
            QuestionKind.OFFER,
            order.requester_id,
            order.group_id,
            order.id,
            turn.now,
            turn.now + ANSWERED_IN_GROUP_WITHIN,
            payload=str(offer.id),
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


def _settles(turn: Turn) -> bool:
    return turn.intent.slots.yes is not None and (turn.group is None or _is_to_the_offer(turn, turn.group))


def _is_to_the_offer(turn: Turn, group: Group) -> bool:
    """In a group a 好的 may be for anybody; an address is only given out where nothing else can have been answered."""
    order = turn.asked_order()
    offer = next((held for held in order.claims if str(held.id) == turn.payload), None)
    if offer is None or turn.question is None:
        return False
    text, quote = turn.text.strip(), turn.message.quote or ""
    if turn.message.mentioned or turn.intent.slots.order == str(order.no) or offer.name in text or offer.name in quote:
        return True
    two = {turn.speaker.id, offer.person_id}
    theirs = {(one.channel, one.user_id.lower()) for person in two for one in turn.store.people.identities(person)}
    chat = turn.message.chat
    heard = turn.store.inbox.voices(chat.channel, chat.id, turn.question.asked_at)
    return len(text) <= LONGEST_YES and {(chat.channel, voice.lower()) for voice in heard} <= theirs


@answers(QuestionKind.OFFER, accepts=_settles)
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
        if is_quiet(turn.community.settings, turn.now):
            # Who comes is said in the morning; whoever waits up hears it now.
            yield Reply(Say(lambda see: wording.offer_settled(see.order(order), accepted=True)))
        yield from joined(turn, _opened(turn, order), helper.id)
        return
    turn.store.orders.give_back(offer, as_state=ClaimState.DECLINED)
    yield Reply(Say(lambda see: wording.offer_settled(see.order(order), accepted=False)))
    yield Push(helper, Say(lambda see: wording.offer_declined(see.order(order))), Lane.REMINDER, order, keeps=True)
