"""One private jieba tokenizer with our word lists; the only file that knows jieba.

The hidden Markov step stays off: on unknown text it is quadratic. The dictionary is jieba's own, trimmed to words that
somebody uses, which takes a fifth of the memory and of the start-up time.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

LEAST_FREQUENCY: Final = 20
# An own word must win against its parts.
_OWN_FREQUENCY: Final = 2_000


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start: int
    end: int
    tag: str


class _Tokenizer(Protocol):
    def tokenize(self, unicode_sentence: str, mode: str = ..., HMM: bool = ...) -> Iterable[tuple[str, int, int]]: ...  # noqa: N803  # their name


@dataclass(frozen=True, slots=True)
class _Dictionary:
    frequencies: dict[str, int]
    total: int
    tags: dict[str, str]


class Words:
    """Cuts a text into words with their places and tags."""

    def __init__(self, own: Iterable[str] = (), *, least: int = LEAST_FREQUENCY, cache_dir: Path | None = None) -> None:
        with warnings.catch_warnings():
            # jieba's own escapes, complained about at its first compile by newer Pythons.
            warnings.simplefilter("ignore")
            import jieba
        own = sorted(set(own))
        source = Path(jieba.__file__).parent / "dict.txt"
        dictionary = _cached(source, own, least, cache_dir) if cache_dir else _load(source, own, least)
        tokenizer = jieba.Tokenizer()
        tokenizer.FREQ = dictionary.frequencies
        tokenizer.total = dictionary.total
        tokenizer.initialized = True
        self._tokenizer: _Tokenizer = tokenizer
        self._tags = dictionary.tags

    def cut(self, text: str) -> list[Word]:
        tags = self._tags
        return [
            Word(word, start, end, tags.get(word, "x"))
            for word, start, end in self._tokenizer.tokenize(text, HMM=False)
        ]


def _load(source: Path, own: list[str], least: int) -> _Dictionary:
    """The trimmed dictionary with every beginning of a word as an entry of frequency 0, as jieba wants it."""
    frequencies: dict[str, int] = {}
    tags: dict[str, str] = {}
    total = 0
    names: dict[str, str] = {}

    def add(word: str, frequency: int, tag: str) -> None:
        nonlocal total
        frequencies[word] = frequency
        tags[word] = names.setdefault(tag, tag)
        total += frequency
        for length in range(1, len(word)):
            frequencies.setdefault(word[:length], 0)

    with source.open(encoding="utf-8") as lines:
        for line in lines:
            word, frequency, tag = line.rstrip("\n").split(" ")
            if int(frequency) >= least:
                add(word, int(frequency), tag)
    for word in own:
        if len(word) > 1 and word not in tags:
            add(word, _OWN_FREQUENCY, "n")
    return _Dictionary(frequencies, total, tags)


def _cached(source: Path, own: list[str], least: int, folder: Path) -> _Dictionary:
    """The same from a file in a private folder; marshal is never read from a place where others can write."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_private(folder):
        return _load(source, own, least)
    key = hashlib.sha256(
        f"{source.stat().st_size}/{source.stat().st_mtime_ns}/{least}/{'|'.join(own)}".encode()
    ).hexdigest()
    path = folder / f"words-{key[:16]}.cache"
    if path.exists() and _is_private(path):
        try:
            frequencies, total, tags = marshal.loads(path.read_bytes())  # noqa: S302  # our own file in our own folder
        except (EOFError, ValueError, TypeError):
            path.unlink(missing_ok=True)
        else:
            return _Dictionary(frequencies, total, tags)
    dictionary = _load(source, own, least)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(marshal.dumps((dictionary.frequencies, dictionary.total, dictionary.tags)))
    draft.replace(path)
    return dictionary


def _is_private(path: Path) -> bool:
    """Owned by this user and not writable by anybody else."""
    found = path.stat()
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
