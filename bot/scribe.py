"""What is said: outcomes of handlers → finished rows of the outbox, worded for whoever will read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.channels import Capabilities, Rendered
from handlers import danger, hours, offering
from handlers.danger import QuietClass
from handlers.turn import (
    Asks,
    Button,
    ChatKind,
    Feedback,
    Lane,
    Message,
    Outcome,
    Press,
    Push,
    Reply,
    Say,
    Update,
)
from handlers.views import Viewer, for_group, for_outsiders, for_person, second_net
from storage import Store
from storage.communities import Community
from storage.groups import Group
from storage.orders import State
from storage.outbox import OutRow, OutState
from storage.people import Person
from storage.questions import QuestionKind

FRESH_LINE = timedelta(seconds=5)  # what is younger is the answer to what just happened
CARD_PREFIX = "linli-"
OVER = frozenset({State.UNRATED, State.CLOSED, State.CANCELLED, State.VOIDED, State.MERGED})
OFFERING = frozenset({State.UNASSIGNED, State.OPEN, State.CLAIMED, State.BOOKED})
NO_DOOR = Capabilities(
    speak_first=False, private=False, groups=False, hears_all=False, cards=False, update_card=False, in_band=False
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an outcome comes from: a message, or a due moment that nobody spoke at."""

    message: Message | None
    group: Group | None
    speaker: Person | None
    community: Community
    inbox_id: int | None
    answered: list[Rendered]  # filled while outcomes are kept


