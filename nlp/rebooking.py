"""Another time or another number of hands, said beside an order: 两点不行,我四点才到家 offers four and refuses two.

The words alone may be about anything; whoever reads them must know that the speaker waits for somebody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nlp import times
from nlp.clean import fold
from nlp.intent import Count, Span
from nlp.numbers import read
from nlp.patterns import patterns_of

WORDS: Final = patterns_of("rebooking")
LONGEST: Final = 40
LONGEST_ABOUT_HANDS: Final = 24
MOST_HANDS: Final = 20
_NUMBERED: Final = re.compile(r"^[#【]?[0-9]{2,6}(?![0-9:.点月日])】?号?单?[\s,，]*")
_ONE: Final = re.compile(r"(?<![有差早晚快慢])一点(?=半?(?:我|不行|不在|别|太|没|有|上))")  # 一点不行 is no little bit
_TOLD: Final = re.compile(r"[\s,，。.!！;；~…]+")


@dataclass(frozen=True, slots=True)
class Rebooking:
    """The time that is refused and the one that is offered instead."""

    refused: Span
    offered: Span
    is_at_home: bool


def find_rebooking(text: str, now: datetime) -> Rebooking | None:
    """两点不行,我四点才到家; 晚上才在家,下午别来; 后天我要去医院,大后天. In either order."""
    folded = fold(text)
    if not 0 < len(folded) <= LONGEST or WORDS["other talk"].search(folded):
        return None
    if not times.find_times(text, now):
        return None  # most texts; what was searched here is not searched again
    folded = _ONE.sub("1点", _NUMBERED.sub("", folded))
    said = _with_what_follows(folded, now)
    if len(said) < 2 or not WORDS["opens"].fullmatch(folded[: said[0][1]]):
        return None
    refused = next((span for span, _, after in said if WORDS["refuses"].match(after)), None)
    offered = next(
        (span for span, _, after in reversed(said) if span is not refused and _offers(after) and span.start), None
    )
    if refused is None or offered is None or (refused.start, refused.end) == (offered.start, offered.end):
        return None
    if offered.start is None or offered.start < now:
        return None
    return Rebooking(refused, offered, WORDS["at home"].search(folded) is not None)


def _with_what_follows(folded: str, now: datetime) -> list[tuple[Span, int, str]]:
    """Each time with its place and the words up to the next one."""
    found: list[tuple[Span, int]] = []
    behind = 0
    for span in times.find_times(folded, now):
        at = folded.find(span.text, behind)
        if at >= 0:
            found.append((span, at))
            behind = at + len(span.text)
    ends = [*(at for _, at in found[1:]), len(folded)][: len(found)]
    return [(span, at, folded[at + len(span.text) : end]) for (span, at), end in zip(found, ends, strict=True)]


# 后天我要去医院 改|大后天: the verb of the next time stands at the end of this one's words.
_NEXT: Final = re.compile(
    r"[\s,，。.!！;；~…]*(?:那就|那|就|还是|要不|不如|我|等|能不能|可以)?(?:改|换|推|挪|延|调|放)?(?:成|到|为|在)?$"
)


def _offers(after: str) -> bool:
    first = _TOLD.split(_NEXT.sub("", after).strip(" ,，。.!！"))[0]
    return not WORDS["refuses"].match(after) and WORDS["offers"].fullmatch(first) is not None


def find_hands(text: str) -> Count | None:
    """改成两个人就够了, 两个人够了: how many are wanted after all."""
    folded = fold(text)
    if not 0 < len(folded) <= LONGEST_ABOUT_HANDS:
        return None
    for clause in _TOLD.split(folded):
        if match := WORDS["hands"].match(clause):
            number = match["hands"] or match["more"]
            count = {"俩": 2, "仨": 3}.get(number) or read(number)
            if count and 1 <= count <= MOST_HANDS:
                return Count(count, count)
        if not WORDS["before hands"].match(clause):
            return None  # 帮忙搬一下冰箱,两个人就够了 is a need
    return None
