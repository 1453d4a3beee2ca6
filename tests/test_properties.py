"""Random days in a community: whatever people say in whatever order, the books stay right and no order is forgotten."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from handlers.turn import Message, Press
from storage.orders import HOLDING, MOVES, WAITING, ClaimState, Move, Order, State
from tests.stage import PEOPLE, Stage

IS_LONG = os.environ.get("LINLI_LONG") == "1"

EVERYBODY = [person.name for person in PEOPLE] + ["新邻居", "路人"]
PLACES = ["居民群", "党员群", "书记群", "物业群", None]
NEEDS = [
    "厨房灯不亮了，3栋，明天上午谁来换一下",
    "求助 5栋有台旧洗衣机要抬下楼，今晚8点前，需要2人",
    "我家水管爆了，水一直在漏，快来人",
    "快来人！我爸摔倒了叫不醒 4栋",
    "周日早上8点搬家，想请3个人帮忙",
    "谁帮我把快递提上5楼",
    "奶奶要去医院复查，想找人陪，后天上午9点",
    "有没有人会修水龙头",
    "谁能教孩子数学，每周三晚上",
]
COMMANDS = [
    "接{no}",
    "接{no} 带1人",
    "{no}号我接",
    "候补{no}",
    "退单 {no} 有事",
    "不方便 {no}",
    "到了 {no}",
    "完成{no}",
    "完成{no} 刘洋做了2小时 陈刚没来",
    "还在办 {no}",
    "评 {no} 满意",
    "评 {no} 不满意",
    "改单 {no} 明天下午三点",
    "改单 {no} 改到6栋",
    "改单 {no} 需要3个人",
    "改约 {no} 后天上午9点",
    "撤单 {no}",
    "催单 {no}",
    "进度 {no}",
    "虚惊 {no}",
    "派 {no} @陈刚",
    "派 {no} @周敏",
    "兜底 {no}",
    "转 {no} 物业",
    "合并 {no} {other}",
    "作废 {no} 重复",
    "关闭 {no}",
    "督办 {no}",
]
SHORT = [
    "1", "2", "3", "行", "不行", "去", "不", "来", "接", "我来", "在", "到了", "完成", "退单", "明天上午",
    "不用找啦 楼上小李帮我弄好了", "不用了", "我的单", "本周情况", "未完成", "帮助", "没送到", "催一下", "谢谢",
    "我是 李四 6栋1单元301", "代点单 何姐 窗户关不上", "今天太阳真好", "{no}",
]  # fmt: skip
# Credit for a neighbour who was never sent takes no place.
ON_THE_SIDE = {State.CLOSED}


class Days(RuleBasedStateMachine):
    """Everything people may do; after each step the books are audited."""

    @initialize(hour=st.sampled_from([0, 9, 15, 21]))
    def begin(self, hour: int) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.stage = Stage(f"sqlite:///{Path(self._folder.name) / 'days.db'}", f"2026-11-23 {hour:02}:15")
        self.said: list[Message] = []
        # Something to talk about from the beginning: one order for one, one for three.
        self.hear(self.stage.message("王秀兰", "厨房灯不亮了，3栋，明天上午谁来换一下", "居民群", mentioned=True))
        self.hear(self.stage.message("何姐", "周日早上8点搬家，想请3个人帮忙", "居民群", mentioned=True))

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            self.stage.close()
            self._folder.cleanup()

    def hear(self, *messages: Message) -> None:
        self.stage.worker.take(messages, self.stage.now)
        self.said += messages

    @rule(who=st.sampled_from(EVERYBODY), where=st.sampled_from(PLACES), what=st.sampled_from(NEEDS), at=st.booleans())
    def place(self, who: str, where: str | None, what: str, at: bool) -> None:
        self.hear(self.stage.message(who, what, where, mentioned=at))

    @rule(
        who=st.sampled_from(EVERYBODY),
        where=st.sampled_from(PLACES),
        what=st.sampled_from(COMMANDS),
        no=st.integers(1, 4),
        other=st.integers(1, 4),
        at=st.booleans(),
    )
    def command(self, who: str, where: str | None, what: str, no: int, other: int, at: bool) -> None:
        self.hear(self.stage.message(who, what.format(no=no, other=other), where, mentioned=at))

    @rule(
        who=st.sampled_from(EVERYBODY), where=st.sampled_from(PLACES), what=st.sampled_from(SHORT), no=st.integers(1, 4)
    )
    def answer(self, who: str, where: str | None, what: str, no: int) -> None:
        self.hear(self.stage.message(who, what.format(no=no), where))

    @rule(who=st.sampled_from(EVERYBODY), pick=st.integers(0, 50))
    def press(self, who: str, pick: int) -> None:
        """Any button of any card that ever was shown, also a stale one."""
        shown = [(row, says) for row in self.stage.rows() for _, says in row.button_pairs()]
        if shown:
            row, says = shown[pick % len(shown)]
            self.hear(self.stage.message(who, Press(says, f"linli-{row.id}"), "党员群"))

    @rule(who=st.lists(st.sampled_from(EVERYBODY), min_size=2, max_size=5), no=st.integers(1, 4))
    def claim_together(self, who: list[str], no: int) -> None:
        self.hear(*[self.stage.message(one, f"接{no}", "党员群") for one in who])

    @rule(pick=st.integers(0, 50))
    def again(self, pick: int) -> None:
        """The platform delivers a message once more: nothing happens at all."""
        if self.said:
            before = (self.stage.orders(), self.stage.rows())
            self.stage.worker.take([self.said[pick % len(self.said)]], self.stage.now)
            assert (self.stage.orders(), self.stage.rows()) == before

    @rule(minutes=st.sampled_from([1, 11, 45, 180, 600, 1440, 4320]))
    def time_passes(self, minutes: int) -> None:
        self.stage.until(self.stage.now + timedelta(minutes=minutes))

    @rule()
    def deliver(self) -> None:
        self.stage.deliver()

    @invariant()
    def books_are_right(self) -> None:
        if not hasattr(self, "stage"):
            return
        with self.stage.database.read() as store:
            assert store.inbox.failed() == [], "a turn broke"
            assert store.steps.orders_without() == [], "an order waits for nothing"
            assert not [step for step in store.steps.due(self.stage.now + timedelta(days=900)) if step.attempts]
            for order in self.stage.orders():
                check_claims(order)
                check_history(
                    order,
                    [(line.version, line.before, line.move, line.after) for line in store.audit.of_order(order.id)],
                )


def check_claims(order: Order) -> None:
    holding = [claim for claim in order.claims if claim.state in HOLDING and not claim.is_neighbour]
    assert order.taken == sum(claim.hands for claim in holding), order
    assert order.taken <= order.hands, order
    twice = [name for name, count in Counter(claim.person_id for claim in holding).items() if count > 1]
    assert not twice, f"{order} is held twice by {twice}"
    waiting = [claim.person_id for claim in order.claims if claim.state in WAITING]
    assert len(set(waiting)) == len(waiting), f"{order}: in line twice"
    assert not set(waiting) & {claim.person_id for claim in holding}, f"{order}: holds and waits"
    if order.state in (State.CLAIMED, State.BOOKED, State.IN_SERVICE):
        assert holding, f"{order}: nobody holds it"
    if order.state in (State.DRAFT, State.OPEN, State.TRANSFERRED):
        assert not holding, f"{order}: still held by {holding}"
    if order.state in (State.UNRATED, State.CLOSED):
        assert all(claim.state is not ClaimState.ASKED for claim in order.claims)


def check_history(order: Order, lines: list[tuple[int, str, str, str]]) -> None:
    """The audit lines replay to the state, each one a move of the table, versions without a gap."""
    assert [version for version, *_ in lines] == list(range(1, order.version + 1))
    state = ""
    for _, before, move, after in lines:
        assert before == state, order
        if move != Move.PLACE:
            assert State(after) in MOVES[State(before), Move(move)], order
        state = after
    assert state == order.state


def test_random_days() -> None:
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=600 if IS_LONG else 20,
            stateful_step_count=80 if IS_LONG else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
