"""企业微信 自建应用: hears what members write in the app's own chat, and sends text to a member at any time."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol
from xml.parsers.expat import ExpatError

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from wechatpy.enterprise import parse_message

from bot.channels import (
    Address,
    BadRequest,
    Busy,
    Capabilities,
    Inbound,
    Poll,
    Receipt,
    Rejected,
    Rendered,
    SendFailed,
    Unknown,
)
from bot.channels.split import shorten, size
from bot.channels.wecom_api import (
    API_BASE,
    TIMEOUT_SECONDS,
    Answer,
    Base,
    Fault,
    busy,
    call,
    failure,
    rejected,
    throttled,
    untrusted_address,
)
from bot.channels.wecom_callback import (
    WINDOW_SECONDS,
    Json,
    check_fresh,
    check_size,
    digest,
    is_id,
    label,
    moment,
    signed,
    single,
    text_at,
)
from bot.channels.wecom_crypto import parse_key, seal
from handlers.turn import (
    ChatKind,
    ChatRef,
    Entered,
    Message,
    MessageKey,
    Picture,
    Press,
    Text,
    UserRef,
    What,
)
from nlp.clean import clean

log = logging.getLogger(__name__)

TEXT_LIMIT = 2048
# The platform drops a text equal to one it took from us within this time. It must outlast the retries of one row, but not
# much longer: the same honest sentence said twice in an afternoon is no duplicate.
REPEAT_SECONDS = 600
REPEAT_SECONDS_MAX = 4 * 3600

TOKEN_MARGIN = timedelta(minutes=5)
TOKEN_LEASE = timedelta(seconds=15)  # how long one process may take to fetch a token before another may try
TOKEN_LOOK_AGAIN = 0.1  # seconds
SECRET_PAUSE = timedelta(minutes=10)  # repeated wrong secrets block this server's address for an hour
STALE_TOKEN = (40001, 40014, 42001)

_NO_MEMBER = rejected("No such member; the person's WeCom identity is out of date.", gone=True)
_SETTING = "A setting of the app is wrong; messages wait until it is mended:"
_OURS = rejected("The request breaks a rule of the platform; a fault of ours.")
_TOO_OLD = "The platform does not take a token it gave a moment ago; tried again later."

FAULTS: Mapping[int, Fault] = {
    -1: busy,
    6000: busy,
    40001: rejected(f"{_SETTING} secret was changed or the app was stopped.", stop=True),
    40003: _NO_MEMBER,
    46004: _NO_MEMBER,
    60111: _NO_MEMBER,
    301061: _NO_MEMBER,
    50002: rejected("The member is outside the app's 可见范围.", gone=True),
    81013: rejected("Nobody of the recipients can be reached through this app.", gone=True),
    40008: _OURS,
    40033: _OURS,
    40035: _OURS,
    40058: _OURS,
    41001: _OURS,
    44004: _OURS,
    45002: _OURS,
    82001: _OURS,
    40013: rejected(f"{_SETTING} corp_id.", stop=True),
    40014: lambda code, said: Busy(code, f"{_TOO_OLD} ({said})"),
    42001: lambda code, said: Busy(code, f"{_TOO_OLD} ({said})"),
    40056: rejected(f"{_SETTING} agent_id.", stop=True),
    301002: rejected(f"{_SETTING} agent_id and secret are of two different apps.", stop=True),
    45009: throttled("The limit of this interface is used up for the minute.", wait=60),
    45033: throttled("Too many at once for this interface.", wait=5),
    48002: rejected(f"{_SETTING} the app lacks the right to send messages.", stop=True),
    50003: rejected("The app is disabled in the admin console; messages wait until it is enabled.", stop=True),
    60011: rejected("The app has no right over this member."),
    60020: untrusted_address,
    85002: rejected("The text holds words that the platform forbids."),
    301007: rejected("The 企业 was dissolved or banned.", stop=True),
}
TOKEN_FAULTS: Mapping[int, Fault] = {**FAULTS, 40001: rejected(f"{_SETTING} secret.", stop=True)}


class Settings(BaseModel):
    """应用管理 → the app: agent_id and secret; 接收消息 → 设置API接收 shows token and aes_key; 我的企业 shows corp_id."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["wecom-app"] = "wecom-app"
    corp_id: str = Field(min_length=1, max_length=64)
    agent_id: int = Field(ge=1)
    secret: SecretStr = Field(min_length=1, max_length=256)
    token: SecretStr = Field(min_length=1, max_length=64)
    aes_key: SecretStr
    api_base: Base = API_BASE
    window_seconds: int = Field(default=WINDOW_SECONDS, ge=1)
    timeout_seconds: float = Field(default=TIMEOUT_SECONDS, gt=0, le=60)
    repeat_seconds: int = Field(default=REPEAT_SECONDS, ge=1, le=REPEAT_SECONDS_MAX)

    @field_validator("aes_key")
    @classmethod
    def _well_formed(cls, value: SecretStr) -> SecretStr:
        parse_key(value.get_secret_value())
        return value


