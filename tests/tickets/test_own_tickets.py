"""What we wrote into a tracker does not come back as feedback from it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.rows import fetch_value
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from integrations.tracker_contract import Account
from tests.scenes.pushing import Bench, Between, open_bench

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


async def heard(bench: Bench, external_id: str) -> bool:
    """Whether a comment stands. What was ignored is looked at: it says why and keeps no body."""
    delivery = await bench.forum.rows(
        "select d.stage, d.reason, d.detail, d.body from delivery d join source s on s.id = "
        "d.source_id where s.platform = 'github' order by d.id desc limit 1"
    )
    stored = await bench.forum.rows("select 1 from comment where external_id = %s", external_id)
    if not stored:
        (last,) = delivery
        assert (last["stage"], last["reason"], bytes(last["body"])) == ("ignored", "not_kept", b"")
        assert "ourselves" in last["detail"]
    return bool(stored)


def without_marker(text: str) -> str:
    return re.sub(r"<!--.*?-->", "", text)


def comment_of(body: str, user: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "body": body,
        "user": user,
        "html_url": "https://github.com/acme/app/issues/1#issuecomment-5",
        "created_at": "2026-11-29T10:00:00Z",
        "updated_at": "2026-11-29T10:00:00Z",
        **fields,
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda body: without_marker(body),
        lambda body: "Planned for May.\n\n" + without_marker(body) + "\n\nSee also the roadmap.",
        lambda body: without_marker(body).replace("**", "").replace("\n", "\r\n").upper(),
    ],
)
async def test_our_ticket_without_its_marker_is_still_ours(bench: Bench, change: Any) -> None:
    await bench.theme(people=1)
    await bench.run()
    issue = await issue_of(bench, body=change(bench.tickets[0].body))
    await hear(bench, "issues", action="edited", issue=issue)
    assert not await heard(bench, "issue:9001")


async def test_an_older_text_of_ours_is_still_ours(bench: Bench) -> None:
    await bench.theme(people=1)
    await bench.run()
    old_body = without_marker(bench.tickets[0].body)
    await bench.forum.say("export to pdf crashes", "somebody-else")
    await bench.forum.work()
    await bench.push()
    assert without_marker(bench.tickets[0].body) != old_body
    await hear(bench, "issues", action="edited", issue=await issue_of(bench, body=old_body))
    assert not await heard(bench, "issue:9001")


async def test_a_part_of_our_words_that_a_person_quotes_is_theirs(bench: Bench) -> None:
    await bench.theme(people=1)
    await bench.run()
    lines = without_marker(bench.tickets[0].body).strip().splitlines()
    quoted = "\n".join(lines[: len(lines) // 2]) + "\n\nI see this on Linux as well."
    comment = comment_of(quoted, MAINTAINER)
    await hear(
        bench, "issue_comment", action="created", issue=await issue_of(bench), comment=comment
    )
    assert await heard(bench, "issue_comment:5")


async def test_our_whole_text_in_a_comment_is_ours(bench: Bench) -> None:
    await bench.theme(people=1)
    await bench.run()
    for number, body in ((5, bench.tickets[0].body), (6, without_marker(bench.tickets[0].body))):
        comment = comment_of(body, ACCOUNT, id=number)
        await hear(
            bench, "issue_comment", action="created", issue=await issue_of(bench), comment=comment
        )
        assert not await heard(bench, f"issue_comment:{number}")


OWN_BOT = {"login": "sandbox-bot", "id": 1, "type": "Bot"}
FOREIGN_BOT = {"login": "dependabot[bot]", "id": 2, "type": "Bot"}


@pytest.mark.parametrize(
    ("user", "repository", "is_heard"),
    [
        (OWN_BOT, "acme/app", False),
        (FOREIGN_BOT, "acme/app", True),
        ({"login": "sandbox-bot-2", "id": 3, "type": "User"}, "acme/app", True),
        # Another GitHub, where an account may have the same name.
        (OWN_BOT, "acme/elsewhere", True),
    ],
)
async def test_what_our_machines_account_writes_there_is_ours(
    bench: Bench, user: dict[str, Any], repository: str, is_heard: bool
) -> None:
    await bench.theme(people=1)
    await bench.run()
    comment = comment_of("Shipped in 2.4.", user)
    await hear(
        bench,
        "issue_comment",
        action="created",
        issue=await issue_of(bench),
        comment=comment,
        repository={"full_name": repository},
    )
    assert await heard(bench, "issue_comment:5") is is_heard


@pytest.mark.parametrize("own_account", [False, True])
async def test_a_persons_account_is_ours_only_where_a_person_said_so(
    bench: Bench, own_account: bool
) -> None:
    class Person(Between):
        async def whoami(self) -> Account:
            return Account("kim", "kim", "kim", key="78")

    async with bench.forum.database.transaction() as connection:
        await connection.execute(
            "update tracker set settings = settings || %s::jsonb",
            [json.dumps({"own_account": own_account})],
        )
    await bench.theme(people=1)
    await bench.run(wrap=Person)
    comment = comment_of("Export crashes for me too, on a Mac.", MAINTAINER)
    await hear(
        bench, "issue_comment", action="created", issue=await issue_of(bench), comment=comment
    )
    assert await heard(bench, "issue_comment:5") is not own_account
