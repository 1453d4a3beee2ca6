"""Measures the reader on examples with known answers: precision, recall and F1 of every field, and every miss."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nlp import Parser
from nlp.jsonl import Json, to_json

INTENT = "intent"


class BadExamples(Exception):
    """A line of the file is not as the format says; the text names it."""


@dataclass(slots=True)
class Score:
    """How often a field was right, was found without being there or wrongly, and was there without being found rightly."""

    right: int = 0
    invented: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return _share(self.right, self.right + self.invented)

    @property
    def recall(self) -> float:
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        return _share(2 * self.right, 2 * self.right + self.invented + self.missed)


@dataclass(frozen=True, slots=True)
class Miss:
    line: int
    field: str
    wanted: str | None
    found: str | None
    text: str


@dataclass(slots=True)
class Report:
    examples: int = 0
    scores: dict[str, Score] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)

    def count(self, line: int, name: str, wanted: str | None, found: str | None, text: str) -> None:
        score = self.scores.setdefault(name, Score())
        if wanted == found:
            score.right += 1
            return
        score.invented += found is not None
        score.missed += wanted is not None
        self.misses.append(Miss(line, name, wanted, found, text))

    def lines(self) -> Iterator[str]:
        """The table, then the misses."""
        yield f"{self.examples} examples"
        yield f"{'field':24}{'precision':>10}{'recall':>10}{'F1':>10}{'right':>8}{'invented':>10}{'missed':>8}"
        for name, score in sorted(self.scores.items()):
            shares = "".join(f"{share:>10.3f}" for share in (score.precision, score.recall, score.f1))
            yield f"{name:24}{shares}{score.right:>8}{score.invented:>10}{score.missed:>8}"
        for miss in self.misses:
            yield f"{miss.line}: {miss.field}: wanted {miss.wanted or '-'}, found {miss.found or '-'}: {miss.text}"


def evaluate(parser: Parser, file: Path) -> Report:
    """Read every example and compare field by field. Raises BadExamples."""
    lines = file.read_text(encoding="utf-8").splitlines()
    examples = [(number, *_example(number, line)) for number, line in enumerate(lines, 1) if line.strip()]
    # A field that no example names was not labelled, so finding it is not wrong.
    labelled = {name for _, _, _, wanted in examples for name in wanted}
    report = Report(len(examples))
    for number, text, now, wanted in examples:
        found = _fields(to_json(parser.parse(text, now)))
        for name in sorted(labelled & (wanted.keys() | found.keys())):
            _count(report, number, name, wanted.get(name), found.get(name), text)
    return report


def _count(report: Report, number: int, name: str, wanted: str | None, found: str | None, text: str) -> None:
    report.count(number, name, wanted, found, text)
    if name == INTENT:
        # Each meaning on its own as well: a false request is worse than a missed thank-you.
        for meaning in sorted({wanted, found} - {None}, key=str):
            is_wanted, is_found = wanted == meaning, found == meaning
            score = report.scores.setdefault(f"{INTENT}={meaning}", Score())
            score.right += is_wanted and is_found
            score.invented += is_found and not is_wanted
            score.missed += is_wanted and not is_found


def _example(number: int, line: str) -> tuple[str, datetime, dict[str, str]]:
    try:
        given: object = json.loads(line)
        if not isinstance(given, dict) or not isinstance(given["text"], str):
            raise BadExamples(f"第{number}行没有 text")
        return given["text"], datetime.fromisoformat(given["now"]), _fields(given)
    except json.JSONDecodeError:
        raise BadExamples(f"第{number}行不是JSON") from None
    except KeyError as error:
        raise BadExamples(f"第{number}行没有 {error.args[0]}") from None
    except (ValueError, TypeError, RecursionError):
        raise BadExamples(f"第{number}行的值不对；now 要写成 2026-11-23T09:30:00+08:00 这样") from None


def _fields(given: Json) -> dict[str, str]:
    """Every fact as a field of its own, so that a wrong room does not spoil a right building."""
    found = {INTENT: str(given[INTENT])}
    slots = given.get("slots")
    for name, value in slots.items() if isinstance(slots, dict) else ():
        match name, value:
            case ("time", {"start": start, "end": end}):
                found[name] = f"{start}/{end}"
            case ("address", dict()):
                found |= {f"{name}.{part}": str(text) for part, text in value.items()}
            case _:
                found[name] = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
