"""Reading the ledger of tickets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.queries.paging import Filters, Order, Page, check_limit, page
from app.queries.rows import TicketRow, build
from app.storage.db import Connection

COLUMNS = sql.SQL(
    """
    k.id, k.product_id, k.theme_id, t.title as theme_title, t.kind as theme_kind, k.tracker_id,
    r.name as tracker_name, r.type as tracker_type, k.state, k.remote_key, k.url, k.remote_status, k.due_at,
    k.attempts, k.reason, k.detail, k.created_at, k.pushed_at
    """
)
TABLES = sql.SQL(
    "from ticket k join theme t on t.id = k.theme_id join tracker r on r.id = k.tracker_id"
)
NEWEST = Order("tickets.newest", ("k.created_at", "k.id"), (datetime, UUID))


def read_row(row: Mapping[str, Any]) -> TicketRow:
    """A TicketRow from the columns above."""
    made: TicketRow = build(TicketRow, row)
    return made


async def list_tickets(
    c: Connection,
    *,
    product_id: UUID | None = None,
    state: str | None = None,
    tracker_id: UUID | None = None,
    theme_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[TicketRow]:
    """Tickets, newest first. Raises Invalid (``cursor_invalid``, ``limit_invalid``)."""
    filters, more = Filters(), check_limit(limit)
    if product_id is not None:
        filters.add("k.product_id = %(product_id)s", product_id=product_id)
    if state is not None:
        filters.add("k.state = %(state)s", state=state)
    if tracker_id is not None:
        filters.add("k.tracker_id = %(tracker_id)s", tracker_id=tracker_id)
    if theme_id is not None:
        filters.add("k.theme_id = %(theme_id)s", theme_id=theme_id)
    NEWEST.after(cursor, filters)
    query = sql.SQL("select {}, {} {} where {} order by {} limit {}").format(
        COLUMNS, NEWEST.keys, TABLES, filters.clause, NEWEST.clause, more
    )
    return page(await (await c.execute(query, filters.values)).fetchall(), limit, NEWEST, read_row)


async def read_ticket(c: Connection, ticket_id: UUID) -> TicketRow:
    """One ticket. Raises NotFound."""
    query = sql.SQL("select {} {} where k.id = %s").format(COLUMNS, TABLES)
    row = await (await c.execute(query, (ticket_id,))).fetchone()
    if row is None:
        raise NotFound("There is no such ticket.", reason="ticket_not_found")
    return read_row(row)


async def tickets_of(c: Connection, theme_ids: list[UUID]) -> dict[UUID, tuple[TicketRow, ...]]:
    """The tickets of these themes, by theme, oldest first."""
    query = sql.SQL("select {} {} where k.theme_id = any(%s) order by k.created_at, k.id").format(
        COLUMNS, TABLES
    )
    found: dict[UUID, tuple[TicketRow, ...]] = {}
    async for row in await c.execute(query, (theme_ids,)):
        found[row["theme_id"]] = (*found.get(row["theme_id"], ()), read_row(row))
    return found
