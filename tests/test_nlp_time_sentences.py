"""Our own sentences with the time that is meant: corpus/seen/times.jsonl."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from nlp import times

Slots = dict[str, dict[str, str | None] | str | None]
Sentence = tuple[str, datetime, Slots]


@cache
def sentences() -> list[Sentence]:
    lines = (Path(__file__).parent.parent / "corpus/seen/times.jsonl").read_text(encoding="utf-8").splitlines()
    found = (json.loads(line) for line in lines if line)
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
