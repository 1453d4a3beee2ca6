"""The whole road over the real protocol: one order from sentence to rating, with the server shot dead on the way.

The server is `linli run` in its own process over a database on disk. This process is the platform: it signs and
encrypts as WeCom does, keeps the API that the two senders talk to, and compares at the end what people were told with
what the database says.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from handlers import wording
from storage import Store
from storage.database import Database
from storage.orders import MOVES, Move, Order, State
from storage.outbox import PERHAPS_SENT, OutRow, OutState
from tests import fake_wecom
from tests.fake_wecom import CUT_AFTER, MESSAGE_SEND, WEBHOOK_SEND, BadDay, FakeWecom
from tests.postgres import Server as PostgresServer
from tests.protocol import PUSH, Answer, Callback, Platform, Reaper, Secrets, Server, text_of

IS_LONG = os.environ.get("LINLI_LONG") == "1"
KILLS = 200 if IS_LONG else 10
SEED = int(os.environ.get("LINLI_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)

SECRETARY = "HanShuji"
CHEN, LIU = "ChenGang", "LiuYang"
RESIDENTS, MEMBERS, SECRETARIES = "wrRESIDENTS", "wrMEMBERS", "wrSECRETARIES"
RESIDENTS_KEY, MEMBERS_KEY = "0000aaaa-residents", "0000bbbb-members"
PHONE, ROOM, LIU_PHONE = "13900002210", "402", "13900002222"
ANSWERED_TOO_LATE = BadDay(seconds=30)
NUMBER = re.compile(r"记成(\d+)号")
SAID_MOST = 3  # whoever hears that it was not kept says it again
CARD_NUMBER = re.compile(r"【(\d+)】")


@dataclass(frozen=True, slots=True)
class Town:
    """A community whose groups are bound and can be pushed to, with two members who said who they are."""

    fake: FakeWecom
    platform: Platform
    servers: Sequence[Server]

    def say(self, words: str, *, user: str, group: str | None = None) -> Answer:
        answer = self.platform.tell(self.platform.text(words, user=user, group=group))
        assert answer is not None, f"no answer to {words}"
        return answer

    @contextmanager
    def store(self) -> Iterator[Store]:
        database = Database(self.servers[0].database_url)
        try:
            with database.read() as store:
                yield store
        finally:
            database.close()

    def orders(self) -> list[Order]:
        with self.store() as store:
            return [order for community in store.communities.all() for order in store.orders.all(community.id)]


@contextmanager
def town(folder: Path, *database_urls: str) -> Iterator[Town]:
    """Set up as a secretary does it: a code from the server, @-mentions in the groups, the keys in private."""
    keys = Secrets()
    with ExitStack() as stack:
        fake = stack.enter_context(fake_wecom.running())
        fake.webhook_keys |= {RESIDENTS_KEY, MEMBERS_KEY}
        servers = [Server(folder / str(number), fake, keys, url) for number, url in enumerate(database_urls)]
        for server in servers:
            stack.callback(server.stop)
            server.start()
        for server in servers:
            server.wait_until_ready()
        platform = Platform(fake, keys, servers)
        stack.callback(platform.close)
        there = Town(fake, platform, servers)
        assert "绑好了" in there.say(f"绑定 {servers[-1].first_code()} 书记群", user=SECRETARY, group=SECRETARIES).words
        assert "绑好了" in there.say(f"绑定 {servers[0].invite()} 居民群", user=SECRETARY, group=RESIDENTS).words
        assert "绑好了" in there.say("绑定 党员群", user=SECRETARY, group=MEMBERS).words
        for name, key in (("居民群", RESIDENTS_KEY), ("党员群", MEMBERS_KEY)):
            address = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}"
            assert "推送设好了" in there.say(f"推送 {name} {address}", user=SECRETARY).words
        assert "陈刚" in there.say("我是 陈刚 3栋", user=CHEN, group=MEMBERS).words
        assert "刘洋" in there.say("我是 刘洋 5栋", user=LIU, group=MEMBERS).words
        yield there


# From sentence to rating

Step = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Story:
    """One order's way, told by somebody who may lose answers: then the platform asks again, or the person does."""

    there: Town
    fate: random.Random
    step: Step

    def ask(self, callback: Callback) -> Answer | None:
        """The answer. Now and then the platform loses it and asks again, and must hear the same."""
        platform = self.there.platform
        answer = platform.tell(callback)
        if callback.key in platform.acknowledged and not callback.is_press and self.fate.random() < 0.3:
            assert platform.tell(callback) == answer
        return answer

    def say(self, words: str, *, user: str, group: str | None = None) -> Answer:
        for _ in range(SAID_MOST):
            answer = self.ask(self.there.platform.text(words, user=user, group=group))
            assert answer is not None, f"four copies of {words!r} got no answer"
            if answer.words != wording.cannot_record():
                break
        else:
            raise AssertionError(f"{words!r} was never kept")
        assert PHONE not in answer.text
        assert ROOM not in answer.text
        return answer

    def hears(self, who: str, words: str) -> str:
        return self.there.platform.wait_for(who, words)

    # The order of an unknown resident, announced through the webhook, claimed by words

    def by_words(self, resident: str) -> int:
        with self.step("ask"):
            answer = self.say("厨房灯不亮了，我一个人够不着", user=resident, group=RESIDENTS)
            no = number_in(answer, NUMBER)
            assert "怎么称呼" in answer.words
            assert "什么时候方便" in answer.words
        with self.step("tell more"):
            told = f"我是王秀兰，3栋2单元{ROOM}，明天上午都在，电话{PHONE}"
            answer = self.say(told, user=resident, group=RESIDENTS)
            assert f"{no}号：明天上午" in answer.words
            card = self.hears(MEMBERS_KEY, f"【{no}】")
            assert "3栋 修厨房灯 明天上午" in card
            assert f"“@小邻 接{no}”" in card
        with self.step("claim"):
            answer = self.say(f"接{no}", user=CHEN, group=MEMBERS)
            assert f"{no}由陈刚接了" in answer.words
            private = self.hears(CHEN, f"{no}：3栋2单元{ROOM} 王秀兰")
            assert PHONE in private
            self.hears(RESIDENTS_KEY, f"王秀兰，{no}由陈刚师傅接了")
        self._finish(no, resident)
        return no

    # The order of a member, whose card is the answer itself, claimed by its button

    def by_press(self, resident: str) -> int:
        with self.step("ask"):
            card = self.say(f"3栋楼道灯坏了，明天上午谁能来换一下，找我{LIU_PHONE}", user=resident, group=MEMBERS)
            no = number_in(card, CARD_NUMBER)
            assert card.key == f"接{no}"
            assert LIU_PHONE not in card.text
        with self.step("claim"):
            update = self.ask(self.there.platform.press(card, user=CHEN, group=MEMBERS))
            if update is None:  # a press is not sent again: whoever saw nothing happen says it
                said = self.say(f"接{no}", user=CHEN, group=MEMBERS)
                assert f"{no}由陈刚接了" in said.words or f"你已经在{no}里了" in said.words
            else:
                assert update.is_update
                assert update.task == card.task
                assert "由陈刚接了" in update.text
            assert LIU_PHONE in self.hears(CHEN, f"{no}：3栋")
        self._finish(no, resident)
        return no

    def _finish(self, no: int, resident: str) -> None:
        with self.step("complete"):
            assert f"{no}记好了" in self.say(f"完成{no}", user=CHEN, group=MEMBERS).words
            self.hears(resident, f"{no}办好了吗")
        with self.step("rate"):
            platform = self.there.platform
            here = platform.app_text if self.fate.random() < 0.5 else platform.text
            assert self.ask(here("1", user=resident)) is not None


