"""`linli bench`: the speed of the whole road on this machine, from the encrypted callback to the encrypted answer.

The server is a real `linli run` in a process of its own, the platform that calls it another one. Everything stays on the
loopback and in a temporary folder beside the caller, so on the disk where the data would lie.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
import http.client
import json
import multiprocessing
import os
import platform
import random
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from rich.console import Console
from rich.table import Table

from bot.channels.wecom_crypto import open_envelope, parse_key, seal
from bot.clock import FakeClock, SystemClock
from handlers.turn import ChatKind, ChatRef, Message, MessageKey, Press, Text, UserRef
from storage.groups import GroupKind
from storage.people import Person, Role

if TYPE_CHECKING:
    from bot.worker import Worker
    from storage.communities import CommunitySettings
    from storage.database import Database

FAILED, WRONG_CALL = 1, 2

TOKEN = "bench"  # noqa: S105  # it guards nothing: both sides are ours
AES_KEY = base64.b64encode(bytes(range(32))).decode("ascii")[:43]
CHANNEL = "bot"
CONNECTIONS = 64
BATCH_MAX = 128

ROUNDS = 5
STEADY_ROUNDS = 3
GROWTH_ROUNDS = 5
STARTS = 5
STEADY_RATE = 200
STEADY_COUNT = 1_000
COUNTS: Mapping[str, int] = {"bare": 6_000, "chat": 4_000, "order": 1_200, "claim": 1_200}
WARM = 200
CHECKED = 50  # answers of a run that are decrypted and looked at; of orders all are, their cards are pressed later
DRIVE_SECONDS = 120.0
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SEND_SECONDS = 60.0
DUE = "state = 'pending' AND not_before <= ?"

COMMUNITIES = 100  # that the load is spread over
MEMBERS, RESIDENTS = 20, 29
BUILDINGS = 60
LARGE_COMMUNITIES, LARGE_ORDERS, LARGE_LIVE = 2_000, 500, 15
LARGE_SPACE = 12_000_000_000  # bytes that should be free before a large database is made
BETWEEN_ORDERS = timedelta(hours=12)  # at two times of the day, neither of them quiet

NEEDS = (
    "厨房水龙头漏水，明天下午三点来修",
    "请人帮忙搬一个柜子，明天下午三点在家",
    "想请人陪着去医院，后天上午九点出门",
    "想请人上门理发，明天下午两点在家",
)
CHATTER = "今天天气真好，大家吃过饭去楼下跳舞吧"

SHORT_LINES = (
    "厨房的灯不亮了，谁能来帮忙看一下？",
    "今天天气真好，大家吃过饭去楼下跳舞吧",
    "求助 3栋2单元402 修水龙头 明天上午",
    "我明天下午三点过去，带一把梯子来可以吗",
    "231号我来接吧，十分钟以后就能到您家",
    "谢谢大家，昨天帮我修好了水管，太好了",
    "出售九成新冰箱一台，价格面议，加微信聊",
    "我家老人头晕走不动，谁能陪着去趟医院",
    "通知：周三上午九点到十一点小区停水检修",
    "改到后天晚上七点半行不行？白天都要上班",
)
LONG_LINE = (
    "各位邻居大家好，我住在{n}栋2单元1503，家里就我和八十三岁的老母亲两个人，她上个礼拜摔了一跤，现在下不了床。"
    "昨天晚上厨房的水管突然开始漏水，地上全是水，我自己拿毛巾堵了半天也没堵住，今天早上物业说师傅要到下周一才有空。"
    "想问问群里有没有会修水管的朋友，明天下午两点到五点我都在家，材料我已经买好了，需要两个人帮忙抬一下橱柜。"
    "我的电话是1390000{n:04}，来之前麻烦先打个电话，家里有狗不过不咬人，真的非常感谢大家，辛苦了。"
)


class BenchFailed(Exception):
    """A measurement would not mean what it says; the text says why."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table. `low` and `high` are the extremes of the runs; `least`/`most` is what was aimed at."""

    name: str
    what: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def aim(self) -> str:
        if self.least is not None:
            return f"≥ {_number(self.least)}"
        return f"≤ {_number(self.most)}" if self.most is not None else ""

    @property
    def is_met(self) -> bool | None:
        if self.least is not None:
            return self.value >= self.least
        return self.value <= self.most if self.most is not None else None


def main(names: Sequence[str], json_file: Path | None = None) -> int:
    """Run the named benchmarks, all without a name; the table, then the same as JSON."""
    unknown = [name for name in names if name not in BENCHES]
    screen = Console(stderr=True)
    if unknown:
        screen.print(f"NAME: {unknown[0]} is none of {', '.join(BENCHES)}.", markup=False)
        return WRONG_CALL
    measured: list[Measure] = []
    machine = _machine()
    try:
        with _workshop(screen) as shop:
            for name in dict.fromkeys(names or BENCHES):
                measured += BENCHES[name](shop)
    except BenchFailed as error:
        screen.print(f"bench: {error}", markup=False)
        return FAILED
    Console().print(_table(measured, machine))
    report = json.dumps(
        {"machine": machine, "measures": [asdict(one) for one in measured]}, ensure_ascii=False, indent=1
    )
    if json_file is None:
        sys.stdout.write(report + "\n")
    else:
        json_file.write_text(report + "\n", encoding="utf-8")
    return 0


