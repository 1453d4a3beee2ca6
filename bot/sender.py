"""Outbox row → channel → sent, later, held or given up. Knows what may be retried, nothing about any platform."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import log as words_for_log
from bot.channels import Address, Channel, Rejected, Rendered, SendFailed, Throttled, Unknown
from bot.channels.split import split
from bot.scribe import is_stale, rendered
from handlers import wording
from handlers.turn import ChatKind, ChatRef, Lane
from storage import Store
from storage.database import Database
from storage.outbox import BEHIND, LEASE, PERHAPS_SENT, OutRow, OutState

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
MOST_UNKNOWN = 3
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=10)
STOPPED_FOR = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What became of one attempt."""

    state: OutState | None  # None: not now, try again at `until`
    via: str | None = None
    until: datetime | None = None
    problem: str | None = None
    tried: bool = True  # it left for the platform; what was not tried is not counted as an attempt


class Sender:
    """Delivers what is due. One destination's lines keep their order; destinations do not wait for each other."""

    def __init__(self, database: Database, channels: Mapping[str, Channel], *, one_by_one: bool = False) -> None:
        self._database = database
        self._channels = channels
        self._one_by_one = one_by_one  # for replays, which are the same every time
        self._stopped: dict[str, datetime] = {}

    async def resume(self, now: datetime) -> None:
        """At the start: what a killed process was sending is taken up at once.

        On SQLite one process sends, so nobody else can be at it; on PostgreSQL the leases tell, and run out in a minute.
        """
        if self._database.is_sqlite:
            await asyncio.to_thread(self._end_leases, now)

    async def deliver(self, now: datetime) -> int:
        """Send what is due at `now`; how many rows were touched."""
        rows = await asyncio.to_thread(self._lease, now)
        lanes: dict[tuple[int | None, int | None, str | None], list[OutRow]] = {}
        for row in rows:
            lanes.setdefault((row.group_id, row.person_id, row.chat_id), []).append(row)
        if self._one_by_one:
            for queue in lanes.values():
                await asyncio.to_thread(self._settle, await self._deliver_lane(queue, now), now)
            return len(rows)
        on_the_way = {asyncio.create_task(self._deliver_lane(lane, now)) for lane in lanes.values()}
        try:
            while on_the_way:
                # Written down at once: what waits for the slowest destination would be sent twice after a crash.
                through, on_the_way = await asyncio.wait(on_the_way, return_when=asyncio.FIRST_COMPLETED)
                settled = [pair for lane in through for pair in lane.result()]
                await asyncio.to_thread(self._settle, settled, now)
        finally:
            for lane in on_the_way:
                lane.cancel()
        return len(rows)

    def _end_leases(self, now: datetime) -> None:
        with self._database.write() as store:
            store.outbox.end_leases(now)

    def _lease(self, now: datetime) -> list[OutRow]:
        with self._database.read() as store:
            due = store.outbox.next_due_at()
        if due is None or due > now:
            return []  # most looks find nothing: no write lock for those
        with self._database.write() as store:
            rows = store.outbox.lease(now, now + LEASE)
            fresh = []
            for row in rows:
                if is_stale(store, row, now):
                    store.outbox.supersede(row)
                else:
                    fresh.append(row)
            return fresh

    async def _deliver_lane(self, rows: Sequence[OutRow], now: datetime) -> list[tuple[OutRow, _Verdict]]:
        done: list[tuple[OutRow, _Verdict]] = []
        for row in rows:
            try:
                verdict = await self._deliver_row(row, now)
            except Exception:  # edge: a fault of ours in one row must not stop the others
                log.exception(words_for_log.push_broke(row.id))
                verdict = _later(row, now, "fault")
            done.append((row, verdict))
            if verdict.state is None and verdict.until is not None:
                # What comes after it waits as well, so that nobody reads the second line first.
                done += [(later, replace(verdict, problem=BEHIND, tried=False)) for later in rows[len(done) :]]
                break
        return done

    async def _deliver_row(self, row: OutRow, now: datetime) -> _Verdict:
        last: _Verdict | None = None
        tried: set[str] = set()
        while True:
            route = await asyncio.to_thread(self._route, row, now, frozenset(tried))
            if route is None:
                return last or _Verdict(OutState.SUPERSEDED if row.replaces_id else OutState.HELD, problem="no door")
            channel, to = route
            tried.add(channel.name)
            verdict = await self._attempt(channel, to, row, now)
            if verdict.state is not OutState.FAILED:
                return verdict
            last = verdict

    async def _attempt(self, channel: Channel, to: Address, row: OutRow, now: datetime) -> _Verdict:
        stopped_until = self._stopped.get(channel.name)
        if stopped_until is not None and now < stopped_until:
            return _Verdict(None, channel.name, stopped_until, "channel stopped", tried=False)
        try:
            receipts = [await channel.send(to, part) for part in _parts(_worded(row, channel), channel.text_limit)]
            if any(receipt.missed for receipt in receipts):
                return _Verdict(OutState.FAILED, channel.name, problem="recipient not reached")
        except Throttled as error:
            return _Verdict(None, channel.name, now + timedelta(seconds=error.wait), error.code, tried=False)
        except Unknown as error:
            if channel.can.drops_copies and row.attempts < MOST_UNKNOWN:
                return _later(row, now, error.code)
            if channel.can.speak_first and row.lane <= Lane.ASSIGNMENT and row.attempts < MOST_UNKNOWN:
                return _later(row, now, PERHAPS_SENT)  # better twice, and saying so, than an order nobody hears of
            log.warning(words_for_log.push_unknown(row.id, channel.name, error.code))
            return _Verdict(OutState.UNKNOWN, channel.name, problem=error.code)
        except Rejected as error:
            return await self._rejected(channel, to, row, error, now)
        except SendFailed as error:
            if row.attempts >= MOST_ATTEMPTS:
                log.error(words_for_log.push_given_up(row.id, channel.name, error.code, error.advice))
                return _Verdict(OutState.FAILED, channel.name, problem=error.code)
            return _later(row, now, error.code)
        return _Verdict(OutState.SENT, channel.name)

    async def _rejected(self, channel: Channel, to: Address, row: OutRow, error: Rejected, now: datetime) -> _Verdict:
        if error.stop:
            self._stopped[channel.name] = now + STOPPED_FOR
            log.error(words_for_log.channel_stopped(channel.name, error.code, error.advice))
            return _Verdict(None, channel.name, now + STOPPED_FOR, error.code, tried=False)
        if error.gone and to.chat.kind is ChatKind.PRIVATE:
            await asyncio.to_thread(self._mark_stale, to.chat, now)
        log.warning(words_for_log.push_given_up(row.id, channel.name, error.code, error.advice))
        return _Verdict(OutState.FAILED, channel.name, problem=error.code)

    def _mark_stale(self, chat: ChatRef, now: datetime) -> None:
        with self._database.write() as store:
            store.people.mark_stale(chat.channel, chat.id, now)

    def _settle(self, verdicts: Sequence[tuple[OutRow, _Verdict]], now: datetime) -> None:
        with self._database.write() as store:
            for row, verdict in verdicts:
                if verdict.state is None:
                    until = verdict.until or now + FIRST_WAIT
                    store.outbox.put_off(row, until, verdict.problem or "", tried=verdict.tried)
                else:
                    store.outbox.settle(row, verdict.state, now, via=verdict.via, problem=verdict.problem)

    # Doors of an addressee, the best first

    def _route(self, row: OutRow, now: datetime, tried: frozenset[str]) -> tuple[Channel, Address] | None:
        with self._database.read() as store:
            doors = list(self._doors_of(store, row, now))
        for channel_name, chat, secret in doors:
            channel = self._channels.get(channel_name)
            if channel is None or channel_name in tried or (row.replaces_id and not channel.can.update_card):
                continue
            if channel.can.speak_first:
                return channel, Address(chat, secret)
        for channel_name, chat, _ in doors:
            channel = self._channels.get(channel_name)
            if channel is None or channel_name in tried or channel.can.speak_first or row.replaces_id:
                continue
            with self._database.read() as store:
                if not store.outbox.has_ticket(chat.channel, chat.id, now):
                    continue  # most chats have none: no write lock for those
            with self._database.write() as store:
                ticket = store.outbox.use_ticket(chat.channel, chat.id, now)
            if ticket is not None:
                return channel, Address(chat, ticket)
        return None

    def _doors_of(self, store: Store, row: OutRow, now: datetime) -> list[tuple[str, ChatRef, str | None]]:
        if row.group_id is not None:
            group = store.groups.get(row.group_id)
            doors: list[tuple[str, ChatRef, str | None]] = [
                (group.channel, ChatRef(group.channel, ChatKind.GROUP, group.chat_id), None)
            ]
            if group.push_key:
                doors += [
                    (name, ChatRef(name, ChatKind.GROUP, group.chat_id), group.push_key)
                    for name, channel in self._channels.items()
                    if channel.can.keyed
                ]
            return doors
        if row.person_id is not None:
            doors = []
            for identity in store.people.identities(row.person_id):
                doors.append((identity.channel, ChatRef(identity.channel, ChatKind.PRIVATE, identity.user_id), None))
                for name in self._same_people(identity.channel):
                    doors.append((name, ChatRef(name, ChatKind.PRIVATE, identity.user_id), None))
            return doors
        if row.channel is not None and row.chat_id is not None:
            chat = ChatRef(row.channel, ChatKind(row.chat_kind or "private"), row.chat_id)
            return [(row.channel, chat, None)]
        return []

    def _same_people(self, account: str) -> list[str]:
        """Other channels that reach somebody by the user id they have in the channel `account`."""
        directory = _directory(self._channels.get(account))
        return (
            [directory]
            if directory
            else [name for name, channel in self._channels.items() if _directory(channel) == account]
        )


def _directory(channel: Channel | None) -> str | None:
    """The channel whose user ids mean the same people as this one's."""
    named = getattr(channel, "directory", None)
    return named if isinstance(named, str) else None


def _worded(row: OutRow, channel: Channel) -> Rendered:
    """The line as it leaves. What perhaps arrived already says so, unless the platform drops the copy by itself."""
    whole = rendered(row)
    if row.problem != PERHAPS_SENT or channel.can.drops_copies:
        return whole
    return replace(whole, text=wording.sent_again(whole.text))


def _parts(whole: Rendered, limit: int) -> list[Rendered]:
    if len(whole.text.encode()) <= limit:
        return [whole]
    *first, last = split(whole.text, limit)
    return [Rendered(text) for text in first] + [replace(whole, text=last)]


def _later(row: OutRow, now: datetime, problem: str) -> _Verdict:
    wait = min(FIRST_WAIT * 2 ** min(row.attempts, 12), LONGEST_WAIT)
    return _Verdict(None, None, now + wait * random.uniform(0.8, 1.2), problem)  # noqa: S311  # spreads retries, guards nothing
