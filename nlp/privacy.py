"""Finds and masks what must not be echoed: phones, identity numbers, rooms, door codes, health words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from nlp import phones, places
from nlp.clean import fold
from nlp.patterns import lines_of
from nlp.phones import arabic
from nlp.spotting import Spotter, words_of

MASKS: Final[dict[str, str]] = {
    "phone": "（电话）",
    "identity": "（证件号）",
    "room": "",
    "health": "（略）",
    "code": "（密码）",
}
SHAPES: Final = lines_of("privacy")
_DIGITS: Final = frozenset("零〇一二三四五六七八九幺")


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    start: int
    end: int
    instead: str


@cache
def _health() -> Spotter:
    return Spotter({"health": words_of("health")})


def _all(folded: str) -> list[_Found]:
    """Everything private, in order, without overlaps; identity numbers and phones first."""
    found: list[_Found] = []
    taken = bytearray(len(folded))

    def add(kind: str, start: int, end: int, instead: str | None = None) -> None:
        if start < end and not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            found.append(_Found(kind, start, end, MASKS[kind] if instead is None else instead))

    text = arabic(folded)
    for match in (*_shown("licence", text), *_shown("card", text)):
        add("identity", *match.span("secret"))
    for number in phones.find(folded):
        add("identity" if number.kind == "identity" else "phone", number.start, number.end)
    for match in _shown("code", folded):
        if any(char.isdigit() or char in _DIGITS for char in match["secret"]):
            add("code", *match.span("secret"))
    for match in _shown("key", folded):
        add("code", *match.span("secret"))
    masked = "".join("\n" if hidden else char for char, hidden in zip(folded, taken, strict=True))
    for flat in places.flats(masked):
        add("room", flat.start, flat.end, "栋" if flat.bare else "")
    for match in _shown("room", folded):
        add("room", *match.span("secret"), _building(match))
    allowed = [match.span() for match in _shown("allowed", folded)]
    for hit in _health().spot(folded).hits.get("health", ()):
        end = hit.at + len(hit.word)
        if not any(low <= hit.at and end <= high for low, high in allowed):
            add("health", hit.at, end)
    return sorted(found, key=lambda one: one.start)


def _shown(name: str, folded: str) -> Iterator[re.Match[str]]:
    """What every shape of this name matches."""
    return (match for pattern in SHAPES[name] for match in pattern.finditer(folded))


def _building(match: re.Match[str]) -> str:
    """3-2-501 leaves 3栋; where 栋 stands already nothing is put in."""
    return "栋" if match["secret"][0] in "-—/#" and match.string[match.start("secret") - 1] not in "栋幢座楼#" else ""


def find(text: str) -> list[str]:
    """The kinds of private data in a text, each once: phone, identity, room, code, health."""
    return list(dict.fromkeys(found.kind for found in _all(fold(text))))


def scrub(text: str) -> str:
    """The text without private data; past the length that is matched it is cut, since nobody looked there."""
    folded = fold(text)
    out: list[str] = []
    at = 0
    for found in _all(folded):
        if text[at : found.start]:
            out.append(text[at : found.start])
        if found.instead and not (out and out[-1] == found.instead):
            out.append(found.instead)
        at = found.end
    out.append(text[at : len(folded)])
    return "".join(out).strip()
