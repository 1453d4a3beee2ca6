"""The console: the real page in a real browser, over the real worker, sender and database; and who may open it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bot import demo
from bot.channels import BadRequest, Channel, Inbound
from bot.channels.console import Console, SkipBody, router
from bot.channels.console_gate import Password
from bot.channels.console_view import MEMBERS, NEXT_STEPS
from bot.clock import DemoClock, FakeClock
from bot.sender import Sender
from bot.worker import Worker
from handlers.ability import load
from handlers.turn import Message
from nlp import Parser
from storage.columns import metadata
from storage.database import Database
from storage.groups import GroupKind
from storage.steps import StepKind

BEGINS = "2026-11-23 18:42"
HERE = {"host": "127.0.0.1:8000"}
OURS = HERE | {"origin": "http://127.0.0.1:8000", "x-linli-console": "1"}
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser(load().rules(), bot_names=("小邻",))


class Neighbourhood:
    """The sample community with a worker and a sender, as the server wires them, on a clock that only we move."""

    def __init__(self, url: str, parser: Parser, bound_to: str = "127.0.0.1", password: str | None = None) -> None:
        self.database = Database(url)
        metadata.create_all(self.database.engine)
        self.clock = DemoClock(FakeClock(BEGINS))
        self.console = Console()
        self.worker = Worker(self.database, parser, load(), {"console": self.console.can}, "小邻")
        channels: dict[str, Channel] = {"console": self.console}
        self.sender = Sender(self.database, channels)
        self.begin()
        self.app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        self.app.include_router(
            router(
                self.console,
                self.database,
                self.clock,
                self.submit,
                self.catch_up,
                self.start_over,
                bound_to=bound_to,
                password=Password(password) if password else None,
            )
        )

    def begin(self) -> None:
        demo.load(self.database, self.clock.now())
        self.worker.plan_slots(self.clock.now())

    async def submit(self, messages: Sequence[Message]) -> None:
        await asyncio.to_thread(self.worker.take, messages, self.clock.now())
        await self.settle()

    async def settle(self) -> None:
        while self.worker.tick(self.clock.now()) + await self.sender.deliver(self.clock.now()):
            pass

    async def catch_up(self, until: datetime) -> None:
        await self.settle()
        while (due := self.next_due()) is not None and due <= until:
            self.clock.advance(max(due - self.clock.now(), timedelta()))
            await self.settle()
        self.clock.advance(until - self.clock.now())

    def next_due(self) -> datetime | None:
        with self.database.read() as store:
            return min(filter(None, (store.steps.next_due_at(), store.outbox.next_due_at())), default=None)

    async def start_over(self) -> None:
        with self.database.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        self.begin()

    def client(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 40000))
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers or OURS)

    def orders(self) -> list[tuple[int, str]]:
        with self.database.read() as store:
            community = store.communities.all()[0]
            return [(order.no, str(order.state)) for order in store.orders.all(community.id)]


@pytest.fixture
def neighbourhood(sqlite_url: str, parser: Parser) -> Iterator[Neighbourhood]:
    made = Neighbourhood(sqlite_url, parser)
    yield made
    made.database.close()


@contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[tuple[str, int]]:
    """The application on a real port of this machine."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        bound: int = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
            yield f"http://127.0.0.1:{bound}", bound
        finally:
            server.should_exit = True
            thread.join(15)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass(frozen=True, slots=True)
class Talk:
    """The open page, and what one does with it."""

    page: Page
    home: str
    complaints: list[str]

    def open(self, chat: str) -> None:
        self.in_list(chat).click()

    def in_list(self, chat: str) -> Locator:
        name = self.page.locator(".name").get_by_text(chat, exact=True)
        return self.page.get_by_role("navigation").get_by_role("button").filter(has=name)

    def speak_as(self, name: str) -> None:
        picker = self.page.get_by_label("谁说")
        value = picker.locator("option").filter(has_text=re.compile(f"^{name}")).first.get_attribute("value")
        picker.select_option(value=value)

    def say(self, text: str) -> None:
        box = self.page.get_by_label("说一句")
        box.fill(text)
        box.press("Enter")
        expect(box).to_have_value("")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    def told(self, words: str | re.Pattern[str]) -> Locator:
        return self.log.locator(".line").filter(has_text=words)


