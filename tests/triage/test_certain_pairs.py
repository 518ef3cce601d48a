"""What is as likely as a comment has to be to join is no suggestion, and a suggestion goes with the
comment that it quotes: through the door of the service to its pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from app.storage.db import Database
from app.triage import decisions
from app.triage.settling import settle
from app.triage.undo import undo
from tests.api.calling import V1, bearer
from tests.scenes.forum import ME, Forum
from tests.scenes.pairs import JOIN_AT, add_pair
from tests.scenes.small_model import SmallGrouper


async def two_small_themes(forum: Forum, score: float, **evidence: Any) -> tuple[Any, Any]:
    """A theme of two people and one of one, between which a suggestion of this likelihood stands;
    the bigger one first."""
    for author in ("ann", "bob"):
        await forum.say("export to pdf crashes always", author)
    await forum.say("login with google is broken", "cid")
    await forum.work()
    bigger, smaller = await forum.themes()
    assert await settle(forum.database, SmallGrouper(), quiet_seconds=0) == 0
    async with forum.database.transaction() as connection:
        await add_pair(connection, forum.product_id, bigger["id"], smaller["id"], score, **evidence)
    return bigger["id"], smaller["id"]


async def pairs(client: httpx.AsyncClient, database: Database) -> list[dict[str, Any]]:
    answer = await client.get(f"{V1}/suggestions", headers=await bearer(database, "read"))
    listed: list[dict[str, Any]] = answer.json()["items"]
    return listed


async def test_what_reaches_its_threshold_is_merged_and_asks_nobody(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    bigger, _ = await two_small_themes(forum, JOIN_AT)
    assert len(await pairs(client, database)) == 1
    assert await settle(database, SmallGrouper(), quiet_seconds=0) == 1
    assert await pairs(client, database) == []
    (theme,) = await forum.themes()
    assert (theme["id"], theme["people"]) == (bigger, 3)


async def test_it_comes_back_by_undo_and_stays_apart(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    await two_small_themes(forum, 0.9)
    await settle(database, SmallGrouper(), quiet_seconds=0)
    (line,) = await forum.rows("select id from activity where verb = 'merged'")
    async with database.transaction() as connection:
        await undo(connection, line["id"], actor=ME)
    assert await settle(database, SmallGrouper(), quiet_seconds=0) == 0
    assert len(await forum.themes()) == 2


@pytest.mark.parametrize(
    ("score", "evidence"),
    [(JOIN_AT - 0.01, {}), (0.95, {"apart": ["iOS", "Android"]}), (0.95, {"join_at": 1.01})],
)
async def test_a_person_is_asked_of_what_is_less_or_names_different_things(
    client: httpx.AsyncClient,
    database: Database,
    forum: Forum,
    score: float,
    evidence: dict[str, Any],
) -> None:
    await two_small_themes(forum, score, **evidence)
    assert await settle(database, SmallGrouper(), quiet_seconds=0) == 0
    assert len(await pairs(client, database)) == 1


async def test_what_a_person_decided_about_is_only_suggested(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    _, smaller = await two_small_themes(forum, 0.95)
    async with database.transaction() as connection:
        await decisions.rename(connection, smaller, "Another name", actor=ME)
    # A pair that is made up would be withdrawn where the themes are compared.
    await forum.change("update theme set compared_at = changed_at")
    assert await settle(database, SmallGrouper(), quiet_seconds=0) == 0
    assert len(await pairs(client, database)) == 1


async def test_a_suggestion_goes_with_the_comment_that_it_quotes(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    await two_small_themes(forum, 0.5)
    (quoted,) = await forum.rows(
        "select id, external_id from comment where text like 'login%%' order by id limit 1"
    )
    await forum.rows(
        """
        update theme_suggestion
        set evidence = evidence || jsonb_build_object(
            'nearest', jsonb_build_array(jsonb_build_object('comment', %s::bigint)))
        returning id
        """,
        quoted["id"],
    )
    assert len(await pairs(client, database)) == 1
    gone = {"id": quoted["external_id"]}
    answer = await forum.post(client, gone, "comment.deleted")
    assert answer.status_code == 202
    await forum.work()
    assert await pairs(client, database) == []
