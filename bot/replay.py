"""Plays conversation files through the whole product with a simulated clock: `linli replay` and the tests."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from bot.channels import Address, Capabilities, Inbound, Poll, Receipt, Rendered
from bot.clock import FakeClock
from bot.conversation import BadConversation, Conversation, Expected, Moved, Spoken, read, settle
from bot.sender import Sender
from bot.worker import Worker
from handlers.ability import load
from handlers.turn import ChatKind, ChatRef, Message, MessageKey, Picture, Press, Text, UserRef, Voice, What
from nlp import Parser, quoted_order, strip_mentions
from nlp.clean import clean
from storage import Store
from storage.columns import metadata
from storage.database import Database
from storage.orders import Order
from storage.outbox import OutRow

CHANNEL = "console"
PAUSE = timedelta(seconds=10)  # between a line and the next untimed one
BOT = "小邻"
# A speaker written as some platforms know people: an account without a name.
PLATFORM_ID = re.compile(r"(?=.*\d)[A-Za-z0-9_-]{6,}")
AHEAD = 10_000  # due moments on the way of one clock move; more is a loop


class ReplayDoor:
    """A door that carries everything and only remembers what went through it."""

    name = CHANNEL
    can = Capabilities(
        speak_first=True,
        private=True,
        groups=True,
        hears_all=True,
        cards=True,
        update_card=True,
        in_band=False,
    )
    text_limit = 1_000_000

    def __init__(self, said: Callable[[ChatRef, Rendered], None]) -> None:
        self._said = said

    def greet(self, inbound: Inbound) -> bytes:
        return b""

    def read(self, inbound: Inbound) -> list[Message | Poll]:
        return []

    def answer(self, inbound: Inbound, replies: Sequence[Rendered], stream: str, finished: bool) -> bytes:
        return b""

    async def send(self, to: Address, rendered: Rendered) -> Receipt:
        self._said(to.chat, rendered)
        return Receipt()


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was really said."""

    at: datetime
    speaker: str
    chat: ChatRef
    text: str
    buttons: tuple[str, ...] = ()
    order: str | None = None
    card: str | None = None
    is_edit: bool = False

    def to_json(self) -> dict[str, object]:
        line: dict[str, object] = {
            "at": self.at.isoformat(),
            "from": self.speaker,
            "to": {"kind": str(self.chat.kind), "name": self.chat.id},
            "text": self.text,
            "buttons": list(self.buttons),
            "order": self.order,
        }
        return line | {"edit": True} if self.is_edit else line


@dataclass(slots=True)
class _Segment:
    """What was expected and what was said between two spoken lines or clock moves."""

    after: int
    expected: list[Expected] = field(default_factory=list)
    said: list[Line] = field(default_factory=list)


