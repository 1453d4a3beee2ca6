"""Times counted from now (半小时后, 十分钟内, 未来一周, 现在) and lengths (约2小时). Shapes: lexicon/time_shapes.table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from nlp.days import Match, count_of, move
from nlp.feasts import DAY, workday
from nlp.intent import Grain, Span
from nlp.moments import MINUTE, at_minutes
from nlp.numbers import amount, read
from nlp.time_words import NOW, UNITS, rules, shape

Found = tuple[Span, int]


def length_of(found: Match) -> float | None:
    """The minutes of 一个半小时, 两小时十分, 两三分钟; None where they are none."""
    few = count_of(found["n"])
    number = float(few[0]) if few else amount(found["n"])
    if number is None:
        return None
    if found["half"] == "个半" or found["more"]:
        number += 0.5
    return number * UNITS[found["unit"]] + (read((found["rest"] or "").strip("零又分钟")) or 0)


def _in_short(found: Match, now: datetime) -> Span | None:
    """半小时后, 十分钟内, 再过两小时."""
    minutes = length_of(found)
    # 十分 is "very".
    if minutes is None or minutes > 60_000 or (found["unit"] == "分" and not found["n"][0].isdigit()):
        return None
    step = timedelta(minutes=round(minutes))
    if found["side"] == "内":
        return Span(now, now + step, Grain.MINUTE, found[0])
    moment = now - step if found["side"] == "前" else now + step
    return Span(moment, moment + MINUTE, Grain.MINUTE, found[0])


def _moved(found: Match, now: datetime, direction: int = 1) -> datetime | None:
    """Now moved by so many hours, days, months; halves are 12 hours, 15 days and 6 months."""
    unit, words = found["unit"], found["n"]
    if unit in ("小时", "分钟", "钟头"):
        number = amount(words)
        return None if number is None else now + direction * timedelta(minutes=round(number * UNITS[unit]))
    if words == "半":
        half = {"天": timedelta(hours=12), "月": timedelta(days=15)}.get(unit)
        if half is not None or unit != "年":
            return now + direction * half if half else None
        count, unit = 6, "季月"
    else:
        limits = count_of(words)
        if limits is None or not 0 < limits[1] <= 1000:
            return None
        count = limits[1]
    if unit == "月" and not found["half"]:
        return None  # 三月内 is March
    if unit == "工作日":
        return at_minutes(workday(now.date(), direction * min(count, 60)) + DAY, 0, now)
    day = move(now.date(), direction * count, "天" if unit == "昼夜" else unit)
    return None if day is None else at_minutes(day, now.hour * 60 + now.minute, now)


def _grain(found: Match) -> Grain:
    return Grain.MINUTE if found["unit"] in ("小时", "分钟", "钟头") else Grain.DAY


def _within(found: Match, now: datetime) -> Span | None:
    """三天内, 未来一周."""
    end = _moved(found, now)
    return None if end is None else Span(now, end, _grain(found), found[0])


def _limit(found: Match, now: datetime) -> Span | None:
    """只能撑一小时, 药只够两天."""
    if "rest" not in found.re.groupindex:
        end = _moved(found, now)
        return None if end is None else Span(None, end, Grain.DAY, found[0])
    passed = _in_short(found, now)
    return None if passed is None else Span(None, passed.start, Grain.MINUTE, found[0])


def _lately(found: Match, now: datetime) -> Span | None:
    """近三天."""
    start = _moved(found, now, -1)
    return None if start is None else Span(start, now, _grain(found), found[0])


def _from_now(found: Match, now: datetime) -> Span | None:
    return Span(now, None, Grain.MINUTE, found[0])


_Reader = Callable[[Match, datetime], Span | None]
_READERS: dict[str, _Reader] = {
    "in_short": _in_short,
    "within": _within,
    "limit": _limit,
    "lately": _lately,
    "from_now": _from_now,
}


def _by_first() -> dict[str, tuple[tuple[re.Pattern[str], _Reader], ...]]:
    table: dict[str, list[tuple[re.Pattern[str], _Reader]]] = {}
    for block in rules("away"):
        for first in block.rest:
            table.setdefault(first, []).append((re.compile("|".join(block.shapes)), _READERS[block.name]))
    return {first: tuple(found) for first, found in table.items()}


RULES = _by_first()
_NOW = shape("now")
NOW_FIRSTS = frozenset(word[0] for word in NOW)


def away_at(text: str, at: int, now: datetime) -> Found | None:
    """A time counted from now that begins exactly here, and where it ends."""
    for pattern, reader in RULES.get(text[at], ()):
        found = pattern.match(text, at)
        span = reader(found, now.replace(second=0, microsecond=0)) if found else None
        if found and span:
            return span, found.end()
    return None


def now_at(text: str, at: int, now: datetime) -> Found | None:
    """现在, 马上: this minute. Said in passing it is no appointment; who reads a whole text decides."""
    found = _NOW.match(text, at) if text[at] in NOW_FIRSTS else None
    if found is None:
        return None
    start = now.replace(second=0, microsecond=0)
    return Span(start, start + MINUTE, Grain.MINUTE, found[0]), found.end()


_DURATION, _UNIT, _AN_HOUR_OR_SO = shape("duration"), shape("unit_of_length"), shape("an_hour_or_so")


def minutes_in(folded: str) -> int | None:
    """How long: 约2小时, 一个半小时, 一刻钟 as minutes; None where no length of time is said."""
    if not _UNIT.search(folded):
        return None
    found = _DURATION.search(folded)
    minutes = length_of(found) if found else 60 if _AN_HOUR_OR_SO.search(folded) else None
    return None if minutes is None else round(minutes)
