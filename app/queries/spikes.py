"""Spikes and silences that were found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.models.states import SpikeSort, SpikeState
from app.queries.paging import Filters, Listing, Order, Page
from app.queries.spans import Span
from app.storage.db import Connection
from app.storage.rows import fetch_one


@dataclass(frozen=True, slots=True)
class SpikeRow:
    """A spike as lists show it: ``title`` is that of the theme, the phrase, or the source's name.

    ``people`` spoke on ``day`` where ``expected`` are usual; both are 0 for a source that is silent
    against its own rhythm. ``escalates``: the theme was ignored when it was found.
    """

    id: int
    product_id: UUID
    sort: SpikeSort
    title: str
    theme_id: UUID | None
    source_id: UUID | None
    day: date
    people: int
    expected: float
    chance: float
    escalates: bool
    state: SpikeState
    found_at: datetime
    ended_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str


SPIKE_LIST = Listing(
    of=SpikeRow,
    columns=sql.SQL(
        """
        k.id, k.product_id, k.sort, coalesce(t.title, s.name, k.subject) as title, k.theme_id,
        k.source_id, k.day, k.people, k.expected, k.chance, k.escalates, k.state, k.found_at,
        k.ended_at, k.acknowledged_at, k.acknowledged_by
        """
    ),
    tables=sql.SQL(
        "from spike k left join theme t on t.id = k.theme_id"
        " left join source s on s.id = k.source_id"
    ),
)
NEWEST_SPIKES = Order("spikes.newest", ("k.found_at", "k.id"), (datetime, int))
SELECT_SPIKE = SPIKE_LIST.select("where k.id = %s")


async def list_spikes(
    connection: Connection,
    product_id: UUID | None = None,
    *,
    state: SpikeState | None = None,
    theme_id: UUID | None = None,
    found_in: Span | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[SpikeRow]:
    """Spikes, the newest first: in one state, of one theme, found within a span of days, or since
    a moment. Raises Invalid (``cursor_invalid``, ``limit_invalid``)."""
    filters = Filters()
    filters.add_equal("k.product_id", product_id)
    filters.add_equal("k.state", state)
    filters.add_equal("k.theme_id", theme_id)
    if found_in is not None:
        filters.add(
            "k.found_at >= %(found_from)s and k.found_at < %(found_to)s",
            found_from=found_in.since,
            found_to=found_in.until,
        )
    if since is not None:
        filters.add("k.found_at >= %(found_since)s", found_since=since)
    return await SPIKE_LIST.page(connection, NEWEST_SPIKES, filters, cursor, limit)


async def read_spike(connection: Connection, spike_id: int) -> SpikeRow:
    """One spike. Raises NotFound (``spike_not_found``)."""
    row = await fetch_one(connection, SELECT_SPIKE, [spike_id], of=SpikeRow)
    if row is None:
        raise NotFound("There is no spike of this number.", reason="spike_not_found")
    return row
