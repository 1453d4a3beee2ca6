"""What a channel is: the small contract between a chat platform and the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from handlers.turn import BotError, Button, ChatRef, Message


@dataclass(frozen=True, slots=True)
class Inbound:
    """An HTTP request to /hooks/{name}, nothing decoded yet. Repeated query parameters keep all values."""

    method: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]  # lower-case names
    body: bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """The platform asks for the newest text of a stream that we left unfinished."""

    stream: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """Finished words for one destination. `card` is set where it is an order's card: our id of the posted card."""

    text: str
    buttons: tuple[Button, ...] = ()
    title: str = ""  # short head of a card: 【231】3栋 换厨房灯
    card: str | None = None
    replaces: bool = False  # this changes the posted card `card` instead of being a new line
    mentions: tuple[str, ...] = ()  # platform user ids to be called by the platform's own mention


@dataclass(frozen=True, slots=True)
class Address:
    """Where to deliver: the chat, and the bearer secret some doors need (webhook key, one-time answer address)."""

    chat: ChatRef
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform took it. `missed` names recipients that it did not reach."""

    ref: str = ""
    missed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    speak_first: bool  # may push without being spoken to
    private: bool  # carries private chats
    groups: bool
    hears_all: bool  # hears group lines that do not mention the bot
    cards: bool  # buttons
    update_card: bool  # can change a posted card later
    in_band: bool  # answers inside the platform's own request
    keyed: bool = False  # the door into a group is a bearer key that is stored with the group
    drops_copies: bool = (
        False  # the platform drops an identical text within minutes, so an unknown outcome may be repeated
    )
    per_minute: int = 0  # messages into one chat the platform takes; 0: no limit known


class BadRequest(BotError):
    """Not from the platform, or not readable; the same 403 for every cause."""


class SendFailed(BotError):
    """Not delivered. `retryable`: the same row may be tried again; `advice` says what to do about it."""

    retryable = False

    def __init__(self, code: str, advice: str) -> None:
        super().__init__(f"{code}: {advice}")
        self.code = code
        self.advice = advice


class Throttled(SendFailed):
    """Too fast; try again after `wait` seconds."""

    retryable = True

    def __init__(self, code: str, advice: str, wait: float) -> None:
        super().__init__(code, advice)
        self.wait = wait


class Busy(SendFailed):
    """The platform had a bad moment; try again with growing waits."""

    retryable = True


class Unknown(SendFailed):
    """We do not know whether it arrived."""


class Rejected(SendFailed):
    """Will never arrive this way. `gone`: the address itself is dead and should be marked stale."""

    def __init__(self, code: str, advice: str, *, gone: bool = False, stop: bool = False) -> None:
        super().__init__(code, advice)
        self.gone = gone
        self.stop = stop  # the whole channel stops until the operator mends it; its queue is kept


Arrived = Callable[[Sequence[Message]], Awaitable[None]]


class Channel(Protocol):
    """One chat platform under its configured name."""

    name: str
    can: Capabilities
    text_limit: int  # UTF-8 bytes in one message

    def greet(self, inbound: Inbound) -> bytes:
        """Answer the platform's address check. Raises BadRequest."""
        ...

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        """Verify, decrypt, translate. Raises BadRequest; does no network, no database."""
        ...

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        """The reply inside the platform's own request; empty when there is nothing to say.

        `stream` is our id for this answer; unfinished answers are asked for again by a Poll.
        """
        ...

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        """Deliver one part. Raises SendFailed."""
        ...
