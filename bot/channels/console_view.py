"""What the console's page shows at one moment, read from the database: who there is, where they talk, what was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.turn import ChatKind, ChatRef
from handlers.views import for_person
from handlers.wording import STATES
from storage import Store
from storage.groups import GroupKind
from storage.orders import Order
from storage.outbox import OutRow
from storage.people import Person, Role
from storage.steps import StepKind

NAME = "console"
SHOWN_MAX = 1_000  # lines of the bot that are shown, all chats together
ENDED_SHOWN = timedelta(days=2)  # how long an ended order stays in the list of orders
NEWCOMER = "new:"

_NEIGHBOURS = frozenset(Role) - {Role.PROPERTY, Role.LIAISON}
# Who sits in which kind of group; the secretary is everywhere.
MEMBERS: Mapping[GroupKind, frozenset[Role]] = {
    GroupKind.RESIDENTS: _NEIGHBOURS,
    GroupKind.MEMBERS: _NEIGHBOURS - {Role.RESIDENT},
    GroupKind.SECRETARIES: frozenset({Role.SECRETARY}),
    GroupKind.UNITS: frozenset({Role.PROPERTY, Role.LIAISON, Role.SECRETARY}),
}

# What an order waits for, as the list of orders says it.
NEXT_STEPS: Mapping[StepKind, str] = {
    StepKind.DETAIL_WAIT: "等居民补一句",
    StepKind.DRAFT_CHASE: "没说清就请书记问问",
    StepKind.MORNING: "天亮了再接着办",
    StepKind.DISPATCH: "等书记派人",
    StepKind.EMERGENCY_RING: "没人应就再叫一圈人",
    StepKind.UNCLAIMED: "还没人接就告诉书记",
    StepKind.PROMISE: "给居民回话",
    StepKind.LAST_CALL: "还没回就请候补顶上",
    StepKind.ANNOUNCE: "告诉大家谁来",
    StepKind.OFFER_WAIT: "等居民回一声行不行",
    StepKind.BOOK_CHASE: "问问几点上门",
    StepKind.RECONFIRM: "等帮忙的人再确认",
    StepKind.STANDBY_FUSE: "候补没回就问下一位",
    StepKind.CONFIRM_EVE: "前一晚问来不来",
    StepKind.CONFIRM_CHASE: "没回的再问一次",
    StepKind.CONFIRM_STANDBY: "问问候补",
    StepKind.VISIT_REMINDER: "上门前提醒",
    StepKind.GOING_WELL: "问问顺不顺利",
    StepKind.OVERDUE: "过点没消息就告诉书记",
    StepKind.UNIT_WAIT: "等单位回话",
    StepKind.RATING_WAIT: "等评价，到点自动办结",
    StepKind.ABSENT_NOTE: "问问没到的原因",
}


class LineKind(StrEnum):
    TEXT = "text"
    VOICE = "voice"
    UNSURE = "unsure"  # a transcription that may be wrong
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed or pressed. The product drops chatter, so only the page remembers it, until a restart."""

    id: str
    chat: str
    user: str
    name: str
    kind: LineKind
    text: str
    quote: str | None
    at: datetime
    after: int  # the newest outbox row at that moment: places the line among those of the same instant


@dataclass(frozen=True, slots=True)
class Memory:
    """What only the page knows: what people typed, and who came in and is not known to the bot yet."""

    typed: tuple[Typed, ...]
    newcomers: Mapping[str, str]  # account → name


@dataclass(frozen=True, slots=True)
class Someone:
    """An account that can speak at the page; `about` tells who that is: 党员 3栋."""

    user: str
    name: str
    about: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chat. `who` is an account, or empty for the bot."""

    id: str
    who: str
    name: str
    kind: LineKind
    text: str
    at: datetime
    quote: str | None = None
    is_card: bool = False
    title: str = ""
    buttons: tuple[str, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """`said` counts the bot's lines, so that the page can tell how many nobody has looked at."""

    key: str
    kind: str  # a kind of group, or private
    name: str
    community: str
    members: tuple[str, ...]
    said: int
    last: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One order in the secretary's list."""

    no: int
    what: str
    state: str
    state_name: str
    is_live: bool
    asker: str
    helpers: str
    missing: int
    next: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything the page shows at one moment."""

    revision: str
    now: datetime
    bot: str
    chats: tuple[Chat, ...]
    people: tuple[Someone, ...]
    chat: str | None
    lines: tuple[Line, ...]
    orders: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A chat and what it takes to speak in it."""

    key: str
    ref: ChatRef
    kind: str
    name: str
    community_id: int | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Posted:
    """A line of the bot, its card as it reads now."""

    line: Line
    row: OutRow
    first: OutRow

    @property
    def order(self) -> tuple[datetime, int, int]:
        return self.line.at, self.first.id, 0


