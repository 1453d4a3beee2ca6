"""The ways of saying an act, from lexicon/acts.table, as patterns: for whole clauses, and for words of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from nlp.clean import fold
from nlp.intent import Meaning
from nlp.patterns import SURNAMES
from nlp.shapes import Sieve


class Sureness(StrEnum):
    """How much a line needs beside it; the value is the mark behind the name of its section."""

    ALONE = ""  # the words commit by themselves
    NEAR = "?"  # they do where an order is at hand
    BESIDE = "&"  # they do only beside an order's number or a backing line; a card above them is not enough
    LOOSE = "~"  # they do anywhere in a sentence about an order that is named
    AGAINST = "!"  # anywhere in the message they speak against it
    OPENS = "="  # a clause that begins so commits, however it goes on
    VETO = "-"  # unless this stands in the clause
    BACKED = "+"  # anywhere beside a line that needs an order they stand in for it


@dataclass(frozen=True, slots=True)
class Section:
    """One [head] of the table: an act with its sureness; a meaning of None helps acts along (greetings, reasons)."""

    name: str
    sureness: Sureness
    meaning: Meaning | None


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, or a part of one, as a pattern, with the characters that it may begin with."""

    pattern: str
    first: frozenset[str]
    may_be_empty: bool


@dataclass(frozen=True, slots=True)
class ActTable:
    """The table compiled. `lines` are whole clauses, the surest first."""

    lines: tuple[tuple[Section, Shape], ...]
    loose: tuple[tuple[Meaning, re.Pattern[str]], ...]
    against: dict[Meaning, re.Pattern[str]]
    backed: dict[Meaning, re.Pattern[str]]
    openings: dict[Meaning, re.Pattern[str]]
    vetoes: dict[Meaning, re.Pattern[str]]
    beyond: re.Pattern[str]
    _near: dict[str, frozenset[int]]
    _sieve: Sieve
    _patterns: dict[int, re.Pattern[str]] = field(default_factory=dict)

    def find(self, clause: str) -> Section | None:
        """The section of the line that the whole clause is."""
        # Most of the table cannot begin so and is never tried, nor even compiled before it is needed.
        near = self._near.get(clause[:1]) or self._near[_ANY]
        possible = sorted(near & self._sieve.possible(clause))
        return next((self.lines[at][0] for at in possible if self._pattern(at).fullmatch(clause)), None)

    def opened(self, clause: str) -> Section | None:
        """The act that the clause begins to say, where nothing in it speaks of something else."""
        for meaning, opening in self.openings.items():
            if opening.match(clause):
                veto = self.vetoes.get(meaning)
                return None if veto and veto.search(clause + "。") else Section(meaning.value, Sureness.ALONE, meaning)
        return None

    def _pattern(self, at: int) -> re.Pattern[str]:
        pattern = self._patterns.get(at)
        if pattern is None:
            pattern = self._patterns[at] = re.compile(f"(?:{self.lines[at][1].pattern}){_END}")
        return pattern


def _by_first(lines: Sequence[tuple[Section, Shape]]) -> dict[str, frozenset[int]]:
    """Which lines may begin with a character; under _ANY those that begin with any."""
    firsts = {char for _, shape in lines for char in shape.first} | {_ANY}
    return {
        char: frozenset(
            at for at, (_, shape) in enumerate(lines) if shape.may_be_empty or not shape.first.isdisjoint({char, _ANY})
        )
        for char in firsts
    }


class BadTable(ValueError):
    """A line of the table does not follow its syntax; the message names the line."""


_ANY: Final = ""  # may begin with whatever
PIECES: Final = "pieces"
FILLER: Final = "filler"
SUPPORT: Final = "support"
BEYOND: Final = "beyond"
# Endings that change nothing. 了 changes much: 我来吧 offers, 我来了 says I am here.
_END: Final = r"(?:吧|啊|呀|哈|呢|哦|嘛|咯|哟|噻|撒|伐|呗|喔|哇|的|嘞|得){0,2}"
_FREE: Final = r"[^,]{0,12}?"
_TOKEN: Final = re.compile(
    r"(?P<piece>\{[^{}*]+\*?\})|(?P<open>[(\[])|(?P<close>[)\]]\*?)|(?P<bar>\|)|(?P<free>~)|(?P<text>[^{}()\[\]|~]+)"
)
_WHOLE: Final = (Sureness.ALONE, Sureness.NEAR, Sureness.BESIDE)
_SEVERAL: Final = "{0,4}"
_NEVER: Final = r"(?!)"


@cache
def table() -> ActTable:
    """The table of this package, loaded once."""
    return compile_table((files("nlp") / "lexicon" / "acts.table").read_text(encoding="utf-8"))


