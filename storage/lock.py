"""A file lock beside the SQLite file: servers share it, a restore needs it alone. It ends with its process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Somebody else holds the lock in a way that does not go with ours."""


@contextmanager
def shared(database: Path) -> Iterator[None]:
    """While a server runs on this database; several may. Raises InUse during a restore."""
    with _held(database, alone=False):
        yield


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """While the database is replaced. Raises InUse while a server runs on it."""
    with _held(database, alone=True):
        yield


@contextmanager
def _held(database: Path, *, alone: bool) -> Iterator[None]:
    file = database.resolve().with_suffix(".lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(handle, alone)
        yield
    finally:
        os.close(handle)  # gives the lock back; the file stays, since removing it would let two hold it


if sys.platform == "win32":
    import msvcrt

    SEATS = 64  # Windows has no shared lock here: each server takes one byte, a restore all of them

    def _take(handle: int, alone: bool) -> None:
        for seat in [0] if alone else range(SEATS):
            os.lseek(handle, seat, os.SEEK_SET)
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, SEATS if alone else 1)
            except OSError:
                continue
            return
        raise InUse

else:
    import fcntl

    def _take(handle: int, alone: bool) -> None:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse from None
