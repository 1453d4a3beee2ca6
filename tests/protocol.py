"""A real server in its own process, and the platform around it: signs, encrypts, asks again and keeps every word."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
import secrets
import socket
import string
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx

from bot.channels import Inbound
from handlers import wording
from handlers.turn import MessageKey
from tests.fake_wecom import AppCaller, BotCaller, Delivered, FakeWecom, Object, element

ROOT = Path(__file__).parents[1]
COMMAND = (sys.executable, "-c", "from bot.cli import main; main()")
BOT, APP, PUSH = "bot", "app", "push"
STORM_SECONDS = 60.0  # how fast a storm is answered is measured by the benchmarks
ANSWER_SECONDS = 5.0  # then the platform drops the line
POLL_SECONDS = 0.5
COPIES_MOST = 3  # of a message that got no answer; a press is never sent again
READY_SECONDS = 30.0
CODE = re.compile(r"[A-Z0-9]{8}")


def new_key() -> str:
    """43 characters, as the admin console shows them."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(42)) + "A"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the operator copies from the admin console into the configuration; servers of one installation share it."""

    bot_token: str = field(default_factory=lambda: secrets.token_hex(8))
    bot_key: str = field(default_factory=new_key)
    app_token: str = field(default_factory=lambda: secrets.token_hex(8))
    app_key: str = field(default_factory=new_key)


