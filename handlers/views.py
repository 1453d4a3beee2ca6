"""The output gate: what each audience may see of an order or a person, decided field by field in one table.

No sentence of wording.py ever meets a record; it meets the views made here, in which a field that the reader
may not see is simply None.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from handlers.danger import QuietClass, is_despair, is_pressing, quiet_class
from nlp import privacy
from nlp.intent import Grain, Span
from nlp.times import say_span
from storage.groups import Group, GroupKind
from storage.orders import Claim, Order
from storage.people import Person, Role


class Audience(StrEnum):
    """Who reads. The first four are groups: a group is publication, whoever sits in it."""

    RESIDENTS = "residents"
    MEMBERS = "members"
    SECRETARIES = "secretaries"
    UNITS = "units"
    HELPER = "helper"  # holds this order
    REQUESTER = "requester"  # asked for it
    SECRETARY = "secretary"  # in private
    STRANGER = "stranger"  # anybody else in private


A = Audience
ALL = frozenset(Audience)
CONCERNED = frozenset({A.HELPER, A.REQUESTER})

# The field catalogue: who may see which field of an order. Purpose and retention of each personal column are
# listed in docs/privacy.md; a test holds the two and the schema together.
CATALOGUE: Mapping[str, frozenset[Audience]] = {
    "no": ALL,
    "state": ALL,
    "category": ALL,
    "urgency": ALL,
    "item": ALL,
    "building": ALL,
    "place": ALL,
    "when": ALL,
    "is_fixed": ALL,
    "is_exact": ALL,
    "is_pressing": ALL,
    "hands": ALL,
    "missing": ALL,
    "minutes": ALL,
    "helpers": ALL,
    "standby": ALL,
    "contact_name": CONCERNED | {A.SECRETARY, A.RESIDENTS},
    "beneficiary": CONCERNED,
    "entrance": CONCERNED | {A.SECRETARY},
    "floor": CONCERNED | {A.SECRETARY},
    "room": CONCERNED,
    "contact_phone": CONCERNED,
    "note": CONCERNED | {A.SECRETARY},
    "is_confided": frozenset({A.HELPER}),
}

# Duties that are called to emergencies and failing houses.
CALLED = frozenset(
    {Role.GRID_LEADER, Role.GRID_WORKER, Role.BUILDING_CAPTAIN, Role.ON_DUTY, Role.PROPERTY, Role.SECRETARY}
)

GROUP_AUDIENCE = {
    GroupKind.RESIDENTS: A.RESIDENTS,
    GroupKind.MEMBERS: A.MEMBERS,
    GroupKind.SECRETARIES: A.SECRETARIES,
    GroupKind.UNITS: A.UNITS,
}


@dataclass(frozen=True, slots=True)
class HelperView:
    name: str
    unit: str | None
    hands: int

    @property
    def label(self) -> str:
        return self.name if self.hands == 1 else f"{self.name}（带{self.hands - 1}人）"


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as one audience may see it. Fields that are None are unknown or not for these eyes."""

    no: int
    state: str
    category: str
    urgency: str
    is_pressing: bool
    item: str
    when: str
    hands: int
    missing: int
    minutes: int
    helpers: tuple[HelperView, ...]
    standby: tuple[HelperView, ...]
    is_fixed: bool  # an hour or a part of a day is agreed
    is_exact: bool  # an hour is
    building: str | None
    place: str | None
    contact_name: str | None
    beneficiary: str | None
    entrance: str | None
    floor: str | None
    room: str | None
    contact_phone: str | None
    note: str | None
    is_confided: bool | None  # there are words, and they are not for this helper

    @property
    def coarse_place(self) -> str:
        """3栋, a public spot, or the spot in its house, 3栋楼道; never finer."""
        if not self.building:
            return self.place or ""
        house = f"{self.building}栋"
        return house + (self.place if self.place and self.place not in self.item and house not in self.place else "")

    @property
    def full_place(self) -> str:
        """As fine as this reader may know: 3栋2单元402."""
        parts = [f"{self.building}栋" if self.building else ""]
        parts.append(f"{self.entrance}单元" if self.entrance else "")
        if self.room:
            parts.append(self.room)
        elif self.floor:
            parts.append(f"{self.floor}楼")
        if self.place and self.place not in "".join(parts):
            parts.append(self.place)
        return "".join(parts)

    @property
    def helper_names(self) -> str:
        return "、".join(helper.label for helper in self.helpers)


