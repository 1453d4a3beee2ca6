"""When nothing matched: a short hint to whoever turned to the bot, and silence for everybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers import wording
from handlers.completing import is_of_unit
from handlers.rights import DISPATCHES, STEERS, may
from handlers.turn import ChatKind, Entered, Outcome, Picture, Reply, Say, Turn, Voice
from nlp import privacy
from nlp.intent import Meaning
from storage.orders import Order, State

PAPERS = frozenset({"identity"})
NUMBER = re.compile(r"([1-9][0-9]{0,5})(?!\d)")


def _order_spoken_of(turn: Turn) -> Order | None:
    """An order of the speaker's own that they named in words we did not get: they see it and what can be said of it."""
    number = NUMBER.match(turn.text.strip())
    if number is None:
        return None
    order = turn.store.orders.find(turn.community.id, int(number[1]))
    if order is None or not order.state.is_live:
        return None
    mine = turn.speaker.id in (order.requester_id, order.placed_by_id) or order.is_held_by(turn.speaker.id)
    return order if mine else None


def _in_their_hands(turn: Turn) -> Order | None:
    """31 已经联系了, from the unit that has it: word that it goes on."""
    number = NUMBER.match(turn.text.strip())
    order = turn.store.orders.find(turn.community.id, int(number[1])) if number and is_of_unit(turn) else None
    return order if order is not None and order.state is State.TRANSFERRED else None


# What whoever steers may wish, and cannot have from the chat.
NOT_HERE = frozenset({"export", "arrange"})


def _to_steer(turn: Turn) -> Order | None:
    """231物业那边没人理, from a secretary: the order that they named, whatever is to become of it."""
    number = NUMBER.match(turn.text.strip()) if may(turn.speaker, DISPATCHES) else None
    order = turn.store.orders.find(turn.community.id, int(number[1])) if number else None
    if order is None or order.requester_id == turn.speaker.id or order.is_held_by(turn.speaker.id):
        return None
    return order if order.state.is_live else None


def _only_order(turn: Turn) -> Order | None:
    """In private the one order that the speaker helps with or asked for: words we did not get are likely about it."""
    if turn.group is not None:
        return None
    mine = turn.store.orders.held_by(turn.speaker.id) + turn.store.orders.of_requester(turn.speaker.id)
    return mine[0] if len(mine) == 1 and mine[0].state is not State.UNRATED else None


PICTURED = ("身份证", "户口本", "银行卡", "社保卡", "护照")


def shows_papers(turn: Turn) -> bool:
    """An identity number in the words, or a picture that is named as one of somebody's papers."""
    what = turn.message.what
    pictured = isinstance(what, Picture) and any(paper in what.ref for paper in PICTURED)
    return pictured or bool(PAPERS & set(privacy.find(turn.text)))


def otherwise(turn: Turn) -> Iterator[Outcome]:
    """The last word of every turn that no ability took."""
    if turn.group is None and turn.message.chat.kind is ChatKind.GROUP and turn.intent.ability is not None:
        yield Reply(Say(lambda see: wording.not_bound()))
        return
    if turn.group is not None and shows_papers(turn):
        yield Reply(Say(lambda see: wording.recall_papers()))
        return
    if isinstance(turn.message.what, Picture):
        if turn.is_addressed:
            yield Reply(Say(lambda see: wording.picture_seen()))
        return
    if not turn.is_addressed:
        return
    if isinstance(turn.message.what, Voice) and turn.message.what.unsure:
        yield Reply(Say(lambda see: wording.heard_nothing()))
        return
    steered = _to_steer(turn)
    if steered is not None:
        yield Reply(Say(lambda see: wording.what_now(see.order(steered))), about=steered)
        return
    order = _order_spoken_of(turn)
    if order is not None:
        holds = order.is_held_by(turn.speaker.id)
        yield Reply(Say(lambda see: wording.your_choices(see.order(order), holds=holds)), about=order)
        return
    if turn.intent.slots.command in NOT_HERE and may(turn.speaker, STEERS | DISPATCHES):
        yield Reply(Say(lambda see: wording.not_from_the_chat()))
        return
    theirs = _in_their_hands(turn)
    if theirs is not None:
        yield Reply(Say(lambda see: wording.carry_on(see.order(theirs))), about=theirs)
        return
    if isinstance(turn.message.what, Entered):
        yield Reply(Say(wording.hello))
        return
    match turn.intent.meaning:
        case Meaning.INQUIRY:
            yield Reply(Say(lambda see: wording.no_answer_known()))
        case Meaning.THANKS:
            yield Reply(Say(lambda see: wording.thanked()))
        case _ if turn.group is None and turn.intent.slots.yes:
            yield Reply(Say(lambda see: wording.no_more_then()))
        case _ if (only := _only_order(turn)) is not None:
            holds = only.is_held_by(turn.speaker.id)
            yield Reply(Say(lambda see: wording.your_choices(see.order(only), holds=holds)), about=only)
        case _:
            yield Reply(Say(wording.hello))
