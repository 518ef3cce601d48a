"""Looks again at what is stored of a source: edits and deletions that no event told.

Comments are walked over in rings, each from its first thread to its last: the young ones often,
those of themes with a ticket some times a day, and all of them every day, so that nothing stays for
two days after its author deleted it. A few of them make a step; between steps the platform is left
to what is new for twice as long as the step took.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import sql

from app.intake.gone import gone_inbound, gone_key
from app.intake.poll_budget import BudgetSpent
from app.intake.poll_sifting import ReadItem, read_page, sift
from app.intake.poll_storing import insert_polled
from app.intake.poll_visit import Visit, pause_after
from app.models.states import RecheckRing
from app.storage.db import Connection, DatabaseAway
from app.storage.rows import fetch_all, fetch_one
from integrations.poll_contract import KnownComment, PollError, Rechecked

log = structlog.get_logger(__name__)

RECHECK_WALK = "recheck"
YOUNG_DAYS = 3
RING_SECONDS = {
    RecheckRing.young: 3600,
    RecheckRing.ticketed: 6 * 3600,
    RecheckRing.all: 24 * 3600,
}
"""From the beginning of one round to the next. What is deleted has to be gone within 48 hours."""
RECHECK_REST_FACTOR = 2.0
RECHECK_REST_LEAST_SECONDS = 1.0
NOT_SEEN_REASON = "not_all_seen"

BEGIN_RECHECKS = """
    insert into source_recheck (source_id, ring, due_at)
    select %(source)s, r.ring, now() + make_interval(secs => r.seconds)
    from unnest(%(rings)s::text[], %(seconds)s::float8[]) as r(ring, seconds)
    on conflict do nothing
"""
SELECT_DUE_RING = """
    select ring, thread_id, comment_id, floor_id, failures from source_recheck
    where source_id = %(source)s and due_at <= now()
    order by array_position(%(rings)s::text[], ring) limit 1
"""
# What a file brought is not known to be there at all.
SELECT_RING = sql.SQL("""
    select c.id, c.external_id, c.version, c.thread_id, c.place, c.opens_thread, c.extras
    from comment c left join delivery d on d.id = c.delivery_id
    where c.source_id = %(source)s and c.deleted_at is null and c.id > %(floor)s
      and (c.thread_id, c.id) > (%(thread)s, %(after)s)
      and not coalesce(d.headers ? 'relay-import', false) and {ring}
    order by c.thread_id, c.id limit %(limit)s
""")
RING_MEMBERS = {
    RecheckRing.young: sql.SQL(
        "greatest(c.created_at, c.edited_at) > now() - make_interval(days => {})"
    ).format(YOUNG_DAYS),
    RecheckRing.ticketed: sql.SQL(
        "exists (select from ticket t where t.theme_id = c.theme_id and t.state = 'created')"
    ),
    RecheckRing.all: sql.SQL("true"),
}
ADVANCE_RING = """
    update source_recheck
    set began_at = case when thread_id = '' and comment_id = 0 then now() else began_at end,
        thread_id = %(thread)s, comment_id = %(after)s,
        due_at = now() + make_interval(secs => %(rest)s),
        edited = edited + %(edited)s, gone = gone + %(gone)s,
        reason = case when %(detail)s <> '' then %(reason)s
                      when reason = %(reason)s then reason else '' end,
        detail = case when %(detail)s <> '' then %(detail)s
                      when reason = %(reason)s then detail else '' end,
        failures = 0
    where source_id = %(source)s and ring = %(ring)s
"""
END_ROUND = """
    update source_recheck
    set due_at = greatest(due_at, coalesce(began_at, now()) + make_interval(secs => %(every)s)),
        thread_id = '', comment_id = 0, ended_at = now()
    where source_id = %(source)s and ring = %(ring)s
"""
# A round that sees everything takes back what the one before complained of.
BEGIN_ROUND = """
    update source_recheck set reason = '', detail = '' where source_id = %(source)s
      and ring = %(ring)s and thread_id = '' and comment_id = 0
"""
PAUSE_RECHECKS = """
    update source_recheck
    set due_at = greatest(due_at, now() + make_interval(secs => %(seconds)s)),
        reason = %(reason)s, detail = %(detail)s, failures = failures + 1
    where source_id = %(source)s
