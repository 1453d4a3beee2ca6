"""Addresses in every written shape: 3栋2单元501, 三号楼二单元五零一, 3-2-501, 2#604, 125弄8号1102室.

The shapes stand in lexicon/addresses.table, and what is said around an address in lexicon/places.table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from nlp import estates
from nlp.ground import UNKNOWN, Buildings, Ground
from nlp.intent import Address
from nlp.spots import find_spot
from nlp.written import AROUND, OUTER, Written, ends, matches, plainly, read_flat, read_floor, read_name


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One reading. `rank` 0 is said of the speaker's own home, 2 of a neighbour's; `lone` only completes another one;
    `amends` takes back what was said before it."""

    address: Address
    start: int
    end: int
    worth: int
    rank: int = 1
    lone: bool = False
    amends: bool = False


# What the words before an address make of it, by the groups of [said before].
_WORTH: Final[Mapping[str | None, int]] = {"denied": -20, "moved": -2, "told": 2}
_RANK: Final[Mapping[str | None, int]] = {"own": 0, "others": 2}


@dataclass(frozen=True, slots=True)
class Flat:
    """Where a text tells which home of a building is meant; `bare` where the building before it has no word of its own."""

    start: int
    end: int
    bare: bool


def flats(folded: str) -> list[Flat]:
    """The entrances, storeys and rooms of a text in every shape that is read as an address."""
    found = map(_flat_in, matches(plainly(folded)))
    return [one for one in found if one is not None]


def _flat_in(written: Written) -> Flat | None:
    match, names = written.match, written.shape.names
    inner = [match.span(name) for name in names if name not in OUTER and match.start(name) >= 0]
    if not inner:
        return None
    outer = max((match.end(name) for name in names if name in OUTER), default=-1)
    start, end = min(low for low, _ in inner), max(high for _, high in inner)
    bare = False
    if 0 <= outer <= start:
        unit = AROUND["unit behind"].match(match.string, outer, start)
        start, bare = (unit.end(), False) if unit else (outer, match.string[outer : outer + 1] not in " :")
    behind = AROUND["rooms behind"].match(match.string, end)
    return Flat(start, behind.end() if behind else end, bare)


def _weighed(written: Written) -> _Candidate:
    """How much an address says, and what the words before it make of it."""
    address, start = written.address, written.start
    said = AROUND["said before"].search(written.match.string, max(0, start - 10), start)
    how = said.lastgroup if said else None
    worth = 4 * sum(part is not None for part in (address.building, address.entrance, address.room, address.floor))
    worth += _WORTH.get(how, 0) + (address.building is not None)
    return _Candidate(address, start, written.end, worth, _RANK.get(how, 1), written.shape.lone, how == "amends")


def _chosen(found: list[_Candidate]) -> _Candidate | None:
    """The fullest address, of equals the first; parts said elsewhere complete it."""
    said = [one for one in found if one.worth > 0]
    best = max(
        (one for one in said if not one.lone),
        key=lambda one: (one.amends and one.address.building is not None, one.worth, -one.rank, -one.start),
        default=None,
    )
    if best is None or len(said) == 1:
        return best
    address, start, end = best.address, best.start, best.end
    for other in sorted(said, key=lambda one: (one.rank, one.start)):
        more = other.address
        if other is best or (more.building and address.building) or (other.lone and not address.building):
            continue
        if other.amends and other.start > best.start:
            address = _with_home(more, address, address)
        elif more.building:
            if not (more.entrance or more.room):
                address = replace(address, building=more.building, floor=address.floor or more.floor)
                start, end = min(start, other.start), max(end, other.end)
        elif address.building:
            address = _with_home(address, more, address)
    return _Candidate(address, start, end, best.worth)


def _with_home(first: Address, second: Address, rest: Address) -> Address:
    """The entrance, floor and room of the first, or else of the second; everything else from the rest."""
    return replace(
        rest,
        entrance=first.entrance or second.entrance,
        floor=first.floor or second.floor,
        room=first.room or second.room,
    )


@dataclass(frozen=True, slots=True)
class Located:
    """An address, where it stands in the text, and whether the community has such a building (None: nobody knows)."""

    address: Address | None
    start: int = -1
    end: int = -1
    known: bool | None = None


def read_address(text: str, folded: str, masked: str, ground: Ground = UNKNOWN) -> Located:
    """The address of a text. In `masked` phones are blanked out; what is known of the ground binds 8号 and refutes 99栋."""
    masked = plainly(masked)
    chosen = _chosen(list(map(_weighed, matches(masked))))
    if ground.buildings.by_name and (chosen is None or chosen.address.building is None):
        chosen = _listed(masked, ground.buildings) or chosen
    said, start, end = (chosen.address, chosen.start, chosen.end) if chosen else (Address(), -1, -1)
    if (not said.floor and not said.room) or (said.room and "楼商铺" in masked):
        floor = _free_floor(masked)
        said = said if floor == said.floor else replace(said, floor=floor)
    community = estates.before(folded, start, ground.estates) if start > 0 else None
    community = community or estates.anywhere(folded, ground.estates)
    place = find_spot(text, folded, said, start, end, ground.spots)
    address = replace(said, community=community, place=place) if community or place else said
    return Located(address or None, start, end, ground.buildings.agree(address))


def find_address(text: str, folded: str, masked: str) -> tuple[Address | None, int, int]:
    """The address of the text and where it stands, without any list of buildings."""
    found = read_address(text, folded, masked)
    return found.address, found.start, found.end


def find_changed(text: str, folded: str) -> Address | None:
    """The address that counts from now on: 231改成5栋, 地点换到3栋2单元, 写错了是502; None where none is said."""
    changed = AROUND["changed to"].search(folded)
    if changed is None:
        return None
    text, folded = text[changed.end() :], folded[changed.end() :]
    return read_address(text, folded, folded).address


def _listed(masked: str, known: Buildings) -> _Candidate | None:
    """8号 302 and 幸福里8号, where the community's list has a building 8."""
    for match in AROUND["listed"].finditer(masked):
        start = match.start()
        building = read_name(match["building"])
        if building not in known.by_name or ends("street before", masked, start) or ends("code before", masked, start):
            continue
        if match["room"] or ends("home before", masked, start):
            room = read_flat(match["room"]) if match["room"] else None
            return _Candidate(Address(building=building, room=room), start, match.end(), 5)
    return None


_NO_FLOOR_BEFORE: Final = tuple("0123456789.:-一二三四五六七八九十第几a")


def _free_floor(masked: str) -> str | None:
    """三楼 by itself, where it is no other house's and nothing is carried there."""
    for match in AROUND["floor"].finditer(masked):
        start = match.start()
        if not (
            masked.endswith(_NO_FLOOR_BEFORE, 0, start)
            or ends("elsewhere before", masked, start)
            or ends("carried before", masked, start)
            or AROUND["no floor behind"].match(masked, match.end())
        ):
            return read_floor(match["floor"])
    return None
