"""The sentences of corpus/seen/places_own.jsonl, read by the readers of places, phones and people alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nlp import phones
from nlp.clean import clean
from nlp.intent import Count

_FILE = Path(__file__).parent.parent / "corpus" / "seen" / "places_own.jsonl"


@dataclass(frozen=True, slots=True)
class Seen:
    """One sentence and the value of one field; None where the field must stay empty."""

    text: str
    wanted: object


def labelled(field: str) -> list[Seen]:
    """Every sentence that says something about this field, if only that it is empty."""
    return list(_labelled(field))


def _labelled(field: str) -> Iterator[Seen]:
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        given: object = json.loads(line)
        assert isinstance(given, dict)
        slots = given["slots"]
        if field in slots:
            yield Seen(clean(given["text"]), slots[field])


def masked(folded: str) -> str:
    """As the parser does it: a phone is no part of an address."""
    for number in phones.find(folded):
        folded = folded[: number.start] + "\n" * (number.end - number.start) + folded[number.end :]
    return folded


def told(count: Count | None) -> dict[str, int | bool] | None:
    return None if count is None else {"min": count.min, "max": count.max, "about": count.about}


def f1(pairs: list[tuple[object, object]]) -> float:
    """Of (wanted, found): a wrong value is both invented and missed."""
    right = sum(found is not None and found == wanted for wanted, found in pairs)
    wrong = sum(found is not None and found != wanted for wanted, found in pairs)
    missed = sum(wanted is not None and found != wanted for wanted, found in pairs)
    return 2 * right / (2 * right + wrong + missed)
