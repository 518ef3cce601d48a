"""What most people spoke of lately, and what rises: the matters of the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.queries.cluster_leads import MEMBERS, Clusters, read_clusters
from app.queries.matters import ONLY_THEMES, Matter, matters_of, rises
from app.queries.periods import PERIOD, period_values
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.voices import CREDIT, VOICE

RISING_AT_ONCE = 50
"""Matters that are counted in one query, those first that rise most: few lists show more."""

COUNT_MATTERS = sql.SQL("""
    with {period}, said as (
        select coalesce(m.lead, t.id) as lead, {voice} as voice, {credit} as credit
        from period cross join chosen join comment cm on cm.product_id = chosen.id
        join theme t on t.id = cm.theme_id left join {members} on m.theme = t.id
        left join author a on a.id = cm.author_id
        where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null
          and t.status in ('triage', 'accepted') {only}
    )
    select lead, count(*) as mentions, count(distinct credit) as people,
           count(*) filter (where credit <> voice) as copies
    from said group by lead order by people desc, mentions desc, lead limit %(limit)s
""")
MOST_SPOKEN_OF = COUNT_MATTERS.format(
    period=PERIOD, voice=VOICE, credit=CREDIT, members=MEMBERS, only=sql.SQL("")
)
COUNTS_OF_SOME = COUNT_MATTERS.format(
    period=PERIOD, voice=VOICE, credit=CREDIT, members=MEMBERS, only=ONLY_THEMES
)


@dataclass(frozen=True, slots=True)
class MatterCount:
    """What a matter, by its leading theme, got in a period."""

    lead: UUID
    mentions: int
    people: int
    copies: int


@dataclass(frozen=True, slots=True)
class TopMatter:
    """A matter with what was said of it in a period, as of one theme (``TopTheme``)."""

    matter: Matter
    mentions: int
    people: int
    copies: int


async def top_matters(
    connection: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    rising: bool = False,
    limit: int = 10,
    now: datetime | None = None,
) -> list[TopMatter]:
    """The matters that most people spoke of lately, or (``rising``) those with more people in the
    last seven days than in the seven before, by how many more. Raises Invalid."""
    clusters = await read_clusters(connection, product_id)
    values = {**period_values(product_id, days, tz, now), **clusters.values, "limit": limit}
    if rising:
        leads = await _rising(connection, product_id, clusters, tz=tz, now=now)
        counts = await _counts_of(connection, leads, clusters, values, limit)
    else:
        counts = await fetch_all(connection, MOST_SPOKEN_OF, values, of=MatterCount)
    people = {count.lead: count.people for count in counts}
    matters = await matters_of(connection, product_id, people, clusters, tz=tz, now=now)
    return [
        TopMatter(matters[count.lead], count.mentions, count.people, count.copies)
        for count in counts
    ]


async def _rising(
    connection: Connection,
    product_id: UUID | None,
    clusters: Clusters,
    *,
    tz: str,
    now: datetime | None,
) -> list[UUID]:
    """The leading themes of all matters that gained people, those first that gained most."""
    risen = await rises(connection, product_id, clusters, tz=tz, now=now)
    gains = {lead: rise.recent - rise.before for lead, rise in risen.items()}
    return sorted(
        (lead for lead in gains if gains[lead] > 0), key=lambda lead: (-gains[lead], lead)
    )


async def _counts_of(
    connection: Connection,
    leads: Sequence[UUID],
    clusters: Clusters,
    values: Mapping[str, object],
    limit: int,
) -> list[MatterCount]:
    """What the first ``limit`` of these matters got in the period; ignored ones, and those of which
    nothing was said in it, are left out."""
    counts: list[MatterCount] = []
    for start in range(0, len(leads), RISING_AT_ONCE):
        some = leads[start : start + RISING_AT_ONCE]
        only = [theme for lead in some for theme in clusters.themes(lead)]
        few = {**values, **clusters.only(some).values, "only": only, "limit": None}
        counted = await fetch_all(connection, COUNTS_OF_SOME, few, of=MatterCount)
        by_lead = {count.lead: count for count in counted}
        counts += [by_lead[lead] for lead in some if lead in by_lead]
        if len(counts) >= limit:
            break
    return counts[:limit]
