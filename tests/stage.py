"""A community in a database of its own, a clock that moves when told, and people who speak: for tests of the core."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

from bot.channels import Address, Capabilities, Inbound, Poll, Receipt, Rendered
from bot.clock import FakeClock
from bot.conversation import CommunityPart, GroupPart, settle
from bot.sender import Sender
from bot.worker import Answer, Worker
from handlers.ability import Registry, load
from handlers.turn import ChatKind, ChatRef, Message, MessageKey, Press, Text, UserRef, What
from nlp import Parser
from storage.columns import metadata
from storage.database import Database
from storage.groups import GroupKind
from storage.orders import Order
from storage.outbox import OutRow
from storage.people import Person, Role

CHANNEL = "room"
BOT = "小邻"
HEARS_ALL = Capabilities(
    speak_first=True, private=True, groups=True, hears_all=True, cards=True, update_card=True, in_band=False
)
IN_BAND = Capabilities(
    speak_first=False, private=True, groups=True, hears_all=False, cards=True, update_card=True, in_band=True
)


def person(
    name: str, role: Role, building: str | None = None, room: str | None = None, phone: str | None = None
) -> Person:
    return Person(0, None, name, building, "1" if room else None, room, phone, roles=frozenset({role}))


GROUPS = (
    GroupPart("居民群", GroupKind.RESIDENTS),
    GroupPart("党员群", GroupKind.MEMBERS),
    GroupPart("书记群", GroupKind.SECRETARIES),
    GroupPart("物业群", GroupKind.UNITS),
)
PEOPLE = (
    person("王秀兰", Role.RESIDENT, "3", "402", "13900002210"),
    person("何姐", Role.RESIDENT, "5", "301", "13900002211"),
    person("陈刚", Role.PARTY_MEMBER, "3", phone="13900002221"),
    person("刘洋", Role.PARTY_MEMBER, "5", phone="13900002222"),
    person("周敏", Role.VOLUNTEER, "2", phone="13900002224"),
    person("周红", Role.GRID_LEADER, "4", phone="13900002226"),
    person("老彭", Role.PROPERTY, phone="13900002227"),
    person("韩书记", Role.SECRETARY, phone="13900002228"),
)
HOME = CommunityPart("幸福里", GROUPS, PEOPLE)


@cache
def parser() -> Parser:
    return Parser(load().rules(), bot_names=(BOT,))


class Room:
    """A platform that carries everything and keeps what it carried."""

    name = CHANNEL
    text_limit = 1_000_000

    def __init__(self, can: Capabilities) -> None:
        self.can = can
        self.carried: list[tuple[ChatRef, Rendered]] = []

    def greet(self, inbound: Inbound) -> bytes:
        return b""

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        return []

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        return b""

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        self.carried.append((to.chat, rendered))
        return Receipt()


class Stage:
    """What tests say and look at. Groups and people are called by their names."""

    def __init__(
        self,
        url: str,
        begins: str = "2026-11-23 09:30",
        *,
        communities: Sequence[CommunityPart] = (HOME,),
        registry: Registry | None = None,
        doors: Mapping[str, Capabilities] | None = None,
    ) -> None:
        self.database = Database(url)
        metadata.create_all(self.database.engine)
        self.clock = FakeClock(begins)
        with self.database.write() as store:
            settle(store, communities, CHANNEL, self.clock.now())
        read = parser() if registry is None else Parser(registry.rules(), bot_names=(BOT,))
        doors = doors or {CHANNEL: HEARS_ALL}
        self.worker = Worker(self.database, read, registry or load(), doors, BOT)
        self.worker.plan_slots(self.clock.now())
        self.room = Room(doors[CHANNEL])
        self.sender = Sender(self.database, {CHANNEL: self.room})
        self._said = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def message(
        self,
        who: str,
        what: str | What,
        group: str | None = None,
        *,
        mentioned: bool = False,
        quote: str | None = None,
        key: str | None = None,
        name: str | None = None,
    ) -> Message:
        """A message as a channel would give it; `name` is what the platform shows, the account's name if None."""
        self._said += 1
        chat = ChatRef(CHANNEL, ChatKind.GROUP if group else ChatKind.PRIVATE, group or who)
        said = Text(what) if isinstance(what, str) else what
        return Message(
            MessageKey(CHANNEL, key or f"m{self._said}", who),
            chat,
            UserRef(CHANNEL, who, who if name is None else name),
            mentioned or group is None or isinstance(said, Press),
            said,
            self.now,
            quote,
        )

    def say(
        self,
        who: str,
        what: str | What,
        group: str | None = None,
        *,
        mentioned: bool = False,
        quote: str | None = None,
        key: str | None = None,
    ) -> Answer:
        return self.worker.take([self.message(who, what, group, mentioned=mentioned, quote=quote, key=key)], self.now)[
            0
        ]

    def wait(self, **by: float) -> None:
        """Let time pass; everything due on the way happens at its own moment."""
        self.until(self.now + timedelta(**by))

    def until(self, moment: datetime) -> None:
        for _ in range(2000):
            while self.worker.tick(self.now):
                pass
            with self.database.read() as store:
                due = store.steps.next_due_at()
            if due is None or due > moment:
                break
            self.clock.move_to(due.astimezone(self.now.tzinfo))
        else:
            raise AssertionError("the same moment comes due again and again")
        self.clock.move_to(moment)

    def deliver(self) -> int:
        return asyncio.run(self.sender.deliver(self.now))

    def rows(self) -> list[OutRow]:
        with self.database.read() as store:
            return store.outbox.all()

    def heard_by(self, who: str) -> list[str]:
        """What was written for this person in private, or for this group."""
        with self.database.read() as store:
            groups = {group.name: group.id for group in store.groups.all()}
            known = store.people.find_by_identity(CHANNEL, who)
            rows = store.outbox.all()
        if who in groups:
            return [row.text for row in rows if row.group_id == groups[who]]
        assert known is not None, who
        return [row.text for row in rows if row.person_id == known.id and row.group_id is None]

    def orders(self) -> list[Order]:
        with self.database.read() as store:
            return [order for community in store.communities.all() for order in store.orders.all(community.id)]

    def order(self, no: int = 1) -> Order:
        return next(order for order in self.orders() if order.no == no)

    def close(self) -> None:
        self.database.close()


@contextmanager
def stage(
    url: str,
    begins: str = "2026-11-23 09:30",
    *,
    communities: Sequence[CommunityPart] = (HOME,),
    registry: Registry | None = None,
    doors: Mapping[str, Capabilities] | None = None,
) -> Iterator[Stage]:
    on = Stage(url, begins, communities=communities, registry=registry, doors=doors)
    try:
        yield on
    finally:
        on.close()
