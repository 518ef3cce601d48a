"""What was shipped is a list to work from, and what is said again afterwards is no secret of other
people's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.errors import Conflict
from app.queries.shipped import list_shipped, waiting_threads
from app.queries.theme_filters import ThemeFilter
from app.queries.themes import list_themes
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.telling import mark_told
from integrations.sandbox.server import SandboxServer
from tests.scenes.following import Followed, open_followed
from tests.scenes.forum import ME


@pytest.fixture
async def followed(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Followed]:
    with SandboxServer() as sandbox:
        yield await open_followed(database, settings, vault, sandbox)


async def ship(followed: Followed) -> None:
    followed.act("close")
    await followed.hear()
    await followed.follow()


async def say_again(followed: Followed, visibility: str) -> None:
    """Two people speak of it now, where so many can read it."""
    await followed.people_say("export to pdf crashes", "p7", "p8")
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute(
            "update comment set created_at = now(), visibility = %s where author_id in"
            " (select id from author where handle in ('p7', 'p8'))",
            [visibility],
        )
        await connection.execute("update theme set last_seen = now()")


async def test_what_was_shipped_stands_in_a_list_until_people_were_told(
    followed: Followed, database: Database
) -> None:
    async with database.transaction() as connection:
        assert (await list_shipped(connection)).items == []
    await ship(followed)
    async with database.transaction() as connection:
        (theme,) = (await list_shipped(connection)).items
        threads = (await waiting_threads(connection, [theme.theme_id]))[theme.theme_id]
        assert (theme.people, theme.said_again) == (2, 0)
        assert sum(thread.people for thread in threads) == 2
        assert all(thread.permalink.startswith("https://forum.example/") for thread in threads)
        await mark_told(connection, theme.theme_id, actor=ME)
        assert (await list_shipped(connection)).items == []
        with pytest.raises(Conflict):
            await mark_told(connection, theme.theme_id, actor=ME)
    followed.act("reopen")
    await followed.hear()
    await followed.follow()
    await ship(followed)
    async with database.transaction() as connection:
        assert len((await list_shipped(connection)).items) == 1


async def test_themes_are_found_by_the_status_of_their_ticket(
    followed: Followed, database: Database
) -> None:
    async def found(status: str) -> int:
        async with database.transaction() as connection:
            return len((await list_themes(connection, ThemeFilter(ticket_status=status))).items)

    assert (await found("open"), await found("done"), await found("again")) == (1, 0, 0)
    await ship(followed)
    assert (await found("open"), await found("done"), await found("again")) == (0, 1, 0)
    await say_again(followed, "public")
    assert await found("again") == 1
    async with database.transaction() as connection:
        (theme,) = (await list_themes(connection, ThemeFilter())).items
    assert [ticket.said_again for ticket in theme.tickets] == [2]


@pytest.mark.parametrize(("visibility", "comments"), [("private", 0), ("public", 1)])
async def test_a_comment_counts_only_whom_the_trackers_readers_may_know_of(
    followed: Followed, visibility: str, comments: int
) -> None:
    async with followed.bench.forum.database.transaction() as connection:
        await connection.execute("update tracker set recurrence = 'comment'")
    await ship(followed)
    await say_again(followed, visibility)
    await followed.follow()
    assert len(followed.bench.tickets[0].comments) == comments


async def test_an_update_repairs_a_block_that_somebody_removed(followed: Followed) -> None:
    from app.tickets.drift import check_tickets, repair_tickets

    ticket = followed.bench.tickets[0]
    followed.bench.sandbox.state.edit(ticket, "body", "My own words.")
    async with followed.bench.forum.database.transaction() as connection:
        assert await check_tickets(connection, followed.bench.tracker_id) == 1
        assert await repair_tickets(connection, followed.bench.tracker_id) == 1
    await followed.follow()
    await followed.bench.run()
    assert "My own words." in ticket.body
    assert "2 people" in ticket.body
    assert len(followed.bench.tickets) == 1
