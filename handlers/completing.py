"""完成 评单 返工 办结: the work is done, whoever asked says how it was, and what went wrong is done again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta

from handlers import finding, offering, wording
from handlers.ability import answers, due, on
from handlers.danger import QuietClass, quiet_class
from handlers.hours import on_day, quiet_end
from handlers.planning import ABSENT_AFTER, plan
from handlers.turn import Asks, Lane, Outcome, Push, Refusal, Reply, Say, Silence, Tick, Turn
from nlp.answers import read_score
from nlp.clean import matching
from nlp.intent import Meaning, Score
from storage.audit import Why
from storage.groups import GroupKind
from storage.orders import ClaimState, Move, NotNow, Order, State
from storage.people import Role
from storage.questions import QuestionKind
from storage.steps import StepKind

AFTER_EMERGENCY = time(10)
CARRIES_ON = timedelta(hours=2)
SCORES = {1: Score.SATISFIED, 2: Score.FAIRLY_SATISFIED, 3: Score.DISSATISFIED}


@on(
    "(完成|办完|做完|搞定|办好) {order} [号] [单] {minutes?} {rest?}",
    "{order} [号] [单] (完成|已完成|办完了|做完了|搞定|搞定了|办好了) {rest?}",
    means=Meaning.DONE,
    says=("完成231", "12 已完成，水龙头换好了", "完成350 刘洋做了2小时 我2.5小时 马建国没来"),
    not_says=("完成作业了吗",),
)
def complete(turn: Turn) -> Iterator[Outcome]:
    """完成231（可加用时，如“完成231 40分钟”）"""
    order = finding.named(turn)
    if order is not None and order.state in (State.UNRATED, State.CLOSED) and order.is_held_by(turn.speaker.id):
        raise Refusal(Say(lambda see: wording.done_already(see.order(order))), reason="done already")
    if order is not None and order.state is State.TRANSFERRED and is_of_unit(turn):
        yield from finish(turn, order)
        return
    if order is not None and order.requester_id == turn.speaker.id:
        yield from _requester_says_done(turn, order)
        return
    if turn.intent.slots.order is None and not turn.store.orders.held_by(turn.speaker.id):
        asked = [one for one in turn.store.orders.of_requester(turn.speaker.id) if one.holders]
        if len(asked) == 1:
            yield from _requester_says_done(turn, asked[0])
            return
        alone = turn.store.orders.of_requester(turn.speaker.id)
        if len(alone) == 1 and turn.group is None:
            # 亮了亮了 from somebody to whom nobody was sent: it came right by itself, or a neighbour was there.
            asks = Asks(QuestionKind.CANCEL, alone[0].id, 2)
            yield Reply(Say(lambda see: wording.right_by_itself(see.order(alone[0]))), asks, alone[0])
            return
    if turn.intent.slots.order is None and any(word in turn.text for word in RECEIVED):
        yield from _received(turn)
        return
    yield from finish(turn, finding.held(turn, "完成"))


RECEIVED = ("收到", "拿到", "收着")


def _received(turn: Turn) -> Iterator[Outcome]:
    """米收到了, from the one at whose door it was left, when somebody else had asked for it: it is done."""
    here = [
        order
        for order in turn.store.orders.live(turn.community.id, State.CLAIMED, State.BOOKED, State.IN_SERVICE)
        if order.holders
        and order.room is not None
        and (order.building, order.room) == (turn.speaker.building, turn.speaker.room)
        and finding.names_thing(turn.text, order.item)
    ]
    if len(here) != 1:
        raise Silence
    yield from finish(turn, here[0])


def is_of_unit(turn: Turn) -> bool:
    """A transferred order is completed or returned by any person of the receiving unit."""
    in_unit_group = turn.group is not None and turn.group.kind is GroupKind.UNITS
    return in_unit_group or bool(turn.speaker.roles & {Role.PROPERTY, Role.LIAISON, Role.ON_DUTY})


def _requester_says_done(turn: Turn, order: Order) -> Iterator[Outcome]:
    if not order.holders:
        raise Silence
    if order.state in (State.CLAIMED, State.BOOKED, State.IN_SERVICE):
        yield from finish(turn, order)


def finish(turn: Turn, order: Order) -> Iterator[Outcome]:
    """Write down who worked how long, and ask whoever was served."""
    _note_attendance(turn, order)
    order = turn.store.orders.get(order.id)
    absent = [claim for claim in order.claims if claim.state is ClaimState.ABSENT]
    order = turn.store.orders.move(order, Move.COMPLETE, turn.speaker.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now)
    turn.store.steps.drop(order.id, StepKind.ANNOUNCE, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield _ask_how_it_was(turn, order)
    yield from offering.tell_supervisors(turn, order)
    yield from offering.tell_other_askers(turn, order)
    if absent:
        turn.store.steps.plan(order.community_id, order.id, StepKind.ABSENT_NOTE, turn.now + ABSENT_AFTER)
    if turn.is_addressed and turn.speaker.id != order.requester_id:
        yield Reply(Say(lambda see: wording.thanks_for_work(see.order(order))), about=order)


def _ask_how_it_was(turn: Turn, order: Order) -> Push:
    """1 2 3; but after an emergency nobody is asked for marks: next day, how they are."""
    requester = turn.store.people.get(order.requester_id)
    if quiet_class(order) is QuietClass.EMERGENCY:
        return how_they_are(turn, order)
    turn.store.ratings.ask(order.community_id, order.id, order.round, order.requester_id, turn.now)
    unit = order.unit if not order.holders else None
    return Push(
        requester,
        Say(
            lambda see: (
                wording.rate_please_unit(see.order(order), unit) if unit else wording.rate_please(see.order(order))
            )
        ),
        Lane.ASSIGNMENT,
        order,
        Asks(QuestionKind.RATE, order.id, 3),
        not_before=quiet_end(turn.community.settings, turn.now),
    )


def how_they_are(turn: Turn, order: Order) -> Push:
    tomorrow = on_day(turn.now, AFTER_EMERGENCY, days=1)
    say = Say(lambda see: wording.emergency_after(see.order(order)))
    to = turn.store.people.get(order.requester_id)
    return Push(to, say, Lane.REMINDER, order, not_before=tomorrow, once=f"after/{order.id}", keeps=True)


def _note_attendance(turn: Turn, order: Order) -> None:
    """Hours as the finisher stated them; who did not come, by whose word. Without a word everybody did the usual."""
    slots = turn.intent.slots
    said = {entry.name: entry for entry in slots.attendance}
    for claim in order.holders:
        mine = claim.person_id == turn.speaker.id
        entry = said.get("我") if mine else said.get(claim.name)
        if entry is not None and entry.absent:
            turn.store.orders.note_claim(claim, said_by=turn.speaker.id)
            turn.store.orders.give_back(claim, as_state=ClaimState.ABSENT, reason="未到（同伴陈述）")
            continue
        minutes = entry.minutes if entry is not None and entry.minutes else None
        stated = slots.minutes if mine else None
        turn.store.orders.note_claim(claim, minutes=minutes or stated or order.minutes, said_by=turn.speaker.id)
        turn.store.orders.mark_claim(claim, ClaimState.DONE)


@due(StepKind.ABSENT_NOTE)
def absent_note(tick: Tick) -> Iterator[Outcome]:
    """A friendly word to whoever was missed; no blame, no count in public."""
    order = tick.order()
    for claim in order.claims:
        if claim.state is ClaimState.ABSENT:
            yield Push(
                tick.store.people.get(claim.person_id),
                Say(lambda see: wording.absent_note(see.order(order))),
                Lane.REMINDER,
                order,
                once=f"absent/{claim.id}",
                keeps=True,
            )


# 评单


@on(
    "(评|评单|评价) {order?} {rating} {rest?}",
    "{order} [号] [单] {rating} {rest?}",
    means=Meaning.RATE,
    says=("评 231 满意", "评231 不满意 又漏了"),
    not_says=("评理去",),
)
def rate(turn: Turn) -> Iterator[Outcome]:
    """评231 满意（或基本满意、不满意）"""
    score = turn.intent.slots.rating
    if score is None:
        raise Silence
    order = finding.named(turn)
    if order is not None and score is Score.DISSATISFIED and order.is_held_by(turn.speaker.id):
        yield from carry_on(turn, order)  # 没修好, from the one who repairs it
        return
    if turn.intent.slots.order is None:
        waiting = [
            one for one in turn.store.orders.of_requester(turn.speaker.id, limit=10) if one.state is State.UNRATED
        ]
        held = turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED, State.IN_SERVICE)
        if not waiting and len(held) == 1 and score is Score.DISSATISFIED:
            yield from carry_on(turn, held[0])
            return
        if len(waiting) != 1 and not turn.is_meant:
            raise Silence
        order = waiting[0] if len(waiting) == 1 else finding.own(turn, "评")
    elif order is None or order.requester_id != turn.speaker.id:
        order = finding.own(turn, "评")
    yield from rate_as(turn, order, score, turn.intent.slots.rest)


def _is_score(turn: Turn) -> bool:
    slots = turn.intent.slots
    leads = slots.order == str(turn.choice) and SCORES.get(turn.choice or 0) in (slots.rating, None)
    if slots.order is not None and turn.question is not None and turn.intent.explicit and not leads:
        return False
    if turn.intent.meaning in (Meaning.DONE, Meaning.NOT_DONE) and turn.store.orders.held_by(turn.speaker.id):
        return False  # who also helps speaks of the work in hand
    return read_score(turn.intent, matching(turn.text)) is not None


@answers(QuestionKind.RATE, accepts=_is_score)
def rated(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    score = read_score(turn.intent, matching(turn.text))
    assert score is not None
    yield from rate_as(turn, order, score, turn.text)


def served_badly(turn: Turn) -> Order | None:
    """还是漏, 没修好 from the one for whom it was done: their order that waits for a word, no work of theirs."""
    order = finding.named(turn)
    if order is not None:
        return order if order.state is State.UNRATED and order.requester_id == turn.speaker.id else None
    if turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED, State.IN_SERVICE):
        return None
    waiting = [one for one in turn.store.orders.of_requester(turn.speaker.id) if one.state is State.UNRATED]
    return waiting[0] if len(waiting) == 1 else None


def carry_on(turn: Turn, order: Order) -> Iterator[Outcome]:
    """The helper is still at it: nobody chases them for a while."""
    if order.state not in (State.CLAIMED, State.BOOKED, State.IN_SERVICE):
        raise NotNow(order, Move.COMPLETE)
    turn.store.steps.drop(order.id, StepKind.OVERDUE, turn.now)
    turn.store.steps.plan(order.community_id, order.id, StepKind.GOING_WELL, turn.now + CARRIES_ON)
    if turn.is_addressed:
        yield Reply(Say(lambda see: wording.carry_on(see.order(order))), about=order)


def rate_as(turn: Turn, order: Order, score: Score, comment: str | None) -> Iterator[Outcome]:
    if order.state not in (State.UNRATED, State.CLOSED) or turn.store.ratings.find(order.id, order.round) is None:
        raise Refusal(Say(lambda see: wording.rate_first(see.order(order))), reason="not done yet")
    turn.store.ratings.answer(order.id, order.round, str(score), (comment or "")[:500] or None, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.RATE)
    if score is Score.DISSATISFIED:
        yield from _redo(turn, order)
        return
    turn.store.orders.move(order, Move.RATE, turn.speaker.id, turn.now, change=replace(order, rating=str(score)))
    is_command = turn.question is None and turn.group is None  # a bare 1 wants no answer, 评231 does
    if is_command or (turn.group is not None and turn.is_addressed):
        yield Reply(Say(lambda see: wording.rated_noted()))


def _redo(turn: Turn, order: Order) -> Iterator[Outcome]:
    """Not done well: the same order goes round again, nobody is punished and nothing must be told twice."""
    helpers = [claim for claim in order.holders if not claim.is_neighbour]
    for claim in helpers:
        turn.store.orders.mark_claim(claim, ClaimState.HELD)
    again = replace(order, round=order.round + 1, start=None, end=None, grain=None, rating=None)
    order = turn.store.orders.move(
        order,
        Move.REDO,
        turn.speaker.id,
        turn.now,
        to=State.CLAIMED if helpers and order.state is State.UNRATED else State.OPEN,
        change=again,
    )
    if order.state is State.OPEN:
        for claim in helpers:
            turn.store.orders.give_back(claim)
        order = turn.store.orders.get(order.id)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield Reply(Say(lambda see: wording.redo_sorry(see.order(order))), about=order)
    for claim in order.holders:
        yield Push(
            turn.store.people.get(claim.person_id),
            Say(lambda see: wording.redo_helper(see.order(order))),
            Lane.ASSIGNMENT,
            order,
            Asks(QuestionKind.BOOK, order.id),
        )
    if not order.holders:
        yield from offering.offer_again(turn, order, lambda see: wording.card_gap(see.order(order), see))


@due(StepKind.RATING_WAIT)
def close_unrated(tick: Tick) -> Iterator[Outcome]:
    """Nobody rated: closed without a word, and counted as unanswered."""
    order = tick.order()
    tick.store.orders.move(order, Move.CLOSE, None, tick.now, detail=Why.UNRATED)
    tick.store.questions.close_of_order(order.id, tick.now, QuestionKind.RATE)
    yield from ()
