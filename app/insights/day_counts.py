"""Distinct people per day: of each theme, of each source, of whatever holds a phrase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.insights.spike_model import HISTORY_DAYS, PEOPLE_LEAST
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.voices import VOICE

SISTERS_MOST = 200
"""Series of a product that its dispersion is told from, those of most comments."""
TEXTS_MOST = 2_000
PHRASES_MOST = 20

_HEARD = "cm.deleted_at is null and not coalesce(a.is_staff or a.is_bot, false)"
SELECT_CLOCK = """
    select (%(now)s at time zone 'UTC')::date as today,
           min(cm.created_at at time zone 'UTC')::date as first_day
    from (select created_at from comment where product_id = %(product)s
          order by created_at limit 1) cm
"""
SELECT_BUSY_THEMES = sql.SQL(
    """
    select cm.theme_id::text as subject, count(distinct {voice}) as people
    from comment cm left join author a on a.id = cm.author_id join theme t on t.id = cm.theme_id
    where cm.product_id = %(product)s and cm.created_at >= %(from)s and cm.created_at < %(to)s
      and {heard} and t.status <> 'merged'
    group by 1 having count(distinct {voice}) >= %(least)s
    """
).format(voice=VOICE, heard=sql.SQL(_HEARD))
COUNT_THEME_DAYS = sql.SQL(
    """
    with sisters as (
      select theme_id from comment
      where product_id = %(product)s and created_at >= %(from)s and created_at < %(to)s
        and theme_id is not null and deleted_at is null
      group by 1 order by count(*) desc, 1 limit %(most)s
    )
    select cm.theme_id::text as subject, (cm.created_at at time zone 'UTC')::date as day,
           count(distinct {voice}) as people
    from comment cm left join author a on a.id = cm.author_id
    where cm.product_id = %(product)s and cm.created_at >= %(from)s and cm.created_at < %(to)s
      and (cm.theme_id in (select theme_id from sisters) or cm.theme_id = any(%(busy)s::uuid[]))
      and {heard}
    group by 1, 2
    """
).format(voice=VOICE, heard=sql.SQL(_HEARD))
COUNT_SOURCE_DAYS = sql.SQL(
    """
    select cm.source_id::text as subject, (cm.created_at at time zone 'UTC')::date as day,
           count(distinct {voice}) as people
    from comment cm left join author a on a.id = cm.author_id
    join source s on s.id = cm.source_id and s.enabled
    where cm.product_id = %(product)s and cm.created_at >= %(from)s and cm.created_at < %(to)s
      and {heard}
    group by 1, 2
    """
).format(voice=VOICE, heard=sql.SQL(_HEARD))
COUNT_PHRASE_DAYS = sql.SQL(
    """
    select p.phrase as subject, (cm.created_at at time zone 'UTC')::date as day,
           count(distinct {voice}) as people
    from unnest(%(phrases)s::text[]) as p(phrase)
    join comment cm on cm.search @@ (phraseto_tsquery('english', p.phrase)
                                     && quote_literal(%(product)s::text)::tsquery)
      and cm.product_id = %(product)s
    left join author a on a.id = cm.author_id
    where cm.created_at >= %(from)s and cm.created_at < %(to)s and {heard}
    group by 1, 2
    """
).format(voice=VOICE, heard=sql.SQL(_HEARD))
SELECT_TEXTS = sql.SQL(
    """
    select {voice} as voice, left(cm.text, 2000) as text, cm.theme_id::text as theme
    from comment cm left join author a on a.id = cm.author_id
    where cm.product_id = %(product)s and cm.created_at >= %(from)s and cm.created_at < %(to)s
      and {heard}
    order by cm.created_at desc, cm.id desc limit %(most)s
    """
).format(voice=VOICE, heard=sql.SQL(_HEARD))


@dataclass(frozen=True, slots=True)
class ProductClock:
    """The day that it is in UTC, and the first on which anybody spoke; None where nobody did."""

    today: date
    first_day: date | None


@dataclass(frozen=True, slots=True)
class DayCount:
    """People of one series on one day."""

    subject: str
    day: date
    people: int


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What somebody wrote lately, and in which theme it stands."""

    voice: int
    text: str
    theme: str | None


@dataclass(frozen=True, slots=True)
class Days:
    """The moments from the first day of a history to the end of the day that is looked at."""

    product_id: UUID
    history_from: datetime
    day_from: datetime
    until: datetime

    def values(self, since: datetime, **more: Any) -> dict[str, Any]:
        """The parameters of a query."""
        return {"product": self.product_id, "from": since, "to": self.until, **more}


async def read_clock(connection: Connection, product_id: UUID, now: datetime) -> ProductClock:
    """Which day it is for a product."""
    values = {"product": product_id, "now": now}
    clock = await fetch_one(connection, SELECT_CLOCK, values, of=ProductClock)
    assert clock is not None
    return clock


async def busy_themes(connection: Connection, days: Days) -> list[str]:
    """The themes of which enough people spoke on the day: only these can have a spike."""
    values = days.values(days.day_from, least=PEOPLE_LEAST)
    return [row["subject"] for row in await fetch_all(connection, SELECT_BUSY_THEMES, values)]


async def theme_days(connection: Connection, days: Days, busy: Sequence[str]) -> list[DayCount]:
    """People per day of the busy themes and of those that most is said in."""
    values = days.values(days.history_from, busy=list(busy), most=SISTERS_MOST)
    return await fetch_all(connection, COUNT_THEME_DAYS, values, of=DayCount)


async def source_days(connection: Connection, days: Days) -> list[DayCount]:
    """People per day of every source that is switched on."""
    values = days.values(days.history_from)
    return await fetch_all(connection, COUNT_SOURCE_DAYS, values, of=DayCount)


async def phrase_days(connection: Connection, days: Days, phrases: Sequence[str]) -> list[DayCount]:
    """People per day of comments that hold a phrase."""
    values = days.values(days.history_from, phrases=list(phrases))
    return await fetch_all(connection, COUNT_PHRASE_DAYS, values, of=DayCount)


async def texts_of_day(connection: Connection, days: Days) -> list[SpokenText]:
    """The newest texts of the day, a bounded number."""
    values = days.values(days.day_from, most=TEXTS_MOST)
    return await fetch_all(connection, SELECT_TEXTS, values, of=SpokenText)


assert HISTORY_DAYS % 7 == 0, "a history holds every weekday as often"
