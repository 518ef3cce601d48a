"""Reading themes: the triage queue, one theme, and the comments in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import sql

from app.errors import Invalid, NotFound
from app.queries.comments import CommentFilter, list_comments
from app.queries.paging import Order, Page, first_page, one_more_row
from app.queries.rows import CommentRow, ThemeDetail, ThemeRow, TicketRow, build
from app.queries.suggestions import list_suggestions
from app.queries.theme_filters import ThemeFilter
from app.queries.tickets import tickets_of
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.themes.weights import WEIGHT_OF_THEME, WEIGHT_OF_THEMES

_LAST_SEEN: LiteralString = "coalesce(t.last_seen, t.created_at)"
THEME_ORDERS = {
    "people": Order("themes.people", ("t.people", "t.mentions", "t.id"), (int, int, UUID)),
    "recent": Order("themes.recent", (_LAST_SEEN, "t.id"), (datetime, UUID)),
    "new": Order("themes.new", ("t.created_at", "t.id"), (datetime, UUID)),
    "confidence": Order("themes.confidence", ("t.confidence", "t.id"), (float, UUID)),
    "weight": Order("themes.weight", ("t.weight", "t.people", "t.id"), (float, int, UUID)),
}
NEWEST_QUOTE_CHARACTERS = 280

SELECT_THEMES = sql.SQL("select t.* from {} t where {} order by {} limit {}")
EVERY_THEME = sql.SQL("(select t.*, {} as weight from theme t)").format(WEIGHT_OF_THEME)
WEIGHED_THEMES = sql.SQL(
    "(select t.*, coalesce(w.weight, 0) as weight from theme t left join {} w on w.theme_id = t.id)"
).format(WEIGHT_OF_THEMES)
"""The same, put together once for all of them: for the order by weight."""
SELECT_THEMES_BY_ID = sql.SQL("select t.* from {} t where t.id = any(%(ids)s)").format(EVERY_THEME)
ADD_WHAT_LISTS_SHOW = sql.SQL(
    """
    select t.*, p.name as product_name, p.policy, {cursor_keys},
      coalesce((select array_agg(distinct cm.platform order by cm.platform) from comment cm
                where cm.theme_id = t.id and cm.deleted_at is null), '{{}}') as platforms,
      coalesce((select left(cm.text, {quote_characters}) from comment cm
                where cm.theme_id = t.id and cm.deleted_at is null
                order by cm.created_at desc limit 1), '') as quote,
      (select count(*) from comment cm where cm.theme_id = t.id and cm.deleted_at is null
        and cm.created_at > now() - interval '7 days') as recent,
      (select count(*) from theme_suggestion g where g.state = 'open'
        and t.id in (g.theme_id, g.other_id)) as suggestions
    from ({themes}) t join product p on p.id = t.product_id order by {order}
    """
)
"""Around a query that chose the themes, so that only those of one page are looked at."""
SELECT_THEMES_MERGED_INTO = """
    select id, title from theme where merged_into = %s order by changed_at, id
"""
COUNT_COMMENTS_BY_SOURCE = """
    select s.id, s.name, count(*) as comments
    from comment cm join source s on s.id = cm.source_id
    where cm.theme_id = %s and cm.deleted_at is null
    group by s.id, s.name order by comments desc, s.name
"""
COUNT_COMMENTS_BY_LANGUAGE = """
    select language, count(*) as comments from comment
    where theme_id = %s and deleted_at is null group by language order by comments desc, language
"""
SELECT_THEMES_NAMED = """
    select id from theme where starts_with(id::text, lower(%s)) order by id limit 2
"""
COUNT_THEMES_IN_TRIAGE = """
    select count(*) from theme
    where status = 'triage' and (%(product)s::uuid is null or product_id = %(product)s)
