"""Names of estates and villages: 翠竹园 in 文化路86号翠竹园7号楼, without the city, the district and the road.

What they look like and where they begin stands in lexicon/places.table.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from nlp.patterns import patterns_of
from nlp.spotting import words_of

SHAPES: Final = patterns_of("places")
_LONGEST: Final = 14
_REACH: Final = 48
_TAIL: Final = 16  # no label, phase or row at the end of a name is longer


@cache
def _own() -> tuple[str, ...]:
    """Names that the package lists itself; what ends in a person's office is none."""
    return tuple(word for word in words_of("local") if word[-1] not in "员长场" and not word.endswith("中心"))


def before(folded: str, at: int, listed: tuple[str, ...] = ()) -> str | None:
    """The estate that is named right before the building at this place; `listed` are the community's own."""
    near = _without("label", folded[max(0, at - _REACH) : at])
    said = _without("row", _without("lane number", near.rstrip(" \t,;:-—·/.|的")))
    if not said or not said[-1].isalpha() or _ending("word end", said):
        return None
    apart = "," in near[len(said) :]
    own = max((name for name in (*listed, *_own()) if said.endswith(name)), key=len, default=None)
    if "号院" in said and SHAPES["numbered yard"].search(said):
        return own  # a road with its number, which is where the house stands and not what it is called
    tail = _ending("part", said)
    body = said[: tail.start()].rstrip(" ,·-") if tail else said
    part = tail[0] if tail else ""
    if "号院" in body and SHAPES["numbered yard"].search(general := _without("generic", body)):
        body = general
    name, firm = _cut(body, bool(part))
    if not name:
        return part.upper() if part and part[-1] != "街" and _stands_free(body) else None
    if own is None:
        own = next((one for one in listed if body.endswith(one)), None)
    if own and len(own) > len(name):
        return own.upper()
    if (apart or not (firm or part)) and not SHAPES["named"].fullmatch(name):
        return own and own.upper()
    if apart and SHAPES["institution"].search(name):
        return own and own.upper()
    if not 2 <= len(name) <= _LONGEST or SHAPES["no name"].fullmatch(name) or SHAPES["sentence"].search(name):
        return (own and own.upper()) or (part if part and _stands_free(name) else None)
    # 二期 and a区 tell phases apart; they are no part of the name, unless the name would be too short without.
    return (name + part if part and len(name) < 3 and not SHAPES["named"].fullmatch(name) else name).upper()


def _ending(shape: str, text: str) -> re.Match[str] | None:
    """The shape, all of which end with the text, where it is not long."""
    return SHAPES[shape].search(text, max(0, len(text) - _TAIL))


def _without(shape: str, text: str) -> str:
    ending = _ending(shape, text)
    return text[: ending.start()] if ending else text


def _stands_free(body: str) -> bool:
    """东区 and 二期 alone say which part of the estate where nothing else is named."""
    return not body or not "\u4e00" <= body[-1] <= "\u9fff" or _ending("word end", body) is not None


def _cut(body: str, has_part: bool) -> tuple[str, bool]:
    """What stands behind the last border, and whether that border was an office or a road."""
    at, firm = 0, False
    for border in SHAPES["border"].finditer(body):
        if border.end() < len(body) - (0 if has_part else 1) or SHAPES["road with number"].fullmatch(border[0]):
            at, firm = border.end(), bool(SHAPES["firm"].match(body, border.start()))
    name = body[at:]
    for regions in ("region", "region", "district"):
        region = SHAPES[regions].match(name)
        if region and not SHAPES["no name"].fullmatch(name, region.end()):
            name, firm = name[region.end() :], True
    return name.lstrip("0123456789号-、"), firm


def anywhere(folded: str, listed: tuple[str, ...] = ()) -> str | None:
    """An estate or village that is named without a building: 我们在阳光花园."""
    own = max((name for name in listed if name in folded), key=len, default=None)
    if own:
        return own.upper()
    if ":" in folded and (labelled := SHAPES["labelled name"].search(folded)):
        return labelled["name"].upper()
    for match in SHAPES["alone"].finditer(folded):
        name, _ = _cut(folded[max(0, match.start() - 24) : match.end()], False)
        refused = SHAPES["no name"].fullmatch(name) or SHAPES["sentence"].search(name)
        if 3 <= len(name) <= 10 and not refused and _is_chinese(name):
            return name.upper()
    return _village(folded) or next((name for name in _own() if name in folded), None)


def _village(folded: str) -> str | None:
    """东漳村 in 雁鸣湖镇东漳村, 大李庄村 in 大李庄村3组: the name begins behind the last office."""
    if "村" not in folded and "寨" not in folded and "屯" not in folded:
        return None
    found = None
    for match in SHAPES["village"].finditer(folded):
        name = match["name"] or match["group"]
        found = found or name[max(name.rfind(office) for office in "镇乡县区市道") + 1 :]
    return found


def _is_chinese(name: str) -> bool:
    return all("\u4e00" <= char <= "\u9fff" for char in name)
