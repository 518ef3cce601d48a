"""A delivery that is read a second time changes nothing of what is stored, for every platform."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.intake.parsing import parse_batch
from app.intake.replay import replay_chosen, replay_delivery
from app.queries.deliveries import list_deliveries, list_events
from app.setup.sources import create_source
from app.storage.rows import fetch_all
from app.storage.vault import Vault
from integrations import registry
from tests.contract.source_cases import CASES, Case
from tests.scenes.forum import Forum
from tests.scenes.places import ANY_SECRET

INSERT_DELIVERY = """
    insert into delivery
        (product_id, source_id, method, headers, query, body, received_at, dedup_key)
    values (%s, %s, %s, %s, %s, %s, %s, gen_random_uuid()) returning id
"""
STORED = {
    "comments": """
        select external_id, version, thread_id, thread_title, permalink, parent_id, opens_thread,
               author_id, text, likes, extras, created_at, edited_at, deleted_at, received_at, stage
        from comment where source_id = %s order by external_id
    """,
    "versions": """
        select id, external_id, version, type, text, received_at
        from comment_version where source_id = %s order by id
    """,
    "authors": """
        select a.* from author a join source s using (product_id) where s.id = %s order by a.id
    """,
    "deliveries": """
        select stage, event, reason, detail from delivery where source_id = %s order by id
    """,
}


async def store(forum: Forum, source_id: Any, case: Case) -> int:
    """The delivery of a fixture, past the door; returns its id."""
    inbound = case.inbound
    values = [
        forum.product_id,
        source_id,
        inbound.method,
        json.dumps(dict(inbound.headers)),
        json.dumps(dict(inbound.query)),
        inbound.body,
        inbound.received_at,
    ]
    async with forum.database.transaction() as connection:
        (row,) = await fetch_all(connection, INSERT_DELIVERY, values)
    return int(row["id"])


async def parse_all(forum: Forum) -> int:
    parsed = 0
    while taken := await parse_batch(forum.database, limit=20, lease=30, max_attempts=3):
        parsed += taken
    return parsed


async def stored(forum: Forum, source_id: Any) -> dict[str, list[dict[str, Any]]]:
    return {name: await forum.rows(query, source_id) for name, query in STORED.items()}


@pytest.mark.parametrize("platform", sorted(registry.sources()))
async def test_parsing_twice_gives_the_same(forum: Forum, vault: Vault, platform: str) -> None:
    cases = [case for case in CASES if case.platform == platform]
    settings = cases[0].settings.model_dump(mode="json")
    async with forum.database.transaction() as connection:
        source, _ = await create_source(
            connection, vault, forum.product_id, platform, platform, settings, ANY_SECRET
        )
    deliveries = [await store(forum, source.id, case) for case in cases]
    assert await parse_all(forum) == len(cases)
    gone = await forum.rows("select id from delivery where body = ''")
    deliveries = [one for one in deliveries if one not in {row["id"] for row in gone}]
    first = await stored(forum, source.id)
    assert first["comments"]

    async with forum.database.transaction() as connection:
        for delivery_id in deliveries:
            await replay_delivery(connection, delivery_id)
    assert await parse_all(forum) == len(deliveries)
    assert await stored(forum, source.id) == first


async def test_what_is_chosen_is_read_again(forum: Forum) -> None:
    await forum.say("the export crashes")
    await forum.say('ein Kürzel "fehlt"')
    await forum.deliver(b"\xff\x00 no JSON")
    await forum.work()

    async def again(**chosen: str) -> int:
        async with forum.database.transaction() as connection:
            count = await replay_chosen(connection, forum.source_id, **chosen)
        await forum.work()
        return count

    assert await again(stage="failed") == 1
    assert await again(stage="parsed", event="comment.created") == 2
    assert await again(text="EXPORT") == 1
    assert await again(text='Kürzel "fehlt"') == 1
    assert await again(text="\\") == 1
    assert await again(text="nowhere") == 0
    assert await again(event="comment.created", text="crashes", stage="failed") == 0
    assert len(await forum.rows("select * from comment_version")) == 2


async def test_deliveries_are_listed_by_their_text(forum: Forum) -> None:
    await forum.say("the export crashes")
    await forum.say("a Kürzel")
    await forum.work()
    async with forum.database.transaction() as connection:
        for text, count in (("crashes", 1), ("Kürzel", 1), ("100%", 0), ("comment.created", 2)):
            page = await list_deliveries(connection, source_id=forum.source_id, text=text)
            assert len(page.items) == count
        assert await list_events(connection, forum.source_id) == ["comment.created"]
