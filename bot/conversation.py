"""The conversation file: communities, groups and people in its head, then talk. Read by replay, tests and the demo."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, time, timedelta

from bot.clock import CHINA
from nlp.places import find_address
from storage import Store
from storage.communities import BadSetting, CommunitySettings
from storage.groups import GroupKind
from storage.people import Person, Role

KINDS: Mapping[str, GroupKind] = {
    "居民": GroupKind.RESIDENTS,
    "党员": GroupKind.MEMBERS,
    "书记": GroupKind.SECRETARIES,
    "单位": GroupKind.UNITS,
}
HEADERS = ("社区", "群", "人员", "下一单号", "时间", "设置")
LITERALS_NEEDED = 4
LONGEST_MOVE = timedelta(days=3660)
LAST_YEAR = 2100
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


_HEADER = re.compile(rf"^({'|'.join(HEADERS)})[：:]\s*(.*)$")
_CHAT = re.compile(r"^【([^】]{1,40})】$")
_MOVE = re.compile(r"^[—–-]{2,}\s*(.+?)\s*[—–-]{2,}$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?\s+")
_PRESS = re.compile(r"^(\S{1,20})\s+按\s+\[(.{1,20})\]$")
_SPOKEN = re.compile(r"^([^：:「」]{1,20})(?:「(.*?)」)?[：:]\s*(.*)$", re.DOTALL)
_BOT = re.compile(r"^(改|→([^：:]{1,20}))?[：:]\s*(.*)$", re.DOTALL)
_DAY_MOVE = re.compile(r"^(次日|当天|第([0-9]{1,6})天)?\s*(\d{1,2}):(\d{2})$")
_BY_MOVE = re.compile(r"^\+\s*([0-9]{1,9})\s*(秒|分钟|小时|天)$")
# What a secretary writes behind a name when it is where somebody works or belongs.
_UNIT = re.compile(
    r".*(?:党组织|支部|党委|单位|物业|公司|学校|医院|银行|中心|街道|集团|派出所|居委|村委|业委)"
    r"|.+(?:局|院|园|社|部|站|会|所|厂|店|队|校|小学|中学|大学|超市|工会|办公室)"
)
_HOURS = r"[零一二两三四五六七八九十\d]{1,3}(?:[:：]\d{2}|点半?)?"
_FREE = re.compile(
    rf"(?:每天|每周|每晚|每|工作日|休息日|节假日|周末|双休日|平时|随时|全天|都行|都有空|今天|明天|后天|下班后?|放学后"
    rf"|(?:周|星期|礼拜)[一二三四五六日天末、,，至到-]+|凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|夜间|白天|晚|早"
    rf"|{_HOURS}|以后|之后|以前|之前|前|后|[到至、,，和~—-])+"
)
_LONE_UNIT = 4  # a shorter word that looks like nothing is a nickname or a slip
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
                raise self.fail(f"这个文件里没有叫“{self._chat}”的群")
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
                raise self.fail("时间要写成 2026-11-23 18:42 这样") from error
            return
        if key == "社区":
            if not value or value in {community.name for community in self._communities}:
                raise self.fail("社区要有名字，同一个名字只能写一次")
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
                if not re.fullmatch(r"[0-9]{1,9}", value) or not int(value):
                    raise self.fail("下一单号要写一个数，从1到999999999")
                part = replace(part, next_no=int(value))
            case _:
                part = replace(part, settings=dict(part.settings) | dict(self._settings(value)))
        self._communities[-1] = part

    def _groups(self, value: str) -> Iterator[GroupPart]:
        for entry in _entries(value):
            name, _, kind = entry.partition(" ")
            if kind.strip() not in KINDS:
                raise self.fail(f"群 {name}：要写明是哪种群，{'、'.join(KINDS)}里的一种")
            yield GroupPart(name, KINDS[kind.strip()])

    def _people(self, value: str) -> Iterator[Person]:
        known = {person.name for person in self._communities[-1].people}
        for entry in _entries(value):
            name, *rest = entry.split()
            if name in known:
                raise self.fail(f"人员 {name}：写了两次")
            known.add(name)
            roles = {word for word in rest if word in {role.value for role in Role}}
            if not roles:
                raise self.fail(f"人员 {name}：要写明身份，{'、'.join(role.value for role in Role)}里的一种")
            yield _person(name, roles, [word for word in rest if word not in roles])

    def _settings(self, value: str) -> Iterator[tuple[str, str]]:
        for entry in _entries(value):
            key, equals, content = entry.partition("=")
            if not equals:
                raise self.fail("设置要写成 键=值")
            try:
                CommunitySettings().changed({key.strip(): content.strip()})
            except BadSetting as error:
                is_known = key.strip() in {setting.name for setting in fields(CommunitySettings)}
                why = f"“{content.strip()}”这个值不能用" if is_known else "没有这一项"
                raise self.fail(f"设置 {key.strip()}：{why}") from error
            yield key.strip(), content.strip()

    # Talk

    def _move(self, words: str) -> Moved:
        words = words.replace("：", ":").strip()
        if by := _BY_MOVE.match(words):
            delta = timedelta(**{_UNITS[by[2]]: int(by[1])})
            return Moved(self._number, words, by=self._near(delta))
        if day := _DAY_MOVE.match(words):
            days = 1 if day[1] == "次日" else int(day[2]) if day[2] else 0
            self._near(timedelta(days=days))
            return Moved(self._number, words, at=self._time(day[3], day[4], None), days=days)
        try:
            to = datetime.fromisoformat(words).replace(tzinfo=CHINA)
        except ValueError as error:
            raise self.fail(f"看不懂这个时间：{words}") from error
        if to.year > LAST_YEAR:
            raise self.fail(f"太远了，最多到{LAST_YEAR}年")
        return Moved(self._number, words, to=to)

    def _near(self, delta: timedelta) -> timedelta:
        if delta > LONGEST_MOVE:
            raise self.fail(f"一次最多往后{LONGEST_MOVE.days}天")
        return delta

    def _time(self, hour: str, minute: str, second: str | None) -> time:
        try:
            return time(int(hour), int(minute), int(second or 0))
        except ValueError as error:
            raise self.fail(f"没有这个钟点：{hour}:{minute}") from error

    def _said(self, line: str) -> Event:
        clock = _CLOCK.match(line)
        at = self._time(clock[1], clock[2], clock[3]) if clock else None
        has_seconds = bool(clock and clock[3])
        rest = line[clock.end() :] if clock else line
        if rest.startswith(self._bot) and (bot := _BOT.match(rest[len(self._bot) :])):
            return self._expected(bot)
        if self._chat is None and not self._in_private:
            raise self.fail(self._misplaced(rest))
        if press := _PRESS.match(rest):
            return Spoken(self._number, self._chat, at, has_seconds, press[1], "", button=press[2])
        spoken = _SPOKEN.match(rest)
        if spoken is None:
            raise self.fail("看不懂这一行；说话要写成 姓名：文字")
        return Spoken(self._number, self._chat, at, has_seconds, spoken[1].strip(), spoken[3], quote=spoken[2])

    def _misplaced(self, line: str) -> str:
        """Nobody can speak before a chat is named, so a line like that is most likely a header of another name."""
        spoken = _SPOKEN.match(line)
        if spoken is None or self._events:
            return "先写在哪个群里说：【群名】或【私】"
        return f"不认识“{spoken[1].strip()}”这个开头，能写的是{'、'.join(HEADERS)}；要是有人说话，先写【群名】或【私】"

    def _expected(self, bot: re.Match[str]) -> Expected:
        pattern = bot[3]
        if len("".join(pattern.split(GAP)).replace(" ", "")) < LITERALS_NEEDED:
            raise self.fail(f"除了{GAP}，至少要写{LITERALS_NEEDED}个字")
        person = bot[2].strip() if bot[2] else None
        chat = None if person else self._chat
        if person is None and chat is None:
            raise self.fail("私聊里要写明对谁说：小邻→姓名：…")
        return Expected(self._number, chat, person, pattern, bot[1] == "改")

    def finish(self) -> Conversation:
        if not self._events:
            raise BadConversation(f"{self._name}: 里面没有一句话，没什么可演的")
        communities = tuple(self._communities)
        if not communities:
            from bot.demo import COMMUNITY

            communities = (COMMUNITY,)
        begins = self._begins or datetime(2026, 11, 23, 9, tzinfo=CHINA)
        return Conversation(self._name, communities, begins, tuple(self._events))


def _entries(value: str) -> list[str]:
    return [entry.strip() for entry in re.split("[；;]", value) if entry.strip()]


def _person(name: str, roles: set[str], rest: Sequence[str]) -> Person:
    """A person from loose words in any order: address, phone, 会X, 有空…, and the unit."""
    person = Person(0, None, name, roles=frozenset(Role(role) for role in roles))
    free: list[str] = []
    unknown: list[str] = []
    is_free_next = False
    for word in rest:
        is_free, is_free_next = is_free_next, word == "有空"
        address, _, _ = find_address(word, word, word)
        if re.fullmatch(r"1\d{10}|0\d{9,11}", word):
            person = replace(person, phone=word)
        elif word.startswith("会"):
            person = replace(person, skills=(*person.skills, word[1:]))
        elif word.startswith("有空"):
            free.append(word.removeprefix("有空"))
        elif address is not None and address.building is not None:
            person = replace(person, building=address.building, entrance=address.entrance, room=address.room)
        elif is_free or _FREE.fullmatch(word):
            free.append(word)
        else:
            unknown.append(word)
    return replace(person, free="".join(free) or None, unit=_unit(unknown))


def _unit(words: Sequence[str]) -> str | None:
    """The word that looks like a unit; else the only long one that looks like nothing else."""
    long = [word for word in words if len(word) >= _LONE_UNIT]
    return next((word for word in words if _UNIT.match(word)), long[0] if len(long) == 1 else None)


def settle(store: Store, communities: Sequence[CommunityPart], channel: str, now: datetime) -> None:
    """Write the communities of a conversation into an empty database; accounts are the names on this channel."""
    for part in communities:
        community = store.communities.add(part.name, now, next_no=part.next_no, settings=part.settings)
        for group in part.groups:
            store.groups.bind(community.id, group.kind, group.name, channel, group.name, now)
        for person in part.people:
            kept = store.people.add(replace(person, community_id=community.id), now)
            store.people.link(kept.id, channel, person.name, now)
