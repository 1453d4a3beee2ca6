"""WeCom's two faces for tests: an API server on the loopback with its bad days, and the platform that calls our hooks.

The server speaks real HTTP, keeps the documented rules and records every call. The callers sign and encrypt with
wechatpy, not with our own codec, so both sides can only agree by following the same protocol.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import parse_qsl, urlsplit

from wechatpy.enterprise.crypto import PrpCrypto

from bot.channels import Inbound

GETTOKEN = "/cgi-bin/gettoken"
MESSAGE_SEND = "/cgi-bin/message/send"
WEBHOOK_SEND = "/cgi-bin/webhook/send"
AIBOT_RESPONSE = "/cgi-bin/aibot/response"

TOKEN_SECONDS = 7200
RESPONSE_SECONDS = 3600
MINUTE = 60.0
WEBHOOK_PER_MINUTE = 20
MEMBER_PER_MINUTE = 30
DUPLICATE_SECONDS = 1800

Object = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Object
    raw: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that a person or a group now sees."""

    to: str  # userid, webhook key or response code
    msgtype: str
    body: Object


@dataclass(frozen=True, slots=True)
class BadDay:
    """How one answer goes wrong. Nothing set: it does not."""

    errcode: int | None = None  # answered instead of doing the work
    errmsg: str = ""
    extra: Mapping[str, object] = field(default_factory=dict)
    raw: bytes | None = None  # sent instead of the true answer, after the work was done
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # until the answer; the work is done at once
    cut: bool = False  # the line drops after the work was done
    cut_before: bool = False  # the line drops before


def refuses(errcode: int, errmsg: str = "made up", **extra: object) -> BadDay:
    return BadDay(errcode=errcode, errmsg=errmsg, extra=extra)


CUT_AFTER = BadDay(cut=True)
CUT_BEFORE = BadDay(cut_before=True)
GARBAGE = BadDay(raw=b'\x00\xff{"errcode"')
EMPTY = BadDay(raw=b"")
HTML = BadDay(raw=b"<html><body><h1>Please log in</h1></body></html>")
HTML_502 = BadDay(raw=b"<html>Bad Gateway</html>", status=502)
TOO_MANY = BadDay(raw=b"", status=429, headers={"Retry-After": "7"})
MOVED = BadDay(raw=b"", status=302, headers={"Location": "http://127.0.0.1:9/"})


@dataclass(slots=True)
class OneTime:
    """A response_url: how it came to be and whether it was used."""

    is_group: bool
    made_at: float
    used: bool = False


