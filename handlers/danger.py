"""How grave an order is: an emergency, a failing house, or ordinary help; and which number to call first."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from functools import cache

from nlp.aftermath import find_despair
from nlp.clean import fold
from nlp.intent import Category, Urgency
from nlp.patterns import blocks_of
from nlp.shapes import Table
from storage.orders import Order

DESPAIR = "self_harm"
# The blocks of the table in their order: the first that shows says which number to call.
KINDS = ("gas", "fire", "lift", "missing", "medical", "ill")
UTILITY_KINDS = ("gas", "lift", "power")


@cache
def _table() -> Table:
    return Table(blocks_of("dangers"))


def _shown(words: str) -> Collection[str]:
    return _table().shown(fold(words))


class QuietClass(StrEnum):
    """What may break the quiet hours: emergencies everywhere, utilities in private, the rest not at all."""

    EMERGENCY = "emergency"
    UTILITIES = "utilities"
    REST = "rest"


def kinds_of(words: str) -> frozenset[str]:
    """Every kind of danger these words tell of, despair apart."""
    return frozenset(KINDS) & frozenset(_shown(words))


def kind_of(words: str) -> str:
    """The kind of danger these words tell of; `other` where they name none."""
    if find_despair(words) is not None:
        return DESPAIR
    shown = kinds_of(words)
    return next((kind for kind in KINDS if kind in shown), "other")


def is_despair(order: Order) -> bool:
    """Somebody does not want to live: answered in private and told to the secretary, never said in a group. What is only
    read as a plea for company is one where no other danger shows."""
    words = f"{order.item}{order.note or ''}"
    is_plea = order.category == Category.COMPANIONSHIP and not kinds_of(words)
    return quiet_class(order) is QuietClass.EMERGENCY and (is_plea or find_despair(order.note or "") is not None)


def utility_kind(words: str) -> str:
    shown = _shown(words)
    return next((kind for kind in UTILITY_KINDS if kind in shown), "water")


def is_of_the_house(words: str) -> bool:
    return "house" in _shown(words)


def grade(category: str, urgency: str, words: str) -> QuietClass:
    """A burst pipe that grows is the house's emergency, not a person's; a power cut at an oxygen device is both."""
    is_utility = category in (Category.REPAIR, Category.HAZARD) and "utility" in _shown(words)
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
