"""What a row of the ledger tells, read once for all who are told the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.digests.data import digest_data
from app.digests.ledger import DueDispatch
from app.digests.message import Message, digest_message
from app.digests.periods import read_period
from app.digests.reading import DigestScope, read_digest
from app.digests.spike_lines import spike_message
from app.errors import NotFound
from app.queries.products import read_product_choice
from app.queries.spikes import read_spike
from app.storage.db import Connection, Database

SPIKE_KIND = "spike"
NOW_PREFIX = "now:"
"""Before a key of somebody who asked for one at once: ``now:<key>:2026-W49``."""


async def scope_of(connection: Connection, product_id: UUID | None) -> DigestScope:
    """One product, or all. Raises NotFound (``product_not_found``)."""
    if product_id is None:
        return DigestScope(None, None)
    return DigestScope(await read_product_choice(connection, product_id), product_id)


@dataclass
class Composer:
    """Messages as of ``at``; the same period of the same product is read once."""

    database: Database
    at: datetime
    known: dict[tuple[UUID | None, str, str], Message | None] = field(default_factory=dict)

    async def message(self, due: DueDispatch) -> Message | None:
        """What to say; None where there is nothing to tell."""
        place = (due.product_id, due.about, due.time_zone)
        if place not in self.known:
            self.known[place] = await self._compose(due)
        return self.known[place]

    async def _compose(self, due: DueDispatch) -> Message | None:
        kind, _, key = due.about.rpartition(":")
        if kind == SPIKE_KIND:
            return await self._alert(int(key))
        period = read_period(key, due.time_zone)
        async with self.database.transaction() as connection:
            scope = await scope_of(connection, due.product_id)
            digest = await read_digest(connection, scope, period, self.at)
        # Whoever asks for one gets it, whatever it says.
        if not digest.eventful and not due.about.startswith(NOW_PREFIX):
            return None
        return digest_message(digest, digest_data(digest))

    async def _alert(self, spike_id: int) -> Message | None:
        async with self.database.transaction() as connection:
            try:
                spike = await read_spike(connection, spike_id)
            except NotFound:  # its theme or product is gone by now
                return None
            product = await read_product_choice(connection, spike.product_id)
        return spike_message(spike, product.name, product.slug)
