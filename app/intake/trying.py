"""Reads a stored delivery with settings that nobody has saved yet, and changes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.errors import NotFound
from app.intake.understanding import ClaimedDelivery, understand
from app.storage.db import Connection
from app.storage.rows import fetch_one
from integrations.source_contract import TEST_HEADER, CommentEvent

SELECT_TRIED_DELIVERY = """
    select d.id, d.product_id, d.source_id, d.received_at, d.method, d.headers, d.query, d.body,
           d.attempts, s.platform, s.settings
    from delivery d join source s on s.id = d.source_id
    where d.source_id = %(source)s and d.body <> ''
      and (%(delivery)s::bigint is null or d.id = %(delivery)s)
    order by d.id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of a delivery: its ``outcome`` (parsed, ignored, unknown, failed), why, and
    the comments in it."""

    delivery_id: int
    body: bytes
    event: str
    outcome: str
    detail: str
    comments: Sequence[CommentEvent]


async def try_settings(
    connection: Connection,
    source_id: uuid.UUID,
    settings: Mapping[str, Any],
    delivery_id: int | None = None,
) -> Tried:
    """What these settings make of a delivery, of the newest one where none is named. ``settings``
    were checked. Raises NotFound (``delivery_not_found``)."""
    values = {"source": source_id, "delivery": delivery_id}
    delivery = await fetch_one(connection, SELECT_TRIED_DELIVERY, values, of=ClaimedDelivery)
    if delivery is None:
        raise NotFound(
            "There is no delivery to try it on: send one event first.", reason="delivery_not_found"
        )
    headers = {name: text for name, text in delivery.headers.items() if name != TEST_HEADER}
    tried = replace(delivery, headers=headers, settings=settings, attempts=0)
    outcome = understand(tried, 1)
    return Tried(
        delivery.id,
        bytes(delivery.body),
        outcome.event,
        outcome.stage,
        outcome.detail,
        outcome.events,
    )
