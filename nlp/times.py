"""明天上午十点 → Span: a table-driven reader of Chinese time expressions, and the writer whose words it reads back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from nlp import feasts
from nlp.clean import fold
from nlp.intent import Grain, Span
from nlp.numbers import amount, read

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Day part → minutes from midnight. Longest name first.
PARTS: dict[str, tuple[int, int]] = {
    "大清早": (5 * 60, 8 * 60),
    "一大早": (6 * 60, 9 * 60),
    "大早上": (6 * 60, 9 * 60),
    "后半夜": (24 * 60, 29 * 60),
    "下半夜": (24 * 60, 29 * 60),
    "凌晨": (0, 6 * 60),
    "清晨": (5 * 60, 8 * 60),
    "清早": (5 * 60, 8 * 60),
    "早上": (6 * 60, 9 * 60),
    "早晨": (6 * 60, 9 * 60),
    "早间": (6 * 60, 9 * 60),
    "一早": (6 * 60, 9 * 60),
    "上午": (8 * 60, 12 * 60),
    "头午": (8 * 60, 12 * 60),
    "中午": (11 * 60 + 30, 13 * 60 + 30),
    "正午": (11 * 60 + 30, 13 * 60 + 30),
    "晌午": (11 * 60 + 30, 13 * 60 + 30),
    "午间": (11 * 60 + 30, 13 * 60 + 30),
    "下午": (13 * 60, 18 * 60),
    "午后": (13 * 60, 18 * 60),
    "后晌": (13 * 60, 18 * 60),
    "傍晚": (17 * 60, 19 * 60),
    "黄昏": (17 * 60, 19 * 60),
    "擦黑": (17 * 60, 19 * 60),
    "晚上": (18 * 60, 22 * 60),
    "晚间": (18 * 60, 22 * 60),
    "夜晚": (18 * 60, 22 * 60),
    "夜间": (22 * 60, 26 * 60),
    "夜里": (22 * 60, 26 * 60),
    "深夜": (22 * 60, 26 * 60),
    "半夜": (24 * 60, 29 * 60),
    "早": (6 * 60, 9 * 60),
    "晨": (6 * 60, 9 * 60),
    "晚": (18 * 60, 22 * 60),
    "夜": (22 * 60, 26 * 60),
}
# One-character parts count only beside a day (明早, 周六晚) or a clock (晚8点).
SHORT_PARTS = ("早", "晨", "晚", "夜")
# Relative day word → days from today. A bare 今/明/昨 must be followed by a part.
DAYS: dict[str, int] = {
    "大前天": -3,
    "大后天": 3,
    "大后日": 3,
    "今天": 0,
    "今日": 0,
    "今儿": 0,
    "今个": 0,
    "明天": 1,
    "明日": 1,
    "明儿": 1,
    "后天": 2,
    "后日": 2,
    "昨天": -1,
    "昨日": -1,
    "昨儿": -1,
    "前天": -2,
    "前日": -2,
    "今": 0,
    "明": 1,
    "昨": -1,
    "前": -2,
}
WEEKS: dict[str, int] = {"上上": -2, "上": -1, "这": 0, "本": 0, "这一": 0, "下": 1, "下一": 1, "下下": 2}
WEEKDAYS = "一二三四五六日"
_WEEKDAY: dict[str, int] = {
    **{name: index for index, name in enumerate(WEEKDAYS)},
    **{str(index + 1): index for index in range(6)},
    "天": 6,
    "7": 6,
}
UNITS: dict[str, int] = {"分钟": 1, "分": 1, "刻钟": 15, "小时": 60, "钟头": 60, "个钟": 60, "天": 1440, "日": 1440}

_N = r"(?:[0-9]{1,2}|[零〇一二三四五六七八九十两廿]{1,3})"
_W = r"(?:周|星期|礼拜)"


@dataclass(frozen=True, slots=True)
class _Day:
    first: date
    days: int = 1
    grain: Grain = Grain.DAY
    dated: bool = False  # written with its year: nothing about it is guessed
    loose: bool = False  # named by weekday or part only: may slide by a week when past


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int
    grain: Grain = Grain.MINUTE
    digital: bool = False  # written 9:00
    exact: bool = False  # 09:00 or 15:00 leave no question of morning or evening


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one expression says before it is set against now."""

    at: int
    end: int
    day: _Day | None = None
    part: str | None = None
    clock: _Clock | None = None


_Match = re.Match[str]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _one(day: date | None) -> _Day | None:
    return None if day is None else _Day(day)


def _relative(found: _Match, today: date, past: bool) -> _Day | None:
    return _Day(today + timedelta(days=DAYS[found[0]]))


def _week(found: _Match, today: date, past: bool) -> _Day | None:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=WEEKS[found["which"]])
    name = found["day"]
    if name is None:
        return _Day(monday, 7)
    if name == "末":
        return _Day(monday + timedelta(days=5), 2)
    return _Day(monday + timedelta(days=_WEEKDAY[name]))


