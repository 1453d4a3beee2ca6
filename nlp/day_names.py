"""Where a text names a day: the shapes of lexicon/time_shapes.table with their readers of nlp.days, and what stands behind
a name: a year before it (明年国庆), a shift (中秋前一天), the same day once more (周六(21号))."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from nlp import feasts
from nlp.days import READERS, Day, Reader, View
from nlp.feasts import DAY
from nlp.intent import Grain
from nlp.numbers import read
from nlp.time_words import DAYS, DOUBTFUL_TERMS, NUMERALS, YEARS, any_of, rules, shape

Found = tuple[Day | None, int]
_Rule = tuple[re.Pattern[str], Reader, tuple[str, ...]]
_Table = dict[str, tuple[_Rule, ...]]
_OFF, _WORKED = shape("days_off").pattern, shape("worked_instead").pattern


def _feast_shapes() -> Iterator[tuple[str, str]]:
    """One shape for each first character of the feasts, longest name first."""
    by_first: dict[str, list[str]] = {}
    for name in feasts.NAMES:
        by_first.setdefault(name[0], []).append(name)
    for first, names in by_first.items():
        # 三月三 but not 三月三号, 五一 but not 五一零 or 五一楼; 大雪 needs to be named a term.
        counted = [name for name in names if name[-1] in NUMERALS]
        doubtful = [name for name in names if name in DOUBTFUL_TERMS]
        plain = [name for name in names if name not in counted and name not in doubtful]
        parts = [f"(?:{any_of(plain)})"] if plain else []
        parts += [f"(?:{any_of(counted)})(?![{NUMERALS}号日个点月年楼栋单室房层班路街村-])"] if counted else []
        parts += [f"(?:{any_of(doubtful)})(?=节气|那[天日]|当[天日]|前一天)"] if doubtful else []
        yield first, rf"(?P<feast>{'|'.join(parts)})(?:节气)?(?:(?P<off>{_OFF})|(?P<worked>{_WORKED}))?"


def _table(*places: str, numbers: bool) -> _Table:
    """The rules for these places by the character that they begin with, or that stands behind their number."""
    table: dict[str, list[_Rule]] = {}
    if not numbers:
        for first, line in _feast_shapes():
            table[first] = [(re.compile(line), READERS["feast"], ())]
    for block in rules("day"):
        place, reader, *more = block.name.split()
        if place in places and block.rest.startswith("+") is numbers:
            firsts = {word[0] for word in DAYS} if block.rest == "{哪天}" else block.rest.removeprefix("+")
            for first in firsts:
                found = [(re.compile(line), READERS[reader], tuple(more)) for line in block.shapes]
                table.setdefault(first, []).extend(found)
    return {first: tuple(found) for first, found in table.items()}


WORDS, NUMBERS = _table("any", "plain", numbers=False), _table("any", "plain", numbers=True)
_WORDS_IN_YEAR, _NUMBERS_IN_YEAR = _table("any", "year", numbers=False), _table("any", "year", numbers=True)
_RUN = re.compile("[" + NUMERALS + "]+")
_COMPACT = re.compile(r"(?P<year>20[0-9]{2})(?P<month>0[1-9]|1[0-2])(?P<dom>0[1-9]|[12][0-9]|3[01])(?![0-9-])")
_YEAR, _YEAR_WORD, _AGE = shape("year"), shape("year_word"), shape("age")
YEAR_FIRSTS = frozenset(word[0] for word in YEARS)


def _with_year(text: str, at: int, view: View) -> Found | None:
    """2026年…, 明年…: what is said of the year, or the year itself."""
    if found := _YEAR.match(text, at):
        year = read(found["year"])
        year = year if year is None or year >= 100 else 2000 + year
    elif found := _YEAR_WORD.match(text, at):
        year = view.today.year + YEARS[found[0].rstrip("度的里")]
    else:
        return None
    if year is None or not feasts.is_year(year):
        return None
    inner = _ruled(text, found.end(), view._replace(year=year), _WORDS_IN_YEAR, _NUMBERS_IN_YEAR)
    if inner:
        return inner[0] and inner[0]._replace(dated=True), inner[1]
    if _AGE.match(text, found.end()):
        return None
    first = date(year, 1, 1)
    days = (date(year + 1, 1, 1) - first).days
    end = found.end() - (text[found.end() - 1] == "的")
    return Day(first, days, Grain.MONTH, dated=True, weak=year <= view.today.year), end


def _ruled(text: str, at: int, view: View, words: _Table, numbers: _Table) -> Found | None:
    first = text[at : at + 1]
    found = words.get(first, ())
    if first and first in NUMERALS and (run := _RUN.match(text, at)):
        found = (*found, *numbers.get(text[run.end() : run.end() + 1], ()))
    for pattern, reader, more in found:
        if match := pattern.match(text, at):
            return reader(match, view._replace(more=more) if more else view), match.end()
    return None


def _head_at(text: str, at: int, view: View) -> Found | None:
    first = text[at : at + 1]
    if (first in YEAR_FIRSTS or (first and first in "二0123456789")) and (found := _with_year(text, at, view)):
        return found
    if first == "2" and (compact := _COMPACT.match(text, at)):
        return READERS["full_date"](compact, view), compact.end()
    return _ruled(text, at, view, WORDS, NUMBERS)


_SHIFT = shape("shift")


def _shifted(text: str, end: int, day: Day) -> tuple[Day, int]:
    """中秋前一天, 国庆第三天, 15号的第二天, 春节后第一个工作日, 明天起三天."""
    found = _SHIFT.match(text, end)
    if found is None:
        return day, end
    first, days, after = day.first, 1, day.off or day.end
    if found["before"]:
        first -= DAY
    elif found["ago"]:
        first -= (read(found["many"]) or 0) * DAY
    elif found["next"]:
        first += DAY  # the second day of a stretch, the day after a single one: mostly the same
    elif found["nth"]:
        first = (after if found["behind"] else first) + ((read(found["nth"]) or 1) - 1) * DAY
    elif found["weeks"]:
        days = 7 * (read(found["weeks"]) or 1)
        first -= days * DAY
    elif found["final"]:
        first = after - DAY
    else:
        first = feasts.workday(after - DAY, 1) if found["work"] else feasts.workday(first, -1)
    return Day(first, days, dated=day.dated), found.end()


_AGAIN, _NAMES_A_DAY, _BRACKET = shape("again"), shape("names_a_day"), shape("bracket")


def _named_again(text: str, end: int, day: Day, view: View) -> tuple[Day, int]:
    """周六(21号): a second name of the same day is taken in; a bracket is taken in even where it does not agree."""
    gap = _AGAIN.match(text, end)
    at = gap.end() if gap else end
    if day.days <= 2 and _NAMES_A_DAY.match(text, at):
        other = _head_at(text, at, view._replace(near=day.first, year=None))
        if other and other[0] and (other[0].first, other[0].days) == (day.first, day.days):
            stop = other[1] + (text[other[1] : other[1] + 1] == ")" and "(" in text[end:at])
            return day._replace(also=None, loose=False), stop
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
