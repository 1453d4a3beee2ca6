"""One time expression as it is written: a day, a day part and a clock, whatever there is of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from nlp.days import DAYS_BY_FIRST, Day, Match, day_at
from nlp.intent import Grain
from nlp.numbers import read
from nlp.time_words import NUMBER, NUMERALS, PARTS, SHORT_PARTS


@dataclass(frozen=True, slots=True)
class Clock:
    hour: int
    minute: int
    grain: Grain = Grain.MINUTE
    digital: bool = False  # written 9:00
    exact: bool = False  # 09:00 or 15:00 leave no question of morning or evening


@dataclass(frozen=True, slots=True)
class Piece:
    """What one expression says before it is set against now."""

    at: int
    end: int
    day: Day | None = None
    part: str | None = None
    clock: Clock | None = None


_AFTER_DAY = re.compile(
    r"(?:那天|当天|这天)?(?:\((?:周|星期|礼拜)[一二三四五六日天]\)|\([0-9]{1,2}[号日]\))?[\s,的]{0,2}"
)
_GAP = re.compile(r"[\s,的]{0,2}")
_PART = re.compile("|".join(PARTS))
_PART_TRAP = re.compile(r"好|班|饭|餐|会|市|课|自习|报")
_CLOCK = re.compile(
    r"(?P<hh>[01]?[0-9]|2[0-4]):(?P<mm>[0-5][0-9])(?::[0-5][0-9])?(?![0-9])"
    r"|差(?P<short>[一二三四五六七八九十0-9]{1,2}|一刻)(?:分钟?)?(?:到)?(?P<to>" + NUMBER + r")点"
    r"|(?P<hour>" + NUMBER + r")(?:点钟?|时(?!候|间|代|节|尚|装|髦|常))"
    r"(?:(?P<tail>半|一刻|三刻|整|多|差[一二三四五六七八九十0-9]{1,2}分|过?[0-5]?[0-9]分|[0-5][0-9](?![0-9])"
    r"|过?[零〇]?[一二三四五六七八九十]{1,3}分|[零〇]?[二三四五]?十[一二三四五六七八九]?|[零〇][一二三四五六七八九]))?"
)
_SOONER_OR_LATER = frozenset("晚早快慢")
_A_LITTLE = re.compile(r"一点(?![钟半0-9一二三四五零整多])")
_CLOCK_TRAP = re.compile(
    r"[名赞单餐菜评心击头儿子滴缀]|建议|意见|要求|原因|说明|体会|[一二三四五六七八九0-9](?:米|"
    r"度|斤|公|倍|个)|也不|都不|都没|也没|没有"
)
_FIRST_HOUR = re.compile(r"(?P<hour>" + NUMBER + r")(?=[-~—–到至]{1,2}" + NUMBER + r"(?:点|:[0-5][0-9]))")
_GREETING = "好"
_PART_FIRSTS = frozenset(name[0] for name in PARTS)
_CLOCK_FIRSTS = frozenset(NUMERALS + "差")
STARTS = frozenset(DAYS_BY_FIRST) | _PART_FIRSTS | _CLOCK_FIRSTS | frozenset("半")
_COUNTED = re.compile(r"(?:[一整每几两三四五个天]|好几个|成天|整个|每天|天天|每个)$")


def _clock_at(text: str, at: int, *, bound: bool) -> tuple[Clock, int] | None:
    """A clock at this place. `bound`: a day or part stands before it, so that 一点 is no "a bit"."""
    found = _CLOCK.match(text, at)
    if found is None:
        return None
    end = found.end()
    if found["hh"]:
        hour, minute = int(found["hh"]), int(found["mm"])
        exact = found["hh"].startswith("0") or hour > 12
        return (Clock(hour, minute, digital=True, exact=exact), end) if hour * 60 + minute <= 24 * 60 else None
    if found["short"]:
        to, short = read(found["to"]), 15 if found["short"] == "一刻" else read(found["short"])
        if to is None or short is None or not 1 <= to <= 24 or not 0 < short < 60:
            return None
        return Clock(to - 1, 60 - short, exact=to > 13), end
    hour_read = read(found["hour"])
    tail = found["tail"] or ""
    if hour_read is None or hour_read > 24 or _CLOCK_TRAP.match(text, found.end("hour") + 1):
        return None
    if found["hour"] == "一" and not bound and text[at - 1 : at] in _SOONER_OR_LATER and not tail:
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
    return Clock(hour_read, minute_read, grain, exact=hour_read > 12 or hour_read == 0), end


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


def piece_at(text: str, at: int, today: date, past: bool, *, second: bool = False) -> Piece | None:
    """Day, part and clock that begin here, whatever there is of them."""
    day: Day | None = None
    part: str | None = None
    end = at
    found = day_at(text, at, today, past)
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
    clock: Clock | None = None
    clock_found = None
    if text[after : after + 1] in _CLOCK_FIRSTS:
        clock_found = _clock_at(text, after, bound=day is not None or part is not None)
    if clock_found:
        clock, end = clock_found
    elif text[after : after + 1] in _CLOCK_FIRSTS and (hour := _FIRST_HOUR.match(text, after)):
        number = read(hour["hour"])
        if number is not None and number <= 24:
            clock, end = Clock(number, 0, exact=number > 12), hour.end()
    if day is None and part is None and clock is None:
        return None
    return Piece(at, end, day, part, clock)


def _part_stands(text: str, word: Match, has_day: bool, second: bool) -> bool:
    """Whether a part word is a time here, and not 晚上好, 一晚上, 早饭."""
    alone = word[0] in SHORT_PARTS and not has_day and not second
    # 晚一点, 早一点 ask for a little later or earlier.
    if alone and (not _CLOCK.match(text, word.end()) or _A_LITTLE.match(text, word.end())):
        return False
    if word[0] in SHORT_PARTS and _PART_TRAP.match(text, word.end()) and not has_day:
        return False
    if text.startswith(_GREETING, word.end()) and not text.startswith("好像", word.end()):
        return has_day
    return has_day or second or not _COUNTED.search(text[max(0, word.start() - 2) : word.start()])