class Server:
    """`linli run` in a process of its own, to be killed and started again at will."""

    def __init__(self, folder: Path, fake: FakeWecom, keys: Secrets, database_url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database_url = database_url
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self._said = folder / "said.txt"
        self._config = folder / "linli.toml"
        self._config.write_text(configuration(fake, keys, database_url), encoding="utf-8")
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._http = httpx.Client(timeout=2.0, trust_env=False)

    def start(self) -> None:
        with self._lock, self.log.open("ab") as log, self._said.open("ab") as said:
            self._process = subprocess.Popen(
                [*COMMAND, "run", "--config", str(self._config), "--port", str(self.port)],
                cwd=ROOT,
                stdout=said,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            try:
                if self._http.get(f"{self.base}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"the server is not ready:\n{self.tail()}")

    def kill(self) -> None:
        """SIGKILL: nothing in the process hears of it."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process.wait()

    def stop(self) -> None:
        self._http.close()
        with self._lock:
            if self._process is None:
                return
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def first_code(self) -> str:
        """The code in the line that `linli run` prints while there is no secretary."""
        codes = CODE.findall(self._said.read_text(encoding="utf-8"))
        assert codes, "linli run printed no code"
        return str(codes[-1])

    def invite(self) -> str:
        done = subprocess.run(
            [*COMMAND, "invite", "--config", str(self._config)], cwd=ROOT, capture_output=True, check=True, timeout=60
        )
        found = CODE.search(done.stdout.decode())
        assert found, "linli invite printed no code"
        return found[0]

    def tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:] if self.log.exists() else ""


def configuration(fake: FakeWecom, keys: Secrets, database_url: str) -> str:
    # The night has no part in this: whenever the test runs, it is day in this community.
    return f"""
database_url = "{database_url}"
bot_names = ["小邻"]

[channels.{BOT}]
kind = "wecom-bot"
token = "{keys.bot_token}"
aes_key = "{keys.bot_key}"
directory = "{APP}"
api_base = "{fake.base}"

[channels.{APP}]
kind = "wecom-app"
corp_id = "{fake.corp_id}"
agent_id = {fake.agent_id}
secret = "{fake.secret}"
token = "{keys.app_token}"
aes_key = "{keys.app_key}"
api_base = "{fake.base}"

[channels.{PUSH}]
kind = "wecom-webhook"
api_base = "{fake.base}"

[community]
quiet = "03:00-03:00"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What people see of an answer: the words, and the card if there is one."""

    words: str = ""
    card: Mapping[str, object] | None = None
    is_update: bool = False

    @property
    def task(self) -> str:
        assert self.card is not None, "the answer holds no card"
        return str(self.card["task_id"])

    @property
    def key(self) -> str:
        """What the first button of the card says."""
        assert self.card is not None, "the answer holds no card"
        buttons = self.card["button_list"]
        assert isinstance(buttons, list)
        return str(buttons[0]["key"])

    @property
    def text(self) -> str:
        """All that can be read: the words, and the lines of the card."""
        if self.card is None:
            return self.words
        title = self.card["main_title"]
        assert isinstance(title, dict)
        return "\n".join([self.words, *map(str, title.values()), str(self.card.get("sub_title_text", ""))])


def read_answer(said: Object) -> Answer:
    stream, card, text = said.get("stream"), said.get("template_card"), said.get("text")
    words = ""
    for part in (stream, text):
        if isinstance(part, dict):
            words = str(part.get("content", ""))
    return Answer(words, card if isinstance(card, dict) else None, said.get("response_type") == "update_template_card")


@dataclass(frozen=True, slots=True)
class Callback:
    """One thing that happened on the platform. `request` seals it anew, as every copy is sealed anew."""

    channel: str
    key: str  # our inbox key of it
    request: Callable[[], Inbound]
    read: Callable[[bytes], Object]
    is_press: bool = False

    @property
    def stream(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()[:32]


class Line:
    """One kept connection. httpx looks through all of its connections for every request, which hundreds make slow."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer

    @classmethod
    async def to(cls, server: Server) -> Line:
        return cls(server, *await asyncio.open_connection("127.0.0.1", server.port))

    async def post(self, channel: str, inbound: Inbound) -> bytes:
        head = [
            f"POST /hooks/{channel}?{urlencode(query_of(inbound))} HTTP/1.1",
            f"Host: 127.0.0.1:{self._server.port}",
            f"Content-Length: {len(inbound.body)}",
            *(f"{name}: {value}" for name, value in inbound.headers.items()),
        ]
        self._writer.write("\r\n".join([*head, "", ""]).encode("ascii") + inbound.body)
        async with asyncio.timeout(STORM_SECONDS):
            answered, *headers = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
            assert answered.split()[1] == "200", f"{answered}: {self._server.tail()}"
            sizes = [line.partition(":")[2] for line in headers if line.lower().startswith("content-length:")]
            return await self._reader.readexactly(int(sizes[0]))

    def close(self) -> None:
        self._writer.close()


class Platform:
    """Calls the hooks as WeCom does, and remembers what was acknowledged."""

    def __init__(self, fake: FakeWecom, keys: Secrets, servers: Sequence[Server]) -> None:
        self.fake = fake
        self.servers = servers
        self.bot = BotCaller(keys.bot_token, keys.bot_key)
        self.app = AppCaller(keys.app_token, keys.app_key, corp_id=fake.corp_id, agent_id=fake.agent_id)
        self.sent: dict[str, Callback] = {}
        self.acknowledged: dict[str, list[Answer]] = {}
        self._http = httpx.Client(timeout=ANSWER_SECONDS, trust_env=False)

    def close(self) -> None:
        self._http.close()

    # What people do

    def text(self, words: str, *, user: str, group: str | None = None) -> Callback:
        """A message in a group, where it begins with the mention without which the bot hears nothing, or in private."""
        if group is not None:
            words = f"@小邻 {words}"
        return self._of_bot(self.bot.text(words, user=user, group=group))

    def press(self, card: Answer, *, user: str, group: str) -> Callback:
        return self._of_bot(self.bot.press(card.key, task=card.task, user=user, group=group), is_press=True)

    def app_text(self, words: str, *, user: str) -> Callback:
        """A member answers in the app's chat, where its messages arrive."""
        plain = self.app.text(words, user=user)
        key = str(MessageKey(APP, element(plain, "MsgId"), user.lower()))
        return Callback(APP, key, lambda: self.app.request(plain), lambda body: app_answer(self.app.answer(body)))

    def poll(self, of: Callback, stream: str) -> Callback:
        """The platform asks for the rest of an unfinished answer."""
        payload = self.bot.poll(stream, user="platform")
        return Callback(BOT, of.key, lambda: self.bot.request(payload), self.bot.answer)

    def _of_bot(self, payload: Object, *, is_press: bool = False) -> Callback:
        sender = payload["from"]
        assert isinstance(sender, dict)
        key = str(MessageKey(BOT, str(payload["msgid"]), str(sender["userid"]).lower()))
        return Callback(BOT, key, lambda: self.bot.request(payload), self.bot.answer, is_press)

    # How it reaches us

    def tell(self, callback: Callback, *, copies: int = COPIES_MOST) -> Answer | None:
        """The answer; None where the line was cut each time. After a cut the platform asks again, but not for a press."""
        server = self.servers[0]
        for _ in range(1 if callback.is_press else 1 + copies):
            server.wait_until_ready()
            answer = self._ask(server, callback)
            if answer is not None:
                return answer
        return None

    def _ask(self, server: Server, callback: Callback) -> Answer | None:
        self.sent[callback.key] = callback
        said = self._post(server, callback)
        while said is not None and is_unfinished(said):
            time.sleep(POLL_SECONDS)
            server.wait_until_ready()
            said = self._post(server, self.poll(callback, str(stream_in(said)["id"]))) or said
        if said is None:
            return None
        answer = read_answer(said)
        if answer.words != wording.cannot_record():  # which is said of what was not kept
            self.acknowledged.setdefault(callback.key, []).append(answer)
        return answer

    def _post(self, server: Server, callback: Callback) -> Object | None:
        inbound = callback.request()
        try:
            response = self._http.post(
                f"{server.base}/hooks/{callback.channel}",
                params=query_of(inbound),
                content=inbound.body,
                headers=dict(inbound.headers),
            )
        except httpx.TransportError:
            return None
        assert response.status_code == 200, f"{response.status_code}: {server.tail()}"
        return callback.read(response.content)

    async def storm(self, callbacks: Sequence[Callback], *, connections: int) -> list[Answer]:
        """All of them over so many connections at once, dealt out to the servers in turn; the answers in order."""
        waiting = deque(enumerate(callbacks))
        answers: dict[int, Answer] = {}

        async def connected(server: Server) -> None:
            line = await Line.to(server)
            try:
                while waiting:
                    number, callback = waiting.popleft()
                    answers[number] = await self._ask_in_storm(line, callback)
            finally:
                line.close()

        dealt = [self.servers[number % len(self.servers)] for number in range(connections)]
        await asyncio.gather(*map(connected, dealt))
        return [answers[number] for number in range(len(callbacks))]

    async def _ask_in_storm(self, line: Line, callback: Callback) -> Answer:
        self.sent[callback.key] = callback
        said = callback.read(await line.post(callback.channel, callback.request()))
        while is_unfinished(said):
            await asyncio.sleep(POLL_SECONDS)
            rest = self.poll(callback, str(stream_in(said)["id"]))
            said = rest.read(await line.post(rest.channel, rest.request()))
        answer = read_answer(said)
        self.acknowledged.setdefault(callback.key, []).append(answer)
        return answer

    # What people see

    def delivered(self, to: str, after: int = 0) -> list[str]:
        """The texts that a member or the group behind a webhook key was given."""
        return [text_of(one) for one in self.fake.delivered[after:] if one.to == to]

    def wait_for(self, to: str, words: str, seconds: float = 25.0) -> str:
        """The first text with these words that this addressee is given."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = next((text for text in self.delivered(to) if words in text), None)
            if found is not None:
                return found
            time.sleep(0.01)
        raise AssertionError(f"{to} was never told {words!r}, only {self.delivered(to)}\n{self.servers[0].tail()}")


def query_of(inbound: Inbound) -> dict[str, str]:
    return {name: values[0] for name, values in inbound.query.items()}


def app_answer(xml: str) -> Object:
    return {"text": {"content": element(xml, "Content")}} if xml else {}


def stream_in(said: Object) -> Object:
    stream = said.get("stream")
    return stream if isinstance(stream, dict) else {}


def is_unfinished(said: Object) -> bool:
    return stream_in(said).get("finish") is False


def text_of(message: Delivered) -> str:
    part = message.body.get("text")
    assert isinstance(part, dict), message
    return str(part["content"])


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL, for the report of a failing run."""

    step: str
    moment: str


class Reaper:
    """Kills the server once in every step of a story, at a moment drawn by `fate`, and starts it again."""

    MOMENTS = ("before the step", "soon", "while something is being sent", "twice")
    SOON_SECONDS = 0.25
    SENDING_SECONDS = 0.06

    def __init__(self, server: Server, fake: FakeWecom, fate: random.Random, *, most: int) -> None:
        self.kills: list[Kill] = []
        self._most = most
        self._server = server
        self._fake = fake
        self._fate = fate

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        moment = self._fate.choice(self.MOMENTS)
        if moment == "before the step":
            self._kill(name, moment)
            yield
            return
        over = threading.Event()
        calls = len(self._fake.calls)
        wait = self._fate.uniform(0, self.SENDING_SECONDS if "sent" in moment else self.SOON_SECONDS)
        again = self._fate.uniform(0.05, 1.5) if moment == "twice" else None

        def strike() -> None:
            while "sent" in moment and len(self._fake.calls) == calls and not over.is_set():
                time.sleep(0.001)
            time.sleep(wait)
            self._kill(name, moment)
            if again is not None:
                time.sleep(again)  # in the middle of starting
                self._kill(name, moment)

        striking = threading.Thread(target=strike, name="reaper", daemon=True)
        striking.start()
        try:
            yield
        finally:
            over.set()
            striking.join()

    def _kill(self, name: str, moment: str) -> None:
        if len(self.kills) == self._most:
            return
        self.kills.append(Kill(name, moment))
        self._server.kill()
        self._server.start()
