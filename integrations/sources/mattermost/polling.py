"""Asks Mattermost for the posts of the channels that a bot is in.

1. Open **Integrations → Bot Accounts → Add Bot Account**, role **Member**, and press **Create**.
   Where the menu is missing, an administrator switches it on under **System Console →
   Integrations → Bot Accounts**.
2. Copy the token, which is shown once, and enter it here.
3. Add the bot to your team, and to the channels: `/invite @name`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.entered_tokens import SECRETIVE, Token
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, numbered, objects
from integrations.poll_contract import KnownComment, PolledItem, Polling, Rechecked
from integrations.polling import unreadable
from integrations.sources.mattermost.messages import AUTHOR_FIELD, CHANNEL_FIELD
from integrations.sources.mattermost.settings import Settings

MATTERMOST_PAGE_POSTS = 100
_READABLE_KINDS = ("O", "P")


class MattermostCredentials(BaseModel):
    """What lets us in as a bot."""

    model_config = SECRETIVE

    token: Token = Field(description="The bot's access token.")


class MattermostReader(ListReader[Settings]):
    """Reads channels: a stream is ``type:id:name``."""

    title = "Mattermost"
    needed = "a bot that is a member of the team and of the channels"
    remedy = "Check the address and the bot's token, and invite the bot to the channels."

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.credentials.get('token', '')}"}

    def url(self, path: str) -> str:
        """The address of a call."""
        if not self.settings.site_url:
            raise missing_setting("Enter the server's address in this source's settings.")
        return f"{self.settings.site_url}/api/v4/{path}"

    async def channels(self) -> dict[str, dict[str, str]]:
        """The channels of the bot that are followed, by their ids."""
        channels = {}
        for one in objects(await self.answer_list(self.url("users/me/channels"))):
            number, name, kind = (str(one.get(key) or "") for key in ("id", "name", "type"))
            if kind not in _READABLE_KINDS or not self.settings.follows(number, name):
                continue
            if kind == "O" or self.settings.keep_private:
                channels[number] = {"type": kind, "name": name}
        return channels

    async def streams(self) -> Sequence[str]:
        channels = await self.channels()
        if not channels:
            raise missing_setting(
                "The bot is in no channel that is followed: invite it in Mattermost."
            )
        return [f"{one['type']}:{number}:{one['name']}" for number, one in channels.items()]

    def subject(self, name: str) -> str:
        return f"Channel {name.split(':', 2)[2]}"

    async def page(self, stream: Stream) -> ListPage:
        """Posts before another one, the newest first."""
        kind, number, name = stream.name.split(":", 2)
        params: dict[str, str | int] = {"per_page": MATTERMOST_PAGE_POSTS}
        params |= {"before": stream.page} if stream.page else {}
        answer = await self.answer_object(self.url(f"channels/{number}/posts"), params)
        order, posts = answer.get("order"), answer.get("posts")
        if not isinstance(order, list) or not isinstance(posts, dict):
            raise unreadable(self.title)
        listed = objects([posts.get(one) for one in order if isinstance(one, str)])
        place = {"type": kind, "name": name}
        items = await self.items(listed, {number: place})
        rows = [
            Row(item, _mark(post), _moment(post)) for item, post in zip(items, listed, strict=True)
        ]
        # ``prev_post_id`` is blank at the channel's beginning.
        more = bool(answer.get("prev_post_id", len(order) >= MATTERMOST_PAGE_POSTS))
        return ListPage(rows, str(order[-1]) if more and order else "")

    async def items(
        self, posts: Sequence[Mapping[str, Any]], places: Mapping[str, Mapping[str, str]]
    ) -> list[PolledItem]:
        """Posts with the names of those who wrote them, which no list of posts holds."""
        ids = sorted({str(post.get("user_id")) for post in posts})
        people: dict[str, dict[str, Any]] = {}
        if ids:
            listed = await self.post_list("users/ids", ids)
            people = {str(one.get("id")): one for one in objects(listed)}
        items = []
        for post in posts:
            person = people.get(str(post.get("user_id")), {})
            author = {name: person.get(name) for name in ("username", "is_bot")}
            place = places.get(str(post.get("channel_id")), {"type": "P"})
            items.append(json_item({"post": post, CHANNEL_FIELD: place, AUTHOR_FIELD: author}))
        return items

    async def post_list(self, path: str, question: Sequence[str]) -> list[Any]:
        """The list that is answered to a list of ids."""
        asked_for: Any = list(question)
        value = (await self.answer(self.url(path), question=asked_for)).value
        if not isinstance(value, list):
            raise unreadable(self.title)
        return value


def _mark(post: Mapping[str, Any]) -> str:
    return f"{numbered(_written_at(post))}.{post.get('id')}"


def _written_at(post: Mapping[str, Any]) -> int:
    """When a post was written, in milliseconds."""
    written = post.get("create_at")
    return written if type(written) is int and 0 < written < 10**14 else 0


def _moment(post: Mapping[str, Any]) -> datetime | None:
    written = _written_at(post)
    return datetime.fromtimestamp(written / 1000, UTC) if written else None


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """A post is gone where it is missing while the bot is still in its channel."""
    reader = MattermostReader(settings, credentials, http)
    channels = await reader.channels()
    posts = objects(await reader.post_list("posts/ids", [one.external_id for one in sought]))
    posts = [post for post in posts if not post.get("delete_at")]
    listed = {str(post.get("id")) for post in posts}
    missing = [one for one in sought if one.external_id not in listed]
    gone = {one.external_id for one in missing if str(one.extras.get("channel")) in channels}
    unseen = "" if len(gone) == len(missing) else "The bot left some of the channels."
    return Rechecked(await reader.items(posts, channels), frozenset(gone), unseen)


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    token = str(credentials.get("token", ""))
    return payload.fingerprinted("mattermost", settings.site_url, token)


MATTERMOST_POLLING: Polling[Settings] = Polling(
    credentials=MattermostCredentials,
    begin=begin_lists,
    poll=poll_by(MattermostReader),
    check=check_by(MattermostReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=120,
    burst=20,
    recheck=_recheck,
    recheck_most=100,
)
"""How a server is polled."""
