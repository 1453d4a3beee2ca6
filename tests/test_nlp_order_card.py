"""What stands on the card of an order, where words look like something else: 12点12栋, 搬不动, somebody else's coming."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from nlp import Parser, signals
from nlp.clean import clean, fold
from nlp.intent import Address, Category
from nlp.items import find_item
from nlp.names import find_beneficiary
from nlp.people import find_needed
from nlp.places import find_address
from nlp.times import find_recurrence, read_time

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
PARSER = Parser([])
C = Category


@pytest.mark.parametrize(
    ("text", "hour", "minute", "building"),
    [
        ("今天下午4点18栋换水管", 16, 0, "18"),
        ("后天十点十五栋装纱窗", 10, 0, "15"),
        ("周五上午9点20号楼修门铃", 9, 0, "20"),
        ("明天11点05 6栋开门", 11, 5, "6"),
        ("明天上午8点40到21栋搬桌子", 8, 40, "21"),
    ],
)
def test_the_number_before_a_building_is_no_minute(text: str, hour: int, minute: int, building: str) -> None:
    said = read_time(text, NOW)
    assert said is not None
    assert said.start is not None
    assert (said.start.hour, said.start.minute) == (hour, minute)
    address, _, _ = find_address(text, fold(text), fold(text))
    assert address is not None
    assert address.building == building


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("药快没了，女儿后天才从南京回来，谁帮忙买", None),
        ("我爱人下周才能回，谁会换灯泡", None),
        ("老爷子走得早，晚上就剩我一个人，想找人聊聊", None),
        ("女儿周日才回，周六谁帮我买条鱼", "周六"),
        ("我晚上九点才到家，谁能来修灯", "晚上九点"),
        ("周四下午我一个人在家，谁来修灯", "周四下午"),
    ],
)
def test_when_somebody_comes_home_is_no_appointment(text: str, told: str | None) -> None:
    said = read_time(text, NOW)
    assert (said.text if said else None) == told


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        ("每周三周五放学4:20接一下", "每周三周五放学4:20"),
        ("每天放工后6点陪我爸走走", "每天放工后6点"),
        ("每天放学接孩子", "每天"),
        ("每周二晚饭后陪我妈聊天", "每周二晚饭后"),
    ],
)
def test_the_hour_behind_the_end_of_school_repeats_with_it(text: str, repeated: str) -> None:
    found = find_recurrence(text, NOW)
    assert found is not None
    assert found[0] == repeated


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("我丈夫打我", None),
        ("我儿子又动手打我", None),
        ("我老伴走了之后没人说话", None),
        ("我爸打我电话说摔了", "我爸"),
        ("我妈打针要人陪", "我妈"),
    ],
)
def test_who_hits_or_is_gone_is_nobody_to_help(text: str, who: str | None) -> None:
    assert find_beneficiary(fold(text)) == who


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("六栋一单元十一零二", Address(building="6", entrance="1", room="1102")),
        ("5栋二十三零一", Address(building="5", room="2301")),
        ("Ⅳ栋1单元", Address(building="4", entrance="1")),
        ("㈥栋停电", Address(building="6")),
        ("叄栋502", Address(building="3", room="502")),
        ("7️⃣栋1️⃣单元", Address(building="7", entrance="1")),
        ("有十二零五块的找头", None),
    ],
)
def test_numbers_in_other_letters(text: str, said: Address | None) -> None:
    text = clean(text)
    assert find_address(text, fold(text), fold(text))[0] == said


@pytest.mark.parametrize(
    ("text", "kind", "item"),
    [
        ("衣柜一个人挪不动", C.CARRYING, "挪衣柜"),
        ("老两口背不动这袋大米", C.CARRYING, "背大米"),
        ("冰箱卸在楼下，我们扛不上去", C.CARRYING, "扛冰箱"),
        ("洗衣机不动了", C.REPAIR, "修洗衣机"),
        ("手没力气拎不动东西，空调漏水谁修", C.REPAIR, "修空调"),
        ("密码锁没电了", C.REPAIR, "换门锁电池"),
        ("家里突然没电了", C.REPAIR, "查电路"),
        ("轮椅没人推，下午去二院换药", C.MEDICAL, "陪诊"),
        ("轮椅轱辘裂了", C.REPAIR, "修轮椅"),
        ("捎瓶醋", C.MEALS, "带醋"),
        ("宝宝奶粉快断了", C.SUPPLIES, "买奶粉"),
        ("电梯坏了，我妈拄拐走不上去", C.DISABILITY, "搀扶上楼"),
        ("楼下饭店油烟熏人", C.MEDIATION, "调解油烟"),
        ("公司欠我三个月工资", C.MEDIATION, "追讨工资"),
        ("心脏药只剩一天的，谁帮忙捎一盒", C.MEDICAL, "代买药品"),
    ],
)
def test_items_of_loads_and_of_what_ran_out(text: str, kind: Category, item: str) -> None:
    assert find_item(fold(text), PARSER._words.cut, kind) == item


@pytest.mark.parametrize(("text", "hands"), [("明天请三四个人来帮忙摆桌子", (3, 4)), ("昨天请了四个人来帮忙", None)])
def test_hands_asked_to_come_and_help(text: str, hands: tuple[int, int] | None) -> None:
    count = find_needed(fold(text))
    assert ((count.min, count.max) if count else None) == hands


def _shown(text: str) -> dict[str, str]:
    facts = signals.Facts(fold(text), {}, frozenset(), None, 0, None, None)
    return signals.table().shown(facts)


@pytest.mark.parametrize(
    "text",
    [
        "换水龙头 上午",
        "周四下午通下水道",
        "9栋301 换灯泡 明晚",
        "装纱窗，后天上午都在家",
        "四点以后再来 修空调",
        "写春联 腊月二十",
        "给我捎袋盐 2-1-501",
    ],
)
def test_a_bare_order_tells_when_and_where_in_any_order(text: str) -> None:
    assert "一句话的活,说了几时几栋" in _shown(text)


@pytest.mark.parametrize(
    "text",
    ["明天换水龙头", "我明天下午换灯泡", "昨天上午修灯", "上午修好灯了", "换灯泡 下午 30元", "下午修灯的师傅来吗"],
)
def test_plans_and_what_was_done_are_no_bare_order(text: str) -> None:
    assert "一句话的活,说了几时几栋" not in _shown(text)