# What is measured


def wire(shop: Workshop) -> list[Measure]:
    """Bare ceiling, chatter, new order and claim, interleaved; then each at a steady rate."""
    speeds: dict[str, list[float]] = {kind: [] for kind in COUNTS}
    middle: dict[str, list[float]] = {kind: [] for kind in COUNTS}
    late: dict[str, list[float]] = {kind: [] for kind in COUNTS}
    steady: dict[str, list[float]] = {kind: [] for kind in COUNTS}
    spent: dict[str, list[float]] = {kind: [] for kind in COUNTS}
    file = shop.small_database("wire")
    with shop.bare() as bare, shop.linli(file) as server:
        calls = Calls(COMMUNITIES, 1)
        _warm(shop, calls, server, bare)
        for number in range(ROUNDS):
            shop.say(f"wire: run {number + 1} of {ROUNDS}")
            for kind, run in _each(shop, calls, server, bare, COUNTS, None):
                speeds[kind].append(run.rate)
                middle[kind].append(run.percentile(50))
                late[kind].append(run.percentile(99))
                spent[kind].append(run.cpu_each)
        for number in range(STEADY_ROUNDS):
            shop.say(f"wire: {STEADY_RATE} a second, run {number + 1} of {STEADY_ROUNDS}")
            counts = dict.fromkeys(COUNTS, STEADY_COUNT)
            for kind, run in _each(shop, calls, server, bare, counts, STEADY_RATE):
                steady[kind].append(run.percentile(99))
    _check_facts(file, calls)
    aims = {"bare": (None, None), "chat": (1_500, 0.5), "order": (500, 0.2), "claim": (500, 0.2)}
    lines: list[Measure] = []
    for kind, (rate, share) in aims.items():
        name = f"wire {kind}"
        lines.append(_spread(name, "full speed, 64 connections", speeds[kind], "/s", least=rate))
        if share is not None:
            ratios = [one / bare_one for one, bare_one in zip(speeds[kind], speeds["bare"], strict=True)]
            lines.append(_spread(name, "share of the bare ceiling", ratios, "", least=share))
            efforts = [bare_one / one for one, bare_one in zip(spent[kind], spent["bare"], strict=True)]
            lines.append(_spread(name, "the same by processor time", efforts, ""))
        lines.append(_spread(name, "processor time each, with what follows", spent[kind], "ms"))
        lines.append(_spread(name, "p50 at full speed", middle[kind], "ms"))
        lines.append(_spread(name, "p99 at full speed", late[kind], "ms"))
        lines.append(_spread(name, f"p99 at {STEADY_RATE}/s", steady[kind], "ms", most=None if kind == "bare" else 30))
    return lines