@contextmanager
def opened(browser: Browser, home: str, viewport: dict[str, int], *, touch: bool = False) -> Iterator[Talk]:
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": viewport["width"], "height": viewport["height"]}, has_touch=touch, locale="zh-CN"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith((home, "data:")) else complaints.append(asked.url))
    page.goto(f"{home}/console")
    try:
        yield Talk(page, home, complaints)
    finally:
        context.close()


@pytest.fixture
def wide(browser: Browser, neighbourhood: Neighbourhood) -> Iterator[Talk]:
    with serving(neighbourhood.app) as (home, _), opened(browser, home, WIDE) as talk:
        yield talk
        assert talk.complaints == []


@pytest.fixture
def phone(browser: Browser, neighbourhood: Neighbourhood) -> Iterator[Talk]:
    with serving(neighbourhood.app) as (home, _), opened(browser, home, PHONE, touch=True) as talk:
        yield talk
        assert talk.complaints == []


# Without a browser: what the page asks for, and who may ask


def ask(
    made: Neighbourhood, method: str, path: str, *, headers: dict[str, str] | None = None, body: object = None
) -> httpx.Response:
    async def once() -> httpx.Response:
        async with made.client(headers) as client:
            content = None if body is None else json.dumps(body).encode()
            return await client.request(method, f"/console{path}", content=content)

    # In a thread of its own: where a browser runs, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, once()).result()


def number(count: int) -> str:
    return f"{count:032x}"


def say(made: Neighbourhood, who: str, text: str, chat: str = "g:1", count: int = 1, **more: str) -> httpx.Response:
    body = {"id": number(count), "chat": chat, "speaker": who, "text": text, **more}
    return ask(made, "POST", "/say", body=body)


@dataclass(frozen=True, slots=True)
class Shown:
    """The page's view of one chat, as far as the tests look at it."""

    content: dict[str, list[dict[str, object]]]

    def lines(self) -> list[str]:
        return [str(line["text"]) for line in self.content["lines"]]

    def chat(self, name: str) -> dict[str, object]:
        return next(chat for chat in self.content["chats"] if chat["name"] == name)


def shown(made: Neighbourhood, chat: str = "g:1") -> Shown:
    return Shown(ask(made, "GET", f"/view?chat={chat}").json())


ROUTES = [
    ("GET", ""),
    ("GET", "/console.css"),
    ("GET", "/console.js"),
    ("GET", "/view"),
    ("GET", "/changes?seen=x"),
    ("POST", "/say"),
    ("POST", "/press"),
    ("POST", "/newcomer"),
    ("POST", "/skip"),
    ("POST", "/reset"),
    ("POST", "/login"),
]
STRANGE_HOSTS = [
    "linli.example",
    "127.0.0.1.example:8000",
    "localhost.example",
    "127.0.0.1:8000.example",
    "",
    "10.0.0.8:8000",
    "[::2]",
]


def test_the_list_of_routes_is_whole(neighbourhood: Neighbourhood) -> None:
    made = neighbourhood
    page = router(
        made.console, made.database, made.clock, made.submit, made.catch_up, made.start_over, bound_to="127.0.0.1"
    )
    found = {
        (method, route.path.removeprefix("/console"))
        for route in page.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert found == {(method, path.partition("?")[0]) for method, path in ROUTES}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nothing_answers_to_another_name(neighbourhood: Neighbourhood, method: str, path: str) -> None:
    for host in STRANGE_HOSTS:
        headers = OURS | {"host": host, "origin": f"http://{host}"}
        assert ask(neighbourhood, method, path, headers=headers, body={}).status_code == 403, host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]", "[::1]:8000"])
def test_every_name_of_this_machine_opens_it(neighbourhood: Neighbourhood, host: str) -> None:
    assert ask(neighbourhood, "GET", "/view", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_server_open_to_the_network_shows_nothing_without_a_password(
    sqlite_url: str, parser: Parser, method: str, path: str
) -> None:
    for bound_to in ("0.0.0.0", "::", "192.168.1.5", "server.example"):
        made = Neighbourhood(sqlite_url, parser, bound_to=bound_to)
        answer = ask(made, method, path, body={})
        made.database.close()
        assert answer.status_code == 403
        assert "密码" in answer.json()["detail"]


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        HERE,
        HERE | {"x-linli-console": "1"},
        HERE | {"origin": "http://127.0.0.1:8000"},
        HERE | {"origin": "http://127.0.0.1:9000", "x-linli-console": "1"},
        HERE | {"origin": "https://evil.example", "x-linli-console": "1"},
        HERE | {"origin": "null", "x-linli-console": "1"},
    ],
)
def test_another_site_cannot_act(neighbourhood: Neighbourhood, path: str, headers: dict[str, str]) -> None:
    assert ask(neighbourhood, "POST", path, headers=headers, body={}).status_code == 403


