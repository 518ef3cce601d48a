"""What was derived from a comment goes from a theme as soon as the comment leaves it."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from app.triage import decisions, regroup
from app.triage.undo import undo
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import ME, Forum
from tests.scenes.pushing import Bench, open_bench
from tests.scenes.themes import two_themes


async def comments(forum: Forum, theme: uuid.UUID) -> list[int]:
    rows = await forum.rows("select id from comment where theme_id = %s order by id", theme)
    return [row["id"] for row in rows]


async def propose(forum: Forum, theme: Any, other: Any, of: int, comment: int) -> None:
    evidence = {"verdict": "merge", "nearest": [{"of": of, "comment": comment}]}
    await forum.rows(
        "insert into theme_suggestion (product_id, theme_id, other_id, score, evidence)"
        " values (%s, %s, %s, 0.9, %s) returning id",
        forum.product_id,
        theme,
        other,
        json.dumps(evidence),
    )


async def state(forum: Forum) -> str:
    (row,) = await forum.rows("select state from theme_suggestion")
    return str(row["state"])


@pytest.mark.parametrize("quoted", ["of", "comment"])
async def test_a_proposal_goes_with_the_comment_that_it_quotes(forum: Forum, quoted: str) -> None:
    first, second = (theme["id"] for theme in await two_themes(forum))
    ours, theirs = await comments(forum, first), await comments(forum, second)
    await propose(forum, first, second, of=ours[0], comment=theirs[0])
    leaver, place = (ours[0], first) if quoted == "of" else (theirs[0], second)
    async with forum.database.transaction() as connection:
        await regroup.split(connection, place, [leaver], actor=ME)
    assert await state(forum) == "withdrawn"


async def test_a_proposal_stays_where_another_comment_left(forum: Forum) -> None:
    first, second = (theme["id"] for theme in await two_themes(forum))
    ours, theirs = await comments(forum, first), await comments(forum, second)
    await propose(forum, first, second, of=ours[0], comment=theirs[0])
    async with forum.database.transaction() as connection:
        await regroup.move(connection, ours[1], None, actor=ME)
    assert await state(forum) == "open"


async def test_phrases_and_summary_go_with_a_comment_that_was_split_off(forum: Forum) -> None:
    first, _ = (theme["id"] for theme in await two_themes(forum))
    await forum.rows(
        "insert into theme_face (theme_id, fingerprint, mentions, phrases, summary, summary_by,"
        " asked) values (%s, '', 4, '{export to pdf}', 'It crashes.', 'm', 4)"
        " on conflict (theme_id) do update set phrases = excluded.phrases,"
        " summary = excluded.summary, asked = 4 returning theme_id",
        first,
    )
    ours = await comments(forum, first)
    async with forum.database.transaction() as connection:
        await regroup.split(connection, first, ours[:1], actor=ME)
    (face,) = await forum.rows("select phrases, summary, asked from theme_face")
    assert (face["phrases"], face["summary"], face["asked"]) == ([], "", 0)


@pytest.fixture
async def bench(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox)


async def mixed_theme(bench: Bench) -> tuple[uuid.UUID, list[int]]:
    """A theme with a ticket that is called by one matter and holds another one too."""
    first = await bench.theme("login with google is broken", people=2)
    second = await bench.theme("export to pdf crashes", people=3)
    async with bench.forum.database.transaction() as connection:
        await decisions.reopen(connection, second, actor=ME)
        await regroup.merge(connection, first, [second], actor=ME)
    await bench.push()
    return first, await comments(bench.forum, first)


async def test_a_split_leaves_both_tickets_true(bench: Bench) -> None:
    theme, members = await mixed_theme(bench)
    assert "5 comments" in bench.tickets[0].body
    async with bench.forum.database.transaction() as connection:
        line, new = await regroup.split(connection, theme, members[:2], actor=ME)
        await decisions.accept(connection, new, actor=ME, undo_seconds=0)
    await bench.push()
    old, fresh = bench.tickets
    assert "3 comments" in old.body
    assert "login" not in old.body
    assert "login" not in old.title.lower()
    assert "2 comments" in fresh.body
    assert "export" not in fresh.body
    async with bench.forum.database.transaction() as connection:
        accepted = await bench.forum.rows(
            "select id from activity where verb = 'accepted' order by id desc limit 1"
        )
        await undo(connection, accepted[0]["id"], actor=ME)
        await undo(connection, line, actor=ME)
    await bench.push()
    assert "5 comments" in old.body
    assert "stands behind this any more" in fresh.body


async def test_a_theme_that_is_emptied_by_a_move_says_so_without_numbers(bench: Bench) -> None:
    theme = await bench.theme("login with google is broken", people=1)
    await bench.run()
    other = await bench.theme("export to pdf crashes", people=2)
    await bench.run()
    (only,) = await comments(bench.forum, theme)
    async with bench.forum.database.transaction() as connection:
        line = await regroup.move(connection, only, other, actor=ME)
    await bench.push()
    emptied, grown = bench.tickets
    assert "belongs elsewhere now" in emptied.body
    assert "0 " not in emptied.body.split("<sub>")[0].split("]")[0]
    assert "2026" not in emptied.body
    assert "3 comments" in grown.body
    async with bench.forum.database.transaction() as connection:
        await undo(connection, line, actor=ME)
    await bench.push()
    assert "1 comment " in emptied.body
    assert "2 comments" in grown.body


async def test_undo_of_a_merge_leaves_what_a_person_moved_away_meanwhile(bench: Bench) -> None:
    first = await bench.theme("login with google is broken", people=2)
    await bench.run()
    second = await bench.theme("export to pdf crashes", people=2)
    await bench.run()
    third = await bench.theme("printer dialog shows an error", people=2)
    await bench.run()
    moving = (await comments(bench.forum, first))[0]
    async with bench.forum.database.transaction() as connection:
        merged = await regroup.merge(connection, second, [first], actor=ME)
        await regroup.move(connection, moving, third, actor=ME)
        await undo(connection, merged, actor=ME)
    await bench.push()
    counts = [ticket.body.split("comment")[0].rsplit(" ", 2)[-2] for ticket in bench.tickets]
    assert counts == ["1", "2", "3"]
