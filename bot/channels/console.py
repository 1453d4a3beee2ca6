"""The group-chat page at /console: the bot among sample neighbours, before any account exists anywhere.

The page is a door like the others: what is typed goes to the worker as a `Message`, and whatever the bot says comes
through the outbox and the sender. So the page invents nothing: its history is read from the database.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import orjson
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.channels import Address, BadRequest, Capabilities, Inbound, Poll, Receipt, Rendered
from bot.channels.console_gate import RELOAD, SAFE, Gate, Password, refusal
from bot.channels.console_view import NAME, NEWCOMER, LineKind, Memory, Place, Scene, Someone, Typed, View
from bot.clock import Clock
from bot.scribe import card_id
from handlers.turn import ChatKind, Message, MessageKey, Press, Text, UserRef, Voice, What
from nlp.clean import clean, strip_mentions
from storage import Store
from storage.database import Database

TEXT_MAX = 2_000  # characters a person may type in one line
BODY_MAX = 32_768
TYPED_MAX = 2_000  # lines of people that are remembered
NEWCOMERS_MAX = 50
SKIP_MAX = timedelta(days=31)
LOOK_SECONDS = 0.25
LOOKS = 20  # then a question for changes is answered anyhow, so that an open page never delays a stop for long

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
        self._newcomers: dict[str, str] = {}
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
    def memory(self) -> Memory:
        return Memory(tuple(self._typed), dict(self._newcomers))

    @property
    def revision(self) -> str:
        return f"{self._born}.{self._changes}"

    def remember(self, line: Typed) -> None:
        """Keep a typed line; one that the page sends twice is one line."""
        if all(line.id != known.id for known in self.memory.typed):
            self._typed.append(line)
            self._changes += 1

    def welcome(self, name: str) -> str:
        """The account of a newcomer of this name."""
        self._newcomers[f"{NEWCOMER}{name}"] = name
        while len(self._newcomers) > NEWCOMERS_MAX:
            del self._newcomers[next(iter(self._newcomers))]
        self._changes += 1
        return f"{NEWCOMER}{name}"

    def forget(self) -> None:
        """The sample community was loaded anew."""
        self._typed.clear()
        self._newcomers.clear()
        self._changes += 1


class _Body(BaseModel):
    """What the page sends; anything unknown in it is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


Key = Annotated[str, Field(min_length=1, max_length=200)]
OwnId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]  # made by the page, so that sending twice is saying once


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


class LoginBody(_Body):
    password: Annotated[str, Field(min_length=1, max_length=200)]