def test_a_password_opens_it_from_elsewhere(sqlite_url: str, parser: Parser) -> None:
    made = Neighbourhood(sqlite_url, parser, bound_to="0.0.0.0", password="桂花-开了-42")
    there = {"host": "linli.example", "origin": "http://linli.example", "x-linli-console": "1"}

    async def visit() -> None:
        async with made.client(there) as client:
            assert (await client.get("/console")).status_code == 200
            for method, path in ROUTES[3:-1]:
                assert (await client.request(method, f"/console{path}")).status_code == 401, path
            assert (await client.post("/console/login", content=b'{"password": "wrong"}')).status_code == 401
            right = json.dumps({"password": "桂花-开了-42"}).encode()
            let_in = await client.post("/console/login", content=right)
            assert let_in.status_code == 204
            cookie = let_in.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            # The cookie belongs to /console; this client goes by the base address.
            client.cookies.set("linli_console", cookie.partition("=")[2].partition(";")[0])
            assert (await client.get("/console/view")).status_code == 200

    asyncio.run(visit())
    made.database.close()


def test_guessing_the_password_is_slowed_down(sqlite_url: str, parser: Parser) -> None:
    made = Neighbourhood(sqlite_url, parser, password="桂花-开了-42")
    answers = [ask(made, "POST", "/login", body={"password": f"guess {count}"}).status_code for count in range(6)]
    assert answers == [401] * 5 + [429]
    assert ask(made, "POST", "/login", body={"password": "桂花-开了-42"}).status_code == 429
    made.database.close()


@pytest.mark.parametrize("password", ["", "  "])
def test_an_empty_password_is_no_password(password: str) -> None:
    with pytest.raises(ValueError, match="console_password"):
        Password(password)


def test_every_answer_carries_the_strict_headers(neighbourhood: Neighbourhood) -> None:
    for method, path in ROUTES:
        answer = ask(neighbourhood, method, path, body={})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_door_itself_takes_no_callbacks() -> None:
    inbound = Inbound("POST", {}, {}, b"{}")
    with pytest.raises(BadRequest):
        Console().read(inbound)
    with pytest.raises(BadRequest):
        Console().greet(inbound)


def test_every_kind_of_step_and_group_has_its_words() -> None:
    assert set(NEXT_STEPS) == set(StepKind)
    assert set(MEMBERS) == set(GroupKind)


def test_who_belongs_where(neighbourhood: Neighbourhood) -> None:
    view = shown(neighbourhood)
    members = {str(chat["name"]): chat["members"] for chat in view.content["chats"] if chat["kind"] != "private"}
    assert members["书记群"] == ["韩书记"]
    assert "王秀兰" not in str(members["党员群"])
    assert "陈刚" in str(members["党员群"])
    assert "老彭" not in str(members["居民群"])
    assert say(neighbourhood, "王秀兰", "接231", chat="g:2").status_code == 409
    assert say(neighbourhood, "王秀兰", "你好", chat="p:陈刚").status_code == 409
    assert say(neighbourhood, "没有这个人", "你好").status_code == 409
    assert say(neighbourhood, "王秀兰", "你好", chat="g:99").status_code == 409
    assert neighbourhood.console.memory.typed == ()


def test_chatter_stays_on_the_page_but_not_in_the_database(neighbourhood: Neighbourhood) -> None:
    assert say(neighbourhood, "王秀兰", "今天天气真好").status_code == 204
    assert shown(neighbourhood).lines() == ["今天天气真好"]
    with neighbourhood.database.engine.connect() as connection:
        kept = connection.execute(metadata.tables["inbox"].select()).mappings().all()
    assert [row["text"] for row in kept] == [None]


def test_a_line_sent_twice_is_one_line_and_one_order(neighbourhood: Neighbourhood) -> None:
    for _ in range(2):
        assert say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋").status_code == 204
    assert neighbourhood.orders() == [(1, "draft")]
    assert len(shown(neighbourhood).lines()) == 2


