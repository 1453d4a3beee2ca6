"""Request in → message committed by the writer → answer: /hooks/{name}, and the one thread that changes the facts."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot import log as words_for_log
from bot.batch import stream_of
from bot.channels import BadRequest, Channel, Inbound, Poll, Rendered
from bot.clock import Clock
from bot.health import Metrics
from bot.worker import Answer, Worker
from handlers import wording
from handlers.turn import Message, Press
from storage.database import Unavailable

log = logging.getLogger(__name__)

BODY_MAX = 128 * 1024
BODY_SECONDS = 10.0
MESSAGE_SECONDS = 1.5
PRESS_SECONDS = 4.0  # a pressed card can change in this answer only
LONGEST_SECONDS = 30.0  # where nothing can be said meanwhile: the platform has asked again by then
BATCH_MAX = 128
WAITING_MAX = 10_000

T = TypeVar("T")


async def outcome_of(work: Awaitable[T]) -> T | BaseException:
    """The result, or whatever was raised: at an edge a fault is a value to be logged, and the edge goes on."""
    (outcome,) = await asyncio.gather(work, return_exceptions=True)
    return outcome


class Writer:
    """One thread takes everything that changes the facts, in order of arrival; messages that wait share a commit.

    To be used from the event loop only, so it needs no lock.
    """

    def __init__(self, worker: Worker, clock: Clock, metrics: Metrics, committed: asyncio.Event) -> None:
        self._worker = worker
        self._clock = clock
        self._metrics = metrics
        self._committed = committed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._waiting: deque[tuple[Message, asyncio.Future[Answer | None]]] = deque()
        self._running: dict[str, asyncio.Future[Answer | None]] = {}
        self._pumping: asyncio.Task[None] | None = None
        metrics.waiting.set_function(lambda: len(self._waiting))

    def take(self, message: Message) -> asyncio.Future[Answer | None]:
        """The answer, once message and turn are committed; None where they could not be."""
        taken: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= WAITING_MAX:
            taken.set_result(None)
            return taken
        self._waiting.append((message, taken))
        self._running[stream_of(message)] = taken
        if self._pumping is None or self._pumping.done():
            self._pumping = asyncio.create_task(self._pump())
        return taken

    def find(self, stream: str) -> asyncio.Future[Answer | None] | None:
        """The answer of a turn that is not committed yet."""
        return self._running.get(stream)

    async def do(self, work: Callable[[], T]) -> T:
        """Run other work on the same thread, between two batches."""
        done = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._committed.set()
        return done

    async def stop(self) -> None:
        """Finish what is waiting."""
        if self._pumping is not None:
            await self._pumping
        await asyncio.to_thread(self._thread.shutdown)

    async def _pump(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
            await self._take(batch)

    async def _take(self, batch: Sequence[tuple[Message, asyncio.Future[Answer | None]]]) -> None:
        messages = [message for message, _ in batch]
        outcome = await self._commit(messages)
        if isinstance(outcome, Unavailable):
            outcome = await self._commit(messages)  # a lost connection or a deadlock is gone the second time
        if not isinstance(outcome, BaseException):
            answers: Sequence[Answer | None] = outcome
        elif isinstance(outcome, Unavailable) or len(batch) == 1:
            log.error(words_for_log.not_recorded(len(batch)), exc_info=outcome)
            answers = [None] * len(batch)
        else:
            # One of them breaks the whole batch, so each goes alone and harms nobody else.
            for one in batch:
                await self._take([one])
            return
        for (message, taken), answer in zip(batch, answers, strict=True):
            self._settle(message, taken, answer)

    async def _commit(self, messages: Sequence[Message]) -> list[Answer] | BaseException:
        now = self._clock.now()
        with self._metrics.commit_seconds.time():
            outcome = await outcome_of(
                asyncio.get_running_loop().run_in_executor(self._thread, self._worker.take, messages, now)
            )
        if not isinstance(outcome, BaseException):
            self._metrics.turns.inc(len(messages))
            self._committed.set()
        return outcome

    def _settle(self, message: Message, taken: asyncio.Future[Answer | None], answer: Answer | None) -> None:
        stream = stream_of(message)
        if self._running.get(stream) is taken:
            del self._running[stream]
        if not taken.done():
            taken.set_result(answer)


class Hooks:
    """The callback addresses of all channels."""

    def __init__(self, channels: Mapping[str, Channel], worker: Worker, writer: Writer, metrics: Metrics) -> None:
        self._channels = channels
        self._worker = worker
        self._writer = writer
        self._metrics = metrics

    def routes(self) -> list[Route]:
        # Plain routes: nothing in them needs a framework's help, and each saves a tenth of a millisecond.
        return [
            Route("/hooks/{name}", self.greet, methods=["GET"]),
            Route("/hooks/{name}", self.receive, methods=["POST"]),
        ]

    async def greet(self, request: Request) -> Response:
        """The platform checks that this address is ours."""
        channel = self._channels.get(request.path_params["name"])
        if channel is None:
            return _not_found()
        try:
            return _plain(channel.greet(_inbound(request, b"")))
        except BadRequest as error:
            return self._refused(channel, error)

    async def receive(self, request: Request) -> Response:
        channel = self._channels.get(request.path_params["name"])
        if channel is None:
            return _not_found()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _capped_body(request)
        except (TimeoutError, ClientDisconnect):
            return self._closing(408, "timeout", "late_body")
        if body is None:
            return self._closing(413, "too large", "too_large")
        inbound = _inbound(request, body)
        try:
            heard = channel.read(inbound)
        except BadRequest as error:
            return self._refused(channel, error)
        # A request has one answer, and no platform puts more than one thing into a request.
        answers = [await self._answer(channel, inbound, one) for one in heard]
        return _plain(next(filter(None, answers), b""))

    async def _answer(self, channel: Channel, inbound: Inbound, heard: Message | Poll) -> bytes:
        if isinstance(heard, Poll):
            return await self._answer_poll(channel, inbound, heard.stream)
        stream, taken = stream_of(heard), self._writer.take(heard)
        if not await _is_done(taken, PRESS_SECONDS if isinstance(heard.what, Press) else MESSAGE_SECONDS):
            unfinished = channel.answer(inbound, (), stream, False)
            if unfinished:
                self._count("late")
                return unfinished
            # An empty answer would end the matter: the platform is left to ask again, and finds the answer then.
            if not await _is_done(taken, LONGEST_SECONDS):
                self._count("lost")
                return b""
        return self._finished(channel, inbound, taken.result(), stream)

    async def _answer_poll(self, channel: Channel, inbound: Inbound, stream: str) -> bytes:
        running = self._writer.find(stream)
        if running is not None and not await _is_done(running, MESSAGE_SECONDS):
            self._count("late")
            return channel.answer(inbound, (), stream, False)
        outcome = await outcome_of(asyncio.to_thread(self._worker.poll, stream))
        if isinstance(outcome, BaseException):
            log.error(words_for_log.loop_broke("poll"), exc_info=outcome)
            self._count("late")
            return channel.answer(inbound, (), stream, False)
        return self._finished(channel, inbound, outcome, stream)

    def _finished(self, channel: Channel, inbound: Inbound, answer: Answer | None, stream: str) -> bytes:
        if answer is not None:
            self._count("answered")
            return channel.answer(inbound, answer.replies, stream, True)
        self._count("not_recorded")
        return channel.answer(inbound, (Rendered(wording.cannot_record()),), stream, True)

    def _refused(self, channel: Channel, error: BadRequest) -> Response:
        log.warning(words_for_log.bad_callback(channel.name, str(error)))
        self._count("refused")
        return PlainTextResponse("forbidden", 403)

    def _closing(self, status: int, words: str, outcome: str) -> Response:
        """An answer before the body was read to its end, so the connection is of no more use."""
        self._count(outcome)
        return PlainTextResponse(words, status, headers={"connection": "close"})

    def _count(self, outcome: str) -> None:
        self._metrics.callbacks.labels(outcome).inc()


async def _is_done(future: asyncio.Future[Answer | None], seconds: float) -> bool:
    if not future.done():
        await asyncio.wait((future,), timeout=seconds)
    return future.done()


async def _capped_body(request: Request) -> bytes | None:
    """The body; None as soon as it is too long, whatever its header says."""
    declared = request.headers.get("content-length", "0")
    if len(declared) > len(str(BODY_MAX)) or (declared.isdecimal() and int(declared) > BODY_MAX):
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            return None
    return bytes(body)


def _inbound(request: Request, body: bytes) -> Inbound:
    query: dict[str, tuple[str, ...]] = {}
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
        query[name] = (*query.get(name, ()), value)
    return Inbound(request.method, query, dict(request.headers), body)


def _plain(body: bytes) -> Response:
    """Byte for byte: a check of the address fails on so much as a quotation mark."""
    return Response(body, media_type="text/plain")


def _not_found() -> Response:
    return PlainTextResponse("not found", 404)
