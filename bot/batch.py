"""Who and where: what a batch of messages shares, looked up once for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.turn import (
    ChatKind,
    Message,
)
from nlp.intent import Intent
from nlp.places import find_address
from storage import Store
from storage.communities import Community
from storage.groups import Group
from storage.inbox import NewMessage
from storage.people import Person, Role


@dataclass(frozen=True, slots=True)
class Heard:
    """A message and how its words are understood, before any transaction is open."""

    message: Message
    text: str
    intent: Intent


class Batch:
    """What a batch of messages shares: its transaction, and who and where, looked up once for all of them."""

    def __init__(
        self, store: Store, heard: Sequence[Heard], now: datetime, circles: Mapping[str, Sequence[str]]
    ) -> None:
        self.store = store
        self._circles = circles
        self._groups: dict[tuple[str, str], Group | None] = {}
        self._communities: dict[int, Community] = {}
        accounts = {account for one in heard for account in self._accounts_of(one.message)}
        self._people: dict[tuple[str, str], Person] = store.people.known(accounts)
        self._is_changed = False
        for one in heard:
            self.group_of(one.message)
        known = {group.id for group in self._groups.values() if group}
        people = {person.id for person in self._people.values()}
        store.lock_communities(
            {group.community_id for group in self._groups.values() if group}
            | {person.community_id for person in self._people.values() if person.community_id is not None}
        )
        self.rows = store.inbox.add_all([_incoming(one.message) for one in heard], now)
        self.asked_people, self.asked_groups = store.questions.waiting_for(people, known, now)
        self.held_people, self.held_groups = store.outbox.held_among(people, known)
        self.has_asked = False  # set by the first turn of this batch that did anything

    def group_of(self, message: Message) -> Group | None:
        if message.chat.kind is ChatKind.PRIVATE:
            return None
        key = (message.chat.channel, message.chat.id)
        if self._groups.get(key) is None:
            self._groups[key] = self.store.groups.find_in_chat(*key)
        return self._groups[key]

    def person_of(self, message: Message) -> Person | None:
        for account in self._accounts_of(message):
            if account not in self._people and self._is_changed:
                found = self.store.people.find_by_identity(*account)
                if found is not None:
                    self._people[account] = found
            if account in self._people:
                return self._people[account]
        return None

    def _accounts_of(self, message: Message) -> list[tuple[str, str]]:
        """The accounts that mean this sender: where a bot and an app share a directory, both are the same person."""
        sender = message.sender
        return [(channel, sender.id.lower()) for channel in self._circles.get(sender.channel, (sender.channel,))]

    def forget_people(self) -> None:
        """A turn ran: it may have introduced or changed people, so they are read anew."""
        self._is_changed = True
        self.has_asked = True
        self._people.clear()

    def introduce(self, message: Message, person: Person, now: datetime) -> Person:
        known = self.person_of(message)
        if known is not None:
            return known
        kept = self.store.people.add(person, now)
        self.store.people.link(kept.id, self._accounts_of(message)[0][0], message.sender.id, now)
        return kept

    def community_of(self, group: Group | None, speaker: Person | None) -> Community:
        wanted = group.community_id if group else speaker.community_id if speaker else None
        if wanted is None:
            wanted = self.store.communities.all()[0].id
        if wanted not in self._communities:
            self._communities[wanted] = self.store.communities.get(wanted)
        return self._communities[wanted]


def stream_of(message: Message) -> str:
    """Our id for the answer to this message, by which the platform may ask for it again."""
    return hashlib.sha256(str(message.key).encode()).hexdigest()[:32]


def _incoming(message: Message) -> NewMessage:
    chat = message.chat
    return NewMessage(str(message.key), chat.channel, chat.kind, chat.id, message.sender.id, stream_of(message))


def stranger(message: Message, community: Community, group: Group | None) -> Person:
    """Somebody we have not met; their name is known only where the platform tells it."""
    name = (message.sender.name or "").strip()[:32]
    # In many groups people call themselves 6栋阿珍: that tells where they live, no more.
    address, _, _ = find_address(name, name, name)
    return Person(
        0,
        community.id if group else None,
        name or "邻居",
        address.building if address else None,
        is_named=bool(name),
        roles=frozenset({Role.RESIDENT}),
    )
