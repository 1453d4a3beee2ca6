"""How grave an order is: an emergency, a failing house, or ordinary help; and which number to call first."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from nlp.intent import Category, Urgency
from storage.orders import Order

# States of the house that cannot wait for the morning although nobody's life is in danger.
UTILITY_WORDS = (
    "漏水", "跳闸", "停电", "停水", "断电", "没电", "没水", "漏电", "爆管", "爆了", "返水", "煤气", "燃气", "电梯", "进水", "滴水", "在滴",
)  # fmt: skip

# Which number to call first, by words of the house; the first row that fits wins.
KINDS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("self_harm", ("想不开", "不想活", "轻生", "自杀", "活不下去", "活着没意思")),
    ("gas", ("煤气", "燃气", "天然气", "液化气")),
    ("fire", ("着火", "起火", "冒烟", "失火", "火星", "火苗", "烧起来", "浓烟")),
    ("lift", ("电梯",)),
    ("missing", ("走失", "走丢", "找不到人", "不见了", "没回", "失踪")),
    (
        "medical",
        (
            "摔",
            "晕",
            "昏",
            "喘",
            "叫不醒",
            "抽搐",
            "流血",
            "胸口",
            "心脏",
            "中风",
            "起不来",
        ),
    ),
    ("ill", ("吸氧", "氧气", "透析", "发烧", "高烧", "度5", "药")),
)


# What the whole house lacks is the property's matter by day as well; a tap of one flat is not.
HOUSE_WORDS = ("电梯", "停电", "停水", "断电", "爆管", "水管爆")
# What to do first until somebody comes, by words of the house; the first row that fits wins.
UTILITY_KINDS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("gas", ("煤气", "燃气")),
    ("lift", ("电梯",)),
    ("power", ("跳闸", "停电", "断电", "没电", "漏电")),
)


class QuietClass(StrEnum):
    """What may break the quiet hours: emergencies everywhere, utilities in private, the rest not at all."""

    EMERGENCY = "emergency"
    UTILITIES = "utilities"
    REST = "rest"


def kind_of(words: str) -> str:
    """The kind of danger these words tell of; `other` where they name none."""
    return next((kind for kind, signs in KINDS if any(sign in words for sign in signs)), "other")


def utility_kind(words: str) -> str:
    return next((kind for kind, signs in UTILITY_KINDS if any(sign in words for sign in signs)), "water")


def is_of_the_house(words: str) -> bool:
    return any(word in words for word in HOUSE_WORDS)


def grade(category: str, urgency: str, words: str) -> QuietClass:
    """A burst pipe that grows is the house's emergency, not a person's; a power cut at an oxygen device is both."""
    is_utility = category in (Category.REPAIR, Category.HAZARD) and any(word in words for word in UTILITY_WORDS)
    if urgency == Urgency.EMERGENCY:
        is_house = is_utility and category == Category.REPAIR and kind_of(words) == "other"
        return QuietClass.UTILITIES if is_house else QuietClass.EMERGENCY
    if is_utility and urgency != Urgency.LOW:
        return QuietClass.UTILITIES
    return QuietClass.REST


def quiet_class(order: Order) -> QuietClass:
    return grade(order.category, order.urgency, f"{order.item}{order.note or ''}")


def is_pressing(order: Order) -> bool:
    """Whoever takes it is expected at once: no hour is agreed first."""
    if order.start is not None or order.recurrence is not None:
        return False
    at_night = order.is_at_night and quiet_class(order) is QuietClass.UTILITIES
    return at_night or order.urgency in (Urgency.EMERGENCY, Urgency.URGENT)
