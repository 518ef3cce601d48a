"""What was shipped and whose people were not told yet: themes, with the threads in which they
asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.queries.paging import Filters, Listing, Order, Page
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value
from app.themes.voices import VOICE

THREADS_SHOWN = 50
"""Threads of one theme; ``people`` of the theme says how many there are in all."""


@dataclass(frozen=True, slots=True)
class ShippedTheme:
    """A theme whose ticket is done since ``shipped_at``; ``people`` asked for it until then, and
    ``said_again`` people spoke of it since."""

    theme_id: UUID
    product_id: UUID
    title: str
    kind: str
    ticket_id: UUID
    ticket_key: str
    ticket_url: str
    tracker_name: str
    remote_status: str
    shipped_at: datetime
    people: int
    said_again: int


@dataclass(frozen=True, slots=True)
class WaitingThread:
    """A thread in which people spoke of a theme. ``permalink`` is that of the first such comment,
    ``authors`` the names of some of them."""

    theme_id: UUID
    source_name: str
    platform: str
    title: str
    permalink: str
    authors: list[str]
    people: int
    last_at: datetime


SHIPPED_LIST = Listing(
    of=ShippedTheme,
    columns=sql.SQL(
        """
        t.id as theme_id, t.product_id, t.title, t.kind, k.id as ticket_id,
        k.remote_key as ticket_key, k.url as ticket_url, r.name as tracker_name, k.remote_status,
        k.status_since as shipped_at, t.people,
        (select count(distinct {voice}) from comment cm left join author a on a.id = cm.author_id
         where cm.theme_id = t.id and cm.deleted_at is null and cm.created_at > k.status_since)
          as said_again
        """
    ).format(voice=VOICE),
    tables=sql.SQL(
        "from ticket k join theme t on t.id = k.theme_id join tracker r on r.id = k.tracker_id"
    ),
)
NEWEST_SHIPPED = Order("shipped.newest", ("k.status_since", "k.id"), (datetime, UUID))
IS_UNTOLD = sql.SQL(
    "(k.status = 'done' and k.superseded_at is null and k.told_at is null"
    " and k.status_since is not null and t.status = 'accepted')"
)
COUNT_UNTOLD = sql.SQL(
    "select count(distinct k.theme_id) from ticket k join theme t on t.id = k.theme_id"
    " where {untold} and (%(product)s::uuid is null or k.product_id = %(product)s)"
).format(untold=IS_UNTOLD)
SELECT_WAITING_THREADS = sql.SQL(
    """
    select * from (
      select cm.theme_id, s.name as source_name, min(cm.platform) as platform,
             coalesce(max(nullif(cm.thread_title, '')), '') as title,
             coalesce((array_agg(cm.permalink order by cm.created_at, cm.id)
               filter (where cm.permalink <> ''))[1], '') as permalink,
             (array_agg(distinct coalesce(nullif(a.name, ''), a.handle))
               filter (where a.id is not null))[1:5] as authors,
             count(distinct {voice}) as people, max(cm.created_at) as last_at,
             row_number() over (partition by cm.theme_id order by max(cm.created_at) desc) as place
      from comment cm join source s on s.id = cm.source_id
      left join author a on a.id = cm.author_id
      where cm.theme_id = any(%s::uuid[]) and cm.deleted_at is null
      group by cm.theme_id, s.id, s.name,
               case when cm.thread_id = '' then cm.id::text else cm.thread_id end
    ) threads where place <= %s order by theme_id, place
    """
).format(voice=VOICE)


async def list_shipped(
    connection: Connection,
    product_id: UUID | None = None,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ShippedTheme]:
    """What was shipped and not told, the latest first. Raises Invalid (``cursor_invalid``,
    ``limit_invalid``)."""
    filters = Filters()
    filters.add_equal("k.product_id", product_id)
    filters.add_composed(IS_UNTOLD)
    return await SHIPPED_LIST.page(connection, NEWEST_SHIPPED, filters, cursor, limit)


async def count_untold(connection: Connection, product_id: UUID | None = None) -> int:
    """How many themes were shipped whose people nobody told yet."""
    return int(await fetch_value(connection, COUNT_UNTOLD, {"product": product_id}))


async def waiting_threads(
    connection: Connection, theme_ids: list[UUID]
) -> dict[UUID, list[WaitingThread]]:
    """The threads of these themes, the latest first, at most so many of each."""
    threads: dict[UUID, list[WaitingThread]] = {theme_id: [] for theme_id in theme_ids}
    rows = await fetch_all(connection, SELECT_WAITING_THREADS, [theme_ids, THREADS_SHOWN])
    for row in rows:
        del row["place"]
        thread = WaitingThread(**{**row, "authors": row["authors"] or []})
        threads[thread.theme_id].append(thread)
    return threads
