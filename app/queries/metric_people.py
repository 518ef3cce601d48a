"""People of a span: heard, new, returning, lost, each as a number and as the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from psycopg import sql

from app.queries.paging import Filters, Order, Page, first_page, one_more_row
from app.queries.spans import Span
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

REGULAR_DAYS = 90
REGULAR_COMMENTS = 4

# Most people of 90 days are on no list, and are left out before they are put together.
# Linked accounts are one voice, and a comment without an author is one of its own, as in
# app/themes/voices. Whether somebody spoke before is asked only for those who spoke in the span.
VOICES = sql.SQL(
    """
    with spoke as materialized (
      select cm.author_id, max(cm.created_at) as last_at,
             count(*) filter (where cm.created_at >= %(since)s) as comments,
             count(*) filter (where cm.created_at < %(since)s
                                and cm.created_at >= %(before)s) as previous,
             count(*) filter (where cm.created_at < %(since)s
                                and cm.created_at >= %(regular_since)s) as regular
      from product chosen join comment cm on cm.product_id = chosen.id
      where (%(product)s::uuid is null or chosen.id = %(product)s) and cm.author_id is not null
        and cm.created_at >= least(%(before)s::timestamptz, %(regular_since)s::timestamptz)
        and cm.created_at < %(until)s and cm.deleted_at is null
      group by 1
    ),
    named as (
      select case when a.person_id is not null then 4 * a.person_id else 4 * a.id + 1 end as voice,
             min(a.person_id) as person_id, min(a.id) as author_id,
             min(coalesce(nullif(a.name, ''), a.handle)) as name,
             sum(comments)::bigint as comments, sum(previous)::bigint as previous,
             sum(regular)::bigint as regular, max(last_at) as last_at
      from spoke join author a on a.id = spoke.author_id
      where not a.is_staff and not a.is_bot
        and (comments > 0 or previous > 0 or regular >= %(regular_least)s
             or a.person_id is not null)
      group by 1
    ),
    voices as (
      select voice, author_id, name, comments, previous, regular, last_at,
        comments > 0 and previous = 0 and regular = 0 and case when person_id is null then
          coalesce((
            select false from comment e where e.author_id = named.author_id
              and e.created_at < %(since)s and e.deleted_at is null limit 1), true)
        else
          coalesce((
            select false from author o join comment e on e.author_id = o.id
            where o.person_id = named.person_id
              and e.created_at < %(since)s and e.deleted_at is null limit 1), true)
        end as is_new
      from named where comments > 0 or previous > 0 or regular > 0
      union all
      select 4 * cm.id + 2, null, '', 1, 0, 0, cm.created_at, false
      from product chosen join comment cm on cm.product_id = chosen.id
      where (%(product)s::uuid is null or chosen.id = %(product)s) and cm.author_id is null
        and cm.created_at >= %(since)s and cm.created_at < %(until)s and cm.deleted_at is null
    )
    """
)


class PeopleSort(StrEnum):
    """Which people of a span are meant."""

    heard = "heard"
    new = "new"
    previous = "previous"
    """Those who were heard in as many days before."""
    returning = "returning"
    lost = "lost"


OF_SORT = {
    PeopleSort.heard: sql.SQL("comments > 0"),
    PeopleSort.new: sql.SQL("is_new"),
    PeopleSort.previous: sql.SQL("previous > 0"),
    PeopleSort.returning: sql.SQL("(previous > 0 and comments > 0)"),
    PeopleSort.lost: sql.SQL("(regular >= %(regular_least)s and comments = 0)"),
}
COUNT_PEOPLE = sql.SQL("{voices} select {counts} from voices").format(
    voices=VOICES,
    counts=sql.SQL(", ").join(
        sql.SQL("count(*) filter (where {}) as {}").format(condition, sql.Identifier(name))
        for name, condition in OF_SORT.items()
    ),
)
SELECT_PEOPLE = sql.SQL(
    "{voices} select voice, author_id, name, comments, previous, regular, last_at, {cursor_keys}"
    " from voices where {conditions} order by {order} limit {rows}"
)
MOST_COMMENTS = Order("metric_people.comments", ("comments", "voice"), (int, int))


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """People of a span, staff and programs left out. ``previous``: heard in as many days before,
    ``returning`` of them also in the span; ``lost``: wrote four times or more in the 90 days
    before, and nothing in the span."""

    heard: int
    new: int
    previous: int
    returning: int
    lost: int

    @property
    def returning_share(self) -> float | None:
        """returning / previous; None without any."""
        return self.returning / self.previous if self.previous else None


@dataclass(frozen=True, slots=True)
class MetricPerson:
    """Somebody of a list: ``comments`` in the span, ``previous`` in as many days before,
    ``regular`` in the 90 days before it. ``author_id`` is one of their accounts; None where a
    comment names nobody."""

    voice: int
    author_id: int | None
    name: str
    comments: int
    previous: int
    regular: int
    last_at: datetime


async def count_people(connection: Connection, product_id: UUID | None, span: Span) -> PeopleCounts:
    """How many people were heard, and how many of them are new or came back."""
    counts = await fetch_one(connection, COUNT_PEOPLE, _values(product_id, span), of=PeopleCounts)
    assert counts is not None
    return counts


async def list_metric_people(
    connection: Connection,
    product_id: UUID | None,
    span: Span,
    sort: PeopleSort,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[MetricPerson]:
    """The people that a number counts, those with most comments in the span first. Raises Invalid
    (``cursor_invalid``, ``limit_invalid``)."""
    filters = Filters()
    filters.add_composed(OF_SORT[sort])
    rows_to_read = one_more_row(limit)
    MOST_COMMENTS.after(cursor, filters)
    query = SELECT_PEOPLE.format(
        voices=VOICES,
        cursor_keys=MOST_COMMENTS.keys,
        conditions=filters.clause,
        order=MOST_COMMENTS.clause,
        rows=rows_to_read,
    )
    rows = await fetch_all(connection, query, {**_values(product_id, span), **filters.values})

    def read(row: dict[str, object]) -> MetricPerson:
        fields = {name: value for name, value in row.items() if name != "cursor_keys"}
        return MetricPerson(**fields)  # type: ignore[arg-type]  # the query names the fields

    return first_page(rows, limit, MOST_COMMENTS, read)


def _values(product_id: UUID | None, span: Span) -> dict[str, object]:
    return {
        "product": product_id,
        "since": span.since,
        "until": span.until,
        "before": span.before().since,
        "regular_since": span.since - timedelta(days=REGULAR_DAYS),
        "regular_least": REGULAR_COMMENTS,
    }
