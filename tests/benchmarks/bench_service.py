"""The running service, as its users feel it: webhook to visible theme, a tracker with tight limits,
memory, start-up.

Run: ``python -m tests.benchmarks.bench_service``. Server and worker run as processes of their own
over the embedded PostgreSQL; the sandbox tracker lets 2 requests per second through and answers the
rest with 429 and ``Retry-After: 2``.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from pathlib import Path

import httpx
import psutil

from app.config import Settings
from app.setup.trackers import create_tracker
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, new_key
from classifiers.encoding import encoder
from integrations.sandbox.server import SandboxServer
from tests.benchmarks.machine import describe, spread
from tests.scenes.forum import Forum, open_forum
from tests.scenes.processes import Processes, environment, free_port

BUGS = (Path(__file__).parent / "bugs.txt").read_text().splitlines()


async def visible(forum: Forum, client: httpx.AsyncClient, count: int) -> list[float]:
    """Seconds from posting a bug to seeing its theme, one at a time on an idle service."""
    seconds = []
    for number in range(count):
        comment = forum.comment(
            f"Build {uuid.uuid4().hex[:8]} crashes on start, error {number} in the log."
        )
        started = time.perf_counter()
        assert (await forum.post(client, comment)).status_code == 202
        while not await forum.rows(
            "select 1 from comment where external_id = %s and theme_id is not null", comment["id"]
        ):
            await asyncio.sleep(0.02)
        seconds.append(time.perf_counter() - started)
        await asyncio.sleep(random.uniform(0.5, 1.5))
    return seconds


async def limited(
    forum: Forum, client: httpx.AsyncClient, sandbox: SandboxServer, vault: Vault
) -> tuple[float, int]:
    """Seconds until 40 webhooks that came at once are 40 tickets, and how many of those are there
    twice."""
    async with forum.database.transaction() as connection:
        settings = {"repository": "acme/app", "base_url": sandbox.url}
        await create_tracker(
            connection,
            vault,
            forum.product_id,
            "github",
            "repo",
            settings,
            {"token": "a-secret-token"},
        )
    fault = {"mode": "limit", "requests": 2, "per": 1.0, "retry_after": 2, "count": None}
    (await client.post(f"{sandbox.url}/_sandbox/failures", json=fault)).raise_for_status()
    comments = [forum.comment(bug, author=f"p{number}") for number, bug in enumerate(BUGS)]
    started = time.perf_counter()
    answers = await asyncio.gather(*(forum.post(client, comment) for comment in comments))
    assert {answer.status_code for answer in answers} == {202}
    while True:
        (row,) = await forum.rows(
            """
            select (select count(*) from delivery where stage = 'received')
                 + (select count(*) from comment where stage <> 'grouped') as waiting,
                   (select count(*) from ticket where state = 'created') as created,
                   (select count(*) from theme where product_id = %s) as themes
            """,
            forum.product_id,
        )
        if row["waiting"] == 0 and row["created"] == row["themes"]:
            break
        await asyncio.sleep(0.2)
    bodies = Counter(ticket.body.split("\n")[0] for ticket in sandbox.state.saved.tickets)
    assert row["created"] == len(sandbox.state.saved.tickets) == len(bodies), (
        "a ticket is missing or there twice"
    )
    return time.perf_counter() - started, row["created"]


async def measure(conninfo: str, folder: Path) -> None:
    """Start both processes, measure, stop."""
    key, port = new_key(), free_port()
    vault, database = Vault(key), Database(conninfo)
    await database.open()
    quiet = await open_forum(database, Settings(data_dir=folder), vault, name="Quiet")
    busy = await open_forum(
        database,
        Settings(data_dir=folder),
        vault,
        name="Busy",
        policy="auto",
        auto_min_people=1,
        auto_min_confidence=0.0,
    )
    processes = Processes(
        environment(conninfo, key, folder, folder / "model", port, log_level="error"), folder
    )
    started = time.perf_counter()
    processes.start("serve")
    processes.start("worker")
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            while not await ready(client):
                await asyncio.sleep(0.05)
            print(f"{'serve ready':>22}: {time.perf_counter() - started:.1f} s after its start")
            await visible(quiet, client, 1)  # the worker has loaded its model
            print(f"{'webhook to theme':>22}: {spread(await visible(quiet, client, 15), 2)} s")
            with SandboxServer() as sandbox:
                seconds, tickets = await limited(busy, client, sandbox, vault)
            said = (
                f"{len(BUGS)} webhooks at once, {tickets} tickets, none twice, in {seconds:.0f} s"
            )
            print(f"{'limited tracker':>22}: {said}")
            memory = {name: tree(process.pid) for name, process in processes.running.items()}
            said = ", ".join(f"{name} {size:.0f} MiB" for name, size in memory.items())
            print(f"{'memory':>22}: {said}, together {sum(memory.values()):.0f} MiB")
    finally:
        processes.stop()
        await database.close()


async def ready(client: httpx.AsyncClient) -> bool:
    """Whether the server answers."""
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def tree(pid: int) -> float:
    """Resident MiB of a process and its children."""
    process = psutil.Process(pid)
    return float(
        sum(each.memory_info().rss for each in [process, *process.children(recursive=True)]) / 2**20
    )


def help_seconds() -> list[float]:
    """Seconds of ``relay --help``."""
    seconds = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "app.cli", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - started)
    return seconds


def main() -> None:
    """Measure everything once."""
    print(describe("fastapi", "openvino", "psycopg"))
    print(f"{'relay --help':>22}: {spread(help_seconds(), 2)} s")
    with tempfile.TemporaryDirectory() as folder:
        encoder.prepare(Path(folder) / "model")
        with EmbeddedPostgres(Path(folder)) as postgres:
            migrate.upgrade(postgres.conninfo())
            asyncio.run(measure(postgres.conninfo(), Path(folder)))


if __name__ == "__main__":
    main()
