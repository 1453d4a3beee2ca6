"""People: who they are to a community, their roles, and the accounts by which channels know them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
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
    bindparam,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from storage.columns import Id, Line, Moment, Words, build, metadata
from storage.quick import prepare


class Role(StrEnum):
    """What a community calls a person. Only some of them carry rights (handlers.rights)."""

    RESIDENT = "居民"
    PARTY_MEMBER = "党员"
    VOLUNTEER = "志愿者"
    SECRETARY = "书记"
    GRID_WORKER = "网格员"
    GRID_LEADER = "网格长"
    BUILDING_CAPTAIN = "楼栋长"
    PROPERTY = "物业"
    ON_DUTY = "值班"
    LIAISON = "联络员"
    SOCIAL_WORKER = "社工"


@dataclass(frozen=True, slots=True)
class Person:
    """`is_named` is False while the name is only a stand-in for an account that nobody introduced yet."""

    id: int
    community_id: int | None
    name: str
    building: str | None = None
    entrance: str | None = None
    room: str | None = None
    phone: str | None = None
    unit: str | None = None
    skills: tuple[str, ...] = ()
    free: str | None = None
    is_named: bool = True
    asked_name_at: datetime | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)

    def __repr__(self) -> str:
        return f"Person({self.id})"


people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id")),
    Column("name", Line(64), nullable=False),
    Column("building", Line(16)),
    Column("entrance", Line(16)),
    Column("room", Line(16)),
    Column("phone", Line(32)),
    Column("unit", Line(64)),
    Column("skills", Words, nullable=False),
    Column("free", Text),
    Column("is_named", Id, nullable=False, default=1),
    Column("asked_name_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("people_by_name", "community_id", "name"),
)

roles = Table(
    "roles",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("granted_at", Moment, nullable=False),
    Column("granted_by", Id, ForeignKey("people.id")),
    Index("roles_by_role", "role", "person_id"),
)

identities = Table(
    "identities",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", String(128), primary_key=True),  # the user id in lower case: platforms compare it so
    Column("user_id", String(128), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("stale_at", Moment),  # the platform said that this account can no longer be reached
    Index("identities_by_person", "person_id"),
)

invites = Table(
    "invites",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

_FIELDS = (
    people.c.id,
    people.c.community_id,
    people.c.name,
    people.c.building,
    people.c.entrance,
    people.c.room,
    people.c.phone,
    people.c.unit,
    people.c.skills,
    people.c.free,
    people.c.is_named,
    people.c.asked_name_at,
)
_BY_IDENTITY = (
    select(*_FIELDS)
    .join(identities, identities.c.person_id == people.c.id)
    .where(identities.c.channel == bindparam("channel"), identities.c.account == bindparam("account"))
)
_BY_ID = select(*_FIELDS).where(people.c.id == bindparam("id"))
_INSERT = insert(people).returning(people.c.id)
_GRANT = insert(roles)
_LINK = insert(identities)
_ROLES = select(roles.c.role).where(roles.c.person_id == bindparam("id"))
_ACCOUNTS = (
    select(identities.c.channel, identities.c.user_id)
    .where(identities.c.person_id == bindparam("person"), identities.c.stale_at.is_(None))
    .order_by(identities.c.channel, identities.c.user_id)
)
prepare(_BY_IDENTITY, _BY_ID, _INSERT, _GRANT, _ROLES, _ACCOUNTS)


@dataclass(frozen=True, slots=True)
class Identity:
    channel: str
    user_id: str


class People:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find_by_identity(self, channel: str, user_id: str) -> Person | None:
        row = self._connection.execute(_BY_IDENTITY, {"channel": channel, "account": user_id.lower()}).first()
        return self._person(row) if row else None

    def known(self, accounts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Person]:
        """The people behind these (channel, user id) pairs, by (channel, account), in two queries however many."""
        wanted = list({(channel, user_id.lower()) for channel, user_id in accounts})
        if not wanted:
            return {}
        rows = self._connection.execute(
            select(identities.c.channel, identities.c.account, *_FIELDS, identities.c.stale_at)
            .join(people, identities.c.person_id == people.c.id)
            .where(tuple_(identities.c.channel, identities.c.account).in_(wanted))
        ).all()
        if back := [(row[0], row[1]) for row in rows if row[-1] is not None]:
            # Whoever speaks can be reached again.
            self._connection.execute(
                update(identities)
                .where(tuple_(identities.c.channel, identities.c.account).in_(back))
                .values(stale_at=None)
            )
        granted: dict[int, set[Role]] = {}
        for person_id, role in self._connection.execute(
            select(roles.c.person_id, roles.c.role).where(roles.c.person_id.in_({row[2] for row in rows}))
        ):
            granted.setdefault(person_id, set()).add(Role(role))
        return {(row[0], row[1]): _person(row[2:-1], frozenset(granted.get(row[2], ()))) for row in rows}

    def get(self, person_id: int) -> Person:
        return self._person(self._connection.execute(_BY_ID, {"id": person_id}).one())

    def find_named(self, community_id: int, name: str) -> list[Person]:
        rows = self._connection.execute(
            select(*_FIELDS)
            .where(people.c.community_id == community_id, people.c.name == name, people.c.is_named == 1)
            .order_by(people.c.id)
        ).all()
        return [self._person(row) for row in rows]

    def with_role(self, community_id: int, *wanted: Role) -> list[Person]:
        rows = self._connection.execute(
            select(*_FIELDS)
            .where(
                people.c.community_id == community_id,
                people.c.id.in_(select(roles.c.person_id).where(roles.c.role.in_([role.value for role in wanted]))),
            )
            .order_by(people.c.id)
        ).all()
        return [self._person(row) for row in rows]

    def all(self, community_id: int) -> list[Person]:
        rows = self._connection.execute(
            select(*_FIELDS).where(people.c.community_id == community_id).order_by(people.c.id)
        ).all()
        return [self._person(row) for row in rows]

    def add(self, person: Person, now: datetime) -> Person:
        """Keep a new person; the id of the value given is ignored."""
        new = self._connection.execute(
            _INSERT,
            {
                "community_id": person.community_id,
                "name": person.name,
                "building": person.building,
                "entrance": person.entrance,
                "room": person.room,
                "phone": person.phone,
                "unit": person.unit,
                "skills": person.skills,
                "free": person.free,
                "is_named": int(person.is_named),
                "created_at": now,
            },
        ).scalar_one()
        for role in sorted(person.roles):
            self._connection.execute(_GRANT, {"person_id": new, "role": role.value, "granted_at": now})
        return replace(person, id=int(new))

    def save(self, person: Person) -> None:
        """Keep what the person said of themselves. Roles are granted, never saved."""
        self._connection.execute(
            update(people)
            .where(people.c.id == person.id)
            .values(
                community_id=person.community_id,
                name=person.name,
                building=person.building,
                entrance=person.entrance,
                room=person.room,
                phone=person.phone,
                unit=person.unit,
                skills=person.skills,
                free=person.free,
                is_named=int(person.is_named),
                asked_name_at=person.asked_name_at,
            )
        )

    def link(self, person_id: int, channel: str, user_id: str, now: datetime) -> None:
        self._connection.execute(
            _LINK,
            {
                "channel": channel,
                "account": user_id.lower(),
                "user_id": user_id,
                "person_id": person_id,
                "seen_at": now,
            },
        )

    def identities(self, person_id: int) -> list[Identity]:
        return [Identity(row[0], row[1]) for row in self._connection.execute(_ACCOUNTS, {"person": person_id})]

    def mark_stale(self, channel: str, user_id: str, now: datetime) -> None:
        self._connection.execute(
            update(identities)
            .where(identities.c.channel == channel, identities.c.account == user_id.lower())
            .values(stale_at=now)
        )

    def grant(self, person_id: int, role: Role, now: datetime, by: int | None = None) -> None:
        held = self._connection.execute(_ROLES, {"id": person_id}).scalars().all()
        if role.value not in held:
            self._connection.execute(
                insert(roles).values(person_id=person_id, role=role.value, granted_at=now, granted_by=by)
            )

    def revoke(self, person_id: int, role: Role) -> None:
        self._connection.execute(delete(roles).where(roles.c.person_id == person_id, roles.c.role == role.value))

    def add_invite(self, code: str, community_id: int, expires_at: datetime) -> None:
        self._connection.execute(
            insert(invites).values(code_hash=_code_hash(code), community_id=community_id, expires_at=expires_at)
        )

    def use_invite(self, code: str, now: datetime) -> int | None:
        """The community that this code opens, once; None for a used, expired or unknown code."""
        taken = self._connection.execute(
            update(invites)
            .where(
                invites.c.code_hash == _code_hash(code),
                invites.c.expires_at > now,
                invites.c.used_at.is_(None),
            )
            .values(used_at=now)
            .returning(invites.c.community_id)
        ).scalar_one_or_none()
        return None if taken is None else int(taken)

    def _person(self, row: Sequence[object]) -> Person:
        held = self._connection.execute(_ROLES, {"id": row[0]}).scalars()
        return _person(row, frozenset(Role(role) for role in held))


def _person(row: Sequence[object], held: frozenset[Role]) -> Person:
    return build(Person, (*row[:10], bool(row[10]), row[11], held))


def _code_hash(code: str) -> str:
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()
