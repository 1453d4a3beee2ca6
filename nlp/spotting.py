"""The word lists in nlp/lexicon: one file a meaning, one word a line; a text is looked up in all of them in one pass,
together with the words whose weights were learned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from nlp import weighing
from nlp.automaton import Automaton
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
_NOT_SPOTTED = frozenset({"things", "local", "category_light", "confided", "private_matters"})


def list_names() -> tuple[str, ...]:
    folder = files("nlp") / "lexicon"
    names = (entry.name.removesuffix(".txt") for entry in folder.iterdir() if entry.name.endswith(".txt"))
    return tuple(sorted(name for name in names if name not in _NOT_SPOTTED))


class Hit(NamedTuple):
    word: str
    at: int


Hits = Mapping[str, list[Hit]]


@dataclass(frozen=True, slots=True)
class Spotted:
    """What one pass over a text found: the listed words by list, in order, and which of the learned words it holds."""

    hits: Hits
    learned: frozenset[str]


class Spotter:
    """Finds every listed word of a text in one pass; time grows with the text, not with the lists."""

    def __init__(self, lists: Mapping[str, Iterable[str]], learned: Iterable[str] = ()) -> None:
        tags: dict[str, list[str]] = {word: [] for word in learned}
        self._learned = frozenset(tags)
        for name, words in lists.items():
            for word in words:
                tags.setdefault(word, []).append(name)
        self._words = list(tags)
        self._lists = {number: of for number, of in enumerate(tags.values()) if of}
        self._automaton = Automaton(self._words)

    def spot(self, folded: str) -> Spotted:
        """Of words of one list that begin together only the longest counts."""
        found: dict[str, dict[int, Hit]] = {}
        words, lists = self._words, self._lists
        matches = self._automaton.find(folded)
        for number, at, _ in matches:
            if number in lists:
                hit = Hit(words[number], at)
                for name in lists[number]:
                    # Matches come in the order of their ends: a longer word that begins here comes later.
                    found.setdefault(name, {})[at] = hit
        hits = {name: [places[at] for at in sorted(places)] for name, places in found.items()}
        return Spotted(hits, self._learned.intersection([words[number] for number, _, _ in matches]))


def new_spotter(own: Mapping[str, tuple[str, ...]]) -> Spotter:
    """The lists and the learned words of this package, together with a community's own words."""
    learned = {word for name in weighing.MODELS for word in weighing.model(name).words}
    return Spotter({name: (*words_of(name), *own.get(name, ())) for name in list_names()}, learned)
