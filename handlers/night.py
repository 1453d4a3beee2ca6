"""夜里的单: what a group said in the quiet hours is taken up in one line in the morning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from handlers import finding, offering, wording
from handlers.ability import due
from handlers.danger import QuietClass, quiet_class
from handlers.describing import AFTER_MORNING, question_about
from handlers.placing import await_detail
from handlers.turn import Lane, Outcome, Push, Say, Tick
from storage.orders import Order, State
from storage.steps import StepKind


@due(StepKind.MORNING)
def morning_line(tick: Tick) -> Iterator[Outcome]:
    """One line for everything a group said at night; the first due step speaks for all of them."""
    first = tick.order()
    if first.group_id is None:
        yield from _take_up(tick, first)
        return
    group = tick.store.groups.get(first.group_id)
    fresh = [
        order
        for order in tick.store.orders.live(tick.community.id, State.DRAFT)
        if order.group_id == group.id and order.is_at_night and _is_waiting_for_morning(tick, order)
    ]
    asked: list[tuple[Order, str]] = []
    for order in fresh:
        tick.store.steps.drop(order.id, StepKind.MORNING, tick.now)
        question = question_about(order, tick.store.people.get(order.requester_id))
        asked.append((order, question))
    utilities = [
        order
        for order in tick.store.orders.live(tick.community.id)
        if order.group_id == group.id
        and order.is_at_night
        and order not in fresh
        and tick.now - order.created_at < timedelta(hours=12)
        and quiet_class(order) is QuietClass.UTILITIES
    ]
    yield Push(
        group,
        Say(
            lambda see: wording.night_group(
                [wording.night_order(see.order(order), question) for order, question in asked]
                + [wording.night_utility(see.order(order)) for order in utilities]
            )
        ),
        Lane.REPLY,
    )
    for order, question in asked:
        requester = tick.store.people.get(order.requester_id)
        if question:
            finding.ask_time(tick, order)
            yield from await_detail(tick, order, requester)
        else:
            yield from offering.publish(tick, order)
            finding.ask_time(tick, order, AFTER_MORNING)


def _is_waiting_for_morning(tick: Tick, order: Order) -> bool:
    if tick.step is not None and order.id == tick.step.order_id:
        return True
    return any(step.kind is StepKind.MORNING for step in tick.store.steps.of_order(order.id))


def _take_up(tick: Tick, order: Order) -> Iterator[Outcome]:
    yield from offering.publish(tick, order)
