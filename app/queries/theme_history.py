"""What happened to a theme, how it was spoken of over time, and which themes are near it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.queries.periods import check_days, check_zone
from app.queries.rows import ActivityRow, ThemeRow, TimelineDay
from app.queries.themes import require_theme, theme_rows
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.voices import CREDIT

SELECT_ACTIVITY = """
    select id, theme_id, at, actor, verb, detail, undone_by,
           undone_by is null and before <> '{}'::jsonb as undoable
    from activity where theme_id = %s order by id desc limit %s
"""
SELECT_THEME_OF_ACTIVITY = "select theme_id from activity where id = %s"
SELECT_TIMELINE = sql.SQL(
    """
    with today as (
      select (coalesce(%(now)s::timestamptz, now()) at time zone %(tz)s)::date as day
    ),
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
    """
).format(credit=CREDIT)
SELECT_SIMILAR_THEMES = """
    with own as (
      select e.model, e.product_id, e.embedding, e.comment_id from comment_embedding e
      join comment cm on cm.id = e.comment_id where cm.theme_id = %(id)s
    ),
    model as (select model from own order by comment_id desc limit 1),
    middle as (
      select product_id, avg(embedding) as v from own where model = (select model from model)
      group by 1
    )
    select cm.theme_id, max(1 - (e.embedding <=> m.v)) as cosine
    from middle m join comment_embedding e on e.product_id = m.product_id and e.live
    join comment cm on cm.id = e.comment_id join theme t on t.id = cm.theme_id
    where e.model = (select model from model) and t.id <> %(id)s and t.status <> 'merged'
    group by cm.theme_id order by cosine desc, cm.theme_id limit %(limit)s
"""


async def theme_activity(
    connection: Connection, theme_id: UUID, limit: int = 200
) -> list[ActivityRow]:
    """What happened to a theme, newest first. Raises NotFound."""
    await require_theme(connection, theme_id)
    return await fetch_all(connection, SELECT_ACTIVITY, (theme_id, limit), of=ActivityRow)


async def theme_of_activity(connection: Connection, activity_id: int) -> UUID | None:
    """The theme that an activity is about; None where it is about none."""
    theme_id: UUID | None = await fetch_value(connection, SELECT_THEME_OF_ACTIVITY, (activity_id,))
    return theme_id


async def theme_timeline(
    connection: Connection,
    theme_id: UUID,
    days: int = 30,
    *,
    tz: str = "UTC",
    now: datetime | None = None,
) -> list[TimelineDay]:
    """Mentions and people per day of ``tz``, the last ``days`` days, silent ones too. Raises
    NotFound, Invalid."""
    await require_theme(connection, theme_id)
    values = {"id": theme_id, "days": check_days(days), "tz": check_zone(tz), "now": now}
    return await fetch_all(connection, SELECT_TIMELINE, values, of=TimelineDay)


async def similar_themes(
    connection: Connection, theme_id: UUID, limit: int = 8
) -> list[tuple[ThemeRow, float]]:
    """Themes of the same product whose comments are nearest to the middle of this one: (theme,
    cosine), nearest first.

    Only vectors of the model that this theme's newest vector has are compared. Raises NotFound.
    """
    await require_theme(connection, theme_id)
    neighbours = await fetch_all(
        connection, SELECT_SIMILAR_THEMES, {"id": theme_id, "limit": limit}
    )
    themes = await theme_rows(connection, [row["theme_id"] for row in neighbours])
    return [(themes[row["theme_id"]], float(row["cosine"])) for row in neighbours]
