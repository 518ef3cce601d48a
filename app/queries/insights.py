"""Numbers about a product: how much is said, where, of which kind, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from psycopg import sql

from app.queries.periods import check_days, check_zone
from app.queries.rows import ThemeRow
from app.queries.themes import theme_rows
from app.storage.db import Connection
from app.themes.voices import CREDIT, VOICE


@dataclass(frozen=True, slots=True)
class Overview:
    """The totals of a period (comments, people, kinds) and of now (themes, tickets).

    ``people`` leaves staff and bots out. ``net_tone`` is (comments above 0.2 - comments below -0.2)
    / comments with a tone, in -1..1, or None where there are none. ``hostile`` comments may attack
    a person: a hint. ``oldest_decision_seconds`` is how long the oldest theme in triage has waited,
    None where nothing waits.
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
    oldest_decision_seconds: float | None
    suggestions: int


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


_PERIOD = sql.SQL("""
    period as (
      select day, (day + 1)::timestamp at time zone %(tz)s as until,
             (day - %(days)s + 1)::timestamp at time zone %(tz)s as since,
             (day - 2 * %(days)s + 1)::timestamp at time zone %(tz)s as before
      from (select (coalesce(%(now)s::timestamptz, now()) at time zone %(tz)s)::date as day) today
    ),
    chosen as (select id from product where %(product)s::uuid is null or id = %(product)s)
""")
"""Comments are always read product by product, because the index that answers these questions alone
begins with it."""


