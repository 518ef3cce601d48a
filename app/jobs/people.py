"""Accounts of one human find each other, and who helps is counted."""

from __future__ import annotations

from datetime import UTC, datetime

import procrastinate
import structlog
from structlog.contextvars import bound_contextvars

from app.jobs.upkeep import EVERY_TEN_MINUTES
from app.people.matching import match_people
from app.storage.db import Database
from app.tickets.ledger import QUEUE

log = structlog.get_logger(__name__)


def add_people(jobs: procrastinate.App, database: Database) -> None:
    """Add the task to the engine. It can end at any moment and starts again where it was."""

    @jobs.periodic(cron=EVERY_TEN_MINUTES)
    @jobs.task(name="match_people", queue=QUEUE, queueing_lock="match_people")
    async def match(timestamp: int) -> None:
        with bound_contextvars(job="match_people"):
            linked = await match_people(database, datetime.now(UTC))
            if linked:
                log.info("accounts_linked", accounts=linked)
