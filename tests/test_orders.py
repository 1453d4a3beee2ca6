"""Orders in both databases: the table of moves is the specification, and a hold is decided by one statement."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from bot.clock import CHINA
from storage import Store
from storage.columns import metadata
from storage.database import Database
from storage.orders import ENDED, HOLDING, MOVES, ClaimState, Move, NewOrder, NotNow, Order, Overtaken, State, orders
from storage.people import Person
from storage.steps import STEPS, StepKind

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    metadata.create_all(opened.engine)
    with opened.write() as store:
        community = store.communities.add("幸福里", NOW)
        for number in range(1, 4):
            store.people.add(Person(0, community.id, f"邻居{number}"), NOW)
    yield opened
    opened.close()


def place(store: Store, hands: int = 1, state: State = State.OPEN) -> Order:
    new = NewOrder(1, 1, 1, None, "水电维修", "normal", "换灯", "邻居1", 20, hands=hands)
    return store.orders.place(new, store.communities.take_no(1), state, NOW)


def forced(store: Store, state: State) -> Order:
    """An order in any state, however it may have come there."""
    order = place(store)
    closed_at = NOW if state in ENDED else None
    store._connection.execute(
        update(orders).where(orders.c.id == order.id).values(state=state.value, closed_at=closed_at)
    )
    return store.orders.get(order.id)


@pytest.mark.parametrize("state", State)
def test_every_move_from_every_state(database: Database, state: State) -> None:
    """Allowed moves lead where the table says and leave one audit line; all others change nothing."""
    later = NOW + timedelta(hours=1)
    with database.write() as store:
        for move, target in itertools.product(Move, State):
            order = forced(store, state)
            before = store.audit.of_order(order.id)
            if target in MOVES.get((state, move), ()):
                moved = store.orders.move(order, move, 1, later, to=target, detail="why")
                assert (moved.state, moved.version) == (target, order.version + 1)
                assert (moved.closed_at is not None) == (target in ENDED)
                (line,) = store.audit.of_order(order.id)[len(before) :]
                assert (line.move, line.version, line.by) == (move, moved.version, 1)
                assert (line.before, line.after, line.at, line.detail) == (state, target, later, "why")
            else:
                with pytest.raises(NotNow):
                    store.orders.move(order, move, 1, later, to=target)
                assert store.orders.get(order.id) == order
                assert store.audit.of_order(order.id) == before


def test_the_usual_target_is_the_first_of_the_table(database: Database) -> None:
    with database.write() as store:
        for (state, move), targets in MOVES.items():
            assert store.orders.move(forced(store, state), move, None, NOW).state is targets[0], (state, move)
        for state in State:
            for move in Move:
                if (state, move) not in MOVES:
                    with pytest.raises(NotNow):
                        store.orders.move(forced(store, state), move, None, NOW)


def test_no_state_is_a_dead_end_and_every_state_is_reached() -> None:
    reached = {target for targets in MOVES.values() for target in targets} | {State.DRAFT}
    assert reached == set(State)
    for state in State:
        leads_to = {target for (origin, _), targets in MOVES.items() if origin is state for target in targets}
        assert state in ENDED or leads_to - {state}, f"nothing leads out of {state}"
        if state in ENDED - {State.CLOSED}:
            assert not leads_to, f"{state} is final"


def test_every_step_belongs_to_states_that_exist() -> None:
    assert set(STEPS) == set(StepKind)
    names = {state.value for state in State}
    for kind, (_, states) in STEPS.items():
        assert states <= names, kind


def test_a_move_ends_the_steps_that_no_longer_make_sense(database: Database) -> None:
    for state, move in ((State.OPEN, Move.CLAIM), (State.BOOKED, Move.COMPLETE), (State.CLAIMED, Move.CANCEL)):
        with database.write() as store:
            order = forced(store, state)
            for kind in StepKind:
                store.steps.plan(1, order.id, kind, NOW)
            moved = store.orders.move(order, move, None, NOW)
            left = {step.kind for step in store.steps.of_order(order.id)}
            assert left == {kind for kind, (_, states) in STEPS.items() if moved.state in states}


def test_an_older_version_loses(database: Database) -> None:
    with database.write() as store:
        seen = place(store)
        store.orders.move(seen, Move.ESCALATE, None, NOW)
        lines = store.audit.of_order(seen.id)
        with pytest.raises(Overtaken):
            store.orders.move(seen, Move.CANCEL, 1, NOW)
        assert store.orders.get(seen.id).state is State.OPEN
        assert store.audit.of_order(seen.id) == lines


def holds(order: Order) -> int:
    return sum(claim.hands for claim in order.claims if claim.state in HOLDING)


def test_taken_follows_the_claims(database: Database) -> None:
    with database.write() as store:
        order = place(store, hands=3)
        first = store.orders.take(order, 1, 2, NOW)
        assert first is not None
        assert store.orders.take(order, 2, 2, NOW) is None, "two more do not fit"
        waiting = store.orders.line_up(order, 2, ClaimState.STANDBY, 2, NOW)
        third = store.orders.take(order, 3, 1, NOW)
        assert third is not None
        order = store.orders.get(order.id)
        assert (order.taken, holds(order), order.missing) == (3, 3, 0)
        assert not store.orders.seat(waiting), "no room yet"
        store.orders.give_back(first, reason="有事")
        assert store.orders.seat(waiting)
        order = store.orders.get(order.id)
        assert (order.taken, holds(order)) == (3, 3)
        assert {claim.person_id for claim in order.holders} == {2, 3}
        store.orders.mark_claim(third, ClaimState.DONE)
        assert holds(store.orders.get(order.id)) == store.orders.get(order.id).taken == 3
        with pytest.raises(ValueError, match="use seat or give_back"):
            store.orders.mark_claim(third, ClaimState.RELEASED)
        declined = store.orders.line_up(order, 1, ClaimState.DECLINED, 1, NOW)
        store.orders.give_back(declined)
        assert store.orders.get(order.id).taken == 3, "who held nothing frees nothing"


@pytest.mark.parametrize("state", State)
def test_a_hold_is_given_only_where_a_move_gives_one(database: Database, state: State) -> None:
    gives_hold = any((state, move) in MOVES for move in (Move.CLAIM, Move.ASSIGN, Move.TAKE_OVER))
    with database.write() as store:
        order = forced(store, state)
        assert (store.orders.take(order, 2, 1, NOW) is not None) == gives_hold


def test_who_holds_it_waits_for_it_no_more(database: Database) -> None:
    with database.write() as store:
        order = place(store)
        store.orders.line_up(order, 2, ClaimState.STANDBY, 1, NOW)
        store.orders.line_up(order, 3, ClaimState.STANDBY, 1, NOW)
        assert store.orders.take(store.orders.get(order.id), 2, 1, NOW) is not None
        order = store.orders.get(order.id)
        assert [claim.person_id for claim in order.holders] == [2]
        assert [claim.person_id for claim in order.standby] == [3]


def rush(url: str, order_id: int, people: list[int], start: threading.Event | None) -> list[str]:
    """Everybody claims once, each over a connection of their own; who got it and whom the others were told."""
    database = Database(url)
    told: list[str] = []

    def claim(person_id: int) -> None:
        if start is not None:
            start.wait(20)
        with database.write() as store:
            got = store.orders.take(store.orders.get(order_id), person_id, 1, NOW)
            if got is not None:
                store.orders.move(store.orders.get(order_id), Move.CLAIM, person_id, NOW)
        with database.read() as store:
            holders = store.orders.get(order_id).holders
        told.append(f"{'won' if got else 'lost'} {[holder.person_id for holder in holders]}")

    threads = [threading.Thread(target=claim, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    if start is not None:
        start.set()
    for thread in threads:
        thread.join(120)
    database.close()
    return told


def crowd(database: Database, many: int) -> tuple[int, list[int]]:
    with database.write() as store:
        people = [store.people.add(Person(0, 1, f"党员{number}"), NOW).id for number in range(many)]
        return place(store).id, people


def check_one_winner(database: Database, order_id: int, told: list[str], many: int) -> None:
    with database.read() as store:
        order = store.orders.get(order_id)
        lines = [line for line in store.audit.of_order(order_id) if line.move == Move.CLAIM]
    (holder,) = order.holders
    assert (order.taken, order.state, len(lines)) == (1, State.CLAIMED, 1)
    assert Counter(told) == {f"won [{holder.person_id}]": 1, f"lost [{holder.person_id}]": many - 1}


def test_two_hundred_hands_one_place(database: Database, database_url: str) -> None:
    order_id, people = crowd(database, 200)
    told = rush(database_url, order_id, people, threading.Event())
    check_one_winner(database, order_id, told, 200)


def _rush_into(url: str, order_id: int, people: list[int], told: multiprocessing.Queue[list[str]]) -> None:
    told.put(rush(url, order_id, people, threading.Event()))


def test_two_processes_one_place(database: Database, database_url: str) -> None:
    order_id, people = crowd(database, 100)
    fresh = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[list[str]] = fresh.Queue()
    processes = [
        fresh.Process(target=_rush_into, args=(database_url, order_id, half, answers))
        for half in (people[:50], people[50:])
    ]
    for process in processes:
        process.start()
    told = answers.get(timeout=120) + answers.get(timeout=120)
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    check_one_winner(database, order_id, told, 100)


def test_numbers_are_dense_and_unique_per_community(database: Database) -> None:
    """Whoever places at the same time, numbers come one after the other; an undone order leaves no gap."""
    with database.write() as store:
        store.communities.add("沱源", NOW, next_no=231)
    fails = threading.Lock()
    failed: list[int] = []

    class Undone(Exception):
        pass

    def place_some(number: int) -> None:
        for turn in range(5):
            try:
                with database.write() as store:
                    place(store)
                    if (number + turn) % 3 == 0:
                        raise Undone
            except Undone:
                with fails:
                    failed.append(number)

    threads = [threading.Thread(target=place_some, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.write() as store:
        assert failed
        assert [order.no for order in store.orders.all(1)] == list(range(1, 41 - len(failed)))
        assert store.communities.take_no(2) == 231
        assert store.communities.take_no(2) == 232


def test_queries_of_people_and_places(database: Database) -> None:
    with database.write() as store:
        first, second = place(store, hands=2), place(store)
        held = store.orders.take(first, 2, 1, NOW)
        assert held is not None
        store.orders.move(first, Move.CLAIM, 2, NOW)
        assert [order.no for order in store.orders.of_requester(1)] == [second.no, first.no]
        assert [order.id for order in store.orders.held_by(2)] == [first.id]
        assert [order.id for order in store.orders.offered(1)] == [first.id, second.id], "a hand is still missing"
        assert [order.id for order in store.orders.live(1, State.OPEN)] == [second.id]
        assert store.orders.find(1, 999) is None
        assert store.orders.find(2, first.no) is None
