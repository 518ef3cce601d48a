"""The themes that the numbers of a span count, and those that rise and fall in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from psycopg import sql

from app.queries.rows import ThemeRow
from app.queries.spans import Span
from app.queries.themes import theme_rows
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.voices import CREDIT

METRIC_THEMES_MOST = 2_000
"""A list that is longer is cut, and says so."""


class ThemeSort(StrEnum):
    """Which themes of a span are meant."""

    opened = "opened"
    open_before = "open_before"
    decided = "decided"
    shipped = "shipped"
    told = "told"
    untold = "untold"
    """Shipped, and nobody told any of its people."""


_NOT_MERGED = "t.created_at < %(until)s and t.status <> 'merged'"
_SHIPPED = """
    exists (select from ticket k where k.theme_id = t.id and k.status = 'done'
            and k.superseded_at is null and t.status = 'accepted'
            and k.status_since >= %(since)s and k.status_since < %(until)s {told})
"""
OF_THEME_SORT = {
    ThemeSort.opened: sql.SQL(_NOT_MERGED + " and t.created_at >= %(since)s"),
    ThemeSort.open_before: sql.SQL(
        _NOT_MERGED
        + " and t.created_at < %(since)s and (t.status = 'triage' or t.decided_at >= %(since)s)"
    ),
    ThemeSort.decided: sql.SQL(
        _NOT_MERGED
        + " and t.status in ('accepted', 'ignored')"
        + " and t.decided_at >= %(since)s and t.decided_at < %(until)s"
    ),
    ThemeSort.shipped: sql.SQL(_SHIPPED).format(told=sql.SQL("")),
    ThemeSort.told: sql.SQL(_SHIPPED).format(told=sql.SQL("and k.told_at is not null")),
    ThemeSort.untold: sql.SQL("({shipped} and not {told})").format(
        shipped=sql.SQL(_SHIPPED).format(told=sql.SQL("")),
        told=sql.SQL(_SHIPPED).format(told=sql.SQL("and k.told_at is not null")),
    ),
}
SELECT_METRIC_THEMES = sql.SQL(
    "select t.id from theme t where (%(product)s::uuid is null or t.product_id = %(product)s)"
    " and {condition} order by t.people desc, t.created_at, t.id limit %(most)s"
)
# People who only pass a text round add nothing: see app/themes/voices.
COUNT_MOVES = sql.SQL(
    """
    with said as (
      select t.id, cm.created_at >= %(since)s as is_recent, {credit} as credit
      from product chosen join comment cm on cm.product_id = chosen.id
      join theme t on t.id = cm.theme_id left join author a on a.id = cm.author_id
      where (%(product)s::uuid is null or chosen.id = %(product)s)
        and cm.created_at >= %(before)s and cm.created_at < %(until)s and cm.deleted_at is null
        and t.status in ('triage', 'accepted')
    ),
    counted as (
      select id, count(distinct credit) filter (where is_recent) as recent,
             count(distinct credit) filter (where not is_recent) as before
      from said group by id
    ),
    placed as (
      select *, row_number() over (order by recent - before desc, recent desc, id) as up,
             row_number() over (order by before - recent desc, before desc, id) as down
      from counted where recent <> before
    )
    select id, recent, before from placed
    where (recent > before and up <= %(most)s) or (recent < before and down <= %(most)s)
    order by up
    """
).format(credit=CREDIT)


@dataclass(frozen=True, slots=True)
class ThemeMove:
    """A theme with the people who spoke of it in a span, and in as many days before."""

    theme: ThemeRow
    recent: int
    before: int


@dataclass(frozen=True, slots=True)
class _Move:
    id: UUID
    recent: int
    before: int


@dataclass(frozen=True, slots=True)
class _ThemeId:
    id: UUID


async def list_metric_themes(
    connection: Connection, product_id: UUID | None, span: Span, sort: ThemeSort
) -> list[ThemeRow]:
    """The themes that a number counts, those of most people first; METRIC_THEMES_MOST at most."""
    values = {
        "product": product_id,
        "since": span.since,
        "until": span.until,
        "most": METRIC_THEMES_MOST,
    }
    query = SELECT_METRIC_THEMES.format(condition=OF_THEME_SORT[sort])
    ids = [row.id for row in await fetch_all(connection, query, values, of=_ThemeId)]
    themes = await theme_rows(connection, ids)
    return [themes[theme_id] for theme_id in ids if theme_id in themes]


async def moving_themes(
    connection: Connection, product_id: UUID | None, span: Span, limit: int = 5
) -> tuple[Sequence[ThemeMove], Sequence[ThemeMove]]:
    """The themes that gained most people against as many days before, and those that lost most."""
    values = {
        "product": product_id,
        "since": span.since,
        "until": span.until,
        "before": span.before().since,
        "most": limit,
    }
    rows = await fetch_all(connection, COUNT_MOVES, values, of=_Move)
    themes = await theme_rows(connection, [row.id for row in rows])
    moves = [ThemeMove(themes[row.id], row.recent, row.before) for row in rows]
    rising = [move for move in moves if move.recent > move.before]
    return rising, [move for move in moves[::-1] if move.recent < move.before]
