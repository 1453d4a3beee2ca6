"""Where something happens that is in nobody's flat: 楼道里有股煤气味, 小区门口有人晕倒. Only what happens there counts; a parcel that
waits at the gate is wanted at home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from nlp import privacy
from nlp.clean import fold, matching
from nlp.patterns import lines_of

SHAPES: Final = lines_of("common_spots")


@dataclass(frozen=True, slots=True)
class CommonSpot:
    """A part of the house, or of the grounds around all houses."""

    name: str
    is_of_house: bool


def is_of_the_house(place: str | None) -> bool:
    """Whether a place is a part of a house, and without a building said one of the speaker's own."""
    return place is not None and any(shape.fullmatch(fold(place)) for shape in SHAPES["part of a house"])


def find_common_spot(text: str) -> CommonSpot | None:
    """The public spot where something happens; None where a home is named as well."""
    folded = matching(text)
    if any(shape.search(folded) for shape in SHAPES["at home"]) or "room" in privacy.find(text):
        return None
    for block in ("of the grounds", "of the house"):
        for shape in SHAPES[block]:
            match = shape.search(folded)
            if match:
                return CommonSpot(match["spot"], block == "of the house")
    return None
