"""Polls one source for a while: what is new first, then its history, page by page.

A page's deliveries, the cursor behind it and the counts are one transaction: a worker that ends
at any moment leaves a walk that goes on at the last page that was stored.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import structlog
from pydantic import ValidationError
from structlog.contextvars import bound_contextvars

from app.errors import RelayError
from app.intake import poll_leases
from app.intake.poll_budget import Budget, BudgetSpent
from app.intake.poll_leases import ClaimedPoll, Lease, LeaseLost, RunningHistory
from app.intake.poll_sifting import read_page, sift
from app.intake.poll_storing import insert_polled
from app.intake.poll_visit import PollTools, SeenEnd, Visit, pause_after
from app.intake.rechecking import begin_rechecks, recheck_some
from app.setup.credentials_end import set_credentials_end
from app.storage.db import DatabaseAway
from integrations import registry
from integrations.http import client
from integrations.poll_contract import POLL_PAGE_MAX_BYTES, CursorExpired, Poll, PollError
from integrations.source_contract import CommentEvent

log = structlog.get_logger(__name__)

POLL_SLICE_SECONDS = 20.0
"""How long one source is polled before another one has its turn."""
POLL_LOOK_BACK_SECONDS = 2 * 24 * 3600.0
POLL_LOOK_BACK_EVERY_SECONDS = 6 * 3600.0
WEBHOOK_PATIENCE_SECONDS = 30.0
"""A webhook may take so long before what it did not send counts as missed."""
PARSE_BACKLOG_MAX = 4_000
"""A history waits while so many deliveries wait to be parsed: what people write now comes first."""
BACKLOG_PAUSE_SECONDS = 1.0
BUDGET_WORDS = "The platform permits so many calls a minute: it goes on by itself in a moment."


class _Shared(httpx.AsyncBaseTransport):
    """A transport that outlives the clients that use it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._inner.handle_async_request(request)


async def poll_next(tools: PollTools, transport: httpx.AsyncBaseTransport) -> bool:
    """Give one source its turn; False where none waits. Raises DatabaseAway."""
    async with tools.database.transaction() as connection:
        claim = await poll_leases.claim_poll(connection)
    if claim is None:
        return False
    claimed, lease = claim
    with bound_contextvars(source=str(claimed.source_id)):
        try:
            await _visit(tools, claimed, lease, transport)
        except LeaseLost:
            log.warning("poll_lease_lost")
        finally:
            # A worker that is told to stop gives the source back on its way.
            await asyncio.shield(_release(tools, lease))
    return True


async def _release(tools: PollTools, lease: Lease) -> None:
    async with tools.database.transaction() as connection:
        await lease.release(connection)


async def _visit(
    tools: PollTools,
    claimed: ClaimedPoll,
    lease: Lease,
    transport: httpx.AsyncBaseTransport,
) -> None:
    try:
        source = registry.source(claimed.platform)
        settings = source.settings.model_validate(dict(claimed.settings))
        credentials: dict[str, Any] = {}
        if claimed.credentials is not None:
            credentials = tools.vault.decrypt_fields(bytes(claimed.credentials))
        assert source.polling is not None
        account = source.polling.account(settings, credentials)
        budget = tools.budget(tools.database, account, source.polling)
        http = client(transport=_Shared(transport), max_response_bytes=POLL_PAGE_MAX_BYTES)
        budget.watch(http)
        ends_at = tools.clock() + POLL_SLICE_SECONDS
        seen_end = SeenEnd()
        seen_end.watch(http, source.polling)
        visit = Visit(tools, claimed, lease, source, settings, credentials, http, ends_at, seen_end)
        await _walk(visit, budget)
    except BudgetSpent as spent:
        await _pause(tools, claimed, lease, spent.wait_seconds, "rate_limited", BUDGET_WORDS, 0)
    except PollError as error:
        await _fail(tools, claimed, lease, error)
    except ValidationError:
        sentence = "The source's settings are not complete; correct them."
        await _fail(tools, claimed, lease, PollError("settings_invalid", sentence))
    except (LeaseLost, DatabaseAway):
        raise
    except RelayError as error:  # credentials under another key
        await _fail(tools, claimed, lease, PollError(error.reason, error.detail, needs_person=True))
    except Exception:
        log.exception("poll_failed", platform=claimed.platform)
        sentence = "An error of ours; it is in the log."
        await _fail(tools, claimed, lease, PollError("internal_error", sentence))


async def _walk(visit: Visit, budget: Budget) -> None:
    try:
        if visit.claimed.due:
            await _steady(visit)
        if not visit.is_over:
            await recheck_some(visit)
        while not visit.is_over and await _history_page(visit):
            pass
    except PollError as error:
        if error.reason == "rate_limited" and error.retry_after:
            await budget.pause(error.retry_after)
        raise


