"""Who worked how long and who did not come, as a finisher tells it."""

from __future__ import annotations

import re

from nlp import times
from nlp.intent import Attendance

_WORKED = re.compile(
    r"(?P<name>我|俺|[\u4e00-\u9fff]{2,4}?)(?:一共|总共|也)?(?:做了?|干了?|忙了?|帮了?|用了?|"
    r"花了?|弄了?|:)?(?:约|大概)?\s?(?P<long>(?:半|[0-9]{1,3}(?:\.[0-9]{1,2})?|"
    r"[一二三四五六七八九十两]{1,3})(?:个半|个)?(?:小时|钟头|分钟|刻钟)半?)"
)
# 都干了两小时 is said of everybody, and belongs to no single name.
_NOBODY = re.compile(r"大概|一共|总共|用了|用时|耗时|花了|前后|约|都|大家|每[人个]|各|人均|全|我们|咱")
_ABSENT = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,4}?)(?:今天|这次|临时|一直)?(?:没有?来|未到|没到|缺席|没见着?|没参加|没去|爽约)"
)
_WORDS_BEFORE_NAME = re.compile(r"^(?:和|跟|还有|就|都|但|不过|完成|一共|另外|其中|今天|我们)+")
_SPEAKS_OF_IT = re.compile(r"小时|分钟|钟头|没来|没有来|未到|没到|缺席|没见|没参加|没去|爽约")
_PIECES = re.compile(r"[\s,，。;；、!！]+")


def find_attendance(text: str) -> tuple[Attendance, ...]:
    """Who worked how long and who did not come: 刘洋做了2小时 我2.5小时 马建国没来."""
    if not _SPEAKS_OF_IT.search(text):
        return ()
    found = [entry for piece in _PIECES.split(text) if (entry := _entry(piece)) is not None]
    return tuple(found)


def _entry(piece: str) -> Attendance | None:
    if absent := _ABSENT.search(piece):
        name = _WORDS_BEFORE_NAME.sub("", absent["name"])
        return Attendance(name, absent=True) if len(name) >= 2 else None
    worked = _WORKED.search(piece)
    if worked is None or _NOBODY.match(worked["name"]):
        return None
    name = _WORDS_BEFORE_NAME.sub("", worked["name"])
    minutes = times.read_minutes(worked["long"])
    return Attendance(name, minutes) if name and minutes else None
