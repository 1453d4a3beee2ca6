"""本周情况 早报 晚间汇总: figures with the orders behind them, and the two daily lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from statistics import median

from handlers import doubting, finding, wording
from handlers.ability import every, on
from handlers.amending import NEIGHBOUR
from handlers.hours import is_workday, on_day
from handlers.rights import DISPATCHES, STEERS
from handlers.turn import Lane, Outcome, Push, Reply, Say, Scene, Tick, Turn
from nlp.intent import Grain, Meaning
from storage.groups import GroupKind
from storage.orders import Order, State
from storage.steps import WaitsOn

FRESH = timedelta(hours=1)  # a card from just now needs no digest
STUCK_AFTER = timedelta(hours=24)
NEWS = timedelta(hours=48)


@on(
    "(本周情况|这周情况|本周怎么样|周报)",
    means=Meaning.COMMAND,
    command="report",
    only=STEERS | DISPATCHES,
    says=("本周情况",),
)
def week(turn: Turn) -> Iterator[Outcome]:
    """本周情况"""
    since, until = datetime.combine(turn.now.date() - timedelta(days=turn.now.weekday()), time(), turn.now.tzinfo), None
    period, title = turn.intent.slots.time, "本周"
    if period is not None and period.grain in (Grain.WEEK, Grain.MONTH) and period.start and period.start <= turn.now:
        since, until, title = period.start, period.end, period.text.removesuffix("的")
    until = min(until or turn.now, turn.now) + timedelta(seconds=1)
    placed = turn.store.orders.placed_between(turn.community.id, since, until)
    counts = Counter(order.state.value for order in placed)
    by_state = [(state.value, counts[state.value]) for state in State if counts[state.value]]
    waits = [
        (order.first_claimed_at - order.created_at).total_seconds() / 60
        for order in placed
        if order.first_claimed_at is not None
    ]
    first = round(median(waits)) if waits else None
    ratings = turn.store.ratings.asked_between(turn.community.id, since, until)
    last = list({rating.order_id: rating for rating in sorted(ratings, key=lambda one: one.round)}.values())
    answered = [rating for rating in last if rating.score]
    content = [rating for rating in answered if rating.score != "dissatisfied"]
    stuck = stuck_orders(turn)
    redone = len({rating.order_id for rating in ratings if rating.round > 1})
    neighbours = sum(order.resolution == NEIGHBOUR for order in placed)
    yield Reply(
        Say(
            lambda see: wording.week(
                len(placed),
                by_state,
                first,
                (len(content), len(answered), len(last)),
                [see.order(order) for order in stuck],
                neighbours,
                redone,
                title,
            )
        )
    )


def stuck_orders(scene: Scene) -> list[Order]:
    """Live orders that wait on the secretary, or for a helper since more than a day."""
    stuck = []
    for order in scene.store.orders.live(scene.community.id):
        steps = scene.store.steps.of_order(order.id)
        waits_on = steps[0].waits_on if steps else WaitsOn.SECRETARY
        old = scene.now - order.created_at > STUCK_AFTER
        if waits_on is WaitsOn.SECRETARY or (old and order.missing and order.state is not State.DRAFT):
            stuck.append(order)
    return stuck


@on(
    "(未完成|没办完的单|在办的单)",
    means=Meaning.COMMAND,
    command="list_open",
    only=STEERS | DISPATCHES,
    says=("未完成",),
)
def list_open(turn: Turn) -> Iterator[Outcome]:
    """未完成"""
    live = turn.store.orders.live(turn.community.id)
    where = turn.intent.slots.address
    title = "在办"
    if where is not None and where.building:  # 给我看看5栋的单
        live = [order for order in live if order.building == where.building]
        title = f"{where.building}栋在办"
    yield Reply(Say(lambda see: wording.order_list([see.order(order) for order in live], title)))


@on("(卡住的单|超时的单)", means=Meaning.COMMAND, command="list_stuck", only=STEERS | DISPATCHES, says=("卡住的单",))
def list_stuck(turn: Turn) -> Iterator[Outcome]:
    """卡住的单"""
    late = [
        order
        for order in turn.store.orders.live(turn.community.id)
        if order.end is not None and order.end < turn.now and order.state is not State.UNRATED
    ]
    stuck = {order.id: order for order in (*stuck_orders(turn), *late)}
    yield Reply(Say(lambda see: wording.order_list([see.order(order) for order in stuck.values()], "卡住的")))


@on(
    "(今天的单|今天的单子|今日的单)",
    means=Meaning.COMMAND,
    command="list",
    only=STEERS | DISPATCHES,
    says=("今天的单子",),
)
def list_today(turn: Turn) -> Iterator[Outcome]:
    """今天的单"""
    today = on_day(turn.now, time())
    placed = turn.store.orders.placed_between(turn.community.id, today, today + timedelta(days=1))
    yield Reply(Say(lambda see: wording.order_list([see.order(order) for order in placed], "今天")))


@on("没送到", means=Meaning.COMMAND, command="undelivered", only=STEERS, says=("没送到",))
def undelivered(turn: Turn) -> Iterator[Outcome]:
    """没送到（发不出去的消息）"""
    rows = turn.store.outbox.undelivered(turn.community.id, turn.now - timedelta(minutes=15))
    lines = []
    for row in rows:
        who = "群" if row.person_id is None else turn.store.people.get(row.person_id).name
        order = turn.store.orders.get(row.order_id) if row.order_id is not None else None
        lines.append(wording.undelivered_line(who, order.no if order else None))
    yield Reply(Say(lambda see: wording.undelivered(lines)))


@every("digest_at")
def evening(tick: Tick) -> Iterator[Outcome]:
    """One line in the helpers' groups for all that still wants hands; changes of helpers to the secretary."""
    waiting = [
        order
        for order in tick.store.orders.offered(tick.community.id)
        if order.state is not State.UNASSIGNED
        and tick.now - order.created_at > FRESH
        and (order.end is None or order.end > tick.now)
    ]
    # What nobody took on two evenings is the secretary's matter; the group sees it again once a week at most.
    is_news = any(tick.now - order.created_at <= NEWS for order in waiting)
    if waiting and (is_news or tick.now.weekday() == 0):
        for group in finding.groups(tick, GroupKind.MEMBERS):
            yield Push(
                group,
                Say(lambda see: wording.evening_digest([see.order(order) for order in waiting], see)),
                Lane.REPORT,
                once=f"digest/{tick.due_at:%Y-%m-%d}/{group.id}",
            )
    today = on_day(tick.now, time())
    changed = [
        order
        for order in tick.store.orders.released_late(tick.community.id, today, tick.now)
        if not order.missing or not order.state.is_live
    ]
    if changed:
        for secretary in finding.secretaries(tick):
            yield Push(
                secretary, Say(lambda see: wording.late_releases([see.order(order) for order in changed])), Lane.REPORT
            )


