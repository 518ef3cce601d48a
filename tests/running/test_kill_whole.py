"""``kill -9`` of everything that `relay run` started, the embedded database too, at random moments:
the next start serves at once, and nothing that was acknowledged is lost.

Also with the process numbers of a container, which are the same at every start: what was left
behind names a process that is there again. ``RELAY_KILL_WHOLE_ROUNDS`` makes it longer than what
every run can afford.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault, load_keys
from tests.scenes.forum import Forum, open_forum
from tests.scenes.processes import free_port
from tests.scenes.whole_service import (
    IN_A_CONTAINER,
    WholeService,
    containers_run,
    kill_everything,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
ROUNDS = int(os.environ.get("RELAY_KILL_WHOLE_ROUNDS", "2"))


async def deliver_until_killed(forum: Forum, url: str, acknowledged: set[str]) -> None:
    """Post comments one after the other and remember those that were answered 202."""
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        while True:
            comment = forum.comment("The export crashes on every second page")
            headers, content = forum.request(comment)
            answer = await client.post(
                f"/hooks/{forum.source_id}", headers=headers, content=content
            )
            if answer.status_code == 202:
                acknowledged.add(comment["id"])


async def stored_ids(database: Database, forum: Forum) -> set[str]:
    """The ids of the comments in every stored delivery."""
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select convert_from(body, 'UTF8')::jsonb #>> '{data,id}' as id from delivery "
            "where source_id = %s",
            [forum.source_id],
        )
        return {row["id"] for row in await cursor.fetchall()}


@pytest.mark.parametrize(
    "before",
    [
        pytest.param((), id="on-a-machine"),
        pytest.param(
            IN_A_CONTAINER,
            id="in-a-container",
            marks=pytest.mark.skipif(
                not containers_run(), reason="this account may make no process namespace"
            ),
        ),
    ],
)
async def test_after_every_kill_of_the_whole_tree_the_next_start_serves(
    tmp_path: Path, model_dir: Path, settings: Settings, before: tuple[str, ...]
) -> None:
    chance = random.Random(20261130)
    service = WholeService(tmp_path, model_dir, free_port(), before=before)
    acknowledged: set[str] = set()
    with service.started() as process:
        await service.ready(process)
        database = Database(service.database_url, size=2)
        await database.open()
        vault = Vault(load_keys(None, service.data))
        forum = await open_forum(database, settings, vault)
        await database.close()
    for _ in range(ROUNDS):
        with service.started() as process:
            await service.ready(process)
            sending = asyncio.create_task(deliver_until_killed(forum, service.url, acknowledged))
            await asyncio.sleep(chance.uniform(0.05, 2.0))
            kill_everything(process, chance)
            with suppress(httpx.TransportError):
                await sending
    with service.started() as process:
        await service.ready(process)
        database = Database(service.database_url, size=2)
        await database.open()
        assert acknowledged
        assert acknowledged <= await stored_ids(database, forum)
        await database.close()
