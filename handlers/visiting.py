"""改约 到了 and the reminders around a visit: agreed, recalled, confirmed, asked after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import finding, offering, wording
from handlers.ability import answers, due, on
from handlers.completing import carry_on, finish, rate_as, served_badly
from handlers.danger import QuietClass, quiet_class
from handlers.describing import on_its_day
from handlers.emergencies import somebody_comes
from handlers.planning import CHASE_AFTER, OVERDUE_AFTER, STANDBY_AFTER, is_fixed, plan
from handlers.releasing import let_go
from handlers.rights import HELPS, may
from handlers.turn import Asks, Lane, Outcome, Push, Refusal, Reply, Say, Silence, Tick, Turn
from nlp import privacy
from nlp.acts import is_beyond
from nlp.intent import Meaning, Score, Span
from storage.audit import Why
from storage.orders import Claim, ClaimState, Move, Order, State
from storage.questions import QuestionKind
from storage.steps import StepKind

LAST_CALL = timedelta(hours=1)


@on(
    "(到了|我到了|已到|到) {order?} {rest?}",
    means=Meaning.COMMAND,
    command="arrive",
    says=("到了 231", "到了"),
    not_says=("到了冬天就冷了", "快递到了"),
)
def arrive(turn: Turn) -> Iterator[Outcome]:
    """到了231"""
    order = finding.named(turn) or _called_to(turn)
    if order is not None and quiet_class(order) is QuietClass.EMERGENCY and order.state is State.UNASSIGNED:
        yield from _first_on_the_spot(turn, order)
        return
    order = finding.held(turn, "记到达")
    mine = order.claim_of(turn.speaker.id)
    assert mine is not None
    if mine.arrived_at is None:
        turn.store.orders.note_claim(mine, arrived_at=turn.now)
    if order.state is not State.IN_SERVICE:
        order = turn.store.orders.move(order, Move.ARRIVE, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    if turn.is_addressed:
        yield Reply(Say(lambda see: wording.arrived_noted(see.order(order))), about=order)


def _called_to(turn: Turn) -> Order | None:
    """A bare 到 from somebody with a duty, while one emergency is calling, is about that emergency."""
    if not may(turn.speaker, HELPS) or turn.store.orders.held_by(turn.speaker.id):
        return None
    calling = [
        order
        for order in turn.store.orders.live(turn.community.id, State.UNASSIGNED)
        if quiet_class(order) is QuietClass.EMERGENCY
    ]
    return calling[0] if len(calling) == 1 else finding.only(turn, calling, "记到达") if calling else None


def _first_on_the_spot(turn: Turn, order: Order) -> Iterator[Outcome]:
    """In an emergency being there is claiming."""
    if not may(turn.speaker, HELPS) and turn.group is None:
        raise Refusal(Say(lambda see: wording.not_found(str(order.no))), reason="not a helper")
    mine = turn.store.orders.take(order, turn.speaker.id, 1, turn.now)
    if mine is not None:
        turn.store.orders.note_claim(mine, arrived_at=turn.now)
    order = turn.store.orders.get(order.id)
    order = turn.store.orders.move(
        order, Move.ARRIVE, turn.speaker.id, turn.now, change=replace(order, first_claimed_at=turn.now)
    )
    plan(turn.store, turn.community.settings, order, turn.now)
    yield from somebody_comes(turn, order, turn.speaker)


def book(turn: Turn, order: Order) -> Iterator[Outcome]:
    """改约: a helper fixes or changes the hour, and the requester is told."""
    span = on_its_day(order, turn.intent.slots.time, turn.now)
    if span is None or span.start is None:
        raise Refusal(Say(lambda see: wording.impossible_time()), reason="no time")
    if span.start < turn.now - timedelta(minutes=1) and (span.end is None or span.end <= turn.now):
        raise Refusal(Say(lambda see: wording.past_time()), reason="past time")
    change = replace(order, start=span.start, end=span.end, grain=str(span.grain))
    move = Move.BOOK if order.state is State.CLAIMED else Move.REBOOK
    order = turn.store.orders.move(order, move, turn.speaker.id, turn.now, change=change)
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.BOOK)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.rebooked_noted(see.order(order))))
    yield Push(finding.asker(turn, order), Say(lambda see: wording.rebooked(see.order(order))), Lane.ASSIGNMENT, order)
    finding.ask_time(turn, order)
    for claim in order.holders:
        if claim.person_id != turn.speaker.id:
            yield Push(
                turn.store.people.get(claim.person_id),
                Say(lambda see: wording.visit_soon(see.order(order))),
                Lane.ASSIGNMENT,
                order,
            )


def tell_hour(turn: Turn, order: Order, span: Span | None) -> Iterator[Outcome]:
    """“我三点半到”: inside the agreed time it is word for the requester alone, otherwise a new appointment."""
    span = on_its_day(order, span, turn.now)
    if span is None or span.start is None:
        raise Silence
    turn = replace(turn, intent=replace(turn.intent, slots=replace(turn.intent.slots, time=span)))
    is_inside = order.start is not None and order.end is not None and order.start <= span.start < order.end
    if not is_inside or order.state is not State.BOOKED:
        yield from book(turn, order)
        return
    change = replace(order, start=span.start, end=span.end, grain=str(span.grain))
    order = turn.store.orders.move(order, Move.REBOOK, turn.speaker.id, turn.now, change=change)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.time_told(see.order(order))))
    requester = turn.store.people.get(order.requester_id)
    yield Push(requester, Say(lambda see: wording.hour_known(see.order(order))), Lane.ASSIGNMENT, order)


@answers(QuestionKind.BOOK, accepts=lambda turn: turn.intent.slots.time is not None or is_beyond(turn.text))
def booked(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    if is_beyond(turn.text):
        yield from _beyond_me(turn, order)
        return
    yield from book(turn, order)


def _beyond_me(turn: Turn, order: Order) -> Iterator[Outcome]:
    """“主管的事我弄不了”: no fault of the helper's; the secretary hears it and decides, nobody is asked in vain."""
    mine = order.claim_of(turn.speaker.id)
    if mine is None or mine not in order.holders:
        return
    reason = privacy.scrub(turn.text.strip()[:100])  # what concerns the work, not anybody's health or flat
    turn.store.orders.give_back(mine, reason=reason)
    turn.store.steps.drop_of_claim(mine.id, turn.now)
    order = turn.store.orders.get(order.id)
    stays = order.state if order.holders else State.OPEN
    order = turn.store.orders.move(order, Move.RELEASE, turn.speaker.id, turn.now, to=stays, detail=Why.BEYOND)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield Reply(Say(lambda see: wording.gives_up_noted(see.order(order))))
    for secretary in finding.secretaries(turn):
        yield Push(
            secretary,
            Say(lambda see: wording.gives_up(see.order(order), turn.speaker.name, see.free(reason))),
            Lane.ASSIGNMENT,
            order,
        )


