"""Times counted from now: 半小时后, 十分钟内, 三天内, 未来一周, 近三天, 现在."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from nlp.days import Match, count_of, move
from nlp.feasts import DAY, workday
from nlp.intent import Grain, Span
from nlp.moments import MINUTE, at_minutes
from nlp.numbers import amount, read
from nlp.time_words import HAN, NOW, UNITS, any_of

_AMOUNT = r"(?P<n>半|[0-9]{1,4}(?:\.[0-9]{1,2})?|[" + HAN + r"百俩仨]{1,4})"
_SHORT = (
    r"(?P<half>个半|多个|来个|个)?(?P<unit>小时|钟头|刻钟|分钟|钟|分|min|h)(?P<more>半)?(?P<over>多)?"
    r"(?:(?:零|又|过)?(?P<rest>[0-9]{1,2}|[" + HAN + r"]{1,3})分钟?)?"
)
_LONG = r"(?P<mid>个)?(?P<unit>天|日|星期|礼拜|周|月|年|季度|工作日|昼夜)"
_IN = re.compile(r"(?:再过|再等|过|等)?" + _AMOUNT + _SHORT + r"(?:之|以|过)?(?P<side>内|后|前)(?!悔|疚|怕)")
_PASSED = re.compile(r"(?:再过|再等|还有|过)" + _AMOUNT + _SHORT)
_WAITED = re.compile(r"等" + _AMOUNT + _SHORT + r"(?=再|来|过来)")
_WITHIN = re.compile(_AMOUNT + _LONG + r"(?:之|以)?内(?!科|部|容)")
_NEXT = re.compile(
    r"(?:未来|接下来|今后|往后|接下去|后续|随后)的?(?:这)?"
    + _AMOUNT
    + r"(?:"
    + _LONG
    + r"|(?P<half>个)?(?P<short>小时|分钟|钟头))(?:之?内|里|间)?"
)
_LAST = re.compile(
    r"(?:最近|近|过去|前)的?(?:这)?"
    + _AMOUNT
    + r"(?:"
    + _LONG
    + r"|(?P<half>个)?(?P<short>小时|分钟|钟头))(?:之?内|里|间)?(?!前)"
)
_NOW = re.compile(r"(?<![到从至自])(?:" + any_of(NOW) + r")(?!代|在|成|金|货|场|状|实)")
_FROM_NOW = re.compile(r"(?:从?(?:现在|此刻)|即日|自即日)(?:起|开始|以后|往后)")

Found = tuple[Span, int]


def _minutes(found: Match) -> int | None:
    """The length that an amount and a short unit make."""
    few = count_of(found["n"])
    number = float(few[0]) if few else amount(found["n"])
    if number is None:
        return None
    if found["half"] == "个半" or found["more"]:
        number += 0.5
    minutes = number * UNITS[found["unit"]]
    if found["rest"]:
        minutes += read(found["rest"]) or 0
    return round(minutes) if minutes <= 60_000 else None


def _in(found: Match, now: datetime) -> Span | None:
    if found["unit"] == "分" and not found["n"][0].isdigit():
        return None  # 十分 is "very"
    minutes = _minutes(found)
    if minutes is None:
        return None
    step = timedelta(minutes=minutes)
    match found["side"]:
        case "内":
            return Span(now, now + step, Grain.MINUTE, found[0])
        case "后":
            return Span(now + step, now + step + MINUTE, Grain.MINUTE, found[0])
        case _:
            return Span(now - step, now - step + MINUTE, Grain.MINUTE, found[0])


def _passed(found: Match, now: datetime) -> Span | None:
    minutes = _minutes(found)
    if minutes is None or (found["unit"] == "分" and not found["n"][0].isdigit()):
        return None
    moment = now + timedelta(minutes=minutes)
    return Span(moment, moment + MINUTE, Grain.MINUTE, found[0])


def _ahead(found: Match, now: datetime, direction: int = 1) -> datetime | None:
    """Now moved by so many days, weeks, months; halves are 12 hours, 15 days and 6 months."""
    unit, words = found["unit"], found["n"]
    if words == "半":
        half = {"天": timedelta(hours=12), "月": timedelta(days=15), "年": None}.get(unit, timedelta(0))
        if half == timedelta(0):
            return None
        if half is not None:
            return now + direction * half
        count, unit = 6, "季月"
    else:
        limits = count_of(words)
        if limits is None or not 0 < limits[1] <= 1000:
            return None
        count = limits[1]
    if unit == "月" and not found["mid"]:
        return None  # 三月内 is March
    if unit == "工作日":
        return at_minutes(workday(now.date(), direction * min(count, 60)) + DAY, 0, now)
    if unit == "昼夜":
        unit = "天"
    day = move(now.date(), direction * count, unit)
    return None if day is None else at_minutes(day, now.hour * 60 + now.minute, now)


def _within(found: Match, now: datetime) -> Span | None:
    end = _ahead(found, now)
    return None if end is None else Span(now, end, Grain.DAY, found[0])


def _counted(found: Match, now: datetime, direction: int) -> datetime | None:
    if not found["short"]:
        return _ahead(found, now, direction)
    number = amount(found["n"])
    return None if number is None else now + direction * timedelta(minutes=round(number * UNITS[found["short"]]))


def _next(found: Match, now: datetime) -> Span | None:
    end = _counted(found, now, 1)
    return None if end is None else Span(now, end, Grain.MINUTE if found["short"] else Grain.DAY, found[0])


def _last(found: Match, now: datetime) -> Span | None:
    start = _counted(found, now, -1)
    return None if start is None else Span(start, now, Grain.MINUTE if found["short"] else Grain.DAY, found[0])


def _from_now(found: Match, now: datetime) -> Span | None:
    return Span(now, None, Grain.MINUTE, found[0])


_DIGITS = "0123456789" + HAN + "俩仨半"
_Reader = Callable[[Match, datetime], Span | None]
_RULES: tuple[tuple[str, re.Pattern[str], _Reader], ...] = (
    (_DIGITS + "再过等", _IN, _in),
    ("再过还", _PASSED, _passed),
    ("等", _WAITED, _passed),
    (_DIGITS, _WITHIN, _within),
    ("未接今往后随", _NEXT, _next),
    ("最近过前", _LAST, _last),
    ("从现此即自", _FROM_NOW, _from_now),
)


def _by_first() -> dict[str, tuple[tuple[re.Pattern[str], _Reader], ...]]:
    table: dict[str, list[tuple[re.Pattern[str], _Reader]]] = {}
    for firsts, pattern, reader in _RULES:
        for first in firsts:
            table.setdefault(first, []).append((pattern, reader))
    return {first: tuple(rules) for first, rules in table.items()}


RULES = _by_first()
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
