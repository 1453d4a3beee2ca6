"""Tables of shapes and the sums of weights: what every reader of free text rests on."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest

from nlp import Parser, fold, weighing
from nlp.shapes import Table, read_blocks
from nlp.spotting import new_spotter
from nlp.weighing import Model

SEEN = Path(__file__).parent.parent / "corpus" / "seen" / "kinds_more.jsonl"
BLOCKS = read_blocks("[拿不动]\n(?:拎|提)不动\n[沉重].{0,3}箱\n\n[上楼] 说明\n[上爬].{0,2}楼\n\n[谢]\n谢谢\n")


def test_a_block_shows_once_with_the_first_of_its_shapes() -> None:
    shown = Table(BLOCKS).shown("爬五楼,拎不动,重的箱子")
    assert {name: match[0] for name, match in shown.items()} == {"拿不动": "拎不动", "上楼": "爬五楼"}
    assert list(shown) == ["拿不动", "上楼"]


def test_a_block_of_which_only_the_pieces_stand_does_not_show() -> None:
    assert Table(BLOCKS).shown("楼上的箱子不沉") == {}


def test_a_table_names_the_shape_that_is_none() -> None:
    with pytest.raises(ValueError, match="拎"):
        Table(read_blocks("[拿不动]\n(拎\n"))


MODEL = Model(("ask", "talk"), (-0.3, 0.1), {"求": (1.1, -2.2)}, {"灯": (0.1, 0.2), "换": (0.2, -0.3), "坏": (-1.0, 0)})


def test_weights_add_up_below_and_above_nothing() -> None:
    assert MODEL.score(["求", "没学过"], {"灯", "换", "也没学过"}) == [1.1, -2.2]
    assert MODEL.score([], {"坏"}) == [-1.3, 0.1]


def test_what_weighs_the_same_in_hundredths_is_a_tie() -> None:
    """Whichever words add up to it, in whichever order a set gives them: else a reading hangs on the day's hash seed."""
    tied = Model(
        ("ask", "talk"), (0.0, 0.0), {"求": (0.7, 0.1)}, {"灯": (0.1, 0.3), "换": (0.2, 0.6), "坏": (0.3, 0.3)}
    )
    for words in permutations(tied.words):
        assert tied.score(["求"], dict.fromkeys(words).keys()) == [1.3, 1.3]


def test_the_sums_of_all_models_are_those_of_their_tables() -> None:
    spotter = new_spotter({})
    for line in SEEN.read_text(encoding="utf-8").splitlines()[::7]:
        learned = spotter.spot(fold(json.loads(line)["text"])).learned
        for model in map(weighing.model, weighing.MODELS):
            signals = list(model.signals)[: len(learned)]
            weights = [
                *(model.signals[name] for name in signals),
                *(model.words[w] for w in learned & model.words.keys()),
            ]
            plain = [sum(column) for column in zip(model.start, *weights, strict=True)]
            assert model.score(signals, learned) == pytest.approx(plain)


def test_warming_up_makes_ready_what_adds() -> None:
    Parser([]).warm()
    assert "_whole" in vars(weighing.model("meaning"))
