"""Looks for spikes and silences, and keeps what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from app.errors import NotFound
from app.insights.day_counts import (
    PHRASES_MOST,
    Days,
    SpokenText,
    busy_themes,
    phrase_days,
    read_clock,
    source_days,
    texts_of_day,
    theme_days,
)
from app.insights.judging import history_days, series_of, silences_in, spikes_in
from app.insights.spike_model import HISTORY_DAYS_LEAST, PEOPLE_LEAST, Verdict
from app.models.states import SpikeSort
from app.storage.advisory import AdvisoryLock, lock_if_free
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all, fetch_value
from classifiers.texts.phrases import phrases_of

QUIET_HOURS = 12
"""How long nothing more is told of a subject after an alert."""
COVERED_SHARE = 0.6
"""A phrase of which so many people speak within one theme is that theme's, and no spike of its
own; of two phrases that so many of the same people used only one is told."""

SELECT_PRODUCTS_TO_WATCH = "select id from product order by id"
UPDATE_RECENT = """
    update spike set people = greatest(people, %(people)s), chance = least(chance, %(chance)s)
    where product_id = %(product)s and sort = %(sort)s and subject = %(subject)s
      and (day = %(day)s or found_at > %(now)s - make_interval(hours => %(quiet)s)) returning id
"""
INSERT_SPIKE = """
    insert into spike (product_id, sort, subject, theme_id, source_id, day, people, expected,
                       chance, escalates, found_at)
    select %(product)s, %(sort)s, %(subject)s, t.id, s.id, %(day)s, %(people)s, %(expected)s,
           %(chance)s, coalesce(t.status = 'ignored', false), %(now)s
    from (select) one
    left join theme t on %(sort)s = 'theme' and t.id::text = %(subject)s
    left join source s on %(sort)s = 'silence' and s.id::text = %(subject)s
    returning id
"""
SELECT_OPEN_SILENCE = """
    select id from spike where product_id = %(product)s and sort = 'silence'
      and subject = %(subject)s and ended_at is null limit 1
"""
END_SILENCES = """
    update spike set ended_at = %(now)s
    where product_id = %(product)s and sort = 'silence' and ended_at is null
      and not subject = any(%(silent)s::text[])
"""
ACKNOWLEDGE = """
    update spike set state = 'acknowledged', acknowledged_at = now(), acknowledged_by = %(by)s
    where id = %(id)s and state = 'open' returning id