async def _steady(visit: Visit) -> None:
    """Walk over what is new until its end, or until the turn is over."""
    claimed, polling = visit.claimed, visit.polling
    cursor = claimed.cursor
    looks_back = not cursor or _is_look_back_due(claimed)
    if not cursor:
        cursor = await _look_back(visit)
        looks_back = False
    while not visit.is_over:
        try:
            poll = await visit.page(cursor)
        except CursorExpired:
            await _look_back(visit)
            raise
        await _store(visit, poll, None)
        cursor = poll.cursor
        if not poll.done:
            continue
        if looks_back and polling.newest_first:
            looks_back, cursor = False, await _look_back(visit)
            continue
        seconds = float(claimed.interval_seconds or polling.interval_seconds)
        seconds += visit.tools.rng.uniform(0.0, seconds / 20)
        async with visit.tools.database.transaction() as connection:
            await visit.lease.finish(connection, seconds)
            await begin_rechecks(connection, visit)
            if visit.seen_end.moment is not None:
                await set_credentials_end(connection, claimed.source_id, visit.seen_end.moment)
        return


def _is_look_back_due(claimed: ClaimedPoll) -> bool:
    last = claimed.looked_back_at
    return last is None or datetime.now(UTC) - last > timedelta(
        seconds=POLL_LOOK_BACK_EVERY_SECONDS
    )


async def _look_back(visit: Visit) -> str:
    """A cursor that walks over the last days again: what was edited there, and what was missed."""
    since = datetime.now(UTC) - timedelta(seconds=POLL_LOOK_BACK_SECONDS)
    cursor = visit.polling.begin(since)
    async with visit.tools.database.transaction() as connection:
        await visit.lease.renew(connection)
        await connection.execute(poll_leases.LOOK_BACK, [cursor, visit.claimed.source_id])
    return cursor


async def _history_page(visit: Visit) -> bool:
    """Fetch one page of the history that runs; False where none does, or the queue is long."""
    async with visit.tools.database.transaction() as connection:
        history = await poll_leases.running_history(connection, visit.claimed.source_id)
        if history is None:
            return False
        if await poll_leases.has_backlog(connection, PARSE_BACKLOG_MAX):
            await visit.lease.pause(connection, BACKLOG_PAUSE_SECONDS, "", "", 0)
            return False
    try:
        poll = await visit.page(history.cursor)
    except CursorExpired:
        values = [visit.polling.begin(history.since), visit.claimed.source_id]
        async with visit.tools.database.transaction() as connection:
            await visit.lease.renew(connection)
            await connection.execute(poll_leases.RESTART_HISTORY, values)
        raise
    await _store(visit, poll, history)
    return not poll.done


async def _store(visit: Visit, poll: Poll, history: RunningHistory | None) -> None:
    """Store a page and where the next one begins, all or nothing. Raises LeaseLost."""
    walk = "steady" if history is None else f"history {history.id}"
    now = datetime.now(UTC)
    items = read_page(visit.source, visit.settings, poll.deliveries, walk, now)
    source_id = visit.claimed.source_id
    async with visit.tools.database.transaction() as connection:
        await visit.lease.renew(connection)
        sifted = await sift(connection, source_id, items)
        stored_keys = await insert_polled(connection, visit.claimed, sifted)
        new_events = [
            event
            for item, events in sifted.items
            if item.dedup_key in stored_keys
            for event in events
        ]
        if history is None:
            missed = _count_missed(visit, new_events, now)
            await visit.lease.advance(connection, poll.cursor, len(new_events), missed)
            return
        values = {
            "history": history.id,
            "cursor": poll.cursor,
            "comments": len(new_events),
            "repeated": sifted.repeated,
            "reached": poll.reached,
            "done": poll.done,
        }
        await connection.execute(poll_leases.ADVANCE_HISTORY, values)


def _count_missed(visit: Visit, events: list[CommentEvent], now: datetime) -> int:
    """How many comments the webhook should have sent by now: written since both ways are open, and
    not just now."""
    if not visit.source.sends:
        return 0
    latest = now - timedelta(seconds=WEBHOOK_PATIENCE_SECONDS)
    written_at = [event.edited_at or event.created_at for event in events]
    return sum(1 for moment in written_at if moment and visit.claimed.created_at < moment < latest)


async def _fail(tools: PollTools, claimed: ClaimedPoll, lease: Lease, error: PollError) -> None:
    """Leave the platform alone for a growing time, or for as long as it asked."""
    failures = claimed.failures + 1
    seconds = pause_after(error, failures, tools.rng)
    log.warning("poll_paused", reason=error.reason, seconds=round(seconds))
    await _pause(tools, claimed, lease, seconds, error.reason, error.detail, failures)


async def _pause(
    tools: PollTools,
    claimed: ClaimedPoll,
    lease: Lease,
    seconds: float,
    reason: str,
    detail: str,
    failures: int,
) -> None:
    async with tools.database.transaction() as connection:
        await lease.pause(connection, seconds, reason, detail, failures)
