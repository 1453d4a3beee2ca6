"""One order, several who wait for it: who told of the same matter, and what becomes of them when it ends for the first.

An order given up by its requester passes on to the next neighbour who was joined to it, with whoever is on the way; one
that ends for all is offered to each of them anew. Both are asked in private. Where nobody answers, nothing is lost: what
passed on goes its ordinary way, and what the secretary voided was counted before their eyes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import wording
from handlers.turn import Asks, Lane, Outcome, Push, Say, Scene, Turn
from nlp import alike
from nlp.intent import Meaning
from storage.groups import Group
from storage.orders import Move, Order, State
from storage.people import Person
from storage.questions import QuestionKind

STILL = "still"  # payload of the question whether a neighbour wants it still
GIVEN_UP = "given up"  # in the history of a telling whose teller waits no more
HANDED_ON = "handed on"  # in the history of an order that goes on for the next neighbour
# States in which somebody may still be told more about an order.
TELLABLE = frozenset(state for state in State if state.is_live) - {State.UNRATED}


def join(scene: Scene, young: Order, into: Order, by: int | None) -> Order:
    """From now on the younger order is part of the other, and so is whoever was joined to it."""
    change = replace(young, merged_into_id=into.id)
    for same in scene.store.orders.merged_into(young):
        scene.store.orders.repoint(same, into)
    young = scene.store.orders.move(young, Move.MERGE, by, scene.now, change=change, detail=str(into.no))
    scene.store.questions.close_of_order(young.id, scene.now)
    return young


def may_deny(turn: Turn, young: Order, old: Order, to: Group | Person) -> None:
    """Whoever was joined by somebody else may say 不是, where they hear of it; nobody else in that group may."""
    turn.store.questions.ask(
        QuestionKind.MERGE,
        young.requester_id,
        to.id if isinstance(to, Group) else None,
        young.id,
        turn.now,
        turn.now + timedelta(hours=turn.community.settings.question_hours),
        choices=2,
        payload=str(old.no),
    )


def waiting(scene: Scene, order: Order) -> list[Order]:
    """Of everybody else who waits for it the first telling, oldest first."""
    first: dict[int, Order] = {}
    for same in scene.store.orders.merged_into(order):
        if same.requester_id != order.requester_id and not _is_given_up(scene, same):
            first.setdefault(same.requester_id, same)
    return list(first.values())


def _is_given_up(scene: Scene, telling: Order) -> bool:
    return any(line.detail == GIVEN_UP for line in scene.store.audit.of_order(telling.id))


def telling_of(scene: Scene, order: Order, person: Person) -> Order | None:
    """What this person told of the matter, where they wait for it without being its requester."""
    return next((same for same in waiting(scene, order) if same.requester_id == person.id), None)


def give_up(turn: Turn, telling: Order) -> None:
    """Its teller waits no more. Not a move of the order that it is part of."""
    turn.store.audit.write(
        telling.community_id,
        telling.id,
        telling.version,
        Move.CANCEL,
        turn.speaker.id,
        turn.now,
        telling.state,
        telling.state,
        GIVEN_UP,
    )
    turn.store.questions.close_of_order(telling.id, turn.now)


def heir(turn: Turn, order: Order) -> Order | None:
    """The next one of another home who waits for it; whoever gives it up speaks for their own home."""
    if order.state not in TELLABLE:
        return None
    mine = turn.store.people.get(order.requester_id)
    others = waiting(turn, order)
    return next((one for one in others if not _of_one_home(mine, turn.store.people.get(one.requester_id))), None)


def _of_one_home(one: Person, other: Person) -> bool:
    return one.room is not None and (one.building, one.entrance, one.room) == (
        other.building,
        other.entrance,
        other.room,
    )


def passed_to(order: Order, telling: Order) -> Order:
    """The order with the home and the words of the one who waits next. An agreed time stays unless they named theirs."""
    change = replace(
        order,
        requester_id=telling.requester_id,
        placed_by_id=telling.placed_by_id,
        group_id=telling.group_id,
        contact_name=telling.contact_name,
        contact_phone=telling.contact_phone,
        note=telling.note,
        beneficiary=telling.beneficiary,
        building=telling.building,
        entrance=telling.entrance,
        floor=telling.floor,
        room=telling.room,
        place=telling.place,
    )
    if telling.start is None and telling.end is None and telling.recurrence is None:
        return change
    return replace(change, start=telling.start, end=telling.end, grain=telling.grain, recurrence=telling.recurrence)


def needs_another_way(before: Order, order: Order) -> bool:
    """Whether a helper who agreed to come must be asked anew: another hour, or another door. A lamp on the stairs is
    where it was, whoever tells of it."""
    if (before.start, before.end) != (order.start, order.end):
        return True
    told = alike.told(before.note or before.item, before.item, before.category, before.start, before.end)
    if told.is_public:
        return (before.building, before.entrance) != (order.building, order.entrance)
    doors = [(one.building, one.entrance, one.floor, one.room, one.place) for one in (before, order)]
    return doors[0] != doors[1]


def ask_still(turn: Turn, ended: Order, news: str) -> Iterator[Outcome]:
    """It ended without their need being met for sure: each is told in private, and one digit makes it go on."""
    yield from (_ask_one(turn, telling, ended, news) for telling in waiting(turn, ended))


def _ask_one(turn: Turn, telling: Order, ended: Order, news: str) -> Push:
    return Push(
        turn.store.people.get(telling.requester_id),
        Say(lambda see: wording.still_wanted(see.order(telling), ended.no, news)),
        Lane.ASSIGNMENT,
        telling,
        Asks(QuestionKind.MERGE, telling.id, 2, payload=STILL),
        keeps=True,
    )


WANTED = ("还要", "还需要", "需要", "还没好")
LONGEST_ANSWER = 8


def wants(turn: Turn) -> bool | None:
    """The answer to 还要吗; None where the words are none. 好了 means here that nothing is needed any more."""
    text = turn.text.strip()
    if len(text) > LONGEST_ANSWER or turn.asked_order().state not in TELLABLE | {State.MERGED}:
        return None
    if turn.choice in (1, 2):
        return turn.choice == 1
    if turn.intent.meaning in (Meaning.CANCEL, Meaning.DONE) or turn.intent.ability in DONE_WITH:
        return False
    return True if text.startswith(WANTED) else turn.intent.slots.yes


DONE_WITH = frozenset({"amending.cancel", "completing.complete"})
