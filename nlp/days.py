"""A day or a stretch of days by its name: 明天, 下周三, 6月12日, 腊月二十八, 三天后, 下个月第二个周六, 国庆期间.

Every rule is a line of a table: what it can begin with, its pattern, its reader. A reader that gives None has
recognised an impossible date (2月30日); its words are then read as nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from nlp import feasts
from nlp.feasts import DAY
from nlp.intent import Grain
from nlp.numbers import read
from nlp.time_words import (
    DAYS,
    DOUBTFUL_TERMS,
    HAN,
    LINK,
    NUMBER,
    NUMERALS,
    SHORT_DAYS,
    WEEK,
    WEEKDAY_INDEX,
    WEEKS,
    YEARS,
    any_of,
)


@dataclass(frozen=True, slots=True)
class Day:
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


@dataclass(frozen=True, slots=True)
class View:
    """Where the reader stands."""

    today: date
    past: bool = False  # the words tell of what is over
    near: date | None = None  # the second side of a range is looked for from the first side on
    year: int | None = None  # the year that was said before: 明年…

    @property
    def origin(self) -> date:
        return self.near or self.today


Match = re.Match[str]
Found = tuple[Day | None, int]
_Reader = Callable[[Match, View], Day | None]


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


def month_on(first: date, step: int = 1) -> date | None:
    """The first of the month so many months away."""
    index = first.year * 12 + first.month - 1 + step
    return _date(index // 12, index % 12 + 1, 1)


def _months(first: date | None, count: int) -> Day | None:
    return None if first is None else _between(first, month_on(first, count), Grain.MONTH)


# --- inside a month -------------------------------------------------------------------------------------------------

_REST = (
    r"(?:份)?(?:里|内)?的?(?P<rest>月?[底末初]|中旬|上旬|下旬|上半月|下半月|中(?![秋午])|"
    r"(?:第[一二三四五1-5]|最后一?|首)个?(?:"
    + WEEK
    + r"[一二三四五六日天末]|工作日|[天日]|周|星期|礼拜)|"
    + NUMBER
    + r"(?:号(?!楼|院|线)|日)|"
    + NUMBER
    + r"(?="
    + LINK
    + NUMBER
    + r"[号日]))?"
)
_PLACED = re.compile(
    r"(?:第(?P<nth>[一二三四五1-5])|(?P<last>最后一?)|首)个?(?:"
    + WEEK
    + r"(?P<weekday>[一二三四五六日天末])|(?P<work>工作日)|(?P<dom>[天日])|(?P<week>周|星期|礼拜))"
)


def _in_month(first: date, words: str) -> Day | None:
    """底, 初, 中旬, 15号, 第二个周六, 最后一个工作日 of the month that begins here."""
    after = month_on(first)
    if after is None:
        return None
    match words.removeprefix("月"):
        case "底" | "末":
            return Day(after - DAY, whole=True)
        case "初":
            return Day(first)
        case "中" | "中旬":
            return Day(first + 10 * DAY, 10)
        case "上旬":
            return Day(first, 10)
        case "下旬":
            return _between(first + 20 * DAY, after)
        case "上半月":
            return Day(first, 15)
        case "下半月":
            return _between(first + 15 * DAY, after)
        case "":
            return _between(first, after, Grain.MONTH)
        case _:
            placed = _PLACED.fullmatch(words)
            if placed:
                return _placed_in(first, after, placed)
            number = read(words.rstrip("号日"))
            return None if number is None else _one(_date(first.year, first.month, number))


def _placed_in(first: date, after: date, placed: Match) -> Day | None:
    which = read(placed["nth"]) or 1 if placed["nth"] else 1
    if placed["work"]:
        return Day(feasts.workday(after, -1) if placed["last"] else feasts.workday(first - DAY, which))
    if placed["dom"]:
        return Day(after - DAY if placed["last"] else first + (which - 1) * DAY)
    weekday = 0 if placed["week"] else 5 if placed["weekday"] == "末" else WEEKDAY_INDEX[placed["weekday"]]
    length = 7 if placed["week"] else 2 if placed["weekday"] == "末" else 1
    day = feasts.nth_weekday(first, weekday, which)
    if placed["last"]:
        day = feasts.nth_weekday(first, weekday, 4)
        day += timedelta(weeks=1) if day + timedelta(weeks=1) < after else timedelta(0)
    return Day(day, length) if day < after else None


def _month_of_year(found: Match, view: View) -> Day | None:
    """6月, 6月12日, 7月初, 3月第二个周日: ahead of us, or behind where the words tell of the past."""
    month, words = read(found["month"]), found["rest"] or found["bare"] or ""
    if month is None or not 1 <= month <= 12:
        return None
    number = read(words.rstrip("号日")) if words else None
    if number is not None:
        day = _yearly(lambda year: _date(year, month, number), view)
        return None if day is None else Day(day, also=_moon_of(found, view))
    first = _yearly_month(month, view)
    return None if first is None else _in_month(first, words)


def _moon_of(found: Match, view: View) -> date | None:
    """八月十五 in characters and without 号 may well be the feast of the moon."""
    if found[0] not in ("八月十五", "七月十五", "九月初九"):
        return None
    month, day = read(found["month"]), read(found["bare"] or "")
    return None if month is None or day is None else _yearly(lambda year: feasts.lunar_day(year, month, day), view)


def _yearly_month(month: int, view: View) -> date | None:
    if view.year is not None:
        return _date(view.year, month, 1)
    return feasts.nearest(lambda year: _date(year, month, 1), view.origin.replace(day=1), past=view.past)


def _near_month(found: Match, view: View) -> Day | None:
    """下个月3号, 本月底."""
    first = month_on(view.today.replace(day=1), WEEKS[found["which"]])
    return None if first is None else _in_month(first, found["rest"] or found["bare"] or "")


def _bare_month_word(found: Match, view: View) -> Day | None:
    """月底, 月初: this month's, or next month's when that day is over."""
    first = view.origin.replace(day=1)
    here = _in_month(first, found["rest"])
    after = month_on(first)
    if here and after and not view.past and here.end <= view.today:
        return _in_month(after, found["rest"])
    return here


def _month_before_last(found: Match, view: View) -> Day | None:
    """月底前最后一个周五: the last such day of the month."""
    return _in_month(view.today.replace(day=1), found["rest"])


def _day_of_month(found: Match, view: View) -> Day | None:
    """15号: the next month that has such a day."""
    number = read(found["dom"])
    if number is None or not 1 <= number <= 31:
        return None
    for step in range(0, -4, -1) if view.past else range(4):
        first = month_on(view.origin.replace(day=1), step)
        day = _date(first.year, first.month, number) if first else None
        if day and (day <= view.origin if view.past else day >= view.origin):
            return Day(day)
    return None


# --- years and their parts ------------------------------------------------------------------------------------------

_SEASONS = {"春": 3, "夏": 6, "秋": 9, "冬": 12}


def _running(month: int, count: int, view: View) -> Day | None:
    """A stretch of months of the year that was said, else the one under way or next (with past the last)."""
    years = (view.year,) if view.year is not None else range(view.today.year - 2, view.today.year + 3)
    spans = [days for year in years if (days := _months(_date(year, month, 1), count))]
    if view.year is not None:
        return spans[0] if spans else None
    if view.past:
        return next((days for days in reversed(spans) if days.first <= view.today), None)
    return next((days for days in spans if days.end > view.origin), None)


def _quarter(found: Match, view: View) -> Day | None:
    number = read(found["quarter"])
    return None if number is None else _end_month(_running(3 * number - 2, 3, view), found["edge"])


def _end_month(days: Day | None, edge: str | None) -> Day | None:
    """季度初 is its first month, 季度末 its last."""
    if days is None or edge is None:
        return days
    if edge in ("初", "头"):
        return _months(days.first, 1)
    last = _months(month_on(days.first, 2), 1)
    return None if last is None else replace(last, whole=True)


def _near_quarter(found: Match, view: View) -> Day | None:
    begin = view.today.replace(month=(view.today.month - 1) // 3 * 3 + 1, day=1)
    return _end_month(_months(month_on(begin, 3 * WEEKS[found["which"]]), 3), found["edge"])


def _half_year(found: Match, view: View) -> Day | None:
    return _running(1 if found["half"] in ("上", "前") else 7, 6, view)


def _season(found: Match, view: View) -> Day | None:
    return _running(_SEASONS[found["season"]], 3, view)


def _year_part(found: Match, view: View) -> Day | None:
    """年底 is December, 年初 January, 年中 June."""
    match found["rest"]:
        case "底" | "末" | "尾":
            days = _running(12, 1, view)
            return None if days is None else replace(days, whole=True)
        case "初" | "头":
            return _running(1, 1, view)
        case _:
            return _running(6, 1, view)


def _end_of_year(found: Match, view: View) -> Day | None:
    year = view.today.year if view.year is None else view.year
    return _one(_date(year, 12, 31) if "最后" in found[0] else _date(year, 1, 1))


def _run_of_year(found: Match, view: View) -> Day | None:
    """今年前三个月, 明年后两个季度."""
    count = read(found["n"])
    months = None if count is None else count * (3 if found["unit"] == "季度" else 1)
    if months is None or not 1 <= months <= 12:
        return None
    return _running(1 if found["which"] == "前" else 13 - months, months, view)


def _this_year(found: Match, view: View) -> Day | None:
    return _running(1, 12, view)


def _same_day(found: Match, view: View) -> Day | None:
    """明年的今天."""
    return None if view.year is None else _one(_date(view.year, view.today.month, view.today.day))


# --- feasts and the lunar calendar ----------------------------------------------------------------------------------


def _feast(found: Match, view: View) -> Day | None:
    name = found["feast"]
    rule = feasts.rule_of(name)
    day = _yearly(rule, view) if rule else None
    holiday = feasts.holiday_of(name)
    if holiday is None:
        return _one(day)
    days = feasts.stretch(holiday, day.year) if day else None
    if found["off"]:
        if view.year is None:
            days = feasts.next_stretch(holiday, view.origin, past=view.past)
        return _between(*days) if days else None
    return None if day is None else Day(day, off=days[1] if days else None)


def _off_at_national_day(found: Match, view: View) -> Day | None:
    """十一期间: without such words 十一 is a number."""
    days = (
        feasts.stretch("国庆节", view.year)
        if view.year is not None
        else feasts.next_stretch("国庆节", view.origin, past=view.past)
    )
    return _between(*days) if days else None


def _any_holiday(found: Match, view: View) -> Day | None:
    """节后, 节前, 长假期间: the holiday that is under way or comes next."""
    days = feasts.next_holiday(view.today)
    return _between(*days) if days else None


def _around_new_year(found: Match, view: View) -> Day | None:
    """年前, 年后, 过年期间."""
    days = feasts.stretch("春节", view.year) if view.year else feasts.next_stretch("春节", view.today, past=view.past)
    if days is None:
        return None
    first = feasts.lunar_day(days[0].year, 1, 1) or days[0]
    if found["during"]:
        return _between(*days)
    return Day(first, off=days[1])


_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _lunar(found: Match, view: View) -> Day | None:
    month = _LUNAR_MONTHS.get(found["lunar"]) or read(found["lunar"])
    if month is None or not 1 <= month <= 12:
        return None
    words = found["dom"]
    if words is None:
        first = _yearly(lambda year: feasts.lunar_day(year, month, 1), replace(view, near=view.origin - 29 * DAY))
        return None if first is None else Day(first, 30, Grain.MONTH)
    day = read(words.removeprefix("初"))
    return None if day is None else _one(_yearly(lambda year: feasts.lunar_day(year, month, day), view))


def _new_year(found: Match, view: View) -> Day | None:
    day = read(found["dom"])
    return None if day is None else _one(_yearly(lambda year: feasts.lunar_day(year, 1, day), view))


def _bare_lunar(found: Match, view: View) -> Day | None:
    """初五: the next one of any lunar month, which around spring feast is that of the feast."""
    day = read(found["dom"])
    if day is None or not 1 <= day <= 10:
        return None
    today = feasts.lunar_of(view.origin)[2]
    at = view.origin + timedelta(days=day - today)
    if at < view.origin and not view.past:
        # Lunar months have 29 or 30 days.
        at += timedelta(days=29)
        at += timedelta(days=day - feasts.lunar_of(at)[2])
    month = feasts.lunar_of(at)[1]
    # Months before spring feast 初五 may well mean the one of the feast.
    feast = None if month == 1 or view.past else _yearly(lambda year: feasts.lunar_day(year, 1, day), view)
    return Day(at, also=feast)


# --- weeks ----------------------------------------------------------------------------------------------------------


def _week(found: Match, view: View) -> Day | None:
    monday = view.today - timedelta(days=view.today.weekday()) + timedelta(weeks=WEEKS[found["which"]])
    name = found["day"]
    # On a Sunday 下周 begins tomorrow, yet some mean the one after.
    doubtful = view.today.weekday() == 6 and found["which"] in ("下", "下一")
    if found["work"]:
        return Day(feasts.workday(monday + timedelta(weeks=1), -1))
    if name is None:
        return Day(monday, 7, also=monday + timedelta(weeks=1) if doubtful else None)
    if len(name) > 1 or name == "末":
        return Day(monday + timedelta(days=5), 2)
    day = monday + timedelta(days=WEEKDAY_INDEX[name])
    return Day(day, also=day + timedelta(weeks=1) if doubtful else None)


def _weekday(found: Match, view: View) -> Day | None:
    """周六: today or the next such day; with `past` the last one before today."""
    name = found["day"]
    if not name or len(name) > 1 or name == "末":
        saturday = view.origin - timedelta(days=view.origin.weekday()) + timedelta(days=5)
        return Day(saturday - timedelta(weeks=1) if view.past else saturday, 2)
    ahead = (WEEKDAY_INDEX[name] - view.origin.weekday()) % 7
    if view.past:
        return Day(view.origin + timedelta(days=ahead - 7))
    day = view.origin + timedelta(days=ahead)
    # Who says 周三 on a Wednesday may well mean the next one.
    return Day(day, loose=True, also=day + timedelta(weeks=1) if ahead == 0 and view.near is None else None)


# --- written dates --------------------------------------------------------------------------------------------------


def _full_date(found: Match, view: View) -> Day | None:
    day = _date(int(found["year"]), int(found["month"]), int(found["dom"]))
    return None if day is None else Day(day, dated=True)


def _short_date(found: Match, view: View) -> Day | None:
    """3/5 and 3.5 where what stands around shows that it is a date."""
    month, dom = int(found["month"]), int(found["dom"])
    if not 1 <= month <= 12:
        return None
    return _one(_yearly(lambda year: _date(year, month, dom), view))


# --- so many days away ----------------------------------------------------------------------------------------------

_FEW = {"两三": (2, 3), "三四": (3, 4), "三五": (3, 5), "四五": (4, 5), "一两": (1, 2), "五六": (5, 6), "七八": (7, 8)}


def count_of(words: str) -> tuple[int, int] | None:
    """A count and its upper limit: 三 → 3, 3; 两三 → 2, 3."""
    if words in _FEW:
        return _FEW[words]
    words = words.replace("俩", "两").replace("仨", "三")
    number = read(words)
    return None if number is None else (number, number)


def add_months(day: date, count: int) -> date | None:
    first = month_on(day.replace(day=1), count)
    after = month_on(first) if first else None
    return first.replace(day=min(day.day, (after - DAY).day)) if first and after else None


def move(day: date, count: int, unit: str) -> date | None:
    """The day so many units ahead, or behind below zero."""
    try:
        if "月" in unit:
            return add_months(day, count)
        if "季" in unit:
            return add_months(day, 3 * count)
        if "年" in unit:
            return add_months(day, 12 * count)
        if "工作" in unit:
            return feasts.workday(day, count)
        return day + timedelta(days=count * (1 if unit in ("天", "日") else 7))
    except OverflowError:
        return None


def _days_away(found: Match, view: View) -> Day | None:
    """三天后, 两周前, 一个月后, 半年后, 三个工作日后."""
    behind = (found["side"] or "").endswith("前")
    unit = found["unit"]
    if found["n"] == "半":
        half = {"年": (6, "月"), "个月": (15, "天")}.get(unit)
        count, unit = (None, unit) if half is None else ((half[0], half[0]), half[1])
    else:
        count = count_of(found["n"])
    if count is None or not 0 < count[0] <= 1000 or ("工作" in unit and count[1] > 60):
        return None
    low, high = (-count[1], -count[0]) if behind else count
    first, last = move(view.today, low, unit), move(view.today, high, unit)
    if first is None or last is None:
        return None
    weekday = found["weekday"]
    if weekday and unit not in ("天", "日"):
        return Day(first - timedelta(days=first.weekday()) + timedelta(days=WEEKDAY_INDEX[weekday]))
    return Day(first, (last - first).days + 1)


def _and_a_half(found: Match, view: View) -> Day | None:
    """一个半月后, 两年半后."""
    count = count_of(found["n"])
    if count is None or count[0] > 100:
        return None
    if found["unit"] == "年半":
        return _one(add_months(view.today, 12 * count[0] + 6))
    day = add_months(view.today, count[0])
    return None if day is None else Day(day + 15 * DAY)


def _relative(found: Match, view: View) -> Day | None:
    ahead, days = DAYS[found[0]]
    return Day(view.today + timedelta(days=ahead), days)


def _short_relative(found: Match, view: View) -> Day | None:
    return Day(view.today + timedelta(days=SHORT_DAYS[found[0]]))


def _next_workday(found: Match, view: View) -> Day | None:
    return Day(feasts.workday(view.today, 1))


# --- the tables -----------------------------------------------------------------------------------------------------

_NO_DAY_NUMBER = (
    r"(?!楼|栋|幢|院|门|线|单|店|桌|井|室|车|厅|口|房|机|库|坑|床|柜|地[块铁下铺]|铺|台|球|位|馆|棚|桩|站|选手|码|"
    r"文件|病|仓|锅|梯|层|座|区|巷|弄|牌|箱|信[箱号]|电池|汽油|公馆|会议室|通道|摊|档|窗|教室|公交|检票|候车|航站|出)"
)
_NO_SUN = r"(?!元|报|剧|语|本|式|均|用|子|租|薪|常|托|产|志|游|三餐|复一|夜)"
_STREET = r"(?<![路街弄巷道村里庄园院区第编牌门#号栋])"
_WEEKDAY = r"[一二三四五六日天末]|[1-7](?![0-9年点:月号日./])"
_BOTH_DAYS = r"六[、和及]?" + WEEK + r"?[日天]"
_COUNT = r"(?P<n>[0-9]{1,3}|[" + HAN + r"俩仨]{1,4})"
_UNIT = r"(?P<unit>天|日|个?星期|个?礼拜|个?周|个月|(?<=[俩仨])月|个?年|个?季度|个?工作日)"
_AWAY_SIDE = r"(?:之|以|过)?(?P<side>后(?!天(?!气)|[面门院台])|前(?!天(?!气)|[面门台]))"
_AWAY_TAIL = r"(?:的?(?:" + WEEK + r"(?P<weekday>[一二三四五六日天])|今天|这[一]?天))?"
_DATE_FOLLOWS = (
    r"(?=\s?(?:[\(]?(?:周|星期|礼拜)[一二三四五六日天]|早上|上午|中午|下午|晚|凌晨|傍晚|清晨|[早]?[0-9]{1,2}[点:]|"
    r"[零一二三四五六七八九十两]{1,3}点(?![零一二三四五六七八九])|"
    r"[-~到至]\s?[0-9]{1,2}[/.][0-9]{1,2}(?![0-9.:])|截止|之?前|以前|开始|那天|当天))"
)
_ALONE_BEFORE = r"(?:(?<=[于在到定改约至从])|(?<![0-9a-z\u4e00-\u9fff/.:-]))"
_ALONE_AFTER = r"(?![0-9/.:%\u4e00-\u9fff号-])"
_PERIOD = r"(?:节?(?:期间|假期|小?长假|放假期间|放假|黄金周|假日)|(?:[三五七]天假?)(?!后|内|前))"
_BARE_DAY = r"(?:(?<=月)(?P<bare>" + NUMBER + r")(?![0-9个天份年月点时:名位栋楼单元人块斤岁次多几来]))?"
_EDGE = r"(?P<edge>[初头末底])?"
_LINKED = r"(?=(?:" + LINK + r"|、)" + NUMBER + r"号" + _NO_DAY_NUMBER + r")"

_Rule = tuple[str, str, _Reader]


def _feast_patterns() -> Iterable[tuple[str, str, _Reader]]:
    """One rule for each first character of the feasts, longest name first."""
    by_first: dict[str, list[str]] = {}
    for name in feasts.NAMES:
        by_first.setdefault(name[0], []).append(name)
    for first, names in by_first.items():
        counted = [name for name in names if name[-1] in HAN or name[-1].isdigit()]
        doubtful = [name for name in names if name in DOUBTFUL_TERMS]
        plain = [name for name in names if name not in counted and name not in doubtful]
        parts = [f"(?:{any_of(plain)})"] if plain else []
        if counted:
            # 三月三 but not 三月三号, 五一 but not 五一零 or 五一楼.
            parts.append(f"(?:{any_of(counted)})(?![{NUMERALS}号日个点月年楼栋单室房层班路街村-])")
        if doubtful:
            parts.append(f"(?:{any_of(doubtful)})(?=节气|那[天日]|当[天日]|前一天)")
        yield first, rf"(?P<feast>{'|'.join(parts)})(?:节气)?(?P<off>{_PERIOD})?", _feast


# What can follow a year: 明年3月5日, 2026年国庆. First characters (or, for numbers, the unit), pattern, reader.
_YEARLY_WORDS: tuple[_Rule, ...] = (
    *_feast_patterns(),
    (
        "农阴旧闰",
        r"(?:农历|阴历|旧历)的?闰?(?P<lunar>正|冬|腊|" + NUMBER + r")月(?P<dom>初?" + NUMBER + r")?(?:日|号)?",
        _lunar,
    ),
    ("正冬腊", r"(?P<lunar>正|冬|腊)月(?:里|份)?(?P<dom>初?" + NUMBER + r")?(?:日|号)?", _lunar),
    ("大年", r"(?:大年|年)?初(?P<dom>[一二三四五六七八九十]{1,2})(?![中一二三])", _new_year),
    ("第q", r"(?:第(?=[一二三四1-4]季)|q)(?P<quarter>[一二三四1-4])(?:季度)?" + _EDGE, _quarter),
    ("上下前后", r"(?P<half>上|下|前|后)半年", _half_year),
    ("春夏秋冬", r"(?P<season>[春夏秋冬])(?:天|季|日里)(?:里)?", _season),
    ("年", r"(?<![0-9几多半两三十百个])年(?P<rest>底|末|尾|初(?![一二三四五六七八九十])|头|中(?![秋午]))", _year_part),
    (
        "年过",
        r"(?:(?<!大)过完?年|(?<![0-9几多半两三四五六七八九十百今明去前后当往成每元老少青])年)(?:(?=前|后(?!勤))|(?P<during>期间))",
        _around_new_year,
    ),
)
_YEARLY_NUMBERS: tuple[_Rule, ...] = (
    ("月", r"(?P<lunar>[一二三四五六七八九十]{1,2})月(?P<dom>(?:初|廿)[一二三四五六七八九十]{1,2}|初十)", _lunar),
    (
        "月",
        r"(?P<month>"
        + NUMBER
        + r")月(?!龄|子|嫂|饼|薪|租|卡|票|刊|半|怀胎|亮|光|季)(?:"
        + _REST
        + r")(?:(?<=月)(?P<bare>"
        + NUMBER
        + r")(?![0-9个天份年月点时:名位栋楼单元人块斤岁次]))?",
        _month_of_year,
    ),
    ("季", r"(?P<quarter>[一二三四1-4])季度" + _EDGE, _quarter),
    ("期假长黄放小", r"十一(?:期间|假期|小?长假|黄金周|放假(?:期间)?)", _off_at_national_day),
)
# Only behind a year: 明年初, 今年底, 2026年最后一天, 去年今天.
_IN_YEAR_WORDS: tuple[_Rule, ...] = (
    ("底末尾初头中", r"(?P<rest>底|末|尾|初|头|中(?![秋午]))", _year_part),
    ("最第", r"(?:最后|第)一天", _end_of_year),
    ("今", r"今[天日]", _same_day),
    ("前后", r"(?P<which>前|后)(?P<n>[一二两三四五六七八九1-9]|十一?|1[01])个?(?P<unit>月|季度)", _run_of_year),
)
_PLAIN_WORDS: tuple[_Rule, ...] = (
    ("初", r"初(?P<dom>[四五六七八九十])(?![一二三中级步])", _bare_lunar),
    (
        "月",
        r"(?<![岁个几多半年0-9日蜜])月底前?的?(?P<rest>最后一个?(?:" + WEEK + r"[一二三四五六日天]|工作日))",
        _month_before_last,
    ),
    ("月", r"(?<![岁个几多半0-9坐])月(?P<rest>底|末|初|中旬|上旬|下旬|中(?![秋]))", _bare_month_word),
    ("上中下", r"(?P<rest>[上中下]旬)", _bare_month_word),
    (
        "这本下上当",
        r"(?<![楼])(?P<which>这一|这|本|当|下一|下下|下|上上|上一|上)个?月(?!票|卡|租|薪|饼|子|台)" + _REST + _BARE_DAY,
        _near_month,
    ),
    (
        "这本下上",
        r"(?<![楼])(?P<which>这一|下一|这|本|下下下|下下|下|上上|上一|上)个?"
        + WEEK
        + r"(?:(?:的?"
        + WEEK
        + r")?(?P<day>"
        + _BOTH_DAYS
        + "|"
        + _WEEKDAY
        + r")|的?(?P<work>最后一个工作日))?",
        _week,
    ),
    (
        "这本下上",
        r"(?P<which>这|本|下一|下|上一|上)个?季度" + _EDGE,
        _near_quarter,
    ),
    ("这本", r"(?:这个?|本)(?P<day>周末|双休日?)", _weekday),
    (
        "周星礼",
        r"(?<![一二两三四五六七八九十几每半0-9])"
        + WEEK
        + r"(?P<day>"
        + _BOTH_DAYS
        + "|"
        + _WEEKDAY
        + r")(?![次回趟遍])",
        _weekday,
    ),
    ("双", r"双休日(?P<day>)", _weekday),
    ("节", r"(?<![季时关环细情礼])节(?=前|后)", _any_holiday),
    ("长小", r"小?长假(?:期间|(?=[前后第最]))", _any_holiday),
    ("下最", r"(?:下一?个?|最近的?一?个?)(?:工作日|上班日)", _next_workday),
    (
        "再过还等",
        r"(?:再过|再等|还有|再|过)(?:个)?" + _COUNT + _UNIT + r"(?:(?:之|以)?(?P<side>后))?" + _AWAY_TAIL,
        _days_away,
    ),
    (
        "再过还等",
        r"(?:再过|再等|还有|再|过)(?P<n>半)(?P<unit>年|个月)(?:(?:之|以)?(?P<side>后))?(?P<weekday>)",
        _days_away,
    ),
    ("年", r"(?<![0-9几多半两三四五六七八九十百今明去后前当往])年(?:之|以)?内", _this_year),
    ("俩仨", _COUNT + _UNIT + _AWAY_SIDE + _AWAY_TAIL, _days_away),
    ("半", r"(?P<n>半)(?P<unit>年|个月)" + _AWAY_SIDE + r"(?P<weekday>)", _days_away),
    ("大今明昨后前翌次", r"(?<![光文黎透以之目])(?:" + any_of(DAYS) + r")", _relative),
    ("今明昨当前", r"(?<![光文黎透以之])(?:[今明昨](?=[早晚晨夜午])|前(?=晚)|当(?=晚))", _short_relative),
)
_PLAIN_NUMBERS: tuple[_Rule, ...] = (
    ("/", r"(?P<month>[0-9]{1,2})/(?P<dom>[0-9]{1,2})/(?P<year>20[0-9]{2})(?![0-9])", _full_date),
    (
        "-/.",
        r"(?P<year>(?:19|20)[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<dom>[0-9]{1,2})(?![0-9])t?",
        _full_date,
    ),
    (
        "/.",
        r"(?<![0-9/.-])(?P<month>[0-9]{1,2})[/.](?P<dom>[0-9]{1,2})(?:(?=[号日]"
        + _NO_DAY_NUMBER
        + r")|"
        + _DATE_FOLLOWS
        + r")[号日]?",
        _short_date,
    ),
    ("-", r"(?<![0-9/.-])(?P<month>[0-9]{1,2})-(?P<dom>[0-9]{2})(?=\s[0-2]?[0-9]:[0-5][0-9])", _short_date),
    ("/.", r"(?<=[0-9号日][-~到至—])(?P<month>[0-9]{1,2})[/.](?P<dom>[0-9]{1,2})(?![0-9.:/])[号日]?", _short_date),
    (
        "/",
        _ALONE_BEFORE + r"(?P<month>[0-9]{1,2})/(?P<dom>[0-9]{1,2})" + _ALONE_AFTER,
        _short_date,
    ),
    ("个年", _COUNT + r"(?P<unit>个半月|年半)(?:之|以)?后(?!天)", _and_a_half),
    ("天日星礼周个年月", _COUNT + _UNIT + _AWAY_SIDE + _AWAY_TAIL, _days_away),
    ("号", _STREET + r"(?P<dom>" + NUMBER + r")号" + _NO_DAY_NUMBER, _day_of_month),
    ("日", r"(?P<dom>" + NUMBER + r")日" + _NO_SUN, _day_of_month),
    ("-~到至—–、", _STREET + r"(?P<dom>" + NUMBER + r")" + _LINKED, _day_of_month),
)

_Table = dict[str, tuple[tuple[re.Pattern[str], _Reader], ...]]


def _by_first(rules: Iterable[_Rule]) -> _Table:
    table: dict[str, list[tuple[re.Pattern[str], _Reader]]] = {}
    for firsts, pattern, reader in rules:
        compiled = re.compile(pattern)
        for first in firsts:
            table.setdefault(first, []).append((compiled, reader))
    return {first: tuple(entries) for first, entries in table.items()}


WORDS = _by_first((*_YEARLY_WORDS, *_PLAIN_WORDS))
NUMBERS = _by_first((*_PLAIN_NUMBERS, *_YEARLY_NUMBERS))
_WORDS_IN_YEAR = _by_first((*_YEARLY_WORDS, *_IN_YEAR_WORDS))
_NUMBERS_IN_YEAR = _by_first(_YEARLY_NUMBERS)
_RUN = re.compile("[" + NUMERALS + "]+")
_COMPACT = re.compile(r"(?P<year>20[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<dom>0[1-9]|[12][0-9]|3[01])(?![0-9-])")
_YEAR = re.compile(
    r"(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}(?=年[0-9一二三四五六七八九十]{1,2}月)|二[零〇][零〇一二三四五六七八九]{2}|二千[零〇][一二三四五六七八九]{2})"
    r"年(?![级代龄画纪])(?:度)?的?"
)
_YEAR_WORD = re.compile(r"(?<![0-9几多半两三四五六七八九十百])(?:" + any_of(YEARS) + r")(?:度)?(?:的|里)?")
_AGE = re.compile(
    r"(?:内|之内|以内)?(?:刚|已经|都|有|快|才)?[0-9零一二三四五六七八九十]{2,4}(?:岁|了|周岁|,|。|$|高龄)"
)
YEAR_FIRSTS = frozenset(word[0] for word in YEARS)


def _with_year(text: str, at: int, view: View) -> Found | None:
    """2026年…, 明年…: what is said of the year, or the year itself."""
    found = _YEAR.match(text, at)
    if found:
        year = read(found["year"])
        year = year if year is None or year >= 100 else 2000 + year
    else:
        found = _YEAR_WORD.match(text, at)
        if found is None:
            return None
        year = view.today.year + YEARS[found[0].rstrip("度的里")]
    if year is None or not feasts.is_year(year):
        return None
    inner = _ruled(text, found.end(), replace(view, year=year), _WORDS_IN_YEAR, _NUMBERS_IN_YEAR)
    if inner:
        return (replace(inner[0], dated=True) if inner[0] else None), inner[1]
    if _AGE.match(text, found.end()):
        return None
    first = date(year, 1, 1)
    end = found.end() - (text[found.end() - 1] == "的")
    return Day(first, (date(year + 1, 1, 1) - first).days, Grain.MONTH, dated=True, weak=year <= view.today.year), end


def _ruled(text: str, at: int, view: View, words: _Table, numbers: _Table) -> Found | None:
    first = text[at : at + 1]
    rules = words.get(first, ())
    if first in NUMERALS and first:
        run = _RUN.match(text, at)
        unit = text[run.end() : run.end() + 1] if run else ""
        rules = (*rules, *numbers.get(unit, ()))
    for pattern, reader in rules:
        found = pattern.match(text, at)
        if found:
            return reader(found, view), found.end()
    return None


def _head_at(text: str, at: int, view: View) -> Found | None:
    first = text[at : at + 1]
    if first in YEAR_FIRSTS or (first and first in "12二" + "0123456789"):
        found = _with_year(text, at, view)
        if found:
            return found
    if first == "2" and (compact := _COMPACT.match(text, at)):
        return _full_date(compact, view), compact.end()
    return _ruled(text, at, view, WORDS, NUMBERS)


# 中秋前一天, 国庆第三天, 15号的第二天, 春节后第一个工作日, 明天起三天.
_SHIFTS = re.compile(
    r"节?的?(?:(?P<before>前[一1](?:天|日|(?=[晚早夜]))|头一?[天日]|前夕|前夜)|(?P<ago>前(?P<many>[二两三四五六七2-7])天)"
    r"|(?P<next>后[一1]天|之后一天|第二天|次日|隔天)|(?P<behind>(?:之|以)?后的?)?第(?P<nth>[一二三四五六七八九十1-9])天"
    r"|前(?P<weeks>[一两1-3])个?(?:周|星期|礼拜)|(?P<final>最后一天)"
    r"|(?:过|之|以|假|期)?后的?(?:第一|首)个?(?P<work>工作日|上班日|天上班)|(?:之|以)?前的?最后一个?(?P<last>工作日|上班日))"
)


def _shifted(text: str, end: int, day: Day) -> tuple[Day, int]:
    found = _SHIFTS.match(text, end)
    if found is None:
        return day, end
    plain = Day(day.first, dated=day.dated)
    if found["before"]:
        return replace(plain, first=day.first - DAY), found.end()
    if found["ago"]:
        return replace(plain, first=day.first - (read(found["many"]) or 0) * DAY), found.end()
    if found["next"]:
        # The second day of a stretch, the day after a single one: mostly the same.
        return replace(plain, first=day.first + DAY), found.end()
    if found["nth"]:
        first = (day.off or day.end) if found["behind"] else day.first
        return replace(plain, first=first + ((read(found["nth"]) or 1) - 1) * DAY), found.end()
    if found["weeks"]:
        length = 7 * (read(found["weeks"]) or 1)
        return replace(plain, first=day.first - length * DAY, days=length), found.end()
    if found["final"]:
        return replace(plain, first=(day.off or day.end) - DAY), found.end()
    if found["work"]:
        return replace(plain, first=feasts.workday((day.off or day.end) - DAY, 1)), found.end()
    return replace(plain, first=feasts.workday(day.first, -1)), found.end()


# The same day named twice: 周六(21号), 6月14日 星期六, 明天周三.
_AGAIN = re.compile(r"\s?[\(,，]?\s?(?:就是|即|也就是)?")
_NAMES_A_DAY = re.compile(
    r"[周星礼正腊冬农"
    + "".join(sorted({name[0] for name in feasts.NAMES} - set(NUMERALS + "上下中大")))
    + "]|"
    + NUMBER
    + r"[月号日]|20[0-9]{2}[年/-]"
)
_BRACKET = re.compile(r"\s?\((?:周|星期|礼拜)?[0-9一二三四五六日天末]{1,2}[号日]?\)")


def _named_again(text: str, end: int, day: Day, view: View) -> tuple[Day, int]:
    """A second name of the same day is taken in; a bracket is taken in even where it does not agree."""
    gap = _AGAIN.match(text, end)
    at = gap.end() if gap else end
    if day.days <= 2 and _NAMES_A_DAY.match(text, at):
        other = _head_at(text, at, replace(view, near=day.first, year=None))
        if other and other[0] and other[0].first == day.first and other[0].days == day.days:
            stop = other[1] + (text[other[1] : other[1] + 1] == ")" and "(" in text[end:at])
            return replace(day, also=None, loose=False), stop
    bracket = _BRACKET.match(text, end)
    return day, bracket.end() if bracket else end


def day_at(text: str, at: int, view: View) -> tuple[Day | None, int, int] | None:
    """The day that is named exactly here, where its words end, and where they end with all that only repeats it.

    None for the day where it is impossible.
    """
    found = _head_at(text, at, view)
    if found is None:
        return None
    if found[0] is None:
        return None, found[1], found[1]
    day, said = _shifted(text, found[1], found[0])
    day, end = _named_again(text, said, day, view)
    return day, said, end
