"""Reading themes: the triage queue, one theme, and the comments in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import sql

from app.errors import Invalid, NotFound
from app.queries.comments import CommentFilter, list_comments
from app.queries.paging import Filters, Order, Page, check_limit, page
from app.queries.rows import CommentRow, SuggestionRow, ThemeDetail, ThemeRow, TicketRow, build
from app.queries.tickets import tickets_of
from app.storage.db import Connection

_SEEN: LiteralString = "coalesce(t.last_seen, t.created_at)"
ORDERS = {
    "people": Order("themes.people", ("t.people", "t.mentions", "t.id"), (int, int, UUID)),
    "recent": Order("themes.recent", (_SEEN, "t.id"), (datetime, UUID)),
    "new": Order("themes.new", ("t.created_at", "t.id"), (datetime, UUID)),
    "confidence": Order("themes.confidence", ("t.confidence", "t.id"), (float, UUID)),
}
_QUOTE_LENGTH = 280

_DRESS = sql.SQL(
    """
    select t.*, p.name as product_name, p.policy, {keys},
      coalesce((select array_agg(distinct cm.platform order by cm.platform) from comment cm
                where cm.theme_id = t.id and cm.deleted_at is null), '{{}}') as platforms,
      coalesce((select left(cm.text, {length}) from comment cm where cm.theme_id = t.id and cm.deleted_at is null
                order by cm.created_at desc limit 1), '') as quote,
      (select count(*) from comment cm where cm.theme_id = t.id and cm.deleted_at is null
        and cm.created_at > now() - interval '7 days') as recent,
      (select count(*) from theme_suggestion g where g.state = 'open'
        and t.id in (g.theme_id, g.other_id)) as suggestions
    from ({chosen}) t join product p on p.id = t.product_id order by {order}
    """
)


def _read_row(row: Mapping[str, Any], tickets: Mapping[UUID, tuple[TicketRow, ...]]) -> ThemeRow:
    made: ThemeRow = build(
        ThemeRow, row, platforms=tuple(row["platforms"]), tickets=tickets.get(row["id"], ())
    )
    return made


async def _dressed(
    c: Connection, chosen: sql.Composable, values: Mapping[str, object], order: Order
) -> tuple[list[dict[str, Any]], dict[UUID, tuple[TicketRow, ...]]]:
    query = _DRESS.format(keys=order.keys, length=_QUOTE_LENGTH, chosen=chosen, order=order.clause)
    rows = await (await c.execute(query, values)).fetchall()
    return rows, await tickets_of(c, [row["id"] for row in rows])


async def list_themes(
    c: Connection,
    product_id: UUID | None = None,
    *,
    status: str | None = None,
    kind: str | None = None,
    platform: str | None = None,
    source_id: UUID | None = None,
    q: str | None = None,
    min_people: int = 0,
    sort: str = "people",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ThemeRow]:
    """Themes by ``sort``: ``people``, ``recent`` (last spoken of), ``new`` or ``confidence``,
    highest first.

    Without a ``status`` merged themes are left out. ``q`` searches titles and comments. Raises
    Invalid: ``cursor_invalid``, ``limit_invalid``, ``sort_unknown``.
    """
    if sort not in ORDERS:
        raise Invalid(f"Sort by one of: {', '.join(ORDERS)}.", reason="sort_unknown")
    by, more = ORDERS[sort], check_limit(limit)
    filters = _filters(product_id, status, kind, platform, source_id, q, min_people)
    by.after(cursor, filters)
    chosen = sql.SQL("select t.* from theme t where {} order by {} limit {}").format(
        filters.clause, by.clause, more
    )
    rows, tickets = await _dressed(c, chosen, filters.values, by)
    return page(rows, limit, by, lambda row: _read_row(row, tickets))


def _filters(
    product_id: UUID | None,
    status: str | None,
    kind: str | None,
    platform: str | None,
    source_id: UUID | None,
    q: str | None,
    min_people: int,
) -> Filters:
    filters = Filters()
    if product_id is not None:
        filters.add("t.product_id = %(product_id)s", product_id=product_id)
    if status is None:
        filters.add("t.status <> 'merged'")
    else:
        filters.add("t.status = %(status)s", status=status)
    if kind is not None:
        filters.add("t.kind = %(kind)s", kind=kind)
    if min_people > 0:
        filters.add("t.people >= %(min_people)s", min_people=min_people)
    if platform is not None:
        filters.add(
            "exists (select from comment cm where cm.theme_id = t.id and cm.platform = "
            "%(platform)s)",
            platform=platform,
        )
    if source_id is not None:
        filters.add(
            "exists (select from comment cm where cm.theme_id = t.id and cm.source_id = "
            "%(source_id)s)",
            source_id=source_id,
        )
    if q:
        filters.add(
            "(to_tsvector('english', t.title) @@ websearch_to_tsquery('english', %(q)s)"
            " or t.id in (select cm.theme_id from comment cm where cm.deleted_at is null"
            " and cm.search @@ websearch_to_tsquery('english', %(q)s)))",
            q=q,
        )
    return filters


async def theme_rows(c: Connection, theme_ids: Sequence[UUID]) -> dict[UUID, ThemeRow]:
    """These themes, by id; missing ones are left out."""
    chosen = sql.SQL("select t.* from theme t where t.id = any(%(ids)s)")
    rows, tickets = await _dressed(c, chosen, {"ids": list(theme_ids)}, ORDERS["people"])
    return {row["id"]: _read_row(row, tickets) for row in rows}


async def read_theme(c: Connection, theme_id: UUID) -> ThemeDetail:
    """One theme, merged or not. Raises NotFound."""
    chosen = sql.SQL("select t.* from theme t where t.id = %(id)s")
    rows, tickets = await _dressed(c, chosen, {"id": theme_id}, ORDERS["people"])
    if not rows:
        raise NotFound("There is no such theme.", reason="theme_not_found")
    merged = await c.execute(
        "select id, title from theme where merged_into = %s order by changed_at, id", (theme_id,)
    )
    by_source = await c.execute(
        "select s.id, s.name, count(*) as n from comment cm join source s on s.id = cm.source_id"
        " where cm.theme_id = %s and cm.deleted_at is null group by s.id, s.name order by n desc, "
        "s.name",
        (theme_id,),
    )
    by_language = await c.execute(
        "select language, count(*) as n from comment where theme_id = %s and deleted_at is null"
        " group by language order by n desc, language",
        (theme_id,),
    )
    return ThemeDetail(
        row=_read_row(rows[0], tickets),
        policy=rows[0]["policy"],
        suggestions=await list_suggestions(c, theme_id),
        merged_from=[(row["id"], row["title"]) async for row in merged],
        sources=[(row["id"], row["name"], row["n"]) async for row in by_source],
        languages=[(row["language"], row["n"]) async for row in by_language],
    )


async def list_suggestions(
    c: Connection, theme_id: UUID, state: str = "open"
) -> list[SuggestionRow]:
    """The themes that may be the same as this one, likeliest first, seen from this side."""
    found = await c.execute(
        """
        select g.id, %(id)s::uuid as theme_id, o.id as other_id, o.title as other_title, o.kind as other_kind,
               o.status as other_status, o.people as other_people, o.mentions as other_mentions, g.score, g.evidence,
               g.state, g.created_at
        from theme_suggestion g
        join theme o on o.id = case when g.theme_id = %(id)s then g.other_id else g.theme_id end
        where %(id)s in (g.theme_id, g.other_id) and g.state = %(state)s order by g.score desc, g.id
        """,
        {"id": theme_id, "state": state},
    )
    return [SuggestionRow(**row) async for row in found]


async def theme_comments(
    c: Connection, theme_id: UUID, cursor: str | None = None, limit: int = 50, order: str = "recent"
) -> Page[CommentRow]:
    """The comments of a theme, deleted ones too (marked). Raises NotFound, Invalid."""
    await require_theme(c, theme_id)
    wanted = CommentFilter(theme_id=theme_id, deleted=None)
    return await list_comments(c, wanted, order=order, cursor=cursor, limit=limit)


async def require_theme(c: Connection, theme_id: UUID) -> None:
    """Raises NotFound where there is no such theme."""
    if await (await c.execute("select from theme where id = %s", (theme_id,))).fetchone() is None:
        raise NotFound("There is no such theme.", reason="theme_not_found")
