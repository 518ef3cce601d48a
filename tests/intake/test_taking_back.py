"""What its author took back is gone here too: texts, raw deliveries, titles, and who said it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from app.errors import Conflict
from app.intake.replay import replay_delivery, replay_failed
from tests.scenes.forum import Forum

TELLING = "Zebulon here, my invoice list is empty"
EVERYTHING = (
    "comment",
    "comment_version",
    "comment_embedding",
    "delivery",
    "author",
    "theme",
    "theme_face",
    "activity",
)


async def stored_text(forum: Forum) -> str:
    """All that the tables about comments hold, bodies of deliveries as text."""
    parts = []
    for table in EVERYTHING:
        for row in await forum.rows(f"select t.* from {table} t"):
            parts += [
                bytes(value).decode("utf-8", "replace")
                if isinstance(value, bytes | memoryview)
                else str(value)
                for value in row.values()
            ]
    return "\n".join(parts).lower()


def deletion(comment: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "type": "comment.deleted",
        "data": {"id": comment["id"], "deleted_at": "2026-11-09T00:00:00Z", **fields},
    }


def edit(comment: dict[str, Any], text: str, day: int = 5) -> dict[str, Any]:
    later = {**comment, "text": text, "edited_at": f"2026-11-{day:02}T00:00:00Z"}
    return {"type": "comment.edited", "data": later}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
async def test_nothing_of_a_deleted_comment_is_left(
    forum: Forum, order: tuple[int, ...], together: bool
) -> None:
    comment = forum.comment(
        TELLING,
        author="zebulon-handle",
        thread={"id": "t9", "title": "Zebulon asks", "url": "https://forum.example/zebulon"},
        url="https://forum.example/zebulon/1",
        opens_thread=True,
    )
    comment["author"]["name"] = "Zebulon Quill"
    bodies = [
        {"type": "comment.created", "data": comment},
        edit(comment, TELLING + " since zebulon's update"),
        deletion(comment, text=TELLING),
    ]
    for number in order:
        await forum.deliver(bodies[number])
        if not together:
            await forum.work()
    await forum.work()
    assert "zebulon" not in await stored_text(forum)
    assert "invoice" not in await stored_text(forum)
    (row,) = await forum.rows(
        "select text, thread_title, permalink, author_id, deleted_at, search::text as search"
        " from comment"
    )
    assert row["deleted_at"] is not None
    assert (row["text"], row["thread_title"], row["permalink"]) == ("", "", "")
    assert row["author_id"] is None
    assert row["search"] == f"'{forum.product_id}'"
    assert await forum.rows("select 1 from author") == []


async def test_the_same_delivery_is_still_known_and_is_not_read_again(forum: Forum) -> None:
    comment = await forum.say(TELLING)
    await forum.work()
    keys = await forum.rows("select id, dedup_key from delivery")
    await forum.deliver(deletion(comment))
    await forum.work()
    (first, _) = await forum.rows("select * from delivery order by id")
    assert (first["dedup_key"], first["stage"]) == (keys[0]["dedup_key"], "parsed")
    assert (bytes(first["body"]), first["reason"]) == (b"", "taken_back")
    async with forum.database.transaction() as connection:
        with pytest.raises(Conflict) as refused:
            await replay_delivery(connection, first["id"])
        assert await replay_failed(connection) == 0
    assert refused.value.reason == "delivery_taken_back"


async def test_a_batch_keeps_its_other_comments(forum: Forum) -> None:
    comments = [forum.comment(TELLING, author="zebulon"), forum.comment("dark mode please")]
    await forum.deliver({"type": "comment.created", "data": comments})
    await forum.work()
    await forum.deliver(deletion(comments[0]))
    await forum.work()
    (batch, _) = await forum.rows("select body, reason from delivery order by id")
    assert json.loads(bytes(batch["body"])) == {"type": "comment.created", "data": [comments[1]]}
    assert batch["reason"] == ""
    rows = await forum.rows("select text from comment order by external_id::int")
    assert [row["text"] for row in rows] == ["", "dark mode please"]


async def test_a_repeated_delivery_is_emptied_as_well(forum: Forum) -> None:
    comment = await forum.say(TELLING, "zebulon")
    await forum.work()
    await forum.deliver_comments(comment)  # under another name
    await forum.work()
    await forum.deliver(deletion(comment))
    await forum.work()
    assert "zebulon" not in await stored_text(forum)
    await forum.deliver_comments(comment)
    await forum.work()
    assert "zebulon" not in await stored_text(forum)


async def test_an_edit_that_takes_words_away_leaves_no_trace_of_them(forum: Forum) -> None:
    comment = await forum.say("export to pdf crashes, call Zebulon at 4711")
    await forum.work()
    await forum.deliver(edit(comment, "export to pdf crashes"))
    await forum.work()
    assert "zebulon" not in await stored_text(forum)
    (row,) = await forum.rows("select text, author_id, permalink from comment")
    assert row["text"] == "export to pdf crashes"
    assert row["author_id"] is not None
    assert row["permalink"] == comment["url"]
    await forum.deliver_comments(comment)
    await forum.work()
    assert "zebulon" not in await stored_text(forum)


async def test_an_edit_that_only_adds_keeps_the_history(forum: Forum) -> None:
    comment = await forum.say("export to pdf crashes")
    await forum.deliver(edit(comment, "export to pdf crashes on paper"))
    await forum.work()
    versions = await forum.rows("select text from comment_version order by id")
    assert [version["text"] for version in versions] == [
        "export to pdf crashes",
        "export to pdf crashes on paper",
    ]
    assert all(bytes(row["body"]) for row in await forum.rows("select body from delivery"))


async def test_an_author_with_other_comments_stays(forum: Forum) -> None:
    comment = await forum.say(TELLING, "ann")
    await forum.say("dark mode please", "ann")
    await forum.deliver(deletion(comment))
    await forum.work()
    assert [row["handle"] for row in await forum.rows("select handle from author")] == ["ann"]


async def test_a_person_without_authors_goes(forum: Forum) -> None:
    comment = await forum.say(TELLING, "ann")
    await forum.work()
    await forum.rows(
        "with p as (insert into person (product_id, name) values (%s, 'Zebulon') returning id)"
        " update author set person_id = p.id from p returning author.id",
        forum.product_id,
    )
    await forum.deliver(deletion(comment))
    await forum.work()
    assert await forum.rows("select name from person") == []


async def test_a_comment_that_comes_back_is_whole_again(forum: Forum) -> None:
    comment = await forum.say("export to pdf crashes", "ann")
    await forum.deliver(deletion(comment))
    await forum.work()
    await forum.deliver(edit(comment, "export to pdf crashes", day=20))
    await forum.work()
    (row,) = await forum.rows(
        "select c.text, c.permalink, a.handle, c.theme_id from comment c"
        " join author a on a.id = c.author_id"
    )
    assert (row["text"], row["permalink"], row["handle"]) == (
        "export to pdf crashes",
        comment["url"],
        "ann",
    )
    assert row["theme_id"] is not None


async def test_the_title_of_a_deleted_opening_goes_from_its_thread(forum: Forum) -> None:
    thread = {"id": "t3", "title": "Zebulon lost his invoices", "url": "https://forum.example/3"}
    opening = await forum.say("export to pdf crashes", thread=thread, opens_thread=True)
    await forum.say("export to pdf crashes here too", "bob", thread=thread)
    await forum.work()
    await forum.deliver(deletion(opening))
    await forum.work()
    assert "zebulon" not in await stored_text(forum)
    (reply,) = await forum.rows("select text, thread_title from comment where deleted_at is null")
    assert (reply["text"], reply["thread_title"]) == ("export to pdf crashes here too", "")
