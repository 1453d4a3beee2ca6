"""Bits of a plea that is told piece by piece: a thing, a door, an impatient 听到没有. The shapes stand in lexicon/pieces.table."""

from __future__ import annotations

from typing import Final

from nlp.clean import matching
from nlp.numbers import digits
from nlp.patterns import patterns_of

SHAPES: Final = patterns_of("pieces")


def is_piece(text: str) -> bool:
    """Whether so few words can only be the beginning of something: 米, 我老伴, 5栋."""
    return bool(SHAPES["begins"].fullmatch(matching(text)))


def is_thing(text: str) -> bool:
    """A thing of the household and nothing else: 灯."""
    return bool(SHAPES["thing"].fullmatch(matching(text)))


def is_fault(text: str) -> bool:
    """What is wrong, and hardly more: 坏了, 灯不亮了."""
    return bool(SHAPES["fault"].fullmatch(matching(text)))


def is_impatient(text: str) -> bool:
    """？ 听到没有 来不来: whoever says it wants to know whether we are there."""
    return bool(SHAPES["impatient"].fullmatch(matching(text)))


def is_thanks(text: str) -> bool:
    return bool(SHAPES["thanks"].fullmatch(matching(text)))


def room_in(text: str) -> str | None:
    """302, 住三零二, 402室: a door, said by itself."""
    match = SHAPES["room"].fullmatch(matching(text))
    return digits(match["room"]) if match else None
