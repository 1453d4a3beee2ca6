"""How alike the words of two needs are: forwarded words, the same need in other words, perhaps, or another need.

Nothing is weighed by a learned model: both texts are looked through once for the words of lexicon/alike.table, and what
speaks against comes first. Another flat, another thing or another room is another need, however alike the rest sounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

from nlp.clean import fold, matching
from nlp.numbers import read
from nlp.patterns import PLAIN_SURNAMES
from nlp.spotting import words_of

LONGEST = 300  # what is said later than this changes nothing any more


class Likeness(IntEnum):
    OTHER = 0
    UNSURE = 1
    SAME = 2
    COPY = 3  # nearly word for word


class Kind(StrEnum):
    """What a key of the table is about; the rows of lexicon/alike.table begin with these."""

    THING = "thing"
    STATE = "state"
    ACT = "act"
    ROOM = "room"
    SPOT = "spot"
    WHO = "who"
    SUBJECT = "subject"
    FILLER = "filler"
    KIN = "kin"
    DROPS = "drops"
    WIDE = "wide"
    FORWARD = "forward"
    FAULT = "fault"


# Where one key says as much as a thing does: what fails for everybody needs no thing besides.
FAILURES: Final = frozenset({"no_water", "no_power", "no_gas", "gas", "no_net", "noise", "smell"})
# What needs no thing besides to be known: 照看孩子.
TELLING_ACTS: Final = frozenset({"look_after", "pick_up", "walk"})
NOT_FOR_BROKEN: Final = frozenset({"carry", "borrow", "install", "fetch", "post", "give_back"})
# Wants somebody's hands, whatever else is broken.
HANDS: Final = frozenset(
    {"carry", "escort", "drive", "deliver", "buy", "fetch", "borrow", "pick_up", "look_after", "pay", "teach"}
)
UNHEARD_OF: Final = 3  # so many characters that neither the table nor the other text explains
ANY_HOME: Final = "home"
ELDER: Final = "elder"
OLD: Final = frozenset({"mother", "father", "granny", "grandpa", ELDER})

_TITLES: Final = ("奶奶", "爷爷", "大爷", "大妈", "阿姨", "婆婆", "大叔", "大姐", "师傅", "老师")
_NUMBER: Final = r"[0-9]{1,4}|[一二三四五六七八九十两]{1,3}"
_PLACED = re.compile(rf"({_NUMBER}|[a-h])(号楼|栋|幢|座|单元|门洞|楼|层|室)")
_LEVELS: Final = {"号楼": "building", "栋": "building", "幢": "building", "座": "building", "单元": "entrance", "门洞": "entrance"} | {
    "楼": "floor",
    "层": "floor",
    "室": "room",
}  # fmt: skip
_ROOM = re.compile(
    r"(?<![0-9.:：])(?!20[0-9]{2}年?(?![0-9]))([1-9][0-9]{2,3})(?![0-9.:：]|[元块米度斤瓦w年月日点人个年层楼栋号])"
)
_PHONE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
_SILENT = re.compile(r"[\W_]+")
_MARKS = re.compile(r"转发|帮转|代转|转自|转|群友|扩散|大家|谢谢|求助|帮忙")
_SHINGLE: Final = 4
_COPY_SHARE: Final = 0.75
_COPY_LENGTH: Final = 10
_ALIKE_PAIRS: Final = 0.55
_NEAR_PAIRS: Final = 0.3
_FRAME: Final = 0.5


_Entry = tuple[str, tuple[tuple[Kind, str], ...]]


@dataclass(frozen=True, slots=True)
class _Table:
    words: Mapping[str, tuple[_Entry, ...]]  # by their first character, longest first
    kin: frozenset[tuple[str, str]]
    drops: Mapping[str, frozenset[str]]
    signs: Mapping[Kind, tuple[str, ...]]  # words that tell something of the whole text
    faults: Mapping[str, tuple[frozenset[str], ...]]  # the three sets of keys of every fault


@cache
def _table() -> _Table:
    found: dict[str, set[tuple[Kind, str]]] = {}
    kin: set[tuple[str, str]] = set()
    drops: dict[str, frozenset[str]] = {}
    signs: dict[Kind, tuple[str, ...]] = {}
    faults: dict[str, tuple[frozenset[str], ...]] = {}
    for line in (files("nlp") / "lexicon" / "alike.table").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, tail = line.partition(": ")
        name, _, key = head.partition(" ")
        match kind := Kind(name):
            case Kind.KIN:
                kin |= {pair for other in tail.split() for pair in ((key, other), (other, key))}
            case Kind.DROPS:
                drops[key] = frozenset(tail.split())
            case Kind.FAULT:
                faults[key] = tuple(frozenset(keys.split()) for keys in tail.split("|"))
            case Kind.WIDE | Kind.FORWARD:
                signs[kind] = tuple(map(fold, line.partition(": ")[2].split()))
            case _:
                for word in tail.split():
                    found.setdefault(fold(word), set()).add((kind, key))
    # Whatever else people need help with is a thing of its own.
    for thing in (line.split()[0] for line in words_of("things")):
        if len(thing) > 1 and not any(thing[at:] in found for at in range(len(thing))):
            found[thing] = {(Kind.THING, thing)}  # but 厨房灯 is a lamp
    heads: dict[str, list[_Entry]] = {}
    for word, keys in found.items():
        heads.setdefault(word[0], []).append((word, tuple(sorted(keys))))
    words = {head: tuple(sorted(entries, key=lambda entry: -len(entry[0]))) for head, entries in heads.items()}
    return _Table(words, frozenset(kin), drops, signs, faults)


@dataclass(frozen=True, slots=True)
class Told:
    """What one text tells, ready to be compared with many others."""

    things: frozenset[str]
    states: frozenset[str]
    acts: frozenset[str]
    rooms: frozenset[str]
    spots: frozenset[str]
    people: frozenset[str]
    names: frozenset[str]
    subjects: frozenset[str]
    numbers: Mapping[str, frozenset[str]]
    phones: frozenset[str]
    unknown: frozenset[str]  # characters that no word of the table explains
    rest: tuple[str, ...]  # what stands between words that say nothing
    bare: str  # letters only, without the marks of passing on
    is_wide: bool  # the whole house is meant
    is_forwarded: bool
    category: str
    start: datetime | None
    end: datetime | None

    @property
    def is_public(self) -> bool:
        """About a place where everybody walks, not somebody's home."""
        return bool(self.spots) and not self.rooms


