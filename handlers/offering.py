"""From a complete need to the people who can help: offering an order, saying who comes, taking it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from handlers import finding, sharing, wording
from handlers.ability import due
from handlers.danger import QuietClass, quiet_class
from handlers.planning import ANNOUNCE_AFTER, is_fixed, plan
from handlers.turn import Button, Lane, Outcome, Push, Reply, Say, Scene, Tick, Turn, Update
from handlers.views import Viewer
from storage.audit import Why
from storage.groups import Group, GroupKind
from storage.orders import Claim, ClaimState, Move, Order, State
from storage.steps import StepKind


def claim_button(order: Order) -> tuple[Button, ...]:
    return (Button(wording.LABEL_CLAIM, f"接{order.no}"),)


def answer_and_publish(turn: Turn, order: Order) -> Iterator[Outcome]:
    """The first answer to a complete need, which is the card itself where helpers sit in the same chat."""
    here = turn.group
    if here is not None and (here.kind is GroupKind.MEMBERS or not finding.groups(turn, GroupKind.MEMBERS)):
        order = _open(turn, order)
        yield Reply(_card(order), about=order, is_card=True)
        yield from _cards(turn, order, but=here)
        return
    can_ask = bool(finding.groups(turn, GroupKind.MEMBERS))
    words = wording.placed_complete if can_ask else wording.placed_supervised
    yield Reply(Say(lambda see: words(see.order(order))), about=order)
    yield from publish(turn, order)


def publish(scene: Scene, order: Order) -> Iterator[Outcome]:
    """Offer the order to the helpers' groups; without any the secretary is asked to dispatch."""
    groups = finding.groups(scene, GroupKind.MEMBERS)
    order = _open(scene, order)
    if groups:
        yield from _cards(scene, order)
        return
    for secretary in finding.secretaries(scene):
        yield Push(secretary, Say(lambda see: wording.dispatch_please(see.order(order))), Lane.ASSIGNMENT, order)


def _open(scene: Scene, order: Order) -> Order:
    by = scene.speaker.id if isinstance(scene, Turn) else None
    order = scene.store.orders.move(order, Move.PUBLISH, by, scene.now)
    plan(scene.store, scene.community.settings, order, scene.now)
    return order


def _cards(scene: Scene, order: Order, but: Group | None = None) -> Iterator[Outcome]:
    for group in finding.groups(scene, GroupKind.MEMBERS):
        if but is None or group.id != but.id:
            yield Push(group, _card(order), Lane.ASSIGNMENT, order, is_card=True)


def _card(order: Order) -> Say:
    return Say(lambda see: wording.card(see.order(order), see), claim_button(order))


def offer_again(scene: Scene, order: Order, words: Callable[[Viewer], str]) -> Iterator[Outcome]:
    """A new card for an order that wants hands again."""
    for group in finding.groups(scene, GroupKind.MEMBERS):
        yield Push(group, Say(words, claim_button(order)), Lane.ASSIGNMENT, order, is_card=True)


def card_update(
    order: Order,
    words: Callable[[Viewer], str],
    *,
    is_open: bool,
    instead: Callable[[Viewer], str] | None = None,
) -> Update:
    """All posted cards of the order now read so; the button stays while hands are wanted."""
    buttons = claim_button(order) if is_open else ()
    return Update(order, Say(words, buttons), Say(instead, buttons) if instead else None)


def face(order: Order) -> Say:
    """How a card of the order reads at present: for whoever pressed it too late."""
    if order.state in OFFERED and order.missing:
        return Say(lambda see: wording.card(see.order(order), see), claim_button(order))
    if order.holders and order.state in OFFERED:
        return Say(lambda see: wording.card_taken(see.order(order)))
    return Say(lambda see: wording.card_ended(see.order(order), wording.STATES[order.state]))


OFFERED = frozenset({State.OPEN, State.CLAIMED, State.BOOKED, State.IN_SERVICE})


def withdraw(scene: Scene, order: Order, holders: Sequence[Claim], why: str) -> Iterator[Outcome]:
    """The need is gone: cards say so, and whoever was about to set out is told."""
    if order.first_claimed_at is None:
        yield card_update(order, lambda see: wording.card_ended(see.order(order), why), is_open=False)
    by = scene.speaker.id if isinstance(scene, Turn) else None
    for claim in holders:
        if claim.person_id == by:
            continue
        yield Push(
            scene.store.people.get(claim.person_id),
            Say(lambda see: wording.not_needed(see.order(order), why)),
            Lane.ASSIGNMENT,
            order,
            keeps=True,
        )


