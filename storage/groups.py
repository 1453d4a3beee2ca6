"""Groups: the chats that were bound to a community, their kind and their doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from storage.columns import Id, Line, Moment, metadata
from storage.quick import prepare


class GroupKind(StrEnum):
    RESIDENTS = "residents"
    MEMBERS = "members"
    SECRETARIES = "secretaries"
    UNITS = "units"


@dataclass(frozen=True, slots=True)
class Group:
    """`channel` and `chat_id` are where the group speaks to us; a push key is a second door that only sends."""

    id: int
    community_id: int
    kind: GroupKind
    name: str
    channel: str
    chat_id: str
    push_key: str | None = None

    def __repr__(self) -> str:
        return f"Group({self.id}, {self.kind})"


groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", Line(64), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("chat_id", Text, nullable=False),
    Column("push_key", Text),  # a bearer secret: never shown, never logged
    Column("bound_at", Moment, nullable=False),
    UniqueConstraint("channel", "chat_id"),
    Index("groups_by_community", "community_id", "kind"),
)

_FIELDS = (
    groups.c.id,
    groups.c.community_id,
    groups.c.kind,
    groups.c.name,
    groups.c.channel,
    groups.c.chat_id,
    groups.c.push_key,
)
_IN_CHAT = select(*_FIELDS).where(groups.c.channel == bindparam("channel"), groups.c.chat_id == bindparam("chat"))
_OF_KIND = (
    select(*_FIELDS)
    .where(groups.c.community_id == bindparam("community"), groups.c.kind == bindparam("kind"))
    .order_by(groups.c.id)
)
_BY_ID = select(*_FIELDS).where(groups.c.id == bindparam("id"))
prepare(_IN_CHAT, _OF_KIND, _BY_ID)


def _group(row: Sequence[object]) -> Group:
    id_, community_id, kind, name, channel, chat_id, push_key = row
    return Group(
        int(str(id_)),
        int(str(community_id)),
        GroupKind(str(kind)),
        str(name),
        str(channel),
        str(chat_id),
        None if push_key is None else str(push_key),
    )


class Groups:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Asked several times in every turn.
        self._of_kind: dict[tuple[int, GroupKind], list[Group]] = {}
        self._by_id: dict[int, Group] = {}

    def find_in_chat(self, channel: str, chat_id: str) -> Group | None:
        row = self._connection.execute(_IN_CHAT, {"channel": channel, "chat": chat_id}).first()
        return _group(row) if row else None

    def get(self, group_id: int) -> Group:
        known = self._by_id.get(group_id)
        if known is None:
            known = self._by_id[group_id] = _group(self._connection.execute(_BY_ID, {"id": group_id}).one())
        return known

    def of_kind(self, community_id: int, kind: GroupKind) -> list[Group]:
        known = self._of_kind.get((community_id, kind))
        if known is None:
            rows = self._connection.execute(_OF_KIND, {"community": community_id, "kind": kind.value})
            known = self._of_kind[(community_id, kind)] = [_group(row) for row in rows]
        return list(known)

    def all(self, community_id: int | None = None) -> list[Group]:
        query = select(*_FIELDS).order_by(groups.c.id)
        if community_id is not None:
            query = query.where(groups.c.community_id == community_id)
        return [_group(row) for row in self._connection.execute(query)]

    def bind(self, community_id: int, kind: GroupKind, name: str, channel: str, chat_id: str, now: datetime) -> Group:
        """Bind a chat, or bind it anew to another kind or community."""
        self._forget()
        known = self.find_in_chat(channel, chat_id)
        values = {"community_id": community_id, "kind": kind.value, "name": name, "bound_at": now}
        if known:
            self._connection.execute(update(groups).where(groups.c.id == known.id).values(**values))
            self._forget()
            return self.get(known.id)
        new = self._connection.execute(
            insert(groups).values(channel=channel, chat_id=chat_id, **values).returning(groups.c.id)
        ).scalar_one()
        return self.get(new)

    def unbind(self, group: Group) -> None:
        self._forget()
        self._connection.execute(delete(groups).where(groups.c.id == group.id))

    def set_push(self, group: Group, key: str | None) -> None:
        self._forget()
        self._connection.execute(update(groups).where(groups.c.id == group.id).values(push_key=key))

    def _forget(self) -> None:
        self._of_kind.clear()
        self._by_id.clear()
