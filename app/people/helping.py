"""Whom somebody helped: distinct people whose questions they answered, the recent ones weighing
more.

An answer is what somebody of the community wrote in a thread after another one's question there,
unless it asks as well. Each pair of two people counts once, by its newest answer, which weighs half
after ``HALF_LIFE_DAYS``: neither many answers to one friend nor years of them make a band. Nobody
is ranked, and nothing is said of the tone.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from psycopg import sql

from app.replies.questions import ASKED_BY_THE_COMMUNITY
from app.storage.db import Connection
from app.themes.voices import VOICE_OF_ACCOUNT


class HelpBand(StrEnum):
    """How many people somebody helped lately: a band, so that nobody is ranked."""

    none = ""
    some = "some"
    several = "several"
    many = "many"


HALF_LIFE_DAYS = 90
HELP_DAYS_MOST = 360
"""An older answer weighs less than a sixteenth, and is left out."""
BAND_LEAST: Mapping[HelpBand, float] = MappingProxyType(
    {HelpBand.many: 10.0, HelpBand.several: 3.0, HelpBand.some: 0.5}
)
"""People helped, by weight, from which a band begins: the highest first."""
HELPED = sql.SQL(
    """
    select b.id as helper_id, b.person_id as helper_person, a.id as asker_id,
           a.person_id as asker_person, coalesce(nullif(a.name, ''), a.handle) as asker,
           o.created_at as at, o.id as answer_id, o.permalink, left(cm.text, 200) as question
    from comment cm join author a on a.id = cm.author_id
    join comment o on o.source_id = cm.source_id and o.thread_id = cm.thread_id
      and o.thread_id <> '' and o.deleted_at is null
      and (o.created_at, o.id) > (cm.created_at, cm.id) and o.kind <> 'question'
    join author b on b.id = o.author_id and not b.is_staff and not b.is_bot and b.id <> a.id
      and (b.person_id is null or b.person_id is distinct from a.person_id)
    where {asked} and (%(product)s::uuid is null or cm.product_id = %(product)s)
      and o.created_at >= %(now)s::timestamptz - %(help_within)s::interval
      and o.created_at < %(now)s
    """
).format(asked=ASKED_BY_THE_COMMUNITY)
"""An answer of one person to another one's question a row; several of a pair are several rows."""

WEIGHT_OF_AGE = sql.SQL("power(0.5, extract(epoch from %(now)s::timestamptz - {at}) / {half_life})")


def weight_at(at: sql.Composable) -> sql.Composed:
    """What an answer of that time weighs now: 1 for a new one, half after the half-life."""
    return WEIGHT_OF_AGE.format(at=at, half_life=sql.Literal(HALF_LIFE_DAYS * 86_400))


HELP_SCORES = sql.SQL(
    """
    select helper, sum({weight})::float8 as score, count(*) as people from (
      select {helper} as helper, {asker} as asker, max(at) as at
      from ({helped}) answers group by 1, 2
    ) pairs group by helper
    """
)
VOICE_OF = "case when {0}_person is not null then 4 * {0}_person else 4 * {0}_id + 1 end"
SCORES = HELP_SCORES.format(
    weight=weight_at(sql.SQL("at")),
    helper=sql.SQL(VOICE_OF.format("helper")),
    asker=sql.SQL(VOICE_OF.format("asker")),
    helped=HELPED,
)
"""``helper`` (a voice), ``score`` and ``people`` of everybody who helped in a product."""
COUNT_HELP = sql.SQL(
    """
    with scores as ({scores}),
    helpers as (
      select min(a.id) as author_id, {voice} as voice from author a
      where a.product_id = %(product)s group by 2
    ),
    gone as (
      delete from help_score h where h.product_id = %(product)s
        and not exists (select from scores join helpers on helpers.voice = scores.helper
                        where helpers.author_id = h.author_id)
    )
    insert into help_score (author_id, product_id, score, people, counted_at)
    select helpers.author_id, %(product)s, scores.score, scores.people, %(now)s
    from scores join helpers on helpers.voice = scores.helper
    order by 1
    on conflict (author_id) do update
    set score = excluded.score, people = excluded.people, counted_at = excluded.counted_at
    """
).format(scores=SCORES, voice=VOICE_OF_ACCOUNT)
SCORE_NOW = sql.SQL("h.score * {weight}").format(weight=weight_at(sql.SQL("h.counted_at")))
"""What a counted score ``h`` is now: all that it adds up decays alike."""


def band_of(score: float) -> HelpBand:
    """The band of a score."""
    return next((band for band, least in BAND_LEAST.items() if score >= least), HelpBand.none)


def help_values(product_id: uuid.UUID | None, now: datetime) -> dict[str, object]:
    """What the queries of this module take."""
    return {"product": product_id, "now": now, "help_within": timedelta(days=HELP_DAYS_MOST)}


async def count_help(connection: Connection, product_id: uuid.UUID, now: datetime) -> None:
    """Count for a whole product whom everybody helped: lists read that, since putting it together
    takes about a second for a hundred thousand comments."""
    await connection.execute(COUNT_HELP, help_values(product_id, now))
