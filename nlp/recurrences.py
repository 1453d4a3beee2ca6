"""How often: 每周三下午, 周一三五, 工作日晚上, 每隔两天. Such words are kept as text and never become a date."""

from __future__ import annotations

import re
from datetime import datetime

from nlp.clean import fold
from nlp.clocks import Piece, piece_at
from nlp.days import View
from nlp.time_words import LINK as LINK_SOURCE
from nlp.time_words import NUMBER, WEEK, any_of
from nlp.time_words import PARTS as _PARTS

Recurrence = tuple[str, int, int]
_LINK = re.compile(LINK_SOURCE)
_ONE = r"[一二三四五六日天]"
_MANY = _ONE + r"(?![点月号])(?:[、和,及]?" + WEEK + r"?" + _ONE + r"(?![点月号]))*"
_TIMES = r"(?:[0-9一二两三四五六七八九十几]{1,2}(?:到[0-9一二两三四五六]{1,2})?[次回趟遍])"
# What repeats, as written; the first that fits.
_WORDS: tuple[str, ...] = (
    r"每逢(?:周末|节假日|初一十五|" + WEEK + _MANY + r"|[0-9一二三四五六七八九十]{1,3}(?:号|日)?)",
    r"每(?:个)?(?:隔)?" + NUMBER + r"(?:个)?(?:小时|钟头|分钟|天|日|周|星期|礼拜|月|年)" + _TIMES + "?",
    r"每(?:个)?半(?:个)?(?:小时|钟头|天|月|年)" + _TIMES + "?",
    r"每(?:个)?(?:小时|分钟)" + _TIMES + "?",
    r"每(?:个|一)?(?:周末|双休日|工作日|节假日|上学日)",
    r"每(?:个|一)?"
    + WEEK
    + r"(?:"
    + _MANY
    + r"(?:[到至\-~]"
    + WEEK
    + r"?"
    + _ONE
    + r")?|[1-7](?![0-9点:])|末)?"
    + _TIMES
    + "?",
    r"每(?:个|一)?月(?:的)?(?:月?[底初末]|中旬|上旬|下旬|第[一二三四1-4]个?(?:"
    + WEEK
    + _ONE
    + r"|工作日)|最后一?个?(?:"
    + WEEK
    + _ONE
    + r"|工作日|[天日])|第一天|(?:"
    + NUMBER
    + r"[、和,]){0,3}"
    + NUMBER
    + r"[号日]|[初][一二三四五六七八九十])?"
    + _TIMES
    + "?",
    r"每(?:个|一)?季度(?:初|末|底)?|每(?:个|一)?学期|每(?:个|一)?年(?:的)?(?:"
    + NUMBER
    + r"月(?:"
    + NUMBER
    + r"[号日]|份|初|底)?|春节|中秋|清明|国庆)?",
    r"每(?:个|一)?(?:天|日)(?:" + _TIMES + r")?|每(?:个|一)?(?:(?:" + any_of(_PARTS) + r")上?(?![饭餐]))",
    r"逢(?:周末|节假日|" + WEEK + _MANY + r"|单日?|双日?|[0-9一二三五七十]逢?[0-9一二三五七十]?)(?![凶生])",
    r"隔(?:天|日|[一二两三0-9]天|周|[一二两三]周|三差五)",
    r"(?:平时|平日|周中|工作日|节假日)(?=的?(?:早|上|中|下|晚|白|傍|夜|都|有|可|每|[0-9]))|周中|平日里",
    WEEK + _ONE + r"(?:[、,]?" + _ONE + r"){2,6}(?![点月号])",
    WEEK + r"(?:一[、]?三|二[、]?四|三[、]?五|一[、]?四|二[、]?五)(?![点月号])(?=[^0-9点]|$)",
    r"(?:一|两|三|[1-9])(?:天|日|周|个?星期|个?礼拜|个?月|年)" + _TIMES,
    r"(?<![下上这本])(?:工作日|天天(?!然)|夜夜|(?<![明今去后前])年年|月月|(?<![今明昨次])日日(?!夜))(?=[早上中下晚夜0-9])|工作日",
)
_RECURRING = re.compile("|".join(f"(?:{words})" for words in _WORDS))
_RUNS = re.compile(WEEK + _ONE + r"(?:[到至\-~—]+)" + WEEK + r"?" + _ONE)
_MAY_RECUR = frozenset("每隔逢周星礼工天日月次平节夜年")
_MUST_RECUR = re.compile(
    r"[每隔逢平]|周中|工作日|节假日|(?:周|星期|礼拜)[一二三四五六日][、,]?[一二三四五六日天]|[次回趟遍]|天天|夜夜|年年|日日|月月|[到至~—-](?:周|星期|礼拜)?[一二三四五六日天]"
)
_STANDING = re.compile(r"长期|每|固定|天天|平时|都要|一直|常年|定期|营业|开门|开放|上班|值班|接送|坐诊")
# 周一到周五9点到17点 is a timetable, not one long appointment.
_ONE_DATE = re.compile(r"(?:下|上|这|本|个)\s?$")
# 下个工作日 is one day, and 三个工作日内 a time limit.
_NOT_REPEATED = re.compile(r"(?:下一?个?|最近的?一?个?|第一个?|首个|最后一?个?|[0-9一二两三四五六七八九十]个)$")


def find_recurrence(text: str, now: datetime) -> Recurrence | None:
    """The words of a repetition (每周三下午) with their place; None where nothing repeats."""
    return recurrence_in(text, fold(text), now)


def recurrence_in(text: str, folded: str, now: datetime) -> Recurrence | None:
    """The same for a text that is folded already."""
    found = recurrences_in(folded, now)
    if not found:
        return None
    start, end = found[0]
    return text[start:end], start, end


def recurrences_in(folded: str, now: datetime) -> list[tuple[int, int]]:
    """Where the words of every repetition stand."""
    if not _MAY_RECUR.intersection(folded) or not _MUST_RECUR.search(folded):
        return []
    view = View(now.date())
    found: list[tuple[int, int]] = []
    at = 0
    for match in _RECURRING.finditer(folded):
        if match.start() < at or _NOT_REPEATED.search(folded, max(0, match.start() - 5), match.start()):
            continue
        at = _with_clock(folded, match.end(), view)
        found.append((match.start(), at))
    if not found and (run := _RUNS.search(folded)):
        end = _with_clock(folded, run.end(), view)
        clocked = any(char in "点:时" for char in folded[run.end() : end])
        if _STANDING.search(folded) or (clocked and not _ONE_DATE.search(folded, max(0, run.start() - 2), run.start())):
            found.append((run.start(), end if clocked else run.end()))
    return found


def _with_clock(folded: str, end: int, view: View) -> int:
    """The end of the part and clock, or of their range, that follow a repetition."""
    skip = end + (1 if folded[end : end + 1] in (" ", "的", ",") else 0)
    piece = _timed(folded, skip, view)
    if piece is None:
        return end
    link = _LINK.match(folded, piece.end)
    other = _timed(folded, link.end(), view) if link else None
    return other.end if other else piece.end


def _timed(folded: str, at: int, view: View) -> Piece | None:
    piece = piece_at(folded, at, view, second=True)
    return piece if piece and piece.possible and piece.day is None else None
