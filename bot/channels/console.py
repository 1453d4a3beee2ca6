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
LOOKS = 20  # then a question for changes is answered anyhow, so that an open page never delays a stop for long
NEWCOMER = "new:"

ASSETS = {
    "": ("console.html", "text/html; charset=utf-8"),
    "/console.css": ("console.css", "text/css; charset=utf-8"),
    "/console.js": ("console.js", "text/javascript; charset=utf-8"),
}

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


BodyT = TypeVar("BodyT", bound=_Body)


async def _read(request: Request, kind: type[BodyT]) -> BodyT:
    """The request's body, capped while it streams in."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise refusal(413, f"太长了，一次最多{TEXT_MAX}字。")
    try:
        return kind.model_validate_json(bytes(body))
    except ValidationError as error:
        raise refusal(400, RELOAD) from error


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
    gate = Gate(bound_to, password)
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
    async def changes(request: Request, seen: str) -> Response:
        """Answers as soon as there is something the page has not seen, or after some seconds."""
        for _ in range(LOOKS):
            # The database is asked rather than told of: whoever writes to it may be another process.
            current = await asyncio.to_thread(revision)
            if current != seen or await request.is_disconnected():
                break
            await asyncio.sleep(LOOK_SECONDS)
        return _json({"revision": current})

    def place_of(store: Store, key: str, speaker: str) -> tuple[_Scene, _Place, Someone]:
        scene = _Scene(store, console, clock.now())
        place = scene.places.get(key)
        if place is None or speaker not in place.members:
            raise refusal(409, RELOAD)
        return scene, place, scene.people[speaker]

    def hear(body: SayBody) -> Message:
        text = clean(body.text).strip()
        if not text:
            raise refusal(400, "还没写字呢。")
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
            raise refusal(409, "这张卡片刚刚变了，请看看现在的样子。")
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
            raise refusal(400, "给新邻居起个名字吧。")

        def names() -> set[str]:
            with database.read() as store:
                return {someone.name for someone in _Scene(store, console, clock.now()).people.values()}

        if name in (*console.bot_names, *await asyncio.to_thread(names)):
            raise refusal(409, f"已经有一位{name}了，换个名字吧。")
        return _json({"user": console.welcome(name)})

    @routes.post("/skip", dependencies=acts)
    async def skip(request: Request) -> Response:
        body = await _read(request, SkipBody)
        async with skipping:
            until = body.target(clock.now())
            if until is None:
                raise refusal(400, f"时钟只能往后拨，一次最多{SKIP_MAX.days}天。")
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
            raise refusal(429, "试得太多了，请过一分钟再试。")
        token = await asyncio.to_thread(password.open, body.password)
        if token is None:
            raise refusal(401, "密码不对，再想想。")
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
