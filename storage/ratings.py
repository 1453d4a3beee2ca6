"""Ratings: one per order and round, asked and perhaps answered, so that answered / asked is always known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, Index, Integer, String, Table, Text, insert, select, update

from storage.columns import Id, Moment, metadata


@dataclass(frozen=True, slots=True)
class Rating:
    order_id: int
    round: int
    person_id: int
    asked_at: datetime
    score: str | None
    comment: str | None
    answered_at: datetime | None


ratings = Table(
    "ratings",
    metadata,
    Column("order_id", Id, ForeignKey("orders.id"), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("score", String(24)),
    Column("comment", Text),
    Column("answered_at", Moment),
    Index("ratings_by_asked", "community_id", "asked_at"),
)

_FIELDS = (
    ratings.c.order_id,
    ratings.c.round,
    ratings.c.person_id,
    ratings.c.asked_at,
    ratings.c.score,
    ratings.c.comment,
    ratings.c.answered_at,
)


class Ratings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, community_id: int, order_id: int, round_: int, person_id: int, now: datetime) -> None:
        if self.find(order_id, round_) is None:
            self._connection.execute(
                insert(ratings).values(
                    order_id=order_id, round=round_, community_id=community_id, person_id=person_id, asked_at=now
                )
            )

    def answer(self, order_id: int, round_: int, score: str, comment: str | None, now: datetime) -> None:
        self._connection.execute(
            update(ratings)
            .where(ratings.c.order_id == order_id, ratings.c.round == round_)
            .values(score=score, comment=comment, answered_at=now)
        )

    def find(self, order_id: int, round_: int) -> Rating | None:
        row = self._connection.execute(
            select(*_FIELDS).where(ratings.c.order_id == order_id, ratings.c.round == round_)
        ).first()
        return Rating(*row) if row else None

    def asked_between(self, community_id: int, start: datetime, end: datetime) -> list[Rating]:
        rows = self._connection.execute(
            select(*_FIELDS).where(
                ratings.c.community_id == community_id, ratings.c.asked_at >= start, ratings.c.asked_at < end
            )
        )
        return [Rating(*row) for row in rows]