class FakeWecom:
    """The API server. All of its state is here to be looked at and changed by a test."""

    def __init__(self, *, corp_id: str, agent_id: int, secret: str) -> None:
        self.corp_id = corp_id
        self.agent_id = agent_id
        self.secret = secret
        self.members: set[str] | None = None  # None: everybody is in range
        self.webhook_keys: set[str] = set()
        self.calls: list[Call] = []
        self.delivered: list[Delivered] = []
        self.base = ""
        self.clock: Callable[[], float] = time.monotonic
        self._planned: dict[str, deque[BadDay]] = defaultdict(deque)
        self._always: dict[str, BadDay] = {}
        self._token = ""
        self._token_until = 0.0
        self._one_time: dict[str, OneTime] = {}
        self._webhook_hits: dict[str, list[float]] = defaultdict(list)
        self._member_hits: dict[str, list[float]] = defaultdict(list)
        self._seen: dict[tuple[str, str], float] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()

    def plan(self, path: str, *days: BadDay) -> None:
        """The next answers on this path go wrong in this order; after them it is well again."""
        with self._lock:
            self._planned[path].extend(days)

    def always(self, path: str, day: BadDay | None) -> None:
        with self._lock:
            if day is None:
                self._always.pop(path, None)
            else:
                self._always[path] = day

    def revoke_token(self) -> None:
        """The platform ends the token early; who still carries it hears 40014."""
        with self._lock:
            self._token = ""

    def response_url(self, *, is_group: bool = True) -> str:
        """A one-time answer address, as a callback carries it."""
        code = secrets.token_hex(8)
        with self._lock:
            self._one_time[code] = OneTime(is_group, self.clock())
        return f"{self.base}{AIBOT_RESPONSE}?response_code={code}"

    def calls_to(self, path: str) -> list[Call]:
        with self._lock:
            return [call for call in self.calls if call.path == path]

    def take(self, call: Call) -> tuple[BadDay, Object]:
        """Record the call, do its work unless today is a bad day, and tell how the answer goes."""
        with self._lock:
            self.calls.append(call)
            planned = self._planned[call.path]
            day = planned.popleft() if planned else self._always.get(call.path, BadDay())
            if day.cut_before:
                return day, {}
            if day.errcode is not None:
                return day, {"errcode": day.errcode, "errmsg": day.errmsg, **day.extra}
            work = WORK.get((call.method, call.path))
            return day, work(self, call) if work else failed(40066, "invalid url")

    def give_token(self, call: Call) -> Object:
        if call.query.get("corpid") != self.corp_id:
            return failed(40013, "invalid corpid")
        if call.query.get("corpsecret") != self.secret:
            return failed(40001, "invalid credential")
        if not self._token or self.clock() >= self._token_until:
            self._token = f"token-{next(self._numbers)}-{secrets.token_hex(8)}"
            self._token_until = self.clock() + TOKEN_SECONDS
        lasts = int(self._token_until - self.clock())
        return {"errcode": 0, "errmsg": "ok", "access_token": self._token, "expires_in": lasts}

    def send_to_members(self, call: Call) -> Object:
        wrong = self._token_fault(call) or body_fault(call, 2048, too_long=45002)
        if wrong:
            return wrong
        if call.body.get("agentid") != self.agent_id:
            return failed(301002, "not allow operate another agent with this accesstoken")
        asked = [user for user in str(call.body.get("touser", "")).split("|") if user]
        if not asked:
            return failed(82001, "no user, party or tag")
        bad = [user for user in asked if self.members is not None and user.lower() not in self.members]
        if len(bad) == len(asked):
            return failed(81013, "user & party & tag all invalid")
        for user in asked:
            if user not in bad:
                self._deliver_to_member(user, call)
        done: Object = {"errcode": 0, "errmsg": "ok", "msgid": f"app-{next(self._numbers)}"}
        return done | {"invaliduser": "|".join(bad).lower()} if bad else done

    def send_to_webhook(self, call: Call) -> Object:
        key = call.query.get("key", "")
        if key not in self.webhook_keys:
            return failed(93000, "invalid webhook url, hint: [made up]")
        hits = recent(self._webhook_hits[key], self.clock())
        hits.append(self.clock())  # refused ones count as well
        if len(hits) > WEBHOOK_PER_MINUTE:
            return failed(45009, "api freq out of limit")
        wrong = body_fault(call, 2048, too_long=40058)
        if wrong:
            return wrong
        self.delivered.append(Delivered(key, str(call.body["msgtype"]), call.body))
        return failed(0, "ok")

    def answer_once(self, call: Call) -> Object:
        code = call.query.get("response_code", "")
        address = self._one_time.get(code)
        if address is None or address.used or self.clock() - address.made_at > RESPONSE_SECONDS:
            return failed(40058, "response_code invalid or used")
        msgtype = call.body.get("msgtype")
        if msgtype not in (("markdown",) if address.is_group else ("markdown", "template_card")):
            return failed(40008, "invalid message type")
        if msgtype == "markdown":
            wrong = body_fault(call, 20480, too_long=40058)
            if wrong:
                return wrong
        address.used = True
        self.delivered.append(Delivered(code, str(msgtype), call.body))
        return failed(0, "ok")

    def _token_fault(self, call: Call) -> Object | None:
        token = call.query.get("access_token", "")
        if not token:
            return failed(41001, "access_token missing")
        if token != self._token:
            return failed(40014, "invalid access_token")
        return failed(42001, "access_token expired") if self.clock() >= self._token_until else None

    def _deliver_to_member(self, user: str, call: Call) -> None:
        now = self.clock()
        if call.body.get("enable_duplicate_check") == 1:
            interval = call.body.get("duplicate_check_interval", DUPLICATE_SECONDS)
            mark = (user.lower(), json.dumps([call.body.get("msgtype"), call.body.get("text")], sort_keys=True))
            last = self._seen.get(mark)
            if last is not None and isinstance(interval, int) and now - last < interval:
                return  # errcode 0, and nothing arrives
            self._seen[mark] = now
        hits = recent(self._member_hits[user.lower()], now)
        hits.append(now)
        if len(hits) <= MEMBER_PER_MINUTE:  # the surplus is dropped without an error
            self.delivered.append(Delivered(user, str(call.body["msgtype"]), call.body))


