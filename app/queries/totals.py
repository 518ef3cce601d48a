"""The totals of a product: what was said in a period, and what waits for a person now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.queries.periods import PERIOD_ONCE, period_values
from app.storage.db import Connection
from app.storage.rows import fetch_one

COUNT_COMMENTS_OF_PERIOD = sql.SQL("""
    with {period}, said as (
      select cm.author_id, count(*) filter (where cm.created_at >= since) as comments,
             count(*) filter (where cm.created_at < since) as previous,
             count(*) filter (where cm.created_at >= since and abs(cm.sentiment) > 0.2) as toned,
             count(*) filter (where cm.created_at >= since and cm.tone = 'hostile') as hostile,
             sum(sign(cm.sentiment)) filter (
               where cm.created_at >= since and abs(cm.sentiment) > 0.2) as tone
      from period cross join chosen join comment cm on cm.product_id = chosen.id
      where cm.created_at >= before and cm.created_at < until and cm.deleted_at is null
      group by 1
    ),
    heard as (
      select said.*, a.person_id, a.id is null as is_nameless,
             not (a.is_staff or a.is_bot) as counts
      from said left join author a on a.id = said.author_id
    )
    select coalesce(sum(comments), 0)::bigint as comments,
           coalesce(sum(previous), 0)::bigint as previous_comments,
           (coalesce(sum(comments) filter (where is_nameless), 0)
             + count(*) filter (where counts and person_id is null and comments > 0)
             + count(distinct person_id) filter (where counts and comments > 0)
           )::bigint as people,
           (coalesce(sum(previous) filter (where is_nameless), 0)
             + count(*) filter (where counts and person_id is null and previous > 0)
             + count(distinct person_id) filter (where counts and previous > 0)
           )::bigint as previous_people,
           coalesce(sum(toned), 0)::bigint as toned, coalesce(sum(hostile), 0)::bigint as hostile,
           coalesce(sum(tone), 0)::float8 as tone
    from heard
""").format(period=PERIOD_ONCE)
COUNT_THEMES_BY_STATUS = """
    select count(*) filter (where status = 'triage') as themes_triage,
           count(*) filter (where status = 'accepted') as themes_accepted,
           count(*) filter (where status = 'ignored') as themes_ignored,
           extract(epoch from coalesce(%(now)s::timestamptz, now())
             - min(created_at) filter (where status = 'triage'))::float8 as oldest_seconds
    from theme where (%(product)s::uuid is null or product_id = %(product)s)
"""
COUNT_OPEN_WORK = """
    select count(*) filter (where state = 'created') as tickets_created,
           count(*) filter (where state in ('pending', 'creating')) as tickets_open,
           count(*) filter (where state = 'blocked') as tickets_blocked,
           count(distinct theme_id) filter (
             where status = 'done' and superseded_at is null and told_at is null) as shipped_untold,
           (select count(*) from theme_suggestion g
             join theme a on a.id = g.theme_id join theme b on b.id = g.other_id
             where g.state = 'open' and (%(product)s::uuid is null or g.product_id = %(product)s)
               and a.status in ('triage', 'accepted') and b.status in ('triage', 'accepted')
               and a.mentions > 0 and b.mentions > 0) as suggestions
    from ticket where (%(product)s::uuid is null or product_id = %(product)s)
"""


@dataclass(frozen=True, slots=True)
class Overview:
    """The totals of a period (comments, people, kinds) and of now (themes, tickets).

    ``people`` leaves staff and bots out. ``net_tone`` is (comments above 0.2 - comments below -0.2)
    / comments with a tone, in -1..1, or None where there are none. ``hostile`` comments may attack
    a person: a hint. ``oldest_decision_seconds`` is how long the oldest theme in triage has waited,
    None where nothing waits. ``shipped_untold`` counts the themes whose ticket is done and whose
    people nobody told of it.
    """

    days: int
    comments: int
    people: int
    previous_comments: int
    previous_people: int
    net_tone: float | None
    toned: int
    hostile: int
    themes_triage: int
    themes_accepted: int
    themes_ignored: int
    tickets_created: int
    tickets_open: int
    tickets_blocked: int
    shipped_untold: int
    oldest_decision_seconds: float | None
    suggestions: int


@dataclass(frozen=True, slots=True)
class CommentTotals:
    """What was said. ``tone`` is the friendly comments minus the unfriendly ones."""

    comments: int
    previous_comments: int
    people: int
    previous_people: int
    toned: int
    hostile: int
    tone: float


@dataclass(frozen=True, slots=True)
class ThemeTotals:
    """Themes by status, and how long the oldest in triage has waited; negative where the clock of
    a test stands before it."""

    themes_triage: int
    themes_accepted: int
    themes_ignored: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class WorkTotals:
    """Tickets by state, and open suggestions."""

    tickets_created: int
    tickets_open: int
    tickets_blocked: int
    shipped_untold: int
    suggestions: int


async def overview(
    connection: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> Overview:
    """Totals of the last ``days`` days, today among them, beside those of the ``days`` days before.
    Raises Invalid."""
    values = period_values(product_id, days, tz, now)
    comments = await fetch_one(connection, COUNT_COMMENTS_OF_PERIOD, values, of=CommentTotals)
    themes = await fetch_one(connection, COUNT_THEMES_BY_STATUS, values, of=ThemeTotals)
    work = await fetch_one(connection, COUNT_OPEN_WORK, values, of=WorkTotals)
    assert comments is not None
    assert themes is not None
    assert work is not None
    net_tone = comments.tone / comments.toned if comments.toned else None
    oldest = themes.oldest_seconds
    return Overview(
        days=days,
        comments=comments.comments,
        people=comments.people,
        previous_comments=comments.previous_comments,
        previous_people=comments.previous_people,
        net_tone=net_tone,
        toned=comments.toned,
        hostile=comments.hostile,
        themes_triage=themes.themes_triage,
        themes_accepted=themes.themes_accepted,
        themes_ignored=themes.themes_ignored,
        oldest_decision_seconds=None if oldest is None else max(0.0, oldest),
        **asdict(work),
    )
