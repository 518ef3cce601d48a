"""The numbers of a span of days: how much was said and how it sounded, and what became of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.queries.comments import TONE_FROM
from app.queries.metric_people import PeopleCounts, count_people
from app.queries.response_times import ResponseTimes, response_times
from app.queries.spans import Span
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

NORMAL_95 = 1.96

COUNT_VOLUMES = """
    select case when grouping(cm.source_id) = 0 then 'source'
                when grouping(cm.platform) = 0 then 'platform'
                when grouping(cm.kind) = 0 then 'kind'
                when grouping(cm.language) = 0 then 'language' else 'all' end as by,
           coalesce(cm.source_id::text, cm.platform, cm.kind, cm.language, '') as key,
           coalesce((select s.name from source s where s.id = cm.source_id), '') as name,
           count(*) as comments,
           count(*) filter (where cm.sentiment > %(tone_from)s) as friendly,
           count(*) filter (where cm.sentiment < -%(tone_from)s) as unfriendly
    from product chosen join comment cm on cm.product_id = chosen.id
    where (%(product)s::uuid is null or chosen.id = %(product)s)
      and cm.created_at >= %(since)s and cm.created_at < %(until)s and cm.deleted_at is null
    group by grouping sets ((cm.source_id), (cm.platform), (cm.kind), (cm.language), ())
    order by 1, 4 desc, 2
"""
COUNT_CLOSURE = """
    select count(*) filter (where t.created_at < %(since)s
             and (t.status = 'triage' or t.decided_at >= %(since)s)) as open_before,
           count(*) filter (where t.created_at >= %(since)s) as opened,
           count(*) filter (where t.status in ('accepted', 'ignored')
             and t.decided_at >= %(since)s and t.decided_at < %(until)s) as decided,
           min(t.created_at) filter (where t.status = 'triage') as oldest_open
    from theme t
    where (%(product)s::uuid is null or t.product_id = %(product)s)
      and t.created_at < %(until)s and t.status <> 'merged'
"""
COUNT_TOLD = """
    select count(distinct k.theme_id) as shipped,
           count(distinct k.theme_id) filter (where k.told_at is not null) as told
    from ticket k join theme t on t.id = k.theme_id
    where (%(product)s::uuid is null or k.product_id = %(product)s)
      and k.status = 'done' and k.superseded_at is null and t.status = 'accepted'
      and k.status_since >= %(since)s and k.status_since < %(until)s
"""


@dataclass(frozen=True, slots=True)
class Volume:
    """Comments of one source, platform, kind or language (``by``). ``key`` is what a filter takes,
    ``name`` what people read; ``before`` are those of the span compared with, if any."""

    by: str
    key: str
    name: str
    comments: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class NetTone:
    """Comments that sound friendly or unfriendly; what is neither is left out."""

    friendly: int
    unfriendly: int

    @property
    def toned(self) -> int:
        """How many the number is made of."""
        return self.friendly + self.unfriendly

    @property
    def net(self) -> float | None:
        """(friendly - unfriendly) / both, -1 to 1; None without any."""
        return (self.friendly - self.unfriendly) / self.toned if self.toned else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the number lies with 95 % confidence (Wilson 1927, of the friendly share)."""
        if not self.toned:
            return None
        share, n, z = self.friendly / self.toned, self.toned, NORMAL_95
        middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        return 2 * (middle - half) - 1, 2 * (middle + half) - 1


@dataclass(frozen=True, slots=True)
class Closure:
    """Themes: ``open_before`` the span, ``opened`` in it, ``decided`` in it; ``oldest_open`` is
    when the oldest that waits now was opened."""

    open_before: int
    opened: int
    decided: int
    oldest_open: datetime | None

    @property
    def share(self) -> float | None:
        """decided / (open before + opened); None without any."""
        waiting = self.open_before + self.opened
        return self.decided / waiting if waiting else None


@dataclass(frozen=True, slots=True)
class Told:
    """Themes that were shipped in the span, and how many of their people were told by now."""

    shipped: int
    told: int

    @property
    def share(self) -> float | None:
        """told / shipped; None without any."""
        return self.told / self.shipped if self.shipped else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Every number of one span but the volumes."""

    comments: int
    people: PeopleCounts
    tone: NetTone
    responses: ResponseTimes
    closure: Closure
    told: Told


@dataclass(frozen=True, slots=True)
class Metrics:
    """The numbers of a span beside those of the one that it is compared with."""

    span: Span
    compared: Span | None
    figures: Figures
    before: Figures | None
    volumes: Sequence[Volume]

    def volumes_by(self, dimension: str) -> list[Volume]:
        """The volumes of one dimension, most first."""
        return [volume for volume in self.volumes if volume.by == dimension]


@dataclass(frozen=True, slots=True)
class _Said:
    """What one pass over the comments of a span tells."""

    comments: int
    tone: NetTone
    volumes: Sequence[Volume]


async def read_metrics(
    connection: Connection,
    product_id: UUID | None,
    span: Span,
    compared: Span | None = None,
    *,
    now: datetime | None = None,
) -> Metrics:
    """All numbers of a span."""
    speech = await _said(connection, product_id, span)
    figures = await _figures(connection, product_id, span, speech, now)
    if compared is None:
        return Metrics(span, None, figures, None, speech.volumes)
    others = await _said(connection, product_id, compared)
    before = await _figures(connection, product_id, compared, others, now)
    paired = _side_by_side(speech.volumes, others.volumes)
    return Metrics(span, compared, figures, before, paired)


async def _figures(
    connection: Connection,
    product_id: UUID | None,
    span: Span,
    speech: _Said,
    now: datetime | None,
) -> Figures:
    values = {"product": product_id, "since": span.since, "until": span.until}
    closure = await fetch_one(connection, COUNT_CLOSURE, values, of=Closure)
    shipped = await fetch_one(connection, COUNT_TOLD, values, of=Told)
    assert closure is not None
    assert shipped is not None
    return Figures(
        comments=speech.comments,
        people=await count_people(connection, product_id, span),
        tone=speech.tone,
        responses=await response_times(connection, product_id, span.since, span.until, now=now),
        closure=closure,
        told=shipped,
    )


async def _said(connection: Connection, product_id: UUID | None, span: Span) -> _Said:
    values = {"product": product_id, "since": span.since, "until": span.until}
    rows = await fetch_all(connection, COUNT_VOLUMES, {**values, "tone_from": TONE_FROM})
    (all_of_it,) = [row for row in rows if row["by"] == "all"]
    return _Said(
        comments=all_of_it["comments"],
        tone=NetTone(all_of_it["friendly"], all_of_it["unfriendly"]),
        volumes=[
            Volume(row["by"], row["key"], row["name"], row["comments"])
            for row in rows
            if row["by"] != "all"
        ],
    )


def _side_by_side(volumes: Sequence[Volume], others: Sequence[Volume]) -> list[Volume]:
    """The volumes with those of the other span; what was only said then comes last, with 0."""
    before = {(other.by, other.key): other for other in others}
    paired = [
        Volume(
            volume.by,
            volume.key,
            volume.name,
            volume.comments,
            before[volume.by, volume.key].comments if (volume.by, volume.key) in before else 0,
        )
        for volume in volumes
    ]
    shown = {(volume.by, volume.key) for volume in paired}
    gone = [
        Volume(other.by, other.key, other.name, 0, other.comments)
        for place, other in before.items()
        if place not in shown
    ]
    return paired + gone
