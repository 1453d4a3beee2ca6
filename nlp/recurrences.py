"""How often: 每周三下午, 周一三五, 工作日晚上, 每隔两天. Such words are kept as text and never become a date."""

from __future__ import annotations

import re
from datetime import datetime

from nlp.clocks import Piece, piece_at
from nlp.days import View
from nlp.time_words import EDGES, any_of, shape

_LINK, _RUNS = shape("link"), shape("run_of_weekdays")
_RECURRING = re.compile(f"(?={shape('repeated_begins').pattern})(?:{shape('repeated').pattern})")
_MAY_RECUR, _MUST_RECUR = frozenset("每隔逢周星礼工天月日次平节夜年"), shape("may_repeat")
# 放学4:10 tells when school is out.
_LET_OUT = re.compile(f"(?:{any_of(EDGES)})(?:[之以]?后)?[是在\\s]?")
_STANDING, _ONE_DATE, _NOT_REPEATED = shape("standing"), shape("one_date"), shape("not_repeated")


def recurrences_in(folded: str, now: datetime) -> list[tuple[int, int]]:
    """Where the words of every repetition stand."""
    if _MAY_RECUR.isdisjoint(folded) or not _MUST_RECUR.search(folded):
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
    if piece is None or piece.edge or not piece.clock:
        let_out = _LET_OUT.match(folded, piece.end if piece and not piece.edge else skip)
        clock = _timed(folded, let_out.end(), view) if let_out else None
        piece = clock if clock and clock.clock else piece
    if piece is None:
        return end
    link = _LINK.match(folded, piece.end)
    other = _timed(folded, link.end(), view) if link else None
    return other.end if other else piece.end


def _timed(folded: str, at: int, view: View) -> Piece | None:
    piece = piece_at(folded, at, view, second=True)
    return piece if piece and piece.possible and piece.day is None else None
