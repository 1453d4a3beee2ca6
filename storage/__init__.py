"""The facts. A Store is one transaction with every table reachable from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import text

from storage.audit import Audit
from storage.communities import Communities, CommunitySettings
from storage.groups import Groups
from storage.inbox import Inbox
from storage.orders import Orders
from storage.outbox import Outbox
from storage.people import People
from storage.questions import Questions
from storage.quick import QuickConnection
from storage.ratings import Ratings
from storage.steps import Steps


class Store:
    """One open transaction."""

    def __init__(self, connection: QuickConnection, defaults: CommunitySettings | None = None) -> None:
        self._connection = connection
        self.audit = Audit(connection)
        self.steps = Steps(connection)
        self.communities = Communities(connection, defaults or CommunitySettings())
        self.groups = Groups(connection)
        self.people = People(connection)
        self.orders = Orders(connection, self.audit, self.steps)
        self.questions = Questions(connection)
        self.ratings = Ratings(connection)
        self.inbox = Inbox(connection)
        self.outbox = Outbox(connection)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is done inside is undone when it raises; the rest of the transaction stays."""
        # Plain statements: the library's own nested transactions cost ten times as much per message.
        self._connection.run("SAVEPOINT turn")
        try:
            yield
        except BaseException:
            self._connection.run("ROLLBACK TO SAVEPOINT turn")
            self._connection.run("RELEASE SAVEPOINT turn")
            raise
        self._connection.run("RELEASE SAVEPOINT turn")

    def lock_communities(self, ids: Iterable[int]) -> None:
        """One process at a time works on a community; ids are taken in ascending order so that nobody deadlocks.

        SQLite has one writer anyway.
        """
        if self._connection.dialect.name == "postgresql":
            for community_id in sorted(set(ids)):
                self._connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": community_id})


__all__ = ["Store"]
