"""The queue of pairs: themes that may be the same, with what each of them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.models.states import ThemeStatus, Visibility
from app.queries.cluster_leads import in_order
from app.queries.clusters import OpenPair, open_clusters
from app.queries.paging import Filters, Listing, Order, Page
from app.storage.db import Connection
from app.storage.rows import fetch_all

PAIR_QUOTE_CHARACTERS = 400

PAIR_LIST_COLUMNS = sql.SQL("""
    g.id, g.product_id, g.score, g.evidence, g.created_at,
    case when g.later_until > now() then g.later_until end as later_until,
    a.id as theme_id, a.title as theme_title, a.kind as theme_kind, a.status as theme_status,
    a.people as theme_people, a.mentions as theme_mentions, a.version as theme_version,
    b.id as other_id, b.title as other_title, b.kind as other_kind, b.status as other_status,
    b.people as other_people, b.mentions as other_mentions, b.version as other_version
""")
PAIR_LIST_TABLES = sql.SQL("""
    from theme_suggestion g join theme a on a.id = g.theme_id join theme b on b.id = g.other_id
""")
OPEN_PAIR = """
    g.state = 'open' and a.status in ('triage', 'accepted') and b.status in ('triage', 'accepted')
    and a.mentions > 0 and b.mentions > 0
"""
LIKELIEST_FIRST = Order(
    "pairs.likely",
    ("case when g.later_until > now() then 0 else 1 end", "g.score", "g.id"),
    (int, float, int),
)
"""What was put off comes after all others."""
SELECT_PAIR_TITLES = "select id, title from theme where id = any(%s::uuid[])"
SELECT_QUOTES_OF_THEMES = """
    select asked.id as theme_id, said.* from unnest(%(themes)s::uuid[]) as asked(id)
    cross join lateral (
        select cm.id, left(cm.text, %(characters)s) as text, cm.platform, cm.permalink,
               cm.created_at, cm.visibility, s.name as source_name,
               coalesce(nullif(a.name, ''), a.handle, '') as author
        from comment cm join source s on s.id = cm.source_id
        left join author a on a.id = cm.author_id
        where cm.theme_id = asked.id and cm.deleted_at is null and cm.text <> ''
        order by cm.id = any(%(first)s::bigint[]) desc, cm.created_at desc, cm.id desc
        limit %(most)s
    ) said
"""


@dataclass(frozen=True, slots=True)
class PairRow:
    """A suggestion that two themes are the same, seen from outside. ``later_until``: until then it
    comes after all others, because somebody put it off."""

    id: int
    product_id: UUID
    score: float
    evidence: Mapping[str, Any]
    created_at: datetime
    later_until: datetime | None
    theme_id: UUID
    theme_title: str
    theme_kind: str
    theme_status: ThemeStatus
    theme_people: int
    theme_mentions: int
    theme_version: int
    other_id: UUID
    other_title: str
    other_kind: str
    other_status: ThemeStatus
    other_people: int
    other_mentions: int
    other_version: int

    @property
    def quoted(self) -> list[int]:
        """The comments that it rests on."""
        nearest = self.evidence.get("nearest") or []
        return [pair[side] for pair in nearest for side in ("of", "comment") if side in pair]


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """What somebody said in a theme."""

    theme_id: UUID
    id: int
    text: str
    platform: str
    permalink: str
    created_at: datetime
    visibility: Visibility
    source_name: str
    author: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One decision to take: a pair, or a cluster of pairs. ``themes``: the one first that would
    live on; ``people``: up to so many spoke of them."""

    themes: tuple[UUID, ...]
    pairs: Sequence[OpenPair]
    people: int

    @property
    def key(self) -> int:
        """What an address calls it by: its likeliest pair."""
        return self.pairs[0].id

    @property
    def score(self) -> float:
        """The likelihood of its likeliest pair."""
        return self.pairs[0].score

    @property
    def later_until(self) -> datetime | None:
        """Until when it comes after all others; None where some of it was not put off."""
        moments = [pair.later_until for pair in self.pairs if pair.later_until is not None]
        return min(moments) if len(moments) == len(self.pairs) else None


PAIR_LIST = Listing(of=PairRow, columns=PAIR_LIST_COLUMNS, tables=PAIR_LIST_TABLES)


async def list_pairs(
    connection: Connection,
    product_id: UUID | None = None,
    theme_id: UUID | None = None,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[PairRow]:
    """Open pairs, the likeliest first, what was put off after all others; with ``theme_id`` those
    of one theme. Raises Invalid: ``cursor_invalid``, ``limit_invalid``."""
    filters = Filters()
    filters.add(OPEN_PAIR)
    filters.add_equal("g.product_id", product_id)
    if theme_id is not None:
        filters.add("%(theme)s in (g.theme_id, g.other_id)", theme=theme_id)
    return await PAIR_LIST.page(connection, LIKELIEST_FIRST, filters, cursor, limit)


async def read_pairs(connection: Connection, ids: Sequence[int]) -> list[PairRow]:
    """These pairs, the likeliest first."""
    query = PAIR_LIST.select("where g.id = any(%s::bigint[]) order by g.score desc, g.id")
    return [PAIR_LIST.read(row) for row in await fetch_all(connection, query, [list(ids)])]


async def pair_queue(
    connection: Connection,
    product_id: UUID | None,
    theme_id: UUID | None = None,
    *,
    by_people: bool = False,
) -> list[QueueItem]:
    """Every decision about pairs that waits, the likeliest first (or that of most people), what was
    put off after all others; with ``theme_id`` only those that this theme is part of."""
    clusters = await open_clusters(connection, product_id)
    if theme_id is not None:
        clusters = [cluster for cluster in clusters if theme_id in cluster.themes]
    items = [
        QueueItem(ordered.themes, cluster.pairs, ordered.people)
        for cluster, ordered in zip(clusters, await in_order(connection, clusters), strict=True)
    ]

    def place(item: QueueItem) -> tuple[bool, float, int]:
        return item.later_until is not None, -(item.people if by_people else item.score), item.key

    return sorted(items, key=place)


async def titles_of(connection: Connection, themes: Sequence[UUID]) -> dict[UUID, str]:
    """The titles of these themes."""
    rows = await fetch_all(connection, SELECT_PAIR_TITLES, [list(themes)])
    return {row["id"]: row["title"] for row in rows}


async def quotes_of(
    connection: Connection, themes: Sequence[UUID], first: Sequence[int], most: int
) -> dict[UUID, list[QuoteRow]]:
    """At most ``most`` comments of each theme, those that are named ``first`` before the newest."""
    values = {
        "themes": list(themes),
        "first": list(first),
        "most": most,
        "characters": PAIR_QUOTE_CHARACTERS,
    }
    quotes: dict[UUID, list[QuoteRow]] = {theme: [] for theme in themes}
    for quote in await fetch_all(connection, SELECT_QUOTES_OF_THEMES, values, of=QuoteRow):
        quotes[quote.theme_id].append(quote)
    return quotes
