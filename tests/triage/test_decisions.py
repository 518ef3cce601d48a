"""From comments to themes, and every decision about them with its way back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from app.errors import Conflict, Invalid, NotFound
from app.storage.db import Database
from app.triage import decisions, regroup, suggestions
from app.triage.undo import undo
from tests.scenes.forum import ME, Forum
from tests.scenes.themes import two_themes


async def test_comments_that_say_the_same_become_one_theme_counted_by_people(forum: Forum) -> None:
    first, second = await two_themes(forum)
    assert (first["people"], first["mentions"], first["kind"], first["status"]) == (
        3,
        4,
        "bug",
        "triage",
    )
    assert (second["people"], second["mentions"]) == (2, 2)
    assert "pdf" in first["title"].lower()
    assert first["first_seen"] < first["last_seen"]
    rows = await forum.rows(
        "select grouping from comment where theme_id = %s order by id", first["id"]
    )
    assert rows[0]["grouping"]["verdict"] == "new"
    assert {row["grouping"]["verdict"] for row in rows[1:]} == {"join"}
    assert rows[1]["grouping"]["nearest"][0]["words"]
    assert rows[1]["grouping"]["score"] >= 0.6


async def test_praise_and_questions_make_no_theme(forum: Forum) -> None:
    await forum.say("love it, great")
    await forum.say("how does this work?")
    await forum.work()
    assert await forum.themes() == []
    assert {row["stage"] for row in await forum.rows("select stage from comment")} == {"grouped"}


async def test_near_but_not_near_enough_is_suggested(forum: Forum) -> None:
    await forum.say("export pdf crashes on windows today")
    await forum.work()
    await forum.say("export pdf crashes yesterday with images", "bob")
    await forum.work()
    (suggestion,) = await forum.rows("select * from theme_suggestion")
    assert suggestion["state"] == "open"
    assert suggestion["evidence"]["verdict"] == "suggest"
    async with forum.database.transaction() as connection:
        await suggestions.decide_suggestion(connection, suggestion["id"], True, actor=ME)
    (theme,) = await forum.themes()
    assert theme["people"] == 2


async def test_a_rejected_suggestion_is_never_joined(forum: Forum) -> None:
    await forum.say("export pdf crashes on windows today")
    await forum.say("export pdf crashes yesterday with images", "bob")
    await forum.work()
    (suggestion,) = await forum.rows("select * from theme_suggestion")
    async with forum.database.transaction() as connection:
        done = await suggestions.decide_suggestion(connection, suggestion["id"], False, actor=ME)
    with pytest.raises(Conflict):
        async with forum.database.transaction() as connection:
            await suggestions.decide_suggestion(connection, suggestion["id"], True, actor=ME)
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    assert await forum.rows("select state from theme_suggestion") == [{"state": "open"}]
    assert await forum.rows("select 1 from separation") == []


async def test_an_edit_moves_a_comment_to_where_it_belongs_now(forum: Forum) -> None:
    first, second = await two_themes(forum)
    comment = await forum.say("export to pdf crashes always", "eve")
    await forum.work()
    edit = {**comment, "text": "login with google is broken", "edited_at": "2026-11-05T00:00:00Z"}
    await forum.deliver({"type": "comment.edited", "data": edit})
    await forum.work()
    people = {theme["id"]: theme["people"] for theme in await forum.themes()}
    assert people == {first["id"]: 3, second["id"]: 3}


async def test_an_edited_lone_comment_keeps_its_theme_under_a_new_title(forum: Forum) -> None:
    comment = await forum.say("export to pdf crashes always")
    await forum.work()
    (before,) = await forum.themes()
    edit = {**comment, "text": "printing is broken", "edited_at": "2026-11-05T00:00:00Z"}
    await forum.deliver({"type": "comment.edited", "data": edit})
    await forum.work()
    (after,) = await forum.themes()
    assert after["id"] == before["id"]
    assert "rinting" in after["title"]


async def test_a_deleted_comment_no_longer_counts(forum: Forum) -> None:
    comment = await forum.say("export to pdf crashes always")
    await forum.work()
    gone = {
        "type": "comment.deleted",
        "data": {"id": comment["id"], "deleted_at": "2026-11-05T00:00:00Z"},
    }
    await forum.deliver(gone)
    await forum.work()
    (theme,) = await forum.themes()
    assert (theme["mentions"], theme["status"], theme["status_reason"]) == (0, "ignored", "emptied")
    assert await forum.rows("select 1 from comment_embedding where live") == []


async def test_staff_answers_make_no_theme_but_their_own_threads_do(forum: Forum) -> None:
    staff = {"id": "s", "handle": "sam", "is_staff": True}
    await forum.deliver(
        {
            "type": "comment.created",
            "data": forum.comment("we know export crashes") | {"author": staff},
        },
    )
    opening = forum.comment("printing is broken", opens_thread=True) | {"author": staff}
    await forum.deliver({"type": "comment.created", "data": opening})
    await forum.work()
    assert [theme["people"] for theme in await forum.themes()] == [1]


async def test_policy_auto_accepts_what_enough_people_say(forum: Forum, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("update product set policy = 'auto', auto_min_people = 3")
    first, second = await two_themes(forum)
    assert (first["status"], second["status"]) == ("accepted", "triage")
    (line,) = await forum.rows("select actor from activity where verb = 'accepted'")
    assert line["actor"] == "system"


async def test_decisions_and_their_undo(forum: Forum) -> None:
    first, _ = await two_themes(forum)
    steps: list[tuple[Any, dict[str, Any], tuple[str, Any]]] = [
        (decisions.accept, {"undo_seconds": 0}, ("status", "accepted")),
        (decisions.ignore, {"reason": "by design"}, ("status", "ignored")),
        (decisions.change_kind, {"kind": "feature"}, ("kind", "feature")),
        (decisions.rename, {"title": "  Export   dies "}, ("title", "Export dies")),
    ]
    for act, arguments, (column, value) in steps:
        async with forum.database.transaction() as connection:
            done = await act(connection, first["id"], actor=ME, **arguments)
        (now,) = await forum.rows("select * from theme where id = %s", first["id"])
        assert now[column] == value
        async with forum.database.transaction() as connection:
            await undo(connection, done, actor=ME)
        (back,) = await forum.rows("select * from theme where id = %s", first["id"])
        assert back[column] == first[column]
        assert back["version"] > now["version"]
        with pytest.raises(Conflict, match="undone already"):
            async with forum.database.transaction() as connection:
                await undo(connection, done, actor=ME)


async def test_merge_counts_people_as_a_union_and_undo_brings_both_back(forum: Forum) -> None:
    first, second = await two_themes(forum)
    evidence = await forum.rows("select id, theme_id from comment order by id")
    async with forum.database.transaction() as connection:
        done = await regroup.merge(connection, first["id"], [second["id"]], actor=ME)
    (only,) = await forum.themes()
    assert (only["id"], only["people"], only["mentions"]) == (
        first["id"],
        4,
        6,
    )  # ann spoke in both
    with pytest.raises(Conflict, match="merged into"):
        async with forum.database.transaction() as connection:
            await decisions.accept(connection, second["id"], actor=ME, undo_seconds=0)
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    assert [(theme["id"], theme["people"]) for theme in await forum.themes()] == [
        (first["id"], 3),
        (second["id"], 2),
    ]
    assert await forum.rows("select id, theme_id from comment order by id") == evidence


async def test_split_keeps_apart_for_good(forum: Forum) -> None:
    first, _ = await two_themes(forum)
    members = await forum.rows(
        "select id from comment where theme_id = %s order by id", first["id"]
    )
    chosen = [members[0]["id"]]
    async with forum.database.transaction() as connection:
        done, new_id = await regroup.split(connection, first["id"], chosen, actor=ME)
    people = {theme["id"]: theme["people"] for theme in await forum.themes()}
    assert people[new_id] == 1
    assert people[first["id"]] == 2
    assert await forum.rows("select comment_id, theme_id from separation") == [
        {"comment_id": chosen[0], "theme_id": first["id"]}
    ]
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    assert {theme["id"]: theme["people"] for theme in await forum.themes()}[first["id"]] == 3
    assert await forum.rows("select 1 from separation") == []


async def test_split_and_merge_refuse_what_makes_no_sense(forum: Forum) -> None:
    first, second = await two_themes(forum)
    members = [
        row["id"]
        for row in await forum.rows("select id from comment where theme_id = %s", first["id"])
    ]
    async with forum.database.transaction() as connection:
        with pytest.raises(Invalid, match="belong to this theme"):
            await regroup.split(connection, second["id"], members[:1], actor=ME)
        with pytest.raises(Invalid, match="at least one comment"):
            await regroup.split(connection, first["id"], members, actor=ME)
        with pytest.raises(Invalid, match="at least one other"):
            await regroup.merge(connection, first["id"], [first["id"]], actor=ME)
        with pytest.raises(NotFound):
            await regroup.merge(connection, first["id"], [uuid.uuid4()], actor=ME)
        with pytest.raises(Invalid, match="Say why"):
            await decisions.ignore(connection, first["id"], actor=ME, reason="  ")
        with pytest.raises(Conflict, match="version"):
            await decisions.accept(connection, first["id"], actor=ME, undo_seconds=0, version=99)


async def test_a_corrected_kind_takes_a_comment_out_and_back(forum: Forum) -> None:
    first, _ = await two_themes(forum)
    (comment, *_) = await forum.rows(
        "select id from comment where theme_id = %s order by id", first["id"]
    )
    async with forum.database.transaction() as connection:
        done = await decisions.reclassify(connection, comment["id"], "praise", actor=ME)
    await forum.work()
    assert (await forum.rows("select theme_id from comment where id = %s", comment["id"]))[0][
        "theme_id"
    ] is None
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
    await forum.work()
    (row,) = await forum.rows(
        "select theme_id, kind, kind_by from comment where id = %s", comment["id"]
    )
    assert row == {"theme_id": first["id"], "kind": "bug", "kind_by": "model"}


async def test_moving_a_comment(forum: Forum) -> None:
    first, second = await two_themes(forum)
    (comment, *_) = await forum.rows(
        "select id from comment where theme_id = %s order by id", first["id"]
    )
    async with forum.database.transaction() as connection:
        done = await regroup.move(connection, comment["id"], second["id"], actor=ME)
    assert {theme["id"]: theme["mentions"] for theme in await forum.themes()} == {
        first["id"]: 3,
        second["id"]: 3,
    }
    async with forum.database.transaction() as connection:
        await undo(connection, done, actor=ME)
        done = await regroup.move(connection, comment["id"], None, actor=ME)
    assert sorted(theme["mentions"] for theme in await forum.themes()) == [1, 2, 3]


async def test_a_later_step_must_be_undone_first(forum: Forum) -> None:
    first, _ = await two_themes(forum)
    async with forum.database.transaction() as connection:
        earlier = await decisions.rename(connection, first["id"], "One", actor=ME)
        later = await decisions.rename(connection, first["id"], "Two", actor=ME)
    with pytest.raises(Conflict, match="undo that first"):
        async with forum.database.transaction() as connection:
            await undo(connection, earlier, actor=ME)
    async with forum.database.transaction() as connection:
        await undo(connection, later, actor=ME)
        await undo(connection, earlier, actor=ME)
    assert (await forum.themes())[0]["title"] == first["title"]
