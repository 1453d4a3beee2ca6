"""How long and how often: 约2小时, 一个半小时, 每周三下午."""

from __future__ import annotations

import re
from datetime import datetime

from nlp.clean import fold
from nlp.clocks import piece_at
from nlp.numbers import amount, read
from nlp.time_words import UNITS

LINK = re.compile(r"\s?(?:到|至|-{1,2}|~|—{1,2}|–|～)\s?")
_RECURRING = re.compile(
    r"(?:每(?:个|逢)?(?:隔[一二两三0-9]天|天|日|晚|早|周末|(?:周|星期|"
    r"礼拜)(?:[一二三四五六日天1-6](?:[、和,]?(?:周|星期|"
    r"礼拜)?[一二三四五六日天](?![点月号]))*)?|月(?:[0-9]{1,2}[号日])?|年)"
    r"|隔天|隔[一二两三0-9]天|逢[一二三四五六日0-9]{1,3}|工作日|周中)"
)
_WEEKDAY_RANGE = re.compile(r"(?:周|星期|礼拜)[一二三四五六日天][到至\-~](?:周|星期|礼拜)?[一二三四五六日天]")
_MAY_RECUR = frozenset("每隔逢周星礼工")
_STANDING = re.compile(r"长期|每|固定|天天|平时|都要|一直|常年|定期")


def find_recurrence(text: str, now: datetime) -> tuple[str, int, int] | None:
    """The words of a repetition (每周三下午) with their place; None where nothing repeats."""
    return recurrence_in(text, fold(text), now)


def recurrence_in(text: str, folded: str, now: datetime) -> tuple[str, int, int] | None:
    """The same for a text that is folded already."""
    if not _MAY_RECUR.intersection(folded):
        return None
    found = _RECURRING.search(folded)
    if found:
        end = found.end()
        skip = end + (1 if folded[end : end + 1] in (" ", "的") else 0)
        piece = piece_at(folded, skip, now.date(), False, second=True)
        if piece and piece.day is None:
            end = piece.end
            link = LINK.match(folded, end)
            other = piece_at(folded, link.end(), now.date(), False, second=True) if link else None
            end = other.end if other and other.day is None else end
        return text[found.start() : end], found.start(), end
    days = _WEEKDAY_RANGE.search(folded)
    if days and _STANDING.search(folded):
        return text[days.start() : days.end()], days.start(), days.end()
    return None


_DURATION = re.compile(
    r"(?P<n>半|[0-9]{1,3}(?:\.[0-9]{1,2})?|[零〇一二三四五六七八九十百两]{1,4})(?P<half>个半|"
    r"个|多个)?(?P<unit>小时|钟头|刻钟|分钟|个钟)(?P<more>半)?"
    r"(?P<rest>(?:零|又)?[0-9一二三四五六七八九十]{1,3}分钟?)?(?!(?:之|以)?[内后前])"
)


_MAY_LAST = frozenset("时钟")
_AN_HOUR_OR_SO = re.compile(r"个把(?:小时|钟头)")


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
