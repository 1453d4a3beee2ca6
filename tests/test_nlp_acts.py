"""What a reply commits to: by the words alone, beside an order, and as an answer to a question."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.clock import CHINA
from nlp import Parser, implied, signals
from nlp.act_table import BadTable, compile_table, table
from nlp.acts import find_act, is_arrival, is_beyond
from nlp.answers import read_answer, read_choice
from nlp.clean import fold
from nlp.evaluate import evaluate
from nlp.intent import Context, Count, Meaning, Score, Urgency
from nlp.jsonl import context_of
from tests.stage import parser

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=CHINA)
REPLIES = Path(__file__).parent.parent / "corpus" / "seen" / "replies.jsonl"
ROWS = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
ACTS = frozenset(
    {Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.NOT_DONE}
    | {Meaning.RATE, Meaning.AMEND, Meaning.CANCEL, Meaning.NUDGE}
)
BARE = Parser([])


def _meanings(kind: str) -> Iterator[tuple[str, Meaning, Meaning]]:
    """Text, wanted, found."""
    for row in ROWS:
        if row["kind"] == kind:
            read = parser().parse(
                row["text"],
                datetime.fromisoformat(row["now"]),
                mentioned=row.get("mentioned", False),
                quote=row.get("quote"),
                context=context_of(row.get("context")),
            )
            yield row["text"], Meaning(row["intent"]), read.meaning


def test_there_are_enough_replies_and_half_of_them_say_nothing() -> None:
    assert len({row["text"] for row in ROWS}) >= 600
    nothing = [row for row in ROWS if row["kind"] == "reply-none"]
    assert 0.4 <= len(nothing) / len(ROWS) <= 0.6


def test_what_commits_to_nothing_is_no_act() -> None:
    invented = [text for text, _, found in _meanings("reply-none") if found in ACTS]
    nothing = sum(row["kind"] == "reply-none" for row in ROWS)
    assert len(invented) <= 0.03 * nothing, invented


def test_claims_are_found_by_the_words_alone() -> None:
    claims = [(text, found) for text, wanted, found in _meanings("reply-act") if wanted is Meaning.CLAIM]
    missed = [text for text, found in claims if found is not Meaning.CLAIM]
    assert len(missed) <= 0.1 * len(claims), missed


def test_every_other_act_is_found_by_the_words_alone() -> None:
    others = [one for one in _meanings("reply-act") if one[1] is not Meaning.CLAIM]
    missed = [one for one in others if one[1] is not one[2]]
    assert len(missed) <= 0.05 * len(others), missed


def test_beside_an_order_nearly_every_reply_is_right() -> None:
    bound = list(_meanings("reply-context"))
    wrong = [one for one in bound if one[1] is not one[2]]
    assert len(wrong) <= 0.03 * len(bound), wrong


def test_numbers_conditions_and_companions_of_the_replies() -> None:
    scores = evaluate(parser(), REPLIES).scores
    assert scores["order"].f1 >= 0.97
    assert scores["condition"].f1 >= 0.85
    assert scores["people"].f1 >= 0.9


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("接 12 13", ("12", "13")),
        ("接12和13", ("12", "13")),
        ("12、13我都接", ("12", "13")),
        ("12 13都给我", ("12", "13")),
        ("二三一我接", ("231",)),
        ("二百三十一号我接", ("231",)),
        ("三十一我接", ("31",)),
        ("231号单我去", ("231",)),
        ("把231退了", ("231",)),
        ("十分钟到 我去", ()),
        ("3号楼的我顺路，我去看看", ()),
        ("一二三我来", ()),
        ("我住101 欢迎来坐", ()),
    ],
)
def test_the_orders_of_a_reply(text: str, orders: tuple[str, ...]) -> None:
    slots = parser().parse(text, NOW).slots
    assert (slots.orders or ((slots.order,) if slots.order else ())) == orders


@pytest.mark.parametrize(
    "text",
    [
        "我有空",
        "去不了",
        "不去了",
        "好了",
        "通了",
        "不要了",
        "怎么还没来",
        "十分钟到",
        "我来了",
        "到了",
    ],
)
def test_what_only_an_order_beside_it_makes_an_act(text: str) -> None:
    """Ordinary talk; but the ability may look whether an order was just announced, and told to the bot it counts."""
    alone, told = parser().parse(text, NOW), parser().parse(text, NOW, mentioned=True)
    assert alone.meaning not in ACTS
    assert alone.ability is not None
    assert told.ability == alone.ability
    assert told.meaning in ACTS | {Meaning.COMMAND}


@pytest.mark.parametrize("text", ["我家有梯子", "这个我熟", "我会修", "这个可以", "我"])
def test_being_able_claims_only_an_order_that_is_named(text: str) -> None:
    assert parser().parse(text, NOW).ability is None
    quoted = parser().parse(text, NOW, quote="【231】3栋 换厨房灯。能去的回“接231”")
    assert (quoted.meaning, quoted.slots.order) == (Meaning.CLAIM, "231")


def test_a_plea_that_was_told_to_the_bot_gives_nothing_back() -> None:
    assert parser().parse("我腿脚不好去不了医院，求人陪我去拿药", NOW, mentioned=True).meaning is Meaning.REQUEST


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("我可以", Meaning.CLAIM),
        ("我送过去", Meaning.CLAIM),
        ("阿姨那单给我", Meaning.CLAIM),
        ("柜子交给我们", Meaning.CLAIM),
        ("我给奶奶端碗汤过去", Meaning.CLAIM),
        ("我去接娃，哪个校门", Meaning.CLAIM),
        ("灯亮了，大爷可高兴了", Meaning.DONE),
        ("猫喂了，砂也铲了", Meaning.DONE),
        ("试了，我整不了", Meaning.NOT_DONE),
        ("我报的那单谁接过去", Meaning.WITHDRAW),
    ],
)
def test_what_the_words_alone_commit_to(text: str, meaning: Meaning) -> None:
    assert BARE.parse(text, NOW).meaning is meaning


@pytest.mark.parametrize(
    "text",
    [
        "给我那张照片",
        "我给我妈端碗汤过去",
        "我去接娃",
        "灯亮了",
        "猫喂了",
        "整不了他",
        "我给奶奶端过汤了",
        "路过药店给我带包口罩",
    ],
)
def test_one_word_less_and_it_commits_to_nothing(text: str) -> None:
    """One's own family, the past, a plea to somebody else, or only half of a report."""
    assert BARE.parse(text, NOW).meaning not in ACTS


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("我可以去，不过要六点以后", "六点以后"),
        ("六点以后我行", "六点以后"),
        ("我可以去 但是得等孩子睡着", "孩子睡着"),
        ("我明天下午去吧", None),
        ("我去，十分钟到", None),
    ],
)
def test_what_a_claim_depends_on(text: str, condition: str | None) -> None:
    read = BARE.parse(text, NOW)
    assert read.meaning is Meaning.CLAIM
    assert read.slots.condition == condition


