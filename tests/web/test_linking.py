"""The pages and the API on which people say which ticket stands for a theme."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.pushing import Bench, open_bench
from tests.web.webbing import sign_in


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


async def test_a_theme_that_waits_says_which_ticket_looks_like_it(
    bench: Bench, client: httpx.AsyncClient, database: Database
) -> None:
    key = opened_by_people(bench)
    theme = await theme_of(bench)
    person = await sign_in(client, database)
    page = (await person.get(f"/themes/{theme}")).text
    assert f'hx-get="/themes/{theme}/lookalikes"' in page
    part = (await person.get(f"/themes/{theme}/lookalikes")).text
    assert "This looks like" in part
    assert "<html" not in part
    answer = await person.send(f"/themes/{theme}/ticket", ticket=key)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/themes/{theme}")
    await bench.push()
    page = (await person.get(f"/themes/{theme}")).text
    assert "we write one comment there" in page
    assert "linked the ticket" in page
    assert "hx-get" not in page.partition("<main")[2]


async def test_what_is_no_ticket_is_said_on_the_page_where_it_was_entered(
    bench: Bench, client: httpx.AsyncClient, database: Database
) -> None:
    theme = await theme_of(bench)
    person = await sign_in(client, database)
    answer = await person.send(f"/themes/{theme}/ticket", ticket="the one about pdf")
    assert answer.headers["location"] == f"/themes/{theme}/ticket"
    page = (await person.get(f"/themes/{theme}/ticket")).text
    assert "This names no ticket of this tracker" in page
    assert "No ticket of your trackers has a title like" in page


async def test_a_ticket_is_let_go_of_replaced_and_made_anew_by_buttons(
    bench: Bench, client: httpx.AsyncClient, database: Database
) -> None:
    theme = await theme_of(bench)
    person = await sign_in(client, database)
    await person.send(f"/themes/{theme}/ticket", ticket=opened_by_people(bench))
    (ticket,) = await bench.forum.rows("select id from ticket")
    await person.send(f"/tickets/{ticket['id']}/unlink")
    page = (await person.get(f"/themes/{theme}")).text
    assert ">Unlinked</span>" in page
    assert "Make a new one" in page
    other = opened_by_people(bench, "Exporting PDF files crashes")
    page = (await person.get(f"/themes/{theme}/ticket?replaced={ticket['id']}")).text
    assert "Link another ticket" in page
    await person.send(f"/themes/{theme}/ticket", ticket=other, replaced=ticket["id"])
    row = await bench.ticket()
    assert (row["state"], row["remote_key"]) == ("created", other)
    refused = await person.send(f"/tickets/{ticket['id']}/recreate")
    assert refused.status_code == 303
    assert (await bench.ticket())["remote_key"] == other
    await person.send(f"/tickets/{ticket['id']}/unlink")
    await person.send(f"/tickets/{ticket['id']}/recreate")
    await bench.push()
    assert (await bench.ticket())["remote_key"] == "3"


async def test_the_menu_leads_to_what_was_shipped_and_to_answers(
    client: httpx.AsyncClient, database: Database
) -> None:
    person = await sign_in(client, database)
    page = (await person.get("/replies")).text
    assert 'href="/shipped"' in page
    assert 'href="/replies" aria-current="page"' in page