def test_lines_of_one_moment_keep_their_order(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋", count=1)
    say(neighbourhood, "王秀兰", "明天上午都在", count=2)
    who = [str(line["who"]) for line in shown(neighbourhood).content["lines"]]
    assert who == ["王秀兰", "", "王秀兰", ""]


def test_what_the_bot_said_is_still_there_after_a_restart(neighbourhood: Neighbourhood, parser: Parser) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋")
    before = [str(line["text"]) for line in shown(neighbourhood).content["lines"] if line["who"] == ""]
    neighbourhood.database.close()
    again = Neighbourhood(str(neighbourhood.database.engine.url), parser)
    assert shown(again).lines() == before != []
    again.database.close()


def test_a_private_line_shows_in_that_private_chat_only(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋，明天上午都在，灯泡我有", count=1)
    say(neighbourhood, "王秀兰", "明天上午都在 灯泡我有", count=2)
    say(neighbourhood, "陈刚", "接1", chat="g:2", count=3)
    places = [str(chat["key"]) for chat in shown(neighbourhood).content["chats"]]
    with_phone = {key for key in places if "13900002210" in " ".join(shown(neighbourhood, key).lines())}
    assert with_phone == {"p:陈刚"}
    assert neighbourhood.orders() == [(1, "booked")]


def test_a_card_that_changed_cannot_be_pressed_as_it_was(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋", count=1)
    say(neighbourhood, "王秀兰", "明天上午都在", count=2)
    card = next(line for line in shown(neighbourhood, "g:2").content["lines"] if line["buttons"])
    press = {"chat": "g:2", "speaker": "陈刚", "line": card["id"], "label": "接单"}
    assert ask(neighbourhood, "POST", "/press", body=press | {"id": number(3)}).status_code == 204
    assert ask(neighbourhood, "POST", "/press", body=press | {"id": number(4), "speaker": "刘洋"}).status_code == 409
    changed = next(line for line in shown(neighbourhood, "g:2").content["lines"] if line["id"] == card["id"])
    assert changed["updated_at"]
    assert not changed["buttons"]
    assert "陈刚" in str(changed["text"])


@pytest.mark.parametrize("text", ["\x00\x07", "\u202e \u200b", " \n\t"])
def test_nothing_but_invisible_marks_is_nothing(neighbourhood: Neighbourhood, text: str) -> None:
    assert say(neighbourhood, "王秀兰", text).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"id": 1}',
        b"\xff\xfe",
        b'{"text": "\\ud800"}',
        b'{"a":' * 3000,
        b'{"minutes": 1e400}',
    ],
)
@pytest.mark.parametrize("path", ["/say", "/press", "/newcomer", "/skip", "/login"])
def test_an_unreadable_request_is_refused_kindly(neighbourhood: Neighbourhood, path: str, body: bytes) -> None:
    async def once() -> httpx.Response:
        async with neighbourhood.client() as client:
            return await client.post(f"/console{path}", content=body)

    answer = asyncio.run(once())
    assert answer.status_code == 400
    assert "刷新" in answer.json()["detail"]


def test_lines_may_be_two_thousand_characters_and_no_longer(neighbourhood: Neighbourhood) -> None:
    assert say(neighbourhood, "王秀兰", "好" * 2000, count=1).status_code == 204
    assert say(neighbourhood, "王秀兰", "好" * 2001, count=2).status_code == 400
    assert say(neighbourhood, "王秀兰", "好" * 200_000, count=3).status_code == 413


