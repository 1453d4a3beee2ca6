"""Communities, each with its settings and its own count of orders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time
from functools import lru_cache

from sqlalchemy import Column, Connection, Integer, String, Table, Text, bindparam, insert, select, update

from storage.columns import Id, Moment, metadata
from storage.quick import prepare


class BadSetting(ValueError):
    """A key of [community] is unknown or has a value that cannot be used."""


def _clock(value: str) -> time:
    hour, minute = value.strip().split(":")
    return time(int(hour), int(minute))


@dataclass(frozen=True, slots=True)
class CommunitySettings:
    """The keys of [community]; durations say their unit, times of day are in the community's zone."""

    quiet: str = "21:30-07:30"
    detail_wait_minutes: int = 10
    visit_reminder_minutes: int = 60
    confirm_before: str = "20:00"
    going_well_minutes: int = 30
    digest_at: str = "20:00"
    morning_at: str = "08:30"
    rating_days: int = 3
    draft_days: int = 2
    question_hours: int = 48
    late_release_hours: int = 24
    standby_fuse_minutes: int = 10
    erase_days: int = 30

    def changed(self, values: Mapping[str, object]) -> CommunitySettings:
        """These settings with some keys changed. Raises BadSetting naming the key."""
        known = {field.name: field.type for field in fields(self)}
        checked: dict[str, str | int] = {}
        for key, value in values.items():
            if key not in known:
                raise BadSetting(f"community.{key}: unknown key")
            if known[key] == "int":
                if not str(value).strip().isascii() or not str(value).strip().isdecimal():
                    raise BadSetting(f"community.{key}: a whole number is needed, not {value!r}")
                checked[key] = int(str(value))
            else:
                checked[key] = str(value).strip()
        result = replace(self, **checked)  # type: ignore[arg-type]  # names and kinds were checked against the fields
        for key in ("confirm_before", "digest_at", "morning_at"):
            result.at(key)
        result.quiet_hours()
        return result

    def at(self, key: str) -> time:
        """The time of day that `key` holds. Raises BadSetting."""
        try:
            return _clock(str(getattr(self, key)))
        except ValueError as error:
            raise BadSetting(f"community.{key}: a time such as 20:00 is needed") from error

    def quiet_hours(self) -> tuple[time, time]:
        try:
            begin, end = self.quiet.split("-")
            return _clock(begin), _clock(end)
        except ValueError as error:
            raise BadSetting("community.quiet: two times such as 21:30-07:30 are needed") from error


@dataclass(frozen=True, slots=True)
class Community:
    id: int
    name: str
    settings: CommunitySettings


communities = Table(
    "communities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("settings", Text, nullable=False, default="{}"),
    Column("next_no", Integer, nullable=False, default=1),
    Column("created_at", Moment, nullable=False),
)

_READ = select(communities.c.id, communities.c.name, communities.c.settings).order_by(communities.c.id)
_READ_ONE = _READ.where(communities.c.id == bindparam("community"))
_TAKE_NO = (
    update(communities)
    .where(communities.c.id == bindparam("community"))
    .values(next_no=communities.c.next_no + 1)
    .returning(communities.c.next_no)
)
prepare(_READ_ONE, _TAKE_NO)


@lru_cache(maxsize=4096)
def _settings(defaults: CommunitySettings, own: str) -> CommunitySettings:
    return defaults.changed(json.loads(own))


class Communities:
    """`defaults` are the installation's [community] settings; a community's own keys win over them."""

    def __init__(self, connection: Connection, defaults: CommunitySettings) -> None:
        self._connection = connection
        self.defaults = defaults

    def all(self) -> list[Community]:
        return [Community(row[0], row[1], _settings(self.defaults, row[2])) for row in self._connection.execute(_READ)]

    def get(self, community_id: int) -> Community:
        row = self._connection.execute(_READ_ONE, {"community": community_id}).one()
        return Community(row[0], row[1], _settings(self.defaults, row[2]))

    def find_named(self, name: str) -> Community | None:
        return next((community for community in self.all() if community.name == name), None)

    def add(
        self, name: str, now: datetime, *, next_no: int = 1, settings: Mapping[str, object] | None = None
    ) -> Community:
        self.defaults.changed(settings or {})
        new = self._connection.execute(
            insert(communities)
            .values(name=name, created_at=now, next_no=next_no, settings=json.dumps(dict(settings or {})))
            .returning(communities.c.id)
        ).scalar_one()
        return self.get(new)

    def take_no(self, community_id: int) -> int:
        """The next order number of this community; a rolled-back turn gives it back."""
        return int(self._connection.execute(_TAKE_NO, {"community": community_id}).scalar_one()) - 1
