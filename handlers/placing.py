"""点单 代点单 改单 撤单 催单: a need becomes an order, and the requester may change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import emergencies, finding, offering, wording
from handlers.ability import answers, due, on
from handlers.categories import CATEGORIES, ask_about
from handlers.danger import QuietClass, grade, is_of_the_house, quiet_class, utility_kind
from handlers.hours import is_quiet, quiet_end
from handlers.planning import plan, promise_at
from handlers.rights import DISPATCHES
from handlers.turn import Asks, Lane, Outcome, Push, Refusal, Reply, Say, Scene, Silence, Tick, Turn, Voice
from nlp import privacy
from nlp.intent import Meaning, Slots, Urgency
from storage.groups import GroupKind
from storage.orders import ClaimState, Move, NewOrder, Order, State
from storage.people import Person, Role
from storage.questions import QuestionKind
from storage.steps import StepKind

SAME_WITHIN = timedelta(minutes=10)
SAME_DANGER_WITHIN = timedelta(minutes=15)
SAME_FAULT_WITHIN = timedelta(hours=3)
AFTER_MORNING = timedelta(hours=3)  # what somebody said at night is made precise over breakfast
NUDGE_EVERY = timedelta(minutes=30)
MOST_PHONES = 5


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
    if turn.group is not None and "identity" in privacy.find(turn.text):
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
        if fresh and order.category == (category or "") and _place_of(turn, turn.intent.slots)[:1] == (order.building,):
            return order
    return None


def _place_of(turn: Turn, slots: Slots, who: Person | None = None) -> tuple[str | None, ...]:
    """Building, entrance, floor, room, place: as said, filled up from what we know of the person where it agrees."""
    person = who or turn.speaker
    said = slots.address
    if said is None:
        return person.building, person.entrance, None, person.room, None
    if said.building is None and said.place is None and said.room is None:
        return person.building, said.entrance or person.entrance, said.floor, person.room, None
    if said.building is None and said.place in OF_THE_HOUSE:
        return person.building, said.entrance or person.entrance, said.floor, said.room, said.place
    at_home = said.building is not None and said.building == person.building and said.place not in OF_THE_HOUSE
    return (
        said.building,
        said.entrance or (person.entrance if at_home else None),
        said.floor,
        said.room or (person.room if at_home else None),
        said.place,
    )


# Parts of a house: without a building said they are those of the speaker's own.
OF_THE_HOUSE = frozenset({"电梯", "楼道", "楼梯", "楼梯间", "楼道里", "单元门", "单元门口", "楼下", "门口", "楼顶", "天台"})


def _keep(turn: Turn, slots: Slots, requester: Person, words: str, state: State = State.UNASSIGNED) -> Order:
    return _number(turn, _described(turn, slots, requester, words), state)


def _number(turn: Turn, new: NewOrder, state: State) -> Order:
    """From now on it is an order with a number."""
    return turn.store.orders.place(new, turn.store.communities.take_no(turn.community.id), state, turn.now)


def _described(turn: Turn, slots: Slots, requester: Person, words: str) -> NewOrder:
    """The need as it was said, filled up from what we know of the person."""
    building, entrance, floor, room, place_ = _place_of(turn, slots, requester)
    category = str(slots.category or "其他")
    span = slots.time
    return NewOrder(
        community_id=turn.community.id,
        requester_id=requester.id,
        placed_by_id=turn.speaker.id,
        group_id=turn.group.id if turn.group and requester.id == turn.speaker.id else None,
        category=category,
        urgency=str(slots.urgency or Urgency.NORMAL),
        item=slots.item or category,
        contact_name=requester.name,
        contact_phone="、".join((*slots.phones, *slots.landlines)[:MOST_PHONES]) or requester.phone,
        minutes=slots.minutes or CATEGORIES[category].minutes,
        note=_kept_words(words),
        needs="、".join(slots.needs) or None,
        building=building,
        entrance=entrance,
        floor=floor,
        room=room,
        place=place_,
        start=span.start if span else None,
        end=span.end if span else None,
        grain=str(span.grain) if span else None,
        recurrence=slots.recurrence,
        hands=slots.people_needed.max if slots.people_needed else 1,
        beneficiary=slots.beneficiary,
        is_at_night=is_quiet(turn.community.settings, turn.now),
    )


def _kept_words(words: str) -> str | None:
    """What was said, for whoever comes; never with an identity number in it."""
    if "identity" in privacy.find(words):
        words = privacy.scrub(words)
    return words.strip()[:500] or None


def question_about(order: Order | NewOrder, requester: Person) -> str:
    """The one question that is left about a fresh order; empty when it can be offered as it is."""
    needs = CATEGORIES[order.category]
    is_timed = order.start is not None or order.end is not None or order.recurrence is not None
    wants_time = needs.time and not is_timed and order.urgency not in (Urgency.EMERGENCY, Urgency.URGENT)
    wants_place = needs.place and not (order.building or order.place or order.room)
    wants_name = not requester.is_named and requester.asked_name_at is None
    return wording.question_for(
        name=wants_name,
        place=wants_place or (wants_name and not order.building),
        time=wants_time,
        extra=ask_about(order.item),
    )


def _place(turn: Turn, slots: Slots, requester: Person, words: str) -> Iterator[Outcome]:
    gravity = grade(str(slots.category or ""), str(slots.urgency or ""), f"{slots.item or ''}{words}")
    if gravity is QuietClass.EMERGENCY:
        called = _calling_already(turn)
        if called is not None:
            change = _with(turn, called, slots, requester)
            yield from emergencies.again(turn, called, replace(change, note=f"{called.note or ''}；{words.strip()}"[:1000]))
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
        yield offering.answer_in_chat(turn, Say(lambda see: wording.known_already(see.order(known)))) if night else Reply(
            Say(lambda see: wording.known_already(see.order(known)))
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
    new = _described(turn, slots, requester, words)
    question = question_about(new, requester)
    yield from _ask_or_offer(turn, _number(turn, new, State.DRAFT if question else State.UNASSIGNED), requester, question)


def _known_fault(turn: Turn, slots: Slots, requester: Person, words: str) -> Order | None:
    """The same lift, the same dark house: told by a neighbour a while ago and still in work."""
    kind = utility_kind(f"{slots.item or ''}{words}")
    building = _place_of(turn, slots, requester)[0]
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
        yield Reply(Say(lambda see: wording.placed(see.order(order), question)), Asks(QuestionKind.DETAIL, order.id), order)
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
    if not turn.is_addressed and not _sounds_like_an_answer(turn):
        return False
    said = slots.time or slots.address or slots.phones or slots.people_needed or slots.name or slots.yes is not None
    if turn.intent.meaning is Meaning.REQUEST and slots.category is not None:
        same = slots.category == turn.asked_order().category
        if not slots.time or not same:
            return False
    return bool(said) or slots.recurrence is not None or _is_any_time(turn)


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


ANY_TIME = ("随时", "都行", "都可以", "都在家", "天天在", "一直在", "都方便", "啥时候都", "什么时候都", "哪天都", "看你们", "你们定")


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
    slots = _told(turn)
    speaker = turn.speaker
    if slots.name and (turn.intent.ability == INTRODUCED or not speaker.is_named):
        speaker = replace(speaker, name=slots.name, is_named=True)
    if slots.address and not speaker.building:
        address = slots.address
        speaker = replace(speaker, building=address.building, entrance=address.entrance, room=address.room)
    if speaker != turn.speaker:
        turn.store.people.save(speaker)
    change = _with(turn, replace(order, contact_name=speaker.name), slots, speaker)
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
        yield from _amend(turn, order, turn.text.strip())
        finding.ask_time(turn, order, FRESH_QUESTION)
    elif slots.yes is False:
        again = Asks(QuestionKind.DETAIL, order.id)
        yield Reply(Say(lambda see: wording.amended_unclear(see.order(order))), again, order)
    elif turn.is_addressed:
        yield Reply(Say(lambda see: wording.noted()))


def _told(turn: Turn) -> Slots:
    """What was answered. Behind “我是王秀兰” stands the rest of the answer, which is read on its own."""
    slots = turn.intent.slots
    if turn.intent.ability != INTRODUCED or not slots.name:
        return slots
    rest = turn.read(turn.text.partition(slots.name)[2].lstrip("，,。、；; ")).slots
    return replace(rest, name=slots.name, address=slots.address or rest.address)


def _with(turn: Turn, order: Order, slots: Slots, person: Person) -> Order:
    """The order with whatever these words say of time, place, hands, urgency and phone."""
    change = order
    if slots.time:
        change = replace(
            change, start=slots.time.start, end=slots.time.end, grain=str(slots.time.grain), recurrence=None
        )
    if slots.recurrence:
        change = replace(change, recurrence=slots.recurrence)
    if slots.address:
        building, entrance, floor, room, place_ = _place_of(turn, slots, person)
        change = replace(
            change,
            building=building or order.building,
            entrance=entrance or (order.entrance if building in (None, order.building) else None),
            floor=floor or order.floor,
            room=room or (order.room if building in (None, order.building) else None),
            place=place_ or order.place,
        )
    if slots.phones:
        change = replace(change, contact_phone="、".join(slots.phones[:MOST_PHONES]))
    if slots.people_needed:
        change = replace(change, hands=max(slots.people_needed.max, order.taken, 1))
    if slots.urgency and slots.urgency is not Urgency.NORMAL:
        change = replace(change, urgency=str(slots.urgency))
    return change


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


@answers(
    QuestionKind.MERGE, accepts=lambda turn: turn.choice in (1, 2) or turn.intent.slots.yes is not None
)
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


# 改单


@on(
    "改单 {order?} {rest?}",
    "{order} [号] [单] (改成|改到|改为) {rest}",
    "{order} [号] [单] (时间|地点|地址) (改成|改到|改为|换到) {rest}",
    "(改约|改期) {order} {rest?}",
    means=Meaning.AMEND,
    says=("改单 231 明天下午三点", "231改到周六9点"),
    not_says=("改天再说吧",),
)
def amend(turn: Turn) -> Iterator[Outcome]:
    """改单231 明天下午三点（接单的人用“改约231 周六9点”）"""
    order = finding.named(turn)
    if order is not None and order.is_held_by(turn.speaker.id):
        from handlers.visiting import book

        yield from book(turn, order)
        return
    order = finding.own(turn, "改")
    yield from _amend(turn, order)


def _amend(turn: Turn, order: Order, remark: str = "") -> Iterator[Outcome]:
    slots = turn.intent.slots
    requester = turn.store.people.get(order.requester_id)
    change = _with(turn, order, slots, requester)
    if remark and change != order:
        change = replace(change, note=f"{order.note or ''}；{remark}"[:1000].strip("；"))
    if slots.time and slots.time.end and slots.time.end <= turn.now:
        raise Refusal(Say(lambda see: wording.past_time()), reason="past time")
    if change == order:
        if not turn.is_meant:
            raise Silence
        raise Refusal(Say(lambda see: wording.amended_unclear(see.order(order))), reason="nothing to change")
    if change.contact_phone != order.contact_phone:
        for claim in order.holders:
            yield _new_phone(turn, change, claim.person_id)
    moved = (change.start, change.end, change.building, change.room, change.place) != (
        order.start,
        order.end,
        order.building,
        order.room,
        order.place,
    )
    asks_again = moved and bool(order.holders) and order.state in (State.CLAIMED, State.BOOKED)
    before = order
    to = State.CLAIMED if asks_again and order.state is State.BOOKED else None
    if order.state is State.DRAFT:
        order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.UNASSIGNED, change=change)
        yield Reply(Say(lambda see: wording.detailed(see.order(order))), about=order)
        yield from offering.publish(turn, order)
        return
    order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=to, change=change)
    if moved:
        turn.store.orders.forget_declines(order)
    if asks_again:
        yield from _ask_holders(turn, before, order)
        return
    plan(turn.store, turn.community.settings, order, turn.now)
    if not moved and slots.phones:
        yield Reply(Say(lambda see: wording.phone_noted()))
        return
    yield Reply(Say(lambda see: wording.amended(see.order(order))), about=order)
    if order.state is State.OPEN:
        yield offering.card_update(
            order,
            lambda see: wording.card(see.order(order), see),
            is_open=True,
            instead=lambda see: wording.card_again(see.order(order), see),
        )
        if moved and _is_out_of_sight(turn, order):
            yield from offering.offer_again(turn, order, lambda see: wording.card_again(see.order(order), see))


OUT_OF_SIGHT = timedelta(hours=3)


def _is_out_of_sight(turn: Turn, order: Order) -> bool:
    """Nobody scrolls back to a card that was posted hours ago, however nicely it changes."""
    posted = [line.at for line in turn.store.audit.of_order(order.id) if line.move in (Move.PUBLISH, Move.RELEASE)]
    return bool(posted) and turn.now - posted[-1] > OUT_OF_SIGHT


def _new_phone(turn: Turn, order: Order, person_id: int) -> Push:
    helper = turn.store.people.get(person_id)
    return Push(helper, Say(lambda see: wording.phone_known(see.order(order))), Lane.ASSIGNMENT, order, keeps=True)


def _ask_holders(turn: Turn, before: Order, order: Order) -> Iterator[Outcome]:
    """The claims wait for confirmation; nobody is silently kept on a time they never agreed to."""
    for claim in order.holders:
        turn.store.orders.mark_claim(claim, ClaimState.TO_CONFIRM)
        helper = turn.store.people.get(claim.person_id)
        turn.store.steps.plan(
            order.community_id,
            order.id,
            StepKind.RECONFIRM,
            min(quiet_end(turn.community.settings, turn.now + timedelta(hours=2)), promise_at(turn.community.settings, order, turn.now)),
            claim.id,
        )
        yield Push(
            helper,
            Say(lambda see: wording.amended_ask_helper(see.order(order), see.when(before))),
            Lane.ASSIGNMENT,
            order,
            Asks(QuestionKind.RECONFIRM, order.id, 2),
        )
    order = turn.store.orders.get(order.id)
    plan(turn.store, turn.community.settings, order, turn.now)
    if turn.is_addressed:
        yield Reply(Say(lambda see: wording.amended_asking(see.order(order))), about=order)


# 撤单


@on(
    "(撤单|撤销|取消|取消单) {order} {rest?}",
    "{order} [号] [单] (取消|撤了|不用了|不需要了|撤单)",
    means=Meaning.CANCEL,
    says=("撤单 231", "取消 9，搞错了"),
    not_says=("取消了会议",),
)
def cancel(turn: Turn) -> Iterator[Outcome]:
    """撤单231"""
    slots = turn.intent.slots
    order = finding.own(turn, "撤")
    if slots.reason == "neighbour" or slots.name:
        yield from _helped_by_neighbour(turn, order, slots.name or "这位邻居")
        return
    if not slots.order and not slots.reason:
        # 不用了 is also ordinary talk: asked in private, never silently cancelled.
        yield Push(
            turn.speaker,
            Say(lambda see: wording.cancel_really(see.order(order))),
            Lane.REPLY,
            order,
            Asks(QuestionKind.CANCEL, order.id, 2),
        )
        return
    yield from _cancel(turn, order)


def _cancel(turn: Turn, order: Order) -> Iterator[Outcome]:
    holders = order.holders + order.standby
    order = turn.store.orders.move(order, Move.CANCEL, turn.speaker.id, turn.now)
    turn.store.questions.close_of_order(order.id, turn.now)
    yield Reply(Say(lambda see: wording.cancelled(see.order(order))), about=order)
    yield from offering.withdraw(turn, order, holders, "求助的人撤了")


@answers(
    QuestionKind.CANCEL, accepts=lambda turn: turn.choice in (1, 2) or turn.intent.slots.yes is not None
)
def cancel_or_keep(turn: Turn) -> Iterator[Outcome]:
    order = turn.asked_order()
    if turn.choice == 1 or turn.intent.slots.yes:
        yield from _cancel(turn, order)
    else:
        yield Reply(Say(lambda see: wording.kept(see.order(order))), about=order)


def _helped_by_neighbour(turn: Turn, order: Order, name: str) -> Iterator[Outcome]:
    """邻里互助: a neighbour helped on the side; closed with thanks, and credit if they like."""
    holders = order.holders + order.standby
    order = turn.store.orders.move(
        order,
        Move.CLOSE,
        turn.speaker.id,
        turn.now,
        change=replace(order, resolution=NEIGHBOUR),
        detail="neighbour",
    )
    turn.store.questions.close_of_order(order.id, turn.now)
    asks = Asks(QuestionKind.CREDIT, order.id, payload=name, anybody=True) if turn.group else None
    yield Reply(Say(lambda see: wording.neighbour_helped(see.order(order), see.free(name), see)), asks, order)
    yield from offering.withdraw(turn, order, holders, "邻居已经帮好了")


NEIGHBOUR = "neighbour"
CREDIT_WORDS = ("在", "举手之劳", "不客气", "不用谢", "应该的", "小事", "没事", "客气了", "顺手")


def _takes_credit(turn: Turn) -> bool:
    """在, 举手之劳, 不客气: from anybody but the one who was helped."""
    order = turn.asked_order()
    return turn.text.strip().startswith(CREDIT_WORDS) and turn.speaker.id != order.requester_id


@answers(QuestionKind.CREDIT, accepts=_takes_credit)
def credit(turn: Turn) -> Iterator[Outcome]:
    """Credit for a neighbour who is known by no more than a name in this group."""
    order = turn.asked_order()
    claim = turn.store.orders.line_up(order, turn.speaker.id, ClaimState.DONE, 1, turn.now)
    turn.store.orders.note_claim(claim, minutes=order.minutes, is_neighbour=True)
    yield Push(turn.speaker, Say(lambda see: wording.credit_noted()), Lane.REPLY, order, keeps=True)


# 催单


@on(
    "(催单|催一下|催催|催) {order} [号] [单]",
    "(催单|催一下|催催)",
    means=Meaning.NUDGE,
    says=("催单 231", "催一下 8 号单"),
    not_says=("别催我",),
)
def nudge(turn: Turn) -> Iterator[Outcome]:
    """催单231"""
    order = finding.own(turn, "催")
    if order.state is State.UNRATED:
        yield Reply(Say(lambda see: wording.rate_please(see.order(order))), Asks(QuestionKind.RATE, order.id, 3), order)
        return
    lately = [
        line
        for line in turn.store.audit.of_order(order.id)
        if line.move == Move.NUDGE and turn.now - line.at < NUDGE_EVERY
    ]
    if lately:
        yield Reply(Say(lambda see: wording.progress(see.order(order))), about=order)
        return
    order = turn.store.orders.move(order, Move.NUDGE, turn.speaker.id, turn.now)
    yield Reply(Say(lambda see: wording.nudged(see.order(order))), about=order)
    for claim in order.holders:
        yield Push(
            turn.store.people.get(claim.person_id),
            Say(lambda see: wording.nudge_helper(see.order(order))),
            Lane.REMINDER,
            order,
        )
    if not order.holders:
        for secretary in finding.secretaries(turn):
            yield Push(secretary, Say(lambda see: wording.nudge_secretary(see.order(order))), Lane.REMINDER, order)


# 夜里的单


@due(StepKind.MORNING)
def morning_line(tick: Tick) -> Iterator[Outcome]:
    """One line for everything a group said at night; the first due step speaks for all of them."""
    first = tick.order()
    if first.group_id is None:
        yield from _take_up(tick, first)
        return
    group = tick.store.groups.get(first.group_id)
    fresh = [
        order
        for order in tick.store.orders.live(tick.community.id, State.DRAFT)
        if order.group_id == group.id and order.is_at_night and _is_waiting_for_morning(tick, order)
    ]
    asked: list[tuple[Order, str]] = []
    for order in fresh:
        tick.store.steps.drop(order.id, StepKind.MORNING, tick.now)
        question = question_about(order, tick.store.people.get(order.requester_id))
        asked.append((order, question))
    utilities = [
        order
        for order in tick.store.orders.live(tick.community.id)
        if order.group_id == group.id
        and order.is_at_night
        and order not in fresh
        and tick.now - order.created_at < timedelta(hours=12)
        and quiet_class(order) is QuietClass.UTILITIES
    ]
    yield Push(
        group,
        Say(
            lambda see: wording.night_group(
                [wording.night_order(see.order(order), question) for order, question in asked]
                + [wording.night_utility(see.order(order)) for order in utilities]
            )
        ),
        Lane.REPLY,
    )
    for order, question in asked:
        requester = tick.store.people.get(order.requester_id)
        if question:
            finding.ask_time(tick, order)
            yield from await_detail(tick, order, requester)
        else:
            yield from offering.publish(tick, order)
            finding.ask_time(tick, order, AFTER_MORNING)


def _is_waiting_for_morning(tick: Tick, order: Order) -> bool:
    if tick.step is not None and order.id == tick.step.order_id:
        return True
    return any(step.kind is StepKind.MORNING for step in tick.store.steps.of_order(order.id))



def _take_up(tick: Tick, order: Order) -> Iterator[Outcome]:
    yield from offering.publish(tick, order)
