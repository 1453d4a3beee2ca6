"""Which kind of help is wanted: families of sentences, further needs of one post, and the table that tells them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from nlp import Parser
from nlp.category import Kinds
from nlp.intent import Category

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
PARSER = Parser([])
C = Category
SEEN = Path(__file__).parent.parent / "corpus" / "seen" / "kinds_more.jsonl"

GAS = [
    "灶台下面一股煤气味，4栋301",
    "炉灶旁边咝咝响，还有味道，求人来看看",
    "我家燃气表附近有臭鸡蛋味，谁懂帮看下",
    "灶关了还是闻得到燃气味，快来个人",
    "厨房好像漏煤气了，6号楼502",
    "液化气罐接口那里漏气，怎么办",
    "天然气管子裂了，一屋子味",
    "求助，煤气灶的软管老化，一开就有味",
]
VIOLENCE = [
    "我被家暴了，谁能帮帮我",
    "隔壁男的又动手打老婆，求社区管管",
    "丈夫喝了酒就打我，求居委会出面",
    "我姐被姐夫打得脸都肿了，求社区帮忙调解",
]


@pytest.mark.parametrize("text", GAS)
def test_gas_that_escapes_is_a_hazard_and_no_repair(text: str) -> None:
    assert PARSER.parse(text, NOW).slots.category in (C.HAZARD, C.RESCUE)


@pytest.mark.parametrize(
    "text", ["煤气灶打不着火，没有味道，谁会修", "燃气热水器不出热水，求师傅", "天然气灶的电池没电了，求个会换的"]
)
def test_a_stove_that_only_fails_is_a_repair(text: str) -> None:
    assert PARSER.parse(text, NOW).slots.category is C.REPAIR


@pytest.mark.parametrize("text", VIOLENCE)
def test_violence_at_home_wants_somebody_to_step_in(text: str) -> None:
    assert PARSER.parse(text, NOW).slots.category in (C.MEDIATION, C.RESCUE)


def test_three_needs_of_one_post_are_relief_goods() -> None:
    slots = PARSER.parse("求助，老人家里没米没药，灯也坏了", NOW).slots
    assert (slots.category, set(slots.needs)) == (C.SUPPLIES, {C.MEALS, C.MEDICAL, C.REPAIR})


def test_of_two_needs_the_second_is_kept() -> None:
    slots = PARSER.parse("求助，家里断粮了，我爸的药也吃完了", NOW).slots
    assert {slots.category, *slots.needs} == {C.MEALS, C.MEDICAL}


def test_what_is_over_does_not_tell_the_kind() -> None:
    assert PARSER.parse("走丢的孩子找到了，但是现在发烧，需要医生", NOW).slots.category is C.MEDICAL


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [("[漏水] 水管\n漏", "no kind of help"), ("[漏水] 还要 水管\n漏", "水管"), ("[漏水]\n漏", "漏水")],
)
def test_a_wrong_line_of_the_table_is_named(lines: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Kinds(lines)
