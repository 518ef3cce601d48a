"""How soon questions are answered by somebody else, counted over all that were asked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg import sql

from app.queries.first_answers import FIRST_ANSWER
from app.replies.questions import ASKED_BY_THE_COMMUNITY
from app.storage.db import Connection
from app.storage.rows import fetch_one

COVERAGE_DAYS = 7

# An unanswered question counts as one that waits for ever: a mean over what was answered would
# become better the more is left lying.
MEASURE_RESPONSES = sql.SQL(
    """
    with asked as (
      select extract(epoch from first.at - cm.created_at)::float as seconds,
             coalesce(%(now)s::timestamptz, now()) - cm.created_at
               < make_interval(days => %(coverage)s) as has_time,
             q.linked_at is not null as is_linked
      from comment cm left join author a on a.id = cm.author_id {first}
      where {asked_by_the_community} and cm.created_at >= %(since)s and cm.created_at < %(until)s
        and (%(product)s::uuid is null or cm.product_id = %(product)s)
    )
    select count(*) as asked, count(seconds) as answered,
           count(*) filter (where seconds <= 86400 * %(coverage)s) as within,
           count(*) filter (where seconds is null and has_time) as undecided,
           count(*) filter (where is_linked) as linked,
           percentile_disc(0.5) within group (order by coalesce(seconds, 'Infinity')) as median,
           percentile_disc(0.9) within group (order by coalesce(seconds, 'Infinity')) as p90
    from asked
    """
).format(first=FIRST_ANSWER, asked_by_the_community=ASKED_BY_THE_COMMUNITY)


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """Questions ``asked`` in a period, how many were ``answered`` at all and how many ``within``
    seven days; of those that were not, ``undecided`` still have time. ``linked`` were answered by a
    link to one like it.

    Half of all questions were answered within ``median_seconds`` and nine of ten within
    ``p90_seconds``; None where so many have no answer.
    """

    asked: int
    answered: int
    within: int
    undecided: int
    linked: int
    median_seconds: float | None
    p90_seconds: float | None

    @property
    def coverage(self) -> float | None:
        """The share of all questions that were answered within seven days; None without any."""
        return self.within / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class _Measured:
    asked: int
    answered: int
    within: int
    undecided: int
    linked: int
    median: float | None
    p90: float | None


async def response_times(
    connection: Connection,
    product_id: UUID | None,
    since: datetime,
    until: datetime,
    *,
    now: datetime | None = None,
) -> ResponseTimes:
    """The first answers to what was asked in [since, until)."""
    values = {
        "product": product_id,
        "since": since,
        "until": until,
        "now": now,
        "coverage": COVERAGE_DAYS,
    }
    row = await fetch_one(connection, MEASURE_RESPONSES, values, of=_Measured)
    assert row is not None
    return ResponseTimes(
        asked=row.asked,
        answered=row.answered,
        within=row.within,
        undecided=row.undecided,
        linked=row.linked,
        median_seconds=_finite(row.median),
        p90_seconds=_finite(row.p90),
    )


def _finite(seconds: float | None) -> float | None:
    return None if seconds is None or math.isinf(seconds) else seconds
