"""Traditional characters with their simplified forms; used for matching only."""

from __future__ import annotations

from importlib.resources import files
from typing import Final


def read_pairs(text: str) -> list[str]:
    """傷伤 燙烫: the pairs of a table; # begins a comment line."""
    return [pair for line in text.splitlines() if not line.startswith("#") for pair in line.split()]


PAIRS: Final = read_pairs((files("nlp") / "lexicon" / "traditional.table").read_text(encoding="utf-8"))
SIMPLIFIED: Final = {ord(pair[0]): pair[1] for pair in PAIRS}
