"""Periodic work on themes and their search: themes settle, words are counted, indexes kept."""

from __future__ import annotations

from collections.abc import Sequence

import procrastinate
import structlog
from structlog.contextvars import bound_contextvars

from app.jobs.retention import Term, let_go
from app.storage.db import Database
from app.themes.search_index import keep_search_indexes
from app.themes.word_shares import count_words
from app.tickets.ledger import QUEUE
from app.triage.settling import settle
from classifiers.contract import Grouper

log = structlog.get_logger(__name__)

EVERY_MINUTE = "* * * * *"
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_NIGHT = "17 3 * * *"
RETENTION_TRIES = 3


def add_upkeep(jobs: procrastinate.App, database: Database, grouper: Grouper) -> None:
    """Add the tasks to the engine. Each can end at any moment and starts again where it was."""

    @jobs.periodic(cron=EVERY_MINUTE)
    @jobs.task(name="settle_themes", queue=QUEUE, queueing_lock="settle_themes")
    async def settle_themes(timestamp: int) -> None:
        with bound_contextvars(job="settle_themes"):
            await settle(database, grouper)

    @jobs.periodic(cron=EVERY_TEN_MINUTES)
    @jobs.task(name="keep_search", queue=QUEUE, queueing_lock="keep_search")
    async def keep_search(timestamp: int) -> None:
        with bound_contextvars(job="keep_search"):
            await count_words(database)
            await keep_search_indexes(database)


def add_retention(jobs: procrastinate.App, database: Database, terms: Sequence[Term]) -> None:
    """Add the task that lets go, every night, of what is not to be kept any longer."""

    @jobs.periodic(cron=EVERY_NIGHT)
    @jobs.task(name="retention", queue=QUEUE, queueing_lock="retention", retry=RETENTION_TRIES)
    async def retention(timestamp: int) -> None:
        with bound_contextvars(job="retention"):
            gone = await let_go(database, terms)
            if gone:
                log.info("let_go", **{sort.replace(" ", "_"): rows for sort, rows in gone.items()})
