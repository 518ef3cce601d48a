"""The stage workers: four loops that take batches as long as there are any, and otherwise wait to
be woken."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.config import Settings
from app.intake.parsing import parse_batch
from app.judging.enriching import enrich_batch
from app.metrics import STAGE_SECONDS
from app.storage.advisory import WORK_CHANNEL
from app.storage.db import Database, DatabaseAway
from app.themes.counts import recount
from app.themes.grouping import group_batch
from app.themes.taking_back import take_back_in_themes
from app.triage.policy import apply_policies
from classifiers.contract import Enricher, Grouper

log = structlog.get_logger(__name__)

STAGE_RETRY_CAP_SECONDS = 5.0
LISTEN_AGAIN_SECONDS = 2.0
"""How long a lost connection is left alone before deliveries are listened for again."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A name, and a step that returns how many rows it took. ``wake``: there may be work."""

    name: str
    step: Callable[[], Awaitable[int]]
    wake: asyncio.Event = field(default_factory=asyncio.Event)


def stages(
    database: Database,
    enricher: Enricher,
    grouper: Grouper,
    settings: Settings,
    *,
    grouping_waits: Callable[[], bool] = lambda: False,
) -> list[Stage]:
    """Parse, enrich, group and apply the policy, in the way of a comment.

    Nothing is grouped while ``grouping_waits`` says so: comments wait for their theme then.
    """
    parse = partial(
        parse_batch,
        database,
        limit=settings.batch_size,
        lease=settings.lease_seconds,
        max_attempts=settings.max_attempts,
        in_themes=take_back_in_themes,
        themes_changed=recount,
    )
    enrich = partial(
        enrich_batch,
        database,
        enricher,
        limit=settings.batch_size,
        lease=settings.lease_seconds,
        max_attempts=settings.max_attempts,
    )

    async def group() -> int:
        if grouping_waits():
            return 0
        return await group_batch(
            database,
            grouper,
            limit=settings.batch_size,
            refresh_seconds=settings.refresh_seconds,
        )

    policy = partial(apply_policies, database, limit=settings.batch_size)
    return [
        Stage("parse", parse),
        Stage("enrich", enrich),
        Stage("group", group),
        Stage("policy", policy),
    ]


def share_interpreter() -> None:
    """Let the model's thread and the event loop take turns every half millisecond instead of every
    five.

    Grouping is many short steps: waiting five milliseconds for each of them while texts are
    prepared cost a tenth of the whole way's rate, measured with
    ``tests/benchmarks/bench_pipeline``.
    """
    sys.setswitchinterval(0.0005)


async def run_stages(
    database: Database, chain: Sequence[Stage], idle_seconds: float, stop: asyncio.Event
) -> None:
    """Run every stage until ``stop`` is set; the batches in hand are finished, so that no lease
    outlives the worker.

    A wake-up is a hint; looking again every ``idle_seconds`` is the guarantee.
    """
    listener = asyncio.create_task(wake_on_delivery(database, chain[0].wake))
    try:
        async with asyncio.TaskGroup() as group:
            for stage, following in zip(chain, [*chain[1:], None], strict=True):
                group.create_task(run_stage(stage, following, idle_seconds, stop))
    finally:
        listener.cancel()


async def drain(chain: Sequence[Stage]) -> int:
    """Run the stages until nothing waits; returns the rows taken. For tests and one-off runs."""
    total = 0
    while rows := sum([await stage.step() for stage in chain]):
        total += rows
    return total


async def run_stage(
    stage: Stage, following: Stage | None, idle_seconds: float, stop: asyncio.Event
) -> None:
    """Take batches until ``stop`` is set, and wake the ``following`` stage after each."""
    failures = 0
    with bound_contextvars(stage=stage.name):
        while not stop.is_set():
            stage.wake.clear()
            try:
                rows = await timed_step(stage)
                failures = 0
            except Exception as error:
                # A database that is away is said once, not at every try.
                if failures == 0 or not isinstance(error, DatabaseAway):
                    reason = getattr(error, "reason", "")
                    log.error("stage_failed", reason=reason, exc_info=error)
                failures += 1
                await asyncio.sleep(stage_backoff(failures))
                continue
            if not rows:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stage.wake.wait(), idle_seconds)
            elif following is not None:
                following.wake.set()


def stage_backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.5, 1, 2, 4, and then 5."""
    return min(STAGE_RETRY_CAP_SECONDS, 0.25 * 2.0 ** min(failures, 5))


async def timed_step(stage: Stage) -> int:
    """One batch of the stage; how long it took is counted where it held anything."""
    started = time.perf_counter()
    rows = await stage.step()
    if rows:
        STAGE_SECONDS.labels(stage.name).observe(time.perf_counter() - started)
    return rows


async def wake_on_delivery(database: Database, wake: asyncio.Event) -> None:
    """Set ``wake`` whenever somebody stored deliveries."""
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(
                database.conninfo, autocommit=True, connect_timeout=5
            )
            async with connection:
                await connection.execute(f"listen {WORK_CHANNEL}")
                async for _ in connection.notifies():
                    wake.set()
        except psycopg.Error:
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)
