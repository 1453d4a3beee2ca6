"""People tell things piece by piece: 灯. 坏了. 302. 明天. To whoever turned to the bot every piece is an answer: it begins an
order, or goes with the one that is begun, and nothing is asked twice that was told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import merging, placing, wording
from handlers.ability import answers
from handlers.amending import change_order
from handlers.describing import described, question_about
from handlers.merging import Tie, Twin
from handlers.turn import Asks, Entered, Outcome, Picture, Reply, Say, Turn, Voice
from nlp import pieces
from nlp.alike import Likeness
from nlp.intent import Address, Category, Intent, Meaning, Slots, Urgency
from nlp.skills import asks_of_a_person
from storage.groups import GroupKind
from storage.orders import Move, Order, State
from storage.questions import QuestionKind

SHORT = 12  # a piece; longer talk is a sentence of its own
SENTENCE = 4
FRESH = timedelta(minutes=5)
KEEPS_QUIET = 2  # an order's version after which the question is not repeated with every piece
ABOUT_IT_FOR = timedelta(minutes=30)
TALK = (Meaning.CHAT, Meaning.OTHER, Meaning.INQUIRY)
PATIENCE = timedelta(minutes=10)  # whoever asks so early is answered, and nobody is called again
MATTERS = frozenset(Category) - {Category.OTHER, Category.RESCUE}


def begin(turn: Turn) -> Iterator[Outcome] | None:
    """What to make of a few words said to the bot that ask for nothing by themselves; None where they are mere talk."""
    what = turn.message.what
    if isinstance(what, Entered | Picture) or (isinstance(what, Voice) and what.unsure):
        return None
    text = turn.text.strip()
    if turn.is_addressed and asks_of_a_person(text):
        return _not_told()
    is_taken = turn.intent.ability is not None and not turn.intent.slots.needs_clarification
    if not turn.is_addressed:
        is_begun = not is_taken and may_begin(text) and _is_among_residents(turn)
        return _keep(turn, text) if is_begun else None
    if not text or len(text) > SHORT or turn.intent.explicit:
        return None
    order = _begun(turn)
    if is_taken and (order is None or not _goes_with(turn, order, text)):
        return None
    if turn.intent.slots.needs_clarification:
        return _clarified(turn, order)
    if not is_taken and (turn.intent.meaning not in TALK or turn.intent.ability is not None):
        return None
    if turn.store.orders.held_by(turn.speaker.id):
        return None  # a helper's words are about their work
    return _first(turn, text) if order is None else _beside(turn, order, text)


def _clarified(turn: Turn, order: Order | None) -> Iterator[Outcome] | None:
    """Words that would have to be asked about go with the order that is begun."""
    if order is None:
        return None
    return _alarm(turn, order) if turn.intent.slots.urgency is Urgency.EMERGENCY else _more(turn, order)


def _beside(turn: Turn, order: Order, text: str) -> Iterator[Outcome] | None:
    """带轮椅, after 陪我去医院: hardly a need of its own, but perhaps one."""
    if pieces.is_thanks(text):
        return _thanked(turn)
    if turn.intent.slots.yes is not None:
        return None
    need = _need(turn, text)
    if need is None or need.category == order.category:
        return _more(turn, order)
    twin = Twin(order, Tie.AGAIN, Likeness.UNSURE)
    return merging.join_again(turn, twin, described(turn, need, turn.speaker, text), need)


def _first(turn: Turn, text: str) -> Iterator[Outcome] | None:
    """The first words of whoever has no order yet: a need already, or the beginning of one."""
    if pieces.is_thanks(text) or turn.intent.slots.yes is not None:
        return None
    need = _need(turn, text)
    if need is not None:
        return placing.place_read(turn, need, text)
    return _go_on(turn, text) if pieces.is_piece(text) or _is_vague_need(turn, text) else None


def _not_told() -> Iterator[Outcome]:
    """王秀兰住哪, from whoever it may be, belongs to no order and is told to nobody."""
    yield Reply(Say(lambda see: wording.about_others()))


def _goes_with(turn: Turn, order: Order, text: str) -> bool:
    """带轮椅, a minute after 陪我去医院; 来不来, before anybody had the time to answer."""
    if pieces.is_impatient(text):
        return not order.holders and turn.now - order.created_at <= PATIENCE
    return turn.intent.is_weak_need


def _thanked(turn: Turn) -> Iterator[Outcome]:
    yield Reply(Say(lambda see: wording.thanked()))


def _alarm(turn: Turn, order: Order) -> Iterator[Outcome]:
    """救命, beside an order that is begun: kept with it, and which number to call is said in any case."""
    merging.add_words(turn, order, turn.text)
    yield Reply(Say(lambda see: wording.clarify()))


def may_begin(text: str) -> bool:
    """灯, in a group and to nobody: perhaps the next line says what is the matter with it."""
    return len(text) <= SHORT and pieces.is_thing(text)


def _is_among_residents(turn: Turn) -> bool:
    return turn.group is not None and turn.group.kind is GroupKind.RESIDENTS


def _keep(turn: Turn, words: str) -> Iterator[Outcome]:
    """Nothing is said; for a few minutes the next words of the speaker may go on from here."""
    here = turn.group.id if turn.group else None
    until = turn.now + FRESH
    turn.store.questions.ask(QuestionKind.PIECES, turn.speaker.id, here, None, turn.now, until, payload=words)
    yield from ()


def _begun(turn: Turn) -> Order | None:
    """The speaker's newest order, while they are likely to talk about it."""
    mine = turn.store.orders.of_requester(turn.speaker.id, limit=1)
    if not mine or mine[0].state is State.UNRATED or turn.group is not None:
        return None
    return mine[0] if turn.now - mine[0].created_at <= ABOUT_IT_FOR or mine[0].state is State.DRAFT else None


