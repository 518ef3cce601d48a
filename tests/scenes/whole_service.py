"""`relay run` as one tree of processes, and the end of all of it at once."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil

from app.running.supervisor import relay_command
from app.storage.postgres import EmbeddedPostgres
from app.storage.postgres.address import url
from app.storage.postgres.cluster import OWNER

READY_PATIENCE_SECONDS = 120.0
EMBEDDED_PORT = 5432
IN_A_CONTAINER = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Runs a command with process numbers of its own, which begin at 1 each time."""


def containers_run() -> bool:
    """Whether this account may give a command process numbers of its own."""
    return shutil.which("unshare") is not None and (
        subprocess.run([*IN_A_CONTAINER, "true"], capture_output=True, check=False).returncode == 0
    )


class WholeService:
    """`relay run` on a data folder, with all that it starts."""

    def __init__(
        self,
        folder: Path,
        model: Path,
        port: int,
        *,
        before: Sequence[str] = (),
        **settings: str,
    ) -> None:
        """``before``: what runs the command, as its only child. ``settings``: RELAY_ variables
        without their prefix."""
        self.data = folder / "data"
        cluster = EmbeddedPostgres(self.data).path
        self.database_url = url(
            cluster, EMBEDDED_PORT, cluster / "pgpass", role=OWNER, database=OWNER
        )
        self.url = f"http://127.0.0.1:{port}"
        command, environment = relay_command("run")
        self._command = [*before, *command]
        self._runs_inside = bool(before)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RELAY_")},
            **environment,
            "RELAY_DATA_DIR": str(self.data),
            "RELAY_MODEL_DIR": str(model),
            "RELAY_PORT": str(port),
            **{f"RELAY_{name.upper()}": value for name, value in settings.items()},
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
            self._end(process.pid)
            process.wait(60)

    def _end(self, pid: int) -> None:
        with suppress(psutil.NoSuchProcess, IndexError):
            process = psutil.Process(pid)
            service = process.children()[0] if self._runs_inside else process
            service.terminate()

    async def ready(self, process: psutil.Process) -> None:
        """Wait until it serves. Fails with the log where it ended instead."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            for _ in range(int(READY_PATIENCE_SECONDS / 0.1)):
                ended = process.status() == psutil.STATUS_ZOMBIE or not process.is_running()
                assert not ended, self._log.read_text()
                with suppress(httpx.TransportError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise AssertionError(f"not ready in {READY_PATIENCE_SECONDS} s:\n{self._log.read_text()}")


def kill_everything(process: psutil.Process, chance: random.Random) -> None:
    """SIGKILL to every process of the tree, in any order; the last ones see the first ones die."""
    tree = [process, *process.children(recursive=True)]
    chance.shuffle(tree)
    for member in tree:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(tree[1:], timeout=30)


@contextmanager
def embedded(data: Path) -> Iterator[str]:
    """The URL of the database in a data folder, served by whoever is there."""
    with EmbeddedPostgres(data) as server:
        yield server.conninfo()
