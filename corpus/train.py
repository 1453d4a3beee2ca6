"""Learns the weights in nlp/weights from the sentences in corpus/seen: `python -m tasks train`.

Four decisions are learned, each by linear models with a penalty on large weights: what a free text means, which kind
of help is wanted, how urgent it is, and which act a reply implies. The sentences in corpus/unseen are never read here: they are the exam.
Nothing is drawn at random: the same sentences give the same weights.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy import float64
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from nlp import implied, slots, urgency, weighing
from nlp.category import kinds_shown
from nlp.clean import prepared
from nlp.intent import Category, Meaning, Urgency
from nlp.signals import expected, observe
from nlp.spotting import Spotter, list_names, words_of
from nlp.weighing import Model

SEEN: Final = Path(__file__).parent / "seen"
WEIGHTS: Final = Path(weighing.__file__).parent / "weights"
BOT_NAMES: Final = ("小邻",)
# Only what the lists say: the words with weights are what is learned here.
LOOKUP: Final = slots.Lookup(Spotter({name: words_of(name) for name in list_names()}))
# Some authors were asked for the hardest sentences they could think of. These wrote as most people write, so they count
# double, or the common way of asking would be learned as a trap.
PLAIN: Final = frozenset({"examples", "explicit_r", "own", "plain_j", "plain_s", "terse_t"})
# A word that fewer sentences hold says too little of other people's sentences.
LEAST_SENTENCES: Final = 4
# Words count less than signals: signals were thought of, words only occur.
WORD_SHARE: Final = 0.7
# What it costs to leave the expected weight.
PENALTY: Final = 1.0
# The signs of urgency were thought of with care and are seldom seen: they stay nearer to what was expected.
URGENCY_PENALTY: Final = 5.0
# A missed emergency is worse than a false one; a sentence torn between two answers, and one that asks for nothing, teach less.
MISSED_EMERGENCY: Final = 3.0
TORN: Final = 0.5
# There are many claims to learn from and few changes or verdicts: a rare act that is missed costs more.
DEAR_ACTS: Final = MappingProxyType(
    dict.fromkeys(("amend", "cancel", "done", "not_done", "nudge", "rate", "withdraw"), 3.0)
)
# Acts are chat to the model of meanings, but people who ask after their need speak of it as they did when they asked.
LEFT_OVER: Final = 0.5
# Replies, and talk that sounds like one, teach more of acts than all the other talk.
REPLY: Final = 2.0
UNASKED: Final = 0.2
# The reference examples say what the degrees mean; each shows something that it alone shows.
REFERENCE: Final = 10.0
# Weights that would be written as 0.0x decide nothing.
LEAST_WEIGHT: Final = 0.08
# Learning stops where a step betters the loss by less than this share: weights are written with two digits only.
SETTLED: Final = 1e-6
# Of all words only those that tell most are kept. On authors left out of the learning five times as many found no more,
# and a table that is too long for anybody to read explains nothing.
MOST_WORDS: Final = 3_000


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled sentence with what can be observed in it."""

    meaning: Meaning
    category: Category | None
    folded: str
    signals: tuple[str, ...]
    kinds: tuple[str, ...]
    weight: float
    signs: tuple[str, ...]
    urgencies: tuple[str, ...]
    is_reference: bool
    act_signals: tuple[str, ...]
    is_reply: bool


def read(files: Iterable[Path]) -> list[Sentence]:
    """Every sentence of the files whose meaning is labelled; others are there for a single slot."""
    found = []
    for file in sorted(files):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        weight = 2.0 if file.stem in PLAIN else 1.0
        found += [_sentence(row, weight) for row in rows if "intent" in row and "context" not in row]
    return found


def _sentence(row: dict[str, object], weight: float) -> Sentence:
    _, said, folded, called = prepared(str(row["text"]), BOT_NAMES)
    facts, _ = slots.gather(said, folded, datetime.fromisoformat(str(row["now"])), LOOKUP, mentioned=called)
    labelled = row.get("slots")
    category = labelled.get("category") if isinstance(labelled, dict) else None
    first = category[0] if isinstance(category, list) else category
    hurry = labelled.get("urgency") if isinstance(labelled, dict) else None
    seen = observe(facts)
    return Sentence(
        Meaning(str(row["intent"])),
        Category(first) if first else None,
        folded,
        tuple(seen),
        tuple(kinds_shown(folded, facts.hits)),
        weight,
        tuple(urgency.signs_shown(folded, facts.hits)),
        tuple(hurry if isinstance(hurry, list) else [hurry] if hurry else ()),
        "phenomena" in row,
        tuple(implied.observe(folded, seen)),
        str(row.get("kind", "")).startswith("reply"),
    )


def words_worth_knowing(sentences: Sequence[Sentence]) -> frozenset[str]:
    """Every run of one to three Chinese characters that enough sentences hold."""
    held = Counter(word for sentence in sentences for word in weighing.runs(sentence.folded))
    return frozenset(
        word
        for word, count in held.items()
        if count >= LEAST_SENTENCES and all("\u4e00" <= char <= "\u9fff" for char in word)
    )


@dataclass(frozen=True, slots=True)
class Lesson:
    """What can be observed in a sentence, the answers that are right, and how much the sentence counts."""

    named: tuple[str, ...]
    folded: str
    right: tuple[str, ...]
    weight: float


