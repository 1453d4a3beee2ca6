"""What is written like an address: every shape of lexicon/addresses.table that stands in a text, with its parts read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from nlp.intent import Address
from nlp.numbers import digits, read
from nlp.patterns import blocks_of, patterns_of
from nlp.shapes import Sieve

AROUND: Final = patterns_of("places")


_SIDES: Final = frozenset("东西南北中前后")
_STEMS: Final = frozenset("甲乙丙丁")
_MARKED = re.compile(r"[a-z][0-9]{0,2}")
_SUFFIXED = re.compile(r"0*([1-9][0-9]{0,2}[a-h]?)")
_LABEL = re.compile(r"(?:[东西南北](?:数|边|头)起?)|[第个侧边\s]")
_LETTERS = re.compile(r"[a-z]{2,4}(?=[0-9])")


def read_name(text: str) -> str | None:
    """08 → 8, 二十 → 20, b4 → B4, 5a → 5A, 东6 → 东6, 乙 → 乙; None for what is no such name."""
    if _MARKED.fullmatch(text):
        return text.upper()
    text = text.lstrip("#")
    if not text:
        return None  # #-201
    if suffixed := _SUFFIXED.fullmatch(text):
        return suffixed[1].upper()
    if text[0] in _STEMS or text[0] in _SIDES:
        text = text[0] + digits(text[1:])
        return text if len(text) == 1 or text[1:].isdecimal() else None
    number = read(text)
    return str(number) if number and number < 1000 else None


def _entrance(text: str) -> str | None:
    return read_name(_LABEL.sub("", text.rstrip("单元门洞梯座")))


def read_floor(text: str) -> str | None:
    """负一楼, 地下一层 and b1层 are -1."""
    number = re.sub(r"\s|[层楼f]$", "", text)
    below = number.startswith(("负", "地下", "-", "b"))
    count = read(number.lstrip("负地下-b"))
    return None if not count else f"-{count}" if below else str(count)


def read_flat(text: str) -> str | None:
    """五零一 → 501, 五百零一 → 501, 5 0 1 → 501, 1601a → 1601A."""
    number = re.sub(r"\s|号|[室房户门]", "", text)
    storey, _, door = number.partition("零")
    if door and "十" in storey and "百" not in storey:
        return f"{read(storey)}0{digits(door)}"  # 十二零三
    if any(char in "十百千" for char in number):
        count = read(number)
        return str(count) if count else None
    return digits(number).upper()


def _door(text: str) -> str | None:
    count = read(text.rstrip("号门室户 "))
    return str(count) if count else None


# Group of a shape → the part of the address that it tells, and how it is read.
_PARTS: Final[Mapping[str, tuple[str, Callable[[str], str | None]]]] = {
    "building": ("building", read_name),
    "entrance": ("entrance", _entrance),
    "dashed": ("entrance", _entrance),
    "floor": ("floor", read_floor),
    "room": ("room", read_flat),
    "door": ("room", _door),
    "dong": ("building", read_name),
    "danyuan": ("entrance", _entrance),
    "ceng": ("floor", read_floor),
}
OUTER: Final = tuple(name for name, (part, _) in _PARTS.items() if part == "building")


@dataclass(frozen=True, slots=True)
class Shape:
    """One way of writing."""

    name: str
    pattern: re.Pattern[str]
    bare: bool  # numbers and signs only: dates, scores and codes look the same
    lone: bool  # only completes another
    names: tuple[str, ...]  # its groups that tell a part of an address


def _shapes() -> Iterator[Shape]:
    for block in blocks_of("addresses"):
        marks = block.rest.split()
        for shape in block.shapes:
            pattern = re.compile(shape)
            names = tuple(name for name in pattern.groupindex if name in _PARTS)
            yield Shape(block.name, pattern, "bare" in marks, "lone" in marks, names)


SHAPES: Final = tuple(_shapes())
PATTERNS: Final = tuple(shape.pattern for shape in SHAPES)


_SIEVE: Final = Sieve([pattern.pattern for pattern in PATTERNS])


def _possible(folded: str) -> list[Shape]:
    """The shapes that may stand in a text, in the order of the table."""
    return [SHAPES[number] for number in sorted(_SIEVE.possible(folded))]


# A list of so many addresses asks for help at none of them; looking on would cost time that grows with its square.
_MOST: Final = 24


@dataclass(frozen=True, slots=True)
class Written:
    """One place in a text, from its first number on. `match` may begin earlier, with what it was recognised by."""

    shape: Shape
    match: re.Match[str]
    address: Address
    start: int
    end: int


def matches(folded: str) -> Iterator[Written]:
    """Every place that is written in one of the shapes, with where it stands; no two overlap."""
    taken: list[tuple[int, int]] = []
    if not (AROUND["number"].search(folded) and AROUND["hint"].search(folded)):
        return
    for shape in _possible(folded):
        if shape.lone and not taken:
            continue
        for match in shape.pattern.finditer(folded):
            start, end = _span(shape, match)
            if any(start < high and low < end for low, high in taken):
                continue
            address = _read(shape, match, start)
            if address is not None:
                taken.append((start, end))
                if len(taken) > _MOST:
                    return
                yield Written(shape, match, address, start, end)


_PLAINLY: Final = str.maketrans(
    "壹贰叁叄肆伍陆柒捌玖拾ⅰⅱⅲⅳⅴⅵⅶⅷⅸⅹ㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩", "一二三三四五六七八九十" + "一二三四五六七八九十" * 2
)


def plainly(text: str) -> str:
    """The text with formal numerals and misheard words written as the common ones; positions stay."""
    text = AROUND["formal"].sub(lambda said: said[0].translate(_PLAINLY), text)
    return AROUND["misheard 单元"].sub("单元", AROUND["misheard 栋"].sub("栋", text))


def _span(shape: Shape, match: re.Match[str]) -> tuple[int, int]:
    """From the first number on: the letters before it were only there to be recognised by."""
    if shape.name == "foreign":
        return match.span()
    start = min(at for name in shape.names if (at := match.start(name)) >= 0)
    return start + _letters_before(shape, match), match.end()


def _letters_before(shape: Shape, match: re.Match[str]) -> int:
    """In soho2号楼 only the 2 is the building."""
    lead = _LETTERS.match(match["building"] or "") if "building" in shape.names else None
    return lead.end() if lead else 0


def _read(shape: Shape, match: re.Match[str], start: int) -> Address | None:
    text = match.string
    before = text[start - 1] if start else ""
    cut = _letters_before(shape, match)
    if not cut and before and (before in "./-¥" or (before.isascii() and before.isalnum())):
        return None
    if before == ":" and text[start - 2 : start - 1].isdecimal():
        return None
    if shape.bare and before and (before in "第+" or AROUND["code before"].search(text, max(0, start - 8), start)):
        return None
    found: dict[str, str] = {}
    for name in shape.names:
        group = match[name]
        if group is None:
            continue
        part, value = _PARTS[name]
        if part == "entrance" and "个" in group and "第" not in text[match.start(name) - 1 : match.end(name)]:
            continue  # 4个单元 counts them
        read_value = value(group[cut:] if name == "building" else group)
        if read_value is None:
            if part == "building":
                return None
            continue
        found[part] = read_value
    address = Address(**found)
    check = _CHECKS.get(shape.name)
    return (check(match, start, address) if check else address) or None


def ends(shape: str, text: str, at: int, reach: int = 8) -> bool:
    """Whether what stands around an address in the table stands right before it."""
    return AROUND[shape].search(text, max(0, at - reach), at) is not None


# Checks of single shapes: they refuse what only looks like the shape, and tell a floor from a building.


def _checked_written(match: re.Match[str], start: int, address: Address) -> Address | None:
    text, unit, building = match.string, match["unit"], address.building
    alone = not (address.entrance or address.room or address.floor)
    counts = (unit == "栋楼" and building == "1") or ("楼" in unit and ends("whole before", text, start))
    letterlike = building in _SIDES or (unit in ("座", "舍", "塔") and alone and building in ("1", "10"))
    a_seat = unit == "座" and text.endswith(("排", "厅", "厢"), 0, start)
    return None if (alone and counts) or letterlike or a_seat else address


def _checked_sided(match: re.Match[str], start: int, address: Address) -> Address | None:
    sided = bool(address.building and address.building[0] in _SIDES)
    return address if address.entrance or (sided and address.room) else None


def _checked_storeyed(match: re.Match[str], start: int, address: Address) -> Address | None:
    """15楼1503 is on the fifteenth floor; in 3楼501 the 3 is the building."""
    if not address.room or ends("elsewhere before", match.string, start):
        return None
    fits = address.floor == address.room[:-2].lstrip("0")
    if match["apart"] == "," and not fits:
        return None
    if fits or match["floor"].endswith("层"):
        return address
    return replace(address, building=address.floor, floor=None)


def _checked_lane(match: re.Match[str], start: int, address: Address) -> Address | None:
    return address if match[0][0] == "弄" or address.room or address.entrance or address.floor else None


def _checked_numbered(match: re.Match[str], start: int, address: Address) -> Address | None:
    return None if ends("street before", match.string, start) else address


def _checked_short(match: re.Match[str], start: int, address: Address) -> Address | None:
    """200-500 is a range, and 11-2026 a month."""
    building, room = address.building or "", address.room or ""
    ranged = len(building) == 3 and building.endswith("0") and room.endswith("0")
    dated = building.isdecimal() and int(building) <= 12 and re.fullmatch(r"20[2-3][0-9]", room)
    return None if ranged or dated else address


def _checked_room(match: re.Match[str], start: int, address: Address) -> Address | None:
    return None if ends("elsewhere before", match.string, start) else address


def _checked_entrance(match: re.Match[str], start: int, address: Address) -> Address | None:
    return address if address.entrance else None


_CHECKS: Final[Mapping[str, Callable[[re.Match[str], int, Address], Address | None]]] = {
    "written": _checked_written,
    "sided": _checked_sided,
    "storeyed": _checked_storeyed,
    "lane": _checked_lane,
    "numbered": _checked_numbered,
    "short": _checked_short,
    "room": _checked_room,
    "entrance": _checked_entrance,
}
