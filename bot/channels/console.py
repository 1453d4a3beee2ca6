"""The group-chat page at /console: the bot among sample neighbours, before any account exists anywhere.

The page is a door like the others: what is typed goes to the worker as a `Message`, and whatever the bot says comes
through the outbox and the sender. So the page invents nothing: its history is read from the database.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import time as stopwatch
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.channels import Address, BadRequest, Capabilities, Inbound, Poll, Receipt, Rendered
from bot.clock import Clock
from bot.worker import card_id
from handlers.hours import next_at
from handlers.turn import ChatKind, ChatRef, Message, MessageKey, Press, Text, UserRef, Voice, What
from handlers.views import for_person
from handlers.wording import STATES
from nlp.clean import clean, strip_mentions
from storage import Store
from storage.database import Database
from storage.groups import GroupKind
from storage.orders import Order
from storage.outbox import OutRow
from storage.people import Person, Role
from storage.steps import StepKind

NAME = "console"
TEXT_MAX = 2_000  # characters a person may type in one line
BODY_MAX = 32_768
TYPED_MAX = 2_000  # lines of people that are remembered
SHOWN_MAX = 1_000  # lines of the bot that are shown, all chats together
NEWCOMERS_MAX = 50
SKIP_MAX = timedelta(days=31)
ENDED_SHOWN = timedelta(days=2)  # how long an ended order stays in the list of orders
LOOK_SECONDS = 0.25
HOLD_SECONDS = 5.0  # a question for changes is answered by then, so that an open page never delays a stop
NEWCOMER = "new:"

SAFE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ASSETS = {
    "": ("console.html", "text/html; charset=utf-8"),
    "/console.css": ("console.css", "text/css; charset=utf-8"),
    "/console.js": ("console.js", "text/javascript; charset=utf-8"),
}

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


class Console:
    """A door that carries everything. It needs no network: a line has arrived as soon as the database says so."""

    name = NAME
    can = Capabilities(
        speak_first=True,
        private=True,
        groups=True,
        hears_all=True,
        cards=True,
        update_card=True,
        in_band=False,
    )
    text_limit = 20_480
    secrets: tuple[str, ...] = ()

    def __init__(self, bot_names: Sequence[str] = ("小邻",)) -> None:
        self.bot_names = tuple(bot_names)
        self.newcomers: dict[str, str] = {}
        self._typed: deque[Typed] = deque(maxlen=TYPED_MAX)
        self._born = secrets.token_hex(4)
        self._changes = 0

    def greet(self, inbound: Inbound) -> bytes:
        raise BadRequest("the console has its own page")

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        raise BadRequest("the console has its own page")

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        return b""

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        """Nothing to carry: the sender marks the row as sent, and the page shows what is marked so."""
        return Receipt()

    @property
    def typed(self) -> tuple[Typed, ...]:
        return tuple(self._typed)

    @property
    def revision(self) -> str:
        return f"{self._born}.{self._changes}"

    def remember(self, line: Typed) -> None:
        """Keep a typed line; one that the page sends twice is one line."""
        if all(line.id != known.id for known in self._typed):
            self._typed.append(line)
            self._changes += 1

    def welcome(self, name: str) -> str:
        """The account of a newcomer of this name."""
        self.newcomers[f"{NEWCOMER}{name}"] = name
        while len(self.newcomers) > NEWCOMERS_MAX:
            del self.newcomers[next(iter(self.newcomers))]
        self._changes += 1
        return f"{NEWCOMER}{name}"

    def forget(self) -> None:
        """The sample data were loaded anew."""
        self._typed.clear()
        self.newcomers.clear()
        self._changes += 1


# What the page shows


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
class _Place:
    """A chat and what it takes to speak in it."""

    key: str
    ref: ChatRef
    kind: str
    name: str
    community_id: int | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Posted:
    """A line of the bot, its card as it reads now."""

    line: Line
    row: OutRow
    first: OutRow

    @property
    def order(self) -> tuple[datetime, int, int]:
        return self.line.at, self.first.id, 0


class _Scene:
    """The console's part of the database, read once: who there is, where they talk, and what was said."""

    def __init__(self, store: Store, console: Console, now: datetime) -> None:
        self._store = store
        self._console = console
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
        self.places: dict[str, _Place] = {}
        for group in groups:
            members = tuple(self._members(group.community_id, group.kind))
            ref = ChatRef(NAME, ChatKind.GROUP, group.chat_id)
            self._add(_Place(f"g:{group.id}", ref, str(group.kind), group.name, group.community_id, members))
        for someone in self.people.values():
            record = self._records.get(someone.user)
            ref = ChatRef(NAME, ChatKind.PRIVATE, someone.user)
            home = record.community_id if record else None
            self._add(_Place(f"p:{someone.user}", ref, "private", someone.name, home, (someone.user,)))
        self.posted = self._posted()

    def _add(self, place: _Place) -> None:
        self.places[place.key] = place

    def _meet(self, person: Person) -> None:
        for identity in self._store.people.identities(person.id):
            if identity.channel == NAME:
                self._introduce(identity.user_id, person)

    def _meet_newcomers(self) -> None:
        known = self._store.people.known((NAME, user) for user in self._console.newcomers)
        for user, name in self._console.newcomers.items():
            person = known.get((NAME, user))
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

    def _posted(self) -> dict[str, list[_Posted]]:
        """The bot's lines by chat; a change of a card takes the place of what the card said before."""
        users = {record.id: user for user, record in self._records.items()}
        found: dict[str, list[_Posted]] = {}
        rows = self._store.outbox.delivered(SHOWN_MAX)
        newest = {row.replaces_id: row for row in rows if row.replaces_id is not None}
        for first in rows:
            if first.replaces_id is not None:
                continue
            key = f"g:{first.group_id}" if first.group_id is not None else f"p:{users.get(first.person_id or 0)}"
            if key in self.places:
                row = newest.get(first.id, first)
                found.setdefault(key, []).append(_Posted(self._line(first, row), row, first))
        return found

    def _line(self, first: OutRow, row: OutRow) -> Line:
        return Line(
            f"b{first.id}",
            "",
            self._console.bot_names[0],
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
            for line in self._console.typed
            if line.chat == key
        ]
        said = [(posted.order, posted.line) for posted in self.posted.get(key, ())]
        return tuple(line for _, line in sorted(typed + said, key=lambda pair: pair[0]))

    def chats(self) -> tuple[Chat, ...]:
        return tuple(self._chat(place) for place in self.places.values())

    def _chat(self, place: _Place) -> Chat:
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
        viewer = for_person(eyes or Person(0, community_id, ""), self._now, self._console.bot_names[0])
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


