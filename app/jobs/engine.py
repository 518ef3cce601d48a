"""The job engine: pushes to trackers when they are due, and the sweeps that find whatever a wake-up
missed."""

from __future__ import annotations

import asyncio
import uuid

import procrastinate
import structlog
from procrastinate.jobs import Status

from app.config import Settings
from app.jobs.learning import add_learning
from app.jobs.upkeep import add_upkeep
from app.judging.chosen_model import load_grouper
from app.storage.db import Database
from app.storage.vault import Vault
from app.themes.faces import refresh_faces
from app.themes.writing import Writer
from app.tickets.ledger import PUSH_TASK, QUEUE, wake_push
from app.tickets.push import Push
from classifiers.contract import Enricher

log = structlog.get_logger(__name__)

SWEEP_CRON = "* * * * * */10"  # the sixth field counts seconds
STALLED_AFTER = 60.0

DUE = """
    select distinct k.tracker_id, now() as at from ticket k join tracker t on t.id = k.tracker_id
    where k.due_at <= now() and k.state in ('pending', 'creating', 'created') and t.enabled
      and (t.paused_until is null or t.paused_until <= now())
"""
EXPIRED = "delete from login_session where expires_at < now()"


def job_app(
    database: Database, vault: Vault, settings: Settings, enricher: Enricher
) -> procrastinate.App:
    """The engine's tasks, bound to this process's database and keys."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.conninfo,
        min_size=1,
        max_size=4,
        kwargs={"options": "-c search_path=procrastinate,public"},
    )
    jobs = procrastinate.App(connector=connector)

    @jobs.task(name=PUSH_TASK, queue=QUEUE)
    async def push_tickets(tracker_id: str) -> None:
        push = Push(
            database,
            vault,
            settings.base_url,
            settings.allow_private_addresses,
            write_seconds=settings.push_interval,
            lookup_seconds=settings.push_settle,
        )
        await push.run(uuid.UUID(tracker_id))

    @jobs.periodic(cron=SWEEP_CRON)
    @jobs.task(name="sweep", queue=QUEUE, queueing_lock="sweep")
    async def sweep(timestamp: int) -> None:
        await sweep_once(database)
        for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
            # Every task can run again at any time, and the sweep has just deferred what is due.
            await jobs.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)

    writer = Writer(database, settings)

    @jobs.periodic(cron="* * * * *")
    @jobs.task(name="write", queue=QUEUE, queueing_lock="write", lock="write")
    async def write(timestamp: int) -> None:
        await writer.run()

    @jobs.periodic(cron=SWEEP_CRON)
    @jobs.task(name="faces", queue=QUEUE, queueing_lock="faces")
    async def faces(timestamp: int) -> None:
        await refresh_faces(database, refresh_seconds=settings.refresh_seconds)

    add_upkeep(jobs, database, load_grouper(settings))
    add_learning(jobs, database, enricher)
    return jobs


async def sweep_once(database: Database) -> None:
    """Wake the pushes that are due and drop what has expired."""
    async with database.transaction() as connection:
        for row in await (await connection.execute(DUE)).fetchall():
            await wake_push(connection, row["tracker_id"], row["at"])
        await connection.execute(EXPIRED)


async def run_jobs(
    database: Database, vault: Vault, settings: Settings, enricher: Enricher
) -> None:
    """Work on jobs until cancelled; starts again when the database was away."""
    while True:
        jobs = job_app(database, vault, settings, enricher)
        try:
            async with jobs.open_async():
                await jobs.run_worker_async(
                    queues=[QUEUE],
                    concurrency=4,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=1.0,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=5.0,
                )
        except Exception as error:
            log.warning("job_engine_restarts", error=type(error).__name__)
        await asyncio.sleep(1.0)
