"""Reads the stored webhook deliveries of a tracker: each names tickets that are to be looked at."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import BaseModel

from app.models.states import TicketEventStage
from app.setup.status_words import one_line
from app.storage.db import Connection, Database
from app.storage.rows import fetch_one, fetch_value
from app.tickets.looking import KEY_MOST_CHARACTERS, NAME_MOST_CHARACTERS
from integrations.contract import Inbound, PayloadError
from integrations.ticket_status import TicketEvent
from integrations.tracker_contract import TrackerType

log = structlog.get_logger(__name__)

PARKED_SECONDS = 5.0
"""How long a delivery waits for the answer of the call that makes its ticket."""
PARKED_MOST_SECONDS = 2 * 3600.0
"""As long as a create that was cut off is looked for."""

SELECT_WAITING_DELIVERY = """
    select id, headers, body, received_at,
           extract(epoch from now() - received_at)::float as age_seconds
    from ticket_delivery
    where tracker_id = %s and stage = 'received' and try_at <= now() order by id limit 1
    for update skip locked
"""
FINISH_DELIVERY = """
    update ticket_delivery set stage = %(stage)s, reason = %(reason)s, body = '' where id = %(id)s
"""
PARK_DELIVERY = """
    update ticket_delivery set try_at = now() + make_interval(secs => %s) where id = %s
"""
# The newest word stands, in whatever order they came.
HINT_TICKET = """
    update ticket
    set look_at = clock_timestamp(),
        hint = case when coalesce(hint ->> 'at', '') <= %(at)s then %(hint)s::jsonb else hint end
    where tracker_id = %(tracker)s and superseded_at is null
      and (remote_id = %(remote)s or (living_key <> '' and living_key = %(key)s))
    returning id
"""
SELECT_ANY_IN_DOUBT = """
    select 1 from ticket
    where tracker_id = %s and (state = 'creating' or create_unconfirmed_at is not null) limit 1
"""
FORGET_DELIVERIES = """
    delete from ticket_delivery
    where tracker_id = %s and stage <> 'received' and received_at < now() - interval '30 days'
"""


@dataclass(frozen=True, slots=True)
class WaitingTicketDelivery:
    """A delivery that nobody read yet."""

    id: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    age_seconds: float


async def read_deliveries(
    database: Database, tracker_id: uuid.UUID, type_: TrackerType[Any], settings: BaseModel
) -> int:
    """Read every delivery that waits, each in a transaction of its own, so that one may end in the
    middle and nothing is lost; returns how many were read. Makes no call."""
    rows = 0
    while True:
        async with database.transaction() as connection:
            delivery = await fetch_one(
                connection, SELECT_WAITING_DELIVERY, [tracker_id], of=WaitingTicketDelivery
            )
            if delivery is None:
                await connection.execute(FORGET_DELIVERIES, [tracker_id])
                return rows
            await _read(connection, tracker_id, type_, settings, delivery)
            rows += 1


async def _read(
    connection: Connection,
    tracker_id: uuid.UUID,
    type_: TrackerType[Any],
    settings: BaseModel,
    delivery: WaitingTicketDelivery,
) -> None:
    inbound = Inbound(
        "POST", delivery.headers, bytes(delivery.body), {}, delivery.received_at.astimezone(UTC)
    )
    try:
        events = type_.parse_event(inbound, settings)
    except PayloadError as error:
        log.warning("ticket_delivery_unreadable", reason=error.reason)
        await _finish(connection, delivery, TicketEventStage.failed, error.reason)
        return
    matches = [await _hint(connection, tracker_id, event) for event in events]
    if events and not any(matches):
        # It may be of a ticket that is being made right now.
        in_doubt = await fetch_value(connection, SELECT_ANY_IN_DOUBT, [tracker_id])
        if in_doubt is not None and delivery.age_seconds < PARKED_MOST_SECONDS:
            await connection.execute(PARK_DELIVERY, [PARKED_SECONDS, delivery.id])
            return
        await _finish(connection, delivery, TicketEventStage.ignored, "ticket_not_ours")
        return
    stage = TicketEventStage.read if events else TicketEventStage.ignored
    await _finish(connection, delivery, stage, "" if events else "no_status")


async def _hint(connection: Connection, tracker_id: uuid.UUID, event: TicketEvent) -> bool:
    """Let the ticket be looked at; False where it is none of ours."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    hint: dict[str, Any] = {
        "actor": one_line(event.actor, NAME_MOST_CHARACTERS),
        "at": at,
        "category": event.state.category,
        "status": one_line(event.state.status, NAME_MOST_CHARACTERS),
    }
    if event.moved_to is not None:
        hint["moved"] = {"key": one_line(event.moved_to.key, KEY_MOST_CHARACTERS)}
    values = {
        "tracker": tracker_id,
        "remote": one_line(event.state.ref.id, KEY_MOST_CHARACTERS),
        "key": one_line(event.state.ref.key, KEY_MOST_CHARACTERS),
        "at": at,
        "hint": json.dumps(hint),
    }
    return await fetch_value(connection, HINT_TICKET, values) is not None


async def _finish(
    connection: Connection, delivery: WaitingTicketDelivery, stage: TicketEventStage, reason: str
) -> None:
    await connection.execute(FINISH_DELIVERY, {"id": delivery.id, "stage": stage, "reason": reason})
