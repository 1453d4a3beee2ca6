"""Received messages: the unique key that makes one message one message, for as long as a copy may come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, Index, Integer, String, Table, Text, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Id, Moment, metadata


class InboxState(StrEnum):
    DONE = "done"
    FAILED = "failed"  # its turn broke; the text is kept for whoever mends it


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as the inbox keeps it. `text` is None from the beginning where there is none to keep."""

    key: str
    channel: str
    chat_kind: str
    chat_id: str
    sender: str
    text: str | None
    stream: str  # our id for the answer, by which the platform may ask for it again


inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(400), nullable=False, unique=True),
    Column("channel", String(32), nullable=False),
    Column("chat_kind", String(8), nullable=False),
    Column("chat_id", Text, nullable=False),
    Column("sender", String(128), nullable=False),
    Column("stream", String(40), nullable=False),
    Column("text", Text),  # dropped in the same commit when the message led to nothing
    Column("state", String(8), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("copies", Integer, nullable=False, default=0),
    Index("inbox_by_stream", "stream"),
    Index("inbox_by_received", "received_at"),
)

_VALUES = {
    "state": InboxState.DONE.value,
    "copies": 0,
}
_ADD_SQLITE = sqlite.insert(inbox).on_conflict_do_nothing(index_elements=["key"]).returning(inbox.c.id)
_ADD_POSTGRES = postgresql.insert(inbox).on_conflict_do_nothing(index_elements=["key"]).returning(inbox.c.id)
_BY_KEY = select(inbox.c.id).where(inbox.c.key == bindparam("key"))
_BY_STREAM = select(inbox.c.id).where(inbox.c.stream == bindparam("stream"))
_COUNT_COPY = update(inbox).where(inbox.c.id == bindparam("row")).values(copies=inbox.c.copies + 1)
_DROP_TEXT = update(inbox).where(inbox.c.id == bindparam("row")).values(text=None)


class Inbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._add = _ADD_SQLITE if connection.dialect.name == "sqlite" else _ADD_POSTGRES

    def add(self, message: NewMessage, now: datetime) -> int | None:
        """Keep the message; None when its key is known already: a copy, whose answer exists."""
        row = self._connection.execute(
            self._add,
            {
                "key": message.key,
                "channel": message.channel,
                "chat_kind": message.chat_kind,
                "chat_id": message.chat_id,
                "sender": message.sender,
                "stream": message.stream,
                "text": message.text,
                "received_at": now,
                **_VALUES,
            },
        ).scalar_one_or_none()
        return None if row is None else int(row)

    def get_copy(self, key: str) -> int:
        """The row of a key that is known, its copy counted."""
        row = int(self._connection.execute(_BY_KEY, {"key": key}).scalar_one())
        self._connection.execute(_COUNT_COPY, {"row": row})
        return row

    def find_stream(self, stream: str) -> int | None:
        row = self._connection.execute(_BY_STREAM, {"stream": stream}).scalar_one_or_none()
        return None if row is None else int(row)

    def drop_text(self, row: int) -> None:
        self._connection.execute(_DROP_TEXT, {"row": row})

    def fail(self, row: int) -> None:
        self._connection.execute(update(inbox).where(inbox.c.id == row).values(state=InboxState.FAILED.value))

    def failed(self) -> Sequence[int]:
        return list(self._connection.execute(select(inbox.c.id).where(inbox.c.state == InboxState.FAILED.value)).scalars())

    def purge(self, before: datetime) -> None:
        """Forget keys older than any copy can be. Kept at least 30 days."""
        self._connection.execute(delete(inbox).where(inbox.c.received_at < before))

    def __len__(self) -> int:
        return len(self._connection.execute(select(inbox.c.id)).all())


