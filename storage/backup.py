"""Copies of a SQLite file while it is in use, checked before anybody relies on them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.schema import knows


class BadBackup(Exception):
    """The file is no whole database of ours; the text says what is wrong."""


def backup(database: Path, target: Path) -> None:
    """Write a checked copy that only its owner may read. An older copy of that name is replaced at the end."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    with _opened(database, "ro") as source, _opened(part, "rw") as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, no companions
        _check(copy)
    part.replace(target)


def restore(copy: Path, database: Path) -> Path | None:
    """Put a checked copy in the place of the database; where the old one was kept, if there was one."""
    kept = None
    with _opened(copy, "ro") as source:
        _check(source)
        _check_form(source)
        if database.exists():
            kept = database.with_name(f"{database.name}.before-restore")
            backup(database, kept)
        else:
            database.parent.mkdir(parents=True, exist_ok=True)
            database.touch(mode=0o600)
        with _opened(database, "rw") as target:
            source.backup(target)
            _check(target)
    return kept


def check(database: Path) -> None:
    """Raises BadBackup for a damaged file; a running bot is not disturbed."""
    with _opened(database, "ro") as connection:
        _check(connection)


@contextmanager
def _opened(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode={mode}", uri=True, timeout=10, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _check(connection: sqlite3.Connection) -> None:
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadBackup("这不是SQLite数据库") from error
    if found != ("ok",):
        raise BadBackup(f"这个库坏了（{found[0] if found else '没有回答'}）")


def _check_form(connection: sqlite3.Connection) -> None:
    try:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        raise BadBackup("这不是小邻的库") from error
    if found is None or not knows(str(found[0])):
        raise BadBackup("这是更新版本的小邻留下的备份，先把小邻升级")
