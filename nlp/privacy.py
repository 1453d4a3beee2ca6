"""Finds and masks what must not be echoed: phones, identity numbers, rooms, door codes, health words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from nlp import phones, places
from nlp.clean import fold
from nlp.phones import arabic
from nlp.spotting import Spotter, words_of

MASKS: Final[dict[str, str]] = {
    "phone": "（电话）",
    "identity": "（证件号）",
    "room": "",
    "health": "（略）",
    "code": "（密码）",
}
# Services whose names contain a health word and may be said.
_ALLOWED: Final = re.compile(
    r"就医送药|代买药品|陪诊|就医陪护|接送就医|社区医院|药店|药房|助残|残联|残疾人联合会|防诈|送药|"
    r"取药|代取药|中药铺|火药|农药|受伤害|发热门诊"
)
_DIGIT = r"[0-9零〇一二三四五六七八九幺两o]"
_CODES: Final = (
    re.compile(
        r"(?:门禁|大门|单元门|房门|防盗门|门锁|密码锁|楼门|入户门|家门|开门|锁|wifi|取件|开锁|"
        r"验证|快递柜|储物柜|保险柜)?(?:的)?(?:密码|口令|暗号|取件码|取货码|提货码|验证码|"
        r"开门码)(?:锁)?(?:是|为|"
        r"[:：])?\s?(?P<secret>[#*]?[0-9a-z零〇一二三四五六七八九幺两#*]{1,3}(?:[\s\-]?[0-9a-z零〇一二三四五六七八九幺两#*]{1,4}){1,5})"
    ),
    re.compile(
        r"(?:门禁|门锁|密码锁|防盗门|单元门)(?:按|输|输入|摁)?\s?(?P<secret>[#*]?[0-9零〇一二三四五六七八九幺]{4,8}[#*]?)"
    ),
    re.compile(r"(?:钥匙)(?:就)?(?:在|放在?|藏在?|压在?)(?P<secret>[^,。!\s]{2,12})"),
)
_NUM = r"(?:[0-9]{1,4}|[零〇一二三四五六七八九十百两]{1,5})"
# The building may be said in a group; entrance, floor and room behind it may not.
_SEP = r"[\s\-—,]{0,2}"
_FLAT = r"(?:[0-9]{3,4}|[零〇一二三四五六七八九]{3,4})"
_STOREY = _NUM + r"\s?(?:层|楼)(?![道下上梯栋])"
_ENTRANCE = _NUM + r"\s?(?:单元|门(?=[0-9一二三四五六七八九]))"
_UNTIL_UNIT = r"(?![0-9点月日年元块个人分小岁斤度]|号楼)"
_ROOMS: Final = (
    re.compile(
        r"(?P<keep>(?:[0-9a-z]{1,4}|[一二三四五六七八九十百]{1,4})\s?(?:栋|幢|座|号楼|#楼?))(?P<secret>"
        rf"{_SEP}{_ENTRANCE}(?:{_SEP}{_STOREY})?(?:{_SEP}{_FLAT}{_UNTIL_UNIT})?\s?(?:号?[室房])?"
        rf"|{_SEP}(?:{_STOREY}{_SEP})?{_FLAT}{_UNTIL_UNIT}\s?(?:号?[室房]|号)?"
        rf"|{_SEP}{_STOREY}"
        r"|[-—][0-9]{1,2}[-—][0-9]{2,4})"
    ),
    re.compile(r"(?<![0-9])(?P<keep>[a-z]?[0-9]{1,3})(?P<secret>[-—/#][0-9]{1,2}[-—/][0-9]{2,4})(?![0-9])"),
    re.compile(r"(?<![0-9])(?P<keep>[a-z]?[0-9]{1,3})(?P<secret>[-—#][0-9]{3,4})(?![0-9元块])"),
    re.compile(rf"(?P<secret>{_ENTRANCE}(?:{_SEP}{_STOREY})?(?:{_SEP}{_FLAT}{_UNTIL_UNIT})?\s?(?:号?[室房]|号)?)"),
    re.compile(rf"(?P<secret>{_STOREY}{_SEP}{_FLAT}{_UNTIL_UNIT}\s?(?:号?[室房]|号)?)"),
    re.compile(
        r"(?<![0-9])(?P<secret>(?:[0-9]{3,4}|[零〇一二三四五六七八九]{3,4})\s?(?:室|房间?|号房|住户|那家|家里|门口))"
    ),
    re.compile(
        r"(?:房号|门牌号?|房间号?|室号|住在?|家在?|我是|我家|送到|"
        r"到我家)[:是在]?\s?(?P<secret>[0-9]{3,4}|"
        r"[零〇一二三四五六七八九]{3,4})(?![0-9元块分年月个度人])"
    ),
)
_LICENCE: Final = re.compile(
    r"(?:身份证|证件|护照|社保卡|医保卡|银行卡)(?:号码?|账号)?(?:是|为|[:：])?\s?(?P<secret>[0-9a-z](?:[ \-]?[0-9x]){6,20})"
)
_CARD: Final = re.compile(r"(?<![0-9])(?P<secret>[3-6][0-9]{3}(?:[ \-]?[0-9]{4}){3}(?:[ \-]?[0-9]{1,3})?)(?![0-9])")


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    start: int
    end: int
    instead: str


@cache
def _health() -> Spotter:
    return Spotter({"health": words_of("health")})


def _all(folded: str) -> list[_Found]:
    """Everything private, in order, without overlaps; identity numbers and phones first."""
    found: list[_Found] = []
    taken = bytearray(len(folded))

    def add(kind: str, start: int, end: int, instead: str | None = None) -> None:
        if start < end and not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            found.append(_Found(kind, start, end, MASKS[kind] if instead is None else instead))

    text = arabic(folded)
    for pattern in (_LICENCE, _CARD):
        for match in pattern.finditer(text):
            add("identity", *match.span("secret"))
    for number in phones.find(folded):
        add("identity" if number.kind == "identity" else "phone", number.start, number.end)
    for pattern in _CODES:
        for match in pattern.finditer(folded):
            if match.re is _CODES[2] or any(
                char.isdigit() or char in "零〇一二三四五六七八九幺" for char in match["secret"]
            ):
                add("code", *match.span("secret"))
    masked = "".join("\n" if hidden else char for char, hidden in zip(folded, taken, strict=True))
    for flat in places.flats(masked):
        add("room", flat.start, flat.end, "栋" if flat.bare else "")
    for pattern in _ROOMS:
        for match in pattern.finditer(folded):
            add("room", *match.span("secret"), _building(match))
    allowed = [match.span() for match in _ALLOWED.finditer(folded)]
    for hit in _health().spot(folded).hits.get("health", ()):
        end = hit.at + len(hit.word)
        if not any(low <= hit.at and end <= high for low, high in allowed):
            add("health", hit.at, end)
    return sorted(found, key=lambda one: one.start)


def _building(match: re.Match[str]) -> str:
    """3-2-501 leaves 3栋; where 栋 stands already nothing is put in."""
    return "栋" if match["secret"][0] in "-—/#" and match.string[match.start("secret") - 1] not in "栋幢座楼#" else ""


def find(text: str) -> list[str]:
    """The kinds of private data in a text, each once: phone, identity, room, code, health."""
    return list(dict.fromkeys(found.kind for found in _all(fold(text))))


def scrub(text: str) -> str:
    """The text without private data; past the length that is matched it is cut, since nobody looked there."""
    folded = fold(text)
    out: list[str] = []
    at = 0
    for found in _all(folded):
        if text[at : found.start]:
            out.append(text[at : found.start])
        if found.instead and not (out and out[-1] == found.instead):
            out.append(found.instead)
        at = found.end
    out.append(text[at : len(folded)])
    return "".join(out).strip()
