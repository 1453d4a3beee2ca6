"""Phone numbers as people write them: spaced, joined, in Chinese digits, two in a row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlp.numbers import digits

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# One run: digits with at most two separators between them. Deterministic, so linear.
_RUN = re.compile(r"[0-9](?:[ \-.·—–_*]{0,2}[0-9])*x?")
_GROUP = re.compile(r"[0-9]+")
_HAN_RUN = re.compile(r"[零〇一二三四五六七八九幺o0-9](?:[ \-.·]{0,2}[零〇一二三四五六七八九幺o0-9]){6,}")
_LANDLINE = re.compile(r"(?<![0-9])(0[1-9][0-9]{1,2})[- )]{0,2}([2-9][0-9]{2,3}[- ]?[0-9]{4})(?![0-9])")
_LOCAL = re.compile(r"(?:电话|座机|固话|热线|号码|tel)[:是 ]{0,3}([2-9][0-9]{6,7})(?![0-9])")
_SERVICE = re.compile(r"(?<![0-9])[48]00[- ]?[0-9]{3,4}[- ]?[0-9]{3,4}(?![0-9])")
_IDENTITY = re.compile(r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9x]")
_OLD_IDENTITY = re.compile(r"[1-8][0-9]{5}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a person, where it stands, and what kind it is: mobile, landline or identity."""

    digits: str
    start: int
    end: int
    kind: str


def arabic(folded: str) -> str:
    """The folded text with long runs of Chinese digits written as 0-9; positions stay."""
    if not any(char in folded for char in "零〇一二三四五六七八九幺o"):
        return folded
    return _HAN_RUN.sub(lambda run: digits(run[0]), folded)


def find(folded: str) -> list[Number]:
    """Every mobile, landline and identity number, in order."""
    text = arabic(folded)
    found: list[Number] = []
    for run in _RUN.finditer(text):
        if run.end() - run.start() >= 7:
            found += _in_run(run[0], run.start())
    taken = [(number.start, number.end) for number in found]
    for pattern, group in ((_LANDLINE, 0), (_LOCAL, 1), (_SERVICE, 0)):
        for match in pattern.finditer(text):
            start, end = match.span(group)
            if all(end <= low or start >= high for low, high in taken):
                found.append(Number(_digits_of(match[group]), start, end, "landline"))
                taken.append((start, end))
    return sorted(found, key=lambda number: number.start)


def _digits_of(text: str) -> str:
    return "".join(_GROUP.findall(text))


def _in_run(run: str, base: int) -> list[Number]:
    """The numbers in one run; a number starts where a group of digits starts."""
    groups = [(match[0], match.start(), match.end()) for match in _GROUP.finditer(run)]
    whole = _digits_of(run)
    if _IDENTITY.fullmatch(whole + ("x" if run.endswith("x") else "")):
        return [Number(whole, base, base + len(run), "identity")]
    found: list[Number] = []
    at = 0
    while at < len(groups):
        text, start, end = groups[at]
        if len(text) > 11:
            found += _split(text, base + start, run[end : end + 1])
            at += 1
            continue
        taken = _joined(groups, at)
        if taken:
            last = groups[at + taken - 1][2]
            joined = "".join(group[0] for group in groups[at : at + taken])
            found.append(
                Number(joined.removeprefix("86") if len(joined) > 11 else joined, base + start, base + last, "mobile")
            )
            at += taken
            continue
        at += 1
    return found


def _joined(groups: list[tuple[str, int, int]], at: int) -> int:
    """How many groups from here make one mobile; 0 for none. 86 in front may be a group of its own."""
    text = ""
    for count in range(1, min(12, len(groups) - at + 1)):
        piece = groups[at + count - 1][0]
        if count > 1 and len(piece) == 11:
            return 0
        text += piece
        if len(text) == 13 and text.startswith("86") and _MOBILE.fullmatch(text[2:]):
            return count
        if len(text) == 11:
            return count if _MOBILE.fullmatch(text) else 0
        if len(text) > 13:
            return 0
    return 0


def _split(text: str, base: int, after: str) -> list[Number]:
    """Numbers written without a gap, an identity number, or a mobile with one digit too many."""
    if _IDENTITY.fullmatch(text + (after if after == "x" else "")) or _OLD_IDENTITY.fullmatch(text):
        return [Number(text, base, base + len(text) + (after == "x"), "identity")]
    if text.startswith("86") and _MOBILE.fullmatch(text[2:13]):
        text, base = text[2:], base + 2
    found: list[Number] = []
    at = 0
    while at + 11 <= len(text):
        if at + 18 <= len(text) and _IDENTITY.fullmatch(text[at : at + 18]):
            found.append(Number(text[at : at + 18], base + at, base + at + 18, "identity"))
            at += 18
        elif _MOBILE.fullmatch(text[at : at + 11]):
            found.append(Number(text[at : at + 11], base + at, base + at + 11, "mobile"))
            at += 11
        else:
            at += 1
    return found
