"""The fields that a tracker has for new tickets: read from it, and kept for forms and rules."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from app.errors import Conflict, NotFound
from app.setup.opened_tracker import open_tracker
from app.storage.db import Connection
from app.storage.rows import fetch_one
from app.storage.vault import Vault
from integrations.network import Network
from integrations.ticket_fields import FieldShape, TicketField
from integrations.tracker_contract import TrackerError

STORE_FIELDS = "update tracker set fields = %s, fields_read_at = now() where id = %s"
SELECT_FIELDS = "select fields from tracker where id = %s"


async def read_fields(
    connection: Connection, vault: Vault, tracker_id: uuid.UUID, *, network: Network
) -> list[TicketField]:
    """Ask the tracker for the fields of new tickets, and keep them. Raises NotFound; Conflict
    (``tracker_refused``) where the tracker does not tell, and what was known stays."""
    opened = await open_tracker(connection, vault, tracker_id, network=network)
    if opened is None:
        raise NotFound("There is no such tracker, or it is off.", reason="tracker_not_found")
    try:
        fields = list(await opened.tracker.fields())
    except TrackerError as error:
        raise Conflict(error.detail, reason="tracker_refused") from None
    finally:
        await opened.tracker.close()
    await connection.execute(STORE_FIELDS, [Jsonb([asdict(one) for one in fields]), tracker_id])
    return fields


async def known_fields(connection: Connection, tracker_id: uuid.UUID) -> list[TicketField]:
    """The fields as the tracker told of them last, none where it was not asked yet. Raises
    NotFound."""
    row = await fetch_one(connection, SELECT_FIELDS, [tracker_id])
    if row is None:
        raise NotFound("There is no tracker with this id.", reason="tracker_not_found")
    return [_field(stored) for stored in row["fields"]]


def unfilled(fields: Sequence[TicketField], values: Mapping[str, str]) -> list[TicketField]:
    """The required fields that nothing is put into."""
    return [one for one in fields if one.required_for and one.id not in values]


def _field(stored: Mapping[str, Any]) -> TicketField:
    lists = {name: tuple(stored[name]) for name in ("kinds", "required_for")}
    return TicketField(**{**stored, **lists, "shape": FieldShape(stored["shape"])})
