"""没人接: nobody came forward. The secretary gets facts and options, whoever asked gets word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from handlers import finding, wording
from handlers.ability import due
from handlers.hours import quiet_end
from handlers.turn import Lane, Outcome, Push, Say, Tick
from storage.audit import Why
from storage.orders import Move, Order
from storage.steps import StepKind

SAID_ONCE = timedelta(minutes=15)


@due(StepKind.UNCLAIMED)
def unclaimed(tick: Tick) -> Iterator[Outcome]:
    """Nobody, or too few: the secretary gets facts and options, and later again."""
    order = tick.order()
    if not order.missing:
        return
    hours = _hours_offered(tick, order)
    is_news = not _just_told(tick, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
    for secretary in finding.secretaries(tick) if is_news else ():
        yield Push(secretary, Say(lambda see: wording.unclaimed(see.order(order), hours)), Lane.REMINDER, order)
    if not order.holders:
        yield from _tell_asker(tick, order, hours)
    _look_again(tick, order)


def _just_told(tick: Tick, order: Order) -> bool:
    """The promised word and the wait may fall due together; the secretary hears of it once."""
    lines = tick.store.audit.of_order(order.id)
    return any(line.move == Move.ESCALATE and tick.now - line.at < SAID_ONCE for line in lines)


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
        once=f"{'too_late' if is_over else 'looking'}/{order.id}/{order.end:%m%d%H%M}"
        if order.end
        else f"looking/{order.id}",
    )
    finding.ask_time(tick, order)


def _is_promised(tick: Tick, order: Order) -> bool:
    """The requester gets word by a promise, or got it."""
    if any(step.kind is StepKind.PROMISE for step in tick.store.steps.of_order(order.id)):
        return True
    return any(line.detail == Why.PROMISE for line in tick.store.audit.of_order(order.id))


def _hours_offered(tick: Tick, order: Order) -> int:
    """Since it was last offered: what was said at night is not yet late in the morning."""
    offered = [line.at for line in tick.store.audit.of_order(order.id) if line.move == Move.PUBLISH]
    return int((tick.now - (offered[-1] if offered else order.created_at)).total_seconds() // 3600)


@due(StepKind.PROMISE)
def keep_promise(tick: Tick) -> Iterator[Outcome]:
    """We promised word by now: the requester gets it, and the secretary the matter."""
    order = tick.order()
    if not order.missing:
        return  # the word was that somebody comes
    yield Push(
        finding.asker(tick, order), Say(lambda see: wording.still_looking(see.order(order))), Lane.REMINDER, order
    )
    finding.ask_time(tick, order)
    hours = _hours_offered(tick, order)
    is_news = not _just_told(tick, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now, detail=Why.PROMISE)
    for secretary in finding.secretaries(tick) if is_news else ():
        yield Push(secretary, Say(lambda see: wording.unclaimed(see.order(order), hours)), Lane.REMINDER, order)
    _look_again(tick, order)