def growth(shop: Workshop) -> list[Measure]:
    """The same with a million orders in the database, against the small one."""
    kinds = ("chat", "order", "claim")
    speeds: dict[str, list[float]] = {kind: [] for kind in kinds}
    efforts: dict[str, list[float]] = {kind: [] for kind in kinds}
    many = f"{LARGE_COMMUNITIES * LARGE_ORDERS:,} orders"
    shop.say(f"growth: filling a database with {many}")
    began = time.monotonic()
    large = shop.large_database()
    filled = time.monotonic() - began
    size = large.stat().st_size
    counts = {kind: COUNTS[kind] for kind in kinds}
    with shop.linli(shop.small_database("small")) as one, shop.linli(large) as other:
        sides = ((one, Calls(COMMUNITIES, 1)), (other, Calls(COMMUNITIES, LARGE_COMMUNITIES // COMMUNITIES)))
        for server, calls in sides:
            _warm(shop, calls, server, None)
        for number in range(GROWTH_ROUNDS):
            shop.say(f"growth: run {number + 1} of {GROWTH_ROUNDS}")
            # In changing order: on a noisy machine whoever comes first may have the better minute.
            runs = {
                server: dict(_each(shop, calls, server, None, counts, None))
                for server, calls in (sides if number % 2 else sides[::-1])
            }
            for kind in kinds:
                speeds[kind].append(runs[other][kind].rate / runs[one][kind].rate)
                efforts[kind].append(runs[other][kind].cpu / runs[one][kind].cpu)
    large.unlink()
    lines: list[Measure] = []
    for kind in kinds:
        lines.append(_spread(f"growth {kind}", f"speed with {many} : with none", speeds[kind], "", least=0.75))
        lines.append(_spread(f"growth {kind}", "processor time each, the same way", efforts[kind], ""))
    return [
        *lines,
        Measure("growth", f"start to ready with {many}", other.seconds_to_ready, "s"),
        Measure("growth", "database file", size / 1e6, "MB"),
        Measure("growth", "time to fill it", filled, "s"),
    ]


def nlp(shop: Workshop) -> list[Measure]:
    """Text to intent, in a process that does nothing else."""
    shop.say("nlp: parsing")
    found = shop.alone(_parse_lines)
    return [
        _spread("nlp 20 characters", "median (processor time)", found.short_medians, "ms", most=0.2),
        _spread("nlp 20 characters", "p99", found.short_late, "ms"),
        _spread("nlp 200 characters", "median (processor time)", found.long_medians, "ms", most=1.0),
        _spread("nlp 200 characters", "p99", found.long_late, "ms", most=2.0),
        Measure("nlp", "memory of a process that only parses", found.megabytes, "MB", most=120),
    ]


def start(shop: Workshop) -> list[Measure]:
    """From the command to /readyz saying 200: the very first time and with a database that is there."""
    first: list[float] = []
    again: list[float] = []
    for number in range(STARTS):
        shop.say(f"start: run {number + 1} of {STARTS}")
        file = shop.folder / f"start{number}" / "linli.db"
        with shop.linli(file) as server:
            first.append(server.seconds_to_ready)
        with shop.linli(file) as server:
            again.append(server.seconds_to_ready)
    return [
        _spread("start", "to ready, the very first time", first, "s", most=3),
        _spread("start", "to ready, with a database", again, "s", most=3),
    ]


def memory(shop: Workshop) -> list[Measure]:
    """Of the server process: just ready, and after a run."""
    shop.say("memory: before and after a run")
    counts = {kind: 2 * count for kind, count in COUNTS.items() if kind != "bare"}
    with shop.linli(shop.small_database("memory")) as server:
        idle = server.megabytes
        calls = Calls(COMMUNITIES, 1)
        for _ in _each(shop, calls, server, None, counts, None):
            pass
        busy = server.megabytes
    done = sum(counts.values())
    return [
        Measure("memory", "server, just ready", idle, "MB", most=200),
        Measure("memory", f"server, after {done:,} messages", busy, "MB", most=200),
    ]


BENCHES: Mapping[str, Callable[[Workshop], list[Measure]]] = {
    "wire": wire,
    "growth": growth,
    "nlp": nlp,
    "start": start,
    "memory": memory,
}


def _warm(shop: Workshop, calls: Calls, server: Server, bare: Server | None) -> None:
    for _ in _each(shop, calls, server, bare, dict.fromkeys(COUNTS, WARM), None):
        pass


def _each(
    shop: Workshop, calls: Calls, server: Server, bare: Server | None, counts: Mapping[str, int], rate: int | None
) -> Iterator[tuple[str, Run]]:
    """One run of each kind, every answer looked at; the claims press the cards that the orders brought."""
    cards: list[Card] = []
    for kind, count in counts.items():
        if kind == "bare" and bare is None:
            continue
        match kind:
            case "order":
                asked = calls.orders(count)
                run = shop.drive(server, [text for text, _ in asked], rate, checked=count)
                cards = [_card_of(answer, where) for answer, (_, where) in zip(run.answers, asked, strict=True)]
            case "claim":
                presses = calls.presses(cards[:count])
                run = shop.drive(server, presses, rate, checked=count)
                for card, answer in zip(cards, run.answers, strict=True):
                    _check_claimed(answer, card)
            case _:
                run = shop.drive(
                    bare if kind == "bare" and bare else server, calls.chatter(count), rate, checked=CHECKED
                )
                for answer in run.answers:
                    _check_said(answer, "收到" if kind == "bare" else "")
        yield kind, run


# The talk of the load


@dataclass(frozen=True, slots=True)
class Card:
    """A posted card of an open order, and where it stands."""

    community: int
    task: str
    key: str


class Calls:
    """Callbacks as the platform would make them, before they are encrypted; no two alike.

    Spread over `count` communities, every `step`-th of the database.
    """

    def __init__(self, count: int, step: int) -> None:
        self._communities = [1 + index * step for index in range(count)]
        self._serial = 0
        self._orders = 0
        self.claimed = 0
        self.response_base = ""

    @property
    def placed(self) -> int:
        return self._orders

    @property
    def communities(self) -> Sequence[int]:
        return self._communities

    def chatter(self, count: int) -> list[str]:
        return [self._say(self._communities[n % len(self._communities)], n, CHATTER) for n in range(count)]

    def orders(self, count: int) -> list[tuple[str, int]]:
        """Orders that differ in building or kind from all others of their community, so that none is a copy."""
        asked = []
        for _ in range(count):
            community = self._communities[self._orders % len(self._communities)]
            turn = self._orders // len(self._communities)
            self._orders += 1
            need = NEEDS[turn // BUILDINGS % len(NEEDS)]
            words = f"求助 {turn % BUILDINGS + 1}栋2单元{turn % 9 + 1}02 {need}"
            asked.append((self._say(community, turn, words), community))
        return asked

    def presses(self, cards: Sequence[Card]) -> list[str]:
        self.claimed += len(cards)
        return [self._press(card, n) for n, card in enumerate(cards)]

    def _say(self, community: int, speaker: int, words: str) -> str:
        return self._callback(community, speaker, {"msgtype": "text", "text": {"content": f"@小邻 {words}"}})

    def _press(self, card: Card, speaker: int) -> str:
        # Somebody else than the one who asked: members take turns.
        press = {"card_type": "button_interaction", "event_key": card.key, "task_id": card.task}
        event = {"eventtype": "template_card_event", "template_card_event": press}
        return self._callback(card.community, speaker // 7 + 11, {"msgtype": "event", "event": event})

    def _callback(self, community: int, speaker: int, said: Mapping[str, object]) -> str:
        self._serial += 1
        return json.dumps(
            {
                "msgid": f"{os.getpid()}-{id(self)}-{self._serial}",
                "aibotid": "aibBENCH",
                "chattype": "group",
                "chatid": copy_name(MEMBERS_GROUP, community),
                "from": {"userid": copy_name(member_name(speaker % MEMBERS), community)},
                "response_url": f"{RESPONSE_PATH}{self._serial}",
                **said,
            }
        )


MEMBERS_GROUP, RESIDENTS_GROUP, SECRETARIES_GROUP = "members", "residents", "secretaries"
RESPONSE_PATH = "{api}/cgi-bin/aibot/response?response_code="


def member_name(number: int) -> str:
    return f"member{number}"


def copy_name(name: str, community: int) -> str:
    """How a name of the first community reads in its copies, see `_multiply`."""
    return f"{name}~{community}" if community > 1 else name


def _check_said(answer: str, words: str) -> None:
    """A finished text that makes no order."""
    found = _object(json.loads(answer))
    stream = _object(found.get("stream"))
    if found.get("msgtype") != "stream" or stream.get("finish") is not True or words not in str(stream.get("content")):
        raise BenchFailed(f"a chat line was answered with {answer[:200]}")


def _card_of(answer: str, community: int) -> Card:
    card = _object(_object(json.loads(answer)).get("template_card"))
    buttons = card.get("button_list")
    first = _object(buttons[0]) if isinstance(buttons, list) and buttons else {}
    key = first.get("key")
    if not isinstance(key, str) or not re.fullmatch("接[0-9]+", key):
        raise BenchFailed(f"a new order was answered with {answer[:200]}")
    return Card(community, str(card.get("task_id")), key)


def _check_claimed(answer: str, card: Card) -> None:
    found = _object(json.loads(answer)) if answer else {}
    if (
        found.get("response_type") != "update_template_card"
        or _object(found.get("template_card")).get("task_id") != card.task
    ):
        raise BenchFailed(f"a claim was answered with {answer[:200]}")


def _check_facts(file: Path, calls: Calls) -> None:
    """What was answered is in the database too: every order, and a holder on every claimed one."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        (placed,) = database.execute("SELECT count(*) FROM orders").fetchone()
        (claimed,) = database.execute("SELECT count(DISTINCT order_id) FROM claims WHERE state = 'held'").fetchone()
    if (placed, claimed) != (calls.placed, calls.claimed):
        raise BenchFailed(
            f"{calls.placed} orders and {calls.claimed} claims were answered, {placed} and {claimed} kept"
        )


def _object(found: object) -> Mapping[str, object]:
    return found if isinstance(found, dict) else {}


# The platform's side, in a process of its own


@dataclass(frozen=True, slots=True)
class Load:
    """What one run sends. `rate` 0: as fast as the answers come."""

    port: int
    callbacks: tuple[str, ...]
    rate: int
    checked: int


@dataclass(frozen=True, slots=True)
class Run:
    """What came back: milliseconds from sending (at a rate: from the due moment) to the answer, and answers in clear.

    `cpu` is what the server spent on it in processor seconds, with everything it sent afterwards.
    """

    seconds: float
    milliseconds: tuple[float, ...]
    answers: tuple[str, ...]
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.milliseconds) / self.seconds

    @property
    def cpu_each(self) -> float:
        """Milliseconds."""
        return self.cpu / len(self.milliseconds) * 1e3

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))]


def drive(load: Load) -> Run:
    """Encrypt everything, then send it over all connections, then decrypt the answers that are to be looked at."""
    key = parse_key(AES_KEY)
    requests = [_request(load.port, key, callback) for callback in load.callbacks]
    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            generator = runner.run(_drive(load, requests))
    finally:
        gc.enable()
    sample = random.Random(len(requests)).sample(range(len(requests)), min(load.checked, len(requests)))  # noqa: S311  # a sample to check, no secret
    answers = tuple(_opened(key, generator.bodies[index]) for index in sorted(sample))
    return Run(generator.seconds, tuple(generator.milliseconds), answers)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _request(port: int, key: bytes, callback: str) -> bytes:
    nonce = str(random.randrange(10**9))  # noqa: S311  # only has to vary
    sealed = seal(TOKEN, key, "", callback, str(int(SystemClock().now().timestamp())), nonce)
    query = f"msg_signature={sealed.signature}&timestamp={sealed.timestamp}&nonce={nonce}"
    body = json.dumps({"encrypt": sealed.encrypt})
    return (
        f"POST /hooks/{CHANNEL}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode("ascii")


def _opened(key: bytes, body: bytes) -> str:
    if not body:
        return ""
    found = _object(json.loads(body))
    return open_envelope(
        TOKEN,
        key,
        "",
        str(found.get("msgsignature")),
        str(found.get("timestamp")),
        str(found.get("nonce")),
        str(found.get("encrypt")),
    )


async def _drive(load: Load, requests: Sequence[bytes]) -> _Generator:
    loop = asyncio.get_running_loop()
    generator = _Generator(requests)
    for _ in range(CONNECTIONS):
        transport, connection = await loop.create_connection(lambda: _Connection(generator), "127.0.0.1", load.port)
        connection.use(transport)
    # The loop's own time counts whole milliseconds, too coarse for a latency.
    begin, begin_exactly = loop.time() + 0.05, time.perf_counter() + 0.05
    for index in range(len(requests)):
        if load.rate:
            after = index / load.rate
            loop.call_at(begin + after, generator.offer, index, begin_exactly + after)
        else:
            generator.offer(index, None)
    try:
        async with asyncio.timeout(DRIVE_SECONDS):
            await generator.finished
    except TimeoutError:
        raise BenchFailed(f"{generator.left} answers did not come") from None
    finally:
        generator.close()
    return generator


class _Generator:
    """Hands requests to idle connections and keeps what they bring back."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self._requests = requests
        self._waiting: deque[tuple[int, float | None]] = deque()
        self._idle: list[_Connection] = []
        self._all: list[_Connection] = []
        self._began: float | None = None
        self.left = len(requests)
        self.seconds = 0.0
        self.milliseconds = [0.0] * len(requests)
        self.bodies = [b""] * len(requests)
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def joins(self, connection: _Connection) -> None:
        self._all.append(connection)
        self._idle.append(connection)

    def offer(self, index: int, due: float | None) -> None:
        """`due`: when it should have left, so that a request that has to wait for a connection counts its wait."""
        if self._began is None:
            self._began = time.perf_counter()
        self._waiting.append((index, due))
        if self._idle:
            self._send(self._idle.pop())

    def done(self, connection: _Connection, index: int, since: float, body: bytes) -> None:
        self.milliseconds[index] = (time.perf_counter() - since) * 1e3
        self.bodies[index] = body
        self.left -= 1
        if self.left == 0:
            assert self._began is not None
            self.seconds = time.perf_counter() - self._began
            self.finished.set_result(None)
        elif self._waiting:
            self._send(connection)
        else:
            self._idle.append(connection)

    def fail(self, words: str) -> None:
        if not self.finished.done():
            self.finished.set_exception(BenchFailed(words))

    def close(self) -> None:
        for connection in self._all:
            connection.close()

    def _send(self, connection: _Connection) -> None:
        index, due = self._waiting.popleft()
        connection.send(index, self._requests[index], time.perf_counter() if due is None else due)


class _Connection(asyncio.Protocol):
    """One connection of the platform: one request at a time."""

    def __init__(self, generator: _Generator) -> None:
        self._generator = generator
        self._transport: asyncio.Transport | None = None
        self._index, self._since = -1, 0.0
        self._received = b""
        self._is_closing = False

    def use(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._generator.joins(self)

    def send(self, index: int, request: bytes, since: float) -> None:
        assert self._transport is not None
        self._index, self._since = index, since
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = re.search(rb"\r\ncontent-length: *([0-9]+)", head, re.IGNORECASE)
        if length is None or len(body) < int(length[1]):
            return
        self._received = b""
        if not head.startswith(b"HTTP/1.1 200"):
            self._generator.fail(f"answered with {head[:60]!r}")
            return
        self._generator.done(self, self._index, self._since, body)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_closing:
            self._generator.fail("the server closed a connection")

    def close(self) -> None:
        self._is_closing = True
        if self._transport is not None:
            self._transport.close()


# The workshop: folder, servers, and the process that plays the platform


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    pid: int
    seconds_to_ready: float
    file: Path | None  # its database

    @property
    def megabytes(self) -> float:
        return _megabytes(self.pid)

    @property
    def cpu(self) -> float:
        """Processor seconds until now, all threads; only Linux tells it in this way."""
        told = Path(f"/proc/{self.pid}/stat")
        if not told.exists():
            return float("nan")
        times = told.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def wait_until_sent(self) -> None:
        """What the last run left to be sent must not burden the next one."""
        if self.file is None:
            return
        until = time.monotonic() + SEND_SECONDS
        with contextlib.closing(sqlite3.connect(self.file)) as database:
            while time.monotonic() < until:
                due = (int(SystemClock().now().timestamp() * 1e6),)
                if not database.execute(f"SELECT 1 FROM outbox WHERE {DUE} LIMIT 1", due).fetchone():  # noqa: S608  # a constant of ours
                    return
                time.sleep(0.05)
        raise BenchFailed(f"lines were still unsent after {SEND_SECONDS:.0f} s")


@dataclass(frozen=True, slots=True)
class Workshop:
    folder: Path
    environment: Mapping[str, str]
    settings: CommunitySettings
    now: datetime
    api: str
    screen: Console
    hands: ProcessPoolExecutor

    def say(self, words: str) -> None:
        self.screen.print(words, markup=False, highlight=False)

    def drive(self, server: Server, callbacks: Sequence[str], rate: int | None, checked: int) -> Run:
        addressed = tuple(callback.replace("{api}", self.api) for callback in callbacks)
        before = server.cpu
        run = self.hands.submit(drive, Load(server.port, addressed, rate or 0, checked)).result()
        server.wait_until_sent()
        return replace(run, cpu=server.cpu - before)

    def alone(self, work: Callable[[], Parsing]) -> Parsing:
        """In a fresh process, so that its memory is its own."""
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as hands:
            return hands.submit(work).result()

    def linli(self, file: Path) -> contextlib.AbstractContextManager[Server]:
        database = {"LINLI_DATABASE_URL": f"sqlite:///{file.as_posix()}"}
        file.parent.mkdir(parents=True, exist_ok=True)
        command = "from bot.cli import main; main()"
        return _serving(self.folder, [sys.executable, "-c", command, "run"], {**self.environment, **database}, file)

    def bare(self) -> contextlib.AbstractContextManager[Server]:
        return _serving(
            self.folder, [sys.executable, "-c", "from bot.bench import serve_bare; serve_bare()"], self.environment
        )

    def small_database(self, name: str) -> Path:
        """The communities that the load speaks in, and no order yet."""
        file = self.folder / name / "linli.db"
        _lived_in(file, 0, self.settings, self.now)
        _multiply(file, COMMUNITIES)
        return file

    def large_database(self) -> Path:
        """A million orders: one community with a year behind it, and its copies."""
        if shutil.disk_usage(self.folder).free < LARGE_SPACE:
            raise BenchFailed(f"growth: {LARGE_SPACE / 1e9:.0f} GB must be free in {self.folder.parent}")
        file = self.folder / "large" / "linli.db"
        _lived_in(file, LARGE_ORDERS, self.settings, self.now)
        _multiply(file, LARGE_COMMUNITIES)
        return file


@contextmanager
def _workshop(screen: Console) -> Iterator[Workshop]:
    from storage.communities import CommunitySettings

    now = SystemClock().now()
    # The same at any hour: no quiet time and no daily push while the clock runs.
    far = now + timedelta(hours=9)
    community = {"quiet": f"{far:%H:%M}-{far + timedelta(hours=1):%H:%M}"} | dict.fromkeys(
        ("digest_at", "morning_at", "confirm_before"), f"{far:%H:%M}"
    )
    with (
        tempfile.TemporaryDirectory(prefix=".linli-bench-", dir=Path.cwd(), ignore_cleanup_errors=True) as folder,
        _platform_api() as api,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as hands,
    ):
        channel = {"KIND": "wecom-bot", "TOKEN": TOKEN, "AES_KEY": AES_KEY, "API_BASE": api}
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LINLI_")},
            **{f"LINLI_CHANNELS__{CHANNEL.upper()}__{key}": value for key, value in channel.items()},
            **{f"LINLI_COMMUNITY__{key.upper()}": value for key, value in community.items()},
        }
        settings = CommunitySettings().changed(community)
        yield Workshop(Path(folder), environment, settings, now, api, screen, hands)


@contextmanager
def _serving(
    folder: Path, command: Sequence[str], environment: Mapping[str, str], file: Path | None = None
) -> Iterator[Server]:
    """A server process of ours until the end of the block."""
    port = _free_port()
    log = folder / f"server-{port}.log"
    with log.open("wb") as lines:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and our own program
            [*command, "--port", str(port)], cwd=folder, env=dict(environment), stdout=lines, stderr=lines
        )
        try:
            _wait_until_ready(process, port, log)
            yield Server(port, process.pid, time.monotonic() - began, file)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    faults = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if " ERROR " in line]
    if faults:
        raise BenchFailed(f"the server logged {len(faults)} errors, the first: {faults[0][:300]}")


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, 5)) as line:
            line.request("GET", "/readyz")
            if line.getresponse().status == http.HTTPStatus.OK:
                return
        time.sleep(0.01)
    raise BenchFailed(f"a server did not get ready: {log.read_text(encoding='utf-8', errors='replace')[-800:]}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _platform_api() -> Iterator[str]:
    """Takes what the sender sends to one-time addresses."""

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", "0")))
            body = b'{"errcode":0,"errmsg":"ok"}'
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
            """Nothing: it would go to the screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# The bare ceiling: the same stack and nothing of the product


def serve_bare() -> None:
    """FastAPI on uvicorn, the same crypto, jieba, and two rows per message committed in batches by one thread."""
    import uvicorn

    config = uvicorn.Config(
        bare_app(Path.cwd() / f"bare-{os.getpid()}"),
        port=int(sys.argv[sys.argv.index("--port") + 1]),
        log_level="error",
        access_log=False,
        ws="none",
    )
    uvicorn.Server(config).run()


def bare_app(folder: Path) -> FastAPI:
    from nlp.words import Words

    writer = _BareWriter(folder / "bare.db")
    words = Words()
    key = parse_key(AES_KEY)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/readyz")
    async def ready() -> Response:
        return Response("ok")

    @app.post("/hooks/{name}", response_model=None)
    async def receive(name: str, request: Request) -> Response:
        query = request.query_params
        outer = json.loads(await request.body())
        timestamp, nonce = query["timestamp"], query["nonce"]
        said = json.loads(open_envelope(TOKEN, key, "", query["msg_signature"], timestamp, nonce, outer["encrypt"]))
        cut = words.cut(said["text"]["content"])
        await writer.keep((said["msgid"], said["from"]["userid"], str(len(cut))))
        answer = {
            "msgtype": "stream",
            "stream": {"id": said["msgid"], "finish": True, "content": f"收到{len(cut)}个词"},
        }
        sealed = seal(TOKEN, key, "", json.dumps(answer, ensure_ascii=False), timestamp, nonce)
        body = {"encrypt": sealed.encrypt, "msgsignature": sealed.signature, "timestamp": timestamp, "nonce": nonce}
        return Response(json.dumps(body), media_type="text/plain")

    return app


Row = tuple[str, str, str]


class _BareWriter:
    """One thread, one commit for all that waits, the product's own engine and pragmas."""

    def __init__(self, file: Path) -> None:
        from storage.database import Database

        self._engine = Database(f"sqlite:///{file.as_posix()}").engine
        self._thread = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[Row, asyncio.Future[None]]] = deque()
        self._pumping: asyncio.Task[None] | None = None
        with self._engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(
                "CREATE TABLE heard (id INTEGER PRIMARY KEY, key TEXT UNIQUE, sender TEXT, words TEXT)"
            )
            connection.exec_driver_sql("CREATE TABLE said (id INTEGER PRIMARY KEY, key TEXT, sender TEXT, words TEXT)")

    def keep(self, row: Row) -> asyncio.Future[None]:
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, kept))
        if self._pumping is None:
            self._pumping = asyncio.create_task(self._pump())
        return kept

    async def _pump(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH_MAX, len(self._waiting)))]
            rows = [row for row, _ in batch]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, rows)
            for _, kept in batch:
                if not kept.done():
                    kept.set_result(None)
        self._pumping = None

    def _commit(self, rows: Sequence[Row]) -> None:
        with self._engine.connect() as connection, connection.begin():
            for row in rows:
                connection.exec_driver_sql("INSERT INTO heard (key, sender, words) VALUES (?, ?, ?)", row)
                connection.exec_driver_sql("INSERT INTO said (key, sender, words) VALUES (?, ?, ?)", row)


