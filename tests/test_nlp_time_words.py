"""The table of time words: every line is read as it says, and a new phrase is one new line."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

import nlp
from nlp import feasts, time_words
from nlp.spans import _SECONDS
from nlp.times import find_times, read_time

EAST = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=EAST)
MIDNIGHT = NOW.replace(hour=0, minute=0)


@pytest.mark.parametrize("word", [word for word in time_words.PARTS if word not in time_words.SHORT_PARTS])
def test_a_part_is_its_window(word: str) -> None:
    span = read_time(f"后天{word}", NOW)
    low, high = time_words.PARTS[word]
    day = MIDNIGHT + timedelta(days=2)
    assert span is not None
    assert (span.start, span.end) == (day + timedelta(minutes=low), day + timedelta(minutes=high))


@pytest.mark.parametrize("word", time_words.DAYS)
def test_a_day_word_is_so_many_days_away(word: str) -> None:
    (span,) = find_times(word, NOW)
    ahead, days = time_words.DAYS[word]
    start = MIDNIGHT + timedelta(days=ahead)
    assert (span.start, span.end) == (start, start + timedelta(days=days))


@pytest.mark.parametrize("name", sorted(feasts.NAMES - time_words.DOUBTFUL_TERMS))
def test_a_feast_is_its_next_day(name: str) -> None:
    span = read_time(f"我们{name}聚一聚", NOW)
    day = feasts.nearest(rule, NOW.date()) if (rule := feasts.rule_of(name)) else None
    assert span is not None
    assert span.start is not None
    assert span.start.date() == day


@pytest.mark.parametrize("word", time_words.BEFORE)
def test_a_word_for_before_leaves_only_an_end(word: str) -> None:
    span = read_time(f"后天上午十点{word}", NOW)
    assert span is not None
    assert (span.start, span.end) == (None, MIDNIGHT + timedelta(days=2, hours=10))


@pytest.mark.parametrize("word", time_words.AFTER)
def test_a_word_for_after_leaves_only_a_start(word: str) -> None:
    span = read_time(f"从后天上午十点{word}", NOW)
    assert span is not None
    assert (span.start, span.end) == (MIDNIGHT + timedelta(days=2, hours=10), None)


@pytest.mark.parametrize("word", time_words.UNTIL)
def test_a_word_for_until_leaves_only_an_end(word: str) -> None:
    span = read_time(f"{word}后天上午十点", NOW)
    assert span is not None
    assert (span.start, span.end) == (None, MIDNIGHT + timedelta(days=2, hours=10))


@pytest.mark.parametrize("word", time_words.SINCE)
def test_a_word_for_not_before_leaves_only_a_start(word: str) -> None:
    if word == "自从":
        assert read_time("自从昨天上午十点", NOW) is None
        return
    span = read_time(f"{word}后天上午十点", NOW)
    assert span is not None
    assert (span.start, span.end) == (MIDNIGHT + timedelta(days=2, hours=10), None)


@pytest.mark.parametrize("word", time_words.ABOUT)
def test_a_word_for_about_changes_nothing(word: str) -> None:
    span = read_time(f"后天上午十点{word}", NOW)
    assert span is not None
    assert span.start == MIDNIGHT + timedelta(days=2, hours=10)


@pytest.mark.parametrize("word", time_words.TRAPS)
def test_a_trap_is_no_time(word: str) -> None:
    assert find_times(f"我说{word}", NOW) == []


@pytest.mark.parametrize("word", time_words.OVER)
def test_what_is_told_as_over_is_no_appointment(word: str) -> None:
    assert read_time(f"周一{word}", NOW) is None


@pytest.mark.parametrize("word", time_words.NOW)
def test_this_very_minute(word: str) -> None:
    span = read_time(word, NOW)
    assert span is not None
    assert span.start == NOW


def test_every_beginning_of_a_rule_is_looked_at() -> None:
    from nlp.away import RULES
    from nlp.clocks import STARTS

    assert (STARTS | set(RULES)) - set(time_words.NUMERALS) <= set(_SECONDS)


ADDED = [
    ("part 喝早茶 07:30-09:30", "明天喝早茶", "2026-11-19 07:30"),
    ("point 开饭点 11:45", "明天开饭点", "2026-11-19 11:45"),
    ("day 大大大后天 5", "大大大后天", "2026-11-23 00:00"),
    ("solar 邻里节 05-20", "邻里节", "2027-05-20 00:00"),
    ("lunar 土地诞 02-02", "土地诞上午", "2027-03-09 08:00"),
]


@pytest.mark.parametrize(("line", "words", "start"), ADDED)
def test_a_new_phrase_is_one_line(tmp_path: Path, line: str, words: str, start: str) -> None:
    shutil.copytree(
        Path(nlp.__file__).parent, tmp_path / "nlp", ignore=shutil.ignore_patterns("__pycache__", "*.cache")
    )
    with (tmp_path / "nlp" / "lexicon" / "time_words.table").open("a", encoding="utf-8") as table:
        table.write(f"{line}\n")
    code = (
        "import sys; from datetime import datetime; from nlp.times import read_time;"
        "span = read_time(sys.argv[1], datetime.fromisoformat(sys.argv[2]));"
        "print(span.start.strftime('%Y-%m-%d %H:%M') if span else None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, words, NOW.isoformat()], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == start, done.stderr
    known = read_time(words, NOW)
    assert known is None or known.text != words


def test_a_word_that_is_weather_too_needs_to_be_named_a_term() -> None:
    assert find_times("今年大雪", NOW) == []
    (span,) = find_times("大雪节气", NOW)
    assert span.start is not None
    assert span.start.date() == date(2026, 12, 7)
