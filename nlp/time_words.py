"""The words of time, from lexicon/time_words.table, and the shapes made of them, from lexicon/time_shapes.table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files

from nlp.shapes import Block, read_blocks


def _table(name: str) -> str:
    return (files("nlp") / "lexicon" / f"{name}.table").read_text(encoding="utf-8")


_LINES = [fields for line in _table("time_words").splitlines() if (fields := line.split("#", 1)[0].split())]


def _of(kind: str) -> dict[str, list[str]]:
    """Word → values of one kind, the longest word first, so that a pattern of them takes the longest."""
    found = {word: values for of, word, *values in _LINES if of == kind}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _counts(kind: str) -> dict[str, int]:
    return {word: int(value) for word, (value,) in _of(kind).items()}


def _pairs(kind: str, between: str = "-") -> dict[str, tuple[int, int]]:
    """03-05 or 08:00-12:00 as two numbers, clocks as minutes from midnight."""
    found = {word: [_minutes(side) for side in values[0].split(between)] for word, values in _of(kind).items()}
    return {word: (low, high) for word, (low, high) in found.items()}


def _minutes(clock: str) -> int:
    hour, _, minute = clock.rpartition(":")
    return int(hour or 0) * 60 + int(minute)


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest that fits."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# One-character parts count only beside a day (明早, 周六晚) or a clock (晚8点).
SHORT_PARTS = frozenset(_of("short"))
# Day part → minutes from midnight, the longest name first.
PARTS = dict(sorted((_pairs("part") | _pairs("short")).items(), key=lambda item: -len(item[0])))
POINTS = {word: _minutes(value) for word, (value,) in _of("point").items()}
# 放学前, 睡觉前: only with 前 or 后 behind them.
EDGES = {word: _minutes(value) for word, (value,) in _of("edge").items()}
# Relative day word → days from today, how many days.
DAYS = {word: (int(ahead), int(count[0]) if count else 1) for word, (ahead, *count) in _of("day").items()}
# 这两天 tells of a state more often than of an appointment.
VAGUE_DAYS = frozenset(word for word, values in _of("day").items() if "vague" in values)
# One character that needs a part behind it: 今晚, 明早.
SHORT_DAYS = _counts("shortday")
SOLAR, LUNAR = _pairs("solar"), _pairs("lunar")
NTH = {word: (int(month), int(day) - 1, int(which)) for word, (month, day, which) in _of("nth").items()}
TERMS = {word: values[0] for word, values in _of("term").items()}
# 大雪 and 雨水 are weather as well; they need 节气 or 那天 behind them.
DOUBTFUL_TERMS = frozenset(word for word, values in _of("term").items() if "sure" not in values)
EVE = tuple(_of("eve"))
HOLIDAYS = {word: name for word, (name,) in _of("holiday").items()}
# Holiday → the feast on which it rests; days off before it and in all while none are announced.
DAYS_OFF = {word: (base, int(before), int(count)) for word, (base, before, count) in _of("off").items()}
BEFORE, AFTER, UNTIL, SINCE = tuple(_of("before")), tuple(_of("after")), tuple(_of("until")), tuple(_of("since"))
ABOUT, NOW, OVER, TRAPS = tuple(_of("about")), tuple(_of("now")), tuple(_of("over")), tuple(_of("trap"))
WEEKS, YEARS, UNITS = _counts("week"), _counts("year"), _counts("unit")
FEW = {word: (int(low), int(high)) for word, (low, high) in _of("few").items()}
FOLLOWS = {first: frozenset(seconds) for first, (seconds,) in _of("follows").items()}

WEEKDAYS = "一二三四五六日"
WEEKDAY_INDEX = {name: index for names in (WEEKDAYS, "1234567") for index, name in enumerate(names)} | {"天": 6}
NUMERALS = "0123456789零〇一二三四五六七八九十两廿卅"


def _but(kind: str) -> list[str]:
    """Words, each with what must not stand behind it."""
    return [re.escape(word) + (f"(?![{values[0]}])" if values else "") for word, values in _of(kind).items()]


def _words_as_shapes() -> str:
    """The words under the names by which the shapes call them."""
    feasts = {name[0] for name in (*SOLAR, *LUNAR, *NTH, *EVE, *TERMS)} - set(NUMERALS + "上下中大")
    said: dict[str, Iterable[str]] = {
        "早晚": PARTS,
        "时刻": POINTS,
        "边界": EDGES,
        "哪天": DAYS,
        "哪年": YEARS,
        "陷阱": TRAPS,
        "过去": OVER,
    }
    said |= {"左右": ABOUT, "眼下": NOW, "最迟": UNTIL, "最早": SINCE}
    blocks = {name: [re.escape(word) for word in sorted(words, key=len, reverse=True)] for name, words in said.items()}
    blocks |= {"以前": _but("before"), "以后": _but("after"), "节头": sorted(feasts)}
    blocks["过去头"] = [f"[{''.join(sorted({word[0] for word in OVER}))}]"]
    return "\n\n".join("\n".join((f"{{{name}}}", *words)) for name, words in blocks.items())


_BLOCKS = read_blocks(f"{_words_as_shapes()}\n\n{_table('time_shapes')}")
_SHAPES = {block.name.removeprefix("is "): "|".join(block.shapes) for block in _BLOCKS if block.name.startswith("is ")}


def shape(name: str) -> re.Pattern[str]:
    """The pattern that the table of shapes knows by this name."""
    return re.compile(_SHAPES[name])


def rules(kind: str) -> list[Block]:
    """The blocks of one kind of rule, named by what stands behind the kind."""
    return [
        Block(block.name.removeprefix(f"{kind} "), block.rest, block.shapes)
        for block in _BLOCKS
        if block.name.startswith(f"{kind} ")
    ]
