"""Feasts and lunar dates: 中秋, 腊月二十八, 大年初二 → a day of our calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from lunar_python import Lunar, LunarMonth

# Feast → (month, day) of our calendar.
SOLAR: dict[str, tuple[int, int]] = {
    "元旦": (1, 1),
    "情人节": (2, 14),
    "妇女节": (3, 8),
    "三八节": (3, 8),
    "植树节": (3, 12),
    "劳动节": (5, 1),
    "五一": (5, 1),
    "青年节": (5, 4),
    "儿童节": (6, 1),
    "六一": (6, 1),
    "建党节": (7, 1),
    "七一": (7, 1),
    "建军节": (8, 1),
    "八一": (8, 1),
    "教师节": (9, 10),
    "国庆节": (10, 1),
    "国庆": (10, 1),
    "十一长假": (10, 1),
    "平安夜": (12, 24),
    "圣诞节": (12, 25),
    "圣诞": (12, 25),
}
# Feast → (month, day) of the lunar calendar.
LUNAR: dict[str, tuple[int, int]] = {
    "春节": (1, 1),
    "大年初一": (1, 1),
    "元宵节": (1, 15),
    "元宵": (1, 15),
    "龙抬头": (2, 2),
    "端午节": (5, 5),
    "端午": (5, 5),
    "七夕": (7, 7),
    "中元节": (7, 15),
    "中秋节": (8, 15),
    "中秋": (8, 15),
    "重阳节": (9, 9),
    "重阳": (9, 9),
    "腊八节": (12, 8),
    "腊八": (12, 8),
    "小年": (12, 23),
}
# Feast → (month, weekday counted from Monday, which one).
NTH: dict[str, tuple[int, int, int]] = {
    "母亲节": (5, 6, 2),
    "父亲节": (6, 6, 3),
    "感恩节": (11, 3, 4),
}
EVE = ("除夕夜", "除夕", "大年三十", "年三十", "大年夜")
TOMB_SWEEPING = ("清明节", "清明")
NAMES: tuple[str, ...] = tuple(
    sorted((*SOLAR, *LUNAR, *NTH, *EVE, *TOMB_SWEEPING), key=len, reverse=True),
)


@lru_cache(maxsize=512)
def lunar_day(year: int, month: int, day: int) -> date | None:
    """The day of our calendar; None where that lunar month has no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 30 and 1901 <= year <= 2099):
        return None
    found = LunarMonth.fromYm(year, month)
    if found is None or day > found.getDayCount():  # the library raises a bare Exception for a day that is not
        return None
    solar = Lunar.fromYmd(year, month, day).getSolar()
    return date(solar.getYear(), solar.getMonth(), solar.getDay())


@lru_cache(maxsize=64)
def _eve(year: int) -> date | None:
    """The last day of the lunar year: the day before spring feast."""
    first = lunar_day(year + 1, 1, 1)
    return first - timedelta(days=1) if first else None


def _tomb_sweeping(year: int) -> date | None:
    """清明 is a solar term; this rule of thumb is exact from 2000 to 2099."""
    if not 2000 <= year <= 2099:
        return None
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def _of(name: str) -> Callable[[int], date | None] | None:
    if name in SOLAR:
        month, day = SOLAR[name]
        return lambda year: date(year, month, day)
    if name in LUNAR:
        month, day = LUNAR[name]
        return lambda year: lunar_day(year, month, day)
    if name in NTH:
        nth = NTH[name]
        return lambda year: _nth(year, *nth)
    if name in EVE:
        return _eve
    if name in TOMB_SWEEPING:
        return _tomb_sweeping
    return None


def next_feast(name: str, today: date, *, past: bool = False) -> date | None:
    """The next such feast from today on; with `past` the last one."""
    of = _of(name)
    return None if of is None else nearest(of, today, past=past)


def nearest(of: Callable[[int], date | None], today: date, *, past: bool = False) -> date | None:
    """The nearest day of a yearly rule, ahead or (past) behind."""
    days = [day for year in range(today.year - 2, today.year + 3) if (day := of(year)) is not None]
    if past:
        return max((day for day in days if day <= today), default=None)
    return min((day for day in days if day >= today), default=None)
