"""Credentials of another account than before pause a tracker until a person confirms it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.config import Settings
from app.setup.trackers import check_tracker, update_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Account, TrackerError
from integrations.tracker_contract import Tracker as OpenConnection
from tests.scenes.pushing import Bench, Between, open_bench


@pytest.fixture(params=["github", "jira"])
async def bench(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, request.param)


def another(account_id: str) -> Callable[[OpenConnection], OpenConnection]:
    class Another(Between):
        async def whoami(self) -> Account:
            return Account(account_id, f"{account_id} of Acme", account_id, key=f"key-{account_id}")

    return Another


async def tracker_row(bench: Bench) -> dict[str, Any]:
    (row,) = await bench.forum.rows(
        "select *, paused_until > now() + interval '1 year' as until_confirmed from tracker"
    )
    return row


async def change(bench: Bench, **changes: Any) -> None:
    async with bench.forum.database.transaction() as connection:
        await update_tracker(connection, bench.vault, bench.tracker_id, **changes)


async def change_token(bench: Bench, token: str) -> None:
    credentials = {"token": token}
    if (await tracker_row(bench))["type"] == "jira":
        credentials["email"] = "relay@acme.example"
    await change(bench, credentials=credentials)


async def test_the_first_push_notes_the_account(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    row = await tracker_row(bench)
    assert row["account_login"] == "sandbox-bot"
    assert row["account_id"]
    assert row["account_confirmed"]


async def test_the_check_notes_it_as_well(bench: Bench) -> None:
    async with bench.forum.database.transaction() as connection:
        findings = await check_tracker(
            connection, bench.vault, bench.tracker_id, network=Network(allow_private=True)
        )
    assert all(finding.ok for finding in findings)
    assert (await tracker_row(bench))["account_login"] == "sandbox-bot"


async def test_another_account_makes_no_ticket_until_it_is_confirmed(bench: Bench) -> None:
    await bench.theme("export to pdf crashes")
    await bench.run(wrap=another("ana"))
    await bench.theme("the clock crashes after new year")
    await bench.run(wrap=another("bob"))
    row = await tracker_row(bench)
    assert row["reason"] == "account_changed"
    assert "belong to bob of Acme now" in row["detail"]
    assert "made by ana of Acme" in row["detail"]
    assert row["until_confirmed"]
    assert len(bench.tickets) == 1
    await change(bench)
    await bench.push()
    assert (await tracker_row(bench))["reason"] == "account_changed", "saving does not confirm"
    await change(bench, confirm_account=True)
    await bench.run(wrap=another("bob"))
    row = await tracker_row(bench)
    assert (row["reason"], row["account_login"]) == ("", "bob")
    assert len(bench.tickets) == 2


async def test_the_former_credentials_go_on_by_themselves(bench: Bench) -> None:
    await bench.theme("export to pdf crashes")
    await bench.run(wrap=another("ana"))
    await bench.theme("the clock crashes after new year")
    await bench.run(wrap=another("bob"))
    await change_token(bench, "the-former")
    await bench.run(wrap=another("ana"))
    assert (await tracker_row(bench))["reason"] == ""
    assert len(bench.tickets) == 2


async def test_a_renewed_token_of_the_same_account_changes_nothing(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    await change_token(bench, "a-newer")
    assert not (await tracker_row(bench))["account_confirmed"]
    await bench.forum.say("export to pdf crashes", "somebody-else")
    await bench.forum.work()
    await bench.push()
    row = await tracker_row(bench)
    assert (row["reason"], row["account_confirmed"]) == ("", True)


async def test_a_new_token_is_looked_at_before_a_ticket_is_changed(bench: Bench) -> None:
    await bench.theme()
    await bench.run()
    body = bench.tickets[0].body
    await change_token(bench, "of-bob")
    await bench.forum.say("export to pdf crashes", "somebody-else")
    await bench.forum.work()
    async with bench.forum.database.transaction() as connection:
        await connection.execute("update ticket set due_at = now()")
    await bench.run(wrap=another("bob"))
    assert (await tracker_row(bench))["reason"] == "account_changed"
    assert bench.tickets[0].body == body


async def test_the_check_says_so(bench: Bench) -> None:
    await bench.theme()
    await bench.run(wrap=another("ana"))
    async with bench.forum.database.transaction() as connection:
        findings = await check_tracker(
            connection, bench.vault, bench.tracker_id, network=Network(allow_private=True)
        )
    (finding,) = [finding for finding in findings if not finding.ok]
    assert "ana of Acme" in finding.detail
    assert "Confirm" in finding.remedy


async def test_a_tracker_that_does_not_tell_who_we_are_is_pushed_to(bench: Bench) -> None:
    class Silent(Between):
        async def whoami(self) -> Account:
            raise TrackerError("forbidden", "It does not permit this.", permanent=True)

        async def note(self) -> str:
            return ""

    await bench.theme()
    await bench.run(wrap=Silent)
    assert len(bench.tickets) == 1
