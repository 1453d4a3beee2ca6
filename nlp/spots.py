"""Public spots where something is: 小区南门, 地下车库b2出口, 16栋后面. Their words stand in lexicon/places.table."""

from __future__ import annotations

from typing import Final

from nlp.intent import Address
from nlp.patterns import patterns_of

SHAPES: Final = patterns_of("places")
_WHOSE: Final = ("小区", "社区", "院子", "院")


def find_spot(
    text: str, folded: str, address: Address, start: int, end: int, listed: tuple[str, ...] = ()
) -> str | None:
    """A public spot; beside a written address only what is not a part of that home. `listed` are the community's own."""
    if address.room:
        return None
    if not address.building and (own := _own_spot(text, folded, listed)):
        return own
    match = SHAPES["spot"].search(folded)
    if match and (not address.building or SHAPES["in building"].match(match[0])):
        if match[0].startswith("电梯") and not address.building and SHAPES["no lift"].search(folded):
            return None
        begin = match.start()
        begin -= next((len(word) for word in _WHOSE if folded.endswith(word, 0, begin)), 0)
        return text[begin : match.end()]
    if address.building and not address.entrance and not address.floor and end > 0:
        beside = SHAPES["beside"].match(folded, end)
        return text[start : beside.end()] if beside else None
    if address.building or address.entrance:
        return None
    return _house(text, folded)


def _own_spot(text: str, folded: str, listed: tuple[str, ...]) -> str | None:
    """老水闸旁边, where the community's own list has 老水闸."""
    for name in listed:
        at = folded.find(name)
        if at >= 0:
            behind = SHAPES["spot behind"].match(folded, at + len(name))
            return text[at : behind.end() if behind else at + len(name)]
    return None


def _house(text: str, folded: str) -> str | None:
    """A house that everybody knows: 人民医院三楼, and 我妈在人民医院."""
    house = SHAPES["house"].search(folded)
    named = SHAPES["name before"].search(folded, max(0, house.start() - 9), house.start()) if house else None
    if house and named:
        return text[named.start("name") : house.end()]
    stays = SHAPES["stays in"].search(folded)
    return text[stays.start("name") : stays.end("name")] if stays else None
