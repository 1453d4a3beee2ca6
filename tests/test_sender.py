"""The sender: every line arrives once and in order, waits where it must, and is never given to anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.channels import (
    Address,
    Busy,
    Capabilities,
    Inbound,
    Poll,
    Receipt,
    Rejected,
    Rendered,
    SendFailed,
    Throttled,
    Unknown,
)
from bot.clock import CHINA, FakeClock
from bot.sender import MOST_ATTEMPTS, Sender
from handlers.turn import Lane, Message
from storage.columns import metadata
from storage.database import Database
from storage.groups import GroupKind
from storage.orders import Move, NewOrder, Order, State
from storage.outbox import LEASE, OutRow, OutState
from storage.people import Person

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)
PUSHES = Capabilities(
    speak_first=True, private=True, groups=True, hears_all=True, cards=True, update_card=True, in_band=False
)
ANSWERS = Capabilities(
    speak_first=False, private=True, groups=True, hears_all=False, cards=True, update_card=False, in_band=True
)
DROPS = Capabilities(
    speak_first=True, private=True, groups=True, hears_all=True, cards=True, update_card=True, in_band=False, drops_copies=True
)  # fmt: skip

Problem = Callable[[], SendFailed]


@dataclass
class Platform:
    """A platform that does what its script says: one entry for each attempt, None takes the message. Then all go well."""

    name: str
    can: Capabilities = PUSHES
    script: list[Problem | None] = field(default_factory=list)
    took: list[tuple[str, str, str | None]] = field(default_factory=list)
    tried: int = 0
    text_limit: int = 10_000
    missed: tuple[str, ...] = ()

    def greet(self, inbound: Inbound) -> bytes:
        return b""

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        return []

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        return b""

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        self.tried += 1
        problem = self.script.pop(0) if self.script else None
        if problem is not None:
            raise problem()
        await asyncio.sleep(0)
        self.took.append((to.chat.id, rendered.text, to.secret))
        return Receipt(missed=self.missed)

    @property
    def texts(self) -> list[str]:
        return [text for _, text, _ in self.took]


def busy() -> SendFailed:
    return Busy("500", "wait")


def slow_down() -> SendFailed:
    return Throttled("45009", "wait", 30)


def perhaps() -> SendFailed:
    return Unknown("timeout", "look")


def gone() -> SendFailed:
    return Rejected("40003", "no such user", gone=True)


def refused() -> SendFailed:
    return Rejected("40058", "bad parameter")


def stop() -> SendFailed:
    return Rejected("60020", "add the address", stop=True)


class Post:
    """A post office over one database: lines are written, delivered, and looked up."""

    def __init__(self, url: str, *platforms: Platform) -> None:
        self.database = Database(url)
        metadata.create_all(self.database.engine)
        self.clock = FakeClock(BEGIN)
        self.platforms = platforms
        self.sender = Sender(self.database, {platform.name: platform for platform in platforms})
        with self.database.write() as store:
            community = store.communities.add("幸福里", BEGIN)
            for number, name in enumerate(("居民群", "党员群"), 1):
                kind = GroupKind.RESIDENTS if number == 1 else GroupKind.MEMBERS
                store.groups.bind(community.id, kind, name, platforms[0].name, name, BEGIN)
            for name in ("甲", "乙"):
                person = store.people.add(Person(0, community.id, name), BEGIN)
                for platform in platforms:
                    store.people.link(person.id, platform.name, f"{name}@{platform.name}", BEGIN)

    def write(
        self,
        text: str,
        *,
        group: int | None = None,
        person: int | None = None,
        lane: Lane = Lane.ASSIGNMENT,
        order: Order | None = None,
        is_card: bool = False,
        replaces: int | None = None,
        after: timedelta = timedelta(),
    ) -> int:
        row = OutRow(
            0, None, 1, group, person, None, None, None, text, text, "[]", "[]", lane, order.id if order else None,
            order.version if order else None, is_card, replaces, None, OutState.PENDING, self.clock.now() + after, self.clock.now(),
        )  # fmt: skip
        with self.database.write() as store:
            kept = store.outbox.add(row)
        assert kept is not None
        return kept

    def deliver(self, sender: Sender | None = None) -> int:
        return asyncio.run((sender or self.sender).deliver(self.clock.now()))

    def run(self, minutes: float) -> None:
        """Look every five seconds, as the server does."""
        for _ in range(int(minutes * 12)):
            self.deliver()
            self.clock.advance(seconds=5)

    def row(self, row_id: int) -> OutRow:
        with self.database.read() as store:
            return store.outbox.get(row_id)

    def states(self) -> list[OutState]:
        with self.database.read() as store:
            return [row.state for row in store.outbox.all()]


@pytest.fixture
def room() -> Platform:
    return Platform("room")


@pytest.fixture
def post(sqlite_url: str, room: Platform) -> Iterator[Post]:
    office = Post(sqlite_url, room)
    yield office
    office.database.close()


# 送到


def test_each_line_arrives_once_at_its_own_door(post: Post, room: Platform) -> None:
    post.write("一", group=1)
    post.write("二", person=2)
    post.write("还早", group=1, after=timedelta(hours=1))
    assert post.deliver() == 2
    assert post.deliver() == 0
    assert sorted(room.took) == sorted([("居民群", "一", None), ("乙@room", "二", None)])
    assert post.states() == [OutState.SENT, OutState.SENT, OutState.PENDING]
    post.run(61)
    assert room.texts.count("还早") == 1


@pytest.mark.parametrize("problem", [busy, slow_down])
def test_what_fails_for_a_moment_is_tried_again(post: Post, room: Platform, problem: Problem) -> None:
    room.script = [problem, problem]
    row = post.write("一", group=1)
    post.deliver()
    assert post.row(row).state is OutState.PENDING
    assert post.row(row).not_before > post.clock.now()
    post.run(3)
    assert room.texts == ["一"]
    assert room.tried == 3


def test_the_waits_grow_and_end(post: Post, room: Platform) -> None:
    room.script = [busy] * 100
    row = post.write("一", group=1)
    waits = []
    for _ in range(MOST_ATTEMPTS):
        post.deliver()
        waits.append(post.row(row).not_before - post.clock.now())
        post.clock.move_to(post.row(row).not_before)
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[0] < timedelta(seconds=10)
    assert post.row(row).state is OutState.FAILED
    assert room.tried == MOST_ATTEMPTS


def test_a_throttle_is_waited_out_and_never_gives_up(post: Post, room: Platform) -> None:
    room.script = [slow_down] * 40
    row = post.write("一", group=1)
    post.run(25)
    assert post.row(row).state is OutState.SENT
    assert room.tried == 41


def test_a_stopped_channel_keeps_its_queue(post: Post, room: Platform) -> None:
    """An operator's fault: nothing is tried until the pause is over, nothing is lost, nothing counts as an attempt."""
    room.script = [stop] * 30
    rows = [post.write(f"第{number}句", group=1 + number % 2) for number in range(6)]
    post.run(minutes=100)
    assert room.tried <= 24
    assert {post.row(row).state for row in rows} == {OutState.PENDING}
    room.script = [busy]
    post.run(minutes=6)
    assert sorted(room.texts) == sorted(f"第{number}句" for number in range(6))


