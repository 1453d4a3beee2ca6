"""Free text → service category and its further needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp import weighing
from nlp.intent import Category
from nlp.shapes import Table, read_blocks
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


class Kinds:
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
        self._table = Table(blocks)

    def shown(self, folded: str) -> Shown:
        """What of the table stands in a text."""
        found = self._table.shown(folded)
        return Shown(
            tuple(name for name in found if name in self.kinds),
            tuple(dict.fromkeys(self._needs[name] for name in found if name in self._needs)),
            max((found[name].end() for name in found.keys() - self.kinds.keys() - self._needs.keys()), default=0),
        )


@cache
def table() -> Kinds:
    """The table of this package, loaded once."""
    return Kinds((files("nlp") / "lexicon" / "category.table").read_text(encoding="utf-8"))


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


def find_category(
    folded: str, hits: Hits, learned: frozenset[str], spotter: Spotter, among: Collection[Category] = _KINDS
) -> tuple[Category, tuple[Category, ...]]:
    """What the one who answers must bring or do first, and the further needs of one post; the first `among` some kinds."""
    shown = table().shown(folded)
    if shown.now:  # 走丢又找到了,现在需要个医生
        folded = folded[shown.now :]
        spotted = spotter.spot(folded)
        hits, learned, shown = spotted.hits, spotted.learned, table().shown(folded)
    if len(shown.needs) >= _MANY_NEEDS and Category.SUPPLIES in among:
        return Category.SUPPLIES, shown.needs
    model = weighing.model("category")
    scores = dict(zip(model.labels, model.score((*_listed(hits), *shown.names), learned), strict=True))
    best = max(map(Category, scores.keys() & among), key=lambda kind: (scores[kind], kind))
    if len(shown.needs) == 2 and best in shown.needs:
        return best, tuple(need for need in shown.needs if need is not best)
    return best, ()
