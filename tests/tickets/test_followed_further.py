"""Tickets that were deleted, moved or marked as duplicates; what statuses mean, what is said again,
and how webhooks are registered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.config import Settings
from app.errors import Conflict
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


async def test_a_deleted_ticket_leaves_a_tombstone(followed: Followed) -> None:
    ticket = followed.bench.tickets[0]
    followed.bench.sandbox.state.delete(ticket)
    await followed.hear()
    await followed.follow()
    row = await followed.bench.ticket()
    gone = (
        ("gone", "ticket_gone")
        if followed.bench.kind == "github"
        else (
            "blocked",
            "ticket_hidden",
        )
    )
    assert (row["state"], row["reason"]) == gone
    (line,) = await followed.told_of("ticket_missing")
    assert line["by"] == PERSON_NAMES[followed.bench.kind]
    await followed.follow()
    assert len(await followed.told_of("ticket_missing")) == 1


async def test_a_moved_ticket_is_followed_to_where_it_is(followed: Followed) -> None:
    state = followed.bench.sandbox.state
    place = "acme/backend" if followed.bench.kind == "github" else "BACK"
    moved = state.transfer(followed.bench.tickets[0], place)
    await followed.hear()
    await followed.follow()
    row = await followed.bench.ticket()
    key = f"acme/backend#{moved.number}" if followed.bench.kind == "github" else moved.key
    assert (row["state"], row["remote_id"], row["remote_key"]) == ("created", str(moved.id), key)
    assert len(await followed.told_of("ticket_moved")) == 1
    state.set_status(moved, "closed" if followed.bench.kind == "github" else "Done", "completed")
    await followed.hear()
    await followed.follow()
    assert (await followed.status())[0] == "done"
    await followed.people_say("export to pdf crashes", "p7", "p8")
    await followed.bench.push()
    assert "4 people" in str(moved.body)


async def test_a_duplicate_has_the_status_of_the_ticket_that_lives_on(followed: Followed) -> None:
    state = followed.bench.sandbox.state
    kind = followed.bench.kind
    place, status = ("acme/app", "open") if kind == "github" else ("APP", "To Do")
    living = state.create(
        "github" if kind == "github" else "jira", place, title="Other", status=status
    )
    ticket = followed.bench.tickets[0]
    ticket.duplicate_of = living.id
    if kind == "jira":
        state.link("Duplicate", ticket.id, living.id)
    state.set_status(ticket, "closed" if kind == "github" else "Won't Do", "duplicate")
    await followed.hear()
    await followed.follow()
    row = await followed.bench.ticket()
    assert (row["status"], row["living_key"]) == ("open", living.key)
    followed.act("close", 1)
    await followed.hear()
    await followed.follow()
    assert (await followed.status())[0] == "done"


async def test_people_say_what_a_status_means_or_that_it_means_nothing(followed: Followed) -> None:
    name = "closed (not planned)" if followed.bench.kind == "github" else "won't do"
    for chosen, means in (("ignore", "open"), ("done", "done")):
        async with followed.bench.forum.database.transaction() as connection:
            await connection.execute(
                "update tracker set status_map = jsonb_build_object(%s::text, %s::text)",
                [name, chosen],
            )
        followed.act("decline")
        await followed.hear()
        await followed.follow()
        assert (await followed.status())[0] == means
        followed.act("reopen")
        await followed.hear()
        await followed.follow()


async def test_hostile_names_are_stored_as_one_short_line(followed: Followed) -> None:
    from app.setup.status_words import one_line

    assert one_line("a\x00b\n\ud800<script>" + "x" * 500, 20) == "a b ?<script>xxxxxxx"
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute("update ticket set look_at = now()")
    hostile = "\x00<b>\u202edone\ud800" + "y" * 5_000

    class Hostile:
        def __init__(self, tracker: object) -> None:
            self.tracker = tracker

        def __getattr__(self, name: str) -> object:
            return getattr(self.tracker, name)

        async def get(self, ref: object) -> object:
            state = await self.tracker.get(ref)  # type: ignore[attr-defined]
            return replace(state, status=hostile, by=hostile)

    from app.setup import opened_tracker

    connect = opened_tracker.connect
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            opened_tracker, "connect", lambda *given, **more: Hostile(connect(*given, **more))
        )
        await followed.follow()
    row = await followed.bench.ticket()
    assert row["remote_status"].startswith("<b>")
    assert len(row["remote_status"]) <= 200
    assert row["remote_status"].isprintable()


async def test_the_hours_budget_is_shared_and_holds(followed: Followed) -> None:
    followed.act("close")
    await followed.hear()
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute("update tracker set reads = 5, reads_from = now()")
    assert await followed.follow(calls_per_hour=5) == 0
    assert (await followed.status())[0] == "open"
    await asyncio.gather(*[followed.follow(calls_per_hour=6) for _ in range(3)])
    assert (await followed.status())[0] == "done"
    assert (await followed.bench.forum.rows("select reads from tracker")) == [{"reads": 6}]


@pytest.mark.parametrize("rule", ["nothing", "comment", "reopen"])
async def test_what_is_said_again_is_answered_once_by_the_rule(
    followed: Followed, rule: str
) -> None:
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute("update tracker set recurrence = %s", [rule])
    ticket = followed.act("close")
    await followed.hear()
    await followed.follow()
    await followed.follow()
    assert (ticket.done, len(ticket.comments)) == (True, 0)
    await followed.people_say("export to pdf crashes", "p7", "p8")
    async with followed.bench.forum.database.transaction() as connection:
        # The comments of a test are older than its tickets.
        await connection.execute(
            "update comment set created_at = now() where author_id in"
            " (select id from author where handle in ('p7', 'p8'))"
        )
        await connection.execute("update theme set last_seen = now()")
    await followed.follow()
    await followed.hear()
    await followed.follow()
    assert ticket.done is (rule != "reopen")
    assert len(ticket.comments) == (1 if rule == "comment" else 0)
    assert (await followed.status())[0] == ("open" if rule == "reopen" else "done")
    told = [line for line in await followed.told_of() if line["to"] == "open"]
    assert [line["heard_from"] for line in told] == (["us"] if rule == "reopen" else [])
    if rule == "comment":
        assert "2 people spoke of this again" in str(ticket.comments[0].body)


async def test_a_webhook_is_registered_by_a_button_where_the_account_may(
    followed: Followed,
) -> None:
    from app.setup.tracker_hooks import register_hook
    from integrations.network import Network

    bench = followed.bench

    async def register() -> None:
        await register_hook(
            bench.forum.database,
            bench.vault,
            bench.tracker_id,
            base_url="http://relay.test",
            network=Network(allow_private=True),
        )

    await register()
    await register()
    (hook,) = bench.sandbox.state.saved.hooks
    assert (hook.url, hook.secret) == (followed.hook.url, followed.hook.secret)
    bench.sandbox.state.settings.may_register_hooks = False
    with pytest.raises(Conflict) as refused:
        await register()
    assert refused.value.reason == "hook_not_registered"
    assert followed.hook.secret not in refused.value.detail
