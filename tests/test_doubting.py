"""Talk that may be a need: asked about once, offered to nobody before the answer, in the morning's list without one.

How sure a reading is moves with every learning, so the doubt is given here: these words are read as they are, and doubted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from bot.worker import Worker
from handlers.ability import load
from nlp import Parser
from nlp.intent import Context, Intent, Meaning
from storage.orders import State
from tests.stage import BOT, CHANNEL, HEARS_ALL, Stage, stage

RESIDENTS, MEMBERS = "居民群", "党员群"
MUMBLED = "厨房灯好像不太亮了，帮我看看"
MUMBLED_OF_ALL = "3栋楼道灯坏了，明天下午修一下"
SHOUTED = "我家着火了快来人"


class Unsure(Parser):
    """Reads as ever, and trusts no reading of what was mumbled."""

    def parse(
        self,
        text: str,
        now: datetime,
        *,
        mentioned: bool = False,
        quote: str | None = None,
        context: Context | None = None,
        explain: bool = False,
    ) -> Intent:
        intent = super().parse(text, now, mentioned=mentioned, quote=quote, context=context, explain=explain)
        return replace(intent, confidence=0.55) if text in (MUMBLED, MUMBLED_OF_ALL, SHOUTED) else intent


@pytest.fixture
def on(database_url: str) -> Iterator[Stage]:
    with stage(database_url) as on:
        reader = Unsure(load().rules(), bot_names=(BOT,))
        assert reader.parse(MUMBLED, on.now).meaning is Meaning.REQUEST
        on.worker = Worker(on.database, reader, load(), {CHANNEL: HEARS_ALL}, BOT)
        yield on


def test_the_speaker_is_asked_and_nobody_else_hears(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    assert on.heard_by(RESIDENTS) == ["王秀兰，您是想找人帮忙吗？回1我记一单，回2不用。"]
    on.wait(hours=3)
    assert on.heard_by(MEMBERS) == []
    assert on.heard_by("韩书记") == []
    assert on.order(1).state is State.DRAFT


@pytest.mark.parametrize("answer", ["1", "是的", "对", "要的", "需要"])
def test_a_yes_makes_it_an_order(on: Stage, answer: str) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.say("王秀兰", answer, RESIDENTS)
    assert "记成1号" in on.heard_by(RESIDENTS)[-1]
    assert "什么时候方便" in on.heard_by(RESIDENTS)[-1]
    on.say("王秀兰", "明天上午", RESIDENTS)
    assert sum("【1】" in line for line in on.heard_by(MEMBERS)) == 1


def test_a_time_said_instead_is_a_yes(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.say("王秀兰", "明天上午我都在家", RESIDENTS)
    assert on.order(1).state is State.OPEN
    assert on.order(1).start is not None


@pytest.mark.parametrize("answer", ["2", "不是", "不用", "不用了"])
def test_a_no_ends_it_without_fuss(on: Stage, answer: str) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.say("王秀兰", answer, RESIDENTS)
    assert on.order(1).state is State.CANCELLED
    assert on.heard_by(RESIDENTS)[-1] == "好的，有事随时说。"
    on.wait(days=3)
    assert on.heard_by("韩书记") == []


def test_said_plainly_later_it_is_the_same_order(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.say("王秀兰", "求助 厨房灯不亮了，明天下午谁来换一下", RESIDENTS)
    assert [order.state for order in on.orders()] == [State.OPEN]
    on.say("王秀兰", "1", RESIDENTS)
    assert len(on.orders()) == 1


def test_who_turns_to_the_bot_is_not_doubted(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS, mentioned=True)
    on.say("何姐", MUMBLED)
    assert "记成1号" in on.heard_by(RESIDENTS)[-1]
    assert "记成2号" in on.heard_by("何姐")[-1]


def test_danger_is_never_doubted(on: Stage) -> None:
    on.say("王秀兰", SHOUTED, RESIDENTS)
    assert "119" in on.heard_by(RESIDENTS)[0]
    assert on.order(1).state is State.UNASSIGNED


def test_unanswered_the_secretary_finds_it_in_the_morning_list(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.wait(hours=23, minutes=30)
    [line] = on.heard_by("韩书记")
    assert "问了没回的1条：1王秀兰" in line
    assert not any(secret in line for secret in ("402", "139"))
    on.say("韩书记", "派1 @陈刚")
    assert on.order(1).is_held_by(on.order(1).claims[0].person_id)
    assert "3栋1单元402" in on.heard_by("陈刚")[-1]


def test_after_a_week_it_is_laid_to_rest(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.wait(days=12)
    assert on.order(1).state is State.VOIDED
    listed = [line for line in on.heard_by("韩书记") if "问了没回" in line]
    assert 4 <= len(listed) <= 6  # the mornings of working days until then
    assert on.heard_by(MEMBERS) == []


def test_nobody_is_joined_to_what_may_be_mere_talk(on: Stage) -> None:
    on.say("王秀兰", MUMBLED_OF_ALL, RESIDENTS)
    on.say("何姐", "求助 3栋楼道灯不亮，明天下午修一下", RESIDENTS)
    assert [order.state for order in on.orders()] == [State.DRAFT, State.OPEN]


def test_confirmed_beside_the_like_of_it_the_secretary_hears(on: Stage) -> None:
    on.say("何姐", "求助 3栋楼道灯不亮，明天下午修一下", RESIDENTS)
    on.say("王秀兰", MUMBLED_OF_ALL, RESIDENTS)
    on.say("王秀兰", "1", RESIDENTS)
    assert "2（" in on.heard_by("韩书记")[-1]
    assert "像是一回事" in on.heard_by("韩书记")[-1]


def test_a_neighbour_who_goes_takes_it_as_read(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.say("陈刚", "我去看看", RESIDENTS)
    assert on.order(1).state is State.CLAIMED
    assert on.heard_by("陈刚")[-1].startswith("1：3栋")


def test_a_yes_to_somebody_else_hours_later_is_no_answer(on: Stage) -> None:
    on.say("王秀兰", MUMBLED, RESIDENTS)
    on.wait(hours=2)
    on.say("王秀兰", "好的", RESIDENTS)
    assert on.order(1).state is State.DRAFT


def test_at_night_it_is_asked_in_private(database_url: str) -> None:
    with stage(database_url, "2026-11-23 22:40") as on:
        on.worker = Worker(on.database, Unsure(load().rules(), bot_names=(BOT,)), load(), {CHANNEL: HEARS_ALL}, BOT)
        on.say("王秀兰", MUMBLED, RESIDENTS)
        assert on.heard_by(RESIDENTS) == []
        assert "您是想找人帮忙吗" in on.heard_by("王秀兰")[-1]
