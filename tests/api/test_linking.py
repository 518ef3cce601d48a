"""Which ticket stands for a theme, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.api.calling import V1, assert_problem, bearer
from tests.scenes.pushing import Bench, open_bench


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        bench = await open_bench(database, settings, vault, sandbox)
        for person in ("p1", "p2"):
            await bench.forum.say("export to pdf crashes", person)
        await bench.forum.work()
        yield bench


async def theme_of(bench: Bench) -> str:
    (row,) = await bench.forum.rows("select id from theme")
    return str(row["id"])


def opened_by_people(bench: Bench, title: str = "PDF export crashes") -> str:
    ticket = bench.sandbox.state.create("github", "acme/app", title=title, status="open")
    return ticket.key


async def test_the_api_links_lets_go_and_makes_anew(
    bench: Bench, client: httpx.AsyncClient, database: Database
) -> None:
    key = opened_by_people(bench)
    theme = await theme_of(bench)
    headers = await bearer(database)
    similar = await client.get(f"{V1}/themes/{theme}/similar-tickets", headers=headers)
    assert [(one["key"], one["theme_id"]) for one in similar.json()] == [(key, None)]
    body = {"ticket": "nonsense"}
    unnamed = await client.post(f"{V1}/themes/{theme}/ticket", headers=headers, json=body)
    assert_problem(unnamed, 422, "ticket_unnamed")
    body = {"ticket": "4711"}
    missing = await client.post(f"{V1}/themes/{theme}/ticket", headers=headers, json=body)
    assert_problem(missing, 409, "tracker_refused")
    linked = await client.post(f"{V1}/themes/{theme}/ticket", headers=headers, json={"ticket": key})
    assert linked.status_code == 200, linked.text
    ticket = linked.json()["ticket"]
    assert (ticket["state"], ticket["remote_key"]) == ("created", key)
    assert ticket["linked_at"]
    assert len(linked.json()["action_ids"]) == 2
    there = await client.post(f"{V1}/themes/{theme}/ticket", headers=headers, json={"ticket": key})
    assert_problem(there, 409, "ticket_there")
    address = f"{V1}/tickets/{ticket['id']}"
    assert_problem(await client.post(f"{address}/recreate", headers=headers), 409, "ticket_there")
    unlinked = await client.post(f"{address}/unlink", headers=headers)
    assert unlinked.json()["ticket"]["state"] == "unlinked"
    again = await client.post(f"{address}/unlink", headers=headers)
    assert_problem(again, 409, "no_ticket_there")
    other = opened_by_people(bench, "PDF")
    relinked = await client.post(f"{address}/relink", headers=headers, json={"ticket": other})
    assert relinked.json()["ticket"]["remote_key"] == other
    assert relinked.json()["ticket"]["former_key"] == key
    await client.post(f"{address}/unlink", headers=headers)
    await client.post(f"{V1}/themes/{theme}/reopen", headers=headers, json={})
    early = await client.post(f"{address}/recreate", headers=headers)
    assert_problem(early, 409, "theme_not_accepted")
    await client.post(f"{V1}/themes/{theme}/accept", headers=headers, json={})
    anew = await client.post(f"{address}/recreate", headers=headers)
    assert anew.json()["ticket"]["state"] == "pending"


async def test_what_stands_in_the_way_is_named(
    bench: Bench, client: httpx.AsyncClient, database: Database
) -> None:
    key = opened_by_people(bench)
    theme = await theme_of(bench)
    headers = await bearer(database)
    body = {"ticket": key}
    linked = await client.post(f"{V1}/themes/{theme}/ticket", headers=headers, json=body)
    ticket = linked.json()["ticket"]["id"]
    address = f"{V1}/tickets/{ticket}"
    await bench.forum.say("login crashes on startup", "p9")
    await bench.forum.work()
    (other,) = await bench.forum.rows("select id from theme where id <> %s", theme)
    taken = await client.post(f"{V1}/themes/{other['id']}/ticket", headers=headers, json=body)
    assert_problem(taken, 409, "ticket_of_another_theme")
    await bench.forum.rows(
        "update ticket set state = 'creating', create_unconfirmed_at = now() returning id"
    )
    doubtful = await client.post(f"{address}/unlink", headers=headers)
    assert_problem(doubtful, 409, "ticket_in_doubt")
    await bench.forum.rows(
        "update ticket set state = 'created', create_unconfirmed_at = null, superseded_at = now()"
        " returning id"
    )
    superseded = await client.post(f"{address}/unlink", headers=headers)
    assert_problem(superseded, 409, "ticket_superseded")
