"""The contract's JSON form of an intent: only what was found."""

from __future__ import annotations

from typing import Final

from nlp.intent import Address, Context, Count, Intent, Meaning, Span

Json = dict[str, object]


class BadContext(Exception):
    """A context that is not as the contract says."""


def context_of(given: object) -> Context | None:
    """The context of a question, as the contract writes it. Raises BadContext."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise BadContext("context is no object")
    order, question, choices = given.get("order"), given.get("question"), given.get("choices")
    return Context(
        str(order) if isinstance(order, str | int) else None,
        question if isinstance(question, str) else None,
        choices if isinstance(choices, int) else 0,
    )


def _time(span: Span) -> Json:
    return {
        "start": span.start.isoformat() if span.start else None,
        "end": span.end.isoformat() if span.end else None,
        "grain": span.grain.value,
        "text": span.text,
    }


def _address(address: Address) -> Json:
    parts = {
        "community": address.community,
        "building": address.building,
        "entrance": address.entrance,
        "floor": address.floor,
        "room": address.room,
        "place": address.place,
    }
    return {name: value for name, value in parts.items() if value}


def _count(count: Count) -> Json:
    return {"min": count.min, "max": count.max, "about": count.about}


# What is asked back about: in talk that orders nothing a doubtful time may stay doubtful.
_ASKED_BACK: Final = frozenset({Meaning.REQUEST, Meaning.AMEND})


_TALK: Final = frozenset({Meaning.THANKS, Meaning.CHAT, Meaning.OTHER})


def _is_unclear(intent: Intent) -> bool:
    """What is wanted, which of two times, or which building: something has to be asked back."""
    slots = intent.slots
    doubtful = slots.building_known is False or bool(slots.time and slots.time.others)
    return slots.needs_clarification or (doubtful and intent.meaning in _ASKED_BACK)


def to_json(intent: Intent) -> Json:
    """{"intent", "confidence", "slots", "ability"} exactly as `linli parse --jsonl` prints it."""
    slots = intent.slots
    found: Json = {
        "order": slots.order,
        "category": slots.category.value if slots.category else None,
        "needs": [need.value for need in slots.needs],
        "urgency": slots.urgency.value if slots.urgency else None,
        "address": _address(slots.address) if slots.address else None,
        "time": _time(slots.time) if slots.time else None,
        "recurrence": slots.recurrence,
        "condition": slots.condition,
        "needs_clarification": _is_unclear(intent) or None,
        "command": slots.command,
        "assignee": slots.assignee,
        "into": slots.into,
        "phones": list(slots.phones),
        "landlines": list(slots.landlines),
        "people": _count(slots.people) if slots.people else None,
        "people_needed": _count(slots.people_needed) if slots.people_needed else None,
        "beneficiary": slots.beneficiary,
        "item": slots.item,
        "reason": slots.reason,
        "minutes": slots.minutes,
        "name": slots.name,
        "rating": slots.rating.value if slots.rating else None,
    }
    read: Json = {
        "intent": intent.meaning.value,
        "confidence": intent.confidence,
        "slots": {name: value for name, value in found.items() if value is not None and value != []},
        "ability": intent.ability,
    }
    more = [to_json(further.intent) for further in intent.more if further.intent.meaning not in _TALK]
    if slots.into is None:  # 接 12 13: the same of each further order
        more += [read | {"slots": {"order": number}} for number in slots.orders[1:]]
    return read | {"more": more} if more else read
