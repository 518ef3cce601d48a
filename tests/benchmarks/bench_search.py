"""Whether the service finds, through the database, the duplicates that the evaluation finds in
memory.

Run: ``python -m tests.benchmarks.bench_search FILE [--limit 5000] [--shuffle SEED]`` with a file as
``relay evaluate duplicates`` reads it. Both ways rank the whole pool of a product; the service's
looks up fewer words.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as app/cli has it for the service

import argparse
import asyncio
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from pgvector import HalfVector

from app.config import Settings
from app.setup.products import create_product
from app.setup.sources import create_source
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault, new_key
from app.themes.pools import candidates
from app.themes.word_shares import count_words
from classifiers.contract import Member
from classifiers.encoding import encoder
from classifiers.evaluation.datasets import labelled_rows
from classifiers.evaluation.evaluate_duplicates import (
    RECALL_DEPTHS,
    build_pool,
    ordered,
    search_recall,
)
from classifiers.evaluation.stream import Pool
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.texts.text import fingerprint
from tests.benchmarks.machine import describe

BATCH = 64


async def store(
    database: Database, name: str, members: Sequence[Member]
) -> tuple[uuid.UUID, dict[int, int]]:
    """A product with these comments, each alone in a theme; returns it and the comments' ids by
    ``comment_id``."""
    async with database.transaction() as connection:
        product = await create_product(connection, f"Product {name}")
        source, _ = await create_source(
            connection, Vault(new_key()), product.id, "generic", "forum", {}
        )
    themes = [uuid.uuid4() for _ in members]
    async with database.transaction() as connection:
        await connection.execute(
            "insert into theme (id, product_id, kind, title) select t, %s, 'bug', 't' from "
            "unnest(%s::uuid[]) as n(t)",
            [product.id, themes],
        )
        cursor = await connection.execute(
            """
            insert into comment (product_id, source_id, external_id, text, stage, kind, theme_id,
                fingerprint)
            select %s, %s, place, said, 'grouped', 'bug', theme, print
            from unnest(%s::text[], %s::text[], %s::uuid[], %s::text[]) as t(place, said, theme,
                print)
            returning external_id, id
            """,
            [
                product.id,
                source.id,
                [str(member.comment_id) for member in members],
                [member.text.replace("\0", "") for member in members],
                themes,
                [fingerprint(member.text) for member in members],
            ],
        )
        ids = {int(row["external_id"]): int(row["id"]) for row in await cursor.fetchall()}
        await connection.execute(
            """
            insert into comment_embedding (comment_id, product_id, model, live, embedding)
            select id, %s, 'bench', true, v from unnest(%s::bigint[], %s::halfvec[]) as t(id, v)
            """,
            [
                product.id,
                [ids[member.comment_id] for member in members],
                [HalfVector(member.vector) for member in members],
            ],
        )
    return product.id, ids


async def measure(url: str, pool: Pool) -> None:
    """Recall at 1, 5 and 10 both ways, and what a comment's candidates cost through the
    database."""
    found, queries = search_recall(pool)
    recall = _line([found["fused"][depth].value for depth in RECALL_DEPTHS])
    print(f"in memory:    {recall} (n={queries})")
    database = Database(url)
    await database.open()
    by_product = defaultdict(list)
    for member, product in zip(pool.members, pool.products, strict=True):
        by_product[product].append(member)
    sizes = Counter(pool.groups)
    hits = dict.fromkeys(RECALL_DEPTHS, 0)
    seconds = 0.0
    for name, members in by_product.items():
        product_id, ids = await store(database, name, members)
        await count_words(database, older_seconds=0)
        places = {number: place for place, number in ids.items()}
        asked = [
            ids[member.comment_id]
            for member in members
            if sizes[pool.groups[member.comment_id]] > 1
        ]
        for start in range(0, len(asked), BATCH):
            part = asked[start : start + BATCH]
            started = time.perf_counter()
            async with database.transaction() as connection:
                near = await candidates(connection, product_id, part)
            seconds += time.perf_counter() - started
            for number in part:
                group = pool.groups[places[number]]
                same = [pool.groups[places[member.comment_id]] == group for member in near[number]]
                for depth in RECALL_DEPTHS:
                    hits[depth] += any(same[:depth])
    await database.close()
    print(
        f"the database: {_line([hits[depth] / queries for depth in RECALL_DEPTHS])}; "
        f"{1000 * seconds / queries:.2f} ms each"
    )


def _line(shares: Sequence[float]) -> str:
    return ", ".join(
        f"recall@{depth} {share:.3f}" for depth, share in zip(RECALL_DEPTHS, shares, strict=True)
    )


def main() -> None:
    """Prepare a server and a model, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--shuffle", type=int, default=None)
    options = parser.parse_args()
    print(describe("psycopg", "numpy"))
    rows = ordered(labelled_rows(options.file, "text")[0], options.shuffle)[: options.limit]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        pool = build_pool(
            rows, DefaultEnricher(encoder.load(encoder.prepare(settings.model_path).parent))
        )
        with EmbeddedPostgres(settings.data_dir) as postgres:
            migrate.upgrade(postgres.conninfo())
            asyncio.run(measure(postgres.conninfo(), pool))


if __name__ == "__main__":
    main()
