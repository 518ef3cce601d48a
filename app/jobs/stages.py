"""The stage workers: four loops that take batches as long as there are any, and otherwise wait to
be woken."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
import structlog

from app.config import Settings
from app.intake.parsing import parse_batch
from app.judging.enriching import enrich_batch
from app.metrics import STAGE_SECONDS
from app.storage.advisory import WORK_CHANNEL
from app.storage.db import Database, DatabaseAway
from app.themes.grouping import group_batch
from app.triage.policy import apply_policies
from classifiers.contract import Enricher, Grouper

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """A name and a step that returns how many rows it took. ``wake`` is set when there may be
    work."""

    name: str
    step: Callable[[], Awaitable[int]]
    wake: asyncio.Event = field(default_factory=asyncio.Event)


def stages(
    database: Database, enricher: Enricher, grouper: Grouper, settings: Settings
) -> list[Stage]:
    """Parse, enrich, group and apply the policy, in the way of a comment."""
    common = {
        "limit": settings.batch_size,
        "lease": settings.lease_seconds,
        "max_attempts": settings.max_attempts,
    }
    return [
        Stage("parse", lambda: parse_batch(database, **common)),  # type: ignore[arg-type]
        Stage("enrich", lambda: enrich_batch(database, enricher, **common)),  # type: ignore[arg-type]
        Stage(
            "group",
            lambda: group_batch(
                database,
                grouper,
                limit=settings.batch_size,
                refresh_seconds=settings.refresh_seconds,
            ),
        ),
        Stage("policy", lambda: apply_policies(database, limit=settings.batch_size)),
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
    listener = asyncio.create_task(_listen(database, chain[0].wake))
    try:
        async with asyncio.TaskGroup() as group:
            for stage, following in zip(chain, [*chain[1:], None], strict=True):
                group.create_task(_run(stage, following, idle_seconds, stop))
    finally:
        listener.cancel()


async def drain(chain: Sequence[Stage]) -> int:
    """Run the stages until nothing waits; returns the rows taken. For tests and one-off runs."""
    total = 0
    while taken := sum([await stage.step() for stage in chain]):
        total += taken
    return total


async def _run(
    stage: Stage, following: Stage | None, idle_seconds: float, stop: asyncio.Event
) -> None:
    trouble = 0
    while not stop.is_set():
        stage.wake.clear()
        try:
            started = time.perf_counter()
            taken = await stage.step()
            if taken:
                STAGE_SECONDS.labels(stage.name).observe(time.perf_counter() - started)
            trouble = 0
        except Exception as error:
            if trouble == 0 or not isinstance(error, DatabaseAway):
                log.error(
                    "stage_failed",
                    stage=stage.name,
                    reason=getattr(error, "reason", ""),
                    exc_info=error,
                )
            trouble += 1
            await asyncio.sleep(min(5.0, 0.25 * 2 ** min(trouble, 5)))
            continue
        if taken:
            if following is not None:
                following.wake.set()
            continue
        with suppress(TimeoutError):
            await asyncio.wait_for(stage.wake.wait(), idle_seconds)


async def _listen(database: Database, wake: asyncio.Event) -> None:
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
            await asyncio.sleep(2.0)
