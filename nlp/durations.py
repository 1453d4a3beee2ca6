"""How long: 约2小时, 一个半小时, 一刻钟. (How often is read in nlp.recurrences.)"""

from __future__ import annotations

import re

from nlp.clean import fold
from nlp.numbers import amount, read
from nlp.recurrences import find_recurrence, recurrence_in
from nlp.time_words import UNITS

__all__ = ["find_recurrence", "minutes_in", "read_minutes", "recurrence_in"]

_DURATION = re.compile(
    r"(?<![第0-9.])(?P<n>半|[0-9]{1,3}(?:\.[0-9]{1,2})?|[零〇一二三四五六七八九十百两]{1,4})(?P<half>个半|个多|个|多个|来个)?"
    r"(?P<unit>小时|钟头|刻钟|分钟|个钟(?!头)|(?<=个)钟(?!头)|min(?![a-z])|h(?![a-z]))(?P<more>半)?"
    r"(?P<rest>(?:零|又)?[0-9一二三四五六七八九十]{1,3}(?:分钟?|(?![0-9个人号栋点])))?(?!(?:之|以)?[内后前])"
)
_MAY_LAST = frozenset("时钟nh")
_AN_HOUR_OR_SO = re.compile(r"个把(?:小时|钟头|钟)")


def read_minutes(text: str) -> int | None:
    """约2小时, 40分钟, 一个半小时, 一刻钟 as minutes; None where no length of time is said."""
    return minutes_in(fold(text))


def minutes_in(folded: str) -> int | None:
    """The same for a text that is folded already."""
    if not _MAY_LAST.intersection(folded):
        return None
    found = _DURATION.search(folded)
    if not found:
        return 60 if _AN_HOUR_OR_SO.search(folded) else None
    number = amount(found["n"])
    if number is None:
        return None
    if found["half"] == "个半" or found["more"]:
        number += 0.5
    minutes = number * UNITS[found["unit"]]
    if found["rest"]:
        minutes += read(found["rest"].strip("零又分钟")) or 0
    return round(minutes)
