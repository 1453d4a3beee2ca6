"""A written expression set against now: which three o'clock, which Wednesday, before or behind us."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from nlp.clocks import Clock, Piece
from nlp.feasts import DAY
from nlp.intent import Grain
from nlp.time_words import PARTS

MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)
# Nobody is called out before six or after ten in the evening.
_FIRST_AWAKE, _LAST_AWAKE = 6, 22
# Hours that are as sensible in the morning as in the evening.
_EITHER_HALF = (6, 7, 8)
_NOON, _MIDNIGHT = 12 * 60, 24 * 60


class Sides(NamedTuple):
    """Start, end and grain; `others` are further starts that the words may mean."""

    start: datetime
    end: datetime
    grain: Grain
    others: tuple[datetime, ...] = ()


# A start, and others that the same words may mean.
_Start = tuple[datetime, tuple[datetime, ...]]


def at_minutes(day: date, minutes: int, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo) + timedelta(minutes=minutes)


def _by_part(clock: Clock, part: str) -> int:
    """Minutes from midnight of a clock whose day part was said; past 1440 it is the next day."""
    hour, minute = clock.hour, clock.minute
    low, high = PARTS[part]
    if hour > 12:
        return hour * 60 + minute
    if low >= 20 * 60:
        # The night: 11点 before midnight, 2点 after it.
        late = hour + 12 if 6 <= hour < 12 else (24 if hour == 12 else hour + 24)
        return late * 60 + minute
    if low >= 17 * 60:
        evening = hour + 12 if 4 <= hour < 12 else (24 if hour in (0, 12) else hour + 24)
        return evening * 60 + minute
    if low >= 12 * 60:
        return (hour + 12 if hour < 12 else hour) * 60 + minute
    if low >= 11 * 60:
        return (hour + 12 if hour < 10 else hour) * 60 + minute
    if low < 5 * 60 and high <= 7 * 60 and hour == 12:
        return minute
    if high >= 17 * 60 and hour < 6:
        return (hour + 12) * 60 + minute  # 白天三点
    return hour * 60 + minute


def _sensible(hour: int) -> int:
    """What a bare hour most likely means on another day: 3点 is the afternoon, 9点 the morning."""
    return hour + 12 if 1 <= hour <= 6 else hour


def _awake(moment: datetime) -> bool:
    return _FIRST_AWAKE <= moment.hour <= _LAST_AWAKE


def _choose(moments: list[datetime], now: datetime, past: bool) -> datetime:
    """The nearest moment ahead of now (or behind, where the words tell of the past)."""
    ordered = sorted(moments)
    if past:
        return next((moment for moment in reversed(ordered) if moment <= now), ordered[0])
    return next((moment for moment in ordered if moment >= now), ordered[-1])


def _point(piece: Piece, clock: Clock, now: datetime, past: bool) -> _Start:
    """The moment of a clock, and others it may mean."""
    if piece.part:
        return _point_in_part(piece, clock, piece.part, now, past)
    if piece.day:
        return _point_on_day(piece.day.first, clock, now, past, dated=piece.day.dated)
    return _bare_point(clock, now, past)


def _point_in_part(piece: Piece, clock: Clock, part: str, now: datetime, past: bool) -> _Start:
    minutes = _by_part(clock, part)
    if piece.day is None:
        # Before six in the morning 晚上1点 is still this night.
        moments = [at_minutes(now.date() + timedelta(days=shift), minutes, now) for shift in (-1, 0, 1)]
        return _choose(moments, now, past), ()
    moment = at_minutes(piece.day.first, minutes, now)
    # 明晚12点, 明天夜里两点: the night that begins on that day, or the one that ends on it.
    doubtful = minutes >= _MIDNIGHT and piece.day.first > now.date()
    return moment, (moment - DAY,) if doubtful else ()


def _point_on_day(day: date, clock: Clock, now: datetime, past: bool, *, dated: bool) -> _Start:
    plain = clock.hour * 60 + clock.minute
    if clock.exact or (dated and (clock.digital or day != now.date())):
        return at_minutes(day, plain, now), ()
    if day != now.date():
        moment = at_minutes(day, _sensible(clock.hour) * 60 + clock.minute, now)
        doubtful = clock.hour in _EITHER_HALF and not clock.digital and not past and day > now.date()
        half = timedelta(hours=-12 if moment.hour >= 12 else 12)
        return moment, (moment + half,) if doubtful else ()
    today = [at_minutes(day, plain + half, now) for half in (0, 720) if plain + half <= _MIDNIGHT]
    awake = [moment for moment in today if _awake(moment)]
    chosen = _choose(awake or today, now, past)
    return chosen, _also_ahead(clock, chosen, awake, now, past)


def _bare_point(clock: Clock, now: datetime, past: bool) -> _Start:
    plain = clock.hour * 60 + clock.minute
    halves = (0,) if clock.exact else (0, 720)
    moments = [
        at_minutes(now.date() + timedelta(days=shift), plain + half, now)
        for shift in (-1, 0, 1)
        for half in halves
        if plain + half < _MIDNIGHT or (plain + half == _MIDNIGHT and clock.hour in (12, 24))
    ]
    if clock.exact:
        return _choose(moments, now, past), ()
    # Who writes in the evening is still up at eleven.
    awake = [
        moment
        for moment in moments
        if _awake(moment) or (moment.hour == 23 and moment.date() == now.date() and now.hour >= 20)
    ]
    chosen = _choose(awake or moments, now, past)
    if past:
        return chosen, ()
    soonest = _choose(moments, now, past)
    if soonest < chosen and (soonest - now <= timedelta(hours=3) or clock.hour == 12):
        # 三点 said at two in the night, 十二点 said in the evening.
        return chosen, (soonest,)
    return chosen, _also_ahead(clock, chosen, awake, now, past)


def _also_ahead(
    clock: Clock, chosen: datetime, awake: list[datetime], now: datetime, past: bool
) -> tuple[datetime, ...]:
    """七点 said at six in the morning: the other seven o'clock of the same day is ahead as well."""
    if past or clock.hour not in _EITHER_HALF:
        return ()
    return tuple(moment for moment in awake if moment > chosen >= now and moment.date() == chosen.date() == now.date())


