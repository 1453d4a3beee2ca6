"""While an emergency is open, people go on talking: it was nothing, help is here, I smell it too, who has the key. And what
nobody else may hear: that somebody does not want to live, or that a matter was told in confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from handlers import emergencies, finding, merging, offering, sharing, wording
from handlers.completing import finish, how_they_are
from handlers.danger import KINDS, QuietClass, is_despair, kind_of, kinds_of, quiet_class
from handlers.describing import described
from handlers.planning import plan
from handlers.rights import DISPATCHES, may
from handlers.turn import Lane, Outcome, Push, Reply, Say, Silence, Text, Turn
from nlp.aftermath import (
    WANTS,
    Despair,
    News,
    asks_secrecy,
    find_despair,
    find_news,
    has_figure,
    is_eased,
    tells_of_harm,
    without_despair,
    without_figures,
    without_wanted,
)
from nlp.intent import Category, Meaning, Urgency
from storage.groups import Group
from storage.orders import Move, Order, State
from storage.people import Person, Role

OPEN_FOR = timedelta(hours=3)
DESPAIR_FOR = timedelta(days=1)
CONFIDED_WITHIN = timedelta(minutes=30)  # later, 别跟别人说 in a group is about something else
NOTE = 1000
WISH = 100
WITH_DESPAIR = frozenset({"fire", "gas", "medical"})  # what is called for as well where both are told

Outcomes = Iterator[Outcome]


def may_matter(text: str) -> bool:
    """Whether words in a group that ask for nothing may still be for us."""
    return bool(find_despair(text) or find_news(text)) or asks_secrecy(text)


def first_of_all(turn: Turn) -> Outcomes | None:
    """What goes before every question and command; None where the words are nothing of the kind."""
    if _is_figure_of_speech(turn):
        raise Silence
    who = _despairing(turn)
    if who is not None:
        return _despair_and_danger(turn, who)
    news = find_news(turn.text)
    order = _concerned(turn, news) if news is not None and not turn.intent.explicit else None
    # 没事了 of somebody in despair may be about themselves: then nothing else ends by it.
    is_of_danger = order is not None and _is_theirs(turn, order) and news is not News.WELL
    listened = _heard_out(turn) if not is_of_danger else None
    if listened is not None:
        return listened
    if news is not None and order is not None:
        return HANDLERS[news](turn, order, news)
    return _secrecy(turn)


# Somebody does not want to live


def _despairing(turn: Turn) -> Despair | None:
    """What is only read as a plea for company counts where the words tell of no other danger."""
    slots = turn.intent.slots
    is_read = slots.category is Category.COMPANIONSHIP and slots.urgency is Urgency.EMERGENCY
    is_plea = is_read and turn.intent.meaning is Meaning.REQUEST and not kinds_of(turn.text)
    return find_despair(turn.text) or (Despair.MYSELF if is_plea else None)


def _is_figure_of_speech(turn: Turn) -> bool:
    """有什么想不开的, overheard: nothing besides cries for help."""
    is_cry = turn.intent.slots.urgency is Urgency.EMERGENCY and find_despair(turn.text) is None
    if turn.is_addressed or not is_cry or not has_figure(turn.text):
        return False
    return turn.read(without_figures(turn.text)).slots.urgency is not Urgency.EMERGENCY


def _despair_and_danger(turn: Turn, who: Despair) -> Outcomes:
    """我家着火了,活不下去了: the fire is called for as well, and first; its order holds nothing of the despair."""
    rest = without_despair(turn.text)
    if kinds_of(rest) & WITH_DESPAIR:
        told = replace(turn, message=replace(turn.message, what=Text(rest)), intent=turn.read(rest))
        if told.intent.slots.urgency is Urgency.EMERGENCY:
            yield from _danger(told)
    yield from _despair(turn, who)


def _danger(turn: Turn) -> Outcomes:
    slots = turn.intent.slots
    new = replace(
        described(turn, slots, turn.speaker, turn.text),
        category=str(slots.category or Category.RESCUE),
        urgency=str(Urgency.EMERGENCY),
    )
    mine = [order for order in _open_dangers(turn) if _is_theirs(turn, order)]
    if mine:
        note = f"{mine[0].note or ''}；{turn.text.strip()}"[:NOTE]
        yield from emergencies.again(turn, mine[0], replace(mine[0], note=note))
        return
    seen = merging.look(turn, new)
    known = merging.same_danger(turn, seen)
    if known is not None:
        yield from merging.join_danger(turn, seen, known)
        return
    no = turn.store.communities.take_no(turn.community.id)
    yield from emergencies.begin(turn, turn.store.orders.place(new, no, State.UNASSIGNED, turn.now))


def _open_despair(turn: Turn) -> Order | None:
    mine = turn.store.orders.of_requester(turn.speaker.id, limit=10)
    return next((one for one in mine if is_despair(one) and turn.now - one.created_at <= DESPAIR_FOR), None)


def _despair(turn: Turn, who: Despair) -> Outcomes:
    """Answered in private, whatever else is going on; the secretary hears of it, no group does."""
    known = _open_despair(turn)
    if known is not None:
        yield from _despair_again(turn, known)
        return
    new = replace(
        described(turn, turn.intent.slots, turn.speaker, turn.text),
        group_id=None,
        category=str(Category.COMPANIONSHIP),
        urgency=str(Urgency.EMERGENCY),
        item=wording.ITEM_DESPAIR,
        hands=1,
        start=None,
        end=None,
        grain=None,
        recurrence=None,
    )
    no = turn.store.communities.take_no(turn.community.id)
    yield from emergencies.begin(turn, turn.store.orders.place(new, no, State.UNASSIGNED, turn.now))


def _despair_again(turn: Turn, order: Order) -> Outcomes:
    order = merging.add_words(turn, order, turn.text)
    called = emergencies.alarmed(turn, order)
    by = emergencies.called_by_name(called)
    yield Push(turn.speaker, Say(lambda see: wording.despair_again(see.order(order), by)), Lane.EMERGENCY, order)
    for one in called:
        yield Push(one, Say(lambda see: wording.despair_call(see.order(order))), Lane.EMERGENCY, order, keeps=True)


def _heard_out(turn: Turn) -> Outcomes | None:
    """In private, whatever they say next that is no other business is listened to."""
    order = _open_despair(turn) if turn.group is None else None
    if order is None or turn.intent.explicit or turn.choice:
        return None
    is_better = is_eased(turn.text) or find_news(turn.text) is News.WELL
    if turn.intent.ability is not None and not is_better and not turn.intent.is_weak_need:
        return None
    return _listen(turn, order, is_better=is_better)


def _listen(turn: Turn, order: Order, *, is_better: bool) -> Outcomes:
    order = merging.add_words(turn, order, turn.text)
    by = emergencies.called_by_name(emergencies.alarmed(turn, order))
    words = wording.despair_eased(by) if is_better else wording.despair_listening(by)
    yield Reply(Say(lambda see: words), about=order)


# News of an open emergency

# What counts only from those whom it concerns: from others 没事了 may be about anything.
OF_THOSE_CONCERNED = frozenset({News.MISTAKEN, News.WELL, News.AWAKE})
ILL = frozenset({"medical", "ill"})
ALL = frozenset({*KINDS, "other"})
# Which kinds of danger a piece of news can be about. What somebody ends by it tells of nothing worse than these.
FITS: Mapping[News, frozenset[str]] = {
    News.FALSE: frozenset({"fire", "gas", "other"}),
    News.TAKEN: ILL,
    News.DOUSED: frozenset({"fire"}),
    News.AIRED: frozenset({"gas", "fire"}),
    News.FOUND: frozenset({"missing"}),
    News.SAFE: frozenset({"lift", "missing"}),
    News.OVER: ALL,
    News.MISTAKEN: ALL,
    News.WELL: ALL,
    News.AWAKE: ILL,
    News.HERE: ALL,
    News.WANTED: ALL,
    News.EXTINGUISHER: frozenset({"fire"}),
    News.CARE: ILL,
    News.ALSO: frozenset({"fire", "gas", "lift", "other"}),  # what a neighbour can see or smell as well
}


def _kinds(order: Order) -> frozenset[str]:
    return kinds_of(f"{order.item}{order.note or ''}") or frozenset({"other"})


def _open_dangers(turn: Turn) -> list[Order]:
    return [
        order
        for order in reversed(turn.store.orders.live(turn.community.id))
        if quiet_class(order) is QuietClass.EMERGENCY
        and not is_despair(order)
        and order.state in sharing.TELLABLE
        and turn.now - order.created_at <= OPEN_FOR
    ]


def _concerned(turn: Turn, news: News) -> Order | None:
    """The open emergency that these words are about: the speaker's own, else one of this group or house."""
    is_need = turn.intent.meaning is Meaning.REQUEST
    if turn.intent.meaning is Meaning.CLAIM or (is_need and news is not News.ALSO and news not in WANTS):
        return None
    live = _open_dangers(turn)
    mine = [order for order in live if _is_theirs(turn, order)]
    if mine:
        return mine[0] if news is not News.ALSO else None
    if news in OF_THOSE_CONCERNED or (is_need and news in WANTS and _is_own_need(turn)):
        return None
    near = [order for order in live if _is_near(turn, order) and _kinds(order) & FITS[news]]
    if news is News.ALSO:
        is_cry = is_need and turn.intent.slots.urgency is Urgency.EMERGENCY
        near = [order for order in near if order.building in (None, _house(turn)) or not is_cry]
        told = kinds_of(turn.text)
        near = [order for order in near if told & _kinds(order) or not (told or is_need)]
    return near[0] if near else None


