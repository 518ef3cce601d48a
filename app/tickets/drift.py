"""What differs between our tickets and the tracker's: looked for at once, and repaired."""

from __future__ import annotations

import uuid

from psycopg import sql

from app.errors import NotFound
from app.storage.db import Connection
from app.storage.rows import fetch_value
from app.tickets.ledger import FOLLOW_TASK, IS_FOLLOWED, PUSH_TASK, wake_at_once

LOOK_AT_ALL = sql.SQL(
    """
    with looked as (
        update ticket k set look_at = now() where k.tracker_id = %s and {followed} returning k.id)
    select count(*) from looked
    """
).format(followed=IS_FOLLOWED)
# The block is compared with what the tracker holds, and written again where people removed it.
REFRESH_ALL = """
    with refreshed as (
        update ticket set due_at = coalesce(due_at, now()), content_hash = ''
        where tracker_id = %s and state = 'created' and superseded_at is null
        returning id)
    select count(*) from refreshed
"""
SELECT_TRACKER_THERE = "select id from tracker where id = %s"


async def check_tickets(connection: Connection, tracker_id: uuid.UUID) -> int:
    """Let every ticket of the tracker be looked at there, as fast as the budget of calls allows;
    returns how many. What differs is found in the list of tickets. Raises NotFound."""
    await _require(connection, tracker_id)
    tickets = int(await fetch_value(connection, LOOK_AT_ALL, [tracker_id]) or 0)
    await wake_at_once(connection, FOLLOW_TASK, tracker_id)
    return tickets


async def repair_tickets(connection: Connection, tracker_id: uuid.UUID) -> int:
    """Look at every ticket as ``check_tickets`` does, and bring its block up to date, also where
    somebody edited it; returns how many. Nothing is created, closed or deleted by it, so that it
    can be asked for at any time. Raises NotFound."""
    await check_tickets(connection, tracker_id)
    tickets = int(await fetch_value(connection, REFRESH_ALL, [tracker_id]) or 0)
    await wake_at_once(connection, PUSH_TASK, tracker_id)
    return tickets


async def _require(connection: Connection, tracker_id: uuid.UUID) -> None:
    if await fetch_value(connection, SELECT_TRACKER_THERE, [tracker_id]) is None:
        raise NotFound("There is no tracker with this id.", reason="tracker_not_found")
