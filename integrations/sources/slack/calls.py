"""Calls of Slack's Web API, and its messages in the shape of its events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from integrations import payload
from integrations.poll_contract import CursorExpired, PolledItem, PollError
from integrations.polling import ask, forbidden, limited, unauthorized, unreadable
from integrations.sources.slack.settings import Settings

SLACK_TITLE = "Slack"
_API_URL = "https://slack.com/api"
CHANNELS_PER_PAGE = 200
_NOT_LET_IN = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
)
_GONE_CHANNEL = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "thread_not_found"}
)


class NotInChannel(PollError):
    """A channel or thread that is gone, or that the app may not see: ``error`` is Slack's word."""

    def __init__(self, error: str) -> None:
        super().__init__(
            "source_not_there", f"{SLACK_TITLE} answered {error} for a channel or a thread."
        )
        self.error = error


async def call(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    method: str,
    params: Mapping[str, str | int],
) -> dict[str, Any]:
    """One call of the Web API, which says 200 to failures as well. Raises PollError."""
    headers = {"Authorization": f"Bearer {credentials.get('bot_token', '')}"}
    url = f"{settings.api_url or _API_URL}/{method}"
    answer = await ask(http, SLACK_TITLE, url, params=params, headers=headers)
    if not isinstance(answer.value, dict):
        raise unreadable(SLACK_TITLE)
    if answer.value.get("ok") is True:
        return answer.value
    error = str(answer.value.get("error") or "")
    if error in _NOT_LET_IN:
        raise unauthorized(SLACK_TITLE)
    if error in ("ratelimited", "rate_limited"):
        raise limited(SLACK_TITLE, None)
    if error == "missing_scope":
        needed = payload.name(answer.value.get("needed")) or "the scopes that the guide names"
        raise forbidden(SLACK_TITLE, f"the scope {needed}")
    if error == "invalid_cursor":
        raise CursorExpired(SLACK_TITLE)
    if error in _GONE_CHANNEL:
        raise NotInChannel(payload.name(error))
    if not error:
        raise unreadable(SLACK_TITLE)
    raise PollError(
        "source_error", f"{SLACK_TITLE} answered {payload.name(error)}; it is asked again."
    )


async def followed_channels(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[tuple[str, bool]]:
    """The channels that the app is in and the settings follow; private ones only where they are
    kept."""
    followed = payload.listed(settings.channels)
    kinds = "public_channel,private_channel" if settings.keep_private else "public_channel"
    channels: list[tuple[str, bool]] = []
    cursor = ""
    while True:
        params: dict[str, str | int] = {"types": kinds, "limit": CHANNELS_PER_PAGE}
        params |= {"cursor": cursor} if cursor else {}
        answer = await call(settings, credentials, http, "users.conversations", params)
        for channel in answer.get("channels") or []:
            name = str(channel.get("id") or "")
            if name and (not followed or name in followed):
                channels.append((name, channel.get("is_private") is True))
        following = next_page(answer)
        if not following or following == cursor:
            return channels
        cursor = following


def next_page(answer: Mapping[str, Any]) -> str:
    metadata = answer.get("response_metadata")
    return str(metadata.get("next_cursor") or "") if isinstance(metadata, dict) else ""


def messages_of(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = answer.get("messages")
    if not isinstance(listed, list):
        raise unreadable(SLACK_TITLE)
    return [message for message in listed if isinstance(message, dict)]


def as_delivery(
    team: str, channel: str, is_private: bool, message: Mapping[str, Any]
) -> PolledItem:
    """The message as the Events API sends it: one that was edited, as its edit."""
    ts = str(message.get("ts") or "")
    edited = message.get("edited")
    edited_ts = str(edited.get("ts") or "") if isinstance(edited, dict) else ""
    place = {"channel": channel, "channel_type": "group" if is_private else "channel"}
    event: dict[str, Any] = {**message, **place, "type": "message", "event_ts": ts}
    if edited_ts:
        event = {
            "type": "message",
            "subtype": "message_changed",
            **place,
            "ts": edited_ts,
            "event_ts": edited_ts,
            "message": dict(message),
        }
    body = {
        "type": "event_callback",
        "team_id": team,
        "event_id": f"polled:{channel}:{ts}:{edited_ts}",
        "event": event,
    }
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    headers = {"content-type": "application/json"}
    return PolledItem(headers, content.encode("utf-8", "replace"))
