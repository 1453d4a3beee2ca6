"""The worker: one message is one message, one broken turn harms nobody else, and what is said reaches whom it is for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.channels import Capabilities
from bot.conversation import CommunityPart
from handlers import wording
from handlers.ability import Ability, Registry, load
from handlers.turn import Entered, Feedback, Outcome, Picture, Press, Push, Reply, Say, Tick, Turn
from nlp.intent import Meaning, Rule
from storage.audit import audit
from storage.inbox import inbox
from storage.orders import Move, State
from storage.outbox import OutState
from storage.people import Person, Role
from storage.steps import StepKind
from tests.stage import CHANNEL, GROUPS, HOME, IN_BAND, PEOPLE, Stage, stage

LAMP = "厨房灯不亮了，3栋，明天上午谁来换一下"


@pytest.fixture
def on(sqlite_url: str) -> Iterator[Stage]:
    with stage(sqlite_url) as there:
        yield there


@pytest.fixture
def in_band(sqlite_url: str) -> Iterator[Stage]:
    """A platform on which only answers leave, inside its own request."""
    with stage(sqlite_url, doors={CHANNEL: IN_BAND}) as there:
        yield there


def kept(on: Stage) -> list[tuple[str, str | None, str, int]]:
    """Key, text, state and copies of every inbox row."""
    with on.database.engine.connect() as connection:
        rows = connection.execute(
            select(inbox.c.key, inbox.c.text, inbox.c.state, inbox.c.copies).order_by(inbox.c.id)
        ).all()
    return [(row[0].split("/")[1], row[1], row[2], row[3]) for row in rows]


def refusals(on: Stage) -> list[str]:
    with on.database.engine.connect() as connection:
        rows = connection.execute(select(audit.c.detail).where(audit.c.move == "refused").order_by(audit.c.id))
        return [row[0] for row in rows]


# 同一句话


@pytest.mark.parametrize("together", [True, False])
def test_twenty_copies_are_one_message(in_band: Stage, together: bool) -> None:
    message = in_band.message("王秀兰", LAMP, "居民群", mentioned=True, key="same")
    if together:
        answers = in_band.worker.take([message] * 20, in_band.now)
    else:
        answers = [in_band.worker.take([message], in_band.clock.advance(minutes=7))[0] for _ in range(20)]
    assert len(in_band.orders()) == 1
    assert answers[0].replies
    assert all(answer == answers[0] for answer in answers)
    assert in_band.worker.poll(answers[0].stream) == answers[0]
    assert [(key, copies) for key, _, _, copies in kept(in_band)] == [("same", 19)]


def test_copies_over_many_connections(database_url: str) -> None:
    """Twenty copies at the same moment, in both databases: one order, and everybody gets the same answer."""
    with stage(database_url, doors={CHANNEL: IN_BAND}) as on:
        message = on.message("王秀兰", LAMP, "居民群", mentioned=True, key="same")
        answers: list[tuple[str, ...]] = []

        def take() -> None:
            (answer,) = on.worker.take([message], on.now)
            answers.append(tuple(reply.text for reply in answer.replies))

        threads = [threading.Thread(target=take) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(on.orders()) == 1
        assert len(answers) == 20
        assert len(set(answers)) == 1


def test_equal_ids_of_two_senders_are_two_messages(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", key="one")
    on.say("何姐", "5栋水龙头漏水，明天上午找人修", "居民群", key="one")
    assert len(on.orders()) == 2


def test_a_restart_changes_nothing(sqlite_url: str) -> None:
    with stage(sqlite_url) as on:
        message = on.message("王秀兰", LAMP, "居民群", key="same")
        on.worker.take([message], on.now)
        from bot.worker import Worker
        from tests.stage import BOT, HEARS_ALL, parser

        again = Worker(on.database, parser(), load(), {CHANNEL: HEARS_ALL}, BOT)
        again.take([message], on.now)
        assert len(on.orders()) == 1


# 坏掉的一句


def poisoned() -> Registry:
    """The product's abilities and one that breaks after it changed things."""
    real = load()
    registry = Registry(dict(real.abilities), dict(real.answers), dict(real.steps), dict(real.daily))

    def poison(turn: Turn) -> Iterator[Outcome]:
        """下毒"""
        turn.store.people.grant(turn.speaker.id, Role.SECRETARY, turn.now)
        yield Reply(Say(lambda see: "这句不该有人看见"))
        raise KeyError("poison")

    rule = Rule("poisoning.poison", Meaning.COMMAND, ("下毒",), "poison")
    registry.abilities[rule.ability] = Ability(rule.ability, poison, rule, (), (), frozenset(), "下毒")
    return registry


