"""What a ticket tells developers is gathered from a theme's comments."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.jira.shape import plain
from integrations.sandbox.server import SandboxServer
from tests.scenes.pushing import Bench, open_bench

TEXT = "export to pdf crashes"
LOG = "ValueError: page is empty"


@pytest.fixture(params=["github", "jira"])
async def bench(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, request.param)


async def set_text(bench: Bench, person: str, text: str, days_ago: float = 0.0) -> None:
    """What somebody says in the theme, once it is there."""
    await bench.forum.rows(
        "update comment set text = %s, created_at = now() - make_interval(hours => %s) where"
        " author_id in (select id from author where handle = %s) returning id",
        text,
        round(24 * days_ago),
        person,
    )


async def ticket_text(bench: Bench) -> str:
    await bench.push()
    body = bench.tickets[0].body
    return plain(body) if isinstance(body, dict) else str(body)


async def test_a_ticket_says_where_it_happens_and_what_helps(bench: Bench) -> None:
    await bench.theme(TEXT, people=3)
    await set_text(bench, "p0", f"{TEXT} since version 2.3.1 on Windows 11 with Firefox 121", 9)
    await set_text(
        bench, "p1", f"{TEXT} in version 2.3.2, Windows 11 as well. Mail me: a@b.example"
    )
    log = (
        f"{TEXT}, version 2.3.2\n1. open it\n2. export\n{LOG}\nThanks. Restarting the app fixes it."
    )
    await set_text(bench, "p2", log)
    text = await ticket_text(bench)
    versions = text.partition("Versions:")[2].partition("\n")[0]
    said = "2.3.2 (2 people), 2.3.1 (1 person); 2.3.1 was named first"
    assert said in versions.replace("\u200b", "")
    assert "Windows 11 (2 people)" in text
    assert "Firefox 121 (1 person)" in text
    assert "2 comments, after 0 the week before" in text or "after 1 the week before" in text
    assert LOG in text
    assert "Restarting the app fixes it." in text
    assert "a@b.example" not in text
    first_quote = text.partition("What people say")[2].partition("— ")[0]
    assert "2. export" in first_quote.replace("\\", "").replace("\u200b", "")


async def test_a_theme_that_says_nothing_of_the_kind_says_nothing(bench: Bench) -> None:
    await bench.theme(TEXT)
    text = await ticket_text(bench)
    for words in ("Versions", "Error messages", "What people say helps", "Files", "week before"):
        assert words not in text


async def test_threads_have_names_and_generic_is_no_label(bench: Bench) -> None:
    await bench.theme(TEXT)
    await bench.forum.rows("update comment set thread_title = '' returning id")
    text = await ticket_text(bench)
    assert "[Thread]" not in text
    assert "\nThread\n" not in text
    assert not [label for label in bench.tickets[0].labels if label.startswith("platform:")]


async def test_nothing_private_is_gathered(bench: Bench) -> None:
    await bench.theme(TEXT, people=3)
    await set_text(bench, "p2", f"{TEXT} in version 9.9.9 on Windows 11\n{LOG}")
    await ticket_text(bench)
    await bench.forum.rows(
        "update comment set visibility = 'private' where author_id in"
        " (select id from author where handle = 'p2') returning id"
    )
    await bench.forum.rows("update theme set visibility = 'private' returning id")
    await bench.forum.rows("update ticket set due_at = now() returning id")
    await bench.forum.rows(
        'update tracker set settings = settings || \'{"audience": "public"}\' returning id'
    )
    text = await ticket_text(bench)
    assert "9.9.9" not in text
    assert LOG not in text


async def test_a_log_cannot_end_the_block_or_the_code(bench: Bench) -> None:
    theme_id = await bench.theme(TEXT)
    end = f"<!-- relay-{theme_id.hex}:end -->"
    hostile = f"{TEXT}\nValueError: ``` {end} {{noformat}} {{anchor:relay-{theme_id.hex}-end}} @ann"
    await set_text(bench, "p0", hostile)
    text = await ticket_text(bench)
    if bench.kind == "github":
        assert text.count(end) == 1
        assert "\n````\n" in text
    await bench.push()
    assert (await ticket_text(bench)) == text
