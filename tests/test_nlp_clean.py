"""The one cleaning function, the copy for matching, and mentions of the bot."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.clean import clean, fold, strip_mentions

anything = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)


@given(anything)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(anything)
def test_clean_text_can_be_stored_and_sent(text: str) -> None:
    done = clean(text)
    done.encode("utf-8")
    json.loads(json.dumps(done, ensure_ascii=False))
    assert unicodedata.is_normalized("NFC", done)
    assert not any(ord(char) < 32 and char not in "\n\t" for char in done)


@given(anything)
def test_folding_keeps_every_position(text: str) -> None:
    done = clean(text)[:1000]
    assert len(fold(done)) == len(done)
    assert fold(fold(done)) == fold(done)


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("a\x00b", "ab"),
        ("\ud83d", "\ufffd"),
        ("修\u200b灯", "修灯"),
        ("\u202e灯坏了", "灯坏了"),
        ("一\r\n二\r三", "一\n二\n三"),
        ("e\u0301", "é"),
        ("\ufeff你好", "你好"),
        ("\x85x\x9f", "x"),
        ("好\tx", "好\tx"),
    ],
)
def test_what_is_removed(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy


def test_length_is_capped() -> None:
    assert len(clean("好" * 200_000)) == 8000
    assert len(fold("好" * 8000)) == 1000


def test_a_tower_of_marks_is_cut() -> None:
    assert len(clean("a" + "\u0300\u0316" * 4000)) <= 10


@pytest.mark.parametrize(
    ("written", "matched"),
    [
        ("３栋２单元", "3栋2单元"),
        ("ＯＫ", "ok"),
        ("幫忙修燈", "帮忙修灯"),
        ("①", "1"),
        ("，。！", ",。!"),
        ("電梯壞了", "电梯坏了"),
        ("A座", "a座"),
    ],
)
def test_folding(written: str, matched: str) -> None:
    assert fold(written) == matched


NAMES = ("小邻", "小邻 助手", "Linli Bot")
MENTIONS = [
    ("@小邻 接231", "接231", True),
    ("＠小邻 接231", "接231", True),
    ("接231 @小邻", "接231", True),
    ("@小邻\u2005接231", "接231", True),
    ("@小邻\u00a0接231", "接231", True),
    ("@小邻  接231", "接231", True),
    ("@小邻", "", True),
    ("@小邻，接231", "，接231", True),
    ("@小邻 助手 接231", "接231", True),
    ("@小邻助手 接231", "@小邻助手 接231", False),
    ("@linli bot 帮助", "帮助", True),
    ("@张三 你来吗", "@张三 你来吗", False),
    ("@张三 @小邻 接231", "@张三 接231", True),
    ("@小邻 @小邻 帮助", "帮助", True),
    ("@小邻@张三 接231", "@张三 接231", True),
    ("a@小邻.com 是邮箱", "a@小邻.com 是邮箱", False),
    ("写信到 me@example.com", "写信到 me@example.com", False),
    ("1/2 完成", "1/2 完成", False),
    ("见 https://a.b/@小邻x", "见 https://a.b/@小邻x", False),
    ("", "", False),
    ("@", "@", False),
    ("@ 小邻", "@ 小邻", False),
    ("派单 12 给 @小李", "派单 12 给 @小李", False),
    ("@小邻\n接231", "接231", True),
    ("接 @小邻 231", "接 231", True),
    ("小邻你好", "小邻你好", False),
]


@pytest.mark.parametrize(("text", "left", "mentioned"), MENTIONS)
def test_mentions(text: str, left: str, mentioned: bool) -> None:
    assert strip_mentions(text, NAMES) == (left, mentioned)


@pytest.mark.parametrize(
    ("text", "left"), [("@机器人 接231", "接231"), ("@某某", ""), ("接231", "接231"), ("接231 @某某", "接231 @某某")]
)
def test_without_configured_names_the_first_word_is_the_mention(text: str, left: str) -> None:
    assert strip_mentions(text, ())[0] == left