# Databases: one community that the product itself has lived in, then copies of it by SQL


def _lived_in(file: Path, orders: int, settings: CommunitySettings, now: datetime) -> None:
    """A new database with one community; its orders went the whole way from placing to rating, but for the last few."""
    from bot.conversation import CommunityPart, GroupPart, settle
    from bot.schedule import purge
    from storage.database import Database
    from storage.schema import upgrade

    database = Database(f"sqlite:///{file.as_posix()}", settings)
    upgrade(database)
    part = CommunityPart(
        "幸福里",
        (
            GroupPart(RESIDENTS_GROUP, GroupKind.RESIDENTS),
            GroupPart(MEMBERS_GROUP, GroupKind.MEMBERS),
            GroupPart(SECRETARIES_GROUP, GroupKind.SECRETARIES),
        ),
        tuple(_neighbours()),
    )
    clock = FakeClock(now - (orders + 1) * BETWEEN_ORDERS)
    with database.write() as store:
        settle(store, (part,), CHANNEL, clock.now())
    worker = _worker(database)
    for number in range(orders):
        _live_through(worker, clock, number, is_whole=number < orders - LARGE_LIVE)
        clock.move_to(now - (orders - number) * BETWEEN_ORDERS)
    clock.move_to(now)
    worker.plan_slots(now)
    purge(database, now)
    database.close()
    with contextlib.closing(sqlite3.connect(file)) as raw, raw:
        # What is still under way wants nothing while the clock runs.
        far = int((now + timedelta(days=30)).timestamp() * 1e6)
        raw.execute("UPDATE steps SET due_at = ? WHERE done_at IS NULL", (far,))
        raw.execute("UPDATE outbox SET state = 'sent', sent_at = created_at WHERE state = 'pending'")
        (done,) = raw.execute("SELECT count(*) FROM orders WHERE state = 'closed'").fetchone()
        if done != max(0, orders - LARGE_LIVE):
            raise BenchFailed(f"of {orders} orders made for the large database {done} were closed")