def _weekday(found: _Match, today: date, past: bool) -> _Day | None:
    """周六: today or the next such day; with `past` the last one before today."""
    name = found["day"]
    if name == "末":
        saturday = today - timedelta(days=today.weekday()) + timedelta(days=5)
        return _Day(saturday - timedelta(weeks=1) if past else saturday, 2)
    ahead = (_WEEKDAY[name] - today.weekday()) % 7
    return _Day(today + timedelta(days=(ahead or 7) - 7 if past else ahead), loose=True)


def _full_date(found: _Match, today: date, past: bool) -> _Day | None:
    year = int(found["year"])
    month, day = read(found["month"]), read(found["dom"])
    found_day = None if month is None or day is None else _date(year + (2000 if year < 100 else 0), month, day)
    return None if found_day is None else _Day(found_day, dated=True)


def _month_day(found: _Match, today: date, past: bool) -> _Day | None:
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


def _in_month(first: date, words: str) -> _Day | None:
    after = _next_month(first)
    match words:
        case "底" | "末":
            return _Day(after - DAY)
        case "初":
            return _Day(first)
        case "中" | "中旬":
            return _Day(first + timedelta(days=10), 10)
        case "上旬":
            return _Day(first, 10)
        case "下旬":
            return _Day(first + timedelta(days=20), (after - first).days - 20)
        case "" | "份":
            return _Day(first, (after - first).days, Grain.MONTH)
        case _:
            number = read(words.rstrip("号日"))
            return None if number is None else _one(_date(first.year, first.month, number))


def _month(found: _Match, today: date, past: bool) -> _Day | None:
    """下个月3号, 本月底, 7月初, 8月份."""
    words = found["rest"] or ""
    if found["month"]:
        month = read(found["month"])
        if month is None or not 1 <= month <= 12:
            return None
        first = feasts.nearest(lambda year: date(year, month, 1), today.replace(day=1), past=past)
        return None if first is None else _in_month(first, words)
    return _in_month(_next_month(today.replace(day=1), WEEKS[found["which"]]), words)


def _bare_month_word(found: _Match, today: date, past: bool) -> _Day | None:
    """月底, 月初: this month's, or next month's when that day is over."""
    here = _in_month(today.replace(day=1), found["rest"])
    if here and not past and here.first + here.days * DAY <= today:
        return _in_month(_next_month(today.replace(day=1)), found["rest"])
    return here


def _day_of_month(found: _Match, today: date, past: bool) -> _Day | None:
    """15号: the next month that has such a day."""
    number = read(found["dom"])
    if number is None or not 1 <= number <= 31:
        return None
    months = [_next_month(today.replace(day=1), step) for step in (range(0, -4, -1) if past else range(4))]
    for first in months:
        day = _date(first.year, first.month, number)
        if day and (day <= today if past else day >= today):
            return _Day(day)
    return None


def _feast(found: _Match, today: date, past: bool) -> _Day | None:
    return _one(feasts.next_feast(found[0], today, past=past))


def _lunar(found: _Match, today: date, past: bool) -> _Day | None:
    names = {"正": 1, "冬": 11, "腊": 12}
    month = names.get(found["lunar"]) or read(found["lunar"])
    day = read(found["dom"].removeprefix("初"))
    if month is None or day is None:
        return None
    return _one(feasts.nearest(lambda year: feasts.lunar_day(year, month, day), today, past=past))


def _new_year(found: _Match, today: date, past: bool) -> _Day | None:
    day = read(found["dom"])
    return None if day is None else _one(feasts.nearest(lambda year: feasts.lunar_day(year, 1, day), today, past=past))


def _days_away(found: _Match, today: date, past: bool) -> _Day | None:
    """三天后, 两周前, 一个月后."""
    number = read(found["n"])
    if number is None or number > 400:
        return None
    ahead = -1 if found["side"].endswith("前") else 1
    if "月" in found["unit"]:
        first = _next_month(today.replace(day=1), ahead * number)
        last = (_next_month(first) - DAY).day
        return _Day(first.replace(day=min(today.day, last)))
    return _Day(today + timedelta(days=ahead * number * (7 if "天" not in found["unit"] else 1)))


_Reader = Callable[[_Match, date, bool], _Day | None]

