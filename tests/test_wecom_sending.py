"""Sending through the WeCom doors against the fake platform: what each answer means, and that nothing is sent twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
import pytest

from bot.channels import (
    Address,
    Busy,
    Rejected,
    Rendered,
    SendFailed,
    Throttled,
    Unknown,
    wecom_app,
    wecom_bot,
    wecom_webhook,
)
from bot.channels.wecom_api import new_client
from bot.channels.wecom_app import AccessTokens, Token, WecomApp
from bot.channels.wecom_bot import WecomBot
from bot.channels.wecom_webhook import WecomWebhook
from handlers.turn import Button, ChatKind, ChatRef
from tests import fake_wecom
from tests.fake_wecom import AIBOT_RESPONSE, GETTOKEN, MESSAGE_SEND, WEBHOOK_SEND, BadDay, FakeWecom, refuses

AES_KEY = "Qm7rT0vYb2Kx9LwZc4Nd6Hs8Jf1Pg3Ua5Ei0OyXqRtA"
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
KEY = "CANARY-webhook-key"
GROUP = Address(ChatRef("push", ChatKind.GROUP, "wrG"), KEY)
MEMBER = Address(ChatRef("app", ChatKind.PRIVATE, "WangXiulan"))
HELLO = Rendered("231号单陈刚接了。")
SECONDS = 0.4  # our patience in these tests

T = TypeVar("T")
Work = Callable[[httpx.AsyncClient], Awaitable[T]]


@pytest.fixture
def platform() -> Iterator[FakeWecom]:
    with fake_wecom.running() as fake:
        fake.webhook_keys.add(KEY)
        yield fake


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class SharedRow:
    """The token row that several processes share, in memory; each await lets the others in between."""

    def __init__(self, token: Token | None = None) -> None:
        self.token = token
        self.leased_until = datetime.fromtimestamp(0, UTC)

    async def load(self) -> Token | None:
        await asyncio.sleep(0)
        return self.token

    async def lease(self, now: datetime, until: datetime) -> bool:
        await asyncio.sleep(0)
        if self.leased_until > now:
            return False
        self.leased_until = until
        return True

    async def store(self, token: Token, instead_of: str | None) -> bool:
        await asyncio.sleep(0)
        if (self.token.value if self.token else None) != instead_of:
            return False
        self.token, self.leased_until = token, datetime.fromtimestamp(0, UTC)
        return True

    async def release(self) -> None:
        self.leased_until = datetime.fromtimestamp(0, UTC)


def run(work: Work[T]) -> T:
    """Do it with a fresh client, as one process would."""

    async def whole() -> T:
        async with new_client() as http:
            return await work(http)

    return asyncio.run(whole())


def webhook(http: httpx.AsyncClient, fake: FakeWecom) -> WecomWebhook:
    settings = wecom_webhook.Settings.model_validate({"api_base": fake.base, "timeout_seconds": SECONDS})
    return WecomWebhook("push", settings, http)


def bot(http: httpx.AsyncClient, fake: FakeWecom) -> WecomBot:
    settings = wecom_bot.Settings.model_validate(
        {"token": "t", "aes_key": AES_KEY, "api_base": fake.base, "timeout_seconds": SECONDS}
    )
    return WecomBot("bot", settings, ["小邻"], http, Clock())


def app_settings(fake: FakeWecom, **changes: str) -> wecom_app.Settings:
    known = {
        "corp_id": fake.corp_id,
        "agent_id": fake.agent_id,
        "secret": fake.secret,
        "token": "t",
        "aes_key": AES_KEY,
    }
    return wecom_app.Settings.model_validate(known | {"api_base": fake.base, "timeout_seconds": SECONDS} | changes)


def app(
    http: httpx.AsyncClient, fake: FakeWecom, row: SharedRow | None = None, clock: Clock | None = None, **changes: str
) -> WecomApp:
    settings, now = app_settings(fake, **changes), clock or Clock()
    return WecomApp("app", settings, http, AccessTokens(settings, http, row or SharedRow(), now), now)


def failure(work: Work[object]) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        run(work)
    return caught.value


def outcome(error: SendFailed) -> str:
    """An error as the tables below spell it."""
    match error:
        case Throttled():
            return f"wait {error.wait:g}"
        case Rejected():
            return " ".join(["rejected", *(["gone"] if error.gone else []), *(["stop"] if error.stop else [])])
        case _:
            return type(error).__name__.lower()


# What happens on the way, the same for every door; the one-time address may never be tried again.
ROADS: list[tuple[str, BadDay, str, str]] = [
    ("slow", BadDay(seconds=1.5), "unknown", "unknown"),
    ("cut after processing", fake_wecom.CUT_AFTER, "unknown", "unknown"),
    ("cut before processing", fake_wecom.CUT_BEFORE, "unknown", "unknown"),
    ("garbage", fake_wecom.GARBAGE, "unknown", "unknown"),
    ("empty", fake_wecom.EMPTY, "unknown", "unknown"),
    ("html page", fake_wecom.HTML, "unknown", "unknown"),
    ("list", BadDay(raw=b"[]"), "unknown", "unknown"),
    ("no errcode", BadDay(raw=b"{}"), "unknown", "unknown"),
    ("errcode is text", BadDay(raw=b'{"errcode": "0"}'), "unknown", "unknown"),
    ("errcode is true", BadDay(raw=b'{"errcode": true}'), "unknown", "unknown"),
    ("endless", BadDay(raw=b"x" * 400_000), "unknown", "unknown"),
    ("deep", BadDay(raw=b"[" * 90_000), "unknown", "unknown"),
    ("bad gateway", fake_wecom.HTML_502, "busy", "unknown"),
    ("unavailable", BadDay(status=503), "busy", "unknown"),
    ("too many", fake_wecom.TOO_MANY, "wait 7", "rejected"),
    ("too many, no time given", BadDay(raw=b"", status=429), "wait 60", "rejected"),
    ("redirect", fake_wecom.MOVED, "busy", "unknown"),
    ("forbidden", BadDay(status=403), "rejected", "rejected"),
    ("not found", BadDay(status=404), "rejected", "rejected"),
]


@pytest.mark.parametrize(("day", "expected"), [row[1:3] for row in ROADS], ids=[row[0] for row in ROADS])
@pytest.mark.parametrize("door", ["push", "app"])
def test_what_goes_wrong_on_the_way(platform: FakeWecom, door: str, day: BadDay, expected: str) -> None:
    path = WEBHOOK_SEND if door == "push" else MESSAGE_SEND
    platform.plan(path, day)
    if door == "push":
        error = failure(lambda http: webhook(http, platform).send(GROUP, HELLO))
    else:
        error = failure(lambda http: app(http, platform).send(MEMBER, HELLO))
    assert outcome(error) == expected
    assert len(platform.calls_to(path)) == 1
    assert error.retryable == (expected == "busy" or expected.startswith("wait"))


@pytest.mark.parametrize(("day", "expected"), [(row[1], row[3]) for row in ROADS], ids=[row[0] for row in ROADS])
def test_a_one_time_address_is_never_worth_a_second_try(platform: FakeWecom, day: BadDay, expected: str) -> None:
    platform.plan(AIBOT_RESPONSE, day)
    error = failure(lambda http: bot(http, platform).send(answering(platform), HELLO))
    assert outcome(error) == expected
    assert not error.retryable
    assert len(platform.calls_to(AIBOT_RESPONSE)) == 1


def answering(fake: FakeWecom, kind: ChatKind = ChatKind.GROUP) -> Address:
    return Address(ChatRef("bot", kind, "wrG"), fake.response_url(is_group=kind is ChatKind.GROUP))


WEBHOOK_CODES = {
    -1: "busy",
    6000: "busy",
    40007: "rejected",
    40008: "rejected",
    40058: "rejected",
    44004: "rejected",
    45002: "rejected",
    45009: "wait 60",
    45033: "wait 5",
    93000: "rejected gone",
    93004: "rejected gone",
    93008: "rejected gone",
    123456: "rejected",
}

BOT_CODES = dict.fromkeys((-1, 40008, 40058, 44004, 45009, 846605, 846608, 123456), "rejected")

APP_CODES = {
    -1: "busy",
    6000: "busy",
    40001: "rejected stop",
    40003: "rejected gone",
    40008: "rejected",
    40013: "rejected stop",
    40014: "busy",
    40033: "rejected",
    40035: "rejected",
    40056: "rejected stop",
    40058: "rejected",
    41001: "rejected",
    42001: "busy",
    44004: "rejected",
    45002: "rejected",
    45009: "wait 60",
    45033: "wait 5",
    46004: "rejected gone",
    48002: "rejected stop",
    50002: "rejected gone",
    50003: "rejected stop",
    60011: "rejected",
    60020: "rejected stop",
    60111: "rejected gone",
    81013: "rejected gone",
    82001: "rejected",
    85002: "rejected",
    301002: "rejected stop",
    301007: "rejected stop",
    301061: "rejected gone",
    123456: "rejected",
}


def test_no_code_is_untested() -> None:
    assert set(wecom_webhook.FAULTS) == set(WEBHOOK_CODES) - {123456}
    assert set(wecom_bot.FAULTS) == set(BOT_CODES) - {123456}
    assert set(wecom_app.FAULTS) == set(APP_CODES) - {123456}


@pytest.mark.parametrize("code", WEBHOOK_CODES)
def test_webhook_code(platform: FakeWecom, code: int) -> None:
    platform.always(WEBHOOK_SEND, refuses(code, "said\nso"))
    error = failure(lambda http: webhook(http, platform).send(GROUP, HELLO))
    assert (outcome(error), error.code) == (WEBHOOK_CODES[code], str(code))
    assert "said so" in error.advice


@pytest.mark.parametrize("code", BOT_CODES)
def test_bot_code(platform: FakeWecom, code: int) -> None:
    platform.always(AIBOT_RESPONSE, refuses(code))
    error = failure(lambda http: bot(http, platform).send(answering(platform), HELLO))
    assert (outcome(error), error.code, error.retryable) == (BOT_CODES[code], str(code), False)


@pytest.mark.parametrize("code", APP_CODES)
def test_app_code(platform: FakeWecom, code: int) -> None:
    platform.always(MESSAGE_SEND, refuses(code))
    error = failure(lambda http: app(http, platform).send(MEMBER, HELLO))
    assert (outcome(error), error.code) == (APP_CODES[code], str(code))
    stale = code in (40001, 40014, 42001)
    assert len(platform.calls_to(MESSAGE_SEND)) == (2 if stale else 1)
    assert len(platform.calls_to(GETTOKEN)) == (2 if stale else 1)


@pytest.mark.parametrize("code", [*APP_CODES, "garbage"])
def test_token_code(platform: FakeWecom, code: int | str) -> None:
    platform.always(GETTOKEN, refuses(code) if isinstance(code, int) else fake_wecom.GARBAGE)
    error = failure(lambda http: app(http, platform).send(MEMBER, HELLO))
    # The message itself has not left, so nothing about it is unknown.
    assert outcome(error) == (APP_CODES[code] if isinstance(code, int) else "busy")
    assert platform.calls_to(MESSAGE_SEND) == []


def test_nobody_listens() -> None:
    with fake_wecom.running() as fake:
        pass
    assert outcome(failure(lambda http: webhook(http, fake).send(GROUP, HELLO))) == "busy"
    assert outcome(failure(lambda http: app(http, fake).send(MEMBER, HELLO))) == "busy"
    assert outcome(failure(lambda http: bot(http, fake).send(answering(fake), HELLO))) == "rejected"


# The webhook.


def test_webhook_mentions_through_its_list_only(platform: FakeWecom) -> None:
    sneaky = replace(HELLO, text="王秀兰说：<@all> <<@chengang> @所有人", mentions=("ChenGang", "@all", ""))
    run(lambda http: webhook(http, platform).send(GROUP, sneaky))
    (call,) = platform.calls_to(WEBHOOK_SEND)
    assert call.query == {"key": KEY}
    assert call.body == {
        "msgtype": "text",
        "text": {"content": "王秀兰说：@all> @chengang> @所有人", "mentioned_list": ["ChenGang"]},
    }
    assert "王秀兰".encode() in call.raw


def test_webhook_without_mentions_carries_no_list(platform: FakeWecom) -> None:
    run(lambda http: webhook(http, platform).send(GROUP, HELLO))
    assert platform.delivered[0].body == {"msgtype": "text", "text": {"content": HELLO.text}}


@pytest.mark.parametrize("length", [682, 683, 2_000])
def test_webhook_text_stays_within_its_bytes(platform: FakeWecom, length: int) -> None:
    run(lambda http: webhook(http, platform).send(GROUP, Rendered("字" * length)))
    assert len(platform.delivered) == 1


@pytest.mark.parametrize(
    ("to", "rendered"),
    [
        (replace(GROUP, secret=None), HELLO),
        (replace(GROUP, secret=""), HELLO),
        (replace(MEMBER, secret=KEY), HELLO),
        (GROUP, Rendered("")),
        (GROUP, Rendered(" \n")),
    ],
)
def test_webhook_sends_nothing_wrong(platform: FakeWecom, to: Address, rendered: Rendered) -> None:
    assert outcome(failure(lambda http: webhook(http, platform).send(to, rendered))) == "rejected"
    assert platform.calls == []


def test_the_twenty_first_message_of_a_minute_waits(platform: FakeWecom) -> None:
    now = [0.0]
    platform.clock = lambda: now[0]

    async def flood(http: httpx.AsyncClient) -> SendFailed:
        door = webhook(http, platform)
        for _ in range(fake_wecom.WEBHOOK_PER_MINUTE):
            await door.send(GROUP, HELLO)
        with pytest.raises(Throttled) as caught:
            await door.send(GROUP, HELLO)
        now[0] += 61
        await door.send(GROUP, HELLO)
        return caught.value

    assert outcome(run(flood)) == "wait 60"
    assert len(platform.delivered) == 21


# The one-time address of the bot.


def test_bot_answers_once_in_markdown(platform: FakeWecom) -> None:
    to = answering(platform)
    run(lambda http: bot(http, platform).send(to, HELLO))
    (call,) = platform.calls
    assert call.body == {"msgtype": "markdown", "markdown": {"content": HELLO.text}}
    again = failure(lambda http: bot(http, platform).send(to, HELLO))
    assert (outcome(again), len(platform.delivered)) == ("rejected", 1)


def test_a_card_goes_through_a_one_time_address_only_in_private(platform: FakeWecom) -> None:
    card = Rendered("换厨房灯", (Button("接单", "接231"),), title="【231】", card="o231-1")
    run(lambda http: bot(http, platform).send(answering(platform), card))
    run(lambda http: bot(http, platform).send(answering(platform, ChatKind.PRIVATE), card))
    assert [sent.msgtype for sent in platform.delivered] == ["markdown", "template_card"]


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://example.invalid/x",
        "http://127.0.0.1:9/cgi-bin/aibot/response",
        "http://[",
        "file:///etc/passwd",
        "{base}.example.invalid/x",
        "{base}@example.invalid/x",
    ],
)
def test_an_answer_goes_to_the_platform_or_nowhere(platform: FakeWecom, url: str | None) -> None:
    secret = url.replace("{base}", platform.base) if url else url
    to = Address(ChatRef("bot", ChatKind.GROUP, "wrG"), secret)
    assert outcome(failure(lambda http: bot(http, platform).send(to, HELLO))) == "rejected"
    assert platform.calls == []


def test_bot_sends_no_empty_answer(platform: FakeWecom) -> None:
    assert outcome(failure(lambda http: bot(http, platform).send(answering(platform), Rendered(" ")))) == "rejected"
    assert platform.calls == []


# The app: one member, one token.


def test_app_text_reaches_one_member(platform: FakeWecom) -> None:
    receipt = run(lambda http: app(http, platform).send(MEMBER, HELLO))
    assert (receipt.ref, receipt.missed) == ("app-2", ())
    (call,) = platform.calls_to(MESSAGE_SEND)
    assert call.body == {
        "touser": "WangXiulan",
        "agentid": platform.agent_id,
        "msgtype": "text",
        "text": {"content": HELLO.text},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 600,
    }


def test_app_names_whom_it_missed(platform: FakeWecom) -> None:
    platform.plan(MESSAGE_SEND, refuses(0, "ok", invaliduser="wangxiulan|x", unlicenseduser="y", msgid="m"))
    receipt = run(lambda http: app(http, platform).send(MEMBER, HELLO))
    assert (receipt.ref, receipt.missed) == ("m", ("wangxiulan", "x", "y"))


def test_a_member_out_of_range_is_gone(platform: FakeWecom) -> None:
    platform.members = {"chengang"}
    assert outcome(failure(lambda http: app(http, platform).send(MEMBER, HELLO))) == "rejected gone"


@pytest.mark.parametrize("user", ["", "@all", "a|b", "|", "a\nb", "@ALL"])
def test_app_never_widens_its_audience(platform: FakeWecom, user: str) -> None:
    to = Address(ChatRef("app", ChatKind.PRIVATE, user))
    assert outcome(failure(lambda http: app(http, platform).send(to, HELLO))) == "rejected"
    assert outcome(failure(lambda http: app(http, platform).send(GROUP, HELLO))) == "rejected"
    assert outcome(failure(lambda http: app(http, platform).send(MEMBER, Rendered(" ")))) == "rejected"
    assert platform.calls == []


def test_a_numeric_userid_stays_a_userid(platform: FakeWecom) -> None:
    run(lambda http: app(http, platform).send(Address(ChatRef("app", ChatKind.PRIVATE, "10086")), HELLO))
    assert [sent.to for sent in platform.delivered] == ["10086"]


def test_a_repeat_after_an_unknown_outcome_arrives_once(platform: FakeWecom) -> None:
    platform.plan(MESSAGE_SEND, fake_wecom.CUT_AFTER)

    async def twice(http: httpx.AsyncClient) -> None:
        door = app(http, platform)
        with pytest.raises(Unknown):
            await door.send(MEMBER, HELLO)
        await door.send(MEMBER, HELLO)

    run(twice)
    assert len(platform.calls_to(MESSAGE_SEND)) == 2
    assert len(platform.delivered) == 1


def test_an_untrusted_address_is_named(platform: FakeWecom) -> None:
    platform.plan(
        MESSAGE_SEND, refuses(60020, "not allow to access from your ip, from ip: 203.0.113.7, more info at x")
    )
    error = failure(lambda http: app(http, platform).send(MEMBER, HELLO))
    assert "203.0.113.7" in error.advice.split("(")[0]
    assert "企业可信IP" in error.advice


def test_a_revoked_token_is_replaced_once_and_the_message_arrives(platform: FakeWecom) -> None:
    async def work(http: httpx.AsyncClient) -> None:
        door = app(http, platform)
        await door.send(MEMBER, HELLO)
        platform.revoke_token()
        await door.send(MEMBER, Rendered("232号单也接了。"))

    run(work)
    assert len(platform.calls_to(GETTOKEN)) == 2
    assert len(platform.delivered) == 2


def test_the_token_is_renewed_before_it_ends(platform: FakeWecom) -> None:
    clock = Clock()
    now = [0.0]
    platform.clock = lambda: now[0]

    async def work(http: httpx.AsyncClient) -> None:
        door = app(http, platform, clock=clock)
        for hour in range(5):
            clock.now, now[0] = NOW + timedelta(hours=hour), hour * 3600.0
            await door.send(MEMBER, Rendered(f"第{hour}句"))

    run(work)
    assert [call.path for call in platform.calls].count(GETTOKEN) == 3
    assert len(platform.delivered) == 5


@pytest.mark.parametrize(
    "start", [None, Token("expired", NOW - timedelta(seconds=1)), Token("revoked", NOW + timedelta(1))]
)
def test_eight_tasks_in_two_processes_ask_for_one_token(platform: FakeWecom, start: Token | None) -> None:
    row = SharedRow(start)

    async def work(http: httpx.AsyncClient) -> None:
        async with new_client() as other:
            doors = [app(http, platform, row), app(other, platform, row)]
            texts = [Rendered(f"第{number}句") for number in range(16)]
            await asyncio.gather(*(doors[number % 2].send(MEMBER, text) for number, text in enumerate(texts)))

    run(work)
    assert len(platform.calls_to(GETTOKEN)) == 1
    assert len(platform.delivered) == 16


def test_a_token_fetched_nowhere_is_not_waited_for_without_end(platform: FakeWecom) -> None:
    row = SharedRow()
    row.leased_until = NOW + timedelta(seconds=15)  # another process died while fetching
    assert outcome(failure(lambda http: app(http, platform, row).send(MEMBER, HELLO))) == "busy"
    assert platform.calls == []


def test_an_answer_without_a_token_is_no_token(platform: FakeWecom) -> None:
    platform.always(GETTOKEN, refuses(0, "ok"))
    assert outcome(failure(lambda http: app(http, platform).send(MEMBER, HELLO))) == "busy"


def test_a_late_old_token_does_not_replace_a_newer_one(platform: FakeWecom) -> None:
    newer = Token("newer", NOW + timedelta(hours=1))

    class Overtaken(SharedRow):
        async def store(self, token: Token, instead_of: str | None) -> bool:
            self.token = newer  # another process was faster while we were asking
            return await super().store(token, instead_of)

    row = Overtaken(Token("old", NOW - timedelta(seconds=1)))
    settings = app_settings(platform)
    assert run(lambda http: AccessTokens(settings, http, row, Clock()).get()) == "newer"
    assert row.token == newer


def test_a_wrong_secret_is_tried_once_and_then_left_alone(platform: FakeWecom) -> None:
    clock = Clock()

    async def work(http: httpx.AsyncClient) -> list[str]:
        door = app(http, platform, clock=clock, secret="wrong-CANARY")
        found = []
        for minutes in (0, 1, 9, 11):
            clock.now = NOW + timedelta(minutes=minutes)
            with pytest.raises(Rejected) as caught:
                await door.send(MEMBER, HELLO)
            found.append(outcome(caught.value))
        return found

    assert run(work) == ["rejected stop"] * 4
    assert len(platform.calls_to(GETTOKEN)) == 2


def test_a_failed_token_call_frees_the_way_for_the_next(platform: FakeWecom) -> None:
    platform.plan(GETTOKEN, refuses(-1), fake_wecom.CUT_AFTER)

    async def work(http: httpx.AsyncClient) -> None:
        row = SharedRow()
        for _ in range(2):
            with pytest.raises(Busy):
                await app(http, platform, row).send(MEMBER, HELLO)
        await app(http, platform, row).send(MEMBER, HELLO)

    run(work)
    assert len(platform.delivered) == 1


def test_secrets_are_in_no_error_and_in_no_warning(platform: FakeWecom, caplog: pytest.LogCaptureFixture) -> None:
    token = "CANARY-token"
    row = SharedRow(Token(token, NOW + timedelta(hours=1)))
    days = [fake_wecom.CUT_AFTER, fake_wecom.HTML, BadDay(status=404)]
    with caplog.at_level(logging.WARNING):
        for day in days:  # and each time the platform repeats the secret in what it says
            platform.plan(WEBHOOK_SEND, day, refuses(93000, f"{KEY} is bad"))
            platform.plan(MESSAGE_SEND, day, refuses(50003, f"{token} is bad"))
            for work in (
                *[lambda http: webhook(http, platform).send(GROUP, HELLO)] * 2,
                *[lambda http: app(http, platform, row).send(MEMBER, HELLO)] * 2,
            ):
                error = failure(work)
                assert "CANARY" not in f"{error} {error.advice} {error!r}"
    assert "CANARY" not in caplog.text
