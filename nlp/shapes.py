"""With which characters a written shape can begin, so that it need not be tried where none of them stands."""

from __future__ import annotations

from typing import Final

_ASIDE: Final = ("(?<", "(?=", "(?!")


def heads(shape: str) -> set[str]:
    """The characters a shape can begin with. Raises ValueError where that is anything at all."""
    return set().union(*(_heads_of(branch) for branch in _branches(shape)))


def _branches(shape: str) -> list[str]:
    """What stands between the outermost | of a shape."""
    parts, start, at = [], 0, 0
    while at < len(shape):
        if shape[at] == "|":
            parts.append(shape[start:at])
            start = at + 1
        at = _end(shape, at)
    return [*parts, shape[start:]]


def _heads_of(branch: str) -> set[str]:
    begun: set[str] = set()
    at = 0
    while at < len(branch):
        end = _end(branch, at)
        item = branch[at:end]
        optional = branch.startswith(("?", "*", "{0,"), end)
        at = end + 1 if branch.startswith(("?", "*", "+"), end) else end
        if item.startswith(_ASIDE) or item == "^":
            continue
        if item.startswith("(?:"):
            begun |= heads(item[3:-1])
        elif item.startswith("[") and not item.startswith("[^") and "\\" not in item:
            begun |= _members(item[1:-1])
        elif len(item) == 1 and item not in ".$":
            begun.add(item)
        else:
            break
        if not optional:
            return begun
        if branch.startswith("{", at):
            at = branch.index("}", at) + 1
    raise ValueError(f"{branch!r} could begin anywhere")


def _end(shape: str, at: int) -> int:
    """Where the item that begins here ends: one character, a [set] or a (group)."""
    if shape[at] == "\\":
        return at + 2
    if shape[at] == "[":
        return shape.index("]", at) + 1
    if shape[at] != "(":
        return at + 1
    at += 1
    while shape[at] != ")":
        at = _end(shape, at)
    return at + 1


def _members(inside: str) -> set[str]:
    """The characters of a set like 一二0-9."""
    members: set[str] = set()
    at = 0
    while at < len(inside):
        first, last = inside[at], inside[at + 2] if inside[at + 1 : at + 2] == "-" else inside[at]
        members |= {chr(code) for code in range(ord(first), ord(last) + 1)}
        at += 1 if first == last else 3
    return members
