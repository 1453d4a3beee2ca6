"""Addresses in every written shape: 3栋2单元501, 三号楼二单元五零一, 3-2-501, 2#604, 小区南门."""

from __future__ import annotations

import re

from nlp.intent import Address
from nlp.numbers import digits, read

_D = r"[0-9]{1,3}|[一二三四五六七八九十百零〇]{1,5}"
_BUILDING = (
    r"(?<![0-9a-z.第])(?<![0-9]:)(?P<building>[a-z][0-9]{0,2}|" + _D + r")"
    r"\s?(?:栋楼?|幢楼?|座(?![位谈机])|号楼|#楼?(?=[0-9一二三四五六七八九十\s,。;!?]|$)|号院)"
)
_ENTRANCE = (
    r"(?P<entrance>[0-9]{1,2}|[一二三四五六七八九十]{1,3}|[a-z])\s?(?:单元|门(?=[0-9一二三四五六七八九])|梯(?=[0-9]))"
)
_FLOOR = r"(?P<floor>[0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:层|楼(?![道下上梯栋长顶管板市]))"
_ROOM = (
    r"(?P<room>[0-9]{3,4}(?![0-9])(?!号楼|[栋幢元块米年斤]|(?:个|多)|人(?!家))|"
    r"[一二三四五六七八九零〇]{3,4}(?![一二三四五六七八九零〇十]))(?:号?[室房]|号(?!楼))?"
)
_GAP = r"[\s,\-—/]{0,2}"
_WRITTEN = re.compile(
    _BUILDING
    + r"(?:[\s,\-—的(]{0,2}"
    + _ENTRANCE
    + r")?"
    + r"(?:"
    + _GAP
    + _FLOOR
    + r")?"
    + r"(?:"
    + _GAP
    + _ROOM
    + r"\)?)?"
)
_MIXED = re.compile(
    r"(?<![0-9a-z.第])(?<![0-9]:)(?P<building>[a-z]?[0-9]{1,3}|[一二三四五六七八九十]{1,3})\s?(?:栋|幢|座|号楼|#)[-—/\s]{0,2}"
    r"(?P<entrance>[0-9]{1,2})[-—/#]{1,2}(?P<room>[0-9]{3,4})(?![0-9])"
)
_END = r"(?![0-9\-/]|[个人点元岁分%年月日天块米斤度]|:[0-9])"
_DASHED = re.compile(
    r"(?<![0-9a-z./\-第])(?<![0-9]:)(?P<building>[a-z]?[0-9]{1,3})[-—/#](?P<entrance>[0-9]{1,2}|[a-z])[-—/](?P<room>[0-9]{3,4})"
    + _END
)
_DASHED_FLOOR = re.compile(
    r"(?<![0-9a-z./\-第])(?<![0-9]:)(?P<building>[0-9]{1,2})-(?P<floor>[0-9]{1,2})-(?P<room>[0-9]{2})" + _END
)
_SHORT = re.compile(
    r"(?<![0-9a-z./\-第+¥])(?<![0-9]:)(?P<building>[a-z]?[0-9]{1,2}|[0-9]{3})[-—](?P<room>[1-9][0-9]{2,3})" + _END
)
_ENTRANCE_ONLY = re.compile(
    r"(?<![0-9])(?P<entrance>[0-9]{1,2}|[一二三四五六七八九十]{1,2})(?:单元|门(?=[0-9]{3}))(?:"
    + _GAP
    + _FLOOR
    + r")?(?:"
    + _GAP
    + _ROOM
    + r")?"
)
_ROOM_ONLY = re.compile(r"(?<![0-9a-z.])(?P<room>[0-9]{3,4}|[一二三四五六七八九零〇]{3,4})(?:室|房间|住户)")
_FLOOR_ONLY = re.compile(
    r"(?<![0-9a-z第])(?P<floor>[0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:层|楼(?![道下上梯栋长顶管板市]))(?:商铺|住户|门面)?"
)
# 社区医院三楼 and 外科五楼 are somebody else's floors.
_HOSPITAL = re.compile(r"(?:医院|门诊|病房|科室|病区|大厦|商场|超市|银行|政务|大厅|学校)[^,。!?;\s]{0,4}$")
_CARRY = re.compile(r"(?:上|到|抬上|搬上|提上|搬到|下|爬|提到|送到|背上|拿到)$")
_COMMUNITY = re.compile(
    r"(?P<community>[\u4e00-\u9fff]{2,8}?(?:小区|花园|家园|新村|公寓|苑|雅居|华庭|名都|新城|嘉园|社区))"
    r"(?:[a-z]区|[一二三四五六1-9]期)?[\s,]?(?=[0-9a-z一二三四五六七八九十]{1,3}\s?(?:栋|幢|座|号楼|#|-))"
)
_LABEL = re.compile(r"^(?:地址|住址|住|在|我家|我们|位于|是)")
# Public spots. The longest match at the earliest place wins.
_SPOTS = (
    r"地下(?:车库|室)|车库|停车场|自行车棚|车棚|消防通道|天台|楼顶|活动室|活动中心|党群服务中心|服务站|居委会门口|社区食堂|"
    r"篮球场|羽毛球场|健身区|健身器材|儿童乐园|游乐场|滑梯|广场(?!舞)|凉亭|花坛|花园里|草坪|"
    r"绿化带|垃圾站|垃圾房|岗亭|保安亭|门岗|"
    r"[东南西北]\s?[1-9]?门|大门口?|正门|侧门|后门口|路口|桥头|池塘|水池|喷泉|配电房|水泵房|电梯(?!坏|修|费|房)"
)
_PLACE = re.compile(
    r"(?:" + _SPOTS + r")(?:[a-z][0-9](?:出口|入口|层)?|[东南西北](?:侧|面|边))?"
    r"(?:门口|旁边?|边上?|附近|出口|入口|后面|前面)?"
)
_NO_LIFT = re.compile(r"没有?电梯|无电梯|要是")
_BESIDE = re.compile(r"(?:楼|栋|幢)?(?P<side>后面|前面|旁边|背面|楼下|门口|北侧|南侧|东侧|西侧)")