# What the page asks for


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Key = Annotated[str, Field(min_length=1, max_length=200)]
OwnId = Annotated[str, Field(pattern=r"^[0-9a-f-]{16,36}$")]


class SayBody(_Body):
    id: OwnId
    chat: Key
    speaker: Key
    text: Annotated[str, Field(min_length=1, max_length=TEXT_MAX)]
    kind: Literal["text", "voice", "unsure"] = "text"
    quote: Key | None = None


class PressBody(_Body):
    id: OwnId
    chat: Key
    speaker: Key
    line: Key
    label: Key


class NewcomerBody(_Body):
    name: Annotated[str, Field(min_length=1, max_length=12)]


class SkipBody(_Body):
    """How far the clock goes: some minutes, the next time it is `clock`, that time tomorrow, or an exact moment."""

    minutes: Annotated[int, Field(gt=0)] | None = None
    clock: time | None = None
    tomorrow: bool = False
    at: datetime | None = None

    def target(self, now: datetime) -> datetime | None:
        """The moment that is meant; None where the clock cannot go there."""
        wanted = None
        if self.minutes is not None and self.minutes <= SKIP_MAX // timedelta(minutes=1):
            wanted = now + timedelta(minutes=self.minutes)
        elif self.clock is not None:
            clock = self.clock.replace(tzinfo=None)
            tomorrow = datetime.combine(now.date() + timedelta(days=1), clock, now.tzinfo)
            wanted = tomorrow if self.tomorrow else next_at(now, clock)
        elif self.at is not None:
            wanted = self.at if self.at.tzinfo else self.at.replace(tzinfo=now.tzinfo)
        return wanted if wanted is not None and now < wanted <= now + SKIP_MAX else None