def _is_own_need(turn: Turn) -> bool:
    """谁懂医术,我孩子发烧: beside the question stands what it is needed for; 借 and a time are of everyday needs."""
    beside = without_wanted(turn.text)
    slots = turn.intent.slots
    return slots.time is not None or "借" in turn.text or turn.read(beside).meaning is Meaning.REQUEST


def _is_theirs(turn: Turn, order: Order) -> bool:
    return turn.speaker.id in (order.requester_id, order.placed_by_id) or order.is_held_by(turn.speaker.id)


def _house(turn: Turn) -> str | None:
    said = turn.intent.slots.address
    return said.building if said is not None and said.building else turn.speaker.building


def _is_near(turn: Turn, order: Order) -> bool:
    here = turn.group is not None and order.group_id == turn.group.id
    return here or (order.building is not None and order.building == _house(turn))


def _has_a_say(turn: Turn, order: Order) -> bool:
    return _is_theirs(turn, order) or may(turn.speaker, DISPATCHES)


def _ended(turn: Turn, order: Order, news: News) -> Outcomes:
    """From those concerned it ends the emergency; from a neighbour it is word for those who went."""
    if not _has_a_say(turn, order) or not _kinds(order) - {"other"} <= FITS[news]:
        yield from _pass_on(turn, order, news)
        return
    if news in (News.FALSE, News.MISTAKEN):
        yield from emergencies.call_off(turn, order)
        return
    told = emergencies.alarmed(turn, order)
    is_fire = news is News.DOUSED
    if order.holders and order.state in (State.CLAIMED, State.BOOKED, State.IN_SERVICE):
        yield from finish(turn, order)
    else:
        order = turn.store.orders.move(order, Move.CLOSE, turn.speaker.id, turn.now, detail=str(news))
        yield from offering.tell_other_askers(turn, order)
        if order.place is None:  # of a stranger in the garage the teller knows no more
            yield how_they_are(turn, order)
    order = turn.store.orders.get(order.id)
    turn.store.questions.close_of_order(order.id, turn.now)
    yield Reply(Say(lambda see: wording.emergency_over(see.order(order), news, is_fire)), about=order)
    yield offering.card_update(
        order, lambda see: wording.card_ended(see.order(order), wording.NEWS[news]), is_open=False
    )
    yield from emergencies.tell(
        turn, order, told, Say(lambda see: wording.emergency_stood_down(see.order(order), news))
    )


