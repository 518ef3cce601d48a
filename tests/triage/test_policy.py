"""A product on `auto` accepts by itself what enough people speak of, in a step after grouping."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from app.config import Settings
from app.jobs.stages import drain, stages
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from app.triage import decisions, policy
from app.triage.policy import apply_policies
from tests.scenes.forum import ME, Forum, open_forum
from tests.scenes.small_model import SmallEnricher, SmallGrouper


@pytest.fixture
async def forum(database: Database, settings: Settings, vault: Vault) -> Forum:
    return await open_forum(
        database, settings, vault, policy="auto", auto_min_people=2, auto_min_confidence=0.5
    )


async def group_only(forum: Forum) -> None:
    """Parse, enrich and group what waits, as a worker does that dies before the next step."""
    chain = stages(forum.database, SmallEnricher(), SmallGrouper(), forum.settings)
    assert [stage.name for stage in chain] == ["parse", "enrich", "group", "policy"]
    await drain(chain[:3])


async def status_of(forum: Forum, word: str) -> str:
    (row,) = await forum.rows("select status from theme where title ilike %s", f"%{word}%")
    return str(row["status"])


async def test_a_theme_is_accepted_once_enough_people_speak_of_it(forum: Forum) -> None:
    await forum.say("export to pdf crashes always", "ann")
    await forum.work()
    assert await status_of(forum, "export") == "triage"
    await forum.say("export to pdf crashes always", "bob")
    await forum.work()
    assert await status_of(forum, "export") == "accepted"
    (line,) = await forum.rows("select actor from activity where verb = 'accepted'")
    assert line["actor"] == "system"


async def test_a_worker_that_dies_after_grouping_loses_nothing(forum: Forum) -> None:
    for author in ("ann", "bob"):
        await forum.say("export to pdf crashes always", author)
    await group_only(forum)
    assert await status_of(forum, "export") == "triage"
    async with forum.database.transaction() as connection:
        assert await policy.themes_due(connection, forum.product_id) == 1
    # Another worker, with nothing to group, finds the mark.
    assert await forum.work() == 1
    assert await status_of(forum, "export") == "accepted"
    async with forum.database.transaction() as connection:
        assert await policy.themes_due(connection, forum.product_id) == 0
    assert await forum.work() == 0


async def test_what_a_person_put_back_waits_until_somebody_says_it_again(forum: Forum) -> None:
    for author in ("ann", "bob"):
        await forum.say("export to pdf crashes always", author)
    await forum.work()
    (theme,) = await forum.themes()
    async with forum.database.transaction() as connection:
        await decisions.reopen(connection, theme["id"], actor=ME)
    assert await forum.work() == 0
    assert await status_of(forum, "export") == "triage"
    await forum.say("export to pdf crashes always", "cid")
    await forum.work()
    assert await status_of(forum, "export") == "accepted"


async def test_a_product_that_goes_on_auto_accepts_nothing_old(
    database: Database, settings: Settings, vault: Vault
) -> None:
    forum = await open_forum(database, settings, vault, policy="review")
    for author in ("ann", "bob", "cid"):
        await forum.say("export to pdf crashes always", author)
    await forum.work()
    async with database.transaction() as connection:
        await connection.execute(
            "update product set policy = 'auto', auto_min_people = 1, auto_min_confidence = 0"
        )
    assert await forum.work() == 0
    assert await status_of(forum, "export") == "triage"


async def test_a_theme_that_cannot_be_accepted_is_tried_again_later_and_holds_up_no_other(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("export to pdf crashes always", "login with google is broken"):
        for author in ("ann", "bob"):
            await forum.say(text, author)
    await group_only(forum)
    broken = next(theme for theme in await forum.themes() if "export" in theme["title"].lower())
    accept = decisions.accept

    async def failing(connection: Connection, theme_id: Any, **options: Any) -> int:
        if theme_id == broken["id"]:
            raise psycopg.errors.UniqueViolation("planted")
        return await accept(connection, theme_id, **options)

    with monkeypatch.context() as patched:
        patched.setattr(decisions, "accept", failing)
        assert await apply_policies(forum.database, limit=10) == 2
    assert await status_of(forum, "login") == "accepted"
    assert await status_of(forum, "export") == "triage"
    # Not at once, but at its time.
    assert await apply_policies(forum.database, limit=10) == 0
    await forum.rows(
        "update theme set policy_due_at = now() - interval '1 second' where id = %s returning 1",
        broken["id"],
    )
    assert await apply_policies(forum.database, limit=10) == 1
    assert await status_of(forum, "export") == "accepted"
