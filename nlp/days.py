"""A day or a stretch of days by its name: 明天, 下周三, 6月12日, 腊月二十八, 三天后, 下个月第二个周六, 国庆期间.

Every shape is a line of lexicon/time_shapes.table, under the name of the function here that reads it. A reader that
gives None has recognised an impossible date (2月30日); its words are then read as nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from nlp import feasts
from nlp.feasts import DAY
from nlp.intent import Grain
from nlp.numbers import estimate, read
from nlp.time_words import (
    DAYS,
    FEW,
    HOLIDAYS,
    SHORT_DAYS,
    WEEKDAY_INDEX,
    WEEKS,
    shape,
)


class Day(NamedTuple):
    first: date
    days: int = 1
    grain: Grain = Grain.DAY
    dated: bool = False  # written with its year: nothing about it is guessed
    loose: bool = False  # named by weekday only: may slide by a week when past
    whole: bool = False  # 月底前 and 年底前 run to its end
    weak: bool = False  # 今年 is hardly ever an appointment
    also: date | None = None  # another first day that the words may mean
    off: date | None = None  # for a feast: the day after its days off

    @property
    def end(self) -> date:
        return self.first + timedelta(days=self.days)


class View(NamedTuple):
    """Where the reader stands."""

    today: date
    past: bool = False  # the words tell of what is over
    minute: int = 0  # of the day, now
    near: date | None = None  # the second side of a range is looked for from the first side on
    year: int | None = None  # the year that was said before: 明年…
    more: tuple[str, ...] = ()  # what the table of shapes tells the reader

    @property
    def origin(self) -> date:
        return self.near or self.today


Match = re.Match[str]
Reader = Callable[[Match, View], Day | None]
_WEEK = timedelta(weeks=1)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _one(day: date | None) -> Day | None:
    return None if day is None else Day(day)


def _between(first: date | None, end: date | None, grain: Grain = Grain.DAY) -> Day | None:
    return None if first is None or end is None or end <= first else Day(first, (end - first).days, grain)


def _yearly(of: feasts.Yearly, view: View) -> date | None:
    """The day in the year that was said, else the nearest one."""
    if view.year is not None:
        return of(view.year)
    return feasts.nearest(of, view.origin, past=view.past)


def _month_on(first: date, step: int = 1) -> date | None:
    """The first of the month so many months away."""
    index = first.year * 12 + first.month - 1 + step
    return _date(index // 12, index % 12 + 1, 1)


def _months(first: date | None, count: int) -> Day | None:
    return None if first is None else _between(first, _month_on(first, count), Grain.MONTH)


_PLACED = shape("placed")
# Days behind the first, and how many; none are as many as are left.
_IN_MONTH = {
    "初": (0, 1),
    "头上": (0, 1),
    "上旬": (0, 10),
    "上半月": (0, 15),
    "中": (10, 10),
    "中旬": (10, 10),
    "下旬": (20, 0),
    "下半月": (15, 0),
}


def _in_month(first: date | None, words: str) -> Day | None:
    """底, 初, 中旬, 15号, 第二个周六, 最后一个工作日 of the month that begins here."""
    after = _month_on(first) if first else None
    if first is None or after is None:
        return None
    match words.removeprefix("月"):
        case "底" | "末":
            return Day(after - DAY, whole=True)
        case "":
            return _between(first, after, Grain.MONTH)
        case part if part in _IN_MONTH:
            begin, days = _IN_MONTH[part]
            return Day(first + begin * DAY, days) if days else _between(first + begin * DAY, after)
        case _:
            if placed := _PLACED.fullmatch(words):
                return _placed_in(first, after, placed)
            number = read(words.rstrip("号日"))
            return None if number is None else _one(_date(first.year, first.month, number))


def _placed_in(first: date, after: date, placed: Match) -> Day | None:
    which = read(placed["nth"]) or 1 if placed["nth"] else 1
    if placed["work"]:
        return Day(feasts.workday(after, -1) if placed["last"] else feasts.workday(first - DAY, which))
    if placed["dom"]:
        return Day(after - DAY if placed["last"] else first + (which - 1) * DAY)
    weekend = placed["weekday"] == "末"
    weekday = 0 if placed["week"] else 5 if weekend else WEEKDAY_INDEX[placed["weekday"]]
    day = feasts.nth_weekday(first, weekday, 4 if placed["last"] else which)
    if placed["last"] and day + _WEEK < after:
        day += _WEEK
    return Day(day, 7 if placed["week"] else 2 if weekend else 1) if day < after else None


def _month_of_year(found: Match, view: View) -> Day | None:
    """6月, 6月12日, 7月初, 3月第二个周日: ahead of us, or behind where the words tell of the past."""
    month, words = read(found["month"]), found["rest"] or found["bare"] or ""
    if month is None or not 1 <= month <= 12:
        return None
    number = read(words.rstrip("号日")) if words else None
    if number is None:
        start = view._replace(near=view.origin.replace(day=1))
        return _in_month(_yearly(lambda year: _date(year, month, 1), start), words)
    day = _yearly(lambda year: _date(year, month, number), view)
    # 八月十五 in characters and without 号 may well be the feast of the moon.
    moon = found[0] in ("八月十五", "七月十五", "九月初九")
    also = _yearly(lambda year: feasts.lunar_day(year, month, number), view) if moon else None
    return Day(day, also=also) if day else None


def _near_month(found: Match, view: View) -> Day | None:
    """下个月3号, 本月底, 下个月初六, 这个月十五."""
    ahead, words = WEEKS[found["which"]], found["rest"] or found["bare"] or ""
    number = read(words.removeprefix("初"))
    if number is None or words.isdecimal():
        return _in_month(_month_on(view.today.replace(day=1), ahead), words)
    # 初六 is a lunar day, 十五 may be one: the other calendar's day stays in mind.
    lunar = _lunar_near(view.today, ahead, number)
    solar = _in_month(_month_on(view.today.replace(day=1), ahead), f"{number}号")
    told = [day for day in (lunar, solar and solar.first) if day]
    told = told if words.startswith("初") else told[::-1]
    told.sort(key=lambda day: day < view.today and not view.past)
    return Day(told[0], also=next((day for day in told[1:] if day >= view.today), None)) if told else None


def _lunar_near(today: date, ahead: int, number: int) -> date | None:
    """The day of the lunar month so many months from this one; a leap month counts as the month it repeats."""
    year, month, _ = feasts.lunar_of(today)
    index = year * 12 + month - 1 + ahead
    return feasts.lunar_day(index // 12, index % 12 + 1, number)


def _month_word(found: Match, view: View) -> Day | None:
    """月底, 月初: this month's, or next month's when that day is over; 月底前最后一个周五."""
    words = found.groupdict()
    if last := words.get("last"):
        return _in_month(view.today.replace(day=1), last)
    first = view.origin.replace(day=1)
    here = _in_month(first, words["rest"])
    over = here is not None and not view.past and here.end <= view.today
    return _in_month(_month_on(first), words["rest"]) if over else here


def _day_of_month(found: Match, view: View) -> Day | None:
    """15号: the next month that has such a day; 十五六号."""
    low, high, _ = estimate(found["dom"]) or (0, 0, False)
    if not 1 <= low <= high <= 31 or high > low + 1:
        return None
    for step in range(0, -4, -1) if view.past else range(4):
        first = _month_on(view.origin.replace(day=1), step)
        day = _date(first.year, first.month, low) if first else None
        if day and (day <= view.origin if view.past else day >= view.origin):
            return Day(day, 1 + high - low)
    return None


def _running(month: int, count: int, view: View) -> Day | None:
    """A stretch of months of the year that was said, else the one under way or next (with past the last)."""
    if view.year is not None:
        return _months(_date(view.year, month, 1), count)
    years = range(view.today.year - 2, view.today.year + 3)
    spans = [days for year in years if (days := _months(_date(year, month, 1), count))]
    if view.past:
        return next((days for days in reversed(spans) if days.first <= view.today), None)
    return next((days for days in spans if days.end > view.origin), None)


def _months_of_year(found: Match, view: View) -> Day | None:
    """上半年, 秋天, 年底: where they begin and how many months they have stands in the table."""
    month, count, *whole = view.more
    days = _running(int(month), int(count), view)
    return days._replace(whole=bool(whole)) if days else None


def _quarter(found: Match, view: View) -> Day | None:
    """第二季度, 下季度; 季度初 is its first month, 季度末 its last."""
    if which := found.groupdict().get("which"):
        begin = view.today.replace(month=(view.today.month - 1) // 3 * 3 + 1, day=1)
        days = _months(_month_on(begin, 3 * WEEKS[which]), 3)
    else:
        number = read(found["quarter"])
        days = None if number is None else _running(3 * number - 2, 3, view)
    edge = found["edge"]
    if days is None or edge is None:
        return days
    early = edge in ("初", "头")
    month = _months(days.first if early else _month_on(days.first, 2), 1)
    return month._replace(whole=not early) if month else None


def _edge_of_year(found: Match, view: View) -> Day | None:
    year = view.today.year if view.year is None else view.year
    return _one(_date(year, 12, 31) if "最后" in found[0] else _date(year, 1, 1))


def _run_of_year(found: Match, view: View) -> Day | None:
    """今年前三个月, 明年后两个季度."""
    months = (read(found["n"]) or 0) * (3 if found["unit"] == "季度" else 1)
    if not 1 <= months <= 12:
        return None
    return _running(1 if found["which"] == "前" else 13 - months, months, view)


def _same_day(found: Match, view: View) -> Day | None:
    """明年的今天."""
    return None if view.year is None else _one(_date(view.year, view.today.month, view.today.day))


def _feast(found: Match, view: View) -> Day | None:
    """中秋, 国庆期间; without such words behind it 十一 is a number."""
    rule, holiday = feasts.rule_of(found["feast"]), HOLIDAYS.get(found["feast"])
    day = _yearly(rule, view) if rule else None
    if found.groupdict().get("worked"):
        return _one(feasts.worked_for(holiday, found["weekday"], view.today)) if holiday else None
    if holiday and found["off"]:
        return _between(*(_days_off(holiday, view) or (None, None)))
    days = feasts.stretch(holiday, day.year) if holiday and day else None
    return Day(day, off=days[1] if days else None) if day else None


def _days_off(holiday: str, view: View) -> tuple[date, date] | None:
    if view.year is not None:
        return feasts.stretch(holiday, view.year)
    return feasts.next_stretch(holiday, view.origin, past=view.past)


def _any_holiday(found: Match, view: View) -> Day | None:
    """节后, 节前, 长假期间: the holiday that is under way or comes next."""
    days = feasts.next_holiday(view.today)
    return _between(*days) if days else None


def _around_new_year(found: Match, view: View) -> Day | None:
    """年前, 年后, 过年期间."""
    days = _days_off("春节", view)
    if days is None:
        return None
    return _between(*days) if found["off"] else Day(feasts.lunar_day(days[0].year, 1, 1) or days[0], off=days[1])


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _lunar(found: Match, view: View) -> Day | None:
    """腊月二十八, 正月, 大年初二."""
    name = view.more[0] if view.more else found["lunar"]
    month = _LUNAR_MONTHS.get(name) or read(name)
    if month is None or not 1 <= month <= 12:
        return None
    if found["dom"] is None:
        first = _yearly(lambda year: feasts.lunar_day(year, month, 1), view._replace(near=view.origin - 29 * DAY))
        return Day(first, 30, Grain.MONTH) if first else None
    day = read(found["dom"].removeprefix("初"))
    return None if day is None else _one(_yearly(lambda year: feasts.lunar_day(year, month, day), view))


def next_lunar(today: date, number: int | None) -> date | None:
    """The next such day of any lunar month; None for what is no day of one."""
    if number is None or not 1 <= number <= 29:
        return None
    day = today + timedelta(days=number - feasts.lunar_of(today)[2])
    if day >= today:
        return day
    # Lunar months have 29 or 30 days.
    day += timedelta(days=29)
    return day + timedelta(days=number - feasts.lunar_of(day)[2])


def _bare_lunar(found: Match, view: View) -> Day | None:
    """初五: the next one of any lunar month, which around spring feast is that of the feast."""
    day = read(found["dom"])
    if day is None or not 1 <= day <= 10:
        return None
    at = view.origin + timedelta(days=day - feasts.lunar_of(view.origin)[2])
    at = at if view.past else next_lunar(view.origin, day) or at
    # Months before spring feast 初五 may well mean the one of the feast.
    sure = feasts.lunar_of(at)[1] == 1 or view.past
    return Day(at, also=None if sure else _yearly(lambda year: feasts.lunar_day(year, 1, day), view))


def _week(found: Match, view: View) -> Day | None:
    monday = view.today - timedelta(days=view.today.weekday()) + WEEKS[found["which"]] * _WEEK
    name = found["day"]
    if found["work"]:
        return Day(feasts.workday(monday + _WEEK, -1))
    if name and (len(name) > 1 or name == "末"):
        return Day(monday + timedelta(days=5), 2)
    day = monday + timedelta(days=WEEKDAY_INDEX[name] if name else 0)
    # On a Sunday 下周 begins tomorrow, yet some mean the one after.
    doubtful = view.today.weekday() == 6 and found["which"] in ("下", "下一")
    return Day(day, 1 if name else 7, also=day + _WEEK if doubtful else None)


def _weekday(found: Match, view: View) -> Day | None:
    """周六: today or the next such day; with `past` the last one before today."""
    name = found["day"]
    if not name or len(name) > 1 or name == "末":
        saturday = view.origin + timedelta(days=5 - view.origin.weekday())
        return Day(saturday - _WEEK if view.past else saturday, 2)
    ahead = (WEEKDAY_INDEX[name] - view.origin.weekday()) % 7
    day = view.origin + timedelta(days=ahead)
    if view.past:
        return Day(day - _WEEK)
    # Who says 周三 on a Wednesday may well mean the next one.
    return Day(day, loose=True, also=day + _WEEK if ahead == 0 and view.near is None else None)


def _full_date(found: Match, view: View) -> Day | None:
    day = _date(int(found["year"]), int(found["month"]), int(found["dom"]))
    return Day(day, dated=True) if day else None


def _short_date(found: Match, view: View) -> Day | None:
    """3/5 and 3.5 where what stands around shows that it is a date."""
    month, dom = int(found["month"]), int(found["dom"])
    return _one(_yearly(lambda year: _date(year, month, dom), view)) if 1 <= month <= 12 else None


def count_of(words: str) -> tuple[int, int] | None:
    """A count and its upper limit: 三 → 3, 3; 两三 → 2, 3."""
    if words in FEW:
        return FEW[words]
    number = read(words)
    return None if number is None else (number, number)


def _add_months(day: date, count: int) -> date | None:
    first = _month_on(day.replace(day=1), count)
    after = _month_on(first) if first else None
    return first.replace(day=min(day.day, (after - DAY).day)) if first and after else None


def move(day: date, count: int, unit: str) -> date | None:
    """The day so many units ahead, or behind below zero."""
    for name, months in (("月", 1), ("季", 3), ("年", 12)):
        if name in unit:
            return _add_months(day, months * count)
    if "工作" in unit:
        return feasts.workday(day, count)
    try:
        return day + timedelta(days=count * (1 if unit in ("天", "日") else 7))
    except OverflowError:
        return None


def _days_away(found: Match, view: View) -> Day | None:
    """三天后, 两周前, 一个月后, 半年后, 三个工作日后."""
    unit, count = found["unit"], count_of(found["n"])
    if found["n"] == "半":
        count, unit = ((6, 6), "月") if unit == "年" else ((15, 15), "天")
    if count is None or not 0 < count[0] <= 1000 or ("工作" in unit and count[1] > 60):
        return None
    low, high = (-count[1], -count[0]) if (found["side"] or "").endswith("前") else count
    first, last = move(view.today, low, unit), move(view.today, high, unit)
    if first is None or last is None:
        return None
    weekday = found["weekday"]
    if weekday and unit not in ("天", "日"):
        return Day(first + timedelta(days=WEEKDAY_INDEX[weekday] - first.weekday()))
    return Day(first, (last - first).days + 1)


def _and_a_half(found: Match, view: View) -> Day | None:
    """一个半月后, 两年半后."""
    count = count_of(found["n"])
    if count is None or count[0] > 100:
        return None
    if found["unit"] == "年半":
        return _one(_add_months(view.today, 12 * count[0] + 6))
    day = _add_months(view.today, count[0])
    return Day(day + 15 * DAY) if day else None


def _relative(found: Match, view: View) -> Day | None:
    ahead, days = DAYS.get(found[0]) or (SHORT_DAYS[found[0]], 1)
    return Day(view.today + timedelta(days=ahead), days)


def _school(found: Match, view: View) -> Day | None:
    """开学: the first of September, or the workday behind the lantern feast."""

    def spring(year: int) -> date | None:
        lantern = feasts.lunar_day(year, 1, 15)
        return feasts.workday(lantern, 1) if lantern else None

    terms = [_yearly(of, view) for of in (spring, lambda year: date(year, 9, 1))]
    return _one((max if view.past else min)((day for day in terms if day), default=None))


def _next_workday(found: Match, view: View) -> Day | None:
    return Day(feasts.workday(view.today, 1))


# Under the names by which the table of shapes calls them.
READERS: dict[str, Reader] = {
    reader.__name__.removeprefix("_"): reader
    for reader in (
        *(_feast, _any_holiday, _around_new_year, _lunar, _bare_lunar, _quarter, _edge_of_year, _run_of_year),
        *(_same_day, _month_of_year, _near_month, _month_word, _day_of_month, _week, _weekday, _full_date),
        *(_short_date, _days_away, _and_a_half, _relative, _next_workday, _months_of_year, _school),
    )
}