class Scribe:
    """`doors` tells what each configured channel can do; the names are those of ChatRef.channel."""

    def __init__(self, doors: Mapping[str, Capabilities], bot_name: str) -> None:
        self._doors = doors
        self._bot_name = bot_name

    def show_face(self, store: Store, origin: Origin, now: datetime) -> None:
        """The pressed card, which can change in this answer only, now reads as the order stands."""
        pressed = _pressed_row(origin.message)
        posted = store.outbox.find(pressed) if pressed is not None else None
        if posted is None or posted.order_id is None or origin.group is None or posted.group_id != origin.group.id:
            return
        if not self._carries(origin, is_update=True):
            return
        order = store.orders.get(posted.order_id)
        row = self._row(origin, self._viewer(origin.group, now), offering.face(order), now, Lane.REPLY)
        row = replace(
            row, group_id=posted.group_id, order_id=order.id, order_version=order.version, replaces_id=posted.id
        )
        self._keep(store, origin, row, in_band=True)

    def say(self, store: Store, origin: Origin, outcomes: Iterable[Outcome], now: datetime) -> int:
        """Render every outcome for those who will read it and keep it in the outbox, in this same transaction.

        Each is rendered while its handler waits at the yield, so its words see the facts of that very moment.
        """
        count = 0
        for outcome in outcomes:
            count += 1
            match outcome:
                case Reply():
                    self._reply(store, origin, outcome, now)
                case Push():
                    self._push(store, origin, outcome, now)
                case Update():
                    self._update(store, origin, outcome, now)
        return count

    def _reply(self, store: Store, origin: Origin, reply: Reply, now: datetime) -> None:
        message = origin.message
        assert message is not None
        assert origin.speaker is not None
        group = origin.group
        if group is not None and self._is_too_late_for(origin, reply, now):
            self._push(store, origin, Push(origin.speaker, reply.say, Lane.REPLY, reply.about, reply.asks), now)
        elif group is not None:
            self._push(
                store, origin, Push(group, reply.say, Lane.REPLY, reply.about, reply.asks, is_card=reply.is_card), now
            )
        elif message.chat.kind is ChatKind.PRIVATE:
            self._push(
                store,
                origin,
                Push(origin.speaker, reply.say, Lane.REPLY, reply.about, reply.asks, is_card=reply.is_card),
                now,
            )
        else:
            viewer = for_outsiders(now, self._bot_name, self._is_deaf(message.chat.channel))
            row = self._row(origin, viewer, reply.say, now, Lane.REPLY)
            chat = message.chat
            row = replace(row, channel=chat.channel, chat_kind=chat.kind, chat_id=chat.id)
            self._keep(store, origin, row, in_band=self._carries(origin, is_update=False))

    def _is_too_late_for(self, origin: Origin, reply: Reply, now: datetime) -> bool:
        """At night a group hears no answer to somebody who did not turn to the bot, unless it is an emergency."""
        assert origin.message is not None
        if origin.message.mentioned or not hours.is_quiet(origin.community.settings, now):
            return False
        return reply.about is None or danger.quiet_class(reply.about) is not QuietClass.EMERGENCY

    def _push(self, store: Store, origin: Origin, push: Push, now: datetime) -> None:
        here = is_same_chat(push, origin.group, origin.speaker) and origin.message is not None
        private_here = here and isinstance(push.to, Person) and origin.message is not None
        if private_here and origin.message is not None and origin.message.chat.kind is not ChatKind.PRIVATE:
            here = False
        said_at = self._not_before(origin, push, now)
        viewer = self._viewer(push.to, said_at)  # what waits for the morning must not say 明早 then
        row = self._row(origin, viewer, push.say, now, push.lane)
        in_band = here and self._carries(origin, is_update=False)
        row = replace(
            row,
            group_id=push.to.id if isinstance(push.to, Group) else None,
            person_id=push.to.id if isinstance(push.to, Person) else None,
            order_id=push.about.id if push.about else None,
            order_version=None if push.keeps or push.about is None else push.about.version,
            is_card=push.is_card,
            once=push.once,
            not_before=said_at,
        )
        self._keep(store, origin, row, in_band=in_band)
        if push.asks is not None:
            self.ask(store, origin, push.to, push.asks, max(row.not_before, now))

    def _keep(self, store: Store, origin: Origin, row: OutRow, *, in_band: bool) -> None:
        """Into the outbox; what goes inside the platform's request is also handed to the answer."""
        row = replace(row, state=OutState.ANSWERED) if in_band else row
        kept = store.outbox.add(row)
        if in_band and kept is not None:
            origin.answered.append(rendered(replace(row, id=kept)))

    def ask(self, store: Store, origin: Origin, to: Group | Person, asks: Asks, now: datetime) -> None:
        in_group = isinstance(to, Group)
        asked = None if asks.anybody else to.id
        if (
            isinstance(to, Group) and not asks.anybody
        ):  # in another group than the speaker's whoever reads it may answer
            is_here = origin.group is not None and origin.group.id == to.id
            asked = origin.speaker.id if is_here and origin.speaker else None
        store.questions.ask(
            QuestionKind(asks.question),
            asked,
            to.id if in_group else None,
            asks.order_id,
            now,
            now + timedelta(hours=origin.community.settings.question_hours),
            choices=asks.choices,
            payload=asks.payload,
        )

    def _update(self, store: Store, origin: Origin, change: Update, now: datetime) -> None:
        pressed = _pressed_row(origin.message)
        for posted in store.outbox.cards(change.order.id):
            to = store.groups.get(posted.group_id) if posted.group_id is not None else None
            if to is None:
                continue
            viewer = self._viewer(to, max(now, posted.not_before))
            fresh = self._row(origin, viewer, change.say, now, Lane.ASSIGNMENT)
            row = replace(
                fresh,
                group_id=to.id,
                order_id=change.order.id,
                order_version=change.order.version,
                replaces_id=posted.id,
            )
            waits = posted.state is OutState.PENDING and posted.not_before > now
            if waits or posted.state is OutState.HELD:
                if change.order.state.is_live and change.order.missing:
                    store.outbox.rewrite(posted, fresh.text, fresh.title, fresh.buttons)
                else:
                    store.outbox.supersede(posted)
            elif posted.id == pressed and self._carries(origin, is_update=True):
                self._keep(store, origin, row, in_band=True)
            elif self._door(to.channel).update_card:
                store.outbox.add(row)
            elif change.instead is not None:
                instead = self._row(origin, viewer, change.instead, now, Lane.ASSIGNMENT)
                store.outbox.add(
                    replace(
                        instead,
                        group_id=to.id,
                        order_id=change.order.id,
                        order_version=change.order.version,
                        not_before=self._not_before(
                            origin, Push(to, change.instead, Lane.ASSIGNMENT, change.order), now
                        ),
                    )
                )

    def _row(self, origin: Origin, viewer: Viewer, say: Say, now: datetime, lane: Lane) -> OutRow:
        text = second_net(viewer, say.words(viewer))
        return OutRow(
            id=0,
            inbox_id=origin.inbox_id,
            community_id=origin.community.id,
            group_id=None,
            person_id=None,
            channel=None,
            chat_kind=None,
            chat_id=None,
            text=text,
            title=text.split("。")[0][:60],
            buttons=json.dumps([[button.label, button.says] for button in say.buttons], ensure_ascii=False),
            mentions="[]",
            lane=lane,
            order_id=None,
            order_version=None,
            is_card=False,
            replaces_id=None,
            once=None,
            state=OutState.PENDING,
            not_before=now,
            created_at=now,
        )

    def _viewer(self, to: Group | Person, now: datetime) -> Viewer:
        if isinstance(to, Group):
            return for_group(to, now, self._bot_name, self._is_deaf(to.channel))
        return for_person(to, now, self._bot_name)

    def _not_before(self, origin: Origin, push: Push, now: datetime) -> datetime:
        """Quiet hours: emergencies and answers to whoever just spoke go at once, the rest waits for the morning."""
        wanted = max(push.not_before or now, now)
        if push.lane is Lane.EMERGENCY or push.lane is Lane.REPLY:
            return wanted
        if push.about is not None:
            gravity = danger.quiet_class(push.about)
            in_private = isinstance(push.to, Person)
            if gravity is QuietClass.EMERGENCY or (gravity is QuietClass.UTILITIES and in_private):
                return wanted
        return hours.quiet_end(origin.community.settings, wanted)

    def _door(self, channel: str) -> Capabilities:
        return self._doors.get(channel, NO_DOOR)

    def _is_deaf(self, channel: str) -> bool:
        return not self._door(channel).hears_all

    def is_in_band(self, message: Message) -> bool:
        return self._door(message.chat.channel).in_band

    def _carries(self, origin: Origin, *, is_update: bool) -> bool:
        """Whether the answer to this message can carry a line: a press carries only the change of its card."""
        message = origin.message
        if message is None or not self.is_in_band(message) or isinstance(message.what, Feedback):
            return False
        return is_update == isinstance(message.what, Press)


