"""Keeps what a theme says about its comments true: people, mentions, times, confidence, and its
middle."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from psycopg import sql

from app.storage.db import Connection
from app.themes.leaving import withdraw_quoting
from app.themes.middles import store_middles
from app.themes.visibility import MOST_PRIVATE, wake_fitting_tickets
from app.themes.voices import CREDIT, SPEAKS, VOICE

RECOUNT_THEMES = sql.SQL("""
    update theme t
    set people = n.people, mentions = n.mentions, copies = n.copies, confidence = n.confidence,
        sentiment = n.sentiment, first_seen = n.first_seen, last_seen = n.last_seen,
        visibility = n.visibility, changed_at = now()
    from (
        select asked.id, count(distinct said.credit) as people, count(said.id) as mentions,
               count(*) filter (where said.credit <> said.voice) as copies,
               coalesce(avg(said.kind_confidence) filter (where said.speaks), 0) as confidence,
               coalesce(avg(said.sentiment), 0) as sentiment,
               min(said.created_at) as first_seen, max(said.created_at) as last_seen,
               {most_private} as visibility
        from unnest(%(themes)s::uuid[]) as asked(id)
        left join (
            select cm.id, cm.theme_id, cm.kind_confidence, cm.sentiment, cm.created_at,
                   cm.visibility,
                   {speaks} as speaks, {voice} as voice, {credit} as credit
            from comment cm left join author a on a.id = cm.author_id
            where cm.theme_id = any(%(themes)s::uuid[]) and cm.deleted_at is null
        ) said on said.theme_id = asked.id
        group by asked.id
    ) n
    where t.id = n.id
""").format(voice=VOICE, credit=CREDIT, speaks=SPEAKS, most_private=MOST_PRIVATE)
LOCK_THEMES_IN_ORDER = "select 1 from theme where id = any(%s) order by id for update"
# Who only agrees is counted, and stands for nothing: "same here" is near to everything.
UPDATE_LIVE_MARKS = sql.SQL("""
    update comment_embedding e
    set live = (cm.theme_id is not null and cm.deleted_at is null and {speaks})
    from comment cm
    where cm.id = e.comment_id and cm.id = any(%s::bigint[])
      and e.live <> (cm.theme_id is not null and cm.deleted_at is null and {speaks})
""").format(speaks=SPEAKS)
# A theme that nobody stands behind any more has nothing to decide; if somebody comes back to it, it
# waits again.
SET_EMPTIED = """
    update theme set status = case when mentions = 0 then 'ignored' else 'triage' end,
                     status_reason = case when mentions = 0 then 'emptied' else '' end
    where id = any(%s::uuid[])
      and ((mentions = 0 and status = 'triage')
           or (mentions > 0 and status = 'ignored' and status_reason = 'emptied'))
"""
# A ticket is refreshed at most every `seconds`, so that a busy theme does not spend the tracker's
# limits. One that is due already may be on its way with what was known before: it becomes due
# again, later than the push that is out.
REFRESH_TICKETS = """
    update ticket
    set due_at = greatest(clock_timestamp(), coalesce(pushed_at, now()) + make_interval(secs => %s))
    where theme_id = any(%s::uuid[]) and state = 'created' and superseded_at is null
      and (due_at is null or due_at <= clock_timestamp())
"""

# A superseded ticket of a theme that was merged into one of these quotes comments that are theirs
# now; it is compared, and written where it says something else.
REFRESH_SUPERSEDED = """
    with recursive family(id) as (
        select unnest(%(themes)s::uuid[])
        union
        select t.id from theme t join family f on t.merged_into = f.id
    )
    update ticket k set due_at = greatest(clock_timestamp(), k.due_at)
    where k.theme_id in (select id from family)
      and k.superseded_at is not null and k.state = 'created'
      and exists (
        select 1 from jsonb_array_elements_text(
            coalesce(k.last_words -> 'quotes', '[]') || coalesce(k.last_words -> 'threads', '[]')
        ) as quoted(id)
        where quoted.id::bigint = any(%(comments)s::bigint[])
      )
"""


async def recount(
    connection: Connection,
    theme_ids: Iterable[uuid.UUID],
    *,
    comments: Iterable[int] = (),
    refresh_seconds: float = 0.0,
) -> None:
    """Bring counts and middles of these themes and search marks of these comments up to date;
    tickets become due."""
    themes = sorted(set(theme_ids))
    moved = sorted(set(comments))
    if moved:
        await connection.execute(UPDATE_LIVE_MARKS, [moved])
    if not themes:
        return
    await withdraw_quoting(connection, themes, moved)
    await connection.execute(LOCK_THEMES_IN_ORDER, [themes])
    await connection.execute(RECOUNT_THEMES, {"themes": themes})
    await store_middles(connection, themes)
    await connection.execute(SET_EMPTIED, [themes])
    await wake_fitting_tickets(connection, themes)
    await refresh_tickets(connection, themes, refresh_seconds)
    if moved:
        await connection.execute(REFRESH_SUPERSEDED, {"themes": themes, "comments": moved})


async def refresh_tickets(
    connection: Connection, theme_ids: Sequence[uuid.UUID], refresh_seconds: float
) -> None:
    """Let the tickets of these themes be written anew, each at most every ``refresh_seconds``."""
    await connection.execute(REFRESH_TICKETS, [refresh_seconds, list(theme_ids)])