def sides(piece: Piece, now: datetime, past: bool) -> Sides:
    """Start, end and grain of one expression."""
    if piece.clock:
        found = _clock_sides(piece, piece.clock, now, past)
    elif piece.part:
        found = _part_sides(piece, piece.part, now, past)
    else:
        if piece.day is None:
            raise AssertionError("an expression has a day, a part or a clock")
        start = at_minutes(piece.day.first, 0, now)
        found = Sides(start, at_minutes(piece.day.end, 0, now), piece.day.grain)
    if piece.day and piece.day.also and found.start.date() == piece.day.first:
        return found._replace(others=(*found.others, found.start + (piece.day.also - piece.day.first)))
    return found


def _clock_sides(piece: Piece, clock: Clock, now: datetime, past: bool) -> Sides:
    start, others = _point(piece, clock, now, past)
    if piece.day and piece.day.loose and not past and start < now and start.date() == now.date():
        start, others = start + _WEEK, ()
    length = (clock.until - clock.hour) * _HOUR if clock.until else _HOUR if clock.grain is Grain.HOUR else MINUTE
    return Sides(start, start + length, clock.grain, others)


def _part_sides(piece: Piece, part: str, now: datetime, past: bool) -> Sides:
    low, high = PARTS[part]
    first = piece.day.first if piece.day else now.date()
    if piece.day is None and not past and at_minutes(first, high, now) <= now:
        first += DAY
    if piece.day is None and not past and high > _MIDNIGHT and at_minutes(first - DAY, high, now) > now:
        first -= DAY  # 半夜 said at one in the night
    start, end = at_minutes(first, low, now), at_minutes(first, high, now)
    if piece.day and piece.day.loose and not past and end <= now:
        start, end = start + _WEEK, end + _WEEK
    if piece.day and piece.day.days > 1:
        end += (piece.day.days - 1) * DAY
    return Sides(start, end, Grain.PART)


def range_of(first: Piece, second: Piece, now: datetime, past: bool) -> Sides:
    """From the first expression to the second."""
    if first.clock is None and second.clock is None:
        return _range_of_days(first, second, now, past)
    if first.clock is None or second.clock is None:
        start = sides(first, now, past).start
        day = second.day or (first.day if second.clock or first.day is None else first.day._replace(days=1))
        until = sides(second._replace(day=day), now, past)
        end = until.start if second.clock else until.end
        return Sides(start, end if end > start else end + DAY if end + DAY > start else start + MINUTE, Grain.MINUTE)
    start, others = _start_of_range(first, first.clock, second, second.clock, now, past)
    return Sides(start, _end_of_range(start, second, second.clock, now), Grain.MINUTE, others)


