"""What is known of trackers that send webhooks, and their deliveries: stored before they are
answered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from app.setup.tracker_hooks import TrackerHook, read_hook
from app.storage.db import Connection
from app.storage.rows import fetch_value
from app.storage.vault import Vault
from app.tickets.ledger import FOLLOW_TASK, wake_at_once

SELECT_HOOKED_TRACKER = "select type from tracker where id = %s and enabled"
INSERT_TICKET_DELIVERY = """
    insert into ticket_delivery (tracker_id, dedup_key, headers, body)
    values (%s, %s, %s::jsonb, %s)
    on conflict (tracker_id, dedup_key) do nothing returning id
"""
NOTE_HEARD = "update tracker set heard_at = now() where id = %s"


@dataclass(frozen=True, slots=True)
class HookedTracker:
    """A tracker that may send webhooks, with its secrets in clear. Never log it."""

    type: str
    hook: TrackerHook


async def hooked_tracker(
    connection: Connection, vault: Vault, tracker_id: uuid.UUID
) -> HookedTracker | None:
    """The enabled tracker with this id."""
    type_name = await fetch_value(connection, SELECT_HOOKED_TRACKER, [tracker_id])
    if type_name is None:
        return None
    return HookedTracker(type_name, await read_hook(connection, vault, tracker_id))


async def store_delivery(
    connection: Connection,
    tracker_id: uuid.UUID,
    dedup_key: str,
    headers: Mapping[str, str],
    body: bytes,
) -> bool:
    """Store a well-signed delivery and wake whoever reads it; False for a repetition."""
    values = [tracker_id, dedup_key, json.dumps(dict(headers)), body]
    is_new = await fetch_value(connection, INSERT_TICKET_DELIVERY, values) is not None
    await connection.execute(NOTE_HEARD, [tracker_id])
    if is_new:
        await wake_at_once(connection, FOLLOW_TASK, tracker_id)
    return is_new
