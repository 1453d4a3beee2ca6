"""The values that reading a text gives: what it commits to, and the facts found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What the words alone commit to; binding them to an order needs context."""

    REQUEST = "request"
    CLAIM = "claim"
    STAND_BY = "stand_by"
    WITHDRAW = "withdraw"
    DONE = "done"
    NOT_DONE = "not_done"
    RATE = "rate"
    AMEND = "amend"
    CANCEL = "cancel"
    NUDGE = "nudge"
    COMMAND = "command"
    INQUIRY = "inquiry"
    OFFER = "offer"
    NOTICE = "notice"
    AD = "ad"
    THANKS = "thanks"
    CHAT = "chat"
    OTHER = "other"


class Category(StrEnum):
    """The sixteen kinds of service."""

    REPAIR = "水电维修"
    ELDER_CARE = "助老"
    DISABILITY = "助残"
    MEDICAL = "就医送药"
    MEALS = "送餐买菜"
    ERRAND = "代办跑腿"
    SANITATION = "环境卫生"
    MEDIATION = "矛盾调解"
    EDUCATION = "教育托管"
    COMPANIONSHIP = "心理陪伴"
    HAZARD = "安全隐患"
    CARRYING = "搬运"
    RESCUE = "应急救援"
    SUPPLIES = "物资"
    LOST = "寻人寻物"
    OTHER = "其他"


class Urgency(StrEnum):
    EMERGENCY = "emergency"
    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


class Score(StrEnum):
    """How a requester rates the help."""

    SATISFIED = "satisfied"
    FAIRLY_SATISFIED = "fairly_satisfied"
    DISSATISFIED = "dissatisfied"


class Grain(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    PART = "part"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time, aware; a side is None only where the words leave it open."""

    start: datetime | None
    end: datetime | None
    grain: Grain
    text: str
    # Other readings of the same words, or the other time that was offered (今晚或明晚): worth asking about.
    others: tuple[Span, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Address:
    """A place in normalised text: building "2", entrance "B", room "1503"."""

    community: str | None = None
    building: str | None = None
    entrance: str | None = None
    floor: str | None = None
    room: str | None = None
    place: str | None = None

    def __bool__(self) -> bool:
        return any((self.community, self.building, self.entrance, self.floor, self.room, self.place))


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people, exact (min == max), a range, or `about` so many."""

    min: int
    max: int
    about: bool = False


@dataclass(frozen=True, slots=True)
class Attendance:
    """What a finisher says of one companion: minutes worked, or that they did not come."""

    name: str
    minutes: int | None = None
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Slots:
    """Everything found in a text. Empty fields were not said."""

    order: str | None = None
    orders: tuple[str, ...] = ()
    category: Category | None = None
    needs: tuple[Category, ...] = ()
    urgency: Urgency | None = None
    address: Address | None = None
    building_known: bool | None = None  # whether the community has such a building; None where nobody knows
    time: Span | None = None
    recurrence: str | None = None
    condition: str | None = None
    needs_clarification: bool = False
    command: str | None = None
    assignee: str | None = None
    into: str | None = None
    phones: tuple[str, ...] = ()
    landlines: tuple[str, ...] = ()
    people: Count | None = None
    people_needed: Count | None = None
    beneficiary: str | None = None
    item: str | None = None  # what is needed, a few plain words without place, phone, name or illness: 换厨房灯
    reason: str | None = None
    minutes: int | None = None
    name: str | None = None
    rating: Score | None = None
    attendance: tuple[Attendance, ...] = ()
    choice: int | None = None  # a bare one-digit answer
    yes: bool | None = None  # 行/好/能/来/去/对 is True, 不行/不/不能/来不了 is False, else None
    rest: str | None = None  # free words left over after a command phrase
    is_settled: bool = False  # given up because it came right: 已解决, 孩子找到了
    stands_in: bool = False  # 我去不了, 让我爱人去: somebody of the same home goes instead
    is_directed: bool = False  # 合并13到12: which of two orders stays was said
    is_ruling: bool = False  # 转231 物业 裁定


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signal that spoke for or against a meaning, in words a secretary understands."""

    signal: str
    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class Context:
    """What was last spoken of here: an order, and the question last asked with its number of choices."""

    order: str | None = None
    question: str | None = None
    choices: int = 0


SURE: Final = 0.8  # a need that is read with less confidence may be something else


@dataclass(frozen=True, slots=True)
class Intent:
    """How one text is understood. `ability` is the handler's dotted name (claiming.claim), None where none applies."""

    meaning: Meaning
    confidence: float
    slots: Slots = field(default_factory=Slots)
    ability: str | None = None
    explicit: bool = False  # a phrase of an ability matched; otherwise read from free speech
    evidence: tuple[Evidence, ...] = ()
    implied: bool = False  # an act that no words say: worth a look, never worth an objection
    more: tuple[Further, ...] = ()  # what else the same message does, in its order: 231我不接了，232我接

    @property
    def is_weak_need(self) -> bool:
        """What is said to the bot is a need more easily: beside an open matter such words go with it."""
        is_calm = self.meaning is Meaning.REQUEST and self.slots.urgency is not Urgency.EMERGENCY
        return is_calm and not self.explicit and self.confidence < SURE


@dataclass(frozen=True, slots=True)
class Further:
    """One more act of a message, with the words that say it."""

    words: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Rule:
    """The phrases of one ability, as data; compiled by nlp.phrases."""

    ability: str
    meaning: Meaning
    phrases: tuple[str, ...]
    command: str | None = None
