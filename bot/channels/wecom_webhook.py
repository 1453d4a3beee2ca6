"""企业微信 消息推送: posts text with real mentions into one group; hears nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field

from bot.channels import Address, BadRequest, Capabilities, Inbound, Poll, Receipt, Rejected, Rendered
from bot.channels.split import shorten
from bot.channels.wecom_api import API_BASE, TIMEOUT_SECONDS, Base, Fault, busy, call, failure, rejected, throttled
from handlers.turn import ChatKind, Message

TEXT_LIMIT = 2048
MENTIONS_MAX = 100
EVERYBODY = "@all"
# The platform turns <@userid> inside a text into a mention; only our own list may call people.
_MENTION = re.compile("<+@")

_GONE = rejected("The webhook is dead or was removed from its group; make a new one and store its key.", gone=True)

FAULTS: Mapping[int, Fault] = {
    -1: busy,
    6000: busy,
    40007: rejected("The file is gone from the platform; upload it again."),
    40008: rejected("A kind of message this webhook does not take; a fault of ours."),
    40058: rejected("A parameter breaks a rule, typically the length; a fault of ours."),
    44004: rejected("Empty text; a fault of ours."),
    45002: rejected("The text is too long; a fault of ours."),
    45009: throttled("Twenty messages a minute for one group, refused ones count as well.", wait=60),
    45033: throttled("Too many at once for this webhook.", wait=5),
    93000: _GONE,
    93004: _GONE,
    93008: _GONE,
}


class Settings(BaseModel):
    """The key is no setting: it belongs to one group and is stored with it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["wecom-webhook"] = "wecom-webhook"
    api_base: Base = API_BASE
    timeout_seconds: float = Field(default=TIMEOUT_SECONDS, gt=0, le=60)


class WecomWebhook:
    """Push only: groups, text of 2048 bytes, real mentions, no buttons, no changes afterwards."""

    can = Capabilities(
        speak_first=True,
        private=False,
        groups=True,
        hears_all=False,
        cards=False,
        update_card=False,
        in_band=False,
        keyed=True,
        per_minute=20,
    )
    text_limit = TEXT_LIMIT
    secrets: tuple[str, ...] = ()

    def __init__(self, name: str, settings: Settings, http: httpx.AsyncClient) -> None:
        self.name = name
        self._settings = settings
        self._http = http

    def greet(self, inbound: Inbound) -> bytes:
        raise BadRequest("a webhook only sends")

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        raise BadRequest("a webhook only sends")

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        return b""

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        content = _MENTION.sub("@", rendered.text)
        if to.chat.kind is not ChatKind.GROUP or not to.secret:
            raise Rejected("no-key", "A webhook message needs a group and the key stored with it.")
        if not content.strip():
            raise Rejected("empty", "Nothing to say; a fault of ours.")
        text: dict[str, object] = {"content": shorten(content, TEXT_LIMIT)}
        called = [user for user in rendered.mentions if user and user != EVERYBODY]
        if called:
            text["mentioned_list"] = called[:MENTIONS_MAX]
        answer = await call(
            self._http,
            "POST",
            f"{self._settings.api_base}/cgi-bin/webhook/send",
            seconds=self._settings.timeout_seconds,
            params={"key": to.secret},
            body={"msgtype": "text", "text": text},
        )
        if answer.errcode:
            raise failure(FAULTS, answer, to.secret)
        return Receipt()
