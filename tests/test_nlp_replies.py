"""Replies that only mean something to whoever waits or steers: refused times, hands, skills, and a secretary's own words."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import CHINA
from nlp import skills
from nlp.intent import Meaning
from nlp.rebooking import find_hands, find_rebooking
from tests.stage import parser

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("text", "refused", "offered"),
    [
        ("上午要去菜场，下午三点再来吧", "上午", "下午三点"),
        ("十点我还没下班 没空，十二点可以", "十点", "十二点"),
        ("傍晚才到家 中午别过来", "中午", "傍晚"),
        ("一点太早了 两点半行", "1点", "两点半"),
        ("唉 周三我要陪床 改周五", "周三", "周五"),
        ("231明天我出差，周六在家", "明天", "周六"),
        ("师傅不好意思，今天不方便，明天可以吗", "今天", "明天"),
    ],
)
def test_of_two_times_the_refused_one_is_not_meant(text: str, refused: str, offered: str) -> None:
    found = find_rebooking(text, NOW)
    assert found is not None
    assert (found.refused.text, found.offered.text) == (refused, offered)


@pytest.mark.parametrize(
    "text",
    [
        "周六不上班 周日要上班",
        "他明天不行 后天行",
        "今天开会 明天出差",
        "昨天没空 今天行",
        "明天不行 后天我来修",
        "明天不在家吃 后天再聚聚",
        "两点停水 五点来水",
        "明天不行",
        "阳台漏水 明天不行 后天来人看看",
    ],
)
def test_two_times_of_other_things_move_nothing(text: str) -> None:
    assert find_rebooking(text, NOW) is None


@pytest.mark.parametrize(("text", "hands"), [("三个人够了", 3), ("不用那么多，俩人就行", 2), ("人数改成5个人", 5)])
def test_how_many_are_enough(text: str, hands: int) -> None:
    found = find_hands(text)
    assert found is not None
    assert found.max == hands


@pytest.mark.parametrize(
    "text", ["三个人够吗", "两个人就够呛", "两个人吃够了", "来了三个人", "谁来帮我抬个床 三个人就够了"]
)
def test_not_every_number_of_people_is_an_order(text: str) -> None:
    assert find_hands(text) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("水龙头那个我来 电的我不会", "水龙头那个我来"),
        ("空调我不懂，纱窗我行", "纱窗我行"),
        ("不会通下水 换锁我可以", "换锁我可以"),
    ],
)
def test_what_a_helper_cannot_do_is_no_need(text: str, left: str) -> None:
    assert skills.willing(text) == left
    assert parser().parse(text, NOW).meaning is Meaning.CHAT


@pytest.mark.parametrize("text", ["我不会修水管 谁来帮帮我", "我妈不会用手机", "马桶我不会通 帮帮忙"])
def test_whoever_cannot_and_offers_nothing_may_need_help(text: str) -> None:
    assert skills.willing(text) == text


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("帮我查一下8栋的单子", "list_open"),
        ("把没接的催一遍", "list_open"),
        ("哪些单子逾期了", "list_stuck"),
        ("上个月一共办了多少单", "report"),
        ("今天来了哪些活", "list"),
        ("本月的记录给我打一份", "export"),
        ("12派小李和小张一起去", "assign"),
        ("12归老王负责", "assign"),
        ("12让老赵别来了，换李敏", "reassign"),
        ("12燃气公司不管，转给街道", "transfer"),
        ("12跟15重了", "merge"),
        ("12关了吧，电话里说好了", "close"),
        ("12我盯着，明天之前要有结果", "supervise"),
        ("12这事不归我们管", "not_ours"),
        ("周末晚上别打扰大家", "arrange"),
    ],
)
def test_what_a_secretary_says_in_passing_is_a_command(text: str, command: str) -> None:
    assert parser().parse(text, NOW).slots.command == command


@pytest.mark.parametrize(
    "text",
    [
        "12关了水阀还漏",
        "看看8栋的水管",
        "8栋有什么单位",
        "今天有什么活动",
        "这个月水费多少",
        "晚上别吵了楼上的",
        "12归谁",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert parser().parse(text, NOW).slots.command is None


@pytest.mark.parametrize("text", ["吴桂英住几楼", "周阿姨家电话多少", "老孙的手机号是什么"])
def test_somebody_elses_home_is_no_need_of_ones_own(text: str) -> None:
    assert skills.asks_of_a_person(text)
    assert parser().parse(text, NOW).meaning is Meaning.INQUIRY


@pytest.mark.parametrize("text", ["物业电话多少", "我家住三楼", "吴桂英家三楼漏水", "快递在哪"])
def test_other_questions_are_not_about_somebodys_home(text: str) -> None:
    assert not skills.asks_of_a_person(text)


def test_no_thing_is_thanked_as_a_neighbour() -> None:
    read = parser().parse("水管不用修了 插座帮我看看", NOW, mentioned=True)
    assert read.meaning is Meaning.CANCEL
    assert read.slots.name is None
    assert [further.intent.meaning for further in read.more] == [Meaning.REQUEST]