def number_in(answer: Answer, where: re.Pattern[str]) -> int:
    found = where.search(answer.text)
    assert found, f"no order number in {answer.text!r}"
    return int(found[1])


@pytest.mark.slow
def test_an_order_goes_from_sentence_to_rating_while_the_server_is_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fate = random.Random(SEED)
    begun = time.monotonic()
    with town(tmp_path, sqlite_in(tmp_path)) as there:
        reaper = Reaper(there.servers[0], there.fake, fate, most=KILLS)
        for path in (MESSAGE_SEND, WEBHOOK_SEND):
            there.fake.always(path, BadDay(seconds=0.03))  # room for a kill between what is done and what is known
        story = Story(there, fate, reaper.step)
        told: dict[int, str] = {}
        try:
            while len(reaper.kills) < KILLS or len(told) < 2:
                resident = f"Resident{len(told)}" if len(told) % 2 == 0 else LIU
                tell = story.by_press if resident == LIU else story.by_words
                told[tell(resident)] = resident
            there.servers[0].wait_until_ready()
            copies = compare(there, told)
        except AssertionError as error:
            last = reaper.kills[-1:]
            raise AssertionError(f"LINLI_SEED={SEED}, {len(reaper.kills)} kills, the last {last}: {error}") from error
    marked, moments = copies.total(), Counter(kill.moment for kill in reaper.kills)
    assert marked <= len(reaper.kills) == KILLS
    with capsys.disabled():
        sys.stdout.write(
            f"\nLINLI_SEED={SEED}: {len(told)} orders, {len(reaper.kills)} kills "
            f"({'; '.join(f'{count} {moment}' for moment, count in moments.most_common())}), "
            f"{len(there.platform.acknowledged)} messages acknowledged, {len(there.fake.delivered)} lines delivered, "
            f"{marked} of them marked copies, {time.monotonic() - begun:.0f} s\n"
        )