_NOT_A_DAY = r"(?![0-9楼栋幢院门线单店桌井室车厅口房机库坑床柜地铺台球位馆棚馆桩站])"
_NUMERALS = "0123456789零〇一二三四五六七八九十两廿"
# The characters a rule can begin with, its pattern, its reader. Earlier rules win.
_DAY_RULES: tuple[tuple[str, str, _Reader], ...] = (
    ("2", r"(?P<year>20[0-9]{2})[-/.](?P<month>[0-9]{1,2})[-/.](?P<dom>[0-9]{1,2})(?![0-9])", _full_date),
    (
        "0123456789",
        r"(?P<year>20[0-9]{2}|[0-9]{2})年(?P<month>" + _N + r")月(?P<dom>" + _N + r")(?:日|号)?",
        _full_date,
    ),
    ("农阴旧正冬腊", r"(?:农历|阴历|旧历)?(?P<lunar>正|冬|腊)月(?P<dom>初?" + _N + r")(?:日|号)?", _lunar),
    ("农阴旧", r"(?:农历|阴历|旧历)(?P<lunar>" + _N + r")月(?P<dom>初?" + _N + r")(?:日|号)?", _lunar),
    ("一二三四五六七八九十", r"(?P<lunar>[一二三四五六七八九十]{1,2})月(?P<dom>初" + _N + r")", _lunar),
    ("大年", r"(?:大年|年)初(?P<dom>[一二三四五六七八九十]{1,2})", _new_year),
    ("".join({name[0] for name in feasts.NAMES}), "|".join(feasts.NAMES), _feast),
    ("今明去后", r"(?P<year>今年|明年|去年|后年)(?P<month>" + _N + r")月(?P<dom>" + _N + r")(?:日|号)?", _month_day),
    (_NUMERALS, r"(?P<month>" + _N + r")月(?P<dom>" + _N + r")(?:日|号|(?![0-9个天份]))", _month_day),
    (
        "0123456789",
        r"(?P<month>[0-9]{1,2})[/.](?P<dom>[0-9]{1,2})(?=\s?(?:[早上中下晚凌傍]|[0-9]{1,2}[点:]))",
        _month_day,
    ),
    (_NUMERALS, r"(?P<month>" + _N + r")月(?P<rest>底|初|中旬|上旬|下旬|份)(?P<which>)", _month),
    (
        "这本下上",
        r"(?P<which>这|本|下下|下|上上|上)个?月(?P<rest>底|初|中旬|上旬|下旬|中|末|" + _N + r"[号日])?(?P<month>)",
        _month,
    ),
    ("月", r"月(?P<rest>底|末|初|中旬|上旬|下旬)", _bare_month_word),
    (
        "这本下上",
        r"(?P<which>这一|下一|这|本|下下|下|上上|上)个?" + _W + r"(?P<day>[一二三四五六日天末]|[1-7](?![0-9点:]))?",
        _week,
    ),
    ("周星礼", _W + r"(?P<day>[一二三四五六日天末]|[1-7](?![0-9年点:]))", _weekday),
    (
        _NUMERALS + "过",
        r"(?:过)?(?P<n>" + _N + r")(?P<unit>天|个?星期|个?礼拜|周|个月)(?P<side>(?:之|以)?(?:后|前)(?!天))",
        _days_away,
    ),
    (
        "大今明昨后前",
        r"大前天|大后天|大后日|[今明昨后前][天日]|[今明昨]儿|今个|[今明昨](?=[早晚晨夜])|前(?=晚)",
        _relative,
    ),
    (_NUMERALS, r"(?P<dom>" + _N + r")号" + _NOT_A_DAY, _day_of_month),
    (_NUMERALS, r"(?P<dom>" + _N + r")日(?!元)", _day_of_month),
)


def _by_first() -> dict[str, tuple[tuple[re.Pattern[str], _Reader], ...]]:
    table: dict[str, list[tuple[re.Pattern[str], _Reader]]] = {}
    for firsts, pattern, reader in _DAY_RULES:
        compiled = re.compile(pattern)
        for first in firsts:
            table.setdefault(first, []).append((compiled, reader))
    return {first: tuple(rules) for first, rules in table.items()}


