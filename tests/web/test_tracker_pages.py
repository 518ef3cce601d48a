"""The pages of trackers and their tickets: forms made of declared settings, checks, retries."""

from __future__ import annotations

import httpx

from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.github_app import app_key
from tests.scenes.reading import (
    add_product,
    add_theme,
    add_ticket,
    add_tracker,
    one,
)
from tests.web.webbing import sign_in


async def test_forms_are_made_from_what_a_tracker_declares(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        await add_product(connection)
    form = (await person.get("/trackers/new?type=jira")).text
    assert 'name="set_base_url"' in form
    assert 'type="password"' in form
    assert '<option value="cloud"' in form
    assert '<option value="" selected>Left blank</option>' in form
    typed = {
        "type": "jira",
        "product": "atlas",
        "name": "Board",
        "kinds": ["bug", "feature"],
        "set_base_url": "https://acme.atlassian.net",
        "set_project": "lower case",
        "cred_email": "ada@example.org",
        "cred_token": "very-secret",
    }
    again = await person.send("/trackers/new", **typed)
    assert again.status_code == 422
    assert "project" in again.text
    assert 'value="lower case"' in again.text
    assert "very-secret" not in again.text
    broken = await person.send("/trackers/new", **{**typed, "set_extra_fields": "{"})
    assert broken.status_code == 422
    assert "must be JSON" in broken.text
    good = {**typed, "set_project": "APP", "set_extra_fields": '{"components": [{"name": "core"}]}'}
    assert (await person.send("/trackers/new", **good)).headers["location"] == "/trackers"
    async with database.transaction() as connection:
        row = await one(connection, "select settings, kinds from tracker")
    assert row["kinds"] == "bug,feature"
    settings = row["settings"]
    assert isinstance(settings, dict)
    assert settings["extra_fields"] == {"components": [{"name": "core"}]}
    assert "very-secret" not in (await person.get("/trackers")).text


async def test_a_key_of_several_lines_is_typed_into_the_form(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        await add_product(connection)
    assert '<textarea id="cred_private_key"' in (await person.get("/trackers/new?type=github")).text
    typed = {
        "type": "github",
        "product": "atlas",
        "name": "Code",
        "kinds": "bug",
        "set_repository": "acme/atlas",
        "cred_app_id": "4711",
    }
    broken = app_key().private.replace("RSA", "R5A")
    again = await person.send("/trackers/new", **typed, cred_private_key=broken)
    assert again.status_code == 422
    assert broken.splitlines()[1] not in again.text
    key = app_key().private.replace("\n", "\r\n")
    await person.send("/trackers/new", **typed, cred_private_key=key)
    async with database.transaction() as connection:
        secret = (await one(connection, "select credentials from tracker"))["credentials"]
    assert isinstance(secret, bytes)
    assert vault.decrypt_fields(secret)["private_key"] == app_key().private


async def test_a_tracker_is_changed_without_losing_its_credentials(
    client: httpx.AsyncClient, database: Database, vault: Vault
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        await add_product(connection)
    typed = {
        "type": "github",
        "product": "atlas",
        "name": "Code",
        "kinds": "bug",
        "set_repository": "acme/atlas",
    }
    await person.send("/trackers/new", **typed, cred_token="first-token")
    async with database.transaction() as connection:
        tracker = (await one(connection, "select id from tracker"))["id"]
    form = (await person.get(f"/trackers/{tracker}")).text
    assert 'value="acme/atlas"' in form
    assert "first-token" not in form

    async def stored() -> tuple[object, object, object]:
        async with database.transaction() as connection:
            row = await one(connection, "select settings, kinds, credentials from tracker")
        settings, secret = row["settings"], row["credentials"]
        assert isinstance(settings, dict)
        assert isinstance(secret, bytes)
        return settings["repository"], row["kinds"], vault.decrypt_fields(secret)["token"]

    wrong = await person.send(
        f"/trackers/{tracker}/settings", name="Code", kinds="bug", set_repository="no slash"
    )
    assert wrong.status_code == 422
    assert 'value="no slash"' in wrong.text
    await person.send(
        f"/trackers/{tracker}/settings",
        name="Code",
        kinds=["bug", "feature"],
        set_repository="acme/web",
    )
    assert await stored() == ("acme/web", "bug,feature", "first-token")
    await person.send(
        f"/trackers/{tracker}/settings",
        name="Code",
        kinds="bug",
        set_repository="acme/web",
        cred_token="second-token",
    )
    assert await stored() == ("acme/web", "bug", "second-token")
    await person.send(f"/trackers/{tracker}", enabled="off")
    assert "Switched off" in (await person.get("/trackers")).text


async def test_a_check_says_what_to_put_right(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        await add_product(connection)
    typed = {
        "type": "github",
        "product": "atlas",
        "name": "Code",
        "kinds": "bug",
        "set_repository": "acme/atlas",
    }
    await person.send(
        "/trackers/new", **typed, cred_token="a-token", set_base_url="http://127.0.0.1:9"
    )
    async with database.transaction() as connection:
        tracker = (await one(connection, "select id from tracker"))["id"]
    page = await person.send(f"/trackers/{tracker}/check")
    assert page.status_code == 200
    assert 'aria-label="What the check found"' in page.text
    assert "could not be reached" in page.text
    assert "a-token" not in page.text
    async with database.transaction() as connection:
        assert (await one(connection, "select checked_at is not null as checked from tracker"))[
            "checked"
        ]


async def test_a_blocked_ticket_says_why_and_can_be_tried_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        theme = await add_theme(connection, product, status="accepted")
        tracker = await add_tracker(connection, product)
        detail = "The field Component is required; name it in the tracker's settings."
        ticket = await add_ticket(
            connection, product, theme, tracker, state="blocked", reason="field_required"
        )
        await connection.execute("update ticket set detail = %s where id = %s", (detail, ticket))
    page = await person.get(f"/themes/{theme}")
    assert "The field Component is required" in page.text
    assert "field_required" in page.text
    assert (await person.send(f"/tickets/{ticket}/retry")).status_code == 303
    async with database.transaction() as connection:
        row = await one(
            connection, "select state, due_at is not null as due from ticket where id = %s", ticket
        )
    assert row == {"state": "pending", "due": True}
