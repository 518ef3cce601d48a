"""A repository or project that was renamed is known by its new name afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.pushing import Bench, open_bench


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
