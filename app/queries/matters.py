"""Matters: what people are told of as one thing. A theme is one; themes that hang together by open
suggestions are one as well, until somebody says otherwise.

Of a matter of several themes *up to* so many people spoke: they may be two matters after all, and
somebody who spoke of two of the themes is counted with both, except in the counts of a period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from app.errors import Invalid
from app.queries.cluster_leads import MEMBERS, Clusters, read_clusters
from app.queries.paging import Filters, Order, Page, first_page, one_more_row
from app.queries.periods import PERIOD, period_values
from app.queries.rows import ThemeRow
from app.queries.theme_filters import ThemeFilter
from app.queries.themes import theme_rows
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.voices import CREDIT
from app.themes.weights import WEIGHT_OF_THEMES

RISE_DAYS = 7
"""What rises is told from the people of so many days, today among them, and of as many before."""

COUNT_RISE = sql.SQL("""
    with {period}, said as (
        select coalesce(m.lead, t.id) as lead, cm.created_at >= since as is_recent,
               {credit} as credit
        from period cross join chosen join comment cm on cm.product_id = chosen.id
        join theme t on t.id = cm.theme_id
        left join {members} on m.theme = t.id
        left join author a on a.id = cm.author_id
        where cm.created_at >= before and cm.created_at < until and cm.deleted_at is null
          and t.status <> 'merged' {only}
    )
    select lead, count(distinct credit) filter (where is_recent) as recent,
           count(distinct credit) filter (where not is_recent) as before
    from said group by lead
""")
RISE_OF_ALL = COUNT_RISE.format(period=PERIOD, credit=CREDIT, members=MEMBERS, only=sql.SQL(""))
ONLY_THEMES = sql.SQL("and cm.theme_id = any(%(only)s::uuid[])")
RISE_OF_SOME = COUNT_RISE.format(period=PERIOD, credit=CREDIT, members=MEMBERS, only=ONLY_THEMES)
SELECT_MATTERS = sql.SQL("""
    with {rises} matter as (
        select coalesce(m.lead, t.id) as id, sum(t.mentions)::bigint as mentions,
               sum(t.people)::bigint as people,
               max(coalesce(t.last_seen, t.created_at)) as last_seen,
               max(t.created_at) as created_at, max(t.confidence) as confidence,
               bool_or({shown}) as shown, {weight} as weight
        from theme t {weights} left join {members} on m.theme = t.id
        where {product} group by 1
    ),
    counted as (
        select r.*, {rise} as rise from matter r {rise_of} where r.shown
    )
    select t.id, t.people, {cursor_keys} from counted t where {after} order by {order} limit {rows}
""")

OF_WEIGHTS = sql.SQL("left join {} w on w.theme_id = t.id").format(WEIGHT_OF_THEMES)
_RISE: LiteralString = "coalesce(s.recent, 0) - coalesce(s.before, 0)"
MATTER_ORDERS = {
    "people": Order("matters.people", ("t.people", "t.mentions", "t.id"), (int, int, UUID)),
    "rising": Order("matters.rising", ("t.rise", "t.people", "t.id"), (int, int, UUID)),
    "recent": Order("matters.recent", ("t.last_seen", "t.id"), (datetime, UUID)),
    "new": Order("matters.new", ("t.created_at", "t.id"), (datetime, UUID)),
    "weight": Order("matters.weight", ("t.weight", "t.people", "t.id"), (float, int, UUID)),
    "confidence": Order("matters.confidence", ("t.confidence", "t.id"), (float, UUID)),
}


@dataclass(frozen=True, slots=True)
class Rise:
    """People who spoke of a matter in the last seven days, and in the seven before."""

    recent: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter, shown by its leading ``theme``. ``theme_ids``: all of its themes, that one first;
    ``people``: up to so many spoke of them; ``recent_people`` did in the last seven days,
    ``previous_people`` in the seven before."""

    theme: ThemeRow
    theme_ids: tuple[UUID, ...]
    people: int
    recent_people: int
    previous_people: int

    @property
    def is_cluster(self) -> bool:
        """Whether it is several themes that may be the same."""
        return len(self.theme_ids) > 1


async def list_matters(
    connection: Connection,
    chosen: ThemeFilter,
    *,
    sort: str = "people",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Matter]:
    """Matters of which a theme passes the filter, by ``sort`` (a key of MATTER_ORDERS), highest
    first. Raises Invalid: ``cursor_invalid``, ``limit_invalid``, ``sort_unknown``."""
    if sort not in MATTER_ORDERS:
        raise Invalid(f"Sort by one of: {', '.join(MATTER_ORDERS)}.", reason="sort_unknown")
    order, after = MATTER_ORDERS[sort], Filters()
    order.after(cursor, after)
    rows_to_read = one_more_row(limit)
    clusters = await read_clusters(connection, chosen.product_id)
    conditions = chosen.conditions()
    of_product = Filters()
    of_product.add("t.status <> 'merged'")
    of_product.add_equal("t.product_id", chosen.product_id)
    is_rising, is_weighed = sort == "rising", sort == "weight"
    query = SELECT_MATTERS.format(
        rises=sql.SQL("rises as ({}),").format(RISE_OF_ALL) if is_rising else sql.SQL(""),
        rise=sql.SQL(_RISE) if is_rising else sql.SQL("0"),
        rise_of=sql.SQL("left join rises s on s.lead = r.id" if is_rising else ""),
        weight=sql.SQL("coalesce(sum(w.weight), 0)" if is_weighed else "0::float8"),
        weights=OF_WEIGHTS if is_weighed else sql.SQL(""),
        shown=conditions.clause,
        product=of_product.clause,
        members=MEMBERS,
        cursor_keys=order.keys,
        after=after.clause,
        order=order.clause,
        rows=rows_to_read,
    )
    values = {
        **period_values(chosen.product_id, RISE_DAYS, "UTC", None),
        **conditions.values,
        **of_product.values,
        **after.values,
        **clusters.values,
    }
    rows = await fetch_all(connection, query, values)
    shown = await matters_of(
        connection, chosen.product_id, {row["id"]: row["people"] for row in rows[:limit]}, clusters
    )
    return first_page(rows, limit, order, lambda row: shown[row["id"]])


async def matters_of(
    connection: Connection,
    product_id: UUID | None,
    people: Mapping[UUID, int],
    clusters: Clusters,
    *,
    tz: str = "UTC",
    now: datetime | None = None,
) -> dict[UUID, Matter]:
    """The matters that these themes stand for, by them, with ``people`` as counted."""
    themes = await theme_rows(connection, list(people))
    ids = [theme for lead in people for theme in clusters.themes(lead)]
    shown = clusters.only(people)
    risen = await rises(connection, product_id, shown, only=ids, tz=tz, now=now)
    return {
        lead: Matter(
            theme=themes[lead],
            theme_ids=clusters.themes(lead),
            people=count,
            recent_people=risen.get(lead, Rise()).recent,
            previous_people=risen.get(lead, Rise()).before,
        )
        for lead, count in people.items()
    }


async def rises(
    connection: Connection,
    product_id: UUID | None,
    clusters: Clusters,
    *,
    only: Sequence[UUID] | None = None,
    tz: str = "UTC",
    now: datetime | None = None,
) -> dict[UUID, Rise]:
    """How each matter was spoken of lately, by its leading theme; with ``only``, of these
    themes."""
    values = {**period_values(product_id, RISE_DAYS, tz, now), **clusters.values, "only": only}
    query = RISE_OF_ALL if only is None else RISE_OF_SOME
    rows = await fetch_all(connection, query, values)
    return {row["lead"]: Rise(row["recent"], row["before"]) for row in rows}
