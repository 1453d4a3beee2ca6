"""The output gate: whatever is said, what is nobody's business reaches no group, and in private only whom it concerns."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation import CommunityPart
from handlers.danger import QuietClass, quiet_class
from handlers.turn import Press, Voice
from handlers.views import ALL, CATALOGUE, Audience, OrderView, Viewer, for_group
from nlp.clean import fold
from storage.groups import GroupKind
from storage.orders import Order
from storage.outbox import OutRow
from storage.people import Person, Role
from tests.stage import GROUPS, PEOPLE, Stage, stage

IS_LONG = os.environ.get("LINLI_LONG") == "1"

PHONE = "13812345678"
OTHER_PHONE = "13987650123"
ROOM = "1707"
ENTRANCE = "9单元"
IDENTITY = "11010519491231002X"
ILLNESS = "尿毒症"
BENEFICIARY = "蔡玉珍"
REASON = "痛风"  # why somebody cannot come: for the secretary alone
CANARIES = (REASON, PHONE, OTHER_PHONE, ROOM, ENTRANCE, IDENTITY, ILLNESS, BENEFICIARY)

ASKER = Person(0, None, "钱奶奶", "7", "9", ROOM, PHONE, roles=frozenset({Role.RESIDENT}))
HOME = CommunityPart("幸福里", GROUPS, (*PEOPLE, ASKER))


@pytest.fixture
def on(sqlite_url: str) -> Iterator[Stage]:
    with stage(sqlite_url, communities=(HOME,)) as there:
        yield there


def leaks(text: str) -> list[str]:
    flat = fold(text).replace(" ", "").replace("-", "")
    return [canary for canary in CANARIES if fold(canary) in flat]


def audit(on: Stage) -> None:
    """Every line ever written, against everybody who will read it."""
    with on.database.read() as store:
        assert store.inbox.failed() == []
        orders = {order.id: order for order in on.orders()}
        people = {
            person.id: person for community in store.communities.all() for person in store.people.all(community.id)
        }
        for row in store.outbox.all():
            found = leaks(row.text + row.title + row.buttons)
            if not found:
                continue
            assert row.group_id is None, f"{found} in a group: {row.text}"
            assert row.person_id is not None, f"{found} to a stranger's chat: {row.text}"
            reader = people[row.person_id]
            if found == [REASON] and Role.SECRETARY in reader.roles:
                continue
            assert concerned(reader, row, orders), f"{found} to {reader.name}: {row.text}"


def concerned(reader: Person, row: OutRow, orders: dict[int, Order]) -> bool:
    """Who asked (for themselves or for somebody), who holds or held it, and for emergencies whoever is called."""
    if row.order_id is None:
        return False
    order = orders[row.order_id]
    if reader.id in (order.requester_id, order.placed_by_id):
        return True
    if any(claim.person_id == reader.id for claim in order.claims):
        return True
    called = {Role.GRID_LEADER, Role.PROPERTY, Role.SECRETARY}
    return quiet_class(order) is not QuietClass.REST and bool(reader.roles & called)


def test_the_catalogue_covers_every_field_of_the_view() -> None:
    assert {field.name for field in dataclasses.fields(OrderView)} == set(CATALOGUE)
    for audience in Audience:
        assert any(audience in seen for seen in CATALOGUE.values())


def test_no_group_sees_what_is_private() -> None:
    groups = {Audience.RESIDENTS, Audience.MEMBERS, Audience.SECRETARIES, Audience.UNITS}
    for name in ("contact_phone", "room", "entrance", "floor", "note", "beneficiary"):
        assert not CATALOGUE[name] & groups, name
        assert Audience.STRANGER not in CATALOGUE[name], name
    assert CATALOGUE["no"] == ALL


def test_views_follow_the_catalogue(on: Stage) -> None:
    """Each audience gets a field or gets None, exactly as the table says."""
    on.say("钱奶奶", "帮我换个灯，要给蔡玉珍照亮，7栋9单元5楼1707，13812345678", "居民群", mentioned=True)
    full = dataclasses.replace(
        on.order(),
        beneficiary=BENEFICIARY,
        note="话",
        floor="17",
        entrance="9",
        room=ROOM,
        place="东门",
        contact_phone=PHONE,
    )
    optional = {
        name for name in CATALOGUE if getattr(Viewer(Audience.RESIDENTS, on.now, "小邻").order(full), name) is None
    }
    optional |= {
        "building",
        "place",
        "contact_name",
        "beneficiary",
        "entrance",
        "floor",
        "room",
        "contact_phone",
        "note",
    }
    for audience in Audience:
        view = Viewer(audience, on.now, "小邻").order(full)
        for name in optional:
            assert (getattr(view, name) is not None) == (audience in CATALOGUE[name]), (audience, name)


def test_a_group_stays_a_group_whoever_reads_in_it(on: Stage) -> None:
    on.say("钱奶奶", "明天上午帮我换个灯，7栋9单元1707", "居民群", mentioned=True)
    with on.database.read() as store:
        for kind in GroupKind:
            (group,) = store.groups.of_kind(1, kind)
            view = for_group(group, on.now, "小邻", must_mention=False).order(on.order())
            assert (view.room, view.contact_phone, view.note) == (None, None, None)


def test_a_long_day_over_all_flows(on: Stage) -> None:
    """Orders full of private things through every flow; each line that was written is held against its readers."""
    residents, members, secretaries, units = "居民群", "党员群", "书记群", "物业群"

    def said(who: str, text: str, group: str | None = None, *, at: bool = False) -> None:
        on.say(who, text, group, mentioned=at)
        audit(on)

    said("钱奶奶", f"谁帮我换个灯，7栋{ENTRANCE}{ROOM}，电话{PHONE}，我{ILLNESS}下不了床", residents)
    said("钱奶奶", f"明天上午都行，{OTHER_PHONE}也能打，家里{ROOM}", residents)
    said("陈刚", f"接1 我电话{OTHER_PHONE}", members)
    on.wait(minutes=1)
    said("何姐", "进度 1")
    said("刘洋", "候补1", members)
    said("陈刚", f"退单 1 我自己{REASON}犯了", members)
    said("刘洋", "去")
    said("钱奶奶", f"改单 1 后天上午9点 {ROOM}", residents)
    said("刘洋", "不行")
    said("周敏", "接1", members)
    said("周敏", f"改约 1 后天上午10点 打{PHONE}", members)
    on.wait(days=2)
    said("周敏", "到了 1", members)
    said("周敏", f"完成1 老人家{ILLNESS}，{ROOM}那户", members)
    said("钱奶奶", f"3 没弄好，{ILLNESS}的人没法弄，{ROOM}")
    said("韩书记", "派 1 @陈刚", secretaries)
    said("韩书记", f"代点单 钱奶奶 7栋{ENTRANCE}{ROOM} {PHONE} {BENEFICIARY}{ILLNESS}要去透析", secretaries)
    said("韩书记", "转 2 物业", secretaries)
    said("老彭", "完成2", units)
    said("钱奶奶", f"帮{BENEFICIARY}买点菜，7栋{ENTRANCE}{ROOM}，他{ILLNESS}", residents, at=True)
    said("钱奶奶", f"帮{BENEFICIARY}买点菜，7栋{ENTRANCE}{ROOM}，他{ILLNESS}", residents, at=True)
    said("钱奶奶", "1", residents, at=True)
    said("韩书记", "合并 1 3", secretaries)
    said("韩书记", "督办 1", secretaries)
    said("何姐", f"快来人！7栋{ENTRANCE}{ROOM} {BENEFICIARY}摔倒了叫不醒，{ILLNESS}，{PHONE}", residents)
    on.wait(minutes=5)
    said("周红", "到了", members)
    said("钱奶奶", f"我家水管爆了 7栋{ENTRANCE}{ROOM} {PHONE}", residents, at=True)
    on.wait(hours=14)
    said("钱奶奶", f"半夜漏水了，7栋{ENTRANCE}{ROOM}，{PHONE}", residents)
    on.wait(hours=12)
    on.say("钱奶奶", Voice(f"我这个{ILLNESS}想找人陪去医院，{ROOM}，打{PHONE}", unsure=True), residents, mentioned=True)
    audit(on)
    said("钱奶奶", "1", residents, at=True)
    for who, group in (
        ("韩书记", secretaries),
        ("韩书记", None),
        ("何姐", residents),
        ("钱奶奶", residents),
        ("陈刚", members),
    ):
        for text in ("本周情况", "未完成", "今天的单子", "我的单", "没送到", "帮助", "进度 1", "进度 4", "催单 1"):
            said(who, text, group, at=group is not None)
    said("路人甲", f"接4 我的身份证{IDENTITY}", residents)
    said("路人甲", f"我的身份证号是{IDENTITY}，{PHONE}，怎么办补贴", residents)
    for number in range(1, 9):
        said("韩书记", f"兜底 {number}", secretaries)
        said("韩书记", f"作废 {number} {ILLNESS}", secretaries)
    on.wait(days=9)
    audit(on)
    assert len(on.orders()) >= 6
    assert {row.group_id for row in on.rows()} >= {1, 2, 3}, "all kinds of groups heard something"
    assert any(leaks(row.text) for row in on.rows()), "the canaries are alive where they may be"


def test_stale_buttons_give_nothing_away(on: Stage) -> None:
    on.say("钱奶奶", f"明天上午谁帮我换个灯，7栋{ENTRANCE}{ROOM}，电话{PHONE}", "居民群", mentioned=True)
    (card,) = [row for row in on.rows() if row.is_card]
    on.say("陈刚", Press("接1", f"linli-{card.id}"), "党员群")
    for who in ("何姐", "路人甲", "刘洋"):
        for says in ("接1", "到了1", "完成1", "进度1"):
            on.say(who, Press(says, f"linli-{card.id}"), "居民群")
            on.say(who, Press(says, f"linli-{card.id}"))
    audit(on)
    assert [claim.name for claim in on.order().holders] == ["陈刚"]


ABOUT_AN_ORDER = (
    "进度 {no}",
    "改单 {no} 明天下午三点",
    "撤单 {no}",
    "评 {no} 满意",
    "催单 {no}",
    "完成{no}",
    "退单 {no}",
    "改约 {no} 明天下午三点",
    "到了 {no}",
    "还在办 {no}",
    "虚惊 {no}",
    "不方便 {no}",
)


@pytest.mark.parametrize("group", [None, "居民群"])
@pytest.mark.parametrize("words", ABOUT_AN_ORDER)
def test_a_foreign_order_sounds_like_none(on: Stage, words: str, group: str | None) -> None:
    """Guessing numbers finds out nothing, in any state of the order."""
    on.say("钱奶奶", "明天上午帮我换个灯，7栋", "居民群", mentioned=True)
    ways: dict[str, tuple[tuple[str, str, str | None], ...]] = {
        "open": (),
        "booked": (("陈刚", "接1", "党员群"),),
        "unrated": (("陈刚", "完成1", "党员群"),),
        "closed": (("钱奶奶", "1", None),),
        "transferred": (("钱奶奶", "后天上午帮我换个灯，7栋", None), ("韩书记", "转 2 物业", None)),
    }
    for state, way in ways.items():
        for who, said, where in way:
            on.say(who, said, where)
        assert on.orders()[-1].state == state
        no = on.orders()[-1].no
        before = len(on.rows())
        on.say("何姐", words.format(no=no), group, mentioned=group is not None)
        foreign = [row.text.replace(str(no), "#") for row in on.rows()[before:]]
        before = len(on.rows())
        on.say("何姐", words.format(no=87654), group, mentioned=group is not None)
        missing = [row.text.replace("87654", "#") for row in on.rows()[before:]]
        assert foreign == missing, state
        assert foreign, "nobody gets silence"
        assert on.orders()[-1].state == state


ODD = ("０１２３４５６７８９", "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "⓪①②③④⑤⑥⑦⑧⑨", "0123456789")


@st.composite
def odd_phones(draw: st.DrawFn) -> str:
    """A mobile number as people write it to slip through: other digits, gaps, dashes, brackets."""
    digits = "1" + draw(st.sampled_from("35789")) + draw(st.text("0123456789", min_size=9, max_size=9))
    script = draw(st.sampled_from(ODD))
    gap = draw(st.sampled_from(["", " ", "-", " - ", "—", "."]))
    shape = draw(st.sampled_from([(3, 4, 4), (3, 3, 5), (4, 3, 4), (11,)]))
    parts, at = [], 0
    for width in shape:
        parts.append("".join(script[int(digit)] for digit in digits[at : at + width]))
        at += width
    return gap.join(parts)


def digits_of(text: str) -> str:
    """All digits of a text, whatever their script, one after the other."""
    known = {character: str(value) for script in ODD for value, character in enumerate(script)}
    known["幺"] = "1"
    return "".join(known.get(character, "") for character in text)


@settings(
    max_examples=400 if IS_LONG else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    phone=odd_phones(),
    before=st.sampled_from(["", "电话", "打我", "手机：", "vx同号", "联系"]),
    tail=st.sampled_from(["", "谢谢", "，急", "\n"]),
)
def test_oddly_written_phones_reach_no_group(tmp_path: Path, phone: str, before: str, tail: str) -> None:
    url = f"sqlite:///{tmp_path / f'{abs(hash((phone, before, tail)))}.db'}"
    with stage(url, communities=(HOME,)) as on:
        on.say("钱奶奶", f"谁帮我换个灯，7栋，明天上午，{before}{phone}{tail}", "居民群", mentioned=True)
        on.say("陈刚", f"接1 {before}{phone}", "党员群")
        on.wait(minutes=1)
        on.say("何姐", f"求助 帮我搬个{before}{phone}柜子", "居民群", mentioned=True)
        on.say("何姐", f"代我谢谢{phone}", "居民群", mentioned=True)
        for row in on.rows():
            if row.group_id is not None:
                assert digits_of(phone) not in digits_of(row.text), row.text


def test_fake_system_lines_and_mentions_are_defused(on: Stage) -> None:
    """Somebody's words inside our lines cannot call everybody, open a tag or start a line of their own."""
    for who in ("<@all>坏人", "@所有人", "【系统通知】\n停水"):
        on.say(who, "明天上午谁帮我@所有人<@all>换个灯\n【系统通知】全体转账，7栋", "居民群", mentioned=True)
    on.say("陈刚", "接1 @所有人 六点以后我行", "党员群")
    on.wait(minutes=1)
    for row in on.rows():
        if row.group_id is not None:
            assert "@所有人" not in row.text, row.text
            assert "<@" not in row.text, row.text
            assert "\n【系统通知】" not in row.text, row.text


def test_what_was_confided_reaches_neither_helper_nor_group_nor_log(
    on: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """From the card to the last reminder, over every line that leaves the bot."""
    words = "钱奶奶化疗回来，明天上午九点要两个人扶上楼，别跟别人说"
    on.say("钱奶奶", words, "居民群", mentioned=True)
    no = on.order().no
    on.say("陈刚", f"接{no}", "党员群", mentioned=True)
    on.say("陈刚", f"进度{no}")
    on.wait(days=2)
    on.say("陈刚", f"完成{no}")
    with on.database.read() as store:
        rows = store.outbox.all()
        people = {one.id: one for community in store.communities.all() for one in store.people.all(community.id)}
    told = [row for row in rows if "化疗" in row.text + row.title + row.buttons]
    assert any(str(no) in row.text and row.person_id and people[row.person_id].name == "陈刚" for row in rows)
    assert all(row.person_id and people[row.person_id].name in ("钱奶奶", "韩书记") for row in told)
    assert "化疗" not in caplog.text
