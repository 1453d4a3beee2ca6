"""What a community tells the reader of itself in one plain file: its own words and its buildings.

A line holds a word and, behind a space, what it is; # begins a comment. The first column is what people write:

    金桂苑 小区          an estate, kept whole: the community of 金桂苑3栋
    老水闸 地点          another place where something may be: the place of 老水闸旁边井盖没了
    瘪火 坏了            a local word that says something is broken (see MEANINGS for all)
    掏烟囱 水电维修      a local word for one of the sixteen kinds of help
    楼栋 1-12 15 A       the buildings there are: 8号 is then understood, and 99栋 is asked about
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from nlp.clean import fold
from nlp.ground import UNKNOWN, Building, Buildings, Ground
from nlp.spotting import CATEGORY_FILES

_ESTATE: Final = "小区"
_SPOT: Final = "地点"
# What a word of the file may be → the word list that it joins.
MEANINGS: Final[Mapping[str, str]] = {
    _ESTATE: "local",
    _SPOT: "local",
    "求人": "ask_strong",
    "坏了": "lack",
    "用完了": "used_up",
    "东西": "facility",
    "危险": "danger",
    "紧急": "emergency_sure",
    "不舒服": "symptom",
    "扰民": "nuisance",
    "丢了": "lost",
    "广告": "ad",
    "通知": "notice",
    **{category.value: name for name, category in CATEGORY_FILES.items()},
}
_BUILDINGS: Final = "楼栋"
_RANGE: Final = re.compile(r"(?P<first>[0-9]{1,3})-(?P<last>[0-9]{1,3})")
_BUILDING: Final = re.compile(r"[0-9a-zA-Z]{1,4}")
# A single character would be found everywhere.
_SHORTEST: Final = 2


class BadLocalFile(Exception):
    """A line of the community's file is not as it should be; the text names the line and says what is wanted."""


@dataclass(frozen=True, slots=True)
class Local:
    """A community's own words, by the list they join, and its ground: estates, spots and buildings."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    ground: Ground = UNKNOWN

    @property
    def names(self) -> tuple[str, ...]:
        """Names of estates and places."""
        return self.words.get("local", ())

    @property
    def buildings(self) -> Buildings | None:
        return self.ground.buildings if self.ground.buildings.by_name else None


def read_local(file: Path) -> Local:
    """What the file says; nothing where there is none. Raises BadLocalFile where it cannot be read or a line is wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Local()
    except (OSError, UnicodeDecodeError):
        raise BadLocalFile("打不开，或者不是 UTF-8 文本") from None
    words: dict[str, list[str]] = {}
    places: dict[str, list[str]] = {_ESTATE: [], _SPOT: []}
    buildings: list[Building] = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = line.split("#", 1)[0].split()
        if not cells:
            continue
        if cells[0] == _BUILDINGS:
            buildings += [building for cell in cells[1:] for building in _buildings(cell, number)]
        else:
            name, word = _word(cells, number)
            words.setdefault(name, []).append(word)
            if cells[1] in places:
                places[cells[1]].append(word)
    return Local(
        {name: tuple(of_list) for name, of_list in words.items()},
        Ground(tuple(places[_ESTATE]), tuple(places[_SPOT]), Buildings.of(*buildings)),
    )


def _word(cells: list[str], number: int) -> tuple[str, str]:
    if len(cells) != 2 or cells[1] not in MEANINGS:
        raise BadLocalFile(f"第{number}行：要写“词 意思”，意思是这些里的一个：{'、'.join(MEANINGS)}")
    word = fold(cells[0])
    if len(word) < _SHORTEST:
        raise BadLocalFile(f"第{number}行：“{cells[0]}”只有一个字，到处都会碰上，写长一点")
    return MEANINGS[cells[1]], word


def _buildings(cell: str, number: int) -> list[Building]:
    between = _RANGE.fullmatch(cell)
    if between and int(between["first"]) <= int(between["last"]):
        return [Building(str(one)) for one in range(int(between["first"]), int(between["last"]) + 1)]
    if not _BUILDING.fullmatch(cell):
        raise BadLocalFile(f"第{number}行：“{cell}”不像楼栋，要写成 楼栋 1-12 15 A 这样")
    return [Building(cell.upper())]