def compile_table(text: str) -> ActTable:
    """Compile the table. Raises BadTable."""
    pieces = {"姓": Shape(f"[{SURNAMES}]", frozenset(SURNAMES), may_be_empty=False)}
    bodies: dict[Section, list[Shape]] = {}
    head = ""
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        try:
            if re.fullmatch(r"\[[a-z_]+[?~!+&=-]?\]", line):
                head = line[1:-1]
            elif head == PIECES:
                name, _, body = line.partition(" = ")
                pieces[name] = _shape(f"({body})", pieces)
            else:
                bodies.setdefault(_section(head), []).append(_shape(line, pieces))
        except (ValueError, re.error) as error:
            raise BadTable(f"acts.table:{number}: {line}: {error}") from None
    return _compiled(bodies)


def _section(head: str) -> Section:
    name = head.rstrip("?~!+&=-")
    meaning = None if name in (FILLER, SUPPORT, BEYOND) else Meaning(name)
    return Section(name, Sureness(head[len(name) :]), meaning)


def _compiled(bodies: dict[Section, list[Shape]]) -> ActTable:
    whole = [section for section in bodies if section.sureness in _WHOLE]
    # What needs nothing beside it is tried first, so that no weaker line hides it.
    lines = tuple((section, shape) for section in sorted(whole, key=_rank) for shape in bodies[section])
    beyond = bodies.get(Section(BEYOND, Sureness.LOOSE, None), [])
    return ActTable(
        lines,
        tuple((meaning, pattern) for meaning, pattern in _searched(bodies, Sureness.LOOSE)),
        dict(_searched(bodies, Sureness.AGAINST)),
        dict(_searched(bodies, Sureness.BACKED)),
        dict(_searched(bodies, Sureness.OPENS)),
        dict(_searched(bodies, Sureness.VETO)),
        re.compile("|".join(shape.pattern for shape in beyond) or _NEVER),
        _by_first(lines),
        Sieve([shape.pattern for _, shape in lines]),
    )


def _rank(section: Section) -> int:
    if section.name == FILLER:
        return 0
    return 4 if section.meaning is None else 1 + _WHOLE.index(section.sureness)


def _searched(bodies: dict[Section, list[Shape]], sureness: Sureness) -> Iterator[tuple[Meaning, re.Pattern[str]]]:
    for section, lines in bodies.items():
        if section.sureness is sureness and section.meaning is not None:
            yield section.meaning, re.compile("|".join(shape.pattern for shape in lines))


class _Part:
    """A line or bracket while it is read."""

    def __init__(self, opened: str = "") -> None:
        self.opened = opened
        self._parts: list[str] = []
        self._first: set[str] = set()
        self._is_empty = True  # what was read of this alternative may be nothing
        self._had_empty = False  # an earlier alternative may be

    def add(self, shape: Shape) -> None:
        self._parts.append(shape.pattern)
        if self._is_empty:
            self._first |= shape.first
            self._is_empty = shape.may_be_empty

    def next_alternative(self) -> None:
        self._parts.append("|")
        self._had_empty |= self._is_empty
        self._is_empty = True

    def shape(self, opening: str = "", closing: str = "", *, may_be_missing: bool = False) -> Shape:
        is_empty = may_be_missing or self._had_empty or self._is_empty
        return Shape(opening + "".join(self._parts) + closing, frozenset(self._first), is_empty)


def _shape(line: str, pieces: dict[str, Shape]) -> Shape:
    """One line of the table as a pattern. Raises ValueError."""
    open_parts = [_Part()]
    at = 0
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None:
            raise ValueError(f"cannot be read from {line[at:]!r} on")
        at = token.end()
        match token.lastgroup:
            case "piece":
                open_parts[-1].add(_piece(token[0][1:-1], pieces))
            case "open":
                open_parts.append(_Part(token[0]))
            case "close":
                done = open_parts.pop()
                if (done.opened == "(") != (token[0][0] == ")") or not done.opened:
                    raise ValueError("brackets do not match")
                missing = done.opened == "["
                how_often = _SEVERAL if token[0].endswith("*") else "?" if missing else ""
                open_parts[-1].add(done.shape("(?:", ")" + how_often, may_be_missing=missing))
            case "bar":
                open_parts[-1].next_alternative()
            case "free":
                open_parts[-1].add(Shape(_FREE, frozenset({_ANY}), may_be_empty=True))
            case _:
                text = fold(token[0])
                open_parts[-1].add(Shape(re.escape(text), frozenset(text[0]), may_be_empty=False))
    if len(open_parts) > 1:
        raise ValueError("brackets do not match")
    return open_parts[0].shape()


def _piece(name: str, pieces: dict[str, Shape]) -> Shape:
    plain = name.rstrip("*")
    if plain not in pieces:
        raise ValueError(f"no piece is called {plain}")
    piece = pieces[plain]
    if not name.endswith("*"):
        return piece
    return Shape(piece.pattern + _SEVERAL, piece.first, may_be_empty=True)
