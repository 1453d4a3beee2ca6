"""Several acts in one message, and sentences that only look like two."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.clock import CHINA
from nlp.answers import names_whole
from nlp.intent import Meaning
from nlp.jsonl import to_json
from tests.stage import parser

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("245我干不了了，246我来", [("withdraw", "245"), ("claim", "246")]),
        ("退245，接246", [("withdraw", "245"), ("claim", "246")]),
        ("12搬完了 13还没弄", [("done", "12"), ("not_done", "13")]),
        ("245修好了，246也弄完了", [("done", "245"), ("done", "246")]),
        ("58换好了，我家门锁又坏了", [("done", "58"), ("request", None)]),
        ("58搞定。对了，我妈想找个人陪着去医院", [("done", "58"), ("request", None)]),
        ("不用换灯了，改成修水龙头吧", [("cancel", None), ("request", None)]),
        ("58去不成了，另外帮我通一下下水道", [("withdraw", "58"), ("request", None)]),
        ("58修好了，另外我家着火了", [("request", None), ("done", "58")]),
        ("245我去，246让老葛去", [("claim", "245"), ("command", "246")]),
        ("不接7，接8", [("withdraw", "7"), ("claim", "8")]),
        ("不接58，接59吧", [("withdraw", "58"), ("claim", "59")]),
        ("58取消，另外59改到周六上午", [("cancel", "58"), ("amend", "59")]),
        ("58弄完了，对了59不用了", [("done", "58"), ("cancel", "59")]),
        ("我家灯坏了，另外58不用了", [("request", None), ("cancel", "58")]),
        ("58转给物业，另外把59派给老葛", [("command", "58"), ("command", "59")]),
    ],
)
def test_each_act_is_read_in_its_order(text: str, acts: list[tuple[str, str | None]]) -> None:
    intent = parser().parse(text, NOW)
    read = [intent, *(further.intent for further in intent.more)]
    assert [(one.meaning.value, one.slots.order) for one in read] == acts


@pytest.mark.parametrize(
    ("text", "meaning", "orders"),
    [
        ("接7、8吧", Meaning.CLAIM, ("7", "8")),
        ("接7和8了", Meaning.CLAIM, ("7", "8")),
        ("接58 59都行", Meaning.CLAIM, ("58", "59")),
        ("完成58 59", Meaning.DONE, ("58", "59")),
        ("退58、59、60呀", Meaning.WITHDRAW, ("58", "59", "60")),
        ("退58，59", Meaning.WITHDRAW, ("58", "59")),
        ("取消58和59吧", Meaning.CANCEL, ("58", "59")),
        ("催58 59", Meaning.NUDGE, ("58", "59")),
        ("完成58 用了40分钟", Meaning.DONE, ("58",)),
        ("接58 2个人", Meaning.CLAIM, ("58",)),
        ("接58，59号楼我熟", Meaning.CLAIM, ("58",)),
    ],
)
def test_one_act_on_several_orders(text: str, meaning: Meaning, orders: tuple[str, ...]) -> None:
    intent = parser().parse(text, NOW)
    assert (intent.meaning, intent.slots.orders, intent.more) == (meaning, orders, ())


@pytest.mark.parametrize("text", ["谢谢老赵，顺便打听下谁会修电视", "多谢大家，另外想问问哪位能帮我抬个冰箱"])
def test_thanks_hide_no_need(text: str) -> None:
    assert parser().parse(text, NOW).meaning is Meaning.REQUEST


@pytest.mark.parametrize(
    "text",
    [
        "245去不了，我妈发烧了要去医院",
        "245修好了，楼道的灯还是好的",
        "245没修完，水管还漏着，明天接着弄",
        "谢谢大家，顺便说一下明天不下雨",
        "厨房水管漏了，我家灯也不亮",
        "3号楼的灯修好了，5号楼的明天修",
        "不用了，改天再说",
        "明天上午去，下午回",
    ],
)
def test_a_reason_or_a_remark_is_no_second_act(text: str) -> None:
    assert parser().parse(text, NOW).more == ()


def test_the_contract_prints_further_acts() -> None:
    both = to_json(parser().parse("245我干不了了，246我来", NOW))
    more = both["more"]
    assert isinstance(more, list)
    assert [one["intent"] for one in more] == ["claim"]
    assert to_json(parser().parse("接 12 13", NOW))["more"] == [
        {"intent": "claim", "confidence": 0.99, "slots": {"order": "13"}, "ability": "claiming.claim"}
    ]
    assert "more" not in to_json(parser().parse("接12", NOW))


@pytest.mark.parametrize(
    ("text", "command", "assignee"),
    [
        ("245转给小顾弄吧", "transfer", "小顾"),
        ("245转给物业处理一下", "transfer", "物业"),
        ("给阿芳派一下245，让她快点", "assign", "阿芳"),
        ("245换成陈刚去", "reassign", "陈刚"),
        ("先别给小王派了，换老李", "reassign", "老李"),
    ],
)
def test_secretaries_name_people_in_their_own_words(text: str, command: str, assignee: str) -> None:
    slots = parser().parse(text, NOW).slots
    assert (slots.command, slots.assignee) == (command, assignee)


def test_what_is_said_of_orders_arrives_as_slots() -> None:
    assert parser().parse("转245 物业 裁定", NOW).slots.is_ruling
    assert not parser().parse("转245 物业", NOW).slots.is_ruling
    assert parser().parse("合并 13 到 12", NOW).slots.is_directed
    assert not parser().parse("合并 13 12", NOW).slots.is_directed
    assert parser().parse("已解决，谢谢大家", NOW).slots.is_settled
    assert not parser().parse("不用了，我改主意了", NOW).slots.is_settled


@pytest.mark.parametrize("text", ["我去！", "我去!!", "哎我去！"])
def test_a_cry_of_surprise_claims_nothing(text: str) -> None:
    assert parser().parse(text, NOW).ability is None
    assert parser().parse("我来！", NOW).meaning is Meaning.CLAIM


@pytest.mark.parametrize(
    ("text", "stands_in"),
    [
        ("我去不了，但我让我爱人去", True),
        ("明早来不了了，换我女婿来吧", True),
        ("58我去不了了，我叫我弟替我去", True),
        ("去不了了，我闺女能替我跑一趟", True),
        ("我去不了了，得赶去医院换我爸回家", False),
        ("来不了了，我姐叫我去车站接人", False),
        ("去不成了，医生让我妈去复查", False),
        ("去不了了，我老公帮我请了假", False),
    ],
)
def test_somebody_of_the_same_home_goes_instead_or_nobody_does(text: str, stands_in: bool) -> None:
    intent = parser().parse(text, NOW)
    assert (intent.slots.stands_in, intent.meaning is Meaning.WITHDRAW) == (stands_in, not stands_in)


@pytest.mark.parametrize(
    ("text", "item", "names"),
    [
        ("不用了，灯自己亮了", "换厨房灯", True),
        ("柜子的事不麻烦了，书柜卖了", "搬旧书柜", True),
        ("算了，鸡蛋买到了", "买鸡蛋", True),
        ("不用了，物业管家过来了", "修水管", False),
        ("不用了，女婿回来了", "搬旧书柜", False),
        ("不用了，来水了", "修水管", False),
    ],
)
def test_a_thing_is_named_whole(text: str, item: str, names: bool) -> None:
    assert names_whole(text, item) is names
