"""Titles, records and summaries let go of the words that somebody took back."""

from __future__ import annotations

from typing import Any

from app.themes.taking_back import TAKEN_BACK_TITLE
from app.triage import decisions, regroup
from tests.scenes.faces import title_changes, work_and_refresh_faces
from tests.scenes.forum import ME, Forum
from tests.scenes.themes import only_theme

HERE, THERE = "export to pdf crashes for Zebulon", "export to pdf crashes there"


async def delete(forum: Forum, comment: dict[str, Any]) -> None:
    await forum.deliver_comments(comment, event="comment.deleted")
    await work_and_refresh_faces(forum)


async def rename(forum: Forum, title: str) -> None:
    async with forum.database.transaction() as connection:
        await decisions.rename(connection, (await only_theme(forum))["id"], title, actor=ME)


async def test_a_theme_that_nobody_stands_behind_gets_a_title_without_their_words(
    forum: Forum,
) -> None:
    comment = await forum.say(HERE)
    await work_and_refresh_faces(forum)
    await delete(forum, comment)
    theme = await only_theme(forum)
    assert (theme["title"], theme["title_by"]) == (TAKEN_BACK_TITLE, "model")
    assert (theme["mentions"], theme["status"]) == (0, "ignored")


async def test_a_theme_is_named_from_what_is_left(forum: Forum) -> None:
    comment = await forum.say(HERE, "ann")
    await work_and_refresh_faces(forum)
    await forum.say(THERE, "bob")
    await forum.work()
    await delete(forum, comment)
    assert (await only_theme(forum))["title"] == "Export to pdf crashes there"
    assert "Zebulon" not in str(await title_changes(forum))


async def test_an_edit_takes_its_words_out_of_the_title(forum: Forum) -> None:
    comment = await forum.say(HERE)
    await work_and_refresh_faces(forum)
    later = {**comment, "text": "export to pdf crashes", "edited_at": "2026-11-05T00:00:00Z"}
    await forum.deliver_comments(later, event="comment.edited")
    await work_and_refresh_faces(forum)
    assert (await only_theme(forum))["title"] == "Export to pdf crashes"
    assert "Zebulon" not in str(await forum.rows("select detail, before from activity"))


async def test_a_person_s_own_words_stay(forum: Forum) -> None:
    comment = await forum.say(HERE)
    await work_and_refresh_faces(forum)
    await rename(forum, "PDF export of customers")
    await delete(forum, comment)
    theme = await only_theme(forum)
    assert (theme["title"], theme["title_by"]) == ("PDF export of customers", "person")
    assert "Zebulon" not in str(await forum.rows("select detail, before from activity"))


async def test_a_person_s_title_that_quotes_only_what_was_deleted_goes(forum: Forum) -> None:
    comment = await forum.say(HERE)
    await work_and_refresh_faces(forum)
    await rename(forum, "PDF crashes for Zebulon")
    await rename(forum, "Export to PDF crashes for Zebulon!")
    await delete(forum, comment)
    theme = await only_theme(forum)
    assert (theme["title"], theme["title_by"]) == (TAKEN_BACK_TITLE, "model")


async def test_a_person_s_title_stays_while_somebody_else_says_it(forum: Forum) -> None:
    comment = await forum.say(THERE, "ann")
    await forum.say(THERE, "bob")
    await work_and_refresh_faces(forum)
    await rename(forum, "Export to PDF crashes there")
    await delete(forum, comment)
    assert (await only_theme(forum))["title_by"] == "person"


async def test_a_summary_goes_with_the_words_it_was_made_of(forum: Forum) -> None:
    comment = await forum.say(HERE, "ann")
    await forum.say(THERE, "bob")
    await work_and_refresh_faces(forum)
    await forum.rows(
        "update theme_face set summary = 'Zebulon cannot export', summary_by = 'm' returning 1"
    )
    await forum.rows(
        "insert into written_answer (question, summary) values ('q', 'Zebulon cannot export')"
        " returning 1"
    )
    await delete(forum, comment)
    assert [row["summary"] for row in await forum.rows("select summary from theme_face")] == [""]
    assert await forum.rows("select 1 from written_answer") == []


async def test_a_merged_theme_keeps_no_deleted_title(forum: Forum) -> None:
    first = await forum.say("export to pdf crashes for Zebulon", "ann")
    await forum.say("part1 word1 thing1 crashes", "bob")
    await work_and_refresh_faces(forum)
    rows = await forum.rows("select id, title from theme order by title")
    source, into = rows[0]["id"], rows[1]["id"]
    async with forum.database.transaction() as connection:
        await regroup.merge(connection, into, [source], actor=ME)
    await work_and_refresh_faces(forum)
    await delete(forum, first)
    titles = await forum.rows("select title from theme order by title")
    assert "Zebulon" not in str(titles)
