"""点单 代点单: a need becomes an order, once the one question that is left is answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import emergencies, finding, offering, wording
from handlers.ability import answers, due, on
from handlers.amending import change_order
from handlers.danger import QuietClass, grade, is_of_the_house, quiet_class, utility_kind
from handlers.describing import described, place_of, question_about, told
from handlers.hours import is_quiet, quiet_end
from handlers.otherwise import shows_papers
from handlers.planning import plan
from handlers.rights import DISPATCHES
from handlers.turn import Asks, Lane, Outcome, Push, Refusal, Reply, Say, Scene, Silence, Tick, Turn, Voice
from nlp.intent import Meaning, Slots
from storage.groups import GroupKind
from storage.orders import Move, NewOrder, Order, State
from storage.people import Person, Role
from storage.questions import QuestionKind
from storage.steps import StepKind

SAME_WITHIN = timedelta(minutes=10)

SAME_DANGER_WITHIN = timedelta(minutes=15)

SAME_FAULT_WITHIN = timedelta(hours=3)


@on(
    means=Meaning.REQUEST,
    says=("求助 厨房灯不亮了", "需要帮忙，3栋修水管"),
    not_says=("求助热线是多少", "今天太阳真好"),
)
def place(turn: Turn) -> Iterator[Outcome]:
    """求助 厨房灯不亮了（直接说事也行）"""
    slots = turn.intent.slots
    if turn.group is not None and turn.group.kind in (GroupKind.SECRETARIES, GroupKind.UNITS) and not turn.is_meant:
        raise Silence  # they talk about other people's needs there all day
    if isinstance(turn.message.what, Voice) and turn.message.what.unsure:
        words = turn.message.what.text
        yield Reply(
            Say(lambda see: wording.heard(see.free(words))), Asks(QuestionKind.CLARIFY, choices=2, payload=words)
        )
        return
    if slots.needs_clarification:
        yield Reply(Say(lambda see: wording.clarify()), Asks(QuestionKind.CLARIFY))
        return
    if turn.group is not None and shows_papers(turn):
        yield Reply(Say(lambda see: wording.recall_papers()))
    yield from _place(turn, slots, turn.speaker, turn.text)


@on(
    "代点单 {name} {rest}",
    means=Meaning.COMMAND,
    command="place_for",
    only=DISPATCHES,
    says=("代点单 王秀兰 厨房灯不亮了",),
)
def place_for(turn: Turn) -> Iterator[Outcome]:
    """代点单 姓名 要帮什么（替打电话来的人记一单）"""
    slots, name = turn.intent.slots, turn.intent.slots.name
    if not name or not slots.rest:
        raise Refusal(Say(lambda see: wording.say_number("代点单")), reason="no name")
    known = turn.store.people.find_named(turn.community.id, name)
    said = turn.read(f"求助 {slots.rest}").slots
    requester = known[0] if len(known) == 1 else _newcomer(turn, name, said)
    order = _keep(turn, said, requester, slots.rest)
    yield Reply(Say(lambda see: wording.placed_for(see.order(order), name)))
    if quiet_class(order) is QuietClass.EMERGENCY:
        yield from emergencies.ring(turn, order)
    else:
        yield from offering.publish(turn, order)


def _newcomer(turn: Turn, name: str, slots: Slots) -> Person:
    address = slots.address
    person = Person(
        0,
        turn.community.id,
        name,
        address.building if address else None,
        address.entrance if address else None,
        address.room if address else None,
        slots.phones[0] if slots.phones else None,
        roles=frozenset({Role.RESIDENT}),
    )
    return turn.store.people.add(person, turn.now)


def _same_need(turn: Turn) -> Order | None:
    """A live order of the same person and kind from just now: asked about, never dropped."""
    category = turn.intent.slots.category
    for order in turn.store.orders.of_requester(turn.speaker.id, limit=5):
        fresh = turn.now - order.created_at <= SAME_WITHIN
        if fresh and order.category == (category or "") and place_of(turn, turn.intent.slots)[:1] == (order.building,):
            return order
    return None


def _keep(turn: Turn, slots: Slots, requester: Person, words: str, state: State = State.UNASSIGNED) -> Order:
    return _number(turn, described(turn, slots, requester, words), state)


def _number(turn: Turn, new: NewOrder, state: State) -> Order:
    """From now on it is an order with a number."""
    return turn.store.orders.place(new, turn.store.communities.take_no(turn.community.id), state, turn.now)


def _place(turn: Turn, slots: Slots, requester: Person, words: str) -> Iterator[Outcome]:
    gravity = grade(str(slots.category or ""), str(slots.urgency or ""), f"{slots.item or ''}{words}")
    if gravity is QuietClass.EMERGENCY:
        called = _calling_already(turn)
        if called is not None:
            change = told(turn, called, slots, requester)
            yield from emergencies.again(
                turn, called, replace(change, note=f"{called.note or ''}；{words.strip()}"[:1000])
            )
            return
        yield from emergencies.begin(turn, _keep(turn, slots, requester, words))
        return
    settings = turn.community.settings
    night = is_quiet(settings, turn.now)
    is_house = is_of_the_house(f"{slots.item or ''}{words}") and not slots.time
    known = _known_fault(turn, slots, requester, words) if is_house else None
    if known is not None:
        order = _keep(turn, slots, requester, words)
        turn.store.orders.move(order, Move.MERGE, None, turn.now, change=replace(order, merged_into_id=known.id))
        yield (
            offering.answer_in_chat(turn, Say(lambda see: wording.known_already(see.order(known))))
            if night
            else Reply(Say(lambda see: wording.known_already(see.order(known))))
        )
        return
    if gravity is QuietClass.UTILITIES and (night or is_house):
        yield from emergencies.begin_utility(turn, _keep(turn, slots, requester, words))
        return
    if night and turn.group is not None and not turn.is_addressed:
        # Nobody is woken: the group hears one line when the quiet hours end.
        order = _keep(turn, slots, requester, words, State.DRAFT)
        turn.store.steps.plan(order.community_id, order.id, StepKind.MORNING, quiet_end(settings, turn.now))
        return
    twin = _same_need(turn)
    if twin is not None:
        order = _keep(turn, slots, requester, words, State.DRAFT)
        yield Reply(
            Say(lambda see: wording.same_again(see.order(twin))),
            Asks(QuestionKind.MERGE, order.id, 2, payload=str(twin.no)),
        )
        yield from await_detail(turn, order, requester)
        return
    new = described(turn, slots, requester, words)
    question = question_about(new, requester)
    yield from _ask_or_offer(
        turn, _number(turn, new, State.DRAFT if question else State.UNASSIGNED), requester, question
    )


def _known_fault(turn: Turn, slots: Slots, requester: Person, words: str) -> Order | None:
    """The same lift, the same dark house: told by a neighbour a while ago and still in work."""
    kind = utility_kind(f"{slots.item or ''}{words}")
    building = place_of(turn, slots, requester)[0]
    category = str(slots.category or "")
    for order in turn.store.orders.similar(turn.community.id, category, building, turn.now - SAME_FAULT_WITHIN):
        told = f"{order.item}{order.note or ''}"
        if order.requester_id != requester.id and is_of_the_house(told) and utility_kind(told) == kind:
            return order
    return None


def _calling_already(turn: Turn) -> Order | None:
    """Who cries for help cries more than once; nobody must be rung twice for it under another number."""
    for order in turn.store.orders.of_requester(turn.speaker.id, limit=5):
        fresh = turn.now - order.created_at <= SAME_DANGER_WITHIN
        if fresh and order.state.is_live and quiet_class(order) is QuietClass.EMERGENCY:
            return order
    return None


def _ask_or_offer(turn: Turn, order: Order, requester: Person, question: str) -> Iterator[Outcome]:
    if question:
        yield Reply(
            Say(lambda see: wording.placed(see.order(order), question)), Asks(QuestionKind.DETAIL, order.id), order
        )
        yield from await_detail(turn, order, requester)
        return
    yield from offering.answer_and_publish(turn, order)


def await_detail(scene: Scene, order: Order, requester: Person) -> Iterator[Outcome]:
    """The order waits a little for the answer; then it is offered as it is."""
    settings = scene.community.settings
    if not requester.is_named and requester.asked_name_at is None:
        scene.store.people.save(replace(requester, asked_name_at=scene.now))
    wait = quiet_end(settings, scene.now + timedelta(minutes=settings.detail_wait_minutes))
    scene.store.steps.plan(order.community_id, order.id, StepKind.DETAIL_WAIT, wait)
    plan(scene.store, settings, order, scene.now)
    yield from ()


def _is_detail(turn: Turn) -> bool:
    """Something that was asked: a time, a place, a name, hands, or “any time”; but no other business."""
    slots = turn.intent.slots
    if turn.intent.explicit and turn.intent.meaning not in (Meaning.OTHER, Meaning.CHAT):
        return turn.intent.ability == INTRODUCED
    if turn.intent.meaning not in (Meaning.REQUEST, Meaning.AMEND, Meaning.CHAT, Meaning.OTHER, Meaning.COMMAND):
        return False
    if turn.intent.meaning is Meaning.REQUEST and not _is_same_matter(turn):
        return False
    if not turn.is_addressed and not _sounds_like_an_answer(turn):
        return False
    said = slots.time or slots.address or slots.phones or slots.people_needed or slots.name or slots.yes is not None
    if turn.intent.meaning is Meaning.REQUEST and slots.category is not None:
        same = slots.category == turn.asked_order().category
        if not slots.time or not same:
            return False
    return bool(said) or slots.recurrence is not None or _is_any_time(turn)


VERBS_AND_FILLING = frozenset("修换装找帮一个的下上到来去人查看")


def _is_same_matter(turn: Turn) -> bool:
    """A sentence that asks for another thing is another need, however well its time would fit the open question."""
    order, item = turn.asked_order(), turn.intent.slots.item
    if item is None or item == order.item or item == turn.intent.slots.category:
        return order.state is State.DRAFT
    return bool((set(item) & set(order.item)) - VERBS_AND_FILLING)


INTRODUCED = "registering.introduce"

FRESH_QUESTION = timedelta(minutes=30)

ASKING = ("吗", "？", "?", "呢", "几点", "什么时候", "谁", "昨天", "前天", "刚才")


def _sounds_like_an_answer(turn: Turn) -> bool:
    """In a group people go on talking: a question of theirs is no answer, and hours later only a plain time is one."""
    if any(word in turn.text for word in ASKING) and not _is_any_time(turn):
        return False
    time = turn.intent.slots.time
    besides = len(turn.text) - len(time.text) if time is not None else None
    order = turn.asked_order()
    if order.state is not State.DRAFT:
        # Late, but the answer that was still missing; or, where an hour is known, only an hour.
        return besides is not None and besides <= (12 if order.start is None else 3)
    fresh = turn.question is not None and turn.now - turn.question.asked_at <= FRESH_QUESTION
    return fresh or (besides is not None and besides <= 10) or turn.intent.slots.address is not None


ANY_TIME = (
    "随时",
    "都行",
    "都可以",
    "都在家",
    "天天在",
    "一直在",
    "都方便",
    "啥时候都",
    "什么时候都",
    "哪天都",
    "看你们",
    "你们定",
)


def _is_any_time(turn: Turn) -> bool:
    """“我天天在家” answers when: any time will do."""
    return len(turn.text) <= 16 and any(words in turn.text for words in ANY_TIME)


@answers(QuestionKind.DETAIL, accepts=_is_detail)
def detail(turn: Turn) -> Iterator[Outcome]:
    """The answer to the one question: the order is completed and offered."""
    order = turn.asked_order()
    if order.state is not State.DRAFT:
        yield from _later_detail(turn, order)
        return
    slots = _answered(turn)
    speaker = turn.speaker
    if slots.name and (turn.intent.ability == INTRODUCED or not speaker.is_named):
        speaker = replace(speaker, name=slots.name, is_named=True)
    if slots.address and not speaker.building:
        address = slots.address
        speaker = replace(speaker, building=address.building, entrance=address.entrance, room=address.room)
    if speaker != turn.speaker:
        turn.store.people.save(speaker)
    change = told(turn, replace(order, contact_name=speaker.name), slots, speaker)
    if turn.intent.ability == INTRODUCED:
        if question_about(change, speaker):
            # Who and where is told; when is still awaited, and is not asked a second time.
            turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.DRAFT, change=change)
            finding.ask_time(turn, order)
            place_ = f"{speaker.building}栋" if speaker.building else ""
            yield Reply(Say(lambda see: wording.introduced_awaiting(speaker.name, place_)), about=order)
            return
    elif turn.text.strip():
        change = replace(change, note=f"{order.note or ''}；{turn.text.strip()}"[:1000].strip("；"))
    order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.UNASSIGNED, change=change)
    yield Reply(Say(lambda see: wording.detailed(see.order(order))), about=order)
    yield from offering.publish(turn, order)
    # People say things piece by piece: what follows soon still belongs to this order.
    finding.ask_time(turn, order, FRESH_QUESTION)


def _later_detail(turn: Turn, order: Order) -> Iterator[Outcome]:
    """Words about an order that is offered already, or an answer to “X点到”."""
    slots = turn.intent.slots
    if slots.time or slots.address or slots.phones or slots.people_needed:
        yield from change_order(turn, order, turn.text.strip())
        finding.ask_time(turn, order, FRESH_QUESTION)
    elif slots.yes is False:
        again = Asks(QuestionKind.DETAIL, order.id)
        yield Reply(Say(lambda see: wording.amended_unclear(see.order(order))), again, order)
    elif turn.is_addressed:
        yield Reply(Say(lambda see: wording.noted()))


def _answered(turn: Turn) -> Slots:
    """What was answered. Behind “我是王秀兰” stands the rest of the answer, which is read on its own."""
    slots = turn.intent.slots
    if turn.intent.ability != INTRODUCED or not slots.name:
        return slots
    rest = turn.read(turn.text.partition(slots.name)[2].lstrip("，,。、；; ")).slots
    return replace(rest, name=slots.name, address=slots.address or rest.address)


@due(StepKind.DETAIL_WAIT)
def offer_anyway(tick: Tick) -> Iterator[Outcome]:
    """Nobody answered the question: better offered with a gap than not at all."""
    order = tick.order()
    yield from offering.publish(tick, order)


@due(StepKind.DRAFT_CHASE)
def chase_draft(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.draft_stuck(see.order(order), order.contact_name)), about=order)
    plan(tick.store, tick.community.settings, order, tick.now)


@answers(QuestionKind.MERGE, accepts=lambda turn: turn.choice in (1, 2) or turn.intent.slots.yes is not None)
def same_or_not(turn: Turn) -> Iterator[Outcome]:
    """1: the younger order goes into the older one. 2: it is an order of its own."""
    young = turn.asked_order()
    old = turn.store.orders.find(turn.community.id, int(turn.payload))
    if (turn.choice == 1 or turn.intent.slots.yes) and old is not None and old.state.is_live:
        holders = young.holders + young.standby
        young = turn.store.orders.move(
            young,
            Move.MERGE,
            turn.speaker.id,
            turn.now,
            change=replace(young, merged_into_id=old.id),
            detail=str(old.no),
        )
        turn.store.questions.close_of_order(young.id, turn.now)
        yield Reply(Say(lambda see: wording.same_confirmed(see.order(old))))
        yield from offering.withdraw(turn, young, holders, f"并到{old.no}了")
        return
    if young.state is State.DRAFT:
        yield from _ask_or_offer(turn, young, turn.speaker, question_about(young, turn.speaker))


@answers(QuestionKind.CLARIFY, accepts=lambda turn: bool(turn.choice) or _says_yes_or_no(turn) or _is_story(turn))
def clarified(turn: Turn) -> Iterator[Outcome]:
    """After “what is it?” any sentence is the need; after a doubtful transcription 1 makes it one."""
    assert turn.question is not None
    words = turn.question.payload
    if not words:
        yield from _place(turn, turn.intent.slots, turn.speaker, turn.text)
    elif turn.choice == 1 or turn.intent.slots.yes:
        yield from _place(turn, turn.read(words).slots, turn.speaker, words)
    elif turn.choice == 2 or turn.intent.slots.yes is False:
        yield Reply(Say(lambda see: wording.heard_wrong()))
        for secretary in finding.secretaries(turn):
            yield Push(secretary, Say(lambda see: wording.please_ask(turn.speaker.name)), Lane.ASSIGNMENT)


def _says_yes_or_no(turn: Turn) -> bool:
    return turn.question is not None and bool(turn.question.payload) and turn.intent.slots.yes is not None


def _is_story(turn: Turn) -> bool:
    """Words that can be a need: not another command, not a short answer."""
    told = (Meaning.REQUEST, Meaning.OTHER, Meaning.CHAT, Meaning.INQUIRY)
    is_open = turn.question is not None and not turn.question.payload
    return is_open and not turn.intent.explicit and turn.intent.meaning in told and len(turn.text.strip()) >= 4
