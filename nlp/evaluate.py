"""Measures the reader on examples with known answers: precision, recall and F1 of every field, and every miss.

Where a careful reader would take either of two values, the example gives a list and any of them is right. A field given
as null was looked for and is not there. An example may name its `kind` (plea, advertisement …): each has its own line; and it may hold the
`mentioned`, `quote` and `context` of `linli parse --jsonl`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from nlp import Parser
from nlp.intent import Context, Intent
from nlp.jsonl import BadContext, Json, context_of, to_json

INTENT: Final = "intent"
REQUEST: Final = "request"
ADDRESS_PARTS: Final = ("community", "building", "entrance", "floor", "room", "place")


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


Wanted = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Example:
    """One line of the file; a field maps to the values that are right, to none where there is nothing to find."""

    line: int
    text: str
    now: datetime
    kind: str
    wanted: Wanted
    mentioned: bool = False
    quote: str | None = None
    context: Context | None = None


@dataclass(slots=True)
class Report:
    examples: int = 0
    scores: dict[str, Score] = field(default_factory=dict)
    # Whether a new request was told from everything else, kind by kind.
    kinds: dict[str, Score] = field(default_factory=dict)
    sizes: Counter[str] = field(default_factory=Counter)
    misses: list[Miss] = field(default_factory=list)

    def count(self, line: int, name: str, right: tuple[str, ...], found: str | None, text: str) -> None:
        score = self.scores.setdefault(name, Score())
        wanted = "/".join(right) or None
        if found in right or (found is None and not right):
            score.right += 1
            return
        score.invented += found is not None
        score.missed += wanted is not None
        self.misses.append(Miss(line, name, wanted, found, text))

    def lines(self) -> Iterator[str]:
        """The tables, then the misses."""
        yield f"{self.examples} examples"
        yield f"{'field':24}{'precision':>10}{'recall':>10}{'F1':>10}{'right':>8}{'invented':>10}{'missed':>8}"
        for name, score in sorted(self.scores.items()):
            shares = "".join(f"{share:>10.3f}" for share in (score.precision, score.recall, score.f1))
            yield f"{name:24}{shares}{score.right:>8}{score.invented:>10}{score.missed:>8}"
        if self.kinds:
            yield f"{'kind':24}{'examples':>10}{'requests':>10}{'found':>10}{'others':>8}{'taken for requests':>20}"
        for kind, score in sorted(self.kinds.items()):
            asked = score.right + score.missed
            others = self.sizes[kind] - asked
            found = f"{score.recall:>10.3f}" if asked else f"{'-':>10}"
            taken = f"{_share(score.invented, others):>20.3f}" if others else f"{'-':>20}"
            yield f"{kind:24}{self.sizes[kind]:>10}{asked:>10}{found}{others:>8}{taken}"
        for miss in self.misses:
            text = miss.text.replace("\n", "\\n")
            yield f"{miss.line}: {miss.field}: wanted {miss.wanted or '-'}, found {miss.found or '-'}: {text}"


def evaluate(parser: Parser, file: Path) -> Report:
    """Read every example and compare field by field. Raises BadExamples."""
    lines = file.read_text(encoding="utf-8").splitlines()
    examples = [_example(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    # A field that no example names was not labelled, so finding it is not wrong.
    labelled = {name for example in examples for name in example.wanted}
    report = Report(len(examples))
    for example in examples:
        found = {name: values[0] for name, values in _fields(to_json(_read(parser, example))).items()}
        for name in sorted(labelled & (example.wanted.keys() | found.keys())):
            report.count(example.line, name, example.wanted.get(name, ()), found.get(name), example.text)
        if INTENT in labelled:
            _count_meaning(report, example, found[INTENT])
    return report


def _read(parser: Parser, example: Example) -> Intent:
    return parser.parse(
        example.text, example.now, mentioned=example.mentioned, quote=example.quote, context=example.context
    )


def _count_meaning(report: Report, example: Example, found: str) -> None:
    """Each meaning on its own as well: a false request is worse than a missed thank-you."""
    right = example.wanted[INTENT]
    wanted = found if found in right else right[0]
    for meaning in sorted({wanted, found}):
        _tally(report.scores.setdefault(f"{INTENT}={meaning}", Score()), meaning == wanted, meaning == found)
    if example.kind:
        report.sizes[example.kind] += 1
        _tally(report.kinds.setdefault(example.kind, Score()), wanted == REQUEST, found == REQUEST)


def _tally(score: Score, is_wanted: bool, is_found: bool) -> None:
    score.right += is_wanted and is_found
    score.invented += is_found and not is_wanted
    score.missed += is_wanted and not is_found


def _example(number: int, line: str) -> Example:
    try:
        given: object = json.loads(line)
        if not isinstance(given, dict) or not isinstance(given["text"], str):
            raise BadExamples(f"第{number}行没有 text")
        now = datetime.fromisoformat(given["now"])
        quote = given.get("quote")
        return Example(
            number,
            given["text"],
            now,
            str(given.get("kind") or ""),
            _fields(given),
            given.get("mentioned") is True,
            str(quote) if quote else None,
            context_of(given.get("context")),
        )
    except json.JSONDecodeError:
        raise BadExamples(f"第{number}行不是JSON") from None
    except KeyError as error:
        raise BadExamples(f"第{number}行没有 {error.args[0]}") from None
    except BadContext:
        raise BadExamples(
            f'第{number}行的 context 不对；要写成 {{"order": "231", "question": "rate", "choices": 3}} 这样'
        ) from None
    except (ValueError, TypeError, RecursionError):
        raise BadExamples(f"第{number}行的值不对；now 要写成 2026-11-23T09:30:00+08:00 这样") from None


def _fields(given: Json) -> dict[str, tuple[str, ...]]:
    """Every fact as a field of its own, so that a wrong room does not spoil a right building."""
    found: dict[str, tuple[str, ...]] = {INTENT: (str(given[INTENT]),)} if INTENT in given else {}
    slots = given.get("slots")
    for name, value in slots.items() if isinstance(slots, dict) else ():
        match name, value:
            case ("address", None):
                found |= {f"{name}.{part}": () for part in ADDRESS_PARTS}
            case (_, None):
                found[name] = ()
            case ("time", {"start": start, "end": end}):
                found[name] = (f"{start}/{end}",)
            case ("address", dict()):
                found |= {f"{name}.{part}": (str(text),) for part, text in value.items()}
            case ("category" | "urgency", list()):
                found[name] = tuple(map(str, value))
            case ("category" | "urgency", _):
                found[name] = (str(value),)
            case _:
                found[name] = (json.dumps(value, ensure_ascii=False, sort_keys=True),)
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
