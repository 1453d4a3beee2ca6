"""Phones in every written shape, and long numbers that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nlp import privacy
from nlp.clean import clean, fold
from nlp.phones import arabic, find
from tests.nlp_seen import labelled


def numbers(text: str, kind: str) -> list[str]:
    return list(dict.fromkeys(number.digits for number in find(fold(text)) if number.kind == kind))


def test_all_phones_are_found_in_order() -> None:
    seen = labelled("phones")
    assert len(seen) > 180
    assert [one.text for one in seen if numbers(one.text, "mobile") != one.wanted] == []


def test_landlines_are_kept_apart() -> None:
    assert [one.text for one in labelled("landlines") if numbers(one.text, "landline") != one.wanted] == []


@pytest.mark.parametrize(
    "text",
    ["身份证410101199001011234", "41010119900101123X", "身份证号是 410101 19900101 1234"],
)
def test_identity_numbers_are_no_phones(text: str) -> None:
    assert numbers(text, "identity")
    assert not numbers(text, "mobile")


@pytest.mark.parametrize("text", ["单号：YT1380000000123", "卡号6222 0213 8000 0000 123", "订单号：13800000001"])
def test_a_number_that_nobody_can_ring_is_still_not_for_everybody(text: str) -> None:
    assert not numbers(text, "mobile")
    assert "1380000" not in privacy.scrub(text).replace(" ", "")


def test_positions_are_those_of_the_text() -> None:
    text = "3栋501,一三八 零零零零 零零零五,找我"
    (number,) = find(text)
    assert text[number.start : number.end] == "一三八 零零零零 零零零五"


def test_long_runs_of_chinese_digits_become_arabic() -> None:
    assert arabic("打一三八零零零零零零零五，十二楼") == "打13800000005，十二楼"


def test_the_numbers_of_another_author() -> None:
    file = Path(__file__).parent.parent / "corpus" / "seen" / "phones.jsonl"
    wrong: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        row: object = json.loads(line)
        assert isinstance(row, dict)
        text, said = clean(row["text"]), row["slots"]
        if (numbers(text, "mobile"), numbers(text, "landline")) != (said.get("phones", []), said.get("landlines", [])):
            wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    ["不是13900001031，是13900001032", "老号13900001031停用了，新号13900001032", "13900001032，别存错成13900001031"],
)
def test_a_number_that_is_taken_back_is_hidden_and_not_rung(text: str) -> None:
    assert numbers(text, "mobile") == ["13900001032"]
    assert "1390000103" not in privacy.scrub(text)


def test_a_number_is_taken_back_only_where_another_is_given() -> None:
    assert numbers("不是13900001031吗", "mobile") == ["13900001031"]
