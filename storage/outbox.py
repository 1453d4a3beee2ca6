"""What the bot says: rows written in the commit of the turn that caused them, delivered until sent or given up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from storage.columns import EPOCH, Id, Moment, build, metadata
from storage.quick import prepare


class OutState(StrEnum):
    PENDING = "pending"
    ANSWERED = "answered"  # went inside the platform's own request
    SENT = "sent"
    HELD = "held"  # no door of the addressee can carry it now; waits for the next thing said there
    UNKNOWN = "unknown"  # perhaps delivered; never repeated blindly
    FAILED = "failed"  # given up; a person is told
    SUPERSEDED = "superseded"  # the order has moved on, this would be stale


@dataclass(frozen=True, slots=True)
class OutRow:
    """One finished text for a group, a person, or the raw chat of somebody not known yet."""

    id: int
    inbox_id: int | None
    community_id: int | None
    group_id: int | None
    person_id: int | None
    channel: str | None
    chat_kind: str | None
    chat_id: str | None
    text: str
    title: str
    buttons: str  # JSON: [[label, says], …]
    mentions: str  # JSON: ids of people to be called
    lane: int
    order_id: int | None
    order_version: int | None
    is_card: bool
    replaces_id: int | None
    once: str | None
    state: OutState
    not_before: datetime
    created_at: datetime
    attempts: int = 0
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    sent_via: str | None = None
    problem: str | None = None
    told_at: datetime | None = None  # the secretary heard that this was not delivered

    def button_pairs(self) -> list[tuple[str, str]]:
        return [(label, says) for label, says in json.loads(self.buttons)]


outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("inbox_id", Id, ForeignKey("inbox.id", ondelete="SET NULL")),
    Column("community_id", Id, ForeignKey("communities.id")),
    Column("group_id", Id, ForeignKey("groups.id", ondelete="SET NULL")),
    Column("person_id", Id, ForeignKey("people.id")),
    Column("channel", String(32)),
    Column("chat_kind", String(8)),
    Column("chat_id", Text),
    Column("text", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("buttons", Text, nullable=False),
    Column("mentions", Text, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("order_id", Id, ForeignKey("orders.id")),
    Column("order_version", Integer),
    Column("is_card", Boolean, nullable=False),
    Column("replaces_id", Id, ForeignKey("outbox.id")),
    Column("once", String(128), unique=True),
    Column("state", String(12), nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Moment),
    Column("sent_at", Moment),
    Column("sent_via", String(32)),
    Column("problem", Text),
    Column("told_at", Moment),
    Index("outbox_by_inbox", "inbox_id"),
    Index("outbox_by_order", "order_id", "is_card"),
)
_WAITING = text("state = 'pending'")
Index("outbox_due", outbox.c.not_before, outbox.c.lane, sqlite_where=_WAITING, postgresql_where=_WAITING)
_HELD = text("state = 'held'")
Index("outbox_held", outbox.c.person_id, outbox.c.group_id, sqlite_where=_HELD, postgresql_where=_HELD)

_MISSED = text("state IN ('held', 'failed', 'unknown')")
Index("outbox_missed", outbox.c.community_id, outbox.c.id, sqlite_where=_MISSED, postgresql_where=_MISSED)
_IN_GROUP = text("group_id IS NOT NULL")
Index("outbox_in_group", outbox.c.group_id, outbox.c.not_before, sqlite_where=_IN_GROUP, postgresql_where=_IN_GROUP)
_WORDED = text("text != ''")
Index("outbox_worded", outbox.c.created_at, sqlite_where=_WORDED, postgresql_where=_WORDED)

# One-time addresses for one later answer in a chat (response_url of the 智能机器人): a bearer secret, an hour long.
tickets = Table(
    "tickets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("chat_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)
_UNUSED = text("used_at IS NULL")
Index("tickets_free", tickets.c.channel, tickets.c.chat_id, sqlite_where=_UNUSED, postgresql_where=_UNUSED)

# Access tokens of platforms, one row for all processes; whoever holds the lease fetches the next one.
tokens = Table(
    "tokens",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text),
    Column("use_until", Moment),
    Column("leased_until", Moment),
)

_COLUMNS = [outbox.c[field.name] for field in fields(OutRow)]
_INSERTABLE = [
    field.name for field in fields(OutRow) if field.name not in ("id", "lease_until", "sent_via", "problem", "told_at")
]
_ADD_SQLITE = sqlite.insert(outbox).on_conflict_do_nothing(index_elements=["once"]).returning(outbox.c.id)
_ADD_POSTGRES = postgresql.insert(outbox).on_conflict_do_nothing(index_elements=["once"]).returning(outbox.c.id)
_OF_INBOX = (
    select(*_COLUMNS)
    .where(
        outbox.c.inbox_id == bindparam("inbox"), outbox.c.state.in_([OutState.ANSWERED.value, OutState.PENDING.value])
    )
    .order_by(outbox.c.id)
)
_CARDS = (
    select(*_COLUMNS)
    .where(
        outbox.c.order_id == bindparam("order"),
        outbox.c.is_card.is_(True),
        outbox.c.replaces_id.is_(None),
        outbox.c.state != OutState.SUPERSEDED.value,
    )
    .order_by(outbox.c.id)
)


_UNDELIVERED = text("state IN ('held', 'failed', 'unknown') AND told_at IS NULL")
Index("outbox_untold", outbox.c.created_at, sqlite_where=_UNDELIVERED, postgresql_where=_UNDELIVERED)
_UNTOLD = (
    select(outbox.c.id, outbox.c.community_id).where(_UNDELIVERED, outbox.c.created_at < bindparam("before")).limit(500)
)
# Two searches of the index; with "or" in one, all that is held would be read.
_HELD_AMONG = union(
    select(outbox.c.person_id, outbox.c.group_id).where(
        _HELD, outbox.c.person_id.in_(bindparam("people", expanding=True))
    ),
    select(outbox.c.person_id, outbox.c.group_id).where(
        _HELD, outbox.c.person_id.is_(None), outbox.c.group_id.in_(bindparam("groups", expanding=True))
    ),
)
_NEW_TICKET = insert(tickets)
_FREE_TICKET = (
    select(tickets.c.id, tickets.c.url)
    .where(
        tickets.c.channel == bindparam("channel"),
        tickets.c.chat_id == bindparam("chat"),
        tickets.c.used_at.is_(None),
        tickets.c.expires_at > bindparam("now"),
    )
    .order_by(tickets.c.id.desc())
    .limit(1)
)
_USE_TICKET = (
    update(tickets)
    .where(tickets.c.id == bindparam("ticket"), tickets.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)
_SETTLE = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("row"),
        outbox.c.state == OutState.PENDING.value,
        outbox.c.lease_until == bindparam("lease"),
    )
    .values(
        state=bindparam("becomes"),
        sent_at=bindparam("sent"),
        sent_via=bindparam("via"),
        problem=bindparam("trouble"),
        lease_until=None,
    )
)
_NEXT_DUE = select(outbox.c.not_before).where(_WAITING).order_by(outbox.c.not_before).limit(1)
prepare(_ADD_SQLITE, _CARDS, _NEW_TICKET, _FREE_TICKET, _USE_TICKET, _SETTLE, _NEXT_DUE)


class Outbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._add = _ADD_SQLITE if connection.dialect.name == "sqlite" else _ADD_POSTGRES

    def add(self, row: OutRow) -> int | None:
        """Keep a text to be said; None when one with the same `once` was kept before. The id given is ignored."""
        values = {name: getattr(row, name) for name in _INSERTABLE}
        new = self._connection.execute(self._add, values | {"state": row.state.value}).scalar_one_or_none()
        return None if new is None else int(new)

    def get(self, row_id: int) -> OutRow:
        return _row(self._connection.execute(select(*_COLUMNS).where(outbox.c.id == row_id)).one())

    def find(self, row_id: int) -> OutRow | None:
        row = self._connection.execute(select(*_COLUMNS).where(outbox.c.id == row_id)).first()
        return _row(row) if row else None

    def answers(self, inbox_id: int) -> list[OutRow]:
        """What was answered to this message in band."""
        return [
            row
            for row in map(_row, self._connection.execute(_OF_INBOX, {"inbox": inbox_id}))
            if row.state is OutState.ANSWERED
        ]

    def cards(self, order_id: int) -> list[OutRow]:
        """The posted cards of an order, each as it was first posted."""
        return [_row(row) for row in self._connection.execute(_CARDS, {"order": order_id})]

    def recent_cards(self, group_id: int, since: datetime) -> list[int]:
        """Orders whose card was said in this group since then, newest first."""
        rows = self._connection.execute(
            select(outbox.c.order_id)
            .where(
                outbox.c.group_id == group_id,
                outbox.c.is_card.is_(True),
                outbox.c.replaces_id.is_(None),
                outbox.c.not_before >= since,
                outbox.c.order_id.is_not(None),
                outbox.c.state != OutState.SUPERSEDED.value,
            )
            .order_by(outbox.c.id.desc())
            .limit(20)
        )
        return list(dict.fromkeys(row[0] for row in rows))

    def rewrite(self, row: OutRow, words: str, title: str, buttons: str) -> None:
        """Change a text that has not left yet."""
        self._connection.execute(
            update(outbox).where(outbox.c.id == row.id).values(text=words, title=title, buttons=buttons)
        )

    def supersede(self, row: OutRow) -> None:
        """It has not left and would be stale."""
        self._connection.execute(
            update(outbox)
            .where(outbox.c.id == row.id, outbox.c.state.in_([OutState.PENDING.value, OutState.HELD.value]))
            .values(state=OutState.SUPERSEDED.value, lease_until=None)
        )

    def lease(self, now: datetime, until: datetime, most: int = 50) -> list[OutRow]:
        """Take due rows for delivery; a row whose holder died comes back when its lease ends.

        One destination's rows keep their order: a row waits while an earlier one of the same addressee, no less
        urgent, is on its way or was put off.
        """
        if self._connection.dialect.name == "postgresql":
            self._connection.execute(text("SELECT pg_advisory_xact_lock(0)"))  # who leases first is earlier
        self._queue_up(now)
        due = (
            select(outbox.c.id)
            .where(
                outbox.c.state == OutState.PENDING.value,
                outbox.c.not_before <= now,
                or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now),
            )
            .order_by(outbox.c.lane, outbox.c.not_before, outbox.c.id)
            .limit(most)
        )
        if self._connection.dialect.name == "postgresql":
            due = due.with_for_update(skip_locked=True)
        ids = list(self._connection.execute(due).scalars())
        if not ids:
            return []
        died = outbox.c.lease_until.is_not(None)  # whoever held it never said what became of it
        self._connection.execute(
            update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(
                lease_until=until,
                attempts=outbox.c.attempts + 1,
                problem=case((died, PERHAPS_SENT), else_=outbox.c.problem),
            )
        )
        rows = self._connection.execute(
            select(*_COLUMNS).where(outbox.c.id.in_(ids)).order_by(outbox.c.lane, outbox.c.id)
        )
        return [_row(row) for row in rows]

    def _queue_up(self, now: datetime) -> None:
        """Put rows that came due behind an earlier row of the same addressee that is not through yet."""
        where = (outbox.c.group_id, outbox.c.person_id, outbox.c.chat_id)
        ahead = self._connection.execute(
            select(outbox.c.id, outbox.c.lane, outbox.c.not_before, *where).where(
                _WAITING,
                outbox.c.not_before >= EPOCH,  # always so; with it SQLite searches the index of what waits
                or_(outbox.c.lease_until > now, outbox.c.problem.is_not(None) & (outbox.c.not_before > now)),
            )
        ).all()
        for row_id, lane, not_before, *addressee in sorted(ahead, key=lambda row: int(row[0])):
            self._connection.execute(
                update(outbox)
                .where(
                    outbox.c.state == OutState.PENDING.value,
                    outbox.c.id > row_id,
                    outbox.c.lane >= lane,
                    outbox.c.not_before <= now,
                    outbox.c.lease_until.is_(None),
                    *(column.is_not_distinct_from(value) for column, value in zip(where, addressee, strict=True)),
                )
                .values(not_before=max(not_before, now + SOON), problem=BEHIND)
            )

    def settle(
        self, row: OutRow, state: OutState, now: datetime, *, via: str | None = None, problem: str | None = None
    ) -> bool:
        """Write down what became of a leased row; False when the lease was lost meanwhile."""
        done = self._connection.execute(
            _SETTLE,
            {
                "row": row.id,
                "lease": row.lease_until,
                "becomes": state.value,
                "sent": now if state in (OutState.SENT, OutState.UNKNOWN) else None,
                "via": via,
                "trouble": problem,
            },
        )
        return done.rowcount == 1

    def put_off(self, row: OutRow, until: datetime, problem: str, *, tried: bool = True) -> None:
        """Not now: try the same row again later. What perhaps arrived once stays marked so; what never left was no attempt."""
        self._connection.execute(
            update(outbox)
            .where(
                outbox.c.id == row.id,
                outbox.c.state == OutState.PENDING.value,
                outbox.c.lease_until == row.lease_until,
            )
            .values(
                not_before=until,
                attempts=outbox.c.attempts if tried else outbox.c.attempts - 1,
                lease_until=None,
                problem=PERHAPS_SENT if row.problem == PERHAPS_SENT else problem,
            )
        )

    def end_leases(self, now: datetime) -> None:
        """Whoever held rows is dead: they come due at once instead of a minute later."""
        self._connection.execute(
            update(outbox)
            .where(outbox.c.state == OutState.PENDING.value, outbox.c.lease_until > now)
            .values(lease_until=now)
        )

    def sent_lately(self, group_id: int, via: str, since: datetime) -> int:
        """How many lines went to this group through this door since then; for the platform's limits."""
        rows = self._connection.execute(
            select(outbox.c.id).where(
                outbox.c.group_id == group_id, outbox.c.sent_via == via, outbox.c.sent_at >= since
            )
        )
        return len(rows.all())

    def held_for(self, person_id: int | None, group_id: int | None) -> list[OutRow]:
        """What waits for the next thing said by this person (in private) or in this group, oldest first."""
        query = select(*_COLUMNS).where(_HELD)
        if group_id is not None:
            query = query.where(outbox.c.group_id == group_id, outbox.c.person_id.is_(None))
        else:
            query = query.where(outbox.c.person_id == person_id, outbox.c.group_id.is_(None))
        return [_row(row) for row in self._connection.execute(query.order_by(outbox.c.id).limit(20))]

    def held_among(self, people: Iterable[int], groups: Iterable[int]) -> tuple[set[int], set[int]]:
        """For whom of these people, and which of these groups, anything is held: for most nothing is."""
        rows = self._connection.execute(_HELD_AMONG, {"people": list(people), "groups": list(groups)}).all()
        return {row[0] for row in rows if row[1] is None}, {row[1] for row in rows if row[1] is not None}

    def release_held(self, rows: Iterable[OutRow], inbox_id: int, now: datetime) -> None:
        """Held rows leave with this answer, in band."""
        ids = [row.id for row in rows]
        if ids:
            self._connection.execute(
                update(outbox)
                .where(outbox.c.id.in_(ids), outbox.c.state == OutState.HELD.value)
                .values(state=OutState.ANSWERED.value, inbox_id=inbox_id, sent_at=now)
            )

    def wake_held(self, now: datetime) -> None:
        """A new door may have opened: held rows are tried again."""
        self._connection.execute(
            update(outbox)
            .where(outbox.c.state == OutState.HELD.value)
            .values(state=OutState.PENDING.value, not_before=now, lease_until=None)
        )

    def undelivered(self, community_id: int, before: datetime) -> list[OutRow]:
        """What was written before then and has reached nobody, oldest first."""
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(
                outbox.c.community_id == community_id,
                _MISSED,
                outbox.c.created_at < before,
            )
            .order_by(outbox.c.id)
            .limit(50)
        )
        return [_row(row) for row in rows]

    def take_untold(self, before: datetime, now: datetime) -> dict[int, int]:
        """How many texts of each community reached nobody since before then and were not reported yet; now they are."""
        rows = self._connection.execute(_UNTOLD, {"before": before}).all()
        if not rows:
            return {}
        self._connection.execute(update(outbox).where(outbox.c.id.in_([row[0] for row in rows])).values(told_at=now))
        return Counter(row[1] for row in rows if row[1] is not None)

    def next_due_at(self) -> datetime | None:
        return self._connection.execute(_NEXT_DUE).scalar_one_or_none()

    def newest_at(self) -> datetime | None:
        """When the last line was said."""
        return self._connection.execute(
            select(outbox.c.sent_at).where(outbox.c.sent_at.is_not(None)).order_by(outbox.c.id.desc()).limit(1)
        ).scalar_one_or_none()

    def said_in(self, group_id: int, since: datetime) -> int:
        """How many lines the bot said in this group since then."""
        rows = self._connection.execute(
            select(outbox.c.id).where(
                outbox.c.group_id == group_id,
                outbox.c.replaces_id.is_(None),
                outbox.c.created_at >= since,
                outbox.c.state != OutState.SUPERSEDED.value,
            )
        )
        return len(rows.all())

    def delivered(self, most: int) -> list[OutRow]:
        """The newest lines that reached somebody, changes of cards among them, oldest first."""
        rows = self._connection.execute(
            select(*_COLUMNS)
            .where(outbox.c.state.in_([OutState.SENT.value, OutState.ANSWERED.value]), outbox.c.text != "")
            .order_by(outbox.c.id.desc())
            .limit(most)
        )
        return sorted(map(_row, rows), key=lambda row: (row.sent_at or row.not_before, row.id))

    def pulse(self) -> tuple[int, int]:
        """Two cheap numbers, one of which changes whenever a line is written or leaves: newest row, rows waiting."""
        newest = self._connection.execute(select(func.max(outbox.c.id))).scalar_one()
        waiting = self._connection.execute(
            select(func.count()).select_from(outbox).where(outbox.c.state == OutState.PENDING.value)
        ).scalar_one()
        return int(newest or 0), int(waiting)

    def all(self, after: int = 0) -> list[OutRow]:
        rows = self._connection.execute(select(*_COLUMNS).where(outbox.c.id > after).order_by(outbox.c.id))
        return [_row(row) for row in rows]

    def purge(self, before: datetime) -> None:
        """Delivered texts are the largest table; they are forgotten."""
        self._connection.execute(
            update(outbox)
            .where(
                outbox.c.created_at < before,
                outbox.c.state.in_([OutState.SENT.value, OutState.ANSWERED.value, OutState.SUPERSEDED.value]),
                _WORDED,
            )
            .values(text="", title="", buttons="[]", mentions="[]")
        )

    def add_ticket(self, channel: str, chat_id: str, url: str, expires_at: datetime) -> None:
        self._connection.execute(
            _NEW_TICKET, {"channel": channel, "chat_id": chat_id, "url": url, "expires_at": expires_at}
        )

    def has_ticket(self, channel: str, chat_id: str, now: datetime) -> bool:
        """Whether this chat has a free one-time address; another may take it first."""
        return (
            self._connection.execute(_FREE_TICKET, {"channel": channel, "chat": chat_id, "now": now}).first()
            is not None
        )

    def use_ticket(self, channel: str, chat_id: str, now: datetime) -> str | None:
        """The newest free one-time address of this chat, marked used before anybody tries it."""
        found = self._connection.execute(_FREE_TICKET, {"channel": channel, "chat": chat_id, "now": now}).first()
        if found is None:
            return None
        taken = self._connection.execute(_USE_TICKET, {"ticket": found[0], "now": now})
        return str(found[1]) if taken.rowcount == 1 else None

    def purge_tickets(self, before: datetime) -> None:
        """Forget one-time addresses that have expired."""
        self._connection.execute(delete(tickets).where(tickets.c.expires_at < before))

    def load_token(self, name: str) -> tuple[str, datetime] | None:
        row = self._connection.execute(
            select(tokens.c.value, tokens.c.use_until).where(tokens.c.name == name, tokens.c.value.is_not(None))
        ).first()
        return (row[0], row[1]) if row else None

    def lease_token(self, name: str, now: datetime, until: datetime) -> bool:
        """May this process fetch a token? True for one of them."""
        if self._connection.execute(select(tokens.c.name).where(tokens.c.name == name)).first() is None:
            self._connection.execute(insert(tokens).values(name=name))
        done = self._connection.execute(
            update(tokens)
            .where(tokens.c.name == name, or_(tokens.c.leased_until.is_(None), tokens.c.leased_until <= now))
            .values(leased_until=until)
        )
        return done.rowcount == 1

    def store_token(self, name: str, value: str, use_until: datetime, instead_of: str | None) -> bool:
        """Keep a token and end the lease, unless the row changed meanwhile: a late answer loses."""
        done = self._connection.execute(
            update(tokens)
            .where(tokens.c.name == name, tokens.c.value.is_not_distinct_from(instead_of))
            .values(value=value, use_until=use_until, leased_until=None)
        )
        return done.rowcount == 1

    def release_token(self, name: str) -> None:
        self._connection.execute(update(tokens).where(tokens.c.name == name).values(leased_until=None))


LEASE = timedelta(seconds=60)
SOON = timedelta(seconds=2)
BEHIND = "behind an earlier line"  # as the problem of a waiting row: it was not tried, the one before it was
PERHAPS_SENT = "perhaps-sent"  # as the problem of a waiting row: its next copy must say that it may be one


def _row(row: Iterable[object]) -> OutRow:
    values = list(row)
    values[18] = OutState(str(values[18]))
    return build(OutRow, values)
