"""The engine and its pragmas: one database, written by one transaction at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from sqlite3 import SQLITE_BUSY
from sqlite3 import Connection as SQLiteConnection
from sqlite3 import OperationalError as SQLiteError

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from storage import Store
from storage.communities import CommunitySettings
from storage.quick import QuickConnection


class NewerDatabase(Exception):
    """The database was written by a newer version of the program."""


# The database cannot be reached, is locked, full or gave way to another: the same work may succeed later.
Unavailable = OperationalError


class BadDatabaseUrl(Exception):
    """The address in the configuration cannot be used."""


class Database:
    """One database. `write` is the only way to change it, `read` never blocks a writer.

    `defaults` are the installation's settings for communities; None: the product's own.
    """

    def __init__(self, url: str, defaults: CommunitySettings | None = None) -> None:
        self._defaults = defaults
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise BadDatabaseUrl("not a database address") from error
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine: Engine = (
            create_engine(parsed, pool_size=4, max_overflow=8, connect_args={"check_same_thread": False})
            if self.is_sqlite and parsed.database and parsed.database != ":memory:"
            else create_engine(parsed, connect_args={"check_same_thread": False})
            if self.is_sqlite
            else create_engine(
                parsed,
                pool_size=5,
                pool_pre_ping=True,
                connect_args={"options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000"},
            )
        )
        # SQLite lets waiting writers poll, up to a tenth of a second apart; threads of one process need not.
        self._writing: AbstractContextManager[object] = threading.Lock() if self.is_sqlite else nullcontext()
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    @contextmanager
    def write(self) -> Iterator[Store]:
        """One transaction: all of it is kept or none. SQLite takes the write lock at once (BEGIN IMMEDIATE)."""

        with self._writing, closing(QuickConnection(self.engine)) as connection, connection.begin():
            yield Store(connection, self._defaults)

    @contextmanager
    def read(self) -> Iterator[Store]:

        with closing(QuickConnection(self.engine)) as connection:
            connection.execution_options(linli_reads_only=True)
            with connection.begin():
                yield Store(connection, self._defaults)

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    # The driver's own transaction handling would begin lazily; ours begins in `_begin_sqlite`.
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=10000")
    _turn_on_wal(connection)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _turn_on_wal(connection: SQLiteConnection) -> None:
    """Write ahead, so that readers never wait. Two processes that first open a new file at once would deadlock
    over this switch; SQLite then fails one of them at once, whatever busy_timeout says: that one tries again."""
    for left in reversed(range(50)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except SQLiteError as error:
            if error.sqlite_errorcode != SQLITE_BUSY or not left:
                raise
        time.sleep(0.1)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once with "locked", whatever busy_timeout says.
    reads_only = connection.get_execution_options().get("linli_reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def can_write(database: Database) -> bool:
    """Whether a write would be taken now; for /readyz and `linli doctor`."""
    try:
        with database.engine.connect() as connection, connection.begin():
            connection.execute(text("UPDATE communities SET next_no = next_no WHERE id = -1"))
    except OperationalError:
        return False
    return True
