"""`relay worker`: the stages and the job engine in one process. Start as many as there are cores, on any machine."""

from __future__ import annotations

import asyncio
import signal

import structlog

from app.config import Settings
from app.db import Database
from app.jobs.engine import run_jobs
from app.jobs.stages import run_stages, share_interpreter, stages
from app.vault import Vault
from classifiers import encoder
from classifiers.enrich import DefaultEnricher
from classifiers.grouping import DefaultGrouper

log = structlog.get_logger(__name__)


async def run_worker(settings: Settings, database: Database, vault: Vault) -> None:
    """Work until SIGINT or SIGTERM. Raises ModelError where the encoder cannot be loaded."""
    share_interpreter()
    embedder = await asyncio.to_thread(encoder.load, settings.model_path, threads=settings.model_threads or None)
    chain = stages(database, DefaultEnricher(embedder), DefaultGrouper(), settings)
    await database.open()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    log.info("worker_started", model=embedder.name)
    tasks = [
        asyncio.create_task(run_stages(database, chain, settings.idle_seconds)),
        asyncio.create_task(run_jobs(database, vault, settings)),
        asyncio.create_task(stop.wait()),
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await database.close()
    log.info("worker_stopped")
    for result in results:
        if isinstance(result, Exception):
            raise result
