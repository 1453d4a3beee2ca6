"""Short answers to 是不是一回事, 还要吗 and 是想找人帮忙吗: what was asked about becomes an order of its own, part of another,
or none."""

from __future__ import annotations

from collections.abc import Iterator

from handlers import area, emergencies, finding, merging, offering, placing, sharing, wording
from handlers.ability import answers
from handlers.amending import give_up
from handlers.danger import QuietClass, quiet_class
from handlers.describing import question_about
from handlers.turn import Lane, Outcome, Push, Reply, Say, Turn
from storage.orders import Move, Order, State
from storage.questions import QuestionKind


def _says_whether_same(turn: Turn) -> bool:
    """1, 2, 是, 不是; of what is joined already only that it is another matter, or the number that was asked for."""
    if turn.payload == area.QUESTION:
        return merging.denies(turn)
    if turn.payload == sharing.STILL:
        return sharing.wants(turn) is not None
    if turn.asked_order().state is State.DRAFT:
        return turn.choice in (1, 2) or turn.intent.slots.yes is not None or merging.denies(turn)
    return merging.denies(turn) or (turn.is_addressed and turn.choice in (1, 2) and len(turn.text.strip()) <= BARE)


BARE = 2


@answers(QuestionKind.MERGE, accepts=_says_whether_same)
def same_or_not(turn: Turn) -> Iterator[Outcome]:
    """1: the younger order goes into the older one. 2, 不是: it is an order of its own."""
    young = turn.asked_order()
    if turn.payload == area.QUESTION:
        yield from _take_apart(turn, young)
        return
    if turn.payload == sharing.STILL:
        yield from _still_or_not(turn, young)
        return
    old = turn.store.orders.find(turn.community.id, int(turn.payload))
    is_other = merging.denies(turn) or turn.choice == 2 or (turn.choice is None and turn.intent.slots.yes is False)
    if not is_other and old is not None and old.state.is_live:
        yield Reply(Say(lambda see: wording.same_confirmed(see.order(old))))
        if young.state is not State.MERGED:
            yield from merging.join_asked(turn, young, old)
    elif young.state is State.DRAFT:
        yield from placing.ask_or_offer(turn, young, turn.speaker, question_about(young, turn.speaker))
    elif young.state is State.MERGED and old is not None and young.merged_into_id == old.id:
        merging.take_words_back(turn, old, young.note or "")
        order = yield from placing.start(turn, merging.as_new(young, turn.now))
        turn.store.orders.repoint(young, order)


def _still_or_not(turn: Turn, order: Order) -> Iterator[Outcome]:
    """1: it goes on, as the order that passed to them or as a fresh one. 2: for them it is over."""
    wanted = sharing.wants(turn)
    if order.merged_into_id is None:
        if wanted:
            yield Reply(Say(lambda see: wording.kept(see.order(order))), about=order)
        else:
            yield from give_up(turn, order)
        return
    if not wanted:
        sharing.give_up(turn, order)
        yield Reply(Say(lambda see: wording.no_more_then()))
        return
    root = turn.store.orders.get(order.merged_into_id)
    if not root.state.is_live:  # the first who answers gives the matter a new number, the others are told it
        others = sharing.waiting(turn, root)
        root = yield from placing.start(turn, merging.as_new(order, turn.now))
        for same in others:
            turn.store.orders.repoint(same, root)
        return
    yield Reply(Say(lambda see: wording.still_known(root.no)))


def _take_apart(turn: Turn, main: Order) -> Iterator[Outcome]:
    """The secretary knows better: every home has its own order again, and no more are joined to this one."""
    joined = area.take_apart(turn, main)
    numbers: list[int] = []
    for young in joined:
        order = merging.keep_apart(turn, placing.number(turn, merging.as_new(young, turn.now), State.UNASSIGNED))
        turn.store.orders.repoint(young, order)
        numbers.append(order.no)
        if quiet_class(order) is QuietClass.REST:
            yield from offering.publish(turn, order)
        else:
            yield from emergencies.ring(turn, order)
    yield offering.answer_in_chat(turn, Say(lambda see: wording.taken_apart(see.order(main), numbers)))


def _clarifies(turn: Turn) -> bool:
    if turn.question is not None and turn.question.order_id is not None:
        return turn.asked_order().state is State.DRAFT and (_says_meant(turn) is not None or placing.is_detail(turn))
    return bool(turn.choice) or turn.intent.slots.yes is not None


@answers(QuestionKind.CLARIFY, accepts=_clarifies)
def clarified(turn: Turn) -> Iterator[Outcome]:
    """1 makes a need of a doubtful transcription or reading."""
    assert turn.question is not None
    words = turn.question.payload
    if turn.question.order_id is not None:
        yield from _meant_or_not(turn, turn.asked_order())
    elif turn.choice == 1 or turn.intent.slots.yes:
        yield from placing.place_need(turn, turn.read(words).slots, turn.speaker, words)
    elif turn.choice == 2 or turn.intent.slots.yes is False:
        yield Reply(Say(lambda see: wording.heard_wrong()))
        for secretary in finding.secretaries(turn):
            yield Push(secretary, Say(lambda see: wording.please_ask(turn.speaker.name)), Lane.ASSIGNMENT)


def _says_meant(turn: Turn) -> bool | None:
    """A digit at any time; 是 and 不用 in a group only while the question is in sight."""
    fresh = turn.question is not None and turn.now - turn.question.asked_at <= placing.FRESH_QUESTION
    return sharing.wants(turn) if turn.choice or turn.is_addressed or fresh else None


def _meant_or_not(turn: Turn, order: Order) -> Iterator[Outcome]:
    """1: it goes the way of every need. 2: it never was one. When and where, said instead, is a yes."""
    meant = _says_meant(turn)
    if meant is None:
        yield from placing.detail(turn)
    elif meant:
        yield from _confirm(turn, order)
    else:
        turn.store.orders.move(order, Move.CANCEL, turn.speaker.id, turn.now, detail=NOT_MEANT)
        yield Reply(Say(lambda see: wording.no_more_then()))


NOT_MEANT = "not meant"


def _confirm(turn: Turn, order: Order) -> Iterator[Outcome]:
    new = merging.as_new(order, turn.now)
    twin = merging.known(turn, merging.look(turn, new))
    order = yield from placing.start(turn, new, order)
    if twin is not None:
        yield from merging.hint(turn, order, twin.order)
