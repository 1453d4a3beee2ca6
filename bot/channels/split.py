"""Long text → parts, by UTF-8 bytes; never inside a character, an emoji sequence or, where it can be helped, a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MOST = 3  # parts of one text; more would flood a chat
_SMALLEST_PIECE = 32  # bytes
_MARK = "（{}/{}）"
_CUT = "……（太长了，后面还有{}字没有发出来）"
_SENTENCE_END = "。！？!?；;…"
_JOINER = "\u200d"
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_EXTENDING = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u200c\u200d]")
_CLUSTER_MAX = 64  # characters; a longer pile of marks is no writing and may be cut


def split(text: str, limit: int) -> list[str]:
    """The text in at most three numbered parts of at most `limit` bytes; the last one says how much was left out."""
    if size(text) <= limit:
        return [text]
    room = limit - size(_MARK.format(MOST, MOST))
    parts = pieces(text, room)
    if len(parts) > MOST:
        said = parts[: MOST - 1]
        parts = [*said, shorten(text[sum(map(len, said)) :], room)]
    return [_MARK.format(number, len(parts)) + part for number, part in enumerate(parts, 1)]


def shorten(text: str, limit: int) -> str:
    """The text in one part of at most `limit` bytes, with a tail that says how much was left out."""
    if size(text) <= limit:
        return text
    head = pieces(text, limit - size(_CUT.format(len(text))))[0]
    return head + _CUT.format(len(text) - len(head))


def pieces(text: str, limit: int) -> list[str]:
    """The text cut into parts of at most `limit` bytes that join to the text again."""
    if limit < _SMALLEST_PIECE:
        raise ValueError(f"a limit of {limit} bytes leaves no room for text")
    parts: list[str] = []
    start = 0
    while start < len(text):
        end = _end(text, start, limit)
        parts.append(text[start:end])
        start = end
    return parts


def size(text: str) -> int:
    """UTF-8 bytes on the wire."""
    return len(text.encode("utf-8", "replace"))


def clusters(text: str) -> Iterator[str]:
    """What a reader sees as one character: a letter with its marks, a family emoji, a flag."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _belongs(text, start, at) or at - start >= _CLUSTER_MAX:
            yield text[start:at]
            start = at


def clip(text: str, characters: int) -> str:
    """At most so many visible characters; an ellipsis takes the place of the last one when something is missing."""
    seen = list(clusters(text[: characters * _CLUSTER_MAX]))
    return text if len(seen) <= characters else "".join(seen[: characters - 1]) + "…"


def _belongs(text: str, start: int, at: int) -> bool:
    """Does the character at `at` belong to the cluster that began at `start`?"""
    char, before = text[at], text[at - 1]
    if char < "\u0300":
        return char == "\n" and before == "\r"
    if _EXTENDING.match(char) or unicodedata.category(char) in ("Mn", "Me", "Mc"):
        return True
    if _REGIONAL.match(char):
        # Flags are pairs: the second letter belongs to the first, the third begins a new flag.
        return at - start == 1 and bool(_REGIONAL.match(before))
    return before == _JOINER


def _end(text: str, start: int, limit: int) -> int:
    """Where the part that begins at `start` ends: after a line, else after a sentence, else after a character."""
    used, at = 0, start
    line = sentence = start
    for cluster in clusters(text[start : start + limit + _CLUSTER_MAX]):
        length = size(cluster)
        if used + length > limit:
            break
        used += length
        at += len(cluster)
        # A cut in the first half would waste the part.
        if used * 2 >= limit:
            line = at if cluster in ("\n", "\r\n") else line
            sentence = at if cluster in _SENTENCE_END else sentence
    else:
        return at
    for end in (line, sentence, at):
        if end > start:
            return end
    return start + 1  # one pile of marks larger than a whole part
