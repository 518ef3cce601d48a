"""Who may read a channel of Discord."""

from __future__ import annotations

from typing import Any

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import Change, ScopeChange
from integrations.sources.discord.events import command, event
from integrations.sources.discord.settings import Settings

VIEW_CHANNEL = 1 << 10
_DIRECT_CHANNELS = (1, 3)
_PRIVATE_THREAD = 12


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read a delivery: a server's members, or only some of them."""
    body = inbound.json()
    inner = body.get("d") if "t" in body else command(body)
    if not isinstance(inner, dict):
        return Visibility.unknown
    channel = inner.get("channel") or body.get("channel") or inner.get("relay_place")
    described = channel if isinstance(channel, dict) else {}
    if not inner.get("guild_id") or described.get("private") is True:
        return Visibility.private
    is_closed = described.get("type") in (*_DIRECT_CHANNELS, _PRIVATE_THREAD)
    if is_closed or (event(inbound) == "channel_update" and is_restricted(inner)):
        return Visibility.private
    return Visibility.members


def is_restricted(channel: dict[str, Any], everyone: str = "") -> bool:
    """Whether not every member sees a channel: its own rule for @everyone, the role that has the
    server's id, denies it."""
    server = everyone or str(channel.get("guild_id") or "")
    rules = channel.get("permission_overwrites")
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and rule.get("id") == server:
            return _has_bit(rule.get("deny"))
    return False


def _has_bit(permissions: Any) -> bool:
    digits = str(permissions)[:40]
    return digits.isascii() and digits.isdigit() and bool(int(digits) & VIEW_CHANNEL)


def place(channel: str) -> str:
    """A channel as a place of comments; its threads stand in it."""
    return payload.joined("channel", channel) if channel else ""


def changes(inbound: Inbound, settings: Settings) -> list[Change]:
    """A channel that was closed, opened or deleted, or a thread that was deleted."""
    name = event(inbound)
    inner = inbound.json().get("d")
    if not isinstance(inner, dict):
        return []
    number = payload.name(inner.get("id"))
    if not number:
        return []
    match name:
        case "channel_delete":
            return [ScopeChange(place=place(number), deleted=True)]
        case "thread_delete":
            return [ScopeChange(thread_id=number, deleted=True)]
        case "channel_update":
            closed = is_restricted(inner)
            now = Visibility.private if closed else Visibility.members
            return [ScopeChange(place=place(number), visibility=now)]
    return []
