"""Whatever a job or a stage logs says which job, tracker, product or stage it was."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import procrastinate
import pytest
from procrastinate.testing import InMemoryConnector
from structlog.contextvars import get_contextvars

from app.config import Settings
from app.digests.sending import SendDigests
from app.errors import Conflict
from app.jobs import learning
from app.jobs.engine import JobTools, add_faces, add_pushes
from app.jobs.stages import Stage, run_stage, stage_backoff
from app.replies.sending import SendReplies
from app.setup.opened_tracker import OpenedTracker
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from app.themes.writing import Writer
from app.tickets.following import Follow
from app.tickets.ledger import PUSH_TASK, QUEUE
from app.tickets.push import Push
from integrations.network import Network
from tests.scenes.small_model import SmallEnricher, SmallGrouper


async def test_a_push_knows_its_job_and_tracker(
    database: Database, settings: Settings, vault: Vault
) -> None:
    contexts: list[Mapping[str, Any]] = []

    async def no_tracker(
        connection: Connection,
        vault: Vault,
        tracker_id: uuid.UUID,
        *,
        network: Network,
        now: datetime | None,
    ) -> OpenedTracker | None:
        contexts.append(dict(get_contextvars()))
        return None

    push = Push(
        database,
        vault,
        "http://relay.test",
        Network(allow_private=True),
        chance=random.Random(1),
        open_tracker=no_tracker,
    )
    follow = Follow(database, vault, "http://relay.test", Network(allow_private=True))
    replies = SendReplies(database, vault, Network(allow_private=True))
    writer = Writer(database, settings)
    digests = SendDigests(database, vault, Network(allow_private=True), "http://relay.test", None)
    work = (push, follow, replies, digests, writer)
    tools = JobTools(database, *work, SmallEnricher(), SmallGrouper(), 0.0)
    jobs = procrastinate.App(connector=InMemoryConnector())
    add_pushes(jobs, tools)
    add_faces(jobs, tools)
    tracker_id = str(uuid.uuid4())
    async with jobs.open_async():
        await jobs.configure_task(PUSH_TASK, queue=QUEUE).defer_async(tracker_id=tracker_id)
        await jobs.run_worker_async(queues=[QUEUE], wait=False, install_signal_handlers=False)
    assert contexts == [{"job": PUSH_TASK, "tracker_id": tracker_id}]


async def test_a_training_knows_its_product(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contexts: list[Mapping[str, Any]] = []

    async def refuse(*arguments: Any, **named: Any) -> None:
        contexts.append(dict(get_contextvars()))
        raise Conflict("It is being trained.", reason="training_running")

    monkeypatch.setattr("app.learning.training.train", refuse)
    product_id = uuid.uuid4()
    await learning.train_once(database, SmallEnricher(), product_id, "kind", "system")
    assert contexts == [{"product": str(product_id), "what": "kind"}]
    assert get_contextvars() == {}


async def test_a_stage_knows_its_name_and_goes_on_after_an_error() -> None:
    contexts: list[Mapping[str, Any]] = []
    stop = asyncio.Event()

    async def step() -> int:
        contexts.append(dict(get_contextvars()))
        if len(contexts) == 1:
            raise ValueError("broken")
        stop.set()
        return 1

    following = Stage("group", step)
    await run_stage(Stage("enrich", step), following, idle_seconds=0.01, stop=stop)
    assert contexts == [{"stage": "enrich"}] * 2
    assert following.wake.is_set()


def test_a_stage_waits_longer_after_every_failure() -> None:
    assert [stage_backoff(failures) for failures in range(1, 7)] == [0.5, 1, 2, 4, 5, 5]
