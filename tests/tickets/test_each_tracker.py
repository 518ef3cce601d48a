"""The ledger's way of a ticket through trackers whose ways differ: made once, followed by webhook
and by comparing, commented on, and marked as a duplicate when themes are merged."""

from __future__ import annotations

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.following import open_followed


@pytest.mark.parametrize("kind", ["gitea", "gitlab", "linear"])
async def test_a_ticket_goes_all_the_way(
    database: Database, settings: Settings, vault: Vault, kind: str
) -> None:
    with SandboxServer() as sandbox:
        followed = await open_followed(database, settings, vault, sandbox, kind)
        bench = followed.bench
        ticket = await bench.ticket()
        assert (ticket["state"], ticket["status"], len(bench.tickets)) == ("created", "open", 1)

        followed.act("close")
        await followed.hear()
        await followed.follow()
        assert await followed.status() == ("done", "a-person", "webhook")
        followed.act("reopen")
        followed.told.clear()
        await followed.compare()
        assert (await followed.status())[0] == "open"
        assert (await followed.status())[2] == "comparison"

        await followed.people_say("export to pdf crashes on my phone too", "new1", "new2")
        await bench.push()
        text = f"{bench.tickets[0].body} {[one.body for one in bench.tickets[0].comments]}"
        assert "4 people" in text
