"""Pushes what the ledger says is due to one tracker: created once, then kept current, whatever
fails in between."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.errors import RelayError
from app.metrics import TICKET_CALLS
from app.models.states import TicketState
from app.setup.opened_tracker import OpenedTracker, open_tracker
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from app.tickets.creating import create_ticket, recover_ticket
from app.tickets.due import DueTicket, next_due_ticket, wake_when_due
from app.tickets.failures import clear_trouble, handle_failure
from app.tickets.refreshing import refresh_ticket
from app.tickets.renaming import follow_rename
from app.tickets.steps import Clock, PushRun, Step, database_clock
from integrations.network import Network
from integrations.tracker_contract import TrackerError, TrackerType

log = structlog.get_logger(__name__)

MOST_CALLS = 10_000
"""Calls of one run, at most; the next run goes on from there."""

LOOKUP_LEAST_SECONDS = 10.0
"""Seconds after which a call that was cut off is over on the tracker's side too, at least."""

Act = Callable[[PushRun, DueTicket], Awaitable[Step]]

ACTS: Mapping[TicketState, Act] = {
    TicketState.pending: create_ticket,
    TicketState.creating: recover_ticket,
    TicketState.created: refresh_ticket,
}
"""What is done about a due ticket, by its state."""


class TrackerOpener(Protocol):
    """Opens a tracker for a run; ``open_tracker`` unless somebody stands between."""

    async def __call__(
        self,
        connection: Connection,
        vault: Vault,
        tracker_id: uuid.UUID,
        *,
        network: Network,
        now: datetime | None,
    ) -> OpenedTracker | None:
        """The tracker; None where it is gone or switched off."""


@dataclass(frozen=True, slots=True)
class Push:
    """Runs over a tracker's due tickets. Clock, chance, sleep and the way to the tracker are
    parameters, so that tests need no waiting.

    ``write_seconds`` (between two calls) and ``lookup_seconds`` (of the only look-up, see
    ``PushRun``) stand in for the tracker type's own, for a tracker without limits or lag.
    """

    database: Database
    vault: Vault
    base_url: str
    network: Network
    write_seconds: float | None = None
    lookup_seconds: float | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: random.Random = field(default_factory=random.Random)
    clock: Clock = database_clock
    open_tracker: TrackerOpener = open_tracker

    async def run(self, tracker_id: uuid.UUID, most_calls: int = MOST_CALLS) -> int:
        """Push until nothing is due, the tracker asks for a pause, or ``most_calls`` were made;
        returns the calls made.

        Only one process pushes to a tracker at a time; a second one returns 0 at once. The next run
        is deferred for the moment when something is due again. Raises DatabaseAway.
        """
        async with held_alone(self.database, AdvisoryLock.push, tracker_id) as lock_held:
            if not lock_held:
                return 0
            calls = await self._push_to(tracker_id, most_calls)
            async with self.database.transaction() as connection:
                await wake_when_due(connection, tracker_id, self.clock())
            return calls

    async def _push_to(self, tracker_id: uuid.UUID, most_calls: int) -> int:
        async with self.database.transaction() as connection:
            opened = await self.open_tracker(
                connection,
                self.vault,
                tracker_id,
                network=self.network,
                now=self.clock(),
            )
        if opened is None or opened.paused:
            return 0
        try:
            with bound_contextvars(tracker=opened.name):
                calls = await self._drain(self._run_over(opened), most_calls)
                await follow_rename(self.database, opened)
                return calls
        finally:
            await opened.tracker.close()

    def _run_over(self, opened: OpenedTracker) -> PushRun:
        lookup_seconds = lookup_times(opened.type)
        if self.lookup_seconds is not None:
            lookup_seconds = (self.lookup_seconds,)
        return PushRun(
            database=self.database,
            opened=opened,
            base_url=self.base_url,
            lookup_seconds=lookup_seconds,
            clock=self.clock,
            chance=self.chance,
        )

    async def _drain(self, run: PushRun, most_calls: int) -> int:
        """Push ticket after ticket at the tracker's pace; returns the calls made."""
        write_seconds = self.write_seconds
        if write_seconds is None:
            write_seconds = run.opened.type.min_interval
        calls = 0
        while calls < most_calls:
            step = await push_next(run)
            if step.ends_run:
                break
            if step is Step.called:
                calls += 1
                if write_seconds:
                    await self.sleep(write_seconds)
        return calls


def lookup_times(tracker_type: TrackerType[Any]) -> tuple[float, ...]:
    """Seconds after a create that was cut off at which its ticket is looked for, rising."""
    times = (tracker_type.search_lag, *tracker_type.later_lookups)
    return tuple(max(LOOKUP_LEAST_SECONDS, seconds) for seconds in times)


async def push_next(run: PushRun) -> Step:
    """Push the ticket that has been due for the longest."""
    async with run.database.transaction() as connection:
        ticket = await next_due_ticket(connection, run.opened.id, run.clock())
    if ticket is None:
        return Step.nothing_due
    with bound_contextvars(ticket=str(ticket.id), theme=str(ticket.theme_id)):
        return await push_ticket(run, ticket)


async def push_ticket(run: PushRun, ticket: DueTicket) -> Step:
    """Do what the ticket's state asks for; what the tracker refuses is written down."""
    try:
        step = await ACTS[ticket.state](run, ticket)
    except TrackerError as error:
        TICKET_CALLS.labels(run.opened.type.name, error.reason).inc()
        return await handle_failure(run, ticket, error)
    except (RelayError, psycopg.Error):
        raise
    except Exception:
        log.exception("ticket_push_broke")
        broken = TrackerError(
            "internal_error", "An error of ours, in the log; it is tried again.", ambiguous=True
        )
        return await handle_failure(run, ticket, broken)
    if step is Step.called:
        TICKET_CALLS.labels(run.opened.type.name, "ok").inc()
        await clear_trouble(run)
    return step
