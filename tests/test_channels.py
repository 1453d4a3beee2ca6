"""The WeCom doors: what requests become, what is refused, what we answer, and what every answer of the platform means."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from wechatpy.enterprise import parse_message

from bot.channels import (
    BadRequest,
    Channel,
    Inbound,
    Poll,
    Rendered,
    wecom_app,
    wecom_bot,
    wecom_webhook,
)
from bot.channels.wecom_app import AccessTokens, Token, WecomApp
from bot.channels.wecom_bot import WecomBot
from bot.channels.wecom_callback import BODY_MAX
from bot.channels.wecom_webhook import WecomWebhook
from handlers.turn import Button, Message, Secret, Text
from tests.fake_wecom import AppCaller, BotCaller, element

TOKEN = "linliTok01"
AES_KEY = "Qm7rT0vYb2Kx9LwZc4Nd6Hs8Jf1Pg3Ua5Ei0OyXqRtA"
CORP = "ww0fake0corp"
AGENT = 1000002
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
HTTP = httpx.AsyncClient(trust_env=False)  # nothing here uses it: reading and answering touch no network
RECORDED = Path(__file__).parent / "channels"


def noon() -> datetime:
    return NOW


def caller() -> BotCaller:
    return BotCaller(TOKEN, AES_KEY, now=NOW.timestamp)


def app_caller() -> AppCaller:
    return AppCaller(TOKEN, AES_KEY, corp_id=CORP, agent_id=AGENT, now=NOW.timestamp)


def bot_settings(**changes: str) -> wecom_bot.Settings:
    return wecom_bot.Settings.model_validate({"token": TOKEN, "aes_key": AES_KEY, **changes})


def app_settings(**changes: str | float) -> wecom_app.Settings:
    known = {"corp_id": CORP, "agent_id": AGENT, "secret": "made-up-secret", "token": TOKEN, "aes_key": AES_KEY}
    return wecom_app.Settings.model_validate(known | changes)


def bot_channel(now: Callable[[], datetime] = noon, **changes: str) -> WecomBot:
    return WecomBot("bot", bot_settings(**changes), ["小邻"], HTTP, now)


def app_channel(now: Callable[[], datetime] = noon) -> WecomApp:
    return WecomApp("app", app_settings(), HTTP, AccessTokens(app_settings(), HTTP, MemoryRow(), now), now)


class MemoryRow:
    """A token row that several processes would share, in memory."""

    def __init__(self) -> None:
        self.token: Token | None = None
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
        self.leased_until = datetime.fromtimestamp(0, UTC)
        if (self.token.value if self.token else None) != instead_of:
            return False
        self.token = token
        return True

    async def release(self) -> None:
        self.leased_until = datetime.fromtimestamp(0, UTC)


def as_json(found: Message | Poll) -> dict[str, object]:
    """A message as the recorded files spell it."""
    if isinstance(found, Poll):
        return {"poll": found.stream}
    return {
        "key": str(found.key),
        "chat": f"{found.chat.channel} {found.chat.kind} {found.chat.id}",
        "sender": f"{found.sender.channel} {found.sender.id}",
        "mentioned": found.mentioned,
        "what": {"is": type(found.what).__name__, **asdict(found.what)},
        "sent_at": found.sent_at.isoformat(),
        "quote": found.quote,
        "answer_url": found.answer_url.value if found.answer_url else None,
    }


def heard(channel: Channel, inbound: Inbound) -> Message:
    (message,) = channel.read(inbound)
    assert isinstance(message, Message)
    return message


def recorded() -> list[Path]:
    return sorted(RECORDED.glob("wecom_*/*.json"))


def test_there_are_recorded_requests_for_both_callback_doors() -> None:
    assert {path.parent.name for path in recorded()} == {"wecom_bot", "wecom_app"}


@pytest.mark.parametrize("path", recorded(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recorded_request_becomes_its_message(path: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    request = record["request"]
    query = {name: (value,) for name, value in request["query"].items()}
    inbound = Inbound(request["method"], query, {}, request["body"].encode())
    channel: Channel = bot_channel() if path.parent.name == "wecom_bot" else app_channel()
    assert [as_json(found) for found in channel.read(inbound)] == record["becomes"]


def test_all_three_doors_are_channels() -> None:
    webhook = WecomWebhook("push", wecom_webhook.Settings(), HTTP)
    doors: list[Channel] = [bot_channel(), app_channel(), webhook]
    assert [(door.name, door.can.speak_first, door.can.cards, door.text_limit) for door in doors] == [
        ("bot", False, True, 20480),
        ("app", True, False, 2048),
        ("push", True, False, 2048),
    ]


# Refusals: everything that is not a well-formed request of the platform is the same BadRequest.

Spoil = Callable[[Inbound], Inbound]


def with_query(name: str, *values: str) -> Spoil:
    return lambda inbound: replace(inbound, query={**inbound.query, name: values})


def doubled(name: str) -> Spoil:
    return lambda inbound: replace(inbound, query={**inbound.query, name: inbound.query[name] * 2})


def without(name: str) -> Spoil:
    return lambda inbound: replace(inbound, query={key: value for key, value in inbound.query.items() if key != name})


BAD_QUERIES: dict[str, Spoil] = {
    f"{name}-{kind}": spoil
    for name in ("msg_signature", "timestamp", "nonce")
    for kind, spoil in {
        "missing": without(name),
        "empty": with_query(name, ""),
        "no-values": with_query(name),
        "twice": doubled(name),
        "accent": with_query(name, "é" * 40),
        "chinese": with_query(name, "签名"),
        "surrogate": with_query(name, "\ud800"),
        "nul": with_query(name, "\x00"),
        "megabyte": with_query(name, "a" * 1_000_000),
        "upper-case": with_query(name, "ABCDEF0123" * 4),
        "spaces": with_query(name, " " * 40),
        "array": with_query(name, "1", "2"),
    }.items()
}

BAD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"   ",
    "nul": b"\x00",
    "not-utf8": b"\xff\xfe\xfd",
    "text": b"hello",
    "null": b"null",
    "number": b"1",
    "list": b"[]",
    "string": b'"encrypt"',
    "no-encrypt": b"{}",
    "encrypt-null": b'{"encrypt": null}',
    "encrypt-number": b'{"encrypt": 1}',
    "encrypt-list": b'{"encrypt": ["a"]}',
    "encrypt-object": b'{"encrypt": {"encrypt": "a"}}',
    "encrypt-empty": b'{"encrypt": ""}',
    "encrypt-not-base64": b'{"encrypt": "***"}',
    "encrypt-surrogate": b'{"encrypt": "\\ud800"}',
    "encrypt-other": b'{"encrypt": "AAAAAAAAAAAAAAAAAAAAAA=="}',
    "truncated-json": b'{"encrypt": "AAAA',
    "deep": b"[" * 100_000,
    "deep-objects": b'{"a":' * 20_000,
    "huge-number": b'{"encrypt": ' + b"9" * 5_000 + b"}",
    "too-large": b'{"encrypt": "' + b"A" * BODY_MAX + b'"}',
    "xml": b"<xml><Encrypt>AAAA</Encrypt></xml>",
    "xml-no-encrypt": b"<xml></xml>",
    "xml-empty-encrypt": b"<xml><Encrypt></Encrypt></xml>",
    "xml-two-encrypts": b"<xml><Encrypt>AAAA</Encrypt><Encrypt>AAAA</Encrypt></xml>",
    "xml-cdata": b"<xml><Encrypt><![CDATA[" + b"A" * 44 + b"]]></Encrypt></xml>",
    "xml-entity": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
    "xml-bomb": b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
    "xml-deep": b"<a>" * 40_000,
    "xml-many-opens": b"<Encrypt>" * 14_000,
}


@pytest.mark.parametrize("case", BAD_QUERIES)
@pytest.mark.parametrize("door", ["bot", "app"])
def test_spoilt_query_is_refused(door: str, case: str) -> None:
    channel, inbound = text_request(door)
    assert heard(channel, inbound).what == Text("帮助")
    spoilt = BAD_QUERIES[case](inbound)
    with pytest.raises(BadRequest):
        channel.read(spoilt)
    with pytest.raises(BadRequest):
        channel.answer(spoilt, [Rendered("好")], "s1", finished=True)


@pytest.mark.parametrize("case", BAD_BODIES)
@pytest.mark.parametrize("door", ["bot", "app"])
def test_spoilt_body_is_refused(door: str, case: str) -> None:
    channel, inbound = text_request(door)
    with pytest.raises(BadRequest):
        channel.read(replace(inbound, body=BAD_BODIES[case]))


@pytest.mark.parametrize("cut", range(1, 60, 4))
@pytest.mark.parametrize("door", ["bot", "app"])
def test_truncated_body_is_refused(door: str, cut: int) -> None:
    channel, inbound = text_request(door)
    with pytest.raises(BadRequest):
        channel.read(replace(inbound, body=inbound.body[:-cut]))


def text_request(door: str) -> tuple[Channel, Inbound]:
    if door == "bot":
        return bot_channel(), caller().request(caller().text("帮助", user="wangxiulan"))
    return app_channel(), app_caller().request(app_caller().text("帮助", user="wangxiulan"))


def member_text(**changes: object) -> str:
    return json.dumps(caller().text("帮助", user="wangxiulan") | changes)


# Well sealed, so all of these reach the reading of the content.
BAD_BOT_CONTENT: dict[str, str] = {
    "empty": "",
    "no-json": "帮助",
    "list": "[]",
    "null": "null",
    "deep": "[" * 90_000,
    "deep-value": '{"a":' + "[" * 90_000 + "]" * 90_000 + "}",
    "deep-value-that-parses": '{"msgtype":"text","from":{"userid":"a"},"a":' + "[" * 900 + "]" * 900 + "}",
    "huge-number": '{"msgtype":"text","from":{"userid":"a"},"n":' + "9" * 5_000 + "}",
    "nobody": json.dumps({"msgtype": "text", "text": {"content": "帮助"}}),
    "sender-is-text": member_text(**{"from": "wangxiulan"}),
    "sender-is-number": member_text(**{"from": {"userid": 1}}),
    "sender-is-empty": member_text(**{"from": {"userid": ""}}),
    "sender-has-nul": member_text(**{"from": {"userid": "a\x00"}}),
    "sender-has-surrogate": member_text(**{"from": {"userid": "\ud800"}}),
    "sender-is-long": member_text(**{"from": {"userid": "a" * 5_000}}),
    "group-without-id": member_text(chattype="group"),
    "group-id-is-list": member_text(chattype="group", chatid=["g"]),
    "poll-without-id": member_text(msgtype="stream"),
    "poll-id-is-number": member_text(msgtype="stream", stream={"id": 7}),
    "other-bot": member_text(aibotid="aibOTHER"),
}


@pytest.mark.parametrize("case", BAD_BOT_CONTENT)
def test_bot_content_that_is_no_message_is_refused(case: str) -> None:
    channel = bot_channel(aibotid="aibFAKE0001")
    plain = BAD_BOT_CONTENT[case]
    if case == "deep-value-that-parses":  # without an id it needs a digest, which walks the whole depth
        assert_read_or_refused(channel, caller().request(plain))
        return
    with pytest.raises(BadRequest):
        channel.read(caller().request(plain))


def assert_read_or_refused(channel: Channel, inbound: Inbound) -> None:
    try:
        found = channel.read(inbound)
    except BadRequest:
        return
    assert all(isinstance(one, Message | Poll) for one in found)


def app_xml(inside: str) -> str:
    return f"<xml><FromUserName>a</FromUserName><AgentID>{AGENT}</AgentID>{inside}</xml>"


ENTITIES = '<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
BAD_APP_CONTENT: dict[str, str] = {
    "empty": "",
    "no-xml": "帮助",
    "json": '{"MsgType": "text"}',
    "other-root": "<html><MsgType>text</MsgType></html>",
    "unclosed": "<xml><MsgType>text</MsgType>",
    "no-type": app_xml("<Content>x</Content>"),
    "type-twice": app_xml("<MsgType>text</MsgType><MsgType>text</MsgType>"),
    "type-nested": app_xml("<MsgType><a>text</a></MsgType>"),
    "type-empty": app_xml("<MsgType></MsgType>"),
    "event-without-name": app_xml("<MsgType>event</MsgType>"),
    "event-name-nested": app_xml("<MsgType>event</MsgType><Event><a/></Event>"),
    "only-text": "<xml>text</xml>",
    "no-fields": "<xml></xml>",
    "doctype": "<!DOCTYPE xml>" + app_xml("<MsgType>text</MsgType>"),
    "entities": ENTITIES + app_xml("<MsgType>text</MsgType><Content>&b;</Content>"),
    "entities-after-declaration": '<?xml version="1.0"?>' + ENTITIES + app_xml("<MsgType>text</MsgType>"),
    "entities-inside": "<xml>" + ENTITIES + "<MsgType>text</MsgType></xml>",
    "external": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">' + app_xml("<MsgType>text</MsgType>"),
    "unknown-entity": app_xml("<MsgType>text</MsgType><Content>&file;</Content>"),
    "open-cdata": app_xml("<MsgType>text</MsgType><Content><![CDATA[x</Content>"),
    "nobody": f"<xml><MsgType>text</MsgType><AgentID>{AGENT}</AgentID></xml>",
    "sender-twice": app_xml("<FromUserName>b</FromUserName><MsgType>text</MsgType>"),
    "other-app": "<xml><FromUserName>a</FromUserName><AgentID>7</AgentID><MsgType>text</MsgType></xml>",
    "deep": app_xml("<MsgType>text</MsgType>" + "<a>" * 8_000 + "</a>" * 8_000),
    "character-reference": app_xml("<MsgType>text</MsgType><Content>&#0;</Content>"),
}


@pytest.mark.parametrize("case", BAD_APP_CONTENT)
def test_app_content_that_is_no_message_is_refused(case: str) -> None:
    with pytest.raises(BadRequest):
        app_channel().read(app_caller().request(BAD_APP_CONTENT[case]))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
ENVELOPE = ("msgid", "aibotid", "chattype", "chatid", "from", "response_url", "create_time", "quote")
CONTENTS = ("msgtype", "text", "mixed", "voice", "image", "event", "stream")
FIELDS = st.sampled_from([*ENVELOPE, *CONTENTS])
KINDS = st.sampled_from([*wecom_bot.READERS, "stream", "event"])


@settings(max_examples=300, deadline=None)
@given(kind=KINDS, changes=st.dictionaries(FIELDS, JSON_VALUES, max_size=4))
def test_any_authentic_bot_payload_is_read_or_refused(kind: str, changes: dict[str, object]) -> None:
    payload = caller().text("帮助", user="wangxiulan") | {"msgtype": kind, kind: {}} | changes
    channel = bot_channel()
    inbound = caller().request(json.dumps(payload))
    assert_read_or_refused(channel, inbound)
    try:
        channel.answer(inbound, [Rendered("好")], "s1", finished=True)
    except BadRequest:
        return


@settings(max_examples=200, deadline=None)
@given(content=st.text(), user=st.text(min_size=1, max_size=12))
def test_any_authentic_app_text_is_read_or_refused(content: str, user: str) -> None:
    plain = app_caller().text(content, user=user).encode("utf-8", "replace").decode()
    assert_read_or_refused(app_channel(), app_caller().request(plain))


# Time, keys, and the address check.


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (599, True), (-599, True), (601, False), (-601, False)])
@pytest.mark.parametrize("door", ["bot", "app"])
def test_only_requests_inside_the_window_are_read(door: str, seconds: int, accepted: bool) -> None:
    def late() -> datetime:
        return NOW + timedelta(seconds=seconds)

    channel: Channel = bot_channel(late) if door == "bot" else app_channel(late)
    _, inbound = text_request(door)
    if accepted:
        assert heard(channel, inbound).sent_at == NOW
        return
    with pytest.raises(BadRequest, match="clock"):
        channel.read(inbound)
    # An answer that took long is still an answer: only reading asks for freshness.
    assert channel.answer(inbound, [Rendered("好")], "s1", finished=True)


@pytest.mark.parametrize(
    "timestamp", ["abc", "²²²²²²²²²²", "１７９５３９７４００", "1795397400.0", "-1", "0", "9" * 12, "9" * 5_000]
)
@pytest.mark.parametrize("door", ["bot", "app"])
def test_a_rightly_signed_timestamp_must_still_be_a_time(door: str, timestamp: str) -> None:
    channel, inbound = text_request(door)
    encrypt = json.loads(inbound.body)["encrypt"] if door == "bot" else element(inbound.body.decode(), "Encrypt")
    signed = caller().sign(timestamp, "7", encrypt)
    query = {"msg_signature": (signed,), "timestamp": (timestamp,), "nonce": ("7",)}
    with pytest.raises(BadRequest, match="timestamp"):
        channel.read(replace(inbound, query=query))


@pytest.mark.parametrize("echo", ["6182738495061728394", "0", "好", '"quoted"', " spaces ", "a\nb"])
@pytest.mark.parametrize("door", ["bot", "app"])
def test_address_check_is_answered_byte_for_byte(door: str, echo: str) -> None:
    channel: Channel = bot_channel() if door == "bot" else app_channel()
    platform = caller() if door == "bot" else app_caller()
    inbound = platform.verification(echo)
    assert channel.greet(inbound) == echo.encode()
    for spoil in (without("echostr"), with_query("echostr", "AAAA"), with_query("nonce", "7")):
        with pytest.raises(BadRequest):
            channel.greet(spoil(inbound))


def test_a_webhook_hears_nothing() -> None:
    door = WecomWebhook("push", wecom_webhook.Settings(), HTTP)
    inbound = caller().request(caller().text("帮助", user="a"))
    for ask in (door.greet, door.read):
        with pytest.raises(BadRequest):
            ask(inbound)
    assert door.answer(inbound, [Rendered("好")], "s1", finished=True) == b""


def test_300_events_of_one_second_and_sender_have_300_keys() -> None:
    channel = bot_channel()
    keys = set()
    for number in range(300):
        payload = caller().press(f"接{number}", task="t", user="chengang")
        del payload["msgid"]
        keys.add(heard(channel, caller().request(payload)).key)
    assert len(keys) == 300


def test_a_redelivered_event_has_the_same_key_however_its_fields_are_ordered() -> None:
    channel = bot_channel()
    payload = caller().press("接231", task="t", user="chengang")
    del payload["msgid"]
    turned = dict(reversed(payload.items()))
    assert heard(channel, caller().request(payload)).key == heard(channel, caller().request(turned)).key


def test_userids_of_other_case_are_one_sender_but_are_kept_as_given() -> None:
    payload = caller().text("帮助", user="WangXiulan")
    message = heard(bot_channel(), caller().request(payload))
    again = heard(bot_channel(), caller().request(payload | {"from": {"userid": "wangxiulan"}}))
    assert message.key == again.key
    assert (message.sender.id, again.sender.id) == ("WangXiulan", "wangxiulan")


def test_a_quote_is_no_command() -> None:
    payload = caller().text("@小邻 谢谢", user="a", group="g", quote="撤单 231")
    message = heard(bot_channel(), caller().request(payload))
    assert (message.what, message.quote) == (Text("谢谢"), "撤单 231")


def test_secrets_do_not_show_themselves() -> None:
    url = "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=CANARY1"
    message = heard(bot_channel(), caller().request(caller().text("帮助", user="a", response_url=url)))
    assert message.answer_url == Secret(url)
    shown = repr(message) + repr(bot_settings()) + repr(app_settings()) + repr(Token("CANARY2", NOW))
    assert not [word for word in ("CANARY", TOKEN, AES_KEY, "made-up-secret") if word in shown]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"aes_key": "short"}, "aes_key"),
        ({"aes_key": "é" * 43}, "aes_key"),
        ({"token": ""}, "token"),
        ({"api_base": "qyapi"}, "api_base"),
        ({"api_base": "https://a/b"}, "api_base"),
        ({"api_base": "https://u@a"}, "api_base"),
        ({"api_base": "http://["}, "api_base"),
        ({"api_base": "http://a:b"}, "api_base"),
        ({"api_base": "http://a:99999"}, "api_base"),
        ({"api_base": "http://xn--"}, "api_base"),
        ({"api_base": "ftp://a"}, "api_base"),
        ({"window_seconds": "0"}, "window_seconds"),
        ({"tokn": "x"}, "tokn"),
    ],
)
def test_wrong_settings_are_named_without_their_value(changes: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=named) as caught:
        bot_settings(**changes)
    assert "é" not in str(caught.value)
    with pytest.raises(ValidationError, match=named):
        app_settings(**changes)


# What we answer, opened again as the platform would.

CARD = Rendered(
    "3栋，明天上午\n要带梯子",
    (Button("接单", "接231"), Button("候补", "候补231")),
    title="【231】3栋 换厨房灯",
    card="o231-2",
)
CLOSED = replace(CARD, text="陈刚接了，谢谢！", buttons=(), replaces=True)
GROUP_TEXT = {"user": "chengang", "group": "wrG"}


def said(payload: dict[str, object], *replies: Rendered, finished: bool = True) -> dict[str, object]:
    body = bot_channel().answer(caller().request(payload), replies, "s-1", finished)
    return caller().answer(body)


def part(answer: object, *path: str) -> object:
    for name in path:
        assert isinstance(answer, dict)
        answer = answer[name]
    return answer


def test_several_texts_become_one_finished_stream() -> None:
    answer = said(caller().text("@小邻 帮助", **GROUP_TEXT), Rendered("第一句"), Rendered("第二句"))
    assert answer == {
        "msgtype": "stream",
        "stream": {"id": "s-1", "finish": True, "content": "第一句\n\n第二句", "feedback": {"id": "s-1"}},
    }


def test_a_card_alone_is_a_button_card_whose_keys_are_commands() -> None:
    answer = said(caller().text("@小邻 灯坏了", **GROUP_TEXT), CARD)
    assert answer == {
        "msgtype": "template_card",
        "template_card": {
            "card_type": "button_interaction",
            "main_title": {"title": "【231】3栋 换厨房灯", "desc": "3栋，明天上午"},
            "sub_title_text": "要带梯子",
            "button_list": [{"text": "接单", "key": "接231"}, {"text": "候补", "key": "候补231"}],
            "task_id": "o231-2",
            "feedback": {"id": "s-1"},
        },
    }


def test_text_and_card_come_together() -> None:
    answer = said(caller().text("@小邻 灯坏了", **GROUP_TEXT), Rendered("记成231号。"), CARD)
    assert answer["msgtype"] == "stream_with_template_card"
    assert part(answer, "stream", "content") == "记成231号。"
    assert part(answer, "template_card", "task_id") == "o231-2"


def test_a_second_card_is_said_as_text_because_one_answer_holds_one() -> None:
    second = replace(CARD, text="【232】5栋 搬家具，能去的回“接232”", card="o232-1")
    answer = said(caller().text("@小邻 灯坏了", **GROUP_TEXT), CARD, second)
    assert part(answer, "stream", "content") == second.text
    assert part(answer, "template_card", "task_id") == "o231-2"


def test_nothing_to_say_is_an_empty_body() -> None:
    assert said(caller().text("@小邻 好", **GROUP_TEXT)) == {}
    assert said(caller().enter_chat(user="a")) == {}
    assert said(caller().feedback("s", 1, user="a"), Rendered("谢谢")) == {}
    assert said(caller().press("接231", task="o231-2", user="a"), Rendered("没有卡片")) == {}
    assert said(caller().text("@小邻 好", **GROUP_TEXT), CLOSED) == {}


def test_an_unfinished_answer_is_a_stream_that_the_platform_asks_for_again() -> None:
    late = said(caller().text("@小邻 灯坏了", **GROUP_TEXT), finished=False)
    assert (part(late, "stream", "finish"), part(late, "stream", "id")) == (False, "s-1")
    assert part(late, "stream", "content")
    poll = caller().poll("s-1", user="chengang", group="wrG")
    ready = said(poll, Rendered("记成231号。"), CARD)
    assert ready["msgtype"] == "stream_with_template_card"
    assert part(ready, "stream") == {"id": "s-1", "finish": True, "content": "记成231号。"}


def test_a_poll_is_always_answered_with_its_own_stream() -> None:
    poll = caller().poll("s-7", user="chengang", group="wrG")
    assert part(said(poll), "stream", "finish") is True
    assert part(said(poll), "stream", "id") == "s-7"
    assert said(poll, CARD)["msgtype"] == "stream_with_template_card"
    waiting = said(poll, CARD, finished=False)
    assert waiting["msgtype"] == "stream"
    assert part(waiting, "stream", "finish") is False


def test_a_card_without_a_title_takes_its_first_line() -> None:
    plain = replace(CARD, title="", text="【231】换厨房灯\n3栋")
    card = part(said(caller().text("@小邻 灯坏了", **GROUP_TEXT), plain), "template_card")
    assert (part(card, "main_title"), part(card, "sub_title_text")) == ({"title": "【231】换厨房灯"}, "3栋")


def test_a_press_changes_the_pressed_card_for_everybody() -> None:
    press = caller().press("接231", task="o231-2", **GROUP_TEXT)
    other = replace(CLOSED, card="o9-1", text="别的单")
    open_still = replace(CARD, replaces=True, text="还差一人")
    answer = said(press, Rendered("谢谢"), other, open_still)
    assert set(answer) == {"response_type", "template_card"}
    assert answer["response_type"] == "update_template_card"
    assert part(answer, "template_card", "task_id") == "o231-2"
    assert part(answer, "template_card", "sub_title_text") == "还差一人"


def test_a_finished_card_keeps_one_harmless_button() -> None:
    answer = said(caller().press("接231", task="o231-2", **GROUP_TEXT), CLOSED)
    assert part(answer, "template_card", "button_list") == [{"text": "看进度", "key": "进度231"}]
    nameless = replace(CLOSED, title="已经办好的单")
    answer = said(caller().press("接231", task="o231-2", **GROUP_TEXT), nameless)
    assert part(answer, "template_card", "button_list") == [{"text": "看进度", "key": "我的单"}]


def test_what_a_press_cannot_carry_is_named() -> None:
    thanks = Rendered("谢谢你")
    channel, press = bot_channel(), caller().request(caller().press("接231", task="o231-2", **GROUP_TEXT))
    assert channel.not_carried(press, [thanks, CLOSED, CARD]) == [thanks, CARD]
    message = caller().request(caller().text("@小邻 灯坏了", **GROUP_TEXT))
    assert channel.not_carried(message, [thanks, CARD]) == []


def test_a_private_chat_is_welcomed_with_text_or_a_card() -> None:
    enter = caller().enter_chat(user="wangxiulan")
    assert said(enter, Rendered("您好，我是小邻。")) == {"msgtype": "text", "text": {"content": "您好，我是小邻。"}}
    assert said(enter, CARD)["msgtype"] == "template_card"
    both = said(enter, Rendered("您好。"), CARD)
    assert part(both, "text", "content") == f"您好。\n\n{CARD.text}"


def test_a_card_keeps_to_the_limits_of_the_platform() -> None:
    buttons = tuple(Button(f"第{number}个很长的按钮名字", f"接{number}") for number in range(9))
    crowded = replace(
        CARD, title="【231】" + "很长的标题" * 20, text="长" * 2_000, buttons=(*buttons, Button("x", "接" * 500))
    )
    answer = said(caller().text("@小邻 灯坏了", **GROUP_TEXT), crowded)
    card = part(answer, "template_card")
    title, below = part(card, "main_title", "title"), part(card, "sub_title_text")
    listed = part(card, "button_list")
    assert isinstance(title, str)
    assert isinstance(below, str)
    assert isinstance(listed, list)
    assert (len(title), len(below), len(listed)) == (26, 300, 6)
    assert all(len(str(part(button, "text"))) <= 10 for button in listed)
    assert len({str(part(button, "key")) for button in listed}) == 6


@pytest.mark.parametrize("card", ["", "有字", "a b", "a" * 129, "a\n"])
def test_a_card_without_a_proper_id_is_a_fault_of_ours(card: str) -> None:
    wrong = replace(CARD, card=card or " ")
    with pytest.raises(ValueError, match="card's id"):
        said(caller().text("@小邻 灯坏了", **GROUP_TEXT), wrong)


@pytest.mark.parametrize("count", [20_480, 20_481, 60_000])
def test_a_long_answer_stays_within_its_bytes(count: int) -> None:
    content = part(said(caller().text("@小邻 帮助", **GROUP_TEXT), Rendered("字" * count)), "stream", "content")
    assert isinstance(content, str)
    assert 20_000 < len(content.encode()) <= 20_480
    assert "没有发出来" in content


def test_the_answer_carries_the_nonce_of_the_request_and_our_time() -> None:
    inbound = caller().request(caller().text("@小邻 帮助", **GROUP_TEXT))
    sealed = json.loads(bot_channel().answer(inbound, [Rendered("好")], "s-1", finished=True))
    assert (sealed["nonce"],) == inbound.query["nonce"]
    assert sealed["timestamp"] == int(NOW.timestamp())


def test_an_app_answers_with_one_text() -> None:
    request = app_caller().request(app_caller().text("帮助", user="WangXiulan"))
    body = app_channel().answer(request, [Rendered("第一句"), CLOSED, Rendered("]]> & <b>")], "s-1", finished=True)
    reply = app_caller().answer(body)
    assert wechatpy_fields(reply) == {
        "ToUserName": "WangXiulan",
        "FromUserName": CORP,
        "CreateTime": str(int(NOW.timestamp())),
        "MsgType": "text",
        "Content": "第一句\n\n]]> & <b>",
    }


def wechatpy_fields(xml: str) -> dict[str, str]:
    fields: dict[str, str] = vars(parse_message(xml))["_data"]
    return fields


def test_an_app_leaves_what_does_not_fit_or_is_not_ready_to_send() -> None:
    channel, request = app_channel(), app_caller().request(app_caller().text("帮助", user="a"))
    long, short = Rendered("长" * 600), Rendered("短")
    assert channel.not_carried(request, [short, long, long]) == [long]
    assert channel.not_carried(request, [Rendered("长" * 700), short]) == [Rendered("长" * 700), short]
    assert channel.answer(request, [Rendered("长" * 700), short], "s-1", finished=True) == b""
    assert channel.answer(request, [short], "s-1", finished=False) == b""
    assert channel.answer(request, [], "s-1", finished=True) == b""
