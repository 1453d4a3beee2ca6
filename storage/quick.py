"""Statements that are written once and run all the time, handed to SQLite's driver without the library's work per call.

A turn runs twenty of them, and for each the library spends ten times what SQLite does. What a statement says is still the
library's: it is compiled by it once, with its column types. On PostgreSQL everything goes through the library.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import CompoundSelect, Connection, Dialect, Insert, Select, Update
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound, OperationalError
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Insert | Update | Select[*tuple[object, ...]] | CompoundSelect[*tuple[object, ...]]
Row = tuple[object, ...]
Change = Callable[[object], object]

_PREPARED: dict[int, Statement] = {}  # by identity; the statement is kept, so its id stays its own
_FORMS: dict[int, _Form] = {}


def prepare(*statements: Statement) -> None:
    """Mark statements that are made once and run often."""
    _PREPARED.update((id(statement), statement) for statement in statements)


class QuickConnection(Connection):
    """The library's connection, but for prepared statements on SQLite."""

    if not TYPE_CHECKING:  # for the type checker the library's own signatures hold

        def execute(self, statement, parameters=None, **options):
            if id(statement) in _PREPARED and self.dialect.name == "sqlite" and not options:
                given = parameters or {}
                first = given if isinstance(given, dict) else given[0]
                form = _FORMS.get(id(statement)) or _prepare(statement, first, self.dialect)
                if form.keys == first.keys():
                    return form.run(self.connection.driver_connection, given)
            return super().execute(statement, parameters, **options)

    def run(self, words: str) -> None:
        """A bare command such as SAVEPOINT."""
        driver = self.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.execute(words)
        else:
            self.exec_driver_sql(words)


class Rows:
    """What a statement brought: the part of the library's result that is used here."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Row], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def all(self) -> list[Row]:
        return list(self._rows)

    def first(self) -> Row | None:
        return self._rows[0] if self._rows else None

    def one(self) -> Row:
        if not self._rows:
            raise NoResultFound("no row was found where one was wanted")
        return self._only()

    def scalars(self) -> Scalars:
        return Scalars(row[0] for row in self._rows)

    def scalar_one(self) -> object:
        return self.one()[0]

    def scalar_one_or_none(self) -> object:
        return self._only()[0] if self._rows else None

    def _only(self) -> Row:
        if len(self._rows) > 1:
            raise MultipleResultsFound("several rows were found where one was wanted")
        return self._rows[0]


class Scalars(list[object]):
    """The first column."""

    def all(self) -> list[object]:
        return self


@dataclass(frozen=True, slots=True)
class _Form:
    """A statement as the driver takes it."""

    text: str
    keys: frozenset[str]
    places: tuple[tuple[str, object, Change | None], ...]  # in order: name of a value, else the fixed one; its change
    changes: tuple[tuple[int, Change], ...]  # columns of the result that the driver gives in another form

    def run(self, driver: sqlite3.Connection, given: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Rows:
        try:
            if isinstance(given, Mapping):
                cursor = driver.execute(self.text, self._values(given))
                rows: Sequence[Row] = cursor.fetchall()
            else:
                cursor = driver.executemany(self.text, map(self._values, given))
                rows = ()
        except sqlite3.OperationalError as error:
            raise OperationalError(self.text, None, error) from error
        except sqlite3.IntegrityError as error:
            raise IntegrityError(self.text, None, error) from error
        return Rows(list(map(self._changed, rows)) if self.changes else rows, cursor.rowcount)

    def _values(self, given: Mapping[str, object]) -> Row:
        return tuple(
            [
                (fixed if not name else given[name] if change is None else change(given[name]))
                for name, fixed, change in self.places
            ]
        )

    def _changed(self, row: Row) -> Row:
        values = list(row)
        for column, change in self.changes:
            values[column] = change(values[column])
        return tuple(values)


def _prepare(statement: Statement, given: Mapping[str, object], dialect: Dialect) -> _Form:
    compiled = statement.compile(dialect=dialect, column_keys=list(given))
    assert isinstance(compiled, SQLCompiler)
    # Values of columns' own defaults are set by the library alone, and a list of changing length has no fixed form.
    if compiled.insert_prefetch or compiled.update_prefetch or compiled.post_compile_params or not compiled.positiontup:
        raise ValueError(f"this statement cannot be prepared: {compiled}")
    places: list[tuple[str, object, Change | None]] = []
    for name in compiled.positiontup:
        bind = compiled.binds[name]
        change = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if name in given:
            places.append((name, None, change))
        else:
            places.append(("", change(bind.value) if change else bind.value, None))
    described = (
        [column["type"] for column in statement.returning_column_descriptions]
        if isinstance(statement, Insert | Update)
        else [column.type for column in statement.selected_columns]
    )
    kinds = [kind.dialect_impl(dialect) for kind in described]
    changes = [(place, kind.result_processor(dialect, None)) for place, kind in enumerate(kinds)]
    form = _Form(
        str(compiled),
        frozenset(given),
        tuple(places),
        tuple((place, change) for place, change in changes if change is not None),
    )
    _FORMS[id(statement)] = form
    return form
