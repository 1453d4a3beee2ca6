"""The ticking: APScheduler only says "now"; what is due stands in rows and is done by the writer and the sender."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import log as words_for_log
from bot.clock import Clock, DemoClock
from bot.health import Metrics
from bot.sender import Sender
from bot.webhook import Writer, outcome_of
from bot.worker import Worker
from storage.database import Database

log = logging.getLogger(__name__)

TICK_SECONDS = 1  # what is to be announced is due after one
PLAN_MINUTES = 5  # a community that another process added gets its daily slots by then
PURGE_HOUR = 3
KEYS_LAST = timedelta(days=40)  # no copy of a message comes later
TEXTS_LAST = timedelta(days=40)
AHEAD_MOST = 10_000  # due moments on the way of one move of the demo clock; more is a loop
STOP_SECONDS = 3.0

JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class Schedule:
    """Ticks, keeps sending, and tidies up at night."""

    def __init__(
        self,
        database: Database,
        worker: Worker,
        writer: Writer,
        sender: Sender,
        clock: Clock,
        metrics: Metrics,
        committed: asyncio.Event,
    ) -> None:
        self._database = database
        self._worker = worker
        self._writer = writer
        self._sender = sender
        self._clock = clock
        self._metrics = metrics
        self._committed = committed
        self._stopping = False
        self._sending: asyncio.Task[None] | None = None
        # A tick that is still at work is no news.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._ticker = AsyncIOScheduler(job_defaults=JOB_DEFAULTS, timezone=clock.now().tzinfo)
        self._ticker.add_job(self._guarded, "interval", [self.tick], seconds=TICK_SECONDS)
        self._ticker.add_job(self._guarded, "interval", [self.plan], minutes=PLAN_MINUTES)
        self._ticker.add_job(self._guarded, "cron", [self.purge], hour=PURGE_HOUR)

    async def start(self) -> None:
        await self.plan()
        await self._sender.resume(self._clock.now())
        self._sending = asyncio.create_task(self._keep_sending())
        self._ticker.start()

    async def stop(self) -> None:
        """No new ticks; what is being sent is finished, the rest goes out after the next start."""
        self._ticker.shutdown(wait=False)
        self._stopping = True
        self._committed.set()
        if self._sending is not None:
            await asyncio.wait((self._sending,), timeout=STOP_SECONDS)
            self._sending.cancel()
            await outcome_of(self._sending)

    async def tick(self) -> int:
        done = await self._writer.do(lambda: self._worker.tick(self._clock.now()))
        self._metrics.ticked(done)
        return done

    async def plan(self) -> None:
        await self._writer.do(lambda: self._worker.plan_slots(self._clock.now()))

    async def purge(self) -> None:
        await self._writer.do(lambda: purge(self._database, self._clock.now()))

    async def _guarded(self, work: Callable[[], Awaitable[object]]) -> None:
        outcome = await outcome_of(work())
        if isinstance(outcome, BaseException):
            log.error(words_for_log.loop_broke(getattr(work, "__name__", "job")), exc_info=outcome)

    async def _keep_sending(self) -> None:
        while not self._stopping:
            self._committed.clear()
            outcome = await outcome_of(self.deliver())
            if isinstance(outcome, BaseException):
                log.error(words_for_log.loop_broke("sender"), exc_info=outcome)
            if isinstance(outcome, BaseException) or outcome == 0:
                await outcome_of(asyncio.wait_for(self._committed.wait(), TICK_SECONDS))

    async def deliver(self) -> int:
        tried = await self._sender.deliver(self._clock.now())
        self._metrics.sends.inc(tried)
        return tried

    # The demo clock

    async def catch_up(self, clock: DemoClock, until: datetime) -> None:
        """Move the clock to `until`; what is due on the way happens in order, each at its own time."""
        for _ in range(AHEAD_MOST):
            while await self.tick() + await self.deliver():
                pass
            upcoming = await asyncio.to_thread(self._next_due)
            if upcoming is None or upcoming > until:
                break
            clock.advance(max(upcoming - clock.now(), timedelta()))
        clock.advance(max(until - clock.now(), timedelta()))

    def _next_due(self) -> datetime | None:
        with self._database.read() as store:
            known = [moment for moment in (store.steps.next_due_at(), store.outbox.next_due_at()) if moment]
        return min(known, default=None)


def purge(database: Database, now: datetime) -> None:
    """Forget keys that no copy comes for and texts that were delivered."""
    with database.write() as store:
        store.inbox.purge(now - KEYS_LAST)
        store.outbox.purge(now - TEXTS_LAST)
        store.outbox.purge_tickets(now)