class LoginBody(_Body):
    password: Annotated[str, Field(min_length=1, max_length=200)]


# Who may open it


class Password:
    """The page's password, kept as an argon2id hash, and the sessions it opened. Guessing is slowed for everybody."""

    COOKIE = "linli_console"
    LASTS_SECONDS = 12 * 3600
    TRIES = 5
    PAUSE_SECONDS = 60

    def __init__(self, password: str) -> None:
        if not password:
            raise ValueError("console_password: empty never means open; leave it out or set one")
        self._salt = os.urandom(16)
        self._hash = self._argon().derive(password.encode())
        self._sessions: dict[str, float] = {}
        self._failures: deque[float] = deque(maxlen=self.TRIES)

    def _argon(self) -> Argon2id:
        return Argon2id(salt=self._salt, length=32, iterations=2, lanes=1, memory_cost=19_456)

    @property
    def is_locked(self) -> bool:
        return len(self._failures) == self.TRIES and stopwatch.monotonic() - self._failures[0] < self.PAUSE_SECONDS

    def open(self, tried: str) -> str | None:
        """A new session's token for the right password."""
        # Counted before it is compared, so that many guesses at once are no way around the pause.
        self._failures.append(stopwatch.monotonic())
        try:
            self._argon().verify(tried.encode(), self._hash)
        except InvalidKey:
            return None
        self._failures.clear()
        while len(self._sessions) >= 20:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_urlsafe(32)
        self._sessions[token] = stopwatch.monotonic() + self.LASTS_SECONDS
        return token

    def knows(self, token: str | None) -> bool:
        return token is not None and self._sessions.get(token, 0.0) > stopwatch.monotonic()


LOCAL_ONLY = "为了安全，这个页面只在运行小邻的这台电脑上打开：http://127.0.0.1 加端口。要从别处打开，请先设置 console_password。"
RELOAD = "页面和小邻对不上了，请刷新页面再试。"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _names_this_machine(host_header: str) -> bool:
    """Another name in the Host header means that a foreign page rebound its name to us."""
    name, _, port = host_header.rpartition(":") if not host_header.endswith("]") else (host_header, "", "")
    return (name or port) in ("127.0.0.1", "localhost", "[::1]") and (not name or not port or port.isdecimal())


def _no(status: int, says: str) -> HTTPException:
    return HTTPException(status, says, headers=SAFE)


@dataclass(frozen=True, slots=True)
class _Gate:
    """Lets in who sits at this machine, or knows the password where there is one; and no foreign page's requests."""

    bound_to: str
    password: Password | None

    def page(self, request: Request) -> None:
        """The bare page holds no data; with a password anybody may see where to type it."""
        here = _is_loopback(self.bound_to) and _names_this_machine(request.headers.get("host", ""))
        if self.password is None and not here:
            raise _no(403, LOCAL_ONLY)

    def read(self, request: Request) -> None:
        self.page(request)
        if self.password is not None and not self.password.knows(request.cookies.get(Password.COOKIE)):
            raise _no(401, "请先输入密码。")

    def same_origin(self, request: Request) -> None:
        origin = urlsplit(request.headers.get("origin", ""))
        is_ours = origin.netloc != "" and origin.netloc == request.headers.get("host")
        if not is_ours or request.headers.get("x-linli-console") != "1":
            raise _no(403, RELOAD)

    def act(self, request: Request) -> None:
        self.read(request)
        self.same_origin(request)


