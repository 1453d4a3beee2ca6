"""The server as a platform meets it: a process of its own, real HTTP, real databases."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import uvicorn
from sqlalchemy import text

from bot.app import build
from bot.channels import Inbound
from bot.clock import Clock, DemoClock, FakeClock, SystemClock
from bot.settings import load
from storage.database import Database
from storage.schema import upgrade
from tests.fake_wecom import BotCaller, Object

ROOT = Path(__file__).parents[1]
TOKEN = "made-up-token"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
START_SECONDS = 30
CODE = "ABCD2345"
CONFIG = f"""
[channels.bot]
kind = "wecom-bot"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
"""
NEED = "@小邻 厨房灯不亮了，3栋2单元402，明天上午都在，13900002210"


@dataclass(frozen=True, slots=True)
class Platform:
    """How the platform talks to a server, and a look behind it into the database."""

    base: str
    database: Database
    caller: BotCaller
    http: httpx.Client

    def send(self, inbound: Inbound, http: httpx.Client | None = None) -> httpx.Response:
        query = [(name, value) for name, values in inbound.query.items() for value in values]
        return (http or self.http).request(
            inbound.method,
            f"{self.base}/hooks/bot",
            params=urlencode(query),
            headers=dict(inbound.headers),
            content=inbound.body,
        )

    def say(self, payload: Object) -> Object:
        response = self.send(self.caller.request(payload))
        assert response.status_code == 200
        return self.caller.answer(response.content)

    def count(self, query: str) -> int:
        with self.database.engine.connect() as connection, connection.begin():
            return int(connection.execute(text(query)).scalar_one())

    def wait_until_ready(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.http.get(f"{self.base}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass  # it does not listen yet
            assert time.monotonic() < give_up, "the server is not ready"
            time.sleep(0.02)


@contextmanager
def platform(url: str, port: int) -> Iterator[Platform]:
    """Over a database with one community and a code for its first secretary."""
    database = Database(url)
    upgrade(database)
    with database.write() as store:
        if not store.communities.all():
            community = store.communities.add("幸福里", datetime(2026, 11, 20, tzinfo=UTC))
            store.people.add_invite(CODE, community.id, datetime(2100, 1, 1, tzinfo=UTC))
    with httpx.Client(trust_env=False, timeout=20, verify=False) as http:
        yield Platform(f"http://127.0.0.1:{port}", database, BotCaller(TOKEN, AES_KEY), http)
    database.close()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def served(folder: Path, url: str, written: str = CONFIG, clock: Clock | None = None) -> Iterator[Platform]:
    """A server in a thread of this process."""
    config = folder / "linli.toml"
    config.write_text(written, encoding="utf-8")
    port = free_port()
    with platform(url, port) as there:
        app = build(load(config, {"LINLI_DATABASE_URL": url}), clock or SystemClock())
        server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            there.wait_until_ready()
            yield there
        finally:
            server.should_exit = True
            thread.join(15)


def start(folder: Path, *arguments: str, url: str = "", config: str = CONFIG) -> subprocess.Popen[str]:
    """The real command, in a process of its own."""
    (folder / "linli.toml").write_text(config, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **({"LINLI_DATABASE_URL": url} if url else {})}
    return subprocess.Popen(
        [sys.executable, "-c", "from bot.cli import main; main()", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@contextmanager
def started(folder: Path, url: str) -> Iterator[tuple[Platform, subprocess.Popen[str]]]:
    port = free_port()
    with platform(url, port) as there:
        process = start(folder, "run", "--port", str(port), url=url)
        try:
            there.wait_until_ready()
            yield there, process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


def stop(process: subprocess.Popen[str]) -> str:
    """End it as a service manager would; what it wrote."""
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=15)[1]


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Platform]:
    """With one group, g1, of residents."""
    with served(tmp_path, database_url) as server:
        server.say(server.caller.text(f"@小邻 绑定 {CODE} 居民群", user="han", group="g1"))
        yield server


@pytest.fixture
def sqlite_server(tmp_path: Path, sqlite_url: str) -> Iterator[Platform]:
    with served(tmp_path, sqlite_url) as server:
        yield server


# The address


def test_the_address_check_is_answered_byte_for_byte(server: Platform) -> None:
    response = server.send(server.caller.verification("1234567890123456789"))
    assert response.content == b"1234567890123456789"
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


def test_an_unknown_hook_is_not_found_and_nothing_is_documented(server: Platform) -> None:
    paths = ("/hooks/none", "/docs", "/openapi.json", "/redoc", "/console", "/board", "/hooks/bot/more")
    assert {server.http.get(f"{server.base}{path}").status_code for path in paths} == {404}
    assert server.http.put(f"{server.base}/hooks/bot").status_code == 405


def test_forged_requests_get_one_and_the_same_answer_and_leave_nothing(server: Platform) -> None:
    before = server.count("SELECT count(*) FROM inbox")
    stranger = BotCaller("another-token", AES_KEY)
    other_key = BotCaller(TOKEN, AES_KEY[::-1])
    late = BotCaller(TOKEN, AES_KEY, now=lambda: time.time() - 3600)
    for_app = BotCaller(TOKEN, AES_KEY)
    for_app.receive_id = "ww0fake"
    payload = server.caller.text(NEED, user="wang", group="g1")
    good = server.caller.request(payload)
    forged = [
        stranger.request(payload),
        other_key.request(payload),
        late.request(payload),
        for_app.request(payload),
        server.caller.request("no JSON"),
        server.caller.request("[" * 50_000),
        Inbound("POST", {}, {}, good.body),
        Inbound("POST", {**good.query, "msg_signature": ("é" * 40,)}, {}, good.body),
        Inbound("POST", {**good.query, "nonce": (good.query["nonce"][0], "2")}, {}, good.body),
        Inbound("POST", good.query, {}, good.body[:-20]),
        Inbound("POST", good.query, {}, b""),
        Inbound("POST", good.query, {}, b"\xff\x00" * 100),
        stranger.verification("echo"),
    ]
    answers = {(response.status_code, response.content) for response in map(server.send, forged)}
    assert answers == {(403, b"forbidden")}
    assert server.count("SELECT count(*) FROM inbox") == before


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "streamed"])
def test_an_oversized_body_is_refused_before_it_is_read(server: Platform, declared: bool) -> None:
    inbound = server.caller.request(server.caller.text(NEED, user="wang", group="g1"))
    query = {name: values[0] for name, values in inbound.query.items()}
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(20_000):
            sent += 65_536
            yield b"x" * 65_536

    try:
        response = server.http.post(
            f"{server.base}/hooks/bot", params=query, content=b"x" * 131_073 if declared else chunks()
        )
        assert response.status_code == 413
    except httpx.WriteError:
        assert not declared  # the server hung up while we were still talking
    assert sent < 100 * 65_536
    assert server.http.get(f"{server.base}/healthz").text == "ok"


# One message is one message


def is_finished(answer: dict[str, object]) -> bool:
    stream = answer.get("stream")
    return not isinstance(stream, dict) or bool(stream["finish"])


def finished(server: Platform, answer: dict[str, object]) -> str:
    """The words of the answer once it is complete; on a busy machine the platform asks again, as it would."""
    while not is_finished(answer):
        stream = answer["stream"]
        assert isinstance(stream, dict)
        answer = server.say(server.caller.poll(str(stream["id"]), user="wang", group="g1"))
    words = answer["stream"]
    assert isinstance(words, dict)
    return str(words["content"])


def test_twenty_copies_over_fifty_connections_are_one_order_with_one_answer(server: Platform) -> None:
    copy = server.caller.request(server.caller.text(NEED, user="wang", group="g1"))
    others = [
        server.caller.request(server.caller.text("今天天气真好", user=f"u{number}", group="g1")) for number in range(30)
    ]
    barrier = threading.Barrier(50)

    def send(inbound: Inbound) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=20, verify=False) as http:
            http.get(f"{server.base}/healthz")
            barrier.wait(20)
            return server.send(inbound, http)

    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(send, [copy] * 20 + others))
    assert {response.status_code for response in responses} == {200}
    answers = [server.caller.answer(response.content) for response in responses[:20]]
    # What was answered at once is the same to the letter; what was late is the same in its words.
    assert len({json.dumps(answer, sort_keys=True) for answer in answers if is_finished(answer)}) <= 1
    (words,) = {finished(server, answer) for answer in answers}
    assert "1号" in words
    assert server.count("SELECT count(*) FROM orders") == 1
    assert server.count("SELECT max(copies) FROM inbox") == 19


def test_an_answer_can_be_asked_for_again(server: Platform) -> None:
    said = server.say(server.caller.text(NEED, user="wang", group="g1"))
    stream = said["stream"]
    assert isinstance(stream, dict)
    again = server.say(server.caller.poll(str(stream["id"]), user="wang", group="g1"))
    repeated = again["stream"]
    assert isinstance(repeated, dict)
    assert (repeated["finish"], repeated["content"]) == (True, stream["content"])


def test_a_stream_nobody_knows_tells_the_person_to_say_it_again(server: Platform) -> None:
    said = server.say(server.caller.poll("0" * 32, user="wang", group="g1"))
    assert "再说一遍" in json.dumps(said, ensure_ascii=False)


# When the database is slow or gone


def test_a_late_answer_is_unfinished_and_comes_with_a_poll(sqlite_server: Platform) -> None:
    server = sqlite_server
    with server.database.write():  # nobody else can write meanwhile
        begun = time.monotonic()
        said = server.say(server.caller.text("@小邻 帮助", user="wang"))
        first = said["stream"]
        assert isinstance(first, dict)
        assert first["finish"] is False
        poll = server.say(server.caller.poll(str(first["id"]), user="wang"))["stream"]
        assert isinstance(poll, dict)
        assert poll["finish"] is False
        assert time.monotonic() - begun < 5
    last = server.say(server.caller.poll(str(first["id"]), user="wang"))["stream"]
    assert isinstance(last, dict)
    assert last["finish"] is True
    assert "小邻" in str(last["content"])


def test_what_cannot_be_kept_is_never_confirmed(sqlite_server: Platform) -> None:
    server = sqlite_server
    rename(server, "inbox", "away")
    said = server.say(server.caller.text(NEED, user="wang"))
    assert "暂时无法登记" in json.dumps(said, ensure_ascii=False)
    rename(server, "away", "inbox")
    said = server.say(server.caller.text(NEED, user="wang"))
    assert "1号" in json.dumps(said, ensure_ascii=False)


def rename(server: Platform, before: str, after: str) -> None:
    with server.database.engine.connect() as connection, connection.begin():
        connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


# Stopping


def test_stopping_under_load_loses_and_doubles_nothing(tmp_path: Path, database_url: str) -> None:
    with started(tmp_path, database_url) as (server, process):
        acknowledged, took, written = stop_under_load(server, process)
        assert process.returncode == 0, written
        assert took < 10
        assert "Traceback" not in written
        assert len(acknowledged) > 8
        with server.database.engine.connect() as connection, connection.begin():
            kept = list(connection.execute(text("SELECT key FROM inbox")).scalars())
        assert set(acknowledged) <= set(kept)
        assert len(set(kept)) == len(kept)


def stop_under_load(server: Platform, process: subprocess.Popen[str]) -> tuple[list[str], float, str]:
    """Keys of what was acknowledged, how long the end took, and what was written."""
    acknowledged: list[str] = []
    lock = threading.Lock()

    def talk(number: int) -> None:
        caller = BotCaller(TOKEN, AES_KEY)
        with httpx.Client(trust_env=False, timeout=20, verify=False) as http:
            for turn in count():
                payload = caller.text(f"@小邻 {turn % 20 + 1}栋楼道灯坏了", user=f"u{number}-{turn}", group="g1")
                try:
                    response = server.send(caller.request(payload), http)
                except httpx.TransportError:
                    return  # refused: the platform would say it again
                if response.status_code == 200 and caller.answer(response.content):
                    with lock:
                        acknowledged.append(f"bot/{payload['msgid']}/u{number}-{turn}")

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    begun = time.monotonic()
    written = stop(process)
    took = time.monotonic() - begun
    for thread in threads:
        thread.join(20)
    return acknowledged, took, written


# Starting


def ended(folder: Path, *arguments: str, url: str = "", config: str = CONFIG) -> tuple[int, str, str]:
    process = start(folder, *arguments, url=url, config=config)
    said, complained = process.communicate(timeout=START_SECONDS)
    return process.returncode, said, complained


def test_a_missing_key_ends_the_start_with_its_name(tmp_path: Path) -> None:
    status, _, complained = ended(tmp_path, "run", config=CONFIG.replace("aes_key", "#"))
    assert status == 2
    assert "channels.bot.aes_key" in complained
    assert len(complained.strip().splitlines()) == 1


def test_a_newer_database_ends_the_start(tmp_path: Path, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    upgrade(database)
    with database.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    status, _, complained = ended(tmp_path, "run", url=sqlite_url)
    assert status == 2
    assert "newer" in complained
    assert len(complained.strip().splitlines()) == 1


def test_a_database_that_cannot_be_reached_ends_the_start_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://linli:canary-5f1c@127.0.0.1:{free_port()}/linli"
    status, said, complained = ended(tmp_path, "run", url=url)
    assert status == 2
    assert complained.startswith("database_url")
    assert "canary" not in said + complained


def test_the_first_start_prints_a_code_that_makes_a_secretary(tmp_path: Path, sqlite_url: str) -> None:
    with started(tmp_path, sqlite_url) as (server, process):
        assert process.stdout is not None
        found = re.search(r"绑定 ([A-Z2-9]{8}) 书记群", process.stdout.readline())
        assert found
        said = server.say(server.caller.text(f"@小邻 绑定 {found[1]} 书记群", user="han", group="g9"))
        assert "书记群" in json.dumps(said, ensure_ascii=False)
        assert server.count("SELECT count(*) FROM roles WHERE role = '书记'") == 1


def test_what_it_writes_holds_no_words_names_or_keys(tmp_path: Path, sqlite_url: str) -> None:
    with started(tmp_path, sqlite_url) as (server, process):
        server.say(server.caller.text(f"@小邻 绑定 {CODE} 居民群", user="han", group="g1"))
        server.say(server.caller.text(NEED, user="wang", group="g1"))
        server.send(BotCaller("wrong", AES_KEY).request({}))
        written = stop(process)
    assert "outcome=refused" in written
    for secret in (TOKEN, AES_KEY, "13900002210", "厨房灯", "msg_signature", CODE):
        assert secret not in written


# The page for trying

CONSOLE = f'{CONFIG}\n[channels.console]\nkind = "console"\n'


def test_the_page_is_only_served_at_this_machine_and_under_its_name(tmp_path: Path, sqlite_url: str) -> None:
    with served(tmp_path, sqlite_url, "", DemoClock(SystemClock())) as server:
        page = f"{server.base}/console"
        assert server.http.get(page).status_code == 200
        assert server.http.get(page, headers={"host": "evil.example"}).status_code == 403


def test_the_page_never_shows_or_empties_a_database_with_a_real_group(tmp_path: Path, sqlite_url: str) -> None:
    with served(tmp_path, sqlite_url, CONSOLE, DemoClock(SystemClock())) as server:
        reset = {"origin": server.base, "x-linli-console": "1"}
        assert server.http.post(f"{server.base}/console/reset", headers=reset).status_code == 204
        with server.database.write() as store:
            store.people.add_invite(CODE, store.communities.all()[0].id, datetime(2100, 1, 1, tzinfo=UTC))
        server.say(server.caller.text(f"@小邻 绑定 {CODE} 居民群", user="han", group="g1"))
        assert server.http.post(f"{server.base}/console/reset", headers=reset).status_code == 409
        assert server.count("SELECT count(*) FROM groups WHERE channel = 'bot'") == 1
    with served(tmp_path, sqlite_url, CONSOLE, DemoClock(SystemClock())) as server:
        assert server.http.get(f"{server.base}/console").status_code == 404


def test_moving_the_clock_does_what_is_due_on_the_way(tmp_path: Path, sqlite_url: str) -> None:
    clock = DemoClock(FakeClock("2026-11-23T09:00"))
    with served(tmp_path, sqlite_url, CONSOLE, clock) as server:
        asked = {"origin": server.base, "x-linli-console": "1"}
        server.http.post(f"{server.base}/console/reset", headers=asked)
        before = server.count("SELECT count(*) FROM daily_slots WHERE due_at < 1795482000000000")
        assert before > 0
        moved = server.http.post(f"{server.base}/console/skip", headers=asked, json={"minutes": 24 * 60})
        assert moved.status_code == 204
        assert clock.now() == datetime.fromisoformat("2026-11-24T09:00+08:00")
        assert server.count("SELECT count(*) FROM daily_slots WHERE due_at < 1795482000000000") == 0


# Health


def test_metrics_count_what_happened(server: Platform) -> None:
    server.say(server.caller.text(NEED, user="wang", group="g1"))
    server.send(BotCaller("wrong", AES_KEY).request({}))
    time.sleep(0.6)  # the event loop's lag is measured twice a second
    told = server.http.get(f"{server.base}/metrics").text
    assert 'linli_callbacks_total{outcome="refused"} 1.0' in told
    assert "linli_turns_total 2.0" in told
    assert "linli_waiting_messages 0.0" in told
    assert re.search(r"linli_loop_lag_seconds_count [1-9]", told)


def test_not_ready_while_nothing_can_be_written(sqlite_server: Platform) -> None:
    rename(sqlite_server, "communities", "away")
    response = sqlite_server.http.get(f"{sqlite_server.base}/readyz")
    assert (response.status_code, "database" in response.text) == (503, True)
    assert sqlite_server.http.get(f"{sqlite_server.base}/healthz").status_code == 200
    rename(sqlite_server, "away", "communities")
    sqlite_server.wait_until_ready()
