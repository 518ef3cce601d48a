"""What was refused at a source's address: why, how often, when and from where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.storage.db import Connection
from app.storage.rows import fetch_all

REFUSALS_SHOWN = 20

SELECT_REFUSALS = """
    select reason, origin, sum(count)::bigint as count, min(first_at) as first_at,
           max(last_at) as last_at
    from refused_request where source_id = %(source)s and day > current_date - 14
    group by 1, 2 order by 5 desc, 1, 2 limit %(limit)s
"""


@dataclass(frozen=True, slots=True)
class RefusedRequests:
    """Requests of one sender that were refused for one reason in the last 14 days. ``origin`` is
    the sender's address, blank for senders that are counted together."""

    reason: str
    origin: str
    count: int
    first_at: datetime
    last_at: datetime


async def list_refusals(
    connection: Connection, source_id: UUID, *, limit: int = REFUSALS_SHOWN
) -> list[RefusedRequests]:
    """The latest first."""
    values = {"source": source_id, "limit": limit}
    return await fetch_all(connection, SELECT_REFUSALS, values, of=RefusedRequests)
