"""Phone numbers as people write them: spaced, joined, bracketed, in Chinese digits, two in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from nlp.patterns import patterns_of

SHAPES: Final = patterns_of("phones")

# Everything that is said or typed for a digit. Letters count only inside a run of digits.
_SPOKEN = {
    **dict(zip("零〇一二三四五六七八九", "00123456789", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True)),
    "幺": "1",
    "妖": "1",
    "洞": "0",
    "拐": "7",
    "勾": "9",
    "两": "2",
    "o": "0",
    "l": "1",
    "i": "1",
}
_TO_DIGITS = str.maketrans(_SPOKEN)
_HAN_DIGITS = "零〇一二三四五六七八九幺妖壹贰叁肆伍陆柒捌玖洞拐勾两"
_DIGIT = "[0-9oli" + _HAN_DIGITS + "]"
# \ufe0f and \u20e3 make a keycap of the digit before them.
_SIGN = "[ \\-.·—–_*/()\\[\\]【】~、,。:+|^='\\\\\ufe0f\u20e3\t\n]"
_KEYCAP = re.compile("[\ufe0f\u20e3]")
# A run: digits with at most three signs between two of them. Deterministic, so linear.
_RUN = re.compile(_DIGIT + r"(?<![a-z][oli])(?:" + _SIGN + r"{0,3}" + _DIGIT + r"){6,}x?")
_HAN_RUN = re.compile(f"[{_HAN_DIGITS}o0-9](?:[ \\-.·,、]{{0,2}}[{_HAN_DIGITS}o0-9]){{6,}}")
_GROUP = re.compile(r"[0-9]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Signs that part two things as often as two pieces of one number: only the usual pieces may stand between them.
_WEAK = re.compile(r"[,、。:\n]")
_USUAL = frozenset({(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 3, 4), (4, 4, 3), (3, 5, 3), (5, 6), (6, 5), (5, 3, 3)})
_OPENING = re.compile(r"1[3-9]|86|0[01]")
_PREFIXES = ("0086", "86", "0")

_AREA = r"(?<![0-9])\(?(?:\+?86[\-\s]?)?(?P<area>(?:0|(?<=86[\-\s]))(?:10|2[0-9]|[3-9][0-9]{2}))(?:[\s)\-—–/·.]{0,3})"
_LANDLINE = re.compile(_AREA + r"(?P<local>[1-9][0-9]{2,3}[\s\-—]?[0-9]{4})(?![0-9])")
_ALSO = re.compile(r"[、/,或\s]{1,2}(?P<local>[2-9][0-9]{6,7})(?![0-9])")
_SERVICE = re.compile(
    r"(?<![0-9])(?P<local>[48]00[\- ]?(?:[0-9]{3}[\- ]?[0-9]{4}|[0-9]{4}[\- ]?[0-9]{3}|[0-9][\- ][0-9]{3}[\- ][0-9]{3}))(?![0-9])"
)
_IDENTITY = re.compile(r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9x]")
_OLD_IDENTITY = re.compile(r"[1-8][0-9]{5}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}")
# 四个零, 三个8: a digit said once for several.
_TIMES = re.compile(
    f"(?:{_DIGIT}{_SIGN}{{0,3}}){{1,10}}[二两三四五六七八2-8]个{_DIGIT}(?:{_SIGN}{{0,3}}(?:[二两三四五六七八2-8]个)?{_DIGIT}){{0,9}}"
)
_MANY = re.compile(f"([二两三四五六七八2-8])个({_DIGIT})")
# A date or a time that ran into the number: 12:3013800000001.
_STUCK = re.compile(r"[0-9][.:/月点时\-]$")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a person, where it stands, and what kind it is: mobile, landline, identity or other."""

    digits: str
    start: int
    end: int
    kind: str


def arabic(folded: str) -> str:
    """The folded text with long runs of Chinese digits written as 0-9; positions stay."""
    return _HAN_RUN.sub(lambda run: run[0].translate(_TO_DIGITS), folded)


