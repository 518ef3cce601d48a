"""Tickets let go of the words that were taken back, and say when nobody is left."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from app.themes.taking_back import TAKEN_BACK_TITLE
from integrations.sandbox.server import SandboxServer
from tests.scenes.pushing import Bench, open_bench


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def delete(bench: Bench, author: str) -> None:
    (row,) = await bench.forum.rows(
        "select c.external_id from comment c join author a on a.id = c.author_id"
        " where a.external_id = %s",
        author,
    )
    data = {"id": row["external_id"], "deleted_at": "2026-11-28T00:00:00Z"}
    await bench.forum.deliver({"type": "comment.deleted", "data": data})
    await bench.forum.work()


async def test_the_ticket_of_an_emptied_theme_says_that_nobody_is_left(bench: Bench) -> None:
    await bench.theme("export to pdf crashes for Zebulon", people=1)
    await bench.run()
    assert "Zebulon" in bench.tickets[0].title
    await delete(bench, "p0")
    assert await bench.run() == 1, "it is due at once"
    (ticket,) = bench.tickets
    assert ticket.title == TAKEN_BACK_TITLE
    assert "Zebulon" not in ticket.body
    assert "**Nobody** stands behind this any more" in ticket.body
    assert "0 people" not in ticket.body
    assert "2026" not in ticket.body
    assert await bench.push() == 0


async def test_the_ticket_is_named_anew_from_what_is_left(bench: Bench) -> None:
    await bench.theme("export to pdf crashes for Zebulon", people=1)
    await bench.run()
    await bench.forum.say("export to pdf crashes there", "bob")
    await bench.forum.work()
    await delete(bench, "p0")
    await bench.push()
    (ticket,) = bench.tickets
    assert ticket.title == "Export to pdf crashes there"
    assert "1 person" in ticket.body
    assert "Zebulon" not in ticket.body


async def test_a_title_that_people_gave_the_ticket_stays(bench: Bench) -> None:
    await bench.theme("export to pdf crashes for Zebulon", people=1)
    await bench.run()
    bench.tickets[0].title = "PDF export, planned for May"
    await delete(bench, "p0")
    await bench.push()
    assert bench.tickets[0].title == "PDF export, planned for May"


async def test_a_title_stays_where_nothing_was_taken_back(bench: Bench) -> None:
    await bench.theme("export to pdf crashes for Zebulon", people=1)
    await bench.run()
    await bench.forum.say("export to pdf crashes there", "bob")
    await bench.forum.work()
    await bench.push()
    assert "Zebulon" in bench.tickets[0].title
