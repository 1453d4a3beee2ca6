"""点单 代点单: a need becomes an order, once the one question that is left is answered."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import fields, replace
from datetime import timedelta

from handlers import aftermath, area, doubting, emergencies, finding, merging, offering, sharing, wording
from handlers.ability import answers, due, on
from handlers.amending import change_order
from handlers.danger import QuietClass, grade, is_despair, is_of_the_house, quiet_class
from handlers.describing import described, doubt_about, question_about, told
from handlers.hours import is_quiet, quiet_end
from handlers.merging import Look, Tie
from handlers.otherwise import shows_papers
from handlers.planning import plan
from handlers.rights import DISPATCHES, may
from handlers.turn import Asks, Outcome, Push, Refusal, Reply, Say, Scene, Silence, Tick, Turn, Voice
from nlp.aftermath import asks_secrecy
from nlp.intent import Grain, Meaning, Slots, Urgency
from nlp.skills import placed_for
from nlp.times import on_the_day
from storage.groups import GroupKind
from storage.orders import Move, NewOrder, Order, State
from storage.people import Person, Role
from storage.questions import QuestionKind
from storage.steps import StepKind

SAME_DANGER_WITHIN = timedelta(minutes=15)
FRESH_TELLING = timedelta(minutes=5)


@on(
    means=Meaning.REQUEST,
    says=("求助 厨房灯不亮了", "需要帮忙，3栋修水管"),
    not_says=("求助热线是多少", "今天太阳真好"),
)
def place(turn: Turn) -> Iterator[Outcome]:
    """求助 厨房灯不亮了（直接说事也行）"""
    slots = turn.intent.slots
    for_whom = placed_for(turn.text) if may(turn.speaker, DISPATCHES) else None
    if for_whom is not None:
        name, rest = for_whom
        asked = replace(turn.intent, slots=replace(slots, name=name, rest=rest))
        yield from place_for(replace(turn, intent=asked))
        return
    if turn.group is not None and turn.group.kind in (GroupKind.SECRETARIES, GroupKind.UNITS) and not turn.is_meant:
        raise Silence  # they talk about other people's needs there all day
    if isinstance(turn.message.what, Voice) and turn.message.what.unsure:
        words = turn.message.what.text
        yield Reply(
            Say(lambda see: wording.heard(see.free(words))), Asks(QuestionKind.CLARIFY, choices=2, payload=words)
        )
        return
    if slots.needs_clarification:
        told_before = _just_told(turn)
        if told_before is not None:
            merging.add_words(turn, told_before, turn.text)
            if slots.urgency is not Urgency.EMERGENCY:
                return
        yield Reply(Say(lambda see: wording.clarify()), Asks(QuestionKind.PIECES))
        return
    if turn.group is not None and shows_papers(turn):
        yield Reply(Say(lambda see: wording.recall_papers()))
    other = _told_for(turn, slots)
    if other is not None:
        yield from _place_for(turn, other, slots, turn.text)
        return
    yield from place_read(turn, slots, turn.text)


def place_read(turn: Turn, slots: Slots, words: str) -> Iterator[Outcome]:
    """The speaker's own need, as these words were read; what they want kept is promised besides."""
    yield from place_need(turn, slots, turn.speaker, words)
    if asks_secrecy(words) and (mine := turn.store.orders.of_requester(turn.speaker.id, limit=1)):
        yield from aftermath.promise(turn, mine[0])


def _told_for(turn: Turn, slots: Slots) -> Person | None:
    """孟叔家水管漏了, from somebody who dispatches: the need of the one who is known by that name, and of nobody else."""
    if not slots.beneficiary or not may(turn.speaker, DISPATCHES) or not turn.is_meant:
        return None
    known = turn.store.people.find_named(turn.community.id, slots.beneficiary)
    return known[0] if len(known) == 1 and known[0].id != turn.speaker.id else None


def _just_told(turn: Turn) -> Order | None:
    """People tell things piece by piece: 39度5了 belongs to what they said a minute ago, and needs no question."""
    last = turn.store.orders.of_requester(turn.speaker.id, limit=1)
    is_fresh = bool(last) and last[0].state in sharing.TELLABLE and turn.now - last[0].created_at <= FRESH_TELLING
    return last[0] if is_fresh and not turn.is_addressed else None


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
    yield from _place_for(turn, requester, said, slots.rest)


def _place_for(turn: Turn, requester: Person, said: Slots, words: str) -> Iterator[Outcome]:
    seen = merging.look(turn, described(turn, said, requester, words))
    twin = merging.again(turn, seen) or merging.known(turn, seen)
    order = number(turn, seen.new, State.UNASSIGNED)
    yield Reply(Say(lambda see: wording.placed_for(see.order(order), requester.name)))
    if quiet_class(order) is QuietClass.EMERGENCY:
        yield from emergencies.ring(turn, order)
    else:
        yield from offering.publish(turn, order)
    if twin is not None:
        yield from merging.hint(turn, order, twin.order)


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


def number(turn: Turn, new: NewOrder, state: State) -> Order:
    """From now on it is an order with a number."""
    return turn.store.orders.place(new, turn.store.communities.take_no(turn.community.id), state, turn.now)


