"""Answers messages in their thread.

1. Open your app at https://api.slack.com/apps, **OAuth & Permissions → Bot Token Scopes**: add
   `chat:write`, and keep `channels:history` (and `groups:history` for private channels).
2. **Install App → Reinstall to Workspace**, and copy the **Bot User OAuth Token** (`xoxb-...`).
3. Enter it here. The app answers in the channels that it was invited to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, SecretStr

from integrations import payload
from integrations.contract import Finding
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.neutralize import slack_plain
from integrations.plain_words import utf16_units
from integrations.reply_calls import (
    call,
    forbidden_reply,
    refused_answer,
    reply_limited,
    reply_too_long,
    thread_gone,
    thread_locked,
    unauthorized_reply,
    unreadable_reply,
)
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.slack.settings import Settings

_CHAT = "Slack"
SLACK_API = "https://slack.com/api"
MESSAGE_MAX_UNITS = 4_000
"""UTF-16 units; Slack advises against longer messages and cuts far longer ones off."""
_LOGIN_ERRORS = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
)
_RIGHTS_ERRORS = frozenset(
    {"missing_scope", "not_in_channel", "restricted_action", "no_permission", "ekm_access_denied"}
)
_GONE_ERRORS = frozenset({"channel_not_found", "thread_not_found", "message_not_found"})
_PASSING_ERRORS = frozenset({"internal_error", "fatal_error", "service_unavailable"})


class SlackReplyCredentials(BaseModel):
    """What lets us write into a workspace."""

    token: SecretStr = Field(min_length=1, description="The app's Bot User OAuth Token (xoxb-...).")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    channel, ts = _place(comment)
    if not channel or not ts:
        return CanReply("no_thread", "It is not known in which thread this was written.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """chat.postMessage with ``client_msg_id``, by which Slack knows a message that came before."""
    channel, thread_ts = _place(comment)
    message = {
        "channel": channel,
        "thread_ts": thread_ts,
        "text": text,
        "client_msg_id": str(key),
        "metadata": {"event_type": "relay_reply", "event_payload": {"key": str(key)}},
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "reply_broadcast": False,
    }
    answer = await _api(credentials, "chat.postMessage", http, body=message, writes=True)
    return _posted(settings, channel, thread_ts, str(answer.get("ts") or ""))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """The thread since the call, looked through for our key."""
    channel, thread_ts = _place(comment)
    params: list[tuple[str, str | int]] = [
        ("channel", channel),
        ("ts", thread_ts),
        ("oldest", f"{looked_from(since).timestamp():.6f}"),
        ("include_all_metadata", "true"),
        ("limit", 15),
    ]

    async def read(page_name: str) -> AnswerPage:
        page = params + ([("cursor", page_name)] if page_name else [])
        answer = await _api(credentials, "conversations.replies", http, params=page)
        following = (answer.get("response_metadata") or {}).get("next_cursor")
        return AnswerPage(answer.get("messages"), str(following or ""))

    return await find_answer(
        _CHAT,
        read,
        lambda message: _has_key(message, key),
        lambda message: _posted(settings, channel, thread_ts, str(message.get("ts") or "")),
    )


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    """Whether the token lets us in, and as whom."""
    answer = await _api(credentials, "auth.test", http)
    return [
        Finding(
            "Account", True, f"Answers are written by {answer.get('user')} in {answer.get('team')}."
        )
    ]


async def _api(
    credentials: Mapping[str, Any],
    method: str,
    http: httpx.AsyncClient,
    *,
    params: list[tuple[str, str | int]] | None = None,
    body: Mapping[str, Any] | None = None,
    writes: bool = False,
) -> dict[str, Any]:
    """Slack says in a 200 what went wrong."""
    answer = await call(
        http,
        _CHAT,
        "GET" if body is None else "POST",
        f"{SLACK_API}/{method}",
        headers={"Authorization": f"Bearer {credentials.get('token')}"},
        params=params or (),
        body=body,
        writes=writes,
    )
    if not isinstance(answer, dict):
        raise unreadable_reply(_CHAT, writes=writes)
    if answer.get("ok") is not True:
        raise _complaint(str(answer.get("error") or ""), writes=writes)
    return answer


def _complaint(error: str, *, writes: bool) -> ReplyError:
    if error in _LOGIN_ERRORS:
        return unauthorized_reply(_CHAT)
    if error in _RIGHTS_ERRORS:
        return forbidden_reply(_CHAT, error)
    if error in _GONE_ERRORS:
        return thread_gone(_CHAT)
    if error == "is_archived":
        return thread_locked(_CHAT)
    if error == "msg_too_long":
        return reply_too_long(_CHAT)
    if error in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        return reply_limited(_CHAT, None)
    if error in _PASSING_ERRORS or error.startswith("duplicate"):
        # It may be there, or Slack says that it is: the thread is looked at.
        return ReplyError(
            "reply_answer_lost",
            f"{_CHAT} does not say whether the answer was posted ({error}); the thread is looked "
            "at before anything is sent again.",
            ambiguous=writes,
        )
    return refused_answer(_CHAT, error.replace("_", " "))


def _has_key(message: Mapping[str, Any], key: UUID) -> bool:
    metadata = message.get("metadata")
    event_payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    named = event_payload.get("key") if isinstance(event_payload, dict) else None
    return str(key) in (message.get("client_msg_id"), named)


def _place(comment: AnsweredComment) -> tuple[str, str]:
    """The channel and the timestamp of the thread's first message."""
    channel, _, ts = comment.thread_id.partition(":")
    return (channel, ts) if channel.isalnum() and ts.replace(".", "", 1).isdigit() else ("", "")


def _posted(settings: Settings, channel: str, thread_ts: str, ts: str) -> PostedReply:
    if not ts.replace(".", "", 1).isdigit():
        raise unreadable_reply(_CHAT, writes=True)
    place = f"/archives/{channel}/p{ts.replace('.', '')}?thread_ts={thread_ts}&cid={channel}"
    base = settings.workspace_url or "https://slack.com"
    return PostedReply(payload.joined(channel, ts), base + place)


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=SlackReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=slack_plain,
    limit=MESSAGE_MAX_UNITS,
    measure=utf16_units,
)