def told(
    words: str, item: str = "", category: str = "", start: datetime | None = None, end: datetime | None = None
) -> Told:
    """Look through what was said once. `item` is the few words that the reader made of it."""
    folded = matching(words[:LONGEST])
    keys: dict[Kind, set[str]] = {kind: set() for kind in Kind}
    rest, unknown = _look(folded, keys)
    # The item names things that the words only hint at; its verb is often a guess.
    if item and not keys[Kind.THING] and not keys[Kind.STATE]:
        hinted: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        _look(fold(item), hinted)
        keys[Kind.THING] |= hinted[Kind.THING]
        keys[Kind.STATE] |= hinted[Kind.STATE]
    things, states = keys[Kind.THING], keys[Kind.STATE]
    for lost, beside in _table().drops.items():
        if beside & things:
            states.discard(lost)
            things.discard(lost)
    bare = _SILENT.sub("", _MARKS.sub("", folded))
    return Told(
        frozenset(things),
        frozenset(states),
        frozenset(keys[Kind.ACT]),
        frozenset(keys[Kind.ROOM]),
        frozenset(keys[Kind.SPOT]),
        frozenset(keys[Kind.WHO]),
        frozenset(_names(folded)),
        frozenset(keys[Kind.SUBJECT]),
        _numbers(folded),
        frozenset(_PHONE.findall(folded)),
        frozenset(unknown),
        tuple(rest),
        bare,
        any(sign in folded for sign in _table().signs[Kind.WIDE]),
        any(sign in folded for sign in _table().signs[Kind.FORWARD]),
        category,
        start,
        end,
    )


