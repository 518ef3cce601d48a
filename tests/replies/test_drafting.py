"""Who asked is told once for each thing that became of it, in words that their thread may read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.config import Settings
from app.errors import Conflict, Invalid
from app.models.states import ReplyMeaning, ReplyState
from app.queries.shipped import list_shipped
from app.replies.deciding import (
    approve_reply,
    approve_theme,
    edit_reply,
    preview,
    skip_reply,
    write_reply,
)
from app.replies.stops import note_stops, set_replies_wanted
from app.setup.reply_accounts import set_reply_credentials, update_reply_account
from app.setup.reply_policies import set_reply_template
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.answering import KEY, Answering, open_answering


@pytest.fixture
async def scene(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Answering]:
    with SandboxServer() as sandbox:
        yield await open_answering(database, settings, vault, sandbox)


async def said(scene: Answering, number: int = 0) -> str:
    """What the readers of an answer's thread would see."""
    reply = (await scene.replies())[number]
    async with scene.forum.database.transaction() as connection:
        worded = (await preview(connection, reply)).worded
    assert worded is not None
    return worded.plain


async def test_one_draft_for_each_thread_once_the_status_stood_for_a_while(
    scene: Answering,
) -> None:
    await scene.status("done", minutes_ago=5)
    assert await scene.drafts() == []
    await scene.status("done", minutes_ago=31)
    drafts = await scene.drafts()
    assert [(one.thread, one.meaning) for one in drafts] == [
        ("7", ReplyMeaning.shipped),
        ("8", ReplyMeaning.shipped),
    ]
    assert {one.state for one in drafts} == {ReplyState.draft}
    assert len(await scene.drafts()) == 2


async def test_a_second_shipping_drafts_nothing_a_second_time(scene: Answering) -> None:
    await scene.status("done", minutes_ago=90)
    await scene.drafts()
    await scene.status("open", minutes_ago=80)
    await scene.drafts()
    await scene.status("done", minutes_ago=70)
    assert len(await scene.drafts()) == 2


async def test_what_is_not_true_any_more_is_not_sent(scene: Answering) -> None:
    await scene.status("done")
    draft = (await scene.drafts())[0]
    await scene.status("open")
    async with scene.forum.database.transaction() as connection:
        with pytest.raises(Conflict) as refusal:
            await approve_reply(connection, draft.id, actor="me", undo_seconds=0)
    assert refusal.value.reason == "status_changed"


async def test_the_theme_leaves_the_list_when_the_last_thread_was_told(scene: Answering) -> None:
    await scene.status("done")
    await scene.drafts()
    async with scene.forum.database.transaction() as connection:
        assert await approve_theme(
            connection, await scene.theme_id(), actor="me", undo_seconds=0
        ) == (2, 0)
        assert len((await list_shipped(connection)).items) == 1
    assert await scene.send() == 2
    async with scene.forum.database.transaction() as connection:
        assert (await list_shipped(connection)).items == []
    assert {post.topic_id for post in scene.posts} == {7, 8}


async def test_an_answer_goes_out_by_itself_where_both_say_so(scene: Answering) -> None:
    await scene.rules(automatic="shipped")
    await scene.status("done")
    assert {one.state for one in await scene.drafts()} == {ReplyState.draft}
    await scene.forum.change("delete from reply")
    await scene.forum.change("update ticket set drafted_since = null")
    async with scene.forum.database.transaction() as connection:
        await update_reply_account(connection, scene.forum.source_id, automatic=True)
    await scene.forum.change("update source_replies set created_at = now() - interval '1 day'")
    assert {one.state for one in await scene.drafts()} == {ReplyState.approved}
    assert await scene.send() == 2


async def test_who_answers_stop_is_left_alone(scene: Answering) -> None:
    await scene.status("in_progress")
    first = (await scene.drafts())[0]
    async with scene.forum.database.transaction() as connection:
        await approve_reply(connection, first.id, actor="me", undo_seconds=0)
    await scene.send()
    await scene.say(" Stop! ", "ann", 7, created_at="2031-01-01T00:00:00Z")
    async with scene.forum.database.transaction() as connection:
        assert await note_stops(connection)
        assert not await note_stops(connection)
    (ann,) = await scene.forum.rows("select no_replies_at from author where handle = 'ann'")
    assert ann["no_replies_at"] is not None
    await scene.forum.change(
        "delete from comment where author_id in (select id from author where handle = 'bob')"
    )
    await scene.status("done")
    assert [one.thread for one in await scene.drafts() if one.meaning == "shipped"] == ["8"]


async def test_stop_before_any_answer_is_said_to_somebody_else(scene: Answering) -> None:
    await scene.say("STOP", "ann", 7)
    async with scene.forum.database.transaction() as connection:
        assert not await note_stops(connection)


