"""Follows the tickets of one tracker after they were created: reads its webhooks, compares its
lists, and looks at every ticket that somebody may have changed."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.errors import RelayError
from app.setup.opened_tracker import OpenedTracker, open_tracker
from app.setup.status_words import one_line
from app.storage.advisory import AdvisoryLock, held_alone
from app.storage.db import Database
from app.storage.rows import fetch_value
from app.storage.vault import Vault
from app.tickets.comparing import (
    comparison,
    mark_changed,
    mark_stale,
    postpone_comparison,
    spend_read,
    store_bookmark,
    wake_followers,
)
from app.tickets.edited import note_edited_block
from app.tickets.failures import TRACKER_WIDE, clear_trouble, pause_tracker
from app.tickets.heard import read_deliveries
from app.tickets.looking import (
    FollowedTicket,
    as_heard,
    next_to_look_at,
    record_missing,
    record_state,
)
from app.tickets.recurring import answer_recurrences
from app.tickets.steps import Clock, PushRun, database_clock
from integrations.network import Network
from integrations.retries import full_jitter
from integrations.ticket_status import RemoteState, StatusCategory
from integrations.tracker_contract import TrackerError

log = structlog.get_logger(__name__)

LOOKS_MOST = 500
"""Tickets that one run looks at; the next run goes on from there."""
COMPARED_PAGES_MOST = 20
HOPS_MOST = 5
"""How far duplicates of duplicates are followed."""
LOOK_AGAIN_SECONDS = 60.0
PAUSE_LEAST_SECONDS = 5.0
NOT_THERE = (StatusCategory.gone, StatusCategory.hidden)

POSTPONE_LOOK = """
    update ticket
    set look_at = now() + make_interval(secs => %(seconds)s), drift = %(reason)s,
        drift_detail = %(detail)s
    where id = %(ticket)s
