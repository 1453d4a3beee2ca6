"""Chinese numerals: 二十三 → 23."""

from __future__ import annotations

import re

DIGITS = "零一二三四五六七八九"
# What may stand in a number, for the patterns of other readers.
HAN = "零〇一二三四五六七八九十百千万两俩仨"

_VALUE = {char: value for value, char in enumerate(DIGITS)} | {"〇": 0, "两": 2, "俩": 2, "仨": 3, "幺": 1, "o": 0}
_UNIT = {"十": 10, "百": 100, "千": 1000}
_ARABIC = re.compile(r"[0-9]{1,12}")
_DIGITWISE = str.maketrans({**{char: str(value) for char, value in _VALUE.items()}})


def digits(text: str) -> str:
    """Digit by digit: 一三八〇 → 1380; other characters stay."""
    return text.translate(_DIGITWISE)


def read(text: str) -> int | None:
    """23, 二十三, 廿三 or 五零一 as a number; None where the text is no whole number."""
    if _ARABIC.fullmatch(text):
        return int(text)
    if not 0 < len(text) <= 20:
        return None
    text = text.replace("廿", "二十").replace("卅", "三十")
    if len(text) > 1 and all(char in _VALUE for char in text):
        return int(digits(text))
    return _structured(text)


def _structured(text: str) -> int | None:
    """一百零五, 三千二, 十二, 两万三千: units must fall, so 十百 is no number."""
    total, section, digit, last = 0, 0, -1, 10_000
    seen_unit = 1
    for char in text:
        if char == "万":
            section += max(digit, 0)
            if total or not section:
                return None
            total, section, digit, last, seen_unit = section * 10_000, 0, -1, 10_000, 10_000
        elif char in _UNIT:
            unit = _UNIT[char]
            if unit >= last or digit == 0:
                return None
            if digit < 0 and (unit != 10 or section):
                return None
            section += (digit if digit > 0 else 1) * unit
            digit, last, seen_unit = -1, unit, unit
        elif char in _VALUE:
            if digit > 0:
                return None
            digit = _VALUE[char]
            if digit == 0:
                seen_unit = 1  # 一百零五 is 105, 一百五 is 150
        else:
            return None
    if digit > 0:
        section += digit * (seen_unit // 10 if seen_unit >= 100 else 1)
    elif (digit == 0 and len(text) > 1 and total + section == 0) or (digit == 0 and len(text) > 1):
        return None
    return total + section


_RANGE = re.compile(r"(?P<low>[^-~到至—、]{1,12})[-~到至—、](?P<high>.{1,12})")
_NEIGHBOURS = re.compile(
    r"(?P<head>[二三四五六七八九]?十)?(?P<low>[一二两三四五六七八])(?P<high>[二三四五六七八九])(?P<unit>[十百千万]?)"
)
_SEVERAL = re.compile(r"好?[几数](?P<unit>[十百千万])")
_VAGUE_TAIL = re.compile(r"[多余来几好把]+$")
_BARE_UNIT = {"百": 100, "千": 1000, "万": 10_000, "百十": 100, "百八十": 100}
# Loose pairs that are no neighbours, and 几十 in other words.
_LOOSE = {"三五": (3, 5), "三两": (2, 3), "俩仨": (2, 3), "仨俩": (2, 3), "十几二十": (11, 20), "十多二十": (11, 20)}


def estimate(text: str) -> tuple[int, int, bool] | None:
    """Least, most, and whether vague: 三到五, 七八, 三四十, 二十多, 十几, 几百, 十来; None where it is no number."""
    text = text.replace(" ", "")
    ranged = _RANGE.fullmatch(text)
    if ranged:
        low, high = estimate(ranged["low"]), estimate(ranged["high"])
        return (low[0], high[1], low[2] or high[2]) if low and high and low[0] < high[1] else None
    pair = _NEIGHBOURS.fullmatch(text)
    if pair and read(pair["high"]) == (read(pair["low"]) or 0) + 1:
        ten = read(pair["head"]) or 0 if pair["head"] else 0
        unit = {"": 1, "万": 10_000}.get(pair["unit"]) or _UNIT[pair["unit"]]
        return ten + (read(pair["low"]) or 0) * unit, ten + (read(pair["high"]) or 0) * unit, False
    if several := _SEVERAL.fullmatch(text):
        unit = 10_000 if several["unit"] == "万" else _UNIT[several["unit"]]
        return 2 * unit, 9 * unit, True
    if loose := _LOOSE.get(text):
        return *loose, False
    vague = _VAGUE_TAIL.search(text)
    stem = text[: vague.start()] if vague else text
    number = _BARE_UNIT.get(stem) or read(stem)
    if not number:
        return None
    if not vague:
        return number, number, stem in _BARE_UNIT
    if vague[0] in ("来", "把"):
        return number, number, True
    step = 10
    while number % (step * 10) == 0:
        step *= 10
    if number % 10:
        return None
    return number + (1 if vague[0] == "几" else 0), number + 9 * step // 10, True


_HALF = re.compile(r"(?P<whole>[0-9]{1,4}|[" + HAN + r"]{1,5})?(?:个)?(?P<half>半)?(?:个)?")
_DECIMAL = re.compile(r"[0-9]{1,4}\.[0-9]{1,2}")


def amount(text: str) -> float | None:
    """2.5, 半, 两个半, 三 as an amount; None where it is none."""
    if _DECIMAL.fullmatch(text):
        return float(text)
    found = _HALF.fullmatch(text)
    if not found or not (found["whole"] or found["half"]):
        return None
    whole = read(found["whole"]) if found["whole"] else 0
    return None if whole is None else whole + (0.5 if found["half"] else 0.0)
