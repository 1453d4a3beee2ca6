"""When people may be spoken to: quiet hours, times of day, working days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import chinese_calendar

from storage.communities import CommunitySettings


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
