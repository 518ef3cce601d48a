"""Pushes what the ledger says is due to one tracker: created once, then kept current, whatever
fails in between."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog

from app.errors import Conflict, NotFound, RelayError
from app.metrics import TICKET_CALLS
from app.setup.trackers import OpenedTracker, open_tracker
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Database
from app.storage.vault import Vault
from app.themes.faces import refresh_faces
from app.tickets.drafts import digest, load_draft
from app.tickets.ledger import wake_push
from integrations.retries import full_jitter
from integrations.tracker_contract import StatusCategory, TicketRef, TrackerError

log = structlog.get_logger(__name__)

BACKOFF_BASE = 2.0
BACKOFF_CAP = 900.0
SETTLE = 10.0
"""Seconds after which a call that was cut off is over on the tracker's side too, and its marker can
be looked for."""

_TRACKER_WIDE = frozenset(
    {"unauthorized", "forbidden", "not_found", "tracker_unreachable", "address_refused"}
)
_GONE = frozenset({"not_found", "gone"})

NEXT = """
    select k.id, k.theme_id, k.state, k.marker, k.remote_id, k.remote_key, k.url, k.content_hash, k.attempts, k.due_at,
           extract(epoch from now() - k.called_at)::float as since_call
    from ticket k
    where k.tracker_id = %s and k.due_at <= now() and k.state in ('pending', 'creating', 'created')
    order by k.due_at, k.id limit 1
"""
PAUSE = """
    update tracker set paused_until = case when %(secs)s > 0 then now() + make_interval(secs => %(secs)s) end,
                       reason = %(reason)s, detail = %(detail)s
    where id = %(id)s returning paused_until
"""
UPCOMING = """
    select greatest(min(k.due_at), max(t.paused_until), now()) as at
    from ticket k join tracker t on t.id = k.tracker_id
    where k.tracker_id = %s and t.enabled and k.due_at is not null and k.state in ('pending', 'creating', 'created')
    having count(*) > 0
