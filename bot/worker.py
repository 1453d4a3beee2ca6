"""The core: `take` turns messages into what is said and changed, `tick` does what is due. Plain, synchronous, one writer."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import log as words_for_log
from bot.channels import Capabilities, Rendered
from handlers import danger, finding, hours, offering, otherwise, wording
from handlers.ability import Ability, Registry
from handlers.danger import QuietClass
from handlers.rights import may
from handlers.turn import (
    Asks,
    Button,
    ChatKind,
    Entered,
    Feedback,
    Lane,
    Message,
    Outcome,
    Picture,
    Press,
    Push,
    Refusal,
    Reply,
    Say,
    Silence,
    Text,
    Tick,
    Turn,
    Update,
    Voice,
)
from handlers.views import Viewer, for_group, for_outsiders, for_person, second_net
from nlp import Parser
from nlp.intent import Intent
from storage import Store
from storage.communities import Community
from storage.database import Database
from storage.groups import Group
from storage.inbox import NewMessage
from storage.orders import NotNow, Overtaken, State
from storage.outbox import OutRow, OutState
from storage.people import Person, Role
from storage.questions import Question, QuestionKind
from storage.steps import STEPS, Step

log = logging.getLogger(__name__)

TICKET_LASTS = timedelta(minutes=55)  # the platform allows an hour
FRESH_LINE = timedelta(seconds=5)  # what is younger is the answer to what just happened
TELL_AFTER = timedelta(minutes=15)
BIND = "registering.bind"
RETRY_STEP_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back inside the platform's own request. `stream` names it for later polls."""

    stream: str
    replies: tuple[Rendered, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """A message and how its words are understood, before any transaction is open."""

    message: Message
    text: str
    intent: Intent


class Worker:
    """`doors` tells what each configured channel can do; the names are those of ChatRef.channel.

    `circles` names for a channel all channels whose user ids mean the same people, the one that keeps them first.
    """

    def __init__(
        self,
        database: Database,
        parser: Parser,
        registry: Registry,
        doors: Mapping[str, Capabilities],
        bot_name: str,
        circles: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._database = database
        self._parser = parser
        self._registry = registry
        self._doors = doors
        self._bot_name = bot_name
        self._circles = circles or {}

    # Messages

    def take(self, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """Keep these messages and run their turns, in order, in one commit. An answer leaves only after it."""
        heard = [self._hear(message, now) for message in messages]
        with self._database.write() as store:
            scene = _Scene(store, heard, now, self._circles)
            return [self._take_one(scene, one, now) for one in heard]

    def poll(self, stream: str) -> Answer | None:
        """The answer of a stream, as it was given or would have been; None for an unknown stream."""
        with self._database.read() as store:
            row = store.inbox.find_stream(stream)
            return None if row is None else self._stored_answer(store, row, stream)

    def _hear(self, message: Message, now: datetime) -> _Heard:
        match message.what:
            case Text(text) | Voice(text) | Picture(_, text):
                said = text
            case Press(says):
                said = says
            case _:
                said = ""
        return _Heard(message, said, self._understand(said, now, message))

    def _understand(self, text: str, now: datetime, message: Message) -> Intent:
        return self._parser.parse(text, now, mentioned=message.mentioned, quote=message.quote)

    def _take_one(self, scene: _Scene, heard: _Heard, now: datetime) -> Answer:
        store, message = scene.store, heard.message
        stream = stream_of(message)
        row = scene.rows.pop(str(message.key), None)
        if row is None:
            row = store.inbox.get_copy(str(message.key))
            return self._stored_answer(store, row, stream)
        if message.answer_url is not None:
            store.outbox.add_ticket(message.chat.channel, message.chat.id, message.answer_url.value, now + TICKET_LASTS)
        said: list[Rendered] = []
        if self._run(scene, heard, row, now, said):
            scene.forget_people()
            if heard.text:
                store.inbox.keep_text(row, heard.text)
        if self._is_in_band(message) and self._give_held(scene, heard, row, now):
            return self._stored_answer(store, row, stream)  # in the order in which a copy of the callback gets them
        return Answer(stream, tuple(said))

    def _run(self, scene: _Scene, heard: _Heard, row: int, now: datetime, said: list[Rendered]) -> bool:
        """Run the turn of one message inside a savepoint; whether it led to anything."""
        message = heard.message
        group = scene.group_of(message)
        if self._is_idle(scene, heard, group):
            return False
        try:
            return self._run_turn(scene, heard, group, row, now, said)
        except Exception:  # edge: one broken turn harms nobody else, and its text is kept
            log.exception(words_for_log.turn_broke(row))
            said.clear()
            scene.forget_people()
            scene.store.inbox.fail(row, heard.text)
            if group is None or message.mentioned:
                speaker = scene.person_of(message)
                community = scene.community_of(group, speaker)
                speaker = speaker or scene.introduce(message, _stranger(message, community, group), now)
                origin = _Origin(message, group, speaker, community, row, said)
                self._say(scene.store, origin, [Reply(Say(lambda see: wording.broken(str(row))))], now)
            return False

    def _is_idle(self, scene: _Scene, heard: _Heard, group: Group | None) -> bool:
        """Chatter in a group that neither is for us nor answers anything: no turn is needed."""
        message = heard.message
        if isinstance(message.what, Feedback):
            return True
        if message.chat.kind is ChatKind.PRIVATE or message.mentioned:
            return False
        if group is None:
            return heard.intent.ability != BIND  # a chat of no community: only the bond itself is for us
        if heard.intent.ability is not None or heard.intent.slots.needs_clarification:
            return False
        speaker = scene.person_of(message)
        asked = scene.has_asked or (speaker is not None and speaker.id in scene.asked_people)
        asked = asked or group.id in scene.asked_groups
        return not asked and not isinstance(message.what, Picture) and not _may_hold_papers(heard.text)

    def _run_turn(
        self, scene: _Scene, heard: _Heard, group: Group | None, row: int, now: datetime, answered: list[Rendered]
    ) -> bool:
        store, message = scene.store, heard.message
        speaker = scene.person_of(message)
        community = scene.community_of(group, speaker)
        newcomer = speaker is None
        if speaker is None:
            speaker = _stranger(message, community, group)
        intent = heard.intent
        origin = _Origin(message, group, speaker, community, row, answered)
        for _ in range(3):
            answered.clear()
            try:
                with store.savepoint():
                    if newcomer:
                        speaker = scene.introduce(message, speaker, now)
                        origin = replace(origin, speaker=speaker)
                    elif speaker.community_id is None and group is not None:
                        speaker = replace(speaker, community_id=community.id)
                        store.people.save(speaker)
                        origin = replace(origin, speaker=speaker)
                    turn = Turn(
                        message,
                        speaker,
                        group,
                        community,
                        now,
                        store,
                        intent,
                        lambda text: self._understand(text, now, message),
                    )
                    said = self._say(store, origin, self._outcomes(turn, scene), now)
                    if not said and newcomer and not intent.explicit and intent.ability is None:
                        raise Silence
                    acted = bool(said) or intent.ability is not None
                log_turn(row, group, intent, "done")
                return acted
            except Silence:
                return False
            except Overtaken:
                continue
            except (Refusal, NotNow) as error:
                self._refuse(scene, origin, error, newcomer, now)
                log_turn(row, group, intent, str(error))
                return True
        raise Overtaken

    def _outcomes(self, turn: Turn, scene: _Scene) -> Iterator[Outcome]:
        """Whose turn it is: an open question first, then the ability that the words name, else a hint or silence."""
        for question in self._open_questions(turn, scene):
            answering = self._registry.answers[question.kind]
            asked = replace(turn, question=question)
            if _fits(turn.intent, question, turn.store) and answering.accepts(asked):
                turn.store.questions.close(question, turn.now)
                yield from self._acknowledged(asked, answering.handler(asked))
                return
        ability = self._registry.abilities.get(turn.intent.ability or "")
        if ability is None or isinstance(turn.message.what, Entered):
            yield from otherwise.otherwise(turn)
            return
        if turn.group is None and turn.message.chat.kind is ChatKind.GROUP and ability.name != BIND:
            if turn.message.mentioned:
                yield Reply(Say(lambda see: wording.not_bound()))
            return
        if ability.only and not may(turn.speaker, ability.only):
            raise _no_right(turn, ability)
        yield from self._acknowledged(turn, ability.handler(turn))

    def _acknowledged(self, turn: Turn, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Where the platform shows the speaker nothing but our answer, an empty answer would look broken."""
        answered = False
        for outcome in outcomes:
            answered |= isinstance(outcome, Reply) or (
                isinstance(outcome, Push) and _is_same_chat(outcome, turn.group, turn.speaker)
            )
            yield outcome
        needs_word = self._is_in_band(turn.message) and not isinstance(turn.message.what, Press)
        if not answered and needs_word:
            yield Reply(Say(lambda see: wording.noted()))

    def _open_questions(self, turn: Turn, scene: _Scene) -> list[Question]:
        group_id = turn.group.id if turn.group else None
        if turn.message.chat.kind is ChatKind.GROUP and group_id is None:
            return []
        if turn.speaker.id not in scene.asked_people and group_id not in scene.asked_groups and not scene.has_asked:
            return []
        return turn.store.questions.open_for(turn.speaker.id, group_id, turn.now)

    def _refuse(self, scene: _Scene, origin: _Origin, error: Refusal | NotNow, newcomer: bool, now: datetime) -> None:
        """The turn is undone; its refusal and its audit line are written after that."""
        store = scene.store
        assert origin.message is not None
        assert origin.speaker is not None
        origin.answered.clear()
        speaker = scene.introduce(origin.message, origin.speaker, now) if newcomer else origin.speaker
        message, origin = origin.message, replace(origin, speaker=speaker)
        if isinstance(error, NotNow):
            order, move = error.order, error.move
            say, asks = Say(lambda see: wording.not_now(see.order(order), wording.MOVES_NAMED.get(move, "改"))), None
        else:
            say, asks = error.say, error.asks
        store.audit.write(origin.community.id, None, 0, "refused", speaker.id, now, detail=str(error))
        # Thirty may press one button: each learns alone what became of it, and the card says it to all.
        pressed = isinstance(message.what, Press) and origin.group is not None
        in_chat = not pressed and (origin.group is None or message.mentioned)
        self._say(store, origin, [Reply(say, asks) if in_chat else Push(speaker, say, Lane.REPLY, asks=asks)], now)
        if asks is not None and not in_chat and origin.group is not None:
            self._ask(
                store, origin, origin.group, asks, now
            )  # people answer where they spoke as often as where they read
        if pressed:
            self._show_face(store, origin, now)

    def _show_face(self, store: Store, origin: _Origin, now: datetime) -> None:
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

    # What is due

    def tick(self, now: datetime) -> int:
        """Do everything that is due at `now`; how much that was."""
        done = 0
        with self._database.write() as store:
            for step in store.steps.due(now):
                store.lock_communities([step.community_id])
                if store.steps.finish(step, now):
                    self._run_step(store, step, now)
                    done += 1
            done += self._run_slots(store, now)
            self._report_undelivered(store, now)
        return done

    def _report_undelivered(self, store: Store, now: datetime) -> None:
        """Every push is delivered, or a person hears within a quarter of an hour that it was not."""
        for community_id, count in store.outbox.take_untold(now - TELL_AFTER, now).items():
            community = store.communities.get(community_id)
            origin = _Origin(None, None, None, community, None, [])
            tick = Tick(community, now, now, store)
            for secretary in finding.secretaries(tick):
                said = Say(lambda see: wording.undelivered_count(count))  # noqa: B023  # rendered at once
                self._say(store, origin, [Push(secretary, said, Lane.REPORT)], now)

    def _run_step(self, store: Store, step: Step, now: datetime) -> None:
        community = store.communities.get(step.community_id)
        tick = Tick(community, now, step.due_at, store, step)
        try:
            with store.savepoint():
                if store.orders.get(step.order_id).state not in STEPS[step.kind][1]:
                    return  # planned for a state that it never came to
                self._say(
                    store, _Origin(None, None, None, community, None, []), self._registry.steps[step.kind](tick), now
                )
                order = store.orders.get(step.order_id)
                if order.state.is_live and not store.steps.of_order(order.id):
                    from handlers.planning import plan

                    plan(store, community.settings, order, now)
        except Exception:  # edge: a broken step stays due and harms no other
            log.exception(words_for_log.step_broke(step.kind, step.order_id))
            store.steps.put_off(step, now + RETRY_STEP_AFTER * 2 ** min(step.attempts, 6))

    def _run_slots(self, store: Store, now: datetime) -> int:
        done = 0
        for slot in store.steps.slots_due(now):
            community = store.communities.get(slot.community_id)
            handler = self._registry.daily.get(slot.name)
            if not store.steps.take_slot(slot, _next_slot(community, slot.name, now)) or handler is None:
                continue
            done += 1
            try:
                with store.savepoint():
                    tick = Tick(community, now, slot.due_at, store)
                    self._say(store, _Origin(None, None, None, community, None, []), handler(tick), now)
            except Exception:  # edge: a broken daily line must not stop the others
                log.exception(words_for_log.slot_broke(slot.name, slot.community_id))
        return done

    def plan_slots(self, now: datetime) -> None:
        """Give every community its daily slots; called at start and when a community is added."""
        with self._database.write() as store:
            communities = store.communities.all()
            store.lock_communities([community.id for community in communities])  # another process may be starting, too
            known = {(slot.community_id, slot.name) for slot in store.steps.slots()}
            for community in communities:
                for name in self._registry.daily:
                    if (community.id, name) not in known:
                        store.steps.add_slot(community.id, name, _next_slot(community, name, now))

    # What is said

    def _say(self, store: Store, origin: _Origin, outcomes: Iterable[Outcome], now: datetime) -> int:
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

    def _reply(self, store: Store, origin: _Origin, reply: Reply, now: datetime) -> None:
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

    def _is_too_late_for(self, origin: _Origin, reply: Reply, now: datetime) -> bool:
        """At night a group hears no answer to somebody who did not turn to the bot, unless it is an emergency."""
        assert origin.message is not None
        if origin.message.mentioned or not hours.is_quiet(origin.community.settings, now):
            return False
        return reply.about is None or danger.quiet_class(reply.about) is not QuietClass.EMERGENCY

    def _push(self, store: Store, origin: _Origin, push: Push, now: datetime) -> None:
        here = _is_same_chat(push, origin.group, origin.speaker) and origin.message is not None
        private_here = here and isinstance(push.to, Person) and origin.message is not None
        if private_here and origin.message is not None and origin.message.chat.kind is not ChatKind.PRIVATE:
            here = False
        viewer = self._viewer(push.to, now)
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
            not_before=self._not_before(origin, push, now),
        )
        self._keep(store, origin, row, in_band=in_band)
        if push.asks is not None:
            self._ask(store, origin, push.to, push.asks, max(row.not_before, now))

    def _keep(self, store: Store, origin: _Origin, row: OutRow, *, in_band: bool) -> None:
        """Into the outbox; what goes inside the platform's request is also handed to the answer."""
        row = replace(row, state=OutState.ANSWERED) if in_band else row
        kept = store.outbox.add(row)
        if in_band and kept is not None:
            origin.answered.append(rendered(replace(row, id=kept)))

    def _ask(self, store: Store, origin: _Origin, to: Group | Person, asks: Asks, now: datetime) -> None:
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

    def _update(self, store: Store, origin: _Origin, change: Update, now: datetime) -> None:
        pressed = _pressed_row(origin.message)
        for posted in store.outbox.cards(change.order.id):
            to = store.groups.get(posted.group_id) if posted.group_id is not None else None
            if to is None:
                continue
            viewer = self._viewer(to, now)
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

    def _row(self, origin: _Origin, viewer: Viewer, say: Say, now: datetime, lane: Lane) -> OutRow:
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

    def _not_before(self, origin: _Origin, push: Push, now: datetime) -> datetime:
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

    # Doors

    def _door(self, channel: str) -> Capabilities:
        return self._doors.get(channel, NO_DOOR)

    def _is_deaf(self, channel: str) -> bool:
        return not self._door(channel).hears_all

    def _is_in_band(self, message: Message) -> bool:
        return self._door(message.chat.channel).in_band

    def _carries(self, origin: _Origin, *, is_update: bool) -> bool:
        """Whether the answer to this message can carry a line: a press carries only the change of its card."""
        message = origin.message
        if message is None or not self._is_in_band(message) or isinstance(message.what, Feedback):
            return False
        return is_update == isinstance(message.what, Press)

    def _stored_answer(self, store: Store, row: int, stream: str) -> Answer:
        return Answer(stream, tuple(map(rendered, store.outbox.answers(row))))

    def _give_held(self, scene: _Scene, heard: _Heard, row: int, now: datetime) -> bool:
        """What no door could carry leaves with this answer: it goes to the very people it was meant for."""
        message = heard.message
        if isinstance(message.what, Press | Feedback):
            return False
        if message.chat.kind is ChatKind.GROUP:
            group = scene.group_of(message)
            held = scene.store.outbox.held_for(None, group.id) if group and group.id in scene.held_groups else []
        else:
            speaker = scene.person_of(message)
            waits = speaker is not None and speaker.id in scene.held_people
            held = scene.store.outbox.held_for(speaker.id, None) if speaker and waits else []
        stale = [line for line in held if is_stale(scene.store, line, now)]
        for line in stale:
            scene.store.outbox.supersede(line)
        fresh = [line for line in held if line not in stale]
        scene.store.outbox.release_held(fresh, row, now)
        return bool(fresh)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where an outcome comes from: a message, or a due moment that nobody spoke at."""

    message: Message | None
    group: Group | None
    speaker: Person | None
    community: Community
    inbox_id: int | None
    answered: list[Rendered]  # filled while outcomes are kept


class _Scene:
    """What a batch of messages shares: its transaction, and who and where, looked up once for all of them."""

    def __init__(
        self, store: Store, heard: Sequence[_Heard], now: datetime, circles: Mapping[str, Sequence[str]]
    ) -> None:
        self.store = store
        self._circles = circles
        self._groups: dict[tuple[str, str], Group | None] = {}
        self._communities: dict[int, Community] = {}
        accounts = {account for one in heard for account in self._accounts_of(one.message)}
        self._people: dict[tuple[str, str], Person] = store.people.known(accounts)
        self._is_changed = False
        for one in heard:
            self.group_of(one.message)
        known = {group.id for group in self._groups.values() if group}
        people = {person.id for person in self._people.values()}
        store.lock_communities(
            {group.community_id for group in self._groups.values() if group}
            | {person.community_id for person in self._people.values() if person.community_id is not None}
        )
        self.rows = store.inbox.add_all([_incoming(one.message) for one in heard], now)
        self.asked_people, self.asked_groups = store.questions.waiting_for(people, known, now)
        self.held_people, self.held_groups = store.outbox.held_among(people, known)
        self.has_asked = False  # set by the first turn of this batch that did anything

    def group_of(self, message: Message) -> Group | None:
        if message.chat.kind is ChatKind.PRIVATE:
            return None
        key = (message.chat.channel, message.chat.id)
        if self._groups.get(key) is None:
            self._groups[key] = self.store.groups.find_in_chat(*key)
        return self._groups[key]

    def person_of(self, message: Message) -> Person | None:
        for account in self._accounts_of(message):
            if account not in self._people and self._is_changed:
                found = self.store.people.find_by_identity(*account)
                if found is not None:
                    self._people[account] = found
            if account in self._people:
                return self._people[account]
        return None

    def _accounts_of(self, message: Message) -> list[tuple[str, str]]:
        """The accounts that mean this sender: where a bot and an app share a directory, both are the same person."""
        sender = message.sender
        return [(channel, sender.id.lower()) for channel in self._circles.get(sender.channel, (sender.channel,))]

    def forget_people(self) -> None:
        """A turn ran: it may have introduced or changed people, so they are read anew."""
        self._is_changed = True
        self.has_asked = True
        self._people.clear()

    def introduce(self, message: Message, person: Person, now: datetime) -> Person:
        known = self.person_of(message)
        if known is not None:
            return known
        kept = self.store.people.add(person, now)
        self.store.people.link(kept.id, self._accounts_of(message)[0][0], message.sender.id, now)
        return kept

    def community_of(self, group: Group | None, speaker: Person | None) -> Community:
        wanted = group.community_id if group else speaker.community_id if speaker else None
        if wanted is None:
            wanted = self.store.communities.all()[0].id
        if wanted not in self._communities:
            self._communities[wanted] = self.store.communities.get(wanted)
        return self._communities[wanted]


NO_DOOR = Capabilities(
    speak_first=False, private=False, groups=False, hears_all=False, cards=False, update_card=False, in_band=False
)


def rendered(row: OutRow) -> Rendered:
    """A row of the outbox as a channel gets it."""
    buttons = tuple(Button(label, says) for label, says in row.button_pairs())
    is_card = row.is_card or row.replaces_id is not None or bool(buttons)
    card = None
    if is_card:
        card = card_id(row.replaces_id or row.id)
    return Rendered(row.text, buttons, row.title, card, row.replaces_id is not None, tuple(json.loads(row.mentions)))


CARD_PREFIX = "linli-"


def card_id(row_id: int) -> str:
    """The platform's task_id of a posted card."""
    return f"{CARD_PREFIX}{row_id}"


OVER = frozenset({State.UNRATED, State.CLOSED, State.CANCELLED, State.VOIDED, State.MERGED})
OFFERING = frozenset({State.UNASSIGNED, State.OPEN, State.CLAIMED, State.BOOKED})


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


def _is_same_chat(push: Push, group: Group | None, speaker: Person | None) -> bool:
    if isinstance(push.to, Group):
        return group is not None and push.to.id == group.id
    return group is None and speaker is not None and push.to.id == speaker.id


def _fits(intent: Intent, question: Question, store: Store) -> bool:
    """A number in the words must be that of the question's order, and a live matter must be left to answer."""
    said = intent.slots.order
    if question.order_id is None:
        return True
    order = store.orders.get(question.order_id)
    if question.kind not in (QuestionKind.RATE, QuestionKind.CREDIT) and order.state in (State.CANCELLED, State.VOIDED):
        return False
    if said is None or int(said) == order.no:
        return True
    return len(said) == 1 and int(said) <= question.choices  # “2 凑合能用” chooses; it names no order 2


def _may_hold_papers(text: str) -> bool:
    """Cheap look for an identity number before the careful one: fifteen digits or more in the line."""
    return sum(character.isdigit() for character in text) >= 15


def _stranger(message: Message, community: Community, group: Group | None) -> Person:
    """Somebody we have not met; their name is known only where the platform tells it."""
    name = (message.sender.name or "").strip()[:32]
    return Person(
        0, community.id if group else None, name or "邻居", is_named=bool(name), roles=frozenset({Role.RESIDENT})
    )


def _no_right(turn: Turn, ability: Ability) -> Refusal:
    return Refusal(Say(lambda see: wording.no_right()), reason=f"no right: {ability.name}")


def _next_slot(community: Community, name: str, now: datetime) -> datetime:
    setting = name.partition("/")[0]
    return hours.next_at(now, community.settings.at(setting))


def stream_of(message: Message) -> str:
    """Our id for the answer to this message, by which the platform may ask for it again."""
    return hashlib.sha256(str(message.key).encode()).hexdigest()[:32]


def _incoming(message: Message) -> NewMessage:
    chat = message.chat
    return NewMessage(str(message.key), chat.channel, chat.kind, chat.id, message.sender.id, stream_of(message))


def log_turn(row: int, group: Group | None, intent: Intent, outcome: str) -> None:
    """One line per turn, without a word of what was said."""
    log.info(
        "message=%d group=%s ability=%s outcome=%s", row, group.id if group else "-", intent.ability or "-", outcome
    )
