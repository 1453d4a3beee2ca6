"""How many need help, how many hands are wanted, and for whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp.clean import clean, fold
from nlp.numbers import estimate
from nlp.people import find_beneficiary, find_needed, find_people
from tests.nlp_seen import f1, labelled, told


def test_head_counts() -> None:
    pairs: list[tuple[object, object]] = [(one.wanted, told(find_people(fold(one.text)))) for one in labelled("people")]
    assert f1(pairs) >= 0.97, [pair for pair in pairs if pair[0] != pair[1]]


def test_hands_wanted() -> None:
    pairs: list[tuple[object, object]] = [
        (one.wanted, told(find_needed(fold(one.text)))) for one in labelled("people_needed")
    ]
    assert f1(pairs) >= 0.97, [pair for pair in pairs if pair[0] != pair[1]]


def test_for_whom() -> None:
    wrong = [
        (one.text, one.wanted) for one in labelled("beneficiary") if find_beneficiary(fold(one.text)) != one.wanted
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "一家三口被困，来两个人救一下",
        "4个老人要转移，找六个小伙子抬",
        "我们五个人被困，还缺2个帮手",
    ],
)
def test_the_two_counts_are_never_the_same_field(text: str) -> None:
    people, needed = find_people(text), find_needed(text)
    assert people
    assert needed
    assert people != needed


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("3", (3, 3, False)),
        ("十二", (12, 12, False)),
        ("三到五", (3, 5, False)),
        ("3-5", (3, 5, False)),
        ("七八", (7, 8, False)),
        ("三四十", (30, 40, False)),
        ("十七八", (17, 18, False)),
        ("十几", (11, 19, True)),
        ("几百", (200, 900, True)),
        ("十来", (10, 10, True)),
        ("二十多", (20, 29, True)),
        ("两千多", (2000, 2900, True)),
        ("百", (100, 100, True)),
        ("百把", (100, 100, True)),
        ("好几十", (20, 90, True)),
        ("三五", (3, 5, False)),
        ("几", None),
        ("五三", (53, 53, False)),
        ("5到3", None),
        ("人", None),
    ],
)
def test_estimates(words: str, count: tuple[int, int, bool] | None) -> None:
    assert estimate(words) == count


def test_a_count_never_ends_below_its_beginning() -> None:
    for one in labelled("people"):
        for count in (find_people(fold(one.text)), find_needed(fold(one.text))):
            assert count is None or 0 < count.min <= count.max


@pytest.mark.parametrize("field", ["people", "people_needed"])
def test_the_counts_of_another_author(field: str) -> None:
    file = Path(__file__).parent.parent / "corpus" / "seen" / "counts.jsonl"
    pairs: list[tuple[object, object]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row: object = json.loads(line)
        assert isinstance(row, dict)
        folded = fold(clean(row["text"]))
        pairs.append((row["slots"][field], told(find_people(folded) if field == "people" else find_needed(folded))))
    assert len(pairs) > 100
    assert f1(pairs) >= 0.97, [pair for pair in pairs if pair[0] != pair[1]]


@pytest.mark.parametrize(
    "text",
    [
        "三人沙发卡在楼道里",
        "缺个四人帐篷",
        "要三个人的会议室",
        "两个月没见工人",
        "要两个大的",
        "四个新的",
        "要三位数密码",
    ],
)
def test_sizes_and_things_are_no_people(text: str) -> None:
    assert (find_people(text), find_needed(text)) == (None, None)
