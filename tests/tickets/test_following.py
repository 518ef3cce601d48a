"""A ticket that was created is followed: each change of its status is written down once, however it
was heard of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.following import Followed, open_followed


@pytest.fixture(params=["github", "jira"])
async def followed(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Followed]:
    with SandboxServer() as sandbox:
        yield await open_followed(database, settings, vault, sandbox, request.param)


PERSON_NAMES = {"github": "a-person", "jira": "A person"}


async def test_a_closed_ticket_is_shipped_and_a_declined_one_is_not(followed: Followed) -> None:
    assert (await followed.status())[0] == "open"
    assert await followed.told_of() == []
    followed.act("close")
    await followed.hear()
    await followed.follow()
    by = PERSON_NAMES[followed.bench.kind]
    assert await followed.status() == ("done", by, "webhook")
    followed.act("reopen")
    await followed.hear()
    await followed.follow()
    assert (await followed.status())[0] == "open"
    followed.act("decline")
    await followed.hear()
    await followed.follow()
    assert (await followed.status())[0] == "declined"
    told = await followed.told_of()
    assert [line["to"] for line in told] == ["done", "open", "declined"]
    assert {line["by"] for line in told} == {by}
    bodies = await followed.bench.forum.rows("select stage, body from ticket_delivery")
    assert {(row["stage"], bytes(row["body"])) for row in bodies} == {("read", b"")}


async def test_deliveries_that_come_twice_or_out_of_order_change_nothing(
    followed: Followed,
) -> None:
    followed.act("close")
    followed.act("reopen")
    followed.act("close")
    first, second, third = followed.told
    assert (await followed.post(third)).json() == {"status": "accepted"}
    await followed.follow()
    await followed.post(first)
    assert (await followed.post(third)).json() == {"status": "known"}
    await followed.post(second)
    await followed.follow()
    assert (await followed.status())[0] == "done"
    assert len(await followed.told_of()) == 1


async def test_a_lost_delivery_is_found_by_comparing(followed: Followed) -> None:
    followed.act("close")
    followed.told.clear()
    await followed.compare()
    status, _, heard_from = await followed.status()
    assert (status, heard_from) == ("done", "comparison")
    await followed.compare()
    assert len(await followed.told_of()) == 1


async def test_a_delivery_that_nobody_signed_is_not_stored(followed: Followed) -> None:
    followed.act("close")
    url, headers, body = followed.told[0]
    assert (await followed.post((url, headers, body + b" "))).status_code == 401
    unsigned = {name: value for name, value in headers.items() if "signature" not in name}
    refused = await followed.post((url, unsigned, body))
    assert (refused.status_code, refused.json()["reason"]) == (401, "signature_missing")
    unknown = await followed.post((url[:-4] + "0000", headers, body))
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "tracker_not_found")
    huge = await followed.post((url, headers, b"x" * (2 * 1024 * 1024 + 1)))
    assert (huge.status_code, huge.json()["reason"]) == (413, "body_too_large")
    assert await followed.bench.forum.rows("select id from ticket_delivery") == []
    rows = await followed.bench.forum.rows("select heard_at from tracker")
    assert rows == [{"heard_at": None}]


async def test_what_is_told_of_foreign_tickets_is_taken_and_left(followed: Followed) -> None:
    state = followed.bench.sandbox.state
    kind = followed.bench.kind
    place, status = ("acme/app", "open") if kind == "github" else ("APP", "To Do")
    state.create("github" if kind == "github" else "jira", place, title="Other", status=status)
    followed.act("close", 1)
    await followed.hear()
    await followed.follow()
    assert (await followed.status())[0] == "open"
    rows = await followed.bench.forum.rows("select stage, reason from ticket_delivery")
    assert rows == [{"stage": "ignored", "reason": "ticket_not_ours"}]


async def test_a_webhook_that_is_faster_than_the_answer_of_the_create_waits_for_it(
    followed: Followed,
) -> None:
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute(
            "update ticket set state = 'creating', create_unconfirmed_at = now(),"
            " called_at = now() - interval '1 hour', remote_id = '', remote_key = '', url = '',"
            " due_at = now()"
        )
    followed.act("close")
    await followed.hear()
    await followed.follow()
    rows = await followed.bench.forum.rows("select stage from ticket_delivery")
    assert rows == [{"stage": "received"}]
    await followed.bench.push()
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute("update ticket_delivery set try_at = now()")
    await followed.follow()
    by = PERSON_NAMES[followed.bench.kind]
    assert await followed.status() == ("done", by, "webhook")


async def test_a_run_that_dies_between_storing_and_applying_loses_nothing(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed.act("close")
    await followed.hear()

    async def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr("app.tickets.following.record_state", die)
        with pytest.raises(KeyboardInterrupt):
            await followed.follow()
    assert (await followed.status())[0] == "open"
    await followed.follow()
    assert (await followed.status())[0] == "done"
    assert len(await followed.told_of()) == 1


async def test_two_workers_write_a_change_down_once(followed: Followed) -> None:
    followed.act("close")
    await followed.hear()
    await asyncio.gather(*[followed.follow() for _ in range(3)])
    assert (await followed.status())[0] == "done"
    assert len(await followed.told_of()) == 1


async def test_lost_access_pauses_and_says_nothing_of_the_ticket(followed: Followed) -> None:
    followed.act("close")
    await followed.hear()
    followed.bench.fail(mode="no_access", count=None)
    await followed.follow()
    (tracker,) = await followed.bench.forum.rows("select reason, paused_until from tracker")
    assert tracker["reason"] == "no_access"
    assert tracker["paused_until"] is not None
    row = await followed.bench.ticket()
    assert (row["state"], row["status"]) == ("created", "open")
    followed.bench.recover()
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute("update tracker set paused_until = null")
    await followed.follow()
    assert (await followed.status())[0] == "done"
    assert (await followed.bench.forum.rows("select reason from tracker")) == [{"reason": ""}]
