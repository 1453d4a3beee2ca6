"""Every compiled pattern of nlp/, found by walking its modules, for the attack tests."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from importlib.resources import files

import nlp
from nlp import commands
from nlp.phrases import compile_phrase
from nlp.shapes import read_blocks

Found = tuple[str, re.Pattern[str]]


def _inside(name: str, value: object, depth: int = 0) -> Iterator[Found]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield name, value
    elif isinstance(value, dict) and depth < 3:
        for inner in value.values():
            yield from _inside(name, inner, depth + 1)
    elif isinstance(value, tuple | list) and depth < 4:
        for inner in value:
            yield from _inside(name, inner, depth + 1)


def every_pattern() -> list[Found]:
    found: list[Found] = []
    for module in pkgutil.iter_modules(nlp.__path__, "nlp."):
        for name, value in vars(importlib.import_module(module.name)).items():
            found += _inside(f"{module.name}.{name}", value)
    for table in ("signals", "category", "urgency", "act_signals", "items", "aftermath", "dangers"):
        blocks = read_blocks((files("nlp") / "lexicon" / f"{table}.table").read_text(encoding="utf-8"))
        for block in blocks:
            found += [(f"{table} {block.name}", re.compile(shape)) for shape in block.shapes if shape[0] != "@"]
    for rule in commands.RULES:
        found += [(f"phrase {phrase}", compile_phrase(rule, phrase).pattern) for phrase in rule.phrases]
    return list({pattern.pattern: (name, pattern) for name, pattern in found}.values())
