"""Free text → service category and its further needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp import weighing
from nlp.intent import Category
from nlp.shapes import Shapes, read_blocks
from nlp.spotting import CATEGORY_FILES, Hits, Spotter, words_of

_KINDS: Final = frozenset(Category)


# What a block of the table is for when it is no feature of a kind: a further need, or the turn to what is wanted now.
_FURTHER: Final = "还要"
_NOW: Final = "现在"
# So many needs in one post are no longer one kind of help.
_MANY_NEEDS: Final = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What the shapes of speech in a text tell."""

    names: tuple[str, ...]
    needs: tuple[Category, ...]  # separate needs in one post
    now: int  # where the words begin that tell what is wanted now


class Table:
    """The shapes of speech that speak of a kind of help, each with a name of its own."""

    def __init__(self, text: str) -> None:
        """Raises ValueError naming the line that is wrong."""
        blocks = read_blocks(text)
        self.kinds = {block.name: Category(block.rest) for block in blocks if block.rest in _KINDS}
        self._needs = {
            block.name: Category(block.rest.removeprefix(_FURTHER).strip())
            for block in blocks
            if block.rest.startswith(_FURTHER)
        }
        unknown = [block for block in blocks if block.name not in self.kinds | self._needs and block.rest != _NOW]
        if unknown:
            raise ValueError(f"[{unknown[0].name}] {unknown[0].rest}: no kind of help")
        self._name_of = [block.name for block in blocks for _ in block.shapes]
        self._shapes = Shapes([shape for block in blocks for shape in block.shapes])

    def shown(self, folded: str) -> Shown:
        """What of the table stands in a text."""
        found = {self._name_of[number]: match.end() for number, match in self._shapes.found(folded)}
        return Shown(
            tuple(name for name in found if name in self.kinds),
            tuple(dict.fromkeys(self._needs[name] for name in found if name in self._needs)),
            max((end for name, end in found.items() if name not in self.kinds and name not in self._needs), default=0),
        )


@cache
def table() -> Table:
    """The table of this package, loaded once."""
    return Table((files("nlp") / "lexicon" / "category.table").read_text(encoding="utf-8"))


@cache
def _light() -> frozenset[str]:
    """Words that mention an elder or a child say for whom, not what: they weigh little."""
    return frozenset(words_of("category_light"))


def kinds_shown(folded: str, hits: Hits) -> list[str]:
    """What in a text speaks of a kind of help, as features of the model: listed words, and shapes of speech."""
    return [*_listed(hits), *table().shown(folded).names]


def _listed(hits: Hits) -> Iterator[str]:
    light = _light()
    for name, category in CATEGORY_FILES.items():
        words = {hit.word for hit in hits.get(name, ())}
        if not words:
            continue
        telling = words - light
        yield f"说到{category}" if telling else f"提到{category}"
        if len(telling) > 1:
            yield f"说到{category}不止一处"


class Scale:
    """A model whose weights for all kinds are one whole number each: one addition adds sixteen weights.

    A kind has a field of bits in it, wide enough for any sum of hundredths; a long text holds hundreds of known words.
    """

    _BITS: Final = 32

    def __init__(self, model: weighing.Model) -> None:
        self._kinds = [Category(label) for label in model.labels]
        # Half of every field is laid on beforehand, so that no sum falls below nothing and borrows from the next.
        self._start = self._packed(model.start) + sum(
            1 << self._BITS * at + self._BITS - 1 for at in range(len(model.start))
        )
        self._signals = {name: self._packed(weights) for name, weights in model.signals.items()}
        self._words = {word: self._packed(weights) for word, weights in model.words.items()}
        self._known = frozenset(self._words)

    def _packed(self, weights: Sequence[float]) -> int:
        return sum(round(weight * 100) << self._BITS * at for at, weight in enumerate(weights))

    def likeliest(self, signals: Iterable[str], words: AbstractSet[str]) -> Category:
        """The kind that most speaks for."""
        total = self._start + sum(self._signals[name] for name in signals if name in self._signals)
        total += sum(map(self._words.__getitem__, words & self._known))
        field = (1 << self._BITS) - 1
        scores = [total >> self._BITS * at & field for at in range(len(self._kinds))]
        return self._kinds[scores.index(max(scores))]


@cache
def _scale() -> Scale:
    return Scale(weighing.model("category"))


def find_category(
    folded: str, hits: Hits, learned: frozenset[str], spotter: Spotter
) -> tuple[Category, tuple[Category, ...]]:
    """What the one who answers must bring or do first, and the further needs of one post."""
    shown = table().shown(folded)
    if shown.now:  # 走丢又找到了,现在需要个医生
        folded = folded[shown.now :]
        spotted = spotter.spot(folded)
        hits, learned, shown = spotted.hits, spotted.learned, table().shown(folded)
    if len(shown.needs) >= _MANY_NEEDS:
        return Category.SUPPLIES, shown.needs
    best = _scale().likeliest((*_listed(hits), *shown.names), learned)
    if len(shown.needs) == 2 and best in shown.needs:
        return best, tuple(need for need in shown.needs if need is not best)
    return best, ()
