"""Answers posts of a forum in their topic.

1. Make an account on the forum that speaks for your team, and give it no more rights than a member
   has.
2. As an administrator open **Admin → Advanced → API keys** and choose **Add API Key**. User Level:
   **Single User**, that account. Scope: **Granular**, and under *posts* tick **edit** and under
   *topics* tick **read** and **write**.
3. Save, copy the key, and enter it here with the name of the account. The forum's address has to
   stand in this source's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, SecretStr

from integrations.contract import Finding, Visibility
from integrations.lost_answers import AnswerPage, find_answer, is_marked
from integrations.neutralize import markdown_plain
from integrations.own_marks import reply_mark
from integrations.reply_calls import (
    call,
    refused_answer,
    thread_gone,
    thread_locked,
    unreadable_reply,
)
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.discourse.settings import Settings

_FORUM = "Discourse"
POST_MAX_CHARACTERS = 32_000
"""The forum's own setting ``max_post_length``, as it is installed."""
NEWEST_POSTS_LOOKED_AT = 60
POSTS_PER_CALL = 20


class DiscourseReplyCredentials(BaseModel):
    """What lets us write into a forum."""

    api_key: SecretStr = Field(min_length=1, description="A key of the forum's API.")
    api_username: str = Field(
        min_length=1, max_length=100, description="The account that the answers are written by."
    )


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not settings.base_url:
        return CanReply(
            "no_address",
            "The address of the forum is missing: enter it in this source's settings.",
        )
    if not comment.thread_id.isdigit():
        return CanReply("no_thread", "It is not known in which topic this was written.")
    if comment.visibility is Visibility.private:
        return CanReply("private_thread", "It was written in private: answer there in person.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """POST /posts.json. The forum has no key for it: the text carries a mark that nobody sees."""
    body: dict[str, Any] = {
        "topic_id": int(comment.thread_id),
        "raw": f"{text}\n\n{reply_mark(key)}",
    }
    if comment.position > 1:
        body["reply_to_post_number"] = comment.position
    try:
        post = await call(
            http,
            _FORUM,
            "POST",
            f"{settings.base_url}/posts.json",
            headers=_headers(credentials),
            body=body,
            writes=True,
        )
    except ReplyError as error:
        if error.reason != "reply_refused":
            raise
        raise await _why_refused(settings, credentials, comment, http) or error from None
    return _posted(settings, comment, post)


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """The newest posts of the topic, looked through for our mark."""
    topic = await _topic(settings, credentials, comment, http)
    stream = _stream(topic).get("stream")
    if not isinstance(stream, list):
        raise unreadable_reply(_FORUM, writes=False)
    newest = stream[-NEWEST_POSTS_LOOKED_AT:]

    async def read(page_name: str) -> AnswerPage:
        start = int(page_name or 0)
        end = start + POSTS_PER_CALL
        page = await call(
            http,
            _FORUM,
            "GET",
            f"{settings.base_url}/t/{comment.thread_id}/posts.json",
            headers=_headers(credentials),
            params=[*(("post_ids[]", one) for one in newest[start:end]), ("include_raw", "1")],
        )
        return AnswerPage(_stream(page).get("posts"), str(end) if end < len(newest) else "")

    return await find_answer(
        _FORUM, read, is_marked(key, "raw"), lambda post: _posted(settings, comment, post)
    )


def _stream(answer: Any) -> dict[str, Any]:
    """What a topic, or a page of its posts, lists."""
    stream = answer.get("post_stream") if isinstance(answer, dict) else None
    return stream if isinstance(stream, dict) else {}


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    """Whether the key lets us in, and as whom."""
    answer = await call(
        http,
        _FORUM,
        "GET",
        f"{settings.base_url}/session/current.json",
        headers=_headers(credentials),
    )
    user = answer.get("current_user") if isinstance(answer, dict) else None
    if not isinstance(user, dict):
        raise unreadable_reply(_FORUM, writes=False)
    return [Finding("Account", True, f"Answers are written by {user.get('username')}.")]


async def _topic(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    http: httpx.AsyncClient,
) -> dict[str, Any]:
    answer = await call(
        http,
        _FORUM,
        "GET",
        f"{settings.base_url}/t/{comment.thread_id}.json",
        headers=_headers(credentials),
    )
    if not isinstance(answer, dict):
        raise unreadable_reply(_FORUM, writes=False)
    return answer


async def _why_refused(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    http: httpx.AsyncClient,
) -> ReplyError | None:
    """The forum answers 422 to everything: the topic says whether it is closed."""
    topic = await _topic(settings, credentials, comment, http)
    if topic.get("closed") or topic.get("archived"):
        return thread_locked(_FORUM)
    return thread_gone(_FORUM) if topic.get("deleted_at") else None


def _headers(credentials: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Api-Key": str(credentials.get("api_key") or ""),
        "Api-Username": str(credentials.get("api_username") or ""),
        "Accept": "application/json",
    }


def _posted(settings: Settings, comment: AnsweredComment, post: Any) -> PostedReply:
    if not isinstance(post, dict) or not isinstance(post.get("id"), int):
        raise unreadable_reply(_FORUM, writes=True)
    number = post.get("post_number")
    if not isinstance(number, int):
        # A post that waits for a moderator has no number yet.
        raise refused_answer(_FORUM, "a moderator of the forum has to approve it first")
    return PostedReply(str(post["id"]), f"{settings.base_url}/t/-/{comment.thread_id}/{number}")


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=DiscourseReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=markdown_plain,
    limit=POST_MAX_CHARACTERS - 100,  # the mark
)
