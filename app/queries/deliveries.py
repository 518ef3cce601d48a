"""Reading deliveries: what arrived, what became of it, and the raw request made safe to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.intake.delivery_text import HOLDS_TEXT, text_values
from app.models.states import DeliveryStage, Visibility
from app.queries.paging import BIGINT_MAX, Filters, Listing, Order, Page
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value

BODY_SHOWN_BYTES = 100_000
HIDDEN_VALUE = "(hidden)"
SECRET_WORDS = (
    "authorization",
    "cookie",
    "token",
    "secret",
    "password",
    "api-key",
    "apikey",
    "api_key",
)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One received request. ``size`` is the body's length in bytes; ``reason`` and ``detail`` say
    what went wrong, ``visibility`` who may read it where it was written."""

    id: int
    product_id: UUID
    source_id: UUID
    source_name: str
    platform: str
    received_at: datetime
    event: str
    stage: DeliveryStage
    attempts: int
    reason: str
    detail: str
    finished_at: datetime | None
    size: int
    visibility: Visibility


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """A delivery with its request. Headers and parameters that may hold a secret are hidden.

    ``body`` is the first BODY_SHOWN_BYTES; bytes that are not UTF-8 and NUL are written as
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

    stage: DeliveryStage
    reason: str
    count: int


DELIVERY_LIST = Listing(
    of=DeliveryRow,
    columns=sql.SQL(
        """
        d.id, d.product_id, d.source_id, s.name as source_name, s.platform, d.received_at, d.event,
        d.stage, d.attempts, d.reason, d.detail, d.finished_at, octet_length(d.body) as size,
        d.visibility
        """
    ),
    tables=sql.SQL("from delivery d join source s on s.id = d.source_id"),
)
NEWEST_DELIVERIES = Order("deliveries.newest", ("d.id",), (int,))
SELECT_DELIVERY = DELIVERY_LIST.select(
    "where d.id = %s",
    sql.SQL(
        """, d.method, d.headers, d.query, substring(d.body from 1 for {}) as body,
        (select count(*) from comment cm
          where cm.source_id = d.source_id and cm.delivery_id = d.id) as comments
        """
    ).format(BODY_SHOWN_BYTES),
)
COUNT_DELIVERIES_BY_STAGE = sql.SQL(
    """
    select stage, reason, count(*) as count from delivery where {}
    group by 1, 2 order by 3 desc, 1, 2
    """
)
SELECT_EVENTS = """
    select event from delivery
    where source_id = %s and event <> '' and received_at > now() - interval '7 days'
    group by event order by count(*) desc, event limit 50
"""
COUNT_DELIVERIES_OF_SOURCES = "select count(*) from delivery where source_id = any(%s)"


async def list_deliveries(
    connection: Connection,
    *,
    product_id: UUID | None = None,
    source_id: UUID | None = None,
    stage: str | None = None,
    reason: str | None = None,
    event: str | None = None,
    text: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DeliveryRow]:
    """Deliveries, newest first; ``text`` stands in the body, and is looked for in the newest
    TEXT_SEARCHED_DELIVERIES. Raises Invalid (``cursor_invalid``, ``limit_invalid``)."""
    filters = Filters()
    filters.add_equal("d.product_id", product_id)
    filters.add_equal("d.source_id", source_id)
    filters.add_equal("d.stage", stage)
    filters.add_equal("d.reason", reason)
    filters.add_equal("d.event", event)
    if text:
        filters.add(HOLDS_TEXT, **text_values(text, source_id))
    return await DELIVERY_LIST.page(connection, NEWEST_DELIVERIES, filters, cursor, limit)


async def read_delivery(connection: Connection, delivery_id: int) -> DeliveryDetail:
    """One delivery with its request. Raises NotFound."""
    missing = NotFound(f"There is no delivery {delivery_id}.", reason="delivery_not_found")
    if not 0 < delivery_id <= BIGINT_MAX:
        raise missing
    row = await fetch_one(connection, SELECT_DELIVERY, (delivery_id,))
    if row is None:
        raise missing
    return DeliveryDetail(
        row=DELIVERY_LIST.read(row),
        method=row["method"],
        headers=_without_secrets(row["headers"]),
        query=_without_secrets(row["query"]),
        body=bytes(row["body"]).decode("utf-8", "backslashreplace").replace("\x00", "\\x00"),
        truncated=row["size"] > BODY_SHOWN_BYTES,
        comments=row["comments"],
    )


def _without_secrets(fields: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: HIDDEN_VALUE if _may_hold_secret(name) else str(value)
        for name, value in fields.items()
    }


def _may_hold_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)


async def count_deliveries(
    connection: Connection, *, product_id: UUID | None = None, source_id: UUID | None = None
) -> list[StageCount]:
    """Deliveries by stage and reason, most first."""
    filters = Filters()
    filters.add_equal("product_id", product_id)
    filters.add_equal("source_id", source_id)
    query = COUNT_DELIVERIES_BY_STAGE.format(filters.clause)
    return await fetch_all(connection, query, filters.values, of=StageCount)


async def list_events(connection: Connection, source_id: UUID) -> list[str]:
    """The events that a source's deliveries of the last seven days were about, most first."""
    rows = await fetch_all(connection, SELECT_EVENTS, [source_id])
    return [row["event"] for row in rows]


async def count_deliveries_of(connection: Connection, source_ids: Sequence[UUID]) -> int:
    """How many deliveries these sources sent together."""
    count: int = await fetch_value(connection, COUNT_DELIVERIES_OF_SOURCES, [list(source_ids)])
    return count
