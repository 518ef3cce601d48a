"""Who may read a channel of Slack, and who is called what."""

from __future__ import annotations

from typing import Any

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AccountChange, AuthorRef, Change, ScopeChange
from integrations.sources.slack.events import SLACK_ACCOUNT_EVENTS, SLACK_WIDE_EVENTS, event
from integrations.sources.slack.settings import Settings

_PRIVATE_TYPES = ("group", "mpim", "im", "app_home")
_PRIVATE_PREFIXES = ("G", "D")
"""How ids of private channels (older ones) and of direct messages begin."""
_CHANNEL_FLAGS = ("is_private", "is_group", "is_im", "is_mpim")


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read a delivery: the workspace, or only those in the channel."""
    inner = inbound.json().get("event")
    if not isinstance(inner, dict) or not _channel_id(inner):
        return Visibility.unknown
    if event(inbound) in SLACK_WIDE_EVENTS:
        return Visibility.members
    return of_channel(inner)


def of_channel(inner: dict[str, Any]) -> Visibility:
    """Who may read the channel of an event: by its type, else by what its id begins with. What is
    posted into a public channel is for the workspace, never for the world."""
    channel = inner.get("channel")
    flags = channel if isinstance(channel, dict) else inner
    if any(flags.get(flag) is True for flag in _CHANNEL_FLAGS):
        return Visibility.private
    kind = inner.get("channel_type")
    if kind in _PRIVATE_TYPES:
        return Visibility.private
    if kind != "channel" and _channel_id(inner).startswith(_PRIVATE_PREFIXES):
        return Visibility.private
    return Visibility.members


def place(channel: str) -> str:
    """A channel as a place of comments."""
    return payload.joined("channel", channel) if channel else ""


def changes(inbound: Inbound, settings: Settings) -> list[Change]:
    """A channel that is private by now, whatever we heard of it before, or is public again; a
    member who is called otherwise."""
    body = inbound.json()
    inner = body.get("event")
    if not isinstance(inner, dict):
        return []
    name = event(inbound)
    if name in SLACK_ACCOUNT_EVENTS:
        return _account(body, inner.get("user"))
    here = place(_channel_id(inner))
    if not here:
        return []
    closed = SLACK_WIDE_EVENTS.get(name, of_channel(inner) is Visibility.private)
    if closed:
        return [ScopeChange(place=here, visibility=Visibility.private)]
    if name in SLACK_WIDE_EVENTS:
        return [ScopeChange(place=here, visibility=Visibility.members)]
    return []


def _account(body: dict[str, Any], user: object) -> list[Change]:
    if not isinstance(user, dict):
        return []
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    member, team = payload.name(user.get("id")), payload.name(body.get("team_id"))
    handle = payload.name(user.get("name"))
    name = payload.name(profile.get("display_name")) or payload.name(profile.get("real_name"))
    if not member or not (handle or name):
        return []
    return [AccountChange(AuthorRef(payload.joined(team, member), handle or member, name))]


def _channel_id(inner: dict[str, Any]) -> str:
    channel = inner.get("channel")
    if isinstance(channel, dict):
        channel = channel.get("id")
    return channel if isinstance(channel, str) else ""
