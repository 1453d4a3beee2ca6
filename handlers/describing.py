"""From words to the facts of an order: where, when, how many, and what is still to be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import wording
from handlers.categories import CATEGORIES, ask_about, usual_minutes
from handlers.hours import is_quiet
from handlers.turn import Turn
from nlp import privacy
from nlp.common_spots import CommonSpot, find_common_spot, is_of_the_house
from nlp.intent import Address, Grain, Slots, Span, Urgency
from nlp.times import on_the_day, read_time, say_span
from storage.orders import NewOrder, Order
from storage.people import Person

AFTER_MORNING = timedelta(hours=3)  # what somebody said at night is made precise over breakfast


MOST_PHONES = 5


Place = tuple[str | None, str | None, str | None, str | None, str | None]


def place_of(turn: Turn, slots: Slots, who: Person | None = None, words: str = "") -> Place:
    """Building, entrance, floor, room, place: as said, filled up from what we know of the person where it agrees.

    What happens on the stairs is on the stairs, wherever its teller lives.
    """
    person = who or turn.speaker
    said = slots.address
    spot = find_common_spot(words) if said is None or said.room is None else None
    if spot is not None:
        return _at_spot(person, said, spot)
    if said is None:
        return person.building, person.entrance, None, person.room, None
    # 三单元停水了, said by somebody of the first: the flat is not theirs.
    own_room = person.room if said.entrance in (None, person.entrance) else None
    if said.building is None and said.place is None and said.room is None:
        return person.building, said.entrance or person.entrance, said.floor, own_room, None
    if said.building is None and is_of_the_house(said.place):
        return person.building, said.entrance or person.entrance, said.floor, said.room, said.place
    at_home = said.building is not None and said.building == person.building and not is_of_the_house(said.place)
    return (
        said.building,
        said.entrance or (person.entrance if at_home else None),
        said.floor,
        said.room or (own_room if at_home else None),
        said.place,
    )


def _at_spot(person: Person, said: Address | None, spot: CommonSpot) -> Place:
    """Without a house said, a part of one is of the speaker's own; the grounds are of none."""
    building, entrance, floor = (said.building, said.entrance, said.floor) if said else (None, None, None)
    name = said.place if said and said.place and spot.name in said.place else spot.name
    if not spot.is_of_house:
        return building, entrance, floor, None, name
    if building in (None, person.building):
        building, entrance = person.building, entrance or person.entrance
    return building, entrance, floor, None, name


def _is_past_midnight(span: Span | None) -> bool:
    """半夜还在装修 tells when it happens: nobody is asked to come between midnight and five."""
    return span is not None and span.grain is Grain.PART and span.start is not None and span.start.hour < 5


AT_ONCE = timedelta(minutes=5)


def is_at_once(span: Span | None, now: datetime) -> bool:
    """现在就要 names no hour that could be missed: it is wanted as soon as somebody can."""
    return (
        span is not None and span.grain is Grain.MINUTE and span.start is not None and abs(span.start - now) <= AT_ONCE
    )


CLOCK = ("点", ":")  # 半小时后 is no hour of a day
FROM_MORNING = timedelta(hours=7)


def on_its_day(order: Order, span: Span | None, now: datetime) -> Span | None:
    """八点出发, said of a visit tomorrow, is tomorrow at eight; and of a morning it is no evening."""
    if span is None or span.grain not in (Grain.MINUTE, Grain.HOUR) or order.start is None:
        return span
    begins = order.start.astimezone(now.tzinfo)
    names_day = on_the_day(span, begins.date()) is span
    if names_day or not any(mark in span.text for mark in CLOCK) or begins.date() <= now.date():
        return span
    if order.grain not in (Grain.MINUTE, Grain.HOUR, Grain.PART, Grain.DAY):
        return span
    since = begins + FROM_MORNING if order.grain == Grain.DAY else begins - timedelta(minutes=1)
    again = read_time(span.text, since)
    return again if again and again.start and again.start.date() == begins.date() else span


def _at_its_part(order: Order, span: Span | None, now: datetime) -> Span | None:
    """改后天, said of tomorrow afternoon, is the afternoon of that day."""
    if span is None or span.start is None or span.end is None or span.grain is not Grain.DAY:
        return span
    if order.start is None or order.end is None or order.grain != Grain.PART:
        return span
    start = order.start.astimezone(now.tzinfo)
    begins = start.replace(year=span.start.year, month=span.start.month, day=span.start.day)
    return replace(span, start=begins, end=begins + (order.end - order.start), grain=Grain.PART)