@pytest.mark.parametrize("who", ["何姐", "陌生人"])
@pytest.mark.parametrize("group", [None, "居民群"])
def test_a_broken_turn_breaks_alone(sqlite_url: str, who: str, group: str | None) -> None:
    """Its neighbours in the batch commit; it is undone whole, its text is kept, and its speaker gets a number."""
    with stage(sqlite_url, registry=poisoned()) as on:
        on.worker.take(
            [
                on.message("王秀兰", LAMP, "居民群", key="before"),
                on.message(who, "下毒", group, mentioned=True, key="poison"),
                on.message("老赵", "5栋水龙头漏水，明天上午找人修", "居民群", key="after"),
            ],
            on.now,
        )
        assert len(on.orders()) == 2
        assert [(key, state) for key, _, state, _ in kept(on)] == [
            ("before", "done"), ("poison", "failed"), ("after", "done"),
        ]  # fmt: skip
        assert kept(on)[1][1] == "下毒"
        with on.database.read() as store:
            (number,) = store.inbox.failed()
            speaker = store.people.find_by_identity(CHANNEL, who)
            assert speaker is not None
            assert Role.SECRETARY not in speaker.roles
        assert not [row for row in on.rows() if "不该有人看见" in row.text]
        told = [row for row in on.rows() if row.text == wording.broken(str(number))]
        assert len(told) == 1
        assert told[0].person_id == (None if group else speaker.id)
        on.say(who, "我的单")
        assert len(kept(on)) == 4


def test_a_broken_turn_in_band_is_answered_and_repeats_the_same(sqlite_url: str) -> None:
    with stage(sqlite_url, registry=poisoned(), doors={CHANNEL: IN_BAND}) as on:
        message = on.message("何姐", "下毒")
        first, second = (on.worker.take([message], on.now)[0] for _ in range(2))
        assert len(first.replies) == 1
        assert "编号" in first.replies[0].text
        assert first == second


def test_unmentioned_poison_in_a_group_says_nothing(sqlite_url: str) -> None:
    with stage(sqlite_url, registry=poisoned()) as on:
        on.say("何姐", "下毒", "居民群")
        assert on.rows() == []
        assert kept(on)[0][2] == "failed"


def test_a_broken_step_is_tried_again_and_stops_no_other(sqlite_url: str) -> None:
    """It is undone whole and put off, longer each time; what else is due happens."""
    real = load()

    def poison(tick: Tick) -> Iterator[Outcome]:
        order = tick.order()
        tick.store.orders.move(order, Move.CANCEL, None, tick.now)
        yield Push(tick.store.people.get(1), Say(lambda see: "这句不该有人看见"))
        raise KeyError("poison")

    registry = Registry(real.abilities, real.answers, {**real.steps, StepKind.UNCLAIMED: poison}, real.daily)
    with stage(sqlite_url, registry=registry) as on:
        on.say("王秀兰", LAMP, "居民群", mentioned=True)
        with on.database.write() as store:
            store.steps.plan(1, on.order(1).id, StepKind.UNCLAIMED, on.now)
        on.say("何姐", "5栋水龙头漏水，谁会修", "居民群", mentioned=True)
        on.wait(minutes=21)
        assert on.order(1).state is State.OPEN
        assert on.order(2).state is State.OPEN, "the other was offered when nobody answered"
        assert not [row for row in on.rows() if "不该有人看见" in row.text]
        with on.database.read() as store:
            (step,) = [step for step in store.steps.of_order(1) if step.kind is StepKind.UNCLAIMED]
        assert step.attempts == 3, "after 0, 5 and 15 minutes"
        assert step.due_at > on.now


# 说了没用的话


