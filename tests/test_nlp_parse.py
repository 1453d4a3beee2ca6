"""The parser as handlers see it: phrases of rules, short answers, quotes, context, commands without any rule."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp import Parser, quoted_order, to_json
from nlp.intent import Attendance, Context, Count, Intent, Meaning, Rule, Score
from nlp.phrases import BadPhrase, compile_phrase

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=timezone(timedelta(hours=8)))
RULES = [
    Rule(
        "claiming.claim",
        Meaning.CLAIM,
        ("(接|接单|抢) {order} {people?} {rest?}", "{order} [号] [单] (我接|我来|我去|接)", "(接|我来)"),
    ),
    Rule("dispatching.assign", Meaning.COMMAND, ("派[单] {order} [给] {assignee}",), "assign"),
    Rule("dispatching.merge", Meaning.COMMAND, ("合并 {order} [到|和] {into}",), "merge"),
    Rule("rating.rate", Meaning.RATE, ("评 {order} {rating} {rest?}",)),
    Rule("reporting.week", Meaning.COMMAND, ("(本周情况|这周情况)",), "report"),
    Rule("registering.bind", Meaning.COMMAND, ("绑定 {code} {group_kind}",), "bind"),
    Rule("registering.introduce", Meaning.COMMAND, ("我是 {name} {address?}",), "introduce"),
    Rule("placing.place", Meaning.REQUEST, ("(求助|点单) {rest}",)),
    Rule("placing.amend", Meaning.AMEND, ("改单 {order?} {rest?}", "{order} (改到|改成) {rest}")),
    Rule("visiting.arrive", Meaning.COMMAND, ("(到了|我到了) {order?} {rest?}",), "arrive"),
    Rule("completing.complete", Meaning.DONE, ("完成 {order} {minutes?} {rest?}",)),
    Rule("claiming.release", Meaning.WITHDRAW, ("退单 {order} {reason?}",)),
]
PARSER = Parser(RULES)
BARE = Parser([])


def parse(text: str, **more: object) -> Intent:
    quote = more.get("quote")
    context = more.get("context")
    return PARSER.parse(
        text,
        NOW,
        quote=quote if isinstance(quote, str) else None,
        context=context if isinstance(context, Context) else None,
    )


SAYS = [
    ("接231", "claiming.claim"),
    ("接单 231", "claiming.claim"),
    ("接 #231", "claiming.claim"),
    ("接【231】", "claiming.claim"),
    ("接231号单", "claiming.claim"),
    ("接231，谢谢", "claiming.claim"),
    ("231号我来", "claiming.claim"),
    ("接", "claiming.claim"),
    ("接了", "claiming.claim"),
    ("接２３１", "claiming.claim"),
    ("@小邻 接231", "claiming.claim"),
    ("小邻，接231", "claiming.claim"),
    ("派单 12 给 @小李", "dispatching.assign"),
    ("派12@小李", "dispatching.assign"),
    ("合并 231 232", "dispatching.merge"),
    ("合并 13 到 12", "dispatching.merge"),
    ("评 231 满意 小陈人好", "rating.rate"),
    ("这周情况", "reporting.week"),
    ("绑定 k7q2m9 党员群", "registering.bind"),
    ("我是 王秀兰 3栋2单元402", "registering.introduce"),
    ("我是小李", "registering.introduce"),
    ("求助 厨房灯不亮了", "placing.place"),
    ("231改到周六9点", "placing.amend"),
    ("到了 231", "visiting.arrive"),
    ("到了", "visiting.arrive"),
    ("完成231 40分钟", "completing.complete"),
]


@pytest.mark.parametrize(("text", "ability"), SAYS)
def test_phrases_reach_their_ability(text: str, ability: str) -> None:
    intent = parse(text)
    assert (intent.ability, intent.explicit) == (ability, True)


NOT_SAYS = [
    "接孩子去了",
    "接着说",
    "接3栋的孩子",
    "接12点的班",
    "接5个人",
    "到了冬天就冷了",
    "我是来看病的",
    "我是说明天",
    "我是马上到",
    "求助热线是多少",
    "派出所电话多少",
    "合并同类项",
    "评理去",
    "本周情况不妙啊",
    "退单位发的券",
    "完成作业了吗",
    "改单位了",
]


@pytest.mark.parametrize("text", NOT_SAYS)
def test_look_alikes_are_no_phrases(text: str) -> None:
    assert not parse(text).explicit


def test_slots_of_phrases() -> None:
    assert parse("派单 12 给 @小李").slots.assignee == "小李"
    merged = parse("合并 13 到 12").slots
    assert (merged.order, merged.into, merged.orders) == ("13", "12", ("13", "12"))
    assert parse("接231 带1人").slots.people == Count(2, 2)
    assert parse("接245 带我弟").slots.people == Count(2, 2)
    assert parse("绑定 k7q2m9 党员群").slots.rest == "K7Q2M9"
    assert parse("绑定 k7q2m9 党员群").slots.item == "党员群"
    assert parse("评 231 不满意 又漏了").slots.rating is Score.DISSATISFIED
    assert parse("完成231 40分钟").slots.minutes == 40
    named = parse("我是 王秀兰 3栋2单元402").slots
    assert named.name == "王秀兰"
    assert named.address is not None
    assert (named.address.building, named.address.entrance, named.address.room) == ("3", "2", "402")


def test_rest_keeps_the_words_as_written() -> None:
    assert parse("完成231 顺便把开关也紧了紧，ＯＫ！").slots.rest == "顺便把开关也紧了紧，ＯＫ！"


def test_a_placed_need_carries_everything_that_was_read() -> None:
    slots = parse("求助 3栋厨房灯不亮，明天上午在家").slots
    assert slots.category is not None
    assert slots.address is not None
    assert slots.time is not None
    assert slots.item == "修厨房灯"


def test_a_change_behind_a_phrase_is_read() -> None:
    slots = parse("231改到周六9点").slots
    assert slots.time is not None
    assert slots.time.start == NOW.replace(day=21, hour=9, minute=0)


def test_free_speech_reaches_the_first_ability_of_its_meaning() -> None:
    assert parse("我去看看吧").ability == "claiming.claim"
    assert parse("不好意思 12号退一下").ability == "claiming.release"
    assert parse("水管爆了，5栋302，谁来修一下").ability == "placing.place"
    assert parse("今天太阳真好").ability is None


@pytest.mark.parametrize(
    "phrase", ["接 {nothing}", "接 (单", "接 单)", "接 [单)", "{rest} {order}", "{rest} 接", "接 {order", "接 }"]
)
def test_malformed_phrases_are_refused(phrase: str) -> None:
    with pytest.raises(BadPhrase):
        compile_phrase(Rule("x.y", Meaning.COMMAND, (phrase,)), phrase)


COMMANDS = [
    ("派 326 @陈刚", "assign"),
    ("派 陈刚 去", None),
    ("改派 12 刘洋", "reassign"),
    ("转 231 物业", "transfer"),
    ("转 231 12345", "transfer"),
    ("合并 231 232", "merge"),
    ("督办 231", "supervise"),
    ("兜底 231", "take_over"),
    ("作废 231 重复", "void"),
    ("关闭 12", "close"),
    ("代点单 王秀兰 厨房灯不亮", "place_for"),
    ("未完成", "list_open"),
    ("今天的单子", "list"),
    ("导出上周", "export"),
    ("本周情况", "report"),
    ("帮助", "help"),
    ("绑定 A1B2C3 居民群", "bind"),
    ("进度 231", "progress"),
    ("我的单", "my_orders"),
    ("到了 231", "arrive"),
    ("升级 318 街道", "escalate"),
    ("忘掉我", "forget_me"),
    ("别提醒我", "mute"),
    ("晒单", "publish"),
]


@pytest.mark.parametrize(("text", "command"), COMMANDS)
def test_commands_are_read_without_any_rule(text: str, command: str | None) -> None:
    intent = BARE.parse(text, NOW)
    assert intent.slots.command == command
    assert (intent.meaning is Meaning.COMMAND) == (command is not None)
    assert intent.ability is None


YES = [
    "行",
    "好的",
    "能",
    "来",
    "去",
    "可以",
    "对",
    "是",
    "到",
    "嗯嗯",
    "行吧",
    "好的，谢谢",
    "对 同意",
    "来的",
    "有 我爱人要去透析",
    "没问题",
]
NO = [
    "不行",
    "不",
    "不能",
    "来不了",
    "不方便",
    "明天要上班 不行",
    "不了",
    "不去了",
    "最近带毕业班 不方便",
    "没空",
    "不行啊",
    "不可以",
    "不行 不认识",
    "不行 不会弄",
]
NEITHER = ["收到", "哈哈哈", "明天再说", "他来了吗", "这单怎么样了", "231", "好大的雨"]


@pytest.mark.parametrize("text", YES)
def test_yes(text: str) -> None:
    assert BARE.parse(text, NOW).slots.yes is True


@pytest.mark.parametrize("text", NO)
def test_no(text: str) -> None:
    assert BARE.parse(text, NOW).slots.yes is False


@pytest.mark.parametrize("text", NEITHER)
def test_neither_yes_nor_no(text: str) -> None:
    assert BARE.parse(text, NOW).slots.yes is None


@pytest.mark.parametrize(("text", "choice"), [("1", 1), ("３", 3), ("②", 2), ("12", None), ("1号楼", None), ("²", 2)])
def test_a_bare_digit_is_a_choice(text: str, choice: int | None) -> None:
    assert BARE.parse(text, NOW).slots.choice == choice


QUOTES = [
    ("【231】3栋 换厨房灯 明天上午 1人 约20分钟。能去的回“接231”", "231"),
    ("231由陈刚接了，谢谢", "231"),
    ("245人齐了：刘洋、马建国", "245"),
    ("231号记好了：3栋修水管", "231"),
    ("231:3栋2单元402 王秀兰", "231"),
    ("【263-急】8栋电梯停", "263"),
    ("要候补请回“候补 245”", None),
    ("明天下午见", None),
    ("【沱源231】要1位懂康复的", "231"),
    ("231办好了吗？1满意 2还行 3没弄好", "231"),
    ("小林，热心小吕说可以来帮101号的忙，行吗？", "101"),
    ("好，33号撤了。有事随时说。", "33"),
    ("收到。31（换灯）还差1人，先问候补。", "31"),
    ("8号楼没水了", None),
    ("后天6号停气", None),
    ("6号前把钱交了", None),
    ("7:30在西门等", None),
    ("谁顺路接4单元的快递", None),
    ("谁能接12号楼的老人下楼", None),
    ("接2个孩子放学", None),
    ("【公告12】周五大扫除", None),
]


@pytest.mark.parametrize(("quote", "order"), QUOTES)
def test_the_order_of_a_quoted_line(quote: str, order: str | None) -> None:
    assert quoted_order(quote) == order


def test_a_quote_names_the_order_where_the_text_does_not() -> None:
    assert parse("我来", quote="【231】3栋 换厨房灯").slots.order == "231"
    assert parse("接245", quote="【231】3栋 换厨房灯").slots.order == "245"


@pytest.mark.parametrize("command", [text for text, _ in COMMANDS] + [text for text, _ in SAYS])
def test_a_command_inside_a_quote_does_nothing(command: str) -> None:
    intent = parse("哈哈哈", quote=command)
    assert intent.meaning is Meaning.CHAT
    assert intent.ability is None
    assert intent.slots.command is None


def test_context_binds_a_score_and_an_order() -> None:
    rated = parse("1 小陈人真好", context=Context("231", "rate", 3))
    assert (rated.meaning, rated.slots.rating, rated.slots.order) == (Meaning.RATE, Score.SATISFIED, "231")
    assert parse("3 通了半天又堵了", context=Context("310", "rate", 3)).slots.rating is Score.DISSATISFIED
    assert parse("还行", context=Context("310", "rate", 3)).slots.rating is Score.FAIRLY_SATISFIED
    assert parse("我来", context=Context("231")).slots.order == "231"
    assert parse("今天太阳真好", context=Context("231")).slots.order is None


def test_attendance_of_a_finisher() -> None:
    slots = parse("完成350 刘洋做了2小时 我2.5小时 马建国没来").slots
    assert slots.attendance == (
        Attendance("刘洋", 120),
        Attendance("我", 150),
        Attendance("马建国", absent=True),
    )
    assert slots.minutes is None


@pytest.mark.parametrize(
    ("text", "reason", "name"),
    [
        ("不用找啦 楼上小李帮我提上来了", "neighbour", "小李"),
        ("不用了，隔壁老王帮我修好了", "neighbour", "老王"),
        ("不用来了 张姐刚才帮我弄好了", "neighbour", "张姐"),
        ("不用了，邻居帮我抬上去了", "neighbour", None),
        ("不用了，我儿子回来了", "我儿子回来了", None),
        ("不用了", None, None),
        ("取消", None, None),
    ],
)
def test_a_resident_closes_her_own_need(text: str, reason: str | None, name: str | None) -> None:
    intent = BARE.parse(text, NOW)
    assert intent.meaning is Meaning.CANCEL
    assert (intent.slots.reason, intent.slots.name) == (reason, name)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("我带我弟一起去", Count(2, 2)),
        ("我和老公都去", Count(2, 2)),
        ("我们俩去", Count(2, 2)),
        ("我来", None),
        ("+1", None),
    ],
)
def test_how_many_come(text: str, people: Count | None) -> None:
    intent = BARE.parse(text, NOW)
    assert intent.meaning is Meaning.CLAIM
    assert intent.slots.people == people


@pytest.mark.parametrize(
    "text",
    ["我来晚了", "我去上班了", "我来不了聚餐了，你们吃好", "收到祝福", "没问题你放心", "我去，这也太贵了吧", "他来"],
)
def test_beginnings_of_a_claim_that_claim_nothing(text: str) -> None:
    assert BARE.parse(text, NOW).meaning is not Meaning.CLAIM


def test_json_holds_only_what_was_found() -> None:
    assert to_json(BARE.parse("收到", NOW))["slots"] == {}
    answer = to_json(parse("接231"))
    assert answer["intent"] == "claim"
    assert answer["ability"] == "claiming.claim"
    assert answer["slots"] == {"order": "231"}
    placed = to_json(BARE.parse("谁有空 六点以后帮我搬个柜子 3栋", NOW))["slots"]
    assert isinstance(placed, dict)
    assert placed["address"] == {"building": "3"}
    assert placed["time"] == {"start": "2026-11-18T18:00:00+08:00", "end": None, "grain": "minute", "text": "六点以后"}


def test_the_evidence_is_named() -> None:
    evidence = BARE.parse("我家水管漏了，谁能来修", NOW, explain=True).evidence
    assert evidence
    assert all(shown.signal and shown.words for shown in evidence)


def test_being_called_by_name_lowers_the_bar_for_a_request() -> None:
    assert BARE.parse("纱窗破了", NOW, mentioned=True).confidence >= BARE.parse("纱窗破了", NOW).confidence


messy = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "接派退231号单栋单元室明天下午点周一到谁能帮我修灯谢谢不用了@小邻【】#-./\u200b\ud800\x00\u0301👍，。 "
        ),
    ),
    max_size=400,
)


@settings(max_examples=400, deadline=None)
@given(messy, st.none() | messy)
def test_parse_never_raises(text: str, quote: str | None) -> None:
    intent = PARSER.parse(text, NOW, quote=quote, context=Context("231", "rate", 3))
    assert 0.0 <= intent.confidence <= 1.0
    to_json(intent)


@pytest.mark.parametrize("text", ["101好了吗", "102修好没", "103都弄好了吗"])
def test_asking_whether_it_is_done_finishes_nothing(text: str) -> None:
    assert BARE.parse(text, NOW).slots.command == "progress"


@pytest.mark.parametrize("text", ["帮我买瓶酱油", "帮忙取快递", "换灯泡"])
def test_a_short_need_with_a_thing_of_its_own_is_clear(text: str) -> None:
    assert not BARE.parse(text, NOW).slots.needs_clarification


@pytest.mark.parametrize("text", ["帮我", "求助"])
def test_a_bare_call_for_help_needs_a_question_back(text: str) -> None:
    assert BARE.parse(text, NOW, mentioned=True).slots.needs_clarification


def test_a_doubtful_time_is_asked_about_only_where_something_is_ordered() -> None:
    asked = to_json(BARE.parse("明天7点谁能来帮忙抬一下洗衣机", NOW))
    talked = to_json(BARE.parse("他们明天7点开会", NOW))
    assert asked["intent"] == "request"
    assert "needs_clarification" in str(asked["slots"])
    assert talked["intent"] == "chat"
    assert "needs_clarification" not in str(talked["slots"])


@pytest.mark.parametrize("text", ["求助 帮忙取快递 两个", "帮忙搬快递 两个"])
def test_two_parcels_are_no_two_hands(text: str) -> None:
    assert BARE.parse(text, NOW).slots.people_needed is None


@pytest.mark.parametrize("text", ["我家水管漏了", "家里马桶堵了", "我家灯也坏了"])
def test_what_is_broken_at_home_is_asked_for_in_so_many_words(text: str) -> None:
    assert BARE.parse(text, NOW).meaning is Meaning.REQUEST


@pytest.mark.parametrize("text", ["我家空调修好了", "我家电脑早就换了"])
def test_what_was_mended_at_home_asks_for_nothing(text: str) -> None:
    assert BARE.parse(text, NOW).meaning is not Meaning.REQUEST
