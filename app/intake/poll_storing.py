"""Stores what was polled as deliveries, which are parsed like those that a webhook brought."""

from __future__ import annotations

import json

from app.intake.committer import INSERT_DELIVERIES
from app.intake.poll_leases import ClaimedPoll
from app.intake.poll_sifting import Sifted
from app.storage.advisory import wake_workers
from app.storage.db import Connection


async def insert_polled(connection: Connection, claimed: ClaimedPoll, sifted: Sifted) -> set[str]:
    """Store the deliveries; returns the keys of those that are new."""
    items = [item for item, _ in sifted.items]
    if not items:
        return set()
    arrays = [
        [item.dedup_key for item in items],
        [json.dumps(dict(item.inbound.headers)) for item in items],
        [item.inbound.body for item in items],
    ]
    values = [claimed.product_id, claimed.source_id, "POST", "{}", *arrays]
    cursor = await connection.execute(INSERT_DELIVERIES, values)
    stored_keys = {row["dedup_key"] for row in await cursor.fetchall()}
    if stored_keys:
        await wake_workers(connection)
    return stored_keys
