"""Digests go out when their hour comes."""

from __future__ import annotations

import procrastinate
from structlog.contextvars import bound_contextvars

from app.digests.sending import SendDigests
from app.tickets.ledger import QUEUE

DIGESTS_CRON = "* * * * * */10"  # the sixth field counts seconds


def add_digests(jobs: procrastinate.App, digests: SendDigests) -> None:
    """Add the task to the engine. It can end at any moment and starts again where it was."""

    @jobs.periodic(cron=DIGESTS_CRON)
    @jobs.task(name="send_digests", queue=QUEUE, queueing_lock="send_digests")
    async def send(timestamp: int) -> None:
        with bound_contextvars(job="send_digests"):
            await digests.run()
