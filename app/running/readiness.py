"""Whether the service does its work: what ``/readyz`` answers, quickly and without a secret."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psycopg

from app.queries.readiness import database_version, waiting_work
from app.storage.db import Connection, Database, DatabaseAway
from app.storage.revisions import newest_revision

READY_TIMEOUT_SECONDS = 3.0
READY_REMEMBERED_SECONDS = 1.0
"""Many who ask at once get one answer."""
DISK_NEEDED_BYTES = 64 * 2**20
"""Less than this, and the next moments may bring errors."""
WORKER_MISSED_SECONDS = 60.0
"""Work that waits for longer, while no worker was heard of for as long, waits for nobody. An idle
worker asks the database every RELAY_IDLE_SECONDS."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so. ``detail`` is a sentence for people, empty where it is so."""

    name: str
    detail: str = ""


class Readiness:
    """Looks at database, migrations, workers and disk. ``clock`` gives monotonic seconds."""

    def __init__(
        self, database: Database, data_dir: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._data_dir = data_dir
        self._clock = clock
        self._looked_at: float | None = None
        self._checks: list[Check] = []
        self._lock = asyncio.Lock()

    async def checks(self) -> list[Check]:
        """Every check, those that failed with what is wrong."""
        async with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at >= READY_REMEMBERED_SECONDS:
                self._checks = [*await self._of_database(), disk_check(self._data_dir)]
                self._looked_at = now
            return self._checks

    async def _of_database(self) -> list[Check]:
        try:
            async with (
                asyncio.timeout(READY_TIMEOUT_SECONDS),
                self._database.transaction() as connection,
            ):
                migrations = await migrations_check(connection)
                if migrations.detail:
                    return [Check("database"), migrations]
                return [Check("database"), migrations, await workers_check(connection)]
        except (DatabaseAway, TimeoutError):
            return [Check("database", "The database cannot be reached.")]
        except psycopg.Error:
            return [Check("database", "The database refuses what is asked of it.")]


@lru_cache(maxsize=1)
def _newest_revision() -> str | None:
    """What this program was started with."""
    return newest_revision()


async def migrations_check(connection: Connection) -> Check:
    """Whether the database is of this program's version."""
    current, newest = await database_version(connection), _newest_revision()
    if current == newest:
        return Check("migrations")
    if current is not None and newest is not None and current > newest:
        return Check(
            "migrations",
            f"The database is at version {current}, this program knows only {newest}: start the "
            "newer program that brought it there.",
        )
    return Check(
        "migrations",
        f"The database is at version {current or 'none'}, this program needs {newest}: run "
        "relay migrate.",
    )


async def workers_check(connection: Connection) -> Check:
    """Whether somebody does what waits."""
    work = await waiting_work(connection)
    if min(work.waiting_seconds, work.silent_seconds) <= WORKER_MISSED_SECONDS:
        return Check("worker")
    return Check(
        "worker",
        f"No worker was heard of for a minute, and work has waited for {work.waiting_seconds:.0f} "
        "s: start relay worker, or see its log.",
    )


def disk_check(folder: Path) -> Check:
    """Whether there is space left where data is kept."""
    existing = next((place for place in (folder, *folder.parents) if place.exists()), Path("/"))
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes >= DISK_NEEDED_BYTES:
        return Check("disk")
    return Check("disk", f"Only {free_bytes / 2**20:.0f} MiB are free in the data folder.")
