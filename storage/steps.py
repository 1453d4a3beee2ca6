"""What is due: one row for every moment at which an order wants something, and the daily slots of communities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    insert,
    select,
    text,
    update,
)

from storage.columns import Id, Moment, build, metadata
from storage.quick import prepare


class WaitsOn(StrEnum):
    RESIDENT = "resident"
    HELPER = "helper"
    SECRETARY = "secretary"
    UNIT = "unit"


class StepKind(StrEnum):
    DETAIL_WAIT = "detail_wait"  # the one question about a fresh order may be answered until then
    DRAFT_CHASE = "draft_chase"  # nobody knows what is needed: the secretary hears of it
    MORNING = "morning"  # placed at night; taken up when the quiet hours end
    DISPATCH = "dispatch"  # waits for the secretary to name somebody
    EMERGENCY_RING = "emergency_ring"  # nobody answered yet: call the next ring
    UNCLAIMED = "unclaimed"  # nobody came forward: the secretary gets the facts and options
    PROMISE = "promise"  # we promised the requester word by then
    ANNOUNCE = "announce"  # tell the group and the requester who comes
    OFFER_WAIT = "offer_wait"  # a stranger offered; the requester or secretary has not said 行
    BOOK_CHASE = "book_chase"  # claimed, but no time agreed yet
    RECONFIRM = "reconfirm"  # the order changed; does the claim still stand?
    STANDBY_FUSE = "standby_fuse"  # a stand-by was asked; else the next one
    CONFIRM_EVE = "confirm_eve"
    CONFIRM_CHASE = "confirm_chase"
    CONFIRM_STANDBY = "confirm_standby"
    LAST_CALL = "last_call"  # an hour before: a silent helper's place goes to the stand-by who said 去
    VISIT_REMINDER = "visit_reminder"
    GOING_WELL = "going_well"
    OVERDUE = "overdue"  # past its end and silent: the secretary hears of it
    UNIT_WAIT = "unit_wait"
    RATING_WAIT = "rating_wait"
    ABSENT_NOTE = "absent_note"


# Whom each step waits on, and the states of an order in which it still makes sense. A move to another state
# ends all others at once: that is how a reminder stops the moment someone acts.
_OFFERED = frozenset({"open", "claimed", "booked"})
_HELD = frozenset({"claimed", "booked", "in_service"})
STEPS: Mapping[StepKind, tuple[WaitsOn, frozenset[str]]] = {
    StepKind.DETAIL_WAIT: (WaitsOn.RESIDENT, frozenset({"draft"})),
    StepKind.DRAFT_CHASE: (WaitsOn.RESIDENT, frozenset({"draft"})),
    StepKind.MORNING: (WaitsOn.RESIDENT, frozenset({"draft", "unassigned"})),
    StepKind.DISPATCH: (WaitsOn.SECRETARY, frozenset({"unassigned"})),
    StepKind.EMERGENCY_RING: (WaitsOn.HELPER, frozenset({"unassigned"})),
    StepKind.UNCLAIMED: (WaitsOn.HELPER, _OFFERED),
    StepKind.PROMISE: (WaitsOn.HELPER, _OFFERED),
    StepKind.ANNOUNCE: (WaitsOn.HELPER, _HELD),
    StepKind.OFFER_WAIT: (WaitsOn.RESIDENT, _OFFERED),
    StepKind.BOOK_CHASE: (WaitsOn.HELPER, frozenset({"claimed"})),
    StepKind.RECONFIRM: (WaitsOn.HELPER, frozenset({"claimed"})),
    StepKind.STANDBY_FUSE: (WaitsOn.HELPER, _OFFERED),
    StepKind.CONFIRM_EVE: (WaitsOn.HELPER, frozenset({"booked"})),
    StepKind.CONFIRM_CHASE: (WaitsOn.HELPER, frozenset({"booked"})),
    StepKind.CONFIRM_STANDBY: (WaitsOn.HELPER, frozenset({"booked"})),
    StepKind.LAST_CALL: (WaitsOn.HELPER, frozenset({"booked"})),
    StepKind.VISIT_REMINDER: (WaitsOn.HELPER, frozenset({"booked"})),
    StepKind.GOING_WELL: (WaitsOn.HELPER, _HELD),
    StepKind.OVERDUE: (WaitsOn.SECRETARY, _HELD),
    StepKind.UNIT_WAIT: (WaitsOn.UNIT, frozenset({"transferred"})),
    StepKind.RATING_WAIT: (WaitsOn.RESIDENT, frozenset({"unrated"})),
    StepKind.ABSENT_NOTE: (WaitsOn.HELPER, frozenset({"unrated", "closed"})),
}
_ENDED_BY_STATE = {
    state: [kind.value for kind, (_, states) in STEPS.items() if state not in states]
    for state in (
        "draft",
        "unassigned",
        "open",
        "claimed",
        "booked",
        "in_service",
        "unrated",
        "closed",
        "transferred",
        "cancelled",
        "merged",
        "voided",
    )
}


@dataclass(frozen=True, slots=True)
class Step:
    id: int
    community_id: int
    order_id: int
    kind: StepKind
    claim_id: int | None
    due_at: datetime
    attempts: int = 0

    @property
    def waits_on(self) -> WaitsOn:
        return STEPS[self.kind][0]


@dataclass(frozen=True, slots=True)
class DailySlot:
    """A daily push of one community and when it is due next."""

    community_id: int
    name: str
    due_at: datetime


steps = Table(
    "steps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("order_id", Id, ForeignKey("orders.id"), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("claim_id", Id, ForeignKey("claims.id")),
    Column("due_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("attempts", Integer, nullable=False, default=0),
)
_PENDING = text("done_at IS NULL")
Index("steps_due", steps.c.due_at, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("steps_of_order", steps.c.order_id, sqlite_where=_PENDING, postgresql_where=_PENDING)

daily_slots = Table(
    "daily_slots",
    metadata,
    Column("community_id", Id, ForeignKey("communities.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Index("daily_slots_due", "due_at"),
)

_FIELDS = (
    steps.c.id,
    steps.c.community_id,
    steps.c.order_id,
    steps.c.kind,
    steps.c.claim_id,
    steps.c.due_at,
    steps.c.attempts,
)
_INSERT = insert(steps)
_FINISH = (
    update(steps).where(steps.c.id == bindparam("step"), steps.c.done_at.is_(None)).values(done_at=bindparam("at"))
)
_OPEN_OF = (steps.c.order_id == bindparam("of_order"), steps.c.done_at.is_(None))
_DROP = update(steps).where(*_OPEN_OF, steps.c.kind == bindparam("of_kind")).values(done_at=bindparam("at"))
_DROP_CLAIM = _DROP.where(steps.c.claim_id == bindparam("of_claim"))
_RETIRE = {
    state: update(steps)
    .where(*_OPEN_OF, text("kind IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"))
    .values(done_at=bindparam("at"))
    for state, kinds in _ENDED_BY_STATE.items()
}
_OF_ORDER = (
    select(*_FIELDS)
    .where(steps.c.order_id == bindparam("order"), steps.c.done_at.is_(None))
    .order_by(steps.c.due_at, steps.c.id)
)
_DUE = (
    select(*_FIELDS)
    .where(steps.c.due_at <= bindparam("now"), steps.c.done_at.is_(None))
    .order_by(steps.c.due_at, steps.c.id)
    .limit(bindparam("most"))
)
prepare(_INSERT, _FINISH, _DROP, _DROP_CLAIM, *_RETIRE.values(), _OF_ORDER, _DUE)


class Steps:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(
        self, community_id: int, order_id: int, kind: StepKind, due_at: datetime, claim_id: int | None = None
    ) -> None:
        """Make this the one pending step of its kind for the order (and claim)."""
        self.drop(order_id, kind, due_at, claim_id)
        self._connection.execute(
            _INSERT,
            {
                "community_id": community_id,
                "order_id": order_id,
                "kind": kind.value,
                "claim_id": claim_id,
                "due_at": due_at,
                "attempts": 0,
            },
        )

    def drop(self, order_id: int, kind: StepKind, now: datetime, claim_id: int | None = None) -> None:
        query = _DROP if claim_id is None else _DROP_CLAIM
        self._connection.execute(query, {"of_order": order_id, "of_kind": kind.value, "of_claim": claim_id, "at": now})

    def drop_of_claim(self, claim_id: int, now: datetime) -> None:
        self._connection.execute(
            update(steps).where(steps.c.claim_id == claim_id, steps.c.done_at.is_(None)).values(done_at=now)
        )

    def retire(self, order_id: int, state: str, now: datetime) -> None:
        """End the pending steps that make no sense in this state."""
        self._connection.execute(_RETIRE[state], {"of_order": order_id, "at": now})

    def finish(self, step: Step, now: datetime) -> bool:
        """Take the step; False when somebody else already did."""
        return self._connection.execute(_FINISH, {"step": step.id, "at": now}).rowcount == 1

    def put_off(self, step: Step, due_at: datetime) -> None:
        """Its work failed; it stays due, later."""
        self._connection.execute(
            update(steps)
            .where(steps.c.id == step.id)
            .values(due_at=due_at, attempts=steps.c.attempts + 1, done_at=None)
        )

    def of_order(self, order_id: int) -> list[Step]:
        """Pending steps, soonest first; the first is the order's next step."""
        return [_step(row) for row in self._connection.execute(_OF_ORDER, {"order": order_id})]

    def due(self, now: datetime, most: int = 200) -> list[Step]:
        return [_step(row) for row in self._connection.execute(_DUE, {"now": now, "most": most})]

    def next_due_at(self) -> datetime | None:
        """The soonest moment at which anything is due, daily slots included."""
        step = self._connection.execute(
            select(steps.c.due_at).where(steps.c.done_at.is_(None)).order_by(steps.c.due_at).limit(1)
        ).scalar_one_or_none()
        slot = self._connection.execute(
            select(daily_slots.c.due_at).order_by(daily_slots.c.due_at).limit(1)
        ).scalar_one_or_none()
        known = [moment for moment in (step, slot) if moment is not None]
        return min(known) if known else None

    def slots_due(self, now: datetime) -> list[DailySlot]:
        rows = self._connection.execute(
            select(daily_slots.c.community_id, daily_slots.c.name, daily_slots.c.due_at)
            .where(daily_slots.c.due_at <= now)
            .order_by(daily_slots.c.due_at, daily_slots.c.community_id)
        )
        return [DailySlot(*row) for row in rows]

    def slots(self) -> list[DailySlot]:
        rows = self._connection.execute(select(daily_slots.c.community_id, daily_slots.c.name, daily_slots.c.due_at))
        return [DailySlot(*row) for row in rows]

    def add_slot(self, community_id: int, name: str, due_at: datetime) -> None:
        self._connection.execute(insert(daily_slots).values(community_id=community_id, name=name, due_at=due_at))

    def take_slot(self, slot: DailySlot, next_at: datetime) -> bool:
        """Move the slot on to its next day; False when somebody else already did. A slot runs once, however late."""
        done = self._connection.execute(
            update(daily_slots)
            .where(
                daily_slots.c.community_id == slot.community_id,
                daily_slots.c.name == slot.name,
                daily_slots.c.due_at == slot.due_at,
            )
            .values(due_at=next_at)
        )
        return done.rowcount == 1

    def orders_without(self) -> list[int]:
        """Liveness: the ids of live orders that nothing would ever move again. Must always be empty."""
        rows = self._connection.execute(
            text(
                "SELECT id FROM orders WHERE state NOT IN ('closed', 'cancelled', 'merged', 'voided') "
                "AND NOT EXISTS (SELECT 1 FROM steps WHERE steps.order_id = orders.id AND steps.done_at IS NULL)"
            )
        )
        return [row[0] for row in rows]


def _step(row: Iterable[object]) -> Step:
    values = list(row)
    values[3] = StepKind(str(values[3]))
    return build(Step, values)