WORK: Mapping[tuple[str, str], Callable[[FakeWecom, Call], Object]] = {
    ("GET", GETTOKEN): FakeWecom.give_token,
    ("POST", MESSAGE_SEND): FakeWecom.send_to_members,
    ("POST", WEBHOOK_SEND): FakeWecom.send_to_webhook,
    ("POST", AIBOT_RESPONSE): FakeWecom.answer_once,
}


def failed(errcode: int, errmsg: str) -> Object:
    return {"errcode": errcode, "errmsg": errmsg}


def recent(hits: list[float], now: float) -> list[float]:
    hits[:] = [hit for hit in hits if now - hit < MINUTE]
    return hits


def body_fault(call: Call, limit: int, *, too_long: int) -> Object | None:
    """What the platform finds wrong with a text or markdown body."""
    msgtype = call.body.get("msgtype")
    if msgtype not in ("text", "markdown"):
        return failed(40008, "invalid message type")
    part = call.body.get(str(msgtype))
    content = part.get("content") if isinstance(part, dict) else None
    if not isinstance(content, str) or not content.strip():
        return failed(44004, "empty content")
    if len(content.encode()) > limit:
        return failed(too_long, f"content exceed max length {limit}")
    return failed(40033, "invalid charset") if rb"\u" in call.raw else None


@contextmanager
def running(
    *, corp_id: str = "ww0fake0corp", agent_id: int = 1000002, secret: str = "made-up-secret", port: int = 0
) -> Iterator[FakeWecom]:
    """The fake on a free port of the loopback, in a thread of its own."""
    fake = FakeWecom(corp_id=corp_id, agent_id=agent_id, secret=secret)
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(stopping.set))
        tasks: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                while await respond(fake, reader, writer):
                    pass
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client left, or the test is over
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", port)
        host, real_port = server.sockets[0].getsockname()[:2]
        fake.base = f"http://{host}:{real_port}"
        started.set()
        await stopping.wait()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="fake-wecom", daemon=True)
    thread.start()
    assert started.wait(10), "the fake platform did not start"
    try:
        yield fake
    finally:
        for call in stop:
            call()
        thread.join(10)