# 不知道


def test_an_unknown_outcome_is_repeated_where_the_platform_drops_copies(sqlite_url: str) -> None:
    room = Platform("room", DROPS, [perhaps, perhaps])
    post = Post(sqlite_url, room)
    row = post.write("一", group=1)
    post.run(2)
    assert room.texts == ["一"]
    assert post.row(row).state is OutState.SENT


def test_an_unknown_report_is_never_repeated(post: Post, room: Platform) -> None:
    room.script = [perhaps]
    row = post.write("日报", group=1, lane=Lane.REPORT)
    post.run(30)
    assert (room.tried, room.texts) == (1, [])
    assert post.row(row).state is OutState.UNKNOWN


def test_what_matters_is_repeated_and_says_so(post: Post, room: Platform) -> None:
    room.script = [perhaps]
    row = post.write("【1】换灯", group=1, lane=Lane.ASSIGNMENT)
    post.run(5)
    assert post.row(row).state is OutState.SENT
    (text,) = room.texts
    assert "补发" in text
    assert "【1】换灯" in text


def test_a_one_time_address_is_used_once(sqlite_url: str) -> None:
    """After any attempt it is spent; without another the line is held."""
    room = Platform("room", ANSWERS, [perhaps])
    post = Post(sqlite_url, room)
    with post.database.write() as store:
        store.outbox.add_ticket("room", "居民群", "https://one.example", BEGIN + timedelta(minutes=50))
    first, second = post.write("一", group=1), post.write("二", group=1)
    post.run(2)
    assert room.tried == 1
    assert [post.row(first).state, post.row(second).state] == [OutState.UNKNOWN, OutState.HELD]
    with post.database.write() as store:
        store.outbox.add_ticket("room", "党员群", "https://other.example", BEGIN + timedelta(minutes=50))
        store.outbox.add_ticket("room", "居民群", "https://late.example", BEGIN - timedelta(minutes=1))
    third, fourth = post.write("三", group=1), post.write("四", group=2)
    post.run(2)
    assert post.row(third).state is OutState.HELD, "neither another chat's address nor one that is over"
    assert post.row(fourth).state is OutState.SENT
    assert room.took == [("党员群", "四", "https://other.example")]


