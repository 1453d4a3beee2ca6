"""What helpers say they can and cannot do: 灯那个我来, 马桶的我不会 takes on the light, and asks nobody to mend a toilet."""

from __future__ import annotations

import re
from typing import Final

from nlp import names
from nlp.acts import WORDS
from nlp.clean import fold

LONGEST: Final = 40
_BREAK: Final = re.compile(r"[\s,，。.!！;；、~…]+")


def willing(text: str) -> str:
    """The text without what its speaker cannot do; all of it where they do not say of something else that they can."""
    if len(text) > LONGEST:
        return text
    clauses = [clause for clause in _BREAK.split(text) if clause]
    left = [clause for clause in clauses if not WORDS["cannot do"].fullmatch(fold(clause))]
    can = any(WORDS["can do"].fullmatch(fold(clause)) for clause in left)
    return "，".join(left) if can and len(left) < len(clauses) else text


def is_offered(text: str) -> bool:
    """Whether the speaker can do one thing and another not."""
    return willing(text) != text


def is_one_less(text: str) -> bool:
    """那我媳妇不去了: the speaker still comes, one of theirs does not."""
    return WORDS["one less"].fullmatch(fold(text).strip()) is not None


def whose_place(text: str) -> str | None:
    """小刘那个我替他: in whose place the speaker would go."""
    match = WORDS["instead of"].fullmatch(fold(text).strip())
    return match["who"] if match else None


def is_watching(text: str) -> bool:
    """231我盯着: said by whoever steers, it keeps an eye on an order rather than taking it."""
    return WORDS["watches"].search(fold(text)) is not None


def placed_for(text: str) -> tuple[str, str] | None:
    """替王奶奶点个单 修灯: for whom, and what."""
    match = WORDS["places for"].fullmatch(text.strip())
    return (match["name"], match["rest"]) if match and names.is_name(match["name"]) else None


def asks_of_a_person(text: str) -> bool:
    """王秀兰住哪: somebody's home or phone, asked for by name."""
    match = WORDS["asks of a person"].fullmatch(fold(text).strip())
    return match is not None and names.is_name(match["who"])
