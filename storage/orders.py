"""Service orders: their states, the moves between them, who holds them, and every question asked of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Executable,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    insert,
    or_,
    select,
    text,
    update,
)

from storage.audit import Audit, audit
from storage.columns import Id, Line, Moment, build, metadata
from storage.people import Person, people
from storage.quick import prepare
from storage.steps import Steps


class State(StrEnum):
    DRAFT = "draft"  # 待补充
    UNASSIGNED = "unassigned"  # 待派
    OPEN = "open"  # 待接
    CLAIMED = "claimed"  # 已接
    BOOKED = "booked"  # 待上门（已约）
    IN_SERVICE = "in_service"  # 服务中
    UNRATED = "unrated"  # 待评
    CLOSED = "closed"  # 办结
    TRANSFERRED = "transferred"  # 转办中
    CANCELLED = "cancelled"  # 已撤
    MERGED = "merged"  # 已并
    VOIDED = "voided"  # 作废

    @property
    def is_live(self) -> bool:
        return self not in ENDED


ENDED = frozenset({State.CLOSED, State.CANCELLED, State.MERGED, State.VOIDED})
LIVE = tuple(state for state in State if state not in ENDED)


class Move(StrEnum):
    PLACE = "place"
    AMEND = "amend"
    PUBLISH = "publish"
    ASSIGN = "assign"
    CLAIM = "claim"
    STAND_BY = "stand_by"
    RELEASE = "release"
    BOOK = "book"
    REBOOK = "rebook"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    REDO = "redo"
    RATE = "rate"
    CLOSE = "close"
    CANCEL = "cancel"
    VOID = "void"
    MERGE = "merge"
    TRANSFER = "transfer"
    RETURN = "return"
    TAKE_OVER = "take_over"
    ESCALATE = "escalate"
    NUDGE = "nudge"
    FALSE_ALARM = "false_alarm"


S, M = State, Move

# (state, move) → the states it may lead to. Where there are several the first is the usual one and the
# handler chooses: a release leaves the order claimed while other hands remain, an amendment keeps a booking
# unless time or place changed. What is not here raises NotNow.
MOVES: Mapping[tuple[State, Move], tuple[State, ...]] = {
    (S.DRAFT, M.AMEND): (S.UNASSIGNED, S.DRAFT),
    (S.DRAFT, M.PUBLISH): (S.OPEN,),
    (S.DRAFT, M.ASSIGN): (S.CLAIMED,),
    (S.DRAFT, M.TAKE_OVER): (S.CLAIMED,),
    (S.DRAFT, M.TRANSFER): (S.TRANSFERRED,),
    (S.DRAFT, M.ESCALATE): (S.DRAFT,),
    (S.DRAFT, M.NUDGE): (S.DRAFT,),
    (S.DRAFT, M.CLOSE): (S.CLOSED,),
    (S.UNASSIGNED, M.AMEND): (S.UNASSIGNED,),
    (S.UNASSIGNED, M.PUBLISH): (S.OPEN,),
    (S.UNASSIGNED, M.ASSIGN): (S.CLAIMED,),
    (S.UNASSIGNED, M.CLAIM): (S.CLAIMED,),
    (S.UNASSIGNED, M.ARRIVE): (S.IN_SERVICE,),
    (S.UNASSIGNED, M.TAKE_OVER): (S.CLAIMED,),
    (S.UNASSIGNED, M.TRANSFER): (S.TRANSFERRED,),
    (S.UNASSIGNED, M.ESCALATE): (S.UNASSIGNED,),
    (S.UNASSIGNED, M.NUDGE): (S.UNASSIGNED,),
    (S.UNASSIGNED, M.CLOSE): (S.CLOSED,),
    (S.UNASSIGNED, M.FALSE_ALARM): (S.CLOSED,),
    (S.OPEN, M.AMEND): (S.OPEN,),
    (S.OPEN, M.ASSIGN): (S.CLAIMED,),
    (S.OPEN, M.CLAIM): (S.CLAIMED,),
    (S.OPEN, M.STAND_BY): (S.OPEN,),
    (S.OPEN, M.ARRIVE): (S.IN_SERVICE,),
    (S.OPEN, M.TAKE_OVER): (S.CLAIMED,),
    (S.OPEN, M.TRANSFER): (S.TRANSFERRED,),
    (S.OPEN, M.ESCALATE): (S.OPEN,),
    (S.OPEN, M.NUDGE): (S.OPEN,),
    (S.OPEN, M.CLOSE): (S.CLOSED,),
    (S.OPEN, M.FALSE_ALARM): (S.CLOSED,),
    (S.CLAIMED, M.AMEND): (S.CLAIMED,),
    (S.CLAIMED, M.ASSIGN): (S.CLAIMED,),
    (S.CLAIMED, M.CLAIM): (S.CLAIMED,),
    (S.CLAIMED, M.STAND_BY): (S.CLAIMED,),
    (S.CLAIMED, M.RELEASE): (S.OPEN, S.CLAIMED),
    (S.CLAIMED, M.BOOK): (S.BOOKED,),
    (S.CLAIMED, M.ARRIVE): (S.IN_SERVICE,),
    (S.CLAIMED, M.COMPLETE): (S.UNRATED,),
    (S.CLAIMED, M.TAKE_OVER): (S.CLAIMED,),
    (S.CLAIMED, M.TRANSFER): (S.TRANSFERRED,),
    (S.CLAIMED, M.ESCALATE): (S.CLAIMED,),
    (S.CLAIMED, M.NUDGE): (S.CLAIMED,),
    (S.CLAIMED, M.CLOSE): (S.CLOSED,),
    (S.CLAIMED, M.FALSE_ALARM): (S.CLOSED,),
    (S.BOOKED, M.AMEND): (S.BOOKED, S.CLAIMED),
    (S.BOOKED, M.ASSIGN): (S.BOOKED,),
    (S.BOOKED, M.CLAIM): (S.BOOKED,),
    (S.BOOKED, M.STAND_BY): (S.BOOKED,),
    (S.BOOKED, M.RELEASE): (S.OPEN, S.BOOKED),
    (S.BOOKED, M.REBOOK): (S.BOOKED,),
    (S.BOOKED, M.ARRIVE): (S.IN_SERVICE,),
    (S.BOOKED, M.COMPLETE): (S.UNRATED,),
    (S.BOOKED, M.TAKE_OVER): (S.BOOKED,),
    (S.BOOKED, M.TRANSFER): (S.TRANSFERRED,),
    (S.BOOKED, M.ESCALATE): (S.BOOKED,),
    (S.BOOKED, M.NUDGE): (S.BOOKED,),
    (S.BOOKED, M.CLOSE): (S.CLOSED,),
    (S.BOOKED, M.FALSE_ALARM): (S.CLOSED,),
    (S.IN_SERVICE, M.AMEND): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.ASSIGN): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.CLAIM): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.ARRIVE): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.RELEASE): (S.OPEN, S.IN_SERVICE),
    (S.IN_SERVICE, M.REBOOK): (S.BOOKED,),
    (S.IN_SERVICE, M.COMPLETE): (S.UNRATED,),
    (S.IN_SERVICE, M.TAKE_OVER): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.TRANSFER): (S.TRANSFERRED,),
    (S.IN_SERVICE, M.ESCALATE): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.NUDGE): (S.IN_SERVICE,),
    (S.IN_SERVICE, M.CLOSE): (S.CLOSED,),
    (S.IN_SERVICE, M.FALSE_ALARM): (S.CLOSED,),
    (S.UNRATED, M.RATE): (S.CLOSED,),
    (S.UNRATED, M.REDO): (S.CLAIMED, S.OPEN),
    (S.UNRATED, M.CLOSE): (S.CLOSED,),
    (S.UNRATED, M.ESCALATE): (S.UNRATED,),
    (S.TRANSFERRED, M.AMEND): (S.TRANSFERRED,),
    (S.TRANSFERRED, M.COMPLETE): (S.UNRATED,),
    (S.TRANSFERRED, M.RETURN): (S.UNASSIGNED,),
    (S.TRANSFERRED, M.TRANSFER): (S.TRANSFERRED,),
    (S.TRANSFERRED, M.TAKE_OVER): (S.CLAIMED,),
    (S.TRANSFERRED, M.ESCALATE): (S.TRANSFERRED,),
    (S.TRANSFERRED, M.NUDGE): (S.TRANSFERRED,),
    (S.TRANSFERRED, M.CLOSE): (S.CLOSED,),
    # A late verdict still counts after the order closed unrated, and a cancelled order can be nobody's.
    (S.CLOSED, M.RATE): (S.CLOSED,),
    (S.CLOSED, M.REDO): (S.OPEN,),
} | {
    (state, move): (target,)
    for state in LIVE
    if state is not S.UNRATED
    for move, target in ((M.CANCEL, S.CANCELLED), (M.VOID, S.VOIDED), (M.MERGE, S.MERGED))
}


_UNHELD = frozenset({Move.PUBLISH, Move.AMEND})


class NotNow(Exception):
    """The order's state does not allow this move."""

    def __init__(self, order: Order, move: Move) -> None:
        super().__init__(f"{move} in {order.state}")
        self.order = order
        self.move = move


