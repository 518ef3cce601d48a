"""Asks Slack for the messages of the channels that the app was invited to, and their threads.

1. Open the app on **api.slack.com/apps**, then **OAuth & Permissions**.
2. Under **Bot Token Scopes** add `channels:history` and `channels:read`, and for private channels
   `groups:history` and `groups:read`; press **Reinstall to Workspace**.
3. Copy the **Bot User OAuth Token** (`xoxb-...`) and enter it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding, PayloadError
from integrations.entered_tokens import SECRETIVE, Token
from integrations.poll_contract import Poll, PollError, Polling
from integrations.sources.slack import timestamps
from integrations.sources.slack.calls import (
    NotInChannel,
    as_delivery,
    call,
    followed_channels,
    messages_of,
    next_page,
)
from integrations.sources.slack.rechecking import recheck_messages
from integrations.sources.slack.settings import Settings

MESSAGES_PER_PAGE = 200


class SlackSourceCredentials(BaseModel):
    """What lets us read a workspace."""

    model_config = SECRETIVE

    bot_token: Token = Field(description="The Bot User OAuth Token (xoxb-...).")


class _Walk(BaseModel):
    """A cursor. ``channels`` are those to walk, each with whether it is private, ``place`` the one
    that is walked now, ``page`` Slack's own cursor in it. ``start`` is where a channel begins that
    has no entry in ``since``; ``threads`` are first messages whose answers are to be read."""

    start: str = "0"
    since: dict[str, str] = {}
    newest: dict[str, str] = {}
    team: str = ""
    channels: list[tuple[str, bool]] | None = None
    place: int = 0
    page: str = ""
    threads: list[str] = []
    thread_page: str = ""
    is_listed: bool = False

    def text(self) -> str:
        return self.model_dump_json(exclude_defaults=True)


def _begin(since: datetime | None) -> str:
    return _Walk(start=f"{since.timestamp():.6f}" if since else "0").text()


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    """The next page of a channel, or of a thread in it, of one channel after another."""
    walk = _Walk.model_validate_json(cursor)
    if walk.channels is None:
        team = await call(settings, credentials, http, "auth.test", {})
        channels = await followed_channels(settings, credentials, http)
        update = {"team": payload.name(team.get("team_id")), "channels": channels}
        walk = walk.model_copy(update=update)
    channels = walk.channels or []
    if walk.place >= len(channels):
        return Poll([], _begin_again(walk).text(), done=True)
    name, is_private = channels[walk.place]
    oldest = walk.since.get(name, walk.start)
    params: dict[str, str | int] = {
        "channel": name,
        "limit": MESSAGES_PER_PAGE,
        "oldest": oldest,
        "inclusive": "true",
    }
    reads_thread = walk.is_listed
    if reads_thread:
        params |= {"ts": walk.threads[0]}
        params |= {"cursor": walk.thread_page} if walk.thread_page else {}
    elif walk.page:
        params |= {"cursor": walk.page}
    method = "conversations.replies" if reads_thread else "conversations.history"
    try:
        answer = await call(settings, credentials, http, method, params)
    except NotInChannel:  # between the list of channels and this call
        answer = {"messages": []}
    messages = messages_of(answer)
    items = [as_delivery(walk.team, name, is_private, message) for message in messages]
    walk = walk.model_copy(
        update={
            "newest": walk.newest | {name: max([walk.newest.get(name, "0"), *_times(messages)])}
        }
    )
    if reads_thread:
        walk = _after_thread(walk, next_page(answer))
    else:
        walk = _after_list(walk, messages, next_page(answer))
    reached = min(_times(messages), default="")
    done = walk.place >= len(channels)
    following = _begin_again(walk) if done else walk
    return Poll(items, following.text(), done=done, reached=_moment(reached))


def _times(messages: list[dict[str, Any]]) -> list[str]:
    """The times of messages, in a width in which they sort as text."""
    times = []
    for message in messages:
        try:
            times.append(timestamps.version(str(message.get("ts"))))
        except PayloadError:
            continue
    return times


def _moment(ts: str) -> datetime | None:
    return timestamps.time(ts).astimezone(UTC) if ts else None


def _after_list(walk: _Walk, messages: list[dict[str, Any]], page: str) -> _Walk:
    """The walk behind a page of a channel: its next page, then its threads, then the next
    channel."""
    begun = [str(one["ts"]) for one in messages if one.get("reply_count") and one.get("ts")]
    threads = [*walk.threads, *(ts for ts in begun if ts not in walk.threads)]
    if page and page != walk.page:
        return walk.model_copy(update={"page": page, "threads": threads})
    if threads:
        return walk.model_copy(update={"page": "", "threads": threads, "is_listed": True})
    return _next_channel(walk)


def _after_thread(walk: _Walk, page: str) -> _Walk:
    if page and page != walk.thread_page:
        return walk.model_copy(update={"thread_page": page})
    threads = walk.threads[1:]
    if threads:
        return walk.model_copy(update={"threads": threads, "thread_page": ""})
    return _next_channel(walk)


def _next_channel(walk: _Walk) -> _Walk:
    update = {"place": walk.place + 1, "page": "", "threads": [], "thread_page": ""}
    return walk.model_copy(update={**update, "is_listed": False})


def _begin_again(walk: _Walk) -> _Walk:
    newest = {name: ts for name, ts in walk.newest.items() if ts != "0"}
    return _Walk(start=walk.start, since=walk.since | newest)


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    try:
        await call(settings, credentials, http, "auth.test", {})
        channels = await followed_channels(settings, credentials, http)
        if channels:
            params: dict[str, str | int] = {"channel": channels[0][0], "limit": 1}
            await call(settings, credentials, http, "conversations.history", params)
    except PollError as error:
        remedy = "Add the scopes that the guide names, reinstall the app, and enter its token."
        return [Finding("Token", False, error.detail, remedy)]
    token = Finding("Token", True, "Slack accepts it.")
    if not channels:
        remedy = "Write /invite @ and the app's name in each channel to follow."
        return [token, Finding("Channels", False, "The app is in none that is followed.", remedy)]
    return [token, Finding("Channels", True, f"The app reads {len(channels)}.")]


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.fingerprinted("slack", settings.api_url, str(credentials.get("bot_token", "")))


SLACK_POLLING: Polling[Settings] = Polling(
    credentials=SlackSourceCredentials,
    begin=_begin,
    poll=_poll,
    check=_check,
    account=_account,
    guide=__doc__,
    calls_per_minute=45,  # tier 3 has 50
    recheck=recheck_messages,
    recheck_most=30,
)
"""How a workspace is polled. Answers in threads that began more than two days ago come by the
webhook alone; edits and deletions are seen where messages are looked at again."""
