"""Answers in the topic where somebody asked.

1. A **Generic bot** may write where it is subscribed, unless the channel says otherwise.
2. Enter its **e-mail address** and its **API key**: the same as for asking, or those of another
   bot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from integrations.contract import Finding, Visibility
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.plain_words import chat_plain
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import AnsweredComment, CanReply, PostedReply, Replying
from integrations.sources.zulip.messages import permalink
from integrations.sources.zulip.polling import ZulipCredentials, basic
from integrations.sources.zulip.settings import Settings

_ORGANIZATION = "Zulip"
ZULIP_MESSAGE_MAX_CHARACTERS = 10_000
_MESSAGES_LOOKED_AT = 200


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not settings.site_url:
        return CanReply("no_address", "Enter the organization's address in the settings.")
    if not all(_place(comment)):
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
    """Zulip has no key for it: the topic is looked at before a second try."""
    channel, topic = _place(comment)
    form = {"type": "stream", "to": channel, "topic": topic, "content": text}
    return _posted(
        settings, comment, await _api(settings, credentials, http, "messages", form=form)
    )


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """What our bot wrote in the topic since the call."""
    me = await _api(settings, credentials, http, "users/me")
    channel, topic = _place(comment)
    narrow = [
        {"operator": "stream", "operand": int(channel)},
        {"operator": "topic", "operand": topic},
    ]
    params = (
        ("anchor", "newest"),
        ("num_before", _MESSAGES_LOOKED_AT),
        ("num_after", 0),
        ("narrow", json.dumps(narrow)),
    )
    earliest = looked_from(since).timestamp()

    async def read(_: str) -> AnswerPage:
        answer = await _api(settings, credentials, http, "messages", params=params)
        return AnswerPage(answer.get("messages"))

    def is_ours(message: Mapping[str, Any]) -> bool:
        written = message.get("timestamp")
        is_late = isinstance(written, int) and written >= earliest
        return is_late and message.get("sender_id") == me.get("user_id")

    return await find_answer(
        _ORGANIZATION, read, is_ours, lambda message: _posted(settings, comment, message)
    )


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    me = await _api(settings, credentials, http, "users/me")
    if not me.get("user_id"):
        raise unreadable_reply(_ORGANIZATION, writes=False)
    return [Finding("Account", True, f"Answers are written by {me.get('full_name')}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    *,
    params: Sequence[tuple[str, str | int]] = (),
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    answer = await call(
        http,
        _ORGANIZATION,
        "GET" if form is None else "POST",
        f"{settings.site_url}/api/v1/{path}",
        headers=basic(credentials),
        params=params,
        form=form,
        writes=form is not None,
    )
    if not isinstance(answer, dict):
        raise unreadable_reply(_ORGANIZATION, writes=form is not None)
    return answer


def _place(comment: AnsweredComment) -> tuple[str, str]:
    """The channel's number and the topic; blank where they are not known."""
    channel, topic = (str(comment.extras.get(name) or "") for name in ("channel", "topic"))
    return (channel, topic) if channel.isdigit() else ("", "")


def _posted(
    settings: Settings, comment: AnsweredComment, message: Mapping[str, Any]
) -> PostedReply:
    number = message.get("id")
    if not isinstance(number, int):
        raise unreadable_reply(_ORGANIZATION, writes=True)
    channel, topic = _place(comment)
    return PostedReply(str(number), permalink(settings, channel, topic, str(number)))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=ZulipCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=chat_plain,
    limit=ZULIP_MESSAGE_MAX_CHARACTERS,
)