_DAYS_BY_FIRST = _by_first()
_AFTER_DAY = re.compile(
    r"(?:那天|当天|这天)?(?:\((?:周|星期|礼拜)[一二三四五六日天]\)|\([0-9]{1,2}[号日]\))?[\s,的]{0,2}"
)
_GAP = re.compile(r"[\s,的]{0,2}")
_PART = re.compile("|".join(PARTS))
_PART_TRAP = re.compile(r"好|班|饭|餐|会|市|课|自习|报")
_CLOCK = re.compile(
    r"(?P<hh>[01]?[0-9]|2[0-4]):(?P<mm>[0-5][0-9])(?::[0-5][0-9])?(?![0-9])"
    r"|差(?P<short>[一二三四五六七八九十0-9]{1,2}|一刻)(?:分钟?)?(?:到)?(?P<to>" + _N + r")点"
    r"|(?P<hour>" + _N + r")(?:点钟?|时(?!候|间|代|节|尚|装|髦|常))"
    r"(?:(?P<tail>半|一刻|三刻|整|多|差[一二三四五六七八九十0-9]{1,2}分|过?[0-5]?[0-9]分|[0-5][0-9](?![0-9])"
    r"|过?[零〇]?[一二三四五六七八九十]{1,3}分|[零〇]?[二三四五]?十[一二三四五六七八九]?|[零〇][一二三四五六七八九]))?"
)
_CLOCK_TRAP = re.compile(
    r"[名赞单餐菜评心击头儿子滴缀]|建议|意见|要求|原因|说明|体会|[一二三四五六七八九0-9](?:米|"
    r"度|斤|公|倍|个)|也不|都不|都没|也没|没有"
)
_FIRST_HOUR = re.compile(r"(?P<hour>" + _N + r")(?=[-~—–到至]{1,2}" + _N + r"(?:点|:[0-5][0-9]))")
_LINK = re.compile(r"\s?(?:到|至|-{1,2}|~|—{1,2}|–|～)\s?")
_BEFORE = re.compile(r"\s?(?:之前|以前|前(?![后面台门楼天年期去来往])|截止|为止)")
_AFTER = re.compile(r"\s?(?:之后|以后|过后|后(?!天|面|门|楼|院|年|来|勤|续|果|半)|起(?!来|床|不|码|初|身)|开始)")
_ABOUT = re.compile(r"左右|前后|上下(?!楼)|(?:钟)?的?样子")
_UNTIL = re.compile(r"(?:(?:最多|只能)?撑到|等到|最多到|最晚到?|最迟到?|截止到?|截至|不晚于|不超过)\s?$")
_BUSY = re.compile(r"(?:加班|上班|上课|忙|值班|出差|开会|堵车)到?$")
_IN = re.compile(
    r"(?P<n>半|[0-9]{1,3}(?:\.[0-9])?|[零〇一二三四五六七八九十两]{1,3})(?P<half>个半|个)?"
    r"(?P<unit>小时|钟头|刻钟|分钟|分|天|日)(?P<some>多)?(?:之|以)?(?P<side>内|后)(?!天)"
)
_PAST_AFTER = re.compile(
    r"[^,。!?;\n]{0,14}?(?:到现在|至今|就没|就一直|就不|没回|不见|丢[的了失]|走[丢失]|"
    r"掉[的了]|发生|开始就|到今天|出门|坏的|停的|捡[到的])"
)
_PAST_BEFORE = re.compile(r"(?:从|自从|自)\s?$")
_GREETING = "好"
_NUMERALS_OR_HALF = frozenset(_NUMERALS + "半")
_PART_FIRSTS = frozenset(name[0] for name in PARTS)
_CLOCK_FIRSTS = frozenset(_NUMERALS + "差")
_STARTS = frozenset(_DAYS_BY_FIRST) | _PART_FIRSTS | _CLOCK_FIRSTS | frozenset("半")
_COUNTED = re.compile(r"(?:[一整每几两三四五个天]|好几个|成天|整个|每天|天天|每个)$")


def _day_at(text: str, at: int, today: date, past: bool) -> tuple[_Day, int] | None:
    for pattern, reader in _DAYS_BY_FIRST.get(text[at : at + 1], ()):
        found = pattern.match(text, at)
        if found:
            day = reader(found, today, past)
            if day is None:
                return None
            return day, found.end()
    return None


def _clock_at(text: str, at: int, *, bound: bool) -> tuple[_Clock, int] | None:
    """A clock at this place. `bound`: a day or part stands before it, so that 一点 is no "a bit"."""
    found = _CLOCK.match(text, at)
    if found is None:
        return None
    end = found.end()
    if found["hh"]:
        hour, minute = int(found["hh"]), int(found["mm"])
        exact = found["hh"].startswith("0") or hour > 12
        return (_Clock(hour, minute, digital=True, exact=exact), end) if hour * 60 + minute <= 24 * 60 else None
    if found["short"]:
        to, short = read(found["to"]), 15 if found["short"] == "一刻" else read(found["short"])
        if to is None or short is None or not 1 <= to <= 24 or not 0 < short < 60:
            return None
        return _Clock(to - 1, 60 - short, exact=to > 13), end
    hour_read = read(found["hour"])
    tail = found["tail"] or ""
    if hour_read is None or hour_read > 24 or _CLOCK_TRAP.match(text, found.end("hour") + 1):
        return None
    if found["hour"] == "一" and not bound and not tail and not re.match(r"钟|[前以之左整]|到", text[end : end + 1]):
        return None
    minute_read = _minutes_of(tail)
    if minute_read is None:
        return None
    if minute_read < 0:
        hour_read, minute_read = hour_read - 1, 60 + minute_read
    if hour_read < 0 or hour_read * 60 + minute_read > 24 * 60:
        return None
    grain = Grain.HOUR if tail == "多" else Grain.MINUTE
    return _Clock(hour_read, minute_read, grain, exact=hour_read > 12 or hour_read == 0), end


def _minutes_of(tail: str) -> int | None:
    fixed = {"": 0, "整": 0, "多": 0, "半": 30, "一刻": 15, "三刻": 45}
    if tail in fixed:
        return fixed[tail]
    bare = tail.removeprefix("过").removesuffix("分")
    if bare.startswith("差"):
        number = read(bare[1:])
        return None if number is None or not 0 < number < 60 else -number
    number = read(bare.lstrip("零〇") or "零")
    return number if number is not None and number < 60 else None


