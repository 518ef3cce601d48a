"""`relay worker`: the stages and the job engine in one process. Start as many as there are cores,
on any machine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace

import structlog

from app.config import Settings
from app.digests.sending import SendDigests
from app.intake.poll_visit import PollTools
from app.jobs.engine import JobTools, run_jobs
from app.jobs.polling import run_polls
from app.jobs.retention import terms_of
from app.jobs.stages import run_stages, share_interpreter, stages
from app.judging.chosen_model import heads_folder, load_enricher, load_grouper
from app.judging.shared_enricher import SharedEnricher
from app.replies.sending import SendReplies
from app.running.memory import keep_trimmed, settle
from app.running.model_watch import ModelWatch
from app.storage.db import Database
from app.storage.vault import Vault
from app.themes.writing import Writer
from app.tickets.following import Follow
from app.tickets.push import Push
from classifiers.contract import Enricher, Grouper

log = structlog.get_logger(__name__)

FINISH_SECONDS = 4.0
"""How long a stopping worker may finish the batches it has in hand."""
CLOSE_SECONDS = 1.5
"""How long it then waits for connections, which may not end while the database is away."""


async def run_worker(settings: Settings, database: Database, vault: Vault) -> None:
    """Work until SIGINT or SIGTERM, with the model that is in force at the time.

    Raises ModelError where the encoder cannot be loaded.
    """
    share_interpreter()
    await database.open()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    watch = ModelWatch(settings, database)
    await watch.begin()
    goes_on = True
    while goes_on:
        tasks = await _work_with_model(watch, database, vault, stop)
        goes_on = watch.changed() and not stop.is_set() and all(task.done() for task in tasks)
    await close_database(database)
    log.info("worker_stopped")
    if not all(task.done() for task in tasks):
        # Something waits for a database that is away; a worker may end at any moment without loss.
        os._exit(0)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _work_with_model(
    watch: ModelWatch, database: Database, vault: Vault, stop: asyncio.Event
) -> list[asyncio.Task[None]]:
    """Work until ``stop`` is set or another model is in force; returns the tasks, which have ended
    unless the database is away."""
    settings = watch.take()
    enricher = SharedEnricher(await asyncio.to_thread(load_enricher, settings))
    grouper = load_grouper(settings)
    chain = stages(database, enricher, grouper, settings, grouping_waits=watch.held)
    end = asyncio.Event()
    log.info("worker_started", model=enricher.version)
    settle()
    trimming = asyncio.create_task(keep_trimmed())
    stages_done = asyncio.create_task(run_stages(database, chain, settings.idle_seconds, end))
    tools = replace(job_tools(settings, database, vault, enricher, grouper), choice=watch.choice)
    jobs_done = asyncio.create_task(run_jobs(tools))
    polling = PollTools(database, vault, settings.network)
    polls_done = asyncio.create_task(run_polls(polling, end))
    tasks = [stages_done, jobs_done, polls_done]
    reasons_to_end = [asyncio.create_task(stop.wait()), asyncio.create_task(watch.until_changed())]
    await asyncio.wait([*tasks, *reasons_to_end], return_when=asyncio.FIRST_COMPLETED)
    end.set()
    for stage in chain:
        stage.wake.set()
    for helper in (trimming, *reasons_to_end):
        helper.cancel()
    await finish(stages_done, tasks)
    return tasks


def job_tools(
    settings: Settings, database: Database, vault: Vault, enricher: Enricher, grouper: Grouper
) -> JobTools:
    """What the jobs work with, as the settings say."""
    push = Push(
        database,
        vault,
        settings.base_url,
        settings.network,
        write_seconds=settings.push_interval,
        lookup_seconds=settings.push_settle,
    )
    follow = Follow(
        database,
        vault,
        settings.base_url,
        settings.network,
        compare_seconds=settings.status_seconds,
        calls_per_hour=settings.status_calls,
    )
    return JobTools(
        database=database,
        push=push,
        follow=follow,
        replies=SendReplies(database, vault, settings.network),
        digests=SendDigests(
            database, vault, settings.network, settings.base_url, settings.mail_server
        ),
        writer=Writer(database, settings),
        enricher=enricher,
        grouper=grouper,
        refresh_seconds=settings.refresh_seconds,
        heads_dir=heads_folder(settings),
        terms=terms_of(settings),
    )


async def finish(stages_done: asyncio.Task[None], tasks: Sequence[asyncio.Task[None]]) -> None:
    """Let the stages end by themselves for a while, then cancel whatever still runs."""
    await asyncio.wait([stages_done], timeout=FINISH_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=CLOSE_SECONDS)


async def close_database(database: Database) -> None:
    """Give the connections back, as far as they end in time."""
    try:
        await asyncio.wait_for(database.close(), CLOSE_SECONDS)
    except TimeoutError:
        log.warning("database_not_closed")
