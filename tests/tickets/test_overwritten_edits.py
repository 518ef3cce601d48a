"""An edit that a push overwrote comes back, is told on the theme's page, and is found also by the
worker that follows one which died."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import SandboxState
from tests.scenes.pushing import Bench, open_bench

SENTENCE = "Fixed in the next release, says Kim."


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


class Kim(deque[dict[str, Any]]):
    """Writes into the first ticket right before a write of ours arrives, once."""

    def __init__(self, state: SandboxState) -> None:
        super().__init__(maxlen=1000)
        self.state, self.wrote = state, False

    def append(self, request: dict[str, Any], /) -> None:
        super().append(request)
        if request["method"] == "PATCH" and not self.wrote:
            self.wrote = True
            ticket = self.state.saved.tickets[0]
            self.state.edit(ticket, "body", f"{SENTENCE}\n\n{ticket.body}")


async def grown(bench: Bench) -> uuid.UUID:
    """A theme whose ticket is due for an update, while Kim is at it."""
    theme = await bench.theme()
    await bench.run()
    await bench.forum.say("export to pdf crashes", "newcomer")
    await bench.forum.work()
    bench.sandbox.state.requests = Kim(bench.sandbox.state)
    return theme


async def told(bench: Bench, theme: uuid.UUID) -> list[str]:
    rows = await bench.forum.rows(
        "select detail ->> 'sentence' as sentence from activity"
        " where theme_id = %s and verb = 'ticket_edit_restored'",
        theme,
    )
    return [row["sentence"] for row in rows]


async def test_it_comes_back_and_is_told(bench: Bench) -> None:
    theme = await grown(bench)
    await bench.run()
    body = bench.tickets[0].body
    assert body.startswith(SENTENCE)
    assert "3 people" in body
    (sentence,) = await told(bench, theme)
    assert sentence.startswith("What a-person wrote into the ticket")
    assert (await bench.ticket())["writing"] == ""
    assert await bench.push() == 0


async def test_it_is_found_by_the_run_after_one_that_did_not_get_to_look(bench: Bench) -> None:
    theme = await grown(bench)
    bench.fail(mode="lost_response", path="/graphql")
    await bench.run()
    assert SENTENCE not in bench.tickets[0].body
    assert (await bench.ticket())["writing"] != "", "what the write began from is kept"
    await bench.push()
    assert bench.tickets[0].body.startswith(SENTENCE)
    assert len(await told(bench, theme)) == 1
    assert (await bench.ticket())["writing"] == ""


async def test_it_is_told_once_although_the_write_that_gives_it_back_is_lost(bench: Bench) -> None:
    theme = await grown(bench)
    bench.fail(mode="lost_response", path="/graphql")
    await bench.run()
    bench.fail(mode="status", status=502, method="PATCH", path="*/issues/1")
    await bench.push()
    assert SENTENCE not in bench.tickets[0].body
    await bench.push()
    assert bench.tickets[0].body.startswith(SENTENCE)
    assert len(await told(bench, theme)) == 1