@every("morning_at")
def morning(tick: Tick) -> Iterator[Outcome]:
    """Working days: what wants the secretary's eye. Nothing to do means no message."""
    if not is_workday(tick.now.date()):
        return
    stuck = stuck_orders(tick)
    waiting = [order for order in tick.store.orders.offered(tick.community.id) if order not in stuck]
    doubted = doubting.doubted(tick)
    late = len(tick.store.outbox.undelivered(tick.community.id, tick.now - timedelta(minutes=15)))
    if not stuck and not waiting and not doubted and not late:
        return
    today = [
        order
        for order in tick.store.orders.live(tick.community.id, State.BOOKED)
        if order.start is not None and order.start.astimezone(tick.now.tzinfo).date() == tick.now.date()
    ]
    for secretary in finding.secretaries(tick):
        yield Push(
            secretary,
            Say(
                lambda see: wording.morning(
                    [
                        line
                        for line, wanted in (
                            (wording.morning_stuck([see.order(order) for order in stuck]), stuck),
                            (wording.morning_waiting([see.order(order) for order in waiting]), waiting),
                            (wording.morning_doubted([see.order(order) for order in doubted]), doubted),
                            (wording.morning_today([see.order(order) for order in today]), today),
                            (wording.morning_undelivered(late), late),
                        )
                        if wanted
                    ]
                )
            ),
            Lane.REPORT,
        )
