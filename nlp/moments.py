"""A written expression set against now: which three o'clock, which Wednesday, before or behind us."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from nlp.clocks import Clock, Piece
from nlp.days import DAY
from nlp.intent import Grain
from nlp.time_words import PARTS

MINUTE = timedelta(minutes=1)


def at_minutes(day: date, minutes: int, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo) + timedelta(minutes=minutes)


def _by_part(clock: Clock, part: str) -> int:
    """Minutes from midnight of a clock whose day part was said; past 1440 it is the next day."""
    hour, minute = clock.hour, clock.minute
    low = PARTS[part][0]
    if clock.exact and hour > 12:
        return hour * 60 + minute
    if low >= 24 * 60 or (low >= 22 * 60):
        late = hour + 12 if 6 <= hour < 12 else (24 if hour == 12 else hour + 24)
        return late * 60 + minute
    if low >= 17 * 60:
        evening = hour + 12 if 4 <= hour < 12 else (24 if hour in (0, 12) else hour + 24)
        return evening * 60 + minute
    if low >= 13 * 60:
        return (hour + 12 if hour < 12 else hour) * 60 + minute
    if low >= 11 * 60:
        return (hour + 12 if hour < 10 else hour) * 60 + minute
    if low == 0 and hour == 12:
        return minute
    return hour * 60 + minute


def _sensible(hour: int) -> int:
    """What a bare hour most likely means on another day: 3点 is the afternoon, 9点 the morning."""
    return hour + 12 if 1 <= hour <= 6 else hour


def _point(piece: Piece, clock: Clock, now: datetime, past: bool) -> datetime:
    if piece.part:
        minutes = _by_part(clock, piece.part)
        if piece.day:
            return at_minutes(piece.day.first, minutes, now)
        # Before six in the morning 晚上1点 is still this night.
        moments = [at_minutes(now.date() + timedelta(days=shift), minutes, now) for shift in (-1, 0, 1)]
        return _choose(moments, now, past)
    plain = clock.hour * 60 + clock.minute
    if piece.day:
        if piece.day.dated and clock.digital:
            return at_minutes(piece.day.first, plain, now)
        if clock.exact or piece.day.first != now.date():
            return at_minutes(piece.day.first, plain if clock.exact else _sensible(clock.hour) * 60 + clock.minute, now)
        today = [at_minutes(piece.day.first, plain + half, now) for half in (0, 720) if plain + half <= 1440]
        return _choose([moment for moment in today if _awake(moment) or len(today) == 1] or today, now, past)
    halves = (0,) if clock.exact else (0, 720)
    moments = [
        at_minutes(now.date() + timedelta(days=shift), plain + half, now)
        for shift in (-1, 0, 1)
        for half in halves
        if plain + half < 1440 or (plain + half == 1440 and (clock.hour == 24))
    ]
    awake = [moment for moment in moments if clock.exact or _awake(moment)]
    return _choose(awake or moments, now, past)


def _awake(moment: datetime) -> bool:
    return 6 <= moment.hour <= 22


def _choose(moments: list[datetime], now: datetime, past: bool) -> datetime:
    """The nearest moment ahead of now (or behind, where the words tell of the past)."""
    ordered = sorted(moments)
    if past:
        return next((moment for moment in reversed(ordered) if moment <= now), ordered[0])
    return next((moment for moment in ordered if moment >= now), ordered[-1])


_LENGTH = {Grain.MINUTE: MINUTE, Grain.HOUR: timedelta(hours=1)}


def sides(piece: Piece, now: datetime, past: bool) -> tuple[datetime, datetime, Grain]:
    """Start, end and grain of one expression."""
    if piece.clock:
        start = _point(piece, piece.clock, now, past)
        if piece.day and piece.day.loose and not past and start < now and start.date() == now.date():
            start += timedelta(weeks=1)
        return start, start + _LENGTH[piece.clock.grain], piece.clock.grain
    if piece.part:
        low, high = PARTS[piece.part]
        if piece.day:
            first = piece.day.first
        else:
            first = now.date()
            if not past and at_minutes(first, high, now) <= now:
                first += DAY
        start, end = at_minutes(first, low, now), at_minutes(first, high, now)
        if piece.day and piece.day.loose and not past and end <= now:
            start, end = start + timedelta(weeks=1), end + timedelta(weeks=1)
        return start, end, Grain.PART
    if piece.day is None:
        raise AssertionError("an expression has a day, a part or a clock")
    start = at_minutes(piece.day.first, 0, now)
    return start, at_minutes(piece.day.first + timedelta(days=piece.day.days), 0, now), piece.day.grain


def range_of(first: Piece, second: Piece, now: datetime, past: bool) -> tuple[datetime, datetime, Grain]:
    if first.clock is None and second.clock is None:
        start, _, grain = sides(first, now, past)
        _, end, _ = sides(replace(second, day=second.day or first.day if second.part else second.day), now, past)
        if end <= start:
            end += timedelta(weeks=1) if second.day and second.day.loose else timedelta(0)
        if end <= start:
            end = start + DAY
        return start, end, grain
    if first.clock is None:
        start, _, _ = sides(first, now, past)
        end = sides(replace(second, day=second.day or first.day), now, past)[0]
        return start, max(end, start + MINUTE), Grain.MINUTE
    if second.clock is None:
        start = sides(first, now, past)[0]
        end = sides(second, now, past)[1]
        return start, max(end, start + MINUTE), Grain.MINUTE
    start = _start_of_range(first, second, now, past)
    return start, _end_of_range(start, second, now), Grain.MINUTE


def _start_of_range(first: Piece, until: Piece, now: datetime, past: bool) -> datetime:
    """The start of 9点到11点: the reading whose end is still ahead, the likely half of the day first."""
    if first.clock is None:
        raise AssertionError("a range of clocks")
    if first.part and not first.day and not past:
        # 上午9点到11点 said at half past nine is under way, not tomorrow.
        today = at_minutes(now.date(), _by_part(first.clock, first.part), now)
        if today <= now < _end_of_range(today, until, now):
            return today
    if first.part or first.clock.exact or (first.day and first.day.first != now.date()) or past:
        return sides(first, now, past)[0]
    day = first.day.first if first.day else now.date()
    hour = _sensible(first.clock.hour)
    last = until.clock or first.clock
    length = (last.hour * 60 + last.minute - first.clock.hour * 60 - first.clock.minute) % 720 or 720
    start = at_minutes(day, hour * 60 + first.clock.minute, now)
    if start + timedelta(minutes=length) > now or first.day:
        return start
    later = start + timedelta(hours=12)
    return later if hour < 12 and later.date() == day and later > now else start + DAY


def _end_of_range(start: datetime, second: Piece, now: datetime) -> datetime:
    if second.clock is None:
        raise AssertionError("a range of clocks")
    day = second.day.first if second.day else start.date()
    if second.part:
        end = at_minutes(day, _by_part(second.clock, second.part), now)
    else:
        end = at_minutes(day, second.clock.hour * 60 + second.clock.minute, now)
        # 下午2点到5点: the day part carries over, so an end before the start is twelve hours later.
        if not second.clock.exact and end <= start and (end + timedelta(hours=12)) > start:
            end += timedelta(hours=12)
    return end if end > start else end + DAY
