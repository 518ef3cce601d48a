"""How fast history comes in from a stand-in, with what memory, and what idle sources cost.

    python -m tests.benchmarks.bench_polling [--posts 50000] [--sources 200] [--seconds 60]

The stand-in answers from a process of its own; processor time is the worker's alone.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psutil

from app.intake.poll_visit import PollTools
from app.intake.polling import poll_next
from app.jobs.polling import run_polls
from app.setup.polling import latest_history, set_poll_credentials, start_history
from app.setup.products import create_product
from app.setup.sources import create_source
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, new_key
from integrations.network import Network
from tests.benchmarks.machine import describe
from tests.scenes.polled import DISCOURSE_KEY, unlimited
from tests.scenes.stand_ins import Reply, StandInForum, standing


def _stand_in(posts: int, pipe: Any) -> None:
    forum = StandInForum()
    for number in range(1, posts + 1):
        forum.write(f"The export crashes on save number {number}, and it did not before. " * 3)
    by_page = {post["id"]: post for post in forum.posts}
    original = forum.answer

    def quick(request: Any) -> Any:
        """Pages by id: a forum looks them up in an index as well."""
        if request.path != "/posts.json":
            return original(request)
        before = int(request.query.get("before") or 0) or posts
        rows = [by_page[i] for i in range(min(before, posts), max(before - 50, 0), -1)]
        return Reply({"latest_posts": rows})

    forum.answer = quick
    with standing(forum) as address:
        pipe.send(address)
        pipe.recv()


async def _source(database: Database, vault: Vault, address: str, name: str) -> uuid.UUID:
    async with database.transaction() as connection:
        product = await create_product(connection, name)
        source, _ = await create_source(
            connection, vault, product.id, "discourse", name, {"base_url": address}
        )
        await set_poll_credentials(connection, vault, source.id, DISCOURSE_KEY)
    return source.id


async def history(database: Database, tools: PollTools, address: str, posts: int) -> None:
    """Fetch all of it, and say how fast it was and what memory it took."""
    source = await _source(database, tools.vault, address, "history")
    async with database.transaction() as connection:
        await start_history(connection, source, None)
    transport = tools.transport()
    await poll_next(tools, transport)
    wall, processor = time.perf_counter(), time.process_time()
    resident = []
    while True:
        async with database.transaction() as connection:
            await connection.execute("update delivery set stage = 'parsed'")
            state = await latest_history(connection, source)
        resident.append(psutil.Process().memory_info().rss >> 20)
        if state is not None and state.state == "done":
            break
        await poll_next(tools, transport)
        async with database.transaction() as connection:
            await connection.execute("update source_poll set paused_until = null")
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"history: {posts:,} comments in {wall:.1f} s: {posts / wall:,.0f}/s stored;")
    print(f"  processor {1e3 * processor / posts:.2f} ms a comment ({posts / processor:,.0f}/s)")
    print(f"  resident memory: {min(resident)} to {max(resident)} MiB over the whole walk")


async def idle(
    database: Database, tools: PollTools, address: str, sources: int, seconds: float
) -> None:
    """What so many sources cost a worker while nothing is new."""
    for number in range(sources):
        await _source(database, tools.vault, address, f"idle {number}")
    transport = tools.transport()
    while await poll_next(tools, transport):
        pass
    async with database.transaction() as connection:
        await connection.execute(
            "update source_poll set due_at = now() + random() * interval '300 seconds', "
            "interval_seconds = 300"
        )
        await connection.execute("update source_history set state = 'done'")
    stop = asyncio.Event()
    task = asyncio.create_task(run_polls(tools, stop))
    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    stop.set()
    await task
    print(
        f"idle: {sources} sources, each asked every 300 s: {100 * processor / wall:.2f} % of a core"
    )


async def measure(url: str, address: str, options: argparse.Namespace) -> None:
    database = Database(url, size=8)
    await database.open()
    vault = Vault(new_key())
    network = Network(allow_private=True)
    tools = PollTools(database, vault, network, random.Random(1), budget=unlimited)
    try:
        await history(database, tools, address, options.posts)
        await idle(database, tools, address, options.sources, options.seconds)
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=50_000)
    parser.add_argument("--sources", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    print(describe("psycopg", "httpx", "uvicorn"))
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_stand_in, args=(options.posts, theirs), daemon=True)
    process.start()
    address = ours.recv()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder)) as server,
    ):
        migrate.upgrade(server.conninfo())
        asyncio.run(measure(server.conninfo(), address, options))
    ours.send("end")
    process.join(10)


if __name__ == "__main__":
    main()