def settle_claims(turn: Turn, order: Order, by_press: bool) -> Iterator[Outcome]:
    """After somebody joined: fix the visit where its time is known, and say who comes once nobody is missing.

    Said at once where somebody waits for the answer (a button, an @); else a second later, so that hands raised
    in the same moment are named together in one line.
    """
    if order.state is State.CLAIMED and is_fixed(order):
        order = turn.store.orders.move(order, Move.BOOK, turn.speaker.id, turn.now)
    plan(turn.store, turn.community.settings, order, turn.now)
    if by_press:
        yield card_update(order, lambda see: wording.card_taken(see.order(order)), is_open=order.missing > 0)
    if order.missing:
        return
    if turn.is_addressed and turn.group is not None:
        yield from announce(turn, order, in_group=not by_press)
    else:
        turn.store.steps.plan(order.community_id, order.id, StepKind.ANNOUNCE, turn.now + ANNOUNCE_AFTER)


@due(StepKind.ANNOUNCE)
def announce_due(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    if not order.missing and not order.is_announced:
        yield from announce(tick, order, in_group=True)


def announce(scene: Scene, order: Order, *, in_group: bool) -> Iterator[Outcome]:
    """One line for the helpers' groups and one for whoever asked."""
    left = any(claim.state is ClaimState.RELEASED for claim in order.claims)
    told_before = scene.store.audit.of_order(order.id) if left else []
    order = scene.store.orders.mark_announced(order)
    yield from tell_supervisors(scene, order)
    asker = finding.asker(scene, order)
    posted = {card.group_id for card in scene.store.outbox.cards(order.id)}
    helpers = [group for group in finding.groups(scene, GroupKind.MEMBERS) if group.id in posted]
    if in_group:
        for group in helpers:
            yield Push(group, Say(lambda see: wording.taken(see.order(order))), Lane.ASSIGNMENT, order)
    if isinstance(asker, Group) and in_group and any(group.id == asker.id for group in helpers):
        return  # they read the same line in the same group
    if isinstance(asker, Group) and quiet_class(order) is QuietClass.EMERGENCY:
        return  # they saw who is on the way
    conditions = "，".join(claim.condition for claim in order.holders if claim.condition)
    changed = any(line.move == Move.RELEASE and line.detail == Why.ANNOUNCED for line in told_before)
    name = order.holders[-1].name if order.holders else ""
    if changed:
        yield Push(asker, Say(lambda see: wording.who_comes_now(see.order(order), name)), Lane.ASSIGNMENT, order)
    else:
        yield Push(
            asker,
            Say(lambda see: wording.who_comes(see.order(order), see.free(conditions) or None)),
            Lane.ASSIGNMENT,
            order,
        )


def tell_supervisors(scene: Scene, order: Order) -> Iterator[Outcome]:
    """督办: whoever watches an order hears of every change that is not their own doing."""
    by = scene.speaker.id if isinstance(scene, Turn) else None
    watching = finding.secretaries(scene) if order.is_supervised else []
    for secretary in watching:
        if isinstance(secretary, Group) or secretary.id != by:
            yield Push(secretary, Say(lambda see: wording.progress(see.order(order))), Lane.REMINDER, order)


def tell_other_askers(scene: Scene, order: Order) -> Iterator[Outcome]:
    """合并 promised it: whoever asked for the same thing hears the result, once."""
    yield from (_result(scene, same, order) for same in sharing.waiting(scene, order))


def _result(scene: Scene, same: Order, order: Order) -> Push:
    return Push(
        finding.asker(scene, same),
        Say(lambda see: wording.result_for_asker(see.order(same), order.no)),
        Lane.ASSIGNMENT,
        same,
        once=f"result/{same.id}/{order.round}",
        keeps=True,
    )


def answer_in_chat(turn: Turn, say: Say) -> Reply | Push:
    """To the speaker: in the chat where they turned to the bot, else in private."""
    return Reply(say) if turn.is_addressed else Push(turn.speaker, say, Lane.REPLY)
