"""An answer is posted once, whatever is cut off, and what the platform refuses is a draft again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.models.states import ReplyState
from app.replies.deciding import approve_reply
from app.replies.ledger import Reply
from app.replies.sending import SendReplies
from app.setup.reply_accounts import reply_account
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.sandbox.server import SandboxServer
from tests.scenes.answering import KEY, Answering, open_answering


@pytest.fixture
async def scene(database: Database, settings: Settings, vault: Vault) -> AsyncIterator[Answering]:
    with SandboxServer() as sandbox:
        yield await open_answering(database, settings, vault, sandbox)


async def approved(scene: Answering) -> Reply:
    """The first of the answers that tell that it is done, approved."""
    await scene.status("done")
    first = (await scene.drafts())[0]
    async with scene.forum.database.transaction() as connection:
        return await approve_reply(connection, first.id, actor="me", undo_seconds=0)


async def the(scene: Answering, reply: Reply) -> Reply:
    return next(one for one in await scene.replies() if one.id == reply.id)


async def test_an_answer_stands_in_the_thread_and_its_link_is_known(scene: Answering) -> None:
    reply = await approved(scene)
    assert await scene.send() == 1
    (post,) = scene.posts
    assert post.topic_id == int(reply.thread)
    assert "“Export to pdf crashes”" in post.raw
    assert "Answer STOP" in post.raw
    sent = await the(scene, reply)
    assert sent.state is ReplyState.posted
    assert sent.external_id == str(post.id)
    assert sent.permalink.endswith(f"/forum/t/-/{post.topic_id}/{post.number}")
    assert await scene.send() == 0


@pytest.mark.parametrize("mode", ["lost_response", "timeout_after_work"])
async def test_a_lost_answer_is_found_in_the_thread(scene: Answering, mode: str) -> None:
    reply = await approved(scene)
    scene.fail(mode=mode, method="POST", path="/forum/posts.json", seconds=0)
    scene.sender = scene.sends(look_after_seconds=(3600.0, 7200.0))
    await scene.send()
    scene.sender = scene.sends()
    lost = await the(scene, reply)
    assert (lost.state, lost.reason) == (ReplyState.sending, "reply_answer_lost")
    assert await scene.send() == 1
    assert len(scene.posts) == 1
    assert (await the(scene, reply)).state is ReplyState.posted


class Killed(BaseException):
    """The process ends here."""


class KillsAt(httpx.AsyncBaseTransport):
    """Hands calls on, and dies before or after the one that posts."""

    def __init__(self, *, before: bool) -> None:
        self.before = before
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and self.before:
            raise Killed
        response = await self.inner.handle_async_request(request)
        if request.method == "POST":
            await response.aread()
            raise Killed
        return response


@pytest.mark.parametrize("before", [True, False])
async def test_who_dies_around_the_call_leaves_one_answer(scene: Answering, before: bool) -> None:
    reply = await approved(scene)
    scene.sender = scene.sends(transport=KillsAt(before=before))
    with pytest.raises(Killed):
        await scene.send()
    assert (await the(scene, reply)).state is ReplyState.sending
    scene.sender = scene.sends()
    await scene.send()
    await scene.send()
    assert len(scene.posts) == 1
    assert (await the(scene, reply)).state is ReplyState.posted


async def test_who_dies_before_the_record_finds_what_was_posted(
    scene: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await approved(scene)

    async def dies(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(SendReplies, "_record", dies)
        with pytest.raises(Killed):
            await scene.send()
    assert len(scene.posts) == 1
    assert await scene.send() == 1
    assert len(scene.posts) == 1
    assert (await the(scene, reply)).state is ReplyState.posted


async def test_nothing_is_looked_for_before_its_time(scene: Answering) -> None:
    await approved(scene)
    scene.fail(mode="lost_response", method="POST", path="/forum/posts.json")
    scene.sender = scene.sends(look_after_seconds=(3600.0, 7200.0))
    await scene.send()
    asked = len(scene.bench.sandbox.state.requests)
    await scene.send()
    assert len(scene.bench.sandbox.state.requests) == asked


async def test_expired_credentials_hold_everything_back_until_others_are_entered(
    scene: Answering,
) -> None:
    reply = await approved(scene)
    scene.fail(mode="status", status=401, path="/forum/*", count=None)
    await scene.send()
    waiting = await the(scene, reply)
    assert (waiting.state, waiting.reason) == (ReplyState.approved, "reply_unauthorized")
    async with scene.forum.database.transaction() as connection:
        account = await reply_account(connection, scene.forum.source_id)
    assert account is not None
    assert account.reason == "reply_unauthorized"
    assert account.paused_until is not None
    assert KEY not in account.detail
    assert scene.posts == []


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"mode": "status", "status": 403}, "reply_forbidden"),
        ({"mode": "status", "status": 404}, "thread_gone"),
        ({"mode": "status", "status": 400}, "reply_refused"),
    ],
)
async def test_what_is_refused_is_a_draft_again(
    scene: Answering, fault: dict[str, Any], reason: str
) -> None:
    reply = await approved(scene)
    scene.fail(method="POST", path="/forum/posts.json", **fault)
    await scene.send()
    draft = await the(scene, reply)
    assert (draft.state, draft.reason) == (ReplyState.draft, reason)
    assert draft.due_at is None


async def test_a_closed_topic_takes_no_answer(scene: Answering) -> None:
    reply = await approved(scene)
    scene.bench.sandbox.state.saved.closed_topics.append(int(reply.thread))
    await scene.send()
    draft = await the(scene, reply)
    assert (draft.state, draft.reason) == (ReplyState.draft, "thread_locked")


async def test_a_pause_that_the_forum_asks_for_is_kept(scene: Answering) -> None:
    reply = await approved(scene)
    scene.fail(mode="rate_limit", method="POST", path="/forum/posts.json", retry_after=120)
    await scene.send()
    waiting = await the(scene, reply)
    assert (waiting.state, waiting.reason) == (ReplyState.approved, "reply_rate_limited")
    (row,) = await scene.forum.rows(
        "select paused_until - now() > interval '100 seconds' as holds from source_replies"
    )
    assert row["holds"]
    assert await scene.send() == 1
    assert len(scene.posts) == 1


async def test_a_page_of_html_is_no_answer_and_nothing_is_sent_twice(scene: Answering) -> None:
    reply = await approved(scene)

    class LoginPage(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(
                200, html="<!doctype html><title>Sign in</title>", request=request
            )

    scene.sender = scene.sends(transport=LoginPage())
    await scene.send()
    lost = await the(scene, reply)
    assert (lost.state, lost.reason) == (ReplyState.sending, "reply_unreadable")
    scene.sender = scene.sends()
    await scene.send()
    await scene.send()
    assert len(scene.posts) == 1


async def test_more_than_the_budget_of_an_hour_waits(scene: Answering) -> None:
    await scene.status("done")
    await scene.forum.change("update source_replies set per_hour = 1")
    for draft in await scene.drafts():
        async with scene.forum.database.transaction() as connection:
            await approve_reply(connection, draft.id, actor="me", undo_seconds=0)
    assert await scene.send() == 1
    assert len(scene.posts) == 1
    assert [one.reason for one in await scene.replies() if one.state == "approved"] == [
        "reply_budget"
    ]


async def test_nothing_goes_out_in_quiet_hours(scene: Answering) -> None:
    reply = await approved(scene)
    (row,) = await scene.forum.rows("select extract(hour from now() at time zone 'UTC')::int as h")
    await scene.rules(quiet_from=row["h"], quiet_until=(row["h"] + 2) % 24)
    assert await scene.send() == 0
    waiting = await the(scene, reply)
    assert (waiting.state, waiting.reason) == (ReplyState.approved, "quiet_hours")