"""


class BudgetSpent(Exception):
    """The calls of this hour are used up."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Runs over a tracker's created tickets. ``compare_seconds``: how often lists are compared, 0
    for never; ``calls_per_hour``: how many reads all workers together may make of one tracker."""

    database: Database
    vault: Vault
    base_url: str
    network: Network
    compare_seconds: float = 300.0
    calls_per_hour: int = 1_000
    chance: random.Random = field(default_factory=random.Random)
    clock: Clock = database_clock

    async def run(self, tracker_id: uuid.UUID) -> int:
        """Do what is due; returns how many tickets were looked at. Only one process at a time
        follows a tracker; a second one returns 0 at once. Raises DatabaseAway."""
        async with held_alone(self.database, AdvisoryLock.follow, tracker_id) as lock_held:
            if not lock_held:
                return 0
            async with self.database.transaction() as connection:
                opened = await open_tracker(
                    connection, self.vault, tracker_id, network=self.network, now=self.clock()
                )
            if opened is None:
                return 0
            try:
                with bound_contextvars(tracker=opened.name):
                    looked_at = await self._follow(opened)
            finally:
                await opened.tracker.close()
        # What came while this run was at its end found the lock taken.
        async with self.database.transaction() as connection:
            await wake_followers(connection, self.compare_seconds, self.calls_per_hour)
        return looked_at

    async def _follow(self, opened: OpenedTracker) -> int:
        settings = opened.type.settings.model_validate(dict(opened.settings))
        await read_deliveries(self.database, opened.id, opened.type, settings)
        if opened.paused:
            return 0
        run = PushRun(
            self.database, opened, self.base_url, (0.0,), clock=self.clock, chance=self.chance
        )
        looked_at = 0
        try:
            looked_at += await self._look(run)
            await self._compare(run)
            looked_at += await self._look(run)
            await answer_recurrences(run)
        except BudgetSpent:
            log.info("follow_budget_spent", calls_per_hour=self.calls_per_hour)
        except TrackerError as error:  # one that holds for the whole tracker
            log.warning("follow_paused", reason=error.reason)
            backoff = full_jitter(2, base=PAUSE_LEAST_SECONDS, cap=900.0, rng=self.chance)
            seconds = error.retry_after or max(PAUSE_LEAST_SECONDS, backoff)
            await pause_tracker(run, error, seconds)
        return looked_at

    async def _look(self, run: PushRun) -> int:
        """Look at every ticket that is to be looked at. Raises BudgetSpent, and TrackerError where
        it holds for the whole tracker."""
        for looked_at in range(LOOKS_MOST):
            async with self.database.transaction() as connection:
                ticket = await next_to_look_at(connection, run.opened.id, self.clock())
            if ticket is None:
                return looked_at
            with bound_contextvars(ticket=str(ticket.id), theme=str(ticket.theme_id)):
                await self._look_at(run, ticket)
        return LOOKS_MOST

    async def _look_at(self, run: PushRun, ticket: FollowedTicket) -> None:
        try:
            await self._spend(run)
            remote = as_heard(await run.opened.tracker.get(ticket.ref), ticket)
            living = await self._living(run, remote)
        except TrackerError as error:
            if error.reason in TRACKER_WIDE:
                raise
            await self._postpone(ticket, error)
            return
        except (RelayError, psycopg.Error, BudgetSpent):
            raise
        except Exception:
            log.exception("ticket_look_broke")
            broken = TrackerError("internal_error", "An error of ours, in the log.")
            await self._postpone(ticket, broken)
            return
        await clear_trouble(run)
        async with self.database.transaction() as connection:
            if remote.category in NOT_THERE:
                await record_missing(connection, ticket, remote.category)
            else:
                await record_state(connection, ticket, remote, living)
        if remote.category not in NOT_THERE and not ticket.hint:
            await self._look_at_block(run, ticket, remote)

    async def _look_at_block(
        self, run: PushRun, ticket: FollowedTicket, remote: RemoteState
    ) -> None:
        """Whether somebody edited our block. Webhooks do not tell of it, so what they led to is not
        asked for a second time."""
        try:
            await self._spend(run)
            await note_edited_block(run, replace(ticket, remote_id=remote.ref.id))
        except TrackerError as error:
            if error.reason in TRACKER_WIDE:
                raise
            log.info("block_not_seen", reason=error.reason)

    async def _living(self, run: PushRun, remote: RemoteState) -> RemoteState | None:
        """The ticket that lives on where this one is a duplicate, through several hops; None where
        it is none, or where the tracker does not tell or show which."""
        living, seen = remote, {remote.ref.id}
        while living.category is StatusCategory.duplicate:
            following = living.duplicate_of
            if following is None or following.id in seen or len(seen) > HOPS_MOST:
                return None
            seen.add(following.id)
            await self._spend(run)
            living = await run.opened.tracker.get(following)
            if living.category in NOT_THERE:
                return None
        return None if living is remote else living

    async def _compare(self, run: PushRun) -> None:
        """Read the list of what changed, page by page, and let the differing tickets be looked
        at."""
        for _ in range(COMPARED_PAGES_MOST):
            async with self.database.transaction() as connection:
                next_page = await comparison(connection, run.opened.id, self.compare_seconds)
                began = await fetch_value(connection, "select now()")
            if not next_page.due:
                return
            await self._spend(run)
            try:
                page = await run.opened.tracker.changes(
                    next_page.bookmark, next_page.since.astimezone(UTC)
                )
            except TrackerError as error:
                if error.reason in TRACKER_WIDE:
                    raise
                log.warning("comparison_failed", reason=error.reason)
                async with self.database.transaction() as connection:
                    await postpone_comparison(connection, run.opened.id, forget=error.permanent)
                return
            async with self.database.transaction() as connection:
                await mark_changed(connection, run.opened.id, page.states)
                await store_bookmark(
                    connection, run.opened.id, page.bookmark, began, is_last=page.is_last
                )
                if page.is_last:
                    await mark_stale(connection, run.opened.id)

    async def _spend(self, run: PushRun) -> None:
        async with self.database.transaction() as connection:
            if not await spend_read(connection, run.opened.id, self.calls_per_hour):
                raise BudgetSpent

    async def _postpone(self, ticket: FollowedTicket, error: TrackerError) -> None:
        log.warning("ticket_look_failed", reason=error.reason)
        values = {
            "ticket": ticket.id,
            "seconds": error.retry_after or LOOK_AGAIN_SECONDS,
            "reason": error.reason,
            "detail": one_line(error.detail, 500),
        }
        async with self.database.transaction() as connection:
            await connection.execute(POSTPONE_LOOK, values)
