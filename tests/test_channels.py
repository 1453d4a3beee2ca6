"""The WeCom doors: what requests become, what is refused, what we answer, and what every answer of the platform means."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.channels import (
    Address,
    BadRequest,
    Busy,
    Channel,
    Inbound,
    Poll,
    Rejected,
    Rendered,
    SendFailed,
    Throttled,
    Unknown,
    split,
    wecom_api,
    wecom_app,
    wecom_bot,
    wecom_webhook,
)
from bot.channels.wecom_app import AccessTokens, Token, WecomApp
from bot.channels.wecom_bot import WecomBot
from bot.channels.wecom_callback import BODY_MAX
from bot.channels.wecom_webhook import WecomWebhook
from handlers.turn import Button, ChatKind, ChatRef, Message, Press, Secret, Text
from tests import fake_wecom
from tests.fake_wecom import AIBOT_RESPONSE, GETTOKEN, MESSAGE_SEND, WEBHOOK_SEND, AppCaller, BotCaller, FakeWecom, refuses

TOKEN = "linliTok01"
AES_KEY = "Qm7rT0vYb2Kx9LwZc4Nd6Hs8Jf1Pg3Ua5Ei0OyXqRtA"
CORP = "ww0fake0corp"
AGENT = 1000002
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
RECORDED = Path(__file__).parent / "channels"
GROUP = ChatRef("push", ChatKind.GROUP, "g1")
MEMBER = ChatRef("app", ChatKind.PRIVATE, "wangxiulan")
KEY = "11112222-made-up-key"

T = TypeVar("T")


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
    return WecomBot("bot", bot_settings(**changes), ["小邻"], httpx.AsyncClient(trust_env=False), now)


def app_channel(now: Callable[[], datetime] = noon) -> WecomApp:
    http = httpx.AsyncClient(trust_env=False)
    return WecomApp("app", app_settings(), http, AccessTokens(app_settings(), http, MemoryRow(), now), now)


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
