"""What a tracker's tickets are compared by: a list of what changed, and a budget of calls that all
workers share."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from app.setup.status_words import one_line
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value
from app.tickets.ledger import FOLLOW_TASK, IS_FOLLOWED, wake_at_once
from app.tickets.looking import KEY_MOST_CHARACTERS
from integrations.ticket_status import RemoteState

LOOK_BACK_SECONDS = 3600.0
"""How far a comparison without a bookmark looks back; every ticket is looked at by itself
anyway."""
STALE_SECONDS = 24 * 3600.0
"""How long a ticket may go without being looked at by itself: lists do not tell of what was
deleted, moved away or hidden."""
STALE_AT_ONCE = 50

SELECT_COMPARISON = """
    select bookmark,
           coalesce(compared_at, now()) - make_interval(secs => %(back)s) as since,
           %(every)s > 0 and (compared_at is null
             or compared_at <= now() - make_interval(secs => %(every)s)) as due
    from tracker where id = %(tracker)s
"""
# One row that all workers on all machines change: the budget is spent before the call.
SPEND_READ = """
    update tracker
    set reads = case when reads_from > now() - interval '1 hour' then reads + 1 else 1 end,
        reads_from = case when reads_from > now() - interval '1 hour' then reads_from
                          else now() end
    where id = %(tracker)s
      and (reads_from is null or reads_from <= now() - interval '1 hour' or reads < %(most)s)
    returning reads
"""
# A ticket that is listed as we know it is not looked at. One of another repository than the
# tracker's has another key there than in the list.
MARK_CHANGED = """
    update ticket k set look_at = coalesce(k.look_at, now())
    from unnest(%(ids)s::text[], %(keys)s::text[], %(statuses)s::text[])
      as r(id, key, status)
    where k.tracker_id = %(tracker)s and k.superseded_at is null and k.state in ('created', 'gone')
      and (
        (k.remote_id = r.id and (k.remote_status <> r.status or k.remote_key <> r.key))
        or (k.living_key <> '' and k.living_key = r.key))
"""
STORE_BOOKMARK = """
    update tracker
    set bookmark = %(bookmark)s,
        compared_at = case when %(is_last)s then %(began)s::timestamptz else compared_at end
    where id = %(tracker)s
"""
# A page that the tracker does not know any more is forgotten with the others.
POSTPONE_COMPARISON = """
    update tracker
    set compared_at = now(), bookmark = case when %(forget)s then '' else bookmark end
    where id = %(tracker)s
"""
MARK_STALE = sql.SQL(
    """
    update ticket set look_at = now()
    where id in (
        select k.id from ticket k
        where k.tracker_id = %(tracker)s and {followed} and k.state <> 'gone' and k.look_at is null
          and coalesce(k.looked_at, k.pushed_at, k.created_at)
              < now() - make_interval(secs => %(seconds)s)
        order by k.looked_at nulls first limit %(most)s)
    """
).format(followed=IS_FOLLOWED)
SELECT_TRACKERS_TO_FOLLOW = sql.SQL(
    """
    select t.id from tracker t
    where t.enabled and (
      exists (select from ticket_delivery d
              where d.tracker_id = t.id and d.stage = 'received' and d.try_at <= now())
      or (coalesce(t.paused_until <= now(), true)
        and (t.reads_from is null or t.reads_from <= now() - interval '1 hour'
             or t.reads < %(most)s)
        and exists (
          select from ticket k
          where k.tracker_id = t.id and {followed} and (k.look_at <= now() or (%(every)s > 0
            and coalesce(t.compared_at <= now() - make_interval(secs => %(every)s), true))))))
    """
).format(followed=IS_FOLLOWED)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Where the next comparison begins, and whether it is due."""

    bookmark: str
    since: datetime
    due: bool


async def comparison(
    connection: Connection, tracker_id: uuid.UUID, every_seconds: float
) -> Comparison:
    """The next comparison of a tracker; never due where ``every_seconds`` is 0."""
    values = {"tracker": tracker_id, "every": every_seconds, "back": LOOK_BACK_SECONDS}
    row = await fetch_one(connection, SELECT_COMPARISON, values, of=Comparison)
    assert row is not None, "the tracker was opened just before"
    return row


async def spend_read(connection: Connection, tracker_id: uuid.UUID, most_per_hour: int) -> bool:
    """Take one call out of the hour's budget; False where nothing is left of it."""
    values = {"tracker": tracker_id, "most": most_per_hour}
    return await fetch_value(connection, SPEND_READ, values) is not None


async def mark_changed(
    connection: Connection, tracker_id: uuid.UUID, states: Sequence[RemoteState]
) -> None:
    """Let those tickets be looked at that are listed otherwise than we know them."""
    values = {
        "tracker": tracker_id,
        "ids": [one_line(state.ref.id, KEY_MOST_CHARACTERS) for state in states],
        "keys": [one_line(state.ref.key, KEY_MOST_CHARACTERS) for state in states],
        "statuses": [one_line(state.status, KEY_MOST_CHARACTERS) for state in states],
    }
    await connection.execute(MARK_CHANGED, values)


async def store_bookmark(
    connection: Connection, tracker_id: uuid.UUID, bookmark: str, began: datetime, *, is_last: bool
) -> None:
    """Remember where the list was read up to; ``began``: when its first page was asked for."""
    values = {"tracker": tracker_id, "bookmark": bookmark, "began": began, "is_last": is_last}
    await connection.execute(STORE_BOOKMARK, values)


async def postpone_comparison(
    connection: Connection, tracker_id: uuid.UUID, *, forget: bool
) -> None:
    """Compare at the usual time again, after the list could not be read; from anew where
    ``forget``."""
    await connection.execute(POSTPONE_COMPARISON, {"tracker": tracker_id, "forget": forget})


async def mark_stale(connection: Connection, tracker_id: uuid.UUID) -> None:
    """Let some of those be looked at that nobody looked at for long."""
    values = {"tracker": tracker_id, "seconds": STALE_SECONDS, "most": STALE_AT_ONCE}
    await connection.execute(MARK_STALE, values)


async def wake_followers(connection: Connection, every_seconds: float, most_per_hour: int) -> None:
    """Defer the following of every tracker that has something to read, compare or look at."""
    values = {"every": every_seconds, "most": most_per_hour}
    for row in await fetch_all(connection, SELECT_TRACKERS_TO_FOLLOW, values):
        await wake_at_once(connection, FOLLOW_TASK, row["id"])
