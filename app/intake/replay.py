"""Puts stored deliveries back into the queue, after what made them fail was put right."""

from __future__ import annotations

import uuid

from app.errors import NotFound
from app.storage.advisory import wake_workers
from app.storage.db import Connection

_BACK = """
    update delivery
    set stage = 'received', attempts = 0, lease_until = null, reason = '', detail = '', finished_at = null
"""


async def replay_delivery(connection: Connection, delivery_id: int) -> None:
    """Parse one delivery again; versions of comments that are known already change nothing. Raises
    NotFound."""
    cursor = await connection.execute(_BACK + "where id = %s returning id", [delivery_id])
    if await cursor.fetchone() is None:
        raise NotFound("There is no delivery with this id.", reason="delivery_not_found")
    await wake_workers(connection)


async def replay_failed(connection: Connection, source_id: uuid.UUID | None = None) -> int:
    """Parse everything again that failed or was unknown, of one source or of all; returns how
    many."""
    cursor = await connection.execute(
        _BACK
        + "where stage in ('failed', 'unknown') and (%(source)s::uuid is null or source_id = %(source)s)",
        {"source": source_id},
    )
    comments = await connection.execute(
        """
        update comment set stage = 'parsed', attempts = 0, lease_until = null, reason = '', detail = ''
        where stage = 'failed' and (%(source)s::uuid is null or source_id = %(source)s)
        """,
        {"source": source_id},
    )
    await wake_workers(connection)
    return cursor.rowcount + comments.rowcount
