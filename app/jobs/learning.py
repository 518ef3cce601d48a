"""The jobs that learn: a training that was asked for, the hourly look for products with new labels,
and the reading again after a change of model."""

from __future__ import annotations

import uuid
from pathlib import Path

import procrastinate
import structlog
from structlog.contextvars import bound_contextvars

from app.errors import RelayError
from app.learning import training
from app.learning.rereading import reread_some
from app.learning.training_queue import TRAIN_TASK, ask_for_training, due_for_training
from app.models.states import ModelChoice
from app.storage.db import Database
from app.tickets.ledger import QUEUE
from classifiers.contract import Enricher

log = structlog.get_logger(__name__)

LABELS_CRON = "23 * * * *"
REREAD_CRON = "* * * * * */10"  # the sixth field counts seconds


def add_learning(
    jobs: procrastinate.App, database: Database, enricher: Enricher, heads_dir: Path | None
) -> None:
    """Put the tasks on the engine; the model is the worker's own."""

    @jobs.task(name=TRAIN_TASK, queue=QUEUE)
    async def train(product_id: str, what: str, actor: str) -> None:
        with bound_contextvars(job=TRAIN_TASK):
            await train_once(
                database, enricher, uuid.UUID(product_id), what, actor, heads_dir=heads_dir
            )

    @jobs.periodic(cron=LABELS_CRON)
    @jobs.task(name="look_for_labels", queue=QUEUE, queueing_lock="look_for_labels")
    async def look_for_labels(timestamp: int) -> None:
        with bound_contextvars(job="look_for_labels"):
            await ask_for_all(database, enricher, heads_dir=heads_dir)


def add_rereading(
    jobs: procrastinate.App, database: Database, enricher: Enricher, choice: ModelChoice
) -> None:
    """Put the task on the engine that reads comments again which another model has read."""

    @jobs.periodic(cron=REREAD_CRON)
    @jobs.task(name="reread", queue=QUEUE, queueing_lock="reread", lock="reread")
    async def reread(timestamp: int) -> None:
        with bound_contextvars(job="reread"):
            await reread_some(database, enricher, choice)


async def ask_for_all(
    database: Database, enricher: Enricher, *, heads_dir: Path | None = None
) -> int:
    """Ask for the training of every product that has enough new labels, or whose version is of
    another shipped model; returns how many were asked for."""
    trainings = 0
    async with database.transaction() as connection:
        for learned, least_labels in training.LABELS_MIN.items():
            base = training.base_for(enricher, learned, heads_dir)
            for product_id in await due_for_training(connection, learned, least_labels, base):
                trainings += await ask_for_training(connection, product_id, learned, "system")
    return trainings


async def train_once(
    database: Database,
    enricher: Enricher,
    product_id: uuid.UUID,
    learned: str,
    actor: str,
    *,
    heads_dir: Path | None = None,
) -> training.Outcome | None:
    """Train and log what came of it; None where it failed for a reason that trying again at once
    does not change."""
    with bound_contextvars(product=str(product_id), what=learned):
        try:
            outcome = await training.train(
                database, enricher, product_id, learned, actor=actor, heads_dir=heads_dir
            )
        except RelayError as error:
            log.warning("training_failed", reason=error.reason, detail=error.detail)
            return None
        except Exception:
            log.exception("training_failed", reason="internal_error")
            raise
        log.info(
            "training_done",
            reason=outcome.reason,
            labels=outcome.labels,
            promoted=outcome.promoted,
        )
        return outcome