def _pass_on(turn: Turn, order: Order, news: News) -> Outcomes:
    """Each kind of news once."""
    order = merging.add_words(turn, order, turn.text)
    for one in _readers(turn, order):
        said = Say(lambda see: wording.emergency_news(see.order(order), turn.speaker.name, see.free(turn.text)))
        yield Push(one, said, Lane.EMERGENCY, order, once=f"news/{order.id}/{news}/{one.id}", keeps=True)
    if turn.is_addressed:
        yield Reply(Say(lambda see: wording.noted()))


def _readers(turn: Turn, order: Order, *more: Role) -> list[Person]:
    """Who was called, and whoever cried for help where somebody else speaks."""
    people = {one.id: one for one in emergencies.alarmed(turn, order)}
    people |= {one.id: one for one in turn.store.people.with_role(turn.community.id, *more)} if more else {}
    people.pop(turn.speaker.id, None)
    return list(people.values())


def _rescue_came(turn: Turn, order: Order, news: News) -> Outcomes:
    """Firemen or the ambulance are there, or somebody is awake again: nobody else is rung, and the group hears one line.
    A neighbour's word is only passed on: it may be about another ambulance."""
    if not _has_a_say(turn, order):
        yield from _pass_on(turn, order, news)
        return
    came = any(line.detail == emergencies.RESCUED for line in turn.store.audit.of_order(order.id))
    if not came:
        order = turn.store.orders.move(
            order, Move.AMEND, turn.speaker.id, turn.now, to=order.state, detail=emergencies.RESCUED
        )
        if order.state is State.UNASSIGNED:
            emergencies.ring_later(turn, order, emergencies.LAST_RING)
        group = turn.store.groups.get(order.group_id) if order.group_id is not None else None
        to: Group | Person = group or turn.speaker
        words = wording.awake_again if news is News.AWAKE else wording.rescue_here
        yield Push(to, Say(lambda see: words(see.order(order))), Lane.EMERGENCY, order, keeps=True)
    yield from _pass_on(turn, order, news)