@dataclass(frozen=True, slots=True)
class Token:
    """An access token (up to 512 bytes) and the moment from which nobody should use it any more."""

    value: str
    use_until: datetime

    def __repr__(self) -> str:
        return f"Token(…, use_until={self.use_until.isoformat()})"


class TokenRow(Protocol):
    """Where all processes keep the one token of a (corp, app). Each method is its own short transaction."""

    async def load(self) -> Token | None: ...

    async def lease(self, now: datetime, until: datetime) -> bool:
        """May this process fetch a token? One conditional update: true when no other lease is running at `now`."""
        ...

    async def store(self, token: Token, instead_of: str | None) -> bool:
        """Keep the token and end the lease, but only if the row still holds `instead_of`: a late answer loses."""
        ...

    async def release(self) -> None:
        """End the lease without a token."""
        ...


class Tokens(Protocol):
    async def get(self) -> str:
        """A token that is still good. Raises SendFailed."""
        ...

    async def refresh(self, bad: str | None) -> str:
        """A token other than `bad`, fetched only where nobody else has fetched one. Raises SendFailed."""
        ...


class AccessTokens:
    """One token for all processes: kept in a row, fetched by one at a time, the others wait for it to appear."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient, row: TokenRow, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._http = http
        self._row = row
        self._now = now
        self._held: Token | None = None
        self._one_at_a_time = asyncio.Lock()
        self._refused: tuple[datetime, Rejected] | None = None

    async def get(self) -> str:
        if self._held and self._held.use_until > self._now():
            return self._held.value
        return await self.refresh(None)

    async def refresh(self, bad: str | None) -> str:
        async with self._one_at_a_time:
            # Whoever waited for the lock finds the token that the one before it fetched.
            if self._held and self._is_good(self._held, bad):
                return self._held.value
            self._held = await self._shared(bad)
            return self._held.value

    def _is_good(self, token: Token, bad: str | None) -> bool:
        return token.value != bad and token.use_until > self._now()

    async def _shared(self, bad: str | None) -> Token:
        """The row's token if it is good, else one fetched by whoever holds the lease."""
        for _ in range(1 + int(self._settings.timeout_seconds / TOKEN_LOOK_AGAIN)):
            stored = await self._row.load()
            if stored and self._is_good(stored, bad):
                return stored
            if await self._row.lease(self._now(), self._now() + TOKEN_LEASE):
                return await self._replace(stored)
            await asyncio.sleep(TOKEN_LOOK_AGAIN)
        raise Busy("token", "Another process is fetching the access token and does not finish.")

    async def _replace(self, stored: Token | None) -> Token:
        try:
            token = await self._fetch()
        except SendFailed:
            await self._row.release()
            raise
        if await self._row.store(token, stored.value if stored else None):
            return token
        return await self._row.load() or token

    async def _fetch(self) -> Token:
        if self._refused and self._now() < self._refused[0]:
            raise self._refused[1]
        secret = self._settings.secret.get_secret_value()
        try:
            answer = await call(
                self._http,
                "GET",
                f"{self._settings.api_base}/cgi-bin/gettoken",
                seconds=self._settings.timeout_seconds,
                params={"corpid": self._settings.corp_id, "corpsecret": secret},
            )
        except Unknown as error:
            # Asking for a token again is harmless, and the message itself has certainly not left yet.
            raise Busy(error.code, "The platform did not answer when asked for an access token.") from None
        if answer.errcode:
            refusal = failure(TOKEN_FAULTS, answer, secret)
            if isinstance(refusal, Rejected) and refusal.stop:
                self._refused = (self._now() + SECRET_PAUSE, refusal)
            raise refusal
        value = answer.text("access_token")
        if not value:
            raise Busy("token", "The platform answered without a token.")
        lasts = timedelta(seconds=max(0, answer.number("expires_in", 7200)))
        return Token(value, self._now() + max(lasts - TOKEN_MARGIN, lasts / 2))


