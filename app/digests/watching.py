"""Spikes and silences are looked for, and told at once to whoever asked for that."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from app.insights.spikes import look_for_spikes
from app.queries import health
from app.queries.health import SourceStatus
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all

# By what is there, not by what this run found: a worker may die after it found something.
WRITE_ALERTS = """
    insert into dispatch (id, subscription_id, about, due_at)
    select gen_random_uuid(), s.id, 'spike:' || k.id, %(now)s
    from spike k join digest_subscription s
      on s.alerts and s.enabled and (s.product_id is null or s.product_id = k.product_id)
     and s.created_at <= k.found_at
    where k.found_at > %(now)s - interval '1 day' and k.state = 'open'
    on conflict (subscription_id, about) do nothing
    returning id
"""


async def watch(database: Database, now: datetime) -> int:
    """Look once, and write down whom to tell; returns how many alerts are to go out."""
    async with database.transaction() as connection:
        silent = await silent_sources(connection, now)
    await look_for_spikes(database, now, silent)
    async with database.transaction() as connection:
        return len(await fetch_all(connection, WRITE_ALERTS, {"now": now}))


async def silent_sources(connection: Connection, now: datetime) -> dict[UUID, list[UUID]]:
    """Sources that are silent against their own rhythm, by product."""
    silent: dict[UUID, list[UUID]] = defaultdict(list)
    for source in await health.sources(connection, now=now):
        if source.status is SourceStatus.quiet:
            silent[source.product_id].append(source.source_id)
    return silent
