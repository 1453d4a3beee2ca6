"""The conversation file: communities, groups and people in its head, then talk. Read by replay, tests and the demo."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from bot.clock import CHINA
from nlp.places import find_address
from storage import Store
from storage.groups import GroupKind
from storage.people import Person, Role

KINDS: Mapping[str, GroupKind] = {
    "居民": GroupKind.RESIDENTS,
    "党员": GroupKind.MEMBERS,
    "书记": GroupKind.SECRETARIES,
    "单位": GroupKind.UNITS,
}
LITERALS_NEEDED = 4
GAP = "……"


class BadConversation(Exception):
    """A line of the file does not follow the format; the message names file and line."""


@dataclass(frozen=True, slots=True)
class GroupPart:
    name: str
    kind: GroupKind


@dataclass(frozen=True, slots=True)
class CommunityPart:
    """One block of headers."""

    name: str
    groups: tuple[GroupPart, ...] = ()
    people: tuple[Person, ...] = ()
    next_no: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody says something, or presses a button. `chat` is a group's name, None for the speaker's private chat."""

    line: int
    chat: str | None
    at: time | None
    has_seconds: bool
    speaker: str
    text: str
    quote: str | None = None
    button: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The clock moves; exactly one of the three is set."""

    line: int
    words: str
    by: timedelta | None = None
    at: time | None = None
    days: int = 0
    to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A line the bot must say: in a group, or to one person in private."""

    line: int
    chat: str | None
    person: str | None
    pattern: str
    is_edit: bool

    def matches(self, said: str) -> bool:
        wanted = GAP.join(re.escape(_flat(part)) for part in self.pattern.split(GAP))
        return re.fullmatch(wanted.replace(re.escape(GAP), ".*").replace(GAP, ".*"), _flat(said)) is not None


Event = Spoken | Moved | Expected


@dataclass(frozen=True, slots=True)
class Conversation:
    name: str
    communities: tuple[CommunityPart, ...]
    begins: datetime
    events: tuple[Event, ...]


def _flat(text: str) -> str:
    return " ".join(text.split())


_HEADER = re.compile(r"^(社区|群|人员|下一单号|时间|设置)[：:]\s*(.*)$")
_CHAT = re.compile(r"^【([^】]{1,40})】$")
_MOVE = re.compile(r"^[—–-]{2,}\s*(.+?)\s*[—–-]{2,}$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?\s+")
_PRESS = re.compile(r"^(\S{1,20})\s+按\s+\[(.{1,20})\]$")
_SPOKEN = re.compile(r"^([^：:「」]{1,20})(?:「(.*?)」)?[：:]\s*(.*)$", re.DOTALL)
_BOT = re.compile(r"^(改|→([^：:]{1,20}))?[：:]\s*(.*)$", re.DOTALL)
_DAY_MOVE = re.compile(r"^(次日|当天|第(\d+)天)?\s*(\d{1,2}):(\d{2})$")
_BY_MOVE = re.compile(r"^\+\s*(\d+)\s*(秒|分钟|小时|天)$")
_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}


def read(text: str, name: str, bot_name: str = "小邻") -> Conversation:
    """Read a conversation. Without headers of its own it plays in the demo community. Raises BadConversation."""
    reader = _Reader(name, bot_name)
    for number, raw in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        reader.take(number, raw.strip())
    return reader.finish()


