"""并单: the same need told twice becomes one order. What fails for a whole house at once is the matter of area.py.

Whoever joins is told so and can say 不是 later. Where two people may mean the same or not, both keep their order and the
secretary is asked; nobody ever learns from this what a neighbour needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum

from handlers import finding, offering, sharing, wording
from handlers.amending import change_order
from handlers.danger import QuietClass, grade, is_of_the_house, kind_of, quiet_class
from handlers.describing import MOST_PHONES, told
from handlers.doubting import is_doubted
from handlers.hours import is_quiet
from handlers.planning import plan
from handlers.sharing import TELLABLE
from handlers.turn import Asks, Button, Lane, Outcome, Push, Reply, Say, Scene, Tick, Turn
from nlp import alike
from nlp.alike import Likeness, Told
from nlp.intent import Slots
from storage.groups import Group
from storage.orders import PASSED_ON, Move, NewOrder, Order, State, Trace
from storage.people import Person
from storage.questions import QuestionKind

# How long after the first telling a second one may still be the same.
WITHIN = {Likeness.COPY: timedelta(days=3), Likeness.SAME: timedelta(hours=12)}  # the same person
PERHAPS_WITHIN = timedelta(minutes=10)  # the same person, perhaps
OTHERS_WITHIN = timedelta(hours=24)  # somebody else: a plea passed on, the same flat, the lamp on the stairs
FAULT_WITHIN = timedelta(hours=3)  # a house without water has it again after that, or everybody knows
HINT_WITHIN = timedelta(hours=12)
DANGER_WITHIN = timedelta(minutes=15)

LOOKED_AT = 100  # newest orders of the community that are looked at
COMPARED = 20  # of those near enough, how many are compared word by word
LONGEST_NOTE = 1000
FORWARDED_LENGTH = 40  # two people do not find so many equal words by themselves

APART = "apart"  # in the history of an order to which the secretary let nobody be joined any more
# What fails for a whole house at once; of a lamp or a door there may be two.
OUTAGES = frozenset({"power", "water", "gas", "lift", "net", "heating"})
OF_AN_ENTRANCE = frozenset({"corridor", "entrance", "hall"})  # spots of which each entrance has its own

WEIGHT = {QuietClass.REST: 0, QuietClass.UTILITIES: 1, QuietClass.EMERGENCY: 2}
# Dangers of a house, not of one person in it: the second cry is about the first.
OF_ALL = frozenset({"fire", "gas", "lift"})
IN_DANGER = ("困", "出不来", "跑不", "受伤", "流血", "晕", "昏", "叫不醒", "救命", "救人", "老人", "孩子")


class Tie(StrEnum):
    """How a fresh need hangs together with an order."""

    AGAIN = "again"  # the same person, the same need: joined
    PERHAPS = "perhaps"  # the same person: asked
    KNOWN = "known"  # somebody else told it already: joined
    HINT = "hint"  # somebody else, perhaps: two orders, and the secretary is told


@dataclass(frozen=True, slots=True)
class Twin:
    order: Order
    tie: Tie
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Near:
    """An order from a while ago that may be about the same, and what its words tell."""

    trace: Trace
    told: Told


@dataclass(frozen=True, slots=True)
class Look:
    """A fresh need beside everything told lately that it could repeat."""

    new: NewOrder
    told: Told
    gravity: QuietClass
    near: Sequence[Near]

    @property
    def fault(self) -> str:
        return alike.fault(self.told)


def look(turn: Turn, new: NewOrder) -> Look:
    """One bounded query, and the words of at most twenty orders."""
    mine = _told(new)
    traces = turn.store.orders.traces(
        turn.community.id,
        turn.now - OTHERS_WITHIN,
        LOOKED_AT,
        building=new.building,
        anywhere=mine.is_forwarded or bool(mine.phones),
    )
    near = [trace for trace in traces if trace.requester_id != new.requester_id and _may_concern(new, mine, trace)]
    gravity = grade(new.category, new.urgency, f"{new.item}{new.note or ''}")
    return Look(new, mine, gravity, [Near(trace, _told(trace)) for trace in near[:COMPARED]])


def _told(need: NewOrder | Trace | Order) -> Told:
    return alike.told(need.note or need.item, need.item, need.category, need.start, need.end)


def _may_concern(new: NewOrder, mine: Told, trace: Trace) -> bool:
    """Cheap signs first: the same house, a phone in both, or words passed on."""
    if trace.building == new.building:
        return True
    phone = trace.contact_phone or ""
    return mine.is_forwarded or any(said in phone for said in mine.phones) or PASSED_ON in (trace.note or "")


# The same person


def again(turn: Turn, seen: Look) -> Twin | None:
    """A live order of the same person for the same need."""
    for order in turn.store.orders.of_requester(seen.new.requester_id, limit=5):
        age = turn.now - order.created_at
        if order.state not in TELLABLE or _is_elsewhere(seen.new, order) or _is_graver(seen, order):
            continue
        likeness = alike.liken(seen.told, _told(order))
        within = WITHIN.get(likeness)
        if within is not None and age <= within:
            return Twin(order, Tie.AGAIN, likeness)
        if likeness is Likeness.UNSURE and age <= PERHAPS_WITHIN and order.category == seen.new.category:
            return Twin(order, Tie.PERHAPS, likeness)
    return None


def _is_elsewhere(new: NewOrder, order: Trace | Order) -> bool:
    """Another house, entrance or flat, where both are known."""
    pairs = ((new.building, order.building), (new.entrance, order.entrance), (new.room, order.room))
    return any(_differ(mine, theirs) for mine, theirs in pairs)


def _differ(mine: str | None, theirs: str | None) -> bool:
    return bool(mine) and bool(theirs) and mine != theirs


def _is_graver(seen: Look, order: Order) -> bool:
    """A drip that became a flood wants people called, whatever was said of it before."""
    return _calls(seen.new, seen.gravity) > _calls(order, quiet_class(order))


def _calls(need: NewOrder | Order, gravity: QuietClass) -> int:
    """Whether somebody is rung for it: for a failing house at night or where the whole house fails."""
    is_rung = need.is_at_night or is_of_the_house(f"{need.item}{need.note or ''}")
    return WEIGHT[gravity] if is_rung or gravity is QuietClass.EMERGENCY else 0


def join_again(turn: Turn, twin: Twin, new: NewOrder, slots: Slots) -> Iterator[Outcome]:
    """Said again by the same person: what is new in it is added, and nobody is bothered."""
    old, words = twin.order, new.note or ""
    young = bury(turn, new, old, turn.speaker.id)
    change = told(turn, old, slots, turn.speaker)
    if twin.likeness is Likeness.COPY and change == old:
        if turn.is_addressed:
            yield Reply(Say(lambda see: wording.same_confirmed(see.order(old))), may_deny(young, old))
        return
    sleeps = old.state is State.DRAFT and is_quiet(turn.community.settings, turn.now)
    if change != old and not sleeps:
        # The answer says what is changed; a late 不是 is understood all the same.
        here = turn.group.id if turn.group else None
        until = turn.now + timedelta(hours=turn.community.settings.question_hours)
        turn.store.questions.ask(
            QuestionKind.MERGE, turn.speaker.id, here, young.id, turn.now, until, choices=2, payload=str(old.no)
        )
        yield from change_order(replace(turn, intent=replace(turn.intent, slots=slots)), old, remark=words)
        return
    old = _amend(turn, old, replace(change, note=_noted(old, words)))
    yield Reply(Say(lambda see: wording.joined_again(see.order(old))), may_deny(young, old))


def add_words(scene: Scene, order: Order, words: str) -> Order:
    """What was said besides, for whoever comes."""
    said = words.strip()
    if order.state not in TELLABLE or not said or said in (order.note or ""):
        return order
    change = replace(order, note=_noted(order, said))
    return _amend(scene, order, change)


def _noted(order: Order, words: str) -> str:
    return f"{order.note or ''}；{words.strip()}"[:LONGEST_NOTE].strip("；")


def take_words_back(scene: Scene, order: Order, words: str) -> Order:
    """They were about something else after all."""
    note = order.note or ""
    tail = f"；{words.strip()}"
    if order.state not in TELLABLE or not note.endswith(tail):
        return order
    change = replace(order, note=note.removesuffix(tail))
    return _amend(scene, order, change)


def _amend(scene: Scene, order: Order, change: Order) -> Order:
    by = scene.speaker.id if isinstance(scene, Turn) else None
    order = scene.store.orders.move(order, Move.AMEND, by, scene.now, to=order.state, change=change)
    plan(scene.store, scene.community.settings, order, scene.now)
    return order


def bury(turn: Turn, new: NewOrder, into: Order, by: int | None) -> Order:
    """The need keeps a number and its words, so that it can still become an order of its own."""
    young = turn.store.orders.place(new, turn.store.communities.take_no(turn.community.id), State.DRAFT, turn.now)
    return sharing.join(turn, young, into, by)


# Asked, and not answered


def asked_about(tick: Tick, young: Order) -> Order | None:
    """The older order, where the last question about the younger one was whether they are the same."""
    for question in tick.store.questions.of_order(young.id, QuestionKind.MERGE):
        old = tick.store.orders.find(tick.community.id, int(question.payload))
        if old is not None and old.state in TELLABLE:
            return old
    return None


def join_unanswered(tick: Tick, young: Order, old: Order) -> None:
    """Silence is no second order. The words go with the older one, and the question stays open for a late 不是."""
    change = replace(young, merged_into_id=old.id)  # the question is kept open, unlike in sharing.join
    tick.store.orders.move(young, Move.MERGE, None, tick.now, change=change, detail=str(old.no))
    add_words(tick, old, young.note or "")


def join_asked(turn: Turn, young: Order, old: Order) -> Iterator[Outcome]:
    """It is the same: whoever was sent for the younger one need not go twice."""
    holders = young.holders + young.standby
    young = sharing.join(turn, young, old, turn.speaker.id)
    add_words(turn, old, young.note or "")
    yield from offering.withdraw(turn, young, holders, wording.merged_why(old.no))


def may_deny(young: Order, old: Order) -> Asks:
    return Asks(QuestionKind.MERGE, young.id, 2, payload=str(old.no))


# Somebody else


def known(turn: Turn, seen: Look) -> Twin | None:
    """What somebody else told already: the oldest order that it surely is, else the oldest that it may be."""
    hint: Twin | None = None
    for near in reversed(seen.near):
        tie = _tie(turn, seen, near)
        if tie is None or (tie is Tie.HINT and hint is not None):
            continue
        order = turn.store.orders.get(near.trace.root_id)
        if not may_be_joined(turn, seen, order) or alike.are_elsewhere(seen.told, _told(order)):
            continue
        if tie is Tie.KNOWN and not _is_graver(seen, order):
            return Twin(order, tie, Likeness.SAME)
        hint = hint or Twin(order, Tie.HINT, Likeness.UNSURE)
    return hint


def may_be_joined(turn: Turn, seen: Look, order: Order) -> bool:
    if order.state not in TELLABLE or order.requester_id == seen.new.requester_id:
        return False
    return not is_apart(turn, order) and not is_doubted(turn, order)


def is_apart(turn: Turn, order: Order) -> bool:
    return any(line.detail == APART for line in turn.store.audit.of_order(order.id))


def _tie(turn: Turn, seen: Look, near: Near) -> Tie | None:
    new, trace = seen.new, near.trace
    age = turn.now - trace.created_at
    likeness = alike.liken(seen.told, near.told)
    if _is_same_plea(seen, near, likeness) or _is_same_outage(turn, seen, near):
        return Tie.KNOWN
    if likeness is Likeness.OTHER or new.building != trace.building:
        return None
    is_same = likeness >= Likeness.SAME
    if seen.told.is_public and near.told.is_public:
        is_other_door = bool(seen.told.spots & OF_AN_ENTRANCE) and _differ(new.entrance, trace.entrance)
        return Tie.KNOWN if is_same and not is_other_door else None
    if new.building is None or _is_elsewhere(new, trace) or age > HINT_WITHIN:
        return None  # like needs in two flats are two needs
    if new.room and trace.room:
        if is_same and (trace.group_id is not None or _lives_there(turn.speaker, trace)):
            return Tie.KNOWN
        return Tie.HINT if is_same or new.category == trace.category else None
    return Tie.HINT if is_same else None


def _is_same_plea(seen: Look, near: Near, likeness: Likeness) -> bool:
    """One plea passed on by two people, or one phone to call: whoever passes it on may live anywhere."""
    mine, theirs = seen.told, near.told
    has_phone = any(phone in (near.trace.contact_phone or "") for phone in mine.phones) or bool(
        mine.phones & theirs.phones
    )
    if likeness is Likeness.COPY:
        is_passed_on = mine.is_forwarded or theirs.is_forwarded or len(mine.bare) >= FORWARDED_LENGTH
        return has_phone or is_passed_on or ("room" in mine.numbers and "room" in theirs.numbers)
    return has_phone and likeness is Likeness.SAME


def _is_same_outage(turn: Turn, seen: Look, near: Near) -> bool:
    """The lift, the water, the light of a whole house; another entrance that was named is another matter."""
    if turn.now - near.trace.created_at > FAULT_WITHIN or near.trace.building != seen.new.building:
        return False
    is_wide = _is_wide(seen.new, seen.told) or _is_wide(near.trace, near.told)
    if not is_wide or not _is_now(turn, seen.new) or seen.fault not in OUTAGES:
        return False
    return alike.fault(near.told) == seen.fault and not alike.are_elsewhere(seen.told, near.told)


def _is_wide(need: NewOrder | Trace, told_: Told) -> bool:
    return told_.is_wide or is_of_the_house(f"{need.item}{need.note or ''}")


def _is_now(turn: Turn, new: NewOrder) -> bool:
    return new.start is None or new.start <= turn.now


def _lives_there(person: Person, trace: Trace) -> bool:
    return (person.building, person.room) == (trace.building, trace.room)


def join_known(turn: Turn, seen: Look, order: Order) -> Iterator[Outcome]:
    """Somebody else told it: the teller is told so, keeps the right to the result, and learns nothing about anybody."""
    young = bury(turn, seen.new, order, None)
    order = _add_phones(turn, order, seen.told.phones) if not seen.fault else order
    if seen.fault in OUTAGES:
        said = Say(lambda see: wording.known_outage(see.order(order), seen.fault))
    else:
        said = Say(lambda see: wording.known_plea(see.order(order)))
    yield quietly(turn, seen, order, said, may_deny(young, order))


def _add_phones(turn: Turn, order: Order, phones: frozenset[str]) -> Order:
    """Another number to call about the same plea."""
    known_phones = order.contact_phone or ""
    fresh = sorted(phone for phone in phones if phone not in known_phones)
    if not fresh or order.state not in TELLABLE or known_phones.count("、") + 1 >= MOST_PHONES:
        return order
    change = replace(order, contact_phone="、".join(filter(None, (known_phones, *fresh))))
    return _amend(turn, order, change)


def quietly(turn: Turn, seen: Look, order: Order, say: Say, asks: Asks | None) -> Reply | Push:
    """A group hears once that a matter is known; who says it after that hears so in private."""
    if turn.is_addressed:
        return Reply(say, asks)
    heard = any(
        near.trace.merged_into_id == order.id and turn.group is not None and near.trace.group_id == turn.group.id
        for near in seen.near
    )
    if heard or is_quiet(turn.community.settings, turn.now):
        return Push(turn.speaker, say, Lane.REPLY, asks=asks)
    return Reply(say, asks)


def hint(turn: Turn, young: Order, old: Order) -> Iterator[Outcome]:
    """Two people may mean the same: the secretary decides, out of everybody's sight."""
    button = (Button(wording.LABEL_MERGE, f"合并 {young.no} 到 {old.no}"),)
    for one in finding.secretaries(turn):
        yield Push(
            one,
            Say(lambda see: wording.maybe_same(see.order(young), see.order(old)), button),
            Lane.REMINDER,
            young,
            once=f"maybe/{old.id}/{turn.now:%Y%m%d%H}/{address(one)}",  # a flood of the like is no flood of questions
        )


