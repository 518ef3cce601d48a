"""A person is forgotten: none of their words and names is left in any table, nor in the ticket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.config import Settings
from app.errors import NotFound, RelayError
from app.people.forgetting import Forgotten, forget_person
from app.people.linking import link_accounts
from app.people.notes import add_note
from app.queries.person_export import export_person
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import ME, Forum
from tests.scenes.pushing import Bench, open_bench

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
TABLES = """
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'
"""


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def tables_with(forum: Forum, word: str) -> list[str]:
    """The tables of which a row holds a word, in bodies as well."""
    found = []
    for table in await forum.rows(TABLES):
        query = (
            f"select count(*) as n from {table['name']} t where t::text ilike %s"
            " or t::text ilike %s"
        )
        (row,) = await forum.rows(query, f"%{word}%", f"%{word.encode().hex()}%")
        if row["n"]:
            found.append(str(table["name"]))
    return found


async def account(forum: Forum, handle: str) -> int:
    (row,) = await forum.rows("select id from author where handle = %s", handle)
    return int(row["id"])


async def forget(bench: Bench, person_id: int) -> Forgotten:
    return await forget_person(bench.forum.database, person_id, now=NOW, actor=ME)


async def test_no_word_and_no_name_of_theirs_is_left(bench: Bench) -> None:
    forum = bench.forum
    await bench.theme("export to pdf crashes for Zebulon", people=1)
    await forum.say("export to pdf crashes, says Quintus", "zebra", name="Zebra Zell")
    await forum.say("export to pdf crashes here", "bob")
    await forum.work()
    one, other = await account(forum, "p0"), await account(forum, "zebra")
    async with forum.database.transaction() as c:
        await link_accounts(c, one, other, why="zebrawhy", actor=ME)
        await add_note(c, other, "zebranote", actor=ME)
        kept = await export_person(c, one, NOW)
    assert len(kept["comments"]) == 2
    assert [note["text"] for note in kept["notes"]] == ["zebranote"]
    assert "Quintus" in str(kept["comments"])
    await bench.run()
    assert "Quintus" in bench.tickets[0].title + bench.tickets[0].body
    assert "delivery" in await tables_with(forum, "zebra")
    forgotten = await forget(bench, other)
    assert (forgotten.accounts, forgotten.comments) == (2, 2)
    assert "Backups" in " ".join(forgotten.unreached)
    assert [theme["people"] for theme in await forum.themes()] == [1]
    await forum.work()
    await bench.push()
    (ticket,) = bench.tickets
    assert "Zebulon" not in ticket.title + ticket.body
    assert "Quintus" not in ticket.title + ticket.body
    for word in ("Zebulon", "Quintus", "zebra"):
        assert await tables_with(forum, word) == [], word
    with pytest.raises(NotFound) as gone:
        await forget(bench, other)
    assert gone.value.reason == "person_not_found"


async def test_what_comes_again_is_not_taken_in_again(bench: Bench) -> None:
    forum = bench.forum
    comment = await forum.say("export to pdf crashes for Zebulon", "zebra")
    await forum.work()
    await forget(bench, await account(forum, "zebra"))
    await forum.deliver_comments(comment)
    await forum.work()
    assert await forum.rows("select from comment where text <> ''") == []
    assert await tables_with(forum, "Zebulon") == []


async def test_whoever_is_linked_while_being_forgotten_ends_well(bench: Bench) -> None:
    """Both orders are fine: nobody is half forgotten, and no link leads to nobody."""
    forum = bench.forum
    for name in ("zebra", "yak"):
        await forum.say(f"export to pdf crashes for {name}son", name)
    await forum.work()
    one, other = await account(forum, "zebra"), await account(forum, "yak")

    async def link() -> Any:
        async with forum.database.transaction() as c:
            return await link_accounts(c, one, other, why="x", actor=ME)

    outcomes = await asyncio.gather(forget(bench, one), link(), return_exceptions=True)
    assert isinstance(outcomes[0], Forgotten)
    assert isinstance(outcomes[1], int | RelayError)
    left = await forum.rows("select handle from author")
    assert len(left) == 2 - outcomes[0].accounts
    assert await forum.rows("select from account_link") == []
    assert await tables_with(forum, "zebrason") == []
