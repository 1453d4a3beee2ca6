"""One cleaning function for every text that enters, and the folded copy that is used for matching only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from nlp.traditional import SIMPLIFIED

KEPT = 8_000
MATCHED = 1_000
# Of a text that is too long so much is kept of its end: whoever pastes a story says at its end what they want.
TAIL = 1_000
# A pile of combining marks makes normalisation quadratic; no language needs more on one letter.
MARKS = 8

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # control characters except tab, newline (and return, see below)
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u3164\uffa0"  # invisible fillers
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # zero width, bidi marks, embeddings and isolates
    "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"  # non-characters, annotations, tags
    "]"
    "|(?<=[0-9])\ufe0f?\u20e3"  # the keys of 3\ufe0f\u20e3栋 are plain numbers
)
_RETURN = re.compile("\r\n?")
# Nobody means anything by more white space than this; behind it a plea would be cut off.
_GAP = re.compile(r"\n\s{2,}|[^\S\n]\s{3,}")
_HAN = "[\u4e00-\u9fff]"
# Small pictures, but for the flame, which stands for a word of its own.
_PICTURES = "\u2600-\u27bf\ufe0f\U0001f300-\U0001f524\U0001f526-\U0001faff"
# Small pictures, but for the flame, which stands for a word of its own.
_PICTURES = "\u2600-\u27bf\ufe0f\U0001f300-\U0001f524\U0001f526-\U0001faff"
# 救 命, 着-火-了, 救…命: single characters set apart, none of them beside a letter, a digit or another character.
_SET_APART = re.compile(rf"(?<![^\W_]){_HAN}(?:[\s…·•・.~～\-‐–—_*{_PICTURES}]{{1,3}}{_HAN})+(?![^\W_])")
_NUMERALS = frozenset("零〇一二三四五六七八九十百千万两幺")
# Repeated in panic, at least three times: 快来人快来人快来人啊.
_REPEATED = re.compile(r"(.{1,24}?)\1{2,}", re.DOTALL)


def _thin(text: str) -> str:
    """Drop the combining marks past the eighth on one letter."""
    if text.isascii() or not any(map(unicodedata.combining, text)):
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= MARKS:
            kept.append(char)
    return "".join(kept)


def clean(text: str) -> str:
    """Safe to store, log and send: no controls, no hidden marks, no lone surrogates, NFC, no gaps, at most 8000 characters."""
    text = shortened(_GAP.sub(_narrow, text), 2 * KEPT)
    text = _UNWANTED.sub("", _RETURN.sub("\n", _SURROGATE.sub("\ufffd", text)))
    text = _thin(unicodedata.normalize("NFC", _thin(text)))
    return shortened(_GAP.sub(_narrow, text), KEPT)


def shortened(text: str, most: int) -> str:
    """A text that is too long without its middle."""
    return text if len(text) <= most else f"{text[: most - TAIL]}…{text[1 - TAIL :]}"


def _narrow(gap: re.Match[str]) -> str:
    return "\n\n" if "\n" in gap[0] else "  "


def joined(text: str) -> str:
    """救 命 → 救命, for reading only: who writes 葱 姜 蒜 wrote a list. 一 二 三 stays a row of numbers."""
    return _SET_APART.sub(_joined, text)


def _joined(run: re.Match[str]) -> str:
    chars = re.findall(_HAN, run[0])
    return run[0] if _NUMERALS.issuperset(chars) else "".join(chars)


def said_once(text: str) -> str:
    """救命救命救命救命 → 救命, for reading only; numbers stay as they are, and so does 哈哈哈."""
    return _REPEATED.sub(_once, text)


def _once(run: re.Match[str]) -> str:
    unit = run[1]
    if not re.search(_HAN, unit) or _NUMERALS.issuperset(unit):
        return run[0]
    return unit if len(unit) > 1 else unit * 3


def _single(char: str) -> str:
    """The matching form of one character, always one character, so that positions agree with the original."""
    for form in (unicodedata.normalize("NFKC", char), char):
        low = form.lower()
        if len(low) == 1:
            return low
    return char


# What is common is mapped in one pass; only rarer characters need normalising one by one.
_COMMON: dict[int, str] = {
    **{0xFF01 + step: chr(0x21 + step).lower() for step in range(94)},
    0x3000: " ",
    0x00A0: " ",
    0x2005: " ",
    **{ord("A") + step: chr(ord("a") + step) for step in range(26)},
    **SIMPLIFIED,
}


@lru_cache(maxsize=64)  # every reader of a text folds it
def fold(text: str) -> str:
    """The copy for matching: NFKC, lower case, simplified; position i here is position i of the text."""
    text = text[:MATCHED]
    if text.isascii():
        return text.lower()
    text = text.translate(_COMMON)
    if unicodedata.is_normalized("NFKC", text):
        low = text.lower()
        if len(low) == len(text):
            return low
    return "".join(map(_single, text)).translate(_COMMON)


class ToRead(NamedTuple):
    """A text as it is read, by the parser and by the training alike."""

    whole: str
    said: str  # as much of it as is read at once
    folded: str  # the same for matching
    is_called: bool  # the bot was mentioned


def prepared(text: str, names: Sequence[str]) -> ToRead:
    """What is read of a text: cleaned, without the bot's name, nothing set apart or said over and over."""
    said, is_called = strip_mentions(clean(text), names)
    whole = said_once(joined(_without_name(said, names).strip()))
    said = whole[:MATCHED]
    return ToRead(whole, said, fold(said), is_called)


def _without_name(text: str, names: Sequence[str]) -> str:
    """小邻,帮助 calls the bot without @."""
    for name in names:
        if text.startswith(name) and text[len(name) : len(name) + 1] in _AFTER_CALL:
            return text[len(name) + 1 :]
    return text


_AFTER_CALL = (",", "，", " ", ":", "：", "!", "！")


def matching(text: str) -> str:
    """The copy for matching where no position is asked for: what was set apart is joined first."""
    return fold(joined(text))


_AT = "@\uff20"
_AFTER_NAME = " \t\n\u2005\u00a0\u3000,，:：。.!！?？、"


def strip_mentions(text: str, names: Sequence[str]) -> tuple[str, bool]:
    """Remove @小邻 (longest name first); tell whether the bot was mentioned. Other people's @names stay."""
    if "@" not in text and "\uff20" not in text:
        return text, False
    if not names:
        return _first_word(text)
    ordered = sorted(names, key=len, reverse=True)
    kept: list[str] = []
    at, mentioned = 0, False
    while at < len(text):
        length = _mention(text, at, ordered) if text[at] in _AT else 0
        if length:
            mentioned = True
            at += length
            continue
        kept.append(text[at])
        at += 1
    return ("".join(kept).strip(), True) if mentioned else (text, False)


def _mention(text: str, at: int, names: Sequence[str]) -> int:
    """How many characters the mention of the bot takes here, with the separator that follows it."""
    if at and (text[at - 1].isascii() and text[at - 1].isalnum()):
        return 0  # an e-mail address
    for name in names:
        if name and text[at + 1 : at + 1 + len(name)].lower() == name.lower():
            end = at + 1 + len(name)
            if end == len(text):
                return end - at
            if text[end] in _AFTER_NAME:
                return end - at + (1 if text[end] in " \t\u2005\u00a0\u3000" else 0)
            if text[end] in _AT:
                return end - at
    return 0


def _first_word(text: str) -> tuple[str, bool]:
    """No names are configured: a text that begins with @ was said to us, up to the first white space."""
    if text[:1] not in _AT:
        return text, False
    for at, char in enumerate(text):
        if char.isspace():
            return text[at:].strip(), True
    return "", True