def _piece_at(text: str, at: int, today: date, past: bool, *, second: bool = False) -> _Piece | None:
    """Day, part and clock that begin here, whatever there is of them."""
    day: _Day | None = None
    part: str | None = None
    end = at
    found = _day_at(text, at, today, past)
    if found:
        day, end = found
        skip = _AFTER_DAY.match(text, end)
        after = skip.end() if skip else end
    else:
        after = at
    word = _PART.match(text, after) if text[after : after + 1] in _PART_FIRSTS else None
    if word and _part_stands(text, word, day is not None, second):
        part, end = word[0], word.end()
        after = end
        skip = _GAP.match(text, after)
        after = skip.end() if skip else after
    clock: _Clock | None = None
    clock_found = None
    if text[after : after + 1] in _CLOCK_FIRSTS:
        clock_found = _clock_at(text, after, bound=day is not None or part is not None)
    if clock_found:
        clock, end = clock_found
    elif text[after : after + 1] in _CLOCK_FIRSTS and (hour := _FIRST_HOUR.match(text, after)):
        number = read(hour["hour"])
        if number is not None and number <= 24:
            clock, end = _Clock(number, 0, exact=number > 12), hour.end()
    if day is None and part is None and clock is None:
        return None
    return _Piece(at, end, day, part, clock)


def _part_stands(text: str, word: _Match, has_day: bool, second: bool) -> bool:
    """Whether a part word is a time here, and not 晚上好, 一晚上, 早饭."""
    if word[0] in SHORT_PARTS and not has_day and not second and not _CLOCK.match(text, word.end()):
        return False
    if word[0] in SHORT_PARTS and _PART_TRAP.match(text, word.end()) and not has_day:
        return False
    if text.startswith(_GREETING, word.end()) and not text.startswith("好像", word.end()):
        return has_day
    return has_day or not _COUNTED.search(text[max(0, word.start() - 2) : word.start()])


def _at(day: date, minutes: int, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo) + timedelta(minutes=minutes)


def _by_part(clock: _Clock, part: str) -> int:
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