BodyT = TypeVar("BodyT", bound=_Body)


async def _read(request: Request, kind: type[BodyT]) -> BodyT:
    """The request's body, capped while it streams in."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise _no(413, f"太长了，一次最多{TEXT_MAX}字。")
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        raise _no(400, RELOAD) from error


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), media_type="application/json", headers=SAFE)


def _done() -> Response:
    return Response(status_code=204, headers=SAFE)


Submit = Callable[[Sequence[Message]], Awaitable[None]]
CatchUp = Callable[[datetime], Awaitable[None]]
StartOver = Callable[[], Awaitable[None]]


def router(
    console: Console,
    database: Database,
    clock: Clock,
    submit: Submit,
    catch_up: CatchUp,
    start_over: StartOver,
    *,
    bound_to: str,
    password: Password | None = None,
) -> APIRouter:
    """The page and what it asks for. Mount it only over a demo database.

    `submit` hands messages to the writer thread and returns once their turns are committed.
    `catch_up(until)` moves the clock to `until` in steps: from one due moment to the next, each ticked and delivered
    at its own time, then to `until` itself. It returns when everything due by then was said.
    `start_over` empties the database, loads the sample community again and plans its daily slots.
    `bound_to` is the address the server listens on; without a password only a loopback address opens the page.
    """
    gate = _Gate(bound_to, password)
    skipping = asyncio.Lock()
    routes = APIRouter(prefix="/console", include_in_schema=False)
    reads, acts = [Depends(gate.read)], [Depends(gate.act)]

    def serve(path: str, content: bytes, media_type: str) -> None:
        @routes.get(path, dependencies=[Depends(gate.page)])
        async def asset() -> Response:
            return Response(content, media_type=media_type, headers=SAFE)

    for path, (file, media_type) in ASSETS.items():
        serve(path, Path(__file__).with_name(file).read_bytes(), media_type)

    def revision() -> str:
        with database.read() as store:
            newest, waiting = store.outbox.pulse()
            due = store.steps.next_due_at()
        return f"{console.revision}.{newest}.{waiting}.{due.timestamp() if due else 0:.0f}"

    def look(key: str | None) -> View:
        # The revision is read first: what changes while we read is then seen as a change by the next question.
        seen = revision()
        now = clock.now()
        with database.read() as store:
            scene = _Scene(store, console, now)
            place = scene.places.get(key or "")
            community_id = place.community_id if place else None
            return View(
                seen,
                now,
                console.bot_names[0],
                scene.chats(),
                tuple(scene.people.values()),
                place.key if place else None,
                scene.lines(place.key) if place else (),
                scene.orders(community_id or next(iter(scene.communities), None)),
            )

    @routes.get("/view", dependencies=reads)
    async def view(chat: str | None = None) -> Response:
        return _json(await asyncio.to_thread(look, chat))

    @routes.get("/changes", dependencies=reads)
    async def changes(seen: str) -> Response:
        """Answers as soon as there is something the page has not seen, or after some seconds."""
        until = stopwatch.monotonic() + HOLD_SECONDS
        while (current := await asyncio.to_thread(revision)) == seen and stopwatch.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
        return _json({"revision": current})

    def place_of(store: Store, key: str, speaker: str) -> tuple[_Scene, _Place, Someone]:
        scene = _Scene(store, console, clock.now())
        place = scene.places.get(key)
        if place is None or speaker not in place.members:
            raise _no(409, RELOAD)
        return scene, place, scene.people[speaker]

    def hear(body: SayBody) -> Message:
        text = clean(body.text).strip()
        if not text:
            raise _no(400, "还没写字呢。")
        with database.read() as store:
            scene, place, someone = place_of(store, body.chat, body.speaker)
            quoted = next((line.text for line in scene.lines(place.key) if line.id == body.quote), None)
            newest, _ = store.outbox.pulse()
        said, mentioned = strip_mentions(text, console.bot_names)
        is_private = place.ref.kind is ChatKind.PRIVATE
        what: What = Text(said) if body.kind == "text" else Voice(said, unsure=body.kind == "unsure")
        kind = LineKind(body.kind)
        now = clock.now()
        console.remember(Typed(body.id, body.chat, body.speaker, someone.name, kind, text, quoted, now, newest))
        return _message(body.id, place, someone, what, now, mentioned or is_private, quoted)

    def pressed(body: PressBody) -> Message:
        with database.read() as store:
            scene, place, someone = place_of(store, body.chat, body.speaker)
            newest, _ = store.outbox.pulse()
        posted = next((one for one in scene.posted.get(place.key, ()) if one.line.id == body.line), None)
        pairs = dict(posted.row.button_pairs()) if posted else {}
        if posted is None or body.label not in pairs:
            raise _no(409, "这张卡片刚刚变了，请看看现在的样子。")
        now = clock.now()
        console.remember(
            Typed(body.id, body.chat, body.speaker, someone.name, LineKind.PRESS, body.label, None, now, newest)
        )
        return _message(body.id, place, someone, Press(pairs[body.label], card_id(posted.first.id)), now, True, None)

    @routes.post("/say", dependencies=acts)
    async def say(request: Request) -> Response:
        body = await _read(request, SayBody)
        await submit([await asyncio.to_thread(hear, body)])
        return _done()

    @routes.post("/press", dependencies=acts)
    async def press(request: Request) -> Response:
        body = await _read(request, PressBody)
        await submit([await asyncio.to_thread(pressed, body)])
        return _done()

    @routes.post("/newcomer", dependencies=acts)
    async def newcomer(request: Request) -> Response:
        body = await _read(request, NewcomerBody)
        name = "".join(clean(body.name).split())
        if not name:
            raise _no(400, "给新邻居起个名字吧。")

        def names() -> set[str]:
            with database.read() as store:
                return {someone.name for someone in _Scene(store, console, clock.now()).people.values()}

        if name in (*console.bot_names, *await asyncio.to_thread(names)):
            raise _no(409, f"已经有一位{name}了，换个名字吧。")
        return _json({"user": console.welcome(name)})

    @routes.post("/skip", dependencies=acts)
    async def skip(request: Request) -> Response:
        body = await _read(request, SkipBody)
        async with skipping:
            until = body.target(clock.now())
            if until is None:
                raise _no(400, f"时钟只能往后拨，一次最多{SKIP_MAX.days}天。")
            await catch_up(until)
        return _done()

    @routes.post("/reset", dependencies=acts)
    async def reset(request: Request) -> Response:
        async with skipping:
            await start_over()
            console.forget()
        return _done()

    @routes.post("/login", dependencies=[Depends(gate.page), Depends(gate.same_origin)])
    async def login(request: Request) -> Response:
        body = await _read(request, LoginBody)
        if password is None:
            return _done()
        if password.is_locked:
            raise _no(429, "试得太多了，请过一分钟再试。")
        token = await asyncio.to_thread(password.open, body.password)
        if token is None:
            raise _no(401, "密码不对，再想想。")
        response = _done()
        response.set_cookie(
            Password.COOKIE,
            token,
            max_age=Password.LASTS_SECONDS,
            path="/console",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    return routes


def _message(
    own_id: str, place: _Place, someone: Someone, what: What, now: datetime, mentioned: bool, quote: str | None
) -> Message:
    return Message(
        MessageKey(NAME, own_id, someone.user),
        place.ref,
        UserRef(NAME, someone.user, someone.name),
        mentioned,
        what,
        now,
        quote=quote,
    )
