"""The group step when it fails: the comment that cannot be grouped is set aside, and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg
import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from app.jobs.stages import drain, stages
from app.themes.grouping import group_batch
from classifiers.contract import Decision, Member
from classifiers.middle import Middle
from tests.scenes.forum import Forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper


class Stumbling(SmallGrouper):
    """Cannot decide about texts with "poison"; what ``error`` it raises is told to it."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def decide(
        self,
        comment: Member,
        candidates: Sequence[Member],
        blocked: frozenset[str] = frozenset(),
        middles: Mapping[str, Middle] | None = None,
    ) -> Decision:
        if "poison" in comment.text:
            raise self.error
        return super().decide(comment, candidates, blocked, middles)


async def three_waiting(forum: Forum) -> None:
    """Three enriched comments; the second one is poison."""
    for text in ("export to pdf crashes", "poison in it crashes", "login with google is broken"):
        await forum.say(text)
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    await drain(chain[:2])


async def test_only_the_comment_that_cannot_be_grouped_is_set_aside(forum: Forum) -> None:
    await three_waiting(forum)
    with capture_logs([merge_contextvars]) as lines:
        await group_batch(
            forum.database, Stumbling(ValueError("planted")), limit=50, refresh_seconds=0
        )
    rows = await forum.rows("select id, stage, reason from comment order by id")
    assert [row["stage"] for row in rows] == ["grouped", "failed", "grouped"]
    assert rows[1]["reason"] == "not_storable"
    assert len(await forum.themes()) == 2
    (line,) = [line for line in lines if line["event"] == "comment_not_grouped"]
    assert (line["comment"], line["stage"]) == (rows[1]["id"], "group")


async def test_what_passes_by_itself_sets_nothing_aside(forum: Forum) -> None:
    await three_waiting(forum)
    deadlock = psycopg.errors.DeadlockDetected("planted")
    with pytest.raises(psycopg.errors.DeadlockDetected):
        await group_batch(forum.database, Stumbling(deadlock), limit=50, refresh_seconds=0)
    rows = await forum.rows("select stage from comment")
    assert {row["stage"] for row in rows} == {"enriched"}
