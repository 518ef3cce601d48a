"""A ticket that people opened stands for a theme: found, linked, let go of, replaced, made anew."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.errors import Conflict, Invalid
from app.models.states import Visibility
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.lookalikes import Lookalike, locate_ticket, lookalikes
from app.tickets.retrying import retry_ticket
from app.triage import decisions
from app.triage.showing import show_although
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import Ticket
from tests.scenes.forum import ME
from tests.scenes.linking import LINKING_NETWORK, TEXT, Links
from tests.scenes.pushing import open_bench


@pytest.fixture(params=["github", "jira"])
async def links(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Links]:
    with SandboxServer() as sandbox:
        yield Links(await open_bench(database, settings, vault, sandbox, request.param))


def said_in(ticket: Ticket) -> str:
    return " ".join(str(comment.body) for comment in ticket.comments)


async def test_linking_accepts_the_theme_and_leaves_the_tickets_text_alone(links: Links) -> None:
    ticket = links.opened_by_people()
    theme_id = await links.theme()
    await links.link(theme_id, ticket)
    await links.bench.push()
    row = await links.bench.ticket()
    assert (row["state"], row["remote_id"], row["remote_key"]) == (
        "created",
        str(ticket.id),
        ticket.key,
    )
    (theme,) = await links.bench.forum.rows("select status from theme where id = %s", theme_id)
    assert theme["status"] == "accepted"
    assert (ticket.title, ticket.body, ticket.labels) == ("PDF export crashes", None, [])
    assert "2 people" in said_in(ticket)
    assert len(links.bench.tickets) == 1


async def test_our_comment_goes_on_with_the_theme_and_is_one(links: Links) -> None:
    ticket = links.opened_by_people()
    await links.link(await links.theme(), ticket)
    await links.bench.push()
    await links.bench.forum.say(TEXT, "p9")
    await links.bench.forum.work()
    await links.bench.push()
    await links.bench.push()
    assert len(ticket.comments) == 1
    assert "3 people" in said_in(ticket)


async def test_a_comment_whose_answer_was_lost_is_posted_once(links: Links) -> None:
    ticket = links.opened_by_people()
    await links.link(await links.theme(), ticket)
    links.bench.fail(mode="lost_response", method="POST", path="*comment*")
    await links.bench.push()
    assert len(ticket.comments) == 1
    assert (await links.bench.ticket())["comment_id"] == ""
    await links.bench.push()
    assert len(ticket.comments) == 1
    assert (await links.bench.ticket())["comment_id"] == str(ticket.comments[0].id)


async def test_the_status_of_a_linked_ticket_is_followed(links: Links) -> None:
    ticket = links.opened_by_people()
    await links.link(await links.theme(), ticket)
    await links.bench.push()
    done = "closed" if links.bench.kind == "github" else "Done"
    links.bench.sandbox.state.set_status(ticket, done, "completed")
    await links.bench.forum.rows("update ticket set look_at = now() returning id")
    await links.look()
    assert (await links.bench.ticket())["status"] == "done"


async def test_what_was_done_before_it_was_linked_is_told_to_nobody_by_itself(
    links: Links,
) -> None:
    ticket = links.opened_by_people()
    done = "closed" if links.bench.kind == "github" else "Done"
    links.bench.sandbox.state.set_status(ticket, done, "completed")
    await links.link(await links.theme(), ticket)
    row = await links.bench.ticket()
    assert row["status"] == "done"
    assert row["drafted_since"] == row["status_since"]


async def test_a_ticket_that_is_not_there_links_nothing(links: Links) -> None:
    theme_id = await links.theme()
    for name, reason, error in (
        ("4711" if links.bench.kind == "github" else "APP-4711", "tracker_refused", Conflict),
        ("the one about pdf", "ticket_unnamed", Invalid),
    ):
        with pytest.raises(error) as refusal:
            await locate_ticket(
                links.database,
                links.bench.vault,
                theme_id,
                name,
                tracker_id=None,
                network=LINKING_NETWORK,
            )
        assert refusal.value.reason == reason
    assert await links.bench.forum.rows("select id from ticket") == []


async def test_a_ticket_is_linked_to_one_theme(links: Links) -> None:
    ticket = links.opened_by_people()
    await links.link(await links.theme(), ticket)
    other = await links.theme("login crashes on startup")
    with pytest.raises(Conflict) as refusal:
        await links.link(other, ticket)
    assert refusal.value.reason == "ticket_of_another_theme"
    assert "Export to pdf crashes" in refusal.value.detail


async def test_a_ticket_that_is_there_is_replaced_on_purpose_alone(links: Links) -> None:
    first, second = links.opened_by_people(), links.opened_by_people("PDF")
    theme_id = await links.theme()
    await links.link(theme_id, first)
    await links.bench.push()
    with pytest.raises(Conflict) as refusal:
        await links.link(theme_id, second)
    assert refusal.value.reason == "ticket_there"
    await links.relink(second)
    await links.bench.push()
    row = await links.bench.ticket()
    assert row["remote_id"] == str(second.id)
    assert [one["id"] for one in row["former"]] == [str(first.id)]
    assert "2 people" in said_in(second)


async def test_nothing_is_written_into_a_ticket_that_was_let_go_of(links: Links) -> None:
    theme_id = await links.theme()
    await links.accept(theme_id)
    await links.bench.push()
    (ticket,) = links.bench.tickets
    body = ticket.body
    await links.unlink()
    await links.bench.forum.say(TEXT, "p9")
    await links.bench.forum.work()
    await links.bench.push()
    await links.look()
    row = await links.bench.ticket()
    assert (row["state"], row["remote_key"]) == ("unlinked", ticket.key)
    assert ticket.body == body
    with pytest.raises(Conflict):
        await retry_ticket(links.database, row["id"])


async def test_no_ticket_is_made_in_place_of_one_that_was_let_go_of(links: Links) -> None:
    theme_id = await links.theme()
    await links.accept(theme_id)
    await links.bench.push()
    await links.unlink()
    async with links.database.transaction() as connection:
        await decisions.reopen(connection, theme_id, actor=ME)
    await links.accept(theme_id)
    await links.bench.push()
    assert len(links.bench.tickets) == 1
    assert (await links.bench.ticket())["state"] == "unlinked"


async def test_a_new_ticket_is_made_on_demand_and_the_old_one_is_not_taken_for_it(
    links: Links,
) -> None:
    theme_id = await links.theme()
    await links.accept(theme_id)
    await links.bench.push()
    await links.unlink()
    await links.recreate()
    links.bench.fail(mode="lost_response", method="POST", path="*issue*")
    await links.bench.push()
    await links.bench.push()
    row = await links.bench.ticket()
    old, new = links.bench.tickets
    assert (row["state"], row["remote_id"]) == ("created", str(new.id))
    assert [one["id"] for one in row["former"]] == [str(old.id)]


async def test_a_ticket_that_is_there_is_not_made_anew(links: Links) -> None:
    await links.accept(await links.theme())
    await links.bench.push()
    with pytest.raises(Conflict) as refusal:
        await links.recreate()
    assert refusal.value.reason == "ticket_there"


async def test_a_linked_ticket_that_was_deleted_can_be_made_anew(links: Links) -> None:
    ticket = links.opened_by_people()
    await links.link(await links.theme(), ticket)
    await links.bench.push()
    links.bench.sandbox.state.delete(ticket)
    await links.bench.forum.rows("update ticket set look_at = now() returning id")
    await links.look()
    assert (await links.bench.ticket())["state"] in ("gone", "blocked")
    await links.recreate()
    await links.bench.push()
    row = await links.bench.ticket()
    assert (row["state"], row["linked_at"], row["comment_id"]) == ("created", None, "")
    assert row["remote_id"] != str(ticket.id)


async def test_undo_brings_back_what_was_before(links: Links) -> None:
    ticket = links.opened_by_people()
    theme_id = await links.theme()
    linked = await links.link(theme_id, ticket, seconds=600)
    await links.undo(*linked.activities)
    row = await links.bench.ticket()
    assert (row["state"], row["remote_id"]) == ("cancelled", "")
    await links.bench.push()
    assert ticket.comments == []
    await links.accept(theme_id)
    await links.bench.push()
    assert len(links.bench.tickets) == 2
    unlinked = await links.unlink()
    await links.undo(unlinked)
    await links.bench.push()
    row = await links.bench.ticket()
    assert row["state"] == "created"
    assert row["remote_id"] == str(links.bench.tickets[1].id)


async def test_while_a_ticket_is_being_created_nothing_is_linked(links: Links) -> None:
    ticket = links.opened_by_people()
    theme_id = await links.theme()
    await links.accept(theme_id)
    links.bench.fail(mode="timeout_after_work", method="POST", path="*issue*", seconds=0)
    links.bench.fail(mode="lost_response", method="POST", path="*issue*")
    await links.bench.run()
    with pytest.raises(Conflict) as refusal:
        await links.link(theme_id, ticket)
    assert refusal.value.reason == "ticket_in_doubt"


async def test_private_words_are_not_written_into_a_public_ticket_of_people(links: Links) -> None:
    ticket = links.opened_by_people()
    theme_id = await links.theme()
    await links.bench.forum.rows(
        "update comment set visibility = 'private' returning id",
    )
    await links.bench.forum.rows("update theme set visibility = 'private' returning id")
    await links.bench.forum.rows(
        'update tracker set settings = settings || \'{"audience": "public"}\' returning id'
    )
    await links.link(theme_id, ticket)
    await links.bench.push()
    row = await links.bench.ticket()
    assert (row["state"], row["reason"]) == ("blocked", "more_private_than_tracker")
    assert ticket.comments == []
    async with links.database.transaction() as connection:
        await show_although(connection, theme_id, actor=ME)
    await links.bench.push()
    assert "2 people" in said_in(ticket)
    assert len(links.bench.tickets) == 1
    assert (await links.bench.ticket())["shown_visibility"] == Visibility.private


async def test_alike_tickets_are_found_with_the_theme_that_has_them(links: Links) -> None:
    ticket = links.opened_by_people("Crash when exporting to PDF")
    links.opened_by_people("Something else entirely")
    first = await links.theme()
    found = await find(links, first)
    assert [(one.key, one.theme_id) for one in found] == [(ticket.key, None)]
    other = await links.theme("crash of the pdf export on large reports")
    await links.link(other, ticket)
    found = await find(links, first)
    assert [(one.key, one.theme_id) for one in found] == [(ticket.key, other)]


async def test_a_tracker_that_does_not_answer_finds_nothing(links: Links) -> None:
    links.opened_by_people()
    theme_id = await links.theme()
    links.bench.fail(mode="status", status=500, count=None)
    assert await find(links, theme_id) == []


async def find(links: Links, theme_id: uuid.UUID) -> list[Lookalike]:
    values: Any = (links.database, links.bench.vault, theme_id)
    return await lookalikes(*values, network=LINKING_NETWORK)
