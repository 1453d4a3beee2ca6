"""From words to the facts of an order: where, when, how many, and what is still to be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import wording
from handlers.categories import CATEGORIES, ask_about, usual_minutes
from handlers.hours import is_quiet
from handlers.turn import Turn
from nlp import privacy
from nlp.intent import Grain, Slots, Span, Urgency
from nlp.times import on_the_day, read_time, say_span
from storage.orders import NewOrder, Order
from storage.people import Person

AFTER_MORNING = timedelta(hours=3)  # what somebody said at night is made precise over breakfast


MOST_PHONES = 5


def place_of(turn: Turn, slots: Slots, who: Person | None = None) -> tuple[str | None, ...]:
    """Building, entrance, floor, room, place: as said, filled up from what we know of the person where it agrees."""
    person = who or turn.speaker
    said = slots.address
    if said is None:
        return person.building, person.entrance, None, person.room, None
    if said.building is None and said.place is None and said.room is None:
        return person.building, said.entrance or person.entrance, said.floor, person.room, None
    if said.building is None and said.place in OF_THE_HOUSE:
        return person.building, said.entrance or person.entrance, said.floor, said.room, said.place
    at_home = said.building is not None and said.building == person.building and said.place not in OF_THE_HOUSE
    return (
        said.building,
        said.entrance or (person.entrance if at_home else None),
        said.floor,
        said.room or (person.room if at_home else None),
        said.place,
    )


# Parts of a house: without a building said they are those of the speaker's own.
OF_THE_HOUSE = frozenset(
    {"电梯", "楼道", "楼梯", "楼梯间", "楼道里", "单元门", "单元门口", "楼下", "门口", "楼顶", "天台"}
)


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


def _pressing(urgency: str) -> str:
    return urgency if urgency == Urgency.EMERGENCY else str(Urgency.URGENT)


def described(turn: Turn, slots: Slots, requester: Person, words: str) -> NewOrder:
    """The need as it was said, filled up from what we know of the person."""
    building, entrance, floor, room, place_ = place_of(turn, slots, requester)
    category = str(slots.category or "其他")
    at_once = is_at_once(slots.time, turn.now)
    span = None if at_once or _is_past_midnight(slots.time) else slots.time
    urgency = str(slots.urgency or Urgency.NORMAL)
    item = slots.item or category
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


def question_about(order: Order | NewOrder, requester: Person) -> str:
    """The one question that is left about a fresh order; empty when it can be offered as it is."""
    needs = CATEGORIES[order.category]
    is_timed = order.start is not None or order.end is not None or order.recurrence is not None
    wants_time = needs.time and not is_timed and order.urgency not in (Urgency.EMERGENCY, Urgency.URGENT)
    wants_place = needs.place and not (order.building or order.place or order.room)
    wants_name = not requester.is_named and requester.asked_name_at is None
    return wording.question_for(
        name=wants_name,
        place=wants_place or (wants_name and not order.building),
        time=wants_time,
        extra=ask_about(order.item),
    )


def told(turn: Turn, order: Order, slots: Slots, person: Person) -> Order:
    """The order with whatever these words say of time, place, hands, urgency and phone."""
    change = order
    if is_at_once(slots.time, turn.now):
        urgency = _pressing(change.urgency)
        change = replace(change, start=None, end=None, grain=None, recurrence=None, urgency=urgency)
    elif span := on_its_day(order, slots.time, turn.now):
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
