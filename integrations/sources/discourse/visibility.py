"""Who may read what Discourse sends: read from the bare JSON, so that a delivery of a shape that we
do not know is recognised as private all the same."""

from __future__ import annotations

from typing import Any

from integrations import payload
from integrations.contract import Inbound, Visibility, most_private
from integrations.sources.discourse.settings import Settings

PRIVATE_ARCHETYPE = "private_message"
STAFF_WHISPER = 4
"""A ``post_type``: 1 regular, 2 moderator action, 3 small action, 4 whisper."""
_SPEAKING = ("post", "topic", "category", "reviewable", "chat_message", "like", "solved", "assign")


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read all of a delivery. An account is everybody's to see."""
    body = inbound.json()
    holders = [_of(body[name], settings) for name in _SPEAKING if isinstance(body.get(name), dict)]
    return most_private(holders)


def is_restricted(holder: dict[str, Any], settings: Settings) -> bool:
    """Whether what stands in a category is not for everybody: the payload says so, or the category
    is not among those that the settings name."""
    category = holder.get("category")
    holders = [holder, category] if isinstance(category, dict) else [holder]
    if any(one.get("read_restricted") is True for one in holders):
        return True
    public = {name.lower() for name in payload.listed(settings.public_categories)}
    names = _category_names(holder)
    return bool(public and names) and not names & public


def place(holder: dict[str, Any]) -> str:
    """The category that a post or topic stands in, as a place of comments."""
    category = holder.get("category_id")
    if isinstance(category, bool) or not isinstance(category, int | str) or category == "":
        return ""
    return payload.joined("category", str(category))


def is_private_message(holder: dict[str, Any]) -> bool:
    """Whether a post or topic belongs to a private message."""
    archetypes = (holder.get("archetype"), holder.get("topic_archetype"))
    return PRIVATE_ARCHETYPE in archetypes or holder.get("private_message") is True


def _of(holder: dict[str, Any], settings: Settings) -> Visibility:
    within = [
        _of(holder[name], settings)
        for name in ("post", "topic", "chat_message")
        if isinstance(holder.get(name), dict)
    ]
    return most_private([_own(holder, settings), *within])


def _own(holder: dict[str, Any], settings: Settings) -> Visibility:
    whispered = holder.get("post_type") == STAFF_WHISPER
    if whispered or is_private_message(holder) or is_restricted(holder, settings):
        return Visibility.private
    if settings.login_required:
        return Visibility.members
    archetype = holder.get("topic_archetype") or holder.get("archetype")
    return Visibility.public if archetype else Visibility.unknown


def _category_names(holder: dict[str, Any]) -> set[str]:
    category = holder.get("category")
    named = [holder.get("category_id"), holder.get("category_slug")]
    if isinstance(category, dict):
        named += [category.get("id"), category.get("slug")]
    return {str(name).lower() for name in named if isinstance(name, int | str) and name != ""}
