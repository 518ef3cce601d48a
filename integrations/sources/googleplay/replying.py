"""Answers reviews as the app's developer.

1. Use the key file of the service account as for asking; **Reply to reviews** is all it needs.
2. Enter its whole content here.

A review has one answer: another one takes its place, also one that somebody wrote in the Play
Console.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from integrations.contract import Finding
from integrations.listing import objects
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.neutralize import BREAK
from integrations.plain_words import mention_free
from integrations.reply_calls import call, unauthorized_reply, unreadable_reply
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.googleplay.keys import (
    GooglePlayCredentials,
    play_tokens,
    token_form,
    token_name,
)
from integrations.sources.googleplay.settings import Settings

_PLAY = "Google Play"
PLAY_ANSWER_MAX_CHARACTERS = 350


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not settings.package or not comment.external_id.startswith(("gp:", "r")):
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
    url = f"{_address(settings, comment)}:reply"
    answer = await _api(settings, credentials, http, url, {"replyText": text})
    if not isinstance(answer.get("result"), dict):
        raise unreadable_reply(_PLAY, writes=True)
    return _posted(comment)


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """The developer's answer, if it is as young as the call."""

    async def read(_: str) -> AnswerPage:
        review = await _api(settings, credentials, http, _address(settings, comment))
        return AnswerPage([one.get("developerComment") for one in objects(review.get("comments"))])

    def is_ours(answer: Mapping[str, Any]) -> bool:
        changed = answer.get("lastModified")
        seconds = str(changed.get("seconds")) if isinstance(changed, dict) else ""
        if not seconds.isdigit() or len(seconds) > 11:
            return False
        return datetime.fromtimestamp(int(seconds), UTC) >= looked_from(since)

    return await find_answer(_PLAY, read, is_ours, lambda _: _posted(comment))


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    await _api(settings, credentials, http, f"{settings.reviews()}?maxResults=1")
    words = f"Answers are written by the developer of {settings.package}."
    return [Finding("Account", True, words)]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    url: str,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    name = token_name(settings, credentials)
    token = play_tokens.of(name)
    if not token:
        asked_for = token_form(settings, credentials)
        if asked_for is None:
            raise unauthorized_reply(_PLAY)
        where, form = asked_for
        token = play_tokens.keep_answer(
            name, await call(http, _PLAY, "POST", where, headers={}, form=form)
        )
        if not token:
            raise unreadable_reply(_PLAY, writes=False)
    headers, writes = {"Authorization": f"Bearer {token}"}, body is not None
    try:
        answer = await call(
            http, _PLAY, "POST" if writes else "GET", url, headers=headers, body=body, writes=writes
        )
    except ReplyError as error:
        if error.reason == "reply_unauthorized":
            play_tokens.forget(name)
        raise
    if not isinstance(answer, dict):
        raise unreadable_reply(_PLAY, writes=writes)
    return answer


def _address(settings: Settings, comment: AnsweredComment) -> str:
    return f"{settings.reviews()}/{quote(comment.external_id, safe=':')}"


def _posted(comment: AnsweredComment) -> PostedReply:
    """An answer is a part of its review."""
    return PostedReply(f"{comment.external_id}:reply", comment.permalink)


def play_plain(text: str) -> str:
    """Plain text of which Google takes nothing for a tag, which it would leave out."""
    return mention_free(text).replace("<", f"<{BREAK}")


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=GooglePlayCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=play_plain,
    limit=PLAY_ANSWER_MAX_CHARACTERS,
    per_hour=60,
)
