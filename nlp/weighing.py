"""Linear models over named features. What each feature weighs is learned from our own sentences by corpus/train.py.

A model is one table in nlp/weights: a line a feature, a column a label, so that anybody can read why a text was read as
it was, and mend one number. A feature is a signal of nlp.signals under its name, or a plain word of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import repeat
from math import exp
from sys import intern
from typing import Final

# The first line of a table: what each label starts with.
START: Final = "起点"
# Words of the text itself stand in the tables behind this mark, signals without it.
WORD: Final = "词:"
# The decisions that are learned: what a free text means, which kind of help is wanted, how urgent it is, and which act a
# reply implies.
MODELS: Final = ("meaning", "category", "urgency", "acts")
# What free speech can mean. Replies are read by nlp.acts, before any weighing; those that are left over have a decision
# of their own.
FREE: Final = ("request", "chat", "other", "notice", "ad", "thanks", "inquiry", "cancel", "offer")
ACTS: Final = ("claim", "stand_by", "withdraw", "done", "not_done", "rate", "amend", "cancel", "nudge")
# No word that is looked for is longer.
LONGEST_WORD: Final = 3


# One field of bits a label, wide enough for any sum of hundredths: a long text holds hundreds of known words.
_BITS: Final = 32
_FIELD: Final = (1 << _BITS) - 1
# Half of every field is laid on, so that no sum falls below nothing and borrows from the next.
_NOTHING: Final = 1 << _BITS - 1


def _as_one(weights: Iterable[float]) -> int:
    """The weights for all labels as one whole number: one addition adds them all."""
    return sum(round(weight * 100) << _BITS * at for at, weight in enumerate(weights))


@dataclass(frozen=True)
class Model:
    """The weights of one decision, in hundredths."""

    labels: tuple[str, ...]
    start: tuple[float, ...]
    signals: Mapping[str, tuple[float, ...]]
    words: Mapping[str, tuple[float, ...]]

    def score(self, signals: Iterable[str], words: AbstractSet[str]) -> list[float]:
        """How much speaks for each label; over 0 it is likelier than not."""
        start, named, known = self._whole
        total = sum(map(known.get, words, repeat(0)), sum(map(named.get, signals, repeat(0)), start))
        return [((total >> _BITS * at & _FIELD) - _NOTHING) / 100 for at in range(len(self.labels))]

    @cached_property
    def _whole(self) -> tuple[int, Mapping[str, int], Mapping[str, int]]:
        named = {name: _as_one(weights) for name, weights in self.signals.items()}
        known = {word: _as_one(weights) for word, weights in self.words.items()}
        nothing = sum(_NOTHING << _BITS * at for at in range(len(self.labels)))
        return nothing + _as_one(self.start), named, known


def chance(score: float) -> float:
    """The likelihood that a score stands for."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, score))))


def runs(folded: str) -> set[str]:
    """Every run of one to three characters: whatever a model may know as a word."""
    size = len(folded)
    return {folded[at : at + length] for length in range(1, LONGEST_WORD + 1) for at in range(size - length + 1)}


def parse_table(text: str) -> Model:
    """The model written in a table. Raises ValueError with the number of a line that is wrong."""
    header, *lines = text.splitlines()
    labels = tuple(header.split("\t")[1:])
    signals: dict[str, tuple[float, ...]] = {}
    words: dict[str, tuple[float, ...]] = {}
    for number, line in enumerate(lines, 2):
        name, *cells = line.split("\t")
        try:
            weights = tuple(float(cell) for cell in cells)
        except ValueError:
            raise ValueError(f"line {number}: {line!r} has a weight that is no number") from None
        if len(weights) != len(labels):
            raise ValueError(f"line {number}: {line!r} has {len(weights)} weights for {len(labels)} labels")
        if name.startswith(WORD):
            words[intern(name.removeprefix(WORD))] = weights  # the models know mostly the same words
        else:
            signals[name] = weights
    return Model(labels, signals.pop(START), signals, words)


def write_table(model: Model) -> str:
    """The table of a model; what weighs nothing is left out."""
    rows = [("", model.labels), (START, _written(model.start))]
    rows += [(name, _written(weights)) for name, weights in sorted(model.signals.items())]
    rows += [(WORD + word, _written(weights)) for word, weights in sorted(model.words.items())]
    return "".join("\t".join((name, *cells)) + "\n" for name, cells in rows)


def _written(weights: Iterable[float]) -> tuple[str, ...]:
    return tuple(f"{weight:.2f}".removesuffix(".00") for weight in weights)


@cache
def model(name: str) -> Model:
    """One of the models of this package, loaded once."""
    return parse_table((files("nlp") / "weights" / f"{name}.tsv").read_text(encoding="utf-8"))
