"""What is let go of after how long: the terms of the settings, counted and carried out in small
batches, one process at a time over all machines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.config import Settings
from app.intake.refusals import forget_old_refusals
from app.intake.retention import Due, count_expired_bodies, empty_expired_bodies
from app.models.states import DeliveryStage
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Connection, Database
from app.themes.expiring import NONE_SEEN, count_expired_comments, expire_comments
from app.themes.old_activity import count_old_activity, forget_old_activity

BODIES_AT_ONCE = 500
COMMENTS_AT_ONCE = 50
"""Each takes its themes' locks, so these batches are small."""
LINES_AT_ONCE = 500

READ_STAGES = (DeliveryStage.parsed, DeliveryStage.unknown, DeliveryStage.failed)
IGNORED_STAGES = (DeliveryStage.ignored,)


@dataclass(frozen=True, slots=True)
class Term:
    """A sort of data and the days it is kept for; None is for ever."""

    sort: str
    days: int | None


@dataclass(frozen=True, slots=True)
class DueSort:
    """A sort of data of which ``rows`` are due to go; ``days``: how long it is kept."""

    sort: str
    days: int | None
    rows: int
    oldest: datetime | None


Count = Callable[[Connection, datetime], Awaitable[Due]]
Expire = Callable[[Database, datetime], Awaitable[int]]


def terms_of(settings: Settings) -> list[Term]:
    """What is kept for how long, by the settings."""
    return [
        Term("raw deliveries", settings.keep_deliveries_days),
        Term("ignored deliveries", settings.keep_ignored_days),
        Term("comments", settings.keep_comments_days),
        Term("activity", settings.keep_activity_days),
    ]


async def count_due(database: Database, terms: Sequence[Term]) -> list[DueSort]:
    """What a run would let go of now; changes nothing."""
    due_sorts = []
    for term in terms:
        due = Due(0, None)
        if term.days is not None:
            async with database.transaction() as connection:
                due = await _COUNTS[term.sort](connection, _before(term.days))
        due_sorts.append(DueSort(term.sort, term.days, due.rows, due.oldest))
    return due_sorts


async def let_go(database: Database, terms: Sequence[Term]) -> Mapping[str, int] | None:
    """Let go of what is due, in batches of their own transactions; returns how much of each sort.
    None where another process does so now. May end at any moment, and goes on the next time."""
    async with held_alone(database, AdvisoryLock.retention, "") as is_ours:
        if not is_ours:
            return None
        async with database.transaction() as connection:
            await forget_old_refusals(connection)
        gone = {}
        for term in terms:
            if term.days is not None:
                gone[term.sort] = await _EXPIRIES[term.sort](database, _before(term.days))
        return gone


def _before(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def _let_bodies_go(
    database: Database, stages: Sequence[DeliveryStage], before: datetime
) -> int:
    total, last_id = 0, 0
    while True:
        async with database.transaction() as connection:
            rows, last_id = await empty_expired_bodies(
                connection, stages, before, after=last_id, limit=BODIES_AT_ONCE
            )
        if not rows:
            return total
        total += rows


async def _let_read_bodies_go(database: Database, before: datetime) -> int:
    return await _let_bodies_go(database, READ_STAGES, before)


async def _let_ignored_bodies_go(database: Database, before: datetime) -> int:
    return await _let_bodies_go(database, IGNORED_STAGES, before)


async def _let_comments_go(database: Database, before: datetime) -> int:
    total, seen = 0, NONE_SEEN
    while True:
        async with database.transaction() as connection:
            rows, seen = await expire_comments(
                connection, before, datetime.now(UTC), after=seen, limit=COMMENTS_AT_ONCE
            )
        if not rows:
            return total
        total += rows


async def _let_activity_go(database: Database, before: datetime) -> int:
    total = 0
    while True:
        async with database.transaction() as connection:
            rows = await forget_old_activity(connection, before, limit=LINES_AT_ONCE)
        if not rows:
            return total
        total += rows


async def _count_read_bodies(connection: Connection, before: datetime) -> Due:
    return await count_expired_bodies(connection, READ_STAGES, before)


async def _count_ignored_bodies(connection: Connection, before: datetime) -> Due:
    return await count_expired_bodies(connection, IGNORED_STAGES, before)


_COUNTS: Mapping[str, Count] = {
    "raw deliveries": _count_read_bodies,
    "ignored deliveries": _count_ignored_bodies,
    "comments": count_expired_comments,
    "activity": count_old_activity,
}
_EXPIRIES: Mapping[str, Expire] = {
    "raw deliveries": _let_read_bodies_go,
    "ignored deliveries": _let_ignored_bodies_go,
    "comments": _let_comments_go,
    "activity": _let_activity_go,
}
