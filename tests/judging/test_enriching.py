"""What one comment's enrichment spoils is that comment alone, and the log says which one it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import psycopg
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from app.jobs.stages import drain, stages
from app.judging.enriching import enrich_batch
from classifiers.contract import Enrichment
from tests.scenes.forum import Forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper


class ShortVectors(SmallEnricher):
    """Gives poison a vector that the database does not take."""

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        return [
            replace(enrichment, vector=np.ones(3, np.float32))
            if "poison" in enrichment.clean
            else enrichment
            for enrichment in super().enrich(texts)
        ]


async def three_parsed(forum: Forum) -> None:
    """Three comments that wait for their kinds; the second one is poison."""
    for text in ("export crashes", "poison crashes", "please add a dark mode"):
        await forum.deliver({"type": "comment.created", "data": forum.comment(text)})
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    await drain(chain[:1])


async def enrich(forum: Forum, max_attempts: int = 3) -> int:
    return await enrich_batch(
        forum.database, ShortVectors(), limit=50, lease=30, max_attempts=max_attempts
    )


async def test_only_the_comment_that_cannot_be_stored_is_set_aside(forum: Forum) -> None:
    await three_parsed(forum)
    assert await enrich(forum) == 3
    rows = await forum.rows("select stage, reason, kind from comment order by external_id")
    assert [(row["stage"], row["reason"], row["kind"]) for row in rows] == [
        ("enriched", "", "bug"),
        ("failed", "not_storable", ""),
        ("enriched", "", "feature"),
    ]


async def test_the_log_names_the_comment_and_its_product(forum: Forum) -> None:
    await three_parsed(forum)
    with capture_logs([merge_contextvars]) as lines:
        await enrich(forum)
    (poison,) = await forum.rows("select id from comment where text like 'poison%%'")
    (line,) = [line for line in lines if line["event"] == "enrichment_refused"]
    assert line["comment"] == poison["id"]
    assert line["product"] == str(forum.product_id)
    assert line["stage"] == "enrich"


async def test_a_comment_that_stops_every_worker_is_set_aside(forum: Forum) -> None:
    await three_parsed(forum)
    await forum.rows("update comment set attempts = 3 where text like 'poison%%' returning id")
    assert await enrich(forum) == 3
    rows = await forum.rows("select stage, reason from comment order by external_id")
    assert [(row["stage"], row["reason"]) for row in rows] == [
        ("enriched", ""),
        ("failed", "gave_up"),
        ("enriched", ""),
    ]


async def test_a_comment_that_was_edited_meanwhile_comes_round_again(forum: Forum) -> None:
    class EditedMeanwhile(SmallEnricher):
        def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
            with psycopg.connect(forum.database.conninfo, autocommit=True) as connection:
                connection.execute("update comment set version = '9', text = 'how is it done'")
            return super().enrich(texts)

    await forum.deliver({"type": "comment.created", "data": forum.comment("export crashes")})
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    await drain(chain[:1])
    await enrich_batch(forum.database, EditedMeanwhile(), limit=5, lease=-1, max_attempts=3)
    assert await forum.rows("select stage, kind from comment") == [{"stage": "parsed", "kind": ""}]
    assert await enrich(forum) == 1
    (row,) = await forum.rows("select stage, kind from comment")
    assert row["kind"] == "question"


@pytest.mark.parametrize("limit", [1, 2])
async def test_a_batch_takes_no_more_than_its_limit(forum: Forum, limit: int) -> None:
    await three_parsed(forum)
    taken = await enrich_batch(
        forum.database, SmallEnricher(), limit=limit, lease=30, max_attempts=3
    )
    assert taken == limit
