"""What ingest must know of a source, kept in memory so that a webhook costs no query."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.storage.db import Database
from app.storage.rows import fetch_one
from app.storage.vault import Vault
from integrations import registry
from integrations.signatures import Signature
from integrations.source_contract import Source

SELECT_SOURCE = """
    select s.product_id, s.platform, s.settings,
           array_remove(array_agg(x.ciphertext order by x.created_at desc), null) as secrets
    from source s left join source_secret x on x.source_id = s.id and x.retired_at is null
    where s.id = %s and s.enabled group by s.id
"""
ENTRIES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class ConnectedSource:
    """A source with its secrets in clear. Never log it."""

    id: uuid.UUID
    product_id: uuid.UUID
    definition: Source[Any]
    signature: Signature
    secrets: tuple[str, ...]
    loaded_at: float


@dataclass(frozen=True, slots=True)
class _SourceRow:
    product_id: uuid.UUID
    platform: str
    settings: Mapping[str, Any]
    secrets: Sequence[bytes]


class SourceCache:
    """Sources by id, read again after ``ttl`` seconds. ``clock`` is monotonic, in seconds.

    Another process's change is seen after ``ttl`` at the latest; a signature that fails makes the
    caller ask for a ``fresh`` entry, so that a new secret works at once.
    """

    def __init__(
        self, database: Database, vault: Vault, clock: Callable[[], float], ttl: float = 5.0
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._ttl = ttl
        self._entries: dict[str, ConnectedSource | None] = {}
        self._expires: dict[str, float] = {}
        self._lock = asyncio.Lock()

    def peek(self, source_id: str) -> ConnectedSource | None:
        """The entry, if a current one is in memory."""
        if self._expires.get(source_id, 0.0) > self._clock():
            return self._entries[source_id]
        return None

    async def get(self, source_id: str, *, fresh: bool = False) -> ConnectedSource | None:
        """The enabled source with this id, or None. Raises DatabaseAway where nothing is known of
        it."""
        if not fresh and self._expires.get(source_id, 0.0) > self._clock():
            return self._entries[source_id]
        try:
            key = uuid.UUID(source_id)
        except ValueError:
            return None
        async with self._lock:
            if not fresh and self._expires.get(source_id, 0.0) > self._clock():
                return self._entries[source_id]  # somebody who waited before us has read it
            entry = self._entries.get(source_id)
            if fresh and entry is not None and self._clock() - entry.loaded_at < 1.0:
                return entry  # a flood of bad signatures must not become a flood of queries
            entry = await self._load(key)
            if len(self._entries) > ENTRIES_MAX:
                self.forget()
            self._entries[source_id] = entry
            self._expires[source_id] = self._clock() + self._ttl
            return entry

    def forget(self, source_id: str | None = None) -> None:
        """Drop one entry, or all: call after a change in this process."""
        for forgotten_id in [source_id] if source_id else list(self._entries):
            self._entries.pop(forgotten_id, None)
            self._expires.pop(forgotten_id, None)

    async def _load(self, source_id: uuid.UUID) -> ConnectedSource | None:
        async with self._database.transaction() as connection:
            row = await fetch_one(connection, SELECT_SOURCE, [source_id], of=_SourceRow)
        if row is None:
            return None
        secrets = tuple(self._vault.decrypt(bytes(secret)) for secret in row.secrets)
        definition = registry.source(row.platform)
        signature = definition.signature
        with suppress(ValidationError):  # settings of another version of the program
            signature = definition.signed_by(row.settings)
        return ConnectedSource(
            source_id, row.product_id, definition, signature, secrets, self._clock()
        )