def test_a_quoted_line_goes_with_the_answer(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋", count=1)
    say(neighbourhood, "王秀兰", "明天上午都在", count=2)
    card = next(line for line in shown(neighbourhood, "g:2").content["lines"] if line["buttons"])
    say(neighbourhood, "刘洋", "我去吧", chat="g:2", count=3, quote=str(card["id"]))
    quoted = next(line for line in shown(neighbourhood, "g:2").content["lines"] if line["who"] == "刘洋")
    assert quoted["quote"] == card["text"]
    assert neighbourhood.orders() == [(1, "booked")]


def test_a_voice_line_that_was_not_clear_is_asked_about(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "许奶奶", "厨房灯不亮了", kind="unsure")
    lines = shown(neighbourhood).content["lines"]
    assert [line["kind"] for line in lines] == ["unsure", "text"]
    assert "厨房灯不亮了" in str(lines[1]["text"])
    assert neighbourhood.orders() == []


def test_a_newcomer_is_welcome_once(neighbourhood: Neighbourhood) -> None:
    answer = ask(neighbourhood, "POST", "/newcomer", body={"name": "小吴"})
    assert answer.json() == {"user": "new:小吴"}
    assert ask(neighbourhood, "POST", "/newcomer", body={"name": "小吴"}).status_code == 409
    assert ask(neighbourhood, "POST", "/newcomer", body={"name": "韩书记"}).status_code == 409
    assert ask(neighbourhood, "POST", "/newcomer", body={"name": "小邻"}).status_code == 409
    assert say(neighbourhood, "new:小吴", "接1", chat="g:2").status_code == 409
    assert say(neighbourhood, "new:小吴", "2栋水管漏水了，谁能来看看").status_code == 204
    assert [state for _, state in neighbourhood.orders()] != []
    assert shown(neighbourhood).chat("小吴")["key"] == "p:new:小吴"


def test_a_newcomer_with_a_latin_name_is_one_person(neighbourhood: Neighbourhood) -> None:
    ask(neighbourhood, "POST", "/newcomer", body={"name": "Tom"})
    assert ask(neighbourhood, "POST", "/newcomer", body={"name": "tom"}).status_code == 409
    say(neighbourhood, "new:Tom", "2栋水管漏水了，谁能来看看")
    toms = [chat["key"] for chat in shown(neighbourhood).content["chats"] if chat["name"] == "Tom"]
    assert toms == ["p:new:Tom"]
    assert neighbourhood.orders() != []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"minutes": 10}, "2026-11-23T18:52"),
        ({"clock": "20:00"}, "2026-11-23T20:00"),
        ({"clock": "18:42"}, "2026-11-24T18:42"),
        ({"clock": "08:30", "tomorrow": True}, "2026-11-24T08:30"),
        ({"clock": "20:00", "tomorrow": True}, "2026-11-24T20:00"),
        ({"at": "2026-11-30T12:15"}, "2026-11-30T12:15"),
        ({"at": "2026-11-23T12:00:00Z"}, "2026-11-23T20:00"),
        ({"at": "2026-11-23T18:00"}, None),
        ({"at": "2027-11-23T18:00"}, None),
        ({}, None),
    ],
)
def test_how_far_the_clock_goes(body: dict[str, object], expected: str | None) -> None:
    now = FakeClock(BEGINS).now()
    target = SkipBody.model_validate_json(json.dumps(body)).target(now)
    assert (target.astimezone(now.tzinfo).isoformat()[:16] if target else None) == expected