def _neighbours() -> Iterator[Person]:
    for number in range(MEMBERS):
        roles = frozenset({Role.PARTY_MEMBER})
        yield Person(0, None, member_name(number), str(number + 1), "1", "101", f"138000{number:05}", roles=roles)
    for number in range(RESIDENTS):
        roles = frozenset({Role.RESIDENT})
        yield Person(0, None, f"resident{number}", str(number + 1), "2", "202", f"139000{number:05}", roles=roles)
    yield Person(0, None, "secretary", roles=frozenset({Role.SECRETARY}))


def _worker(database: Database) -> Worker:
    from bot.channels.wecom_bot import WecomBot
    from bot.worker import Worker
    from handlers.ability import load
    from nlp import Parser

    registry = load()
    return Worker(database, Parser(registry.rules()), registry, {CHANNEL: WecomBot.can}, "小邻")


def _live_through(worker: Worker, clock: FakeClock, number: int, *, is_whole: bool) -> None:
    """One order: placed by one member, taken by another, done and rated within the hour."""
    chat = ChatRef(CHANNEL, ChatKind.GROUP, MEMBERS_GROUP)

    def hear(who: int, what: Text | Press, hours: float) -> tuple[str, str]:
        clock.advance(hours=hours)
        name = member_name(who % MEMBERS)
        key = MessageKey(CHANNEL, f"{number}-{clock.now().timestamp()}", name)
        message = Message(key, chat, UserRef(CHANNEL, name, name), True, what, clock.now())
        (answer,) = worker.take([message], clock.now())
        for reply in answer.replies:
            if reply.card and reply.buttons:
                return reply.card, reply.buttons[0].says
        return "", ""

    need = NEEDS[number % len(NEEDS)]
    card, says = hear(number, Text(f"求助 {number % BUILDINGS + 1}栋2单元402 {need}"), 0)
    if not is_whole:
        return
    no = says.removeprefix("接")
    hear(number + 1, Press(says, card), 0.3)
    hear(number + 1, Text(f"完成{no}"), 0.4)
    hear(number, Text(f"{no}号 满意"), 0.2)


