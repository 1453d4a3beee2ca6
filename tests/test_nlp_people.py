"""How many need help, how many hands are wanted, and for whom."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from nlp import names, people
from nlp.clean import clean, fold
from nlp.intent import Count
from nlp.names import find_beneficiary, is_name
from nlp.numbers import estimate
from nlp.patterns import read_patterns
from nlp.people import find_needed, find_people
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
    ("text", "needed"),
    [
        ("明天上午俩人抬个鱼缸柜", 2),
        ("周日仨人搬冰箱", 3),
        ("后天四个人卸一车砖", 4),
        ("我俩抬个柜子去", None),
        ("昨天俩人抬沙发抬了半天", None),
        ("俩人抬不动冰箱", None),
        ("俩人抬杠", None),
        ("看见三个人搬家具", None),
    ],
)
def test_people_right_before_a_load_are_wanted(text: str, needed: int | None) -> None:
    found = find_needed(text)
    assert (found.min if found else None) == needed


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


def with_line(table: str, piece: str, line: str) -> dict[str, re.Pattern[str]]:
    """The patterns of a table with one more line under one of its {pieces}."""
    text = (files("nlp") / "lexicon" / f"{table}.table").read_text(encoding="utf-8")
    assert f"{{{piece}}}\n" in text
    return dict(read_patterns(text.replace(f"{{{piece}}}\n", f"{{{piece}}}\n{line}\n")))


def test_a_kind_of_person_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "陪读妈妈3名没地方住"
    assert find_people(said) is None
    monkeypatch.setattr(people, "SHAPES", with_line("people", "众", "陪读妈妈"))
    assert find_people(said) == Count(3, 3)


def test_a_kind_of_helper_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_needed("想要三个棒棒") is None
    monkeypatch.setattr(people, "SHAPES", with_line("people", "帮手", "棒棒"))
    assert find_needed("想要四个棒棒") == Count(4, 4)


def test_a_relative_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "我嬢嬢腿摔了，想找人背下楼"
    assert find_beneficiary(said) is None
    monkeypatch.setattr(names, "SHAPES", with_line("names", "亲人", "嬢嬢"))
    assert find_beneficiary(said) == "我嬢嬢"


@pytest.mark.parametrize("text", ["我和奶奶都去", "房东大姐灯坏了", "跟那大爷说好了", "向阿姨借个梯子"])
def test_everyday_words_before_a_title_are_no_surnames(text: str) -> None:
    assert find_beneficiary(text) is None


@pytest.mark.parametrize(("text", "name"), [("于奶奶腿疼", "于奶奶"), ("白大爷没吃饭", "白大爷"), ("赖阿姨", "赖阿姨")])
def test_surnames_before_a_title(text: str, name: str) -> None:
    assert find_beneficiary(text) == name


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("欧阳修远", True),
        ("小李", True),
        ("阿依古丽·买买提", False),
        ("东方明", True),
        ("方便", False),
        ("王师傅", True),
    ],
)
def test_names(text: str, is_one: bool) -> None:
    assert is_name(text) is is_one