class WecomApp:
    """Members one to one: text of 2048 bytes, pushed at any time; no groups, no mentions, text instead of cards."""

    can = Capabilities(
        speak_first=True,
        private=True,
        groups=False,
        hears_all=False,
        cards=False,
        update_card=False,
        in_band=False,  # its answers hold 2048 bytes and no repeat; message/send carries them as surely
        drops_copies=True,
        per_minute=30,
    )
    text_limit = TEXT_LIMIT
    secrets = ("secret", "token", "aes_key")

    def __init__(
        self,
        name: str,
        settings: Settings,
        http: httpx.AsyncClient,
        tokens: Tokens,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self._settings = settings
        self._token = settings.token.get_secret_value()
        self._key = parse_key(settings.aes_key.get_secret_value())
        self._http = http
        self._tokens = tokens
        self._now = now

    def greet(self, inbound: Inbound) -> bytes:
        query = signed(inbound)
        plain = query.open(self._token, self._key, self._settings.corp_id, single(inbound, "echostr"))
        check_fresh(query, self._now(), self._settings.window_seconds)
        return plain.encode("utf-8")

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        fields = self._open(inbound)
        query = signed(inbound)
        check_fresh(query, self._now(), self._settings.window_seconds)
        kind = _kind(fields)
        reader = READERS.get(kind)
        if reader is None:
            log.info("channel=%s kind=%s outcome=not-understood", self.name, label(kind))
            return []
        sender = _sender(fields)
        msgid = text_at(fields, "MsgId")
        return [
            Message(
                # WeCom treats userids as equal whatever their case.
                key=MessageKey(self.name, msgid if is_id(msgid) else digest(fields), sender.lower()),
                chat=ChatRef(self.name, ChatKind.PRIVATE, sender),
                sender=UserRef(self.name, sender),
                mentioned=True,
                what=reader(fields),
                sent_at=moment(text_at(fields, "CreateTime")) or query.at,
            )
        ]

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        """One text in the request itself; an answer that is not finished, and what does not fit, is sent afterwards."""
        said = "\n\n".join(reply.text for reply in _carried(replies))
        if not said or not finished:
            return b""
        now = str(int(self._now().timestamp()))
        reply = TEXT_REPLY.format(
            to=_cdata(_sender(self._open(inbound))),
            sender=_cdata(self._settings.corp_id),
            time=now,
            content=_cdata(said),
        )
        envelope = seal(self._token, self._key, self._settings.corp_id, reply, now, signed(inbound).nonce)
        return SEALED_REPLY.format(
            encrypt=_cdata(envelope.encrypt),
            signature=_cdata(envelope.signature),
            time=envelope.timestamp,
            nonce=_cdata(envelope.nonce),
        ).encode("utf-8")

    def not_carried(self, inbound: Inbound, replies: Sequence[Rendered]) -> list[Rendered]:
        """The replies that have no room in `answer` and have to be sent."""
        return _sayable(replies)[len(_carried(replies)) :]

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        """Text to one member. After Unknown the same text may be sent again within `repeat_seconds`: the platform drops it."""
        member = to.chat.id
        # A list or @all in the place of one userid would show the text to people it is not meant for.
        if to.chat.kind is not ChatKind.PRIVATE or not is_id(member) or "|" in member or member.startswith("@"):
            raise Rejected("recipient", "An app message goes to exactly one member.")
        if not rendered.text.strip():
            raise Rejected("empty", "Nothing to say; a fault of ours.")
        token = await self._tokens.get()
        answer = await self._post(token, member, rendered.text)
        if answer.errcode in STALE_TOKEN:
            token = await self._tokens.refresh(bad=token)
            answer = await self._post(token, member, rendered.text)
        if answer.errcode:
            raise failure(FAULTS, answer, token)
        missed = [*answer.text("invaliduser").split("|"), *answer.text("unlicenseduser").split("|")]
        return Receipt(answer.text("msgid"), tuple(filter(None, missed)))

    async def _post(self, token: str, member: str, text: str) -> Answer:
        return await call(
            self._http,
            "POST",
            f"{self._settings.api_base}/cgi-bin/message/send",
            seconds=self._settings.timeout_seconds,
            params={"access_token": token},
            body={
                "touser": member,
                "agentid": self._settings.agent_id,
                "msgtype": "text",
                "text": {"content": shorten(text, TEXT_LIMIT)},
                "enable_duplicate_check": 1,
                "duplicate_check_interval": self._settings.repeat_seconds,
            },
        )

    def _open(self, inbound: Inbound) -> Json:
        check_size(inbound)
        inner = signed(inbound).open(self._token, self._key, self._settings.corp_id, _encrypted(inbound.body))
        fields = _parse(inner)
        agent = text_at(fields, "AgentID")
        if agent and agent != str(self._settings.agent_id):
            raise BadRequest("another app's message")
        return fields


TEXT_REPLY = (
    "<xml><ToUserName>{to}</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>{time}</CreateTime>"
    "<MsgType><![CDATA[text]]></MsgType><Content>{content}</Content></xml>"
)
SEALED_REPLY = (
    "<xml><Encrypt>{encrypt}</Encrypt><MsgSignature>{signature}</MsgSignature>"
    "<TimeStamp>{time}</TimeStamp><Nonce>{nonce}</Nonce></xml>"
)

READERS: Mapping[str, Callable[[Json], What]] = {
    "text": lambda fields: Text(clean(text_at(fields, "Content"))),
    "image": lambda fields: Picture(clean(text_at(fields, "PicUrl"))),
    "enter_agent": lambda _: Entered(),
    "template_card_event": lambda fields: Press(clean(text_at(fields, "EventKey")), clean(text_at(fields, "TaskId"))),
}

# The outer XML is not yet verified, so no XML parser sees it: its one interesting value has an alphabet of its own.
_ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([0-9A-Za-z+/=]*)(?:\]\]>)?\s*</Encrypt>")
# A DOCTYPE can stand only before the root. In a person's text the same letters are harmless and arrive.
_ROOT_FIRST = re.compile(r"\s*(?:<\?xml[^<>]{0,100}\?>\s*)?<xml>")
_ILLEGAL_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _encrypted(body: bytes) -> str:
    whole = body.strip()
    found = _ENCRYPT.findall(whole)
    if len(found) != 1 or not (whole.startswith(b"<xml>") and whole.endswith(b"</xml>")):
        raise BadRequest("not one whole envelope")
    return str(found[0], "ascii")


