"""The console: the real page in a real browser, over the real worker, sender and database; and who may open it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bot import demo
from bot.channels import Address, BadRequest, Channel, Inbound
from bot.channels.console import NEXT_STEPS, Console, Password, SkipBody, Typed, router
from bot.channels.console import LineKind as Kind
from bot.clock import DemoClock, FakeClock
from bot.sender import Sender
from bot.worker import Worker
from handlers.ability import load
from handlers.turn import Message
from nlp import Parser
from storage.database import Database, metadata
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
        self.page.get_by_role("navigation").get_by_role("button").filter(has_text=chat).first.click()

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
