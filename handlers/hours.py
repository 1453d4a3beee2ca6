"""When people may be spoken to: quiet hours, times of day, working days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum

import chinese_calendar

from nlp.intent import Urgency
from storage.communities import CommunitySettings
from storage.orders import Order

# States of the house that cannot wait for the morning although nobody's life is in danger.
UTILITY_WORDS = ("漏水", "跳闸", "停电", "停水", "断电", "没电", "没水", "漏电", "爆管", "返水", "煤气", "燃气", "电梯", "进水", "滴水", "在滴")


class QuietClass(StrEnum):
    """What may break the quiet hours: emergencies everywhere, utilities in private, the rest not at all."""

    EMERGENCY = "emergency"
    UTILITIES = "utilities"
    REST = "rest"


def quiet_class(order: Order) -> QuietClass:
    if order.urgency == Urgency.EMERGENCY:
        return QuietClass.EMERGENCY
    if is_utility(order.category, order.item, order.note or ""):
        return QuietClass.UTILITIES
    return QuietClass.REST


def is_utility(category: str, item: str, note: str) -> bool:
    return category in ("水电维修", "安全隐患") and any(word in item or word in note for word in UTILITY_WORDS)


def is_quiet(settings: CommunitySettings, now: datetime) -> bool:
    begin, end = settings.quiet_hours()
    clock = now.time()
    return begin <= clock or clock < end if begin > end else begin <= clock < end


def quiet_end(settings: CommunitySettings, now: datetime) -> datetime:
    """`now` when it is not quiet, else the end of these quiet hours."""
    if not is_quiet(settings, now):
        return now
    return next_at(now, settings.quiet_hours()[1])


def next_at(now: datetime, clock: time) -> datetime:
    """The next moment after `now` at this time of day."""
    today = datetime.combine(now.date(), clock, now.tzinfo)
    return today if today > now else datetime.combine(now.date() + timedelta(days=1), clock, now.tzinfo)


def on_day(moment: datetime, clock: time, days: int = 0) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=days), clock, moment.tzinfo)


def is_workday(day: date) -> bool:
    """By the calendar of public holidays and 调休; plain weekdays for years the calendar does not cover yet."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5
