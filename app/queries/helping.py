"""Whom one person helped, as a band with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from app.people.helping import HELPED, VOICE_OF, HelpBand, band_of, help_values, weight_at
from app.queries.accounts import ACCOUNTS_OF_PERSON
from app.storage.db import Connection
from app.storage.rows import fetch_all

HELPED_SHOWN = 20
SELECT_HELPED = sql.SQL(
    """
    select asker_id as person_id, asker as name, at, permalink, question, {weight}::float8 as weight
    from (
      select distinct on ({asker}) *
      from ({helped} and o.author_id in {accounts}) answers
      order by {asker}, at desc, answer_id desc
    ) pairs order by at desc, answer_id desc
    """
).format(
    weight=weight_at(sql.SQL("at")),
    asker=sql.SQL(VOICE_OF.format("asker")),
    helped=HELPED,
    accounts=ACCOUNTS_OF_PERSON,
)


@dataclass(frozen=True, slots=True)
class HelpedPerson:
    """Somebody who was helped: the newest answer to one of their questions, and what it weighs
    now."""

    person_id: int
    name: str
    at: datetime
    permalink: str
    question: str
    weight: float


@dataclass(frozen=True, slots=True)
class Help:
    """Whom somebody helped, as a band with its evidence: ``people`` in all, ``score`` by weight."""

    band: HelpBand
    people: int
    score: float
    evidence: list[HelpedPerson]


async def help_of(connection: Connection, person_id: int, now: datetime) -> Help:
    """Whom somebody helped in the last ``HELP_DAYS_MOST`` days."""
    values = {**help_values(None, now), "person_id": person_id}
    helped = await fetch_all(connection, SELECT_HELPED, values, of=HelpedPerson)
    score = sum(one.weight for one in helped)
    return Help(band_of(score), len(helped), score, helped[:HELPED_SHOWN])
