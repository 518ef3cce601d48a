"""Themes become tickets: created once whatever fails, and kept current."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.ledger import PUSH_TASK
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Draft, TicketRef
from integrations.tracker_writes import NO_JOURNAL, WriteJournal
from tests.scenes.pushing import Bench, Between, open_bench


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def test_an_accepted_theme_becomes_one_ticket_with_links_back(bench: Bench) -> None:
    theme_id = await bench.theme()
    assert await bench.run() == 1
    (ticket,) = bench.tickets
    row = await bench.ticket()
    assert (row["state"], row["remote_key"], row["due_at"]) == ("created", ticket.key, None)
    assert "pdf" in ticket.title
    assert f"http://relay.test/themes/{theme_id}" in ticket.body
    assert "https://forum.example/t1/1" in ticket.body
    assert "2 people" in ticket.body
    assert {"kind:bug", "product:tide"} <= set(ticket.labels)
    assert await bench.push() == 0
    assert len(bench.tickets) == 1


async def test_the_decision_wakes_a_push_and_the_sweep_finds_what_a_wake_up_missed(
    bench: Bench,
) -> None:
    from app.jobs.engine import sweep_once

    await bench.theme()
    jobs = (
        "select args from procrastinate.procrastinate_jobs where task_name = %s and status = 'todo'"
    )
    assert await bench.forum.rows(jobs, PUSH_TASK) == [
        {"args": {"tracker_id": str(bench.tracker_id)}}
    ]
    async with bench.forum.database.transaction() as connection:
        await connection.execute("delete from procrastinate.procrastinate_jobs")
    await sweep_once(bench.forum.database, bench.follow())
    await sweep_once(bench.forum.database, bench.follow())
    assert len(await bench.forum.rows(jobs, PUSH_TASK)) == 1
    await bench.run()
    assert len(await bench.forum.rows(jobs, PUSH_TASK)) == 1  # nothing is due, so no new job


async def test_later_comments_refresh_the_same_ticket_and_leave_peoples_words(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    (ticket,) = bench.tickets
    ticket.body = "Seen by Kim, fix planned.\n\n" + ticket.body
    await bench.forum.say("export to pdf crashes", "newcomer")
    await bench.forum.work()
    assert await bench.run() == 1
    (ticket,) = bench.tickets
    assert ticket.body.startswith("Seen by Kim, fix planned.")
    assert "3 people" in ticket.body
    assert "2 people" not in ticket.body


@pytest.mark.parametrize("mode", ["timeout_after_work", "lost_response"])
async def test_a_create_whose_answer_was_lost_is_found_again(bench: Bench, mode: str) -> None:
    await bench.theme()
    bench.fail(mode=mode, method="POST", path="*/issues", seconds=0.2)
    await bench.run()
    row = await bench.ticket()
    assert row["state"] == "creating"
    assert row["reason"] in ("connection_lost", "tracker_timeout")
    assert len(bench.tickets) == 1
    await bench.push()
    row = await bench.ticket()
    assert (row["state"], row["reason"], len(bench.tickets)) == ("created", "", 1)
    await bench.push()
    assert len(bench.tickets) == 1
    assert (await bench.ticket())["content_hash"]


async def test_a_create_that_failed_before_any_work_is_made_once(bench: Bench) -> None:
    await bench.theme()
    bench.fail(mode="status", method="POST", path="*/issues", status=500)
    await bench.run()
    assert (await bench.ticket())["state"] == "creating"
    assert bench.tickets == []
    await bench.push()  # the look-up finds nothing, and the create is repeated
    await bench.push()
    assert (await bench.ticket())["state"] == "created"
    assert len(bench.tickets) == 1


async def test_a_worker_killed_during_the_call_leads_to_a_look_up_first(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    async with (
        bench.forum.database.transaction() as connection
    ):  # as if the answer had never been written down
        await connection.execute(
            "update ticket set state = 'creating', called_at = now(), due_at = now(), remote_id = "
            "'', remote_key = ''"
        )
    await bench.run(settle=5.0)
    row = await bench.ticket()
    assert row["state"] == "creating"
    assert row["due_at"] is not None
    await bench.push()
    assert (await bench.ticket())["remote_key"] == bench.tickets[0].key
    assert len(bench.tickets) == 1


async def test_a_limited_tracker_gets_every_ticket_and_none_twice(bench: Bench) -> None:
    for number in range(12):
        await bench.theme(f"part{number} word{number} thing{number} crashes", people=1)
    bench.fail(mode="limit", requests=2, per=1.0, retry_after=2, count=None)
    for _ in range(40):
        async with bench.forum.database.transaction() as connection:
            await connection.execute("update tracker set paused_until = null")
            await connection.execute("update ticket set due_at = now() where due_at is not null")
        (clock,) = await bench.forum.rows("select clock_timestamp() as started")
        await bench.run()
        if all(
            row["state"] == "created" for row in await bench.forum.rows("select state from ticket")
        ):
            break
        paused = await bench.forum.rows(
            "select paused_until is null or paused_until between %s + interval '2 s'"
            " and clock_timestamp() + interval '3 s' as as_asked from tracker",
            clock["started"],
        )
        assert paused == [{"as_asked": True}]
        await asyncio.sleep(1.0)  # the sandbox counts real seconds
    assert len(bench.tickets) == 12
    assert len({ticket.title for ticket in bench.tickets}) == 12


async def test_hostile_words_do_nothing_in_the_ticket(bench: Bench) -> None:
    hostile = "crashes @everyone fixes #1 owner/repo#2 <img src=x onerror=alert(1)> ![x](https://evil.example/p.png)"
    await bench.theme(hostile, people=1)
    await bench.run()
    (ticket,) = bench.tickets
    for active in ("@everyone", "fixes #1", "owner/repo#2"):
        assert active not in ticket.body + ticket.title
    for active in ("<img", "![x]("):
        assert active not in ticket.body


async def test_what_is_said_while_a_push_is_out_is_pushed_as_well(bench: Bench) -> None:
    async def hear(author: str) -> None:
        if not await bench.forum.rows("select 1 from author where external_id = %s", author):
            await bench.forum.say("export to pdf crashes", author)
            await bench.forum.work()

    class Interrupted(Between):
        """Somebody says the same once more, just before the outcome of a call is written down."""

        async def create(self, draft: Draft) -> TicketRef:
            ref = await super().create(draft)
            await hear("during-create")
            return ref

        async def update(
            self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
        ) -> TicketRef:
            ref = await super().update(ref, draft, journal)
            await hear("during-refresh")
            return ref

    await bench.theme()
    await bench.run(wrap=Interrupted)
    (ticket,) = bench.tickets
    assert (
        "4 people" in ticket.body
    )  # two at first, one during the create, one during the refresh that followed
    assert (await bench.ticket())["due_at"] is None


async def test_only_one_process_pushes_to_a_tracker(bench: Bench) -> None:
    for number in range(4):
        await bench.theme(f"part{number} word{number} thing{number} crashes", people=1)
    call_is_out, answer = asyncio.Event(), asyncio.Event()

    class Slow(Between):
        """The call is out until the test lets the tracker answer."""

        async def create(self, draft: Draft) -> TicketRef:
            call_is_out.set()
            await answer.wait()
            return await super().create(draft)

    first_run = asyncio.create_task(bench.run(wrap=Slow))
    await call_is_out.wait()
    assert await bench.run() == 0, "the tracker is somebody else's"
    assert bench.tickets == []
    answer.set()
    assert await first_run == 4
    assert len(bench.tickets) == 4
