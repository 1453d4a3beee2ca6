"""The word lists in nlp/lexicon: one file a meaning, one word a line; a text is looked up in all of them in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nlp.clean import fold
from nlp.intent import Category

CATEGORY_FILES: Mapping[str, Category] = {
    "category_repair": Category.REPAIR,
    "category_elder": Category.ELDER_CARE,
    "category_disability": Category.DISABILITY,
    "category_medical": Category.MEDICAL,
    "category_meals": Category.MEALS,
    "category_errand": Category.ERRAND,
    "category_sanitation": Category.SANITATION,
    "category_mediation": Category.MEDIATION,
    "category_education": Category.EDUCATION,
    "category_companionship": Category.COMPANIONSHIP,
    "category_hazard": Category.HAZARD,
    "category_carrying": Category.CARRYING,
    "category_rescue": Category.RESCUE,
    "category_supplies": Category.SUPPLIES,
    "category_lost": Category.LOST,
    "category_other": Category.OTHER,
}


def words_of(name: str) -> tuple[str, ...]:
    """The words of one list; # begins a comment."""
    text = (files("nlp") / "lexicon" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return tuple(fold(line) for line in lines if line)


# Lists that are read for other ends: the items' verbs, what privacy masks, the tokenizer's own words.
_NOT_SPOTTED = frozenset({"things", "local", "category_light"})


def list_names() -> tuple[str, ...]:
    folder = files("nlp") / "lexicon"
    names = (entry.name.removesuffix(".txt") for entry in folder.iterdir() if entry.name.endswith(".txt"))
    return tuple(sorted(name for name in names if name not in _NOT_SPOTTED))


@dataclass(frozen=True, slots=True)
class Hit:
    word: str
    at: int


Hits = Mapping[str, list[Hit]]


class Spotter:
    """Finds every listed word of a text; time grows with the text, not with the lists."""

    def __init__(self, lists: Mapping[str, Iterable[str]]) -> None:
        tags: dict[str, set[str]] = {}
        for name, words in lists.items():
            for word in words:
                tags.setdefault(word, set()).add(name)
        self._single: dict[str, tuple[str, ...]] = {}
        self._heads: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
        heads: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for word, names in tags.items():
            if len(word) == 1:
                self._single[word] = tuple(sorted(names))
            else:
                heads.setdefault(word[:2], []).append((word, tuple(sorted(names))))
        for head, entries in heads.items():
            self._heads[head] = tuple(sorted(entries, key=lambda entry: -len(entry[0])))
        self._firsts = frozenset(word[0] for word in tags)

    def spot(self, folded: str) -> dict[str, list[Hit]]:
        """List name → its words in the text, in order; of words that begin together the longest of each list."""
        found: dict[str, list[Hit]] = {}
        heads, single, firsts = self._heads, self._single, self._firsts
        for at, char in enumerate(folded):
            if char not in firsts:
                continue
            entries = heads.get(folded[at : at + 2])
            if entries:
                for word, names in entries:
                    if folded.startswith(word, at):
                        for name in names:
                            hits = found.setdefault(name, [])
                            # Longer words come first; the shorter ones in them say nothing new.
                            if not hits or hits[-1].at != at:
                                hits.append(Hit(word, at))
            if char in single:
                for name in single[char]:
                    found.setdefault(name, []).append(Hit(char, at))
        return found


@cache
def spotter() -> Spotter:
    """The lists of this package, loaded once at the first use."""
    return Spotter({name: words_of(name) for name in list_names()})
