"""Promises: what is open, overdue and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.models.states import PromiseState
from app.queries.paging import Filters, Listing, Order, Page
from app.queries.periods import check_zone
from app.storage.db import Connection
from app.storage.rows import fetch_one


class PromiseList(StrEnum):
    """Which promises are listed; the overdue are open as well."""

    open = "open"
    overdue = "overdue"
    kept = "kept"
    withdrawn = "withdrawn"


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise as lists show it. ``made_to`` is the name of whoever wrote the comment, or what was
    typed."""

    id: int
    product_id: UUID
    theme_id: UUID | None
    theme_title: str
    comment_id: int | None
    comment_text: str
    permalink: str
    platform: str
    reply_id: UUID | None
    made_to: str
    words: str
    promised_by: str
    due_on: date | None
    is_overdue: bool
    state: PromiseState
    settled_at: datetime | None
    settled_by: str
    evidence: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PromiseCounts:
    """Promises by what became of them; ``overdue`` are part of ``open``."""

    open: int
    overdue: int
    kept: int
    withdrawn: int


TODAY = "(coalesce(%(now)s::timestamptz, now()) at time zone %(tz)s)::date"
PROMISE_LIST = Listing(
    of=PromiseRow,
    columns=sql.SQL(
        """
        p.id, p.product_id, p.theme_id, coalesce(t.title, '') as theme_title,
        p.comment_id, left(coalesce(cm.text, ''), 500) as comment_text,
        coalesce(cm.permalink, '') as permalink, coalesce(cm.platform, '') as platform, p.reply_id,
        coalesce(nullif(a.name, ''), nullif(a.handle, ''), p.made_to) as made_to, p.words,
        p.promised_by, p.due_on,
        (p.state = 'open' and p.due_on is not null and p.due_on < {today}) as is_overdue,
        p.state, p.settled_at, p.settled_by, p.evidence, p.created_at
        """
    ).format(today=sql.SQL(TODAY)),
    tables=sql.SQL(
        "from promise p left join theme t on t.id = p.theme_id"
        " left join comment cm on cm.id = p.comment_id and cm.deleted_at is null"
        " left join author a on a.id = cm.author_id"
    ),
)
# What has no last day comes after all that have one.
FIRST_DUE = Order(
    "promises.due",
    ("coalesce(p.due_on - date '2000-01-01', 10000000)", "p.id"),
    (int, int),
    descending=False,
)
LAST_SETTLED = Order("promises.settled", ("p.settled_at", "p.id"), (datetime, int))
COUNT_PROMISES = sql.SQL(
    """
    select count(*) filter (where state = 'open') as open,
           count(*) filter (where state = 'open' and due_on < {today}) as overdue,
           count(*) filter (where state = 'kept') as kept,
           count(*) filter (where state = 'withdrawn') as withdrawn
    from promise where %(product)s::uuid is null or product_id = %(product)s
    """
).format(today=sql.SQL(TODAY))
SELECT_PROMISE = PROMISE_LIST.select("where p.id = %(promise)s")


async def list_promises(
    connection: Connection,
    product_id: UUID | None = None,
    *,
    state: PromiseList = PromiseList.open,
    theme_id: UUID | None = None,
    due_until: date | None = None,
    tz: str = "UTC",
    cursor: str | None = None,
    limit: int = 50,
    now: datetime | None = None,
) -> Page[PromiseRow]:
    """Promises: what stands by its last day, the earliest first; what is settled, the latest first.
    A day ends in ``tz``; ``due_until`` leaves out what may take longer. Raises
    Invalid (``cursor_invalid``, ``limit_invalid``, ``timezone_unknown``)."""
    filters = _filters(product_id, theme_id, due_until, tz, now)
    stands = state in (PromiseList.open, PromiseList.overdue)
    filters.add_equal("p.state", PromiseState.open if stands else PromiseState(state))
    if state is PromiseList.overdue:
        filters.add("p.due_on < (coalesce(%(now)s::timestamptz, now()) at time zone %(tz)s)::date")
    order = FIRST_DUE if stands else LAST_SETTLED
    return await PROMISE_LIST.page(connection, order, filters, cursor, limit)


async def count_due(
    connection: Connection, product_id: UUID | None, until: date, *, tz: str = "UTC"
) -> int:
    """How many open promises have a last day that is not after ``until``."""
    filters = _filters(product_id, None, until, tz, None)
    filters.add_equal("p.state", PromiseState.open)
    return await PROMISE_LIST.count(connection, filters)


def _filters(
    product_id: UUID | None,
    theme_id: UUID | None,
    due_until: date | None,
    tz: str,
    now: datetime | None,
) -> Filters:
    filters = Filters()
    filters.values |= {"now": now, "tz": check_zone(tz)}
    filters.add_equal("p.product_id", product_id)
    filters.add_equal("p.theme_id", theme_id)
    if due_until is not None:
        filters.add("p.due_on <= %(due_until)s", due_until=due_until)
    return filters


async def count_promises(
    connection: Connection,
    product_id: UUID | None = None,
    *,
    tz: str = "UTC",
    now: datetime | None = None,
) -> PromiseCounts:
    """How many promises stand, are late, were kept and were withdrawn."""
    values = {"product": product_id, "tz": check_zone(tz), "now": now}
    counts = await fetch_one(connection, COUNT_PROMISES, values, of=PromiseCounts)
    assert counts is not None
    return counts


async def read_promise(connection: Connection, promise_id: int, *, tz: str = "UTC") -> PromiseRow:
    """One promise. Raises NotFound."""
    values = {"promise": promise_id, "tz": check_zone(tz), "now": None}
    row = await fetch_one(connection, SELECT_PROMISE, values, of=PromiseRow)
    if row is None:
        raise NotFound("There is no promise of this number.", reason="promise_not_found")
    return row