def rendered(row: OutRow) -> Rendered:
    """A row of the outbox as a channel gets it."""
    buttons = tuple(Button(label, says) for label, says in row.button_pairs())
    is_card = row.is_card or row.replaces_id is not None or bool(buttons)
    card = None
    if is_card:
        card = card_id(row.replaces_id or row.id)
    return Rendered(row.text, buttons, row.title, card, row.replaces_id is not None, tuple(json.loads(row.mentions)))


def card_id(row_id: int) -> str:
    """The platform's task_id of a posted card."""
    return f"{CARD_PREFIX}{row_id}"


def is_stale(store: Store, row: OutRow, now: datetime) -> bool:
    """A line that waited and would now be wrong: the matter is over since, or the offer is."""
    if row.order_id is None or row.order_version is None or row.lane <= Lane.REPLY:
        return False
    if now - row.created_at < FRESH_LINE:
        return False
    order = store.orders.get(row.order_id)
    if order.version == row.order_version:
        return False
    return order.state in OVER or (row.is_card and (order.state not in OFFERING or not order.missing))


def _pressed_row(message: Message | None) -> int | None:
    if message is None or not isinstance(message.what, Press):
        return None
    number = message.what.card.removeprefix(CARD_PREFIX)
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None


def is_same_chat(push: Push, group: Group | None, speaker: Person | None) -> bool:
    if isinstance(push.to, Group):
        return group is not None and push.to.id == group.id
    return group is None and speaker is not None and push.to.id == speaker.id