# 别的门


def test_a_dead_account_is_marked_and_the_next_door_tried(sqlite_url: str) -> None:
    first, second = Platform("a-room", script=[gone]), Platform("b-room")
    post = Post(sqlite_url, first, second)
    row = post.write("一", person=1)
    post.deliver()
    assert post.row(row).state is OutState.SENT
    assert post.row(row).sent_via == "b-room"
    assert second.took == [("甲@b-room", "一", None)]
    post.write("二", person=1)
    post.deliver()
    assert first.tried == 1, "the dead account is not tried again"
    with post.database.read() as store:
        assert [identity.channel for identity in store.people.identities(1)] == ["b-room"]
        assert len(store.people.identities(2)) == 2


def test_refused_everywhere_is_given_up(sqlite_url: str) -> None:
    first, second = Platform("a-room", script=[refused]), Platform("b-room", script=[refused])
    post = Post(sqlite_url, first, second)
    row = post.write("一", person=1)
    post.run(10)
    assert post.row(row).state is OutState.FAILED
    assert (first.tried, second.tried) == (1, 1)
    with post.database.read() as store:
        assert len(store.people.identities(1)) == 2, "a refused text says nothing about the account"


def test_a_recipient_that_was_missed_is_not_reached(post: Post, room: Platform) -> None:
    room.missed = ("甲@room",)
    row = post.write("一", person=1)
    post.run(1)
    assert post.row(row).state is OutState.FAILED


def test_without_a_door_a_line_is_held_and_never_widened(sqlite_url: str) -> None:
    room = Platform("room", ANSWERS)
    post = Post(sqlite_url, room)
    rows = [post.write("私事", person=1), post.write("群里的事", group=1)]
    post.run(30)
    assert room.took == []
    assert [post.row(row).state for row in rows] == [OutState.HELD, OutState.HELD]


# 顺序


def test_a_destination_keeps_its_order_through_every_trouble(post: Post, room: Platform) -> None:
    """Later lines wait behind an earlier one that was put off, also those written afterwards; others do not wait."""
    room.script = [slow_down]
    post.write("一", group=1)
    post.write("二", group=1)
    post.deliver()
    post.write("三", group=1)
    post.write("别处", group=2)
    post.run(2)
    assert [text for chat, text, _ in room.took if chat == "居民群"] == ["一", "二", "三"]
    assert room.texts.index("别处") == 0
    room.took.clear()
    room.script = [busy, busy, slow_down, busy]
    for number in range(20):
        post.write(f"{number}", group=1)
        post.deliver()
        post.clock.advance(seconds=1)
    post.run(5)
    assert room.texts == [str(number) for number in range(20)]


def test_an_emergency_goes_first(post: Post, room: Platform) -> None:
    post.write("日报", group=1, lane=Lane.REPORT)
    post.write("提醒", group=1, lane=Lane.REMINDER)
    post.write("快来人", group=1, lane=Lane.EMERGENCY)
    post.deliver()
    assert room.texts[0] == "快来人"


def test_an_emergency_does_not_wait_behind_a_report(post: Post, room: Platform) -> None:
    room.script = [slow_down]
    post.write("日报", group=1, lane=Lane.REPORT)
    post.deliver()
    post.write("快来人", group=1, lane=Lane.EMERGENCY)
    post.deliver()
    assert room.texts == ["快来人"]


def test_a_thousand_reports_do_not_hide_an_emergency(post: Post, room: Platform) -> None:
    for number in range(200):
        post.write(f"日报{number}", group=2, lane=Lane.REPORT)
    post.write("快来人", group=1, lane=Lane.EMERGENCY)
    post.deliver()
    assert "快来人" in room.texts


# 过时的


def order_of(post: Post) -> Order:
    with post.database.write() as store:
        new = NewOrder(1, 1, 1, None, "水电维修", "normal", "换灯", "甲", 20)
        return store.orders.place(new, store.communities.take_no(1), State.OPEN, post.clock.now())