def _look(folded: str, keys: dict[Kind, set[str]]) -> tuple[list[str], set[str]]:
    """Put every word of the table under its kind, the longest at each place.

    Returns what stands between fillers, and the characters that no word of the table explains.
    """
    heads = _table().words
    unknown: set[str] = set()
    rest: list[str] = []
    begun = at = 0  # where the stretch between two fillers begins
    while at < len(folded):
        char = folded[at]
        entry = _longest(heads.get(char, ()), folded, at)
        if entry is None:
            if char.isalpha():
                unknown.add(char)
            elif not char.isalnum():
                if begun < at:
                    rest.append(folded[begun:at])
                begun = at + 1
            at += 1
            continue
        word, found = entry
        for kind, key in found:
            if kind is Kind.FILLER:
                if begun < at:
                    rest.append(folded[begun:at])
                begun = at + len(word)
            else:
                keys[kind].add(key)
        at += len(word)
    if begun < at:
        rest.append(folded[begun:at])
    return rest, unknown


def _longest(entries: tuple[_Entry, ...], folded: str, at: int) -> _Entry | None:
    for entry in entries:
        if folded.startswith(entry[0], at):
            return entry
    return None


def _pairs(told: Told) -> set[str]:
    """Two neighbouring characters that say something."""
    return {pair for part in told.rest for pair in map("".join, pairwise(part))}


def _shingles(told: Told) -> set[str]:
    bare = told.bare
    return {bare[at : at + _SHINGLE] for at in range(len(bare) - _SHINGLE + 1)}


def _names(folded: str) -> Iterator[str]:
    """张奶奶, 李师傅: whom a need is for, where the words name them."""
    for title in _TITLES:
        at = folded.find(title, 1)
        while at > 0:
            if folded[at - 1] in PLAIN_SURNAMES:
                yield folded[at - 1] + title
            at = folded.find(title, at + 1)


def _numbers(folded: str) -> dict[str, frozenset[str]]:
    """Building, entrance, floor and room as the words say them."""
    found: dict[str, set[str]] = {}
    for match in _PLACED.finditer(folded):
        value = read(match[1])
        found.setdefault(_LEVELS[match[2]], set()).add(match[1] if value is None else str(value))
    rooms = set(_ROOM.findall(folded))
    if rooms:
        found.setdefault("room", set()).update(rooms)
    return {level: frozenset(values) for level, values in found.items()}


def liken(one: Told, other: Told) -> Likeness:
    """The same in either order. Two texts of any length cost what their words cost."""
    if _speaks_against(one, other):
        return Likeness.OTHER
    is_replaced = _is_word_replaced(one, other)
    if is_copy(one, other) and not is_replaced:
        return Likeness.COPY
    likeness = _by_words(one, other)
    return min(likeness, Likeness.UNSURE) if is_replaced else likeness


def _is_word_replaced(one: Told, other: Told) -> bool:
    """没盐了帮买一包, 没鸡蛋了帮买一板: who says the same sentence with one word changed means another thing."""
    if one.unknown == other.unknown:
        return False
    short, long = sorted((one.bare, other.bare), key=len)
    head = _same_begin(short, long)
    tail = _same_begin(short[head:][::-1], long[head:][::-1])
    mine, theirs = (set(bare[head : len(bare) - tail]) for bare in (short, long))
    return bool(mine - theirs) and bool(theirs - mine) and head + tail >= _FRAME * len(long)