def _pressing(urgency: str) -> str:
    return urgency if urgency == Urgency.EMERGENCY else str(Urgency.URGENT)


def described(turn: Turn, slots: Slots, requester: Person, words: str) -> NewOrder:
    """The need as it was said, filled up from what we know of the person."""
    building, entrance, floor, room, place_ = place_of(turn, slots, requester, words)
    category = str(slots.category or "其他")
    at_once = is_at_once(slots.time, turn.now)
    span = None if at_once or _is_past_midnight(slots.time) else slots.time
    urgency = str(slots.urgency or Urgency.NORMAL)
    item = _sayable(slots.item) or category
    return NewOrder(
        community_id=turn.community.id,
        requester_id=requester.id,
        placed_by_id=turn.speaker.id,
        group_id=turn.group.id if turn.group and requester.id == turn.speaker.id else None,
        category=category,
        urgency=_pressing(urgency) if at_once else urgency,
        item=item,
        contact_name=requester.name,
        contact_phone="、".join((*slots.phones, *slots.landlines)[:MOST_PHONES]) or requester.phone,
        minutes=slots.minutes or usual_minutes(category, item),
        note=_kept_words(words),
        needs="、".join(slots.needs) or None,
        building=building,
        entrance=entrance,
        floor=floor,
        room=room,
        place=place_,
        start=span.start if span else None,
        end=span.end if span else None,
        grain=str(span.grain) if span else None,
        recurrence=slots.recurrence,
        hands=slots.people_needed.max if slots.people_needed else 1,
        beneficiary=slots.beneficiary,
        is_at_night=is_quiet(turn.community.settings, turn.now),
    )


def _sayable(item: str | None) -> str | None:
    """What is to be done stands on cards: never with an illness or a family matter in it."""
    return item if item and not UNSAYABLE & set(privacy.find(item)) else None


UNSAYABLE = frozenset({"health", "matter"})


def _kept_words(words: str) -> str | None:
    """What was said, for whoever comes; never with an identity number in it."""
    if "identity" in privacy.find(words):
        words = privacy.scrub(words)
    return words.strip()[:500] or None


def doubt_about(slots: Slots, now: datetime) -> str:
    """What the words leave open: which of two times, or a building that the community has not; empty where nothing is."""
    if slots.time and slots.time.others:
        return wording.which_time(*(say_span(span, now) for span in (slots.time, slots.time.others[0])))
    if slots.building_known is False and slots.address and slots.address.building:
        return wording.no_such_building(slots.address.building)
    return ""


def question_about(order: Order | NewOrder, requester: Person, *, with_extra: bool = True) -> str:
    """The one question that is left about a fresh order; empty when it can be offered as it is. `with_extra`: whether
    also what is asked beside the time, such as who brings the bulb."""
    needs = CATEGORIES[order.category]
    is_timed = order.start is not None or order.end is not None or order.recurrence is not None
    wants_time = needs.time and not is_timed and order.urgency not in (Urgency.EMERGENCY, Urgency.URGENT)
    wants_place = needs.place and not (order.building or order.place or order.room)
    wants_name = not requester.is_named and requester.asked_name_at is None
    return wording.question_for(
        name=wants_name,
        place=wants_place or (wants_name and not order.building),
        time=wants_time,
        extra=ask_about(order.item) if with_extra else "",
    )


def told(turn: Turn, order: Order, slots: Slots, person: Person) -> Order:
    """The order with whatever these words say of time, place, hands, urgency and phone."""
    change = order
    if is_at_once(slots.time, turn.now):
        urgency = _pressing(change.urgency)
        change = replace(change, start=None, end=None, grain=None, recurrence=None, urgency=urgency)
    elif span := _at_its_part(order, on_its_day(order, slots.time, turn.now), turn.now):
        change = replace(change, start=span.start, end=span.end, grain=str(span.grain), recurrence=None)
    if slots.recurrence:
        change = replace(change, recurrence=slots.recurrence)
    if slots.address:
        building, entrance, floor, room, place_ = place_of(turn, slots, person)
        change = replace(
            change,
            building=building or order.building,
            entrance=entrance or (order.entrance if building in (None, order.building) else None),
            floor=floor or order.floor,
            room=room or (order.room if building in (None, order.building) else None),
            place=place_ or order.place,
        )
    if slots.phones:
        change = replace(change, contact_phone="、".join(slots.phones[:MOST_PHONES]))
    if slots.people_needed:
        change = replace(change, hands=max(slots.people_needed.max, order.taken, 1))
    if slots.urgency and slots.urgency is not Urgency.NORMAL:
        change = replace(change, urgency=str(slots.urgency))
    return change
