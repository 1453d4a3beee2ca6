"""Request or not, and what else a free text may be: a learned decision over what was observed in it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from nlp import signals, urgency, weighing
from nlp.intent import Evidence, Meaning
from nlp.signals import Facts

# So many words of the text are shown beside the named signals; a single character explains nothing to anybody.
_WORDS_SHOWN: Final = 5
# How much more must speak for a request than for anything else: a false order makes a fuss among the neighbours.
CAUTION: Final = 0.5
# How much more where a danger is only talked of: the words of danger alone would make a request of it.
TALKED_OF: Final = 5.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a free text most likely is, and what spoke for or against its being a request."""

    meaning: Meaning
    confidence: float
    evidence: tuple[Evidence, ...]
    seen: Mapping[str, str]  # the signals that show, each with the words that show it


def judge(facts: Facts, *, explain: bool = False) -> Reading:
    """The likeliest meaning of a free text."""
    model = weighing.model("meaning")
    seen = signals.observe(facts)
    scores = dict(zip(model.labels, model.score(seen, facts.learned), strict=True))
    asking = scores.pop(Meaning.REQUEST.value)
    other = max(scores, key=scores.__getitem__)
    lead = asking - scores[other] - CAUTION
    if urgency.is_recalled(facts.folded):
        lead -= TALKED_OF
    elif lead <= 0:
        # A missed emergency is worse than a false one: who surely tells of a danger need not ask for anything.
        lead += urgency.relief(facts.folded, facts.hits, facts.learned)
    meaning = Meaning.REQUEST if lead > 0 else Meaning(other)
    evidence = _evidence(model, other, seen, facts.learned) if explain else ()
    return Reading(meaning, round(weighing.chance(abs(lead)), 3), evidence, seen)


def _evidence(
    model: weighing.Model, other: str, seen: dict[str, str], learned: AbstractSet[str]
) -> tuple[Evidence, ...]:
    """What spoke for a request rather than for the likeliest other meaning: signals, then the weightiest words, then what
    single characters and the other words add, so that the shares are of the whole."""
    yes, no = model.labels.index(Meaning.REQUEST.value), model.labels.index(other)

    def evidence(name: str, words: str, weights: tuple[float, ...]) -> Evidence:
        return Evidence(name, words, round(weights[yes] - weights[no], 2))

    start = Evidence("没说什么的时候", "多半不是求助", round(model.start[yes] - model.start[no], 2))
    named = [evidence(name, words, model.signals[name]) for name, words in seen.items() if name in model.signals]
    words = [evidence("用词", word, model.words[word]) for word in learned & model.words.keys()]
    words.sort(key=lambda one: (-abs(one.weight), one.words))
    shown = [one for one in words if len(one.words) > 1][:_WORDS_SHOWN]
    rest = round(sum(one.weight for one in words) - sum(one.weight for one in shown), 2)
    return (
        start,
        *(one for one in named if abs(one.weight) >= 0.05),
        *shown,
        *([Evidence("其余零散字词", "合计", rest)] if rest else []),
    )
