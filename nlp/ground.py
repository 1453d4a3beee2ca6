"""What a community tells of its own ground: its estates, public spots and buildings, as addresses are read with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from nlp.intent import Address


@dataclass(frozen=True, slots=True)
class Building:
    """One building of a community's own list; empty fields are not known, so they forbid nothing."""

    name: str
    entrances: frozenset[str] = frozenset()
    floors: int | None = None
    rooms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Buildings:
    """The buildings of a community, by name: 8 → its entrances, floors and rooms as far as known."""

    by_name: Mapping[str, Building] = field(default_factory=dict)

    @staticmethod
    def of(*buildings: Building) -> Buildings:
        return Buildings({building.name: building for building in buildings})

    def agree(self, address: Address) -> bool | None:
        """Whether such a place stands here; None where the address names no building or nothing is listed."""
        if address.building is None or not self.by_name:
            return None
        building = self.by_name.get(address.building)
        if building is None:
            return False
        if address.entrance and building.entrances and address.entrance not in building.entrances:
            return False
        if address.room and building.rooms and address.room not in building.rooms:
            return False
        floor = address.floor or (address.room[:-2] if address.room and address.room.isdecimal() else None)
        return not (building.floors and floor and floor.isdecimal() and int(floor) > building.floors)


@dataclass(frozen=True, slots=True)
class Ground:
    """Names of estates and of spots as people write them, and the buildings; empty where nothing was listed."""

    estates: tuple[str, ...] = ()
    spots: tuple[str, ...] = ()
    buildings: Buildings = field(default_factory=Buildings)


UNKNOWN: Final = Ground()
