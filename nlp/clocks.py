"""One time expression as it is written: a day, a day part and a clock, whatever there is of them."""

from __future__ import annotations

import re
from typing import NamedTuple

from nlp.day_names import WORDS, YEAR_FIRSTS, day_at
from nlp.days import Day, Match, View
from nlp.intent import Grain
from nlp.numbers import read
from nlp.time_words import EDGES, NUMERALS, PARTS, POINTS, SHORT_PARTS, shape


class Clock(NamedTuple):
    hour: int
    minute: int
    grain: Grain = Grain.MINUTE
    digital: bool = False  # written 9:00
    exact: bool = False  # 09:00 or 15:00 leave no question of morning or evening
    until: int | None = None  # 两三点: up to this hour


class Piece(NamedTuple):
    """What one expression says before it is set against now. Neither day, part nor clock: an impossible one."""

    at: int
    end: int
    day: Day | None = None
    part: str | None = None
    clock: Clock | None = None
    day_end: int = 0
    edge: bool = False  # 放学后, 晚饭前
    said: int = 0  # where the words end that are given back: the 那天(周日) of 15号那天(周日) adds nothing

    @property
    def possible(self) -> bool:
        return self.day is not None or self.part is not None or self.clock is not None


_AFTER_DAY, _GAP = shape("after_day"), shape("gap")
_PART, _PART_TRAP, _SOONER, _PART_TAIL = shape("part"), shape("part_trap"), shape("sooner"), shape("part_tail")
_DIGITAL, _SHORT_OF, _SPOKEN, _BETWEEN = shape("digital"), shape("short_of"), shape("spoken"), shape("between_hours")
_LATIN, _LATIN_FIRST, _LATIN_AFTER = shape("latin"), shape("latin_first"), shape("latin_after")
_FIRST_HOUR, _MINUTES_AFTER = shape("first_hour"), shape("minutes_after")
_CLOCK_TRAP, _DECIMAL, _AFTER_ONE, _POINTED_AT = (
    *(shape("clock_trap"), shape("decimal")),
    *(shape("after_one"), shape("pointed_at")),
)
_POINT, _EDGE, _COUNTED, _SAME_HOUR = shape("point"), shape("edge"), shape("counted"), shape("same_hour")
_WHOLE_DAY = re.compile(r"[天日内间]$")
_INSIDE = re.compile(r"[整全]天$|[内间]$")
_SOONER_OR_LATER = frozenset("晚早快慢好大小多少高低近远轻重有差那这便贵")
_PART_FIRSTS, _POINT_FIRSTS, _EDGE_FIRSTS = (frozenset(name[0] for name in names) for names in (PARTS, POINTS, EDGES))
_CLOCK_FIRSTS = frozenset(NUMERALS + "差ap")
STARTS = frozenset(WORDS) | YEAR_FIRSTS | _PART_FIRSTS | _POINT_FIRSTS | _EDGE_FIRSTS | _CLOCK_FIRSTS


class _Told(NamedTuple):
    """A clock and where it ends; without a clock it is an impossible one, 25点."""

    clock: Clock | None
    end: int


def _clock_at(text: str, at: int, *, bound: bool) -> _Told | None:
    """A clock at this place. `bound`: a day or part stands before it, so that 一点 is no "a bit"."""
    first = text[at : at + 1]
    if first in ("a", "p"):
        return _latin(_LATIN_FIRST.match(text, at)) if not text[at - 1 : at].isascii() or at == 0 else None
    if first == "差":
        return _short_of(_SHORT_OF.match(text, at))
    if "0" <= first <= "9":
        if found := _LATIN.match(text, at):
            return _latin(found)
        if found := _DIGITAL.match(text, at):
            return _digital(found)
    elif found := _BETWEEN.match(text, at):
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
        return Piece(at, end, day, None, clock, day_end, said=end)
    if text[after : after + 1] in _EDGE_FIRSTS and (edge := _EDGE.match(text, after)):
        clock = Clock(*divmod(EDGES[edge[0]], 60), exact=True)
        return Piece(at, edge.end(), day, None, clock, day_end, edge=True, said=edge.end())
    if day and text[after : after + 1] == "这" and (same := _SAME_HOUR.match(text, after)):
        return Piece(at, same.end(), day, None, Clock(*divmod(view.minute, 60), exact=True), day_end, said=same.end())
    part, end, after = _part_at(text, end, after, day, second)
    told = None
    if text[after : after + 1] in _CLOCK_FIRSTS:
        bound = day is not None or part is not None
        told = _clock_at(text, after, bound=bound or second) or _first_hour(text, after)
    if told and told.clock is None:
        return Piece(at, told.end)
    if told:
        end = told.end
    clock_read = told.clock if told else None
    said = said if day and part is None and clock_read is None else end
    piece = Piece(at, end, day, part, clock_read, day_end, said=said)
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
    if text.startswith("好", word.end()) and not text.startswith("好像", word.end()):
        return has_day
    return has_day or second or not _COUNTED.search(text[max(0, word.start() - 2) : word.start()])


def _before_short(text: str, at: int) -> bool:
    """从早8点 is fine, 这么早3个 is not."""
    return text[max(0, at - 1) : at] in ("么", "太", "很", "别", "真", "最")
