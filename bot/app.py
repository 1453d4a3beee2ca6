"""Builds every object once; reads like a parts list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import assert_never

import httpx
from fastapi import FastAPI, HTTPException

from bot import demo
from bot.channels import Channel, console, console_gate, wecom_api, wecom_app, wecom_bot, wecom_webhook
from bot.clock import Clock, DemoClock
from bot.health import Health, Metrics
from bot.schedule import Schedule
from bot.sender import Sender
from bot.settings import CONSOLE, ConsoleSettings, Settings
from bot.token_row import DatabaseTokenRow
from bot.webhook import Hooks, Writer
from bot.worker import Worker
from handlers import wording
from handlers.ability import load
from handlers.turn import Message
from nlp import Parser
from nlp.local import read_local
from storage.database import Database
from storage.schema import empty


def build(settings: Settings, clock: Clock, *, bound_to: str = "127.0.0.1") -> FastAPI:
    """The server over a database that has the newest schema. `bound_to` is the address it will listen on.

    Raises BadLocalFile where the community's own words cannot be read.
    """
    database = Database(settings.database_url, settings.community_defaults)
    http = wecom_api.new_client()
    metrics = Metrics()
    registry = load()
    parser = Parser(
        registry.rules(),
        bot_names=settings.bot_names,
        cache_dir=settings.data_dir / "cache",
        local=read_local(settings.words_file),
    )
    channels = open_channels(settings, database, http, clock)
    doors = {name: channel.can for name, channel in channels.items()}
    worker = Worker(database, parser, registry, doors, settings.bot_names[0], settings.circles)
    committed = asyncio.Event()
    writer = Writer(worker, clock, metrics, committed)
    sender = Sender(database, channels)
    schedule = Schedule(database, worker, writer, sender, clock, metrics, committed)
    hooks = Hooks(channels, worker, writer, metrics)
    health = Health(database, settings, channels, clock, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parser.warm()
        await schedule.start()
        watching = asyncio.create_task(metrics.watch_lag())
        yield
        watching.cancel()
        await asyncio.gather(schedule.stop(), writer.stop())
        await http.aclose()
        database.close()

    app = FastAPI(title="Linli", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes.extend(hooks.routes())
    app.include_router(health.router())
    page = channels.get(CONSOLE)
    if isinstance(page, console.Console) and isinstance(clock, DemoClock) and is_for_trying(database):
        password = settings.console_password
        app.include_router(
            console.router(
                page,
                database,
                clock,
                partial(submit, writer),
                partial(schedule.catch_up, clock),
                partial(start_over, database, writer, schedule, clock),
                bound_to=bound_to,
                password=console_gate.Password(password.get_secret_value()) if password else None,
            )
        )
    return app


def open_channels(
    settings: Settings, database: Database, http: httpx.AsyncClient, clock: Clock
) -> Mapping[str, Channel]:
    """One door for every entry of [channels.…]."""
    channels: dict[str, Channel] = {CONSOLE: console.Console(settings.bot_names)} if settings.has_console else {}
    for name, entry in settings.channels.items():
        match entry:
            case wecom_bot.Settings():
                channels[name] = wecom_bot.WecomBot(name, entry, settings.bot_names, http, clock.now)
            case wecom_app.Settings():
                row = DatabaseTokenRow(database, f"{name}/{entry.agent_id}")
                tokens = wecom_app.AccessTokens(entry, http, row, clock.now)
                channels[name] = wecom_app.WecomApp(name, entry, http, tokens, clock.now)
            case wecom_webhook.Settings():
                channels[name] = wecom_webhook.WecomWebhook(name, entry, http)
            case ConsoleSettings():
                pass  # is there already
            case _:
                assert_never(entry)
    return channels


def is_for_trying(database: Database) -> bool:
    """Whether the page may show and empty this database: no chat of real people is bound in it."""
    with database.read() as store:
        return all(group.channel == CONSOLE for group in store.groups.all())


async def submit(writer: Writer, messages: Sequence[Message]) -> None:
    for taken in [writer.take(message) for message in messages]:
        if await taken is None:
            raise HTTPException(503, wording.cannot_record())


async def start_over(database: Database, writer: Writer, schedule: Schedule, clock: Clock) -> None:
    if not await writer.do(partial(_load_sample, database, clock.now())):
        raise HTTPException(409, wording.not_for_trying())
    await schedule.plan()


def _load_sample(database: Database, now: datetime) -> bool:
    """Whether it could be done: a real group may have been bound since the start."""
    if is_for_trying(database):
        empty(database)
        return demo.load(database, now)
    return False
