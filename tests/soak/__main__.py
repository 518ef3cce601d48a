"""A night of ``kill -9``: of the server, the worker, the database, and of everything at once, while
comments come in and tickets go out.

Run: ``make soak KILLS=1000`` or ``python -m tests.soak --folder .soak --kills 1000``. It is bounded
by the number of kills and by ``--hours``, and goes on where an earlier call ended. Every
``CHECKED_EVERY_KILLS`` kills it waits until nothing waits and looks whether all holds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import psutil

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault, load_keys
from classifiers.encoding import encoder
from integrations.sandbox.server import SandboxServer
from tests.benchmarks.machine import describe
from tests.scenes.forum import Forum, open_forum
from tests.scenes.processes import free_port
from tests.scenes.pushing import sandbox_tracker
from tests.scenes.whole_service import WholeService, embedded, kill_everything
from tests.soak.progress import Progress, SoakFolder
from tests.soak.truth import settle, violations

CHECKED_EVERY_KILLS = 25
TARGETS = ("serve", "worker", "postgres", "everything")
HURRIED = {
    "lease_seconds": "3",
    "refresh_seconds": "0.5",
    "push_interval": "0",
    "push_settle": "1",
    "batch_size": "16",
    "allow_private_addresses": "true",
}
MATTERS = (
    "The export to PDF crashes whenever the note holds an image",
    "Login with Google ends in an endless loop of redirects",
    "Search does not find words that carry an accent",
    "Please add a dark theme for the editor",
    "I would love to have nested folders for my notebooks",
)
MOVE_TRACKER = (
    "update tracker set settings = settings || jsonb_build_object('base_url', %s::text) "
    "where id = %s"
)


class Soak:
    """One call: a service, a tracker, and a community that never stops."""

    def __init__(self, folder: SoakFolder, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.progress: Progress = folder.load()
        model = folder.path / "model"
        encoder.prepare(model)
        self.service = WholeService(folder.path, model, free_port(), **HURRIED)
        self.sandbox = SandboxServer(state_file=folder.tracker_state)

    @asynccontextmanager
    async def forum(self) -> AsyncIterator[Forum]:
        """The community's source, made by the first call, over the database that runs."""
        settings = Settings(data_dir=self.service.data, allow_private_addresses=True)
        vault = Vault(load_keys(None, self.service.data))
        with embedded(self.service.data) as conninfo:
            database = Database(conninfo, size=2)
            await database.open()
            try:
                if not self.progress.source_id:
                    await self._set_up(database, settings, vault)
                product, source = self.progress.product_id, self.progress.source_id
                ids = uuid.UUID(product), uuid.UUID(source)
                self.source = Forum(database, settings, *ids, self.progress.secret)
                yield self.source
            finally:
                await database.close()

    async def _set_up(self, database: Database, settings: Settings, vault: Vault) -> None:
        automatic = {"policy": "auto", "auto_min_people": 1, "auto_min_confidence": 0.0}
        forum = await open_forum(database, settings, vault, **automatic)
        async with database.transaction() as connection:
            tracker = await sandbox_tracker(connection, vault, forum, self.sandbox)
        self.progress.product_id = str(forum.product_id)
        self.progress.source_id = str(forum.source_id)
        self.progress.tracker_id = str(tracker.id)
        self.progress.secret = forum.secret
        self.folder.save(self.progress)

    async def speak(self) -> None:
        """Post a comment at a time until cancelled, and remember those that are acknowledged."""
        async with httpx.AsyncClient(base_url=self.service.url, timeout=10) as client:
            while True:
                self.progress.sent += 1
                number = self.progress.sent
                text = f"{self.chance.choice(MATTERS)}, {number % 5}"
                comment = self.source.comment(text, author=f"p{number % 211}", id=str(number))
                headers, content = self.source.request(comment)
                with suppress(httpx.TransportError):
                    answer = await client.post(
                        f"/hooks/{self.source.source_id}", headers=headers, content=content
                    )
                    if answer.status_code == 202:
                        self.folder.acknowledge(comment["id"])
                await asyncio.sleep(0.05)

    def kill(self, process: psutil.Process, target: str) -> bool:
        """SIGKILL to one process of the service, or to all; whether there was one."""
        if target == "everything":
            kill_everything(process, self.chance)
            return True
        for member in process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                command = member.cmdline()
                if target in (*command, Path(command[0]).name):
                    member.kill()
                    return True
        return False

    async def run(self, kills: int, until: float) -> None:
        """Kill until enough is killed or the time is over. Exits where something does not hold."""
        while not self._is_over(kills, until):
            with self.service.started() as process:
                await self.service.ready(process)
                async with self.forum() as forum, forum.database.transaction() as connection:
                    values = [self.sandbox.url, self.progress.tracker_id]
                    await connection.execute(MOVE_TRACKER, values)
                await self._life(process, kills, until)

    def _is_over(self, kills: int, until: float) -> bool:
        return self.progress.kills.total() >= kills or time.monotonic() > until

    async def _life(self, process: psutil.Process, kills: int, until: float) -> None:
        """One life of the whole tree: kills of its parts, until all of it is killed."""
        while not self._is_over(kills, until):
            async with self._speaking():
                await asyncio.sleep(self.chance.uniform(0.2, 4.0))
                target = self.chance.choice(TARGETS)
                killed = self.kill(process, target)
                self.progress.kills[target] += killed
                self.folder.save(self.progress)
                if target == "everything":
                    return
                await self.service.ready(process)
            if killed and self.progress.kills.total() % CHECKED_EVERY_KILLS == 0:
                await self.look()

    @asynccontextmanager
    async def _speaking(self) -> AsyncIterator[None]:
        speaking = asyncio.create_task(self.speak())
        try:
            yield
        finally:
            speaking.cancel()
            with suppress(asyncio.CancelledError):
                await speaking

    async def look(self) -> None:
        """Wait until nothing waits, and say whether all holds. Exits with 1 where it does not."""
        acknowledged = self.folder.acknowledged()
        async with self.forum() as forum:
            await settle(forum)
            tickets = self.sandbox.state.saved.tickets
            lines = await violations(forum, acknowledged, tickets)
        counts = ", ".join(f"{count} of {name}" for name, count in self.progress.kills.items())
        print(f"{self.progress.kills.total()} kills ({counts}),", end=" ")
        print(f"{len(acknowledged)} acknowledged, {len(tickets)} tickets:", end=" ")
        print("; ".join(lines) or "all holds", flush=True)
        if lines:
            sys.exit(1)


def main() -> None:
    """Read the arguments, go on where the last call ended, and look once more at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(".soak"))
    parser.add_argument("--kills", type=int, default=1000, help="of all calls together")
    parser.add_argument("--hours", type=float, default=10.0, help="of this call")
    parser.add_argument("--seed", type=int, default=20261130)
    asked = parser.parse_args()
    print(describe())
    asyncio.run(_soak(asked))


async def _soak(asked: argparse.Namespace) -> None:
    soak = Soak(SoakFolder(asked.folder.resolve()), asked.seed)
    with soak.sandbox:
        await soak.run(asked.kills, time.monotonic() + asked.hours * 3600)
        with soak.service.started() as process:
            await soak.service.ready(process)
            await soak.look()


if __name__ == "__main__":
    main()
