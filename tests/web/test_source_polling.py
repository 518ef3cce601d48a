"""What a source is asked for, on its page: credentials go in and never come out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.storage.db import Database
from tests.scenes.reading import add_product, add_source, one
from tests.web.webbing import Person, sign_in

KEY = "the-key-of-the-forum"


@pytest.fixture
async def person(client: httpx.AsyncClient, database: Database) -> Person:
    return await sign_in(client, database)


@pytest.fixture
async def source(database: Database) -> uuid.UUID:
    async with database.transaction() as connection:
        product = await add_product(connection)
        return await add_source(connection, product)


async def test_credentials_are_entered_and_never_shown(
    person: Person, source: uuid.UUID, database: Database
) -> None:
    page = f"/sources/{source}"
    assert "Discourse is not asked yet" in (await person.get(page)).text
    fields = {"poll_api_key": KEY, "poll_api_username": "ada"}
    assert (await person.send(f"{page}/credentials", **fields)).status_code == 303
    shown = (await person.get(page)).text
    assert "Fetch history since" in shown
    assert KEY not in shown
    async with database.transaction() as connection:
        row = await one(connection, "select credentials from source_poll")
    assert KEY not in str(row["credentials"])
    await person.send(f"{page}/credentials", forget="yes")
    assert "Discourse is not asked yet" in (await person.get(page)).text


async def test_history_starts_shows_how_far_it_is_and_stops(
    person: Person, source: uuid.UUID, database: Database
) -> None:
    page = f"/sources/{source}"
    await person.send(f"{page}/credentials", poll_api_key=KEY, poll_api_username="ada")
    assert (await person.send(f"{page}/history", since="31.01.2026")).status_code != 200
    await person.send(f"{page}/history", since="2026-01-31")
    async with database.transaction() as connection:
        await connection.execute(
            "update source_history set comments = 1234, reached_at = '2026-05-06'"
        )
    shown = (await person.get(page)).text
    assert "since 2026-01-31: 1,234 comments so far, reached 2026-05-06." in shown
    assert "<progress" in shown
    await person.send(f"{page}/history", cancel="yes")
    shown = (await person.get(page)).text
    assert "was stopped; 1,234 comments came" in shown
    assert "<progress" not in shown


async def test_the_page_says_why_a_source_waits_and_what_the_webhook_missed(
    person: Person, source: uuid.UUID, database: Database
) -> None:
    page = f"/sources/{source}"
    await person.send(f"{page}/credentials", poll_api_key=KEY, poll_api_username="ada")
    async with database.transaction() as connection:
        await connection.execute(
            "update source_poll set reason = 'source_unauthorized', missed = 3, missed_at = now(), "
            "detail = 'Discourse refuses the credentials.', "
            "paused_until = now() + interval '1 hour'"
        )
    shown = (await person.get(page)).text
    assert "Discourse refuses the credentials." in shown
    assert "3 missed by the webhook" in shown
    await person.send(f"{page}/poll")
    async with database.transaction() as connection:
        row = await one(connection, "select paused_until, due_at <= now() as due from source_poll")
    assert row == {"paused_until": None, "due": True}
    await person.send(f"{page}/poll", enabled="off")
    assert "asking is switched off" in (await person.get(page)).text


async def test_a_check_says_what_is_missing(person: Person, source: uuid.UUID) -> None:
    page = f"/sources/{source}"
    await person.send(f"{page}/credentials", poll_api_key=KEY, poll_api_username="ada")
    answer = await person.send(f"{page}/check")
    shown = answer.text if answer.status_code != 303 else (await person.get(page)).text
    assert "Enter the forum&#39;s address (base_url)" in shown


async def test_a_feed_has_neither_address_nor_secret(
    person: Person, source: uuid.UUID, database: Database
) -> None:
    form = (await person.get("/sources/new?platform=feed")).text
    assert "Signing secret" not in form
    fields = {"platform": "feed", "product": "atlas", "name": "Posts"}
    made = await person.send("/sources/new", **fields, set_url="forum.example/posts.rss")
    assert made.status_code == 303
    shown = (await person.get(made.headers["location"])).text
    assert "What it is asked for" in shown
    assert "/hooks/" not in shown
    assert "Rotate the secret" not in shown
    assert "missed by the webhook" not in shown


async def test_what_looking_again_found_is_told(
    person: Person, source: uuid.UUID, database: Database
) -> None:
    page = f"/sources/{source}"
    await person.send(f"{page}/credentials", poll_api_key=KEY, poll_api_username="ada")
    async with database.transaction() as connection:
        await connection.execute(
            "insert into source_recheck (source_id, ring, edited, gone, reason, detail, ended_at) "
            "values (%s, 'all', 3, 1, 'not_all_seen', 'Some topics are hidden.', now())",
            [source],
        )
    shown = (await person.get(page)).text
    assert "3 edits and 1 deletion found that no event told" in shown
    assert "Some topics are hidden." in shown
    assert "every comment looked at again" in shown


async def test_the_end_of_credentials_is_entered_and_told(
    person: Person, source: uuid.UUID
) -> None:
    page = f"/sources/{source}"
    await person.send(f"{page}/credentials", poll_api_key=KEY, poll_api_username="ada")
    day = (datetime.now(UTC) + timedelta(days=10)).strftime("%Y-%m-%d")
    await person.send(f"{page}/credentials/end", ends=day)
    shown = (await person.get(page)).text
    assert f"The credentials end in 9 days, on {day}" in shown
    assert f'value="{day}"' in shown
    assert "credentials end soon" in (await person.get("/sources")).text
    assert "credentials end soon" in (await person.get("/")).text
    await person.send(f"{page}/credentials/end", ends="")
    assert "The credentials end" not in (await person.get(page)).text