class _Reader:
    def __init__(self, name: str, bot_name: str) -> None:
        self._name = name
        self._bot = bot_name
        self._communities: list[CommunityPart] = []
        self._begins: datetime | None = None
        self._events: list[Event] = []
        self._chat: str | None = None
        self._in_private = False
        self._number = 0

    def fail(self, why: str) -> BadConversation:
        return BadConversation(f"{self._name}:{self._number}: {why}")

    def take(self, number: int, line: str) -> None:
        self._number = number
        if not line or line.startswith("#"):
            return
        header = _HEADER.match(line)
        if header and not self._events:
            self._head(header[1], header[2])
        elif chat := _CHAT.match(line):
            self._in_private = chat[1] == "私"
            self._chat = None if self._in_private else chat[1]
            if self._chat is not None and self._communities and self._chat not in self._group_names():
                raise self.fail(f"there is no group {self._chat}")
        elif move := _MOVE.match(line):
            self._events.append(self._move(move[1]))
        else:
            self._events.append(self._said(line))

    def _group_names(self) -> set[str]:
        return {group.name for community in self._communities for group in community.groups}

    # Headers

    def _head(self, key: str, value: str) -> None:
        if key == "时间":
            try:
                self._begins = datetime.fromisoformat(value).replace(tzinfo=CHINA)
            except ValueError as error:
                raise self.fail("时间 wants a moment such as 2026-11-23 18:42") from error
            return
        if key == "社区":
            self._communities.append(CommunityPart(value))
            return
        if not self._communities:
            self._communities.append(CommunityPart("幸福里"))
        part = self._communities[-1]
        match key:
            case "群":
                part = replace(part, groups=part.groups + tuple(self._groups(value)))
            case "人员":
                part = replace(part, people=part.people + tuple(self._people(value)))
            case "下一单号":
                if not value.isascii() or not value.isdecimal():
                    raise self.fail("下一单号 wants a number")
                part = replace(part, next_no=int(value))
            case _:
                part = replace(part, settings=dict(part.settings) | dict(self._settings(value)))
        self._communities[-1] = part

    def _groups(self, value: str) -> Iterator[GroupPart]:
        for entry in _entries(value):
            name, _, kind = entry.partition(" ")
            if kind.strip() not in KINDS:
                raise self.fail(f"群 {name}: the kind is one of {' '.join(KINDS)}")
            yield GroupPart(name, KINDS[kind.strip()])

    def _people(self, value: str) -> Iterator[Person]:
        for entry in _entries(value):
            name, *rest = entry.split()
            roles = {word for word in rest if word in {role.value for role in Role}}
            if not roles:
                raise self.fail(f"人员 {name}: a role is wanted, one of {' '.join(role.value for role in Role)}")
            yield _person(name, roles, [word for word in rest if word not in roles])

    def _settings(self, value: str) -> Iterator[tuple[str, str]]:
        for entry in _entries(value):
            key, equals, content = entry.partition("=")
            if not equals:
                raise self.fail("设置 wants key=value")
            yield key.strip(), content.strip()

    # Talk

    def _move(self, words: str) -> Moved:
        words = words.replace("：", ":").strip()
        if by := _BY_MOVE.match(words):
            return Moved(self._number, words, by=timedelta(**{_UNITS[by[2]]: int(by[1])}))
        if day := _DAY_MOVE.match(words):
            days = 1 if day[1] == "次日" else int(day[2]) if day[2] else 0
            return Moved(self._number, words, at=self._time(day[3], day[4], None), days=days)
        try:
            return Moved(self._number, words, to=datetime.fromisoformat(words).replace(tzinfo=CHINA))
        except ValueError as error:
            raise self.fail(f"cannot read the time {words!r}") from error

    def _time(self, hour: str, minute: str, second: str | None) -> time:
        try:
            return time(int(hour), int(minute), int(second or 0))
        except ValueError as error:
            raise self.fail(f"no such time: {hour}:{minute}") from error

    def _said(self, line: str) -> Event:
        clock = _CLOCK.match(line)
        at = self._time(clock[1], clock[2], clock[3]) if clock else None
        has_seconds = bool(clock and clock[3])
        rest = line[clock.end() :] if clock else line
        if rest.startswith(self._bot) and (bot := _BOT.match(rest[len(self._bot) :])):
            return self._expected(bot)
        if self._chat is None and not self._in_private:
            raise self.fail("say first in which chat: 【群名】 or 【私】")
        if press := _PRESS.match(rest):
            return Spoken(self._number, self._chat, at, has_seconds, press[1], "", button=press[2])
        spoken = _SPOKEN.match(rest)
        if spoken is None:
            raise self.fail("not a line of talk; 姓名：文字 is wanted")
        return Spoken(self._number, self._chat, at, has_seconds, spoken[1].strip(), spoken[3], quote=spoken[2])

    def _expected(self, bot: re.Match[str]) -> Expected:
        pattern = bot[3]
        if len("".join(pattern.split(GAP)).replace(" ", "")) < LITERALS_NEEDED:
            raise self.fail(f"at least {LITERALS_NEEDED} characters besides {GAP} are wanted")
        person = bot[2].strip() if bot[2] else None
        chat = None if person else self._chat
        if person is None and chat is None:
            raise self.fail("in a private chat name the person: 小邻→姓名：…")
        return Expected(self._number, chat, person, pattern, bot[1] == "改")

    def finish(self) -> Conversation:
        communities = tuple(self._communities)
        if not communities:
            from bot.demo import COMMUNITY

            communities = (COMMUNITY,)
        begins = self._begins or datetime(2026, 11, 23, 9, tzinfo=CHINA)
        return Conversation(self._name, communities, begins, tuple(self._events))


def _entries(value: str) -> list[str]:
    return [entry.strip() for entry in re.split("[；;]", value) if entry.strip()]


def _person(name: str, roles: set[str], rest: Sequence[str]) -> Person:
    """A person from loose words in any order: address, phone, 会X, 有空…, and what is left is the unit."""
    person = Person(0, None, name, roles=frozenset(Role(role) for role in roles))
    for word in rest:
        address, _, _ = find_address(word, word, word)
        if re.fullmatch(r"1\d{10}|0\d{9,11}", word):
            person = replace(person, phone=word)
        elif word.startswith("会"):
            person = replace(person, skills=(*person.skills, word[1:]))
        elif word.startswith("有空"):
            person = replace(person, free=word.removeprefix("有空"))
        elif address is not None and address.building is not None:
            person = replace(person, building=address.building, entrance=address.entrance, room=address.room)
        else:
            person = replace(person, unit=word)
    return person


def settle(store: Store, communities: Sequence[CommunityPart], channel: str, now: datetime) -> None:
    """Write the communities of a conversation into an empty database; accounts are the names on this channel."""
    for part in communities:
        community = store.communities.add(part.name, now, next_no=part.next_no, settings=part.settings)
        for group in part.groups:
            store.groups.bind(community.id, group.kind, group.name, channel, group.name, now)
        for person in part.people:
            kept = store.people.add(replace(person, community_id=community.id), now)
            store.people.link(kept.id, channel, person.name, now)