def _also(turn: Turn, order: Order, news: News) -> Outcomes:
    """A second witness is part of the emergency, and hears how it ends; one who is hurt is told what to do first."""
    is_harmed = tells_of_harm(turn.text)
    kind = kind_of(f"{order.item}{order.note or ''}")
    witnesses = [one.requester_id for one in turn.store.orders.merged_into(order)]
    is_first = not witnesses
    if turn.speaker.id not in witnesses:
        new = described(turn, turn.intent.slots, turn.speaker, turn.text)
        merging.bury(turn, replace(new, category=order.category, urgency=order.urgency, item=order.item), order, None)
    order = merging.add_words(turn, order, turn.text)
    if turn.speaker.id in witnesses and not is_harmed:
        if turn.is_addressed:
            yield Reply(Say(lambda see: wording.noted()))
        return
    in_group = turn.group is not None and (is_harmed or is_first)
    to: Group | Person = turn.group if turn.group is not None and in_group else turn.speaker
    yield Push(
        to, Say(lambda see: wording.witness(see.order(order), kind, is_harmed)), Lane.EMERGENCY, order, keeps=True
    )
    is_neighbour = order.building in (None, turn.speaker.building)
    for one in emergencies.alarmed(turn, order):
        said = Say(
            lambda see: wording.witness_call(
                see.order(order),
                turn.speaker.name,
                see.home_of(turn.speaker) if is_neighbour else "",
                turn.speaker.phone,
                see.free(turn.text),
            )
        )
        yield Push(one, said, Lane.EMERGENCY, order, keeps=True)
    if is_harmed and order.state is State.UNASSIGNED:
        yield from emergencies.ring_on(turn, order)


