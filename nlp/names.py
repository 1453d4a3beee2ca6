"""For whom help is asked, and what a person's name looks like. Words and shapes stand in lexicon/names.table."""

from __future__ import annotations

import re
from typing import Final

from nlp.patterns import SURNAMES, patterns_of

SHAPES: Final = patterns_of("names")


# The kinds in which a person is told, the most telling first: 我公公 says more than 独居老人, and this more than 老人.
_TOLD: Final = (("family",), ("state", "named"), ("plain", "plain two", "plain relative"))


def find_beneficiary(folded: str) -> str | None:
    """Who needs it, when that is not plainly the speaker: 张奶奶, 我妈, 吸氧的老人."""
    for kinds in _TOLD:
        found = [match for kind in kinds for match in SHAPES[kind].finditer(folded) if _is_for(folded, match)]
        if found:
            return min(found, key=re.Match.start)[0]
    return None


def _is_for(folded: str, match: re.Match[str]) -> bool:
    """No: whoever is asked or thanked, whoever is gone, and whoever says something."""
    start, end = match.span()
    return not (SHAPES["not for"].search(folded, max(0, start - 3), start) or SHAPES["gone"].match(folded, end))


_LONGEST_NAME: Final = 6
_LONGEST_PLAIN_NAME: Final = 4
_NOT_IN_NAMES: Final = frozenset("的了是不没说")


def is_name(text: str) -> bool:
    """Whether a word looks like a person's name: 王秀兰, 小李, 许奶奶."""
    if not 2 <= len(text) <= _LONGEST_NAME or SHAPES["no name"].match(text):
        return False
    if SHAPES["titled"].fullmatch(text):
        return True
    if _NOT_IN_NAMES.intersection(text) or not all("\u4e00" <= char <= "\u9fff" or char == "·" for char in text):
        return False
    if text[0] in "小老阿" or text[0] in SURNAMES or SHAPES["begins with a compound surname"].match(text):
        return len(text) <= _LONGEST_PLAIN_NAME or ("·" in text and text[0] in SURNAMES)
    return "·" in text