@pytest.mark.slow
def test_a_line_whose_sending_was_cut_comes_again_and_says_so(tmp_path: Path) -> None:
    with town(tmp_path, sqlite_in(tmp_path)) as there:
        (server,), hears = there.servers, there.platform.wait_for
        need = f"厨房灯不亮了，3栋2单元{ROOM}，明天上午都在，{PHONE}"
        there.fake.plan(WEBHOOK_SEND, ANSWERED_TOO_LATE)
        number = number_in(there.say(need, user=CHEN, group=RESIDENTS), NUMBER)
        card = hears(MEMBERS_KEY, f"【{number}】")
        server.kill()
        server.start()
        hears(MEMBERS_KEY, wording.sent_again(card))

        there.fake.plan(MESSAGE_SEND, ANSWERED_TOO_LATE)
        there.say(f"接{number}", user=LIU, group=MEMBERS)
        private = hears(LIU, f"{number}：3栋")
        server.kill()
        server.start()
        server.wait_until_ready()
        settled(there)
        assert there.platform.delivered(LIU).count(private) == 1, "the platform drops the copy"
        assert len(there.fake.calls_to(MESSAGE_SEND)) >= 2, "for there was one"

        there.fake.plan(WEBHOOK_SEND, CUT_AFTER)
        number = number_in(there.say(need.replace("厨房", "客厅"), user=LIU, group=RESIDENTS), NUMBER)
        card = hears(MEMBERS_KEY, f"【{number}】")
        assert hears(MEMBERS_KEY, wording.sent_again(card)) == wording.sent_again(card)
        assert check_delivered(there, settled(there)).total() == 2


# What must be so in the end


def compare(there: Town, told: Mapping[int, str]) -> Counter[str]:
    """Both logs and the database tell the same; the copies that webhook groups saw, all of them marked as such."""
    rows = settled(there)
    orders = there.orders()
    assert sorted(order.no for order in orders) == sorted(told), "one order for every need, and no other"
    with there.store() as store:
        for order in orders:
            check_history(store, order)
            assert (order.state, order.rating) == (State.CLOSED, "satisfied")
            assert [claim.name for claim in order.holders] == ["陈刚"]
            assert not store.steps.of_order(order.id), "a closed order waits for nothing"
        check_inbox(there, store)
    return check_delivered(there, rows)