def _need(turn: Turn, words: str) -> Slots | None:
    """What these words ask for, by themselves or of somebody who surely wants something."""
    plain = turn.read(words)
    if plain.meaning is Meaning.REQUEST and not plain.slots.needs_clarification:
        return plain.slots
    asked = _as_request(turn, words)
    slots = asked.slots
    is_named = slots.category in MATTERS and slots.item != slots.category and not slots.needs_clarification
    return slots if is_named and slots.urgency is not Urgency.EMERGENCY else None


def _as_request(turn: Turn, words: str) -> Intent:
    return turn.read(f"求助 {words}")


def _is_vague_need(turn: Turn, words: str) -> bool:
    """坏了: of what?"""
    slots = _as_request(turn, words).slots
    return slots.category in MATTERS and not slots.needs_clarification


def _go_on(turn: Turn, words: str) -> Iterator[Outcome]:
    is_fault = any(map(pieces.is_fault, words.split()))
    said = Say(lambda see: wording.go_on(see.free(words), is_fault=is_fault))
    yield Reply(said, Asks(QuestionKind.PIECES, payload=words))


def _more(turn: Turn, order: Order) -> Iterator[Outcome]:
    """Words beside an order that is begun: its door, a question whether we heard, or something whoever comes should know."""
    text = turn.text.strip()
    requester = turn.store.people.get(order.requester_id)
    question = question_about(order, requester, with_extra=False) if order.state is State.DRAFT else ""
    room = pieces.room_in(text)
    if room is not None and order.building is not None and order.room is None:
        yield from _at_door(turn, order, room)
        return
    is_known = room is not None and order.building is not None and order.room == room
    if not is_known and pieces.is_impatient(text):
        yield Reply(Say(lambda see: wording.still_on(see.order(order), question)), about=order)
        return
    noted = order if is_known else merging.add_words(turn, order, text)
    question = question if noted.version <= KEEPS_QUIET else ""
    yield Reply(Say(lambda see: wording.piece_noted(see.order(noted), question)), about=noted)


def _at_door(turn: Turn, order: Order, room: str) -> Iterator[Outcome]:
    """302, the door that the order lacked."""
    if order.state is State.DRAFT:
        change = replace(order, room=room)
        moved = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.DRAFT, change=change)
        yield Reply(Say(lambda see: wording.piece_noted(see.order(moved), "")), about=moved)
        return
    address = Address(building=order.building, entrance=order.entrance, room=room)
    slots = replace(turn.intent.slots, address=address, choice=None)
    intent = replace(turn.intent, slots=slots)
    yield from change_order(replace(turn, intent=intent), order, remark=turn.text.strip())


def _continues(turn: Turn) -> bool:
    """In private anything that is no other business; in a group the speaker's next short words, or a whole sentence."""
    if turn.intent.explicit or turn.intent.meaning not in (*TALK, Meaning.REQUEST):
        return False
    text, said = turn.text.strip(), turn.intent.slots
    order = _begun(turn)
    if order is not None and order.state is State.DRAFT and (said.time or said.address):
        return False  # the answer to what was asked about that order
    if turn.is_addressed:
        return bool(text)
    assert turn.question is not None
    is_piece = pieces.is_piece(text) or pieces.is_thing(text) or pieces.is_fault(text) or pieces.room_in(text)
    if turn.now - turn.question.asked_at <= FRESH and (is_piece or said.time or said.address):
        return True
    return not turn.payload and len(text) >= SENTENCE  # after “what is it?”, asked aloud


@answers(QuestionKind.PIECES, accepts=_continues)
def go_on(turn: Turn) -> Iterator[Outcome]:
    """The pieces told so far and this one: a need, or still to be asked for. A whole sentence is a need as it stands."""
    text = turn.text.strip()
    is_impatient = pieces.is_impatient(text)
    if is_impatient and not turn.payload:
        yield Reply(Say(lambda see: wording.go_on("")), Asks(QuestionKind.PIECES))
        return
    words = turn.payload if is_impatient else f"{turn.payload} {text}".strip()
    need = _told_so_far(turn, words) if turn.payload else _told_at_once(turn, words)
    if need is not None:
        yield from placing.place_read(turn, need, words)
    elif turn.is_addressed:
        yield from _go_on(turn, words)
    else:
        yield from _keep(turn, words)


def _told_so_far(turn: Turn, words: str) -> Slots | None:
    """What several pieces ask for; in a group, where nobody is spoken to, they must say what is wrong or ask outright."""
    need = _need(turn, words)
    if turn.is_addressed or any(map(pieces.is_fault, (turn.text.strip(), *turn.payload.split()))):
        return need
    return need if turn.read(words).meaning is Meaning.REQUEST else None


def _told_at_once(turn: Turn, words: str) -> Slots | None:
    """What the first words after “what is it?” ask for: a whole sentence is a need whatever it is about."""
    need = _need(turn, words)
    if need is not None or len(words) < SENTENCE or turn.intent.slots.yes is not None:
        return need
    return turn.intent.slots if turn.intent.meaning is Meaning.REQUEST else _as_request(turn, words).slots
