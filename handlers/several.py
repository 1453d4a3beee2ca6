"""Several acts in one message, one after the other: each is done or answered for itself, and none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from handlers import finding, offering, wording
from handlers.turn import Asks, Lane, Outcome, Picture, Push, Refusal, Reply, Say, Silence, Text, Turn, Voice
from nlp.intent import Intent
from storage.orders import NotNow

Take = Callable[[Turn], Iterator[Outcome] | None]

# These handle several orders at once themselves: one message with all places.
TOGETHER = frozenset({"claiming.claim", "dispatching.merge"})
AROUND = " ,，.。;；、!！"


def parts(turn: Turn) -> list[Turn]:
    """One turn for each act of the message, and for each order of an act."""
    more = turn.intent.more
    if not more:
        return _each_order(turn)
    own = turn.text
    for further in more:
        own = own.replace(further.words, "", 1)
    said = [_saying(turn, own.strip(AROUND), replace(turn.intent, more=()))]
    said += [_saying(turn, further.words, further.intent) for further in more]
    return [one for part in said for one in _each_order(part)]


def _saying(turn: Turn, words: str, intent: Intent) -> Turn:
    what = turn.message.what
    if isinstance(what, Text | Voice | Picture):
        what = replace(what, text=words)
    return replace(turn, message=replace(turn.message, what=what), intent=intent)


def _each_order(turn: Turn) -> list[Turn]:
    slots = turn.intent.slots
    if len(slots.orders) < 2 or turn.intent.ability in TOGETHER:
        return [turn]
    return one_by_one(turn)


def one_by_one(turn: Turn) -> list[Turn]:
    """The same act on each of its orders."""
    slots = turn.intent.slots
    ones = [replace(slots, order=number, orders=()) for number in slots.orders]
    return [replace(turn, intent=replace(turn.intent, slots=one)) for one in ones]


def each(acts: Sequence[Turn], take: Take) -> Iterator[tuple[Turn, list[Outcome] | Refusal | NotNow]]:
    """What came of every act: what cannot be done is undone alone, and what was not for us is left out."""
    for act in acts:
        try:
            with act.store.savepoint():
                taken = take(act)
                came = list(_not_understood(act) if taken is None else taken)
        except Silence:
            continue
        except (Refusal, NotNow) as error:
            yield act, error
        else:
            yield act, came


def in_turn(acts: Sequence[Turn], take: Take) -> Iterator[Outcome]:
    """All of them; what cannot be done is said. Raises Silence where none was for us."""
    is_ours = False
    for act, came in each(acts, take):
        is_ours = True
        if isinstance(came, list):
            yield from came
        else:
            say, asks = objection(came)
            yield Reply(say, asks) if act.is_addressed else Push(act.speaker, say, Lane.REPLY, asks=asks)
    if not is_ours:
        raise Silence


def _not_understood(act: Turn) -> Iterator[Outcome]:
    """231弄完了，232明天再说: what was said of their second order is not lost on them without a word."""
    order = finding.named(act)
    if order is None or not order.state.is_live:
        raise Silence
    holds = order.is_held_by(act.speaker.id)
    if not holds and order.requester_id != act.speaker.id:
        raise Silence
    yield offering.answer_in_chat(act, Say(lambda see: wording.your_choices(see.order(order), holds=holds)))


def objection(error: Refusal | NotNow) -> tuple[Say, Asks | None]:
    """Why it cannot be done, in words for whoever asked for it."""
    if isinstance(error, Refusal):
        return error.say, error.asks
    order, named = error.order, wording.MOVES_NAMED.get(error.move, "改")
    return Say(lambda see: wording.not_now(see.order(order), named)), None