"""


@dataclass(frozen=True, slots=True)
class _DueRing:
    ring: RecheckRing
    thread_id: str
    comment_id: int
    floor_id: int
    failures: int


@dataclass(frozen=True, slots=True)
class _StoredWords:
    """A comment as it is stored, with what its platform needs to find it."""

    id: int
    external_id: str
    version: str
    thread_id: str
    place: str
    opens_thread: bool
    extras: Mapping[str, Any]

    @property
    def sought(self) -> KnownComment:
        return KnownComment(
            self.external_id, self.thread_id, self.place, self.opens_thread, self.extras
        )


async def begin_rechecks(connection: Connection, visit: Visit) -> None:
    """Let the rings of a source begin, each after its time, where its platform can be asked."""
    if visit.polling.recheck is not None:
        values = {
            "source": visit.claimed.source_id,
            "rings": list(RING_SECONDS),
            "seconds": list(RING_SECONDS.values()),
        }
        await connection.execute(BEGIN_RECHECKS, values)


async def recheck_some(visit: Visit) -> None:
    """Look again at the next comments of the first ring that is due. A failure holds back looking
    again alone; what is new goes on. Raises PollError ``rate_limited`` and BudgetSpent."""
    source_id = visit.claimed.source_id
    if visit.polling.recheck is None:
        return
    async with visit.tools.database.transaction() as connection:
        values = {"source": source_id, "rings": list(RING_SECONDS)}
        due = await fetch_one(connection, SELECT_DUE_RING, values, of=_DueRing)
        if due is None:
            return
        await connection.execute(BEGIN_ROUND, {"source": source_id, "ring": due.ring})
        comments = await _next(connection, source_id, due, visit.polling.recheck_most)
    began = visit.tools.clock()
    try:
        answer = await _look(visit, comments)
    except PollError as error:
        await _pause_rechecks(visit, due, error)
        if error.reason == "rate_limited":
            raise
        return
    rest = RECHECK_REST_FACTOR * (visit.tools.clock() - began)
    await _store_rechecked(visit, due, comments, answer, max(rest, RECHECK_REST_LEAST_SECONDS))


async def _next(
    connection: Connection, source_id: uuid.UUID, due: _DueRing, most: int
) -> list[_StoredWords]:
    query = SELECT_RING.format(ring=RING_MEMBERS[due.ring])
    values = {
        "source": source_id,
        "thread": due.thread_id,
        "after": due.comment_id,
        "floor": due.floor_id,
        "limit": most,
    }
    return await fetch_all(connection, query, values, of=_StoredWords)


async def _look(visit: Visit, comments: Sequence[_StoredWords]) -> Rechecked:
    """What the platform says of them. Raises PollError, BudgetSpent, DatabaseAway."""
    if not comments:
        return Rechecked()
    assert visit.polling.recheck is not None
    sought = [comment.sought for comment in comments]
    try:
        return await visit.polling.recheck(visit.settings, visit.credentials, sought, visit.http)
    except (PollError, BudgetSpent, DatabaseAway):
        raise
    except Exception:
        log.exception("recheck_failed", platform=visit.claimed.platform)
        raise PollError("internal_error", "An error of ours; it is in the log.") from None


async def _store_rechecked(
    visit: Visit,
    due: _DueRing,
    comments: Sequence[_StoredWords],
    answer: Rechecked,
    rest_seconds: float,
) -> None:
    """Store what changed and how far the ring is, all or nothing. Raises LeaseLost."""
    now = datetime.now(UTC)
    source_id = visit.claimed.source_id
    items = read_page(visit.source, visit.settings, answer.deliveries, RECHECK_WALK, now)
    gone = [_gone_item(one, now) for one in comments if one.external_id in answer.gone]
    async with visit.tools.database.transaction() as connection:
        await visit.lease.renew(connection)
        sifted = await sift(connection, source_id, items)
        sifted.items += [(item, ()) for item in gone]
        stored_keys = await insert_polled(connection, visit.claimed, sifted)
        is_last = len(comments) < visit.polling.recheck_most
        values = {
            "source": source_id,
            "ring": due.ring,
            "thread": comments[-1].thread_id if comments else due.thread_id,
            "after": comments[-1].id if comments else due.comment_id,
            "rest": rest_seconds,
            "edited": sum(
                len(events) for item, events in sifted.items if item.dedup_key in stored_keys
            ),
            "gone": sum(1 for item in gone if item.dedup_key in stored_keys),
            "reason": NOT_SEEN_REASON,
            "detail": answer.unseen,
        }
        await connection.execute(ADVANCE_RING, values)
        if is_last:
            await connection.execute(END_ROUND, {**values, "every": RING_SECONDS[due.ring]})


def _gone_item(comment: _StoredWords, now: datetime) -> ReadItem:
    inbound = gone_inbound(comment.external_id, comment.version, now)
    return ReadItem(inbound, gone_key(inbound))


async def _pause_rechecks(visit: Visit, due: _DueRing, error: PollError) -> None:
    seconds = pause_after(error, due.failures + 1, visit.tools.rng)
    log.warning("recheck_paused", reason=error.reason, seconds=round(seconds))
    values = {
        "source": visit.claimed.source_id,
        "seconds": seconds,
        "reason": error.reason,
        "detail": error.detail,
    }
    async with visit.tools.database.transaction() as connection:
        await visit.lease.renew(connection)
        await connection.execute(PAUSE_RECHECKS, values)
