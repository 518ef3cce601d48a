"""Themes become tickets: created once whatever fails, kept current, and every trouble said in a sentence."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app import regroup, triage
from app.config import Settings
from app.db import Database
from app.ledger import PUSH_TASK
from app.products import update_product
from app.sync import Push, retry_ticket
from app.trackers import OpenedTracker, create_tracker, update_tracker
from app.undo import undo
from app.vault import Vault
from integrations.contract import Draft, TicketRef
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import Ticket
from tests.app.forum import Forum, open_forum
from tests.app.test_triage import say

ME = "user:ann@example.com"


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


class Bench:
    """A forum whose product has one GitHub tracker in the sandbox."""

    def __init__(self, forum: Forum, vault: Vault, sandbox: SandboxServer, tracker_id: uuid.UUID) -> None:
        self.forum, self.vault, self.sandbox, self.tracker_id = forum, vault, sandbox, tracker_id
        self.slept: list[float] = []

    @property
    def tickets(self) -> list[Ticket]:
        return self.sandbox.state.saved.tickets

    def fail(self, **fault: Any) -> None:
        httpx.post(f"{self.sandbox.url}/_sandbox/failures", json=fault).raise_for_status()

    def recover(self) -> None:
        httpx.delete(f"{self.sandbox.url}/_sandbox/failures").raise_for_status()

    async def push(self, settle: float = 0.0) -> int:
        """One run, with pauses of the tracker and back-off taken as over."""
        async with self.forum.database.transaction() as connection:
            await connection.execute("update ticket set due_at = now() where due_at is not null")
            await connection.execute("update ticket set called_at = called_at - interval '1 hour'")
            await connection.execute("update tracker set paused_until = null")
        return await self.run(settle)

    async def run(self, settle: float = 0.0) -> int:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        push = Push(
            self.forum.database,
            self.vault,
            "http://relay.test",
            True,
            sleep=sleep,
            chance=random.Random(1),
            settle=settle,
        )
        return await push.run(self.tracker_id)

    async def theme(self, text: str = "export to pdf crashes", people: int = 2) -> uuid.UUID:
        """An accepted theme."""
        for number in range(people):
            await say(self.forum, text, f"p{number}")
        await self.forum.work()
        (row,) = await self.forum.rows(
            "select t.id from theme t join comment c on c.theme_id = t.id where c.text = %s group by t.id", text
        )
        async with self.forum.database.transaction() as connection:
            await triage.accept(connection, row["id"], actor=ME)
        theme_id: uuid.UUID = row["id"]
        return theme_id

    async def ticket(self) -> dict[str, Any]:
        (row,) = await self.forum.rows("select * from ticket")
        return row


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault, sandbox: SandboxServer) -> Bench:
    forum = await open_forum(database, settings, vault)
    async with database.session() as session:
        tracker = await create_tracker(
            session,
            vault,
            forum.product_id,
            "github",
            "repo",
            {"repository": "acme/app", "base_url": sandbox.url},
            {"token": "a-secret-token"},
        )
    return Bench(forum, vault, sandbox, tracker.id)


async def test_an_accepted_theme_becomes_one_ticket_with_links_back(bench: Bench) -> None:
    theme_id = await bench.theme()
    assert await bench.run() == 1
    (ticket,) = bench.tickets
    row = await bench.ticket()
    assert (row["state"], row["remote_key"], row["due_at"]) == ("created", ticket.key, None)
    assert "pdf" in ticket.title and f"http://relay.test/themes/{theme_id}" in ticket.body
    assert "https://forum.example/t1/1" in ticket.body and "2 people" in ticket.body
    assert {"kind:bug", "product:tide", "platform:generic"} <= set(ticket.labels)
    assert await bench.push() == 0 and len(bench.tickets) == 1


async def test_the_decision_wakes_a_push_and_the_sweep_finds_what_a_wake_up_missed(bench: Bench) -> None:
    from app.jobs.engine import sweep_once

    await bench.theme()
    jobs = "select args from procrastinate.procrastinate_jobs where task_name = %s and status = 'todo'"
    assert await bench.forum.rows(jobs, PUSH_TASK) == [{"args": {"tracker_id": str(bench.tracker_id)}}]
    async with bench.forum.database.transaction() as connection:
        await connection.execute("delete from procrastinate.procrastinate_jobs")
    await sweep_once(bench.forum.database)
    await sweep_once(bench.forum.database)
    assert len(await bench.forum.rows(jobs, PUSH_TASK)) == 1
    await bench.run()
    assert len(await bench.forum.rows(jobs, PUSH_TASK)) == 1  # nothing is due, so no new job


async def test_later_comments_refresh_the_same_ticket_and_leave_peoples_words(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    (ticket,) = bench.tickets
    ticket.body = "Seen by Kim, fix planned.\n\n" + ticket.body
    await say(bench.forum, "export to pdf crashes", "newcomer")
    await bench.forum.work()
    assert await bench.run() == 1
    (ticket,) = bench.tickets
    assert ticket.body.startswith("Seen by Kim, fix planned.") and "3 people" in ticket.body
    assert "2 people" not in ticket.body


@pytest.mark.parametrize("mode", ["timeout_after_work", "lost_response"])
async def test_a_create_whose_answer_was_lost_is_found_again(bench: Bench, mode: str) -> None:
    await bench.theme()
    bench.fail(mode=mode, method="POST", path="*/issues", seconds=0.2)
    await bench.run()
    row = await bench.ticket()
    assert row["state"] == "creating" and row["reason"] in ("connection_lost", "tracker_timeout")
    assert len(bench.tickets) == 1
    await bench.push()
    row = await bench.ticket()
    assert (row["state"], row["reason"], len(bench.tickets)) == ("created", "", 1)
    await bench.push()
    assert len(bench.tickets) == 1 and (await bench.ticket())["content_hash"]


async def test_a_create_that_failed_before_any_work_is_made_once(bench: Bench) -> None:
    await bench.theme()
    bench.fail(mode="status", method="POST", path="*/issues", status=500)
    await bench.run()
    assert (await bench.ticket())["state"] == "creating" and bench.tickets == []
    await bench.push()  # the look-up finds nothing, and the create is repeated
    await bench.push()
    assert (await bench.ticket())["state"] == "created" and len(bench.tickets) == 1


async def test_a_worker_killed_during_the_call_leads_to_a_look_up_first(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    async with bench.forum.database.transaction() as connection:  # as if the answer had never been written down
        await connection.execute(
            "update ticket set state = 'creating', called_at = now(), due_at = now(), remote_id = '', remote_key = ''"
        )
    await bench.run(settle=5.0)
    row = await bench.ticket()
    assert row["state"] == "creating" and row["due_at"] is not None  # the call may not be over yet
    await bench.push()
    assert (await bench.ticket())["remote_key"] == bench.tickets[0].key and len(bench.tickets) == 1


async def test_a_limited_tracker_gets_every_ticket_and_none_twice(bench: Bench) -> None:
    for number in range(12):
        await bench.theme(f"part{number} word{number} thing{number} crashes", people=1)
    bench.fail(mode="limit", requests=2, per=1.0, retry_after=2, count=None)
    for _ in range(40):
        async with bench.forum.database.transaction() as connection:
            await connection.execute("update tracker set paused_until = null")
            await connection.execute("update ticket set due_at = now() where due_at is not null")
        await bench.run()
        if all(row["state"] == "created" for row in await bench.forum.rows("select state from ticket")):
            break
        paused = await bench.forum.rows("select extract(epoch from paused_until - now()) as left from tracker")
        assert paused[0]["left"] is None or 1.5 < paused[0]["left"] < 3
        await asyncio.sleep(1.0)  # the sandbox counts real seconds
    assert len(bench.tickets) == 12 and len({ticket.title for ticket in bench.tickets}) == 12


@pytest.mark.parametrize(("status", "reason"), [(401, "unauthorized"), (403, "forbidden"), (404, "not_found")])
async def test_what_is_wrong_with_the_tracker_is_said_and_everything_waits(
    bench: Bench, status: int, reason: str
) -> None:
    await bench.theme()
    bench.fail(mode="status", status=status, count=None)
    await bench.run()
    (tracker,) = await bench.forum.rows("select *, paused_until > now() as paused from tracker")
    row = await bench.ticket()
    assert (tracker["reason"], row["reason"], tracker["paused"]) == (reason, reason, True)
    assert row["detail"].endswith(".") and "a-secret-token" not in row["detail"] + tracker["detail"]
    assert row["state"] == "pending" and row["due_at"] is not None and bench.tickets == []
    bench.recover()
    async with bench.forum.database.session() as session:
        await update_tracker(session, bench.vault, bench.tracker_id, enabled=True)
    await bench.push()
    (tracker,) = await bench.forum.rows("select reason, detail from tracker")
    assert tracker == {"reason": "", "detail": ""} and len(bench.tickets) == 1


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
        r["theme_id"] for r in await bench.forum.rows("select theme_id from ticket where state = 'created'")
    ]


async def test_a_ticket_deleted_in_the_tracker_is_marked_and_made_anew_only_when_asked(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    bench.tickets[0].deleted = True
    await say(bench.forum, "export to pdf crashes", "newcomer")
    await bench.forum.work()
    await bench.run()
    row = await bench.ticket()
    assert (row["state"], row["reason"], row["due_at"]) == ("gone", "ticket_gone", None)
    await bench.push()
    assert [ticket for ticket in bench.tickets if not ticket.deleted] == []
    await retry_ticket(bench.forum.database, row["id"])  # somebody wants it back
    await bench.run()
    assert len([ticket for ticket in bench.tickets if not ticket.deleted]) == 1


async def test_undo_before_the_push_makes_no_ticket(bench: Bench) -> None:
    await bench.theme()
    (line,) = await bench.forum.rows("select id from activity where verb = 'accepted'")
    async with bench.forum.database.transaction() as connection:
        await undo(connection, line["id"], actor=ME)
    await bench.push()
    assert bench.tickets == [] and (await bench.ticket())["state"] == "cancelled"


async def test_a_product_on_hold_pushes_when_it_is_let_go(bench: Bench) -> None:
    async with bench.forum.database.session() as session:
        await update_product(session, bench.forum.product_id, policy="hold")
    await bench.theme()
    await bench.run()
    assert bench.tickets == []
    async with bench.forum.database.session() as session:
        await update_product(session, bench.forum.product_id, policy="review")
    await bench.run()
    assert len(bench.tickets) == 1


async def test_a_merged_themes_ticket_follows_and_comes_back(bench: Bench) -> None:
    loser = await bench.theme("login with google is broken")
    await bench.run()
    winner = await bench.theme("export to pdf crashes")
    async with bench.forum.database.transaction() as connection:
        await triage.reopen(connection, winner, actor=ME)
        done = await regroup.merge(connection, winner, [loser], actor=ME)
    await bench.push()
    created = await bench.forum.rows("select theme_id from ticket where state = 'created'")
    assert [row["theme_id"] for row in created] == [winner]
    assert "4 comments" in bench.tickets[0].body
    async with bench.forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    created = await bench.forum.rows("select theme_id from ticket where state = 'created'")
    assert [row["theme_id"] for row in created] == [loser]


async def test_hostile_words_do_nothing_in_the_ticket(bench: Bench) -> None:
    hostile = "crashes @everyone fixes #1 owner/repo#2 <img src=x onerror=alert(1)> ![x](https://evil.example/p.png)"
    await bench.theme(hostile, people=1)
    await bench.run()
    (ticket,) = bench.tickets
    for active in ("@everyone", "fixes #1", "owner/repo#2"):
        assert active not in ticket.body + ticket.title
    for active in ("<img", "![x]("):
        assert active not in ticket.body


class Interrupted(Push):
    """A push during which somebody says the same once more, just before its outcome is written down."""

    def speak(self, bench: Bench) -> Interrupted:
        self.bench = bench
        return self

    async def _created(self, ticket: dict[str, Any], ref: TicketRef, content: str) -> None:
        await self._hear("during-create")
        await super()._created(ticket, ref, content)

    async def _refresh(self, opened: OpenedTracker, ticket: dict[str, Any]) -> bool:
        update = opened.tracker.update

        async def interrupted(ref: TicketRef, draft: Draft) -> TicketRef:
            done = await update(ref, draft)
            await self._hear("during-refresh")
            return done

        opened.tracker.update = interrupted  # type: ignore[method-assign]
        try:
            return await super()._refresh(opened, ticket)
        finally:
            opened.tracker.update = update  # type: ignore[method-assign]

    async def _hear(self, author: str) -> None:
        if not await self.bench.forum.rows("select 1 from author where external_id = %s", author):
            await say(self.bench.forum, "export to pdf crashes", author)
            await self.bench.forum.work()


async def test_what_is_said_while_a_push_is_out_is_pushed_as_well(bench: Bench) -> None:
    await bench.theme()
    push = Interrupted(bench.forum.database, bench.vault, "http://relay.test", allow_private=True, interval=0, settle=0)
    await push.speak(bench).run(bench.tracker_id)
    (ticket,) = bench.tickets
    assert "4 people" in ticket.body  # two at first, one during the create, one during the refresh that followed
    assert (await bench.ticket())["due_at"] is None


async def test_only_one_process_pushes_to_a_tracker(bench: Bench) -> None:
    for number in range(4):
        await bench.theme(f"part{number} word{number} thing{number} crashes", people=1)
    calls = await asyncio.gather(bench.run(), bench.run(), bench.run())
    assert sum(calls) >= 4 and len(bench.tickets) == 4
