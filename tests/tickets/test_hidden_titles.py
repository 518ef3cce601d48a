"""The title of a ticket is held to the same measure as its text: what its readers may not read goes
from it as well, also where it got there rightly before."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from app.config import Settings
from app.intake.changing import DeliveredChanges, carry_out
from app.models.states import Visibility
from app.setup.trackers import update_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.themes.counts import recount
from app.tickets.drafts import load_draft
from app.triage.showing import show_although
from app.triage.undo import undo
from integrations.sandbox.server import SandboxServer
from integrations.source_contract import ScopeChange
from tests.scenes.forum import ME
from tests.scenes.merging import EXPORT, merge, text_of, two_tickets
from tests.scenes.pushing import Bench, open_bench

SECRET = "export to pdf crashes for whisperer"


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def titled_by_a_secret(bench: Bench, visibility: str = "private") -> uuid.UUID:
    """An accepted theme whose title is of a private comment, and which the public speaks of too."""
    await bench.forum.rows(
        "update source set settings = settings || '{\"keep_private\": true}' returning id"
    )
    await bench.forum.say(SECRET, "w", visibility=visibility)
    await bench.forum.work()
    theme = await bench.theme(SECRET, people=0)
    await bench.forum.say(EXPORT, "somebody", visibility="public")
    await bench.forum.work()
    (row,) = await bench.forum.rows("select title, mentions from theme where id = %s", theme)
    assert "whisperer" in row["title"]
    assert row["mentions"] == 2
    return theme


async def make_private(bench: Bench, text: str, theme: uuid.UUID) -> None:
    """The platform says that one comment is private by now, and the source keeps it."""
    forum = bench.forum
    (row,) = await forum.rows("select external_id from comment where text = %s", text)
    change = ScopeChange(external_id=row["external_id"], visibility=Visibility.private)
    delivered = DeliveredChanges(
        0, forum.product_id, forum.source_id, "generic", datetime.now(UTC), True, [change]
    )
    async with bench.forum.database.transaction() as connection:
        changed = await carry_out(connection, [delivered])
        await recount(connection, changed.themes, comments=changed.reached)
    assert changed.themes == {theme}


async def test_it_goes_with_a_word_that_is_taken_back(bench: Bench) -> None:
    theme = await titled_by_a_secret(bench)
    async with bench.forum.database.transaction() as connection:
        line = await show_although(connection, theme, actor=ME)
    await bench.push()
    (ticket,) = bench.tickets
    assert "whisperer" in ticket.title
    async with bench.forum.database.transaction() as connection:
        await undo(connection, line, actor=ME)
    await bench.push()
    assert "whisperer" not in ticket.title
    assert "export to pdf crashes" in ticket.title.lower()
    (row,) = await bench.forum.rows("select title from ticket")
    assert row["title"] == ticket.title


async def test_it_goes_when_its_comment_becomes_private(bench: Bench) -> None:
    theme = await titled_by_a_secret(bench, "public")
    await bench.push()
    (ticket,) = bench.tickets
    assert "whisperer" in ticket.title
    await make_private(bench, SECRET, theme)
    await bench.push()
    assert "whisperer" not in ticket.title


async def test_it_goes_when_more_people_read_the_tracker(bench: Bench, vault: Vault) -> None:
    await set_audience(bench, vault, "private")
    await titled_by_a_secret(bench)
    await bench.push()
    (ticket,) = bench.tickets
    assert "whisperer" in ticket.title
    await set_audience(bench, vault, "public")
    await bench.push()
    assert "whisperer" not in ticket.title


async def test_what_people_wrote_into_it_stays(bench: Bench) -> None:
    theme = await titled_by_a_secret(bench, "public")
    await bench.push()
    (ticket,) = bench.tickets
    ticket.title = "Export for the whisperer, see the wiki"
    await make_private(bench, SECRET, theme)
    await bench.push()
    assert ticket.title == "Export for the whisperer, see the wiki"


async def test_a_machines_title_is_of_all_comments(bench: Bench) -> None:
    theme = await titled_by_a_secret(bench)
    await bench.forum.rows(
        "update theme set title = 'PDF export of the whisperer', title_by = 'llm:small' "
        "where id = %s returning id",
        theme,
    )
    await bench.forum.rows(
        "insert into theme_face (theme_id, comment_id, fingerprint, mentions, phrases) "
        "select %s, id, fingerprint, 2, '{}' from comment where text = %s "
        "on conflict (theme_id) do update set comment_id = excluded.comment_id returning theme_id",
        theme,
        EXPORT,
    )
    async with bench.forum.database.transaction() as connection:
        draft = await load_draft(connection, theme, "relay-1", "", shown=Visibility.public)
    assert "whisperer" not in draft.title


async def test_last_words_go_with_a_comment_that_becomes_private(bench: Bench) -> None:
    older, newer = await two_tickets(bench)
    await bench.forum.say(f"{EXPORT} with my secret plan", "zoe")
    await bench.forum.work()
    await bench.push()
    await merge(bench, newer, older)
    await bench.push()
    kept, other = bench.tickets
    assert "secret plan" in text_of(other)
    await make_private(bench, f"{EXPORT} with my secret plan", newer)
    await bench.push()
    assert "secret plan" not in text_of(kept)
    assert "secret plan" not in text_of(other)


async def set_audience(bench: Bench, vault: Vault, audience: str) -> None:
    (row,) = await bench.forum.rows("select settings from tracker")
    async with bench.forum.database.transaction() as connection:
        await update_tracker(
            connection,
            vault,
            bench.tracker_id,
            settings=row["settings"] | {"audience": audience},
        )


async def test_a_superseded_ticket_loses_a_title_that_is_taken_back(bench: Bench) -> None:
    older, _ = await two_tickets(bench)
    said = await bench.forum.say("the printer dialog of whisperer is broken", "zoe")
    await bench.forum.work()
    newer = await bench.theme("the printer dialog of whisperer is broken", people=0)
    await bench.push()
    ticket = bench.tickets[2]
    assert "whisperer" in ticket.title
    await merge(bench, older, newer)
    await bench.push()
    await bench.forum.deliver_comments({"id": said["id"]}, event="comment.deleted")
    await bench.forum.work()
    await bench.push()
    assert "whisperer" not in ticket.title
    assert "whisperer" not in text_of(ticket)
