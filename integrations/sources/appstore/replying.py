"""Answers reviews as the app's developer.

1. Use the key as for asking, with the role **Customer Support**, or make another one.
2. Enter the **Issuer ID**, the **Key ID** and the whole content of the key's file here.

A review has one answer: another one takes its place. Apple shows it within a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from integrations.contract import Finding
from integrations.listing import moment_of
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.plain_words import mention_free
from integrations.reply_calls import call, unauthorized_reply, unreadable_reply
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.appstore.keys import AppStoreCredentials, bearer_of
from integrations.sources.appstore.settings import Settings

_APPLE = "App Store Connect"
APPLE_ANSWER_MAX_CHARACTERS = 5_970


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    is_named = comment.external_id.replace("-", "").isalnum()
    if not settings.app or not is_named:
        return CanReply("no_thread", "It is not known which review of which app this is.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """The same answer twice is one answer."""
    review = {"data": {"type": "customerReviews", "id": comment.external_id}}
    data = {
        "type": "customerReviewResponses",
        "attributes": {"responseBody": text},
        "relationships": {"review": review},
    }
    return _posted(await _api(settings, credentials, http, "customerReviewResponses", data))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """The developer's answer, if it is as young as the call."""
    earliest = looked_from(since)

    async def read(_: str) -> AnswerPage:
        path = f"customerReviews/{quote(comment.external_id, safe='')}/response"
        try:
            answer = await _api(settings, credentials, http, path)
        except ReplyError as error:
            if error.reason != "thread_gone":
                raise
            return AnswerPage([])  # a review without an answer has none to show
        return AnswerPage([answer.get("data")])

    def is_ours(answer: Mapping[str, Any]) -> bool:
        words = answer.get("attributes")
        changed = moment_of(words.get("lastModifiedDate")) if isinstance(words, dict) else None
        return changed is not None and changed >= earliest

    return await find_answer(_APPLE, read, is_ours, lambda answer: _posted({"data": answer}))


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    await _api(settings, credentials, http, f"apps/{settings.app}")
    return [Finding("Account", True, f"Answers are written by the developer of {settings.app}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    data: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    headers, writes = bearer_of(settings, credentials), data is not None
    if headers is None:
        raise unauthorized_reply(_APPLE)
    answer = await call(
        http,
        _APPLE,
        "POST" if writes else "GET",
        settings.url(path),
        headers=headers,
        body={"data": data} if writes else None,
        writes=writes,
    )
    if not isinstance(answer, dict):
        raise unreadable_reply(_APPLE, writes=writes)
    return answer


def _posted(answer: Mapping[str, Any]) -> PostedReply:
    data = answer.get("data")
    number = data.get("id") if isinstance(data, dict) else None
    if not isinstance(number, str) or not number:
        raise unreadable_reply(_APPLE, writes=True)
    return PostedReply(number, "")


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=AppStoreCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=mention_free,
    limit=APPLE_ANSWER_MAX_CHARACTERS,
    per_hour=60,
)