def address(one: Group | Person) -> str:
    return f"g{one.id}" if isinstance(one, Group) else f"p{one.id}"


# Dangers


def same_danger(turn: Turn, seen: Look) -> Order | None:
    """A cry for help that somebody else raised minutes ago. Where in doubt it is another one: people are rung again."""
    words = seen.new.note or ""
    kind = kind_of(f"{seen.new.item}{words}")
    for near in reversed(seen.near):
        if turn.now - near.trace.created_at > DANGER_WITHIN:
            continue
        order = turn.store.orders.get(near.trace.root_id)
        if order.state not in TELLABLE or quiet_class(order) is not QuietClass.EMERGENCY:
            continue
        if _is_same_plea(seen, near, alike.liken(seen.told, near.told)):
            return order
        is_same_kind = kind == kind_of(f"{near.trace.item}{near.trace.note or ''}")
        if not is_same_kind or seen.new.building is None or seen.new.building != near.trace.building:
            continue
        if _says_same_flat(seen, near) or (kind in OF_ALL and _tells_of_nobody_else(seen, near)):
            return order
    return None


def _says_same_flat(seen: Look, near: Near) -> bool:
    rooms = seen.told.numbers.get("room", frozenset())
    return bool(rooms & near.told.numbers.get("room", frozenset()))