def _point(piece: _Piece, clock: _Clock, now: datetime, past: bool) -> datetime:
    if piece.part:
        minutes = _by_part(clock, piece.part)
        if piece.day:
            return _at(piece.day.first, minutes, now)
        # Before six in the morning 晚上1点 is still this night.
        moments = [_at(now.date() + timedelta(days=shift), minutes, now) for shift in (-1, 0, 1)]
        return _choose(moments, now, past)
    plain = clock.hour * 60 + clock.minute
    if piece.day:
        if piece.day.dated and clock.digital:
            return _at(piece.day.first, plain, now)
        if clock.exact or piece.day.first != now.date():
            return _at(piece.day.first, plain if clock.exact else _sensible(clock.hour) * 60 + clock.minute, now)
        today = [_at(piece.day.first, plain + half, now) for half in (0, 720) if plain + half <= 1440]
        return _choose([moment for moment in today if _awake(moment) or len(today) == 1] or today, now, past)
    halves = (0,) if clock.exact else (0, 720)
    moments = [
        _at(now.date() + timedelta(days=shift), plain + half, now)
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


def _sides(piece: _Piece, now: datetime, past: bool) -> tuple[datetime, datetime, Grain]:
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
            if not past and _at(first, high, now) <= now:
                first += DAY
        start, end = _at(first, low, now), _at(first, high, now)
        if piece.day and piece.day.loose and not past and end <= now:
            start, end = start + timedelta(weeks=1), end + timedelta(weeks=1)
        return start, end, Grain.PART
    if piece.day is None:
        raise AssertionError("an expression has a day, a part or a clock")
    start = _at(piece.day.first, 0, now)
    return start, _at(piece.day.first + timedelta(days=piece.day.days), 0, now), piece.day.grain


def _read_at(text: str, at: int, now: datetime) -> tuple[Span, int] | None:
    """The time expression that begins exactly here, and where it ends."""
    away = _IN.match(text, at) if text[at] in _NUMERALS_OR_HALF else None
    if away:
        return _away(away, now)
    today = now.date()
    past = bool(_PAST_BEFORE.search(text[max(0, at - 3) : at]))
    piece = _piece_at(text, at, today, past)
    if piece is None:
        return None
    if not past and _PAST_AFTER.match(text, piece.end):
        past = True
        piece = _piece_at(text, at, today, past) or piece
    link = _LINK.match(text, piece.end)
    if link:
        other = _piece_at(text, link.end(), today, past, second=True)
        if other and _ranges(piece, other):
            start, end, grain = _range(piece, other, now, past)
            return Span(start, end, grain, text[at : other.end]), other.end
    return _one_sided(text, at, piece, now, past)


def _ranges(first: _Piece, second: _Piece) -> bool:
    if (second.clock is None) == (first.clock is None):
        return True
    return (second.day is not None and first.day is not None) or second.clock is not None


def _one_sided(text: str, at: int, piece: _Piece, now: datetime, past: bool) -> tuple[Span, int]:
    start, end, grain = _sides(piece, now, past)
    before = _BEFORE.match(text, piece.end)
    until = _UNTIL.search(text[max(0, at - 6) : at])
    if before or until:
        begin = at - len(until[0].rstrip()) if until else at
        stop = before.end() if before else piece.end
        limit = _limit(piece, start, end, bool(before))
        return Span(None, limit, Grain.MINUTE if piece.clock or piece.part else grain, text[begin:stop]), stop
    after = _AFTER.match(text, piece.end)
    if after:
        return Span(start, None, grain, text[at : after.end()]), after.end()
    about = _ABOUT.match(text, piece.end)
    stop = about.end() if about else piece.end
    return Span(start, end, grain, text[at:stop]), stop


def _limit(piece: _Piece, start: datetime, end: datetime, said_before: bool) -> datetime:
    """The moment a deadline names: 九点前 is 9:00, 周五前 the start of Friday, 撑到中午 noon."""
    if piece.clock:
        return start
    if piece.part:
        low, _high = PARTS[piece.part]
        if low == 11 * 60 + 30:
            return start + timedelta(minutes=30)
        return start if said_before else (start if low >= 17 * 60 else end)
    return start if said_before else end


def _range(first: _Piece, second: _Piece, now: datetime, past: bool) -> tuple[datetime, datetime, Grain]:
    if first.clock is None and second.clock is None:
        start, _, grain = _sides(first, now, past)
        _, end, _ = _sides(replace(second, day=second.day or first.day if second.part else second.day), now, past)
        if end <= start:
            end += timedelta(weeks=1) if second.day and second.day.loose else timedelta(0)
        if end <= start:
            end = start + DAY
        return start, end, grain
    if first.clock is None:
        start, _, _ = _sides(first, now, past)
        end = _sides(replace(second, day=second.day or first.day), now, past)[0]
        return start, max(end, start + MINUTE), Grain.MINUTE
    if second.clock is None:
        start = _sides(first, now, past)[0]
        end = _sides(second, now, past)[1]
        return start, max(end, start + MINUTE), Grain.MINUTE
    start = _start_of_range(first, second, now, past)
    return start, _end_of_range(start, second, now), Grain.MINUTE


def _start_of_range(first: _Piece, until: _Piece, now: datetime, past: bool) -> datetime:
    """The start of 9点到11点: the reading whose end is still ahead, the likely half of the day first."""
    if first.clock is None:
        raise AssertionError("a range of clocks")
    if first.part and not first.day and not past:
        # 上午9点到11点 said at half past nine is under way, not tomorrow.
        today = _at(now.date(), _by_part(first.clock, first.part), now)
        if today <= now < _end_of_range(today, until, now):
            return today
    if first.part or first.clock.exact or (first.day and first.day.first != now.date()) or past:
        return _sides(first, now, past)[0]
    day = first.day.first if first.day else now.date()
    hour = _sensible(first.clock.hour)
    last = until.clock or first.clock
    length = (last.hour * 60 + last.minute - first.clock.hour * 60 - first.clock.minute) % 720 or 720
    start = _at(day, hour * 60 + first.clock.minute, now)
    if start + timedelta(minutes=length) > now or first.day:
        return start
    later = start + timedelta(hours=12)
    return later if hour < 12 and later.date() == day and later > now else start + DAY


def _end_of_range(start: datetime, second: _Piece, now: datetime) -> datetime:
    if second.clock is None:
        raise AssertionError("a range of clocks")
    day = second.day.first if second.day else start.date()
    if second.part:
        end = _at(day, _by_part(second.clock, second.part), now)
    else:
        end = _at(day, second.clock.hour * 60 + second.clock.minute, now)
        # 下午2点到5点: the day part carries over, so an end before the start is twelve hours later.
        if not second.clock.exact and end <= start and (end + timedelta(hours=12)) > start:
            end += timedelta(hours=12)
    return end if end > start else end + DAY


def _away(found: _Match, now: datetime) -> tuple[Span, int] | None:
    """半小时后, 十分钟内, 两天后."""
    number = amount(found["n"])
    if number is None:
        return None
    if found["half"] == "个半":
        number += 0.5
    moment = now.replace(second=0, microsecond=0)
    if found["unit"] in ("天", "日"):
        day = now.date() + timedelta(days=int(number))
        if found["side"] == "后":
            return Span(_at(day, 0, now), _at(day + DAY, 0, now), Grain.DAY, found[0]), found.end()
        return Span(moment, _at(day + DAY, 0, now), Grain.DAY, found[0]), found.end()
    step = timedelta(minutes=round(number * UNITS[found["unit"]]))
    if found["side"] == "内":
        return Span(moment, moment + step, Grain.MINUTE, found[0]), found.end()
    return Span(moment + step, moment + step + MINUTE, Grain.MINUTE, found[0]), found.end()


_RECURRING = re.compile(
    r"(?:每(?:个|逢)?(?:隔[一二两三0-9]天|天|日|晚|早|周末|(?:周|星期|"
    r"礼拜)(?:[一二三四五六日天1-6](?:[、和,]?(?:周|星期|"
    r"礼拜)?[一二三四五六日天](?![点月号]))*)?|月(?:[0-9]{1,2}[号日])?|年)"
    r"|隔天|隔[一二两三0-9]天|逢[一二三四五六日0-9]{1,3}|工作日|周中)"
)
_WEEKDAY_RANGE = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天][到至\-~](?:周|星期|礼拜)?[一二三四五六日天]")
_MAY_RECUR = frozenset("每隔逢周星礼工")
_STANDING = re.compile(r"长期|每|固定|天天|平时|都要|一直|常年|定期")


