"""One time expression as it is written: a day, a day part and a clock, whatever there is of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.days import WORDS, YEAR_FIRSTS, Day, Match, View, day_at
from nlp.intent import Grain
from nlp.numbers import read
from nlp.time_words import EDGES, LINK, NUMBER, NUMERALS, PARTS, POINTS, SHORT_PARTS, any_of


@dataclass(frozen=True, slots=True)
class Clock:
    hour: int
    minute: int
    grain: Grain = Grain.MINUTE
    digital: bool = False  # written 9:00
    exact: bool = False  # 09:00 or 15:00 leave no question of morning or evening
    until: int | None = None  # 两三点: up to this hour


@dataclass(frozen=True, slots=True)
class Piece:
    """What one expression says before it is set against now. Neither day, part nor clock: an impossible one."""

    at: int
    end: int
    day: Day | None = None
    part: str | None = None
    clock: Clock | None = None
    day_end: int = 0
    said: int = 0  # where the words end that are given back: the 那天(周日) of 15号那天(周日) adds nothing

    @property
    def possible(self) -> bool:
        return self.day is not None or self.part is not None or self.clock is not None


_AFTER_DAY = re.compile(
    r"(?:的?(?:那一?天|当天|当日|这一?天|期间)|(?:之|以)?内|里(?=[早上中下晚])|(?:一整天|全天|整天))?[\s,的t]{0,2}"
    r"(?:大概|大约|约莫|约|差不多|估计)?"
)
_WHOLE_DAY = re.compile(r"[天日内间]$")
_INSIDE = re.compile(r"[整全]天$|[内间]$")
_GAP = re.compile(r"[\s,的]{0,2}(?:大概|大约|约莫|约|差不多|估计)?")
_PART = re.compile(any_of(PARTS))
_PART_TRAP = re.compile(r"好|班|饭|餐|会|市|课|自习|报|茶|操|晚|点|期|就|已|该|知|产|年|辈|恋|婚|衣|礼|宵|色|景|光|跑")
_SOONER = re.compile(r"一?点(?![钟0-9零一二三四五六七八九十半])|一?些|到(?![0-9零一二三四五六七八九十两])|起|一会")
_PART_TAIL = re.compile(r"(?<=晚)上|(?<=夜)里|(?<=早)上|(?:时分|时候|里|些时候)(?![0-9])")
_TAIL = (
    r"(?:(?P<tail>半(?:钟|多)?|[一1]刻钟?|[三3]刻钟?|整|多钟?|来钟|许|出头|过?差[一二三四五六七八九十0-9]{1,2}分|差一刻|"
    r"过?[0-5]?[0-9]分钟?(?!钟?[内后])|过?零?[0-5][0-9](?![0-9])(?:秒)?|"
    r"过?[零〇]?[一二三四五六七八九十]{1,3}分(?!钟?[内后])|[零〇]?[二三四五]?十[一二三四五六七八九]?(?![几多来个]|分钟[内后])|[零〇][一二三四五六七八九])"
    r"(?:[0-9一二三四五六七八九十]{1,3}秒)?)?"
)
_DIGITAL = re.compile(r"(?P<hh>[0-9]{1,2}):(?P<mm>[0-9]{2})(?::[0-5][0-9])?(?![0-9])(?!比)")
_TO = re.compile(
    r"差(?P<short>[一二三四五六七八九十0-9]{1,2}|[一1]刻)(?:分钟?|钟)?(?:就|不)?(?:到)?(?P<to>" + NUMBER + r")[点时]整?"
)
_SPOKEN = re.compile(
    r"(?P<hour>" + NUMBER + r")(?:点钟?|时(?!候|间|代|节|尚|装|髦|常|而|刻|差|令|分|期|段|区|速|辰))" + _TAIL
)
_NEXT = {
    "一": "二",
    "两": "三",
    "二": "三",
    "三": "四",
    "四": "五",
    "五": "六",
    "六": "七",
    "七": "八",
    "八": "九",
    "九": "十",
}
_PAIRS = "|".join(low + high for low, high in (*_NEXT.items(), ("一", "两"), ("十", "十一")))
_ABOUT = re.compile(r"(?P<ten>十(?=[一二]))?(?P<pair>" + _PAIRS + r")点(?:多钟?|来钟|钟)?")
_LATIN = re.compile(r"(?P<hour>1[0-2]|0?[1-9])(?::(?P<mm>[0-5][0-9]))?\s?(?P<half>am|pm|a\.m\.?|p\.m\.?)(?![a-z])")
_LATIN_FIRST = re.compile(
    r"(?P<half>am|pm)\s?(?P<hour>1[0-2]|0?[1-9])(?:[:点](?P<mm>[0-5][0-9])?(?P<word>半)?)?(?![0-9a-z])"
)
_LATIN_AFTER = re.compile(r"\s?(?P<half>am|pm|a\.m\.?|p\.m\.?)(?![a-z])")
_SOONER_OR_LATER = frozenset("晚早快慢好大小多少高低近远轻重有差那这便贵")
_AFTER_ONE = re.compile(r"钟|[前以之左整]|到|后|集合|见|开|出发|上课|[-~][0-9一二三四五六七八九十]")
_POINTED_AT = re.compile(r"(?:这|那|这有|以下|如下|以上|提了?|说了?|补充|几|第|其|讲)$")
_CLOCK_TRAP = re.compile(
    r"[名赞单餐菜评心击头儿子滴缀燃亮]|建议|意见|要求|原因|说明|体会|疑问|问题|注意|感受|希望|[一二三四五六七八九0-9]{1,3}"
    r"(?:米|度|斤|公|倍|元|块|%|厘|毫|克|升|千|万|亿|折|版|寸|个(?!人|小时|钟|壮|小伙|大人|志愿|师傅|党员|孩|老)|点)|"
    r"也不|都不|都没|也没|没有"
)
_DECIMAL = re.compile(
    r"[0-9一二三四五六七八九](?!个?人|位|名|栋|楼|号|单元|[0-9一二三四五六七八九十]|个|[-#]|月|辆|户|家|幢|座)"
)
_FIRST_HOUR = re.compile(
    r"(?P<hour>"
    + NUMBER
    + r")(?=(?:"
    + LINK
    + r"|、)(?:早上|上午|中午|下午|晚上|晚)?"
    + NUMBER
    + r"(?:点(?!(?:建议|意见|要求|原因))|时(?!间|候)|:[0-5][0-9]|[ap]m))"
)
_GREETING = "好"
_PART_FIRSTS = frozenset(name[0] for name in PARTS)
_POINT = re.compile(any_of(POINTS))
_POINT_FIRSTS = frozenset(name[0] for name in POINTS)
_EDGE = re.compile(r"(?:" + any_of(EDGES) + r")(?=之前|以前|前(?![后面]))")
_EDGE_FIRSTS = frozenset(name[0] for name in EDGES)
_CLOCK_FIRSTS = frozenset(NUMERALS + "差ap")
STARTS = (
    frozenset(WORDS)
    | YEAR_FIRSTS
    | _PART_FIRSTS
    | _POINT_FIRSTS
    | _EDGE_FIRSTS
    | _CLOCK_FIRSTS
    | frozenset("半未接今往最近")
)
_COUNTED = re.compile(r"(?:[一整每几两三四五个天俩仨0-9]|好几个|成天|整个|每天|天天|每个)$")


@dataclass(frozen=True, slots=True)
class _Told:
    """A clock and where it ends; without a clock it is an impossible one, 25点."""

    clock: Clock | None
    end: int


def _clock_at(text: str, at: int, *, bound: bool) -> _Told | None:
    """A clock at this place. `bound`: a day or part stands before it, so that 一点 is no "a bit"."""
    first = text[at : at + 1]
    if first in ("a", "p"):
        return _latin(_LATIN_FIRST.match(text, at)) if not text[at - 1 : at].isascii() or at == 0 else None
    if first == "差":
        return _short_of(_TO.match(text, at))
    if "0" <= first <= "9":
        if found := _LATIN.match(text, at):
            return _latin(found)
        if found := _DIGITAL.match(text, at):
            return _digital(found)
    elif found := _ABOUT.match(text, at):
        return _between_hours(text, found, bound=bound)
    found = _SPOKEN.match(text, at)
    return _spoken(text, found, bound=bound) if found else None


def _latin(found: Match | None) -> _Told | None:
    if found is None:
        return None
    half = 12 if found["half"].startswith("p") else 0
    minute = 30 if found.groupdict().get("word") else int(found["mm"] or 0)
    return _Told(Clock(int(found["hour"]) % 12 + half, minute, digital=True, exact=True), found.end())


def _digital(found: Match) -> _Told | None:
    hour, minute = int(found["hh"]), int(found["mm"])
    if hour > 24 or minute > 59 or hour * 60 + minute > 24 * 60:
        return _Told(None, found.end())
    later = _LATIN_AFTER.match(found.string, found.end())
    if later and hour <= 12:
        return _Told(Clock(hour % 12 + 12 * later["half"].startswith("p"), minute, exact=True), later.end())
    return _Told(Clock(hour, minute, digital=True, exact=found["hh"].startswith("0") or hour > 12), found.end())


def _short_of(found: Match | None) -> _Told | None:
    """差五分八点."""
    if found is None:
        return None
    to, short = read(found["to"]), 15 if found["short"].endswith("刻") else read(found["short"])
    if to is None or short is None or not 1 <= to <= 24 or not 0 < short < 60:
        return _Told(None, found.end())
    return _Told(Clock(to - 1, 60 - short, exact=to > 13), found.end())


def _between_hours(text: str, found: Match, *, bound: bool) -> _Told | None:
    """两三点: from two to three."""
    if _CLOCK_TRAP.match(text, found.end()) or (
        not bound and _POINTED_AT.search(text, max(0, found.start() - 2), found.start())
    ):
        return None
    low = "十" if found["pair"] == "十十一" else ("十" if found["ten"] else "") + found["pair"][0]
    hour = read(low)
    return None if hour is None else _Told(Clock(hour, 0, Grain.HOUR, until=hour + 1), found.end())


def _spoken(text: str, found: Match, *, bound: bool) -> _Told | None:
    end, tail = found.end(), found["tail"] or ""
    hour_read = read(found["hour"])
    after_hour = found.end("hour") + 1
    if _CLOCK_TRAP.match(text, after_hour):
        return None
    if not bound and (
        _is_a_bit(text, found, tail) or _POINTED_AT.search(text, max(0, found.start() - 2), found.start())
    ):
        return None
    # 血糖七点五: a single figure behind 点 is a decimal.
    if not tail and not bound and text[after_hour - 1] == "点" and _DECIMAL.match(text, end):
        return None
    if not bound and not tail and text[after_hour - 1] == "时" and found["hour"] in "一几":
        return None
    minute_read = _minutes_of(tail)
    if hour_read is None or hour_read > 24 or minute_read is None:
        return _Told(None, end)
    if minute_read < 0:
        hour_read, minute_read = hour_read - 1, 60 + minute_read
    if hour_read < 0 or hour_read * 60 + minute_read > 24 * 60:
        return _Told(None, end)
    grain = Grain.HOUR if tail.startswith("多") else Grain.MINUTE
    exact = hour_read > 12 or hour_read == 0 or (found["hour"].startswith("0") and len(found["hour"]) == 2)
    return _Told(Clock(hour_read, minute_read, grain, exact=exact), end)


def _is_a_bit(text: str, found: Match, tail: str) -> bool:
    """快一点, 有一点; 一点 alone counts only where what follows shows a clock."""
    if found["hour"] != "一":
        return False
    if text[found.start() - 1 : found.start()] in _SOONER_OR_LATER:
        return True
    return not tail and not text[: found.end()].endswith("钟") and not _AFTER_ONE.match(text, found.end())


_FIXED = {"": 0, "整": 0, "来钟": 0, "许": 0, "出头": 0, "多": 0, "多钟": 0, "半": 30, "差一刻": -15}


def _minutes_of(tail: str) -> int | None:
    if tail in _FIXED:
        return _FIXED[tail]
    if tail.startswith("半"):
        return 30
    if "刻" in tail:
        return 15 if tail[0] in "一1" else 45
    bare = tail.partition("秒")[0].removeprefix("过").partition("分")[0]
    if bare.startswith("差"):
        number = read(bare[1:])
        return None if number is None or not 0 < number < 60 else -number
    number = read(bare.lstrip("零〇") or "零")
    return number if number is not None and number < 60 else None


def piece_at(text: str, at: int, view: View, *, second: bool = False) -> Piece | None:
    """Day, part and clock that begin here, whatever there is of them."""
    found = day_at(text, at, view)
    day: Day | None = None
    said = end = after = day_end = at
    if found:
        day, said, end = found
        day_end = said
        if day is None:
            return Piece(at, _past_the_rest(text, end))
        skip = _AFTER_DAY.match(text, end)
        after = skip.end() if skip else end
        if skip and _WHOLE_DAY.search(skip[0]):
            end = after
            said = after if _INSIDE.search(skip[0]) else said
    if text[after : after + 1] in _POINT_FIRSTS and (point := _POINT.match(text, after)):
        clock, end = _point_clock(text, point)
        return Piece(at, end, day, None, clock, day_end, end)
    part, end, after = _part_at(text, end, after, day, second)
    if part is None and text[after : after + 1] in _EDGE_FIRSTS and (edge := _EDGE.match(text, after)):
        return Piece(at, edge.end(), day, None, Clock(*divmod(EDGES[edge[0]], 60), exact=True), day_end, edge.end())
    told = None
    if text[after : after + 1] in _CLOCK_FIRSTS:
        bound = day is not None or part is not None
        told = _clock_at(text, after, bound=bound or second) or _first_hour(text, after)
    if told and told.clock is None:
        return Piece(at, told.end)
    if told:
        end = told.end
    clock_read = told.clock if told else None
    piece = Piece(at, end, day, part, clock_read, day_end, said if day and part is None and clock_read is None else end)
    return piece if piece.possible else None


def _past_the_rest(text: str, end: int) -> int:
    """The hour of an impossible day belongs to it: 2月30日下午三点."""
    skip = _GAP.match(text, end)
    word = _PART.match(text, skip.end() if skip else end)
    after = word.end() if word else end
    told = _clock_at(text, after, bound=True) if text[after : after + 1] in _CLOCK_FIRSTS else None
    return told.end if told else after


def _part_at(text: str, end: int, after: int, day: Day | None, second: bool) -> tuple[str | None, int, int]:
    """The part of the day, where it ends, and where a clock may begin."""
    word = _PART.match(text, after) if text[after : after + 1] in _PART_FIRSTS else None
    if word is None or not _part_stands(text, word, day is not None, second):
        return None, end, after
    part, end = word[0], word.end()
    tail = _PART_TAIL.match(text, end)
    end = tail.end() if tail else end
    skip = _GAP.match(text, end)
    after = skip.end() if skip else end
    # 晚上半夜, 今晚凌晨两点: the later word is the closer one.
    closer = _PART.match(text, after) if text[after : after + 1] in _PART_FIRSTS else None
    if closer and closer[0] in _CLOSER:
        part, end = _CLOSER[closer[0]] if PARTS[part][0] >= 17 * 60 else closer[0], closer.end()
        skip = _GAP.match(text, end)
        after = skip.end() if skip else end
    return part, end, after


# Behind an evening these words mean the night that follows.
_CLOSER = {"凌晨": "半夜", "半夜": "半夜", "深夜": "深夜", "夜里": "夜里"}


def _point_clock(text: str, point: Match) -> tuple[Clock, int]:
    """正午, 午夜, and 午夜12点."""
    hour, minute = divmod(POINTS[point[0]], 60)
    told = _clock_at(text, point.end(), bound=True) if text[point.end() : point.end() + 1] in _CLOCK_FIRSTS else None
    if told and told.clock and told.clock.hour in (0, 12, 24):
        minute = told.clock.minute
        return Clock(0 if minute and hour == 24 else hour, minute, exact=True), told.end
    tail = _MINUTES_AFTER.match(text, point.end()) if point[0].endswith("点") else None
    if tail and (number := _minutes_of(tail[0])):
        return Clock(0, number, exact=True), tail.end()
    return Clock(hour, minute, exact=True), point.end()


_MINUTES_AFTER = re.compile(r"半|[一三]刻|整|钟|过?[0-5]?[0-9]分|[零〇]?[一二三四五]?[一二三四五六七八九十]{1,2}分")


def _first_hour(text: str, at: int) -> _Told | None:
    """The 9 of 9到11点."""
    found = _FIRST_HOUR.match(text, at)
    number = read(found["hour"]) if found else None
    if found is None or number is None or number > 24:
        return None
    return _Told(Clock(number, 0, exact=number > 12 or number == 0), found.end())


def _part_stands(text: str, word: Match, has_day: bool, second: bool) -> bool:
    """Whether a part word is a time here, and not 晚上好, 一晚上, 早饭."""
    short = word[0] in SHORT_PARTS
    next_to_clock = text[word.end() : word.end() + 1] in NUMERALS + "差" and text[word.end() : word.end() + 1] != ""
    # 晚一点, 早一点 ask for a little later or earlier.
    if short and not has_day and not second:
        told = _clock_at(text, word.end(), bound=False) if next_to_clock else None
        if told is None or told.clock is None:
            return False
        return not _before_short(text, word.start())
    if short and not next_to_clock and _PART_TRAP.match(text, word.end()) and not has_day:
        return False
    # 明天早点来, 今天晚些时候; in 今晚 the day needs its part.
    if short and _SOONER.match(text, word.end()) and text[word.start() - 1] not in "今明昨当前":
        return False
    if text.startswith(_GREETING, word.end()) and not text.startswith("好像", word.end()):
        return has_day
    return has_day or second or not _COUNTED.search(text[max(0, word.start() - 2) : word.start()])


def _before_short(text: str, at: int) -> bool:
    """从早8点 is fine, 这么早3个 is not."""
    return text[max(0, at - 1) : at] in ("么", "太", "很", "别", "真", "最")
