"""Who polls which source now, and how far its walks are: every step in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one, fetch_value

POLL_LEASE_SECONDS = 90.0
"""Longer than one page takes: each page renews it."""

CLAIM_POLL = """
    with picked as (
        select p.source_id from source_poll p join source s on s.id = p.source_id
        where s.enabled and p.enabled
          and (p.lease_until is null or p.lease_until < now())
          and (p.paused_until is null or p.paused_until <= now())
          and (p.due_at <= now() or exists (
                select from source_history h
                where h.source_id = p.source_id and h.state = 'running') or exists (
                select from source_recheck r
                where r.source_id = p.source_id and r.due_at <= now()))
        order by p.due_at limit 1 for update of p skip locked
    )
    update source_poll p
    set lease_id = %(lease_id)s, lease_until = now() + make_interval(secs => %(lease)s)
    from picked, source s where p.source_id = picked.source_id and s.id = p.source_id
    returning p.source_id, s.product_id, s.platform, s.settings, p.credentials, p.cursor,
              p.interval_seconds, p.failures, p.looked_back_at, p.created_at,
              p.due_at <= now() as due
"""
SELECT_RUNNING_HISTORY = """
    select id, since, cursor from source_history where source_id = %s and state = 'running'
"""
RENEW_LEASE = """
    update source_poll set lease_until = now() + make_interval(secs => %(lease)s)
    where source_id = %(source)s and lease_id = %(lease_id)s returning source_id
"""
ADVANCE_STEADY = """
    update source_poll
    set cursor = %(cursor)s, comments = comments + %(comments)s, missed = missed + %(missed)s,
        missed_at = case when %(missed)s > 0 then now() else missed_at end
    where source_id = %(source)s
"""
ADVANCE_HISTORY = """
    update source_history
    set cursor = %(cursor)s, pages = pages + 1, comments = comments + %(comments)s,
        repeated = repeated + %(repeated)s, reached_at = coalesce(%(reached)s, reached_at),
        state = case when %(done)s then 'done' else state end,
        finished_at = case when %(done)s then now() end
    where id = %(history)s and state = 'running' returning id
"""
LOOK_BACK = "update source_poll set cursor = %s, looked_back_at = now() where source_id = %s"
RESTART_HISTORY = """
    update source_history set cursor = %s where source_id = %s and state = 'running'
"""
FINISH_STEADY = """
    update source_poll
    set due_at = now() + make_interval(secs => %(seconds)s), polled_at = now(),
        paused_until = null, reason = '', detail = '', failures = 0
    where source_id = %(source)s and lease_id = %(lease_id)s
"""
RELEASE = """
    update source_poll set lease_id = null, lease_until = null
    where source_id = %(source)s and lease_id = %(lease_id)s
"""
PAUSE_POLL = """
    update source_poll
    set paused_until = now() + make_interval(secs => %(seconds)s), reason = %(reason)s,
        detail = %(detail)s, failures = %(failures)s
    where source_id = %(source)s and lease_id = %(lease_id)s
"""
HAS_BACKLOG = """
    select count(*) > %(most)s
    from (select from delivery where stage = 'received' limit %(most)s + 1) waiting
"""


class LeaseLost(Exception):
    """Another worker polls the source by now; what it has not committed is done again by it."""


@dataclass(frozen=True, slots=True)
class ClaimedPoll:
    """A source that this worker polls. ``due``: it is time to look for what is new."""

    source_id: uuid.UUID
    product_id: uuid.UUID
    platform: str
    settings: Mapping[str, Any]
    credentials: bytes | None
    cursor: str
    interval_seconds: int
    failures: int
    looked_back_at: datetime | None
    created_at: datetime
    due: bool


@dataclass(frozen=True, slots=True)
class RunningHistory:
    """A history that is being fetched."""

    id: int
    since: datetime | None
    cursor: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to poll one source, for a while. Every method takes part in a transaction of the
    caller's."""

    id: uuid.UUID
    source_id: uuid.UUID

    @property
    def _values(self) -> dict[str, Any]:
        return {"source": self.source_id, "lease_id": self.id, "lease": POLL_LEASE_SECONDS}

    async def renew(self, connection: Connection) -> None:
        """Go on polling. Raises LeaseLost."""
        if await fetch_value(connection, RENEW_LEASE, self._values) is None:
            raise LeaseLost

    async def advance(
        self, connection: Connection, cursor: str, comments: int, missed: int
    ) -> None:
        """A page of what is new is stored."""
        values = {"cursor": cursor, "comments": comments, "missed": missed}
        await connection.execute(ADVANCE_STEADY, {**self._values, **values})

    async def finish(self, connection: Connection, seconds: float) -> None:
        """Everything new is there; it is polled again in ``seconds``."""
        await connection.execute(FINISH_STEADY, {**self._values, "seconds": seconds})

    async def pause(
        self, connection: Connection, seconds: float, reason: str, detail: str, failures: int
    ) -> None:
        """Leave the platform alone for a while, and say why."""
        values = {"seconds": seconds, "reason": reason, "detail": detail, "failures": failures}
        await connection.execute(PAUSE_POLL, {**self._values, **values})

    async def release(self, connection: Connection) -> None:
        """Let others poll it."""
        await connection.execute(RELEASE, self._values)


async def claim_poll(connection: Connection) -> tuple[ClaimedPoll, Lease] | None:
    """The source that waits longest, and the lease on it; None where nothing is to be done."""
    lease_id = uuid.uuid4()
    values = {"lease_id": lease_id, "lease": POLL_LEASE_SECONDS}
    claimed = await fetch_one(connection, CLAIM_POLL, values, of=ClaimedPoll)
    return None if claimed is None else (claimed, Lease(lease_id, claimed.source_id))


async def running_history(connection: Connection, source_id: uuid.UUID) -> RunningHistory | None:
    """The history that is being fetched for a source."""
    rows = await fetch_all(connection, SELECT_RUNNING_HISTORY, [source_id], of=RunningHistory)
    return rows[0] if rows else None


async def has_backlog(connection: Connection, most: int) -> bool:
    """Whether more than ``most`` deliveries wait to be parsed."""
    return bool(await fetch_value(connection, HAS_BACKLOG, {"most": most}))