class Replay:
    """One conversation, played in a database of its own."""

    def __init__(self, conversation: Conversation, database: Database, parser: Parser) -> None:
        self._conversation = conversation
        self._database = database
        self.clock = FakeClock(conversation.begins)
        self.lines: list[Line] = []
        self._segments = [_Segment(0)]
        self._count = 0
        door = ReplayDoor(self._bot_said)
        self._worker = Worker(database, parser, load(), {CHANNEL: door.can}, BOT)
        self._sender = Sender(database, {CHANNEL: door}, one_by_one=True)
        self._loop = asyncio.new_event_loop()
        self._buttons: list[tuple[ChatRef, str, str, str]] = []

    def play(self) -> None:
        """Play every line, then give the last one its moment."""
        with self._database.write() as store:
            settle(store, self._conversation.communities, CHANNEL, self.clock.now())
        self._worker.plan_slots(self.clock.now())
        try:
            is_first, moved = True, False
            for event in self._conversation.events:
                match event:
                    case Expected():
                        self._segments[-1].expected.append(event)
                    case Moved():
                        target = self._moment(event)
                        if not moved and not is_first:
                            # What follows a line at once still belongs to it, not to the time that is skipped.
                            self._go_to(min(target, self.clock.now() + PAUSE))
                        self._segments.append(_Segment(event.line))
                        self._go_to(target)
                        moved, is_first = True, False
                    case Spoken():
                        if event.at is not None:
                            self._go_to(self._at(event))
                        elif not moved and not is_first:
                            self._go_to(self.clock.now() + PAUSE)
                        self._segments.append(_Segment(event.line))
                        self._speak(event)
                        moved, is_first = False, False
            if not moved:
                self._go_to(self.clock.now() + PAUSE)
        finally:
            self._loop.close()

    # Time

    def _moment(self, move: Moved) -> datetime:
        now = self.clock.now()
        if move.by is not None:
            return now + move.by
        if move.to is not None:
            return move.to
        assert move.at is not None
        moment = datetime.combine(now.date() + timedelta(days=move.days), move.at, now.tzinfo)
        return moment if moment >= now or move.days else moment + timedelta(days=1)

    def _at(self, spoken: Spoken) -> datetime:
        now = self.clock.now()
        assert spoken.at is not None
        moment = datetime.combine(now.date(), spoken.at, now.tzinfo)
        if moment >= now:
            return moment
        if not spoken.has_seconds and now - moment < timedelta(minutes=1):
            return now
        return moment + timedelta(days=1)

    def _go_to(self, moment: datetime) -> None:
        """Everything due on the way happens, in order, at its own time."""
        self._settle()
        for _ in range(AHEAD):
            upcoming = self._next_due()
            if upcoming is None or upcoming > moment:
                break
            self.clock.move_to(upcoming)
            self._settle()
        else:
            raise RuntimeError("the same moment comes due again and again")
        self.clock.move_to(moment)

    def _next_due(self) -> datetime | None:
        with self._database.read() as store:
            known = [moment for moment in (store.steps.next_due_at(), store.outbox.next_due_at()) if moment]
        return min(known).astimezone(self.clock.now().tzinfo) if known else None

    def _settle(self) -> None:
        while self._worker.tick(self.clock.now()) + self._loop.run_until_complete(
            self._sender.deliver(self.clock.now())
        ):
            pass

    # Talk

    def _speak(self, event: Spoken) -> None:
        name = event.speaker
        chat = (
            ChatRef(CHANNEL, ChatKind.GROUP, event.chat)
            if event.chat is not None
            else ChatRef(CHANNEL, ChatKind.PRIVATE, name)
        )
        self._count += 1
        what, mentioned = self._what(event, chat)
        shown = f"[{event.button}]" if event.button else event.text
        self.lines.append(Line(self.clock.now(), name, chat, shown))
        message = Message(
            MessageKey(CHANNEL, f"line-{self._count}", name),
            chat,
            UserRef(CHANNEL, name, None if PLATFORM_ID.fullmatch(name) else name),
            mentioned or chat.kind is ChatKind.PRIVATE or isinstance(what, Press),
            what,
            self.clock.now(),
            quote=event.quote,
        )
        self._worker.take([message], self.clock.now())
        self._settle()

    def _what(self, event: Spoken, chat: ChatRef) -> tuple[What, bool]:
        if event.button is not None:
            return self._press(event, chat), True
        text, mentioned = strip_mentions(clean(event.text), (BOT,))
        for mark, unsure in (("[语音 听不清]", True), ("[语音]", False)):
            if text.startswith(mark):
                return Voice(text[len(mark) :].strip(), unsure), mentioned
        if text.startswith("[图片"):
            name, _, words = text.partition("]")
            return Picture(name[3:].strip(), words.strip()), mentioned
        return Text(text), mentioned

    def _press(self, event: Spoken, chat: ChatRef) -> Press:
        for shown_in, label, says, card in reversed(self._buttons):
            if label == event.button and shown_in == chat:
                return Press(says, card)
        raise BadConversation(f"{self._conversation.name}:{event.line}: 这里没有带[{event.button}]的卡片")

    def _bot_said(self, chat: ChatRef, rendered: Rendered) -> None:
        order = rendered.buttons[0].says if rendered.buttons else rendered.text
        number = (
            "".join(character for character in order.split("】")[0] if character.isdigit()) if rendered.card else None
        )
        line = Line(
            self.clock.now(),
            BOT,
            chat,
            rendered.text,
            tuple(button.label for button in rendered.buttons),
            number or quoted_order(rendered.text),
            rendered.card,
            rendered.replaces,
        )
        self.lines.append(line)
        self._segments[-1].said.append(line)
        if rendered.replaces:
            self._buttons = [shown for shown in self._buttons if shown[3] != rendered.card]
        if rendered.card:
            self._buttons += [(chat, button.label, button.says, rendered.card) for button in rendered.buttons]

    # Outcome

    def differences(self) -> Iterator[str]:
        """Every line that should have been said and was not, and the other way round."""
        for segment in self._segments:
            places = dict.fromkeys(
                [self._place(one.person, one.chat) for one in segment.expected]
                + [self._place_of(one.chat) for one in segment.said]
            )
            for place in places:
                wanted = [one for one in segment.expected if self._place(one.person, one.chat) == place]
                said = [one for one in segment.said if self._place_of(one.chat) == place]
                yield from self._compare(segment.after, place, wanted, said)

    def _place(self, person: str | None, chat: str | None) -> str:
        return f"→{person}" if person else f"【{chat}】"

    def _place_of(self, chat: ChatRef) -> str:
        return f"→{chat.id}" if chat.kind is ChatKind.PRIVATE else f"【{chat.id}】"

    def _compare(self, after: int, place: str, wanted: Sequence[Expected], said: Sequence[Line]) -> Iterator[str]:
        name = self._conversation.name
        for number in range(max(len(wanted), len(said))):
            want = wanted[number] if number < len(wanted) else None
            have = said[number] if number < len(said) else None
            if want is None and have is not None:
                yield f"{name}:{after}: {place} 多说了：{have.text}"
            elif want is not None and have is None:
                yield f"{name}:{want.line}: {place} 没有说：{want.pattern}"
            elif (
                want is not None and have is not None and (not want.matches(have.text) or want.is_edit != have.is_edit)
            ):
                yield f"{name}:{want.line}: {place} 应是：{want.pattern}\n    说的是：{'（改）' if have.is_edit else ''}{have.text}"

    def state(self) -> list[dict[str, object]]:
        """One object per order, as the contract has it."""
        with self._database.read() as store:
            return [
                self._order_json(order, store)
                for community in store.communities.all()
                for order in store.orders.all(community.id)
            ]

    def _order_json(self, order: Order, store: Store) -> dict[str, object]:
        zone = self.clock.now().tzinfo
        steps = store.steps.of_order(order.id)

        def iso(moment: datetime | None) -> str | None:
            return moment.astimezone(zone).isoformat() if moment else None

        def name_of(person: int | None) -> str | None:
            return store.people.get(person).name if person is not None else None

        address = {
            key: value
            for key in ("building", "entrance", "floor", "room", "place")
            if (value := getattr(order, key)) is not None
        }
        return {
            "no": str(order.no),
            "state": str(order.state),
            "version": order.version,
            "claimants": [claim.label for claim in order.holders],
            "standby": [claim.label for claim in order.standby],
            "category": order.category,
            "urgency": order.urgency,
            "address": address,
            "start": iso(order.start),
            "end": iso(order.end),
            "rating": order.rating,
            "round": order.round,
            "waiting_on": str(steps[0].waits_on) if steps and order.state.is_live else None,
            "next_at": iso(steps[0].due_at) if steps and order.state.is_live else None,
            "history": [
                {"at": iso(line.at), "move": line.move, "by": name_of(line.by)}
                for line in store.audit.of_order(order.id)
            ],
        }

    def idle_orders(self) -> list[int]:
        """Liveness: live orders without a next step."""
        with self._database.read() as store:
            return store.steps.orders_without()

    def outbox(self) -> list[OutRow]:
        with self._database.read() as store:
            return store.outbox.all()