def _value(text: str | None) -> str | None:
    """08 → 8, 二十 → 20, b → B."""
    if text is None:
        return None
    if text[0].isascii() and text[0].isalpha():
        return text.upper()
    number = read(text)
    return None if number is None else str(number)


def _room(text: str | None) -> str | None:
    return None if text is None else digits(text)


def _built(match: re.Match[str]) -> Address | None:
    parts = match.groupdict()
    building = _value(parts.get("building"))
    if "building" in parts and (building is None or building == "0"):
        return None
    return Address(
        building=building,
        entrance=_value(parts.get("entrance")),
        floor=_value(parts.get("floor")),
        room=_room(parts.get("room")),
    )


# Shape → the characters one of which it cannot do without.
_SHAPES = (
    (_MIXED, frozenset("栋幢座号#")),
    (_DASHED, frozenset("-—/")),
    (_DASHED_FLOOR, frozenset("-")),
    (_WRITTEN, frozenset("栋幢座号#")),
    (_SHORT, frozenset("-—")),
    (_ENTRANCE_ONLY, frozenset("元门")),
)
_NUMBERED = frozenset("0123456789一二三四五六七八九十abcdefgh")
_HINT = frozenset("栋幢座楼#-—/元门室房层梯院号")


def _best(folded: str) -> tuple[Address, int, int] | None:
    """The fullest written address; of equals the first."""
    chars = set(folded)
    if _HINT.isdisjoint(chars) or _NUMBERED.isdisjoint(chars):
        return None
    best: tuple[int, int, Address, int] | None = None
    for shape, needed in _SHAPES:
        if needed.isdisjoint(chars):
            continue
        for match in shape.finditer(folded):
            address = _built(match)
            if address is None:
                continue
            known = sum(part is not None for part in (address.building, address.entrance, address.room, address.floor))
            rank = (known, -match.start())
            if best is None or rank > (best[0], -best[1]):
                best = (known, match.start(), address, match.end())
    return None if best is None else (best[2], best[1], best[3])


def find_address(text: str, folded: str, masked: str) -> tuple[Address | None, int, int]:
    """The address of the text and where it stands. In `masked` phones and times are blanked out."""
    found = _best(masked)
    address, start, end = found or (Address(), -1, -1)
    if not address.room and not found:
        room = _ROOM_ONLY.search(masked)
        if room:
            address, start, end = Address(room=_room(room["room"])), room.start(), room.end()
    if (not address.floor and not address.room) or (address.room and "楼商铺" in masked):
        floor = _floor(masked)
        if floor:
            address = _with(address, floor=floor)
    community = _community(folded, start)
    place = _place(text, folded, address, end)
    address = _with(address, community=community, place=place)
    return (address or None), start, end


def _with(
    address: Address, *, floor: str | None = None, community: str | None = None, place: str | None = None
) -> Address:
    return Address(
        community=community or address.community,
        building=address.building,
        entrance=address.entrance,
        floor=floor or address.floor,
        room=address.room,
        place=place or address.place,
    )


def _floor(masked: str) -> str | None:
    for match in _FLOOR_ONLY.finditer(masked):
        before = masked[max(0, match.start() - 8) : match.start()]
        if not _HOSPITAL.search(before) and not _CARRY.search(before):
            return _value(match["floor"])
    return None


def _community(folded: str, start: int) -> str | None:
    match = _COMMUNITY.search(folded)
    if match is None or start < 0:
        return None
    return _LABEL.sub("", match["community"]) or None


def _place(text: str, folded: str, address: Address, end: int) -> str | None:
    """A public spot; beside a written address only what is not a part of that home."""
    match = _PLACE.search(folded)
    start = match.start() if match else 0
    start -= next((len(word) for word in ("小区", "社区", "院子", "院") if folded.endswith(word, 0, start)), 0)
    if match and not (address.room or (address.building and "电梯" not in match[0] and "天台" not in match[0])):
        if "电梯" in match[0] and not address.building and _NO_LIFT.search(folded):
            return None
        return text[start : match.end()]
    if address.building and not address.entrance and not address.room and end > 0:
        beside = _BESIDE.match(folded, end)
        if beside:
            begin = max(0, end - 4)
            return folded[_start_of(folded, begin, end) : beside.end()]
    return None


def _start_of(folded: str, low: int, end: int) -> int:
    at = end - 1
    while at > low and (folded[at - 1].isdigit() or folded[at - 1] in "一二三四五六七八九十号楼栋"):
        at -= 1
    return at
