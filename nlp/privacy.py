"""Finds and masks what must not be echoed: phones, identity numbers, rooms, door codes, health, private matters.

Some of it is kept even from whoever comes to help: they need not know of a divorce or a cancer to carry a wardrobe. What
they do need, 发烧 or the name of a pill to fetch, stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from nlp import phones, places
from nlp.aftermath import asks_secrecy
from nlp.clean import fold, joined, matching
from nlp.patterns import lines_of
from nlp.phones import arabic
from nlp.spotting import Spotter, words_of

MASKS: Final[dict[str, str]] = {
    "phone": "（电话）",
    "identity": "（证件号）",
    "room": "",
    "health": "（略）",
    "matter": "（略）",
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


CONFIDED: Final = ("confided", "private_matters")


@cache
def _unsaid() -> Spotter:
    """Words that no group hears."""
    return Spotter({"health": words_of("health"), "matter": words_of("private_matters")})


@cache
def _confided() -> Spotter:
    """Words that only whoever said them, and the secretary where they ask, may know."""
    return Spotter({name: words_of(name) for name in CONFIDED})


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
    for kind, hits in _unsaid().spot(folded).hits.items():
        for hit in hits:
            end = hit.at + len(hit.word)
            if not any(low <= hit.at and end <= high for low, high in allowed):
                add(kind, hit.at, end)
    return sorted(found, key=lambda one: one.start)


def _shown(name: str, folded: str) -> Iterator[re.Match[str]]:
    """What every shape of this name matches."""
    return (match for pattern in SHAPES[name] for match in pattern.finditer(folded))


def _building(match: re.Match[str]) -> str:
    """3-2-501 leaves 3栋; where 栋 stands already nothing is put in."""
    return "栋" if match["secret"][0] in "-—/#" and match.string[match.start("secret") - 1] not in "栋幢座楼#" else ""


def find(text: str) -> list[str]:
    """The kinds of private data in a text, each once: phone, identity, room, code, health, matter."""
    return list(dict.fromkeys(found.kind for found in _all(matching(text))))


def scrub(text: str) -> str:
    """The text without private data; past the length that is matched it is cut, since nobody looked there."""
    if (whole := joined(text)) != text and _all(fold(whole)):
        text = whole  # 癌 症; a list stays as it was written
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


def is_confided(text: str) -> bool:
    """Whether these words are not even for whoever comes to help: a grave illness, a family matter, or a plea to keep quiet."""
    return any(_confided().spot(matching(text)).hits.values()) or asks_secrecy(text)


def without_confided(text: str) -> str:
    """The text with such words masked, for those who must know the rest: whoever runs to an emergency."""
    if (whole := joined(text)) != text and is_confided(whole):
        text = whole
    folded = fold(text)
    hits = [hit for found in _confided().spot(folded).hits.values() for hit in found]
    out, at = [], 0
    for hit in sorted(hits, key=lambda one: one.at):
        if hit.at >= at:
            out += [text[at : hit.at], MASKS["matter"]]
        at = max(at, hit.at + len(hit.word))
    return "".join((*out, text[at:]))
