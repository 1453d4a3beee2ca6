"""The core: `take` turns messages into what is said and changed, `tick` does what is due. Plain, synchronous, one writer."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import log as words_for_log
from bot.batch import Batch, Heard, stranger, stream_of
from bot.channels import Capabilities, Rendered
from bot.scribe import Origin, Scribe, is_same_chat, is_stale, rendered
from handlers import aftermath, finding, hours, otherwise, piecing, several, wording
from handlers.ability import Ability, Registry
from handlers.rights import may
from handlers.turn import (
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
    Voice,
)
from nlp import Parser
from nlp.intent import Intent
from storage import Store
from storage.communities import Community
from storage.database import Database
from storage.groups import Group
from storage.orders import NotNow, Overtaken, State
from storage.questions import Question, QuestionKind
from storage.steps import STEPS, Step

log = logging.getLogger(__name__)

TICKET_LASTS = timedelta(minutes=55)  # the platform allows an hour
TELL_AFTER = timedelta(minutes=15)
BIND = "registering.bind"
RETRY_STEP_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back inside the platform's own request. `stream` names it for later polls."""

    stream: str
    replies: tuple[Rendered, ...] = ()


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
        self._scribe = Scribe(doors, bot_name)
        self._circles = circles or {}

    # Messages

    def take(self, messages: Sequence[Message], now: datetime) -> list[Answer]:
        """Keep these messages and run their turns, in order, in one commit. An answer leaves only after it."""
        heard = [self._hear(message, now) for message in messages]
        with self._database.write() as store:
            batch = Batch(store, heard, now, self._circles)
            return [self._take_one(batch, one, now) for one in heard]

    def poll(self, stream: str) -> Answer | None:
        """The answer of a stream, as it was given or would have been; None for an unknown stream."""
        with self._database.read() as store:
            row = store.inbox.find_stream(stream)
            return None if row is None else self._stored_answer(store, row, stream)

    def _hear(self, message: Message, now: datetime) -> Heard:
        match message.what:
            case Text(text) | Voice(text) | Picture(_, text):
                said = text
            case Press(says):
                said = says
            case _:
                said = ""
        return Heard(message, said, self._understand(said, now, message))

    def _understand(self, text: str, now: datetime, message: Message) -> Intent:
        return self._parser.parse(text, now, mentioned=message.mentioned, quote=message.quote)

    def _take_one(self, batch: Batch, heard: Heard, now: datetime) -> Answer:
        store, message = batch.store, heard.message
        stream = stream_of(message)
        row = batch.rows.pop(str(message.key), None)
        if row is None:
            row = store.inbox.get_copy(str(message.key))
            return self._stored_answer(store, row, stream)
        if message.answer_url is not None:
            store.outbox.add_ticket(message.chat.channel, message.chat.id, message.answer_url.value, now + TICKET_LASTS)
        said: list[Rendered] = []
        if self._run(batch, heard, row, now, said):
            batch.forget_people()
            if heard.text:
                store.inbox.keep_text(row, heard.text)
        if self._scribe.is_in_band(message) and self._give_held(batch, heard, row, now):
            return self._stored_answer(store, row, stream)  # in the order in which a copy of the callback gets them
        return Answer(stream, tuple(said))

    def _run(self, batch: Batch, heard: Heard, row: int, now: datetime, said: list[Rendered]) -> bool:
        """Run the turn of one message inside a savepoint; whether it led to anything."""
        message = heard.message
        group = batch.group_of(message)
        if self._is_idle(batch, heard, group):
            return False
        try:
            return self._run_turn(batch, heard, group, row, now, said)
        except Exception:  # edge: one broken turn harms nobody else, and its text is kept
            log.exception(words_for_log.turn_broke(row))
            said.clear()
            batch.forget_people()
            batch.store.inbox.fail(row, heard.text)
            if group is None or message.mentioned:
                speaker = batch.person_of(message)
                community = batch.community_of(group, speaker)
                speaker = speaker or batch.introduce(message, stranger(message, community, group), now)
                origin = Origin(message, group, speaker, community, row, said)
                self._scribe.say(batch.store, origin, [Reply(Say(lambda see: wording.broken(str(row))))], now)
            return False

    def _is_idle(self, batch: Batch, heard: Heard, group: Group | None) -> bool:
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
        if aftermath.may_matter(heard.text) or piecing.may_begin(heard.text.strip()):
            return False
        speaker = batch.person_of(message)
        asked = batch.has_asked or (speaker is not None and speaker.id in batch.asked_people)
        asked = asked or group.id in batch.asked_groups
        return not asked and not isinstance(message.what, Picture) and not _may_hold_papers(heard.text)

    def _run_turn(
        self, batch: Batch, heard: Heard, group: Group | None, row: int, now: datetime, answered: list[Rendered]
    ) -> bool:
        store, message = batch.store, heard.message
        speaker = batch.person_of(message)
        community = batch.community_of(group, speaker)
        newcomer = speaker is None
        if speaker is None:
            speaker = stranger(message, community, group)
        intent = heard.intent
        origin = Origin(message, group, speaker, community, row, answered)
        for _ in range(3):
            answered.clear()
            try:
                with store.savepoint():
                    if newcomer:
                        speaker = batch.introduce(message, speaker, now)
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
                    taken = self._taken_up(turn, batch)
                    said = self._scribe.say(store, origin, taken or otherwise.otherwise(turn), now)
                    if taken is None and not said:
                        raise Silence
                log_turn(row, group, intent, "done")
                return taken is not None
            except Silence:
                return False
            except Overtaken:
                continue
            except (Refusal, NotNow) as error:
                self._refuse(batch, origin, error, newcomer, now)
                log_turn(row, group, intent, str(error))
                return True
        raise Overtaken

    def _taken_up(self, turn: Turn, batch: Batch) -> Iterator[Outcome] | None:
        """Whose turn it is; None: nobody's. A message that does several things is several turns, in its order."""
        in_bound_chat = turn.group is not None or turn.message.chat.kind is ChatKind.PRIVATE
        urgent = aftermath.first_of_all(turn) if in_bound_chat else None
        if urgent is not None:
            return self._acknowledged(turn, urgent)
        acts = several.parts(turn)
        if len(acts) == 1:
            return self._one_taken_up(turn, batch)
        return self._acknowledged(turn, several.in_turn(acts, lambda act: self._one_taken_up(act, batch)))

    def _one_taken_up(self, turn: Turn, batch: Batch) -> Iterator[Outcome] | None:
        """An open question first, then the ability that the words name."""
        for question in self._open_questions(turn, batch):
            answering = self._registry.answers[question.kind]
            asked = replace(turn, question=question)
            if _fits(turn.intent, question, turn.store) and answering.accepts(asked):
                turn.store.questions.close(question, turn.now)
                return self._acknowledged(asked, answering.handler(asked))
        ability = self._registry.abilities.get(turn.intent.ability or "")
        if turn.group is None and turn.message.chat.kind is ChatKind.GROUP and turn.intent.ability != BIND:
            return None
        if isinstance(turn.message.what, Entered):
            return None
        begun = piecing.begin(turn)
        if begun is not None or ability is None:
            return begun and self._acknowledged(turn, begun)
        if ability.only and not may(turn.speaker, ability.only):
            raise _no_right(turn, ability)
        return self._acknowledged(turn, ability.handler(turn))

    def _acknowledged(self, turn: Turn, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
        """Where the platform shows the speaker nothing but our answer, an empty answer would look broken."""
        answered = False
        for outcome in outcomes:
            answered |= isinstance(outcome, Reply) or (
                isinstance(outcome, Push) and is_same_chat(outcome, turn.group, turn.speaker)
            )
            yield outcome
        needs_word = self._scribe.is_in_band(turn.message) and not isinstance(turn.message.what, Press)
        if not answered and needs_word:
            yield Reply(Say(lambda see: wording.noted()))

    def _open_questions(self, turn: Turn, batch: Batch) -> list[Question]:
        group_id = turn.group.id if turn.group else None
        if turn.message.chat.kind is ChatKind.GROUP and group_id is None:
            return []
        if turn.speaker.id not in batch.asked_people and group_id not in batch.asked_groups and not batch.has_asked:
            return []
        return turn.store.questions.open_for(turn.speaker.id, group_id, turn.now)

    def _refuse(self, batch: Batch, origin: Origin, error: Refusal | NotNow, newcomer: bool, now: datetime) -> None:
        """The turn is undone; its refusal and its audit line are written after that."""
        store = batch.store
        assert origin.message is not None
        assert origin.speaker is not None
        origin.answered.clear()
        speaker = batch.introduce(origin.message, origin.speaker, now) if newcomer else origin.speaker
        message, origin = origin.message, replace(origin, speaker=speaker)
        say, asks = several.objection(error)
        store.audit.write(origin.community.id, None, 0, "refused", speaker.id, now, detail=str(error))
        # Thirty may press one button: each learns alone what became of it, and the card says it to all.
        pressed = isinstance(message.what, Press) and origin.group is not None
        in_chat = not pressed and (origin.group is None or message.mentioned)
        self._scribe.say(
            store, origin, [Reply(say, asks) if in_chat else Push(speaker, say, Lane.REPLY, asks=asks)], now
        )
        if asks is not None and not in_chat and origin.group is not None:
            self._scribe.ask(
                store, origin, origin.group, asks, now
            )  # people answer where they spoke as often as where they read
        if pressed:
            self._scribe.show_face(store, origin, now)

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
            origin = Origin(None, None, None, community, None, [])
            tick = Tick(community, now, now, store)
            for secretary in finding.secretaries(tick):
                said = Say(lambda see: wording.undelivered_count(count))  # noqa: B023  # rendered at once
                self._scribe.say(store, origin, [Push(secretary, said, Lane.REPORT)], now)

    def _run_step(self, store: Store, step: Step, now: datetime) -> None:
        community = store.communities.get(step.community_id)
        tick = Tick(community, now, step.due_at, store, step)
        try:
            with store.savepoint():
                if store.orders.get(step.order_id).state not in STEPS[step.kind][1]:
                    return  # planned for a state that it never came to
                self._scribe.say(
                    store, Origin(None, None, None, community, None, []), self._registry.steps[step.kind](tick), now
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
                    self._scribe.say(store, Origin(None, None, None, community, None, []), handler(tick), now)
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

    # Doors

    def _stored_answer(self, store: Store, row: int, stream: str) -> Answer:
        return Answer(stream, tuple(map(rendered, store.outbox.answers(row))))

    def _give_held(self, batch: Batch, heard: Heard, row: int, now: datetime) -> bool:
        """What no door could carry leaves with this answer: it goes to the very people it was meant for."""
        message = heard.message
        if isinstance(message.what, Press | Feedback):
            return False
        if message.chat.kind is ChatKind.GROUP:
            group = batch.group_of(message)
            held = batch.store.outbox.held_for(None, group.id) if group and group.id in batch.held_groups else []
        else:
            speaker = batch.person_of(message)
            waits = speaker is not None and speaker.id in batch.held_people
            held = batch.store.outbox.held_for(speaker.id, None) if speaker and waits else []
        stale = [line for line in held if is_stale(batch.store, line, now)]
        for line in stale:
            batch.store.outbox.supersede(line)
        fresh = [line for line in held if line not in stale]
        batch.store.outbox.release_held(fresh, row, now)
        return bool(fresh)


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


def _no_right(turn: Turn, ability: Ability) -> Refusal:
    return Refusal(Say(lambda see: wording.no_right()), reason=f"no right: {ability.name}")


def _next_slot(community: Community, name: str, now: datetime) -> datetime:
    setting = name.partition("/")[0]
    return hours.next_at(now, community.settings.at(setting))


def log_turn(row: int, group: Group | None, intent: Intent, outcome: str) -> None:
    """One line per turn, without a word of what was said."""
    log.info(
        "message=%d group=%s ability=%s outcome=%s", row, group.id if group else "-", intent.ability or "-", outcome
    )
