"""Written shapes: regular expressions kept in tables, and which of them stand in a text.

Most shapes are never tried on a text. Every shape is asked beforehand which short pieces one of must stand in whatever
it matches; one pass tells which pieces a text holds, and only the shapes of those are tried. The idea is that of
FilteredRE2 (google/re2). `needed` may say too little, never too much: then a shape is tried in vain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from nlp.automaton import Automaton

# More pieces than these are not worth looking for, and longer ones tell no more.
MOST: Final = 200
LONGEST: Final = 3
# How often an item may stand there: ?, *, +, {1,3}.
_TIMES: Final = re.compile(r"(?:[?*+]|\{[0-9]*(?:,[0-9]*)?\})\??")
_MARK: Final = re.compile(r"\((?:\?:|\?P<\w+>)?")
_NAME: Final = re.compile(r"\{[^\x00-\x7f]+\}")


@dataclass(frozen=True, slots=True)
class Block:
    """What stands under one [name] of a table: what else its first line says, and its shapes, a line each."""

    name: str
    rest: str
    shapes: tuple[str, ...]


def read_blocks(text: str) -> list[Block]:
    """The blocks of a table of shapes: `#` begins a comment line, an empty line ends a block, and a block headed {name}
    only names its lines, to stand for them in the shapes below. Raises ValueError naming the line that is wrong."""
    named: dict[str, str] = {}
    found: list[Block] = []
    for lines in re.split(r"\n\s*\n", text):
        head, *shapes = [line for line in lines.splitlines() if line and not line.startswith("#")] or [""]
        shapes = [_filled(shape, named) for shape in shapes]
        if _NAME.fullmatch(head):
            named[head] = f"(?:{'|'.join(shapes)})"
        elif head:
            name, closed, rest = head.removeprefix("[").partition("]")
            if not (head.startswith("[") and closed and shapes):
                raise ValueError(f"{head!r}: a block begins with its [name] and has a shape")
            found.append(Block(name, rest.strip(), tuple(shapes)))
    return found


def _filled(shape: str, named: Mapping[str, str]) -> str:
    def words(match: re.Match[str]) -> str:
        if match[0] not in named:
            raise ValueError(f"{shape!r}: {match[0]} is named nowhere above")
        return named[match[0]]

    return _NAME.sub(words, shape)


class Sieve:
    """Tells of many shapes which a text may hold, by the pieces without which they cannot stand."""

    def __init__(self, shapes: Sequence[str]) -> None:
        wanting: dict[str, list[int]] = {}
        always: list[int] = []
        for number, shape in enumerate(shapes):
            pieces = needed(shape)
            if not pieces:
                always.append(number)
            for piece in pieces:
                wanting.setdefault(piece, []).append(number)
        self._always = frozenset(always)
        self._wanting = list(map(frozenset, wanting.values()))
        self._pieces = Automaton(list(wanting))

    def possible(self, text: str) -> frozenset[int]:
        """The numbers of the shapes that are worth trying."""
        held = {piece for piece, _, _ in self._pieces.find(text)}
        return self._always.union(*(self._wanting[piece] for piece in held))


class Shapes:
    """Many shapes, each with its number."""

    def __init__(self, shapes: Sequence[str]) -> None:
        """Raises ValueError naming the shape that is no regular expression."""
        self._patterns: list[re.Pattern[str]] = []
        for shape in shapes:
            try:
                self._patterns.append(re.compile(shape))
            except re.error as error:
                raise ValueError(f"{shape!r}: {error}") from None
        self._sieve = Sieve(shapes)

    def found(self, text: str) -> Iterator[tuple[int, re.Match[str]]]:
        """The numbers of the shapes that stand in the text, in order, each with its first match."""
        for number in sorted(self._sieve.possible(text)):
            match = self._patterns[number].search(text)
            if match:
                yield number, match


class Table:
    """The blocks of a table, and which of them show in a text: those of which a shape stands in it."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Raises ValueError naming the shape that is no regular expression."""
        self.names = tuple(block.name for block in blocks)
        self._name_of = [block.name for block in blocks for _ in block.shapes]
        self._shapes = Shapes([shape for block in blocks for shape in block.shapes])

    def shown(self, text: str) -> dict[str, re.Match[str]]:
        """The names of the blocks that show, in order, each with where the first of its shapes stands."""
        found: dict[str, re.Match[str]] = {}
        for number, match in self._shapes.found(text):
            found.setdefault(self._name_of[number], match)
        return found


