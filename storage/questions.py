"""Questions we asked somebody and wait to have answered, so that a short answer finds what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    Update,
    bindparam,
    desc,
    insert,
    select,
    text,
    union,
    union_all,
    update,
)

from storage.columns import Id, Moment, build, metadata
from storage.quick import prepare


class QuestionKind(StrEnum):
    DETAIL = "detail"  # when, where or what exactly; the one question before an order is offered
    RATE = "rate"  # 1满意 2还行 3没弄好
    RECONFIRM = "reconfirm"  # the order changed: 行 / 不行
    STEP_IN = "step_in"  # a stand-by is asked: 去 / 不
    COMING = "coming"  # the evening before: 来
    GOING_WELL = "going_well"  # 1做完了 2还在办 3去不了
    BOOK = "book"  # when will you go
    OFFER = "offer"  # somebody offered: 行 / 不行
    CANCEL = "cancel"  # really cancel? 1 / 2
    WHICH = "which"  # several orders fit: which one; `choices` holds what to do with the answer
    MERGE = "merge"  # the same need again? 1 / 2
    CREDIT = "credit"  # 邻里互助: 在
    ASIDE = "aside"  # people asked each other who comes along to something else
    CLARIFY = "clarify"  # is it a need, was it heard right? 1 / 2
    PIECES = "pieces"  # nothing but 急 or 灯 was said: what else; `payload` holds the words so far


@dataclass(frozen=True, slots=True)
class Question:
    """Asked of one person in one group, or privately (`group_id` None); `payload` is what the answer continues."""

    id: int
    person_id: int | None
    group_id: int | None
    kind: QuestionKind
    order_id: int | None
    choices: int
    payload: str
    asked_at: datetime
    expires_at: datetime


questions = Table(
    "questions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id")),  # None: anybody in the group may answer
    Column("group_id", Id, ForeignKey("groups.id", ondelete="CASCADE")),
    Column("kind", String(16), nullable=False),
    Column("order_id", Id, ForeignKey("orders.id")),
    Column("choices", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
_OPEN = text("closed_at IS NULL")
Index("questions_open", questions.c.person_id, questions.c.group_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("questions_of_order", questions.c.order_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

_FIELDS = (
    questions.c.id,
    questions.c.person_id,
    questions.c.group_id,
    questions.c.kind,
    questions.c.order_id,
    questions.c.choices,
    questions.c.payload,
    questions.c.asked_at,
    questions.c.expires_at,
)


_INSERT = insert(questions)
_CLOSE_SAME = (
    update(questions)
    .where(
        questions.c.closed_at.is_(None),
        questions.c.kind == bindparam("of_kind"),
        questions.c.order_id.is_not_distinct_from(bindparam("of_order", type_=Id)),
        questions.c.person_id.is_not_distinct_from(bindparam("of_person", type_=Id)),
        questions.c.group_id.is_not_distinct_from(bindparam("of_group", type_=Id)),
    )
    .values(closed_at=bindparam("closed"))
)
_STILL_OPEN = (questions.c.closed_at.is_(None), questions.c.expires_at > bindparam("now"))
_NEWEST = (questions.c.asked_at.desc(), questions.c.id.desc())
_IN_PRIVATE = (
    select(*_FIELDS)
    .where(questions.c.person_id == bindparam("person"), questions.c.group_id.is_(None), *_STILL_OPEN)
    .order_by(*_NEWEST)
    .limit(10)
)
# Two searches of the index; with "or" in one, all open questions would be read.
_HERE = select(*_FIELDS).where(questions.c.group_id == bindparam("group"), *_STILL_OPEN)
_IN_GROUP = (
    union_all(
        _HERE.where(questions.c.person_id == bindparam("person", type_=Id)),
        _HERE.where(questions.c.person_id.is_(None)),
    )
    .order_by(desc("asked_at"), desc("id"))
    .limit(10)
)
_WAITING = union(
    select(questions.c.person_id, questions.c.group_id).where(
        *_STILL_OPEN, questions.c.person_id.in_(bindparam("people", expanding=True))
    ),
    select(questions.c.person_id, questions.c.group_id).where(
        *_STILL_OPEN, questions.c.person_id.is_(None), questions.c.group_id.in_(bindparam("groups", expanding=True))
    ),
)
_CLOSE_ORDER = (
    update(questions)
    .where(questions.c.order_id == bindparam("of_order"), questions.c.closed_at.is_(None))
    .values(closed_at=bindparam("closed"))
)
prepare(_INSERT, _CLOSE_SAME, _IN_PRIVATE, _IN_GROUP)


@cache
def _close_order(kinds: tuple[QuestionKind, ...], is_of_person: bool) -> Update:
    statement = _CLOSE_ORDER
    if kinds:
        statement = statement.where(text("kind IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"))
    if is_of_person:
        statement = statement.where(questions.c.person_id == bindparam("of_person"))
    prepare(statement)
    return statement


class Questions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(
        self,
        kind: QuestionKind,
        person_id: int | None,
        group_id: int | None,
        order_id: int | None,
        now: datetime,
        expires_at: datetime,
        *,
        choices: int = 0,
        payload: str = "",
    ) -> None:
        """Open a question; an older one of the same kind about the same order to the same person in this chat ends."""
        self._connection.execute(
            _CLOSE_SAME,
            {"closed": now, "of_kind": kind.value, "of_order": order_id, "of_person": person_id, "of_group": group_id},
        )
        self._connection.execute(
            _INSERT,
            {
                "person_id": person_id,
                "group_id": group_id,
                "kind": kind.value,
                "order_id": order_id,
                "choices": choices,
                "payload": payload,
                "asked_at": now,
                "expires_at": expires_at,
            },
        )

    def open_for(self, person_id: int | None, group_id: int | None, now: datetime) -> list[Question]:
        """Newest first; in a group also those that anybody may answer."""
        query = _IN_PRIVATE if group_id is None else _IN_GROUP
        rows = self._connection.execute(query, {"person": person_id, "group": group_id, "now": now})
        return [_question(row) for row in rows]

    def waiting_for(self, people: Iterable[int], groups: Iterable[int], now: datetime) -> tuple[set[int], set[int]]:
        """Who of these people, and which of these groups, has any open question: most chatter has none."""
        rows = self._connection.execute(
            _WAITING, {"people": list(set(people)), "groups": list(set(groups)), "now": now}
        ).all()
        return {row[0] for row in rows if row[0] is not None}, {row[1] for row in rows if row[0] is None}

    def of_order(self, order_id: int, kind: QuestionKind) -> list[Question]:
        rows = self._connection.execute(
            select(*_FIELDS).where(
                questions.c.order_id == order_id, questions.c.kind == kind.value, questions.c.closed_at.is_(None)
            )
        )
        return [_question(row) for row in rows]

    def close(self, question: Question, now: datetime) -> None:
        self._connection.execute(update(questions).where(questions.c.id == question.id).values(closed_at=now))

    def close_of_person(self, person_id: int, kind: QuestionKind, now: datetime) -> None:
        """Asked in two chats, answered in one."""
        self._connection.execute(
            update(questions)
            .where(questions.c.person_id == person_id, questions.c.kind == kind.value, questions.c.closed_at.is_(None))
            .values(closed_at=now)
        )

    def close_of_order(self, order_id: int, now: datetime, *kinds: QuestionKind, person_id: int | None = None) -> None:
        """The matter is settled: answers to these questions mean nothing any more. No kinds: all of them."""
        of_person = {} if person_id is None else {"of_person": person_id}
        query = _close_order(tuple(sorted(kinds)), bool(of_person))
        self._connection.execute(query, {"of_order": order_id, "closed": now, **of_person})


def _question(row: Iterable[object]) -> Question:
    values = list(row)
    values[3] = QuestionKind(str(values[3]))
    return build(Question, values)
