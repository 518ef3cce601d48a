"""Answers comments in the name of a channel.

1. In the Google Cloud project open **APIs & Services → OAuth consent screen**, choose **External**,
   and press **Publish app**: while it is in *Testing*, Google ends every access after 7 days.
2. **Credentials → Create credentials → OAuth client ID**, type **Web application**, with
   `https://developers.google.com/oauthplayground` as redirect address.
3. Open that address, put the client's id and secret into its settings (the wheel, **Use your own
   OAuth credentials**), enter the scope `https://www.googleapis.com/auth/youtube.force-ssl`, sign
   in as the channel, and exchange the code for tokens.
4. Enter the **Client id**, the **Client secret** and the **Refresh token** here.

An answer costs 50 of the project's 10,000 units of quota a day: three an hour are sent at most.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.access_tokens import AccessTokens
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.listing import moment_of
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.neutralize import BREAK
from integrations.plain_words import mention_free
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.youtube.settings import GOOGLE_TOKENS, Settings

_TUBE = "YouTube"
YOUTUBE_COMMENT_MAX_CHARACTERS = 10_000
_COMMENT_ID = re.compile(r"[\w-]{10,60}(?:\.[\w-]{10,60})?")
_EMPHASIS = re.compile(r"(?<!\w)([*_-])(?=\S)")
_tokens = AccessTokens()


class YouTubeReplyCredentials(BaseModel):
    """What lets us write as a channel."""

    model_config = SECRETIVE

    client_id: str = Field(min_length=1, max_length=200, description="The OAuth client's id.")
    client_secret: Token = Field(description="The OAuth client's secret.")
    refresh_token: Token = Field(description="A refresh token of the channel that answers.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not _COMMENT_ID.fullmatch(comment.thread_id):
        return CanReply("no_thread", "It is not known under which comment this was written.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """An answer stands below the thread's first comment; YouTube has no key for it."""
    body = {"snippet": {"parentId": comment.thread_id, "textOriginal": text}}
    params = (("part", "snippet"),)
    posted = await _api(settings, credentials, http, "/comments", params, body=body)
    return _posted(comment, posted)


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """What our channel wrote in the thread since the call."""
    channel = await _own_channel(settings, credentials, http)
    earliest = looked_from(since)

    async def read(page_name: str) -> AnswerPage:
        params: list[tuple[str, str | int]] = [("part", "snippet"), ("maxResults", 100)]
        params += [("parentId", comment.thread_id)]
        params += [("pageToken", page_name)] if page_name else []
        answer = await _api(settings, credentials, http, "/comments", params)
        return AnswerPage(answer.get("items"), str(answer.get("nextPageToken") or ""))

    def is_ours(row: Mapping[str, Any]) -> bool:
        snippet = row.get("snippet")
        if not isinstance(snippet, dict):
            return False
        writer, written = snippet.get("authorChannelId"), moment_of(snippet.get("publishedAt"))
        number = writer.get("value") if isinstance(writer, dict) else ""
        return number == channel["id"] and written is not None and written >= earliest

    return await find_answer(_TUBE, read, is_ours, lambda row: _posted(comment, row))


async def _own_channel(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> dict[str, Any]:
    params = (("part", "snippet"), ("mine", "true"))
    answer = await _api(settings, credentials, http, "/channels", params)
    items = answer.get("items")
    channel = items[0] if isinstance(items, list) and items else None
    if not isinstance(channel, dict) or not channel.get("id"):
        raise unreadable_reply(_TUBE, writes=False)
    return channel


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    channel = await _own_channel(settings, credentials, http)
    snippet = channel.get("snippet")
    name = payload.name(snippet.get("title")) if isinstance(snippet, dict) else ""
    return [Finding("Account", True, f"Answers are written by {name or channel['id']}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    params: Sequence[tuple[str, str | int]],
    *,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    secret = f"{credentials.get('client_id')}\n{credentials.get('refresh_token')}"
    name = payload.fingerprinted("google", settings.token_url, secret)
    token = _tokens.of(name)
    if not token:
        form = {
            "grant_type": "refresh_token",
            "client_id": str(credentials.get("client_id")),
            "client_secret": str(credentials.get("client_secret")),
            "refresh_token": str(credentials.get("refresh_token")),
        }
        url = settings.token_url or GOOGLE_TOKENS
        answer = await call(http, _TUBE, "POST", url, headers={}, form=form)
        token = _tokens.keep_answer(name, answer)
        if not token:
            raise unreadable_reply(_TUBE, writes=False)
    try:
        answer = await call(
            http,
            _TUBE,
            "GET" if body is None else "POST",
            settings.api() + path,
            headers={"Authorization": f"Bearer {token}"},
            params=params,
            body=body,
            writes=body is not None,
        )
    except ReplyError as error:
        if error.reason == "reply_unauthorized":
            _tokens.forget(name)
        raise
    if not isinstance(answer, dict):
        raise unreadable_reply(_TUBE, writes=body is not None)
    return answer


def _posted(comment: AnsweredComment, row: Mapping[str, Any]) -> PostedReply:
    number = str(row.get("id") or "")
    if not number:
        raise unreadable_reply(_TUBE, writes=True)
    video = str(comment.extras.get("video") or "")
    address = f"https://www.youtube.com/watch?v={video}&lc={number}" if video else ""
    return PostedReply(number, payload.web_address(address))


def youtube_plain(text: str) -> str:
    """Plain text that mentions nobody and is not set in bold."""
    return _EMPHASIS.sub(lambda match: match[1] + BREAK, mention_free(text))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=YouTubeReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=youtube_plain,
    limit=YOUTUBE_COMMENT_MAX_CHARACTERS,
    per_hour=3,
)
