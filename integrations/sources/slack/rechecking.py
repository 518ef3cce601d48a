"""Looks at messages of a workspace again: those of a channel as one stretch of time, and answers
thread by thread."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from integrations.contract import PayloadError
from integrations.poll_contract import KnownComment, PolledItem, Rechecked
from integrations.sources.slack import timestamps
from integrations.sources.slack.calls import (
    NotInChannel,
    as_delivery,
    call,
    followed_channels,
    messages_of,
    next_page,
)
from integrations.sources.slack.settings import Settings

UNSEEN_CHANNELS = (
    "The app is not in all channels of this source any more, or their old messages are hidden by "
    "the workspace's plan, so nobody knows whether messages there were changed or deleted, and "
    "they stay: invite it again, or take them out here."
)
STRETCH_MESSAGES = 200
STRETCH_PAGES_MAX = 10
"""More pages than that lie between two messages only where we have few of what was said."""


@dataclass
class _Found:
    """What the workspace says. ``is_hidden``: something could not be looked at."""

    items: list[PolledItem] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Messages of one channel, or of one thread in it, by their timestamps."""

    channel: str
    thread: str
    ids: Mapping[str, str]

    @property
    def params(self) -> dict[str, str | int]:
        stamps = sorted(self.ids, key=timestamps.version)
        params: dict[str, str | int] = {
            "channel": self.channel,
            "oldest": stamps[0],
            "latest": stamps[-1],
            "inclusive": "true",
            "limit": STRETCH_MESSAGES,
        }
        return params | ({"ts": self.thread} if self.thread else {})


async def recheck_messages(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """The messages as they are now. One is gone where the channel is seen and all that it holds
    from before to after it."""
    team = await call(settings, credentials, http, "auth.test", {})
    channels = dict(await followed_channels(settings, credentials, http))
    result = _Found()
    for stretch in _stretches(sought):
        if stretch.channel not in channels:
            result.is_hidden = True
            continue
        messages = await _walk(settings, credentials, http, stretch, result)
        is_private = channels[stretch.channel]
        for stamp, external_id in stretch.ids.items():
            message = messages.get(stamp)
            if message is None or message.get("subtype") == "tombstone":
                continue
            result.gone.discard(external_id)
            result.items.append(
                as_delivery(str(team.get("team_id") or ""), stretch.channel, is_private, message)
            )
    return Rechecked(
        result.items, frozenset(result.gone), UNSEEN_CHANNELS if result.is_hidden else ""
    )


def _stretches(sought: Sequence[KnownComment]) -> list[_Stretch]:
    """The comments by their channel and thread; first messages of threads stand in the channel."""
    grouped: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for comment in sought:
        channel, _, stamp = comment.external_id.partition(":")
        _, _, thread = comment.thread_id.partition(":")
        try:
            timestamps.checked(stamp)
        except PayloadError:
            continue
        grouped[channel, "" if thread == stamp else thread][stamp] = comment.external_id
    return [_Stretch(channel, thread, ids) for (channel, thread), ids in grouped.items()]


async def _walk(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    stretch: _Stretch,
    result: _Found,
) -> dict[str, dict[str, Any]]:
    """All messages of a stretch by their timestamps; what is missing in it is marked as gone."""
    method = "conversations.replies" if stretch.thread else "conversations.history"
    messages: dict[str, dict[str, Any]] = {}
    page = ""
    for _ in range(STRETCH_PAGES_MAX):
        params = stretch.params | ({"cursor": page} if page else {})
        try:
            answer = await call(settings, credentials, http, method, params)
        except NotInChannel as error:
            # A thread goes with its first message where nobody answered that still stands.
            if error.error != "thread_not_found":
                result.is_hidden = True
                return {}
            answer = {"messages": []}
        messages |= {str(one.get("ts")): one for one in messages_of(answer)}
        following = next_page(answer)
        if answer.get("is_limited") is True:
            result.is_hidden = True
            return messages
        if not following or following == page:
            result.gone |= set(stretch.ids.values())
            return messages
        page = following
    return messages