def find(folded: str) -> list[Number]:
    """Every mobile, landline and identity number, in order."""
    found: list[Number] = list(_repeated(folded)) if "个" in folded and _MANY.search(folded) else []
    text = folded
    rest: list[tuple[int, int]] = []
    for run in _RUN.finditer(folded):
        start, end = run.span()
        digits = run[0].translate(_TO_DIGITS)
        text = text[:start] + digits + text[end:]
        here = list(_in_run(folded, _KEYCAP.sub(" ", digits), start))
        found += here
        # A landline is only where seven digits are left that no number holds.
        if not here or len(_digits_of(digits)) - sum(len(_digits_of(text[one.start : one.end])) for one in here) >= 7:
            rest.append((start, end))
    if not rest:
        return _right(folded, found)
    landlines = _landlines(text, [(one.start, one.end) for one in found], rest)
    return _right(folded, sorted([*found, *landlines], key=lambda one: one.start))


def _repeated(folded: str) -> Iterator[Number]:
    """幺三九,四个零,九八二八."""
    for run in _TIMES.finditer(folded):
        said = _MANY.sub(lambda many: many[2] * int(many[1].translate(_TO_DIGITS)), run[0])
        digits = _digits_of(said.translate(_TO_DIGITS))
        if _MOBILE.fullmatch(digits):
            yield Number(digits, run.start(), run.end(), "mobile")


def _right(folded: str, found: list[Number]) -> list[Number]:
    """不是13900001031,是13900001032: the first stays hidden and is nobody's number."""
    if len(found) < 2 or len({one.digits for one in found if one.kind == "mobile"}) < 2:
        return found
    return [
        replace(one, kind="other")
        if one.kind == "mobile"
        and (
            SHAPES["wrong before"].search(folded, max(0, one.start - 10), one.start)
            or SHAPES["wrong behind"].match(folded, one.end)
        )
        else one
        for one in found
    ]


def _landlines(text: str, taken: list[tuple[int, int]], runs: list[tuple[int, int]]) -> Iterator[Number]:
    """Numbers with an area code and those behind one (0371-61234567、61234568), local ones, 400 and 800."""

    def free(start: int, end: int) -> bool:
        if any(start < high and low < end for low, high in taken):
            return False
        taken.append((start, end))
        return True

    areas = [match for low, high in runs for match in _LANDLINE.finditer(text, max(0, low - 4), high + 1)]
    for match in areas:
        if free(*match.span()):
            yield Number(_national(match), match.start(), match.end(), "landline")
            also = _ALSO.match(text, match.end())
            if also and free(*also.span("local")):
                yield Number(also["local"], *also.span("local"), "landline")
    for pattern in (SHAPES["local"], _SERVICE):
        for match in (one for low, high in runs for one in pattern.finditer(text, max(0, low - 8), high + 1)):
            if free(*match.span("local")):
                yield Number(_digits_of(match["local"]), *match.span("local"), "landline")


def _national(match: re.Match[str]) -> str:
    """With the 0 of its area, with or without +86 before it."""
    return "0" + match["area"].lstrip("0") + _digits_of(match["local"])


def _digits_of(text: str) -> str:
    return "".join(_GROUP.findall(text))


def _in_run(folded: str, run: str, base: int) -> Iterator[Number]:
    """The numbers in one run; a number starts where a group of digits starts."""
    groups = [(match[0], match.start(), match.end()) for match in _GROUP.finditer(run)]
    whole = _digits_of(run)
    if _IDENTITY.fullmatch(whole + ("x" if run.endswith("x") else "")):
        yield Number(whole, base, base + len(run), "identity")
        return
    if SHAPES["no phone before"].search(folded, max(0, base - 10), base):
        yield from _hidden(whole, base, len(run))
        return
    at = 0
    while at < len(groups):
        text, start, end = groups[at]
        taken = _joined(run, groups, at) if len(text) <= 13 else 0
        if taken:
            last = groups[at + taken - 1][2]
            joined = "".join(group[0] for group in groups[at : at + taken])
            if not _worded(folded, base + start, base + last):
                bare = next((joined[len(one) :] for one in _PREFIXES if joined.startswith(one)), joined)
                yield Number(bare[:11], base + start, base + last, "mobile")
            at += taken
            continue
        if len(text) > 11:
            yield from _split(folded, text, base + start, run[end : end + 1])
        at += 1


