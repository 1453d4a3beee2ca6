"""Who worked how long and who did not come, as a finisher tells it."""

from __future__ import annotations

import re
from typing import Final

from nlp import times
from nlp.intent import Attendance
from nlp.patterns import patterns_of

SHAPES: Final = patterns_of("attendance")
_PIECES = re.compile(r"[\s,，。;；、!！]+")


def find_attendance(text: str) -> tuple[Attendance, ...]:
    """Who worked how long and who did not come: 刘洋做了2小时 我2.5小时 马建国没来."""
    if not SHAPES["speaks of it"].search(text):
        return ()
    found = [entry for piece in _PIECES.split(text) if (entry := _entry(piece)) is not None]
    return tuple(found)


def _entry(piece: str) -> Attendance | None:
    if absent := SHAPES["absent"].search(piece):
        name = SHAPES["before a name"].sub("", absent["name"])
        return Attendance(name, absent=True) if len(name) >= 2 else None
    worked = SHAPES["worked"].search(piece)
    if worked is None or SHAPES["nobody"].match(worked["name"]):
        return None
    name = SHAPES["before a name"].sub("", worked["name"])
    minutes = times.read_minutes(worked["long"])
    return Attendance(name, minutes) if name and minutes else None
