"""紧急 and the night's utilities: no queue, the right number first, ring after ring until somebody answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from handlers import finding, offering, sharing, wording
from handlers.ability import due, on
from handlers.danger import QuietClass, is_despair, kind_of, quiet_class, utility_kind
from handlers.planning import plan
from handlers.rights import HELPS, may
from handlers.turn import Button, Lane, Outcome, Push, Reply, Say, Scene, Tick, Turn
from nlp.aftermath import Despair, find_despair
from nlp.intent import Meaning
from storage.groups import Group, GroupKind
from storage.orders import Move, Order, State
from storage.people import Person, Role
from storage.steps import StepKind

Ring = tuple[frozenset[Role], timedelta]
# Who is called, ring by ring, and how long each ring has to answer.
RINGS: Mapping[QuietClass, tuple[Ring, ...]] = {
    QuietClass.EMERGENCY: (
        (
            frozenset({Role.GRID_LEADER, Role.GRID_WORKER, Role.BUILDING_CAPTAIN, Role.ON_DUTY}),
            timedelta(seconds=60),
        ),
        (frozenset({Role.SECRETARY, Role.PROPERTY, Role.SOCIAL_WORKER}), timedelta(minutes=2)),
        (frozenset({Role.SECRETARY}), timedelta(minutes=10)),
    ),
    QuietClass.UTILITIES: (
        (frozenset({Role.PROPERTY}), timedelta(minutes=5)),
        (frozenset({Role.ON_DUTY}), timedelta(minutes=5)),
        (frozenset({Role.SECRETARY, Role.GRID_LEADER}), timedelta(minutes=30)),
    ),
}
# Somebody who does not want to live is the secretary's matter, and the grid leader's where no secretary answers. Of somebody
# else's despair those near are told as well: they can knock at the door.
DESPAIR: Mapping[Despair, tuple[Ring, ...]] = {
    Despair.MYSELF: (
        (frozenset({Role.SECRETARY}), timedelta(minutes=5)),
        (frozenset({Role.GRID_LEADER}), timedelta(minutes=5)),
        (frozenset({Role.GRID_WORKER, Role.SOCIAL_WORKER}), timedelta(minutes=5)),
    ),
    Despair.ANOTHER: (
        (
            frozenset({Role.SECRETARY, Role.GRID_LEADER, Role.GRID_WORKER, Role.BUILDING_CAPTAIN, Role.ON_DUTY}),
            timedelta(minutes=2),
        ),
    ),
}
COMFORTERS = (
    Role.SECRETARY,
    Role.GRID_LEADER,
    Role.GRID_WORKER,
    Role.SOCIAL_WORKER,
    Role.BUILDING_CAPTAIN,
    Role.ON_DUTY,
)
LAST_RING = timedelta(hours=1)
RESCUED = "rescue came"  # in the history of an emergency: nobody is rung for it any more


def begin(turn: Turn, order: Order) -> Iterator[Outcome]:
    """An emergency never enters the queue: the number to call, then everybody near at once."""
    kind = kind_of(f"{order.item}{order.note or ''}")
    if is_despair(order):
        who = find_despair(order.note or "") or Despair.MYSELF
        by = called_by_name(alarmed(turn, order))
        yield Push(turn.speaker, Say(lambda see: wording.despair(who, by)), Lane.EMERGENCY, order)
    else:
        # In the lane of emergencies, so that the number to call is said before anything else.
        said = Say(lambda see: wording.emergency(see.order(order), kind))
        yield Push(turn.group or turn.speaker, said, Lane.EMERGENCY, order)
    yield from ring(turn, order)


def again(turn: Turn, before: Order, change: Order) -> Iterator[Outcome]:
    """The same person cries again: their words are added; who was called hears them only if they say where."""
    told = [line for line in turn.store.audit.of_order(before.id) if line.move == Move.AMEND]
    order = turn.store.orders.move(before, Move.AMEND, turn.speaker.id, turn.now, change=change)
    plan(turn.store, turn.community.settings, order, turn.now)
    if not told or turn.is_addressed:
        yield Push(
            turn.group or turn.speaker,
            Say(lambda see: wording.emergency_again(see.order(order))),
            Lane.EMERGENCY,
            order,
        )
    if order.state is State.UNASSIGNED and (order.building, order.room) != (before.building, before.room):
        yield from ring(turn, order, _rung(turn, order))


def _rung(scene: Scene, order: Order) -> int:
    return sum(line.move == Move.ESCALATE for line in scene.store.audit.of_order(order.id))


def begin_utility(turn: Turn, order: Order) -> Iterator[Outcome]:
    """A burst pipe, a lift that stands: whoever keeps the house is called in private; at night the group stays quiet."""
    kind = utility_kind(f"{order.item}{order.note or ''}")
    said = Say(lambda see: wording.utility_asker(see.order(order), kind))
    in_chat = turn.is_addressed or not order.is_at_night
    yield Reply(said, about=order) if in_chat else Push(turn.speaker, said, Lane.EMERGENCY, order)
    yield from ring(turn, order)


def ring(scene: Scene, order: Order, which: int = 0) -> Iterator[Outcome]:
    """Call the first ring from `which` on that has anybody in it, and plan the next."""
    for number in range(which, len(rings_of(order))):
        called = _called(scene, order, number)
        if called:
            for one in called:
                yield _call(scene, order, one)
            ring_later(scene, order, rings_of(order)[number][1])
            return
    for someone in _secretaries(scene, order):
        yield Push(someone, Say(lambda see: wording.emergency_unanswered(see.order(order))), Lane.EMERGENCY, order)
    # All rings are through: once more after an hour, then each time twice as late.
    ring_later(scene, order, LAST_RING * 2 ** min(max(which - len(rings_of(order)), 0), 5))


def _secretaries(scene: Scene, order: Order) -> list[Person | Group]:
    """Who steers; of despair no group hears, not even theirs."""
    return [one for one in finding.secretaries(scene) if isinstance(one, Person) or not is_despair(order)]


def ring_later(scene: Scene, order: Order, patience: timedelta) -> None:
    scene.store.steps.plan(order.community_id, order.id, StepKind.EMERGENCY_RING, scene.now + patience)
    plan(scene.store, scene.community.settings, order, scene.now)


def rings_of(order: Order) -> tuple[Ring, ...]:
    if is_despair(order):
        return DESPAIR[find_despair(order.note or "") or Despair.MYSELF]
    is_utility = quiet_class(order) is QuietClass.UTILITIES
    return RINGS[QuietClass.UTILITIES if is_utility else QuietClass.EMERGENCY]


def _called(scene: Scene, order: Order, number: int) -> list[Person | Group]:
    """Whom one ring calls."""
    roles, _ = rings_of(order)[number]
    called: list[Person | Group] = [
        person
        for person in scene.store.people.with_role(scene.community.id, *roles)
        if person.id != order.requester_id and _is_near(person, order)
    ]
    if number == 1 and quiet_class(order) is QuietClass.EMERGENCY and not is_despair(order):
        called += finding.groups(scene, GroupKind.MEMBERS)
    return called


def alarmed(scene: Scene, order: Order) -> list[Person]:
    """Everybody who was called to it or is on the way, each once; not whoever speaks."""
    people: dict[int, Person] = {}
    for which in range(_rung(scene, order) + 1):
        rings = (_called(scene, order, number) for number in range(which, len(rings_of(order))))
        called = next((ring_ for ring_ in rings if ring_), [])
        people |= {one.id: one for one in called if isinstance(one, Person)}
    people |= {claim.person_id: scene.store.people.get(claim.person_id) for claim in order.holders}
    if isinstance(scene, Turn):
        people.pop(scene.speaker.id, None)
    return list(people.values())


def called_by_name(people: Sequence[Person]) -> str:
    """How those called are told of to somebody in despair: 书记; empty where there is nobody to call."""
    roles = frozenset[Role]().union(*(one.roles for one in people))
    return next((str(role) for role in COMFORTERS if role in roles), "")


def _is_near(person: Person, order: Order) -> bool:
    """A captain answers for one building; the others for all."""
    if Role.BUILDING_CAPTAIN in person.roles and len(person.roles - {Role.PARTY_MEMBER, Role.RESIDENT}) == 1:
        return order.building is None or person.building in (None, order.building)
    return True


def _call(scene: Scene, order: Order, one: Person | Group) -> Push:
    claim: tuple[Button, ...] = (Button(wording.LABEL_CLAIM, f"接{order.no}"),)
    if is_despair(order):
        return Push(one, Say(lambda see: wording.despair_call(see.order(order)), claim), Lane.EMERGENCY, order)
    teller = scene.store.people.get(order.requester_id)
    if quiet_class(order) is QuietClass.UTILITIES:
        said = Say(lambda see: wording.utility_call(see.order(order), see.home(order, teller)), claim)
        return Push(one, said, Lane.EMERGENCY, order)
    button = (Button(wording.LABEL_ARRIVED, f"到了{order.no}"),)
    return Push(
        one,
        Say(lambda see: wording.emergency_call(see.order(order), see, see.home(order, teller)), button),
        Lane.EMERGENCY,
        order,
        is_card=isinstance(one, Group),
    )


def ring_on(turn: Turn, order: Order) -> Iterator[Outcome]:
    """It got worse: the next ring is called before its time."""
    rung = _rung(turn, order)
    yield from ring(turn, turn.store.orders.move(order, Move.ESCALATE, turn.speaker.id, turn.now), rung + 1)


@due(StepKind.EMERGENCY_RING)
def next_ring(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    rung = _rung(tick, order)
    if any(line.detail == RESCUED for line in tick.store.audit.of_order(order.id)):
        for someone in _secretaries(tick, order):
            yield Push(someone, Say(lambda see: wording.rescue_then(see.order(order))), Lane.REMINDER, order)
        order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
        ring_later(tick, order, LAST_RING * 2 ** min(rung, 5))
        return
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
    yield from ring(tick, order, rung + 1)


def somebody_comes(turn: Turn, order: Order, helper: Person) -> Iterator[Outcome]:
    """The group that saw the cry for help sees that somebody is on the way."""
    if order.group_id is not None and not is_despair(order):
        group = turn.store.groups.get(order.group_id)
        yield Push(
            group,
            Say(lambda see: wording.emergency_underway(see.order(order), helper.name)),
            Lane.EMERGENCY,
            order,
            once=f"underway/{order.id}",
        )


@on(
    "(虚惊|虚惊一场) {order} {rest?}",
    "{order} [号] [是] (虚惊|虚惊一场)",
    means=Meaning.COMMAND,
    command="false_alarm",
    says=("虚惊 231", "231是虚惊一场"),
)
def false_alarm(turn: Turn) -> Iterator[Outcome]:
    """虚惊231（没事了，不怪谁）"""
    order = finding.named(turn)
    if order is None or not (order.is_held_by(turn.speaker.id) or may(turn.speaker, HELPS)):
        order = finding.own(turn, "销")
    yield from call_off(turn, order)


def call_off(turn: Turn, order: Order) -> Iterator[Outcome]:
    """Nothing was the matter: whoever was called is told so, and nobody is blamed."""
    told = alarmed(turn, order)
    order = turn.store.orders.move(order, Move.FALSE_ALARM, turn.speaker.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now)
    said = Say(lambda see: wording.false_alarm(see.order(order)))
    yield Reply(said, about=order)
    yield from sharing.ask_still(turn, order, wording.NEWS_FALSE_ALARM)
    yield offering.card_update(
        order, lambda see: wording.card_ended(see.order(order), wording.WHY_FALSE_ALARM), is_open=False
    )
    yield from tell(turn, order, told, said)


def tell(turn: Turn, order: Order, people: Sequence[Person], said: Say) -> Iterator[Outcome]:
    """The same to everybody who was called, to the secretary, and where the cry was heard."""
    known = {one.id for one in people}
    readers: list[Person | Group] = list(people)
    readers += [one for one in _secretaries(turn, order) if isinstance(one, Group) or one.id not in known]
    if order.group_id is not None and (turn.group is None or turn.group.id != order.group_id):
        readers.append(turn.store.groups.get(order.group_id))
    for one in readers:
        if isinstance(one, Group) or one.id != turn.speaker.id:
            yield Push(one, said, Lane.ASSIGNMENT, order, keeps=True)
