"""Polling over the API: credentials go in and never come out, and history has a beginning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.storage.db import Database
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.reading import add_product, add_source

KEY = "the-key-of-the-forum"
CREDENTIALS = {"credentials": {"api_key": KEY, "api_username": "ada"}}


@pytest.fixture
async def source(database: Database) -> str:
    async with database.transaction() as connection:
        product = await add_product(connection, "tide")
        return f"{V1}/sources/{await add_source(connection, product)}"


async def test_the_way_of_credentials_and_history(
    client: httpx.AsyncClient, database: Database, source: str
) -> None:
    headers = await bearer(database)
    before = await client.get(f"{source}/polling", headers=headers)
    assert_problem(before, 409, "not_polled_yet")
    answer = await client.put(f"{source}/credentials", json=CREDENTIALS, headers=headers)
    assert (answer.status_code, answer.json()["has_credentials"]) == (200, True)
    assert KEY not in answer.text
    stopped = await client.delete(f"{source}/history", headers=headers)
    assert_problem(stopped, 409, "history_not_running")
    ahead = {"since": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    refused = await client.post(f"{source}/history", json=ahead, headers=headers)
    assert_problem(refused, 422, "since_in_future")
    started = await client.post(f"{source}/history", json={}, headers=headers)
    assert started.json()["history"]["state"] == "running"
    again = await client.post(f"{source}/history", json={}, headers=headers)
    assert_problem(again, 409, "history_running")
    cancelled = await client.delete(f"{source}/history", headers=headers)
    assert cancelled.json()["history"]["state"] == "cancelled"
    assert (await client.delete(f"{source}/credentials", headers=headers)).status_code == 204
    after = await client.get(f"{source}/polling", headers=headers)
    assert_problem(after, 409, "not_polled_yet")


async def test_the_pace_has_limits(
    client: httpx.AsyncClient, database: Database, source: str
) -> None:
    headers = await bearer(database)
    await client.put(f"{source}/credentials", json=CREDENTIALS, headers=headers)
    for seconds, status in ((29, 422), (30, 200), (0, 200)):
        answer = await client.patch(
            f"{source}/polling", json={"interval_seconds": seconds}, headers=headers
        )
        assert answer.status_code == status
        if status == 422:
            assert_problem(answer, 422, "interval_invalid")


async def test_a_platform_that_only_sends(client: httpx.AsyncClient, database: Database) -> None:
    headers = await bearer(database)
    async with database.transaction() as connection:
        product = await add_product(connection, "tide")
        source = await add_source(connection, product, platform="generic")
    answer = await client.get(f"{V1}/sources/{source}/polling", headers=headers)
    assert_problem(answer, 422, "not_polled")
    platforms = (await client.get(f"{V1}/platforms", headers=headers)).json()
    polled = {platform["name"]: platform["polled"] for platform in platforms}
    assert polled["discourse"]
    assert not polled["generic"]


async def test_a_platform_that_sends_nothing_has_no_secret(
    client: httpx.AsyncClient, database: Database
) -> None:
    headers = await bearer(database)
    async with database.transaction() as connection:
        product = await add_product(connection, "tide")
    body = {"product_id": str(product), "platform": "feed", "name": "Posts"}
    made = (await client.post(f"{V1}/sources", json=body, headers=headers)).json()
    assert (made["secret"], made["source"]["webhook_url"]) == ("", "")
    address = f"{V1}/sources/{made['source']['id']}"
    assert (await client.get(f"{address}/polling", headers=headers)).status_code == 200
    refused = await client.post(f"{address}/secrets", json={}, headers=headers)
    assert_problem(refused, 422, "secret_unused")
