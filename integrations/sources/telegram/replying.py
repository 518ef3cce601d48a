"""Answers messages in their group or topic.

1. The bot has to be in the group, and may write there: open the group's **Permissions**, or make it
   an administrator.
2. Enter the token that @BotFather gave for the bot that answers.

Telegram does not tell a bot what was written before: where an answer to a call gets lost, a person
has to look whether it stands there.
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
from integrations.neutralize import BREAK
from integrations.plain_words import mention_free, utf16_units
from integrations.reply_calls import call, unauthorized_reply, unreadable_reply
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.telegram.settings import TELEGRAM_API, Settings

_MESSENGER = "Telegram"
TELEGRAM_MESSAGE_MAX_UNITS = 4_096
_MESSAGE_KEY = re.compile(r"(-?\d{1,20}):(\d{1,20})")
_BOT_COMMAND = re.compile(r"(?m)(^|\s)/(?=\w)")


class TelegramReplyCredentials(BaseModel):
    """What lets us write as a bot."""

    model_config = SECRETIVE

    bot_token: Token = Field(description="The token of the bot that writes the answers.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not _MESSAGE_KEY.fullmatch(comment.external_id):
        return CanReply("no_thread", "It is not known in which chat this was written.")
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
    """sendMessage, without markup: what is sent is what is shown."""
    chat, _, number = comment.external_id.partition(":")
    topic = str(comment.extras.get("topic") or "")
    message = {
        "chat_id": int(chat),
        "text": text,
        "reply_parameters": {"message_id": int(number), "allow_sending_without_reply": True},
        "link_preview_options": {"is_disabled": True},
        **({"message_thread_id": int(topic)} if topic.isdigit() else {}),
    }
    posted = await _api(settings, credentials, http, "sendMessage", message)
    posted_number = posted.get("message_id") if isinstance(posted, dict) else None
    if not isinstance(posted_number, int):
        raise unreadable_reply(_MESSENGER, writes=True)
    address = comment.permalink.rpartition("/")[0]
    permalink = payload.web_address(f"{address}/{posted_number}") if address else ""
    return PostedReply(payload.joined(chat, str(posted_number)), permalink)


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """Bots cannot read what was written: nothing certain can be told."""
    raise ReplyError(
        "reply_not_told",
        "Telegram does not tell a bot whether the answer stands there: look in the chat before it "
        "is sent again.",
        permanent=True,
    )


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    me = await _api(settings, credentials, http, "getMe")
    if not isinstance(me, dict) or not me.get("username"):
        raise unreadable_reply(_MESSENGER, writes=False)
    return [Finding("Account", True, f"Answers are written by @{me['username']}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    method: str,
    body: Mapping[str, Any] | None = None,
) -> Any:
    url = f"{settings.api_url or TELEGRAM_API}/bot{credentials.get('bot_token')}/{method}"
    writes = body is not None
    try:
        answer = await call(
            http, _MESSENGER, "POST", url, headers={}, body=body or {}, writes=writes
        )
    except ReplyError as error:
        # A token that is wrong is a path that is not there; a chat that is gone is a 400.
        if error.reason == "thread_gone" and not writes:
            raise unauthorized_reply(_MESSENGER) from None
        raise
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        raise unreadable_reply(_MESSENGER, writes=writes)
    return answer.get("result")


def telegram_plain(text: str) -> str:
    """Plain text that mentions nobody and calls no bot."""
    return _BOT_COMMAND.sub(lambda match: f"{match[1]}/{BREAK}", mention_free(text))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=TelegramReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=telegram_plain,
    limit=TELEGRAM_MESSAGE_MAX_UNITS,
    measure=utf16_units,
    per_hour=60,
)
