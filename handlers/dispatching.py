"""派单 转单 合并 作废 关闭 督办 兜底: what a secretary steers from the chat."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from handlers import emergencies, finding, offering, sharing, wording
from handlers.ability import due, on
from handlers.danger import QuietClass, quiet_class
from handlers.hours import quiet_end
from handlers.planning import DISPATCH_AGAIN, is_fixed, plan
from handlers.rights import DISPATCHES, STEERS
from handlers.turn import Button, Lane, Outcome, Push, Refusal, Say, Scene, Tick, Turn
from handlers.views import OrderView
from nlp.intent import Meaning
from nlp.phrases import SEVERAL
from storage.audit import Why
from storage.groups import Group, GroupKind
from storage.orders import Move, NotNow, Order, State
from storage.people import Person, Role
from storage.questions import QuestionKind
from storage.steps import StepKind

RULING = "裁定"
UNIT_ROLES = {"物业": Role.PROPERTY, "值班": Role.ON_DUTY, "社工": Role.SOCIAL_WORKER}


@on(
    "(派|派单|指派) {order} [号] [单] [给] {assignee}",
    means=Meaning.COMMAND,
    command="assign",
    only=DISPATCHES,
    says=("派 231 @陈刚", "派单 12 给 @小李"),
    not_says=("派出所在哪",),
)
def assign(turn: Turn) -> Iterator[Outcome]:
    """派231 @张三"""
    order = _in_the_hands_of(turn, turn.intent.slots.name) or finding.steered(turn, "派")
    names = SEVERAL.split(turn.intent.slots.assignee or "")
    if len(names) > 1:
        yield from _assign_all(turn, order, [finding.person_named(turn, name) for name in names])
        return
    yield from _assign(turn, order, finding.person_named(turn, names[0]))


@on(
    "(改派|转派) {order} [号] [单] [给] {assignee}",
    "(别|不|先别|不要) 给 {name} 派 [了] (派|改派|换|给|派给|换成) {assignee}",
    means=Meaning.COMMAND,
    command="reassign",
    only=DISPATCHES,
    says=("改派 231 @李四", "别给陈刚派了，派李强"),
)
def reassign(turn: Turn) -> Iterator[Outcome]:
    """改派231 @李四"""
    order, name = finding.named(turn), turn.intent.slots.name
    if order is not None and name is not None:
        # 231让陈刚别去了, 换马建国: of several who go, the others still do.
        gone = finding.person_named(turn, name)
        if not order.is_held_by(gone.id):
            raise Refusal(Say(lambda see: wording.what_now(see.order(order))), reason="not held")
        helper = finding.person_named(turn, turn.intent.slots.assignee or "")
        yield from _assign(turn, order, helper, instead_of=gone)
        return
    yield from assign(turn)


def _in_the_hands_of(turn: Turn, name: str | None) -> Order | None:
    """别给陈刚派了，派李强: without a number the one order that 陈刚 has."""
    if name is None or turn.intent.slots.order:
        return None
    return finding.only(turn, turn.store.orders.held_by(finding.person_named(turn, name).id), "改派")


def _assign_all(turn: Turn, order: Order, helpers: list[Person]) -> Iterator[Outcome]:
    """231派陈刚和刘洋: as many hands as are named; whoever has it already keeps it."""
    fresh = [helper for helper in helpers if not order.is_held_by(helper.id)]
    if order.missing < len(fresh):
        change = replace(order, hands=order.taken + len(fresh))
        order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, change=change)
    for helper in fresh:
        yield from _assign(turn, turn.store.orders.get(order.id), helper)
    if not fresh:
        yield from _assign(turn, order, helpers[0])


def _assign(turn: Turn, order: Order, helper: Person, *, instead_of: Person | None = None) -> Iterator[Outcome]:
    if order.is_held_by(helper.id):
        raise Refusal(Say(lambda see: wording.assigned(see.order(order), helper.name)), reason="already held")
    replaced = [] if order.missing else list(order.holders)
    if instead_of is not None:
        replaced = [claim for claim in order.holders if claim.person_id == instead_of.id]
    for claim in replaced:  # 改派: one order keeps its number of hands
        turn.store.orders.give_back(claim, reason="改派")
        turn.store.steps.drop_of_claim(claim.id, turn.now)
    if turn.store.orders.take(order, helper.id, 1, turn.now) is None:
        raise NotNow(order, Move.ASSIGN)
    order = turn.store.orders.get(order.id)
    order = turn.store.orders.move(
        order,
        Move.ASSIGN,
        turn.speaker.id,
        turn.now,
        change=replace(order, first_claimed_at=order.first_claimed_at or turn.now, is_announced=False),
    )
    turn.store.questions.close_of_order(order.id, turn.now, QuestionKind.DETAIL)
    if order.state is State.CLAIMED and is_fixed(order):
        order = turn.store.orders.move(order, Move.BOOK, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.assigned(see.order(order), helper.name)))
    yield Push(helper, Say(lambda see: wording.assigned_to_you(see.order(order), see)), Lane.ASSIGNMENT, order)
    for claim in replaced:
        if claim.person_id != helper.id:
            yield Push(
                turn.store.people.get(claim.person_id),
                Say(lambda see: wording.covered(see.order(order))),
                Lane.ASSIGNMENT,
                order,
                keeps=True,
            )
    if not order.missing:
        yield from offering.announce(turn, order, in_group=False)


@on("兜底 {order} [号] [单]", means=Meaning.COMMAND, command="take_over", only=DISPATCHES, says=("兜底 231",))
def take_over(turn: Turn) -> Iterator[Outcome]:
    """兜底231（自己来办）"""
    order = finding.steered(turn, "兜底")
    replaced = [claim for claim in order.holders if claim.person_id != turn.speaker.id]
    for claim in replaced:
        turn.store.orders.give_back(claim, reason="兜底")
        turn.store.steps.drop_of_claim(claim.id, turn.now)
    if not order.is_held_by(turn.speaker.id) and turn.store.orders.take(order, turn.speaker.id, 1, turn.now) is None:
        raise NotNow(order, Move.TAKE_OVER)
    order = turn.store.orders.get(order.id)
    order = turn.store.orders.move(
        order,
        Move.TAKE_OVER,
        turn.speaker.id,
        turn.now,
        change=replace(order, hands=max(1, order.taken), first_claimed_at=order.first_claimed_at or turn.now),
    )
    if order.state is State.CLAIMED and is_fixed(order):
        order = turn.store.orders.move(order, Move.BOOK, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.taken_over(see.order(order), turn.speaker.name)))
    yield Push(turn.speaker, Say(lambda see: wording.your_order(see.order(order), see)), Lane.REPLY, order)
    for claim in replaced:
        yield Push(
            turn.store.people.get(claim.person_id),
            Say(lambda see: wording.covered(see.order(order))),
            Lane.ASSIGNMENT,
            order,
            keeps=True,
        )
    yield from offering.announce(turn, order, in_group=False)
    if order.first_claimed_at == turn.now:
        yield offering.card_update(order, lambda see: wording.card_taken(see.order(order)), is_open=False)


@on(
    "(转|转单|转给) {order} [号] [单] [给] {receiver}",
    means=Meaning.COMMAND,
    command="transfer",
    only=DISPATCHES,
    says=("转 231 物业",),
    not_says=("转发一下",),
)
def transfer(turn: Turn) -> Iterator[Outcome]:
    """转231 物业（或社区、12345）"""
    order = finding.steered(turn, "转")
    is_ruled = turn.intent.slots.is_ruling
    unit = (turn.intent.slots.assignee or "物业")[:32]
    if turn.store.people.find_named(turn.community.id, unit) and not _of_unit(turn, unit):
        yield from _assign(turn, order, finding.person_named(turn, unit))  # 231转给李强: a person, not a unit
        return
    if not is_ruled and _has_returned(turn, order, unit):
        raise Refusal(Say(lambda see: wording.returned_once(see.order(order), unit)), reason="returned once")
    holders = order.holders + order.standby
    for claim in holders:
        turn.store.orders.give_back(claim, reason="转单")
    order = turn.store.orders.get(order.id)
    order = turn.store.orders.move(
        order,
        Move.TRANSFER,
        turn.speaker.id,
        turn.now,
        change=replace(order, unit=unit),
        detail=f"{unit} {RULING}" if is_ruled else unit,
    )
    plan(turn.store, turn.community.settings, order, turn.now)
    receivers = _of_unit(turn, unit)
    words = wording.transferred if receivers else wording.transferred_by_hand
    yield offering.answer_in_chat(turn, Say(lambda see: words(see.order(order), unit)))
    for one in receivers:
        button = (Button("办完了", f"完成{order.no}"),)
        yield Push(one, Say(lambda see: wording.for_unit(see.order(order), unit, see), button), Lane.ASSIGNMENT, order)
    yield Push(
        finding.asker(turn, order),
        Say(lambda see: wording.transferred_asker(see.order(order), unit)),
        Lane.ASSIGNMENT,
        order,
        once=f"transferred/{order.id}/{order.round}/{unit}",
    )
    yield from offering.withdraw(turn, order, holders, f"转给{unit}办了")


def _has_returned(turn: Turn, order: Order, unit: str) -> bool:
    """A unit may give an order back once; after that only a ruling brings it there again, and the ruling is logged."""
    given = ""
    for line in turn.store.audit.of_order(order.id):
        if line.move == Move.TRANSFER:
            given = line.detail or ""
        elif line.move == Move.RETURN and given.removesuffix(f" {RULING}") == unit:
            return True
    return False


def _of_unit(scene: Scene, unit: str) -> list[Person | Group]:
    """Who receives for a unit: people with its role or of its name, else its group, else the group of all units."""
    roles = {UNIT_ROLES[unit]} if unit in UNIT_ROLES else {Role.LIAISON, Role.PROPERTY}
    known = scene.store.people.with_role(scene.community.id, *roles)
    people: list[Person | Group] = [one for one in known if unit in UNIT_ROLES or (one.unit and unit in one.unit)]
    groups = finding.groups(scene, GroupKind.UNITS)
    named = [group for group in groups if unit in group.name] or [group for group in groups if "单位" in group.name]
    return people or list(named)


def unit_returns(turn: Turn, order: Order) -> Iterator[Outcome]:
    """A unit gives it back with its reason; from then on the secretary rules."""
    unit = order.unit or "单位"
    order = turn.store.orders.move(order, Move.RETURN, turn.speaker.id, turn.now, detail=turn.intent.slots.rest or "")
    plan(turn.store, turn.community.settings, order, turn.now)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.returned_noted(see.order(order))))
    for secretary in finding.secretaries(turn):
        yield Push(secretary, Say(lambda see: wording.unit_returned(see.order(order), unit)), Lane.ASSIGNMENT, order)


@due(StepKind.UNIT_WAIT)
def unit_silent(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
    for secretary in finding.secretaries(tick):
        yield Push(
            secretary,
            Say(lambda see: wording.unit_silent(see.order(order), order.unit or "单位")),
            Lane.REMINDER,
            order,
        )
    plan(tick.store, tick.community.settings, order, tick.now)


@due(StepKind.DISPATCH)
def dispatch_please(tick: Tick) -> Iterator[Outcome]:
    """An order waits for the secretary: asked after an hour, then once a day."""
    order = tick.order()
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.dispatch_please(see.order(order))), Lane.REMINDER, order)
    again = quiet_end(tick.community.settings, tick.now + DISPATCH_AGAIN)
    tick.store.steps.plan(order.community_id, order.id, StepKind.DISPATCH, again)


@on(
    "(合并|并单) {order} [和|与] {twin}",
    "(合并|并单) {order} (到|并到|并入|进) {into}",
    means=Meaning.COMMAND,
    command="merge",
    only=DISPATCHES,
    says=("合并 231 232", "合并 13 到 12"),
)
def merge(turn: Turn) -> Iterator[Outcome]:
    """合并231 232（留小号；“合并13到12”留12）"""
    first = finding.steered(turn, "合并")
    said = turn.intent.slots.into
    second = turn.store.orders.find(turn.community.id, int(said)) if said else None
    if second is None:
        raise Refusal(Say(lambda see: wording.no_such_order(said or "")), reason="unknown order")
    if first.id == second.id:
        raise Refusal(Say(lambda see: wording.same_order()), reason="same order")
    stays, goes = (second, first) if turn.intent.slots.is_directed or second.no < first.no else (first, second)
    if not stays.state.is_live:
        raise Refusal(Say(lambda see: wording.not_now(see.order(stays), "合并")), reason="not live")
    holders = goes.holders
    goes = sharing.join(turn, goes, stays, turn.speaker.id)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.merged(see.order(goes), see.order(stays))))
    if goes.requester_id != stays.requester_id:
        to = finding.asker(turn, goes)
        words = Say(lambda see: wording.merged_asker(see.order(goes), see.order(stays)))
        yield Push(to, words, Lane.ASSIGNMENT, goes, keeps=True)
        sharing.may_deny(turn, goes, stays, to)
    yield from offering.withdraw(turn, goes, holders, wording.merged_why(stays.no))


def _end(
    turn: Turn, order: Order, move: Move, said: Callable[[OrderView], str], told: Callable[[OrderView], str]
) -> Generator[Outcome, None, Order]:
    """作废 and 关闭: the secretary ends it, and whoever asked hears so where they asked."""
    reason = (turn.intent.slots.rest or "")[:200]
    order = turn.store.orders.move(order, move, turn.speaker.id, turn.now, detail=reason)
    turn.store.questions.close_of_order(order.id, turn.now)
    yield offering.answer_in_chat(turn, Say(lambda see: said(see.order(order))))
    if order.requester_id != turn.speaker.id:
        yield Push(
            finding.asker(turn, order), Say(lambda see: told(see.order(order))), Lane.ASSIGNMENT, order, keeps=True
        )
    return order


@on("作废 {order} [号] [单] {rest?}", means=Meaning.COMMAND, command="void", only=STEERS, says=("作废 231 重复",))
def void(turn: Turn) -> Iterator[Outcome]:
    """作废231 原因"""
    order = finding.steered(turn, "作废")
    holders = order.holders + order.standby
    others = len(sharing.waiting(turn, order))
    order = yield from _end(turn, order, Move.VOID, lambda seen: wording.voided(seen, others), wording.voided_asker)
    yield from sharing.ask_still(turn, order, wording.NEWS_VOIDED)
    yield from offering.withdraw(turn, order, holders, wording.WHY_VOIDED)


@on(
    "(关闭|办结|关单|销单) {order} [号] [单] {rest?}",
    means=Meaning.COMMAND,
    command="close",
    only=DISPATCHES,
    says=("关闭 12", "办结231"),
)
def close(turn: Turn) -> Iterator[Outcome]:
    """关闭231（确实办好了）"""
    order = finding.steered(turn, "关闭")
    holders = order.holders
    order = yield from _end(turn, order, Move.CLOSE, wording.closed_by_secretary, wording.closed_asker)
    yield from offering.tell_other_askers(turn, order)
    still_ahead = order.start is not None and order.start > turn.now
    if not holders or still_ahead:
        yield from offering.withdraw(turn, order, holders, wording.WHY_CLOSED)


@on("(督办|盯一下) {order} [号] [单]", means=Meaning.COMMAND, command="supervise", only=DISPATCHES, says=("督办 231",))
def supervise(turn: Turn) -> Iterator[Outcome]:
    """督办231（有变化告诉我）"""
    order = finding.steered(turn, "督办")
    order = turn.store.orders.move(
        order, Move.NUDGE, turn.speaker.id, turn.now, change=replace(order, is_supervised=True), detail=Why.SUPERVISE
    )
    yield offering.answer_in_chat(turn, Say(lambda see: wording.supervised(see.order(order))))
    for claim in order.holders:
        yield Push(
            turn.store.people.get(claim.person_id),
            Say(lambda see: wording.supervise_helper(see.order(order))),
            Lane.REMINDER,
            order,
        )
    if quiet_class(order) is QuietClass.EMERGENCY and order.state is State.UNASSIGNED:
        yield from emergencies.ring(turn, order)
