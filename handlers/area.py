"""片区事件: what fails in several homes of one building within minutes is one matter: one order, one call, one line to
the secretary, who can take it apart again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta

from handlers import emergencies, finding, merging, offering, sharing, wording
from handlers.danger import QuietClass, quiet_class
from handlers.hours import quiet_end
from handlers.merging import FAULT_WITHIN, WEIGHT, Look
from handlers.turn import Asks, Button, Lane, Outcome, Push, Say, Turn
from nlp import alike
from storage.orders import Move, NewOrder, Order, State, Trace
from storage.questions import QuestionKind

TOLD_WITHIN = timedelta(minutes=15)
HOMES = 3
QUESTION = "area"  # payload of the question under the notice to the secretary
UNHELD = frozenset({State.DRAFT, State.UNASSIGNED, State.OPEN})


@dataclass(frozen=True, slots=True)
class Area:
    """One kind of failure told from several homes of a building: the order that stands for it, and those that go into it."""

    kind: str
    main: Order
    others: tuple[Order, ...]
    homes: int
    is_new: bool


def find(turn: Turn, seen: Look) -> Area | None:
    """Whether this telling belongs to an area event, or is the one that makes it one."""
    kind, building = seen.fault, seen.new.building
    if not kind or building is None:
        return None
    rows = [
        near.trace
        for near in seen.near
        if near.trace.building == building
        and turn.now - near.trace.created_at <= FAULT_WITHIN
        and alike.fault(near.told) == kind
    ]
    if len({_home(row) for row in rows} | {_home(seen.new)}) < HOMES:
        return None
    orders = list(map(turn.store.orders.get, dict.fromkeys(row.root_id for row in reversed(rows))))
    if any(merging.is_apart(turn, order) for order in orders):
        return None  # the secretary has ruled on it
    roots = [order for order in orders if merging.may_be_joined(turn, seen, order)]
    for root in roots:
        homes = len({_home(row) for row in rows if row.root_id == root.id})
        if homes >= HOMES:
            return Area(kind, root, (), homes, is_new=False)
    ids = {root.id for root in roots}
    fresh = [row for row in rows if turn.now - row.created_at <= TOLD_WITHIN and row.root_id in ids]
    homes = len({_home(row) for row in fresh} | {_home(seen.new)})
    if homes < HOMES:
        return None
    told_lately = {row.root_id for row in fresh}
    candidates = [root for root in roots if root.id in told_lately]
    main = max(candidates, key=lambda order: (order.state not in UNHELD, WEIGHT[quiet_class(order)]))
    others = tuple(order for order in candidates if order.id != main.id and order.state in UNHELD)
    return Area(kind, main, others, homes, is_new=True)


def _home(need: Trace | NewOrder) -> tuple[str | None, str]:
    """Two of one family are one home."""
    return need.entrance, need.room or f"of {need.requester_id}"


def join(turn: Turn, seen: Look, event: Area) -> Iterator[Outcome]:
    """One order for all of them; the secretary hears of it once, and can take it apart again."""
    young = merging.bury(turn, seen.new, event.main, None)
    main = event.main
    if event.is_new:
        for other in event.others:
            yield from _into_area(turn, other, main)
        main = yield from _call_for_house(turn, main)
        yield from notice(turn, event)
    said = Say(lambda see: wording.known_area(see.order(main), event.kind))
    yield merging.quietly(turn, seen, main, said, merging.may_deny(young, main))


def _into_area(turn: Turn, other: Order, main: Order) -> Iterator[Outcome]:
    other = sharing.join(turn, other, main, None)
    yield Push(
        turn.store.people.get(other.requester_id),
        Say(lambda see: wording.merged_asker(see.order(other), see.order(main))),
        Lane.ASSIGNMENT,
        other,
        merging.may_deny(other, main),
        keeps=True,
    )
    yield from offering.withdraw(turn, other, (), wording.merged_why(main.no))


def _call_for_house(turn: Turn, main: Order) -> Generator[Outcome, None, Order]:
    """What looked like the matter of one home is the property's, who has not heard of it yet."""
    if quiet_class(main) is not QuietClass.UTILITIES or main.state not in (State.DRAFT, State.OPEN):
        return main
    if main.state is State.DRAFT:
        turn.store.questions.close_of_order(main.id, turn.now, QuestionKind.DETAIL)
        main = turn.store.orders.move(main, Move.AMEND, None, turn.now, to=State.UNASSIGNED)
    yield from emergencies.ring(turn, main)
    return main


def notice(turn: Turn, event: Area) -> Iterator[Outcome]:
    """To the secretary, once: how many homes, of what, under which number."""
    main = event.main
    button = (Button(wording.LABEL_TO_PROPERTY, f"转{main.no} 物业"),)
    is_danger = quiet_class(main) is QuietClass.EMERGENCY
    for one in finding.secretaries(turn):
        yield Push(
            one,
            Say(lambda see: wording.area_event(see.order(main), event.kind, event.homes), button),
            Lane.EMERGENCY if is_danger else Lane.ASSIGNMENT,
            main,
            Asks(QuestionKind.MERGE, main.id, 2, payload=QUESTION),
            not_before=None if is_danger else quiet_end(turn.community.settings, turn.now),
            once=f"area/{main.id}/{merging.address(one)}",
            keeps=True,
        )


def take_apart(turn: Turn, main: Order) -> list[Order]:
    """Whoever else was joined to this order, which from now on stands for its own home alone."""
    if main.state in sharing.TELLABLE:
        merging.keep_apart(turn, main)
    joined = [young for young in turn.store.orders.merged_into(main) if young.requester_id != main.requester_id]
    for young in joined:
        turn.store.questions.close_of_order(young.id, turn.now)
    return joined
