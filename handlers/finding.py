"""Which order a sentence is about: by its number, by the quoted line, or because only one can be meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from handlers import sharing, wording
from handlers.danger import QuietClass, quiet_class
from handlers.rights import DISPATCHES, HELPS, may
from handlers.turn import Asks, Refusal, Say, Scene, Silence, Turn
from nlp.intent import Grain, Meaning
from nlp.skills import whose_place, willing
from storage.groups import Group, GroupKind
from storage.orders import Order, State
from storage.people import Person, Role
from storage.questions import QuestionKind

CARD_FRESH = timedelta(minutes=10)  # how long a bare 接 belongs to the only card just posted
CARD_REMEMBERED = timedelta(hours=2)
SOON = timedelta(hours=12)
SHORTEST_QUOTE = 4
MOST_NAMED = 6  # more orders are not listed in one question


def named(turn: Turn) -> Order | None:
    """The order whose number was said or quoted, whoever it belongs to."""
    said = turn.intent.slots.order
    return turn.store.orders.find(turn.community.id, int(said)) if said else None


def shared(turn: Turn) -> Order | None:
    """What the speaker told of a matter that is another's order by now: they may say its number or that of the other."""
    order = named(turn)
    if order is not None and order.merged_into_id is not None and order.requester_id == turn.speaker.id:
        order = turn.store.orders.get(order.merged_into_id)
    return sharing.telling_of(turn, order, turn.speaker) if order is not None else None


def own(turn: Turn, what: str) -> Order:
    """The speaker's own request. A foreign number is answered exactly like one that does not exist."""
    said = turn.intent.slots.order
    if said:
        order = named(turn)
        if order is None or not _may_speak_for(turn, order):
            raise Refusal(Say(lambda see: wording.not_found(said)), reason="not own")
        return order
    return only(turn, turn.store.orders.of_requester(turn.speaker.id), what)


def held(turn: Turn, what: str) -> Order:
    """An order that the speaker has on hand; the next visit where several could be meant in plain talk."""
    said = turn.intent.slots.order
    if said:
        order = named(turn)
        if order is not None and not order.is_held_by(turn.speaker.id) and may(turn.speaker, HELPS):
            raise Refusal(Say(lambda see: wording.not_yours(order.no, what)), reason="not held")
        if order is None or not order.is_held_by(turn.speaker.id):
            raise Refusal(Say(lambda see: wording.not_found(said)), reason="not held")
        return order
    mine = turn.store.orders.held_by(turn.speaker.id, State.CLAIMED, State.BOOKED, State.IN_SERVICE, State.UNASSIGNED)
    near = [
        order
        for order in mine
        if order.state is State.IN_SERVICE or (order.start and abs(order.start - turn.now) <= timedelta(hours=3))
    ]
    if len(near) == 1:
        return near[0]
    if what == "完成" and len(mine) == 1 and mine[0].start and mine[0].start - turn.now > SOON:
        raise _ask_which(turn, mine)  # done today what is agreed for later: rather asked than wrongly closed
    return only(turn, mine, what)


def steered(turn: Turn, what: str) -> Order:
    """Any order of the community, for those who steer; a number is needed."""
    said = turn.intent.slots.order
    if said is None:
        raise Refusal(Say(lambda see: wording.say_number(what)), reason="no number")
    order = named(turn)
    if order is None:
        raise Refusal(Say(lambda see: wording.no_such_order(said)), reason="unknown order")
    return order


def offered(turn: Turn) -> Order:
    """The order that a claim is about: its number, or the only card posted here in the last minutes."""
    said = turn.intent.slots.order
    if said:
        order = named(turn)
        if order is not None and order.merged_into_id is not None:
            order = turn.store.orders.get(order.merged_into_id)
        if order is None:
            raise Refusal(Say(lambda see: wording.not_found(said)), reason="unknown order")
        return order
    if turn.group is None:
        recent = turn.store.orders.offered(turn.community.id)
    else:
        since = turn.now - CARD_FRESH
        ids = turn.store.outbox.recent_cards(turn.group.id, since)
        # Where residents ask, the need itself is the announcement: 我去吧 under it is meant for it.
        asked = [order for order in turn.store.orders.asked_in(turn.group.id, since) if order.id not in ids]
        recent = [
            order
            for order in (*map(turn.store.orders.get, ids), *asked)
            if order.state in CLAIMABLE and order.requester_id != turn.speaker.id
        ]
    recent = _narrowed(turn, recent)
    if len(recent) > 1:
        recent = [order for order in recent if order.missing] or recent
    hints = is_hint(turn) and not turn.is_addressed
    # 轮椅我家有,这就推下去 under another's card: what only implies a claim never gives an address away unasked.
    certain = not (turn.intent.implied and hints) and not (hints and recent and _is_at_another_time(turn, recent[0]))
    if len(recent) == 1 and certain:
        return recent[0]
    if hints:
        if turn.group is not None and turn.group.kind is GroupKind.MEMBERS and (open_ := _wanting(recent)):
            raise _ask_which(turn, open_)  # 我有空 under several cards: in private, so that nobody is held to it
        raise Silence
    if not recent and turn.group is not None and turn.group.kind is GroupKind.MEMBERS and turn.intent.explicit:
        # Too long ago to be taken for granted, not too long to be meant: asked, in private.
        ids = turn.store.outbox.recent_cards(turn.group.id, turn.now - CARD_REMEMBERED)
        late = [order for order in map(turn.store.orders.get, ids) if order.state in CLAIMABLE and order.missing]
        if late:
            raise _ask_which(turn, late)
    if not recent and not turn.is_addressed:
        raise Silence
    return only(turn, recent, "接")