def test_a_jump_makes_everything_on_the_way_happen(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋", count=1)
    say(neighbourhood, "王秀兰", "明天上午9点到10点在家", count=2)
    say(neighbourhood, "陈刚", "接1", chat="g:2", count=3)
    before = len(shown(neighbourhood, "p:陈刚").lines())
    assert ask(neighbourhood, "POST", "/skip", body={"clock": "09:30", "tomorrow": True}).status_code == 204
    reminder = shown(neighbourhood, "p:陈刚").content["lines"][before]
    assert str(reminder["at"])[:16] == "2026-11-24T08:00"
    assert neighbourhood.clock.now().isoformat()[:16] == "2026-11-24T09:30"
    assert ask(neighbourhood, "POST", "/skip", body={"at": "2026-11-24T09:00"}).status_code == 400


def test_starting_over_leaves_nothing_behind(neighbourhood: Neighbourhood) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋")
    ask(neighbourhood, "POST", "/newcomer", body={"name": "小吴"})
    assert ask(neighbourhood, "POST", "/reset").status_code == 204
    view = shown(neighbourhood, str(shown(neighbourhood).chat("居民群")["key"]))
    assert view.lines() == []
    assert view.content["orders"] == []
    assert [person for person in view.content["people"] if person["is_new"]] == []


def test_a_question_for_changes_waits_until_there_is_one(neighbourhood: Neighbourhood) -> None:
    revision = ask(neighbourhood, "GET", "/view?chat=g:1").json()["revision"]

    async def wait() -> str:
        async with neighbourhood.client() as client:
            asking = asyncio.create_task(client.get(f"/console/changes?seen={revision}"))
            await asyncio.sleep(0.3)
            assert not asking.done()
            body = {"id": number(1), "chat": "g:1", "speaker": "王秀兰", "text": "厨房灯不亮了，3栋"}
            await client.post("/console/say", content=json.dumps(body).encode())
            changed: str = (await asking).json()["revision"]
            return changed

    assert asyncio.run(wait()) != revision


# In a real browser


def unread(talk: Talk, chat: str) -> Locator:
    return talk.in_list(chat).locator(".badge")


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return width


@pytest.mark.browser
def test_an_order_goes_from_a_sentence_to_a_rating(wide: Talk, neighbourhood: Neighbourhood) -> None:
    page = wide.page
    page.evaluate("window.stillHere = true")
    wide.speak_as("王秀兰")
    wide.say("有没有会修灯的啊，厨房灯不亮了，我一个人够不着")
    expect(wide.told("收到")).to_be_visible()
    wide.say("明天上午都在 灯泡我有")
    expect(unread(wide, "党员群")).to_have_text(re.compile("^1"))

    wide.open("党员群")
    expect(unread(wide, "党员群")).to_have_count(0)
    wide.speak_as("陈刚")
    wide.log.get_by_role("button", name="接单", exact=True).click()
    expect(wide.log.get_by_text("已更新")).to_be_visible()
    expect(wide.log.get_by_text("陈刚 按了“接单”")).to_be_visible()
    expect(wide.log.get_by_role("button", name="接单", exact=True)).to_have_count(0)
    expect(page.get_by_role("complementary")).to_contain_text("约好了")
    expect(unread(wide, "陈刚")).to_have_text(re.compile("^1"))

    wide.open("陈刚")
    expect(wide.told("13900002210")).to_be_visible()
    page.get_by_role("button", name="到明早8点半").click()
    expect(page.locator("#clock")).to_contain_text("11月24日 周二 08:30")
    wide.open("党员群")
    wide.speak_as("陈刚")
    wide.say("完成1 顺便把开关也紧了紧")
    wide.open("王秀兰")
    expect(wide.told("满意")).to_be_visible()
    wide.say("1 小陈人真好")
    expect(page.get_by_role("complementary").get_by_text("办结", exact=True)).to_be_visible()
    assert neighbourhood.orders() == [(1, "closed")]
    assert page.evaluate("window.stillHere")


@pytest.mark.browser
def test_a_phone_shows_list_talk_and_orders_one_after_the_other(phone: Talk) -> None:
    page = phone.page
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.get_by_role("log")).to_be_hidden()
    assert overflow(page) == 0
    phone.open("居民群")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_text("像平时一样说句话")).to_be_visible()
    page.get_by_role("button", name="厨房灯不亮了，3栋").first.click()
    expect(page.get_by_label("说一句")).to_have_value("厨房灯不亮了，3栋")
    page.get_by_role("button", name="发送").click()
    expect(phone.told("收到")).to_be_visible()
    assert overflow(page) == 0
    page.get_by_role("button", name="快进", exact=True).click()
    page.get_by_role("button", name="10分钟").click()
    expect(page.locator("#clock")).to_contain_text("18:52")
    assert overflow(page) == 0
    page.get_by_role("button", name="看单子").click()
    expect(page.get_by_role("complementary")).to_contain_text("1号")
    expect(page.get_by_role("log")).to_be_hidden()
    page.get_by_role("button", name="回到聊天", exact=True).click()
    expect(phone.told("收到")).to_be_visible()
    page.get_by_role("button", name="回到聊天列表").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    page.go_back()
    expect(phone.told("收到")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 761, 1024, 1121, 1280, 1920])
def test_nothing_is_cut_off_at_any_width(browser: Browser, neighbourhood: Neighbourhood, width: int) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋" + "好" * 600, count=1)
    say(neighbourhood, "王秀兰", "https://example.com/" + "x" * 300, count=2)
    with serving(neighbourhood.app) as (home, _), opened(browser, home, {"width": width, "height": 800}) as talk:
        talk.page.goto(f"{home}/console#g%3A1")
        expect(talk.told("好好好").first).to_be_visible()
        assert overflow(talk.page) == 0
        send = talk.page.get_by_role("button", name="发送").bounding_box()
        assert send is not None
        assert send["x"] + send["width"] <= width
        assert send["y"] + send["height"] <= 800
        assert talk.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_the_newest_line_is_in_sight(browser: Browser, neighbourhood: Neighbourhood, viewport: dict[str, int]) -> None:
    for count in range(30):
        say(neighbourhood, "王秀兰", f"第{count}句闲话", count=count)
    with serving(neighbourhood.app) as (home, _), opened(browser, home, viewport) as talk:
        talk.page.goto(f"{home}/console#g%3A1")
        expect(talk.told("第29句闲话")).to_be_in_viewport()
        # Who reads further up is not torn away, but told.
        talk.told("第0句闲话").scroll_into_view_if_needed()
        say(neighbourhood, "何姐", "新来的一句", count=30)
        expect(talk.page.get_by_role("button", name="有新消息")).to_be_visible()
        expect(talk.told("第0句闲话")).to_be_in_viewport()
        talk.page.get_by_role("button", name="有新消息").click()
        expect(talk.told("新来的一句")).to_be_in_viewport()
        assert talk.complaints == []


