"""What grouping a comment costs as its product grows, and what the candidate search finds of what
exact search finds.

Run: ``python -m tests.benchmarks.bench_grouping [--sizes 1000 10000 100000] [--texts FILE ...]
[--cache FILE]``.
The product is filled with comments in themes; then new ones go through the shipped group step in a
worker process of its own, batch by batch. ``exact`` is the same search with the product's index out
of reach, in the same run. Growth is that of processor time, which other load on the machine changes
least.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil
from pgvector import HalfVector
from psycopg import sql

from app.config import Settings
from app.setup.products import create_product
from app.setup.sources import create_source
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, new_key
from app.themes.grouping import group_batch
from app.themes.middles import store_middles
from app.themes.search_index import keep_search_indexes
from app.themes.searches import FIND_BY_VECTOR, nearest
from app.themes.word_shares import count_words
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.texts.text import fingerprint
from tests.benchmarks.grouping_corpus import Said, corpus, sayings
from tests.benchmarks.machine import describe, spread
from tests.paths import SHARED

FILES = sorted((SHARED / "data").glob("*/*.jsonl.gz"))
"""Labelled sets beside the repository, where there are any."""
SPACE = "bench"
BATCH = 128


@dataclass(frozen=True, slots=True)
class Place:
    """The product that is filled, and its source."""

    product: uuid.UUID
    source: uuid.UUID


@dataclass(frozen=True, slots=True)
class Worked:
    """Of each batch, per comment: seconds, and seconds of the processors (the worker and its
    connection's server process), which other load does not change. And the worker's resident MiB
    afterwards."""

    seconds: list[float]
    busy: list[float]
    resident: float


def work(conninfo: str) -> Worked:
    """Group everything that waits, as a worker does. Runs in a process of its own."""
    return asyncio.run(_work(conninfo))


async def _work(conninfo: str) -> Worked:
    database, grouper = Database(conninfo, size=1), DefaultGrouper()
    await database.open()
    async with database.transaction() as connection:
        processes = [psutil.Process(), psutil.Process(connection.info.backend_pid)]
    seconds, busy = [], []
    while True:
        started, before = time.perf_counter(), _processors(processes)
        done = await group_batch(database, grouper, limit=BATCH, refresh_seconds=60)
        if not done:
            break
        seconds.append((time.perf_counter() - started) / done)
        busy.append((_processors(processes) - before) / done)
    await database.close()
    return Worked(seconds, busy, processes[0].memory_info().rss / 2**20)


def _processors(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def fill(
    database: Database,
    place: Place,
    said: Sequence[Said],
    themes: dict[tuple[int, bool], uuid.UUID] | None,
) -> list[int]:
    """Insert comments: grouped by origin where ``themes`` are given, else waiting for the group
    step."""
    if themes is not None:
        fresh = dict.fromkeys(
            (one.origin, one.bug) for one in said if (one.origin, one.bug) not in themes
        )
        made = {key: uuid.uuid4() for key in fresh}
        themes |= made
        async with (
            database.transaction() as connection,
            connection.cursor().copy("copy theme (id, product_id, kind, title) from stdin") as copy,
        ):
            for (origin, bug), theme_id in made.items():
                await copy.write_row(
                    (theme_id, place.product, "bug" if bug else "feature", f"Theme {origin}")
                )
    async with database.transaction() as connection:
        cursor = await connection.execute(
            "select nextval(pg_get_serial_sequence('comment', 'id')) as id from generate_series(1, "
            "%s)",
            [len(said)],
        )
        ids = [int(row["id"]) for row in await cursor.fetchall()]
        columns = (
            "id, product_id, source_id, external_id, text, stage, kind, kind_confidence, "
            "fingerprint, theme_id"
        )
        async with connection.cursor().copy(f"copy comment ({columns}) from stdin") as copy:
            for number, one in zip(ids, said, strict=True):
                theme = None if themes is None else themes[one.origin, one.bug]
                stage = "enriched" if themes is None else "grouped"
                kind = "bug" if one.bug else "feature"
                await copy.write_row(
                    (
                        number,
                        place.product,
                        place.source,
                        str(number),
                        one.text,
                        stage,
                        kind,
                        0.8,
                        fingerprint(one.text),
                        theme,
                    )
                )
        statement = (
            "copy comment_embedding (comment_id, product_id, model, live, embedding) from stdin "
            "(format binary)"
        )
        async with connection.cursor().copy(statement) as copy:
            copy.set_types(["int8", "uuid", "text", "bool", "halfvec"])
            for number, one in zip(ids, said, strict=True):
                await copy.write_row(
                    (number, place.product, SPACE, themes is not None, HalfVector(one.vector))
                )
    return ids


async def exact(
    database: Database, place: Place, ids: Sequence[int], most: int
) -> dict[int, list[int]]:
    """The same search with indexes for order out of reach."""
    async with database.transaction() as connection:
        await connection.execute("set local enable_indexscan = off; set local jit = off")
        statement = sql.SQL(FIND_BY_VECTOR).format(
            product=sql.Literal(place.product), model=sql.Literal(SPACE)
        )
        cursor = await connection.execute(
            statement, {"ids": list(ids), "most": most}, prepare=False
        )
        return {row["query"]: row["found"] for row in await cursor.fetchall()}


async def search(database: Database, place: Place, ids: Sequence[int]) -> str:
    """Recall at 10 of the search, and what each way costs per comment."""
    started = time.perf_counter()
    async with database.transaction() as connection:
        found = await nearest(connection, place.product, ids, 10)
    middle = time.perf_counter()
    truth = await exact(database, place, ids, 10)
    ended = time.perf_counter()
    recall = statistics.mean(
        len(set(found[number]) & set(truth[number])) / len(truth[number]) for number in ids
    )
    fast, slow = (1000 * each / len(ids) for each in (middle - started, ended - middle))
    recall_line = f"recall@10 {recall:.4f} of exact (n={len(ids)})"
    return f"{recall_line}; search {fast:.2f} ms, exact {slow:.2f} ms per comment"


async def measure(conninfo: str, options: argparse.Namespace, model: Path) -> None:
    """Fill to each size, then group fresh comments and compare the searches."""
    database = Database(conninfo, size=4)
    await database.open()
    async with database.transaction() as connection:
        product = await create_product(connection, "Big")
        source, _ = await create_source(
            connection, Vault(new_key()), product.id, "generic", "forum", {}
        )
    place = Place(product.id, source.id)
    stream: Iterator[Said] = sayings(corpus(options.texts, model, options.cache), random.Random(11))
    themes: dict[tuple[int, bool], uuid.UUID] = {}
    medians: list[float] = []
    held = 0
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for size in options.sizes:
            while held < size:
                some = list(itertools.islice(stream, min(5_000, size - held)))
                await fill(database, place, some, themes)
                held += len(some)
            async with database.transaction() as connection:
                await store_middles(connection, list(themes.values()))
            async with await _bare(conninfo) as connection:
                await connection.execute(
                    "vacuum analyze comment, comment_embedding, theme, theme_middle"
                )
            changes = await keep_search_indexes(database)
            await count_words(database, older_seconds=0)
            said = (
                ", ".join(f"{each.done} in {each.seconds:.0f} s" for each in changes)
                or "none needed"
            )
            ids = await fill(
                database, place, list(itertools.islice(stream, BATCH * (options.batches + 1))), None
            )
            print(
                f"{size:>9,} comments: {await search(database, place, ids[: options.queries])}; "
                f"index: {said}"
            )
            worked: Worked = await asyncio.wrap_future(pool.submit(work, conninfo))
            costs = [1000 * each for each in worked.busy[1:]]
            waits = [1000 * each for each in worked.seconds[1:]]
            medians.append(statistics.median(costs))
            print(
                f"{'processors':>18}: {spread(costs, 2)} ms per comment; worker "
                f"{worked.resident:,.0f} MiB resident"
            )
            print(f"{'clock':>18}: {spread(waits, 2)} ms per comment, with the load of the machine")
            held += len(ids)
    growth = medians[-1] / medians[0]
    print(
        f"{'growth':>18}: x {growth:.2f} from {options.sizes[0]:,} to {options.sizes[-1]:,} "
        "comments in one product"
    )
    await database.close()


async def _bare(conninfo: str) -> Any:
    import psycopg

    return await psycopg.AsyncConnection.connect(conninfo, autocommit=True)


def main() -> None:
    """Prepare a server and a model, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--texts", type=Path, nargs="*", default=FILES)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    print(describe("psycopg", "numpy"))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        with EmbeddedPostgres(settings.data_dir) as postgres:
            migrate.upgrade(postgres.conninfo())
            asyncio.run(measure(postgres.conninfo(), options, settings.model_path))


if __name__ == "__main__":
    main()
