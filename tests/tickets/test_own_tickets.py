"""What we wrote into a tracker does not come back as feedback from it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.rows import fetch_value
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.pushing import Bench, open_bench

FOLLOW = """
    insert into source (id, product_id, platform, name)
    values (gen_random_uuid(), %s, 'github', 'issues') returning id
"""
HEAR = """
    insert into delivery (product_id, source_id, dedup_key, headers, body)
    values (%s, %s, gen_random_uuid(), %s, %s)
"""
ACCOUNT = {"login": "relay-account", "id": 77, "type": "User"}
MAINTAINER = {"login": "kim", "id": 78, "type": "User"}


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def hear(bench: Bench, event: str, **body: Any) -> None:
    """GitHub reports something of the repository that the tickets are in."""
    forum = bench.forum
    async with forum.database.transaction() as connection:
        source_id = await fetch_value(connection, "select id from source where platform = 'github'")
        source_id = source_id or await fetch_value(connection, FOLLOW, [forum.product_id])
        values = [forum.product_id, source_id, json.dumps({"x-github-event": event})]
        content = json.dumps({"repository": {"full_name": "acme/app"}, **body}).encode()
        await connection.execute(HEAR, [*values, content])
    await forum.work()


async def issue_of(bench: Bench, **fields: Any) -> dict[str, Any]:
    """The first ticket as GitHub describes it."""
    ticket = bench.tickets[0]
    return {
        "id": 9001,
        "number": 1,
        "title": ticket.title,
        "body": ticket.body,
        "user": ACCOUNT,
        "html_url": "https://github.com/acme/app/issues/1",
        "created_at": "2026-11-29T09:00:00Z",
        "updated_at": "2026-11-29T09:00:00Z",
        **fields,
    }


async def test_our_own_ticket_is_no_comment_and_nobody(bench: Bench) -> None:
    await bench.theme(people=1)
    await bench.run()
    before = await bench.forum.rows("select count(*) from comment")
    await hear(bench, "issues", action="opened", issue=await issue_of(bench))
    edited = await issue_of(bench, body="Planned for May.\n\n" + bench.tickets[0].body)
    await hear(bench, "issues", action="edited", issue=edited)
    assert await bench.forum.rows("select count(*) from comment") == before
    assert await bench.forum.rows("select 1 from author where handle = 'relay-account'") == []
    (theme,) = await bench.forum.themes()
    assert theme["people"] == 1
    heard = await bench.forum.rows(
        "select stage, event, reason, body from delivery where event like 'own%' order by id"
    )
    assert [row["event"] for row in heard] == ["own_ticket.opened", "own_ticket.edited"]
    assert {(row["stage"], row["reason"], bytes(row["body"])) for row in heard} == {
        ("ignored", "not_kept", b"")
    }


async def test_what_people_answer_under_it_is_heard(bench: Bench) -> None:
    await bench.theme(people=1)
    await bench.run()
    comment = {
        "id": 5,
        "body": "export to pdf crashes here as well",
        "user": MAINTAINER,
        "html_url": "https://github.com/acme/app/issues/1#issuecomment-5",
        "created_at": "2026-11-29T10:00:00Z",
        "updated_at": "2026-11-29T10:00:00Z",
    }
    issue = await issue_of(bench)
    await hear(bench, "issue_comment", action="created", issue=issue, comment=comment)
    assert await bench.forum.rows("select text from comment where external_id = 'issue_comment:5'")


async def test_an_issue_of_a_person_is_heard(bench: Bench) -> None:
    await bench.theme(people=1)
    await bench.run()
    issue = await issue_of(
        bench, id=9002, user=MAINTAINER, body="export crashes, see relay-account's ticket"
    )
    await hear(bench, "issues", action="opened", issue=issue)
    assert await bench.forum.rows("select text from comment where external_id = 'issue:9002'")
