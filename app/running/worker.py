"""`relay worker`: the stages and the job engine in one process. Start as many as there are cores,
on any machine."""

from __future__ import annotations

import asyncio
import os
import signal

import structlog

from app.config import Settings
from app.jobs.engine import run_jobs
from app.jobs.stages import run_stages, share_interpreter, stages
from app.judging.chosen_model import load_enricher, load_grouper
from app.judging.shared_enricher import SharedEnricher
from app.storage.db import Database
from app.storage.vault import Vault

log = structlog.get_logger(__name__)

FINISH_SECONDS = 4.0
"""How long a stopping worker may finish the batches it has in hand."""
CLOSE_SECONDS = 1.5
"""How long it then waits for connections to end, which they may not do while the database is
away."""


async def run_worker(settings: Settings, database: Database, vault: Vault) -> None:
    """Work until SIGINT or SIGTERM. Raises ModelError where the encoder cannot be loaded."""
    share_interpreter()
    enricher = SharedEnricher(await asyncio.to_thread(load_enricher, settings))
    chain = stages(database, enricher, load_grouper(settings), settings)
    await database.open()
    stop = asyncio.Event()

    def end() -> None:
        stop.set()
        for stage in chain:
            stage.wake.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    log.info("worker_started", model=enricher.version)
    stages_done = asyncio.create_task(run_stages(database, chain, settings.idle_seconds, stop))
    jobs_done = asyncio.create_task(run_jobs(database, vault, settings, enricher))
    tasks = [stages_done, jobs_done]
    await asyncio.wait(
        [*tasks, stopped := asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    end()
    stopped.cancel()
    await asyncio.wait([stages_done], timeout=FINISH_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
    try:
        await asyncio.wait_for(database.close(), CLOSE_SECONDS)
    except TimeoutError:
        log.warning("database_not_closed")
    log.info("worker_stopped")
    if not all(task.done() for task in tasks):
        os._exit(
            0
        )  # something waits for a database that is away; a worker may end at any moment without loss
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error
