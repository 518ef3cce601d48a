"""What the running service holds in memory after many texts, long reports among them.

Run: ``python -m tests.benchmarks.bench_memory [--comments 20000]``. Server and worker run as
processes of their own; every tenth comment is a report of 1,000 to 8,000 characters; while they are
worked on, webhooks and pages are asked for as well. The most that each process held is printed:
resident (RSS), and with what is shared counted in parts (PSS).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from app.config import Settings
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, new_key
from classifiers.encoding import encoder
from tests.benchmarks.machine import describe
from tests.benchmarks.made_texts import made_text
from tests.scenes.forum import Forum, open_forum
from tests.scenes.processes import Processes, environment, free_port

REPORT_EVERY = 10
BATCH = 500
SAMPLE_SECONDS = 1.0
WAITING = """
    select (select count(*) from delivery where stage = 'received')
         + (select count(*) from comment where stage in ('parsed', 'enriched')) as waiting
"""


def report(chance: random.Random) -> str:
    """A report with steps, a log and versions, as issue trackers have them."""
    steps = "\n".join(f"{number}. {made_text(chance)}" for number in range(1, 8))
    lines = [
        f"2026-11-{chance.randrange(1, 30):02} ERROR at module.{chance.randrange(900)}: 0x{n:06x}"
        for n in range(chance.randrange(10, 150))
    ]
    return (
        f"# {made_text(chance)}\n\n## Steps\n{steps}\n\n## Log\n```\n" + "\n".join(lines) + "\n```"
    )


def comments(forum: Forum, count: int, chance: random.Random) -> list[dict[str, Any]]:
    """Comments of many authors in many threads."""
    made = []
    for number in range(count):
        text = report(chance) if number % REPORT_EVERY == 0 else made_text(chance)
        thread = {"id": f"t{number // 4}", "title": "Talk", "url": "https://forum.example/t"}
        author = f"a{chance.randrange(count // 3 + 1)}"
        made.append(forum.comment(text, author=author, thread=thread))
    return made


class Peaks:
    """The most that each process held so far, in MiB."""

    def __init__(self, pids: dict[str, int]) -> None:
        self.pids = pids
        self.rss = dict.fromkeys(pids, 0.0)
        self.pss = dict.fromkeys(pids, 0.0)
        self.together = 0.0

    def look(self) -> None:
        """Read what they hold now."""
        together = 0.0
        for name, pid in self.pids.items():
            process = psutil.Process(pid)
            held = [one.memory_full_info() for one in [process, *process.children(recursive=True)]]
            rss = sum(one.rss for one in held) / 2**20
            self.rss[name] = max(self.rss[name], rss)
            self.pss[name] = max(self.pss[name], sum(one.pss for one in held) / 2**20)
            together += rss
        self.together = max(self.together, together)


async def measure(conninfo: str, folder: Path, count: int) -> None:
    """Start both processes, let them work, and print the most that they held."""
    key, port, chance = new_key(), free_port(), random.Random(7)
    database = Database(conninfo)
    await database.open()
    forum = await open_forum(database, Settings(data_dir=folder), Vault(key))
    processes = Processes(
        environment(conninfo, key, folder, folder / "model", port, log_level="error"), folder
    )
    processes.start("serve")
    processes.start("worker")
    peaks = Peaks({name: process.pid for name, process in processes.running.items()})
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await ready(client)
            made = comments(forum, count, chance)
            for start in range(0, count, BATCH):
                await forum.deliver_comments(*made[start : start + BATCH])
                while (await forum.rows(WAITING))[0]["waiting"] > BATCH:
                    peaks.look()
                    await asyncio.sleep(SAMPLE_SECONDS)
                await forum.post_comment(client, made_text(chance))
                await client.get("/login")
            while (await forum.rows(WAITING))[0]["waiting"]:
                peaks.look()
                await asyncio.sleep(SAMPLE_SECONDS)
        peaks.look()
        for name in peaks.pids:
            print(
                f"{name:>10}: {peaks.rss[name]:.0f} MiB RSS, {peaks.pss[name]:.0f} MiB PSS at most"
            )
        print(f"{'together':>10}: {peaks.together:.0f} MiB RSS at most, after {count} comments")
    finally:
        processes.stop()
        await database.close()


async def ready(client: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    while True:
        with suppress(httpx.TransportError):
            if (await client.get("/healthz")).status_code == 200:
                return
        await asyncio.sleep(0.1)


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=20_000)
    count = parser.parse_args().comments
    print(describe("openvino", "numpy", "psycopg"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encoder.prepare(folder / "model")
        with EmbeddedPostgres(folder) as postgres:
            migrate.upgrade(postgres.conninfo())
            asyncio.run(measure(postgres.conninfo(), folder, count))


if __name__ == "__main__":
    main()