async def overview(
    c: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> Overview:
    """Totals of the last ``days`` days, today among them, beside those of the ``days`` days before.
    Raises Invalid."""
    values = {"product": product_id, "days": check_days(days), "tz": check_zone(tz), "now": now}
    found = await c.execute(
        sql.SQL("""
        with {period}, said as (
          select cm.created_at >= since as current, cm.author_id, count(*) as comments,
                 count(*) filter (where abs(cm.sentiment) > 0.2) as toned,
                 count(*) filter (where cm.tone = 'hostile') as hostile,
                 sum(sign(cm.sentiment)) filter (where abs(cm.sentiment) > 0.2) as tone
          from period cross join chosen join comment cm on cm.product_id = chosen.id
          where cm.created_at >= before and cm.created_at < until and cm.deleted_at is null group by 1, 2
        ),
        heard as (
          select said.*, a.person_id, case when a.id is null then comments when a.is_staff or a.is_bot then 0
                 when a.person_id is null then 1 else 0 end as voices, not (a.is_staff or a.is_bot) as counts
          from said left join author a on a.id = said.author_id
        ),
        linked as (select distinct current, person_id from heard where person_id is not null and counts)
        select coalesce(sum(comments) filter (where current), 0)::bigint as comments,
               coalesce(sum(comments) filter (where not current), 0)::bigint as previous_comments,
               coalesce(sum(voices) filter (where current), 0)::bigint
                 + (select count(*) from linked where current) as people,
               coalesce(sum(voices) filter (where not current), 0)::bigint
                 + (select count(*) from linked where not current) as previous_people,
               coalesce(sum(toned) filter (where current), 0)::bigint as toned,
               coalesce(sum(hostile) filter (where current), 0)::bigint as hostile,
               coalesce(sum(tone) filter (where current), 0) as tone
        from heard
        """).format(period=_PERIOD),
        values,
    )
    said = await found.fetchone()
    found = await c.execute(
        """
        select count(*) filter (where status = 'triage') as themes_triage,
               count(*) filter (where status = 'accepted') as themes_accepted,
               count(*) filter (where status = 'ignored') as themes_ignored,
               extract(epoch from coalesce(%(now)s::timestamptz, now())
                 - min(created_at) filter (where status = 'triage'))::float8 as oldest
        from theme where (%(product)s::uuid is null or product_id = %(product)s)
        """,
        values,
    )
    themes = await found.fetchone()
    found = await c.execute(
        """
        select count(*) filter (where state = 'created') as tickets_created,
               count(*) filter (where state in ('pending', 'creating')) as tickets_open,
               count(*) filter (where state = 'blocked') as tickets_blocked,
               (select count(*) from theme_suggestion where state = 'open'
                 and (%(product)s::uuid is null or product_id = %(product)s)) as suggestions
        from ticket where (%(product)s::uuid is null or product_id = %(product)s)
        """,
        values,
    )
    tickets = await found.fetchone()
    assert said is not None
    assert themes is not None
    assert tickets is not None
    oldest, tone = themes.pop("oldest"), said.pop("tone")
    return Overview(
        days=days,
        net_tone=float(tone) / said["toned"] if said["toned"] else None,
        oldest_decision_seconds=None if oldest is None else max(0.0, oldest),
        **said,
        **themes,
        **tickets,
    )


async def breakdown(
    c: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> Breakdown:
    """What the overview draws, in one pass: ``volume`` and ``kinds`` without people. Raises
    Invalid."""
    values = {"product": product_id, "days": check_days(days), "tz": check_zone(tz), "now": now}
    found = await c.execute(
        sql.SQL("""
        with {period}, said as (
          select (cm.created_at at time zone %(tz)s)::date - period.day + %(days)s - 1 as place, cm.source_id, cm.kind,
                 count(*) as comments, count(*) filter (where cm.kind_reason = 'unsure') as unsure
          from period cross join chosen join comment cm on cm.product_id = chosen.id
          where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null group by 1, 2, 3
        )
        select period.day, said.place, s.name, said.kind, said.comments, said.unsure
        from period left join (said join source s on s.id = said.source_id) on true
        """).format(period=_PERIOD),
        values,
    )
    rows = await found.fetchall()
    sources: dict[str, list[int]] = {}
    kinds = dict.fromkeys(("bug", "feature", "question", "praise", "other"), 0)
    unsure = 0
    for row in rows:
        if row["place"] is None:
            continue
        sources.setdefault(row["name"], [0] * days)[row["place"]] += row["comments"]
        unsure += row["unsure"]
        if row["kind"]:
            kinds[row["kind"]] += row["comments"]
    last = rows[0]["day"]
    return Breakdown(
        tuple(last - timedelta(days=days - 1 - place) for place in range(days)),
        {name: sources[name] for name in sorted(sources)},
        dict(sorted(kinds.items(), key=lambda pair: -pair[1])),
        unsure,
    )


async def volume(
    c: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> list[VolumePoint]:
    """Comments per day of ``tz`` and source, every source on every day, by day and source name.
    Raises Invalid."""
    found = await c.execute(
        sql.SQL("""
        with {period}, said as (
          select (cm.created_at at time zone %(tz)s)::date as day, cm.source_id, count(*) as comments,
                 count(distinct {voice}) as people
          from period cross join chosen join comment cm on cm.product_id = chosen.id
               left join author a on a.id = cm.author_id
          where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null group by 1, 2
        )
        select d::date as day, s.id as source_id, s.name as source_name, s.platform,
               coalesce(said.comments, 0) as comments, coalesce(said.people, 0) as people
        from period cross join generate_series(period.day - %(days)s + 1, period.day, interval '1 day') d
        cross join source s left join said on said.day = d::date and said.source_id = s.id
        where (%(product)s::uuid is null or s.product_id = %(product)s) order by 1, s.name, s.id
        """).format(period=_PERIOD, voice=VOICE),
        {"product": product_id, "days": check_days(days), "tz": check_zone(tz), "now": now},
    )
    return [VolumePoint(**row) async for row in found]


async def kinds(
    c: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    now: datetime | None = None,
) -> list[KindCount]:
    """Comments by kind, every kind, most first; those that were not enriched yet are left out.
    Raises Invalid."""
    found = await c.execute(
        sql.SQL("""
        with {period}, said as (
          select cm.kind, count(*) as comments, count(distinct {voice}) as people
          from period cross join chosen join comment cm on cm.product_id = chosen.id
               left join author a on a.id = cm.author_id
          where cm.created_at >= since and cm.created_at < until and cm.deleted_at is null group by 1
        )
        select k.kind, coalesce(said.comments, 0) as comments, coalesce(said.people, 0) as people
        from unnest(array['bug', 'feature', 'question', 'praise', 'other']) with ordinality as k(kind, place)
        left join said using (kind) order by 2 desc, k.place
        """).format(period=_PERIOD, voice=VOICE),
        {"product": product_id, "days": check_days(days), "tz": check_zone(tz), "now": now},
    )
    return [KindCount(**row) async for row in found]


async def top_themes(
    c: Connection,
    product_id: UUID | None = None,
    days: int = 30,
    tz: str = "UTC",
    *,
    limit: int = 10,
    now: datetime | None = None,
) -> list[TopTheme]:
    """The themes that most people spoke of lately; merged and ignored ones are left out. Raises
    Invalid."""
    found = await c.execute(
        sql.SQL("""
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
        """).format(period=_PERIOD, voice=VOICE, credit=CREDIT),
        {
            "product": product_id,
            "days": check_days(days),
            "tz": check_zone(tz),
            "now": now,
            "limit": limit,
        },
    )
    heard = await found.fetchall()
    rows = await theme_rows(c, [row["id"] for row in heard])
    return [
        TopTheme(rows[row["id"]], row["mentions"], row["people"], row["copies"]) for row in heard
    ]
