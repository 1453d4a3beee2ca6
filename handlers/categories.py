"""What each kind of service needs to know before it is offered, and how long it usually takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nlp.intent import Category


@dataclass(frozen=True, slots=True)
class Needs:
    """`time` and `place`: ask when it was not said. `minutes`: the usual length of one visit."""

    time: bool
    place: bool
    minutes: int


CATEGORIES: Mapping[str, Needs] = {
    Category.REPAIR: Needs(time=True, place=True, minutes=20),
    Category.ELDER_CARE: Needs(time=True, place=True, minutes=60),
    Category.DISABILITY: Needs(time=True, place=True, minutes=60),
    Category.MEDICAL: Needs(time=True, place=True, minutes=120),
    Category.MEALS: Needs(time=False, place=True, minutes=30),
    Category.ERRAND: Needs(time=False, place=True, minutes=20),
    Category.SANITATION: Needs(time=False, place=True, minutes=60),
    Category.MEDIATION: Needs(time=False, place=True, minutes=60),
    Category.EDUCATION: Needs(time=True, place=False, minutes=90),
    Category.COMPANIONSHIP: Needs(time=True, place=True, minutes=60),
    Category.HAZARD: Needs(time=False, place=True, minutes=30),
    Category.CARRYING: Needs(time=True, place=True, minutes=40),
    Category.RESCUE: Needs(time=False, place=True, minutes=60),
    Category.SUPPLIES: Needs(time=False, place=True, minutes=30),
    Category.LOST: Needs(time=False, place=False, minutes=60),
    Category.OTHER: Needs(time=False, place=False, minutes=30),
}

# Errands that take longer or shorter than the rest of their kind.
_MINUTES_OF_ITEM: Mapping[str, int] = {"代买药品": 30}


def usual_minutes(category: str, item: str) -> int:
    """How long a visit takes where nobody said it."""
    return _MINUTES_OF_ITEM.get(item, CATEGORIES[category].minutes)


# A thing that the helper would otherwise have to ask about; added to the one question.
ASK_ABOUT: Mapping[str, str] = {
    "灯": "灯泡要不要我们带？",
    "水龙头": "水龙头要不要我们带？",
    "灯泡": "灯泡要不要我们带？",
    "门锁": "锁芯要不要我们带？",
}


def ask_about(item: str) -> str:
    return next((question for word, question in ASK_ABOUT.items() if word in item), "")
