"""What differs because somebody edited our block, and a new ticket for what was shipped and said
again."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.drift import check_tickets, repair_tickets
from integrations.sandbox.jira.shape import plain
from integrations.sandbox.server import SandboxServer
from tests.scenes.following import Followed, open_followed

TEXT = "export to pdf crashes"


@pytest.fixture(params=["github", "jira"])
async def followed(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Followed]:
    with SandboxServer() as sandbox:
        followed = await open_followed(database, settings, vault, sandbox, request.param)
        await followed.bench.push()
        yield followed


async def check(followed: Followed) -> dict[str, str]:
    """What a look at every ticket says of the last one."""
    async with followed.bench.forum.database.transaction() as connection:
        await check_tickets(connection, followed.bench.tracker_id)
    await followed.follow()
    (row,) = await followed.bench.forum.rows("select drift, drift_detail from ticket")
    return row


def edit(followed: Followed, old: str, new: str) -> None:
    """A person changes some words of the ticket, wherever they stand."""
    ticket = followed.bench.tickets[0]
    body = ticket.body
    if isinstance(body, dict):
        assert old in plain(body)
        body = _replaced(body, old, new)
    else:
        assert old in body
        body = body.replace(old, new)
    followed.bench.sandbox.state.edit(ticket, "body", body)


def _replaced(node: object, old: str, new: str) -> object:
    if isinstance(node, dict):
        return {key: _replaced(value, old, new) for key, value in node.items()}
    if isinstance(node, list):
        return [_replaced(one, old, new) for one in node]
    return node.replace(old, new) if isinstance(node, str) else node


async def say_again(followed: Followed, *people: str) -> None:
    """People speak of it now, whatever the forum's clock says."""
    await followed.people_say(TEXT, *people)
    await followed.bench.forum.rows(
        "update comment set created_at = now() where author_id in"
        " (select id from author where handle = any(%s)) returning id",
        list(people),
    )
    await followed.bench.forum.rows("update theme set last_seen = now() returning id")


def text_of(followed: Followed, number: int) -> str:
    body = followed.bench.tickets[number].body
    return plain(body) if isinstance(body, dict) else str(body)


async def test_a_ticket_that_nobody_edited_differs_in_nothing(followed: Followed) -> None:
    assert (await check(followed))["drift"] == ""


async def test_an_edited_block_is_told_and_repaired(followed: Followed) -> None:
    edit(followed, "2 people", "20 people")
    row = await check(followed)
    assert row["drift"] == "edited_block"
    assert "Repair" in row["drift_detail"]
    async with followed.bench.forum.database.transaction() as connection:
        await repair_tickets(connection, followed.bench.tracker_id)
    await followed.bench.push()
    assert "20 people" not in text_of(followed, 0)
    assert (await check(followed))["drift"] == ""


async def test_what_people_write_around_the_block_is_no_difference(followed: Followed) -> None:
    ticket = followed.bench.tickets[0]
    body = ticket.body
    if isinstance(body, dict):
        own = {"type": "paragraph", "content": [{"type": "text", "text": "Ours too."}]}
        body = {**body, "content": [own, *body["content"]]}
    else:
        body = f"Ours too.\n\n{body}"
    followed.bench.sandbox.state.edit(ticket, "body", body)
    assert (await check(followed))["drift"] == ""


async def test_what_was_shipped_and_said_again_gets_a_new_ticket_once(followed: Followed) -> None:
    await followed.bench.forum.rows("update tracker set recurrence = 'new_ticket' returning id")
    first = followed.act("close")
    await followed.hear()
    await followed.follow()
    await say_again(followed, "p7", "p8")
    await followed.follow()
    await followed.follow()
    await followed.bench.push()
    await followed.follow()
    assert len(followed.bench.tickets) == 2
    row = await followed.bench.ticket()
    new = followed.bench.tickets[1]
    assert (row["state"], row["remote_id"], row["status"]) == ("created", str(new.id), "open")
    assert [one["key"] for one in row["former"]] == [first.key]
    assert "It goes on from" in text_of(followed, 1)
    assert first.key in text_of(followed, 1)
    assert first.done
    (line,) = await followed.told_of("recurrence_new_ticket")
    assert "2 people" in line["sentence"]
    assert (await check(followed))["drift"] == ""


async def test_a_new_ticket_that_is_shipped_and_said_again_is_followed_by_another(
    followed: Followed,
) -> None:
    await followed.bench.forum.rows("update tracker set recurrence = 'new_ticket' returning id")
    for number in range(2):
        followed.act("close", number)
        await followed.hear()
        await followed.follow()
        await say_again(followed, f"q{number}")
        await followed.follow()
        await followed.bench.push()
        await followed.follow()
    assert len(followed.bench.tickets) == 3
    assert len((await followed.bench.ticket())["former"]) == 2