def _multiply(file: Path, copies: int) -> None:
    """Copy everything in the database `copies` - 1 times, each copy with ids and names of its own."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -200000", "temp_store = MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            if name != "alembic_version" and not name.startswith("sqlite_")
        ]
        strides = {table: _highest_id(database, table) for table in tables}
        database.execute("CREATE TEMP TABLE copies (n INTEGER PRIMARY KEY)")
        database.executemany("INSERT INTO copies VALUES (?)", ((n,) for n in range(1, copies)))
        database.execute("BEGIN")
        for table in tables:
            columns = _copied_columns(database, table, strides)
            names = ", ".join(f'"{name}"' for name in columns)
            values = ", ".join(columns.values())
            database.execute(f'CREATE TEMP TABLE seed AS SELECT * FROM "{table}"')  # noqa: S608  # names of our own tables
            database.execute(
                f'INSERT INTO "{table}" ({names}) SELECT {values} FROM copies CROSS JOIN temp.seed'  # noqa: S608  # names of our own tables
            )
            database.execute("DROP TABLE temp.seed")
        database.execute("COMMIT")
        database.execute("ANALYZE")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _highest_id(database: sqlite3.Connection, table: str) -> int:
    if not any(name == "id" for _, name, *_ in database.execute(f'PRAGMA table_info("{table}")')):
        return 0
    (highest,) = database.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"').fetchone()  # noqa: S608  # names of our own tables
    return int(highest)


def _copied_columns(database: sqlite3.Connection, table: str, strides: Mapping[str, int]) -> dict[str, str]:
    """Each column as it reads in copy `n`: keys move on, and where a name must be unique it tells its community."""
    links = {column: target for _, _, target, column, *_ in database.execute(f'PRAGMA foreign_key_list("{table}")')}
    columns = {}
    for _, name, *_ in database.execute(f'PRAGMA table_info("{table}")'):
        stride = strides[table] if name == "id" else strides[links[name]] if name in links else 0
        columns[name] = f'"{name}" + n * {stride}' if stride else f'"{name}"'
    for _, index, is_unique, *_ in database.execute(f'PRAGMA index_list("{table}")').fetchall():
        parts = [name for _, _, name in database.execute(f'PRAGMA index_info("{index}")')]
        if is_unique and not any(part == "id" or part in links for part in parts):
            columns[parts[-1]] = f"\"{parts[-1]}\" || '~' || (n + 1)"
    return columns


# Parsing


@dataclass(frozen=True, slots=True)
class Parsing:
    short_medians: tuple[float, ...]
    short_late: tuple[float, ...]
    long_medians: tuple[float, ...]
    long_late: tuple[float, ...]
    megabytes: float


def _parse_lines() -> Parsing:
    """Lines that differ in their digits, so that no line is met twice."""
    from handlers.ability import load
    from nlp import Parser

    parser = Parser(load().rules())
    parser.warm()
    now = SystemClock().now()
    megabytes = _megabytes(os.getpid())

    def spent(text: str) -> float:
        # Processor time: what other programs take meanwhile is not the parser's.
        began = time.process_time()
        parser.parse(text, now, mentioned=True)
        return (time.process_time() - began) * 1e3

    short: list[list[float]] = []
    long: list[list[float]] = []
    for number in range(ROUNDS):
        short.append([spent(_renumbered(line, number * 200 + n)) for n in range(200) for line in SHORT_LINES])
        long.append([spent(LONG_LINE.format(n=number * 300 + n + 1)) for n in range(300)])
    return Parsing(
        tuple(map(statistics.median, short)),
        tuple(map(_late, short)),
        tuple(map(statistics.median, long)),
        tuple(map(_late, long)),
        megabytes,
    )


def _renumbered(line: str, number: int) -> str:
    return f"{line[:-2]}{number:02}" if line[-1].isdigit() else line.replace("231", str(231 + number))


def _late(milliseconds: Sequence[float]) -> float:
    return Run(1.0, tuple(milliseconds), ()).percentile(99)


# The report


def _spread(
    name: str, what: str, runs: Sequence[float], unit: str, *, least: float | None = None, most: float | None = None
) -> Measure:
    return Measure(name, what, statistics.median(runs), unit, min(runs), max(runs), least, most)


def _megabytes(pid: int) -> float:
    """Resident memory of a process of ours; only Linux tells it in this way."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return float("nan")
    found = re.search(r"VmRSS:\s+([0-9]+) kB", status.read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else float("nan")


def _machine() -> dict[str, str]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8"))
        cpu = found[1] if found else cpu
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "?"
    return {
        "date": f"{SystemClock().now():%Y-%m-%d}",
        "cpu": cpu,
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load before": load,
    }


def _table(measured: Sequence[Measure], machine: Mapping[str, str]) -> Table:
    table = Table(title=" · ".join(f"{key} {value}" for key, value in machine.items()), title_justify="left")
    for heading in ("measure", "what"):
        table.add_column(heading)
    for heading in ("median", "lowest–highest", "aim"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for one in measured:
        spread = "" if one.low is None or one.high is None else f"{_number(one.low)}–{_number(one.high)}"
        mark = {True: "met", False: "missed", None: ""}[one.is_met]
        table.add_row(one.name, one.what, f"{_number(one.value)} {one.unit}".strip(), spread, one.aim, mark)
    return table


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
