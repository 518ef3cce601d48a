"""`relay theme` and `relay comment`."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.storage.db import Database
from tests.commands.command_line import Relay, command_line
from tests.scenes.pairs import add_pair, add_said
from tests.scenes.reading import add_product, add_source, add_theme, add_tracker


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    """`relay` over a fresh migrated database."""
    return command_line(database_url, tmp_path)


@dataclass(frozen=True)
class Queue:
    """Themes by how many people speak of them; the last is of another product and source."""

    login: uuid.UUID
    export: uuid.UUID
    dark: uuid.UUID
    other: uuid.UUID


@pytest.fixture
def queue(database_url: str) -> Queue:
    async def fill() -> Queue:
        database = Database(database_url)
        await database.open()
        try:
            async with database.transaction() as c:
                atlas, notes = await add_product(c), await add_product(c, "notes")
                forum, chat = await add_source(c, atlas), await add_source(c, notes, "Chat")
                login = await add_said(c, atlas, forum, "Login fails", ["ann", "bob", "cid"])
                export = await add_said(c, atlas, forum, "Export crashes", ["ann", "dan"])
                dark = await add_said(c, atlas, forum, "Dark mode", ["eve"], kind="feature")
                other = await add_said(c, notes, chat, "Sync stops", ["fay"])
                await add_pair(c, atlas, login, export)
                await add_tracker(c, notes)
                return Queue(login, export, dark, other)
        finally:
            await database.close()

    return asyncio.run(fill())


def titles(relay: Relay, *options: str) -> Sequence[str]:
    """The titles that `theme list` shows, in their order."""
    return [row["title"] for row in relay("theme", "list", *options, "--json").json]


def test_themes_are_listed_with_the_filters_of_the_queue(relay: Relay, queue: Queue) -> None:
    assert titles(relay, "--product", "atlas") == ["Login fails", "Export crashes", "Dark mode"]
    assert titles(relay, "--limit", "2") == ["Login fails", "Export crashes"]
    assert titles(relay, "--kind", "feature") == ["Dark mode"]
    assert titles(relay, "--source", "Chat") == ["Sync stops"]
    assert titles(relay, "--q", '"export crashes"') == ["Export crashes"]
    assert titles(relay, "--status", "accepted") == []
    assert relay("theme", "list", "--kind", "feature").rows[1][-2:] == [
        "Dark mode",
        str(queue.dark),
    ]


@pytest.mark.parametrize(
    ("line", "choices"),
    [
        ("theme list --status done", "triage, accepted, ignored, merged"),
        ("theme list --kind praise", "bug, feature"),
        ("theme list --sort age", "people, recent, new, confidence, weight"),
        ("comment list --kind rant", "bug, feature, question, praise, other"),
        ("comment list --status done", "parsed, enriched, grouped, failed"),
        ("comment list --sort age", "recent, oldest, liked, doubt"),
    ],
)
def test_values_that_nobody_knows_are_refused_with_the_choices(
    relay: Relay, line: str, choices: str
) -> None:
    refused = relay(*line.split(), fails=True)
    assert choices in " ".join(refused.err.replace("│", " ").split())


def test_a_source_that_nobody_knows_is_refused(relay: Relay, queue: Queue) -> None:
    assert "relay source list" in relay("theme", "list", "--source", "Nowhere", fails=True).err


def test_a_list_may_be_longer_than_a_page(relay: Relay, database_url: str) -> None:
    async def fill() -> None:
        database = Database(database_url)
        await database.open()
        async with database.transaction() as c:
            product = await add_product(c)
            for number in range(203):
                await add_theme(c, product, f"Theme {number}", people=number)
        await database.close()

    asyncio.run(fill())
    assert titles(relay, "--limit", "202") == [f"Theme {number}" for number in range(202, 0, -1)]


def test_a_theme_is_shown_by_the_start_of_its_id(relay: Relay, queue: Queue) -> None:
    shown = relay("theme", "show", str(queue.login)[:8].upper(), "--json").json
    assert shown["theme"]["row"]["title"] == "Login fails"
    assert len(shown["newest_comments"]) == 3
    text = relay("theme", "show", str(queue.login)).out
    assert "Export crashes" in text
    assert "Login fails, says bob" in text
    assert "theme_not_found" in relay("theme", "show", "nothing", fails=True).err
    assert "theme_not_found" in relay("theme", "show", " ", fails=True).err


def test_themes_are_decided_on(relay: Relay, queue: Queue) -> None:
    login, export, dark = str(queue.login), str(queue.export), str(queue.dark)
    assert "Accepted “Login fails”; no ticket" in relay("theme", "accept", login[:8]).out
    assert "the worker makes its ticket." in relay("theme", "accept", str(queue.other)).out
    assert "already_accepted" in relay("theme", "accept", login, fails=True).err
    assert "reason_missing" in relay("theme", "ignore", dark, fails=True).err
    ignored = relay("theme", "ignore", dark, "--reason", "Not planned", "--json").json
    assert ignored["theme"]["status_reason"] == "Not planned"
    assert ignored["action_id"] > 0
    assert "nothing_to_merge" in relay("theme", "merge", login, fails=True).err
    assert "other_product" in relay("theme", "merge", login, str(queue.other), fails=True).err
    merged = relay("theme", "merge", login, export[:8], "--into", export, "--json").json
    assert merged["theme"]["id"] == export
    assert merged["theme"]["people"] == 4
    assert "They were one already" in relay("theme", "merge", login, export).out
    assert titles(relay, "--status", "merged") == ["Login fails"]


def test_comments_are_listed_and_shown(relay: Relay, queue: Queue) -> None:
    of_theme = relay("comment", "list", "--theme", str(queue.export)[:8], "--json").json
    assert {row["author"] for row in of_theme} == {"ann", "dan"}
    assert len(relay("comment", "list", "--product", "notes").rows) == 2
    assert len(relay("comment", "list", "--source", "Forum", "--json").json) == 6
    assert [row["author"] for row in relay("comment", "list", "--q", "dark", "--json").json] == [
        "eve"
    ]
    assert relay("comment", "list", "--kind", "praise", "--json").json == []
    number = str(of_theme[0]["id"])
    assert of_theme[0]["text"] in relay("comment", "show", number).out
    assert relay("comment", "show", number, "--json").json["row"] == of_theme[0]
    assert "comment_not_found" in relay("comment", "show", "999999", fails=True).err
