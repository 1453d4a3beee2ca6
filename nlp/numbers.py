"""Chinese numerals: 二十三 ↔ 23."""

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


def write(number: int) -> str:
    """The usual written form of 0 … 99 999 999."""
    if not 0 <= number < 100_000_000:
        raise ValueError(number)
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        gap = "零" if 0 < low < 1000 else ""
        return _below_myriad(high) + "万" + gap + (_below_myriad(low, bare_ten=False) if low else "")
    return _below_myriad(number)


def _below_myriad(number: int, *, bare_ten: bool = True) -> str:
    if number == 0:
        return "零"
    if bare_ten and 10 <= number < 20:
        return "十" + (DIGITS[number - 10] if number > 10 else "")
    out, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            out += ("零" if gap and out else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    return out


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