class Scene:
    """The console's part of the database, read once: who there is, where they talk, and what was said."""

    def __init__(self, store: Store, memory: Memory, bot: str, now: datetime) -> None:
        self._store = store
        self._memory = memory
        self._bot = bot
        self._now = now
        self.people: dict[str, Someone] = {}
        self._records: dict[str, Person] = {}
        groups = [group for group in store.groups.all() if group.channel == NAME]
        self._communities = {one.id: one.name for one in store.communities.all()}
        self.communities = tuple(dict.fromkeys(group.community_id for group in groups))
        for community_id in self.communities:
            for person in store.people.all(community_id):
                self._meet(person)
        self._meet_newcomers()
        self.places: dict[str, Place] = {}
        for group in groups:
            members = tuple(self._members(group.community_id, group.kind))
            ref = ChatRef(NAME, ChatKind.GROUP, group.chat_id)
            self._add(Place(f"g:{group.id}", ref, str(group.kind), group.name, group.community_id, members))
        for someone in self.people.values():
            record = self._records.get(someone.user)
            ref = ChatRef(NAME, ChatKind.PRIVATE, someone.user)
            home = record.community_id if record else None
            self._add(Place(f"p:{someone.user}", ref, "private", someone.name, home, (someone.user,)))
        self.posted = self._posted()

    def _add(self, place: Place) -> None:
        self.places[place.key] = place

    def _meet(self, person: Person) -> None:
        for identity in self._store.people.identities(person.id):
            if identity.channel == NAME:
                self._introduce(identity.user_id, person)

    def _meet_newcomers(self) -> None:
        known = self._store.people.known((NAME, user) for user in self._memory.newcomers)
        for user, name in self._memory.newcomers.items():
            person = known.get((NAME, user.lower()))
            if person is not None:
                self._introduce(user, person)
            else:
                self.people[user] = Someone(user, name, "新邻居", is_new=True)

    def _introduce(self, user: str, person: Person) -> None:
        about = [*sorted(person.roles), f"{person.building}栋" if person.building else "", person.unit or ""]
        is_new = user.startswith(NEWCOMER)
        self.people[user] = Someone(user, person.name, "新邻居" if is_new else " ".join(filter(None, about)), is_new)
        self._records[user] = person

    def _members(self, community_id: int, kind: GroupKind) -> Iterable[str]:
        for user in self.people:
            record = self._records.get(user)
            roles = record.roles if record and record.roles else frozenset({Role.RESIDENT})
            if (record is None or record.community_id in (None, community_id)) and roles & MEMBERS[kind]:
                yield user

    def _posted(self) -> dict[str, list[Posted]]:
        """The bot's lines by chat; a change of a card takes the place of what the card said before."""
        users = {record.id: user for user, record in self._records.items()}
        found: dict[str, list[Posted]] = {}
        rows = self._store.outbox.delivered(SHOWN_MAX)
        newest = {row.replaces_id: row for row in rows if row.replaces_id is not None}
        for first in rows:
            if first.replaces_id is not None:
                continue
            key = f"g:{first.group_id}" if first.group_id is not None else f"p:{users.get(first.person_id or 0)}"
            if key in self.places:
                row = newest.get(first.id, first)
                found.setdefault(key, []).append(Posted(self._line(first, row), row, first))
        return found

    def _line(self, first: OutRow, row: OutRow) -> Line:
        return Line(
            f"b{first.id}",
            "",
            self._bot,
            LineKind.TEXT,
            row.text,
            self._local(first.sent_at or first.not_before),
            is_card=first.is_card or row is not first or bool(row.button_pairs()),
            title=row.title,
            buttons=tuple(label for label, _ in row.button_pairs()),
            updated_at=None if row is first else self._local(row.sent_at or row.not_before),
        )

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._now.tzinfo)

    def lines(self, key: str) -> tuple[Line, ...]:
        typed = [
            (
                (line.at, line.after, 1),
                Line(line.id, line.user, line.name, line.kind, line.text, self._local(line.at), line.quote),
            )
            for line in self._memory.typed
            if line.chat == key
        ]
        said = [(posted.order, posted.line) for posted in self.posted.get(key, ())]
        return tuple(line for _, line in sorted(typed + said, key=lambda pair: pair[0]))

    def chats(self) -> tuple[Chat, ...]:
        return tuple(self._chat(place) for place in self.places.values())

    def _chat(self, place: Place) -> Chat:
        lines = self.lines(place.key)
        last = lines[-1] if lines else None
        spoken = f"{last.name}：{_spoken(last)}" if last and place.kind != "private" else _spoken(last) if last else ""
        community = self._communities.get(place.community_id or 0, "")
        return Chat(
            place.key,
            place.kind,
            place.name,
            community,
            place.members,
            len(self.posted.get(place.key, ())),
            spoken[:60],
            last.at if last else None,
        )

    def orders(self, community_id: int | None) -> tuple[Row, ...]:
        """What the secretary sees of the community's orders: live ones first by what is due next, ended ones last."""
        if community_id is None:
            return ()
        store = self._store
        live = store.orders.live(community_id)
        ended = [
            order
            for order in store.orders.placed_between(community_id, self._now - ENDED_SHOWN, self._now)
            if not order.state.is_live
        ]
        eyes = next(iter(store.people.with_role(community_id, Role.SECRETARY)), None)
        viewer = for_person(eyes or Person(0, community_id, ""), self._now, self._bot)
        rows = [self._row(order, viewer.order(order).contact_name or "") for order in live]
        rows.sort(key=lambda row: (row.next_at is None, row.next_at or self._now, row.no))
        return (*rows, *(self._row(order, viewer.order(order).contact_name or "") for order in reversed(ended)))

    def _row(self, order: Order, asker: str) -> Row:
        step = next(iter(self._store.steps.of_order(order.id)), None) if order.state.is_live else None
        place = f"{order.building}栋" if order.building else order.place or ""
        return Row(
            order.no,
            f"{place} {order.item}".strip(),
            order.state.value,
            STATES[order.state.value],
            order.state.is_live,
            asker,
            "、".join(claim.label for claim in order.holders),
            order.missing if order.state.is_live else 0,
            NEXT_STEPS[step.kind] if step else "",
            self._local(step.due_at) if step else None,
        )


def _spoken(line: Line) -> str:
    match line.kind:
        case LineKind.PRESS:
            return f"按了“{line.text}”"
        case LineKind.VOICE | LineKind.UNSURE:
            return f"[语音] {line.text}"
        case _:
            return " ".join(line.text.split())
