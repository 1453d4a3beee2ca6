"""Where all processes keep a platform's one access token: a row of the database, each step its own short transaction."""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.channels.wecom_app import Token
from storage.database import Database


class DatabaseTokenRow:
    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    async def load(self) -> Token | None:
        return await asyncio.to_thread(self._load)

    async def lease(self, now: datetime, until: datetime) -> bool:
        return await asyncio.to_thread(self._lease, now, until)

    async def store(self, token: Token, instead_of: str | None) -> bool:
        return await asyncio.to_thread(self._store, token, instead_of)

    async def release(self) -> None:
        await asyncio.to_thread(self._release)

    def _load(self) -> Token | None:
        with self._database.read() as store:
            found = store.outbox.load_token(self._name)
        return Token(*found) if found else None

    def _lease(self, now: datetime, until: datetime) -> bool:
        with self._database.write() as store:
            return store.outbox.lease_token(self._name, now, until)

    def _store(self, token: Token, instead_of: str | None) -> bool:
        with self._database.write() as store:
            return store.outbox.store_token(self._name, token.value, token.use_until, instead_of)

    def _release(self) -> None:
        with self._database.write() as store:
            store.outbox.release_token(self._name)