"""

TicketsByTheme = Mapping[UUID, tuple[TicketRow, ...]]


def _theme_row(row: Mapping[str, Any], tickets: TicketsByTheme) -> ThemeRow:
    return build(
        ThemeRow, row, platforms=tuple(row["platforms"]), tickets=tickets.get(row["id"], ())
    )


async def _read_themes(
    connection: Connection, themes: sql.Composable, values: Mapping[str, object], order: Order
) -> tuple[list[dict[str, Any]], TicketsByTheme]:
    query = ADD_WHAT_LISTS_SHOW.format(
        cursor_keys=order.keys,
        quote_characters=NEWEST_QUOTE_CHARACTERS,
        themes=themes,
        order=order.clause,
    )
    rows = await fetch_all(connection, query, values)
    return rows, await tickets_of(connection, [row["id"] for row in rows])


async def list_themes(
    connection: Connection,
    chosen: ThemeFilter,
    *,
    sort: str = "people",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ThemeRow]:
    """Themes by ``sort``: ``people``, ``recent`` (last spoken of), ``new``, ``confidence``
    or ``weight``, highest first.

    Raises Invalid: ``cursor_invalid``, ``limit_invalid``, ``sort_unknown``.
    """
    if sort not in THEME_ORDERS:
        raise Invalid(f"Sort by one of: {', '.join(THEME_ORDERS)}.", reason="sort_unknown")
    order, rows_to_read = THEME_ORDERS[sort], one_more_row(limit)
    filters = chosen.conditions()
    order.after(cursor, filters)
    source = WEIGHED_THEMES if sort == "weight" else EVERY_THEME
    themes = SELECT_THEMES.format(source, filters.clause, order.clause, rows_to_read)
    rows, tickets = await _read_themes(connection, themes, filters.values, order)
    return first_page(rows, limit, order, lambda row: _theme_row(row, tickets))


async def theme_rows(connection: Connection, theme_ids: Sequence[UUID]) -> dict[UUID, ThemeRow]:
    """These themes, by id; missing ones are left out."""
    rows, tickets = await _read_themes(
        connection, SELECT_THEMES_BY_ID, {"ids": list(theme_ids)}, THEME_ORDERS["people"]
    )
    return {row["id"]: _theme_row(row, tickets) for row in rows}


async def read_theme(connection: Connection, theme_id: UUID) -> ThemeDetail:
    """One theme, merged or not. Raises NotFound."""
    rows, tickets = await _read_themes(
        connection, SELECT_THEMES_BY_ID, {"ids": [theme_id]}, THEME_ORDERS["people"]
    )
    if not rows:
        raise _no_theme()
    merged = await fetch_all(connection, SELECT_THEMES_MERGED_INTO, (theme_id,))
    by_source = await fetch_all(connection, COUNT_COMMENTS_BY_SOURCE, (theme_id,))
    by_language = await fetch_all(connection, COUNT_COMMENTS_BY_LANGUAGE, (theme_id,))
    return ThemeDetail(
        row=_theme_row(rows[0], tickets),
        policy=rows[0]["policy"],
        suggestions=await list_suggestions(connection, theme_id),
        merged_from=[(row["id"], row["title"]) for row in merged],
        sources=[(row["id"], row["name"], row["comments"]) for row in by_source],
        languages=[(row["language"], row["comments"]) for row in by_language],
    )


async def theme_comments(
    connection: Connection,
    theme_id: UUID,
    cursor: str | None = None,
    limit: int = 50,
    order: str = "recent",
) -> Page[CommentRow]:
    """The comments of a theme, deleted ones too (marked). Raises NotFound, Invalid."""
    await require_theme(connection, theme_id)
    of_theme = CommentFilter(theme_id=theme_id, deleted=None)
    return await list_comments(connection, of_theme, order=order, cursor=cursor, limit=limit)


async def require_theme(connection: Connection, theme_id: UUID) -> None:
    """Raises NotFound where there is no such theme."""
    if await fetch_one(connection, "select from theme where id = %s", (theme_id,)) is None:
        raise _no_theme()


async def themes_named(connection: Connection, name: str) -> list[UUID]:
    """Themes whose id begins like this, merged ones too; two at most."""
    return [row["id"] for row in await fetch_all(connection, SELECT_THEMES_NAMED, [name])]


def _no_theme() -> NotFound:
    return NotFound("There is no such theme.", reason="theme_not_found")


async def count_themes_in_triage(connection: Connection, product_id: UUID | None) -> int:
    """How many themes wait for a decision."""
    count: int = await fetch_value(connection, COUNT_THEMES_IN_TRIAGE, {"product": product_id})
    return count
