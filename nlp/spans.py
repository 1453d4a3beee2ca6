"""Finds the times in a text: ranges, deadlines, 半小时后, and the one the need is tied to."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from nlp.clean import fold
from nlp.clocks import STARTS, Piece, piece_at
from nlp.days import DAY, Match
from nlp.durations import recurrence_in
from nlp.intent import Grain, Span
from nlp.moments import MINUTE, at_minutes, range_of, sides
from nlp.numbers import amount
from nlp.time_words import NUMERALS, PARTS, UNITS

LINK = re.compile(r"\s?(?:到|至|-{1,2}|~|—{1,2}|–|～)\s?")
BEFORE = re.compile(r"\s?(?:之前|以前|前(?![后面台门楼天年期去来往])|截止|为止)")
AFTER = re.compile(r"\s?(?:之后|以后|过后|后(?!天|面|门|楼|院|年|来|勤|续|果|半)|起(?!来|床|不|码|初|身)|开始)")
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
# Before four in the morning 明天 is the day that is about to begin.
_NEW_DAY = 4
_AHEAD = re.compile(r"明[天日儿早晚晨]|大?后[天日]")
NUMERALS_OR_HALF = frozenset(NUMERALS + "半")


def _read_at(text: str, at: int, now: datetime) -> tuple[Span, int] | None:
    """The time expression that begins exactly here, and where it ends."""
    away = _IN.match(text, at) if text[at] in NUMERALS_OR_HALF else None
    if away:
        return _away(away, now)
    today = now.date()
    past = bool(_PAST_BEFORE.search(text[max(0, at - 3) : at]))
    if now.hour < _NEW_DAY and _AHEAD.match(text, at):
        today -= DAY
    piece = piece_at(text, at, today, past)
    if piece is None:
        return None
    if not past and _PAST_AFTER.match(text, piece.end):
        past = True
        piece = piece_at(text, at, today, past) or piece
    link = LINK.match(text, piece.end)
    if link:
        other = piece_at(text, link.end(), today, past, second=True)
        if other and _ranges(piece, other):
            start, end, grain = range_of(piece, other, now, past)
            return Span(start, end, grain, text[at : other.end]), other.end
    return _one_sided(text, at, piece, now, past)


def _ranges(first: Piece, second: Piece) -> bool:
    if (second.clock is None) == (first.clock is None):
        return True
    return (second.day is not None and first.day is not None) or second.clock is not None


def _one_sided(text: str, at: int, piece: Piece, now: datetime, past: bool) -> tuple[Span, int]:
    start, end, grain = sides(piece, now, past)
    before = BEFORE.match(text, piece.end)
    until = _UNTIL.search(text[max(0, at - 6) : at])
    if before or until:
        begin = at - len(until[0].rstrip()) if until else at
        stop = before.end() if before else piece.end
        limit = _limit(piece, start, end, bool(before))
        return Span(None, limit, Grain.MINUTE if piece.clock or piece.part else grain, text[begin:stop]), stop
    after = AFTER.match(text, piece.end)
    if after:
        return Span(start, None, grain, text[at : after.end()]), after.end()
    about = _ABOUT.match(text, piece.end)
    stop = about.end() if about else piece.end
    return Span(start, end, grain, text[at:stop]), stop


def _limit(piece: Piece, start: datetime, end: datetime, said_before: bool) -> datetime:
    """The moment a deadline names: 九点前 is 9:00, 周五前 the start of Friday, 撑到中午 noon."""
    if piece.clock:
        return start
    if piece.part:
        low, _high = PARTS[piece.part]
        if low == 11 * 60 + 30:
            return start + timedelta(minutes=30)
        return start if said_before else (start if low >= 17 * 60 else end)
    return start if said_before else end


def _away(found: Match, now: datetime) -> tuple[Span, int] | None:
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
            return Span(at_minutes(day, 0, now), at_minutes(day + DAY, 0, now), Grain.DAY, found[0]), found.end()
        return Span(moment, at_minutes(day + DAY, 0, now), Grain.DAY, found[0]), found.end()
    step = timedelta(minutes=round(number * UNITS[found["unit"]]))
    if found["side"] == "内":
        return Span(moment, moment + step, Grain.MINUTE, found[0]), found.end()
    return Span(moment + step, moment + step + MINUTE, Grain.MINUTE, found[0]), found.end()


def _scan(text: str, now: datetime) -> list[tuple[Span, int, int]]:
    found: list[tuple[Span, int, int]] = []
    at, size = 0, len(text)
    skip = recurrence_in(text, text, now)
    while at < size:
        if skip and skip[1] <= at < skip[2]:
            at = skip[2]
            continue
        char = text[at]
        if char in STARTS and not _inside_number(text, at):
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
    return time_in(text, fold(text), now)


def time_in(text: str, folded: str, now: datetime) -> Span | None:
    """The same for a text that is folded already; the words are given as written."""
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
