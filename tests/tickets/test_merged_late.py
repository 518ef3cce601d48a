"""A merge, or its undo, at the very moment when something else happens to the ticket: no ticket is
made a second time, and none is forgotten."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.models.states import Visibility
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.retrying import retry_ticket
from app.triage import decisions
from app.triage.settling import settle
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import TrackerError
from tests.scenes.forum import ME
from tests.scenes.merging import EXPORT, LOGIN, merge, take_back, text_of, two_tickets
from tests.scenes.pushing import Bench, Between, open_bench, sandbox_tracker
from tests.scenes.small_model import SmallGrouper


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def states(bench: Bench, theme: uuid.UUID) -> list[tuple[str, str]]:
    rows = await bench.forum.rows(
        "select state, reason from ticket where theme_id = %s order by created_at", theme
    )
    return [(row["state"], row["reason"]) for row in rows]


async def test_a_call_that_fails_after_the_merge_does_not_bring_the_ticket_back(
    bench: Bench,
) -> None:
    older = await bench.theme(LOGIN)
    await bench.run()
    newer = await bench.theme(EXPORT)

    class MergedMeanwhile(Between):
        async def note(self) -> str:
            await merge(bench, older, newer)
            raise TrackerError("tracker_unreachable", "Nobody answers.", ambiguous=True)

    await bench.run(wrap=MergedMeanwhile)
    assert await states(bench, newer) == [("cancelled", "")]
    await bench.push()
    await bench.push()
    assert len(bench.tickets) == 1


async def test_a_ticket_that_is_withheld_after_the_merge_is_not_taken_up_again(
    bench: Bench,
) -> None:
    older = await bench.theme(LOGIN)
    await bench.run()
    await bench.forum.rows(
        "update source set settings = settings || '{\"keep_private\": true}' returning id"
    )
    await bench.forum.say(EXPORT, "w", visibility="private")
    newer = await bench.theme(EXPORT, people=0)

    class MergedMeanwhile(Between):
        async def audience(self) -> Visibility:
            await merge(bench, older, newer)
            return Visibility.public

    await bench.run(wrap=MergedMeanwhile)
    assert await states(bench, newer) == [("cancelled", "")]


async def test_undo_makes_what_was_found_unmade_while_it_was_merged(bench: Bench) -> None:
    older = await bench.theme(LOGIN)
    await bench.run()
    newer = await bench.theme(EXPORT, people=3)
    bench.fail(method="POST", path="*/issues", mode="status", status=502)
    await bench.run()
    line = await merge(bench, older, newer)
    await bench.push()
    await bench.push()
    assert [state for state, _ in await states(bench, newer)] == ["cancelled"]
    await take_back(bench, line)
    await bench.push()
    assert await states(bench, newer) == [("created", "")]
    assert "3 comments" in text_of(bench.tickets[1])


async def test_a_ticket_that_moved_here_is_taken_up_again_with_its_theme(bench: Bench) -> None:
    older, newer = await two_tickets(bench)
    await bench.forum.rows(
        "update ticket set state = 'blocked', reason = 'ticket_hidden', due_at = null "
        "where theme_id = %s returning id",
        older,
    )
    await merge(bench, newer, older, tickets_of=older)
    assert ("blocked", "ticket_hidden") in await states(bench, newer)
    async with bench.forum.database.transaction() as connection:
        await decisions.ignore(connection, newer, reason="not now", actor=ME)
        await decisions.accept(connection, newer, actor=ME, undo_seconds=0)
    await bench.push()
    await bench.push()
    assert await states(bench, newer) == [("created", ""), ("created", "")]
    assert "5 comments" in text_of(bench.tickets[0])
    assert len(bench.tickets) == 2


async def test_a_blocked_ticket_that_was_never_sent_is_not_made_after_a_merge(
    bench: Bench,
) -> None:
    older = await bench.theme(LOGIN)
    await bench.run()
    newer = await bench.theme(EXPORT)
    bench.fail(method="POST", path="*/issues", mode="status", status=422)
    await bench.run()
    assert [state for state, _ in await states(bench, newer)] == ["blocked"]
    line = await merge(bench, older, newer)
    assert [state for state, _ in await states(bench, newer)] == ["cancelled"]
    await bench.push()
    assert len(bench.tickets) == 1
    await take_back(bench, line)
    await bench.push()
    assert len(bench.tickets) == 2


async def test_a_blocked_ticket_that_may_be_there_is_looked_for_and_then_leads_on(
    bench: Bench,
) -> None:
    older, newer = await two_tickets(bench)
    (row,) = await bench.forum.rows(
        "update ticket set state = 'blocked', reason = 'ticket_hidden', due_at = null "
        "where theme_id = %s returning id",
        newer,
    )
    await merge(bench, older, newer)
    await bench.push()
    assert "Followed elsewhere" not in text_of(bench.tickets[1])
    await retry_ticket(bench.forum.database, row["id"])
    await bench.push()
    await bench.push()
    assert "Followed elsewhere" in text_of(bench.tickets[1])
    assert len(bench.tickets) == 2


async def test_the_second_look_leaves_a_theme_with_a_ticket(bench: Bench) -> None:
    theme = await bench.theme(EXPORT, people=1)
    await bench.push()
    async with bench.forum.database.transaction() as connection:
        await decisions.reopen(connection, theme, actor=ME)
    await bench.theme(LOGIN, people=1)
    await bench.forum.rows(
        "update comment_embedding e set embedding = o.embedding "
        "from comment c, comment_embedding o join comment oc on oc.id = o.comment_id "
        "where e.comment_id = c.id and c.text = %s and oc.text = %s returning e.comment_id",
        LOGIN,
        EXPORT,
    )
    await bench.forum.rows(
        "update comment set text = %s where text = %s returning id", EXPORT, LOGIN
    )
    await bench.forum.rows("update theme set looked_at = null returning id")
    await settle(bench.forum.database, SmallGrouper(), quiet_seconds=0)
    rows = await bench.forum.rows("select id from theme where status = 'merged'")
    assert theme not in [row["id"] for row in rows]


async def test_a_title_from_a_private_tracker_is_not_told_in_another_one(
    bench: Bench, vault: Vault
) -> None:
    older = await bench.theme(LOGIN)
    await bench.run()
    async with bench.forum.database.transaction() as connection:
        tracker = await sandbox_tracker(
            connection, vault, bench.forum, bench.sandbox, "jira", "board"
        )
    await bench.forum.rows(
        "update tracker set enabled = (type = 'jira'), settings = settings || case when "
        "type = 'jira' then '{\"audience\": \"private\"}'::jsonb else '{}' end returning id"
    )
    await bench.forum.rows(
        "update source set settings = settings || '{\"keep_private\": true}' returning id"
    )
    secret = "printer of whisperer shows an error"
    await bench.forum.say(secret, "w", visibility="private")
    newer = await bench.theme(secret, people=0)
    board = Bench(bench.forum, vault, bench.sandbox, tracker.id)
    await board.run()
    await bench.forum.rows("update tracker set enabled = true returning id")
    issue, card = bench.tickets
    assert "whisperer" in card.title
    await merge(bench, newer, older, tickets_of=newer)
    await bench.push()
    await board.push()
    assert "Followed elsewhere" in text_of(issue)
    assert f"/browse/{card.key}" in text_of(issue)
    assert "whisperer" not in text_of(issue)