async def respond(fake: FakeWecom, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Read one request and answer it; False ends the connection."""
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) < 3:
        return False
    headers: dict[str, str] = {}
    while (header := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    address = urlsplit(line[1])
    try:
        body: object = json.loads(raw) if raw else {}
    except ValueError:
        body = {}
    query = dict(parse_qsl(address.query))
    day, done = fake.take(Call(line[0], address.path, query, body if isinstance(body, dict) else {}, raw))
    if day.cut or day.cut_before:
        return False
    if day.seconds:
        await asyncio.sleep(day.seconds)
    answer = json.dumps(done, ensure_ascii=False).encode() if day.raw is None else day.raw
    head = [f"HTTP/1.1 {day.status} OK", f"Content-Length: {len(answer)}", "Content-Type: application/json"]
    head += [f"{name}: {value}" for name, value in day.headers.items()]
    writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + answer)
    await writer.drain()
    return True


class Caller:
    """The platform's side of a callback: signs, encrypts, and opens our answers."""

    def __init__(self, token: str, aes_key: str, receive_id: str, now: Callable[[], float] = time.time) -> None:
        self.token = token
        self.receive_id = receive_id
        self._crypto = PrpCrypto(base64.b64decode(aes_key + "="))
        self._now = now

    def seal(self, plain: str) -> tuple[str, dict[str, tuple[str, ...]]]:
        """The encrypted text and the query that signs it."""
        encrypt = str(self._crypto.encrypt(plain, self.receive_id), "ascii")
        timestamp, nonce = str(int(self._now())), str(secrets.randbelow(10**10))
        signature = self.sign(timestamp, nonce, encrypt)
        return encrypt, {"msg_signature": (signature,), "timestamp": (timestamp,), "nonce": (nonce,)}

    def sign(self, timestamp: str, nonce: str, encrypt: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, timestamp, nonce, encrypt])).encode()).hexdigest()

    def open(self, encrypt: str, signature: str, timestamp: str, nonce: str) -> str:
        assert signature == self.sign(timestamp, nonce, encrypt), "our answer is signed wrongly"
        return str(self._crypto.decrypt(encrypt, self.receive_id))

    def verification(self, echo: str) -> Inbound:
        """The address check; its answer must be `echo` byte for byte."""
        encrypt, query = self.seal(echo)
        return Inbound("GET", query | {"echostr": (encrypt,)}, {}, b"")


class BotCaller(Caller):
    """Plays 智能机器人 in callback mode: JSON envelopes, no receive id."""

    def __init__(
        self, token: str, aes_key: str, *, aibotid: str = "aibFAKE0001", now: Callable[[], float] = time.time
    ) -> None:
        super().__init__(token, aes_key, "", now)
        self.aibotid = aibotid
        self._numbers = count(1)

    def request(self, payload: Mapping[str, object] | str) -> Inbound:
        """The POST that carries this payload, or any text in its place."""
        plain = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        encrypt, query = self.seal(plain)
        return Inbound("POST", query, {"content-type": "application/json"}, json.dumps({"encrypt": encrypt}).encode())

    def answer(self, body: bytes) -> Object:
        """What our answer says, after checking its seal; empty for no answer."""
        if not body:
            return {}
        sealed = json.loads(body)
        assert set(sealed) == {"encrypt", "msgsignature", "timestamp", "nonce"}
        assert isinstance(sealed["timestamp"], int)
        said = json.loads(
            self.open(sealed["encrypt"], sealed["msgsignature"], str(sealed["timestamp"]), sealed["nonce"])
        )
        assert isinstance(said, dict)
        return said

    def common(self, user: str, group: str | None, response_url: str | None = None) -> Object:
        payload: Object = {
            "msgid": f"m-{secrets.token_hex(4)}-{next(self._numbers)}",
            "aibotid": self.aibotid,
            "chattype": "group" if group else "single",
            "from": {"userid": user},
        }
        if group:
            payload["chatid"] = group
        if response_url:
            payload["response_url"] = response_url
        return payload

    def text(
        self,
        words: str,
        *,
        user: str,
        group: str | None = None,
        quote: str | None = None,
        response_url: str | None = None,
    ) -> Object:
        payload = self.common(user, group, response_url) | {"msgtype": "text", "text": {"content": words}}
        return payload | {"quote": {"msgtype": "text", "text": {"content": quote}}} if quote else payload

    def mixed(self, *parts: str, user: str, group: str | None = None) -> Object:
        """Parts that begin with http are pictures."""
        items = [
            {"msgtype": "image", "image": {"url": part}}
            if part.startswith("http")
            else {"msgtype": "text", "text": {"content": part}}
            for part in parts
        ]
        return self.common(user, group) | {"msgtype": "mixed", "mixed": {"msg_item": items}}

    def voice(self, words: str, *, user: str) -> Object:
        return self.common(user, None) | {"msgtype": "voice", "voice": {"content": words}}

    def image(self, url: str, *, user: str) -> Object:
        return self.common(user, None) | {"msgtype": "image", "image": {"url": url}}

    def press(
        self, key: str, *, task: str, user: str, group: str | None = None, response_url: str | None = None
    ) -> Object:
        event = {"card_type": "button_interaction", "event_key": key, "task_id": task}
        return self._event("template_card_event", event, user, group, response_url)

    def enter_chat(self, *, user: str) -> Object:
        return self._event("enter_chat", {}, user, None, None)

    def feedback(self, ref: str, kind: int, *, user: str, content: str = "", group: str | None = None) -> Object:
        return self._event("feedback_event", {"id": ref, "type": kind, "content": content}, user, group, None)

    def poll(self, stream: str, *, user: str, group: str | None = None) -> Object:
        return self.common(user, group) | {"msgtype": "stream", "stream": {"id": stream}}

    def _event(
        self, kind: str, event: Mapping[str, object], user: str, group: str | None, response_url: str | None
    ) -> Object:
        return self.common(user, group, response_url) | {
            "create_time": int(self._now()),
            "msgtype": "event",
            "event": {"eventtype": kind, kind: event},
        }


