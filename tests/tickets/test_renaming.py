"""A repository or project that was renamed is known by its new name afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Draft, TicketRef
from tests.scenes.pushing import Bench, Between, open_bench


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def stored_name(bench: Bench) -> Any:
    (row,) = await bench.forum.rows("select settings ->> 'repository' as name from tracker")
    return row["name"]


def rename(bench: Bench, to: str) -> None:
    bench.fail(mode="renamed", path="/repos/acme/app*", to=to, count=None)
    for ticket in bench.tickets:
        ticket.container = to


async def test_the_new_name_is_stored_and_links_follow(bench: Bench) -> None:
    await bench.theme("export to pdf crashes")
    await bench.run()
    assert "/acme/app/" in (await bench.ticket())["url"]
    rename(bench, "acme/handbook")
    await bench.theme("the clock crashes after new year")
    await bench.run()
    assert await stored_name(bench) == "acme/handbook"
    urls = [row["url"] for row in await bench.forum.rows("select url from ticket")]
    assert len(urls) == 2
    assert all("/acme/handbook/" in url for url in urls)
    bench.sandbox.state.requests.clear()
    await bench.forum.say("export to pdf crashes", "somebody-else")
    await bench.forum.work()
    await bench.push()
    called = {request["path"] for request in bench.sandbox.state.requests}
    assert called
    assert not any(path.startswith("/repos/acme/app") for path in called)


async def test_a_place_that_does_not_answer_to_the_new_name_stays(bench: Bench) -> None:
    rename(bench, "acme/handbook")
    await bench.theme("export to pdf crashes")
    bench.fail(mode="status", status=404, path="/repos/acme/handbook", count=None)
    await bench.run()
    assert await stored_name(bench) == "acme/app"
    assert len(bench.tickets) == 1


async def test_nothing_is_asked_where_nothing_was_redirected(bench: Bench) -> None:
    await bench.theme("export to pdf crashes")
    await bench.run()
    assert "/repos/acme/app" not in {r["path"] for r in bench.sandbox.state.requests}
    assert await stored_name(bench) == "acme/app"


@pytest.fixture
async def board(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, "jira")


async def stored_key(board: Bench) -> Any:
    (row,) = await board.forum.rows("select settings ->> 'project' as key from tracker")
    return row["key"]


def change_key(board: Bench, **former_keys: str) -> None:
    state = board.sandbox.state
    state.configure(state.settings.model_copy(update={"former_keys": former_keys}))


async def test_a_project_gets_its_new_key_with_the_first_new_ticket(board: Bench) -> None:
    await board.theme("export to pdf crashes")
    await board.run()
    change_key(board, APP="TIDE")
    await board.forum.say("export to pdf crashes", "somebody-else")
    await board.forum.work()
    await board.push()
    assert await stored_key(board) == "APP", "a ticket that was there may have been moved by itself"
    assert (await board.ticket())["remote_key"] == "TIDE-1"
    assert (await board.ticket())["url"].endswith("/browse/TIDE-1")
    await board.theme("the clock crashes after new year")
    await board.run()
    assert await stored_key(board) == "TIDE"
    await board.theme("printer dialog shows an error")
    await board.run()
    assert [ticket.key for ticket in board.tickets] == ["TIDE-1", "TIDE-2", "TIDE-3"]


async def test_a_ticket_whose_answer_was_lost_while_the_key_changed_is_found(board: Bench) -> None:
    await board.theme("export to pdf crashes")
    board.fail(method="POST", path="*/issue", mode="lost_response")
    await board.run()
    change_key(board, APP="TIDE")
    await board.push()
    ticket = await board.ticket()
    assert (ticket["state"], ticket["remote_key"]) == ("created", "TIDE-1")
    assert len(board.tickets) == 1


async def test_a_key_that_somebody_corrected_meanwhile_stands(board: Bench) -> None:
    change_key(board, APP="TIDE")
    correction = 'update tracker set settings = settings || \'{"project": "OTHER"}\' returning id'

    class Corrected(Between):
        async def create(self, draft: Draft) -> TicketRef:
            await board.forum.rows(correction)
            return await super().create(draft)

    await board.theme("export to pdf crashes")
    await board.run(wrap=Corrected)
    assert len(board.tickets) == 1
    assert await stored_key(board) == "OTHER"
