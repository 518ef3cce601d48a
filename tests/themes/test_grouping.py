"""The group step when it fails: the comment that cannot be grouped is set aside, and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psycopg
import pytest
from structlog.testing import capture_logs

from app.config import Settings
from app.jobs.stages import drain, stages
from app.storage.db import Database
from app.storage.vault import Vault
from app.themes.grouping import group_batch
from classifiers.contract import Decision, Member
from classifiers.middle import Middle
from tests.scenes.forum import Forum, open_forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper
from tests.triage.test_decisions import say


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


@pytest.fixture
async def forum(database: Database, settings: Settings, vault: Vault) -> Forum:
    return await open_forum(database, settings, vault)


async def three_waiting(forum: Forum) -> None:
    """Three enriched comments; the second one is poison."""
    for text in ("export to pdf crashes", "poison in it crashes", "login with google is broken"):
        await say(forum, text)
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    await drain(chain[:2])


async def test_only_the_comment_that_cannot_be_grouped_is_set_aside(forum: Forum) -> None:
    await three_waiting(forum)
    with capture_logs() as logged:
        await group_batch(
            forum.database, Stumbling(ValueError("planted")), limit=50, refresh_seconds=0
        )
    rows = await forum.rows("select id, text, stage, reason from comment order by id")
    assert [row["stage"] for row in rows] == ["grouped", "failed", "grouped"]
    assert rows[1]["reason"] == "not_storable"
    named = [line for line in logged if line["event"] == "comment_not_grouped"]
    assert len(named) == 1 and len(await forum.themes()) == 2


async def test_the_log_line_names_the_comment(
    forum: Forum, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.logs import configure_logs

    await three_waiting(forum)
    configure_logs("info", "json")
    await group_batch(forum.database, Stumbling(ValueError("planted")), limit=50, refresh_seconds=0)
    (poison,) = await forum.rows("select id from comment where text like '%poison%'")
    printed = capsys.readouterr().out
    assert f'"comment": {poison["id"]}' in printed and '"stage": "group"' in printed


async def test_what_passes_by_itself_sets_nothing_aside(forum: Forum) -> None:
    await three_waiting(forum)
    deadlock = psycopg.errors.DeadlockDetected("planted")
    with pytest.raises(psycopg.errors.DeadlockDetected):
        await group_batch(forum.database, Stumbling(deadlock), limit=50, refresh_seconds=0)
    rows = await forum.rows("select stage from comment")
    assert {row["stage"] for row in rows} == {"enriched"}
