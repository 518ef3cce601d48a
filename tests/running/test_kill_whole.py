"""``kill -9`` of everything that `relay run` started, the embedded database too, at random moments:
the next start serves at once, and nothing that was acknowledged is lost.

``RELAY_KILL_WHOLE_ROUNDS`` makes it longer than what every run can afford.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from app.config import Settings
from app.running.supervisor import relay_command
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, load_keys
from tests.scenes.forum import Forum, open_forum
from tests.scenes.processes import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
ROUNDS = int(os.environ.get("RELAY_KILL_WHOLE_ROUNDS", "2"))
PATIENCE_SECONDS = 120.0


class WholeService:
    """`relay run` on a data folder, with all that it starts."""

    def __init__(self, folder: Path, model: Path, port: int) -> None:
        self.data = folder / "data"
        self.url = f"http://127.0.0.1:{port}"
        command, environment = relay_command("run")
        self._command = command
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RELAY_")},
            **environment,
            "RELAY_DATA_DIR": str(self.data),
            "RELAY_MODEL_DIR": str(model),
            "RELAY_PORT": str(port),
        }
        self._log = folder / "log"

    @contextmanager
    def started(self) -> Iterator[psutil.Process]:
        """The running service; whatever of it is left at the end of the block is stopped."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)

    async def ready(self, process: psutil.Process) -> None:
        """Wait until it serves. Fails with the log where it ended instead."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            for _ in range(int(PATIENCE_SECONDS / 0.1)):
                ended = process.status() == psutil.STATUS_ZOMBIE or not process.is_running()
                assert not ended, self._log.read_text()
                with suppress(httpx.TransportError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise AssertionError(f"not ready in {PATIENCE_SECONDS} s:\n{self._log.read_text()}")


def kill_everything(process: psutil.Process, chance: random.Random) -> None:
    """SIGKILL to every process of the tree, in any order; the last ones see the first ones die."""
    tree = [process, *process.children(recursive=True)]
    chance.shuffle(tree)
    for member in tree:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(tree[1:], timeout=30)


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


@contextmanager
def embedded(data: Path) -> Iterator[str]:
    """The URL of the database in a data folder, served by whoever is there."""
    with EmbeddedPostgres(data) as server:
        yield server.conninfo()


async def test_after_every_kill_of_the_whole_tree_the_next_start_serves(
    tmp_path: Path, model_dir: Path, settings: Settings
) -> None:
    chance = random.Random(20261130)
    service = WholeService(tmp_path, model_dir, free_port())
    acknowledged: set[str] = set()
    with service.started() as process:
        await service.ready(process)
        with embedded(service.data) as conninfo:
            database = Database(conninfo, size=2)
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
        with embedded(service.data) as conninfo:
            database = Database(conninfo, size=2)
            await database.open()
            assert acknowledged
            assert acknowledged <= await stored_ids(database, forum)
            await database.close()
