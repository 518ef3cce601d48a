"""Webhooks: one request with a body, and what the other side said about it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from app.digests.chats import discord_body, slack_body, teams_body
from app.digests.failures import SendFailed
from app.digests.message import Message
from app.models.states import DispatchChannel
from integrations.contract import IntegrationError
from integrations.signatures import STANDARD_WEBHOOKS, sign

RETRY_AFTER_MOST_SECONDS = 3_600.0
GONE = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True)
class Posting:
    """A webhook to call: ``id`` is the same however often it is tried; ``secret`` signs what
    programs get."""

    channel: DispatchChannel
    url: str
    id: uuid.UUID
    secret: str = ""


def posted_body(posting: Posting, message: Message, base_url: str) -> dict[str, Any]:
    """What a channel gets."""
    if posting.channel is DispatchChannel.slack:
        return slack_body(message, base_url)
    if posting.channel is DispatchChannel.discord:
        return discord_body(message, base_url)
    if posting.channel is DispatchChannel.teams:
        return teams_body(message, base_url)
    return {
        "type": f"{message.sort}.created",
        "title": message.title,
        "url": base_url + message.path,
        "data": message.data,
    }


async def post(
    http: httpx.AsyncClient, posting: Posting, message: Message, base_url: str, now: datetime
) -> None:
    """Call the webhook. Raises SendFailed; its sentences never hold the address."""
    written = posted_body(posting, message, base_url)
    if posting.channel is DispatchChannel.webhook:
        written["timestamp"] = now.isoformat()
    body = json.dumps(written, ensure_ascii=False, default=str).encode("utf-8", "replace")
    headers = {"content-type": "application/json"}
    if posting.channel is DispatchChannel.webhook:
        seconds = int(now.timestamp())
        headers |= sign(STANDARD_WEBHOOKS, posting.secret, body, str(posting.id), seconds)
    try:
        answer = await http.post(posting.url, content=body, headers=headers)
    except IntegrationError as error:
        raise SendFailed(error.reason, error.detail, permanent=True) from error
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise SendFailed(
            "webhook_unreachable", "Nobody answers at the address of the webhook."
        ) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise SendFailed(
            "webhook_refused", "The address of the webhook cannot be used.", permanent=True
        ) from error
    except httpx.HTTPError as error:
        raise SendFailed(
            "answer_lost",
            "The webhook did not answer after it had the whole request.",
            ambiguous=True,
        ) from error
    _expect_success(answer)


def _expect_success(answer: httpx.Response) -> None:
    status = answer.status_code
    if 200 <= status < 300:
        return
    if status in GONE:
        raise SendFailed(
            "webhook_gone",
            f"The webhook answered {status}: it was removed there, or its address is not right. "
            "Make a new one, and subscribe it.",
            permanent=True,
        )
    if status == 429 or status >= 500:
        raise SendFailed(
            "webhook_busy",
            f"The webhook answered {status}, and is tried again.",
            retry_after=_asked_to_wait(answer),
        )
    raise SendFailed(
        "webhook_refused",
        f"The webhook answered {status}, and would again: look whether it is one of this kind.",
        permanent=True,
    )


def _asked_to_wait(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    seconds = float(text) if text.isascii() and text.isdigit() else 0.0
    return min(seconds, RETRY_AFTER_MOST_SECONDS)