def place_need(turn: Turn, slots: Slots, requester: Person, words: str) -> Iterator[Outcome]:
    new = described(turn, slots, requester, words)
    seen = merging.look(turn, new)
    if seen.gravity is QuietClass.EMERGENCY:
        yield from _cry(turn, slots, requester, words, seen)
        return
    twin = merging.again(turn, seen)
    if twin is not None and doubting.is_doubted(turn, twin.order):
        yield from _said_plainly(turn, new, twin.order)
        return
    if twin is not None and twin.tie is Tie.AGAIN:
        yield from merging.join_again(turn, twin, new, slots)
        return
    if doubting.is_doubtful(turn):
        yield from _ask_whether_meant(turn, new)
        return
    event = area.find(turn, seen)
    if event is not None:
        yield from area.join(turn, seen, event)
        return
    twin = twin or merging.known(turn, seen)
    if twin is not None and twin.tie is Tie.KNOWN:
        yield from merging.join_known(turn, seen, twin.order)
        return
    if twin is not None and twin.tie is Tie.PERHAPS and not _waits_for_morning(turn, new):
        yield from _ask_whether_same(turn, new, twin.order)
        return
    yield from _begin(turn, new, twin.order if twin is not None else None)


def _cry(turn: Turn, slots: Slots, requester: Person, words: str, seen: Look) -> Iterator[Outcome]:
    """Who cries for help is answered at once; who cries about the same rings nobody a second time."""
    called = _calling_already(turn)
    if called is not None and not _is_elsewhere(slots, called):
        change = told(turn, called, slots, requester)
        yield from emergencies.again(turn, called, replace(change, note=f"{called.note or ''}；{words.strip()}"[:1000]))
        return
    order = merging.same_danger(turn, seen)
    if order is None:
        yield from emergencies.begin(turn, number(turn, seen.new, State.UNASSIGNED))
        return
    event = area.find(turn, seen)
    yield from merging.join_danger(turn, seen, order)
    if event is not None and event.is_new:
        yield from area.notice(turn, event)


def _begin(turn: Turn, new: NewOrder, alike: Order | None = None) -> Iterator[Outcome]:
    """A need that is an order of its own goes the way of its kind; where another may be the same, the secretary hears."""
    order = yield from start(turn, new)
    if alike is not None:
        yield from merging.hint(turn, order, alike)


def start(turn: Turn, new: NewOrder, draft: Order | None = None) -> Generator[Outcome, None, Order]:
    """`draft`: it has a number already, but was nobody's business until now."""

    def numbered(state: State) -> Order:
        if draft is None:
            return number(turn, new, state)
        change = replace(draft, **{field.name: getattr(new, field.name) for field in fields(NewOrder)})
        return turn.store.orders.move(draft, Move.AMEND, turn.speaker.id, turn.now, to=state, change=change)

    gravity = grade(new.category, new.urgency, f"{new.item}{new.note or ''}")
    if gravity is QuietClass.EMERGENCY:
        order = numbered(State.UNASSIGNED)
        yield from emergencies.begin(turn, order)
        return order
    is_house = is_of_the_house(f"{new.item}{new.note or ''}") and new.start is None
    if gravity is QuietClass.UTILITIES and (is_quiet(turn.community.settings, turn.now) or is_house):
        order = numbered(State.UNASSIGNED)
        yield from emergencies.begin_utility(turn, order)
        return order
    if _waits_for_morning(turn, new):
        # Nobody is woken: the group hears one line when the quiet hours end.
        order = numbered(State.DRAFT)
        morning = quiet_end(turn.community.settings, turn.now)
        turn.store.steps.plan(order.community_id, order.id, StepKind.MORNING, morning)
        return order
    requester = turn.store.people.get(new.requester_id)
    question = doubt_about(turn.intent.slots, turn.now) or question_about(new, requester)
    order = numbered(State.DRAFT if question else State.UNASSIGNED)
    yield from ask_or_offer(turn, order, requester, question)
    return order


def _waits_for_morning(turn: Turn, new: NewOrder) -> bool:
    is_night = is_quiet(turn.community.settings, turn.now)
    return is_night and new.group_id is not None and turn.group is not None and not turn.is_addressed


def _ask_whether_meant(turn: Turn, new: NewOrder) -> Iterator[Outcome]:
    """It may be mere talk: only the speaker hears of it, until they say."""
    order = number(turn, new, State.DRAFT)
    name = turn.speaker.name if turn.speaker.is_named else ""
    yield Reply(Say(lambda see: wording.is_it_a_need(see.free(name))), Asks(QuestionKind.CLARIFY, order.id, 2))
    plan(turn.store, turn.community.settings, order, turn.now)


def _said_plainly(turn: Turn, new: NewOrder, draft: Order) -> Iterator[Outcome]:
    """Asked whether they want help, they say what they want: that is a yes. As vague as before, it is only kept."""
    if doubting.is_doubtful(turn):
        merging.add_words(turn, draft, new.note or "")
        return
    turn.store.questions.close_of_order(draft.id, turn.now, QuestionKind.CLARIFY)
    yield from start(turn, new, draft)


