"""What a tracker refuses is said in a sentence, and waits for whoever can change it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.setup.trackers import update_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.retrying import retry_ticket
from integrations.sandbox.server import SandboxServer
from tests.scenes.pushing import Bench, open_bench


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


@pytest.mark.parametrize(
    ("status", "reason"), [(401, "unauthorized"), (403, "forbidden"), (404, "not_found")]
)
async def test_what_is_wrong_with_the_tracker_is_said_and_everything_waits(
    bench: Bench, status: int, reason: str
) -> None:
    await bench.theme()
    bench.fail(mode="status", status=status, count=None)
    await bench.run()
    (tracker,) = await bench.forum.rows("select *, paused_until > now() as paused from tracker")
    row = await bench.ticket()
    assert (tracker["reason"], row["reason"], tracker["paused"]) == (reason, reason, True)
    assert row["detail"].endswith(".")
    assert "a-secret-token" not in row["detail"] + tracker["detail"]
    assert row["state"] == "pending"
    assert row["due_at"] is not None
    assert bench.tickets == []
    bench.recover()
    async with bench.forum.database.transaction() as connection:
        await update_tracker(connection, bench.vault, bench.tracker_id, enabled=True)
    await bench.push()
    (tracker,) = await bench.forum.rows("select reason, detail from tracker")
    assert tracker == {"reason": "", "detail": ""}
    assert len(bench.tickets) == 1


async def test_a_required_field_blocks_one_ticket_until_somebody_retries(bench: Bench) -> None:
    first = await bench.theme()
    bench.fail(mode="status", method="POST", status=422, message="team is required")
    await bench.run()
    row = await bench.ticket()
    assert (row["state"], row["reason"], row["due_at"]) == ("blocked", "invalid_fields", None)
    assert "team" in row["detail"]
    await bench.theme("login with google is broken")
    await bench.run()
    assert len(bench.tickets) == 1  # the others go on
    await retry_ticket(bench.forum.database, row["id"])
    await bench.run()
    assert len(bench.tickets) == 2
    assert first in [
        r["theme_id"]
        for r in await bench.forum.rows("select theme_id from ticket where state = 'created'")
    ]


async def test_a_ticket_deleted_in_the_tracker_is_marked_and_made_anew_only_when_asked(
    bench: Bench,
) -> None:
    await bench.theme()
    await bench.run()
    bench.tickets[0].deleted = True
    await bench.forum.say("export to pdf crashes", "newcomer")
    await bench.forum.work()
    await bench.run()
    row = await bench.ticket()
    assert (row["state"], row["reason"], row["due_at"]) == ("gone", "ticket_gone", None)
    await bench.push()
    assert [ticket for ticket in bench.tickets if not ticket.deleted] == []
    await retry_ticket(bench.forum.database, row["id"])  # somebody wants it back
    await bench.run()
    assert len([ticket for ticket in bench.tickets if not ticket.deleted]) == 1
