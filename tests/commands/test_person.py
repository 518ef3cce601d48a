"""`relay person`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from app.storage.db import Database
from tests.commands.command_line import Relay, command_line
from tests.scenes.people import Crowd, add_crowd


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    """`relay` over a fresh migrated database."""
    return command_line(database_url, tmp_path)


@pytest.fixture
def crowd(database_url: str) -> Crowd:
    """Accounts that speak in a few themes."""

    async def fill() -> Crowd:
        database = Database(database_url)
        await database.open()
        try:
            async with database.transaction() as c:
                return await add_crowd(c, 3)
        finally:
            await database.close()

    return asyncio.run(fill())


def test_accounts_become_one_person_and_two_again(relay: Relay, crowd: Crowd) -> None:
    one, other = crowd.accounts[:2]
    before = relay("person", "list", "--json").json
    assert {str(row["id"]) for row in before} == {str(number) for number in crowd.accounts}
    relay("person", "link", str(one), str(other), "--why", "They say so.")
    relay("person", "link", str(one), str(other), "--why", "Again.", fails=True)
    shown = relay("person", "show", str(other), "--json").json
    assert [account["id"] for account in shown["accounts"]] == [one, other]
    (link,) = relay("person", "links", "--state", "linked", "--json").json
    assert (link["why"], link["basis"]) == ("They say so.", "staff")
    assert len(relay("person", "list").rows) == len(before)
    relay("person", "unlink", str(link["id"]), "--why", "Two people.")
    assert relay("person", "list", "--json").json == before
    relay("person", "refuse", str(link["id"]), "--why", "Two people.")
    relay("person", "confirm", str(link["id"]))
    assert [row[0] for row in relay("person", "links").rows] == ["one"]


def test_notes_wishes_and_search(relay: Relay, crowd: Crowd, tmp_path: Path) -> None:
    number = str(crowd.accounts[4])
    assert "Noted" in relay("person", "note", number, "Runs the user group.").out
    relay("person", "opt-out", number)
    shown = relay("person", "show", number).out
    assert "wants none" in shown
    assert "Runs the user group." in shown
    relay("person", "opt-out", number, "--back")
    assert relay("person", "list", "--search", "h4", "--json").json[0]["no_replies"] is False
    relay("person", "note", number, "x" * 4_001, fails=True)
    assert relay("person", "export", number).json["notes"][0]["text"] == "Runs the user group."
    relay("person", "list", "--which", "nobody", fails=True)
    relay("person", "show", "999999", fails=True)
    file = tmp_path / "weights.csv"
    file.write_text("handle,plan,weight\nh4,pro,2.5\n")
    assert "1 accounts" in relay("person", "weights", str(file)).out
    assert relay("person", "list", "--sort", "weight").rows[1][5] == "2.5"
    file.write_text("handle\nnobody\n")
    assert "Line 2" in relay("person", "weights", str(file), fails=True).err
    relay("person", "forget", "999999", "--yes", fails=True)
