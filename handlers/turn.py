"""The values that travel: what was said, what a handler may look at, and what it wants said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from nlp.answers import read_choice
from nlp.clean import fold

if TYPE_CHECKING:
    from handlers.views import Viewer
    from nlp.intent import Intent
    from storage import Store
    from storage.communities import Community
    from storage.groups import Group
    from storage.orders import Order
    from storage.people import Person
    from storage.questions import Question
    from storage.steps import Step


class ChatKind(StrEnum):
    GROUP = "group"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class ChatRef:
    """A chat as a channel knows it; ids are opaque and kept verbatim. `channel` is the configured name."""

    channel: str
    kind: ChatKind
    id: str


@dataclass(frozen=True, slots=True)
class UserRef:
    """A user as a channel knows them; `name` only where the platform tells it."""

    channel: str
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Channel + platform id + sender: equal keys are the same message."""

    channel: str
    id: str
    sender: str

    def __str__(self) -> str:
        return f"{self.channel}/{self.id}/{self.sender}"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Voice:
    """A transcription; `unsure` where the platform or the speaker marked it so."""

    text: str
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """A button of one of our cards. `says` is the command the button stands for; `card` names the posted card."""

    says: str
    card: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; its address or name as the platform gave it, never fetched inside a turn."""

    ref: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """The person opened the private chat."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """👍 or 👎 on one of our replies."""

    ref: str
    good: bool | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """A bearer secret that never shows itself in a log or a repr."""

    value: str

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


What = Text | Voice | Press | Picture | Entered | Feedback


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said by one person, as any channel would tell it. Text in it is cleaned by nlp.clean."""

    key: MessageKey
    chat: ChatRef
    sender: UserRef
    mentioned: bool  # the bot was addressed: @, a press, or a private chat
    what: What
    sent_at: datetime  # aware
    quote: str | None = None  # what the speaker replied to; context, never a command
    answer_url: Secret | None = None  # one-time address for one later answer in this chat


@dataclass(frozen=True, slots=True)
class Button:
    """A button and the command that pressing it says: Button("接单", "接231")."""

    label: str
    says: str


class Lane(IntEnum):
    """Who goes first when a destination is busy; smaller is sooner."""

    EMERGENCY = 0
    REPLY = 1
    ASSIGNMENT = 2
    REMINDER = 3
    REPORT = 4


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence of wording.py, not text yet: the gate calls `words` with the views of whoever will read it."""

    words: Callable[[Viewer], str]
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Asks:
    """The sentence asks this; a short answer in the same chat within question_hours belongs to it."""

    question: str  # a kind of storage.questions
    order_id: int | None = None
    choices: int = 0
    payload: str = ""  # what the answer continues
    anybody: bool = False  # whoever in the group answers first


@dataclass(frozen=True, slots=True)
class Reply:
    """Said in the chat the message came from."""

    say: Say
    asks: Asks | None = None
    about: Order | None = None
    is_card: bool = False  # this line is the order's card; later updates replace it


@dataclass(frozen=True, slots=True)
class Push:
    """Said somewhere else, or later."""

    to: Group | Person
    say: Say
    lane: Lane = Lane.REMINDER
    about: Order | None = None  # an older push about a newer version is dropped as superseded
    asks: Asks | None = None
    not_before: datetime | None = None
    once: str | None = None  # two pushes with the same `once` are one push
    is_card: bool = False
    keeps: bool = False  # stays true whatever happens to the order later; never dropped as superseded


@dataclass(frozen=True, slots=True)
class Update:
    """Every posted card of this order now reads so. Where a platform cannot change a card, nothing is said."""

    order: Order
    say: Say
    instead: Say | None = None  # said as a new line where the platform cannot change a posted card


Outcome = Reply | Push | Update


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything a handler may look at or change."""

    message: Message
    speaker: Person
    group: Group | None  # None in a private chat
    community: Community
    now: datetime  # aware, in the community's zone
    store: Store
    intent: Intent
    read: Callable[[str], Intent]  # understands other words, such as those kept with a question
    question: Question | None = None  # the open question this answers, where it answers one

    @property
    def text(self) -> str:
        what = self.message.what
        return what.text if isinstance(what, Text | Voice | Picture) else ""

    @property
    def choice(self) -> int | None:
        """The number that answers a question with choices: “1”, “第二个”, or “1 小陈人真好”."""
        return read_choice(fold(self.text.strip()))

    @property
    def payload(self) -> str:
        """What the answered question continues."""
        return self.question.payload if self.question else ""

    def asked_order(self) -> Order:
        """The order that the answered question is about."""
        if self.question is None or self.question.order_id is None:
            raise ValueError("this turn answers no question about an order")
        return self.store.orders.get(self.question.order_id)

    @property
    def is_addressed(self) -> bool:
        """The speaker turned to the bot: privately, by @, or by a button."""
        return self.group is None or self.message.mentioned

    @property
    def is_meant(self) -> bool:
        """The words are for the bot: addressed to it, or one of its commands."""
        return self.is_addressed or self.intent.explicit


@dataclass(frozen=True, slots=True)
class Tick:
    """A due moment: what a step or a daily slot may look at or change."""

    community: Community
    now: datetime
    due_at: datetime
    store: Store
    step: Step | None = None

    @property
    def claim_id(self) -> int | None:
        """The claim that the due step is about, where it is about one."""
        return self.step.claim_id if self.step else None

    def order(self) -> Order:
        """The order whose step is due."""
        if self.step is None:
            raise ValueError("a daily slot is about no single order")
        return self.store.orders.get(self.step.order_id)


Scene = Turn | Tick  # where store, community and now come from


class BotError(Exception):
    """Root of all errors of ours."""


class Refusal(BotError):
    """A person asked for what we may not or cannot do; the turn is rolled back and `say` is the reply.

    In a group where the bot was not addressed it is said in private, so that nobody is corrected before others.
    """

    def __init__(self, say: Say, *, asks: Asks | None = None, reason: str = "refused") -> None:
        super().__init__(reason)
        self.say = say
        self.asks = asks
        self.reason = reason


class Silence(BotError):
    """These words were not meant for us after all: nothing is said, nothing is kept."""