def settled(there: Town) -> list[OutRow]:
    """All rows of the outbox, once nothing is on its way any more."""
    until = time.monotonic() + 30
    while True:
        with there.store() as store:
            rows = store.outbox.all()
        waiting = [row for row in rows if row.state is OutState.PENDING]
        if not waiting:
            break
        assert time.monotonic() < until, f"still not sent: {waiting}"
        time.sleep(0.1)
    odd = [row for row in rows if row.state is not OutState.ANSWERED and not was_sent(row)]
    assert not odd, f"neither sent nor answered: {odd}"
    return rows


def was_sent(row: OutRow) -> bool:
    """Known to be sent, or cut off and not said again because the matter is over since. Both must have been delivered."""
    return row.state is OutState.SENT or (row.state is OutState.SUPERSEDED and row.problem == PERHAPS_SENT)


def check_history(store: Store, order: Order) -> None:
    """Every move stands in the table, follows the one before, and happened once."""
    lines = store.audit.of_order(order.id)
    assert [line.version for line in lines] == list(range(1, order.version + 1))
    assert Move(lines[0].move) is Move.PLACE
    state = lines[0].after
    for line in lines[1:]:
        assert line.before == state, line
        assert line.after in MOVES[State(line.before), Move(line.move)], line
        state = line.after
    assert state == order.state
    once = Counter(line.move for line in lines)
    assert set(once.values()) == {1}, once
    assert {Move.PUBLISH, Move.CLAIM, Move.BOOK, Move.COMPLETE, Move.RATE} <= set(once)


def check_inbox(there: Town, store: Store) -> None:
    """What was acknowledged is kept, once, and every copy of it was given the same answer."""
    kept = {key: store.inbox.find_stream(callback.stream) for key, callback in there.platform.sent.items()}
    for key, answers in there.platform.acknowledged.items():
        row = kept[key]
        assert row is not None, f"acknowledged and lost: {key}"
        assert all(answer == answers[0] for answer in answers), answers
        for line in store.outbox.answers(row):
            said = line.text if line.replaces_id is None and not line.is_card else ""
            assert said in answers[0].words, (line, answers[0])
    assert len(store.inbox) == sum(row is not None for row in kept.values()), "rows that nobody sent"
    assert store.inbox.failed() == []


def check_delivered(there: Town, rows: Sequence[OutRow]) -> Counter[str]:
    """Everything written was delivered, to whom it was meant for, and once; a second copy calls itself one."""
    with there.store() as store:
        names = {group.id: str(group.push_key) for group in store.groups.all()}
        people = {row.person_id: store.people.identities(row.person_id) for row in rows if row.person_id is not None}
    given = Counter((one.to.lower(), text_of(one)) for one in there.fake.delivered)
    copies: Counter[str] = Counter()
    for row in rows:
        if not was_sent(row):
            continue
        to = names[row.group_id] if row.group_id is not None else people[row.person_id or 0][0].user_id.lower()
        plain, again = given.pop((to, row.text), 0), given.pop((to, wording.sent_again(row.text)), 0)
        assert plain <= 1, f"twice, and not marked: {row}"
        assert plain + again >= 1, f"never delivered: {row}"
        assert again == 0 or row.sent_via in (PUSH, None), f"the platform drops such a copy by itself: {row}"
        copies[row.text] += again if plain else again - 1
    assert not given, f"delivered, but never written: {given}"
    public = [text_of(one) for one in there.fake.delivered if one.to in (RESIDENTS_KEY, MEMBERS_KEY)]
    assert not [text for text in public if PHONE in text or ROOM in text or LIU_PHONE in text]
    return +copies


# Storms


def sqlite_in(folder: Path) -> str:
    return f"sqlite:///{(folder / 'linli.db').as_posix()}"


