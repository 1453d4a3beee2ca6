"""Acts that no line of lexicon/acts.table says: 轮椅我家现成的,这就推下楼 takes on a job without a word of doing so.

What can be observed in such a reply stands in lexicon/act_signals.table; how much each signal and word speaks for each
act is learned from our own sentences by corpus/train.py and lies in weights/acts.tsv.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp import weighing
from nlp.intent import Evidence, Meaning
from nlp.shapes import Table, read_blocks
from nlp.signals import Facts

# Of a few characters the lines of the table say all; longer messages tell stories.
SHORTEST: Final = 8
LONGEST: Final = 80
# What speaks for an act must outweigh this; 0 would be as likely as not, and an act that nobody meant makes a fuss.
BAR: Final = 0.3
_WORDS_SHOWN: Final = 3


@cache
def table() -> Table:
    """The signals of replies as written shapes, loaded once."""
    return Table(read_blocks((files("nlp") / "lexicon" / "act_signals.table").read_text(encoding="utf-8")))


@dataclass(frozen=True, slots=True)
class Implied:
    """An act that the signals of a reply add up to, with how much speaks for it."""

    meaning: Meaning
    score: float
    evidence: tuple[Evidence, ...]


def is_of_its_length(folded: str) -> bool:
    """Whether a text is long enough to imply something, and short enough to be a reply."""
    return SHORTEST <= len(folded) <= LONGEST


def observe(folded: str, seen: Mapping[str, str]) -> dict[str, str]:
    """What speaks for or against an act: the signals of replies, and those `seen` of any free text."""
    return {**seen, **{name: match[0] for name, match in table().shown(folded).items()}}


def find_implied(facts: Facts, seen: Mapping[str, str]) -> Implied | None:
    """The likeliest act of a reply, where enough speaks for one."""
    if not is_of_its_length(facts.folded):
        return None
    model = weighing.model("acts")
    shown = observe(facts.folded, seen)
    scores = model.score(shown, facts.learned)
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] <= BAR:
        return None
    named = [Evidence(name, words, model.signals[name][best]) for name, words in shown.items() if name in model.signals]
    words = [Evidence("用词", word, model.words[word][best]) for word in facts.learned & model.words.keys()]
    words.sort(key=lambda one: (-abs(one.weight), one.words))
    return Implied(Meaning(model.labels[best]), scores[best], (*named, *words[:_WORDS_SHOWN]))
