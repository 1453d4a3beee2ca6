"""The item of an order: a few plain words naming what is needed, fit to be shown in a group: 换厨房灯, 提快递到5楼.

It is put together from tables and never copied, so no name, flat, phone or illness can slip in. Where unsure: the kind of help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from nlp.automaton import Automaton
from nlp.intent import Category
from nlp.numbers import read
from nlp.shapes import Shapes, read_blocks
from nlp.spotting import words_of
from nlp.words import Word

C = Category
Cut = Callable[[str], Sequence[Word]]
# The kind of help in words that may be said in a group.
KINDS: Final[dict[Category, str]] = {
    C.REPAIR: "水电维修",
    C.ELDER_CARE: "上门助老",
    C.DISABILITY: "助残帮扶",
    C.MEDICAL: "就医陪护",
    C.MEALS: "送餐买菜",
    C.ERRAND: "代办跑腿",
    C.SANITATION: "清理环境",
    C.MEDIATION: "邻里调解",
    C.EDUCATION: "照看孩子",
    C.COMPANIONSHIP: "陪伴聊天",
    C.HAZARD: "排查隐患",
    C.CARRYING: "搬运东西",
    C.RESCUE: "应急救援",
    C.SUPPLIES: "送物资",
    C.LOST: "帮忙寻找",
    C.OTHER: "搭把手",
}
# Here a thing that is merely mentioned tells nothing: 充电宝炸了 wants no power bank.
_NOT_ABOUT_THINGS: Final = frozenset({C.RESCUE, C.LOST, C.COMPANIONSHIP})
_SAME: Final = {"安装": "装", "修理": "修", "维修": "修", "捎": "带", "拎": "提", "通": "疏通"}
_MOVING: Final = frozenset("搬抬提扛背拿送挪运取")
# Things of one character that are a need without any verb.
_TELLING: Final = frozenset("灯锁")
_SENTENCE_ENDS: Final = re.compile(r"[,。!?;\s]")
# What is bought is never mended: 奶粉断了. And with what is borrowed something else is moved.
_EATEN: Final = frozenset({"买", "带", "扛"})
_LENT: Final = frozenset({"借", "取"})
# How far before a thing its verb is looked for.
_FAR: Final = 12


@dataclass(frozen=True, slots=True)
class _Named:
    """A whole need with a name of its own; where the text names one of the things, that is named instead."""

    item: str
    verb: str
    things: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Spot:
    thing: str
    at: int


class Table:
    """The named items, the parts of the built ones, and the things with their usual verbs."""

    def __init__(self, text: str, things: Sequence[str]) -> None:
        """Raises ValueError naming the line that is wrong."""
        named: list[_Named] = []
        shapes: list[str] = []
        self._parts: dict[str, re.Pattern[str]] = {}
        for block in read_blocks(text):
            if block.name.startswith("="):
                self._parts[block.name[1:]] = re.compile("|".join(block.shapes))
                continue
            verb, *choices = block.rest.split() or [""]
            named += [_Named(block.name, verb, tuple(choices))] * len(block.shapes)
            shapes += block.shapes
        self._named = named
        self._shapes = Shapes(shapes)
        pairs = (line.split() for line in things)
        self._verbs = {pair[0]: pair[1] if len(pair) > 1 else "看" for pair in pairs}
        self._things = list(self._verbs)
        self._automaton = Automaton(self._things)

    def item_in(self, folded: str, cut: Cut, category: Category) -> str:
        """The item; empty where nothing sure can be said."""
        folded = self._parts["电话号码"].sub("", folded)
        where = self._direction(folded)
        for number, _ in self._shapes.found(folded):
            named = self._named[number]
            if named.item == "搬家" and where.startswith("到"):
                return named.item + where
            return next((named.verb + thing for thing in named.things if thing in folded), named.item)
        return self._built(folded, cut, category, where)

    def _direction(self, folded: str) -> str:
        match = self._parts["往哪"].search(folded)
        if match is None:
            return ""
        if match["way"]:
            return match["way"] + "楼"
        floor = read(match["floor"])
        return f"到{floor}楼" if floor else ""

    def _built(self, folded: str, cut: Cut, category: Category, where: str) -> str:
        """Verb, where it stands in the home, how it looks, the thing, and which way it goes."""
        spots = list(self._spots(folded, cut))
        lends = bool(spots and "借" in folded and self._parts["借"].search(folded))
        ranked: list[tuple[int, _Spot, str]] = []
        for spot in spots:
            verb = self._said_verb(folded, spot)
            rank = (2 if verb else 0) + (1 if len(spot.thing) > 1 else 0)
            if lends and verb in ("", "借") and self._verbs[spot.thing] == "借":
                rank += 4  # 谁有梯子借我,换个灯泡: the bulb they change themselves
            ranked.append((rank, spot, verb))
        for _, spot, verb in sorted(ranked, key=lambda one: -one[0]):
            # 会修灯的,厨房灯不亮: the verb stands with the short name, the thing with the long one.
            longer = (other for other in spots if other.thing != spot.thing and other.thing.endswith(spot.thing))
            full = next(longer, spot)
            if verb or (verb := self._unsaid_verb(folded, full, category)):
                return self._said(folded, full, spots, verb, where)
        return ""

    def _said(self, folded: str, spot: _Spot, spots: Sequence[_Spot], verb: str, where: str) -> str:
        thing = spot.thing
        verb = _SAME.get(verb, verb)
        rooms = (self._before("房间", folded, other.at) for other in spots if thing.endswith(other.thing))
        room = next(filter(None, rooms), "")
        room = "" if thing.startswith(room) else room
        look = self._before("样子", folded, spot.at)
        return f"{verb}{room}{look}{thing}{where if verb in _MOVING else ''}"

    def _spots(self, folded: str, cut: Cut) -> Iterator[_Spot]:
        """The things of a text; of those that share characters the one that begins first, then the longest."""
        found = [_Spot(self._things[number], at) for number, at, _ in self._automaton.find(folded)]
        found.sort(key=lambda spot: (spot.at, -len(spot.thing)))
        heads = {spot.at: spot.thing for spot in reversed(found)}
        end = 0
        for spot in found:
            inner = heads.get(spot.at + 1, "") if spot.thing[0] == "下" else ""
            if spot.at < end or len(inner) >= len(spot.thing) or (inner and folded.endswith("一", 0, spot.at)):
                continue  # 修一下水龙头 speaks of no 下水, 修一下水管 of no 下水管
            if len(spot.thing) > 1 or self._is_told(folded, spot, cut):
                end = spot.at + len(spot.thing)
                yield spot

    def _is_told(self, folded: str, spot: _Spot, cut: Cut) -> bool:
        """Whether a thing of one character stands as a word and can be the item; cutting costs most, so it comes last."""
        return (spot.thing in _TELLING or self._said_verb(folded, spot) != "") and _is_word_end(folded, spot.at, cut)

    def _said_verb(self, folded: str, spot: _Spot) -> str:
        stem = folded[max(0, spot.at - _FAR) : spot.at]
        before = self._parts["动词在前"].search(stem)
        if not before and (heavy := self._parts["搬不动"].match(folded, spot.at + len(spot.thing))):
            return heavy["verb"] if self._verbs[spot.thing] not in _LENT else ""
        if before and not self._parts["没有动词"].search(stem[: before.end("verb")]):
            return before["verb"]
        after = self._parts["动词在后"].match(folded, spot.at + len(spot.thing))
        return after["verb"] if after else ""

    def _unsaid_verb(self, folded: str, spot: _Spot, category: Category) -> str:
        """What is usually done with a thing; empty where the text does not ask for it."""
        if category in _NOT_ABOUT_THINGS or (len(spot.thing) == 1 and spot.thing not in _TELLING):
            return ""
        usual = self._verbs[spot.thing]
        if usual not in self._parts:
            return usual
        if usual not in _EATEN and self._parts["坏了"].match(folded, spot.at + len(spot.thing)):
            return "修"
        return usual if self._parts[usual].search(folded) else ""

    def _before(self, part: str, folded: str, at: int) -> str:
        match = self._parts[part].search(folded[max(0, at - 4) : at])
        return match["name"] if match else ""


def _is_word_end(folded: str, at: int, cut: Cut) -> bool:
    """Whether a word ends with this character: only one of one character can be a part of another word, 饭 in 饭店."""
    ends = [match.start() for match in _SENTENCE_ENDS.finditer(folded)]
    begin = max((end + 1 for end in ends if end < at), default=0)
    end = min((end for end in ends if end > at), default=len(folded))
    return any(begin + word.end == at + 1 for word in cut(folded[begin:end]))


@cache
def table() -> Table:
    """The table of this package, loaded once."""
    return Table((files("nlp") / "lexicon" / "items.table").read_text(encoding="utf-8"), words_of("things"))


def find_item(folded: str, cut: Cut, category: Category) -> str:
    """What is needed in verb-object form: 修厨房灯; the kind of help where the text names no thing of ours."""
    return table().item_in(folded, cut, category) or KINDS[category]
