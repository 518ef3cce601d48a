"""A source's way in, tried over the API, and what it cannot be tried for."""

from __future__ import annotations

import httpx

from app.setup.sources import create_source
from app.storage.db import Database
from app.storage.vault import Vault
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.forum import Forum


async def test_a_platform_that_sends_nothing_gets_no_test_event(
    client: httpx.AsyncClient, database: Database, vault: Vault, forum: Forum
) -> None:
    async with database.transaction() as connection:
        feed, _ = await create_source(
            connection, vault, forum.product_id, "feed", "feed", {"url": "https://a.example/"}
        )
    answer = await client.post(f"{V1}/sources/{feed.id}/test", headers=await bearer(database))
    assert_problem(answer, 422, "test_not_possible")


async def test_a_source_without_a_secret_signs_no_test_event(
    client: httpx.AsyncClient, database: Database, forum: Forum
) -> None:
    await forum.change("update source_secret set retired_at = now()")
    address = f"{V1}/sources/{forum.source_id}/test"
    answer = await client.post(address, headers=await bearer(database))
    assert_problem(answer, 409, "no_secret")
