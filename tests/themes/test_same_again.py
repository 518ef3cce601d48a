"""The same deliveries end in the same themes, however they fall into batches and among workers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.config import Settings
from app.demo.community import load
from app.jobs.stages import drain, stages
from app.judging.shared_enricher import SharedEnricher
from app.storage.db import Database
from classifiers.contract import Enricher, Enrichment
from classifiers.encoding import encoder
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.kinds.enrich import DefaultEnricher
from tests.scenes.community import deliver_community, places_of
from tests.scenes.forum import Forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper

BATCHES_OF_WORKERS = ((16,), (1,), (64,), (7, 5))
"""The same deliveries go each of these ways: how much each of the workers takes at once."""


class RememberingEnricher:
    """The shipped enricher, which reads each text once: reading is not what is looked at here."""

    def __init__(self, inner: Enricher) -> None:
        self._inner = inner
        self._known: dict[str, Enrichment] = {}
        self.version, self.space = inner.version, inner.space

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._inner.enrich(new), strict=True))
        return [self._known[text] for text in texts]


@pytest.fixture
def enricher(model_dir: Path) -> RememberingEnricher:
    return RememberingEnricher(SharedEnricher(DefaultEnricher(encoder.load(model_dir))))


async def test_batches_and_workers_make_no_difference(
    database: Database, settings: Settings, enricher: RememberingEnricher
) -> None:
    ways = []
    for batches in BATCHES_OF_WORKERS:
        keys = await deliver_community(database, f"in batches of {batches}", load())
        workers = [
            stages(
                database,
                enricher,
                DefaultGrouper(),
                settings.model_copy(update={"batch_size": size}),
            )
            for size in batches
        ]
        await asyncio.gather(*(drain(chain) for chain in workers))
        ways.append(await places_of(database, keys))
    first = ways[0]
    assert len(set(first.values())) > 50
    assert [placed == first for placed in ways] == [True] * len(BATCHES_OF_WORKERS)


LEASE = "update {} set lease_until = now() + interval '1 hour', attempts = %s where id = %s"


async def test_what_another_worker_is_reading_comes_first(forum: Forum) -> None:
    for text in ("export to pdf crashes", "login with google is broken", "dark theme please"):
        await forum.say(text)
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    await chain[0].step()
    _, second, _ = await forum.rows("select id from comment order by delivery_id")
    await forum.change(LEASE.format("comment"), 1, second["id"])
    await drain(chain)
    stages_of = "select stage from comment order by delivery_id"
    assert [row["stage"] for row in await forum.rows(stages_of)] == [
        "grouped",
        "parsed",
        "enriched",
    ]
    await forum.change("update comment set lease_until = null where id = %s", second["id"])
    await drain(chain)
    assert {row["stage"] for row in await forum.rows(stages_of)} == {"grouped"}


async def test_what_another_worker_parses_comes_first(forum: Forum) -> None:
    for text in ("export to pdf crashes", "login with google is broken"):
        await forum.say(text)
    first, _ = await forum.rows("select id from delivery order by id")
    await forum.change(LEASE.format("delivery"), 1, first["id"])
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    await drain(chain)
    assert [row["stage"] for row in await forum.rows("select stage from comment")] == ["enriched"]
    await forum.change("update delivery set lease_until = null where id = %s", first["id"])
    await drain(chain)
    rows = await forum.rows("select stage from comment")
    assert [row["stage"] for row in rows] == ["grouped", "grouped"]


@pytest.mark.parametrize("table", ["delivery", "comment"])
async def test_what_failed_once_keeps_nobody_waiting(forum: Forum, table: str) -> None:
    for text in ("export to pdf crashes", "login with google is broken"):
        await forum.say(text)
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    if table == "comment":
        await chain[0].step()
    order = "id" if table == "delivery" else "delivery_id"
    first, _ = await forum.rows(f"select id from {table} order by {order}")
    await forum.change(LEASE.format(table), 2, first["id"])
    await drain(chain)
    rows = await forum.rows("select stage from comment order by delivery_id desc")
    assert rows[0]["stage"] == "grouped"
