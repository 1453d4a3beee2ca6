"""The named signals of a free text: what can be observed in it. How much each one weighs is learned, see nlp.weighing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from nlp.clean import MATCHED
from nlp.intent import Address, Count
from nlp.patterns import blocks_of, patterns_of
from nlp.shapes import Block, Table, read_blocks
from nlp.spotting import CATEGORY_FILES, Hit, Hits, words_of
from nlp.urgency import is_recalled


@dataclass(frozen=True, slots=True)
class Facts:
    """What the readers found in one text; signals look at nothing else."""

    folded: str
    hits: Hits
    learned: frozenset[str]  # the words of the text that have a weight of their own
    address: Address | None
    phones: int
    beneficiary: str | None
    needed: Count | None
    mentioned: bool = False

    def words(self, *lists: str) -> str:
        return " ".join(hit.word for name in lists for hit in self.hits.get(name, ()))

    def count(self, name: str) -> int:
        return len({hit.word for hit in self.hits.get(name, ())})

    def first(self, name: str) -> Hit | None:
        hits = self.hits.get(name)
        return hits[0] if hits else None


Find = Callable[[Facts], str]

_SHAPES: Final = patterns_of("signal_shapes")
# Plain words of the same table.
_WORDS: Final = {block.name: frozenset(block.shapes) for block in blocks_of("signal_shapes")}


@dataclass(frozen=True, slots=True)
class Signal:
    """One named observation."""

    name: str
    expected: float  # what it should weigh for a request; learning starts from it and keeps its sign
    find: Find  # the words that show it; empty where it is absent


def _broken(facts: Facts) -> str:
    """A thing of the home or the estate with a bad state said of it: 下水道堵得, 玻璃裂了."""
    folded = facts.folded
    for hit in facts.hits.get("facility", ()):
        end = hit.at + len(hit.word)
        if folded.startswith("里", end) and folded.endswith("在", 0, hit.at):
            continue  # 我在电梯里没信号 tells where I am
        match = _SHAPES["bad state"].match(folded, end)
        if match and not _SHAPES["well"].match(folded, end):
            return folded[hit.at : match.end()]
    return ""


@cache
def _mendable() -> frozenset[str]:
    things = {line.split()[0] for line in words_of("things")}
    return frozenset(things | set(words_of("facility")) - _WORDS["not mended"])


def _sent(folded: str) -> str:
    """去药店买止痛药, said to the bot: nobody tells it of their own walks."""
    match = _SHAPES["sent"].match(folded)
    return match[0] if match and not _SHAPES["over"].search(folded) else ""


def _bare_need(facts: Facts) -> str:
    """换灯泡, 通下水道, 把米扛上来: a deed and a thing of the home and not a word more, but for when and where."""
    folded = facts.folded
    if len(folded) <= 40 and (lead := _SHAPES["when and where"].match(folded)):
        folded = folded[lead.end() :]
    if len(folded) > 14:
        return ""
    match = _SHAPES["bare deed"].fullmatch(folded)
    if match is None:
        return ""
    thing = match["thing"] or match["moved"]
    deed = match["deed"] or ""
    if thing and deed.endswith("下") and f"下{thing}" in _mendable():
        thing = f"下{thing}"  # 通下水道
    if thing is None:
        return folded
    if _SHAPES["fetching"].match(deed):
        return folded if thing in _WORDS["fetched"] else ""
    carried = match["moved"] or match["towards"]
    return folded if thing in _mendable() or (carried and thing in _WORDS["loads"]) else ""


def _own_home_broken(facts: Facts) -> str:
    folded = facts.folded.rstrip(" ,。!~…啊呀呢吧")
    home = _SHAPES["own home"].match(folded)
    if home is None or len(folded) > 16 or folded.endswith(tuple(_WORDS["mended"])):
        return ""
    told = _broken(facts) or _SHAPES["halted"].match(folded[home.end() :])
    return folded if told else ""


def _place(facts: Facts) -> str:
    """3栋2单元501室, as far as it is told."""
    address = facts.address
    if address is None:
        return ""
    parts = ((address.building, "栋"), (address.entrance, "单元"), (address.room, "室"), (address.place, ""))
    return "".join(f"{part}{unit}" for part, unit in parts if part)


# What cannot be told by words and shapes alone; the other signals stand in lexicon/signals.table.
_TOLD: Final = (
    Signal("对着小邻说的", 0.6, lambda facts: "@" if facts.mentioned else ""),
    Signal("家里、小区的东西坏了", 1.5, _broken),
    Signal(
        "我家缺什么、坏什么", 0.7, lambda facts: facts.words("lack") if _SHAPES["at home"].search(facts.folded) else ""
    ),
    Signal("只说自己家坏了什么", 2.0, _own_home_broken),
    Signal("说了地方", 0.9, _place),
    Signal("留了电话", 0.4, lambda facts: "电话" if facts.phones else ""),
    Signal("说了给谁", 0.8, lambda facts: facts.beneficiary or ""),
    Signal("要几个人手", 1.0, lambda facts: "人手" if facts.needed else ""),
    Signal("一句话的活", 3.2, _bare_need),
    Signal("点名让小邻去买去取", 2.8, lambda facts: _sent(facts.folded) if facts.mentioned else ""),
    Signal("来着", -5.0, lambda facts: "来着" if is_recalled(facts.folded) else ""),
    Signal("一段话", 0.0, lambda facts: _length(facts, 60, 150)),
    Signal("长长一篇", 0.0, lambda facts: _length(facts, 151, MATCHED)),
)


def _length(facts: Facts, least: int, most: int) -> str:
    return f"{len(facts.folded)}字" if least <= len(facts.folded) <= most else ""


# Begins a line that names a list, whose words show the signal.
_LIST: Final = "@"


class Signals:
    """The signals that show in words of the lists or in written shapes."""

    def __init__(self, text: str) -> None:
        """Raises ValueError naming the line that is wrong."""
        self.expected: dict[str, float] = {}
        self._listed: list[tuple[str, str, int]] = []
        written: list[Block] = []
        for block in read_blocks(text):
            try:
                self.expected[block.name] = float(block.rest)
            except ValueError:
                raise ValueError(f"[{block.name}] {block.rest}: the weight is no number") from None
            for shape in block.shapes:
                if not shape.startswith(_LIST):
                    continue
                listed = re.fullmatch(_LIST + r"(\w+)(?: ([0-9]))?", shape)
                if listed is None:
                    raise ValueError(f"{shape!r}: after @ stands a list, and how many of its words at least")
                self._listed.append((block.name, listed[1], int(listed[2] or 1)))
            shapes = tuple(shape for shape in block.shapes if not shape.startswith(_LIST))
            written.append(replace(block, shapes=shapes))
        self._table = Table(written)

    def shown(self, facts: Facts) -> dict[str, str]:
        """The signals that show, each with the words that show it."""
        found = {
            name: facts.words(listed)
            for name, listed, least in self._listed
            if listed in facts.hits and (least == 1 or facts.count(listed) >= least)
        }
        written = {name: match[0][:20] for name, match in self._table.shown(facts.folded).items()}
        return found | {name: words for name, words in written.items() if name not in found}


@cache
def table() -> Signals:
    """The table of this package, loaded once."""
    return Signals((files("nlp") / "lexicon" / "signals.table").read_text(encoding="utf-8"))


def expected() -> dict[str, float]:
    """Signal → what it should weigh for a request."""
    kinds = dict.fromkeys((f"说到{category}" for category in CATEGORY_FILES.values()), 0.3)
    return {signal.name: signal.expected for signal in _TOLD} | table().expected | kinds


def observe(facts: Facts) -> dict[str, str]:
    """The signals that show in a text, each with the words that show it."""
    told = {signal.name: words for signal in _TOLD if (words := signal.find(facts))}
    kinds = {f"说到{kind}": facts.words(name) for name, kind in CATEGORY_FILES.items() if name in facts.hits}
    return told | table().shown(facts) | kinds