def _tells_of_nobody_else(seen: Look, near: Near) -> bool:
    """No other floor or flat, and nobody in need of rescue."""
    words = seen.new.note or ""
    places = (seen.told.numbers.get(level, frozenset()) - near.told.numbers.get(level, frozenset()) for level in FINE)
    return not any(places) and not any(word in words for word in IN_DANGER)


FINE = ("entrance", "floor", "room")


def join_danger(turn: Turn, seen: Look, order: Order) -> Iterator[Outcome]:
    """Everybody near is called already; the words are added, and the number to call is said again."""
    young = bury(turn, seen.new, order, None)
    order = add_words(turn, order, seen.new.note or "")
    said = quietly(turn, seen, order, Say(lambda see: wording.emergency_again(see.order(order))), None)
    to: Group | Person = turn.speaker if isinstance(said, Push) or turn.group is None else turn.group
    yield Push(to, said.say, Lane.EMERGENCY, order, may_deny(young, order))


# Taken back


DENIALS = re.compile(
    r"(?:不对|不是)(?:一回事|一件事|同一|的|啊|呀|哦|呢)*|两回事|两码事|两件事|另一件|另外一|另一回|不一样|另记|分开"
)
SHORT = 16
FRESH = timedelta(minutes=30)


def denies(turn: Turn) -> bool:
    """不是一回事, and little besides; in a group only while the line that asks is still in sight."""
    text = turn.text.strip()
    if len(text) > SHORT or DENIALS.match(text.lstrip("0123456789号，, ")) is None:
        return False
    return turn.is_addressed or (turn.question is not None and turn.now - turn.question.asked_at <= FRESH)


def as_new(young: Order, now: datetime) -> NewOrder:
    """The need as it was told, to become an order of its own; a time that has passed is asked anew."""
    new = NewOrder(**{field.name: getattr(young, field.name) for field in fields(NewOrder)})
    is_past = new.end is not None and new.end <= now
    return replace(new, start=None, end=None, grain=None) if is_past else new


def keep_apart(turn: Turn, order: Order) -> Order:
    """Nobody is joined to it by the bot any more."""
    order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=order.state, detail=APART)
    plan(turn.store, turn.community.settings, order, turn.now)
    return order