def _range_of_days(first: Piece, second: Piece, now: datetime, past: bool) -> Sides:
    begun = sides(first, now, past)
    until = second._replace(day=second.day or first.day) if second.part else second
    end = sides(until, now, past).end
    if end <= begun.start and second.day and second.day.loose:
        end += _WEEK
    if end <= begun.start and second.part and second.day is None:
        end += DAY
    if end <= begun.start:
        end = begun.start + DAY
    return Sides(begun.start, end, begun.grain, ())


def _start_of_range(first: Piece, clock: Clock, until: Piece, last: Clock, now: datetime, past: bool) -> _Start:
    """The start of 9点到11点: the reading whose end is still ahead, the likely half of the day first."""
    if first.part and not first.day and not past:
        # 上午9点到11点 said at half past nine is under way, not tomorrow.
        today = at_minutes(now.date(), _by_part(clock, first.part), now)
        if today <= now < _end_of_range(today, until, last, now):
            return today, ()
    if until.part and not first.part and not clock.exact:
        start = _before_end(first, clock, until, last, now, past)
        if start is not None:
            return start, ()
    other_day = first.day and first.day.first != now.date()
    if first.part or clock.exact or other_day or past:
        found = _point(first, clock, now, past)
        if until.part or last.exact:
            found = found[0], ()
        if first.day and first.day.loose and not past and first.day.first == now.date():
            ended = _end_of_range(found[0], until, last, now) <= now
            return (found[0] + _WEEK, ()) if ended else found
        return found
    return _bare_start(first, clock, last, now)


def _before_end(first: Piece, clock: Clock, until: Piece, last: Clock, now: datetime, past: bool) -> datetime | None:
    """8点到下午5点: the last eight o'clock before the end, on the day of the end."""
    if until.part is None or until.day:
        return None
    day = first.day.first if first.day else now.date()
    minutes = _by_part(last, until.part)
    plain = clock.hour * 60 + clock.minute
    if PARTS[until.part][0] >= 17 * 60 and plain < 6 * 60:
        plain += _NOON  # 3点到晚上8点
    if plain >= minutes:
        return None
    if plain + _NOON < minutes and clock.hour <= 6:
        plain += _NOON
    if first.day is None and not past and at_minutes(day, minutes, now) <= now:
        day += DAY
    return at_minutes(day, plain, now)


def _bare_start(first: Piece, clock: Clock, last: Clock, now: datetime) -> _Start:
    day = first.day.first if first.day else now.date()
    hour = _sensible(clock.hour)
    length = (last.hour * 60 + last.minute - clock.hour * 60 - clock.minute) % _NOON or _NOON
    if last.exact and last.hour >= clock.hour:
        hour, length = clock.hour, (last.hour - clock.hour) * 60 + last.minute - clock.minute
    start = at_minutes(day, hour * 60 + clock.minute, now)
    later = start + timedelta(hours=12)
    if start + timedelta(minutes=length) > now or first.day:
        both = hour in _EITHER_HALF and start > now and not first.day and not last.exact and start.date() == now.date()
        return start, (later,) if both else ()
    return (later, ()) if hour < 12 and later.date() == day and later > now else (start + DAY, ())


def _end_of_range(start: datetime, second: Piece, clock: Clock, now: datetime) -> datetime:
    day = second.day.first if second.day else start.date()
    if second.part:
        end = at_minutes(day, _by_part(clock, second.part), now)
    else:
        end = at_minutes(day, clock.hour * 60 + clock.minute, now)
        # 下午2点到5点: the day part carries over, so an end before the start is twelve hours later.
        # On a later day a small hour is the afternoon: 明天9点到后天5点.
        afternoon = second.day is not None and 1 <= clock.hour <= 6 and start.date() != day and start.hour < 12
        if not clock.exact and (end <= start < end + timedelta(hours=12) or afternoon):
            end += timedelta(hours=12)
    return end if end > start else end + DAY