class SkipBody(_Body):
    """How far the clock goes: some minutes, the next time it is `clock`, that time tomorrow, or an exact moment."""

    minutes: Annotated[int, Field(gt=0, le=SKIP_MAX // timedelta(minutes=1))] | None = None
    clock: time | None = None
    tomorrow: bool = False
    at: datetime | None = None

    def target(self, now: datetime) -> datetime | None:
        """The moment that is meant; None where the clock cannot go there."""
        wanted = self._wanted(now)
        return wanted if wanted is not None and now < wanted <= now + SKIP_MAX else None

    def _wanted(self, now: datetime) -> datetime | None:
        if self.minutes is not None:
            return now + timedelta(minutes=self.minutes)
        if self.clock is not None:
            today = datetime.combine(now.date(), self.clock.replace(tzinfo=None), now.tzinfo)
            return today + timedelta(days=1) if self.tomorrow or today <= now else today
        if self.at is not None:
            return self.at if self.at.tzinfo else self.at.replace(tzinfo=now.tzinfo)
        return None


@dataclass(frozen=True, slots=True)
class _Desk:
    """Answers the page out of the database; synchronous, so it runs beside the event loop."""

    console: Console
    database: Database
    clock: Clock

    def revision(self) -> str:
        """Changes whenever the page would look different; cheap, because it is asked several times a second."""
        with self.database.read() as store:
            newest, waiting = store.outbox.pulse()
            due = store.steps.next_due_at()
        return f"{self.console.revision}.{newest}.{waiting}.{due.timestamp() if due else 0:.0f}"

    def scene(self, store: Store) -> Scene:
        return Scene(store, self.console.memory, self.console.bot_names[0], self.clock.now())

    def look(self, key: str | None) -> View:
        # The revision is read first: what changes while we read is then seen as a change by the next question.
        revision, now = self.revision(), self.clock.now()
        with self.database.read() as store:
            scene = self.scene(store)
            place = scene.places.get(key or "")
            home = place.community_id if place else None
            return View(
                revision,
                now,
                self.console.bot_names[0],
                scene.chats(),
                tuple(scene.people.values()),
                place.key if place else None,
                scene.lines(place.key) if place else (),
                scene.orders(home or next(iter(scene.communities), None)),
            )

    def hear(self, body: SayBody) -> Message:
        """What was typed, as a message; kept for the page before the bot can answer it."""
        text = clean(body.text).strip()
        if not text:
            raise refusal(400, "还没写字呢。")
        with self.database.read() as store:
            scene = self.scene(store)
            place, someone = _speaker(scene, body.chat, body.speaker)
            quote = next((line.text for line in scene.lines(place.key) if line.id == body.quote), None)
            newest, _ = store.outbox.pulse()
        said, mentioned = strip_mentions(text, self.console.bot_names)
        what: What = Text(said) if body.kind == "text" else Voice(said, unsure=body.kind == "unsure")
        typed = Typed(
            body.id, place.key, someone.user, someone.name, LineKind(body.kind), text, quote, self.clock.now(), newest
        )
        self.console.remember(typed)
        return _message(typed, place, what, mentioned or place.ref.kind is ChatKind.PRIVATE)

    def feel(self, body: PressBody) -> Message:
        """A pressed button, as a message; only a button that the card still shows can be pressed."""
        with self.database.read() as store:
            scene = self.scene(store)
            place, someone = _speaker(scene, body.chat, body.speaker)
            posted = next((one for one in scene.posted.get(place.key, ()) if one.line.id == body.line), None)
            newest, _ = store.outbox.pulse()
        says = dict(posted.row.button_pairs()).get(body.label) if posted else None
        if posted is None or says is None:
            raise refusal(409, "这张卡片刚刚变了，请看看现在的样子。")
        typed = Typed(
            body.id, place.key, someone.user, someone.name, LineKind.PRESS, body.label, None, self.clock.now(), newest
        )
        self.console.remember(typed)
        return _message(typed, place, Press(says, card_id(posted.first.id)), mentioned=True)

    def welcome(self, body: NewcomerBody) -> str:
        name = "".join(clean(body.name).split())
        if not name:
            raise refusal(400, "给新邻居起个名字吧。")
        with self.database.read() as store:
            names = {someone.name.lower() for someone in self.scene(store).people.values()}
        if name.lower() in names or name in self.console.bot_names:
            raise refusal(409, f"已经有一位{name}了，换个名字吧。")
        return self.console.welcome(name)


def _speaker(scene: Scene, key: str, user: str) -> tuple[Place, Someone]:
    place = scene.places.get(key)
    if place is None or user not in place.members:
        raise refusal(409, RELOAD)
    return place, scene.people[user]


def _message(typed: Typed, place: Place, what: What, mentioned: bool) -> Message:
    return Message(
        MessageKey(NAME, typed.id, typed.user),
        place.ref,
        UserRef(NAME, typed.user, typed.name),
        mentioned,
        what,
        typed.at,
        quote=typed.quote,
    )


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
    desk = _Desk(console, database, clock)
    routes = APIRouter(prefix="/console", include_in_schema=False)
    _add_page(routes, gate)
    _add_looks(routes, gate, desk)
    _add_talk(routes, gate, desk, submit)
    _add_time(routes, gate, desk, catch_up, start_over)
    return routes


def _add_page(routes: APIRouter, gate: Gate) -> None:
    def serve(path: str, content: bytes, media_type: str) -> None:
        @routes.get(path, dependencies=[Depends(gate.page)])
        async def asset() -> Response:
            return Response(content, media_type=media_type, headers=SAFE)

    for path, (file, media_type) in ASSETS.items():
        serve(path, Path(__file__).with_name(file).read_bytes(), media_type)

    @routes.post("/login", dependencies=[Depends(gate.knock)])
    async def login(request: Request) -> Response:
        body = await _read(request, LoginBody)
        response = _done()
        if gate.password is not None:
            token = await asyncio.to_thread(gate.password.open, body.password)
            gate.password.hand_out(token, response, secure=request.url.scheme == "https")
        return response


def _add_looks(routes: APIRouter, gate: Gate, desk: _Desk) -> None:
    @routes.get("/view", dependencies=[Depends(gate.look)])
    async def view(chat: str | None = None) -> Response:
        return _json(await asyncio.to_thread(desk.look, chat))

    @routes.get("/changes", dependencies=[Depends(gate.look)])
    async def changes(request: Request, seen: str) -> Response:
        """Answers as soon as there is something the page has not seen, or after some seconds."""
        revision = await asyncio.to_thread(desk.revision)
        for _ in range(LOOKS):
            if revision != seen or await request.is_disconnected():
                break
            # The database is asked, nobody tells: whoever writes to it may be another process.
            await asyncio.sleep(LOOK_SECONDS)
            revision = await asyncio.to_thread(desk.revision)
        return _json({"revision": revision})


def _add_talk(routes: APIRouter, gate: Gate, desk: _Desk, submit: Submit) -> None:
    @routes.post("/say", dependencies=[Depends(gate.act)])
    async def say(request: Request) -> Response:
        body = await _read(request, SayBody)
        await submit([await asyncio.to_thread(desk.hear, body)])
        return _done()

    @routes.post("/press", dependencies=[Depends(gate.act)])
    async def press(request: Request) -> Response:
        body = await _read(request, PressBody)
        await submit([await asyncio.to_thread(desk.feel, body)])
        return _done()

    @routes.post("/newcomer", dependencies=[Depends(gate.act)])
    async def newcomer(request: Request) -> Response:
        body = await _read(request, NewcomerBody)
        return _json({"user": await asyncio.to_thread(desk.welcome, body)})


def _add_time(routes: APIRouter, gate: Gate, desk: _Desk, catch_up: CatchUp, start_over: StartOver) -> None:
    # Two jumps at once, or a new beginning in the middle of one, would run the same evening twice.
    jumping = asyncio.Lock()

    @routes.post("/skip", dependencies=[Depends(gate.act)])
    async def skip(request: Request) -> Response:
        body = await _read(request, SkipBody)
        async with jumping:
            until = body.target(desk.clock.now())
            if until is None:
                raise refusal(400, f"时钟只能往后拨，一次最多{SKIP_MAX.days}天。")
            await catch_up(until)
        return _done()

    @routes.post("/reset", dependencies=[Depends(gate.act)])
    async def reset() -> Response:
        async with jumping:
            await start_over()
            desk.console.forget()
        return _done()