@pytest.mark.parametrize("words", ["今天太阳真好", "谁家的猫在叫", "哈哈哈", "小区门口新开了一家面馆，味道不错"])
def test_chatter_leaves_its_key_alone(on: Stage, words: str) -> None:
    on.say("何姐", words, "居民群", key="chat")
    on.say("谁也不认识的人", words, "居民群", key="stranger")
    assert kept(on) == [("chat", None, "done", 0), ("stranger", None, "done", 0)]
    assert on.rows() == []
    with on.database.read() as store:
        assert store.people.find_by_identity(CHANNEL, "谁也不认识的人") is None, "who only chats is not kept"
    on.say("何姐", words, "居民群", key="chat")
    assert kept(on)[0] == ("chat", None, "done", 1)


def test_words_that_led_somewhere_are_kept(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群")
    assert kept(on)[0][1] == LAMP


@pytest.mark.parametrize("what", [Entered(), Feedback("x", good=True), Picture("p.jpg")])
def test_wordless_messages_are_harmless(on: Stage, what: Entered | Feedback | Picture) -> None:
    for group in (None, "居民群", "没绑定的群"):
        on.say("何姐", what, group)
    assert on.orders() == []
    assert {state for _, _, state, _ in kept(on)} == {"done"}


# 夜里


@pytest.mark.parametrize(
    ("hour", "quiet"), [("23:10", True), ("02:00", True), ("07:29", True), ("07:31", False), ("21:29", False)]
)
def test_at_night_the_group_hears_nothing_unasked(sqlite_url: str, hour: str, quiet: bool) -> None:
    with stage(sqlite_url, f"2026-11-23 {hour}") as on:
        on.say("王秀兰", LAMP, "居民群")
        on.say("何姐", "改单 1 明天下午三点", "居民群")
        on.say("王秀兰", "改单 1 后天下午三点", "居民群")
        on.say("王秀兰", "催单 1", "居民群")
        spoken = [row for row in on.rows() if row.group_id is not None and row.not_before <= on.now]
        assert (spoken == []) == quiet, [row.text for row in spoken]
        assert on.orders(), "it is written down all the same"


def test_at_night_who_turns_to_the_bot_is_answered(sqlite_url: str) -> None:
    with stage(sqlite_url, "2026-11-23 23:10") as on:
        on.say("王秀兰", LAMP, "居民群", mentioned=True)
        here = [row for row in on.rows() if row.group_id == 1]
        assert [row.not_before for row in here] == [on.now]
        cards = [row for row in on.rows() if row.group_id == 2]
        assert cards
        assert all(f"{row.not_before.astimezone(on.now.tzinfo):%H:%M}" == "07:30" for row in cards)


def test_at_night_an_emergency_waits_for_nobody(sqlite_url: str) -> None:
    with stage(sqlite_url, "2026-11-23 03:00") as on:
        on.say("何姐", "快来人！我爸摔倒了叫不醒 4栋", "居民群")
        rows = on.rows()
        assert rows[0].group_id == 1
        assert "120" in rows[0].text
        assert all(row.not_before == on.now for row in rows)
        assert {row.person_id for row in rows} - {None}, "somebody with a duty is called"


def test_at_night_a_burst_pipe_is_told_in_private_only(sqlite_url: str) -> None:
    with stage(sqlite_url, "2026-11-23 02:00") as on:
        on.say("何姐", "我家水管爆了，水一直在漏，5栋", "居民群")
        assert on.rows()
        assert [row for row in on.rows() if row.group_id is not None] == []


# 谁可以


COMMANDS = [
    ability.says[0].replace("231", "1") for ability in load().abilities.values() if ability.only and ability.says
]


@pytest.mark.parametrize("group", [None, "居民群", "书记群"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_namesake_of_the_secretary_is_refused(on: Stage, command: str, group: str | None) -> None:
    """Rights hang on the account: who calls themselves 韩书记 gets one polite refusal, and it is logged."""
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    before = on.order(1)
    rows = len(on.rows())
    message = on.message("impostor", command, group, mentioned=group is not None, name="韩书记")
    on.worker.take([message], on.now)
    assert [row.text for row in on.rows()[rows:]] == [wording.no_right()]
    assert [detail.startswith("no right") for detail in refusals(on)] == [True]
    assert on.order(1) == before
    on.say("impostor", "我是 韩书记 1栋")
    on.say("impostor", command, group, mentioned=group is not None)
    assert len(refusals(on)) == 2


def test_without_roles_nobody_steers(sqlite_url: str) -> None:
    plain = tuple(replace(person, roles=frozenset[Role]()) for person in PEOPLE)
    with stage(sqlite_url, communities=(CommunityPart("幸福里", GROUPS, plain),)) as on:
        on.say("王秀兰", LAMP, "居民群", mentioned=True)
        for who in [person.name for person in PEOPLE]:
            for command in COMMANDS:
                rows = len(on.rows())
                on.say(who, command)
                assert [row.text for row in on.rows()[rows:]] == [wording.no_right()], (who, command)
        assert on.order(1).version == on.order(1).version
        assert len(refusals(on)) == len(PEOPLE) * len(COMMANDS)


def test_a_refusal_is_written_down_and_undoes_the_turn(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("陈刚", "接1", "党员群")
    before = on.order(1)
    on.say("陈刚", "接1", "党员群")
    on.say("何姐", "撤单 1")
    assert on.order(1) == before
    assert refusals(on) == ["already held", "not own"]


def test_a_refusal_in_a_group_is_said_in_private_unless_asked(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    rows = len(on.rows())
    on.say("何姐", "撤单 1", "居民群")
    (row,) = on.rows()[rows:]
    assert (row.group_id, row.person_id) == (None, 2)
    on.say("何姐", "撤单 1", "居民群", mentioned=True)
    assert on.rows()[-1].group_id == 1


def test_a_stranger_gets_an_address_only_after_the_requester_agreed(on: Stage) -> None:
    """Nobody comes to a phone number by 接, 候补, 到了 or a button without being known here."""
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    for words in ("接1", "候补1", "到了 1", "我来1号", "退单 1", "接1 带1人"):
        for group in (None, "居民群"):
            on.say("路人", words, group, mentioned=group is not None)
            on.say("路人", Press(words, "linli-1"), group)
    assert on.order(1).holders == ()
    assert on.order(1).standby == ()
    assert not [text for text in on.heard_by("路人") if "13900002210" in text or "402" in text]
    on.say("王秀兰", "行")
    assert [claim.name for claim in on.order(1).holders] == ["路人"]
    assert [text for text in on.heard_by("路人") if "13900002210" in text]


def test_an_unbound_group_answers_only_when_called(on: Stage) -> None:
    for words in (LAMP, "接1", "本周情况", "帮助", "快来人！我爸摔倒了叫不醒", "我的单"):
        on.say("路人", words, "没绑定的群")
    assert on.rows() == []
    assert {text for _, text, _, _ in kept(on)} == {None}, "nothing of it is kept"
    on.say("路人", "帮助", "没绑定的群", mentioned=True)
    (row,) = on.rows()
    assert (row.text, row.chat_id) == (wording.not_bound(), "没绑定的群")
    on.say("路人", "绑定 FALSE123 居民群", "没绑定的群", mentioned=True)
    assert on.rows()[-1].text == wording.bad_code()
    with on.database.read() as store:
        assert store.groups.find_in_chat(CHANNEL, "没绑定的群") is None


def test_the_one_time_code_binds_once(on: Stage) -> None:
    with on.database.write() as store:
        store.people.add_invite("A1B2C3D4", 1, on.clock.now().replace(year=2027))
    on.say("新书记", "绑定 A1B2C3D4 党员群", "新群", mentioned=True)
    on.say("坏人", "绑定 A1B2C3D4 书记群", "坏群", mentioned=True)
    with on.database.read() as store:
        assert store.groups.find_in_chat(CHANNEL, "新群") is not None
        assert store.groups.find_in_chat(CHANNEL, "坏群") is None
        new, bad = (store.people.find_by_identity(CHANNEL, name) for name in ("新书记", "坏人"))
    assert new is not None
    assert Role.SECRETARY in new.roles
    assert bad is None or Role.SECRETARY not in bad.roles


# 只能顺口答的门


def test_held_lines_leave_with_the_next_word_of_their_reader(in_band: Stage) -> None:
    on = in_band
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("陈刚", "接1", "党员群", mentioned=True)
    on.wait(minutes=1)
    on.deliver()
    held = [row for row in on.rows() if row.state is OutState.HELD]
    mine = [row for row in held if row.person_id == 3]
    assert [("13900002210" in row.text) for row in mine] == [True]
    for who, group in (("何姐", None), ("何姐", "居民群"), ("刘洋", "党员群"), ("陈刚", "党员群"), ("路人", None)):
        answer = on.say(who, "我的单", group, mentioned=True)
        assert not [reply for reply in answer.replies if "13900002210" in reply.text], (who, group)
    message = on.message("陈刚", "我的单")
    first, second = (on.worker.take([message], on.now)[0] for _ in range(2))
    assert [reply.text for reply in first.replies].count(mine[0].text) == 1
    assert first == second, "a copy of the callback gets the same lines again"
    assert not [reply for reply in on.say("陈刚", "我的单").replies if "13900002210" in reply.text], "once"


def test_answers_in_band_are_kept_as_they_were(in_band: Stage) -> None:
    on = in_band
    message = on.message("王秀兰", LAMP, "居民群", mentioned=True)
    first = on.worker.take([message], on.now)[0]
    on.say("陈刚", "接1", "党员群", mentioned=True)
    on.say("王秀兰", "撤单 1", "居民群", mentioned=True)
    assert on.worker.take([message], on.clock.advance(hours=1))[0] == first
    assert on.worker.poll(first.stream) == first
    assert on.worker.poll("0" * 32) is None


def test_a_press_changes_its_card_in_its_answer(in_band: Stage) -> None:
    on = in_band
    with on.database.write() as store:
        for group in store.groups.all():
            if group.name == "居民群":
                store.groups.unbind(group)
    first = on.say("王秀兰", LAMP, "党员群", mentioned=True)
    (card,) = [reply for reply in first.replies if reply.buttons]
    assert card.card is not None
    answer = on.say("陈刚", Press(card.buttons[0].says, card.card), "党员群")
    (changed,) = answer.replies
    assert changed.replaces
    assert changed.card == card.card
    assert "陈刚" in changed.text
    assert changed.buttons == ()


def test_who_speaks_again_is_reachable_again(on: Stage) -> None:
    with on.database.write() as store:
        store.people.mark_stale(CHANNEL, "何姐", on.now)
        assert store.people.identities(2) == []
    on.say("何姐", "我的单")
    with on.database.read() as store:
        assert len(store.people.identities(2)) == 1


def test_long_facts_fit_every_database(database_url: str) -> None:
    """As many phones and as long a place as a line can hold break nothing, also where columns have a length."""
    with stage(database_url) as on:
        phones = "、".join(f"138123456{number:02}" for number in range(12))
        on.say("王秀兰", f"{LAMP}，电话{phones}", "居民群", mentioned=True)
        on.say(
            "何姐", f"求助 {'长' * 300}的水龙头坏了，{'9' * 40}栋{'8' * 40}单元{'7' * 40}室", "居民群", mentioned=True
        )
        on.say("人" * 100, f"我是 {'名' * 30} {'3' * 30}栋")
        on.say("何姐", f"{'路' * 90}口的井盖不见了，谁来看看", "居民群", mentioned=True)
        for words in ("接99999999999999999999", "进度 9999999999", "合并 1 99999999999", "接1 带99999999999人", "派 1 @" + "名" * 300,
                      "转 1 " + "单位" * 100, "代点单 " + "名" * 100 + " 灯坏了", "评 1 满意 " + "好" * 5000):  # fmt: skip
            on.say("韩书记", words)
            on.say("王秀兰", words)
        on.say("王秀兰", "改单 1 " + phones)
        assert {state for _, _, state, _ in kept(on)} == {"done"}
        assert len(on.orders()) >= 2


def test_more_hands_are_looked_for_when_more_are_wanted(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("陈刚", "接1", "党员群")
    on.say("王秀兰", "改单 1 需要3个人", "居民群", mentioned=True)
    assert on.order(1).missing == 2
    assert "还差2人" in on.heard_by("党员群")[-1]
    on.say("刘洋", "接1", "党员群")
    on.say("周敏", "接1", "党员群")
    on.wait(minutes=1)
    assert on.order(1).missing == 0
    assert [text for text in on.heard_by("党员群") if "人齐了" in text]


def test_every_fact_can_be_amended_by_command(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("王秀兰", "改单 1 后天下午三点")
    assert f"{on.order(1).start:%d %H}" == "25 07"
    on.say("王秀兰", "改单 1 地址改成6栋2单元301")
    assert (on.order(1).building, on.order(1).entrance, on.order(1).room) == ("6", "2", "301")
    on.say("王秀兰", "改单 1 电话13900001111")
    assert on.order(1).contact_phone == "13900001111"
    on.say("王秀兰", "改单 1 需要2个人")
    assert on.order(1).hands == 2
    assert f"{on.order(1).start:%d %H}" == "25 07", "what was not said stays"


def test_a_taken_over_order_has_one_holder_and_the_others_know(on: Stage) -> None:
    """Also from a draft that nobody had offered yet, and from a unit that has it."""
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("陈刚", "接1", "党员群")
    on.say("韩书记", "兜底 1")
    assert [claim.name for claim in on.order(1).holders] == ["韩书记"]
    assert on.heard_by("陈刚")[-1] == "1已有人接上，放心。"
    on.say("何姐", "5栋水龙头漏水，谁会修", "居民群", mentioned=True)
    assert on.order(2).state is State.DRAFT
    on.say("韩书记", "兜底 2")
    on.say("何姐", "谁能帮我抬个柜子，5栋，后天上午", "居民群", mentioned=True)
    on.say("韩书记", "转 3 物业")
    on.say("韩书记", "兜底 3")
    for number in (1, 2, 3):
        assert [claim.name for claim in on.order(number).holders] == ["韩书记"]
        assert on.order(number).taken == 1
    on.say("韩书记", "派 2 @刘洋")
    assert [claim.name for claim in on.order(2).holders] == ["刘洋"]


def test_who_declines_when_asked_to_step_in_makes_room_for_the_next(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    for who, words in (("陈刚", "接1"), ("刘洋", "候补1"), ("周敏", "候补1"), ("陈刚", "退单 1"), ("刘洋", "退单 1")):
        on.say(who, words, "党员群")
    assert "轮到你" in on.heard_by("周敏")[-1]
    on.say("周敏", "去")
    assert [claim.name for claim in on.order(1).holders] == ["周敏"]


def test_only_its_unit_or_the_secretary_returns_a_transferred_order(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("韩书记", "转 1 物业")
    for who in ("何姐", "王秀兰", "陈刚"):
        on.say(who, "退单 1 不归我")
    assert on.order(1).state is State.TRANSFERRED
    on.say("老彭", "退单 1 不归我们")
    assert on.order(1).state is State.UNASSIGNED


def test_a_wrong_number_is_never_taken_for_ones_own_order(on: Stage) -> None:
    on.say("王秀兰", LAMP, "居民群", mentioned=True)
    on.say("陈刚", "接1", "党员群")
    on.say("王秀兰", "完成77")
    assert on.order(1).state is State.BOOKED
    on.say("陈刚", "完成1", "党员群")
    on.say("王秀兰", "评 77 满意")
    assert on.order(1).rating is None


def test_two_communities_keep_to_themselves(sqlite_url: str) -> None:
    far = CommunityPart(
        "沱源",
        tuple(replace(group, name=f"沱源{group.name}") for group in GROUPS),
        (
            Person(0, None, "远方书记", roles=frozenset({Role.SECRETARY})),
            Person(0, None, "远方居民", "1", roles=frozenset({Role.RESIDENT})),
        ),
        next_no=1,
    )
    with stage(sqlite_url, communities=(HOME, far)) as on:
        on.say("王秀兰", LAMP, "居民群", mentioned=True)
        before = on.order(1)
        for words in ("兜底 1", "作废 1", "派 1 @陈刚", "进度 1", "接1"):
            on.say("远方书记", words)
        assert on.order(1) == before
        on.say("远方居民", "谁能帮我修下水龙头，1栋，明天上午", "沱源居民群", mentioned=True)
        assert [(order.community_id, order.no) for order in on.orders()] == [(1, 1), (2, 1)]
        heard = {row.group_id for row in on.rows() if row.community_id == 2}
        with on.database.read() as store:
            assert heard <= {group.id for group in store.groups.all(2)} | {None}


def test_no_door_is_no_error(sqlite_url: str) -> None:
    deaf = Capabilities(
        speak_first=False, private=False, groups=True, hears_all=False, cards=False, update_card=False, in_band=False
    )
    with stage(sqlite_url, doors={CHANNEL: deaf}) as on:
        on.say("王秀兰", LAMP, "居民群", mentioned=True)
        on.say("陈刚", "接1", "党员群", mentioned=True)
        cards = [row for row in on.rows() if row.is_card]
        assert cards
        assert all("@小邻" in row.text for row in cards), "where the bot hears only mentions it says so"
