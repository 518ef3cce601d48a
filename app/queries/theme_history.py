"""What happened to a theme, how it was spoken of over time, and which themes are near it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.queries.periods import check_days, check_zone
from app.queries.rows import ActivityRow, ThemeRow, TimelineDay
from app.queries.themes import require_theme, theme_rows
from app.storage.db import Connection
from app.themes.voices import CREDIT


async def theme_activity(c: Connection, theme_id: UUID, limit: int = 200) -> list[ActivityRow]:
    """What happened to a theme, newest first. Raises NotFound."""
    await require_theme(c, theme_id)
    found = await c.execute(
        "select id, theme_id, at, actor, verb, detail, undone_by,"
        " undone_by is null and before <> '{}'::jsonb as undoable"
        " from activity where theme_id = %s order by id desc limit %s",
        (theme_id, limit),
    )
    return [ActivityRow(**row) async for row in found]


async def theme_timeline(
    c: Connection, theme_id: UUID, days: int = 30, *, tz: str = "UTC", now: datetime | None = None
) -> list[TimelineDay]:
    """Mentions and people per day of ``tz``, the last ``days`` days, silent ones too. Raises
    NotFound, Invalid."""
    await require_theme(c, theme_id)
    found = await c.execute(
        sql.SQL("""
        with today as (select (coalesce(%(now)s::timestamptz, now()) at time zone %(tz)s)::date as day),
        spoken as (
          select day, count(*) as mentions, count(distinct credit) as people
          from (
            select (cm.created_at at time zone %(tz)s)::date as day, {credit} as credit
            from comment cm left join author a on a.id = cm.author_id
            where cm.theme_id = %(id)s and cm.deleted_at is null
          ) said group by 1
        )
        select d::date as day, coalesce(s.mentions, 0) as mentions, coalesce(s.people, 0) as people
        from today, generate_series(today.day - %(days)s + 1, today.day, interval '1 day') d
        left join spoken s on s.day = d::date order by 1
        """).format(credit=CREDIT),
        {"id": theme_id, "days": check_days(days), "tz": check_zone(tz), "now": now},
    )
    return [TimelineDay(**row) async for row in found]


async def similar_themes(
    c: Connection, theme_id: UUID, limit: int = 8
) -> list[tuple[ThemeRow, float]]:
    """Themes of the same product whose comments are nearest to the middle of this one: (theme,
    cosine), nearest first.

    Only vectors of the model that this theme's newest vector has are compared. Raises NotFound.
    """
    await require_theme(c, theme_id)
    found = await c.execute(
        """
        with own as (
          select e.model, e.product_id, e.embedding, e.comment_id from comment_embedding e
          join comment cm on cm.id = e.comment_id where cm.theme_id = %(id)s
        ),
        model as (select model from own order by comment_id desc limit 1),
        middle as (select product_id, avg(embedding) as v from own where model = (select model from model) group by 1)
        select cm.theme_id, max(1 - (e.embedding <=> m.v)) as cosine
        from middle m join comment_embedding e on e.product_id = m.product_id and e.live
        join comment cm on cm.id = e.comment_id join theme t on t.id = cm.theme_id
        where e.model = (select model from model) and t.id <> %(id)s and t.status <> 'merged'
        group by cm.theme_id order by cosine desc, cm.theme_id limit %(limit)s
        """,
        {"id": theme_id, "limit": limit},
    )
    near = [(row["theme_id"], float(row["cosine"])) async for row in found]
    rows = await theme_rows(c, [other for other, _ in near])
    return [(rows[other], cosine) for other, cosine in near]