def test_how_many_come_and_how_late() -> None:
    assert BARE.parse("我叫上我弟一起去", NOW).slots.people == Count(2, 2)
    assert BARE.parse("我也来一个", NOW).slots.people is None
    assert parser().parse("我可能晚半小时到", NOW, mentioned=True).slots.minutes == 30


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("1", 1),
        ("②", 2),
        ("第二个", 2),
        ("第三个吧", 3),
        ("选1", 1),
        ("二", 2),
        ("一", 1),
        ("三，水还在滴", 3),
        ("2，来了但没弄好", 2),
        ("1 小陈人真好", 1),
        ("3没修好", 3),
        ("1师傅人很好", 1),
        ("2 凑合能用", 2),
        ("2栋501", None),
        ("2箱牛奶帮我提一下", None),
        ("3 单元的灯又灭了", None),
        ("1 桶油谁帮我拎一下", None),
        ("3斤苹果帮我捎回来", None),
        ("2次都没见人", None),
        ("3:00集合", None),
        ("2点开会", None),
        ("一会儿到", None),
        ("三号楼", None),
        ("12", None),
    ],
)
def test_choices(text: str, choice: int | None) -> None:
    assert read_choice(fold(text)) == choice


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("👍", True),
        ("准时到", True),
        ("让他来吧", True),
        ("去！马上出门", True),
        ("够呛", False),
        ("今天不行", False),
        ("那天我出差", False),
        ("谢谢", None),
        ("吃了没", None),
    ],
)
def test_yes_and_no_in_other_words(text: str, yes: bool | None) -> None:
    assert read_answer(fold(text)) is yes


def test_another_matter_is_no_answer() -> None:
    asked = Context("231", "rate", 3)
    assert parser().parse("我家马桶又堵了，谁会通一下", NOW, context=asked).meaning is Meaning.REQUEST
    assert parser().parse("今天太阳真好啊大家出来晒晒", NOW, context=asked).meaning is Meaning.CHAT