def test_a_card_of_an_order_that_is_over_is_not_sent(post: Post, room: Platform) -> None:
    order = order_of(post)
    waiting = post.write("【1】能去的回接1", group=2, order=order, is_card=True, after=timedelta(minutes=10))
    kept = post.write("【1】不用去了", person=1, order=None, after=timedelta(minutes=10))
    post.clock.advance(minutes=5)
    with post.database.write() as store:
        store.orders.move(order, Move.CANCEL, 1, post.clock.now())
    post.run(10)
    assert post.row(waiting).state is OutState.SUPERSEDED
    assert post.row(kept).state is OutState.SENT
    assert room.texts == ["【1】不用去了"]


def test_a_card_whose_places_are_gone_is_not_sent(post: Post, room: Platform) -> None:
    order = order_of(post)
    card = post.write("【1】能去的回接1", group=2, order=order, is_card=True, after=timedelta(minutes=10))
    with post.database.write() as store:
        assert store.orders.take(order, 2, 1, post.clock.now()) is not None
        store.orders.move(order, Move.CLAIM, 2, post.clock.now())
    post.run(11)
    assert post.row(card).state is OutState.SUPERSEDED


def test_a_change_of_a_card_goes_only_where_cards_can_change(sqlite_url: str) -> None:
    plain = Capabilities(
        speak_first=True, private=True, groups=True, hears_all=True, cards=False, update_card=False, in_band=False
    )
    room = Platform("room", plain)
    post = Post(sqlite_url, room)
    card = post.write("【1】能去的回接1", group=2, is_card=True)
    change = post.write("【1】有人了", group=2, replaces=card)
    post.run(1)
    assert room.texts == ["【1】能去的回接1"]
    assert post.row(change).state is OutState.SUPERSEDED


# 死掉的发送者


def test_what_a_killed_sender_had_comes_back_when_its_lease_ends(database_url: str) -> None:
    room = Platform("room")
    post = Post(database_url, room)
    row = post.write("【1】换灯", group=1)
    later = post.write("第二句", group=1)
    with post.database.write() as store:
        leased = store.outbox.lease(post.clock.now(), post.clock.now() + LEASE)
    assert [one.id for one in leased] == [row, later]
    third = post.write("第三句", group=1)
    other = post.write("别处", group=2)
    post.run(0.5)
    assert room.texts == ["别处"], "its lines wait, and those behind them too"
    assert post.row(other).state is OutState.SENT
    post.run(2)
    assert [post.row(one).state for one in (row, later, third)] == [OutState.SENT] * 3
    here = [text for chat, text, _ in room.took if chat == "居民群"]
    assert ["换灯" in here[0], "第二句" in here[1], here[2]] == [True, True, "第三句"]
    post.database.close()


def test_a_sender_that_lost_its_lease_settles_nothing(post: Post) -> None:
    row = post.write("一", group=1)
    with post.database.write() as store:
        (mine,) = store.outbox.lease(post.clock.now(), post.clock.now() + LEASE)
    post.clock.advance(seconds=61)
    with post.database.write() as store:
        (theirs,) = store.outbox.lease(post.clock.now(), post.clock.now() + LEASE)
        assert not store.outbox.settle(mine, OutState.FAILED, post.clock.now())
        store.outbox.put_off(mine, post.clock.now(), "late")
        assert store.outbox.get(row).lease_until == theirs.lease_until
        assert store.outbox.settle(theirs, OutState.SENT, post.clock.now(), via="room")
        assert store.outbox.get(row).state is OutState.SENT


def test_two_senders_share_the_work(database_url: str) -> None:
    """Both look at the same moment: each line leaves once, in its order."""
    room = Platform("room")
    post = Post(database_url, room)
    other = Sender(post.database, {"room": room})

    async def both() -> None:
        for _ in range(60):
            await asyncio.gather(post.sender.deliver(post.clock.now()), other.deliver(post.clock.now()))
            post.clock.advance(seconds=1)

    for number in range(60):
        post.write(f"{number:02}", group=1 + number % 2)
    asyncio.run(both())
    assert sorted(room.texts) == [f"{number:02}" for number in range(60)]
    for group in ("居民群", "党员群"):
        here = [text for chat, text, _ in room.took if chat == group]
        assert here == sorted(here)
    post.database.close()


def test_the_addresses_are_those_of_the_platform(post: Post) -> None:
    """Ids are kept as they came and go out as they came."""
    with post.database.write() as store:
        group = store.groups.bind(1, GroupKind.MEMBERS, "怪群", "room", "wr Ab/C==", BEGIN)
    post.write("一", group=group.id)
    post.deliver()
    assert post.platforms[0].took == [("wr Ab/C==", "一", None)]
