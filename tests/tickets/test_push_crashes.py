"""A worker that dies between the ledger and the tracker makes nothing twice and forgets nothing.

``Died`` stands for the end of the process: nothing in the push handles it, and nothing is written
down after it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.setup.opened_tracker import open_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.due import next_due_ticket
from app.tickets.ledger import cancel_tickets
from app.tickets.push import push_ticket
from app.tickets.steps import PushRun, Step, database_clock
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Attempt, Draft, TicketRef
from integrations.tracker_writes import NO_JOURNAL, WriteJournal
from tests.scenes.pushing import Bench, Between, open_bench


class Died(BaseException):
    """The process ended here."""


class DiesBeforeCreate(Between):
    async def create(self, draft: Draft) -> TicketRef:
        raise Died


class DiesAfterCreate(Between):
    async def create(self, draft: Draft) -> TicketRef:
        await super().create(draft)
        raise Died


class DiesAfterFind(Between):
    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        await super().find(marker, attempt)
        raise Died


class DiesAfterUpdate(Between):
    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        await super().update(ref, draft, journal)
        raise Died


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


def in_an_hour() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


async def test_death_between_the_ledger_row_and_the_call(bench: Bench) -> None:
    await bench.theme()
    with pytest.raises(Died):
        await bench.run(wrap=DiesBeforeCreate)
    row = await bench.ticket()
    assert row["state"] == "creating"
    assert row["called_at"] is not None
    assert bench.tickets == []

    assert await bench.run(settle=5.0) == 0, "the call may not be over yet"
    row = await bench.ticket()
    assert row["state"] == "creating"
    assert bench.tickets == []

    await bench.run(settle=5.0, clock=in_an_hour)
    row = await bench.ticket()
    assert (row["state"], row["remote_key"]) == ("created", bench.tickets[0].key)
    assert len(bench.tickets) == 1


@pytest.mark.parametrize("dies_again", [False, True])
async def test_death_between_the_create_and_its_record(bench: Bench, dies_again: bool) -> None:
    await bench.theme()
    with pytest.raises(Died):
        await bench.run(wrap=DiesAfterCreate)
    row = await bench.ticket()
    assert (row["state"], row["remote_key"], len(bench.tickets)) == ("creating", "", 1)
    if dies_again:
        with pytest.raises(Died):
            await bench.run(wrap=DiesAfterFind)
        assert (await bench.ticket())["state"] == "creating"

    await bench.run(wrap=DiesBeforeCreate)  # the marker is found, so nothing is created
    row = await bench.ticket()
    assert (row["state"], row["remote_key"]) == ("created", bench.tickets[0].key)
    assert (row["due_at"], len(bench.tickets)) == (None, 1)


async def test_death_between_a_refresh_and_its_record(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    recorded = (await bench.ticket())["content_hash"]
    bench.tickets[0].body = "Seen by Kim.\n\n" + bench.tickets[0].body
    await bench.forum.say("export to pdf crashes", "newcomer")
    await bench.forum.work()
    with pytest.raises(Died):
        await bench.run(wrap=DiesAfterUpdate)
    row = await bench.ticket()
    assert row["content_hash"] == recorded
    assert row["due_at"] is not None
    assert "3 people" in bench.tickets[0].body

    assert await bench.run() == 1, "it is sent once more, and says the same"
    (ticket,) = bench.tickets
    row = await bench.ticket()
    assert row["content_hash"] != recorded
    assert row["due_at"] is None
    assert ticket.body.startswith("Seen by Kim.")
    assert ticket.body.count("3 people") == 1


async def test_a_ticket_that_is_cancelled_after_it_was_read_is_not_created(bench: Bench) -> None:
    theme_id = await bench.theme()
    database = bench.forum.database
    async with database.transaction() as connection:
        ticket = await next_due_ticket(connection, bench.tracker_id, None)
        opened = await open_tracker(
            connection, bench.vault, bench.tracker_id, network=Network(allow_private=True)
        )
        await cancel_tickets(connection, theme_id)
    assert ticket is not None
    assert opened is not None
    run = PushRun(database, opened, "http://relay.test", (0.0,), database_clock, random.Random(1))
    assert await push_ticket(run, ticket) is Step.uncalled
    await opened.tracker.close()
    assert bench.tickets == []
    assert (await bench.ticket())["state"] == "cancelled"