def _wanted(turn: Turn, order: Order, news: News) -> Outcomes:
    """谁有楼道钥匙 is asked of those who went and of the property; it is no order of its own."""
    order = merging.add_words(turn, order, turn.text)
    yield Reply(Say(lambda see: wording.wanted_there(see.order(order))), about=order)
    for one in _readers(turn, order, Role.PROPERTY, Role.ON_DUTY):
        said = Say(lambda see: wording.emergency_news(see.order(order), turn.speaker.name, see.free(turn.text)))
        yield Push(one, said, Lane.EMERGENCY, order, keeps=True)


HANDLERS: Mapping[News, Callable[[Turn, Order, News], Outcomes]] = {
    News.FALSE: _ended,
    News.MISTAKEN: _ended,
    News.TAKEN: _ended,
    News.DOUSED: _ended,
    News.AIRED: _ended,
    News.FOUND: _ended,
    News.SAFE: _ended,
    News.OVER: _ended,
    News.WELL: _ended,
    News.HERE: _rescue_came,
    News.AWAKE: _rescue_came,
    News.ALSO: _also,
    News.WANTED: _wanted,
    News.EXTINGUISHER: _wanted,
    News.CARE: _wanted,
}


# Told in confidence


def _secrecy(turn: Turn) -> Outcomes | None:
    """别跟别人说, of what they asked for; a need that is told together with it goes its own way."""
    if not asks_secrecy(turn.text) or turn.intent.meaning is Meaning.REQUEST or turn.intent.explicit:
        return None
    if turn.intent.meaning is Meaning.CANCEL and turn.intent.ability is not None:
        return None  # 撤了我那单,不想大家知道: nothing is left that anybody could hear of
    mine = turn.store.orders.of_requester(turn.speaker.id)
    if not turn.is_addressed:
        mine = [order for order in mine if turn.now - order.created_at <= CONFIDED_WITHIN]
    order = finding.named(turn)
    if order is None or order.id not in {one.id for one in mine}:
        order = mine[0] if mine else None
    if order is None:
        return _keep_to_myself() if turn.is_addressed else None
    return keep_quiet(turn, order, turn.text)


def _keep_to_myself() -> Outcomes:
    yield Reply(Say(lambda see: wording.kept_to_myself()))


def keep_quiet(turn: Turn, order: Order, wish: str) -> Outcomes:
    """From now on the words of this order are for nobody but the secretary; whoever read them is asked to keep them."""
    if order.state in sharing.TELLABLE:
        kept = f"{(order.note or '')[: NOTE - WISH]}；{wish.strip()[:WISH]}".strip("；")
        change = replace(order, note=kept)
        order = turn.store.orders.move(order, Move.AMEND, turn.speaker.id, turn.now, to=order.state, change=change)
        plan(turn.store, turn.community.settings, order, turn.now)
    yield from promise(turn, order)
    for claim in order.holders:
        helper = turn.store.people.get(claim.person_id)
        yield Push(
            helper,
            Say(lambda see: wording.please_keep(see.order(order))),
            Lane.ASSIGNMENT,
            order,
            once=f"keep/{order.id}/{claim.person_id}",
            keeps=True,
        )


def promise(turn: Turn, order: Order) -> Outcomes:
    """The answer is for the speaker alone, so that it draws nobody's eyes."""
    is_emergency = quiet_class(order) is QuietClass.EMERGENCY
    said = Say(lambda see: wording.will_keep(order.no, is_emergency=is_emergency))
    yield Reply(said, about=order) if turn.group is None else Push(turn.speaker, said, Lane.REPLY, order, keeps=True)
    for someone in finding.secretaries(turn):
        if isinstance(someone, Person) and someone.id != turn.speaker.id:
            asked = Say(lambda see: wording.asked_to_keep(see.order(order)))
            yield Push(someone, asked, Lane.ASSIGNMENT, order, once=f"secret/{order.id}/{someone.id}", keeps=True)