class Overtaken(Exception):
    """Somebody else changed the order since it was read; the turn is run again."""


class ClaimState(StrEnum):
    HELD = "held"
    TO_CONFIRM = "to_confirm"  # 待确认: the order changed after the claim
    STANDBY = "standby"  # 候补
    ASKED = "asked"  # a stand-by who was asked to step in now
    OFFERED = "offered"  # somebody not known here; counts after 行
    RELEASED = "released"
    DECLINED = "declined"  # 不方便
    ABSENT = "absent"  # 未到, by a companion's word
    DONE = "done"


HOLDING = frozenset({ClaimState.HELD, ClaimState.TO_CONFIRM, ClaimState.DONE})
WAITING = frozenset({ClaimState.STANDBY, ClaimState.ASKED})


@dataclass(frozen=True, slots=True)
class Claim:
    """One person's hold on an order, or place in its line. `hands` counts the person and whoever comes along."""

    id: int
    order_id: int
    person_id: int
    name: str
    building: str | None
    unit: str | None
    state: ClaimState
    hands: int
    claimed_at: datetime
    minutes: int | None = None
    condition: str | None = None
    reason: str | None = None
    is_late: bool = False
    is_confirmed: bool = False  # said 来 the evening before
    is_neighbour: bool = False  # 邻里互助: helped on the side, was not dispatched
    arrived_at: datetime | None = None
    said_by: int | None = None  # who said that this person was absent or how long they worked

    @property
    def label(self) -> str:
        return self.name if self.hands == 1 else f"{self.name}+{self.hands - 1}"