def test_places_and_work_beyond_a_helper() -> None:
    assert is_arrival("我来了")
    assert not is_arrival("我来")
    assert is_beyond("主管的事我弄不了 转物业吧")
    assert not is_beyond("明天上午九点过去")


@pytest.mark.parametrize("words", ["", "我", "吧", "都", "已经", "现在", "老人", "师傅吧"])
def test_no_line_is_empty_but_for_what_may_be_missing(words: str) -> None:
    found = table().find(words)
    assert found is None or found.meaning is None


SMALL = """
[pieces]
谁 = 我|俺

[claim]
{谁}(顶|上)[一个]

[done?]
利落了
"""


def test_a_way_of_saying_it_is_one_line() -> None:
    small = compile_table(SMALL)
    assert small.find("俺顶一个")
    assert not small.find("你顶一个")
    assert compile_table(SMALL + "妥妥当当\n").find("妥妥当当")
    assert not small.find("妥妥当当")


@pytest.mark.parametrize("line", ["{没有}来", "(我来", "我]来", "[我)来", "{我来"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(BadTable, match=r"acts\.table:\d+: " + re.escape(line)):
        compile_table(SMALL + line + "\n")


ATTACKS = [
    "我",
    "我就",
    "马上",
    "我马上现在可以",
    "不",
    "已全都",
    "去不了",
    "帮我",
    "还没",
    "没人",
    "1",
    "二",
    "十",
    "我去 ",
    "1 ",
    "~",
    "真太很",
    "出差",
]


@pytest.mark.parametrize("seed", ATTACKS)
def test_any_reply_is_read_in_linear_time(seed: str) -> None:
    searched = (*table().against.values(), *table().backed.values())
    patterns = [table().beyond, *(pattern for _, pattern in table().loose), *searched]
    table().find(seed)  # a line is compiled when it is first needed
    find_act(seed * 20, seed * 20, NOW, named=True)
    for text in (seed * 1000, seed * 30 + "x"):
        began = time.thread_time()
        find_act(text[:80], text[:80], NOW, named=True)
        table().find(text[:30])
        table().opened(text[:30])
        for pattern in patterns:
            pattern.search(text[:80])
        assert time.thread_time() - began < 0.03


@pytest.mark.parametrize(
    "text",
    [
        "231取消了吗",
        "231满意吗",
        "退单231是什么意思",
        "接231的人呢",
        "231不用取消",
        "不取消",
        "231这个我不行",
        "231弄不来",
    ],
)
def test_what_is_asked_about_or_denied_is_not_done(text: str) -> None:
    assert parser().parse(text, NOW).meaning.value not in {"claim", "cancel", "rate", "withdraw", "done"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("担架我们楼有，我喊上保安抬过去", Meaning.CLAIM),
        ("我骑车过去接她，校门口等着就行", Meaning.CLAIM),
        ("我以前是木匠，门轴我去给她修", Meaning.CLAIM),
        ("我报修两天了，怎么一个人都没来", Meaning.NUDGE),
        ("师傅到底几点来，我等到现在了", Meaning.NUDGE),
        ("答应的那个陪诊我去不成了，换个人吧", Meaning.WITHDRAW),
    ],
)
def test_what_a_reply_implies(text: str, meaning: Meaning) -> None:
    read = BARE.parse(text, NOW)
    assert read.meaning is meaning
    assert read.evidence


@pytest.mark.parametrize(
    "text",
    [
        "我陪我姥姥去庙会逛了一圈",
        "担架队员都是年轻人，真不容易",
        "我骑车去单位，天天走这条路",
        "朋友到底几点来，我饭都做好了",
        "明天的电影取消了，票退我了",
        "厨房着火了快来人，我在三楼等着",
    ],
)
def test_what_only_sounds_like_it_implies_nothing(text: str) -> None:
    assert BARE.parse(text, NOW).meaning not in ACTS


COMMANDS = [
    ("45派周红", "assign", "45", "周红"),
    ("让周红去45", "assign", "45", "周红"),
    ("45叫周红跑一趟吧", "assign", "45", "周红"),
    ("把45安排周红去", "assign", "45", "周红"),
    ("45换孙师傅去", "reassign", "45", "孙师傅"),
    ("把45改派给孙师傅", "reassign", "45", "孙师傅"),
    ("把45转给燃气公司", "transfer", "45", "燃气公司"),
    ("45交给居委会处理", "transfer", "45", "居委会"),
    ("让物业修45", "transfer", "45", "物业"),
    ("45转给孙师傅吧", "transfer", "45", "孙师傅"),
    ("目前还有几单没派", "list_open", None, None),
    ("有没有缺人的单", "list_open", None, None),
    ("哪几个单子还没人接", "list_open", None, None),
    ("45由谁负责", "progress", "45", None),
    ("谁在办45", "progress", "45", None),
    ("45目前什么状态", "progress", "45", None),
    ("书记，45办得怎么样了", "progress", "45", None),
    ("45修完了没", "progress", "45", None),
    ("45报重了，作废", "void", "45", None),
    ("把45作废吧，填错了", "void", "45", None),
    ("45可以结了", "close", "45", None),
    ("把45关掉吧", "close", "45", None),
    ("45帮我盯紧", "supervise", "45", None),
    ("跟进一下45", "supervise", "45", None),
    ("45还是我来兜底", "take_over", "45", None),
    ("把45升级", "escalate", "45", None),
    ("把上周的台账导出来", "export", None, None),
    ("帮我导出上个月的单子", "export", None, None),
    ("导一份本月报表", "export", None, None),
]


@pytest.mark.parametrize("reader", [BARE, parser()], ids=["alone", "with handlers"])
@pytest.mark.parametrize(("text", "verb", "order", "assignee"), COMMANDS)
def test_commands_in_free_order(reader: Parser, text: str, verb: str, order: str | None, assignee: str | None) -> None:
    slots = reader.parse(text, NOW).slots
    assert (slots.command, slots.order, slots.assignee) == (verb, order, assignee)


@pytest.mark.parametrize(
    "text",
    ["把45和46合并", "45 46并一下", "45、46并成一单", "45跟46说的是一回事", "45与46是同一件事，合并", "把45并到46里去"],
)
def test_which_orders_are_one(text: str) -> None:
    slots = BARE.parse(text, NOW).slots
    assert (slots.command, slots.orders) == ("merge", ("45", "46"))


@pytest.mark.parametrize(
    ("text", "urgency", "building"),
    [
        ("45加急", Urgency.URGENT, None),
        ("把45标成紧急", Urgency.URGENT, None),
        ("45改成应急", Urgency.EMERGENCY, None),
        ("45算一般", Urgency.NORMAL, None),
        ("45不着急", Urgency.LOW, None),
        ("45改成8栋", None, "8"),
        ("把45改到8栋1单元", None, "8"),
        ("45改为八号楼", None, "8"),
    ],
)
@pytest.mark.parametrize("reader", [BARE, parser()], ids=["alone", "with handlers"])
def test_an_order_becomes_urgent_or_moves(
    reader: Parser, text: str, urgency: Urgency | None, building: str | None
) -> None:
    read = reader.parse(text, NOW)
    address = read.slots.address
    assert (read.meaning, read.slots.order, read.slots.urgency) == (Meaning.AMEND, "45", urgency)
    assert (address.building if address else None) == building


@pytest.mark.parametrize(
    "text",
    ["把糖和盐合并", "让周红去买菜", "45路到哪了", "还剩几个包子", "谁接的电话", "导出照片怎么弄", "45给周红打个电话"],
)
def test_what_only_sounds_like_a_command(text: str) -> None:
    assert BARE.parse(text, NOW).slots.command is None


@pytest.mark.parametrize(("text", "choice"), [("1.", 1), ("2、", 2), ("（3）", 3), ("选1", 1), ("1.5", None)])
def test_one_digit_answers_the_open_question(text: str, choice: int | None) -> None:
    read = BARE.parse(text, NOW, context=Context("45", "rate", 3))
    assert read.slots.choice == choice
    assert (read.meaning is Meaning.RATE) == (choice is not None)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("师傅45弄好了", Meaning.DONE),
        ("小何45搞定了", Meaning.DONE),
        ("大家45我接了", Meaning.CLAIM),
        ("书记，45换人吧", Meaning.WITHDRAW),
    ],
)
def test_who_is_spoken_to_may_stand_before_the_number(text: str, meaning: Meaning) -> None:
    read = BARE.parse(text, NOW)
    assert (read.meaning, read.slots.order) == (meaning, "45")


def test_repaired_and_broken_again_is_a_bad_mark() -> None:
    read = BARE.parse("换好没两天又滴水了", NOW)
    assert (read.meaning, read.slots.rating) == (Meaning.RATE, Score.DISSATISFIED)


def test_being_sorry_is_no_bad_mark() -> None:
    assert BARE.parse("45不好意思，打扰了", NOW).meaning is not Meaning.RATE


def test_a_signal_of_replies_has_a_name_of_its_own() -> None:
    assert not signals.expected().keys() & set(implied.table().names)
