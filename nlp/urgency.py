"""How urgent a need is: whether life or property is at risk now, whether somebody suffers meanwhile, or there is no hurry.

Danger is looked for in states as well as in words: somebody who does not answer, a hazard that goes on, a patient whose
machine has no power. What takes the danger out of the words (a drill, a film, it is over) counts only in the sentence
where it stands, so that a cry for help beside a thank-you is never lost. The signs are in lexicon/urgency.table; what each
of them weighs is learned from our own sentences by corpus/train.py, where a missed emergency costs more than a false one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp import weighing
from nlp.intent import Category, Urgency
from nlp.shapes import Block, Shapes, read_blocks
from nlp.spotting import Hits

# The score over which a request is an emergency (the lower, the fewer are missed), and the one over which any text is.
LEAST: Final = -1.5
SURE: Final = 0.5
# A danger that is stated makes a request likelier, from this score on and by this much more than the score.
STATED: Final = -1.0
RELIEF: Final = 2.0
# What the category 应急救援 adds to the likelihood of an emergency.
RESCUE_SHARE: Final = 1.0

# Listed words that are dangers by themselves; a new word is one line in a file.
_LISTED: Final = (("emergency_sure", "一说就是紧急的词", 1.2), ("danger", "有危险的词", 0.4))
# 没着火, 防火: the word before denies it.
_DENIED: Final = frozenset("不没防未")
# A sentence shorter than this is taken together with the next: 没事。 belongs to its neighbour.
_SHORTEST: Final = 8
# Where what was said before no longer holds: at the end of a sentence, at a but, and where the talk comes to now.
_STOP: Final = re.compile(
    r"[。!?;\n~…]+|,?(?=但是?[^,]|可是|不过|等等|等下|就是现在|结果)|,(?=今天|今早|现在|这回|这会|刚才|刚刚|眼下|还有|还剩|剩下|另一)"
)
_RECALLED: Final = re.compile(r"昨|前天|前几天|那天|上次|上回|上周|去年|谁|哪家|哪户|哪栋|哪天|什么时候")
_PARTED: Final = re.compile(r"[,。!?\s]")


@dataclass(frozen=True, slots=True)
class Sign:
    """One named observation, and what it should weigh for a degree of urgency."""

    name: str
    degree: Urgency
    weight: float


class Signs:
    """All signs of a table."""

    def __init__(self, text: str) -> None:
        """Raises ValueError naming the line that is wrong."""
        blocks = read_blocks(text)
        self.all = tuple(_sign(block) for block in blocks)
        self._sign_of = [sign for sign, block in zip(self.all, blocks, strict=True) for _ in block.shapes]
        self._shapes = Shapes([shape for block in blocks for shape in block.shapes])

    def shown(self, sentence: str) -> Iterable[Sign]:
        """The signs that show in one sentence."""
        return dict.fromkeys(self._sign_of[number] for number, _ in self._shapes.found(sentence))


def _sign(block: Block) -> Sign:
    try:
        degree, weight = block.rest.split(" ")
        return Sign(block.name, Urgency(degree), float(weight))
    except ValueError as error:
        raise ValueError(f"[{block.name}] {block.rest}: {error}") from None


@cache
def signs() -> Signs:
    """The signs of this package, loaded once."""
    return Signs((files("nlp") / "lexicon" / "urgency.table").read_text(encoding="utf-8"))


def expected() -> dict[str, dict[str, float]]:
    """Degree of urgency → sign → the weight that learning starts from."""
    found: dict[str, dict[str, float]] = {degree.value: {} for degree in Urgency}
    for sign in signs().all:
        found[sign.degree.value][sign.name] = sign.weight
    found[Urgency.EMERGENCY.value] |= {name: weight for _, name, weight in _LISTED}
    return found


def _sentences(folded: str) -> Iterator[tuple[int, str]]:
    """Every sentence and where it begins."""
    start = 0
    for stop in _STOP.finditer(folded):
        if stop.end() - start >= _SHORTEST:
            yield start, folded[start : stop.end()]
            start = stop.end()
    if start < len(folded):
        yield start, folded[start:]


def signs_shown(folded: str, hits: Hits) -> list[str]:
    """The names of what in a text speaks for or against a degree of urgency."""
    clear: set[str] = set()
    doubtful: set[str] = set()
    others: set[str] = set()
    for start, sentence in _sentences(folded):
        dangers = _listed_dangers(start, start + len(sentence), folded, hits)
        calms: set[str] = set()
        for sign in signs().shown(sentence):
            if sign.degree is not Urgency.EMERGENCY:
                others.add(sign.name)
            elif sign.weight > 0:
                dangers.add(sign.name)
            else:
                calms.add(sign.name)
        if dangers and not calms:
            clear |= dangers
        else:
            doubtful |= dangers | calms
    return sorted((clear or doubtful) | others)


def _listed_dangers(start: int, end: int, folded: str, hits: Hits) -> set[str]:
    return {
        name
        for listed, name, _ in _LISTED
        if any(start <= hit.at < end and folded[hit.at - 1 : hit.at] not in _DENIED for hit in hits.get(listed, ()))
    }


def _scores(folded: str, hits: Hits, learned: AbstractSet[str]) -> dict[str, float]:
    model = weighing.model("urgency")
    return dict(zip(model.labels, model.score(signs_shown(folded, hits), learned), strict=True))


def is_emergency(folded: str, hits: Hits, learned: AbstractSet[str] = frozenset()) -> bool:
    """Whether a text surely states a danger to life or property now, even where it asks for nothing."""
    return not is_recalled(folded) and _scores(folded, hits, learned)[Urgency.EMERGENCY.value] > SURE


def relief(folded: str, hits: Hits, learned: AbstractSet[str] = frozenset()) -> float:
    """How much less needs to speak for a request, because the text states a danger: whoever cries for help forgets to ask."""
    score = _scores(folded, hits, learned)[Urgency.EMERGENCY.value]
    return 0.0 if score <= STATED or is_recalled(folded) else score + RELIEF


def find_urgency(folded: str, category: Category, hits: Hits, learned: AbstractSet[str] = frozenset()) -> Urgency:
    """How urgent a request is; where it is for rescue, less is enough for an emergency."""
    if is_recalled(folded):
        return Urgency.NORMAL
    scores = _scores(folded, hits, learned)
    least = LEAST - RESCUE_SHARE if category is Category.RESCUE else LEAST
    if scores.pop(Urgency.EMERGENCY.value) > least:
        return Urgency.EMERGENCY
    return Urgency(max(scores, key=scores.__getitem__))


def is_recalled(folded: str) -> bool:
    """昨天谁家水管爆了来着: over, and said in one clause, so that a cry for help beside it is never lost."""
    said = folded.rstrip(",。!?~… \n")
    return said.endswith("来着") and not _PARTED.search(said) and bool(_RECALLED.search(said))
