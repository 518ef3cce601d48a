"""How many stored deliveries per second become themed comments with the shipped model, stage by
stage.

Run: ``python -m tests.benchmarks.bench_pipeline [--comments 2000] [--rounds 3]``. Every round
starts on an empty product; comments have about 30 tokens and are made of the same few things in
thousands of combinations.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as app/cli has it for the service

from app.config import Settings
from app.jobs.stages import run_stages, share_interpreter, stages
from app.setup.products import create_product
from app.setup.sources import create_source
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, new_key
from classifiers.encoding import encoder
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.kinds.enrich import DefaultEnricher
from tests.benchmarks.machine import describe, spread
from tests.benchmarks.made_texts import made_text


async def fill(
    database: Database, vault: Vault, name: str, count: int, chance: random.Random
) -> None:
    """``count`` stored deliveries of one comment each."""
    async with database.transaction() as connection:
        product = await create_product(connection, name)
        source, _ = await create_source(connection, vault, product.id, "generic", "forum", {})
    bodies = []
    for number in range(count):
        author = {"id": f"a{chance.randrange(count)}"}
        data = {
            "id": str(number),
            "thread": {"id": f"t{number % 50}"},
            "author": author,
            "text": made_text(chance),
        }
        bodies.append(json.dumps({"type": "comment.created", "data": data}).encode())
    async with database.transaction() as connection:
        await connection.execute(
            """
            insert into delivery (product_id, source_id, dedup_key, body)
            select %s, %s, gen_random_uuid()::text, body from unnest(%s::bytea[]) as b(body)
            """,
            [product.id, source.id, bodies],
        )


async def measure(url: str, settings: Settings, options: argparse.Namespace) -> None:
    """Drain each stage alone (to see its share), then everything together as the worker does."""
    share_interpreter()
    database = Database(url)
    await database.open()
    vault = Vault(new_key())
    embedder = encoder.load(settings.model_path)
    chain = stages(database, DefaultEnricher(embedder), DefaultGrouper(), settings)
    chance = random.Random(7)
    alone: dict[str, list[float]] = {stage.name: [] for stage in chain}
    for number in range(options.rounds):
        await fill(database, vault, f"alone {number}", options.comments, chance)
        for stage in chain:
            started = time.perf_counter()
            while await stage.step():
                pass
            alone[stage.name].append(options.comments / (time.perf_counter() - started))
    for name, rates in alone.items():
        print(f"{name:>10} alone: {spread(rates)} comments/s")
    together = []
    for number in range(options.rounds):
        await fill(database, vault, f"together {number}", options.comments, chance)
        started = time.perf_counter()
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as worker:
            worker.create_task(run_stages(database, chain, settings.idle_seconds, stop))
            await until_grouped(database)
            together.append(options.comments / (time.perf_counter() - started))
            stop.set()
    print(f"{'together':>16}: {spread(together)} comments/s, delivery to theme ({embedder.name})")
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select count(*) as n from comment where stage = 'grouped'"
        )
        row: Any = await cursor.fetchone()
        themes: Any = await (await connection.execute("select count(*) as n from theme")).fetchone()
    assert row["n"] == 2 * options.rounds * options.comments, row
    print(f"{'':>16}  {row['n']:,} comments, {themes['n']:,} themes")
    print(
        f"{'memory':>16}: {psutil.Process().memory_info().rss / 2**20:,.0f} MiB resident in this "
        "process"
    )
    await database.close()


async def until_grouped(database: Database) -> None:
    """Return once no stage has anything left."""
    more = True
    while more:
        await asyncio.sleep(0.1)
        async with database.transaction() as connection:
            cursor = await connection.execute(
                """
                select exists (select from delivery where stage = 'received')
                    or exists (select from comment where stage in ('parsed', 'enriched')) as more
                """
            )
            row: Any = await cursor.fetchone()
            more = row["more"]


def main() -> None:
    """Prepare a server and a model, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(describe("openvino", "psycopg"))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        encoder.prepare(settings.model_path)
        with EmbeddedPostgres(settings.data_dir) as postgres:
            migrate.upgrade(postgres.conninfo())
            asyncio.run(measure(postgres.conninfo(), settings, options))


if __name__ == "__main__":
    main()
