"""Gathers everything that can be read from one free text, for the signals and for the slots of an intent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from nlp import category, items, names, people, phones, places, times, urgency
from nlp.intent import Category, Slots, Span
from nlp.items import Cut
from nlp.local import Local
from nlp.phrases import order_in
from nlp.signals import Facts
from nlp.spotting import Spotter

# No time is written longer.
LONGEST_TOLD: Final = 40
# What may be wanted for somebody in danger: 修锁 and 陪聊天 are no rescue.
_RESCUING: Final = re.compile(r"电梯困人|上门探望|查看燃气|寻人|陪诊|接送|[救找送买代借取拿抬背]")


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the readers look things up in: all word lists in one, and the community's buildings where it listed them."""

    spotter: Spotter
    local: Local = field(default_factory=Local)


def gather(said: str, folded: str, now: datetime, lookup: Lookup, *, mentioned: bool) -> tuple[Facts, Slots]:
    """What the readers find, as facts for the signals and as slots."""
    numbers = phones.find(folded)
    masked = folded
    for number in numbers:
        masked = masked[: number.start] + "\n" * (number.end - number.start) + masked[number.end :]
    located = places.read_address(said, folded, masked, lookup.local.ground)
    slots = Slots(
        phones=tuple(dict.fromkeys(number.digits for number in numbers if number.kind == "mobile")),
        landlines=tuple(dict.fromkeys(number.digits for number in numbers if number.kind == "landline")),
        address=located.address,
        building_known=located.known,
        time=times.times_of(said, folded, now).meant,
        beneficiary=names.find_beneficiary(folded),
        people_needed=people.find_needed(folded),
    )
    spotted = lookup.spotter.spot(folded)
    facts = Facts(
        folded=folded,
        hits=spotted.hits,
        learned=spotted.learned,
        address=slots.address,
        phones=len(numbers),
        beneficiary=slots.beneficiary,
        needed=slots.people_needed,
        mentioned=mentioned,
    )
    return facts, slots


# Whoever is in danger of life wants none of these, although the words sound like it: 孩子吃了老鼠药 is no matter of dirt.
# Other kinds stay as they are: where somebody fell alone at home, many would call it 助老.
_NO_RESCUE: Final = frozenset({Category.SANITATION, Category.COMPANIONSHIP, Category.EDUCATION})


def of_request(said: str, facts: Facts, slots: Slots, now: datetime, lookup: Lookup, cut: Cut) -> Slots:
    """The slots of a request: what kind of help, how urgent, for how many, in which words to offer it."""
    folded = facts.folded
    kind, needs = category.find_category(folded, facts.hits, facts.learned, lookup.spotter)
    told = times.times_of(said, folded, now)
    hurry, answers = urgency.judge(folded, kind, facts.hits, facts.learned)
    if answers and kind not in answers and kind in _NO_RESCUE:
        kind, needs = category.find_category(folded, facts.hits, facts.learned, lookup.spotter, answers)
    item = items.find_item(folded, cut, kind)
    if answers and not _RESCUING.match(item):
        # Nobody who fell wants a repair, whatever else the talk was of.
        item = items.KINDS[kind if kind in answers else answers[0]]
    named = item not in items.KINDS.values()
    unclear = not named and len(folded) <= 6 and not facts.hits.get("lack") and not facts.hits.get("danger")
    return replace(
        slots,
        order=order_in(folded),
        category=kind,
        needs=needs,
        urgency=hurry,
        people=people.find_people(folded),
        recurrence=told.recurrence[0] if told.recurrence else None,
        minutes=told.minutes,
        item=item,
        needs_clarification=unclear,
    )


def of_other(said: str, facts: Facts, slots: Slots, now: datetime) -> Slots:
    """The slots of any other text: it may answer a question of the bot."""
    return replace(
        slots,
        beneficiary=None,
        people=people.find_people(facts.folded),
        time=slots.time or _told_time(said, now),
    )


def any_time(said: str, now: datetime) -> Span | None:
    """The first time of the text, past or not: 导出上周."""
    return next(iter(times.find_times(said, now)), None)


def _told_time(said: str, now: datetime) -> Span | None:
    """A past time where the text is hardly more than that; in a story it is no answer to anything."""
    if len(said) > LONGEST_TOLD:
        return None
    found = any_time(said, now)
    return found if found and len(said) - len(found.text) <= 4 else None
