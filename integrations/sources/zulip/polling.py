"""Asks Zulip for the messages of the channels that a bot is subscribed to.

1. Open **Settings → Bots → Add a new bot**, type **Generic bot**, and press **Add**.
2. Subscribe the bot to the channels: in a channel's settings, **Subscribers → Add subscribers**.
3. Enter the bot's **e-mail address** and its **API key** here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.entered_tokens import SECRETIVE, Token
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import (
    ListPage,
    Row,
    Stream,
    begin_lists,
    json_item,
    numbered,
    objects,
)
from integrations.poll_contract import KnownComment, PolledItem, Polling, Rechecked
from integrations.polling import unreadable
from integrations.sources.zulip.messages import ZULIP_PLACE
from integrations.sources.zulip.settings import Settings

ZULIP_PAGE_MESSAGES = 200


class ZulipCredentials(BaseModel):
    """What lets us in as a bot."""

    model_config = SECRETIVE

    email: str = Field(min_length=3, max_length=200, description="The bot's e-mail address.")
    api_key: Token = Field(description="The bot's API key.")


def basic(credentials: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a call."""
    pair = f"{credentials.get('email', '')}:{credentials.get('api_key', '')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


class ZulipReader(ListReader[Settings]):
    """Reads channels: a stream is ``number:privacy:name``."""

    title = "Zulip"
    needed = "a bot that is subscribed to the channels"
    remedy = "Check the address, and the bot's e-mail address and API key."

    def headers(self) -> Mapping[str, str]:
        return basic(self.credentials)

    def _url(self, path: str) -> str:
        if not self.settings.site_url:
            raise missing_setting("Enter the organization's address in this source's settings.")
        return f"{self.settings.site_url}/api/v1/{path}"

    async def channels(self) -> dict[str, dict[str, bool]]:
        """The channels of the bot by ``number:name``, with who may read them."""
        answer = await self.answer_object(self._url("users/me/subscriptions"))
        if not isinstance(answer.get("subscriptions"), list):
            raise unreadable(self.title)
        channels = {}
        for one in objects(answer["subscriptions"]):
            number, name = str(one.get("stream_id")), str(one.get("name") or "")
            is_private = one.get("invite_only") is True
            if self.settings.follows(number, name) and (
                not is_private or self.settings.keep_private
            ):
                public = one.get("is_web_public") is True
                channels[f"{number}:{name}"] = {"private": is_private, "web_public": public}
        return channels

    async def streams(self) -> Sequence[str]:
        channels = await self.channels()
        if not channels:
            raise missing_setting(
                "The bot is subscribed to no channel that is followed: subscribe it in Zulip."
            )
        return [f"{json.dumps(place)}|{name}" for name, place in channels.items()]

    def subject(self, name: str) -> str:
        return f"Channel {name.partition('|')[2].partition(':')[2]}"

    async def page(self, stream: Stream) -> ListPage:
        """Messages before a number, the newest last."""
        place, _, channel = stream.name.partition("|")
        number = channel.partition(":")[0]
        narrow = [{"operator": "stream", "operand": int(number)}]
        params: dict[str, str | int] = {
            "anchor": stream.page or "newest",
            "include_anchor": "false" if stream.page else "true",
            "num_before": ZULIP_PAGE_MESSAGES,
            "num_after": 0,
            "narrow": json.dumps(narrow),
            "apply_markdown": "false",
        }
        messages, is_oldest = await self.messages(params)
        rows = [
            Row(message_item(one, json.loads(place)), numbered(one.get("id")), _moment(one))
            for one in messages
        ]
        more = rows and not is_oldest
        return ListPage(rows, str(min(int(row.mark) for row in rows)) if more else "")

    async def messages(self, params: Mapping[str, str | int]) -> tuple[list[dict[str, Any]], bool]:
        """Messages, and whether they reach back to the first one."""
        answer = await self.answer_object(self._url("messages"), params)
        if not isinstance(answer.get("messages"), list):
            raise unreadable(self.title)
        messages = [one for one in objects(answer["messages"]) if isinstance(one.get("id"), int)]
        return messages, answer.get("found_oldest") is True


def _moment(message: Mapping[str, Any]) -> datetime | None:
    seconds = message.get("timestamp")
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None


def message_item(message: Mapping[str, Any], place: Mapping[str, bool]) -> PolledItem:
    """A message as an outgoing webhook would have sent it, without the picture of its writer."""
    shown = {name: value for name, value in message.items() if name != "avatar_url"}
    return json_item({"message": shown, ZULIP_PLACE: place})


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """A message is gone where it is missing while the bot is still subscribed to its channel."""
    reader = ZulipReader(settings, credentials, http)
    channels = {name.partition(":")[0]: place for name, place in (await reader.channels()).items()}
    ids = [int(one.external_id) for one in sought if one.external_id.isdigit()]
    params: dict[str, str | int] = {"message_ids": json.dumps(ids), "apply_markdown": "false"}
    messages, _ = await reader.messages(params)
    items = [message_item(one, channels.get(str(one.get("stream_id")), {})) for one in messages]
    listed = {str(one["id"]) for one in messages}
    missing = [one for one in sought if one.external_id not in listed]
    gone = {one.external_id for one in missing if str(one.extras.get("channel")) in channels}
    unseen = "" if len(gone) == len(missing) else "The bot left some of the channels."
    return Rechecked(items, frozenset(gone), unseen)


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.joined("zulip", settings.site_url, str(credentials.get("email") or ""))


ZULIP_POLLING: Polling[Settings] = Polling(
    credentials=ZulipCredentials,
    begin=begin_lists,
    poll=poll_by(ZulipReader),
    check=check_by(ZulipReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=100,  # 200 for a user
    burst=20,
    recheck=_recheck,
    recheck_most=100,
)
"""How an organization is polled."""
