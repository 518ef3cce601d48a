"""Answers in the thread where somebody asked.

1. The bot has to be in the channel: `/invite @name`.
2. Enter its access token: the same as for asking, or that of another bot.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from integrations.contract import Finding, Visibility
from integrations.lost_answers import AnswerPage, find_answer
from integrations.plain_words import chat_plain
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import AnsweredComment, CanReply, PostedReply, Replying
from integrations.sources.mattermost.messages import ANSWER_PROP, permalink
from integrations.sources.mattermost.polling import MattermostCredentials
from integrations.sources.mattermost.settings import Settings

_CHAT_SERVER = "Mattermost"
MATTERMOST_POST_MAX_CHARACTERS = 16_383


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not settings.site_url:
        return CanReply("no_address", "Enter the server's address in this source's settings.")
    if not comment.thread_id.isalnum() or not str(comment.extras.get("channel") or "").isalnum():
        return CanReply("no_thread", "It is not known in which thread this was written.")
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
    """A post that carries our key where nobody sees it."""
    body = {
        "channel_id": comment.extras.get("channel"),
        "root_id": comment.thread_id,
        "message": text,
        "props": {ANSWER_PROP: str(key)},
    }
    return _posted(settings, await _api(settings, credentials, http, "posts", body))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """The thread, looked through for our key."""

    async def read(_: str) -> AnswerPage:
        path = f"posts/{comment.thread_id}/thread"
        posts = (await _api(settings, credentials, http, path)).get("posts")
        return AnswerPage(list(posts.values()) if isinstance(posts, dict) else None)

    def is_ours(post: Mapping[str, Any]) -> bool:
        props = post.get("props")
        return isinstance(props, dict) and props.get(ANSWER_PROP) == str(key)

    return await find_answer(_CHAT_SERVER, read, is_ours, lambda post: _posted(settings, post))


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    me = await _api(settings, credentials, http, "users/me")
    if not me.get("username"):
        raise unreadable_reply(_CHAT_SERVER, writes=False)
    return [Finding("Account", True, f"Answers are written by @{me['username']}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    answer = await call(
        http,
        _CHAT_SERVER,
        "GET" if body is None else "POST",
        f"{settings.site_url}/api/v4/{path}",
        headers={"Authorization": f"Bearer {credentials.get('token')}"},
        body=body,
        writes=body is not None,
    )
    if not isinstance(answer, dict):
        raise unreadable_reply(_CHAT_SERVER, writes=body is not None)
    return answer


def _posted(settings: Settings, post: Mapping[str, Any]) -> PostedReply:
    number = str(post.get("id") or "")
    if not number.isalnum():
        raise unreadable_reply(_CHAT_SERVER, writes=True)
    return PostedReply(number, permalink(settings, number))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=MattermostCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=chat_plain,
    limit=MATTERMOST_POST_MAX_CHARACTERS,
)