"""


@dataclass(slots=True)
class Push:
    """One run over a tracker's due tickets. ``sleep`` and ``chance`` are parameters so that tests
    need no waiting.

    ``interval`` and ``settle`` (seconds) stand in for the tracker type's own, for a tracker without
    limits or lag.
    """

    database: Database
    vault: Vault
    base_url: str
    allow_private: bool
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: random.Random = random.Random()  # noqa: RUF009, S311 - one shared source of jitter is what we want
    interval: float | None = None
    settle: float | None = None

    async def run(self, tracker_id: uuid.UUID, most: int = 10_000) -> int:
        """Push until nothing is due, the tracker asks for a pause, or ``most`` calls were made;
        returns the calls made.

        Only one process pushes to a tracker at a time; a second one returns 0 at once. The next run
        is deferred for the moment when something is due again. Raises DatabaseAway.
        """
        async with held_alone(self.database, AdvisoryLock.push, tracker_id) as alone:
            return await self._drain(tracker_id, most) if alone else 0

    async def _drain(self, tracker_id: uuid.UUID, most: int) -> int:
        async with self.database.transaction() as connection:
            opened = await open_tracker(
                connection, self.vault, tracker_id, allow_private=self.allow_private
            )
        calls = 0
        if opened is not None and not opened.paused:
            try:
                while calls < most and (called := await self._step(opened)) is not None:
                    pause = opened.type.min_interval if self.interval is None else self.interval
                    calls += called
                    if called and pause:
                        await self.sleep(pause)
            finally:
                await opened.tracker.close()
        async with self.database.transaction() as connection:
            row = await (await connection.execute(UPCOMING, [tracker_id])).fetchone()
            if row is not None and row["at"] is not None:
                await wake_push(connection, tracker_id, row["at"])
        return calls

    async def _step(self, opened: OpenedTracker) -> bool | None:
        """Push the next due ticket; whether the tracker was called, or None when nothing is due or
        it is paused now."""
        async with self.database.transaction() as connection:
            ticket = await (await connection.execute(NEXT, [opened.id])).fetchone()
        if ticket is None:
            return None
        act = {"created": self._refresh, "creating": self._recover, "pending": self._create}[
            ticket["state"]
        ]
        try:
            called = await act(opened, ticket)
        except TrackerError as error:
            TICKET_CALLS.labels(opened.type.name, error.reason).inc()
            return await self._failed(opened, ticket, error) or None
        except (RelayError, psycopg.Error):
            raise
        except Exception:
            log.exception("ticket_push_broke", ticket=str(ticket["id"]), tracker=opened.name)
            ours = TrackerError(
                "internal_error", "An error of ours, in the log; it is tried again.", ambiguous=True
            )
            return await self._failed(opened, ticket, ours) or None
        if called:
            TICKET_CALLS.labels(opened.type.name, "ok").inc()
            if opened.troubled:
                opened.troubled = False
                await self._pause(opened, 0, "", "")
        return called

    def _settle(self, opened: OpenedTracker) -> float:
        return max(SETTLE, opened.type.search_lag) if self.settle is None else self.settle

    async def _create(self, opened: OpenedTracker, ticket: dict[str, Any]) -> bool:
        # The title that a ticket is made with is the one it keeps: it has to be the best there is
        # by then.
        await refresh_faces(self.database, only=ticket["theme_id"])
        async with self.database.transaction() as connection:
            draft = await load_draft(
                connection, ticket["theme_id"], ticket["marker"], self.base_url
            )
            cursor = await connection.execute(
                """
                update ticket set state = 'creating', called_at = now() where id = %s and state = 'pending' returning id
                """,
                [ticket["id"]],
            )
            if await cursor.fetchone() is None:
                return False  # cancelled since we looked
        await self._created(ticket, await opened.tracker.create(draft), digest(draft))
        return True

    async def _recover(self, opened: OpenedTracker, ticket: dict[str, Any]) -> bool:
        """The create call was cut off: look for its marker before anything is sent again."""
        wait = self._settle(opened) - (ticket["since_call"] or 0.0)
        if wait > 0:
            await self._due(ticket["id"], wait)
            return False
        found = await opened.tracker.find(ticket["marker"])
        if found is not None:
            await self._created(ticket, found, "")
            return True
        async with self.database.transaction() as connection:
            await connection.execute(
                "update ticket set state = 'pending', due_at = now() where id = %s and state = "
                "'creating'",
                [ticket["id"]],
            )
        return True

    async def _created(self, ticket: dict[str, Any], ref: TicketRef, content: str) -> None:
        """The ticket stays due: what was said while the call was out is found by comparing
        ``content`` once more."""
        async with self.database.transaction() as connection:
            await connection.execute(
                """
                update ticket set state = 'created', remote_id = %s, remote_key = %s, url = %s, content_hash = %s,
                       remote_status = 'open', attempts = 0, reason = '', detail = '', pushed_at = now(), due_at = now()
                where id = %s
                """,
                [ref.id, ref.key, ref.url, content, ticket["id"]],
            )

    async def _refresh(self, opened: OpenedTracker, ticket: dict[str, Any]) -> bool:
        ref = TicketRef(ticket["remote_id"], ticket["remote_key"], ticket["url"])
        async with self.database.transaction() as connection:
            draft = await load_draft(
                connection, ticket["theme_id"], ticket["marker"], self.base_url
            )
        content = digest(draft)
        stale = bool(content != ticket["content_hash"])
        if stale:
            ref = await opened.tracker.update(ref, draft)
        async with self.database.transaction() as connection:
            await connection.execute(
                """
                update ticket set remote_key = %s, url = %s, content_hash = %s, attempts = 0, reason = '', detail = '',
                       pushed_at = now(), due_at = case when due_at > %s then due_at end
                where id = %s
                """,
                [ref.key, ref.url, content, ticket["due_at"], ticket["id"]],
            )
        return stale

    async def _failed(
        self, opened: OpenedTracker, ticket: dict[str, Any], error: TrackerError
    ) -> bool:
        """Write down what went wrong and when it is tried again; returns whether other tickets may
        go on now."""
        log.warning(
            "ticket_push_failed", ticket=str(ticket["id"]), tracker=opened.name, reason=error.reason
        )
        if (
            ticket["state"] == "created"
            and error.reason in _GONE
            and await self._is_gone(opened, ticket)
        ):
            await self._settle_state(
                ticket, "gone", "ticket_gone", "It was deleted in the tracker; Retry makes it anew."
            )
            return True
        delay = full_jitter(ticket["attempts"], base=BACKOFF_BASE, cap=BACKOFF_CAP, rng=self.chance)
        if error.reason == "rate_limited" or error.reason in _TRACKER_WIDE:
            asked = error.retry_after
            pause = (
                asked + self.chance.uniform(0, 0.5)
                if asked is not None
                else max(delay, BACKOFF_BASE)
            )
            await self._back_to_pending(ticket, error, pause)
            opened.troubled = True
            await self._pause(opened, pause, error.reason, error.detail)
            return False
        if error.permanent:
            state = "created" if ticket["state"] == "created" else "blocked"
            await self._settle_state(ticket, state, error.reason, error.detail)
            return True
        if error.ambiguous and ticket["state"] != "created":
            await self._note(ticket, "creating", error, max(delay, self._settle(opened)))
        else:
            await self._back_to_pending(ticket, error, error.retry_after or delay)
        return True

    async def _is_gone(self, opened: OpenedTracker, ticket: dict[str, Any]) -> bool:
        try:
            ref = TicketRef(ticket["remote_id"], ticket["remote_key"], ticket["url"])
            return (await opened.tracker.get(ref)).category is StatusCategory.gone
        except TrackerError:
            return False

    async def _back_to_pending(
        self, ticket: dict[str, Any], error: TrackerError, delay: float
    ) -> None:
        """Nothing was made: the same state is tried again (a marker look-up stays one)."""
        await self._note(
            ticket, "created" if ticket["state"] == "created" else ticket["state"], error, delay
        )

    async def _note(
        self, ticket: dict[str, Any], state: str, error: TrackerError, delay: float
    ) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(
                """
                update ticket set state = %s, attempts = attempts + 1, reason = %s, detail = %s,
                       due_at = now() + make_interval(secs => %s)
                where id = %s
                """,
                [state, error.reason, error.detail, delay, ticket["id"]],
            )

    async def _settle_state(
        self, ticket: dict[str, Any], state: str, reason: str, detail: str
    ) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(
                "update ticket set state = %s, reason = %s, detail = %s, due_at = null where id = "
                "%s",
                [state, reason, detail, ticket["id"]],
            )

    async def _due(self, ticket_id: uuid.UUID, delay: float) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(
                "update ticket set due_at = now() + make_interval(secs => %s) where id = %s",
                [delay, ticket_id],
            )

    async def _pause(self, opened: OpenedTracker, seconds: float, reason: str, detail: str) -> None:
        async with self.database.transaction() as connection:
            await connection.execute(
                PAUSE, {"id": opened.id, "secs": seconds, "reason": reason, "detail": detail}
            )


async def retry_ticket(database: Database, ticket_id: uuid.UUID) -> None:
    """Try a ticket again now, after a person has put right what was wrong; one that is gone is made
    anew.

    Raises NotFound; Conflict for a ticket whose theme is not accepted any more.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select state, tracker_id from ticket where id = %s for update", [ticket_id]
        )
        ticket = await cursor.fetchone()
        if ticket is None:
            raise NotFound("There is no ticket with this id.", reason="ticket_not_found")
        if ticket["state"] == "cancelled":
            raise Conflict(
                "This ticket is cancelled; accept its theme again.", reason="ticket_not_retryable"
            )
        await connection.execute(
            """
            update ticket set due_at = now(), attempts = 0, reason = '', detail = '',
                   remote_id = case when state = 'gone' then '' else remote_id end,
                   remote_key = case when state = 'gone' then '' else remote_key end,
                   url = case when state = 'gone' then '' else url end,
                   state = case when state in ('blocked', 'gone') then 'pending' else state end
            where id = %s
            """,
            [ticket_id],
        )
        cursor = await connection.execute(
            "update tracker set paused_until = null, reason = '', detail = '' where id = %s "
            "returning now() as at",
            [ticket["tracker_id"]],
        )
        now = await cursor.fetchone()
        assert now is not None
        await wake_push(connection, ticket["tracker_id"], now["at"])