@pytest.mark.browser
def test_what_people_type_is_never_markup(wide: Talk) -> None:
    wicked = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    wide.say(wicked)
    expect(wide.told(wicked)).to_be_visible()
    expect(wide.log.locator("img, script")).to_have_count(0)
    expect(wide.page).to_have_title(re.compile("邻里应声"))


@pytest.mark.browser
def test_enter_that_chooses_a_word_does_not_send(wide: Talk) -> None:
    box = wide.page.get_by_label("说一句")
    box.fill("zhe ge")
    for extra in ("isComposing: true", "keyCode: 229"):
        box.evaluate(
            f"node => node.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, {extra}}}))"
        )
    expect(box).to_have_value("zhe ge")
    box.press("Shift+Enter")
    expect(box).to_have_value("zhe ge\n")
    box.press("Enter")
    expect(box).to_have_value("")
    expect(wide.log.locator(".line")).to_have_count(1)


@pytest.mark.browser
def test_the_mention_button_and_quoting(wide: Talk) -> None:
    page = wide.page
    wide.say("厨房灯不亮了，3栋")
    wide.told("收到").hover()
    wide.told("收到").get_by_role("button", name="引用这句").click()
    expect(page.locator("#quoted-text")).to_contain_text("收到")
    page.get_by_role("button", name="@小邻").click()
    expect(page.get_by_label("说一句")).to_have_value("@小邻 ")
    expect(page.get_by_label("说一句")).to_be_focused()
    page.keyboard.type("明天上午")
    page.keyboard.press("Enter")
    mine = wide.log.locator(".mine").filter(has_text="明天上午")
    expect(mine).to_contain_text("引用：")
    expect(page.locator("#quoted")).to_be_hidden()


@pytest.mark.browser
def test_voice_lines_are_marked(wide: Talk) -> None:
    wide.page.get_by_label("怎么说").select_option(label="语音·听不清")
    wide.say("厨房灯不亮了")
    expect(wide.told("没太听清")).to_be_visible()
    expect(wide.page.get_by_label("怎么说")).to_have_value("text")


@pytest.mark.browser
def test_a_newcomer_enters_and_speaks(wide: Talk) -> None:
    page = wide.page
    page.get_by_label("谁说").select_option(label="新邻居…")
    page.get_by_label("叫什么").fill("小吴")
    page.get_by_label("叫什么").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_label("谁说")).to_have_value("new:小吴")
    wide.say("2栋水管漏水了，谁能来看看")
    expect(wide.log.locator(".mine")).to_contain_text("小吴")
    expect(wide.log.locator(".line")).to_have_count(2)


@pytest.mark.browser
def test_a_jump_to_a_chosen_time_tells_what_happened_meanwhile(wide: Talk) -> None:
    page = wide.page
    wide.say("厨房灯不亮了，3栋")
    wide.say("明天上午都在")
    page.get_by_role("button", name="到指定时间").click()
    page.get_by_label("时间", exact=True).fill("2026-11-23T18:00")
    page.get_by_role("dialog").get_by_role("button", name="快进").click()
    expect(page.get_by_role("dialog")).to_contain_text("只能往后拨")
    # The browser itself reports a refused request; that one was meant.
    assert [complaint.partition("(")[2] for complaint in wide.complaints] == ["Bad Request)"]
    wide.complaints.clear()
    page.get_by_label("时间", exact=True).fill("2026-11-24T09:00")
    page.get_by_role("dialog").get_by_role("button", name="快进").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#clock")).to_contain_text("09:00")
    expect(page.locator("#elsewhere")).to_contain_text("新消息")


@pytest.mark.browser
def test_starting_over_asks_first(wide: Talk, neighbourhood: Neighbourhood) -> None:
    page = wide.page
    wide.say("厨房灯不亮了，3栋")
    expect(wide.told("收到")).to_be_visible()
    page.get_by_role("button", name="从头来过").click()
    page.get_by_role("button", name="先不").click()
    expect(wide.told("收到")).to_be_visible()
    page.get_by_role("button", name="从头来过").click()
    page.get_by_role("button", name="清空重来").click()
    expect(page.get_by_text("像平时一样说句话")).to_be_visible()
    expect(page.get_by_text("还没有单子")).to_be_visible()
    assert neighbourhood.orders() == []
    wide.say("厨房灯不亮了，3栋")
    expect(wide.told("收到")).to_be_visible()


