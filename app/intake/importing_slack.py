"""The layout of a Slack export: a zip with `users.json`, `channels.json` and a folder of days for
each channel."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from app.intake.importing_parts import Part

if TYPE_CHECKING:
    from app.intake.importing_rows import Row

INDEX_MAX_BYTES = 64 * 1024 * 1024
PRIVATE_INDEXES = ("groups.json", "dms.json", "mpims.json")
PEOPLE_SUBTYPES = frozenset({"", "thread_broadcast", "bot_message", "file_share", "me_message"})
"""What people and apps say; the other subtypes are notes of the platform: somebody joined."""
_ANGLED = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class SlackExport:
    """Who is who, by their ids, and the folders of channels that not everybody sees."""

    users: Mapping[str, Mapping[str, Any]]
    private_folders: frozenset[str]

    def holds_messages(self, name: str) -> bool:
        """Whether this part of the zip is one day of a channel."""
        return len(PurePosixPath(name).parts) > 1

    def comments(self, name: str, rows: Iterator[Row]) -> Iterator[Row]:
        """The messages of one day as rows under names of ours; without notes of the platform."""
        channel = PurePosixPath(name).parts[-2]
        for row in rows:
            if row.fault is not None:
                yield row
            elif row.values.get("subtype", "") in PEOPLE_SUBTYPES:
                yield replace(row, values=self._comment(row.values, channel))

    def _comment(self, message: Mapping[str, Any], channel: str) -> dict[str, Any]:
        sent_at = message.get("ts", "")
        person_id = str(message.get("user") or message.get("bot_id") or "")
        user = self.users.get(person_id, {})
        profile = user.get("profile") or {}
        return {
            "id": f"{channel}:{sent_at}",
            "thread_id": f"{channel}:{message.get('thread_ts') or sent_at}",
            "thread_title": f"#{channel}",
            "author_id": person_id,
            "author_handle": user.get("name") or message.get("username") or person_id,
            "author_name": user.get("real_name") or profile.get("real_name") or "",
            "is_bot": bool(message.get("bot_id") or user.get("is_bot")),
            "text": self._plain(str(message.get("text") or "")),
            "created_at": sent_at,
            "private": channel in self.private_folders,
        }

    def _plain(self, text: str) -> str:
        """Slack's marks as people read them: ``<@U1>`` is a name, ``<https://...|label>`` its
        label."""
        return html.unescape(_ANGLED.sub(lambda match: self._mark(match[1]), text))

    def _mark(self, content: str) -> str:
        target, _, label = content.partition("|")
        if target.startswith("@"):
            return "@" + str(label or self.users.get(target[1:], {}).get("name") or target[1:])
        if target.startswith("#"):
            return "#" + (label or target[1:])
        return label or target.lstrip("!")


def slack_export(parts: list[Part]) -> SlackExport | None:
    """The export that these parts are, or None for any other file."""
    indexes = {part.name: part for part in parts}
    if "users.json" not in indexes or "channels.json" not in indexes:
        return None
    private = [
        folder
        for name in PRIVATE_INDEXES
        if name in indexes
        for channel in _index(indexes[name])
        for folder in (channel.get("name"), channel.get("id"))
        if folder
    ]
    users = {str(user.get("id")): user for user in _index(indexes["users.json"])}
    return SlackExport(users, frozenset(private))


def _index(part: Part) -> list[Mapping[str, Any]]:
    stream, _ = part.open()
    with stream:
        content = stream.read(INDEX_MAX_BYTES)
    try:
        listed = json.loads(content)
    except ValueError:
        return []
    return (
        [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    )