@due(StepKind.BOOK_CHASE)
def chase_booking(tick: Tick) -> Iterator[Outcome]:
    """Claimed but no hour agreed: the helper is asked once, then the secretary looks."""
    order = tick.order()
    is_asked = any(claim.state is ClaimState.TO_CONFIRM for claim in order.holders)
    if not _asked_before(tick, order):
        for claim in order.holders:
            yield _ask_hour(tick, order, claim)
    else:
        for secretary in finding.secretaries(tick):
            yield Push(secretary, Say(lambda see: wording.not_booked(see.order(order), is_asked)), Lane.REMINDER, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now, detail=Why.NOT_BOOKED)
    tick.store.steps.plan(order.community_id, order.id, StepKind.BOOK_CHASE, tick.now + timedelta(hours=24))


def _ask_hour(tick: Tick, order: Order, claim: Claim) -> Push:
    """Which hour; or, where the requester named one that this helper has not agreed to, whether it suits."""
    is_named = claim.state is ClaimState.TO_CONFIRM and order.start is not None
    words = wording.amended_still if is_named else wording.book_when
    return Push(
        tick.store.people.get(claim.person_id),
        Say(lambda see: words(see.order(order))),
        Lane.REMINDER,
        order,
        Asks(QuestionKind.RECONFIRM if is_named else QuestionKind.BOOK, order.id),
        once=f"book/{claim.id}/{order.version}" if is_named else f"book/{claim.id}/{order.round}",
    )


def _asked_before(tick: Tick, order: Order) -> bool:
    return any(line.detail == Why.NOT_BOOKED for line in tick.store.audit.of_order(order.id))