def new_parser() -> Parser:
    return Parser(load().rules(), bot_names=(BOT,))


@contextmanager
def played(text: str, name: str, parser: Parser | None = None) -> Iterator[Replay]:
    """A conversation, played in a temporary database that ends with the block. Raises BadConversation."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'replay.db'}")
        metadata.create_all(database.engine)
        try:
            replay = Replay(read(text, name), database, parser or new_parser())
            replay.play()
            yield replay
        finally:
            database.close()


def unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read, for whoever typed its name."""
    match error:
        case FileNotFoundError():
            return "没有这个文件。"
        case IsADirectoryError():
            return "这是文件夹，要写文件名。"
        case UnicodeDecodeError():
            return "这个文件不是UTF-8编码的文字，读不了。"
        case OSError():
            return "这个文件读不了，看看权限。"


def replay_files(paths: Sequence[Path], jsonl: bool, check: bool, state: bool, out: TextIO = sys.stdout) -> int:
    """`linli replay`: 0 when all went well, 1 where --check found a difference, 2 for a file that cannot be read."""
    parser = new_parser()
    failed = 0
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            sys.stderr.write(f"{path}: {unreadable(error)}\n")
            return 2
        try:
            with played(text, path.name, parser) as replay:
                failed += _report(replay, jsonl, check, state, out)
        except BadConversation as error:
            sys.stderr.write(f"{error}\n")
            return 2
    return 1 if failed else 0


def _report(replay: Replay, jsonl: bool, check: bool, state: bool, out: TextIO) -> int:
    if jsonl:
        for line in replay.lines:
            print(json.dumps(line.to_json(), ensure_ascii=False), file=out)
    elif not check and not state:
        for line in replay.lines:
            where = f"→{line.chat.id}" if line.chat.kind is ChatKind.PRIVATE else f"【{line.chat.id}】"
            buttons = "".join(f" [{label}]" for label in line.buttons)
            print(
                f"{line.at:%m-%d %H:%M:%S} {where} {line.speaker}{'改' if line.is_edit else ''}：{line.text}{buttons}",
                file=out,
            )
    if state:
        for order in replay.state():
            print(json.dumps(order, ensure_ascii=False), file=out)
    if not check:
        return 0
    differences = list(replay.differences())
    for difference in differences:
        sys.stderr.write(f"{difference}\n")
    return len(differences)
