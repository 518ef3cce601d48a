"""Themes that both have a ticket are merged: one ticket lives on, the other says where the matter
is followed, and undo gives both back."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.errors import Conflict, Invalid
from app.storage.db import Database
from app.storage.vault import Vault
from app.triage import decisions
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import ME
from tests.scenes.merging import (
    EXPORT,
    LOGIN,
    PRINTER,
    linked,
    merge,
    take_back,
    text_of,
    two_tickets,
)
from tests.scenes.pushing import Bench, open_bench, sandbox_tracker


@pytest.fixture(params=["github", "jira"])
async def bench(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, request.param)


@pytest.fixture
async def github(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def test_the_other_ticket_keeps_its_words_and_says_where_it_is_followed(
    bench: Bench,
) -> None:
    older, newer = await two_tickets(bench)
    kept, other = bench.tickets
    await merge(bench, newer, older)
    await bench.push()
    assert "5 comments" in text_of(kept)
    text = text_of(other)
    assert "Followed elsewhere now" in text
    assert f"/{kept.slug}" in text or f"/browse/{kept.key}" in text
    assert "Duplicate of " in text
    assert "3 people" in text
    assert "3 comments" in text
    assert EXPORT in text
    assert "0 people" not in text
    assert "Nobody" not in text
    if kept.vendor == "github":
        assert f"Duplicate of #{kept.key}" in text
        assert (other.status, other.reason) == ("closed", "duplicate")
    else:
        assert linked(bench) == [(other.id, kept.id)]
        assert other.status == "To Do"
    assert not kept.done
    rows = await bench.forum.rows("select theme_id, superseded_by from ticket order by created_at")
    assert rows[0]["theme_id"] == newer
    assert rows[1]["superseded_by"] is not None
    assert await bench.push() == 0, "everything is said and done once"


async def test_a_person_chooses_which_ticket_lives_on(bench: Bench) -> None:
    older, newer = await two_tickets(bench)
    first, second = bench.tickets
    await merge(bench, older, newer, tickets_of=newer)
    await bench.push()
    assert "Followed elsewhere now" in text_of(first)
    assert "5 comments" in text_of(second)
    rows = await bench.forum.rows("select theme_id from ticket where superseded_at is null")
    assert [row["theme_id"] for row in rows] == [older]


async def test_a_theme_without_a_ticket_cannot_be_the_choice(github: Bench) -> None:
    older, newer = await two_tickets(github)
    with pytest.raises(Invalid, match="whose tickets"):
        await merge(github, newer, older, tickets_of=uuid.uuid4())


async def test_undo_gives_both_tickets_back(bench: Bench) -> None:
    older, newer = await two_tickets(bench)
    first, second = bench.tickets
    line = await merge(bench, newer, older)
    await bench.push()
    await take_back(bench, line)
    await bench.push()
    assert "2 comments" in text_of(first)
    assert "3 comments" in text_of(second)
    assert not any("Followed elsewhere" in text_of(one) for one in (first, second))
    assert not any("Duplicate of" in text_of(one) for one in (first, second))
    assert [first.done, second.done] == [False, False]
    assert linked(bench) == []
    rows = await bench.forum.rows(
        "select theme_id, superseded_at, duplicate_mark from ticket order by created_at"
    )
    assert [row["theme_id"] for row in rows] == [older, newer]
    assert [row["duplicate_mark"] for row in rows] == [{}, {}]
    assert await bench.push() == 0


async def test_undo_before_the_push_tells_nobody(github: Bench) -> None:
    older, newer = await two_tickets(github)
    writes = len(github.sandbox.state.requests)
    line = await merge(github, newer, older, undo_seconds=3600)
    assert await github.run() <= 1
    assert "Followed" not in text_of(github.tickets[1])
    await take_back(github, line)
    await github.push()
    sent = list(github.sandbox.state.requests)[writes:]
    assert not any('"closed"' in request["body"] for request in sent)


async def test_undo_leaves_a_state_that_a_person_changed_and_says_so(github: Bench) -> None:
    older, newer = await two_tickets(github)
    line = await merge(github, newer, older)
    await github.push()
    other = github.tickets[1]
    github.sandbox.state.set_status(other, "open", "reopened")
    github.sandbox.state.set_status(other, "closed", "completed")
    await take_back(github, line)
    await github.push()
    assert (other.status, other.reason) == ("closed", "completed")
    assert "3 comments" in text_of(other)
    (told,) = await github.forum.rows(
        "select detail ->> 'sentence' as sentence from activity where verb = 'duplicate_left'"
    )
    assert "A person changed the status of #2" in told["sentence"]


async def test_a_ticket_that_a_person_closed_before_is_not_opened_by_undo(github: Bench) -> None:
    older, newer = await two_tickets(github)
    other = github.tickets[1]
    github.sandbox.state.set_status(other, "closed", "completed")
    line = await merge(github, newer, older)
    await github.push()
    assert other.reason == "completed"
    await take_back(github, line)
    await github.push()
    assert other.done
    assert await github.forum.rows("select 1 from activity where verb = 'duplicate_left'") == []


async def test_a_ticket_in_another_tracker_leads_there_too(
    github: Bench, vault: Vault, settings: Settings
) -> None:
    older = await github.theme(LOGIN)
    await github.run()
    async with github.forum.database.transaction() as connection:
        jira = await sandbox_tracker(
            connection, vault, github.forum, github.sandbox, "jira", "board"
        )
        jira_id = jira.id
    async with github.forum.database.transaction() as connection:
        await connection.execute("update tracker set enabled = (type = 'jira')")
    newer = await github.theme(EXPORT, people=3)
    board = Bench(github.forum, vault, github.sandbox, jira_id)
    await board.run()
    async with github.forum.database.transaction() as connection:
        await connection.execute("update tracker set enabled = true")
    issue, card = github.tickets
    assert (issue.vendor, card.vendor) == ("github", "jira")
    line = await merge(github, newer, older)
    await github.push()
    await board.push()
    assert f"/tickets/{issue.slug}" in text_of(card)
    assert "Duplicate of" not in text_of(card)
    assert "3 comments" in text_of(card)
    assert "5 comments" in text_of(issue)
    await take_back(github, line)
    await github.push()
    await board.push()
    assert "Followed elsewhere" not in text_of(card)
    assert "2 comments" in text_of(issue)
    assert len(github.tickets) == 2


async def test_a_chain_of_merges_leads_to_the_one_that_lives(bench: Bench) -> None:
    first = await bench.theme(LOGIN)
    await bench.run()
    second = await bench.theme(EXPORT, people=3)
    await bench.run()
    third = await bench.theme(PRINTER, people=4)
    await bench.run()
    one, two, three = bench.tickets
    inner = await merge(bench, second, first, tickets_of=second)
    await bench.push()
    outer = await merge(bench, third, second, tickets_of=third)
    await bench.push()
    assert "9 comments" in text_of(three)
    for ticket, comments in ((one, "2 comments"), (two, "5 comments")):
        text = text_of(ticket)
        assert f"/{three.slug}" in text or f"/browse/{three.key}" in text
        assert comments in text
    with pytest.raises(Conflict, match="undo that first"):
        await take_back(bench, inner)
    await take_back(bench, outer)
    await bench.push()
    assert "Followed elsewhere" not in text_of(two)
    assert f"/{two.slug}" in text_of(one) or f"/browse/{two.key}" in text_of(one)
    await take_back(bench, inner)
    await bench.push()
    assert [("Followed" in text_of(ticket), ticket.done) for ticket in (one, two, three)] == [
        (False, False)
    ] * 3


async def test_words_that_are_taken_back_go_from_the_last_words_too(github: Bench) -> None:
    older, newer = await two_tickets(github)
    comment = await github.forum.say("export to pdf crashes with my secret plan", "zoe")
    await github.forum.work()
    await github.push()
    await merge(github, newer, older)
    await github.push()
    assert "secret plan" in text_of(github.tickets[1])
    await github.forum.deliver_comments({"id": comment["id"]}, event="comment.deleted")
    await github.forum.work()
    await github.push()
    assert "secret plan" not in text_of(github.tickets[1])
    assert "secret plan" not in text_of(github.tickets[0])
    assert "4 comments" in text_of(github.tickets[1]), "the counts stay as they were"


async def test_jira_closes_duplicates_where_the_tracker_says_so(
    database: Database, settings: Settings, vault: Vault
) -> None:
    with SandboxServer() as sandbox:
        bench = await open_bench(database, settings, vault, sandbox, "jira")
        async with database.transaction() as connection:
            await connection.execute(
                "update tracker set settings = settings || '{\"close_duplicates\": true}'"
            )
        older, newer = await two_tickets(bench)
        line = await merge(bench, newer, older)
        await bench.push()
        assert bench.tickets[1].status == "Won't Do"
        await take_back(bench, line)
        await bench.push()
        assert bench.tickets[1].status == "To Do"


async def test_a_jira_without_the_link_type_says_it_in_words_alone(
    database: Database, settings: Settings, vault: Vault
) -> None:
    with SandboxServer() as sandbox:
        sandbox.state.settings.link_types = ["Blocks"]
        bench = await open_bench(database, settings, vault, sandbox, "jira")
        older, newer = await two_tickets(bench)
        await merge(bench, newer, older)
        await bench.push()
        assert linked(bench) == []
        assert "Duplicate of APP-1" in text_of(bench.tickets[1])
        (told,) = await bench.forum.rows(
            "select detail ->> 'sentence' as said from activity where verb = 'duplicate_not_marked'"
        )
        assert "no link type Duplicate" in told["said"]


async def test_an_accepted_theme_gets_no_second_ticket_where_its_own_is_superseded(
    github: Bench,
) -> None:
    older, newer = await two_tickets(github)
    await merge(github, newer, older)
    await github.push()
    async with github.forum.database.transaction() as connection:
        await decisions.reopen(connection, newer, actor=ME)
        await decisions.accept(connection, newer, actor=ME, undo_seconds=0)
    await github.push()
    assert len(github.tickets) == 2