def learn(
    lessons: Sequence[Lesson],
    words: frozenset[str],
    expected: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    penalty: float = PENALTY,
    dear: Mapping[str, float] = MappingProxyType({}),
) -> Model:
    """The weights that tell each answer from all others by the named features and the words of each sentence.

    Where a weight is expected of a feature for an answer, learning starts there and never changes its sign; `penalty` is
    what leaving it costs. A `dear` answer that is missed costs so many times as much as one that is given falsely.
    """
    features = [
        dict.fromkeys(one.named, 1.0) | {weighing.WORD + word: WORD_SHARE for word in words & weighing.runs(one.folded)}
        for one in lessons
    ]
    names = sorted({name for held in features for name in held})
    labels = tuple(sorted({label for one in lessons for label in one.right}))

    def fitted(names: Sequence[str]) -> list[NDArray[float64]]:
        """The weights of the names for each label."""
        column = {name: at for at, name in enumerate(names)}
        cells = [
            (row, column[name], held[name])
            for row, held in enumerate(features)
            for name in sorted(held.keys() & column)
        ]
        rows, columns, values = zip(*cells, strict=True)
        table = csr_matrix((values, (rows, columns)), shape=(len(features), len(names)))
        found = []
        for label in labels:
            is_so = np.array([label in one.right for one in lessons], float)
            counted = np.array([one.weight for one in lessons]) * np.where(is_so > 0, dear.get(label, 1.0), 1.0)
            start = np.array([*(expected.get(label, {}).get(name, 0.0) for name in names), -1.0])
            found.append(_fit(table, is_so, counted, start, penalty))
        return found

    telling = np.abs(fitted(names)).max(axis=0)
    of_words = sorted(
        (at for at, name in enumerate(names) if name.startswith(weighing.WORD)), key=lambda at: -telling[at]
    )
    dropped = set(of_words[MOST_WORDS:])
    names = [name for at, name in enumerate(names) if at not in dropped]
    learned = fitted(names)
    signals: dict[str, tuple[float, ...]] = {}
    known: dict[str, tuple[float, ...]] = {}
    for at, name in enumerate(names):
        is_word = name.startswith(weighing.WORD)
        # Without + 0.0 the table would hold -0.00.
        weights = tuple(round(float(column[at]) * (WORD_SHARE if is_word else 1.0), 2) + 0.0 for column in learned)
        if max(map(abs, weights)) < LEAST_WEIGHT:
            continue
        if is_word:
            known[name.removeprefix(weighing.WORD)] = weights
        else:
            signals[name] = weights
    return Model(labels, tuple(round(float(column[-1]), 2) + 0.0 for column in learned), signals, known)


def _fit(
    table: csr_matrix, is_so: NDArray[float64], counted: NDArray[float64], start: NDArray[float64], penalty: float
) -> NDArray[float64]:
    """Logistic regression with a quadratic penalty on leaving the start; the last number is where all texts begin."""

    def loss(weights: NDArray[float64]) -> tuple[float, NDArray[float64]]:
        score = table @ weights[:-1] + weights[-1]
        moved = weights[:-1] - start[:-1]
        missed = counted * (1 / (1 + np.exp(-score)) - is_so)
        value = (counted * (np.logaddexp(0, score) - is_so * score)).sum() + penalty / 2 * (moved * moved).sum()
        return float(value), np.append(table.T @ missed + penalty * moved, missed.sum())

    signs = [(0 if one > 0 else None, 0 if one < 0 else None) for one in start[:-1]]
    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[*signs, (None, None)],
        options={"maxiter": 2_000, "ftol": SETTLED},
    )
    return np.asarray(found.x)


def models(sentences: Sequence[Sentence]) -> dict[str, Model]:
    """The decisions, learned from the sentences."""
    words = words_worth_knowing(sentences)
    meanings = [
        Lesson(
            one.signals,
            one.folded,
            (_free_meaning(one),),
            one.weight * (1.0 if one.meaning in weighing.FREE else LEFT_OVER),
        )
        for one in sentences
    ]
    kinds = [
        Lesson(one.kinds, one.folded, (one.category.value,), one.weight)
        for one in sentences
        if one.category is not None
    ]
    return {
        "meaning": learn(meanings, words, {Meaning.REQUEST.value: expected()}),
        "category": learn(kinds, words),
        "urgency": learn(
            [_lesson_in_urgency(one) for one in sentences if one.urgencies or one.meaning is not Meaning.REQUEST],
            words,
            urgency.expected(),
            URGENCY_PENALTY,
            {Urgency.EMERGENCY.value: MISSED_EMERGENCY},
        ),
        "acts": _acts([one for one in sentences if implied.is_of_its_length(one.folded)]),
    }


def _acts(sentences: Sequence[Sentence]) -> Model:
    """Which act a reply implies; only words that stand in acts are weighed, whatever else is talk."""
    said = [one for one in sentences if one.meaning in weighing.ACTS]
    lessons = [
        Lesson(
            one.act_signals,
            one.folded,
            (one.meaning.value,) if one.meaning in weighing.ACTS else (),
            one.weight * (REPLY if one.is_reply else 1.0),
        )
        for one in sentences
    ]
    return learn(lessons, words_worth_knowing(said), dear=DEAR_ACTS)


def _free_meaning(sentence: Sentence) -> str:
    """What the reader of replies leaves over is at least no request: to the model it is chat."""
    return sentence.meaning.value if sentence.meaning in weighing.FREE else Meaning.CHAT.value


def _lesson_in_urgency(sentence: Sentence) -> Lesson:
    weight = REFERENCE if sentence.is_reference else TORN if len(sentence.urgencies) > 1 else 1.0
    return Lesson(
        sentence.signs, sentence.folded, sentence.urgencies, weight if sentence.urgencies else weight * UNASKED
    )


def main() -> None:
    """Write the tables."""
    WEIGHTS.mkdir(exist_ok=True)
    for name, model in models(read(SEEN.glob("*.jsonl"))).items():
        (WEIGHTS / f"{name}.tsv").write_text(weighing.write_table(model), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
