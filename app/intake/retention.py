"""Lets go of raw requests when their time is up: the body goes, the row with its key stays, so that
the same request is still known when it is sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

EXPIRED_REASON = "expired"
EXPIRED_DETAIL = "What it said was kept for as long as the settings say, and is not kept any more."

# A delivery that waits to be read keeps its body, however old it is; so does one of which the
# reading failed again and was asked for once more.
COUNT_EXPIRED_BODIES = """
    select count(*) as rows, min(coalesce(finished_at, received_at)) as oldest from delivery
    where stage = any(%(stages)s) and body <> ''
      and coalesce(finished_at, received_at) < %(before)s
"""
SELECT_EXPIRED_BODIES = """
    select id from delivery
    where stage = any(%(stages)s) and body <> '' and id > %(after)s
      and coalesce(finished_at, received_at) < %(before)s
    order by id limit %(limit)s for update skip locked
"""
EMPTY_EXPIRED_BODIES = """
    update delivery
    set body = '', detail = case when reason = '' then %(detail)s
                                 else %(detail)s || ' Before: ' || reason || '.' end,
        reason = %(reason)s
    where id = any(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Due:
    """How many rows are due to go, and the time of the oldest of them."""

    rows: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class _ExpiredBody:
    id: int


async def count_expired_bodies(
    connection: Connection, stages: Sequence[str], before: datetime
) -> Due:
    """Bodies of deliveries in these stages that were read before a time."""
    values = {"stages": list(stages), "before": before}
    due = await fetch_one(connection, COUNT_EXPIRED_BODIES, values, of=Due)
    return due or Due(0, None)


async def empty_expired_bodies(
    connection: Connection, stages: Sequence[str], before: datetime, *, after: int, limit: int
) -> tuple[int, int]:
    """Empty up to ``limit`` bodies of deliveries with an id above ``after``; returns (how many, the
    last id). One that somebody else works on now is left for the next time."""
    values = {"stages": list(stages), "before": before, "after": after, "limit": limit}
    ids = [
        row.id
        for row in await fetch_all(connection, SELECT_EXPIRED_BODIES, values, of=_ExpiredBody)
    ]
    if ids:
        emptied = {"ids": ids, "reason": EXPIRED_REASON, "detail": EXPIRED_DETAIL}
        await connection.execute(EMPTY_EXPIRED_BODIES, emptied)
    return len(ids), ids[-1] if ids else after