@dataclass(frozen=True, slots=True)
class Viewer:
    """One reader, or one group of readers, at one moment. Makes the views that wording.py needs."""

    audience: Audience
    now: datetime
    bot_name: str
    must_mention: bool = False  # the bot hears only lines that mention it here
    reader: Person | None = None

    @property
    def is_group(self) -> bool:
        return self.audience in (A.RESIDENTS, A.MEMBERS, A.SECRETARIES, A.UNITS)

    def toward(self, order: Order) -> Audience:
        """What this reader is to this order. A group stays a group, whoever reads in it."""
        if self.reader is None:
            return self.audience
        if order.is_held_by(self.reader.id):
            return A.HELPER
        if self.reader.id in (order.requester_id, order.placed_by_id):
            return A.REQUESTER
        if self.reader.roles & CALLED and quiet_class(order) is not QuietClass.REST and not order.holders:
            return A.HELPER  # whoever is called to an emergency must know where it is
        return self.audience

    def order(self, order: Order) -> OrderView:
        eyes = self.toward(order)

        def seen(name: str, value: str | None) -> str | None:
            return plain(value) if value and eyes in CATALOGUE[name] else None

        note, is_confided = self._words(order, eyes)
        return OrderView(
            no=order.no,
            state=order.state.value,
            category=order.category,
            urgency=order.urgency,
            is_pressing=is_pressing(order),
            item=plain(order.item),
            when=self.when(order),
            hands=order.hands,
            missing=order.missing,
            minutes=order.minutes,
            helpers=tuple(map(_helper, order.holders)),
            standby=tuple(map(_helper, order.standby)),
            is_fixed=order.recurrence is not None or order.grain in (Grain.MINUTE, Grain.HOUR, Grain.PART),
            is_exact=order.start is not None and order.grain in (Grain.MINUTE, Grain.HOUR),
            building=seen("building", order.building),
            place=seen("place", order.place),
            contact_name=seen("contact_name", order.contact_name),
            beneficiary=seen("beneficiary", order.beneficiary),
            entrance=seen("entrance", order.entrance),
            floor=seen("floor", order.floor),
            room=seen("room", order.room),
            contact_phone=seen("contact_phone", order.contact_phone),
            note=note,
            is_confided=is_confided,
        )

    def _words(self, order: Order, eyes: Audience) -> tuple[str | None, bool | None]:
        """The words of the plea and whether they are kept back. Whoever helps learns nothing that was confided, and whoever
        runs to an emergency all the rest; who asked reads their own words."""
        if eyes not in CATALOGUE["note"] or not order.note:
            return None, False if eyes in CATALOGUE["is_confided"] else None
        words = plain(order.note)
        if eyes is not A.HELPER:
            return words, None
        if is_despair(order) or not privacy.is_confided(words):
            return words, False
        if quiet_class(order) is QuietClass.EMERGENCY:
            return privacy.without_confided(words), True
        return None, True

    def home(self, order: Order, person: Person) -> str:
        """Where somebody lives who tells of a matter in a public spot; for those who may know the door of this order."""
        if order.room is not None or order.place is None or self.toward(order) not in CATALOGUE["room"]:
            return ""
        return self.home_of(person)

    def home_of(self, person: Person) -> str:
        """For a reader in private who is called to this home."""
        if self.is_group:
            return ""
        parts = (f"{person.building}栋" if person.building else "", f"{person.entrance}单元" if person.entrance else "")
        return "".join((*parts, person.room or ""))

    def when(self, order: Order) -> str:
        if order.recurrence:
            return order.recurrence
        return self.span(order.start, order.end, order.grain)

    def span(self, start: datetime | None, end: datetime | None, grain: str | None) -> str:
        """明天上午; empty where nothing is agreed."""
        if start is None and end is None:
            return ""
        zone = self.now.tzinfo or ZoneInfo("Asia/Shanghai")
        local = Span(
            start.astimezone(zone) if start else None,
            end.astimezone(zone) if end else None,
            Grain(grain or "minute"),
            "",
        )
        return say_span(local, self.now)

    def at(self, moment: datetime) -> str:
        """A point in time: 今天15:00."""
        return self.span(moment, moment + timedelta(minutes=1), "minute")

    def say(self, command: str) -> str:
        """How to say a command here: “接231”, or “@小邻 接231” where the bot hears only mentions."""
        return f"“@{self.bot_name} {command}”" if self.must_mention else f"“{command}”"

    def free(self, words: str) -> str:
        """Somebody's own words for these readers: one line, and in groups without what is nobody's business."""
        line = plain(words)
        # A room is often said without its word, so that in a group no number of three digits or more is repeated.
        return LONG_NUMBER.sub("…", privacy.scrub(line)) if self.is_group else line


def plain(words: str) -> str:
    """People's own words as one line that can neither call anybody nor become a link."""
    return " ".join(words.split()).replace("@", "＠").replace("<", "＜")


def _helper(claim: Claim) -> HelperView:
    return HelperView(plain(claim.name), claim.unit and plain(claim.unit), claim.hands)


def for_group(group: Group, now: datetime, bot_name: str, must_mention: bool) -> Viewer:
    return Viewer(GROUP_AUDIENCE[group.kind], now, bot_name, must_mention)


def for_person(person: Person, now: datetime, bot_name: str) -> Viewer:
    audience = A.SECRETARY if Role.SECRETARY in person.roles else A.STRANGER
    return Viewer(audience, now, bot_name, False, person)


def for_outsiders(now: datetime, bot_name: str, must_mention: bool) -> Viewer:
    """A chat that belongs to no community yet: sees what everybody may see."""
    return Viewer(A.RESIDENTS, now, bot_name, must_mention)


LONG_NUMBER = re.compile(r"\d{3,}")
LEAKS = frozenset({"phone", "identity", "health", "matter"})


def second_net(viewer: Viewer, text: str) -> str:
    """The scanner over a finished group text: what slipped through the first net is masked."""
    if viewer.is_group and LEAKS & set(privacy.find(text)):
        return privacy.scrub(text)
    return text
