"""企业微信 智能机器人, callback URL mode: hears @-mentions in groups and all of a private chat; answers in the request."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

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
    Throttled,
    Unknown,
)
from bot.channels.split import clip, shorten
from bot.channels.wecom_api import API_BASE, TIMEOUT_SECONDS, Base, Fault, call, failure, rejected
from bot.channels.wecom_callback import (
    WINDOW_SECONDS,
    Json,
    at,
    check_fresh,
    check_size,
    digest,
    is_id,
    label,
    moment,
    parse_json,
    signed,
    single,
    text_at,
)
from bot.channels.wecom_crypto import parse_key, seal
from handlers.turn import (
    Button,
    ChatKind,
    ChatRef,
    Entered,
    Feedback,
    Message,
    MessageKey,
    Picture,
    Press,
    Secret,
    Text,
    UserRef,
    Voice,
    What,
)
from nlp.clean import clean, strip_mentions

log = logging.getLogger(__name__)

RECEIVE_ID = ""  # a bot of one's own 企业 has none, and it must be exactly that
TEXT_LIMIT = 20_480
FEEDBACK_ID_MAX = 256  # bytes
TITLE_MAX, DESC_MAX, LABEL_MAX = 26, 30, 10  # characters
BELOW_MAX = 300  # characters; the client folds from about 112 on, the reader may unfold it
BUTTONS_MAX = 6
BUTTON_KEY_MAX = 1024  # bytes
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
ORDER_IN_TITLE = re.compile(r"【[^】0-9]{0,20}([0-9]{1,9})】")

WAITING = "好的，稍等，我看一下……"
NOTHING_MORE = "好的。"
CARD_BELOW = "看下面这张卡片："
# The platform knows no card without a button, and a notice card must open a web page. So a finished card asks a question
# that anybody may ask and that changes nothing.
LOOK = "看进度"
LOOK_AT = "进度{}"
LOOK_AT_ALL = "我的单"

GOOD: Mapping[object, bool | None] = {1: True, 2: False, 3: None}  # 3 takes an earlier 👍 or 👎 back

# A one-time address is used up by any attempt, so nothing here may be tried again.
FAULTS: Mapping[int, Fault] = {
    -1: rejected("The platform was busy; the one-time address is used up."),
    40008: rejected("This kind of message is not allowed here; a fault of ours."),
    40058: rejected("A parameter breaks a rule, often the length; a fault of ours."),
    44004: rejected("Empty text; a fault of ours."),
    45009: rejected("Too many messages in this chat; the one-time address is used up."),
    846605: rejected("The answer came too late for this message."),
    846608: rejected("The stream is over six minutes old and cannot change any more."),
}


class Settings(BaseModel):
    """管理工具 → 智能机器人 → API 模式 → 设置接收消息 URL shows token and aes_key."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["wecom-bot"] = "wecom-bot"
    token: SecretStr = Field(min_length=1, max_length=64)
    aes_key: SecretStr
    aibotid: str | None = None  # when known, messages meant for another bot are refused
    directory: str | None = None  # the wecom-app channel whose userids are the same people
    api_base: Base = API_BASE
    window_seconds: int = Field(default=WINDOW_SECONDS, ge=1)
    timeout_seconds: float = Field(default=TIMEOUT_SECONDS, gt=0, le=60)

    @field_validator("aes_key")
    @classmethod
    def _well_formed(cls, value: SecretStr) -> SecretStr:
        parse_key(value.get_secret_value())
        return value