def _parse(xml: str) -> Json:
    """The fields of a decrypted message. All that wechatpy and its parser let escape on bad input is named here."""
    if not _ROOT_FIRST.match(xml):
        raise BadRequest("not a message")
    try:
        # wechatpy knows no card events, so the plain fields are read: known and unknown kinds keep them in one place.
        fields: object = vars(parse_message(_ILLEGAL_IN_XML.sub("", xml))).get("_data")
    except (ExpatError, KeyError, AttributeError, TypeError, ValueError, RecursionError):
        raise BadRequest("not a message") from None
    if not isinstance(fields, dict):
        raise BadRequest("not a message")
    return fields


def _kind(fields: Json) -> str:
    kind = text_at(fields, "MsgType").lower()
    return text_at(fields, "Event").lower() if kind == "event" else kind


def _sender(fields: Json) -> str:
    sender = text_at(fields, "FromUserName")
    if not is_id(sender):
        raise BadRequest("no FromUserName")
    return sender


def _sayable(replies: Sequence[Rendered]) -> list[Rendered]:
    return [reply for reply in replies if reply.text.strip() and not reply.replaces]


def _carried(replies: Sequence[Rendered]) -> list[Rendered]:
    """The first replies, as many as one text holds; a first one that is too long alone is left to `send` and its parts."""
    carried: list[Rendered] = []
    used = 0
    for reply in _sayable(replies):
        used += size(reply.text) + 2  # the blank line between
        if used - 2 > TEXT_LIMIT:
            break
        carried.append(reply)
    return carried


def _cdata(text: str) -> str:
    return "<![CDATA[" + _ILLEGAL_IN_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>") + "]]>"
