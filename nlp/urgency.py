"""How urgent a need is: whether life or property is at risk now, whether somebody suffers meanwhile, or there is no hurry.

Danger is looked for in states as well as in words: somebody who does not answer, a hazard that goes on, a patient whose
machine has no power. What takes the danger out of the words (a drill, a film, it is over) counts only in the sentence
where it stands, so that a cry for help beside a thank-you is never lost. The signs are in lexicon/urgency.table; what each
of them weighs is learned from our own sentences by corpus/train.py, where a missed emergency costs more than a false one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp import weighing
from nlp.intent import Category, Urgency
from nlp.shapes import Block, Shapes, Table, read_blocks
from nlp.spotting import Hits

# The score from which on a request is an emergency: the lower, the fewer are missed.
LEAST: Final = -1.4
# The same where every danger stands beside something that takes it out of the words.
LEAST_CALMED: Final = -0.8
# A danger that is stated makes a request likelier, from this score on and by at least this much more than the score.
STATED: Final = -1.0
RELIEF: Final = 2.0
# What the category 应急救援 adds to the likelihood of an emergency.
RESCUE_SHARE: Final = 1.0

# The blocks of the table that are no signs: what is taken out before dangers are looked for, talk of a danger, and what
# says that the danger is not over.
_HARMLESS: Final = "harmless"
_TOLD: Final = "told"
_STILL: Final = "still"
# Listed words that are dangers by themselves; a new word is one line in a file.
_LISTED: Final = (("emergency_sure", "一说就是紧急的词", 1.2), ("danger", "有危险的词", 0.4))
# 没着火, 防火: the word before denies it.
_DENIED: Final = frozenset("不没防未")
# A sentence shorter than this is taken together with the next: 没事。 belongs to its neighbour.
_SHORTEST: Final = 8
# Where what was said before no longer holds: at the end of a sentence, at a but, and where the talk comes to now.
_STOP: Final = re.compile(
    r"[。!?;\n~…]+|,?(?=但是?[^,]|可是|(?<![喘透])不过(?![来去])|等等|等下|就是现在|结果)"
    r"|[, ](?=今天|今早|现在|这回|这会|刚才|刚刚|眼下|还有|还剩|剩下|另一)"
)
_RECALLED: Final = re.compile(r"昨|前天|前几天|那天|上次|上回|上周|去年|谁|哪家|哪户|哪栋|哪天|什么时候")
_PARTED: Final = re.compile(r"[,。!?\s]")


@dataclass(frozen=True, slots=True)
class Sign:
    """One named observation, and what it should weigh for a degree of urgency."""

    name: str
    degree: Urgency
    weight: float
    answers: tuple[Category, ...] = ()  # the kinds of help that answer this danger; none where any may

    @property
    def is_danger(self) -> bool:
        return self.degree is Urgency.EMERGENCY and self.weight > 0

    @property
    def is_calm(self) -> bool:
        """Whether it takes the danger out of its sentence."""
        return self.degree is Urgency.EMERGENCY and self.weight < 0


class Signs:
    """All signs of a table, and the shapes that only sound of danger."""

    def __init__(self, text: str) -> None:
        """Raises ValueError naming the line that is wrong."""
        blocks = read_blocks(text)
        telling = [block for block in blocks if block.rest not in (_HARMLESS, _TOLD, _STILL)]
        self.all = tuple(_sign(block) for block in telling)
        self.calms = frozenset(sign.name for sign in self.all if sign.is_calm)
        listed = (name for _, name, _ in _LISTED)
        self.dangers = frozenset((*listed, *(sign.name for sign in self.all if sign.is_danger)))
        self._named = {sign.name: sign for sign in self.all}
        self._table = Table(telling)
        self._harmless = _shapes_of(blocks, _HARMLESS)
        self._told = _shapes_of(blocks, _TOLD)
        self._still = _shapes_of(blocks, _STILL)

    def shown(self, said: str) -> Collection[Sign]:
        """The signs that show in a text or a sentence."""
        return [self._named[name] for name in self._table.shown(said)]

    def answers(self, names: Collection[str]) -> tuple[Category, ...]:
        """The kinds of help that answer what shows; none where no danger tells."""
        shown = (self._named[name].answers for name in names if name in self._named)
        return tuple(dict.fromkeys(kind for answers in shown for kind in answers))

    def only_talk(self, folded: str) -> bool:
        """电梯困人的事后来怎么样了: a danger is only talked of, and nothing says that it is not over."""
        return any(self._told.found(folded)) and not any(self._still.found(folded))

    def without_harmless(self, folded: str) -> str:
        """手机掉水里了,人也掉下去了 → ,,,,,了,人也掉下去了: commas stand for what only sounds of danger; all else keeps its place."""
        kept = folded
        for _, first in self._harmless.found(folded):
            for match in first.re.finditer(folded):
                kept = kept[: match.start()] + "," * len(match[0]) + kept[match.end() :]
        return kept


def _shapes_of(blocks: Iterable[Block], kind: str) -> Shapes:
    return Shapes([shape for block in blocks if block.rest == kind for shape in block.shapes])


def _sign(block: Block) -> Sign:
    try:
        degree, weight, *answers = block.rest.split(" ")
        return Sign(block.name, Urgency(degree), float(weight), tuple(map(Category, answers)))
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
    return _shown(folded, signs().without_harmless(folded), hits)


def _shown(folded: str, kept: str, hits: Hits) -> list[str]:
    """Dangers count where they stand in what is `kept` of the text, all else wherever it was said."""
    whole = signs().shown(folded)
    if not any(sign.is_danger for sign in whole) and not any(listed in hits for listed, _, _ in _LISTED):
        return sorted(sign.name for sign in whole)  # most texts: nothing to look for sentence by sentence
    clear: set[str] = set()
    doubtful: set[str] = set()
    others: set[str] = set()
    for start, sentence in _sentences(folded):
        rest = kept[start : start + len(sentence)]
        said = signs().shown(sentence)
        meant = said if rest == sentence else signs().shown(rest)
        dangers = {sign.name for sign in meant if sign.is_danger} | _listed_dangers(start, rest, hits)
        calms = {sign.name for sign in said if sign.is_calm}
        others |= {sign.name for sign in said if sign.degree is not Urgency.EMERGENCY}
        if dangers and not calms:
            clear |= dangers
        else:
            doubtful |= dangers | calms
    return sorted((clear or doubtful) | others)


def _listed_dangers(start: int, sentence: str, hits: Hits) -> set[str]:
    """What the lists call dangers, said in this sentence and not denied there."""
    return {
        name
        for listed, name, _ in _LISTED
        for hit in hits.get(listed, ())
        if hit.at >= start
        and sentence.startswith(hit.word, hit.at - start)
        and sentence[hit.at - start - 1 : hit.at - start] not in _DENIED
    }


def _weighed(folded: str, hits: Hits, learned: AbstractSet[str]) -> tuple[list[str], dict[str, float]]:
    """The signs of a text, and how much speaks for each degree; words that only sound of danger speak for none."""
    model = weighing.model("urgency")
    kept = signs().without_harmless(folded)
    if kept != folded:
        learned = {word for word in learned if word in kept}
    shown = _shown(folded, kept, hits)
    return shown, dict(zip(model.labels, model.score(shown, learned), strict=True))


def relief(folded: str, hits: Hits, learned: AbstractSet[str] = frozenset()) -> float:
    """How much less needs to speak for a request, because the text states a danger: whoever cries for help forgets to ask.

    A danger that is likelier than not counts twice where nothing calms it.
    """
    shown, scores = _weighed(folded, hits, learned)
    score = scores[Urgency.EMERGENCY.value]
    if score <= STATED or is_recalled(folded):
        return 0.0
    return RELIEF + score + (max(0.0, score) if signs().calms.isdisjoint(shown) else 0.0)


def find_urgency(folded: str, category: Category, hits: Hits, learned: AbstractSet[str] = frozenset()) -> Urgency:
    """How urgent a request is; where it is for rescue, less is enough for an emergency."""
    return judge(folded, category, hits, learned)[0]


def judge(
    folded: str, category: Category, hits: Hits, learned: AbstractSet[str]
) -> tuple[Urgency, tuple[Category, ...]]:
    """How urgent it is, and of an emergency the kinds of help that answer its dangers; none where any may."""
    if is_recalled(folded):
        return Urgency.NORMAL, ()
    shown, scores = _weighed(folded, hits, learned)
    least = LEAST - RESCUE_SHARE if category is Category.RESCUE else LEAST
    if not signs().calms.isdisjoint(shown):
        least = LEAST_CALMED
    if scores.pop(Urgency.EMERGENCY.value) >= least:
        return Urgency.EMERGENCY, signs().answers(shown)
    return max(map(Urgency, reversed(scores)), key=scores.__getitem__), ()  # of equals the more pressing


def is_recalled(folded: str) -> bool:
    """昨天谁家水管爆了来着: over or elsewhere; said in one clause or unmistakably, so that a cry for help beside it is never
    lost."""
    if signs().only_talk(folded):
        return True
    said = folded.rstrip(",。!?~… \n")
    return said.endswith("来着") and not _PARTED.search(said) and bool(_RECALLED.search(said))
