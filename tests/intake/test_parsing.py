"""Deliveries become comments: each version once, in any order, and what cannot be read says why."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from app.intake.parsing import parse_batch
from app.intake.replay import replay_delivery, replay_failed
from tests.scenes.forum import Forum


async def parse(forum: Forum, limit: int = 100) -> int:
    return await parse_batch(forum.database, limit=limit, lease=30, max_attempts=3)


def created(comment: dict[str, Any]) -> dict[str, Any]:
    return {"type": "comment.created", "data": comment}


def edited(comment: dict[str, Any], text: str, at: str) -> dict[str, Any]:
    return {"type": "comment.edited", "data": {**comment, "text": text, "edited_at": at}}


def deleted(comment: dict[str, Any], at: str) -> dict[str, Any]:
    return {"type": "comment.deleted", "data": {"id": comment["id"], "deleted_at": at}}


async def test_a_comment_keeps_what_its_platform_said(forum: Forum) -> None:
    comment = forum.comment("It crashes\nat start", author="ann", likes=4, opens_thread=True)
    await forum.deliver(created(comment))
    assert await parse(forum) == 1
    (row,) = await forum.rows(
        "select c.*, a.handle, a.is_staff from comment c join author a on a.id = c.author_id"
    )
    assert row["text"] == "It crashes\nat start"
    assert row["handle"] == "ann"
    assert row["is_staff"] is False
    assert row["permalink"] == comment["url"]
    assert row["thread_title"] == "Talk"
    assert row["likes"] == 4
    assert row["created_at"].isoformat() == comment["created_at"]
    assert row["opens_thread"]
    assert row["stage"] == "parsed"
    assert row["platform"] == "generic"
    (delivery,) = await forum.rows("select * from delivery")
    assert (delivery["stage"], delivery["event"], delivery["lease_until"]) == (
        "parsed",
        "comment.created",
        None,
    )


EDITS = ["2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z", "2026-11-02T12:00:00Z"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
async def test_the_newest_version_wins_in_any_order(
    forum: Forum, order: tuple[int, ...], together: bool
) -> None:
    comment = forum.comment("first")
    events = [
        created(comment),
        edited(comment, "second", EDITS[0]),
        edited(comment, "third", EDITS[1]),
    ]
    for number in order:
        await forum.deliver(events[number])
        if not together:
            await parse(forum)
    await parse(forum)
    (row,) = await forum.rows("select text, edited_at, created_at from comment")
    assert row["text"] == "third"
    assert row["edited_at"].isoformat().startswith("2026-11-02T11")
    assert row["created_at"].isoformat() == comment["created_at"]
    assert len(await forum.rows("select 1 from comment_version")) == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_deleted_comment_is_gone_whatever_came_late(
    forum: Forum, order: tuple[int, ...]
) -> None:
    comment = forum.comment("my phone number is in here")
    events = [
        created(comment),
        edited(comment, "still in here", EDITS[0]),
        deleted(comment, EDITS[1]),
    ]
    for number in order:
        await forum.deliver(events[number])
        await parse(forum)
    (row,) = await forum.rows("select text, deleted_at, stage from comment")
    assert row["deleted_at"] is not None
    assert row["text"] == ""
    versions = await forum.rows("select text from comment_version")
    assert {version["text"] for version in versions} == {""}


async def test_a_deletion_read_together_with_its_comment_keeps_no_more_than_its_thread(
    forum: Forum,
) -> None:
    comment = forum.comment("soon gone")
    await forum.deliver(deleted(comment, EDITS[1]), created(comment))
    await parse(forum)
    (row,) = await forum.rows(
        "select text, permalink, thread_id, author_id, deleted_at from comment"
    )
    assert row["thread_id"] == "t1"
    assert row["permalink"] == ""
    assert row["author_id"] is None
    assert row["deleted_at"] is not None
    assert row["text"] == ""


async def test_the_same_version_again_changes_nothing(forum: Forum) -> None:
    comment = forum.comment("once")
    await forum.deliver(
        created(comment), created(comment), created({**comment, "text": "forged later"})
    )
    await parse(forum)
    rows = await forum.rows("select text, stage from comment")
    assert [row["text"] for row in rows] == ["once"]
    assert len(await forum.rows("select 1 from comment_version")) == 1


async def test_a_delivery_with_many_comments(forum: Forum) -> None:
    batch = [forum.comment(f"text {n}", author=f"a{n % 3}") for n in range(40)]
    await forum.deliver({"type": "comment.created", "data": batch})
    await parse(forum)
    rows = await forum.rows(
        "select count(*) as comments, count(distinct author_id) as authors from comment"
    )
    assert rows == [{"comments": 40, "authors": 3}]


async def test_what_is_not_understood_is_kept_with_its_reason(forum: Forum) -> None:
    await forum.deliver(
        {"type": "ping"},
        {"type": "comment.pinned", "data": {}},
        b"\xff",
        b"{}",
        created({"id": "1"}),
    )
    await forum.deliver(created(forum.comment("fine")))
    assert await parse(forum) == 6
    rows = await forum.rows("select stage, event, reason, detail from delivery order by id")
    assert [(row["stage"], row["reason"]) for row in rows] == [
        ("ignored", "ignored_event"),
        ("unknown", "unknown_event"),
        ("failed", "invalid_encoding"),
        ("unknown", "unknown_event"),
        ("failed", "wrong_shape"),
        ("parsed", ""),
    ]
    assert all(row["detail"] for row in rows[:-1])
    assert len(await forum.rows("select 1 from comment")) == 1


async def test_hostile_text_is_stored_without_harm(forum: Forum) -> None:
    texts = [
        "\x00nul\x00",
        "\ud800 lone",
        "",
        "🦀" * 50,
        "‮gnp.exe",
        "<script>alert(1)</script>",
        "a" * 1_000_000,
    ]
    await forum.deliver(*(created(forum.comment(text)) for text in texts))
    assert await parse(forum) == len(texts)
    rows = await forum.rows("select stage, reason from delivery where stage <> 'parsed'")
    assert all(row["stage"] == "failed" and row["reason"] for row in rows)
    stored = await forum.rows("select text from comment order by id")
    assert len(stored) + len(rows) == len(texts)
    assert max(len(row["text"]) for row in stored) <= 100_000
    assert any("<script>" in row["text"] for row in stored)


async def test_a_worker_that_dies_gives_its_batch_back(forum: Forum) -> None:
    await forum.deliver(created(forum.comment("x")))
    async with forum.database.transaction() as connection:  # what a killed worker leaves behind
        await connection.execute(
            "update delivery set lease_until = now() + interval '1 hour', attempts = 1"
        )
    assert await parse(forum) == 0
    async with forum.database.transaction() as connection:
        await connection.execute("update delivery set lease_until = now() - interval '1 second'")
    assert await parse(forum) == 1
    assert len(await forum.rows("select 1 from comment")) == 1


async def test_a_delivery_that_stops_every_worker_is_set_aside(forum: Forum) -> None:
    await forum.deliver(created(forum.comment("x")))
    async with forum.database.transaction() as connection:
        await connection.execute("update delivery set attempts = 3")
    await parse(forum)
    (row,) = await forum.rows("select id, stage, reason from delivery")
    assert (row["stage"], row["reason"]) == ("failed", "gave_up")
    async with forum.database.transaction() as connection:
        await replay_delivery(connection, row["id"])
    await parse(forum)
    assert (await forum.rows("select stage from delivery")) == [{"stage": "parsed"}]


async def test_failed_deliveries_can_be_replayed_together(forum: Forum) -> None:
    await forum.deliver(b"{", created(forum.comment("x")))
    await parse(forum)
    async with forum.database.transaction() as connection:
        await connection.execute(
            "update delivery set body = %s where stage = 'failed'",
            [json.dumps(created(forum.comment("repaired"))).encode()],
        )
        assert await replay_failed(connection, forum.source_id) == 1
    await parse(forum)
    assert {row["text"] for row in await forum.rows("select text from comment")} == {
        "x",
        "repaired",
    }


async def test_bots_are_kept_but_not_counted(forum: Forum) -> None:
    bot = {"id": "b", "handle": "stale-bot", "is_bot": True}
    await forum.deliver(created(forum.comment("This crashes") | {"author": bot}))
    await parse(forum)
    assert await forum.rows("select stage, kind, kind_reason from comment") == [
        {"stage": "grouped", "kind": "other", "kind_reason": "bot"}
    ]


async def test_two_workers_share_the_work(forum: Forum) -> None:
    comments = [forum.comment(f"text {n}") for n in range(60)]
    await forum.deliver(
        *(created(comment) for comment in comments),
        *(created(comment) for comment in comments),
    )

    async def work() -> int:
        total = 0
        while taken := await parse(forum, limit=7):
            total += taken
        return total

    assert sum(await asyncio.gather(work(), work(), work())) == 120
    assert len(await forum.rows("select 1 from comment")) == 60
    assert len(await forum.rows("select 1 from delivery where stage <> 'parsed'")) == 0


async def test_the_log_names_the_delivery_and_its_source(
    forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(name: str) -> None:
        raise RuntimeError(f"planted for {name}")

    monkeypatch.setattr("app.intake.understanding.registry.source", stumble)
    await forum.deliver(created(forum.comment("x")))
    with capture_logs([merge_contextvars]) as lines:
        await parse(forum)
    (delivery,) = await forum.rows("select id, stage, reason from delivery")
    assert (delivery["stage"], delivery["reason"]) == ("failed", "internal_error")
    (line,) = [line for line in lines if line["event"] == "parse_failed"]
    assert line["delivery"] == delivery["id"]
    assert line["source"] == str(forum.source_id)
    assert line["stage"] == "parse"
