"""Answers messages in their channel or thread.

1. The bot needs **Send Messages** and **Send Messages in Threads** in the channels to answer in:
   **Server Settings → Roles**, the bot's role.
2. Enter the bot's token: the same as for asking, or that of another bot that only speaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.lost_answers import AnswerPage, find_answer, looked_from
from integrations.plain_words import chat_plain, utf16_units
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import AnsweredComment, CanReply, PostedReply, Replying
from integrations.sources.discord.settings import DISCORD_API, Settings

_SERVER = "Discord"
DISCORD_MESSAGE_MAX_UNITS = 2_000
DISCORD_EPOCH_MILLISECONDS = 1_420_070_400_000
_NONCE_CHARACTERS = 25
_NO_EMBEDS = 1 << 2


class DiscordReplyCredentials(BaseModel):
    """What lets us write into a server."""

    model_config = SECRETIVE

    bot_token: Token = Field(description="The token of the bot that writes the answers.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not _channel(comment) or not comment.external_id.isdigit():
        return CanReply("no_thread", "It is not known in which channel this was written.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """A message with a nonce, by which Discord knows for some minutes one that came before."""
    message = {
        "content": text,
        "message_reference": {"message_id": comment.external_id, "fail_if_not_exists": False},
        "allowed_mentions": {"parse": [], "replied_user": False},
        "nonce": key.hex[:_NONCE_CHARACTERS],
        "enforce_nonce": True,
        "flags": _NO_EMBEDS,
    }
    path = f"/channels/{_channel(comment)}/messages"
    return _posted(comment, await _api(settings, credentials, http, "POST", path, message))


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """Our bot's answer to this message since the call: nobody else writes as the bot."""
    me = await _api(settings, credentials, http, "GET", "/users/@me")
    if not isinstance(me, dict):
        raise unreadable_reply(_SERVER, writes=False)
    moment = int(looked_from(since).timestamp() * 1000) - DISCORD_EPOCH_MILLISECONDS
    path = f"/channels/{_channel(comment)}/messages"
    params = (("after", max(moment, 0) << 22), ("limit", 100))

    async def read(_: str) -> AnswerPage:
        return AnswerPage(await _api(settings, credentials, http, "GET", path, params=params))

    def is_ours(message: Mapping[str, Any]) -> bool:
        author, reference = message.get("author"), message.get("message_reference")
        is_own = isinstance(author, dict) and author.get("id") == me.get("id")
        answered = reference.get("message_id") if isinstance(reference, dict) else ""
        return is_own and answered == comment.external_id

    return await find_answer(_SERVER, read, is_ours, lambda message: _posted(comment, message))


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    me = await _api(settings, credentials, http, "GET", "/users/@me")
    if not isinstance(me, dict):
        raise unreadable_reply(_SERVER, writes=False)
    return [Finding("Account", True, f"Answers are written by {me.get('username')}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    params: Sequence[tuple[str, str | int]] = (),
) -> Any:
    headers = {"Authorization": f"Bot {credentials.get('bot_token')}"}
    url = (settings.api_url or DISCORD_API) + path
    writes = body is not None
    return await call(
        http, _SERVER, method, url, headers=headers, params=params, body=body, writes=writes
    )


def _channel(comment: AnsweredComment) -> str:
    channel = str(comment.extras.get("channel") or "")
    return channel if channel.isascii() and channel.isdigit() else ""


def _posted(comment: AnsweredComment, message: Any) -> PostedReply:
    number = str(message.get("id") or "") if isinstance(message, dict) else ""
    if not number.isdigit():
        raise unreadable_reply(_SERVER, writes=True)
    server = str(comment.extras.get("server") or "@me")
    address = f"https://discord.com/channels/{server}/{_channel(comment)}/{number}"
    return PostedReply(number, address)


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=DiscordReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=chat_plain,
    limit=DISCORD_MESSAGE_MAX_UNITS,
    measure=utf16_units,
)
