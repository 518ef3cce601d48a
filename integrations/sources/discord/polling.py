"""Asks Discord for the messages of a server's channels, threads and forums.

1. Make the bot and invite it as this source's guide says.
2. **Bot → Reset Token** at https://discord.com/developers/applications: copy the token and enter it
   here. Whoever has it can act as the bot: it is stored encrypted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.listing import (
    ListPage,
    Row,
    Stream,
    begin_lists,
    json_item,
    moment_of,
    numbered,
    objects,
    walk_lists,
)
from integrations.poll_contract import Poll, PollError, Polling
from integrations.polling import ask, unreadable
from integrations.sources.discord.settings import DISCORD_API, Settings
from integrations.sources.discord.visibility import is_restricted

_DISCORD_TITLE = "Discord"
DISCORD_PAGE_MESSAGES = 100
_TEXT_CHANNELS = (0, 5)
_FORUMS = (15, 16)
_PRIVATE_THREADS = (12,)
_MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19)
_ARCHIVE = "archive:"


class DiscordCredentials(BaseModel):
    """What lets us read a server."""

    model_config = SECRETIVE

    bot_token: Token = Field(description="The bot's token.")


class _Reader:
    """Reads one server. A stream is ``channel``, ``thread:channel:id`` or ``archive:channel``, with
    what every message of it needs: the place it stands in."""

    def __init__(
        self, settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
    ) -> None:
        self._settings = settings
        self._token = str(credentials.get("bot_token", ""))
        self._http = http

    async def call(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """What the API answers. Raises PollError."""
        url = (self._settings.api_url or DISCORD_API) + path
        headers = {"Authorization": f"Bot {self._token}"}
        return (await ask(self._http, _DISCORD_TITLE, url, params=params, headers=headers)).value

    @property
    def server(self) -> str:
        server = self._settings.server.strip()
        if not server.isdigit():
            raise PollError(
                "address_missing",
                "Enter the ID of the Discord server in this source's settings, so that it can be "
                "asked.",
                needs_person=True,
            )
        return server

    async def channels(self) -> dict[str, dict[str, Any]]:
        """The channels and forums that are followed, by their ids; closed ones only where private
        words are kept."""
        listed = await self.call(f"/guilds/{self.server}/channels")
        if not isinstance(listed, list):
            raise unreadable(_DISCORD_TITLE)
        followed = payload.listed(self._settings.channels)
        channels = {}
        for channel in objects(listed):
            number = str(channel.get("id") or "")
            if channel.get("type") not in (*_TEXT_CHANNELS, *_FORUMS) or not number.isdigit():
                continue
            channel["private"] = is_restricted(channel, self.server)
            is_kept = not channel["private"] or self._settings.keep_private
            if is_kept and (not followed or number in followed):
                channels[number] = channel
        return channels

    async def streams(self) -> Sequence[str]:
        """Every channel, the threads that are open, then those that were archived."""
        channels = await self.channels()
        names = [
            _stream(number, number, channel)
            for number, channel in channels.items()
            if channel["type"] in _TEXT_CHANNELS
        ]
        active = await self.call(f"/guilds/{self.server}/threads/active")
        threads = objects(active.get("threads") if isinstance(active, dict) else None)
        names += [
            _stream(
                parent, str(thread.get("id")), {**thread, "private": channels[parent]["private"]}
            )
            for thread in threads
            if (parent := str(thread.get("parent_id") or "")) in channels
            and (thread.get("type") not in _PRIVATE_THREADS or self._settings.keep_private)
        ]
        return names + [
            f"{_ARCHIVE}{number}:{int(channel['private'])}" for number, channel in channels.items()
        ]

    async def page(self, stream: Stream) -> ListPage:
        """One page: messages, or archived threads whose messages are to be read."""
        if stream.name.startswith(_ARCHIVE):
            return await self._archived(stream)
        parent, number, private, title = stream.name.split(":", 3)
        params: dict[str, str | int] = {"limit": DISCORD_PAGE_MESSAGES}
        params |= {"before": stream.page} if stream.page else {}
        answer = await self.call(f"/channels/{number}/messages", params)
        if not isinstance(answer, list):
            raise unreadable(_DISCORD_TITLE)
        messages = [one for one in objects(answer) if str(one.get("id") or "").isdigit()]
        place = {
            "channel_id": parent,
            "in_thread": parent != number,
            "private": private == "1",
            "title": title,
        }
        rows = [self._row(message, place) for message in messages]
        is_full = len(answer) >= DISCORD_PAGE_MESSAGES
        return ListPage(rows, min(row.mark for row in rows).lstrip("0") if is_full and rows else "")

    def _row(self, message: dict[str, Any], place: Mapping[str, Any]) -> Row:
        name = "MESSAGE_UPDATE" if message.get("edited_timestamp") else "MESSAGE_CREATE"
        sent = {**message, "guild_id": self.server, "relay_place": place}
        moment = moment_of(message.get("timestamp"))
        return Row(json_item({"t": name, "d": sent}), numbered(message["id"]), moment)

    async def _archived(self, stream: Stream) -> ListPage:
        """Threads by the time at which they were archived, the newest first."""
        number, private = stream.name.removeprefix(_ARCHIVE).split(":")
        params: dict[str, str | int] = {"limit": 100}
        params |= {"before": stream.page} if stream.page else {}
        answer = await self.call(f"/channels/{number}/threads/archived/public", params)
        if not isinstance(answer, dict):
            raise unreadable(_DISCORD_TITLE)
        times, names = [], []
        for thread in objects(answer.get("threads")):
            details = thread.get("thread_metadata")
            archived_at = str(details.get("archive_timestamp")) if isinstance(details, dict) else ""
            moment = moment_of(archived_at)
            if moment is None or (stream.since and moment < stream.since):
                continue
            times.append(archived_at)
            if _mark(moment) > stream.floor:
                described = {**thread, "private": private == "1"}
                names.append(_stream(number, str(thread.get("id")), described))
        more = answer.get("has_more") is True and bool(names)
        rows = [Row(json_item({"t": "THREAD_LIST_SYNC"}), _mark(moment_of(one))) for one in times]
        return ListPage(rows, min(times) if more else "", threads=names)


def _stream(parent: str, number: str, channel: Mapping[str, Any]) -> str:
    title = " ".join(str(channel.get("name") or "").split())
    return f"{parent}:{number}:{int(bool(channel.get('private')))}:{title}"


def _mark(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


async def _poll(
    settings: Settings, credentials: Mapping[str, Any], cursor: str, http: httpx.AsyncClient
) -> Poll:
    """The next page of a channel or thread, the newest messages first."""
    reader = _Reader(settings, credentials, http)
    return await walk_lists(_DISCORD_TITLE, cursor, reader.streams, reader.page)


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    reader = _Reader(settings, credentials, http)
    findings = []
    try:
        application = await reader.call("/applications/@me")
        findings.append(Finding("Token", True, "Discord accepts it."))
        flags = application.get("flags") if isinstance(application, dict) else 0
        reads = isinstance(flags, int) and bool(flags & _MESSAGE_CONTENT_FLAGS)
        words = "The bot may read what messages say." if reads else "Messages arrive without words."
        remedy = "" if reads else "Switch on Message Content Intent under Bot, and save."
        findings.append(Finding("Message Content Intent", reads, words, remedy))
        channels = await reader.channels()
    except PollError as error:
        remedy = "Invite the bot as the guide says, and enter its token and the server's ID."
        return [*findings, Finding("Server", False, error.detail, remedy)]
    if not channels:
        remedy = "Give the bot View Channels and Read Message History."
        return [
            *findings,
            Finding("Channels", False, "The bot sees none that is followed.", remedy),
        ]
    return [*findings, Finding("Channels", True, f"The bot follows {len(channels)}.")]


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.fingerprinted("discord", settings.api_url, str(credentials.get("bot_token", "")))


DISCORD_POLLING: Polling[Settings] = Polling(
    credentials=DiscordCredentials,
    begin=begin_lists,
    poll=_poll,
    check=_check,
    account=_account,
    guide=__doc__,
    calls_per_minute=120,  # Discord has limits per route, and tells of them in its answers
    burst=20,
)
"""How a server is polled. Edits are seen in what is walked over again; deletions are not."""
