"""Asks Telegram for what was written, where no webhook can reach this service.

1. Make the bot and add it as this source's guide says.
2. Enter the token that @BotFather gave. Telegram hands updates to a webhook or to who asks, never
   to both: leave the webhook out, or remove it (`deleteWebhook`).

Telegram has no history: it keeps what was not fetched yet for 24 hours. It cannot be asked about
single messages, and tells nobody when one is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.listing import json_item, objects
from integrations.poll_contract import Poll, PollError, Polling
from integrations.polling import read_json, request, unauthorized, unreadable
from integrations.sources.telegram.settings import TELEGRAM_API, Settings
from integrations.sources.telegram.updates import MESSAGE_UPDATES, message_of

_TELEGRAM_TITLE = "Telegram"
UPDATES_PER_PAGE = 100
_REMEDY = "Enter the token that @BotFather shows for this bot."


class TelegramCredentials(BaseModel):
    """What lets us read as a bot."""

    model_config = SECRETIVE

    bot_token: Token = Field(description="The bot's token, as @BotFather shows it.")


async def _call(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    method: str,
    question: Mapping[str, Any] | None = None,
) -> Any:
    """What the Bot API answers. Raises PollError; a token that is wrong is a path that is not
    there."""
    token = credentials.get("bot_token", "")
    url = f"{settings.api_url or TELEGRAM_API}/bot{token}/{method}"
    try:
        response = await request(
            http, _TELEGRAM_TITLE, url, question=question or {}, expected=(httpx.codes.CONFLICT,)
        )
    except PollError as error:
        if error.reason == "source_not_there":
            raise unauthorized(_TELEGRAM_TITLE) from None
        raise
    if response.status_code == httpx.codes.CONFLICT:
        return []  # a webhook gets what there is
    answer = read_json(_TELEGRAM_TITLE, response)
    if not isinstance(answer, dict) or answer.get("ok") is not True:
        raise unreadable(_TELEGRAM_TITLE)
    return answer.get("result")


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    """The next updates. Asking for those after a number tells Telegram that the ones before it are
    stored, which they are by then."""
    question: dict[str, Any] = {
        "limit": UPDATES_PER_PAGE,
        "allowed_updates": [*MESSAGE_UPDATES, "my_chat_member"],
        **({"offset": int(cursor)} if cursor.isdigit() else {}),
    }
    listed = await _call(settings, credentials, http, "getUpdates", question)
    if not isinstance(listed, list):
        raise unreadable(_TELEGRAM_TITLE)
    updates = [one for one in objects(listed) if isinstance(one.get("update_id"), int)]
    following = str(updates[-1]["update_id"] + 1) if updates else cursor
    moments = [moment for one in updates if (moment := _moment(message_of(one)))]
    items = [json_item(one) for one in updates]
    return Poll(items, following, done=not updates, reached=max(moments, default=None))


def _moment(message: Mapping[str, Any]) -> datetime | None:
    seconds = message.get("date")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 10**11:
        return None
    return datetime.fromtimestamp(seconds, UTC)


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    if not credentials.get("bot_token"):
        return [Finding("Token", False, "The bot's token is missing.", _REMEDY)]
    try:
        me = await _call(settings, credentials, http, "getMe")
        state = await _call(settings, credentials, http, "getWebhookInfo")
    except PollError as error:
        return [Finding("Token", False, error.detail, _REMEDY)]
    reads_all = isinstance(me, dict) and me.get("can_read_all_group_messages") is True
    findings = [Finding("Token", True, "Telegram accepts it.")]
    if not reads_all:
        remedy = "Send /setprivacy to @BotFather, choose Disable, then add the bot again."
        words = "The bot sees only what is addressed to it, unless it is an administrator."
        findings.append(Finding("Privacy mode", True, words, remedy, to_do=True))
    webhook = state if isinstance(state, dict) else {}
    if webhook.get("url"):
        waiting = payload.count(webhook.get("pending_update_count"))
        words = f"A webhook is set, with {waiting} updates that wait: the bot is not asked."
        trouble = payload.name(webhook.get("last_error_message"))
        remedy = f"Telegram says of it: {trouble}." if trouble else ""
        findings.append(Finding("Webhook", not trouble, words, remedy))
    return findings


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    token = str(credentials.get("bot_token", ""))
    return payload.fingerprinted("telegram", settings.api_url, token)


TELEGRAM_POLLING: Polling[Settings] = Polling(
    credentials=TelegramCredentials,
    begin=lambda _: "anew",
    poll=_poll,
    check=_check,
    account=_account,
    guide=__doc__,
    calls_per_minute=60,
    interval_seconds=60.0,
    newest_first=False,
)
"""How a bot's updates are fetched, oldest first."""
