"""The one cleaning function, the copy for matching, and mentions of the bot."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.clean import KEPT, clean, fold, joined, prepared, said_once, strip_mentions

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


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("屋 里 冒 烟 了", "屋里冒烟了"),
        ("快…来…人", "快来人"),
        ("触-电-了", "触电了"),
        ("救·人", "救人"),
        ("漏~气", "漏气"),
        ("塌\n了", "塌了"),
        ("5栋 楼 道 起 火", "5栋 楼道起火"),
        ("5 栋 二 单 元 六 零 一", "5 栋二单元六零一"),
    ],
)
def test_characters_set_apart_are_joined_for_reading_only(written: str, whole: str) -> None:
    assert joined(written) == whole
    assert clean(written) == written


@pytest.mark.parametrize(
    "text",
    [
        "一 三 五",
        "二-五",
        "五栋 三楼",
        "白菜 豆腐 鸡蛋",
        "葱、姜、蒜",
        "好,来",
        "接 12 13",
        "8号 来",
        "139 0000 0000",
        "我 不去",
        "修水管 换灯泡",
        "a b c",
        "男/女",
    ],
)
def test_words_lists_and_numbers_keep_their_gaps(text: str) -> None:
    assert joined(text) == text


def test_white_space_does_not_push_words_out_of_sight() -> None:
    assert clean(" " * 50_000 + "楼道着火") == "  楼道着火"
    assert clean("到了\n\n\n\n\n吗") == "到了\n\n吗"


def test_the_end_of_a_text_that_is_too_long_is_kept() -> None:
    done = clean("好" * 200_000 + "煤气漏了")
    assert len(done) == KEPT
    assert done.endswith("煤气漏了")


@pytest.mark.parametrize(
    ("said", "once"),
    [
        ("着火了" * 100, "着火了"),
        ("快救人！快救人！快救人！", "快救人！"),
        ("来人来人来人啊", "来人啊"),
        ("啊啊啊啊啊啊救命", "啊啊啊救命"),
        ("哈哈哈", "哈哈哈"),
        ("看看", "看看"),
        ("收拾收拾", "收拾收拾"),
        ("13333333333", "13333333333"),
        ("一三八零零零零零零零零", "一三八零零零零零零零零"),
    ],
)
def test_what_is_repeated_is_read_once(said: str, once: str) -> None:
    assert said_once(said) == once


@pytest.mark.parametrize("text", ["葱 姜 蒜", "米 面 油", "我 想 静 静", "红-黄-蓝", "油\n盐\n醋"])
def test_what_is_stored_is_what_was_written(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("written", "said", "is_called"),
    [
        ("@小邻 救 火 啊", "救火啊", True),
        ("小邻，灯不亮", "灯不亮", False),
        ("快来快来快来快来", "快来", False),
        ("小邻里的事", "小邻里的事", False),
        ("灯 不 亮 " * 400, None, False),
    ],
)
def test_the_parser_and_the_training_read_the_same(written: str, said: str | None, is_called: bool) -> None:
    read = prepared(written, ("小邻",))
    assert read.is_called is is_called
    assert len(read.folded) == len(read.said) <= 1000
    assert said in (None, read.said)
    assert read.whole.startswith(read.said)


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


@pytest.mark.parametrize(
    ("written", "meant"),
    [("救❗命", "救命"), ("电✨梯✨困✨人", "电梯困人"), ("着🔥了", "着🔥了"), ("爱你❤爱家", "爱你❤爱家")],
)
def test_pictures_between_single_characters_are_no_gap(written: str, meant: str) -> None:
    assert joined(written) == meant
