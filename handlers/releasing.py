"""不方便 退单 and stepping in: what happens when a helper cannot come, and who is asked next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import finding, offering, wording
from handlers.ability import answers, due, on
from handlers.completing import is_of_unit
from handlers.dispatching import unit_returns
from handlers.planning import plan, promise_at
from handlers.rights import DISPATCHES, may
from handlers.turn import Asks, Lane, Outcome, Push, Refusal, Reply, Say, Scene, Silence, Tick, Turn
from nlp.intent import Meaning
from nlp.skills import is_one_less
from storage.audit import Why
from storage.groups import GroupKind
from storage.orders import Claim, ClaimState, Move, Order, State
from storage.questions import QuestionKind
from storage.steps import StepKind


@on(
    "(不方便|去不了) {order}",
    "不方便",
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
    "(退单|退|退掉) {order} {reason?}",
    "{order} [号] [单] (退一下|退了|退单|我去不了|去不了了|去不了|来不了了|来不了) {reason?}",
    means=Meaning.WITHDRAW,
    says=("退单 7", "不好意思 12号退一下", "252我去不了"),
    not_says=("退休了", "退货怎么退"),
)
def release(turn: Turn) -> Iterator[Outcome]:
    """退单231 原因（原因只有书记看得到）"""
    named = finding.named(turn)
    if named is not None and named.state is State.TRANSFERRED and (is_of_unit(turn) or may(turn.speaker, DISPATCHES)):
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
    if is_one_less(turn.text):
        yield from _come_alone(turn)
        return
    if finding.is_hint(turn) and _is_about_another(turn):
        raise Silence
    order = finding.held(turn, "退")
    mine = order.claim_of(turn.speaker.id)
    assert mine is not None
    yield from let_go(turn, order, mine, turn.text)
    if turn.is_addressed and turn.group is None:
        yield Reply(Say(lambda see: wording.released(see.order(order))))


def _come_alone(turn: Turn) -> Iterator[Outcome]:
    """那我媳妇不去了, from somebody who brought one along: the speaker still goes, and one hand is missing again."""
    held = turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED)
    shared = [order for order in held if (mine := order.claim_of(turn.speaker.id)) is not None and mine.hands > 1]
    if len(shared) != 1:
        if not turn.is_addressed:
            raise Silence
        raise Refusal(Say(lambda see: wording.nothing_to("退")), reason="nobody came along")
    claim = shared[0].claim_of(turn.speaker.id)
    assert claim is not None
    turn.store.orders.bring_fewer(claim)
    order = turn.store.orders.get(shared[0].id)
    change = replace(order, is_announced=False)
    order = turn.store.orders.move(order, Move.RELEASE, turn.speaker.id, turn.now, to=order.state, change=change)
    plan(turn.store, turn.community.settings, order, turn.now)
    if turn.is_addressed:
        yield Reply(Say(lambda see: wording.gap(see.order(order))), about=order)
    if order.standby:
        yield from ask_next_in_line(turn, order)
    else:
        yield from offering.offer_again(turn, order, lambda see: wording.card_gap(see.order(order), see))


def _is_about_another(turn: Turn) -> bool:
    """去不了 right after a card of an order that the speaker does not hold declines that one."""
    if turn.group is None:
        return False
    fresh = turn.store.outbox.recent_cards(turn.group.id, turn.now - finding.CARD_FRESH)
    return any(not turn.store.orders.get(order_id).is_held_by(turn.speaker.id) for order_id in fresh)


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
        detail=Why.ANNOUNCED if announced and agreed else "",
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
    yield from steps_in(turn, order, mine)


def steps_in(turn: Turn, order: Order, mine: Claim) -> Iterator[Outcome]:
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


@answers(QuestionKind.RECONFIRM, accepts=lambda turn: turn.intent.slots.yes is not None)
def reconfirm(turn: Turn) -> Iterator[Outcome]:
    """The order changed after the claim: 行 keeps it, 不行 gives it back without a mark."""
    order = turn.asked_order()
    mine = order.claim_of(turn.speaker.id)
    if mine is None or mine.state is not ClaimState.TO_CONFIRM:
        return
    if turn.intent.slots.yes:
        yield from reconfirmed(turn, order, mine)
    else:
        yield from let_go(turn, order, mine, turn.text)


def reconfirmed(turn: Turn, order: Order, mine: Claim) -> Iterator[Outcome]:
    turn.store.orders.mark_claim(mine, ClaimState.HELD)
    turn.store.steps.drop_of_claim(mine.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.RECONFIRM, person_id=turn.speaker.id)
    order = turn.store.orders.get(order.id)
    if any(claim_.state is ClaimState.TO_CONFIRM for claim_ in order.holders):
        return
    if order.state is State.CLAIMED and order.start is not None:
        order = turn.store.orders.move(order, Move.BOOK, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield Push(
        finding.asker(turn, order), Say(lambda see: wording.still_comes(see.order(order))), Lane.ASSIGNMENT, order
    )


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
        yield Push(
            secretary, Say(lambda see: wording.not_booked(see.order(order), is_asked=True)), Lane.REMINDER, order
        )
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now, detail=Why.NOT_BOOKED)
    plan(tick.store, tick.community.settings, order, tick.now)