class WecomBot:
    """Cannot speak first and cannot mention anybody; a card can change only in the answer to its own press."""

    can = Capabilities(
        speak_first=False, private=True, groups=True, hears_all=False, cards=True, update_card=False, in_band=True
    )
    text_limit = TEXT_LIMIT
    secrets = ("token", "aes_key")

    def __init__(
        self,
        name: str,
        settings: Settings,
        bot_names: Sequence[str],
        http: httpx.AsyncClient,
        now: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.directory = settings.directory
        self._settings = settings
        self._token = settings.token.get_secret_value()
        self._key = parse_key(settings.aes_key.get_secret_value())
        self._bot_names = tuple(bot_names)
        self._http = http
        self._now = now

    def greet(self, inbound: Inbound) -> bytes:
        query = signed(inbound)
        plain = query.open(self._token, self._key, RECEIVE_ID, single(inbound, "echostr"))
        check_fresh(query, self._now(), self._settings.window_seconds)
        return plain.encode("utf-8")

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        payload = self._open(inbound)
        query = signed(inbound)
        check_fresh(query, self._now(), self._settings.window_seconds)
        kind = _kind(payload)
        if kind == "stream":
            return [Poll(_required(payload, "stream", "id"))]
        reader = READERS.get(kind)
        if reader is None:
            log.info("channel=%s kind=%s outcome=not-understood", self.name, label(kind))
            return []
        chat = self._chat(payload)
        return [self._message(payload, chat, reader(payload, self._heard(chat)), query.at)]

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        """One reply carries one card. `not_carried` tells what has to find another way."""
        payload = self._open(inbound)
        body = _reply(payload, replies, stream, finished)
        if body is None:
            return b""
        message = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        timestamp = int(self._now().timestamp())
        envelope = seal(self._token, self._key, RECEIVE_ID, message, str(timestamp), signed(inbound).nonce)
        return json.dumps(
            {
                "encrypt": envelope.encrypt,
                "msgsignature": envelope.signature,  # without the underscore that the query has
                "timestamp": timestamp,
                "nonce": envelope.nonce,
            }
        ).encode("ascii")

    def not_carried(self, inbound: Inbound, replies: Sequence[Rendered]) -> list[Rendered]:
        """The replies that `answer` leaves out because this request has no room for them.

        The answer to a press can only change the pressed card: what else was to be said goes by answer_url or later.
        """
        if _kind(self._open(inbound)) in ("template_card_event", "feedback_event"):
            return [reply for reply in replies if not reply.replaces]
        return []

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        """One answer through the one-time address of a message; never retryable, whatever happens."""
        if not to.secret:
            raise Rejected(
                "cannot-speak-first", "This bot can only answer; the message waits until the chat speaks again."
            )
        if not self._is_ours(to.secret):
            raise Rejected("foreign-address", "The answer address is not the platform's; see api_base.")
        try:
            answer = await call(
                self._http, "POST", to.secret, seconds=self._settings.timeout_seconds, body=_active(to.chat, rendered)
            )
        except SendFailed as error:
            raise _used_up(error) from None
        if answer.errcode:
            raise failure(FAULTS, answer, to.secret)
        return Receipt()

    def _open(self, inbound: Inbound) -> Json:
        check_size(inbound)
        query = signed(inbound)
        outer = parse_json(inbound.body)
        encrypt = text_at(outer, "encrypt") or text_at(outer, "Encrypt")
        payload = parse_json(query.open(self._token, self._key, RECEIVE_ID, encrypt))
        meant_for = text_at(payload, "aibotid")
        if self._settings.aibotid and meant_for and meant_for != self._settings.aibotid:
            raise BadRequest("another bot's message")
        return payload

    def _chat(self, payload: Json) -> ChatRef:
        if text_at(payload, "chattype") == "group" or text_at(payload, "chatid"):
            return ChatRef(self.name, ChatKind.GROUP, _required(payload, "chatid"))
        return ChatRef(self.name, ChatKind.PRIVATE, _required(payload, "from", "userid"))

    def _heard(self, chat: ChatRef) -> Callable[[str], str]:
        """How words are taken in: cleaned, and in a group without the mention that made the bot hear them."""
        if chat.kind is ChatKind.PRIVATE:
            return clean
        return lambda text: strip_mentions(clean(text), self._bot_names)[0]

    def _message(self, payload: Json, chat: ChatRef, what: What, requested_at: datetime) -> Message:
        sender = _required(payload, "from", "userid")
        msgid = text_at(payload, "msgid")
        url = text_at(payload, "response_url")
        return Message(
            # WeCom treats userids as equal whatever their case.
            key=MessageKey(self.name, msgid if is_id(msgid) else digest(payload), sender.lower()),
            chat=chat,
            sender=UserRef(self.name, sender),
            mentioned=True,  # it hears nothing else
            what=what,
            sent_at=moment(at(payload, "create_time")) or requested_at,
            quote=_quote(payload),
            answer_url=Secret(url) if url and self._is_ours(url) else None,
        )

    def _is_ours(self, url: str) -> bool:
        """Only the platform itself may be handed an answer, whatever address a message names."""
        try:
            asked, base = urlsplit(url), urlsplit(self._settings.api_base)
        except ValueError:
            return False
        return (asked.scheme, asked.netloc) == (base.scheme, base.netloc)


def _kind(payload: Json) -> str:
    """The message's kind; for an event the event's."""
    kind = text_at(payload, "msgtype")
    return text_at(payload, "event", "eventtype") if kind == "event" else kind


def _required(payload: Json, *path: str) -> str:
    """An id that must be there and can be stored as it is."""
    found = text_at(payload, *path)
    if not is_id(found):
        raise BadRequest(f"no {'.'.join(path)}")
    return found


Heard = Callable[[str], str]


def _text(payload: Json, heard: Heard) -> What:
    return Text(heard(text_at(payload, "text", "content")))


def _voice(payload: Json, heard: Heard) -> What:
    return Voice(heard(text_at(payload, "voice", "content")))


def _image(payload: Json, _: Heard) -> What:
    return Picture(clean(text_at(payload, "image", "url")))


def _mixed(payload: Json, heard: Heard) -> What:
    text, pictures = _parts(at(payload, "mixed"))
    return Picture(clean(pictures[0]), heard(text)) if pictures else Text(heard(text))


def _press(payload: Json, _: Heard) -> What:
    event = at(payload, "event", "template_card_event")
    # The documentation's prose says eventkey and taskid where the wire says event_key and task_id.
    says = text_at(event, "event_key") or text_at(event, "eventkey")
    return Press(clean(says), clean(text_at(event, "task_id") or text_at(event, "taskid")))


def _entered(_payload: Json, _heard: Heard) -> What:
    return Entered()


def _feedback(payload: Json, _: Heard) -> What:
    event = at(payload, "event", "feedback_event")
    kind = at(event, "type")
    good = GOOD.get(kind) if isinstance(kind, int) else None
    return Feedback(clean(text_at(event, "id")), good, clean(text_at(event, "content")))


READERS: Mapping[str, Callable[[Json, Heard], What]] = {
    "text": _text,
    "voice": _voice,
    "image": _image,
    "mixed": _mixed,
    "template_card_event": _press,
    "enter_chat": _entered,
    "feedback_event": _feedback,
}


def _parts(mixed: object) -> tuple[str, list[str]]:
    """The texts of a mixed message as one, and the addresses of its pictures."""
    items = at(mixed, "msg_item")
    found = items if isinstance(items, list) else []
    texts = [text_at(item, "text", "content") for item in found]
    pictures = [text_at(item, "image", "url") for item in found]
    return "\n".join(filter(None, texts)), list(filter(None, pictures))


def _quote(payload: Json) -> str | None:
    """What was quoted, as words; the platform gives neither its id nor its author."""
    quote = at(payload, "quote")
    words = text_at(quote, "text", "content") or text_at(quote, "voice", "content") or _parts(at(quote, "mixed"))[0]
    return clean(words) or None


def _reply(payload: Json, replies: Sequence[Rendered], stream: str, finished: bool) -> dict[str, object] | None:
    match _kind(payload):
        case "template_card_event":
            return _update(payload, replies)
        case "feedback_event":
            return None  # the platform takes only an empty answer here
        case "enter_chat":
            return _welcome(replies)
        case "stream":
            return _stream(replies, text_at(payload, "stream", "id"), finished, first=False)
        case _:
            return _stream(replies, stream, finished, first=True)


def _sort(replies: Sequence[Rendered]) -> tuple[list[str], Rendered | None]:
    """The lines to say and the one card that fits; further cards are said as text. A card changes only when pressed."""
    new = [reply for reply in replies if not reply.replaces]
    card = next((reply for reply in new if reply.card and reply.buttons), None)
    return [reply.text for reply in new if reply is not card and reply.text.strip()], card


def _stream(replies: Sequence[Rendered], stream: str, finished: bool, *, first: bool) -> dict[str, object] | None:
    lines, card = _sort(replies)
    if not finished:
        card = None  # a card can come once only: with the finished text
    elif not lines and card is None and first:
        return None
    elif card and not lines and first:
        return {"msgtype": "template_card", "template_card": _card(card) | _feedback_id(stream)}
    content = "\n\n".join(lines) or (CARD_BELOW if card else NOTHING_MORE if finished else WAITING)
    body: dict[str, object] = {"id": stream, "finish": finished, "content": shorten(content, TEXT_LIMIT)}
    if first:
        body |= _feedback_id(stream)
    if card is None:
        return {"msgtype": "stream", "stream": body}
    return {"msgtype": "stream_with_template_card", "stream": body, "template_card": _card(card)}


def _feedback_id(stream: str) -> dict[str, object]:
    """With it the reply shows 👍 and 👎, and the event names the reply."""
    return {"feedback": {"id": stream}} if 0 < len(stream.encode()) <= FEEDBACK_ID_MAX else {}


def _welcome(replies: Sequence[Rendered]) -> dict[str, object] | None:
    """The greeting of a private chat: a card alone or text alone, so a card beside text is said as text."""
    lines, card = _sort(replies)
    if card and not lines:
        return {"msgtype": "template_card", "template_card": _card(card)}
    said = "\n\n".join([*lines, card.text] if card else lines)
    return {"msgtype": "text", "text": {"content": shorten(said, TEXT_LIMIT)}} if said else None


def _update(payload: Json, replies: Sequence[Rendered]) -> dict[str, object] | None:
    event = at(payload, "event", "template_card_event")
    task = text_at(event, "task_id") or text_at(event, "taskid")
    card = _update_of(replies, task)
    if card is None:
        return None
    # Without userids everybody who sees the card sees the change.
    return {"response_type": "update_template_card", "template_card": _card(card) | {"task_id": task}}


def _update_of(replies: Sequence[Rendered], task: str) -> Rendered | None:
    """The new face of the pressed card."""
    return next((reply for reply in replies if reply.replaces and reply.card == task), None)


def _card(rendered: Rendered) -> dict[str, object]:
    task = rendered.card or ""
    if not TASK_ID.fullmatch(task):
        raise ValueError("a card's id may hold 1-128 letters, digits, _, @ and -")
    title, rest = _head(rendered)
    main: dict[str, object] = {"title": clip(title, TITLE_MAX)}
    desc, _, body = rest.partition("\n")
    if len(desc) <= DESC_MAX and body.strip():
        main["desc"] = desc
    else:
        body = rest
    return {
        "card_type": "button_interaction",
        "main_title": main,
        **({"sub_title_text": clip(body.strip(), BELOW_MAX)} if body.strip() else {}),
        "button_list": _buttons(rendered.buttons, title),
        "task_id": task,
    }


def _head(rendered: Rendered) -> tuple[str, str]:
    """A card's title and the text under it; the text's first line is the title where none was given."""
    text = rendered.text.strip()
    if not rendered.title:
        first, _, rest = text.partition("\n")
        return first, rest.strip()
    return rendered.title, text.removeprefix(rendered.title).lstrip("。，；").strip()  # the title took the first words


def _buttons(buttons: Sequence[Button], title: str) -> list[dict[str, object]]:
    """The key is the command itself, so that a press says what the button promised, whoever presses it."""
    unique = {button.says: button.label for button in buttons if 0 < len(button.says.encode()) <= BUTTON_KEY_MAX}
    if not unique:
        found = ORDER_IN_TITLE.search(title)
        unique = {LOOK_AT.format(found.group(1)) if found else LOOK_AT_ALL: LOOK}
    return [{"text": clip(text, LABEL_MAX), "key": key} for key, text in list(unique.items())[:BUTTONS_MAX]]


def _active(chat: ChatRef, rendered: Rendered) -> dict[str, object]:
    """The body for a one-time address; in a group the platform takes no card there."""
    if chat.kind is ChatKind.PRIVATE and rendered.card and rendered.buttons and not rendered.replaces:
        return {"msgtype": "template_card", "template_card": _card(rendered)}
    if not rendered.text.strip():
        raise Rejected("empty", "Nothing to say; a fault of ours.")
    return {"msgtype": "markdown", "markdown": {"content": shorten(rendered.text, TEXT_LIMIT)}}


def _used_up(error: SendFailed) -> SendFailed:
    """A failed attempt through a one-time address: it certainly did not arrive, or we do not know; never again."""
    match error:
        case Busy() if not error.code.startswith("http-"):
            return Rejected(error.code, f"{error.advice} The one-time address is not used twice.")
        case Throttled():
            return Rejected(error.code, f"{error.advice} The one-time address is not used twice.")
        case Busy():
            return Unknown(error.code, f"{error.advice} It may have arrived.")
        case _:
            return error
