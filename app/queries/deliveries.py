"""Reading deliveries: what arrived, what became of it, and the raw request made safe to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.queries.paging import BIGINT, Filters, Order, Page, check_limit, page
from app.queries.rows import build
from app.storage.db import Connection

BODY_SHOWN = 100_000
HIDDEN = "(hidden)"
_SECRET_WORDS = (
    "authorization",
    "cookie",
    "token",
    "secret",
    "password",
    "api-key",
    "apikey",
    "api_key",
)
_NEWEST = Order("deliveries.newest", ("d.id",), (int,))
_COLUMNS = sql.SQL(
    """
    d.id, d.product_id, d.source_id, s.name as source_name, s.platform, d.received_at, d.event, d.stage, d.attempts,
    d.reason, d.detail, d.finished_at, octet_length(d.body) as size
    """
)
_TABLES = sql.SQL("from delivery d join source s on s.id = d.source_id")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One received request. ``size`` is the body's length in bytes; ``reason`` and ``detail`` say
    what went wrong."""

    id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    received_at: datetime
    event: str
    stage: str
    attempts: int
    reason: str
    detail: str
    finished_at: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """A delivery with its request. Headers and parameters that may hold a secret are hidden.

    ``body`` is at most BODY_SHOWN characters; bytes that are not UTF-8 and NUL are written as
    ``\\xNN`` escapes. ``truncated`` says whether there was more; ``comments`` counts the comments
    whose current version came from here.
    """

    row: DeliveryRow
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: str
    truncated: bool
    comments: int


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many deliveries ended in a stage for a reason."""

    stage: str
    reason: str
    count: int


async def list_deliveries(
    c: Connection,
    *,
    product_id: UUID | None = None,
    source_id: UUID | None = None,
    stage: str | None = None,
    reason: str | None = None,
    event: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DeliveryRow]:
    """Deliveries, newest first. Raises Invalid (``cursor_invalid``, ``limit_invalid``)."""
    filters, more = Filters(), check_limit(limit)
    if product_id is not None:
        filters.add("d.product_id = %(product_id)s", product_id=product_id)
    if source_id is not None:
        filters.add("d.source_id = %(source_id)s", source_id=source_id)
    if stage is not None:
        filters.add("d.stage = %(stage)s", stage=stage)
    if reason is not None:
        filters.add("d.reason = %(reason)s", reason=reason)
    if event is not None:
        filters.add("d.event = %(event)s", event=event)
    _NEWEST.after(cursor, filters)
    query = sql.SQL("select {}, {} {} where {} order by {} limit {}").format(
        _COLUMNS, _NEWEST.keys, _TABLES, filters.clause, _NEWEST.clause, more
    )
    return page(
        await (await c.execute(query, filters.values)).fetchall(), limit, _NEWEST, _read_row
    )


def _read_row(row: Mapping[str, Any]) -> DeliveryRow:
    made: DeliveryRow = build(DeliveryRow, row)
    return made


async def read_delivery(c: Connection, delivery_id: int) -> DeliveryDetail:
    """One delivery with its request. Raises NotFound."""
    missing = NotFound(f"There is no delivery {delivery_id}.", reason="delivery_not_found")
    if not 0 < delivery_id <= BIGINT:
        raise missing
    query = sql.SQL(
        "select {}, d.method, d.headers, d.query, substring(d.body from 1 for {}) as body,"
        " (select count(*) from comment cm where cm.source_id = d.source_id and cm.delivery_id = "
        "d.id) as comments"
        " {} where d.id = %s"
    ).format(_COLUMNS, BODY_SHOWN, _TABLES)
    row = await (await c.execute(query, (delivery_id,))).fetchone()
    if row is None:
        raise missing
    return DeliveryDetail(
        row=_read_row(row),
        method=row["method"],
        headers=_without_secrets(row["headers"]),
        query=_without_secrets(row["query"]),
        body=bytes(row["body"]).decode("utf-8", "backslashreplace").replace("\x00", "\\x00"),
        truncated=row["size"] > BODY_SHOWN,
        comments=row["comments"],
    )


def _without_secrets(fields: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: HIDDEN if any(word in name.lower() for word in _SECRET_WORDS) else str(value)
        for name, value in fields.items()
    }


async def count_deliveries(
    c: Connection, *, product_id: UUID | None = None, source_id: UUID | None = None
) -> list[StageCount]:
    """Deliveries by stage and reason, most first."""
    filters = Filters()
    if product_id is not None:
        filters.add("product_id = %(product_id)s", product_id=product_id)
    if source_id is not None:
        filters.add("source_id = %(source_id)s", source_id=source_id)
    query = sql.SQL(
        "select stage, reason, count(*) as count from delivery where {} group by 1, 2 order by 3 "
        "desc, 1, 2"
    ).format(filters.clause)
    return [StageCount(**row) async for row in await c.execute(query, filters.values)]