async def test_a_person_may_switch_answers_off_and_on(scene: Answering) -> None:
    (row,) = await scene.forum.rows("select id from comment order by id limit 1")
    async with scene.forum.database.transaction() as connection:
        await set_replies_wanted(connection, row["id"], wants_replies=False)
        with pytest.raises(Conflict) as refusal:
            await write_reply(connection, row["id"], "Hello", actor="me", undo_seconds=0)
        await set_replies_wanted(connection, row["id"], wants_replies=True)
        await write_reply(connection, row["id"], "Hello", actor="me", undo_seconds=0)
    assert refusal.value.reason == "opted_out"


async def test_words_of_a_private_place_stay_out_of_a_public_thread(scene: Answering) -> None:
    await scene.status("done")
    await scene.drafts()
    assert "Export to pdf crashes" in await said(scene)
    await scene.forum.change("update theme set visibility = 'private'")
    assert "pdf" not in await said(scene)


@pytest.mark.parametrize(
    ("audience", "linked"),
    [("public", True), ("unknown", False), ("members", False), ("private", False)],
)
async def test_a_ticket_is_linked_where_whoever_reads_the_thread_reads_it(
    scene: Answering, audience: str, linked: bool
) -> None:
    await scene.status("done")
    await scene.drafts()
    await scene.forum.change("update tracker set seen_audience = %s", audience)
    assert ("http" in await said(scene)) is linked


async def test_a_title_is_shown_as_its_words_and_does_nothing(scene: Answering) -> None:
    await scene.forum.change(
        "update theme set title = '@all {ticket} [x](http://evil.example) <!here>'"
    )
    await scene.forum.change("update tracker set seen_audience = 'public'")
    await scene.status("done")
    draft = (await scene.drafts())[0]
    async with scene.forum.database.transaction() as connection:
        worded = (await preview(connection, draft)).worded
    assert worded is not None
    assert "@all" not in worded.outgoing
    assert "http://evil" not in worded.outgoing
    assert worded.outgoing.count("http://127") == 1


async def test_a_draft_is_changed_and_skipped_and_stays_so(scene: Answering) -> None:
    await scene.status("done")
    first, second = await scene.drafts()
    async with scene.forum.database.transaction() as connection:
        edited = await edit_reply(connection, first.id, "Done, {title}", actor="me")
        assert edited.text == "Done, {title}"
        await skip_reply(connection, second.id, actor="me")
        with pytest.raises(Conflict):
            await approve_reply(connection, second.id, actor="me", undo_seconds=0)
        with pytest.raises(Invalid):
            await edit_reply(connection, first.id, "{secret}", actor="me")
    assert await said(scene) == (
        "Done, “Export to pdf crashes”\n\nAutomatic note from the Tide team. Answer STOP if you "
        "want no more of these."
    )


async def test_a_platform_has_words_of_its_own(scene: Answering) -> None:
    product_id = scene.forum.product_id
    async with scene.forum.database.transaction() as connection:
        await set_reply_template(connection, product_id, "", "shipped", "For all: {title}")
        await set_reply_template(connection, product_id, "discourse", "shipped", "Here: {title}")
    await scene.status("done")
    assert [one.text for one in await scene.drafts()] == ["Here: {title}", "Here: {title}"]


async def test_answers_are_drafted_once_credentials_are_there(
    database: Database, settings: Settings, vault: Vault
) -> None:
    with SandboxServer() as sandbox:
        scene = await open_answering(database, settings, vault, sandbox, with_account=False)
        await scene.status("done")
        assert await scene.drafts() == []
        async with database.transaction() as connection:
            await set_reply_credentials(
                connection,
                vault,
                scene.forum.source_id,
                {"api_key": KEY, "api_username": "tide-team"},
            )
        assert len(await scene.drafts()) == 2


async def test_our_own_answer_is_no_feedback(scene: Answering) -> None:
    (row,) = await scene.forum.rows("select id from comment order by id limit 1")
    async with scene.forum.database.transaction() as connection:
        await write_reply(connection, row["id"], "It crashes no more.", actor="me", undo_seconds=0)
    await scene.send()
    (before,) = await scene.forum.rows("select count(*) as n from comment")
    await scene.say(scene.posts[0].raw, "tide-team", 7)
    (after,) = await scene.forum.rows("select count(*) as n from comment")
    assert before == after


async def test_what_was_shipped_before_there_was_an_account_waits_for_a_person(
    scene: Answering,
) -> None:
    await scene.rules(automatic="shipped")
    async with scene.forum.database.transaction() as connection:
        await update_reply_account(connection, scene.forum.source_id, automatic=True)
    await scene.status("done")
    assert {one.state for one in await scene.drafts()} == {ReplyState.draft}


async def test_a_merge_tells_no_thread_a_second_time(scene: Answering) -> None:
    await scene.status("done")
    await scene.drafts()
    await scene.forum.change(
        "insert into theme (id, product_id, kind, title, status, merged_into)"
        " select gen_random_uuid(), product_id, kind, 'Before', 'merged', id from theme"
    )
    await scene.forum.change(
        "update reply set theme_id = (select id from theme where status = 'merged')"
        " where thread = '7'"
    )
    await scene.forum.change("update ticket set drafted_since = null")
    assert len(await scene.drafts()) == 2