CLAIMABLE = frozenset({State.DRAFT, State.UNASSIGNED, State.OPEN, State.CLAIMED, State.BOOKED})


def is_hint(turn: Turn) -> bool:
    """Ordinary talk that only looks like an act: worth a look whether an order is meant, never worth an objection."""
    talk = (Meaning.CHAT, Meaning.OTHER, Meaning.THANKS, Meaning.INQUIRY, Meaning.OFFER)
    return turn.intent.implied or turn.intent.meaning in talk


def _narrowed(turn: Turn, orders: Sequence[Order]) -> list[Order]:
    """买鸡蛋那个我去, 3号楼的我顺路: of several the one whose thing or house is named, or whose words are quoted."""
    if (whose := whose_place(turn.text)) is not None:
        return [order for order in orders if any(_is_called(claim.name, whose) for claim in order.claims)]
    quote = (turn.message.quote or "").strip()
    if len(quote) >= SHORTEST_QUOTE and (quoted := [order for order in orders if quote in (order.note or "")]):
        return quoted
    housed = [order for order in orders if order.building and _names_house(turn.text, order.building)]
    fitting = housed or list(orders)
    text = willing(turn.text)
    named = [order for order in fitting if names_thing(text, order.item)]
    return named if len(named) == 1 else fitting


def _is_called(name: str, said: str) -> bool:
    """小刘 is what people call 刘洋."""
    return said in name or (said[0] in "小老" and name.startswith(said[1:]))


def _wanting(orders: Sequence[Order]) -> list[Order]:
    return [order for order in orders if order.missing]


def _is_at_another_time(turn: Turn, order: Order) -> bool:
    """我下午有空 under a card for the morning. 马上到 is no such time."""
    said = turn.intent.slots.time
    if (
        said is None
        or said.grain in (Grain.MINUTE, Grain.HOUR)
        or said.start is None
        or said.end is None
        or order.start is None
        or order.end is None
    ):
        return False
    return said.end <= order.start or order.end <= said.start


def _names_house(text: str, building: str) -> bool:
    """3号楼的, 3栋那个."""
    return re.search(rf"(?<![0-9a-zA-Z]){re.escape(building)}\s?(?:栋|号楼|幢|座|#楼)", text) is not None


# Characters that every other thing has in its name too.
_IN_ANY_THING = frozenset("修换装找帮一个的下上到来去人查看送买搬抬取拿我您你")


def names_thing(text: str, item: str) -> bool:
    """鸡蛋 names 买鸡蛋, 灯 names 换厨房灯."""
    return not (set(item) - _IN_ANY_THING).isdisjoint(text)


def only(turn: Turn, orders: Sequence[Order], what: str) -> Order:
    if len(orders) == 1:
        return orders[0]
    if not orders:
        if not turn.is_addressed:
            raise Silence
        raise Refusal(Say(lambda see: wording.nothing_to(what)), reason="nothing fits")
    raise _ask_which(turn, orders)


def _ask_which(turn: Turn, orders: Sequence[Order]) -> Refusal:
    return Refusal(
        Say(lambda see: wording.which_one([wording.one_of(see.order(order)) for order in orders[:MOST_NAMED]])),
        asks=Asks(
            QuestionKind.WHICH,
            payload=" ".join([turn.intent.ability or "", *(str(order.no) for order in orders[:MOST_NAMED])]),
        ),
        reason="several fit",
    )


def _may_speak_for(turn: Turn, order: Order) -> bool:
    return turn.speaker.id in (order.requester_id, order.placed_by_id) or may(turn.speaker, DISPATCHES)


def asker(scene: Scene, order: Order) -> Group | Person:
    """Where the requester hears about the order: the group in which they asked, else in private."""
    at_night = order.is_at_night and quiet_class(order) is QuietClass.UTILITIES
    if order.group_id is not None and not at_night:
        return scene.store.groups.get(order.group_id)
    return scene.store.people.get(order.requester_id)


def ask_time(scene: Scene, order: Order, lasts: timedelta | None = None) -> None:
    """A line to the requester asked when: their next words about a time belong to this order."""
    to = asker(scene, order)
    scene.store.questions.ask(
        QuestionKind.DETAIL,
        order.requester_id,
        to.id if isinstance(to, Group) else None,
        order.id,
        scene.now,
        scene.now + (lasts or timedelta(hours=scene.community.settings.question_hours)),
    )


def groups(scene: Scene, kind: GroupKind) -> list[Group]:
    return scene.store.groups.of_kind(scene.community.id, kind)


def secretaries(scene: Scene) -> list[Group | Person]:
    """Who steers this community: the secretaries, else their group."""
    people: list[Group | Person] = list(scene.store.people.with_role(scene.community.id, Role.SECRETARY))
    return people or list(groups(scene, GroupKind.SECRETARIES))


def person_named(turn: Turn, name: str) -> Person:
    name = name.strip().lstrip("@＠").strip()
    found = turn.store.people.find_named(turn.community.id, name)
    if not found:
        raise Refusal(Say(lambda see: wording.nobody_named(see.free(name))), reason="nobody named so")
    if len(found) > 1:
        where = [f"{person.building}栋" if person.building else "住处不详" for person in found]
        raise Refusal(Say(lambda see: wording.several_named(see.free(name), where)), reason="several named so")
    return found[0]
