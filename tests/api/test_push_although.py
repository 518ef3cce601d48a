"""A person's word over HTTP that a theme is pushed although more people read the tracker."""

from __future__ import annotations

import uuid

import httpx
import pytest

from app.storage.db import Database
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.reading import (
    add_comment,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
)


@pytest.fixture
async def theme(database: Database) -> uuid.UUID:
    """An accepted theme with one comment for members, whose ticket waits because of it."""
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        tracker = await add_tracker(connection, product)
        theme = await add_theme(connection, product, status="accepted", visibility="members")
        await add_comment(connection, product, source, theme_id=theme, visibility="members")
        await add_ticket(
            connection,
            product,
            theme,
            tracker,
            state="blocked",
            reason="more_private_than_tracker",
            detail="It waits.",
        )
    return theme


async def test_it_is_pushed_and_recorded_who_said_so(
    client: httpx.AsyncClient, database: Database, theme: uuid.UUID
) -> None:
    headers = await bearer(database, "triage")
    address = f"{V1}/themes/{theme}"
    answer = await client.post(f"{address}/push-although", json={}, headers=headers)
    assert answer.status_code == 200, answer.text
    body = answer.json()["theme"]
    assert body["visibility"] == "members"
    (ticket,) = body["tickets"]
    assert (ticket["state"], ticket["reason"]) == ("pending", "")
    activity = (await client.get(f"{address}/activity", headers=headers)).json()
    lines = activity if isinstance(activity, list) else activity["items"]
    (line,) = [line for line in lines if line["verb"] == "shown_although"]
    assert line["actor"].startswith("token:")
    again = await client.post(f"{address}/push-although", json={}, headers=headers)
    assert_problem(again, 409, "nothing_withheld")


async def test_a_reader_may_not_say_it(
    client: httpx.AsyncClient, database: Database, theme: uuid.UUID
) -> None:
    headers = await bearer(database, "read")
    answer = await client.post(f"{V1}/themes/{theme}/push-although", json={}, headers=headers)
    assert_problem(answer, 403, "scope_missing")


async def test_comments_and_deliveries_say_who_may_read_them(
    client: httpx.AsyncClient, database: Database, theme: uuid.UUID
) -> None:
    headers = await bearer(database, "read")
    comments = (await client.get(f"{V1}/comments", headers=headers)).json()["items"]
    assert [comment["visibility"] for comment in comments] == ["members"]