@pytest.mark.browser
def test_the_page_comes_back_by_itself(browser: Browser, neighbourhood: Neighbourhood) -> None:
    with ExitStack() as visit:
        with serving(neighbourhood.app) as (home, port):
            talk = visit.enter_context(opened(browser, home, WIDE))
            talk.say("厨房灯不亮了，3栋")
            expect(talk.told("收到")).to_be_visible()
            talk.page.evaluate("window.stillHere = true")
        expect(talk.page.get_by_text("正在重连")).to_be_visible()
        box = talk.page.get_by_label("说一句")
        box.fill("明天上午都在")
        box.press("Enter")
        expect(talk.page.get_by_text("没连上小邻")).to_be_visible()
        expect(box).to_have_value("明天上午都在")
        # What came meanwhile is there when the server is.
        say(neighbourhood, "何姐", "今天真冷", count=99)
        with serving(neighbourhood.app, port):
            expect(talk.told("今天真冷")).to_be_visible(timeout=15_000)
            expect(talk.page.get_by_text("正在重连")).to_be_hidden()
            box.press("Enter")
            expect(talk.told("已请党员")).to_be_visible()
            assert talk.page.evaluate("window.stillHere")
    assert neighbourhood.orders() == [(1, "open")]


@pytest.mark.browser
def test_the_keyboard_alone_is_enough(wide: Talk) -> None:
    page = wide.page
    expect(page.get_by_label("说一句")).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.chat") == "g:2":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="党员群")).to_be_visible()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type("大家好")
    page.keyboard.press("Enter")
    expect(wide.told("大家好")).to_be_visible()


UNREADABLE = """() => {
  const parts = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const color = parts(getComputedStyle(one).backgroundColor);
      if (color.length === 3 || color[3] > .5) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility({opacityProperty: true})) continue;
    if (node.closest(':disabled, option, script, noscript')) continue;
    const [one, other] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
    if (ratio < 4.5) found.push(`${node.className}: ${walker.currentNode.textContent.trim()} ${ratio.toFixed(2)}`);
  }
  return found;
}"""
NAMELESS = """() => [...document.querySelectorAll('button, input, select, textarea')]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.getAttribute('aria-label') || node.labels?.[0]?.textContent || node.textContent).trim())
  .map((node) => node.outerHTML)"""


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_words_can_be_read_and_controls_have_names(
    browser: Browser, neighbourhood: Neighbourhood, viewport: dict[str, int]
) -> None:
    say(neighbourhood, "王秀兰", "厨房灯不亮了，3栋", count=1, kind="voice")
    say(neighbourhood, "王秀兰", "明天上午都在", count=2)
    with serving(neighbourhood.app) as (home, _), opened(browser, home, viewport) as talk:
        for chat in ("", "#g%3A1", "#g%3A2", "#g%3A3", "#p%3A%E9%99%88%E5%88%9A", "#orders"):
            talk.page.goto(f"{home}/console{chat}")
            talk.page.locator(".chat").first.wait_for(
                state="attached"
            )  # a function would need eval, which the page forbids
            assert talk.page.evaluate(UNREADABLE) == []
            assert talk.page.evaluate(NAMELESS) == []
        targets = talk.page.evaluate(
            "() => [...document.querySelectorAll('button, select')].filter((node) => node.checkVisibility())"
            ".map((node) => node.getBoundingClientRect()).filter((box) => box.width < 24 || box.height < 24).length"
        )
        assert targets == 0


@pytest.mark.browser
def test_a_password_is_asked_for_once(browser: Browser, sqlite_url: str, parser: Parser) -> None:
    made = Neighbourhood(sqlite_url, parser, bound_to="0.0.0.0", password="桂花-开了-42")
    with serving(made.app) as (home, _), opened(browser, home, WIDE) as talk:
        talk.page.get_by_label("密码", exact=True).fill("不对")
        talk.page.get_by_role("button", name="进去").click()
        expect(talk.page.get_by_role("dialog")).to_contain_text("密码不对")
        talk.page.get_by_label("密码", exact=True).fill("桂花-开了-42")
        talk.page.get_by_role("button", name="进去").click()
        expect(talk.page.get_by_text("像平时一样说句话")).to_be_visible()
        talk.page.reload()
        expect(talk.page.get_by_text("像平时一样说句话")).to_be_visible()
    made.database.close()
