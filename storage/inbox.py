"""Received messages: the unique key that makes one message one message, for as long as a copy may come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from storage.columns import Id, Moment, metadata
from storage.quick import prepare


class InboxState(StrEnum):
    DONE = "done"
    FAILED = "failed"  # its turn broke; the text is kept for whoever mends it


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as the inbox keeps it: without its text, which is added only when it led to something."""

    key: str
    channel: str
    chat_kind: str
    chat_id: str
    sender: str
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
    Column("text", Text),  # kept only where the message led to something, or its turn broke
    Column("state", String(8), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("copies", Integer, nullable=False, default=0),
    Index("inbox_by_stream", "stream"),
    Index("inbox_by_received", "received_at"),
)

_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_KNOWN = select(inbox.c.key).where(inbox.c.key.in_(_KEYS))
_ROWS = select(inbox.c.key, inbox.c.id).where(inbox.c.key.in_(_KEYS))
_INSERT = insert(inbox)
_ADD = postgresql.insert(inbox).on_conflict_do_nothing(index_elements=["key"]).returning(inbox.c.id)
_BY_KEY = select(inbox.c.id).where(inbox.c.key == bindparam("key"))
_BY_STREAM = select(inbox.c.id).where(inbox.c.stream == bindparam("stream"))
_VOICES = (
    select(inbox.c.sender)
    .distinct()
    .where(
        inbox.c.received_at >= bindparam("since", type_=Moment),
        inbox.c.channel == bindparam("channel"),
        inbox.c.chat_id == bindparam("chat"),
    )
)
_COUNT_COPY = update(inbox).where(inbox.c.id == bindparam("row")).values(copies=inbox.c.copies + 1)
_KEEP_TEXT = update(inbox).where(inbox.c.id == bindparam("row")).values(text=bindparam("words"))
prepare(_INSERT, _BY_KEY, _BY_STREAM, _COUNT_COPY, _KEEP_TEXT)


class Inbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_all(self, messages: Sequence[NewMessage], now: datetime) -> dict[str, int]:
        """Keep these messages; the rows of those whose key is new. What is missing is a copy, whose answer exists."""
        values = {message.key: _values(message, now) for message in messages}
        if self._connection.dialect.name != "sqlite":
            # Another process may be inserting the same key this moment: each row must say whose it is.
            return {
                key: int(row)
                for key, value in values.items()
                if (row := self._connection.execute(_ADD, value).scalar_one_or_none()) is not None
            }
        known = set(self._connection.execute(_KNOWN, {"keys": list(values)}).scalars())
        fresh = [value for key, value in values.items() if key not in known]
        if not fresh:
            return {}
        self._connection.execute(_INSERT, fresh)
        rows = self._connection.execute(_ROWS, {"keys": [str(value["key"]) for value in fresh]})
        return {key: int(row) for key, row in rows}

    def voices(self, channel: str, chat_id: str, since: datetime) -> set[str]:
        """Who has spoken in a chat since then."""
        return set(self._connection.execute(_VOICES, {"channel": channel, "chat": chat_id, "since": since}).scalars())

    def get_copy(self, key: str) -> int:
        """The row of a key that is known, its copy counted."""
        row = int(self._connection.execute(_BY_KEY, {"key": key}).scalar_one())
        self._connection.execute(_COUNT_COPY, {"row": row})
        return row

    def find_stream(self, stream: str) -> int | None:
        row = self._connection.execute(_BY_STREAM, {"stream": stream}).scalar_one_or_none()
        return None if row is None else int(row)

    def keep_text(self, row: int, words: str) -> None:
        self._connection.execute(_KEEP_TEXT, {"row": row, "words": words})

    def fail(self, row: int, words: str) -> None:
        """Its turn broke: the words stay for whoever mends it."""
        self._connection.execute(
            update(inbox).where(inbox.c.id == row).values(state=InboxState.FAILED.value, text=words)
        )

    def failed(self) -> Sequence[int]:
        return list(
            self._connection.execute(select(inbox.c.id).where(inbox.c.state == InboxState.FAILED.value)).scalars()
        )

    def purge(self, before: datetime) -> None:
        """Forget keys older than any copy can be. Kept at least 30 days."""
        self._connection.execute(delete(inbox).where(inbox.c.received_at < before))

    def __len__(self) -> int:
        return len(self._connection.execute(select(inbox.c.id)).all())


def _values(message: NewMessage, now: datetime) -> dict[str, object]:
    return {
        "key": message.key,
        "channel": message.channel,
        "chat_kind": message.chat_kind,
        "chat_id": message.chat_id,
        "sender": message.sender,
        "stream": message.stream,
        "received_at": now,
        "state": InboxState.DONE.value,
        "copies": 0,
    }