def _ask_whether_same(turn: Turn, new: NewOrder, twin: Order) -> Iterator[Outcome]:
    """Perhaps said twice: asked once; without an answer it stays with the older one."""
    order = number(turn, new, State.DRAFT)
    yield Reply(
        Say(lambda see: wording.same_again(see.order(twin))),
        Asks(QuestionKind.MERGE, order.id, 2, payload=str(twin.no)),
    )
    yield from await_detail(turn, order, turn.speaker)


def _calling_already(turn: Turn) -> Order | None:
    """Who cries for help cries more than once; nobody must be rung twice for it under another number."""
    for order in turn.store.orders.of_requester(turn.speaker.id, limit=5):
        fresh = turn.now - order.created_at <= SAME_DANGER_WITHIN
        if (
            fresh
            and order.state in sharing.TELLABLE
            and quiet_class(order) is QuietClass.EMERGENCY
            and not is_despair(order)
        ):
            return order
    return None


def _is_elsewhere(slots: Slots, order: Order) -> bool:
    """Another house was named: that is another emergency, and whoever was sent to the first must still go there."""
    said = slots.address.building if slots.address else None
    return bool(said and order.building and said != order.building)


def ask_or_offer(turn: Turn, order: Order, requester: Person, question: str) -> Iterator[Outcome]:
    if question:
        yield Reply(
            Say(lambda see: wording.placed(see.order(order), question)), Asks(QuestionKind.DETAIL, order.id), order
        )
        yield from await_detail(turn, order, requester)
        return
    yield from offering.answer_and_publish(turn, order)
    if order.start is not None and order.grain not in (Grain.MINUTE, Grain.HOUR):
        finding.ask_time(turn, order, FRESH_QUESTION)  # 明天谁能陪我去医院. 八点出发.


def await_detail(scene: Scene, order: Order, requester: Person) -> Iterator[Outcome]:
    """The order waits a little for the answer; then it is offered as it is."""
    settings = scene.community.settings
    if not requester.is_named and requester.asked_name_at is None:
        scene.store.people.save(replace(requester, asked_name_at=scene.now))
    wait = quiet_end(settings, scene.now + timedelta(minutes=settings.detail_wait_minutes))
    scene.store.steps.plan(order.community_id, order.id, StepKind.DETAIL_WAIT, wait)
    plan(scene.store, settings, order, scene.now)
    yield from ()


def is_detail(turn: Turn) -> bool:
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
    "一天都在",
    "整天在",
    "整天都在",
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


@answers(QuestionKind.DETAIL, accepts=is_detail)
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
    if slots.time and order.start is not None and order.state is State.DRAFT:
        # 明天七点来: 早上还是晚上? 晚上. The day was said before.
        slots = replace(slots, time=on_the_day(slots.time, order.start.astimezone(turn.now.tzinfo).date()))
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
    left = question_about(change, speaker, with_extra=False)
    if left and not _tells_when(turn, slots):
        yield from _still_awaited(turn, order, change, left)
        return
    order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.UNASSIGNED, change=change)
    yield Reply(Say(lambda see: wording.detailed(see.order(order))), about=order)
    yield from offering.publish(turn, order)
    # People say things piece by piece: what follows soon still belongs to this order.
    finding.ask_time(turn, order, FRESH_QUESTION)


def _still_awaited(turn: Turn, order: Order, change: Order, question: str) -> Iterator[Outcome]:
    """Where is told, and when is not: asked once more, and what was known already draws no answer in a group."""
    is_news, question = replace(change, note=order.note) != order, question if order.version == 1 else ""
    order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=State.DRAFT, change=change)
    finding.ask_time(turn, order)
    if is_news or turn.is_addressed:
        yield Reply(Say(lambda see: wording.detail_awaited(see.order(order), question)), about=order)


def _tells_when(turn: Turn, slots: Slots) -> bool:
    """Any time is a time, and whoever says no or names hands has answered as well."""
    return bool(slots.time or slots.recurrence or slots.people_needed) or slots.yes is not None or _is_any_time(turn)


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
    """Nobody answered the question: better offered with a gap than not at all, and what was perhaps said before, joined."""
    order = tick.order()
    twin = merging.asked_about(tick, order)
    if twin is not None:
        merging.join_unanswered(tick, order, twin)
        return
    yield from offering.publish(tick, order)


UNANSWERED = "unanswered"


@due(StepKind.DRAFT_CHASE)
def chase_draft(tick: Tick) -> Iterator[Outcome]:
    order = tick.order()
    if doubting.is_doubted(tick, order):
        if tick.now - order.created_at > doubting.LISTED_FOR:
            tick.store.orders.move(order, Move.VOID, None, tick.now, detail=UNANSWERED)
            tick.store.questions.close_of_order(order.id, tick.now)
        else:  # the secretary has it in the morning's list
            plan(tick.store, tick.community.settings, order, tick.now)
        return
    for secretary in finding.secretaries(tick):
        yield Push(secretary, Say(lambda see: wording.draft_stuck(see.order(order), order.contact_name)), about=order)
    plan(tick.store, tick.community.settings, order, tick.now)