def find_recurrence(text: str, now: datetime) -> tuple[str, int, int] | None:
    """The words of a repetition (每周三下午) with their place; None where nothing repeats."""
    folded = fold(text)
    if not _MAY_RECUR.intersection(folded):
        return None
    found = _RECURRING.search(folded)
    if found:
        end = found.end()
        skip = end + (1 if folded[end : end + 1] in (" ", "的") else 0)
        piece = _piece_at(folded, skip, now.date(), False, second=True)
        if piece and piece.day is None:
            end = piece.end
            link = _LINK.match(folded, end)
            other = _piece_at(folded, link.end(), now.date(), False, second=True) if link else None
            end = other.end if other and other.day is None else end
        return text[found.start() : end], found.start(), end
    days = _WEEKDAY_RANGE.search(folded)
    if days and _STANDING.search(folded):
        return text[days.start() : days.end()], days.start(), days.end()
    return None


def _scan(text: str, now: datetime) -> list[tuple[Span, int, int]]:
    found: list[tuple[Span, int, int]] = []
    at, size = 0, len(text)
    skip = find_recurrence(text, now)
    while at < size:
        if skip and skip[1] <= at < skip[2]:
            at = skip[2]
            continue
        char = text[at]
        if char in _STARTS and not _inside_number(text, at):
            span = _read_at(text, at, now)
            if span:
                found.append((span[0], at, span[1]))
                at = max(span[1], at + 1)
                continue
        at += 1
    return found


_NUMERIC = frozenset("0123456789零〇一二三四五六七八九十百千两.")


def _inside_number(text: str, at: int) -> bool:
    """The tail of a longer number is no time: 125号, 13.5点, 3-2-501."""
    if not at or text[at] not in _NUMERIC:
        return False
    before = text[at - 1]
    if before in "月年":
        return True  # what is left of an impossible date
    if before in _NUMERIC:
        return not (before == "." and (at < 2 or text[at - 2] not in _NUMERIC))
    return (before in "-#/第" and at > 1 and text[at - 2] in _NUMERIC) or before == "第"


def find_times(text: str, now: datetime) -> list[Span]:
    """Every time expression in order, past ones too; recurrences and durations are none."""
    return [span for span, _, _ in _scan(fold(text), now)]


def read_time(text: str, now: datetime) -> Span | None:
    """The time that the need is tied to: ahead of now, a later clock joined to an earlier day."""
    folded = fold(text)
    found = [
        (span, at, end)
        for span, at, end in _scan(folded, now)
        if not _is_over(span, now) and not _blocked(folded, at, span)
    ]
    if not found:
        return None
    first, at, end = found[0]
    if first.grain is Grain.PART and _is_aside(folded, end):
        return None
    if first.grain is Grain.DAY and first.start and first.end and len(found) > 1:
        for later, begin, stop in found[1:]:
            if later.grain in (Grain.MINUTE, Grain.HOUR, Grain.PART) and _clock_only(folded[begin:stop]):
                if first.start.date() == now.date():
                    return replace(later, text=text[begin:stop])
                joined = _read_at(folded[at:end] + folded[begin:stop], 0, now)
                if joined:
                    return replace(joined[0], text=f"{text[at:end]}…{text[begin:stop]}")
    return replace(first, text=text[end - len(first.text) : end])


# 晚上老人看不见路 tells what happens every evening, not when to come.
_ASIDE = re.compile(r"[^,。!?;\n]{0,8}?(?:看不见|看不清|不敢|睡不|没法睡|容易摔|吵得|黑漆漆|黑灯瞎火|摸黑)")


def _is_aside(text: str, end: int) -> bool:
    return bool(_ASIDE.match(text, end))


_DAY_WORD = re.compile(r"[今明昨后前][天日早晚]|周|星期|礼拜|月|号|日")


def _clock_only(words: str) -> bool:
    return not _DAY_WORD.search(words)


def _is_over(span: Span, now: datetime) -> bool:
    last = span.end or span.start
    return last is not None and last <= now and span.end is not None


def _blocked(text: str, at: int, span: Span) -> bool:
    """加班到八点: when somebody is busy until is not when help is wanted."""
    return span.start is not None and span.grain is Grain.MINUTE and bool(_BUSY.search(text[max(0, at - 3) : at]))


_DURATION = re.compile(
    r"(?P<n>半|[0-9]{1,3}(?:\.[0-9]{1,2})?|[零〇一二三四五六七八九十百两]{1,4})(?P<half>个半|"
    r"个|多个)?(?P<unit>小时|钟头|刻钟|分钟|个钟)(?P<more>半)?"
    r"(?P<rest>(?:零|又)?[0-9一二三四五六七八九十]{1,3}分钟?)?(?!(?:之|以)?[内后前])"
)