def _hidden(digits: str, start: int, length: int) -> Iterator[Number]:
    """A card or parcel number that holds eleven digits like a mobile is nobody's phone, yet not for everybody's eyes."""
    if _MOBILE.search(digits):
        yield Number(digits, start, start + length, "other")


def _worded(folded: str, start: int, end: int) -> bool:
    """lin13800000024x is the name of an account."""
    before, after = folded[max(0, start - 8) : start], folded[end : end + 1]
    led = before[-1:].isascii() and before[-1:].isalpha() and not SHAPES["letters before"].search(before)
    return led and after.isascii() and after.isalnum()


def _joined(run: str, groups: list[tuple[str, int, int]], at: int) -> int:
    """How many groups from here make one mobile; 0 for none. 86 in front may be a group of its own."""
    text = ""
    for count in range(1, min(15, len(groups) - at + 1)):
        piece = groups[at + count - 1][0]
        if count > 1 and len(piece) == 11 and _MOBILE.fullmatch(piece) and text not in _PREFIXES:
            return 0
        text += piece
        if len(text) > 1 and not _OPENING.match(text):
            return 0
        bare = next((text[len(prefix) :] for prefix in _PREFIXES if text.startswith(prefix)), text)
        if len(bare) == 11:
            return count if _MOBILE.fullmatch(bare) and _usual(run, groups[at : at + count], len(text) - 11) else 0
        if len(bare) > 11:
            # One or two digits too many at the end of 138 0000 0001: the first eleven are what was meant.
            spaced = len(groups[at][0]) == 3 and not _WEAK.search(run, groups[at][2], groups[at + count - 1][1])
            return count if len(bare) <= 13 and spaced and count <= 4 and _MOBILE.match(bare) else 0
    return 0


def _usual(run: str, groups: list[tuple[str, int, int]], prefix: int) -> bool:
    """Commas part a number only into usual pieces; 138,2026,1118 would be three things otherwise."""
    if len(groups) == 1 or not _WEAK.search(run, groups[0][2], groups[-1][1]):
        return True
    sizes = tuple(len(text) for text, _, _ in groups)
    if prefix and sizes[0] == prefix:
        sizes = sizes[1:]
    return sizes in _USUAL or len(sizes) == 1 or set(sizes) == {1}


def _split(folded: str, text: str, base: int, after: str) -> Iterator[Number]:
    """Numbers written without a gap, an identity number, or a mobile with digits of something else around it."""
    if _IDENTITY.fullmatch(text + (after if after == "x" else "")) or _OLD_IDENTITY.fullmatch(text):
        yield Number(text, base, base + len(text) + (after == "x"), "identity")
        return
    prefix = next((prefix for prefix in _PREFIXES if text.startswith(prefix) and _MOBILE.match(text, len(prefix))), "")
    at = len(prefix)
    # 15 to 21 digits that are no two mobiles are a card, a parcel or a moment in seconds.
    before = folded[max(0, base - 8) : base]
    coded = before[-1:].isascii() and before[-1:].isalpha() and not SHAPES["letters before"].search(before)
    cut_short = len(text) in (20, 21) and _MOBILE.match(text) and _OPENING.match(text, 11)
    if coded or (15 <= len(text) - at <= 21 and not cut_short):
        yield from _hidden(text, base, len(text))
        return
    if _STUCK.search(before) and _MOBILE.fullmatch(text, len(text) - 11):
        at = len(text) - 11
    while at + 11 <= len(text):
        if at + 18 <= len(text) and _IDENTITY.fullmatch(text, at, at + 18):
            yield Number(text[at : at + 18], base + at, base + at + 18, "identity")
            at += 18
        elif _MOBILE.fullmatch(text, at, at + 11) and not (at == 0 and _dated(text)):
            yield Number(text[at : at + 11], base + at, base + at + 11, "mobile")
            at += 11
        else:
            at += 1


def _dated(text: str) -> bool:
    """20261118093000 is a moment."""
    return len(text) in (12, 14) and text.startswith(("19", "20"))
