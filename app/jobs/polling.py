"""The loops of a worker that poll: each takes the source that waits longest."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
import structlog
from structlog.contextvars import bound_contextvars

from app.intake.poll_visit import PollTools
from app.intake.polling import poll_next
from app.storage.db import DatabaseAway

log = structlog.get_logger(__name__)

POLLS_AT_ONCE = 3
POLL_IDLE_SECONDS = 2.0
POLL_AGAIN_SECONDS = 5.0
"""How long a loop waits after something of ours broke."""


async def run_polls(tools: PollTools, stop: asyncio.Event) -> None:
    """Poll until ``stop`` is set."""
    transport = tools.transport()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(POLLS_AT_ONCE):
                group.create_task(_poll_on(tools, stop, transport))
    finally:
        await transport.aclose()


async def _poll_on(
    tools: PollTools, stop: asyncio.Event, transport: httpx.AsyncBaseTransport
) -> None:
    with bound_contextvars(job="poll"):
        while not stop.is_set():
            try:
                pause = 0.0 if await poll_next(tools, transport) else POLL_IDLE_SECONDS
            except DatabaseAway:
                pause = POLL_AGAIN_SECONDS
            except Exception:
                log.exception("poll_loop_failed")
                pause = POLL_AGAIN_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
