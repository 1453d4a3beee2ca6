"""Feasts, solar terms, lunar dates, holidays and workdays: 中秋, 冬至, 腊月二十八, 国庆长假, 下个工作日."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Lunar, LunarMonth, Solar
from lunar_python.util import HolidayUtil

from nlp.time_words import DAYS_OFF, EVE, LUNAR, NTH, SOLAR, TERMS

DAY = timedelta(days=1)
NAMES: frozenset[str] = frozenset((*SOLAR, *LUNAR, *NTH, *EVE, *TERMS))
_FIRST_YEAR, _LAST_YEAR = 1901, 2099


@lru_cache(maxsize=512)
def lunar_day(year: int, month: int, day: int) -> date | None:
    """The day of our calendar; None where that lunar month has no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 30 and _FIRST_YEAR <= year <= _LAST_YEAR):
        return None
    found = LunarMonth.fromYm(year, month)
    if found is None or day > found.getDayCount():  # the library raises a bare Exception for a day that is not
        return None
    solar = Lunar.fromYmd(year, month, day).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


@lru_cache(maxsize=64)
def lunar_of(day: date) -> tuple[int, int, int]:
    """Lunar year, month and day; a leap month counts as the month it repeats."""
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return lunar.getYear(), abs(lunar.getMonth()), lunar.getDay()


@lru_cache(maxsize=64)
def _eve(year: int) -> date | None:
    """The last day of the lunar year: the day before spring feast."""
    first = lunar_day(year + 1, 1, 1)
    return first - DAY if first else None


@lru_cache(maxsize=128)
def _term(year: int, name: str) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    table = Solar.fromYmd(year, 6, 1).getLunar().getJieQiTable()
    # Seen from June the plain name of the winter solstice is last year's.
    solar = table["DONG_ZHI" if name == "冬至" else name]
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


def nth_weekday(first: date, weekday: int, which: int) -> date:
    """The which-th such weekday on or after the first of a month."""
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


Yearly = Callable[[int], date | None]


def rule_of(name: str) -> Yearly | None:
    """The day of a feast in any year."""
    if name in SOLAR:
        month, day = SOLAR[name]
        return lambda year: date(year, month, day)
    if name in LUNAR:
        month, day = LUNAR[name]
        return lambda year: lunar_day(year, month, day)
    if name in NTH:
        month, weekday, which = NTH[name]
        return lambda year: nth_weekday(date(year, month, 1), weekday, which)
    if name in EVE:
        return _eve
    if name in TERMS:
        term = TERMS[name]
        return lambda year: _term(year, term)
    return None


def nearest(of: Yearly, today: date, *, past: bool = False) -> date | None:
    """The nearest day of a yearly rule, ahead or (past) behind; such days come in the order of their years."""
    if past:
        years = range(today.year + 1, today.year - 9, -1)
        return next((day for year in years if (day := of(year)) is not None and day <= today), None)
    # The last lunar months of a year lie in the next; 29 February may be eight years away.
    years = range(today.year - 1, today.year + 9)
    return next((day for year in years if (day := of(year)) is not None and day >= today), None)


@lru_cache(maxsize=16)
def _announced(year: int) -> dict[date, tuple[str, bool]]:
    """Day → holiday, whether it is worked (调休), as announced for that year."""
    found = HolidayUtil.getHolidays(str(year))
    return {date.fromisoformat(one.getDay()): (one.getName(), one.isWork()) for one in found}


def is_workday(day: date) -> bool:
    """Monday to Friday, corrected by the announced days off and the weekends worked for them."""
    announced = _announced(day.year).get(day)
    return announced[1] if announced else day.weekday() < 5


def workday(day: date, count: int) -> date:
    """The count-th workday after (or, below zero, before) this day."""
    step = DAY if count > 0 else -DAY
    left = abs(count)
    while left:
        day += step
        left -= is_workday(day)
    return day


def _is_off(day: date) -> bool:
    announced = _announced(day.year).get(day)
    return announced is not None and not announced[1]


@lru_cache(maxsize=64)
def stretch(holiday: str, year: int) -> tuple[date, date] | None:
    """The days off of a holiday, first day and the day after the last."""
    base, before, count = DAYS_OFF[holiday]
    rule = rule_of(base)
    feast = rule(year) if rule else None
    if feast is None:
        return None
    if _is_off(feast):
        first, end = feast, feast + DAY
        while _is_off(first - DAY):
            first -= DAY
        while _is_off(end):
            end += DAY
        return first, end
    # Nothing is announced yet: the usual days.
    return feast - before * DAY, feast + (count - before) * DAY


def next_stretch(holiday: str, today: date, *, past: bool = False) -> tuple[date, date] | None:
    """The one that is under way or comes next; with `past` the one that began last."""
    found = [days for year in range(today.year - 1, today.year + 3) if (days := stretch(holiday, year))]
    if past:
        return max((days for days in found if days[0] <= today), default=None)
    return min((days for days in found if days[1] > today), default=None)


def worked_for(holiday: str, weekday: str | None, today: date) -> date | None:
    """The next day that is worked for a holiday, 国庆调休那个周六, as far as it is announced."""
    announced = {**_announced(today.year), **_announced(today.year + 1)}
    wanted = {"六": (5,), "日": (6,), "天": (6,)}.get(weekday or "", (5, 6))
    days = (day for day, (name, worked) in announced.items() if name == holiday and worked and day.weekday() in wanted)
    return min((day for day in days if day >= today), default=None)


def next_holiday(today: date) -> tuple[date, date] | None:
    """Whichever holiday is under way or comes next."""
    found = [days for name in DAYS_OFF if (days := next_stretch(name, today))]
    return min(found, default=None)


def is_year(year: int) -> bool:
    """A year that the calendar package knows."""
    return _FIRST_YEAR <= year <= _LAST_YEAR
