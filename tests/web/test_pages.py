"""Pages over a real database: filters, decisions, forms made from settings, and files that browsers
may keep."""

from __future__ import annotations

import re

import httpx

from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.reading import (
    add_author,
    add_comment,
    add_delivery,
    add_product,
    add_source,
    add_theme,
    add_ticket,
    add_tracker,
    one,
)
from tests.web.webbing import sign_in

ODD = ["%00", "%ff%fe", "'%22--", "a" * 200, "%F0%9F%99%82", "!%26|()%3A*", "%5C"]


async def test_empty_pages_say_what_comes_next(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    said = {
        "/": "Nobody has been heard yet",
        "/triage": "Nothing waits",
        "/comments": "Nobody has said anything yet",
        "/sources": "No source is connected",
        "/sources/new": "First name your product",
        "/trackers": "No tracker is connected",
        "/settings": "Name your product",
        "/triage?q=x": "Nothing matches",
    }
    for address, words in said.items():
        page = await person.get(address)
        assert page.status_code == 200, address
        assert words in page.text, address


async def test_odd_addresses_never_break_a_page(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        theme = await add_theme(connection, product)
    for odd in ODD:
        for address in (
            f"/triage?q={odd}&kind={odd}&platform={odd}&status={odd}&sort={odd}&open={odd}",
            f"/comments?q={odd}&kind={odd}&platform={odd}&source={odd}&sort={odd}",
            f"/sources/{source}?stage={odd}&reason={odd}",
            f"/trackers?state={odd}&tracker={odd}",
            f"/themes/{theme}/merge?q={odd}",
        ):
            assert (await person.get(address)).status_code == 200, address
        assert (await person.get(f"/triage?cursor={odd}")).status_code == 422
        assert (await person.get(f"/?product={odd}")).status_code == 404


async def test_every_refusal_comes_back_to_the_page(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        theme = await add_theme(connection, await add_product(connection))
    refused = {
        f"/themes/{theme}/ignore": {"reason": "  "},
        f"/themes/{theme}/kind": {"kind": "nonsense"},
        f"/themes/{theme}/title": {"title": "\0"},
        f"/themes/{theme}/reopen": {},
        f"/themes/{theme}/split": {"comment": "x"},
        f"/themes/{theme}/accept": {"version": "7"},
        "/triage/bulk": {"decision": "accept"},
        "/undo": {"activity": "x"},
        "/settings/products": {"name": ""},
        "/settings/members": {"email": "nobody", "password": "a long password"},
    }
    for address, fields in refused.items():
        answer = await person.send(address, **fields)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/triage"), address
        shown = await person.get("/triage")
        assert 'role="alert"' in shown.text, address
        assert 'role="alert"' not in (await person.get("/triage")).text, "a message is shown once"
    missing = await person.send("/undo", activity="99999999999")
    assert missing.status_code == 404


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


async def test_quotes_are_marked_and_escaped(client: httpx.AsyncClient, database: Database) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product, name="<i>Forum</i>")
        theme = await add_theme(connection, product, title="</title><script>alert(1)</script>")
        author = await add_author(connection, product, '"><img src=x>', staff=True)
        links = (
            "https://forum.example.org/t/1",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "",
        )
        for link in links:
            await add_comment(
                connection,
                product,
                source,
                "<b>bold</b> & more",
                theme_id=theme,
                author_id=author,
                permalink=link,
            )
        await connection.execute("update comment set deleted_at = now() where permalink = ''")
    page = (await person.get(f"/themes/{theme}")).text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "<b>bold" not in page
    assert "<i>Forum" not in page
    assert re.findall(r'class="permalink" href="([^"]*)"', page) == [
        "https://forum.example.org/t/1"
    ]
    assert "Deleted by its author" in page
    assert ">Staff<" in page


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


async def test_what_is_shown_once_can_be_reloaded(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    async with database.transaction() as connection:
        product = await add_product(connection)
        source = await add_source(connection, product)
        tracker = await add_tracker(connection, product)
    shown_once = {
        f"/sources/{source}/secret": f"/sources/{source}",
        f"/trackers/{tracker}/check": "/trackers",
        f"/trackers/{tracker}/settings": f"/trackers/{tracker}",
        "/settings/tokens": "/settings",
    }
    for address, page in shown_once.items():
        assert (await person.get(address)).headers["location"] == page
        assert (await person.get(page)).status_code == 200
    assert (await person.get("/sources/new?platform=nothing")).headers["location"] == "/sources/new"


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


async def test_files_are_kept_by_their_content(client: httpx.AsyncClient) -> None:
    page = (await client.get("/login")).text
    found = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
    assert len(found) == 4
    for address in found:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    plain = await client.get("/static/app.css")
    assert plain.headers["cache-control"] == "no-cache"
    for wrong in (
        "/static/app.0123456789ab.css",
        "/static/../router.py",
        "/static/%2e%2e/router.py",
    ):
        assert (await client.get(wrong)).status_code == 404
