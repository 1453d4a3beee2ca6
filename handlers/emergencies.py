"""紧急 and the night's utilities: no queue, the right number first, ring after ring until somebody answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from handlers import finding, offering, sharing, wording
from handlers.ability import due, on
from handlers.danger import QuietClass, kind_of, quiet_class, utility_kind
from handlers.planning import plan
from handlers.rights import HELPS, may
from handlers.turn import Button, Lane, Outcome, Push, Reply, Say, Scene, Tick, Turn
from nlp.intent import Meaning
from storage.groups import Group, GroupKind
from storage.orders import Move, Order, State
from storage.people import Person, Role
from storage.steps import StepKind

# Who is called, ring by ring, and how long each ring has to answer.
RINGS: Mapping[QuietClass, tuple[tuple[frozenset[Role], timedelta], ...]] = {
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
LAST_RING = timedelta(hours=1)


def begin(turn: Turn, order: Order) -> Iterator[Outcome]:
    """An emergency never enters the queue: the number to call, then everybody near at once."""
    kind = kind_of(f"{order.item}{order.note or ''}")
    # In the lane of emergencies, so that the number to call is said before anything else.
    yield Push(
        turn.group or turn.speaker, Say(lambda see: wording.emergency(see.order(order), kind)), Lane.EMERGENCY, order
    )
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
    is_utility = quiet_class(order) is QuietClass.UTILITIES
    rings = RINGS[QuietClass.UTILITIES if is_utility else QuietClass.EMERGENCY]
    for number in range(which, len(rings)):
        roles, patience = rings[number]
        called: list[Person | Group] = [
            person
            for person in scene.store.people.with_role(scene.community.id, *roles)
            if person.id != order.requester_id and _is_near(person, order)
        ]
        if number == 1 and not is_utility:
            called += finding.groups(scene, GroupKind.MEMBERS)
        if not called:
            continue
        for one in called:
            yield _call(order, one, is_utility)
        scene.store.steps.plan(order.community_id, order.id, StepKind.EMERGENCY_RING, scene.now + patience)
        plan(scene.store, scene.community.settings, order, scene.now)
        return
    for someone in finding.secretaries(scene):
        yield Push(someone, Say(lambda see: wording.emergency_unanswered(see.order(order))), Lane.EMERGENCY, order)
    # All rings are through: once more after an hour, then each time twice as late.
    later = LAST_RING * 2 ** min(max(which - len(rings), 0), 5)
    scene.store.steps.plan(order.community_id, order.id, StepKind.EMERGENCY_RING, scene.now + later)
    plan(scene.store, scene.community.settings, order, scene.now)


def _is_near(person: Person, order: Order) -> bool:
    """A captain answers for one building; the others for all."""
    if Role.BUILDING_CAPTAIN in person.roles and len(person.roles - {Role.PARTY_MEMBER, Role.RESIDENT}) == 1:
        return order.building is None or person.building in (None, order.building)
    return True


def _call(order: Order, one: Person | Group, is_utility: bool) -> Push:
    if is_utility:
        button: tuple[Button, ...] = (Button(wording.LABEL_CLAIM, f"接{order.no}"),)
        return Push(one, Say(lambda see: wording.utility_call(see.order(order)), button), Lane.EMERGENCY, order)
    button = (Button(wording.LABEL_ARRIVED, f"到了{order.no}"),)
    return Push(
        one,
        Say(lambda see: wording.emergency_call(see.order(order), see), button),
        Lane.EMERGENCY,
        order,
        is_card=isinstance(one, Group),
    )


@due(StepKind.EMERGENCY_RING)
def next_ring(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    rung = _rung(tick, order)
    order = tick.store.orders.move(order, Move.ESCALATE, None, tick.now)
    yield from ring(tick, order, rung + 1)


def somebody_comes(turn: Turn, order: Order, helper: Person) -> Iterator[Outcome]:
    """The group that saw the cry for help sees that somebody is on the way."""
    if order.group_id is not None:
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
    holders = order.holders
    order = turn.store.orders.move(order, Move.FALSE_ALARM, turn.speaker.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now)
    yield Reply(Say(lambda see: wording.false_alarm(see.order(order))), about=order)
    yield from sharing.ask_still(turn, order, wording.NEWS_FALSE_ALARM)
    yield offering.card_update(
        order, lambda see: wording.card_ended(see.order(order), wording.WHY_FALSE_ALARM), is_open=False
    )
    for one in finding.secretaries(turn):
        if isinstance(one, Group) or one.id != turn.speaker.id:
            yield Push(one, Say(lambda see: wording.false_alarm(see.order(order))), Lane.ASSIGNMENT, order, keeps=True)
    for claim in holders:
        if claim.person_id != turn.speaker.id:
            yield Push(
                turn.store.people.get(claim.person_id),
                Say(lambda see: wording.false_alarm(see.order(order))),
                Lane.ASSIGNMENT,
                order,
                keeps=True,
            )
