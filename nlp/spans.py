"""Finds the times in a text: points, ranges, deadlines, 半小时后. Which of them is meant is told in nlp/meant.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from nlp.away import NOW_FIRSTS, RULES, away_at, now_at
from nlp.clocks import Piece, piece_at
from nlp.day_names import NUMBERS
from nlp.days import Day, View, move, next_lunar
from nlp.feasts import DAY, NAMES, lunar_of
from nlp.intent import Grain, Span
from nlp.moments import Sides, at_minutes, range_of, sides
from nlp.numbers import read
from nlp.time_words import (
    DAYS,
    EDGES,
    FOLLOWS,
    NOW,
    NUMERALS,
    OVER,
    PARTS,
    POINTS,
    TRAPS,
    UNTIL,
    VAGUE_DAYS,
    YEARS,
    any_of,
    shape,
)


class Told(NamedTuple):
    """A time as found in a text, with what choosing among several needs to know."""

    span: Span
    at: int
    end: int
    dayless: bool = False  # only a part or a clock was said
    weak: bool = False  # 现在, 今年: hardly ever the appointment
    vague: bool = False  # 这两天, 放学后: any other time that is said counts more
    day_end: int = 0  # where the name of the day ends


_LINK, _NEXT_DAY, _OR_SO, _WEEKDAY_END = shape("link"), shape("next_day"), shape("or_so"), shape("weekday_end")
_BEFORE, _AFTER, _COMING, _ABOUT = shape("before"), shape("after"), shape("coming"), shape("about")
_UNTIL, _HOLDS, _SINCE, _FROM = shape("until"), shape("holds"), shape("since"), shape("from")
_BETWEEN, _FOR_DAYS, _TRAP = shape("between"), shape("for_days"), shape("trap")
_PAST_AFTER, _PAST_BEFORE, _TILL_NOW = shape("told_as_over"), shape("since_past"), shape("till_now")
_AHEAD, _DONE, _PASSED, _PASSED_DAY = shape("ahead_of_dawn"), shape("done"), shape("passed"), shape("passed_day")
# 25日截止 takes the 25th in.
_CLOSING = frozenset({"截止", "为止", "止", "到期"})
_UNTIL_LASTS = frozenset(word[-1] for word in UNTIL) | frozenset("在是于: ")
_OVER_FIRSTS = frozenset(word[0] for word in OVER)
_TRAP_FIRSTS = frozenset(trap[0] for trap in TRAPS)
# Before four in the morning 明天 is the day that is about to begin.
_NEW_DAY = 4
_LISTED = (*PARTS, *POINTS, *EDGES, *YEARS, *DAYS, *NOW, *TRAPS, *NAMES)


def _seconds() -> dict[str, frozenset[str]]:
    """First character of a time → what may follow it; a numeral may be followed by anything."""
    follows = {first: set(seconds) for first, seconds in FOLLOWS.items()}
    for word in _LISTED:
        follows.setdefault(word[0], set()).update(word[1:2] if word[1:] else NUMERALS + "差")
    return {first: frozenset(seconds) for first, seconds in follows.items() if first not in NUMERALS}


_SECONDS = _seconds()
_BEHIND_NUMBER = frozenset(NUMBERS) | frozenset("点时分刻小钟个来:/-.~到至—–、年月日天周星礼半a p.mh工季昼俩仨百")
_RUN = re.compile("[" + NUMERALS + "]+")
_NUMERAL_WORD = re.compile(any_of(word for word in (*NAMES, *PARTS) if word[0] in NUMERALS) + "|20[0-9]{6}")


def _any_character(characters: Iterable[str]) -> str:
    return "[" + re.escape("".join(sorted(set(characters)))) + "]"


# Where a time may begin: a character, and one that may stand second behind any.
_START = re.compile(
    f"{_any_character((*_SECONDS, *NUMERALS))}(?={_any_character((*NUMERALS, *_BEHIND_NUMBER, *set().union(*_SECONDS.values())))})"
)
_NUMERIC = frozenset(NUMERALS + "百千万.")


def _inside_number(text: str, at: int) -> bool:
    """The tail of a longer number is no time: 13.5点, 3-2-501, 第3点, 几十号人."""
    if not at:
        return False
    before = text[at - 1]
    if before in "第几":
        return True
    if before in _NUMERIC and not (before == "." and (at < 2 or text[at - 2] not in _NUMERIC)):
        return True
    return before in "-#/:" and at > 1 and text[at - 2] in _NUMERIC


def read_at(text: str, at: int, now: datetime) -> Told | int | None:
    """The time expression that begins exactly here; where it ends if it is an impossible one."""
    if text[at] in RULES and (away := away_at(text, at, now)):
        return _from_now_until(text, at, away, now) or Told(away[0], at, away[1])
    if text[at] in NOW_FIRSTS and (this := now_at(text, at, now)):
        return Told(this[0], at, this[1], weak=True)
    if text[at] == "过" and (told := _passed(text, at, now)):
        return told
    today = now.date()
    new_day = now.hour < _NEW_DAY and bool(_AHEAD.match(text, at))
    past = bool(_PAST_BEFORE.search(text, max(0, at - 3), at))
    view = View(today - DAY if new_day else today, past, now.hour * 60 + now.minute)
    piece = piece_at(text, at, view)
    if piece is None:
        return None
    if not piece.possible:
        return piece.end
    over = _since_then(text, at, piece)
    if not view.past and (over or _tells_of_past(text, piece, now)):
        view = view._replace(past=True)
        piece = piece_at(text, at, view) or piece
    told = _until_now(text, at, piece, now, over) or _range(text, at, piece, now, view)
    told = told or _one_sided(text, at, piece, now, view.past)
    if new_day and told.span.start and told.span.end and not view.past:
        later = Span(told.span.start + DAY, told.span.end + DAY, told.span.grain, told.span.text)
        told = told._replace(span=replace(told.span, others=(later,)))
    return told


def _passed(text: str, at: int, now: datetime) -> Told | None:
    """过了周三再来, 过完年弄, 过了十五: from its end on."""
    begun = _PASSED.match(text, at)
    if begun is None:
        return None
    view = View(now.date())
    piece = piece_at(text, begun.end(), view)
    if piece is None and (bare := _PASSED_DAY.match(text, begun.end())):
        lantern = bare["feast"] is None and read(bare["dom"]) == 15 and lunar_of(view.today)[1] in (12, 1)
        name = "春节" if bare["feast"] else "元宵" if lantern else f"{bare['dom']}号"
        named = piece_at(name, 0, view)
        lunar = None if bare["feast"] or lantern or name[0].isdecimal() else next_lunar(view.today, read(bare["dom"]))
        day = named.day._replace(also=lunar) if named and named.day else None
        piece = named._replace(at=bare.start(), end=bare.end(), day=day) if named else None
    if piece is None or not piece.possible:
        return None
    found = sides(piece, now, past=False)
    after = _AFTER.match(text, piece.end)
    end = after.end() if after else piece.end
    span = Span(_after(piece, found, now), None, found.grain, text[at:end])
    return Told(_with_others(span, found), at, end, dayless=piece.day is None)


def _from_now_until(text: str, at: int, away: tuple[Span, int], now: datetime) -> Told | None:
    """即日起至11月30日, 从现在起到明天中午."""
    span, end = away
    link = _LINK.match(text, end) if span.end is None else None
    last = piece_at(text, link.end(), View(now.date()), second=True) if link else None
    if last is None or not last.possible or span.start is None:
        return None
    found = sides(last, now, past=False)
    stop = found.start if last.clock else found.end
    return Told(Span(span.start, stop, found.grain, text[at : last.end]), at, last.end) if stop > span.start else None


def _tells_of_past(text: str, piece: Piece, now: datetime) -> bool:
    if not _OVER_FIRSTS.isdisjoint(text[piece.end : piece.end + 16]) and _PAST_AFTER.match(text, piece.end):
        return True
    if piece.day or not (piece.edge or (piece.part and not piece.clock)):
        return False
    over = piece.clock.hour * 60 + piece.clock.minute if piece.clock else PARTS[piece.part or ""][1]
    return over <= now.hour * 60 + now.minute and bool(_DONE.match(text, piece.end))


def _since_then(text: str, at: int, piece: Piece) -> int | None:
    """从早上到现在: where the stretch that reaches to now ends."""
    till = _TILL_NOW.match(text, piece.end)
    return till.end() if till else None


def _until_now(text: str, at: int, piece: Piece, now: datetime, end: int | None) -> Told | None:
    if end is None:
        return None
    found = sides(piece, now, past=True)
    return Told(Span(found.start, now, found.grain, text[at:end]), at, end) if found.start < now else None


def _range(text: str, at: int, first: Piece, now: datetime, view: View) -> Told | None:
    """9点到11点, 周一到周五, 3月5日-8日, 8点、9点之间 is none."""
    link = _LINK.match(text, first.end) or (_OR_SO.match(text, first.end) if text[first.end - 1] in NUMERALS else None)
    if link is None:
        return None
    near = view._replace(near=first.day.first, year=None) if first.day else view
    second = _next_day(text, link.end(), first, now, near) or piece_at(text, link.end(), near, second=True)
    second = second or _short_weekday(text, link.end(), first, near)
    if second is None or not second.possible or not _ranges(first, second):
        return None
    found = range_of(first, second, now, view.past)
    between = _BETWEEN.match(text, second.end)
    end = between.end() if between else second.end
    about = _ABOUT.match(text, end)
    end = about.end() if about else end
    span = _with_others(Span(found.start, found.end, found.grain, text[at:end]), found)
    return Told(span, at, end, dayless=first.day is None and second.day is None, day_end=first.day_end)


def _next_day(text: str, at: int, first: Piece, now: datetime, view: View) -> Piece | None:
    """The second side of 15号22点到次日6点 is a day after the first, whatever day it is now."""
    found = _NEXT_DAY.match(text, at)
    if found is None:
        return None
    day = Day((first.day.first if first.day else sides(first, now, view.past).start.date()) + DAY)
    rest = piece_at(text, found.end(), view, second=True)
    if rest is None or not rest.possible or rest.day:
        return Piece(at, found.end(), day, said=found.end())
    return rest._replace(at=at, day=day)


def _short_weekday(text: str, at: int, first: Piece, view: View) -> Piece | None:
    """The 五 of 周一到五."""
    found = _WEEKDAY_END.match(text, at)
    if found is None or first.day is None or first.day.days > 1 or text[first.end - 2] not in "周期拜":
        return None
    piece = piece_at("周" + found[0], 0, view, second=True)
    return piece._replace(at=at, end=found.end()) if piece else None


def _ranges(first: Piece, second: Piece) -> bool:
    if (second.clock is None) == (first.clock is None):
        return True
    return (second.day is not None and first.day is not None) or second.clock is not None or second.part is not None


def _with_others(span: Span, found: Sides) -> Span:
    """The same words read with each further start."""
    if not found.others:
        return span

    def moved(moment: datetime | None, step: timedelta) -> datetime | None:
        return None if moment is None else moment + step

    steps = [other - found.start for other in found.others]
    others = tuple(replace(span, start=moved(span.start, step), end=moved(span.end, step)) for step in steps)
    return replace(span, others=others)


def _one_sided(text: str, at: int, piece: Piece, now: datetime, past: bool) -> Told:
    found = sides(piece, now, past)
    if told := _deadline(text, at, piece, found) or _opening(text, at, piece, found, now):
        return told._replace(dayless=piece.day is None, day_end=piece.day_end if told.at == at else 0)
    only_day = piece.day if piece.part is None and piece.clock is None else None
    about = _ABOUT.match(text, piece.end)
    end = about.end() if about else piece.end
    span = Span(found.start, found.end, found.grain, text[at : about.end() if about else piece.said])
    return Told(
        _with_others(span, found),
        at,
        end,
        dayless=piece.day is None,
        weak=only_day is not None and only_day.weak,
        vague=only_day is not None and text[at : piece.day_end] in VAGUE_DAYS,
        day_end=piece.day_end,
    )


def _deadline(text: str, at: int, piece: Piece, found: Sides) -> Told | None:
    """九点前, 最迟周五, 撑到中午."""
    until = _UNTIL.search(text, max(0, at - 7), at) if text[at - 1 : at] in _UNTIL_LASTS else None
    before = _BEFORE.match(text, piece.end)
    if before and piece.clock is None and _COMING.match(text, piece.end):
        before = None
    if before is None and until is None:
        return None
    begin = until.start() if until else at
    end = before.end() if before else piece.end
    closing = before is not None and before[0].strip() in _CLOSING
    holds = bool(until and _HOLDS.search(text, max(0, at - 7), at))
    limit = _limit(piece, found, said_before=bool(before) and not closing, holds=holds)
    grain = Grain.MINUTE if piece.clock or piece.part else found.grain
    return Told(_with_others(Span(None, limit, grain, text[begin:end]), found), begin, end)


def _opening(text: str, at: int, piece: Piece, found: Sides, now: datetime) -> Told | None:
    """六点以后, 最早周三, 明天起三天."""
    since, after = _SINCE.search(text, max(0, at - 4), at), _AFTER.match(text, piece.end)
    if after and piece.clock is None and _COMING.match(text, piece.end):
        after = None
    said = after[0].strip() if after else ""
    if said == "开始" and piece.clock and not _FROM.search(text, max(0, at - 2), at):
        after = None  # 活动两点开始 names the moment
    if after is None and since is None:
        return None
    begin, end = since.start() if since else at, after.end() if after else piece.end
    if after and (days := _for_days(text, at, end, piece, found)):
        return days
    start = _after(piece, found, now) if after and said not in ("起", "开始", "往后", "开外") else found.start
    span = Span(start, None, found.grain, text[begin:end])
    return Told(_with_others(span, found), begin, end, vague=piece.edge)


def _after(piece: Piece, found: Sides, now: datetime) -> datetime:
    """六点以后 begins at six, 中午以后 at noon, 周三以后 when Wednesday is over, 国庆后 when the days off are."""
    if piece.clock:
        return found.start
    if piece.part:
        return found.start + timedelta(minutes=30) if PARTS[piece.part][0] == 11 * 60 + 30 else found.start
    if piece.day and piece.day.off:
        return at_minutes(piece.day.off, 0, now)
    return found.end


def _for_days(text: str, at: int, end: int, piece: Piece, found: Sides) -> Told | None:
    """明天起三天."""
    counted = _FOR_DAYS.match(text, end)
    number = read(counted["n"]) if counted else None
    if counted is None or number is None or piece.day is None or piece.clock or piece.part:
        return None
    last = move(found.start.date(), number, counted["unit"].removeprefix("个"))
    if last is None:
        return None
    stop = found.start + (last - found.start.date())
    return Told(Span(found.start, stop, Grain.DAY, text[at : counted.end()]), at, counted.end())


def _limit(piece: Piece, found: Sides, *, said_before: bool, holds: bool) -> datetime:
    """The moment a deadline names: 九点前 is 9:00, 周五前 the start of Friday, 最迟周五 its end, 撑到中午 noon."""
    if piece.clock:
        return found.start
    if piece.part:
        low, _high = PARTS[piece.part]
        if low == 11 * 60 + 30:
            return found.start + timedelta(minutes=30)
        return found.start if said_before or (holds and low >= 17 * 60) else found.end
    if piece.day and piece.day.whole:
        return found.end
    return found.start if said_before else found.end


# No message needs more times than this; a wall of them is not read to its end.
_MOST = 40


def scan(text: str, now: datetime, repeated: Sequence[tuple[int, int]]) -> list[Told]:
    """Every time of a folded text in order, past ones too, and none inside what is `repeated`."""
    found: list[Told] = []
    skips = list(repeated)
    done = 0
    for start in _START.finditer(text):
        at = start.start()
        if at < done:
            continue
        while skips and at >= skips[0][0]:
            done = skips.pop(0)[1]
        if at < done:
            continue
        seconds = _SECONDS.get(text[at])
        if not _may_begin(text, at) if seconds is None else text[at + 1] not in seconds:
            continue
        if text[at] in _TRAP_FIRSTS and (trap := _TRAP.match(text, at)):
            done = trap.end()
            continue
        told = read_at(text, at, now)
        if isinstance(told, int):
            done = told
        elif told:
            found.append(told)
            done = told.end
            if len(found) == _MOST:
                break
    return _closed(found, text)


def _may_begin(text: str, at: int) -> bool:
    """Whether a number can begin a time: by what stands behind it, or because it is a word or a date of its own."""
    if _inside_number(text, at):
        return False
    run = _RUN.match(text, at)
    return bool(run and text[run.end() : run.end() + 1] in _BEHIND_NUMBER) or bool(_NUMERAL_WORD.match(text, at))


def _closed(found: list[Told], text: str) -> list[Told]:
    """三点以后五点以前: two open sides beside each other are one stretch."""
    if len(found) < 2:
        return found
    closed: list[Told] = []
    for told in found:
        last = closed[-1] if closed else None
        if (
            last
            and last.span.end is None
            and told.span.start is None
            and last.span.start
            and told.span.end
            and last.span.start < told.span.end
            and told.at - last.end <= 2
        ):
            span = Span(last.span.start, told.span.end, Grain.MINUTE, text[last.at : told.end])
            closed[-1] = Told(span, last.at, told.end, last.dayless)
        else:
            closed.append(told)
    return closed