"""
SPIKE_EXISTS = "select true from spike where id = %s"


@dataclass(frozen=True, slots=True)
class NewSpike:
    """What was found now, and nobody was told of yet."""

    id: int
    product_id: UUID


@dataclass(frozen=True, slots=True)
class _Alarm:
    sort: SpikeSort
    subject: str
    day: date
    verdict: Verdict


async def look_for_spikes(
    database: Database, now: datetime, silent_sources: Mapping[UUID, Sequence[UUID]]
) -> list[NewSpike]:
    """Look at today and at yesterday in every product. ``silent_sources`` are, by product, those
    that are silent against their own rhythm. Returns what is new; one process at a time looks."""
    async with database.transaction() as connection:
        products = await fetch_all(connection, SELECT_PRODUCTS_TO_WATCH)
    new: list[NewSpike] = []
    for row in products:
        async with database.transaction() as connection:
            if await lock_if_free(connection, AdvisoryLock.spikes, row["id"]):
                silent = silent_sources.get(row["id"], ())
                new += await _look_at_product(connection, row["id"], now, silent)
    return new


async def _look_at_product(
    connection: Connection, product_id: UUID, now: datetime, silent: Sequence[UUID]
) -> list[NewSpike]:
    clock = await read_clock(connection, product_id, now)
    if clock.first_day is None:
        return []
    alarms: list[_Alarm] = []
    for day in (clock.today - timedelta(days=1), clock.today):
        days = history_days(clock.first_day, day)
        if days >= HISTORY_DAYS_LEAST:
            alarms += await _alarms_of_day(connection, product_id, day, days, clock.today)
    silent_subjects = {alarm.subject for alarm in alarms if alarm.sort is SpikeSort.silence}
    alarms += [
        _Alarm(SpikeSort.silence, str(source), clock.today, Verdict(0, 0.0, 0.0))
        for source in silent
        if str(source) not in silent_subjects
    ]
    spikes = [await _keep(connection, product_id, alarm, now) for alarm in alarms]
    still_silent = [alarm.subject for alarm in alarms if alarm.sort is SpikeSort.silence]
    values = {"product": product_id, "now": now, "silent": still_silent}
    await connection.execute(END_SILENCES, values)
    return [NewSpike(spike_id, product_id) for spike_id in spikes if spike_id is not None]


async def _alarms_of_day(
    connection: Connection, product_id: UUID, day: date, days: int, today: date
) -> list[_Alarm]:
    span = Days(
        product_id,
        history_from=_midnight(day - timedelta(days=days)),
        day_from=_midnight(day),
        until=_midnight(day + timedelta(days=1)),
    )
    alarms: list[_Alarm] = []
    busy = await busy_themes(connection, span)
    if busy:
        series = series_of(await theme_days(connection, span, busy), day, days)
        for subject, verdict in spikes_in(series, busy).items():
            alarms.append(_Alarm(SpikeSort.theme, subject, day, verdict))
    spiking = {alarm.subject for alarm in alarms}
    phrases = rising_phrases(await texts_of_day(connection, span), spiking)
    if phrases:
        series = series_of(await phrase_days(connection, span, list(phrases)), day, days)
        verdicts = spikes_in(series, list(phrases))
        for subject in distinct_matters({phrase: phrases[phrase] for phrase in verdicts}):
            alarms.append(_Alarm(SpikeSort.phrase, subject, day, verdicts[subject]))
    if day < today:
        series = series_of(await source_days(connection, span), day, days)
        for subject, verdict in silences_in(series).items():
            alarms.append(_Alarm(SpikeSort.silence, subject, day, verdict))
    return alarms


def rising_phrases(
    texts: Sequence[SpokenText], spiking_themes: set[str]
) -> dict[str, frozenset[int]]:
    """Phrases of two or three words that enough people used on the day, as they write them, with
    these people, most first; those of themes that spike themselves are left out."""
    voices: dict[str, set[int]] = defaultdict(set)
    covered: dict[str, set[int]] = defaultdict(set)
    surfaces: dict[str, str] = {}
    for one in texts:
        for phrase, surface in phrases_of(one.text).items():
            if " " not in phrase:
                continue
            surfaces.setdefault(phrase, surface)
            voices[phrase].add(one.voice)
            if one.theme in spiking_themes:
                covered[phrase].add(one.voice)
    rising = [
        phrase
        for phrase, people in voices.items()
        if len(people) >= PEOPLE_LEAST and len(covered[phrase]) < COVERED_SHARE * len(people)
    ]
    rising.sort(key=lambda phrase: (-len(voices[phrase]), phrase))
    return {surfaces[phrase]: frozenset(voices[phrase]) for phrase in rising[:PHRASES_MOST]}


def distinct_matters(phrases: Mapping[str, frozenset[int]]) -> list[str]:
    """Of phrases that the same people used the longest: they tell of one matter."""
    phrases_kept: list[str] = []
    for phrase in sorted(phrases, key=lambda one: (-len(phrases[one]), -len(one), one)):
        people = phrases[phrase]
        if not any(
            len(people & phrases[other]) >= COVERED_SHARE * len(people) for other in phrases_kept
        ):
            phrases_kept.append(phrase)
    return phrases_kept


async def _keep(
    connection: Connection, product_id: UUID, alarm: _Alarm, now: datetime
) -> int | None:
    """The new row's number; None where the subject was told of lately, or is silent still."""
    values = {
        "product": product_id,
        "sort": alarm.sort,
        "subject": alarm.subject,
        "day": alarm.day,
        "people": alarm.verdict.people,
        "expected": alarm.verdict.expected,
        "chance": alarm.verdict.chance,
        "quiet": QUIET_HOURS,
        "now": now,
    }
    if alarm.sort is SpikeSort.silence:
        row_id = await fetch_value(connection, SELECT_OPEN_SILENCE, values)
    else:
        row_id = await fetch_value(connection, UPDATE_RECENT, values)
    if row_id is not None:
        return None
    added: int | None = await fetch_value(connection, INSERT_SPIKE, values)
    return added


async def acknowledge_spike(connection: Connection, spike_id: int, *, actor: str) -> bool:
    """Say that somebody looked; False where somebody did before. Raises NotFound
    (``spike_not_found``)."""
    values = {"id": spike_id, "by": actor}
    if await fetch_value(connection, ACKNOWLEDGE, values) is not None:
        return True
    if await fetch_value(connection, SPIKE_EXISTS, [spike_id]) is None:
        raise NotFound("There is no spike of this number.", reason="spike_not_found")
    return False


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
