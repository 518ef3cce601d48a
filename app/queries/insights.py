"""Numbers about what is said: how much, where, of which kind, and in which themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from psycopg import sql

from app.queries.periods import PERIOD, period_values
from app.queries.rows import ThemeRow
from app.queries.themes import theme_rows
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.voices import CREDIT, VOICE
from classifiers.kind_words import Kind

COUNT_BY_DAY_SOURCE_KIND = sql.SQL("""
    with {period}, said as (
      select (cm.created_at at time zone %(tz)s)::date - period.day + %(days)s - 1 as place,
             cm.source_id, cm.kind, count(*) as comments,
             count(*) filter (where cm.kind_reason = 'unsure') as unsure
      from period cross join chosen join comment cm on cm.product_id = chosen.id
      where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null
      group by 1, 2, 3
    )
    select period.day, said.place, s.name, said.kind, said.comments, said.unsure
    from period left join (said join source s on s.id = said.source_id) on true
""").format(period=PERIOD)
COUNT_BY_DAY_AND_SOURCE = sql.SQL("""
    with {period}, said as (
      select (cm.created_at at time zone %(tz)s)::date as day, cm.source_id, count(*) as comments,
             count(distinct {voice}) as people
      from period cross join chosen join comment cm on cm.product_id = chosen.id
           left join author a on a.id = cm.author_id
      where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null
      group by 1, 2
    )
    select d::date as day, s.id as source_id, s.name as source_name, s.platform,
           coalesce(said.comments, 0) as comments, coalesce(said.people, 0) as people
    from period
    cross join generate_series(period.day - %(days)s + 1, period.day, interval '1 day') d
    cross join source s left join said on said.day = d::date and said.source_id = s.id
    where (%(product)s::uuid is null or s.product_id = %(product)s) order by 1, s.name, s.id
""").format(period=PERIOD, voice=VOICE)
COUNT_BY_KIND = sql.SQL("""
    with {period}, said as (
      select cm.kind, count(*) as comments, count(distinct {voice}) as people
      from period cross join chosen join comment cm on cm.product_id = chosen.id
           left join author a on a.id = cm.author_id
      where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null group by 1
    )
    select k.kind, coalesce(said.comments, 0) as comments, coalesce(said.people, 0) as people
    from unnest(array['bug', 'feature', 'question', 'praise', 'other'])
      with ordinality as k(kind, place)
    left join said using (kind) order by 2 desc, k.place
""").format(period=PERIOD, voice=VOICE)
COUNT_BY_THEME = sql.SQL("""
    with {period}, said as (
      select t.id, {voice} as voice, {credit} as credit
      from period cross join chosen join comment cm on cm.product_id = chosen.id
           join theme t on t.id = cm.theme_id left join author a on a.id = cm.author_id
      where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null
        and t.status in ('triage', 'accepted')
    )
    select id, count(*) as mentions, count(distinct credit) as people,
           count(*) filter (where credit <> voice) as copies
    from said group by id order by people desc, mentions desc, id limit %(limit)s
""").format(period=PERIOD, voice=VOICE, credit=CREDIT)


@dataclass(frozen=True, slots=True)
class VolumePoint:
    """Comments and people of one source on one day."""

    day: date
    source_id: UUID
    source_name: str
    platform: str
    comments: int
    people: int


@dataclass(frozen=True, slots=True)
class KindCount:
    """Comments and people of one kind."""

    kind: str
    comments: int
    people: int


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Comments per day of the period by name of the source, for those that said anything, and by
    kind, most first.

    ``unsure`` of them are of a kind that the model does not trust itself with, and nobody looked
    at.
    """

    days: tuple[date, ...]
    sources: Mapping[str, Sequence[int]]
    kinds: Mapping[str, int]
    unsure: int


@dataclass(frozen=True, slots=True)
class TopTheme:
    """A theme with what was said in the period; ``copies`` are mentions in the words of somebody
    before."""

    theme: ThemeRow
    mentions: int
    people: int
    copies: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """Comments of one source and kind on one day, the ``place``-th of the period; the last ``day``
    alone where nothing was said."""

    day: date
    place: int | None
    name: str | None
    kind: str | None
    comments: int | None
    unsure: int | None


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """What a theme got in a period."""

    id: UUID
    mentions: int
    people: int
    copies: int


async def breakdown(
    connection: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> Breakdown:
    """What the overview draws, in one pass: ``volume`` and ``kinds`` without people. Raises
    Invalid."""
    values = period_values(product_id, days, tz, now)
    counts = await fetch_all(connection, COUNT_BY_DAY_SOURCE_KIND, values, of=DayCount)
    by_source: dict[str, list[int]] = {}
    by_kind: dict[str, int] = dict.fromkeys(Kind, 0)
    unsure = 0
    for count in counts:
        if count.place is None or count.name is None or count.comments is None:
            continue
        by_source.setdefault(count.name, [0] * days)[count.place] += count.comments
        unsure += count.unsure or 0
        if count.kind:
            by_kind[count.kind] += count.comments
    last_day = counts[0].day
    return Breakdown(
        days=tuple(last_day - timedelta(days=days - 1 - place) for place in range(days)),
        sources={name: by_source[name] for name in sorted(by_source)},
        kinds=dict(sorted(by_kind.items(), key=lambda pair: -pair[1])),
        unsure=unsure,
    )


async def volume(
    connection: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> list[VolumePoint]:
    """Comments per day of ``tz`` and source, every source on every day, by day and source name.
    Raises Invalid."""
    values = period_values(product_id, days, tz, now)
    return await fetch_all(connection, COUNT_BY_DAY_AND_SOURCE, values, of=VolumePoint)


async def kinds(
    connection: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> list[KindCount]:
    """Comments by kind, every kind, most first; those that were not enriched yet are left out.
    Raises Invalid."""
    values = period_values(product_id, days, tz, now)
    return await fetch_all(connection, COUNT_BY_KIND, values, of=KindCount)


async def top_themes(
    connection: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    limit: int = 10,
    now: datetime | None = None,
) -> list[TopTheme]:
    """The themes that most people spoke of lately; merged and ignored ones are left out. Raises
    Invalid."""
    values = {**period_values(product_id, days, tz, now), "limit": limit}
    counts = await fetch_all(connection, COUNT_BY_THEME, values, of=ThemeCount)
    themes = await theme_rows(connection, [count.id for count in counts])
    return [
        TopTheme(themes[count.id], count.mentions, count.people, count.copies) for count in counts
    ]
