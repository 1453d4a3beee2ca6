"""The ways of saying an act, from lexicon/acts.table, as two patterns: one for whole clauses, one for words of a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from nlp.clean import fold
from nlp.intent import Meaning
from nlp.people import SURNAMES


class Sureness(StrEnum):
    """How much a line needs beside it; the value is the mark behind the name of its section."""

    ALONE = ""  # the words commit by themselves
    NEAR = "?"  # they do where an order is at hand
    BESIDE = "&"  # they do only beside an order's number or a backing line; a card above them is not enough
    LOOSE = "~"  # they do anywhere in a sentence about an order that is named
    AGAINST = "!"  # anywhere in the message they speak against it
    BACKED = "+"  # anywhere beside a line that needs an order they stand in for it


@dataclass(frozen=True, slots=True)
class Section:
    """One [head] of the table: an act with its sureness; a meaning of None helps acts along (greetings, reasons)."""

    name: str
    sureness: Sureness
    meaning: Meaning | None


@dataclass(frozen=True, slots=True)
class ActTable:
    """The table compiled. Group s3 of a pattern is section 3."""

    sections: tuple[Section, ...]
    clause: re.Pattern[str]
    loose: tuple[tuple[Meaning, re.Pattern[str]], ...]
    against: dict[Meaning, re.Pattern[str]]
    backed: dict[Meaning, re.Pattern[str]]
    beyond: re.Pattern[str]


class BadTable(ValueError):
    """A line of the table does not follow its syntax; the message names the line."""


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
    pieces: dict[str, str] = {"姓": f"[{SURNAMES}]"}
    bodies: dict[Section, list[str]] = {}
    head = ""
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        try:
            if re.fullmatch(r"\[[a-z_]+[?~!+&]?\]", line):
                head = line[1:-1]
            elif head == PIECES:
                name, _, body = line.partition(" = ")
                pieces[name] = _pattern(f"({body})", pieces)
            else:
                bodies.setdefault(_section(head), []).append(_pattern(line, pieces))
        except (ValueError, re.error) as error:
            raise BadTable(f"acts.table:{number}: {line}: {error}") from None
    return _compiled(bodies)


def _section(head: str) -> Section:
    name = head.rstrip("?~!+&")
    meaning = None if name in (FILLER, SUPPORT, BEYOND) else Meaning(name)
    return Section(name, Sureness(head[len(name) :]), meaning)


def _compiled(bodies: dict[Section, list[str]]) -> ActTable:
    whole = [section for section in bodies if section.sureness in _WHOLE]
    # What needs nothing beside it is tried first, so that no weaker line hides it.
    sections = tuple(sorted(whole, key=_rank))
    groups = "|".join(f"(?P<s{at}>{'|'.join(bodies[section])})" for at, section in enumerate(sections))
    return ActTable(
        sections,
        re.compile(f"(?:{groups}){_END}"),
        tuple((meaning, pattern) for meaning, pattern in _searched(bodies, Sureness.LOOSE)),
        dict(_searched(bodies, Sureness.AGAINST)),
        dict(_searched(bodies, Sureness.BACKED)),
        re.compile("|".join(bodies.get(Section(BEYOND, Sureness.LOOSE, None), [_NEVER]))),
    )


def _rank(section: Section) -> int:
    if section.name == FILLER:
        return 0
    return 4 if section.meaning is None else 1 + _WHOLE.index(section.sureness)


def _searched(bodies: dict[Section, list[str]], sureness: Sureness) -> Iterator[tuple[Meaning, re.Pattern[str]]]:
    for section, lines in bodies.items():
        if section.sureness is sureness and section.meaning is not None:
            yield section.meaning, re.compile("|".join(lines))


def _pattern(line: str, pieces: dict[str, str]) -> str:
    """One line of the table as a pattern. Raises ValueError."""
    parts: list[str] = []
    depth: list[str] = []
    at = 0
    while at < len(line):
        token = _TOKEN.match(line, at)
        if token is None:
            raise ValueError(f"cannot be read from {line[at:]!r} on")
        at = token.end()
        match token.lastgroup:
            case "piece":
                parts.append(_piece(token[0][1:-1], pieces))
            case "open":
                depth.append(token[0])
                parts.append("(?:")
            case "close":
                if not depth or (depth[-1] == "(") != (token[0][0] == ")"):
                    raise ValueError("brackets do not match")
                may_be_missing = depth.pop() == "["
                parts.append(")" + (_SEVERAL if token[0].endswith("*") else "?" if may_be_missing else ""))
            case "bar":
                parts.append("|")
            case "free":
                parts.append(_FREE)
            case _:
                parts.append(re.escape(fold(token[0])))
    if depth:
        raise ValueError("brackets do not match")
    return "".join(parts)


def _piece(name: str, pieces: dict[str, str]) -> str:
    plain = name.rstrip("*")
    if plain not in pieces:
        raise ValueError(f"no piece is called {plain}")
    return pieces[plain] + (_SEVERAL if name.endswith("*") else "")
