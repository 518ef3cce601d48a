"""A ticket whose create call was cut off is looked up before it is sent again, whatever happens to
it in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.ledger import cancel_tickets, plan_tickets
from app.tickets.retrying import retry_ticket
from app.triage import decisions, regroup
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import ME
from tests.scenes.pushing import Bench, open_bench

ISSUES = "/repos/acme/app/issues"


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


@pytest.fixture
async def jira_bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, kind="jira")


async def lose_the_create(bench: Bench) -> None:
    """The ticket is made in the tracker, and its answer never arrives."""
    bench.fail(mode="lost_response", method="POST")
    await bench.run()
    row = await bench.ticket()
    assert (row["state"], len(bench.tickets)) == ("creating", 1)
    assert row["create_unconfirmed_at"] is not None


async def is_the_only_ticket(bench: Bench) -> None:
    await bench.push()
    row = await bench.ticket()
    assert len(bench.tickets) == 1
    assert (row["state"], row["remote_id"]) == ("created", str(bench.tickets[0].id))
    assert row["create_unconfirmed_at"] is None


@pytest.mark.parametrize("status", [400, 410, 422])
async def test_a_look_up_that_is_refused_and_retried_makes_no_second_ticket(
    bench: Bench, status: int
) -> None:
    await bench.theme()
    await lose_the_create(bench)
    bench.fail(mode="status", method="GET", path=ISSUES, status=status)
    await bench.push()
    row = await bench.ticket()
    assert (row["state"], row["create_unconfirmed_at"] is None) == ("blocked", False)
    await retry_ticket(bench.forum.database, row["id"])
    assert (await bench.ticket())["state"] == "creating"
    await is_the_only_ticket(bench)


async def test_a_blocked_ticket_that_is_cancelled_and_accepted_again_is_looked_up(
    bench: Bench,
) -> None:
    theme_id = await bench.theme()
    await lose_the_create(bench)
    bench.fail(mode="status", method="GET", path=ISSUES, status=422)
    await bench.push()
    async with bench.forum.database.transaction() as connection:
        await cancel_tickets(connection, theme_id)
    assert (await bench.ticket())["state"] == "cancelled"
    async with bench.forum.database.transaction() as connection:
        await plan_tickets(connection, theme_id, wait_seconds=0)
    assert (await bench.ticket())["state"] == "creating"
    await is_the_only_ticket(bench)


async def test_a_ticket_in_doubt_goes_with_its_theme_when_that_is_merged(bench: Bench) -> None:
    loser = await bench.theme("login with google is broken")
    await lose_the_create(bench)
    bench.fail(mode="status", method="GET", path=ISSUES, status=422)
    await bench.push()
    winner = await bench.theme("export to pdf crashes")
    async with bench.forum.database.transaction() as connection:
        await decisions.reopen(connection, winner, actor=ME)
        await connection.execute("delete from ticket where theme_id = %s", [winner])
        await regroup.merge(connection, winner, [loser], actor=ME)
    row = await bench.ticket()
    assert (row["theme_id"], row["state"]) == (winner, "blocked")
    await retry_ticket(bench.forum.database, row["id"])
    await is_the_only_ticket(bench)


async def test_a_certain_refusal_of_the_create_needs_no_look_up(bench: Bench) -> None:
    await bench.theme()
    bench.fail(mode="status", method="POST", status=422)
    await bench.run()
    row = await bench.ticket()
    assert (row["state"], row["create_unconfirmed_at"]) == ("blocked", None)
    await retry_ticket(bench.forum.database, row["id"])
    bench.sandbox.state.requests.clear()
    await bench.run()
    listed = [
        r for r in bench.sandbox.state.requests if (r["method"], r["path"]) == ("GET", ISSUES)
    ]
    assert listed == []
    assert len(bench.tickets) == 1


async def test_jira_with_an_expired_token_answers_nothing_and_is_not_believed(
    jira_bench: Bench,
) -> None:
    await jira_bench.theme()
    await lose_the_create(jira_bench)
    jira_bench.fail(mode="anonymous", count=None)
    for _ in range(3):
        await jira_bench.push()
        row = await jira_bench.ticket()
        assert (row["state"], row["reason"]) == ("creating", "unauthorized")
    (tracker,) = await jira_bench.forum.rows("select * from tracker")
    assert tracker["reason"] == "unauthorized"
    jira_bench.recover()
    await is_the_only_ticket(jira_bench)


@pytest.mark.parametrize("kind", ["github", "jira"])
async def test_an_empty_look_up_without_access_is_not_believed(
    database: Database, settings: Settings, vault: Vault, kind: str
) -> None:
    with SandboxServer() as sandbox:
        bench = await open_bench(database, settings, vault, sandbox, kind=kind)
        await bench.theme()
        await lose_the_create(bench)
        bench.fail(mode="no_access", count=None)
        await bench.push()
        row = await bench.ticket()
        assert row["state"] == "creating"
        assert row["reason"] in ("no_access", "not_found")
        bench.recover()
        await is_the_only_ticket(bench)


async def test_jira_finds_by_key_what_its_search_does_not_know_yet(jira_bench: Bench) -> None:
    await jira_bench.theme()
    state = jira_bench.sandbox.state
    state.create("jira", "APP", title="Of a person", status="To Do", kind="Bug")
    state.settings.search_lag = 7200
    jira_bench.fail(mode="lost_response", method="POST")
    await jira_bench.run()
    assert (await jira_bench.ticket())["create_note"] == "APP-1"
    await jira_bench.push()
    row = await jira_bench.ticket()
    assert (row["state"], row["remote_key"]) == ("created", "APP-2")
    assert len(jira_bench.tickets) == 2


async def test_jira_is_asked_for_an_hour_before_anything_is_created_again(
    jira_bench: Bench,
) -> None:
    await jira_bench.theme()
    jira_bench.fail(mode="status", method="POST", status=503)
    began = datetime.now(UTC)
    await jira_bench.run(settle=None)
    lookups: list[int] = []
    for minutes in range(0, 64):
        jira_bench.sandbox.state.requests.clear()
        await jira_bench.run(
            settle=None,
            clock=lambda now=began + timedelta(minutes=minutes): now,  # type: ignore[misc]
        )
        if any("/search" in r["path"] for r in jira_bench.sandbox.state.requests):
            lookups.append(minutes)
        if jira_bench.tickets:
            break
        row = await jira_bench.ticket()
        assert row["state"] == "creating"
        if lookups:
            assert row["reason"] == "create_unconfirmed"
    assert lookups == [1, 3, 11, 61]
    assert len(jira_bench.tickets) == 1
    assert (await jira_bench.ticket())["state"] == "created"


@pytest.mark.parametrize("kind", ["github", "jira"])
async def test_lost_access_is_a_state_of_the_tracker_and_of_no_ticket(
    database: Database, settings: Settings, vault: Vault, kind: str
) -> None:
    with SandboxServer() as sandbox:
        bench = await open_bench(database, settings, vault, sandbox, kind=kind)
        await bench.theme()
        await bench.run()
        await bench.forum.say("export to pdf crashes", "newcomer")
        await bench.forum.work()
        bench.fail(mode="no_access", count=None)
        await bench.push()
        row = await bench.ticket()
        assert (row["state"], row["reason"]) == ("created", "no_access")
        (tracker,) = await bench.forum.rows("select *, paused_until > now() as paused from tracker")
        assert (tracker["reason"], tracker["paused"]) == ("no_access", True)
        assert "no ticket counts as deleted" in tracker["detail"]
        bench.recover()
        await bench.push()
        assert (await bench.ticket())["reason"] == ""
        assert len(bench.tickets) == 1


async def test_jira_does_not_say_deleted_and_retry_looks_before_it_makes_anew(
    jira_bench: Bench,
) -> None:
    await jira_bench.theme()
    await jira_bench.run()
    hidden = jira_bench.tickets[0]
    hidden.deleted = True
    await jira_bench.forum.say("export to pdf crashes", "newcomer")
    await jira_bench.forum.work()
    await jira_bench.run()
    row = await jira_bench.ticket()
    assert (row["state"], row["reason"]) == ("blocked", "ticket_hidden")
    assert "deleted in the tracker or hidden from us" in row["detail"]
    hidden.deleted = False
    await retry_ticket(jira_bench.forum.database, row["id"])
    await is_the_only_ticket(jira_bench)
    hidden.deleted = True
    await jira_bench.forum.say("export to pdf crashes", "another")
    await jira_bench.forum.work()
    await jira_bench.run()
    await retry_ticket(jira_bench.forum.database, row["id"])
    await jira_bench.push()
    assert len([ticket for ticket in jira_bench.tickets if not ticket.deleted]) == 1