@lru_cache(maxsize=1024)
def needed(shape: str) -> frozenset[str]:
    """Pieces of which at least one stands in whatever the shape matches; none where nothing is sure to stand there."""
    found: set[str] = set()
    for branch in _branches(shape):
        pieces = _of_branch(branch)
        if not pieces:
            return frozenset()
        found |= pieces
    return frozenset(found) if len(found) <= MOST else frozenset()


def _of_branch(branch: str) -> frozenset[str]:
    """The most telling pieces of one sequence: long ones rather than short, few rather than many."""
    choices: list[frozenset[str]] = []
    run = frozenset({""})
    for item, least, is_once in _items(branch):
        whole = _whole(item) if least else None
        if least and whole is None and item.startswith("(") and not item.startswith("(?P="):
            choices.append(needed(_inside(item)))
        if whole is not None and len(run) * len(whole) <= MOST:
            run = frozenset(map("".join, product(run, whole)))
            if is_once:
                continue
        choices.append(run)
        run = whole if whole is not None and is_once else frozenset({""})
    choices.append(run)
    telling = [frozenset(piece[:LONGEST] for piece in choice) for choice in choices if choice and "" not in choice]
    return max(telling, key=lambda pieces: (min(map(len, pieces)), -len(pieces)), default=frozenset())


@lru_cache(maxsize=1024)  # the named pieces of a table stand in many of its shapes
def _whole(item: str) -> frozenset[str] | None:
    """All texts that an item can be, where these are few and known."""
    if item.startswith(("(?=", "(?!", "(?<=", "(?<!")) or item in "^$":
        return frozenset({""})
    if item.startswith("(?P="):
        return None  # what a group found, once more
    if item.startswith("("):
        found: set[str] = set()
        for branch in _branches(_inside(item)):
            whole = frozenset({""})
            for part, least, is_once in _items(branch):
                more = _whole(part) if least == 1 and is_once else None
                if more is None or len(whole) * len(more) > MOST:
                    return None
                whole = frozenset(map("".join, product(whole, more)))
            found |= whole
            if len(found) > MOST:
                return None
        return frozenset(found)
    if item.startswith("["):
        return None if item.startswith("[^") or "\\" in item or len(item) > MOST else _members(item[1:-1])
    if item.startswith("\\"):
        return None if item[1].isalnum() else frozenset({item[1]})
    return None if item == "." else frozenset({item})


def _inside(group: str) -> str:
    """What stands in a (group), without its mark."""
    marked = _MARK.match(group)
    return group[marked.end() if marked else 1 : -1]


def _branches(shape: str) -> list[str]:
    """What stands between the outermost | of a shape."""
    parts, start, at = [], 0, 0
    while at < len(shape):
        if shape[at] == "|":
            parts.append(shape[start:at])
            start = at + 1
        at = _end(shape, at)
    return [*parts, shape[start:]]


def _items(branch: str) -> Iterator[tuple[str, int, bool]]:
    """The items of a sequence: each with how often it stands there at least, and whether that is once exactly."""
    at = 0
    while at < len(branch):
        end = _end(branch, at)
        item = branch[at:end]
        many = _TIMES.match(branch, end) if branch[end : end + 1] in ("?", "*", "+", "{") else None
        at = many.end() if many else end
        if many is None:
            yield item, 1, True
        elif many[0][0] == "{":
            least = int(re.sub(r"[^0-9].*", "", many[0][1:]) or 0)
            yield item, least, many[0].startswith("{1}")
        else:
            yield item, int(many[0][0] == "+"), False


def _end(shape: str, at: int) -> int:
    """Where the item that begins here ends: one character, a [set] or a (group)."""
    if shape[at] == "\\":
        return at + 2
    if shape[at] == "[":
        at += 2  # a ] that comes first belongs to the set
        while shape[at] != "]":
            at += 2 if shape[at] == "\\" else 1
        return at + 1
    if shape[at] != "(":
        return at + 1
    at += 1
    while shape[at] != ")":
        at = _end(shape, at)
    return at + 1


def _members(inside: str) -> frozenset[str] | None:
    """The characters of a set like 一二0-9; None where they are too many to be listed."""
    members: set[str] = set()
    at = 0
    while at < len(inside):
        first, last = (
            inside[at],
            inside[at + 2] if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside) else inside[at],
        )
        if ord(last) - ord(first) > MOST:
            return None
        members |= {chr(code) for code in range(ord(first), ord(last) + 1)}
        at += 3 if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside) else 1
    return frozenset(members)
