"""Answers posts in the name of your account.

1. **Preferences → Development → New application** on your server, as for asking, with the scopes
   **read:accounts**, **read:statuses** and **write:statuses**.
2. Copy **Your access token** and enter it here.

An answer mentions the one who asked and nobody else, and is *unlisted*: it does not appear in
public timelines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding, Visibility
from integrations.entered_tokens import SECRETIVE, Token
from integrations.listing import moment_of
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.neutralize import by_links
from integrations.plain_words import mention_free
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import AnsweredComment, CanReply, PostedReply, Replying
from integrations.sources.mastodon.settings import Settings

_FEDIVERSE = "Mastodon"
STATUS_MAX_CHARACTERS = 500
"""As servers are installed; of a mention only the name counts, at most 30 characters."""
_MENTION_CHARACTERS = 32
_COUNTED_LINK_CHARACTERS = 23
_ACCOUNT_NAME = re.compile(r"[\w.-]{1,60}(?:@[\w.-]{1,200})?")


class MastodonReplyCredentials(BaseModel):
    """What lets us write as an account."""

    model_config = SECRETIVE

    token: Token = Field(description="An access token with write:statuses.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not settings.base_url:
        return CanReply("no_address", "Enter the address of your server in this source's settings.")
    if not str(comment.extras.get("status") or "").isalnum():
        return CanReply("no_thread", "It is not known which post this is on your server.")
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
    """A post with an Idempotency-Key, which the server remembers for an hour."""
    acct = str(comment.extras.get("acct") or "")
    mention = f"@{acct} " if _ACCOUNT_NAME.fullmatch(acct) else ""
    body = {
        "status": mention + text,
        "in_reply_to_id": comment.extras.get("status"),
        "visibility": "unlisted",
    }
    return _posted(await _api(settings, credentials, http, "/statuses", body=body, key=str(key)))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """What our account wrote below the post since the call."""
    me = await _me(settings, credentials, http)
    number, earliest = comment.extras.get("status"), looked_from(since)

    async def read(_: str) -> AnswerPage:
        answer = await _api(settings, credentials, http, f"/statuses/{number}/context")
        return AnswerPage(answer.get("descendants"))

    def is_ours(status: Mapping[str, Any]) -> bool:
        account, written = status.get("account"), moment_of(status.get("created_at"))
        is_own = isinstance(account, dict) and account.get("id") == me["id"]
        is_late = written is not None and written >= earliest
        return is_own and is_late and status.get("in_reply_to_id") == number

    return await find_answer(_FEDIVERSE, read, is_ours, _posted)


async def _me(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> dict[str, Any]:
    me = await _api(settings, credentials, http, "/accounts/verify_credentials")
    if not me.get("id"):
        raise unreadable_reply(_FEDIVERSE, writes=False)
    return me


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    me = await _me(settings, credentials, http)
    return [Finding("Account", True, f"Answers are written by @{me.get('acct')}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    key: str = "",
) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {credentials.get('token')}"}
    headers |= {"Idempotency-Key": key} if key else {}
    answer = await call(
        http,
        _FEDIVERSE,
        "GET" if body is None else "POST",
        f"{settings.base_url}/api/v1{path}",
        headers=headers,
        body=body,
        writes=body is not None,
    )
    if not isinstance(answer, dict):
        raise unreadable_reply(_FEDIVERSE, writes=body is not None)
    return answer


def _posted(status: Mapping[str, Any]) -> PostedReply:
    uri = status.get("uri")
    if not isinstance(uri, str) or not uri:
        raise unreadable_reply(_FEDIVERSE, writes=True)
    return PostedReply(uri, payload.web_address(str(status.get("url") or "")))


def counted(text: str) -> int:
    """The length as Mastodon counts it: every address is 23 characters long."""
    return sum(
        _COUNTED_LINK_CHARACTERS if is_link else len(part) for part, is_link in by_links(text)
    )


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=MastodonReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=mention_free,
    limit=STATUS_MAX_CHARACTERS - _MENTION_CHARACTERS,
    measure=counted,
)
