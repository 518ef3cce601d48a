"""The pages of sources, deliveries and tokens: what is secret is shown once."""

from __future__ import annotations

import re

import httpx

from app.storage.db import Database
from tests.scenes.reading import (
    add_delivery,
    add_product,
    add_source,
    one,
)
from tests.web.webbing import sign_in


async def test_a_delivery_shows_its_body_and_can_be_read_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        bodies = (b'{"a":"<script>\\ud800"}', b"\xff\x00<b>", b"[" * 5000)
        ids = [
            await add_delivery(
                connection, product, source, body=body, stage="failed", reason="invalid_json"
            )
            for body in bodies
        ]
    for number in ids:
        page = await person.get(f"/sources/{source}/deliveries/{number}")
        assert page.status_code == 200
        assert "<script>" not in page.text.partition("<body")[2]
    assert "Read 3 again" in (await person.get(f"/sources/{source}")).text
    await person.send(f"/deliveries/{ids[0]}/replay")
    await person.send(f"/sources/{source}/replay")
    async with database.transaction() as connection:
        row = await one(connection, "select count(*) as n from delivery where stage = 'received'")
    assert row == {"n": 3}


async def test_secrets_rotate_and_the_old_one_ends(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        await add_product(connection)
    typed = {"platform": "slack", "product": "atlas", "name": "Slack"}
    refused = await person.send("/sources/new", **typed, secret="short")
    assert refused.status_code == 422
    assert "at least 8 characters" in refused.text
    made = await person.send("/sources/new", **typed, secret="the-secret-of-slack")
    assert made.status_code == 200
    assert "the-secret-of-slack" in made.text
    async with database.transaction() as connection:
        source = (await one(connection, "select id from source"))["id"]
    assert "The new secret, as Slack shows it" in (await person.get(f"/sources/{source}")).text
    assert (
        "another-secret"
        in (await person.send(f"/sources/{source}/secret", secret="another-secret")).text
    )
    page = (await person.get(f"/sources/{source}")).text
    assert "Two are accepted now." in page
    assert "another-secret" not in page
    await person.send(f"/sources/{source}/secret/retire")
    assert "Two are accepted now." not in (await person.get(f"/sources/{source}")).text
    await person.send(f"/sources/{source}", name="Workspace", set_channels="C1, C2")
    async with database.transaction() as connection:
        row = await one(connection, "select name, settings from source")
    assert row["name"] == "Workspace"
    assert "C1, C2" in str(row["settings"])


async def test_a_token_is_shown_once(client: httpx.AsyncClient, database: Database) -> None:
    person = await sign_in(client, database)
    made = await person.send("/settings/tokens", name="script", scope="read")
    token = re.search(r"relay_[\w-]{40,}", made.text)
    assert token is not None
    assert (
        await client.get("/api/v1/themes", headers={"authorization": f"Bearer {token[0]}"})
    ).status_code == 200
    later = await person.get("/settings")
    assert token[0] not in later.text
    revoke = re.search(r"/settings/tokens/[0-9a-f-]{36}/revoke", later.text)
    assert revoke is not None
    await person.send(revoke[0])
    assert (
        await client.get("/api/v1/themes", headers={"authorization": f"Bearer {token[0]}"})
    ).status_code == 401


async def test_what_was_refused_shows_with_what_to_do(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        source = await add_source(connection, await add_product(connection))
        await connection.execute(
            "insert into refused_request (source_id, day, reason, origin, count) "
            "values (%s, current_date, 'signature_wrong', '203.0.113.7', 1234)",
            [source],
        )
    shown = (await person.get(f"/sources/{source}")).text
    assert "1,234 signature wrong" in shown
    assert "from <bdi>203.0.113.7</bdi>" in shown
    assert "rotate it, and paste the new one" in shown
    assert "nothing has been accepted since" in shown
    assert "Refused" in (await person.get("/")).text


async def test_deliveries_are_filtered_and_read_again_together(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        for number in range(4):
            body = f'{{"words":"number {number}"}}'.encode()
            event = "post.edited" if number else "post.created"
            await add_delivery(connection, product, source, body=body, event=event)
    page = f"/sources/{source}"
    shown = (await person.get(f"{page}?event=post.edited&q=NUMBER")).text
    assert shown.count("post.edited</bdi>") == 3
    assert "Read all of these again" in shown
    assert "newest 10,000" in shown
    assert "Nothing matches" in (await person.get(f"{page}?q=nowhere")).text
    await person.send(f"{page}/replay", event="post.edited", q="number 2")
    async with database.transaction() as connection:
        row = await one(connection, "select count(*) as n from delivery where stage = 'received'")
    assert row == {"n": 1}
    await person.send(f"{page}/replay", stage="parsed")
    async with database.transaction() as connection:
        row = await one(connection, "select count(*) as n from delivery where stage = 'received'")
    assert row == {"n": 4}


async def test_platforms_are_offered_by_name_with_what_they_follow(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        await add_product(connection)
    page = (await person.get("/sources/new")).text
    titles = re.findall(r"<strong>([^<]+)</strong>", page)
    assert titles == sorted(titles, key=str.casefold)
    assert "Follows the reviews of an app on Google Play.</span>" in page
    assert "(https://" not in page

    many = (await person.get("/sources/new?platform=json_webhook")).text
    seen, _, folded = many.partition("<details")
    assert 'name="set_sender"' in seen
    assert 'name="set_created_at"' in folded
    assert "details" not in (await person.get("/sources/new?platform=telegram")).text
