"""What the pages and the API say about a ticket after it was created."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.following import Followed, open_followed
from tests.web.webbing import sign_in


@pytest.fixture
async def shipped(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Followed]:
    with SandboxServer() as sandbox:
        followed = await open_followed(database, settings, vault, sandbox)
        followed.act("close")
        await followed.hear()
        await followed.follow()
        yield followed


async def test_a_shipped_theme_says_so_and_can_be_told(
    shipped: Followed, client: httpx.AsyncClient, database: Database
) -> None:
    (theme,) = await shipped.bench.forum.rows("select id from theme")
    person = await sign_in(client, database)
    page = (await person.get(f"/themes/{theme['id']}")).text
    assert ">Shipped</span>" in page
    assert "by <bdi>a-person</bdi>, told by the tracker" in page
    assert "saw the ticket change #1: Open → Shipped (<bdi>closed (completed)</bdi>)" in page
    assert "1 shipped, people not told yet" in (await person.get("/")).text
    assert "https://forum.example/" in (await person.get("/shipped")).text
    listed = (await person.get("/triage?status=accepted&ticket=done")).text
    assert "No theme fits" not in listed
    none = (await person.get("/triage?status=accepted&ticket=declined")).text
    assert "No theme fits" in none
    assert (await person.send(f"/themes/{theme['id']}/told")).status_code == 303
    assert "Nobody waits for news" in (await person.get("/shipped")).text


async def test_a_ticket_says_its_status_once(
    client: httpx.AsyncClient, database: Database, settings: Settings, vault: Vault
) -> None:
    with SandboxServer() as sandbox:
        followed = await open_followed(database, settings, vault, sandbox)
        (theme,) = await followed.bench.forum.rows("select id from theme")
        person = await sign_in(client, database)
        page = (await person.get(f"/themes/{theme['id']}")).text
        assert ">Open</span>" in page
        assert "<bdi>open</bdi>" not in page
        followed.act("close")
        await followed.hear()
        await followed.follow()
        closed = (await person.get(f"/themes/{theme['id']}")).text
        assert "<bdi>closed (completed)</bdi>" in closed
        assert "Shipped: <time" in closed


async def test_a_trackers_page_shows_the_webhook_and_takes_meanings(
    shipped: Followed, client: httpx.AsyncClient, database: Database
) -> None:
    tracker = shipped.bench.tracker_id
    person = await sign_in(client, database)
    page = (await person.get(f"/trackers/{tracker}")).text
    assert f"/hooks/trackers/{tracker}" in page
    assert shipped.hook.secret in page
    assert "Last heard" in page
    hostile = '"><script>alert(1)</script>'
    await person.send(
        f"/trackers/{tracker}/statuses",
        status=["In Review", hostile, ""],
        means=["in_progress", "ignore", "done"],
        recurrence="comment",
    )
    (row,) = await shipped.bench.forum.rows("select status_map, recurrence from tracker")
    assert row["status_map"] == {"in review": "in_progress", hostile: "ignore"}
    assert row["recurrence"] == "comment"
    assert "<script>alert" not in (await person.get(f"/trackers/{tracker}")).text
    await person.send(f"/trackers/{tracker}/webhook/secret")
    fresh = (await person.get(f"/trackers/{tracker}")).text
    assert shipped.hook.secret not in fresh
    shipped.act("reopen")
    assert (await shipped.post(shipped.told.pop())).status_code == 202, "the old one still counts"


async def test_the_api_tells_the_same(
    shipped: Followed, client: httpx.AsyncClient, database: Database
) -> None:
    headers = await bearer(database)
    tracker = f"{V1}/trackers/{shipped.bench.tracker_id}"
    hook = (await client.get(f"{tracker}/webhook", headers=headers)).json()
    assert hook["secret"] == shipped.hook.secret
    assert hook["heard_at"] is not None
    (theme,) = (await client.get(f"{V1}/shipped", headers=headers)).json()["items"]
    assert (theme["people"], theme["ticket_key"]) == (2, "1")
    assert theme["threads"][0]["permalink"].startswith("https://forum.example/")
    answer = await client.get(f"{V1}/tickets?status=done", headers=headers)
    (ticket,) = answer.json()["items"]
    assert (ticket["status"], ticket["status_by"]) == ("done", "a-person")
    changed = await client.patch(
        tracker, headers=headers, json={"status_map": {"Closed": "declined"}}
    )
    assert changed.json()["status_map"] == {"closed": "declined"}
    wrong = await client.patch(tracker, headers=headers, json={"status_map": {"Closed": "lost"}})
    assert_problem(wrong, 422, "invalid_value")
    checked = await client.post(f"{tracker}/tickets/check", headers=headers)
    assert (checked.status_code, checked.json()) == (202, {"tickets": 1})
    told = f"{V1}/themes/{theme['theme_id']}/told"
    assert (await client.post(told, headers=headers)).status_code == 200
    assert_problem(await client.post(told, headers=headers), 409, "nothing_to_tell")
