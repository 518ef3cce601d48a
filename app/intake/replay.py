"""Puts stored deliveries back into the queue, after what made them fail was put right."""

from __future__ import annotations

import uuid

from psycopg import sql

from app.errors import Conflict, NotFound
from app.intake.delivery_text import HOLDS_TEXT, text_values
from app.intake.retention import EXPIRED_REASON
from app.storage.advisory import wake_workers
from app.storage.db import Connection
from app.storage.rows import fetch_value

REPLAY_DELIVERY = """
    update delivery
    set stage = 'received', attempts = 0, lease_until = null, reason = '', detail = '',
        finished_at = null
    where id = %s and reason not in (
        'taken_back', 'not_kept', 'private_not_kept', 'author_forgotten', 'expired') returning id
"""
SELECT_REPLAY_REFUSAL = "select reason from delivery where id = %s"
REPLAY_FAILED_DELIVERIES = """
    update delivery
    set stage = 'received', attempts = 0, lease_until = null, reason = '', detail = '',
        finished_at = null
    where stage in ('failed', 'unknown') and reason not in (
        'taken_back', 'not_kept', 'private_not_kept', 'author_forgotten', 'expired')
      and (%(source)s::uuid is null or source_id = %(source)s)
"""
REPLAY_CHOSEN_DELIVERIES = sql.SQL("""
    update delivery d
    set stage = 'received', attempts = 0, lease_until = null, reason = '', detail = '',
        finished_at = null
    where d.source_id = %(source)s and d.stage <> 'received' and d.reason not in (
        'taken_back', 'not_kept', 'private_not_kept', 'author_forgotten', 'expired')
      and (%(stage)s::text is null or d.stage = %(stage)s)
      and (%(reason)s::text is null or d.reason = %(reason)s)
      and (%(event)s::text is null or d.event = %(event)s) and {holds_text}
""")
REPLAY_FAILED_COMMENTS = """
    update comment
    set stage = 'parsed', attempts = 0, lease_until = null, reason = '', detail = ''
    where stage = 'failed' and (%(source)s::uuid is null or source_id = %(source)s)
"""


async def replay_delivery(connection: Connection, delivery_id: int) -> None:
    """Parse one delivery again; known versions of comments change nothing. Raises NotFound, and
    Conflict where its body is gone (``delivery_taken_back``, ``delivery_expired``)."""
    if await fetch_value(connection, REPLAY_DELIVERY, [delivery_id]) is None:
        reason = await fetch_value(connection, SELECT_REPLAY_REFUSAL, [delivery_id])
        if reason == EXPIRED_REASON:
            raise Conflict(
                "What this delivery said is not kept any more: its time was up "
                "(RELAY_KEEP_DELIVERIES_DAYS, RELAY_KEEP_IGNORED_DAYS).",
                reason="delivery_expired",
            )
        if reason is not None:
            raise Conflict(
                "What this delivery said is not kept: it was taken back, it was private, or it was "
                "written by us.",
                reason="delivery_taken_back",
            )
        raise NotFound("There is no delivery with this id.", reason="delivery_not_found")
    await wake_workers(connection)


async def replay_failed(connection: Connection, source_id: uuid.UUID | None = None) -> int:
    """Parse again what failed or was unknown, of one source or of all; returns how many."""
    values = {"source": source_id}
    deliveries = await connection.execute(REPLAY_FAILED_DELIVERIES, values)
    comments = await connection.execute(REPLAY_FAILED_COMMENTS, values)
    await wake_workers(connection)
    return deliveries.rowcount + comments.rowcount


async def replay_chosen(
    connection: Connection,
    source_id: uuid.UUID,
    *,
    stage: str | None = None,
    reason: str | None = None,
    event: str | None = None,
    text: str | None = None,
) -> int:
    """Parse again all deliveries of a source that fit, whatever became of them; returns how many.
    Versions of comments that are known change nothing."""
    values = {"source": source_id, "stage": stage, "reason": reason, "event": event}
    query = REPLAY_CHOSEN_DELIVERIES.format(
        holds_text=sql.SQL(HOLDS_TEXT if text else "true"),
    )
    chosen = {**values, **(text_values(text, source_id) if text else {})}
    replayed = await connection.execute(query, chosen)
    await wake_workers(connection)
    return replayed.rowcount
