"""Answers posts and comments in the name of an account.

1. The account has to be a person's or a team's own, old enough that Reddit lets it write, and open
   about whom it speaks for; each subreddit has rules of its own about that.
2. Enter the **Client id**, the **Client secret**, and a **Refresh token** of that account with the
   scopes `identity`, `submit`, `read` and `history`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.listing import objects
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.neutralize import BREAK
from integrations.plain_words import chat_plain
from integrations.reply_calls import (
    call,
    refused_answer,
    reply_limited,
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
from integrations.sources.reddit.settings import REDDIT_API, REDDIT_SITE, Settings
from integrations.sources.reddit.tokens import bearer, forget, remember, remembered, token_request

_REDDIT = "Reddit"
REDDIT_COMMENT_MAX_CHARACTERS = 10_000
_THING_NAME = re.compile(r"t[13]_[0-9a-z]{1,13}")
_NAMED_PERSON = re.compile(r"(?i)\b([ur])/(?=\w)")
_LOCKED_CODES = frozenset({"THREAD_LOCKED", "TOO_OLD", "COMMENT_LOCKED"})
_GONE_CODES = frozenset({"DELETED_LINK", "DELETED_COMMENT", "NO_THING_ID"})


class RedditReplyCredentials(BaseModel):
    """What lets us write as an account."""

    model_config = SECRETIVE

    client_id: str = Field(min_length=1, max_length=100, description="The app's id.")
    client_secret: Token = Field(description="The app's secret.")
    refresh_token: Token = Field(description="A refresh token of the account that answers.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not _THING_NAME.fullmatch(comment.external_id):
        return CanReply("no_thread", "It is not known under which post this was written.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """Reddit has no key for it: the account's newest comments are looked at before a second try."""
    form = {"thing_id": comment.external_id, "text": text, "api_type": "json"}
    answer = await _api(settings, credentials, http, "POST", "/api/comment", form=form)
    inner = answer.get("json") if isinstance(answer, dict) else None
    if not isinstance(inner, dict):
        raise unreadable_reply(_REDDIT, writes=True)
    if errors := inner.get("errors"):
        raise _complaint(errors)
    listed = inner.get("data")
    things = listed.get("things") if isinstance(listed, dict) else None
    first = things[0] if isinstance(things, list) and things else None
    return _posted(first.get("data") if isinstance(first, dict) else None)


def _complaint(errors: Any) -> ReplyError:
    first = errors[0] if isinstance(errors, list) and errors else None
    parts = [str(part) for part in first] if isinstance(first, list) else [str(first)]
    code = parts[0]
    if code == "RATELIMIT":
        return reply_limited(_REDDIT, None)
    if code in _LOCKED_CODES:
        return thread_locked(_REDDIT)
    if code in _GONE_CODES:
        return thread_gone(_REDDIT)
    return refused_answer(_REDDIT, parts[1] if len(parts) > 1 else code)


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    name = await _own_name(settings, credentials, http)
    path = f"/user/{name}/comments"
    params = (("limit", 25), ("sort", "new"), ("raw_json", 1))
    earliest = looked_from(since).timestamp()

    async def read(_: str) -> AnswerPage:
        answer = await _api(settings, credentials, http, "GET", path, params=params)
        listing = answer.get("data") if isinstance(answer, dict) else None
        children = listing.get("children") if isinstance(listing, dict) else None
        if not isinstance(children, list):
            raise unreadable_reply(_REDDIT, writes=False)
        return AnswerPage([child.get("data") for child in objects(children)])

    def is_ours(inner: Mapping[str, Any]) -> bool:
        written = float(inner.get("created_utc") or 0)
        return inner.get("parent_id") == comment.external_id and written >= earliest

    return await find_answer(_REDDIT, read, is_ours, _posted)


async def _own_name(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> str:
    me = await _api(settings, credentials, http, "GET", "/api/v1/me")
    name = str(me.get("name") or "") if isinstance(me, dict) else ""
    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise unreadable_reply(_REDDIT, writes=False)
    return name


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    name = await _own_name(settings, credentials, http)
    return [Finding("Account", True, f"Answers are written by u/{name}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    params: tuple[tuple[str, str | int], ...] = (),
    form: Mapping[str, str] | None = None,
) -> Any:
    token = remembered(settings, credentials)
    if not token:
        url, headers, asked_form = token_request(settings, credentials)
        answer = await call(http, _REDDIT, "POST", url, headers=headers, form=asked_form)
        token = remember(settings, credentials, answer)
        if not token:
            raise unreadable_reply(_REDDIT, writes=False)
    url = (settings.api_url or REDDIT_API) + path
    headers, writes = bearer(token), form is not None
    try:
        return await call(
            http,
            _REDDIT,
            method,
            url,
            headers=bearer(token),
            params=params,
            form=form,
            writes=writes,
        )
    except ReplyError as error:
        if error.reason == "reply_unauthorized":
            forget(settings, credentials)
        raise


def _posted(inner: Any) -> PostedReply:
    name = str(inner.get("name") or "") if isinstance(inner, dict) else ""
    if not _THING_NAME.fullmatch(name):
        raise unreadable_reply(_REDDIT, writes=True)
    path = str(inner.get("permalink") or "")
    return PostedReply(name, REDDIT_SITE + path if path.startswith("/") else "")


def reddit_plain(text: str) -> str:
    """Plain text as Reddit's Markdown that shows these very words; ``u/name`` notifies nobody."""
    return _NAMED_PERSON.sub(lambda match: f"{match[1]}/{BREAK}", chat_plain(text))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=RedditReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=reddit_plain,
    limit=REDDIT_COMMENT_MAX_CHARACTERS,
    per_hour=6,
)