@due(StepKind.VISIT_REMINDER)
def remind(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    for claim in order.holders:
        if claim.state is ClaimState.HELD and not claim.is_confirmed and claim.arrived_at is None:
            yield Push(
                tick.store.people.get(claim.person_id),
                Say(lambda see: wording.visit_soon(see.order(order))),
                Lane.REMINDER,
                order,
            )


# 几个人一起去


@due(StepKind.CONFIRM_EVE)
def confirm_eve(tick: Tick) -> Iterator[Outcome]:
    """The evening before a visit of several hands everybody is asked once."""
    order = tick.order()
    for claim in order.holders:
        yield Push(
            tick.store.people.get(claim.person_id),
            Say(lambda see: wording.confirm_eve(see.order(order))),
            Lane.REMINDER,
            order,
            Asks(QuestionKind.COMING, order.id),
        )
    tick.store.steps.plan(order.community_id, order.id, StepKind.CONFIRM_CHASE, tick.now + CHASE_AFTER)


def _silent(order: Order) -> list[int]:
    return [claim.person_id for claim in order.holders if not claim.is_confirmed]


@due(StepKind.CONFIRM_CHASE)
def confirm_chase(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    until = tick.now + (STANDBY_AFTER - CHASE_AFTER)
    for person_id in _silent(order):
        yield Push(
            tick.store.people.get(person_id),
            Say(lambda see: wording.confirm_chase(see.order(order), f"{until:%H:%M}")),
            Lane.REMINDER,
            order,
            Asks(QuestionKind.COMING, order.id),
        )
    if _silent(order):
        tick.store.steps.plan(order.community_id, order.id, StepKind.CONFIRM_STANDBY, until)


@due(StepKind.CONFIRM_STANDBY)
def confirm_standby(tick: Tick) -> Iterator[Outcome]:
    """Somebody stays silent: a stand-by is asked to hold ready; the place is not taken away yet."""
    order = tick.order()
    wanted = len(_silent(order))
    for claim in [held for held in order.standby if held.state is ClaimState.STANDBY][:wanted]:
        yield Push(
            tick.store.people.get(claim.person_id),
            Say(lambda see: wording.confirm_standby(see.order(order))),
            Lane.REMINDER,
            order,
            Asks(QuestionKind.STEP_IN, order.id, 2),
        )

    if order.start is not None:
        last = order.start - LAST_CALL
        tick.store.steps.plan(order.community_id, order.id, StepKind.LAST_CALL, max(last, tick.now))


@due(StepKind.LAST_CALL)
def last_call(tick: Tick) -> Iterator[Outcome]:
    """Whoever is still silent an hour before gives way to a stand-by who promised to be ready; else nothing changes."""
    order = tick.order()
    ready = [held for held in order.standby if held.is_confirmed]
    for silent, ready_one in zip([held for held in order.holders if not held.is_confirmed], ready, strict=False):
        tick.store.orders.give_back(silent, reason="未回复确认")
        if tick.store.orders.seat(ready_one):
            order = tick.store.orders.move(tick.store.orders.get(order.id), Move.CLAIM, None, tick.now)
            yield from _relieve(tick, order, silent, ready_one)


def _relieve(tick: Tick, order: Order, gone: Claim, come: Claim) -> Iterator[Outcome]:
    helper, silent = tick.store.people.get(come.person_id), tick.store.people.get(gone.person_id)
    # An hour before a visit at eight it is still quiet, but whoever has to set out must know.
    yield Push(helper, Say(lambda see: wording.your_order(see.order(order), see)), Lane.REPLY, order)
    yield Push(silent, Say(lambda see: wording.covered(see.order(order))), Lane.ASSIGNMENT, order, keeps=True)
    name = come.name
    yield Push(
        finding.asker(tick, order),
        Say(lambda see: wording.who_comes_now(see.order(order), name)),
        Lane.ASSIGNMENT,
        order,
    )


@answers(QuestionKind.COMING, accepts=lambda turn: turn.intent.slots.yes is not None)
def coming(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    mine = order.claim_of(turn.speaker.id)
    if mine is None or mine not in order.holders:
        yield Reply(Say(lambda see: wording.covered(see.order(order))))
        return
    if turn.intent.slots.yes:
        turn.store.orders.note_claim(mine, is_confirmed=True)
        return
    yield Reply(Say(lambda see: wording.released(see.order(order))))
    yield from let_go(turn, order, mine, turn.text)


# 办得怎么样


@due(StepKind.GOING_WELL)
def going_well(tick: Tick) -> Iterator[Outcome]:
    """Some time after the planned end: is it done? One helper is asked, then the secretary looks."""
    order = tick.order()
    asked = [claim for claim in order.holders if claim.arrived_at] or list(order.holders)
    for claim in asked[:1]:
        yield Push(
            tick.store.people.get(claim.person_id),
            Say(lambda see: wording.going_well(see.order(order))),
            Lane.REMINDER,
            order,
            Asks(QuestionKind.GOING_WELL, order.id, 3),
        )
    tick.store.steps.plan(order.community_id, order.id, StepKind.OVERDUE, tick.now + OVERDUE_AFTER)


# The choices of 办得怎么样了, and the same in words.
STAGES = {"completing.complete": 1, "visiting.not_done": 2, "releasing.release": 3}


def _stage(turn: Turn) -> int | None:
    return turn.choice or STAGES.get(turn.intent.ability or "")


@answers(QuestionKind.GOING_WELL, accepts=lambda turn: _stage(turn) in STAGES.values())
def how_it_goes(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    mine = order.claim_of(turn.speaker.id)
    if mine is None or mine not in order.holders:
        return
    match _stage(turn):
        case 1:
            yield from finish(turn, order)
        case 2:
            yield from carry_on(turn, order)
        case _:
            yield Reply(Say(lambda see: wording.released(see.order(order))))
            yield from let_go(turn, order, mine, turn.text)


@on(
    "(还在办|没办完|还没完|还没办完) {order?} {rest?}",
    means=Meaning.NOT_DONE,
    says=("还在办 231",),
)
def not_done(turn: Turn) -> Iterator[Outcome]:
    """还在办231"""
    served = served_badly(turn)
    if served is not None:
        yield from rate_as(turn, served, Score.DISSATISFIED, turn.text)
        return
    yield from carry_on(turn, finding.held(turn, "说还在办"))


@due(StepKind.OVERDUE)
def overdue(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.overdue(see.order(order))), Lane.REMINDER, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now, detail=Why.OVERDUE)
    again = timedelta(
        days=1 if not is_fixed(order) or (order.start and tick.now - order.start < timedelta(days=4)) else 7
    )
    tick.store.steps.plan(order.community_id, order.id, StepKind.OVERDUE, tick.now + again)
