"""Several acts in one message, in their order: 231我不接了，232我接; 谢谢小陈，顺便问下谁会修电视.

Most commas join what is one act with its reason, so a message is only cut where its second part stands on its own: it
names another order, or begins with a word that turns to something else and asks for help.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from nlp.acts import WORDS, numbers_first
from nlp.clean import fold
from nlp.intent import Further, Intent, Meaning, Slots, Urgency

LONGEST: Final = 80
MOST_CLAUSES: Final = 7
# A need behind what was done must be plain, or every remark on the work would be one.
SURE_NEED: Final = 0.6

Reads = Callable[[str], Intent]

ABOUT_ORDERS: Final = frozenset(
    {Meaning.CLAIM, Meaning.STAND_BY, Meaning.WITHDRAW, Meaning.DONE, Meaning.NOT_DONE}
    | {Meaning.RATE, Meaning.AMEND, Meaning.CANCEL, Meaning.NUDGE}
)
AROUND: Final = " ,，。;；、!！"
# 232, 233吧: nothing but a number.
_BARE: Final = re.compile(r"[#【]?[0-9]{1,6}】?(?:号单?|单)?(?:都|也)?[吧了呀啊哈啦呢的]{0,3}")
_BREAK: Final = re.compile(r"[\s,，。.!！;；、~～…]{1,12}")
# What is told of others before one asks for something.
_TALK: Final = frozenset({Meaning.THANKS, Meaning.CHAT, Meaning.OTHER})


def read_all(whole: Intent, said: str, folded: str, reads: Reads) -> Intent:
    """The message with all its acts; `reads` understands one part."""
    if not 0 < len(folded) <= LONGEST:
        return whole
    starts = [0, *(match.end() for match in _BREAK.finditer(folded) if match.end() < len(folded))]
    if not 1 < len(starts) <= MOST_CLAUSES:
        return whole
    return _by_numbers(whole, said, folded, starts, reads) or _with_another(whole, said, folded, starts, reads) or whole


def _by_numbers(whole: Intent, said: str, folded: str, starts: list[int], reads: Reads) -> Intent | None:
    """231修好了，232还没: each number begins an act of its own. A number alone is one more order of the act before it."""
    named = [(start, number) for start in starts if (number := numbers_first(folded[start:]))]
    cuts = [(start, number) for at, (start, number) in enumerate(named) if at == 0 or number != named[at - 1][1]]
    if len(cuts) < 2 or cuts[0][0] != 0 or set(whole.slots.orders) >= {number for _, number in named}:
        return None
    acts: list[Further] = []
    for (start, number), end in zip(cuts, [*(start for start, _ in cuts[1:]), len(said)], strict=True):
        words = said[start:end].strip(AROUND)
        if acts and _BARE.fullmatch(fold(words)):
            acts[-1] = _also_of(acts[-1], words, number)
            continue
        act = reads(words)
        if not acts and not _is_act(act):
            return None
        # What is said of the others is theirs even where nobody understands it.
        acts.append(Further(words, act if act.slots.order else Intent(Meaning.OTHER, 0.5, Slots(order=number))))
    return replace(acts[0].intent, more=tuple(acts[1:]))


def _also_of(before: Further, words: str, number: str) -> Further:
    slots = before.intent.slots
    orders = tuple(dict.fromkeys((*(slots.orders or filter(None, (slots.order,))), number)))
    return Further(f"{before.words} {words}", replace(before.intent, slots=replace(slots, orders=orders)))


def _is_act(intent: Intent) -> bool:
    """What is done to an order that is named."""
    return bool(intent.slots.order) and (intent.meaning in ABOUT_ORDERS or bool(intent.slots.command))


@dataclass(frozen=True, slots=True)
class _Parts:
    """A message cut in two: what was said first, and what may be something else."""

    head: str
    tail: str
    folded: str  # the tail, for matching
    reads: Reads

    def first(self) -> Intent:
        return self.reads(self.head)


def _with_another(whole: Intent, said: str, folded: str, starts: list[int], reads: Reads) -> Intent | None:
    for start in starts[1:]:
        parts = _Parts(said[:start].rstrip(AROUND), said[start:], folded[start:], reads)
        other = _also(parts, whole) or _instead(parts) or _own_need(parts) or _besides(parts)
        both = _joined(parts, other) if other else None
        if both:
            return both
    return None


def _also(parts: _Parts, whole: Intent) -> Intent | None:
    """顺便问下谁会修电视: a need. 另外把232改到明天: an act. What goes on with the need before it is neither."""
    turns = WORDS["also"].match(parts.folded)
    if turns is None:
        return None
    rest = parts.tail[turns.end() :]
    if numbers_first(fold(rest)) and _is_act(act := parts.reads(rest)):
        return act
    need = parts.reads(f"求助 {rest}" if WORDS["asks for"].match(fold(rest)) else rest)
    is_one = whole.meaning is Meaning.REQUEST and not parts.first().slots.order
    return need if need.meaning is Meaning.REQUEST and not is_one else None


def _instead(parts: _Parts) -> Intent | None:
    """不用修灯了，改成修水管吧: what is wanted instead is wanted, however few words say it."""
    turns = WORDS["instead"].match(parts.folded)
    if turns is None or parts.first().meaning is not Meaning.CANCEL:
        return None
    return parts.reads(f"求助 {parts.tail[turns.end() :]}")


def _own_need(parts: _Parts) -> Intent | None:
    """231修好了，我家灯又坏了."""
    if not WORDS["own need"].match(parts.folded):
        return None
    need, done = parts.reads(parts.tail), parts.first()
    is_done = done.meaning in (Meaning.DONE, Meaning.RATE) and not done.implied
    return need if need.meaning is Meaning.REQUEST and need.confidence >= SURE_NEED and is_done else None


def _besides(parts: _Parts) -> Intent | None:
    """灯不用修了, 门铃帮我看看: one need is over, another begins."""
    if not WORDS["wanted besides"].match(parts.folded) or parts.first().meaning is not Meaning.CANCEL:
        return None
    return parts.reads(f"求助 {parts.tail}")


def _joined(parts: _Parts, other: Intent) -> Intent | None:
    first, is_need = parts.first(), other.meaning is Meaning.REQUEST
    if is_need and first.meaning is Meaning.CANCEL and first.slots.reason is None:
        first = replace(first, slots=replace(first.slots, reason=parts.tail))
    if first.meaning in _TALK or (is_need and other.slots.urgency is Urgency.EMERGENCY):
        return replace(other, more=(Further(parts.head, first),))
    if first.meaning in ABOUT_ORDERS or (not is_need and (first.meaning is Meaning.REQUEST or _is_act(first))):
        return replace(first, more=(Further(parts.tail.strip(AROUND), other),))
    return None
