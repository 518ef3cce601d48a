"""Reading the ledger of tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.models.states import TicketState
from app.queries.paging import Filters, Listing, Order, Page
from app.queries.rows import TicketRow
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.voices import VOICE

SAID_AGAIN = sql.SQL(
    """
    case when k.status = 'done' and k.superseded_at is null and t.last_seen > k.status_since then
      (select count(distinct {voice}) from comment cm left join author a on a.id = cm.author_id
       where cm.theme_id = k.theme_id and cm.deleted_at is null
         and cm.created_at > k.status_since) else 0 end
    """
).format(voice=VOICE)
"""How many people spoke of a ticket's theme since it was done."""
TICKET_LIST = Listing(
    of=TicketRow,
    columns=sql.SQL(
        """
        k.id, k.product_id, k.theme_id, t.title as theme_title, t.kind as theme_kind, k.tracker_id,
        r.name as tracker_name, r.type as tracker_type, k.state, k.remote_key, k.url,
        k.remote_status, k.due_at, k.attempts, k.reason, k.detail, k.created_at, k.pushed_at,
        k.superseded_at, k.superseded_by, coalesce(x.remote_key, '') as followed_key,
        coalesce(x.url, '') as followed_url,
        k.status, k.status_since, k.status_by, k.status_from, k.living_key, k.living_url,
        k.looked_at, k.drift, k.drift_detail, k.told_at, {said_again} as said_again,
        k.linked_at, coalesce(k.former -> -1 ->> 'key', '') as former_key,
        coalesce(k.former -> -1 ->> 'url', '') as former_url, k.rule_name, k.rule_why
        """
    ).format(said_again=SAID_AGAIN),
    tables=sql.SQL(
        "from ticket k join theme t on t.id = k.theme_id join tracker r on r.id = k.tracker_id"
        " left join ticket x on x.id = k.superseded_by"
    ),
)
NEWEST_TICKETS = Order("tickets.newest", ("k.created_at", "k.id"), (datetime, UUID))
SELECT_TICKET = TICKET_LIST.select("where k.id = %s")
SELECT_TICKETS_OF_THEMES = TICKET_LIST.select(
    "where k.theme_id = any(%s) order by k.created_at, k.id"
)
SELECT_TICKETS_NAMED = """
    select id from ticket
    where remote_key = %(name)s or starts_with(id::text, lower(%(name)s)) limit 2
"""
COUNT_TICKETS_BY_TRACKER = "select tracker_id, state, count(*) as count from ticket group by 1, 2"
COUNT_TICKETS_BY_STATE = """
    select state, count(*) as count from ticket
    where %(product)s::uuid is null or product_id = %(product)s group by state order by state
"""


@dataclass(frozen=True, slots=True)
class TrackerStateCount:
    """How many tickets of a tracker are in a state."""

    tracker_id: UUID
    state: TicketState
    count: int


async def list_tickets(
    connection: Connection,
    *,
    product_id: UUID | None = None,
    state: str | None = None,
    tracker_id: UUID | None = None,
    theme_id: UUID | None = None,
    status: str | None = None,
    drifting: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[TicketRow]:
    """Tickets, newest first; ``drifting``: only those that differ from the tracker. Raises
    Invalid (``cursor_invalid``, ``limit_invalid``)."""
    filters = Filters()
    filters.add_equal("k.product_id", product_id)
    filters.add_equal("k.state", state)
    filters.add_equal("k.tracker_id", tracker_id)
    filters.add_equal("k.theme_id", theme_id)
    filters.add_equal("k.status", status)
    if drifting:
        filters.add("k.drift <> ''")
    return await TICKET_LIST.page(connection, NEWEST_TICKETS, filters, cursor, limit)


async def read_ticket(connection: Connection, ticket_id: UUID) -> TicketRow:
    """One ticket. Raises NotFound."""
    ticket = await fetch_one(connection, SELECT_TICKET, (ticket_id,), of=TicketRow)
    if ticket is None:
        raise NotFound("There is no such ticket.", reason="ticket_not_found")
    return ticket


async def tickets_of(
    connection: Connection, theme_ids: list[UUID]
) -> dict[UUID, tuple[TicketRow, ...]]:
    """The tickets of these themes, by theme, oldest first."""
    tickets: dict[UUID, tuple[TicketRow, ...]] = {}
    rows = await fetch_all(connection, SELECT_TICKETS_OF_THEMES, (theme_ids,), of=TicketRow)
    for ticket in rows:
        tickets[ticket.theme_id] = (*tickets.get(ticket.theme_id, ()), ticket)
    return tickets


async def find_ticket_ids(connection: Connection, name: str) -> list[UUID]:
    """The ids of at most two tickets with this key in their tracker, or this start of an id."""
    rows = await fetch_all(connection, SELECT_TICKETS_NAMED, {"name": name})
    return [row["id"] for row in rows]


async def count_by_tracker(connection: Connection) -> dict[UUID, dict[str, int]]:
    """The tickets of each tracker that has any, by state."""
    counts: dict[UUID, dict[str, int]] = {}
    rows = await fetch_all(connection, COUNT_TICKETS_BY_TRACKER, of=TrackerStateCount)
    for row in rows:
        counts.setdefault(row.tracker_id, {})[row.state] = row.count
    return counts


async def count_by_state(connection: Connection, product_id: UUID | None) -> dict[str, int]:
    """Tickets by state, in the order of the states' names."""
    rows = await fetch_all(connection, COUNT_TICKETS_BY_STATE, {"product": product_id})
    return {row["state"]: row["count"] for row in rows}
