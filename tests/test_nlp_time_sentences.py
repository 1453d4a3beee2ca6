"""Our own sentences with the time that is meant: corpus/seen/times.jsonl and times_more.jsonl."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import pytest

from nlp import clean, times

Slots = dict[str, dict[str, str | None] | str | None]
Sentence = tuple[str, datetime, Slots]


SEEN = Path(__file__).parent.parent / "corpus/seen"
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line]


@cache
def sentences() -> list[Sentence]:
    found = (json.loads(line) for name in ("times", "times_more") for line in _lines(SEEN / f"{name}.jsonl"))
    return [(line["text"], datetime.fromisoformat(line["now"]), line["slots"]) for line in found]


def read(text: str, now: datetime) -> Slots:
    span, repeated = times.read_time(text, now), times.find_recurrence(text, now)
    side = {
        "start": span.start.isoformat() if span and span.start else None,
        "end": span.end.isoformat() if span and span.end else None,
        "grain": span.grain.value if span else None,
    }
    return {"time": side if span else None, "recurrence": repeated[0] if repeated else None}


def agrees(slots: Slots, found: Slots) -> bool:
    """Every side that is given must be read so; what repeats is no date."""
    if "recurrence" in slots and (found["recurrence"] != slots["recurrence"] or found["time"]):
        return False
    wanted, got = slots.get("time"), found["time"]
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(got[key] == value for key, value in wanted.items())
    return got is None


@pytest.mark.parametrize("sentence", sentences(), ids=lambda sentence: f"{sentence[0]}@{sentence[1]:%m%d%H}")
def test_the_time_that_is_meant(sentence: Sentence) -> None:
    text, now, slots = sentence
    assert agrees(slots, read(text, now)), read(text, now)


def test_there_are_many_and_of_every_kind() -> None:
    assert len(sentences()) >= 400
    nothing = sum("time" in slots and slots["time"] is None for _, _, slots in sentences())
    repeated = sum("recurrence" in slots for _, _, slots in sentences())
    assert nothing >= 60
    assert repeated >= 15
    assert len({text for text, _, _ in sentences()}) >= 400


@pytest.mark.parametrize("path", sorted(SEEN.glob("*.jsonl")), ids=lambda path: path.stem)
def test_the_words_of_a_time_stand_in_the_text(path: Path) -> None:
    """What else is said of it (a second reading, another time offered) as well; a day far from its clock is joined by …."""
    torn: list[str] = []
    for line in _lines(path):
        text = clean(json.loads(line)["text"])
        span = times.read_time(text, NOW)
        told = [one.text.split("…") for one in (span, *span.others)] if span else []
        torn += [text for pieces in told if not re.search(".*".join(map(re.escape, pieces)), text, re.DOTALL)]
    assert not torn


def test_a_day_far_from_its_clock_is_told_with_it() -> None:
    span = times.read_time("后天我得去趟县城给外孙女开家长会，顺道买点年货，麻烦谁两点半帮我收个快递", NOW)
    assert span is not None
    assert (span.start, span.text) == (NOW.replace(day=20, hour=14, minute=30), "后天…两点半")
