"""What people decide about a theme after its acceptance reaches its ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.setup.products import update_product
from app.storage.db import Database
from app.storage.vault import Vault
from app.triage import decisions, regroup
from app.triage.undo import undo
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import ME
from tests.scenes.pushing import Bench, open_bench


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def test_undo_before_the_push_makes_no_ticket(bench: Bench) -> None:
    await bench.theme()
    (line,) = await bench.forum.rows("select id from activity where verb = 'accepted'")
    async with bench.forum.database.transaction() as connection:
        await undo(connection, line["id"], actor=ME)
    await bench.push()
    assert bench.tickets == []
    assert (await bench.ticket())["state"] == "cancelled"


async def test_a_product_on_hold_pushes_when_it_is_let_go(bench: Bench) -> None:
    async with bench.forum.database.transaction() as connection:
        await update_product(connection, bench.forum.product_id, policy="hold")
    await bench.theme()
    await bench.run()
    assert bench.tickets == []
    async with bench.forum.database.transaction() as connection:
        await update_product(connection, bench.forum.product_id, policy="review")
    await bench.run()
    assert len(bench.tickets) == 1


async def test_a_merged_themes_ticket_follows_and_comes_back(bench: Bench) -> None:
    loser = await bench.theme("login with google is broken")
    await bench.run()
    winner = await bench.theme("export to pdf crashes")
    async with bench.forum.database.transaction() as connection:
        await decisions.reopen(connection, winner, actor=ME)
        done = await regroup.merge(connection, winner, [loser], actor=ME)
    await bench.push()
    created = await bench.forum.rows("select theme_id from ticket where state = 'created'")
    assert [row["theme_id"] for row in created] == [winner]
    assert "4 comments" in bench.tickets[0].body
    async with bench.forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    created = await bench.forum.rows("select theme_id from ticket where state = 'created'")
    assert [row["theme_id"] for row in created] == [loser]
