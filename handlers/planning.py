"""The next step of every order: which moments are due in which state. Called after every change of an order."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Protocol

from handlers.danger import is_pressing
from handlers.hours import is_quiet, next_at, on_day, quiet_end
from nlp.intent import Grain, Urgency
from storage import Store
from storage.communities import CommunitySettings
from storage.orders import Claim, Order, State
from storage.steps import StepKind

ANNOUNCE_AFTER = timedelta(seconds=1)  # late hands still count before the bot says 人齐了
UNCLAIMED_AFTER = {
    Urgency.EMERGENCY: timedelta(minutes=5),
    Urgency.URGENT: timedelta(minutes=30),
    Urgency.NORMAL: timedelta(hours=24),
    Urgency.LOW: timedelta(hours=48),
}
NOON = time(12)
LEAD = timedelta(hours=2)  # before a visit nobody claimed, the secretary still has time to act
BOOK_AFTER = timedelta(hours=3)
OVERDUE_AFTER = timedelta(hours=20)
CHASE_AFTER = timedelta(minutes=45)
STANDBY_AFTER = timedelta(minutes=75)
ABSENT_AFTER = timedelta(minutes=20)
DISPATCH_AFTER = timedelta(hours=1)
DISPATCH_AGAIN = timedelta(hours=24)


class Due(Protocol):
    def __call__(self, kind: StepKind, at: datetime, claim: Claim | None = None) -> None: ...


def planned_end(order: Order) -> datetime | None:
    """When the visit should be over. Once a helper arrived the usual length counts from there, and half again for a
    job of several hands: one of them often stays away, and the others need longer."""
    length = timedelta(minutes=order.minutes)
    arrived = [claim.arrived_at for claim in order.holders if claim.arrived_at]
    if arrived:
        return min(arrived) + (length * 3 / 2 if order.hands > 1 else length)
    if order.start is None:
        return order.end
    if order.grain in (Grain.MINUTE, Grain.HOUR) or order.end is None:
        return order.start + length
    return order.end


def plan(store: Store, settings: CommunitySettings, order: Order, now: datetime) -> None:
    """Give the order the steps its state calls for. Steps of other states were ended by the move itself."""
    zone = now.tzinfo
    start = order.start.astimezone(zone) if order.start else None

    def due(kind: StepKind, at: datetime, claim: Claim | None = None) -> None:
        store.steps.plan(order.community_id, order.id, kind, max(at, now), claim.id if claim else None)

    match order.state:
        case State.DRAFT:
            due(StepKind.DRAFT_CHASE, now + timedelta(days=settings.draft_days))
        case State.UNASSIGNED:
            rings = any(step.kind is StepKind.EMERGENCY_RING for step in store.steps.of_order(order.id))
            if not rings:
                due(StepKind.DISPATCH, quiet_end(settings, now + DISPATCH_AFTER))
        case State.OPEN:
            due(StepKind.UNCLAIMED, unclaimed_at(settings, order, now))
        case State.CLAIMED | State.BOOKED:
            if order.missing:
                due(StepKind.UNCLAIMED, unclaimed_at(settings, order, now))
            else:
                store.steps.drop(order.id, StepKind.UNCLAIMED, now)
            if order.state is State.CLAIMED and not is_pressing(order):
                due(StepKind.BOOK_CHASE, quiet_end(settings, now + BOOK_AFTER))
            _plan_visit(settings, order, start, now, due)
        case State.IN_SERVICE:
            end = (planned_end(order) or now).astimezone(zone)
            due(
                StepKind.GOING_WELL, quiet_end(settings, max(end, now) + timedelta(minutes=settings.going_well_minutes))
            )
        case State.UNRATED:
            due(StepKind.RATING_WAIT, quiet_end(settings, now + timedelta(days=settings.rating_days)))
        case State.TRANSFERRED:
            due(StepKind.UNIT_WAIT, quiet_end(settings, now + timedelta(hours=24)))
        case _:
            pass


def _plan_visit(settings: CommunitySettings, order: Order, start: datetime | None, now: datetime, due: Due) -> None:
    end = planned_end(order)
    unknown = now + (timedelta(minutes=order.minutes) if is_pressing(order) else timedelta(hours=24))
    base = end.astimezone(now.tzinfo) if end else unknown
    due(StepKind.GOING_WELL, quiet_end(settings, max(base, now) + timedelta(minutes=settings.going_well_minutes)))
    if order.state is not State.BOOKED or start is None or start <= now:
        return
    is_exact = order.grain in (Grain.MINUTE, Grain.HOUR)
    if order.hands > 1:
        eve = on_day(start, settings.at("confirm_before"), days=-1)
        if eve > now:
            due(StepKind.CONFIRM_EVE, eve)
            return
    reminder = start - timedelta(minutes=settings.visit_reminder_minutes)
    if is_quiet(settings, reminder):
        # Before breakfast nobody is rung: an exact visit is recalled the evening before, a mere morning not at all.
        reminder = on_day(reminder, settings.at("confirm_before"), days=-1 if reminder.hour < 12 else 0)
        if not is_exact:
            return
    if reminder > now:
        due(StepKind.VISIT_REMINDER, reminder)


def unclaimed_at(settings: CommunitySettings, order: Order, now: datetime) -> datetime:
    wait = now + UNCLAIMED_AFTER[Urgency(order.urgency)]
    if order.start:
        begins = order.start.astimezone(now.tzinfo)
        if order.grain not in (Grain.MINUTE, Grain.HOUR, Grain.PART):
            begins = max(begins, on_day(begins, NOON))  # “today” may well be this afternoon
        wait = min(wait, max(begins - LEAD, now + timedelta(minutes=20)))
    return quiet_end(settings, wait)


def promise_at(settings: CommunitySettings, order: Order, now: datetime) -> datetime:
    """By when the requester gets word, whatever it is: this evening, in any case before the visit."""
    evening = next_at(now + timedelta(hours=1), settings.at("digest_at"))
    if order.start and order.start.astimezone(now.tzinfo) - LEAD > now:
        return min(evening, order.start.astimezone(now.tzinfo) - LEAD)
    return evening


def is_fixed(order: Order) -> bool:
    """Whether the words name a visit: an hour or a part of a day. A whole day or week still wants an hour agreed."""
    return order.start is not None and order.grain in (Grain.MINUTE, Grain.HOUR, Grain.PART)
