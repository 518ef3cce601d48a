"""Digests go out when their hour comes; spikes are looked for, and told at once."""

from __future__ import annotations

import procrastinate
from structlog.contextvars import bound_contextvars

from app.digests.sending import SendDigests, present
from app.digests.watching import watch
from app.jobs.upkeep import EVERY_TEN_MINUTES
from app.tickets.ledger import QUEUE

DIGESTS_CRON = "* * * * * */10"  # the sixth field counts seconds


def add_digests(jobs: procrastinate.App, digests: SendDigests) -> None:
    """Add the tasks to the engine. Each can end at any moment and starts again where it was."""

    @jobs.periodic(cron=DIGESTS_CRON)
    @jobs.task(name="send_digests", queue=QUEUE, queueing_lock="send_digests")
    async def send(timestamp: int) -> None:
        with bound_contextvars(job="send_digests"):
            await digests.run()

    @jobs.periodic(cron=EVERY_TEN_MINUTES)
    @jobs.task(name="watch_spikes", queue=QUEUE, queueing_lock="watch_spikes")
    async def watch_spikes(timestamp: int) -> None:
        with bound_contextvars(job="watch_spikes"):
            await watch(digests.database, present())
