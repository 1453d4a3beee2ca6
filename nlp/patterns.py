"""Patterns kept in tables of nlp/lexicon, by name, and the surnames that several of them hold."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from nlp.shapes import Block, read_blocks


def _text(table: str) -> str:
    return (files("nlp") / "lexicon" / f"{table}.table").read_text(encoding="utf-8")


_NAMES: Final = {block.name: "".join(block.shapes) for block in read_blocks(_text("surnames"))}
# Surnames before which a title can only be a name: 王奶奶, but not 和奶奶.
PLAIN_SURNAMES: Final = frozenset(_NAMES["plain"])
SURNAMES: Final = _NAMES["plain"] + _NAMES["words too"]
_SURNAME: Final = f"{{姓}}\n[{_NAMES['plain']}]\n\n{{各姓}}\n[{SURNAMES}]\n\n"


def blocks_of(table: str) -> list[Block]:
    """The blocks of a table of this package; its shapes may hold {姓}, a plain surname, and {各姓}, any. Raises ValueError."""
    return read_blocks(_SURNAME + _text(table))


def read_patterns(text: str) -> dict[str, re.Pattern[str]]:
    """Every block of a table as one pattern: its lines are alternatives, of which the first that fits wins."""
    return {block.name: re.compile("|".join(block.shapes)) for block in read_blocks(_SURNAME + text)}


@cache
def patterns_of(table: str) -> dict[str, re.Pattern[str]]:
    """The patterns of a table of this package, compiled once."""
    return read_patterns(_text(table))


def lines_of(table: str) -> dict[str, tuple[re.Pattern[str], ...]]:
    """The same with a pattern for every line."""
    return {block.name: tuple(map(re.compile, block.shapes)) for block in blocks_of(table)}
