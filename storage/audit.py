"""The history: one line for every move of an order and every refused command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, String, Table, Text, bindparam, insert, select

from storage.columns import Id, Moment, metadata
from storage.quick import prepare


class Why(StrEnum):
    """Why a move was made, where something later depends on it; other details are free words."""

    ANNOUNCED = "announced"  # released after the others had heard that this helper comes
    BEYOND = "beyond"  # given back because it takes another trade
    NEIGHBOUR = "neighbour"  # closed because a neighbour helped on the side
    NOT_BOOKED = "not booked"  # no hour was agreed in time
    OVERDUE = "overdue"
    PROMISE = "promise"  # the promised word was given
    SUPERVISE = "supervise"
    UNRATED = "unrated"  # closed without a rating


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`by` is a person's id, None for the bot itself; `detail` says why or what, never private facts of others."""

    order_id: int | None
    version: int
    move: str
    by: int | None
    at: datetime
    before: str
    after: str
    detail: str


audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id")),
    Column("order_id", Id, ForeignKey("orders.id")),
    Column("version", Integer, nullable=False),
    Column("move", String(24), nullable=False),
    Column("by_id", Id, ForeignKey("people.id")),
    Column("at", Moment, nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_by_order", "order_id", "id"),
    Index("audit_by_move", "community_id", "move", "at"),
)

_INSERT = insert(audit)
_FIELDS = (
    audit.c.order_id,
    audit.c.version,
    audit.c.move,
    audit.c.by_id,
    audit.c.at,
    audit.c.before,
    audit.c.after,
    audit.c.detail,
)
_OF_ORDER = select(*_FIELDS).where(audit.c.order_id == bindparam("order")).order_by(audit.c.id)
prepare(_INSERT, _OF_ORDER)


class Audit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def write(
        self,
        community_id: int | None,
        order_id: int | None,
        version: int,
        move: str,
        by: int | None,
        at: datetime,
        before: str = "",
        after: str = "",
        detail: str = "",
    ) -> None:
        self._connection.execute(
            _INSERT,
            {
                "community_id": community_id,
                "order_id": order_id,
                "version": version,
                "move": str(move),
                "by_id": by,
                "at": at,
                "before": str(before),
                "after": str(after),
                "detail": detail,
            },
        )

    def of_order(self, order_id: int) -> list[AuditLine]:
        return [AuditLine(*row) for row in self._connection.execute(_OF_ORDER, {"order": order_id})]

    def count(self, community_id: int, move: str, start: datetime, end: datetime) -> int:
        rows = self._connection.execute(
            select(audit.c.id).where(
                audit.c.community_id == community_id, audit.c.move == move, audit.c.at >= start, audit.c.at < end
            )
        )
        return len(rows.all())