def read_minutes(text: str) -> int | None:
    """约2小时, 40分钟, 一个半小时, 一刻钟 as minutes; None where no length of time is said."""
    folded = fold(text)
    found = _DURATION.search(folded)
    if not found:
        return 60 if re.search(r"个把(?:小时|钟头)", folded) else None
    number = amount(found["n"])
    if number is None:
        return None
    if found["half"] == "个半" or found["more"]:
        number += 0.5
    minutes = number * UNITS[found["unit"]]
    if found["rest"]:
        minutes += read(found["rest"].strip("零又分钟")) or 0
    return round(minutes)


# Windows that have a name, for writing: minutes → word. The common names first.
_NAMES_OF_PARTS: dict[tuple[int, int], str] = {}
for _word in ("早上", "上午", "中午", "下午", "傍晚", "晚上", "凌晨", "清晨", "夜里", "半夜"):
    _NAMES_OF_PARTS.setdefault(PARTS[_word], _word)


def say_span(span: Span, now: datetime) -> str:
    """Short natural words that read back as the same span: 明天上午, 明天15:00, 周六9:00, 今晚8点前, 11月28日上午."""
    for words in _wordings(span, now):
        for found in find_times(words, now)[:1]:
            if found.text == words and (found.start, found.end) == (span.start, span.end):
                return words
    return _spelled_out(span, now)


def _wordings(span: Span, now: datetime) -> list[str]:
    """Ways to say it, the most natural first; say_span takes the first that reads back."""
    if span.start is None and span.end is None:
        return []
    moment = (span.start or span.end or now).astimezone(now.tzinfo)
    days = _day_names(moment.date(), now)
    if span.start is None:
        return [f"{day}前" for day in days if moment.time() == time()] + [
            f"{words}前" for words in _clock_words(days, moment)
        ]
    if span.end is None:
        return [f"{words}以后" for words in _clock_words(days, moment)]
    end = span.end.astimezone(now.tzinfo)
    if end - moment == MINUTE:
        return _clock_words(days, moment)
    if moment.time() == time() and end.time() == time():
        return _whole_days(days, moment, end, now)
    begin = moment.hour * 60 + moment.minute
    length = round((end - moment).total_seconds() / 60)
    part = _NAMES_OF_PARTS.get((begin, begin + length))
    short = {"今天晚上": "今晚", "明天晚上": "明晚", "今天早上": "今早", "明天早上": "明早"}
    named = [short.get(day + part, day + part) for day in days] if part else []
    return named + _clock_ranges(days, moment, end, now)


def _day_names(day: date, now: datetime) -> list[str]:
    """今天, 周六, 11月28日, 2027年1月3日."""
    names = {0: "今天", 1: "明天", 2: "后天"}
    ahead = (day - now.date()).days
    found = [names[ahead]] if ahead in names else []
    if 2 < ahead < 7:
        found.append("周" + WEEKDAYS[day.weekday()])
    return [*found, f"{day.month}月{day.day}日", f"{day.year}年{day.month}月{day.day}日"]


def _clock_words(days: list[str], moment: datetime) -> list[str]:
    clock = f"{moment.hour}:{moment.minute:02}"
    evening = []
    if days[0] in ("今天", "明天") and 18 <= moment.hour <= 22:
        hour = f"{moment.hour - 12}点" + {0: "", 30: "半"}.get(moment.minute, f"{moment.minute:02}分")
        evening = [f"{days[0][0]}晚{hour}"]
    return [
        *evening,
        *(f"{day}{clock}" for day in days),
        *(f"{day}{moment.hour:02}:{moment.minute:02}" for day in days),
    ]


def _whole_days(days: list[str], start: datetime, end: datetime, now: datetime) -> list[str]:
    count = (end.date() - start.date()).days
    if count == 1:
        return days
    weekend = ["本周末", "下周末", "周末"] if count == 2 and start.weekday() == 5 else []
    week = ["本周", "下周", "上周"] if count == 7 and start.weekday() == 0 else []
    lasts = _day_names((end - DAY).date(), now)
    return [*weekend, *week, *(f"{day}到{last}" for day in days for last in lasts)]


def _clock_ranges(days: list[str], start: datetime, end: datetime, now: datetime) -> list[str]:
    """明天9:00到11:00, or with both days where it ends on another."""
    begin = [f"{start.hour}:{start.minute:02}", f"{start.hour:02}:{start.minute:02}"]
    last = [f"{end.hour}:{end.minute:02}", f"{end.hour:02}:{end.minute:02}"]
    same = [f"{day}{one}到{other}" for day in days for one in begin for other in last]
    lasts = _day_names(end.date(), now)
    return same + [f"{day}{begin[1]}到{other}{last[1]}" for day in days for other in lasts]


def _spelled_out(span: Span, now: datetime) -> str:
    """For spans that no short form carries, such as one with odd seconds: full dates on both sides."""

    def full(moment: datetime) -> str:
        local = moment.astimezone(now.tzinfo)
        return f"{local.year}年{local.month}月{local.day}日{local.hour:02}:{local.minute:02}"

    if span.start is None:
        return f"{full(span.end)}前" if span.end else span.text
    if span.end is None:
        return f"{full(span.start)}以后"
    return f"{full(span.start)}到{full(span.end)}"
