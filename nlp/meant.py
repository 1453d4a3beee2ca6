"""Which of the times in a text is meant, and all else that one text says of time, each read once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest

from nlp.away import minutes_in
from nlp.clean import fold
from nlp.intent import Grain, Span
from nlp.recurrences import recurrences_in
from nlp.spans import Told, read_at, scan
from nlp.time_words import shape

Recurrence = tuple[str, int, int]
_OR, _AND = shape("or"), shape("and")
_NOT_BEFORE, _NOT_AFTER, _ASIDE = shape("not_before"), shape("not_after"), shape("aside")
_PREFIX, _BUSY, _ASKED_THEN = shape("prefix"), shape("busy"), shape("asked_then")
_EXCEPT, _TAKEN, _FREE, _COMES_HOME = shape("except"), shape("taken"), shape("free"), shape("comes_home")
# So much may stand beside 现在 or 今年 where they are still the time that is meant.
_SHORT_TALK = 4


class Times:
    """What one text says of time. It is searched once; what follows from the findings is told when it is asked for."""

    def __init__(self, text: str, folded: str, now: datetime) -> None:
        self._text, self._folded, self._now = text, folded, now
        self._repeated, self._told = _searched(folded, now)

    @property
    def spans(self) -> list[Span]:
        """Every time expression in order, past ones too; recurrences and durations are none."""
        return [told.span for told in self._told if not told.weak]

    @property
    def meant(self) -> Span | None:
        """The time that the need is tied to: ahead of now, a later clock joined to an earlier day."""
        if not self._told:
            return None
        ahead = [told for told in self._told if not (_is_over(told.span, self._now) or self._is_told_of(told))]
        strong = self._not_ruled_out([told for told in ahead if not (told.weak or told.vague)])
        strong = strong or [told for told in ahead if told.vague and self._is_asked_then(told)]
        if not strong:
            weak = next((told for told in ahead if told.weak), None)
            if weak is None or len(self._text) - len(weak.span.text) > _SHORT_TALK:
                return None
            return _worded(weak.span, self._words(weak))
        first = strong[0]
        if (first.dayless or first.span.grain is Grain.PART) and _ASIDE.match(self._folded, first.end):
            return None
        return self._joined(strong) or self._with_alternative(strong)

    @property
    def recurrence(self) -> Recurrence | None:
        """The words of a repetition (每周三下午) with their place; None where nothing repeats."""
        if not self._repeated:
            return None
        start, end = self._repeated[0]
        return self._text[start:end], start, end

    @property
    def minutes(self) -> int | None:
        """How long something takes: 约2小时, 一个半小时."""
        return minutes_in(self._folded)

    def _words(self, told: Told) -> str:
        """The words of a time as they are written."""
        return self._text[told.at : told.at + len(told.span.text)]

    def _is_told_of(self, told: Told) -> bool:
        """加班到八点, 儿子周五才回: until when somebody is busy or away is not when help is wanted."""
        if told.span.grain is not Grain.MINUTE:
            return not told.dayless and bool(_COMES_HOME.match(self._folded, told.end))
        return told.span.start is not None and bool(_BUSY.search(self._folded, max(0, told.at - 3), told.at))

    def _is_asked_then(self, told: Told) -> bool:
        """这两天找个师傅, and not 这两天睡不好."""
        return told.span.grain is not Grain.DAY or bool(_ASKED_THEN.match(self._folded, told.end))

    def _not_ruled_out(self, found: list[Told]) -> list[Told]:
        """Leaves out what is named only to say that it is not meant, as long as something else stays; its day goes on."""
        kept: list[Told] = []
        refused: list[Told] = []
        day = ""
        for told, later in zip_longest(found, found[1:]):
            never = _NOT_BEFORE.search(self._folded, max(0, told.at - 4), told.at) or _EXCEPT.match(
                self._folded, told.end
            )
            if never or _NOT_AFTER.match(self._folded, told.end) or self._is_taken(told, later):
                day = self._folded[told.at : told.day_end]
                refused += [] if never else [told]
            elif day and told.dayless and not kept:
                kept.append(self._on_day(day, told))
            else:
                kept.append(told)
        return kept or refused

    def _is_taken(self, told: Told, later: Told | None) -> bool:
        """白天上班,晚上七点以后有人: the first is taken by something else, the second is free."""
        if later is None or not later.dayless or not _TAKEN.match(self._folded, told.end):
            return False
        return bool(_FREE.match(self._folded, later.end))

    def _on_day(self, day: str, told: Told) -> Told:
        """明天上午没空,下午可以: the afternoon of that day."""
        words = self._folded[told.at : told.end]
        again = read_at(day + words, 0, self._now)
        return told._replace(span=_worded(again.span, words)) if isinstance(again, Told) else told

    def _joined(self, found: list[Told]) -> Span | None:
        """我明天加班,幼儿园4点放学: the clock belongs to the day that was named before."""
        first = found[0]
        if first.span.grain is not Grain.DAY or not first.span.start or not first.span.end:
            return None
        for later in found[1:]:
            if self._is_closer(first.span, later):
                return _worded(later.span, self._words(later))
            if later.dayless and later.span.grain in (Grain.MINUTE, Grain.HOUR, Grain.PART):
                said = self._words(later)
                if first.span.start.date() == self._now.date():
                    return _worded(later.span, said)
                limit = _PREFIX.match(self._folded, later.at, later.end)
                prefix = limit[0] if limit else ""
                day, clock = first.span.text, self._folded[later.at + len(prefix) : later.end]
                again = read_at(prefix + day + clock, len(prefix), self._now)
                if isinstance(again, Told) and again.span.grain is not Grain.DAY:
                    return _worded(again.span, f"{self._words(first)}…{said}")
        return None

    def _at_one_hour(self, first: Told, second: Told) -> Span | None:
        """周二和周四下午: the first day at the hour that is said behind the second, which is kept beside it."""
        hour = self._folded[second.day_end : second.end]
        if (
            not (_AND.fullmatch(self._folded, first.end, second.at) and hour and second.at < second.day_end)
            or first.span.grain is not Grain.DAY
        ):
            return None
        again = read_at(self._folded[first.at : first.end] + hour, 0, self._now)
        if not isinstance(again, Told) or again.span.grain is Grain.DAY or _is_over(again.span, self._now):
            return None
        other = _worded(second.span, self._words(second))
        return replace(_worded(again.span, self._text[first.at : second.end]), others=(other,))

    def _is_closer(self, first: Span, later: Told) -> bool:
        """明天吧,明天上午: the same day again, and when on it."""
        if later.dayless or not later.day_end or later.span.grain is Grain.DAY or not (first.start and first.end):
            return False
        begins = later.span.start or later.span.end
        return begins is not None and first.start <= begins < first.end

    def _with_alternative(self, found: list[Told]) -> Span:
        """今晚或明晚: the first, with the second kept."""
        first = found[0]
        span = _worded(first.span, self._words(first))
        if len(found) > 1 and (both := self._at_one_hour(first, found[1])):
            return both
        if len(found) > 1:
            gap = _OR.fullmatch(self._folded, first.end, found[1].at)
            if gap and not (found[1].dayless and gap[0].strip() in ("、", "/")):
                second = _worded(found[1].span, self._words(found[1]))
                return replace(span, others=(*span.others, second))
        return span


def _worded(span: Span, words: str) -> Span:
    """The same span, and what else its words may mean, said to stand in these words."""
    if span.text == words:
        return span
    return replace(span, text=words, others=tuple(replace(other, text=words) for other in span.others))


def _is_over(span: Span, now: datetime) -> bool:
    """Past, or begun on an earlier day and still going on (三天前开始漏的)."""
    if span.end is None:
        return span.start is not None and span.start.date() < now.date()
    return span.end <= now


# The readers of one message ask for the same text one after another.
@lru_cache(maxsize=8)
def _searched(folded: str, now: datetime) -> tuple[list[tuple[int, int]], list[Told]]:
    repeated = recurrences_in(folded, now)
    return repeated, scan(folded, now, repeated)


def times_of(text: str, folded: str, now: datetime) -> Times:
    """What a text, given as written and folded, says of time."""
    return Times(text, folded, now)


def find_times(text: str, now: datetime) -> list[Span]:
    """Every time expression in order, past ones too, in folded words."""
    folded = fold(text)
    return times_of(folded, folded, now).spans


def read_time(text: str, now: datetime) -> Span | None:
    """The time that the need is tied to."""
    return times_of(text, fold(text), now).meant


def find_recurrence(text: str, now: datetime) -> Recurrence | None:
    """The words of a repetition (每周三下午) with their place; None where nothing repeats."""
    return times_of(text, fold(text), now).recurrence


def read_minutes(text: str) -> int | None:
    """约2小时, 40分钟, 一个半小时, 一刻钟 as minutes; None where no length of time is said."""
    return minutes_in(fold(text))
