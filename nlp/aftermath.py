"""What people say while an emergency is open: it is over, help came, I smell it too; and what must never be overheard by
others: that somebody does not want to live. The shapes stand in lexicon/aftermath.table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from typing import Final

from nlp.clean import fold, joined, matching
from nlp.names import is_name
from nlp.patterns import blocks_of, patterns_of
from nlp.shapes import Table

LONGEST_NEWS: Final = 40  # whoever tells more tells a story of their own
_CLAUSE: Final = re.compile(r"[^,。!?;、…\s]+")
_SENTENCE_END: Final = re.compile(r"[。!?;]")
_AFTER_NAME: Final = re.compile(r"[,、\s]|一直|[说讲喊嚷在站坐爬闹哭]")
_I: Final = frozenset("我俺咱")


class News(StrEnum):
    """What a short sentence tells of an emergency. Of several the first in this order counts."""

    FALSE = "false"  # 没事了,是楼上烧菜
    TAKEN = "taken"  # 人送医院了
    DOUSED = "doused"  # 火灭了
    AIRED = "aired"  # 味道散了
    FOUND = "found"  # 孩子找到了
    SAFE = "safe"  # 人救出来了
    OVER = "over"  # 危险解除了
    MISTAKEN = "mistaken"  # 虚惊一场
    WELL = "well"  # 没事了
    AWAKE = "awake"  # 人醒过来了
    HERE = "here"  # 消防来了
    WANTED = "wanted"  # 谁有楼道钥匙
    EXTINGUISHER = "extinguisher"  # 谁有灭火器
    CARE = "care"  # 谁会心肺复苏
    ALSO = "also"  # 我也闻到了


# 谁有…: a question by its nature.
WANTS: Final = (News.WANTED, News.EXTINGUISHER, News.CARE)


class Despair(StrEnum):
    """Who does not want to live."""

    MYSELF = "myself"
    ANOTHER = "another"


@cache
def _table() -> Table:
    return Table(blocks_of("aftermath"))


def _clauses(folded: str) -> Iterator[tuple[int, str]]:
    """The clauses of a text, each with where it begins."""
    for match in _CLAUSE.finditer(folded):
        yield match.start(), match[0]


def find_news(text: str) -> News | None:
    """What a short sentence tells, if there is an emergency that it can be about."""
    folded = matching(text)
    if len(folded) > LONGEST_NEWS:
        return None
    whole = _table().shown(folded)
    wanted = next((news for news in WANTS if news in whole), None)
    if wanted is not None or "asked" in whole:
        return wanted
    told = {news for _, clause in _clauses(folded) for news in _told(clause)}
    if "still" in whole:
        told &= {News.HERE, News.ALSO}
    return next((news for news in News if news in told), None)


def without_wanted(text: str) -> str:
    """What stands beside 谁会急救: the clauses that do not ask for it."""
    return _without(text, *WANTS)


def has_figure(text: str) -> bool:
    return any("figure" in _table().shown(clause) for _, clause in _clauses(matching(text)))


def without_figures(text: str) -> str:
    """The clauses that are no figure of speech, such as 换了一了百了."""
    return _without(text, "figure")


def _without(text: str, *blocks: str) -> str:
    return ",".join(clause for _, clause in _clauses(matching(text)) if not set(blocks) & set(_table().shown(clause)))


def _told(clause: str) -> Iterator[News]:
    """What one clause tells. Whatever else stands in it may deny it: then it is not news, and people go on being called."""
    shown = _table().shown(clause)
    for news in News:
        match = shown.get(news)
        if match is not None and (news is News.ALSO or not _is_open(clause[: match.start()], clause[match.end() :])):
            yield news


def _is_open(*around: str) -> bool:
    """没, 快, 谁, 等 beside the news; 没人受伤 denies nothing."""
    fine = patterns_of("aftermath")["fine"]
    return any("not yet" in _table().shown(fine.sub("", piece)) for piece in around)


def tells_of_harm(text: str) -> bool:
    """Whether the teller or somebody else suffers from it: 头晕, 喘不上气."""
    return "harmed" in _table().shown(matching(text))


def is_eased(text: str) -> bool:
    """Whether somebody in despair says that it is better."""
    return "eased" in _table().shown(matching(text))


def find_despair(text: str) -> Despair | None:
    """Whether somebody does not want to live, and who."""
    folded = matching(text)
    plea = _plea(folded)
    return _whose(folded[: plea[0]], folded[plea[0] : plea[1]]) if plea is not None else None


def without_despair(text: str) -> str:
    """What else the words tell: 我家着火了,我活不下去了 → 我家着火了,."""
    text = joined(text)
    while (plea := _plea(fold(text))) is not None:
        before, after = text[: plea[0]], text[plea[1] :]
        speaker = _table().shown(fold(before)).get("myself")
        text = before[: speaker.start() if speaker else None] + after.removeprefix("了")
    return text


def _plea(folded: str) -> tuple[int, int] | None:
    """Where it is said; what only sounds so is passed over clause by clause."""
    if "laughter" in _table().shown(folded):
        return None
    for start, clause in _clauses(folded):
        shown = _table().shown(clause)
        match = shown.get("self harm")
        if match is not None and "only said" not in shown:
            return start + match.start(), start + match.end()
    return None


def _whose(before: str, plea: str) -> Despair:
    """The clause itself names who, else whoever says so or stands on the roof was named a clause before."""
    sentence = _SENTENCE_END.split(before)[-1]
    own = re.split(r"[,、…\s]", sentence)[-1]
    shown, in_plea = _table().shown(own), _table().shown(plea)
    if "another" in in_plea:
        return Despair.ANOTHER
    if "myself" in shown or plea[0] in _I:
        return Despair.MYSELF
    if "another" in shown:
        return Despair.ANOTHER
    is_told = "says" in shown or "brink" in _table().shown(sentence + plea)
    if is_told and (_names_somebody(own) or (_I.isdisjoint(own) and _names_another(sentence))):
        return Despair.ANOTHER
    return Despair.MYSELF


def _names_another(sentence: str) -> bool:
    return "another" in _table().shown(sentence) or _names_somebody(sentence)


def _names_somebody(words: str) -> bool:
    """A name before what they do: 3栋的张伟说."""
    pieces = _AFTER_NAME.split(words)[:-1]
    return any(is_name(piece[-length:]) for piece in pieces for length in (4, 3, 2) if len(piece) >= length)


def asks_secrecy(text: str) -> bool:
    """别跟别人说: what was told is nobody else's business."""
    return any("secret" in _table().shown(clause) for _, clause in _clauses(matching(text)))