def _same_begin(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def _by_words(one: Told, other: Told) -> Likeness:
    if one.acts and other.acts and not one.acts & other.acts and not _are_kin(one.acts, other.acts):
        return Likeness.OTHER
    if one.things and other.things:
        return _by_things(one, other)
    if one.states and other.states:
        return _by_states(one, other)
    if _are_kin(one.things | one.states, other.things | other.states):
        return Likeness.UNSURE
    if one.category != other.category and one.category and other.category:
        return Likeness.OTHER
    if one.acts & other.acts & TELLING_ACTS and not one.things | other.things:
        return Likeness.SAME
    share = _share(_pairs(one), _pairs(other))
    if share < _NEAR_PAIRS:
        return Likeness.OTHER
    names_nothing = not one.things | one.states | other.things | other.states
    left_over = one.unknown - other.unknown and other.unknown - one.unknown
    is_same = share >= _ALIKE_PAIRS and names_nothing and not left_over
    return Likeness.SAME if is_same else Likeness.UNSURE


def is_copy(one: Told, other: Told) -> bool:
    """Nearly word for word, whatever was put before or behind it."""
    short, long = sorted((one, other), key=lambda told: len(told.bare))
    if len(short.bare) < _COPY_LENGTH or len(long.bare) > 2 * len(short.bare):
        return short.bare == long.bare and len(short.bare) >= _SHINGLE
    shingles = _shingles(short)
    return len(shingles & _shingles(long)) >= _COPY_SHARE * len(shingles)


def _speaks_against(one: Told, other: Told) -> bool:
    """Another flat, day, thing, room, person or subject: another need."""
    return (
        are_elsewhere(one, other)
        or _are_apart(one.subjects, other.subjects)
        or _are_apart(one.names, other.names)
        or _are_others(one.people, other.people)
        or _is_elsewhere(one, other)
        or _are_days_apart(one, other)
        or (_are_apart(one.things, other.things) and not _are_kin(one.things, other.things))
    )


def are_elsewhere(one: Told, other: Told) -> bool:
    """The words name two houses, entrances, floors or flats."""
    return any(_are_apart(values, other.numbers.get(level, frozenset())) for level, values in one.numbers.items())


def _by_things(one: Told, other: Told) -> Likeness:
    shared = one.things & other.things
    if not shared:
        return Likeness.UNSURE if one.states & other.states else Likeness.OTHER
    if _are_apart(one.states, other.states) and not _are_kin(one.states, other.states):
        return Likeness.UNSURE
    if _are_apart(one.acts, other.acts) or _says_else(one, other) or _says_else(other, one):
        return Likeness.UNSURE
    if one.things != other.things and bool(one.acts & HANDS) != bool(other.acts & HANDS):
        return Likeness.UNSURE  # 电梯坏了, and 电梯坏了要人搬沙发
    return Likeness.SAME if 2 * len(shared) >= len(one.things | other.things) else Likeness.UNSURE


def _says_else(one: Told, other: Told) -> bool:
    """One says that the fridge is warm, the other wants it carried; a dog is lost, a dog wants something unheard of."""
    if one.states and not one.acts and not other.states and other.acts & NOT_FOR_BROKEN:
        return True
    is_named = bool(one.states | one.acts)
    return is_named and not other.states | other.acts and len(other.unknown - one.unknown) >= UNHEARD_OF


def _by_states(one: Told, other: Told) -> Likeness:
    shared = one.states & other.states
    if not shared:
        return Likeness.UNSURE if _are_kin(one.states, other.states) else Likeness.OTHER
    names_one_thing = one.things == other.things
    return Likeness.SAME if shared & FAILURES or names_one_thing else Likeness.UNSURE


def _are_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and bool(other) and not one & other


def _are_kin(one: frozenset[str], other: frozenset[str]) -> bool:
    kin = _table().kin
    return any((key, like) in kin for key in one for like in other)


def _are_others(one: frozenset[str], other: frozenset[str]) -> bool:
    """我妈 and 我爸 are two; 老人 may be either of them."""
    if not _are_apart(one, other):
        return False
    return not ((ELDER in one and other & OLD) or (ELDER in other and one & OLD))


def _is_elsewhere(one: Told, other: Told) -> bool:
    mine, theirs = one.rooms - {ANY_HOME}, other.rooms - {ANY_HOME}
    if _are_apart(mine, theirs) or _are_apart(one.spots, other.spots):
        return True
    return (bool(one.rooms) and other.is_public) or (bool(other.rooms) and one.is_public)


def _are_days_apart(one: Told, other: Told) -> bool:
    """Two times that have not a minute in common."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return False
    return one.end <= other.start or other.end <= one.start


def _share(one: set[str], other: set[str]) -> float:
    """How much of the shorter one is in the other."""
    least = min(len(one), len(other))
    return len(one & other) / least if least >= 2 else 0.0


def fault(told: Told) -> str:
    """The kind of failure that a whole house may share; empty for a need of one home."""
    if told.acts & HANDS:
        return ""
    keys = told.things | told.states | told.acts | told.spots
    for kind, (signs, beside, things) in _table().faults.items():
        if keys & signs and (not beside or keys & beside):
            return kind if told.things <= things else ""
    return ""