class AppCaller(Caller):
    """Plays 自建应用: XML envelopes, the corp id as receive id."""

    def __init__(
        self, token: str, aes_key: str, *, corp_id: str, agent_id: int, now: Callable[[], float] = time.time
    ) -> None:
        super().__init__(token, aes_key, corp_id, now)
        self.agent_id = agent_id
        self._numbers = count(7_000_000_000_000_001)

    def request(self, plain: str) -> Inbound:
        encrypt, query = self.seal(plain)
        body = (
            f"<xml><ToUserName><![CDATA[{self.receive_id}]]></ToUserName>"
            f"<AgentID><![CDATA[{self.agent_id}]]></AgentID><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        )
        return Inbound("POST", query, {"content-type": "text/xml"}, body.encode())

    def answer(self, body: bytes) -> str:
        """The XML that our answer holds, after checking its seal; empty for no answer."""
        if not body:
            return ""
        text = body.decode()
        return self.open(*(element(text, name) for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")))

    def text(self, words: str, *, user: str) -> str:
        return self._message(user, "text", f"<Content>{cdata(words)}</Content><MsgId>{next(self._numbers)}</MsgId>")

    def enter_agent(self, *, user: str) -> str:
        return self._message(user, "event", "<Event><![CDATA[enter_agent]]></Event><EventKey></EventKey>")

    def press(self, key: str, *, task: str, user: str) -> str:
        return self._message(
            user,
            "event",
            f"<Event><![CDATA[template_card_event]]></Event><EventKey>{cdata(key)}</EventKey>"
            f"<TaskId>{cdata(task)}</TaskId><CardType><![CDATA[button_interaction]]></CardType>"
            "<ResponseCode><![CDATA[made-up]]></ResponseCode>",
        )

    def _message(self, user: str, kind: str, rest: str) -> str:
        return (
            f"<xml><ToUserName>{cdata(self.receive_id)}</ToUserName><FromUserName>{cdata(user)}</FromUserName>"
            f"<CreateTime>{int(self._now())}</CreateTime><MsgType>{cdata(kind)}</MsgType>{rest}"
            f"<AgentID>{self.agent_id}</AgentID></xml>"
        )


def cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def element(xml: str, name: str) -> str:
    """The text of a flat element, with or without CDATA."""
    found = re.search(rf"<{name}>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</{name}>", xml, re.DOTALL)
    assert found, f"no {name} in our answer"
    return found.group(1)
