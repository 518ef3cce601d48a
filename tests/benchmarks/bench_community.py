"""What the service makes of a whole community: themes, pairs, and what reaches no theme.

Run: ``python -m tests.benchmarks.bench_community [--batch 64] [--keep FOLDER]``. The community's
deliveries are stored, parsed, enriched and grouped by the code that serves, then held against what
a careful reader would say. ``--keep`` keeps what the model said of each text.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as app/cli has it for the service

from app.config import Settings
from app.demo.community import DemoComment, load
from app.jobs.stages import drain, stages
from app.queries.comments import UNPLACED, UNPLACED_LEAST
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.triage.settling import settle
from classifiers.contract import Enricher
from classifiers.evaluation.agreement import clusters
from classifiers.grouping.grouper import DefaultGrouper
from tests.benchmarks.kept_enrichments import KeptEnricher
from tests.scenes.community import deliver_community

SELECT_PLACES = """
    select v.delivery_id as delivery, c.external_id, c.platform, c.text, c.language, c.kind,
           c.kind_reason, c.kind_scores, c.theme_id::text as theme, c.grouping, c.thread_id,
           c.parent_id, c.opens_thread, c.deleted_at is not null as deleted
    from comment c join comment_version v
      on v.source_id = c.source_id and v.external_id = c.external_id and v.type = 'created'
    order by c.id
"""
SELECT_UNPLACED = f"""
    select v.delivery_id as delivery from comment cm left join author a on a.id = cm.author_id
    join comment_version v
      on v.source_id = cm.source_id and v.external_id = cm.external_id and v.type = 'created'
    where cm.deleted_at is null and {UNPLACED}
"""
SELECT_SUGGESTIONS = "select count(*) as n from theme_suggestion where state = 'open'"


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment as the service left it beside what it is."""

    comment: DemoComment
    row: Mapping[str, Any]
    queued: bool


async def run_community(
    url: str, settings: Settings, enricher: Enricher, comments: Sequence[DemoComment]
) -> tuple[list[Placed], int]:
    """Every comment that was not deleted, with its place; and how many suggestions are open."""
    database = Database(url)
    await database.open()
    try:
        keys = await deliver_community(database, "community", comments)
        await drain(stages(database, enricher, DefaultGrouper(), settings))
        looked = await settle(database, DefaultGrouper(), quiet_seconds=0)
        print(f"merged at the second look: {looked}")
        async with database.transaction() as connection:
            rows = await (await connection.execute(SELECT_PLACES)).fetchall()
            cursor = await connection.execute(SELECT_SUGGESTIONS)
            suggestions: Any = await cursor.fetchone()
            waiting = await (await connection.execute(SELECT_UNPLACED, UNPLACED_LEAST)).fetchall()
    finally:
        await database.close()
    rows_by_key = {keys[row["delivery"]]: row for row in rows if row["delivery"] in keys}
    queued = {keys[row["delivery"]] for row in waiting if row["delivery"] in keys}
    placed = [
        Placed(comment, rows_by_key[comment.key], comment.key in queued)
        for comment in comments
        if comment.key in rows_by_key and not rows_by_key[comment.key]["deleted"]
    ]
    return placed, suggestions["n"]


def report(placed: Sequence[Placed], suggestions: int) -> None:
    """Print what a team would feel."""
    themes = {one.row["theme"] for one in placed if one.row["theme"]}
    matters = [one.comment.truth.theme or f"none {one.comment.key}" for one in placed]
    places = [one.row["theme"] or f"none {one.comment.key}" for one in placed]
    feedback = [one for one in placed if one.comment.truth.kind in ("bug", "feature")]
    lost = [one for one in feedback if not one.row["theme"]]
    right, made, true = pairs(matters, places)
    print(f"{len(placed)} comments, {len(themes)} themes, {suggestions} open suggestions")
    print(f"pairs: precision {right / max(made, 1):.3f}, recall {right / max(true, 1):.3f}")
    print(f"B-cubed: {clusters(matters, places, seed=7, samples=0).b_cubed}")
    silent = [one for one in lost if not one.queued]
    print(f"feedback without a theme: {len(lost)} of {len(feedback)}")
    print(f"feedback in no theme and no queue: {len(silent)}; the queue holds", end=" ")
    print(sum(one.queued for one in placed))


def pairs(matters: Sequence[str], places: Sequence[str]) -> tuple[int, int, int]:
    """Pairs of one matter in one theme, pairs in one theme, pairs of one matter."""

    def count(values: Sequence[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(values).values())

    return count(list(zip(matters, places, strict=True))), count(places), count(matters)


def main() -> None:
    """Prepare a server and a model, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--rows", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), batch_size=options.batch, refresh_seconds=0)
        enricher = KeptEnricher(settings.model_path, options.keep or Path(folder) / "kept")
        with EmbeddedPostgres(settings.data_dir) as postgres:
            migrate.upgrade(postgres.conninfo())
            placed, suggestions = asyncio.run(
                run_community(postgres.conninfo(), settings, enricher, load())
            )
    if options.rows:
        options.rows.write_text(
            "\n".join(
                json.dumps({**one.row, "key": one.comment.key}, default=str) for one in placed
            )
        )
    report(placed, suggestions)


if __name__ == "__main__":
    main()
