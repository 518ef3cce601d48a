"""The job engine: pushes to trackers when they are due, and the sweeps that find whatever a wake-up
missed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import procrastinate
import structlog
from procrastinate.jobs import Status
from structlog.contextvars import bound_contextvars

from app.digests.sending import SendDigests
from app.jobs.digests import add_digests
from app.jobs.learning import add_learning, add_rereading
from app.jobs.people import add_people
from app.jobs.replies import add_replies
from app.jobs.retention import Term
from app.jobs.upkeep import EVERY_MINUTE, add_retention, add_upkeep
from app.models.states import ModelChoice
from app.replies.sending import SendReplies
from app.storage.db import Database
from app.themes.faces import refresh_faces
from app.themes.writing import Writer
from app.tickets.comparing import wake_followers
from app.tickets.due import wake_due_trackers
from app.tickets.following import Follow
from app.tickets.ledger import FOLLOW_TASK, PUSH_TASK, QUEUE
from app.tickets.push import Push
from classifiers.contract import Enricher, Grouper

log = structlog.get_logger(__name__)

SWEEP_CRON = "* * * * * */10"  # the sixth field counts seconds
STALLED_SECONDS = 60.0
JOBS_AT_ONCE = 4
JOB_POLL_SECONDS = 1.0
JOB_GRACE_SECONDS = 5.0
"""How long a stopping engine lets its jobs run on."""
ENGINE_RESTART_SECONDS = 1.0

DELETE_EXPIRED_SESSIONS = "delete from login_session where expires_at < now()"


@dataclass(frozen=True, slots=True)
class JobTools:
    """What the jobs work with. The worker makes it from the settings, which no job reads."""

    database: Database
    push: Push
    follow: Follow
    replies: SendReplies
    digests: SendDigests
    writer: Writer
    enricher: Enricher
    grouper: Grouper
    refresh_seconds: float
    heads_dir: Path | None = None
    choice: ModelChoice | None = None
    """Which model ``enricher`` is; None for one of RELAY_ENCODER."""
    terms: Sequence[Term] = ()
    """What is kept for how long."""


def job_app(tools: JobTools) -> procrastinate.App:
    """The engine with all its tasks, over the database of ``tools``."""
    connector = procrastinate.PsycopgConnector(
        conninfo=tools.database.conninfo,
        min_size=1,
        max_size=4,
        kwargs={"options": "-c search_path=procrastinate,public"},
    )
    jobs = procrastinate.App(connector=connector)
    add_pushes(jobs, tools)
    add_faces(jobs, tools)
    add_upkeep(jobs, tools.database, tools.grouper)
    add_people(jobs, tools.database)
    add_retention(jobs, tools.database, tools.terms)
    add_replies(jobs, tools.replies)
    add_digests(jobs, tools.digests)
    add_learning(jobs, tools.database, tools.enricher, tools.heads_dir)
    if tools.choice is not None:
        add_rereading(jobs, tools.database, tools.enricher, tools.choice)
    return jobs


def add_pushes(jobs: procrastinate.App, tools: JobTools) -> None:
    """Add the push to a tracker, the following of its tickets, and the sweep that finds what is
    due."""

    @jobs.task(name=PUSH_TASK, queue=QUEUE)
    async def push_tickets(tracker_id: str) -> None:
        with bound_contextvars(job=PUSH_TASK, tracker_id=tracker_id):
            await tools.push.run(uuid.UUID(tracker_id))

    @jobs.task(name=FOLLOW_TASK, queue=QUEUE)
    async def follow_tickets(tracker_id: str) -> None:
        with bound_contextvars(job=FOLLOW_TASK, tracker_id=tracker_id):
            await tools.follow.run(uuid.UUID(tracker_id))

    @jobs.periodic(cron=SWEEP_CRON)
    @jobs.task(name="sweep", queue=QUEUE, queueing_lock="sweep")
    async def sweep(timestamp: int) -> None:
        with bound_contextvars(job="sweep"):
            await sweep_once(tools.database, tools.follow)
            await drop_stalled_jobs(jobs)


def add_faces(jobs: procrastinate.App, tools: JobTools) -> None:
    """Add what keeps the titles, phrases and summaries of themes true."""

    @jobs.periodic(cron=EVERY_MINUTE)
    @jobs.task(name="write", queue=QUEUE, queueing_lock="write", lock="write")
    async def write(timestamp: int) -> None:
        with bound_contextvars(job="write"):
            await tools.writer.run()

    @jobs.periodic(cron=SWEEP_CRON)
    @jobs.task(name="faces", queue=QUEUE, queueing_lock="faces")
    async def faces(timestamp: int) -> None:
        with bound_contextvars(job="faces"):
            await refresh_faces(tools.database, refresh_seconds=tools.refresh_seconds)


async def sweep_once(database: Database, follow: Follow) -> None:
    """Wake the pushes that are due, and who follows tickets, and drop what has expired."""
    async with database.transaction() as connection:
        await wake_due_trackers(connection)
        await wake_followers(connection, follow.compare_seconds, follow.calls_per_hour)
        await connection.execute(DELETE_EXPIRED_SESSIONS)


async def drop_stalled_jobs(jobs: procrastinate.App) -> None:
    """Forget jobs whose worker died. Every task can run again at any time, and the sweep has just
    deferred what is due."""
    for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await jobs.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)


async def run_jobs(tools: JobTools) -> None:
    """Work on jobs until cancelled; starts again when the database was away."""
    while True:
        jobs = job_app(tools)
        try:
            async with jobs.open_async():
                await jobs.run_worker_async(
                    queues=[QUEUE],
                    concurrency=JOBS_AT_ONCE,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=JOB_POLL_SECONDS,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=JOB_GRACE_SECONDS,
                )
        except Exception as error:
            log.warning("job_engine_restarts", error=type(error).__name__)
        await asyncio.sleep(ENGINE_RESTART_SECONDS)
