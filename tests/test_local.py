"""One line in a plain file changes what is understood: a place, a word, a synonym of a kind of help, a building."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from nlp import Parser, to_json
from nlp.intent import Category, Meaning
from nlp.local import BadLocalFile, read_local

NOW = datetime.fromisoformat("2026-11-23T09:30:00+08:00")


def parser(folder: Path, *lines: str) -> Parser:
    file = folder / "words.txt"
    file.write_text("\n".join(("# 我们社区的", *lines, "")), encoding="utf-8")
    return Parser([], local=read_local(file))


def test_a_local_word_for_broken_is_one_line(tmp_path: Path) -> None:
    said = "我家灶头瘪火了"
    assert Parser([]).parse(said, NOW).meaning is not Meaning.REQUEST
    assert parser(tmp_path, "瘪火 坏了", "灶头 东西").parse(said, NOW).meaning is Meaning.REQUEST


def test_a_synonym_of_a_kind_of_help_is_one_line(tmp_path: Path) -> None:
    said = "谁能帮忙掏烟囱"
    assert Parser([]).parse(said, NOW).slots.category is not Category.SANITATION
    assert parser(tmp_path, "掏烟囱 环境卫生").parse(said, NOW).slots.category is Category.SANITATION


def test_listed_buildings_bind_a_bare_number_and_question_an_unknown_one(tmp_path: Path) -> None:
    listed = parser(tmp_path, "楼栋 1-12 15 A")
    assert listed.parse("8号302水管漏了", NOW).slots.address != Parser([]).parse("8号302水管漏了", NOW).slots.address
    unknown = to_json(listed.parse("99栋302水管漏了，谁能来修", NOW))["slots"]
    assert isinstance(unknown, dict)
    assert unknown["needs_clarification"] is True
    assert listed.parse("12栋302水管漏了，谁能来修", NOW).slots.building_known is True


def test_a_place_name_is_kept_whole(tmp_path: Path) -> None:
    assert "三道拐" in [word.text for word in parser(tmp_path, "三道拐 地点")._cut("三道拐的坡太滑")]


def test_no_file_is_no_words(tmp_path: Path) -> None:
    assert not read_local(tmp_path / "words.txt").words


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("瘪火", "第2行"),
        ("瘪火 啥", "第2行"),
        ("瘪火 坏了 多一列", "第2行"),
        ("坏 坏了", "只有一个字"),
        ("楼栋 12-1", "不像楼栋"),
        ("楼栋 三栋", "不像楼栋"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(BadLocalFile, match=told):
        parser(tmp_path, line)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadLocalFile, match="UTF-8"):
        read_local(file)


@pytest.mark.parametrize(
    ("line", "said", "community", "place"),
    [
        ("鸭嘴塘 小区", "鸭嘴塘三栋二单元五零一灯坏了", "鸭嘴塘", None),
        ("北大桥 小区", "北大桥,5栋2单元漏水", "北大桥", None),
        ("鸭嘴塘 小区", "我们鸭嘴塘停水了", "鸭嘴塘", None),
        ("老水闸 地点", "老水闸旁边的井盖没了", None, "老水闸旁边"),
        ("三道拐 地点", "三道拐的坡太滑，谁能撒点沙", None, "三道拐"),
    ],
)
def test_listed_names_are_places_of_an_address(
    tmp_path: Path, line: str, said: str, community: str | None, place: str | None
) -> None:
    address = parser(tmp_path, line).parse(said, NOW).slots.address
    assert address is not None
    assert (address.community, address.place) == (community, place)
    without = Parser([]).parse(said, NOW).slots.address
    assert without is None or (without.community, without.place) != (community, place)