@dataclass(frozen=True, slots=True)
class Order:
    """One service order with everybody who holds it. Times are aware; `hands` is how many helpers are wanted."""

    id: int
    community_id: int
    no: int
    state: State
    version: int
    round: int
    category: str
    urgency: str
    item: str
    note: str | None
    needs: str | None
    building: str | None
    entrance: str | None
    floor: str | None
    room: str | None
    place: str | None
    start: datetime | None
    end: datetime | None
    grain: str | None
    recurrence: str | None
    hands: int
    taken: int
    minutes: int
    requester_id: int
    placed_by_id: int
    group_id: int | None
    contact_name: str
    contact_phone: str | None
    beneficiary: str | None
    unit: str | None
    rating: str | None
    resolution: str | None
    merged_into_id: int | None
    is_announced: bool
    is_supervised: bool
    is_at_night: bool
    created_at: datetime
    first_claimed_at: datetime | None
    closed_at: datetime | None
    claims: tuple[Claim, ...] = ()

    @property
    def holders(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if claim.state in HOLDING)

    @property
    def standby(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if claim.state in WAITING)

    @property
    def missing(self) -> int:
        return max(0, self.hands - self.taken)

    def claim_of(self, person_id: int) -> Claim | None:
        """The newest claim of this person that still means something."""
        mine = [
            claim for claim in self.claims if claim.person_id == person_id and claim.state is not ClaimState.RELEASED
        ]
        return mine[-1] if mine else None

    def is_held_by(self, person_id: int) -> bool:
        return any(claim.person_id == person_id for claim in self.holders)

    def __repr__(self) -> str:
        return f"Order({self.no}, {self.state}, v{self.version})"