@pytest.fixture(scope="module", params=["one process", pytest.param("two processes", marks=pytest.mark.postgres)])
def busy_town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One server over SQLite; then two over one PostgreSQL database, which share the load."""
    folder = tmp_path_factory.mktemp("town")
    with ExitStack() as stack:
        urls = [sqlite_in(folder)]
        if request.param == "two processes":
            postgres: PostgresServer = request.getfixturevalue("postgres")
            urls = [stack.enter_context(postgres.fresh_database())] * 2
        yield stack.enter_context(town(folder, *urls))


# One process with one database of each kind has this test in test_server.py.
@pytest.mark.parametrize(
    "busy_town", [pytest.param("two processes", marks=pytest.mark.postgres)], indirect=True, scope="module"
)
@pytest.mark.slow
def test_twenty_copies_of_one_message_are_one_order_and_one_answer(busy_town: Town) -> None:
    platform = busy_town.platform
    before = {order.no for order in busy_town.orders()}
    needs = [platform.text("厨房灯不亮了，我一个人够不着", user=f"Resident{n}", group=RESIDENTS) for n in range(10)]
    copies = [copy for need in needs for copy in (*[need] * 10, *[same_bytes(need)] * 10)]
    random.Random(SEED).shuffle(copies)

    answers = asyncio.run(platform.storm(copies, connections=50))

    by_key: dict[str, set[str]] = {}
    for copy, answer in zip(copies, answers, strict=True):
        by_key.setdefault(copy.key, set()).add(answer.words)
    assert {len(said) for said in by_key.values()} == {1}, by_key
    numbers = [number_in(Answer(words), NUMBER) for said in by_key.values() for words in said]
    assert len(set(numbers)) == len(needs)
    assert sorted(numbers) == sorted(order.no for order in busy_town.orders() if order.no not in before)
    with busy_town.store() as store:
        check_inbox(busy_town, store)


@pytest.mark.slow
def test_of_two_hundred_claims_one_wins_and_the_others_are_told_who(busy_town: Town) -> None:
    platform = busy_town.platform
    helpers = [f"Helper{n}" for n in range(200)]
    names = {user: name_of(n) for n, user in enumerate(helpers)}
    asyncio.run(
        platform.storm(
            [platform.text(f"我是 {names[user]} 3栋", user=user, group=MEMBERS) for user in helpers], connections=50
        )
    )
    card = busy_town.say(f"3栋楼道灯坏了，明天上午谁能来换一下，找我{LIU_PHONE}", user=LIU, group=MEMBERS)
    no = number_in(card, CARD_NUMBER)
    claims = [
        platform.press(card, user=user, group=MEMBERS)
        if number % 2
        else platform.text(f"接{no}", user=user, group=MEMBERS)
        for number, user in enumerate(helpers)
    ]
    random.Random(SEED).shuffle(claims)

    answers = asyncio.run(platform.storm(claims, connections=len(claims)))

    (order,) = (one for one in busy_town.orders() if one.no == no)
    (winner,) = order.holders
    assert order.taken == 1
    assert not order.standby
    untold = [answer.text for answer in answers if winner.name not in answer.text]
    assert not untold, f"{len(untold)} were not told who: {untold[:3]}"
    settled(busy_town)
    told = Counter(one.to.lower() for one in busy_town.fake.delivered if f"{no}已由{winner.name}接了" in text_of(one))
    pressed = {user.lower() for number, user in enumerate(helpers) if number % 2 and names[user] != winner.name}
    assert told == Counter(pressed), "whoever pressed too late is also told alone, once, and no group hears of it"
    private = [one.to.lower() for one in busy_town.fake.delivered if LIU_PHONE in text_of(one)]
    assert [names[user] for user in helpers if user.lower() in private] == [winner.name]
    with busy_town.store() as store:
        check_history_so_far(store, order)
        check_inbox(busy_town, store)


def check_history_so_far(store: Store, order: Order) -> None:
    moves = [line.move for line in store.audit.of_order(order.id)]
    assert Counter(moves)[Move.CLAIM] == 1, moves


def same_bytes(callback: Callback) -> Callback:
    """The very same request again, as a platform that repeats what it has in hand."""
    sealed = callback.request()
    return replace(callback, request=lambda: sealed)


def name_of(number: int) -> str:
    """A name of its own for each of a thousand people."""
    return (
        "王李张刘陈杨赵黄周吴"[number % 10]
        + "建秀国桂志玉文海春立"[number // 10 % 10]
        + "明华军英兰平强梅峰云"[number // 100]
    )
