"""The words of time, from lexicon/time_words.table, and the pieces that the readers' patterns are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files


def _lines() -> tuple[tuple[str, ...], ...]:
    text = (files("nlp") / "lexicon" / "time_words.table").read_text(encoding="utf-8")
    fields = (tuple(line.split("#", 1)[0].split()) for line in text.splitlines())
    return tuple(line for line in fields if line)


_LINES = _lines()


def _of(kind: str) -> dict[str, tuple[str, ...]]:
    """Word → values of one kind, the longest word first, so that a pattern of them takes the longest."""
    found = {line[1]: line[2:] for line in _LINES if line[0] == kind}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def any_of(words: Iterable[str]) -> str:
    """A pattern for one of the words, the longest that fits."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _window(said: str) -> tuple[int, int]:
    low, high = said.split("-")
    return _minutes(low), _minutes(high)


def _month_day(said: str) -> tuple[int, int]:
    month, day = said.split("-")
    return int(month), int(day)


_SHORT = _of("short")
# Day part → minutes from midnight, the longest name first.
PARTS: dict[str, tuple[int, int]] = {word: _window(values[0]) for word, values in (_of("part") | _SHORT).items()}
# One-character parts count only beside a day (明早, 周六晚) or a clock (晚8点).
SHORT_PARTS = frozenset(_SHORT)
POINTS: dict[str, int] = {word: _minutes(values[0]) for word, values in _of("point").items()}
# 下班前, 天黑前: only with 前 behind them.
EDGES: dict[str, int] = {word: _minutes(values[0]) for word, values in _of("edge").items()}
# Relative day word → days from today, how many days.
DAYS: dict[str, tuple[int, int]] = {
    word: (int(values[0]), int(values[1]) if len(values) > 1 else 1) for word, values in _of("day").items()
}
# One character that needs a part behind it: 今晚, 明早.
SHORT_DAYS: dict[str, int] = {"今": 0, "当": 0, "明": 1, "昨": -1, "前": -2, "后": 2}
SOLAR: dict[str, tuple[int, int]] = {word: _month_day(values[0]) for word, values in _of("solar").items()}
LUNAR: dict[str, tuple[int, int]] = {word: _month_day(values[0]) for word, values in _of("lunar").items()}
NTH: dict[str, tuple[int, int, int]] = {
    word: (int(values[0]), int(values[1]) - 1, int(values[2])) for word, values in _of("nth").items()
}
TERMS: dict[str, str] = {word: values[0] for word, values in _of("term").items()}
# 大雪 and 雨水 are weather as well; they need 节气 or 那天 behind them.
DOUBTFUL_TERMS = frozenset(word for word, values in _of("term").items() if "sure" not in values)
EVE = tuple(_of("eve"))
HOLIDAYS: dict[str, str] = {word: values[0] for word, values in _of("holiday").items()}
BEFORE, AFTER = tuple(_of("before")), tuple(_of("after"))
UNTIL, SINCE = tuple(_of("until")), tuple(_of("since"))
ABOUT, NOW, OVER, TRAPS = tuple(_of("about")), tuple(_of("now")), tuple(_of("over")), tuple(_of("trap"))

WEEKS: dict[str, int] = {
    "上上": -2,
    "上": -1,
    "上一": -1,
    "这": 0,
    "本": 0,
    "这一": 0,
    "当": 0,
    "下": 1,
    "下一": 1,
    "下下": 2,
    "下下下": 3,
}
YEARS: dict[str, int] = {
    "大前年": -3,
    "前年": -2,
    "去年": -1,
    "上一年": -1,
    "上年": -1,
    "今年": 0,
    "本年": 0,
    "这一年": 0,
    "明年": 1,
    "来年": 1,
    "下一年": 1,
    "后年": 2,
    "大后年": 3,
}
WEEKDAYS = "一二三四五六日"
WEEKDAY_INDEX: dict[str, int] = {
    **{name: index for index, name in enumerate(WEEKDAYS)},
    **{str(index + 1): index for index in range(7)},
    "天": 6,
}
UNITS: dict[str, int] = {
    "分钟": 1,
    "分": 1,
    "min": 1,
    "刻钟": 15,
    "刻": 15,
    "小时": 60,
    "钟头": 60,
    "个钟": 60,
    "钟": 60,
    "h": 60,
    "天": 1440,
    "日": 1440,
}

HAN = "零〇一二三四五六七八九十两廿卅"
NUMERALS = "0123456789" + HAN
NUMBER = r"(?:[0-9]{1,2}(?![0-9])|[" + HAN + r"]{1,3})"
WEEK = r"(?:周|星期|礼拜)"
LINK = r"\s?(?:到|至|-{1,2}|~{1,2}|—{1,2}|–|～)\s?"
