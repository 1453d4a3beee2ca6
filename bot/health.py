"""Alive, ready, and how much: /healthz, /readyz and /metrics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.channels import BadRequest, Channel, Inbound, wecom_app, wecom_bot
from bot.channels.wecom_crypto import parse_key, seal
from bot.clock import Clock
from bot.settings import ChannelSettings, Settings
from storage.database import Database, Unavailable, can_write

OLDEST_PUSH = timedelta(minutes=5)
LAST_TICK_SECONDS = 15.0
LAG_EVERY_SECONDS = 0.5
MOMENTS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """What is counted. Each application has its own, so that two in one process do not mix."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        self.callbacks = Counter(
            "linli_callbacks", "Requests of platforms, by outcome.", ["outcome"], registry=registry
        )
        self.turns = Counter("linli_turns", "Messages whose turn was committed.", registry=registry)
        self.commit_seconds = Histogram(
            "linli_commit_seconds", "One batch of messages, from parsing to commit.", buckets=MOMENTS, registry=registry
        )
        self.waiting = Gauge("linli_waiting_messages", "Messages that wait for the writer.", registry=registry)
        self.due = Counter("linli_due_done", "Due steps and daily slots that were done.", registry=registry)
        self.sends = Counter("linli_sends", "Outgoing lines that were tried.", registry=registry)
        self.oldest_push = Gauge("linli_oldest_push_seconds", "How long the oldest due line waits.", registry=registry)
        self.since_tick = Gauge("linli_since_tick_seconds", "Time since what is due was last done.", registry=registry)
        self.loop_lag = Histogram(
            "linli_loop_lag_seconds", "How late the event loop is.", buckets=MOMENTS, registry=registry
        )
        self._ticked_at = time.monotonic()
        self.since_tick.set_function(lambda: self.tick_age)

    def ticked(self, done: int) -> None:
        self._ticked_at = time.monotonic()
        self.due.inc(done)

    @property
    def tick_age(self) -> float:
        return time.monotonic() - self._ticked_at

    async def watch_lag(self) -> None:
        while True:
            asleep_at = time.monotonic()
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self.loop_lag.observe(time.monotonic() - asleep_at - LAG_EVERY_SECONDS)


class Health:
    """What would have to be mended before messages go in and out again."""

    def __init__(
        self, database: Database, settings: Settings, channels: Mapping[str, Channel], clock: Clock, metrics: Metrics
    ) -> None:
        self._database = database
        self._settings = settings
        self._channels = channels
        self._clock = clock
        self._metrics = metrics

    def faults(self) -> list[str]:
        """Names of what is not well; empty: ready."""
        now = self._clock.now()
        found = [
            f"callback:{name}"
            for name, settings in self._settings.channels.items()
            if not answers_itself(self._channels[name], settings, now)
        ]
        try:
            if not can_write(self._database):
                found.append("database")
            elif self._push_age() > OLDEST_PUSH:
                found.append("outbox")
        except Unavailable:
            found.append("database")
        if self._metrics.tick_age > LAST_TICK_SECONDS:
            found.append("schedule")
        return found

    def _push_age(self) -> timedelta:
        with self._database.read() as store:
            due = store.outbox.next_due_at()
        age = max(self._clock.now() - due, timedelta()) if due else timedelta()
        self._metrics.oldest_push.set(age.total_seconds())
        return age

    def router(self) -> APIRouter:
        routes = APIRouter(include_in_schema=False)

        @routes.get("/healthz")
        async def alive() -> Response:
            return Response("ok", media_type="text/plain")

        @routes.get("/readyz")
        async def ready() -> Response:
            faults = await asyncio.to_thread(self.faults)
            return Response(" ".join(faults) or "ok", 503 if faults else 200, media_type="text/plain")

        @routes.get("/metrics")
        async def metrics() -> Response:
            await asyncio.to_thread(self._measure)
            return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

        return routes

    def _measure(self) -> None:
        try:
            self._push_age()
        except Unavailable:
            self._metrics.oldest_push.set(float("nan"))  # the other numbers are wanted most at such a time


def answers_itself(channel: Channel, settings: ChannelSettings, now: datetime) -> bool:
    """Whether the channel opens a callback that we made ourselves with its own keys."""
    match settings:
        case wecom_bot.Settings():
            receive_id = wecom_bot.RECEIVE_ID
        case wecom_app.Settings():
            receive_id = settings.corp_id
        case _:
            return True  # nobody calls the others
    key = parse_key(settings.aes_key.get_secret_value())
    sealed = seal(settings.token.get_secret_value(), key, receive_id, "ready", str(int(now.timestamp())), "self")
    query = {
        "msg_signature": (sealed.signature,),
        "timestamp": (sealed.timestamp,),
        "nonce": (sealed.nonce,),
        "echostr": (sealed.encrypt,),
    }
    try:
        return channel.greet(Inbound("GET", query, {}, b"")) == b"ready"
    except BadRequest:
        return False