@dataclass(frozen=True, slots=True)
class Trace:
    """As much of an order as tells whether a fresh need is the same."""

    id: int
    state: State
    category: str
    urgency: str
    item: str
    note: str | None
    building: str | None
    entrance: str | None
    room: str | None
    start: datetime | None
    end: datetime | None
    contact_phone: str | None
    requester_id: int
    group_id: int | None
    merged_into_id: int | None
    created_at: datetime

    @property
    def root_id(self) -> int:
        """The order that stands for the matter."""
        return self.merged_into_id or self.id


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What is known when a need becomes an order; the rest has its natural beginning."""

    community_id: int
    requester_id: int
    placed_by_id: int
    group_id: int | None
    category: str
    urgency: str
    item: str
    contact_name: str
    minutes: int
    note: str | None = None
    needs: str | None = None
    building: str | None = None
    entrance: str | None = None
    floor: str | None = None
    room: str | None = None
    place: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    grain: str | None = None
    recurrence: str | None = None
    hands: int = 1
    contact_phone: str | None = None
    beneficiary: str | None = None
    is_at_night: bool = False


orders = Table(
    "orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("community_id", Id, ForeignKey("communities.id"), nullable=False),
    Column("no", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("category", String(16), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("item", Line(64), nullable=False),
    Column("note", Text),
    Column("needs", Text),
    Column("building", Line(16)),
    Column("entrance", Line(16)),
    Column("floor", Line(16)),
    Column("room", Line(16)),
    Column("place", Line(64)),
    Column("start", Moment),
    Column("end", Moment),
    Column("grain", String(8)),
    Column("recurrence", Text),
    Column("hands", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("requester_id", Id, ForeignKey("people.id"), nullable=False),
    Column("placed_by_id", Id, ForeignKey("people.id"), nullable=False),
    Column("group_id", Id, ForeignKey("groups.id", ondelete="SET NULL")),
    Column("contact_name", Line(64), nullable=False),
    Column("contact_phone", Line(64)),
    Column("beneficiary", Line(64)),
    Column("unit", Line(64)),
    Column("rating", String(24)),
    Column("resolution", String(64)),
    Column("merged_into_id", Id, ForeignKey("orders.id")),
    Column("is_announced", Boolean, nullable=False),
    Column("is_supervised", Boolean, nullable=False),
    Column("is_at_night", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("first_claimed_at", Moment),
    Column("closed_at", Moment),
    UniqueConstraint("community_id", "no"),
    Index("orders_by_requester", "requester_id", "id"),
    Index("orders_by_created", "community_id", "created_at"),
    Index("orders_by_closed", "community_id", "closed_at"),
)


PASSED_ON = "转"  # stands in almost every plea that somebody passes on


def _is_in(states: Iterable[State]) -> TextClause:
    """A list of fixed length in the words of the statement, as prepared statements and indexes want it."""
    return text("state IN (" + ", ".join(f"'{state}'" for state in dict.fromkeys(states)) + ")")


_IS_LIVE = _is_in(LIVE)
Index(
    "orders_live",
    orders.c.community_id,
    orders.c.created_at,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)
Index(
    "orders_live_in_group",
    orders.c.group_id,
    orders.c.created_at,
    sqlite_where=_IS_LIVE,
    postgresql_where=_IS_LIVE,
)

claims = Table(
    "claims",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", Id, ForeignKey("orders.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("hands", Integer, nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("minutes", Integer),
    Column("condition", Text),
    Column("reason", Text),
    Column("is_late", Boolean, nullable=False, default=False),
    Column("is_confirmed", Boolean, nullable=False, default=False),
    Column("is_neighbour", Boolean, nullable=False, default=False),
    Column("arrived_at", Moment),
    Column("said_by", Id, ForeignKey("people.id")),
    Index("claims_by_order", "order_id", "id"),
    Index("claims_by_person", "person_id", "state", "order_id"),
)

_COLUMNS = [orders.c[field.name] for field in fields(Order) if field.name != "claims"]
_CLAIM_COLUMNS = [
    people.c[field.name] if field.name in ("name", "building", "unit") else claims.c[field.name]
    for field in fields(Claim)
]
_CHANGEABLE = frozenset(column.name for column in _COLUMNS) - {"id", "community_id", "no", "state", "version", "taken"}

_BY_NO = select(*_COLUMNS).where(orders.c.community_id == bindparam("community"), orders.c.no == bindparam("no"))
_BY_ID = select(*_COLUMNS).where(orders.c.id == bindparam("id"))
_CLAIMS = (
    select(*_CLAIM_COLUMNS)
    .join(people, people.c.id == claims.c.person_id)
    .where(claims.c.order_id == bindparam("order"))
    .order_by(claims.c.id)
)
_MOVE = update(orders).where(orders.c.id == bindparam("key"), orders.c.version == bindparam("seen"))
_MOVE_STATE = _MOVE.values(state=bindparam("state"), version=bindparam("version"))
_INSERT = insert(orders).returning(orders.c.id)
_INSERT_CLAIM = insert(claims).returning(claims.c.id)
GIVES_HOLD = frozenset({Move.CLAIM, Move.ASSIGN, Move.TAKE_OVER})
# The one statement that decides a claim: thirty people may press at once, one of them finds room.
_TAKE = (
    update(orders)
    .where(
        orders.c.id == bindparam("order"),
        _is_in(state for (state, move) in MOVES if move in GIVES_HOLD),
        orders.c.taken + bindparam("n") <= orders.c.hands,
    )
    .values(taken=orders.c.taken + bindparam("n"))
)
# Only so many of the newest are looked at, by their index; of those the ones near enough are read.
_NEWEST = (
    select(orders.c.id)
    .where(orders.c.community_id == bindparam("community"), orders.c.created_at >= bindparam("since"))
    .order_by(orders.c.created_at.desc())
    .limit(bindparam("most"))
)
_TRACES = (
    select(*(orders.c[field.name] for field in fields(Trace)))
    .where(
        orders.c.id.in_(_NEWEST.scalar_subquery()),
        or_(
            bindparam("anywhere", type_=Integer) == 1,
            orders.c.building.is_not_distinct_from(bindparam("house", type_=orders.c.building.type)),
            orders.c.note.like(f"%{PASSED_ON}%"),
        ),
    )
    .order_by(orders.c.id.desc())
)
_REPOINT = update(orders).where(orders.c.id == bindparam("order")).values(merged_into_id=bindparam("into"))
_OF = (
    select(*_COLUMNS)
    .where(orders.c.requester_id == bindparam("person"))
    .order_by(orders.c.id.desc())
    .limit(bindparam("most"))
)
_LIVE_OF = _OF.where(_IS_LIVE)
_ANNOUNCED = update(orders).where(orders.c.id == bindparam("order")).values(is_announced=True)
prepare(_BY_NO, _BY_ID, _CLAIMS, _MOVE_STATE, _INSERT, _INSERT_CLAIM, _TAKE, _TRACES, _OF, _LIVE_OF, _ANNOUNCED)


@cache
def _move_with(names: tuple[str, ...]) -> Update:
    """A move that changes these columns besides; there are only so many kinds of change."""
    statement = _MOVE.values(**{name: bindparam(name) for name in ("state", "version", *names)})
    prepare(statement)
    return statement


@cache
def _claim_with(names: tuple[str, ...]) -> Update:
    statement = (
        update(claims).where(claims.c.id == bindparam("claim")).values(**{name: bindparam(name) for name in names})
    )
    prepare(statement)
    return statement


class Orders:
    """`audit` and `steps` are the neighbours every move writes to: one audit line, and reminders that no longer apply end."""

    def __init__(self, connection: Connection, audit: Audit, steps: Steps) -> None:
        self._connection = connection
        self._audit = audit
        self._steps = steps

    def place(self, new: NewOrder, no: int, state: State, now: datetime) -> Order:
        """Keep a new order in its first state, with its audit line."""
        values = {field.name: getattr(new, field.name) for field in fields(new)}
        order_id = self._connection.execute(
            _INSERT,
            values
            | {
                "no": no,
                "state": state.value,
                "version": 1,
                "round": 1,
                "taken": 0,
                "is_announced": False,
                "is_supervised": False,
                "created_at": now,
            },
        ).scalar_one()
        self._audit.write(new.community_id, order_id, 1, Move.PLACE, new.placed_by_id, now, "", state)
        return Order(
            **values,
            id=int(order_id),
            no=no,
            state=state,
            version=1,
            round=1,
            taken=0,
            unit=None,
            rating=None,
            resolution=None,
            merged_into_id=None,
            is_announced=False,
            is_supervised=False,
            created_at=now,
            first_claimed_at=None,
            closed_at=None,
        )

    def move(
        self,
        order: Order,
        move: Move,
        by: int | None,
        now: datetime,
        *,
        to: State | None = None,
        change: Order | None = None,
        detail: str = "",
    ) -> Order:
        """Make one move: one conditional update, one audit line, one new version, and outdated steps end.

        `change` is the order with other fields as they shall be; `to` chooses where the table allows several
        states. Raises NotNow where the table has no such move, Overtaken where the order was changed meanwhile.
        """
        allowed = MOVES.get((order.state, move))
        if allowed is None or (to is not None and to not in allowed):
            raise NotNow(order, move)
        target = to or allowed[0]
        values: dict[str, object] = {}
        if change is not None:
            for name in _CHANGEABLE:
                value = getattr(change, name)
                if value != getattr(order, name):
                    values[name] = value
        if target in ENDED and order.closed_at is None:
            values["closed_at"] = now
        elif target not in ENDED and order.closed_at is not None:
            values["closed_at"] = None
        key = {"key": order.id, "seen": order.version, "state": target.value, "version": order.version + 1}
        statement = _move_with(tuple(sorted(values))) if values else _MOVE_STATE
        if self._connection.execute(statement, key | values).rowcount != 1:
            raise Overtaken
        self._audit.write(order.community_id, order.id, order.version + 1, move, by, now, order.state, target, detail)
        if target is not order.state:
            self._steps.retire(order.id, target.value, now)
        # Claims are read anew, a change of them may have come before the move; a fresh order has none yet.
        held = () if move in _UNHELD and order.state in (S.DRAFT, S.UNASSIGNED) else self._claims(order.id)
        moved = replace(order, state=target, version=order.version + 1, **values)  # type: ignore[arg-type]  # names and kinds are those of the fields
        return replace(moved, claims=held, taken=sum(claim.hands for claim in held if claim.state in HOLDING))

    def mark_announced(self, order: Order) -> Order:
        """The people concerned heard who comes; not a move, nothing about the order changed."""
        self._connection.execute(_ANNOUNCED, {"order": order.id})
        return replace(order, is_announced=True)

    def introduce(self, order: Order, person: Person) -> None:
        """The requester told their name after the order was placed; not a move either."""
        self._connection.execute(
            update(orders)
            .where(orders.c.id == order.id)
            .values(
                contact_name=person.name,
                contact_phone=order.contact_phone or person.phone,
                building=order.building or person.building,
                entrance=order.entrance or person.entrance,
                room=order.room or person.room,
            )
        )

    def take(
        self, order: Order, person_id: int, hands: int, now: datetime, condition: str | None = None
    ) -> Claim | None:
        """Give the person a hold if there is room for all `hands`, else None. Decided by one conditional update."""
        if self._connection.execute(_TAKE, {"order": order.id, "n": hands}).rowcount != 1:
            return None
        for claim in order.claims:
            if claim.person_id == person_id and claim.state in WAITING | {ClaimState.OFFERED}:
                self._set(claim, state=ClaimState.RELEASED.value)  # who holds it waits for it no more
        return self.line_up(order, person_id, ClaimState.HELD, hands, now, condition)

    def line_up(
        self, order: Order, person_id: int, state: ClaimState, hands: int, now: datetime, condition: str | None = None
    ) -> Claim:
        """Keep a claim that takes no room by itself: stand-by, offer, 不方便."""
        claim_id = self._connection.execute(
            _INSERT_CLAIM,
            {
                "order_id": order.id,
                "person_id": person_id,
                "state": state.value,
                "hands": hands,
                "claimed_at": now,
                "condition": condition,
                "is_late": False,
                "is_confirmed": False,
                "is_neighbour": False,
            },
        ).scalar_one()
        return next(claim for claim in self._claims(order.id) if claim.id == claim_id)

    def seat(self, claim: Claim) -> bool:
        """Turn a stand-by or an offer into a hold, if there is room."""
        if self._connection.execute(_TAKE, {"order": claim.order_id, "n": claim.hands}).rowcount != 1:
            return False
        self._set(claim, state=ClaimState.HELD.value)
        return True

    def give_back(
        self,
        claim: Claim,
        *,
        as_state: ClaimState = ClaimState.RELEASED,
        reason: str | None = None,
        is_late: bool = False,
    ) -> None:
        """End a claim; a hold frees its room."""
        if claim.state in HOLDING:
            self._connection.execute(
                update(orders).where(orders.c.id == claim.order_id).values(taken=orders.c.taken - claim.hands)
            )
        self._set(claim, state=as_state.value, reason=reason, is_late=is_late)

    def bring_fewer(self, claim: Claim) -> None:
        """One who was to come along does not; their room is free again."""
        if claim.state not in HOLDING or claim.hands < 2:
            raise ValueError(f"{claim.state} with {claim.hands} hands has nobody to leave behind")
        self._connection.execute(update(orders).where(orders.c.id == claim.order_id).values(taken=orders.c.taken - 1))
        self._set(claim, hands=claim.hands - 1)

    def mark_claim(self, claim: Claim, state: ClaimState) -> None:
        """Change between states that hold equally much room."""
        if (claim.state in HOLDING) != (state in HOLDING):
            raise ValueError(f"{claim.state} to {state} changes the room held: use seat or give_back")
        self._set(claim, state=state.value)

    def note_claim(
        self,
        claim: Claim,
        *,
        minutes: int | None = None,
        is_confirmed: bool | None = None,
        arrived_at: datetime | None = None,
        said_by: int | None = None,
        person_id: int | None = None,
        is_neighbour: bool | None = None,
    ) -> None:
        """Write down what was said about a claim; only what is given changes."""
        given = {
            "minutes": minutes,
            "is_confirmed": is_confirmed,
            "arrived_at": arrived_at,
            "said_by": said_by,
            "person_id": person_id,
            "is_neighbour": is_neighbour,
        }
        self._set(claim, **{key: value for key, value in given.items() if value is not None})

    def _set(self, claim: Claim, **values: object) -> None:
        self._connection.execute(_claim_with(tuple(sorted(values))), values | {"claim": claim.id})

    def forget_declines(self, order: Order) -> None:
        """The order changed: who could not before may be able now."""
        self._connection.execute(
            update(claims)
            .where(claims.c.order_id == order.id, claims.c.state == ClaimState.DECLINED.value)
            .values(state=ClaimState.RELEASED.value)
        )

    def get(self, order_id: int) -> Order:
        row = self._connection.execute(_BY_ID, {"id": order_id}).one()
        return self._order(row, self._claims(order_id))

    def find(self, community_id: int, no: int) -> Order | None:
        row = self._connection.execute(_BY_NO, {"community": community_id, "no": no}).first()
        return self._order(row, self._claims(row[0])) if row else None

    def of_requester(self, person_id: int, *, live: bool = True, limit: int = 20) -> list[Order]:
        """Newest first."""
        return self._orders(_LIVE_OF if live else _OF, {"person": person_id, "most": limit})

    def held_by(self, person_id: int, *states: State, limit: int = 20) -> list[Order]:
        """Orders this person has on hand, soonest visit first; all live states unless some are named."""
        wanted = [state.value for state in states or LIVE]
        holding = select(claims.c.order_id).where(
            claims.c.person_id == person_id, claims.c.state.in_([state.value for state in HOLDING])
        )
        query = (
            select(*_COLUMNS)
            .where(orders.c.id.in_(holding), orders.c.state.in_(wanted))
            .order_by(orders.c.start.is_(None), orders.c.start, orders.c.id)
        )
        return self._orders(query.limit(limit))

    def awaiting(self, person_id: int, *states: ClaimState, limit: int = 20) -> list[Order]:
        """Live orders on which this person has a claim in one of these states."""
        lined = select(claims.c.order_id).where(
            claims.c.person_id == person_id, claims.c.state.in_([state.value for state in states])
        )
        query = select(*_COLUMNS).where(orders.c.id.in_(lined), orders.c.state.in_([state.value for state in LIVE]))
        return self._orders(query.order_by(orders.c.id).limit(limit))

    def live(self, community_id: int, *states: State, limit: int = 500) -> list[Order]:
        """Oldest first."""
        wanted = [state.value for state in states or LIVE]
        query = select(*_COLUMNS).where(orders.c.community_id == community_id, orders.c.state.in_(wanted))
        return self._orders(query.order_by(orders.c.created_at, orders.c.id).limit(limit))

    def offered(self, community_id: int, limit: int = 100) -> list[Order]:
        """Live orders that still want hands, oldest first."""
        query = select(*_COLUMNS).where(
            orders.c.community_id == community_id,
            or_(
                orders.c.state == State.OPEN.value,
                and_(orders.c.state.in_([State.CLAIMED.value, State.BOOKED.value]), orders.c.taken < orders.c.hands),
            ),
        )
        return self._orders(query.order_by(orders.c.created_at, orders.c.id).limit(limit))

    def asked_in(self, group_id: int, since: datetime) -> list[Order]:
        """Live orders asked for in this group since then, oldest first."""
        query = select(*_COLUMNS).where(
            orders.c.group_id == group_id,
            orders.c.created_at >= since,
            orders.c.state.in_([state.value for state in LIVE]),
        )
        return self._orders(query.order_by(orders.c.id).limit(20))

    def traces(
        self, community_id: int, since: datetime, most: int, *, building: str | None, anywhere: bool
    ) -> list[Trace]:
        """Of the newest `most` orders those of this building or passed on, or all; live ones and merged ones.

        Newest first.
        """
        given = {
            "community": community_id,
            "since": since,
            "most": most,
            "house": building,
            "anywhere": int(anywhere),
        }
        rows = self._connection.execute(_TRACES, given)
        return [trace for trace in map(_trace, rows) if trace.state.is_live or trace.merged_into_id is not None]

    def repoint(self, order: Order, into: Order) -> None:
        """It was merged by mistake and goes on as another order; not a move, a merged order has none."""
        self._connection.execute(_REPOINT, {"order": order.id, "into": into.id})

    def placed_between(self, community_id: int, start: datetime, end: datetime) -> list[Order]:
        query = select(*_COLUMNS).where(
            orders.c.community_id == community_id, orders.c.created_at >= start, orders.c.created_at < end
        )
        return self._orders(query.order_by(orders.c.id))

    def released_late(self, community_id: int, start: datetime, end: datetime) -> list[Order]:
        """Orders from which somebody stepped back late in this time."""
        released = select(audit.c.order_id).where(
            audit.c.community_id == community_id,
            audit.c.move == Move.RELEASE.value,
            audit.c.at >= start,
            audit.c.at <= end,
        )
        late = select(claims.c.order_id).where(claims.c.order_id.in_(released), claims.c.is_late.is_(True))
        return self._orders(select(*_COLUMNS).where(orders.c.id.in_(late)).order_by(orders.c.id))

    def merged_into(self, order: Order) -> list[Order]:
        """The orders that were found to be the same matter and wait for its result."""
        query = select(*_COLUMNS).where(
            orders.c.community_id == order.community_id, orders.c.merged_into_id == order.id
        )
        return self._orders(query.order_by(orders.c.id))

    def all(self, community_id: int) -> list[Order]:
        return self._orders(select(*_COLUMNS).where(orders.c.community_id == community_id).order_by(orders.c.no))

    def _orders(self, query: Executable, given: Mapping[str, object] | None = None) -> list[Order]:
        rows = self._connection.execute(query, dict(given) if given else None).all()
        held = self._claims_of([row[0] for row in rows]) if len(rows) != 1 else {rows[0][0]: self._claims(rows[0][0])}
        return [self._order(row, held.get(row[0], ())) for row in rows]

    def _claims(self, order_id: int) -> tuple[Claim, ...]:
        return tuple(_claim(row) for row in self._connection.execute(_CLAIMS, {"order": order_id}))

    def _claims_of(self, ids: Iterable[int]) -> dict[int, tuple[Claim, ...]]:
        wanted = list(ids)
        if not wanted:
            return {}
        found: dict[int, list[Claim]] = {}
        for row in self._connection.execute(
            select(*_CLAIM_COLUMNS)
            .join(people, people.c.id == claims.c.person_id)
            .where(claims.c.order_id.in_(wanted))
            .order_by(claims.c.id)
        ):
            claim = _claim(row)
            found.setdefault(claim.order_id, []).append(claim)
        return {order_id: tuple(held) for order_id, held in found.items()}

    @staticmethod
    def _order(row: Iterable[object], held: tuple[Claim, ...]) -> Order:
        values = list(row)
        values[3] = State(str(values[3]))
        return build(Order, (*values, held))


def _claim(row: Iterable[object]) -> Claim:
    values = list(row)
    values[6] = ClaimState(str(values[6]))
    return build(Claim, values)


def _trace(row: Iterable[object]) -> Trace:
    values = list(row)
    values[1] = State(str(values[1]))
    return build(Trace, values)
