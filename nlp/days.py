"""A day by its name: 明天, 下周三, 6月12日, 腊月二十八, 三天后."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from nlp import feasts
from nlp.intent import Grain
from nlp.numbers import read
from nlp.time_words import DAYS, NUMBER, NUMERALS, WEEK, WEEKDAY_INDEX, WEEKS

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    first: date
    days: int = 1
    grain: Grain = Grain.DAY
    dated: bool = False  # written with its year: nothing about it is guessed
    loose: bool = False  # named by weekday or part only: may slide by a week when past


Match = re.Match[str]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _one(day: date | None) -> Day | None:
    return None if day is None else Day(day)


def _relative(found: Match, today: date, past: bool) -> Day | None:
    return Day(today + timedelta(days=DAYS[found[0]]))


def _week(found: Match, today: date, past: bool) -> Day | None:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=WEEKS[found["which"]])
    name = found["day"]
    if name is None:
        return Day(monday, 7)
    if name == "末":
        return Day(monday + timedelta(days=5), 2)
    return Day(monday + timedelta(days=WEEKDAY_INDEX[name]))


def _weekday(found: Match, today: date, past: bool) -> Day | None:
    """周六: today or the next such day; with `past` the last one before today."""
    name = found["day"]
    if name == "末":
        saturday = today - timedelta(days=today.weekday()) + timedelta(days=5)
        return Day(saturday - timedelta(weeks=1) if past else saturday, 2)
    ahead = (WEEKDAY_INDEX[name] - today.weekday()) % 7
    return Day(today + timedelta(days=(ahead or 7) - 7 if past else ahead), loose=True)


def _full_date(found: Match, today: date, past: bool) -> Day | None:
    year = int(found["year"])
    month, day = read(found["month"]), read(found["dom"])
    found_day = None if month is None or day is None else _date(year + (2000 if year < 100 else 0), month, day)
    return None if found_day is None else Day(found_day, dated=True)


def _month_day(found: Match, today: date, past: bool) -> Day | None:
    """6月12日: ahead of us, or behind where the words tell of the past."""
    month, day = read(found["month"]), read(found["dom"])
    if month is None or day is None:
        return None
    shift = found.groupdict().get("year")
    if shift:
        return _one(_date(today.year + {"今年": 0, "明年": 1, "去年": -1, "后年": 2}[shift], month, day))
    return _one(feasts.nearest(lambda year: _date(year, month, day), today, past=past))


def _next_month(first: date, step: int = 1) -> date:
    index = first.year * 12 + first.month - 1 + step
    return date(index // 12, index % 12 + 1, 1)


def _in_month(first: date, words: str) -> Day | None:
    after = _next_month(first)
    match words:
        case "底" | "末":
            return Day(after - DAY)
        case "初":
            return Day(first)
        case "中" | "中旬":
            return Day(first + timedelta(days=10), 10)
        case "上旬":
            return Day(first, 10)
        case "下旬":
            return Day(first + timedelta(days=20), (after - first).days - 20)
        case "" | "份":
            return Day(first, (after - first).days, Grain.MONTH)
        case _:
            number = read(words.rstrip("号日"))
            return None if number is None else _one(_date(first.year, first.month, number))


def _month(found: Match, today: date, past: bool) -> Day | None:
    """下个月3号, 本月底, 7月初, 8月份."""
    words = found["rest"] or ""
    if found["month"]:
        month = read(found["month"])
        if month is None or not 1 <= month <= 12:
            return None
        first = feasts.nearest(lambda year: date(year, month, 1), today.replace(day=1), past=past)
        return None if first is None else _in_month(first, words)
    return _in_month(_next_month(today.replace(day=1), WEEKS[found["which"]]), words)


def _bare_month_word(found: Match, today: date, past: bool) -> Day | None:
    """月底, 月初: this month's, or next month's when that day is over."""
    here = _in_month(today.replace(day=1), found["rest"])
    if here and not past and here.first + here.days * DAY <= today:
        return _in_month(_next_month(today.replace(day=1)), found["rest"])
    return here


def _day_of_month(found: Match, today: date, past: bool) -> Day | None:
    """15号: the next month that has such a day."""
    number = read(found["dom"])
    if number is None or not 1 <= number <= 31:
        return None
    months = [_next_month(today.replace(day=1), step) for step in (range(0, -4, -1) if past else range(4))]
    for first in months:
        day = _date(first.year, first.month, number)
        if day and (day <= today if past else day >= today):
            return Day(day)
    return None


def _feast(found: Match, today: date, past: bool) -> Day | None:
    return _one(feasts.next_feast(found[0], today, past=past))


def _lunar(found: Match, today: date, past: bool) -> Day | None:
    names = {"正": 1, "冬": 11, "腊": 12}
    month = names.get(found["lunar"]) or read(found["lunar"])
    day = read(found["dom"].removeprefix("初"))
    if month is None or day is None:
        return None
    return _one(feasts.nearest(lambda year: feasts.lunar_day(year, month, day), today, past=past))


def _new_year(found: Match, today: date, past: bool) -> Day | None:
    day = read(found["dom"])
    return None if day is None else _one(feasts.nearest(lambda year: feasts.lunar_day(year, 1, day), today, past=past))


def _days_away(found: Match, today: date, past: bool) -> Day | None:
    """三天后, 两周前, 一个月后."""
    number = read(found["n"])
    if number is None or number > 400:
        return None
    ahead = -1 if found["side"].endswith("前") else 1
    if "月" in found["unit"]:
        first = _next_month(today.replace(day=1), ahead * number)
        last = (_next_month(first) - DAY).day
        return Day(first.replace(day=min(today.day, last)))
    return Day(today + timedelta(days=ahead * number * (7 if "天" not in found["unit"] else 1)))


_Reader = Callable[[Match, date, bool], Day | None]
_NOT_A_DAY = r"(?![0-9楼栋幢院门线单店桌井室车厅口房机库坑床柜地铺台球位馆棚馆桩站])"
# The characters a rule can begin with, its pattern, its reader. Earlier rules win.
_DAY_RULES: tuple[tuple[str, str, _Reader], ...] = (
    ("2", r"(?P<year>20[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<dom>[0-9]{1,2})(?![0-9])", _full_date),
    (
        "0123456789",
        r"(?P<year>20[0-9]{2}|[0-9]{2})年(?P<month>" + NUMBER + r")月(?P<dom>" + NUMBER + r")(?:日|号)?",
        _full_date,
    ),
    ("农阴旧正冬腊", r"(?:农历|阴历|旧历)?(?P<lunar>正|冬|腊)月(?P<dom>初?" + NUMBER + r")(?:日|号)?", _lunar),
    ("农阴旧", r"(?:农历|阴历|旧历)(?P<lunar>" + NUMBER + r")月(?P<dom>初?" + NUMBER + r")(?:日|号)?", _lunar),
    ("一二三四五六七八九十", r"(?P<lunar>[一二三四五六七八九十]{1,2})月(?P<dom>初" + NUMBER + r")", _lunar),
    ("大年", r"(?:大年|年)初(?P<dom>[一二三四五六七八九十]{1,2})", _new_year),
    ("".join({name[0] for name in feasts.NAMES}), "|".join(feasts.NAMES), _feast),
    (
        "今明去后",
        r"(?P<year>今年|明年|去年|后年)(?P<month>" + NUMBER + r")月(?P<dom>" + NUMBER + r")(?:日|号)?",
        _month_day,
    ),
    (NUMERALS, r"(?P<month>" + NUMBER + r")月(?P<dom>" + NUMBER + r")(?:日|号|(?![0-9个天份]))", _month_day),
    (
        "0123456789",
        r"(?P<month>[0-9]{1,2})[/.](?P<dom>[0-9]{1,2})(?=\s?(?:[早上中下晚凌傍]|[0-9]{1,2}[点:]))",
        _month_day,
    ),
    (NUMERALS, r"(?P<month>" + NUMBER + r")月(?P<rest>底|初|中旬|上旬|下旬|份)(?P<which>)", _month),
    (
        "这本下上",
        r"(?P<which>这|本|下下|下|上上|上)个?月(?P<rest>底|初|中旬|上旬|下旬|中|末|" + NUMBER + r"[号日])?(?P<month>)",
        _month,
    ),
    ("月", r"月(?P<rest>底|末|初|中旬|上旬|下旬)", _bare_month_word),
    (
        "这本下上",
        r"(?P<which>这一|下一|这|本|下下|下|上上|上)个?" + WEEK + r"(?P<day>[一二三四五六日天末]|[1-7](?![0-9点:]))?",
        _week,
    ),
    ("周星礼", WEEK + r"(?P<day>[一二三四五六日天末]|[1-7](?![0-9年点:]))", _weekday),
    (
        NUMERALS + "过",
        r"(?:过)?(?P<n>" + NUMBER + r")(?P<unit>天|个?星期|个?礼拜|周|个月)(?P<side>(?:之|以)?(?:后|前)(?!天))",
        _days_away,
    ),
    (
        "大今明昨后前",
        r"大前天|大后天|大后日|[今明昨后前][天日]|[今明昨]儿|今个|[今明昨](?=[早晚晨夜])|前(?=晚)",
        _relative,
    ),
    (NUMERALS, r"(?P<dom>" + NUMBER + r")号" + _NOT_A_DAY, _day_of_month),
    (NUMERALS, r"(?P<dom>" + NUMBER + r")日(?!元)", _day_of_month),
)


def _by_first() -> dict[str, tuple[tuple[re.Pattern[str], _Reader], ...]]:
    table: dict[str, list[tuple[re.Pattern[str], _Reader]]] = {}
    for firsts, pattern, reader in _DAY_RULES:
        compiled = re.compile(pattern)
        for first in firsts:
            table.setdefault(first, []).append((compiled, reader))
    return {first: tuple(rules) for first, rules in table.items()}


DAYS_BY_FIRST = _by_first()


def day_at(text: str, at: int, today: date, past: bool) -> tuple[Day, int] | None:
    for pattern, reader in DAYS_BY_FIRST.get(text[at : at + 1], ()):
        found = pattern.match(text, at)
        if found:
            day = reader(found, today, past)
            if day is None:
                return None
            return day, found.end()
    return None
