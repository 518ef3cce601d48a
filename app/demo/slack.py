"""The community's Slack workspace: events of the Events API.

The members come from a shared channel (Slack Connect), so that each message carries its author's
``user_profile``.
"""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from typing import Any

from app.demo.community import DemoComment, DemoEvent
from integrations.source_contract import EventType

TEAM_ID = "T06TIDEWTR1"
BARE_LINK = re.compile(r"https?://[^\s,;]+")


def member_id(handle: str) -> str:
    """The member id of a handle: ``U`` and ten capital letters and digits, as Slack makes them."""
    letters = re.sub(r"[^A-Z0-9]", "", handle.upper())[:5]
    return f"U{letters}{zlib.crc32(handle.encode()):010d}"[:11]


WORKSPACE_SETTINGS = {
    "workspace_url": "https://tidewater-community.slack.com",
    "staff": member_id("finn"),
}


def request(event: DemoEvent) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers (without the signature) and body of an ``event_callback``."""
    body = {
        "team_id": TEAM_ID,
        "context_team_id": TEAM_ID,
        "api_app_id": "A06RELAY001",
        "event": _inner(event),
        "type": "event_callback",
        "event_id": f"Ev{event.delivery.hex[:9].upper()}",
        "event_time": int(event.at.timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": member_id("relay"),
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": True,
        "event_context": f"4-{event.delivery.hex}",
    }
    return {"user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}, body


def _inner(event: DemoEvent) -> dict[str, Any]:
    channel = {"channel": event.comment.thread_id, "channel_type": "channel"}
    happened = f"{int(event.at.timestamp())}.{event.comment.number:04d}{event.revision:02d}"
    if event.type is EventType.created:
        message = _message(event, event.text)
        return {**message, **channel, "event_ts": message["ts"]}
    change = {"type": "message", **channel, "hidden": True, "ts": happened, "event_ts": happened}
    previous = _message(event, event.old_text)
    if event.type is EventType.deleted:
        return {
            **change,
            "subtype": "message_deleted",
            "deleted_ts": previous["ts"],
            "previous_message": previous,
        }
    edited = {"user": previous["user"], "ts": f"{int(event.at.timestamp())}.000000"}
    now = {
        **_message(event, event.text),
        "edited": edited,
        "source_team": TEAM_ID,
        "user_team": TEAM_ID,
    }
    return {**change, "subtype": "message_changed", "message": now, "previous_message": previous}


def _message(event: DemoEvent, text: str) -> dict[str, Any]:
    comment = event.comment
    message: dict[str, Any] = {
        "user": member_id(comment.handle),
        "type": "message",
        "ts": _ts(comment, event.created_at),
        "client_msg_id": str(event.delivery),
        "text": _mrkdwn(text),
        "team": TEAM_ID,
        "user_profile": {
            "avatar_hash": f"g{zlib.crc32(comment.handle.encode()):011x}",
            "image_72": "",
            "first_name": comment.name.split()[0],
            "real_name": comment.name,
            "display_name": comment.name,
            "team": TEAM_ID,
            "name": comment.handle,
            "is_restricted": False,
            "is_ultra_restricted": False,
        },
        "blocks": [
            {
                "type": "rich_text",
                "block_id": event.delivery.hex[:5],
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
                ],
            }
        ],
    }
    if event.parent and event.parent_at:
        message |= {
            "thread_ts": _ts(event.parent, event.parent_at),
            "parent_user_id": member_id(event.parent.handle),
        }
    return message


def _ts(comment: DemoComment, created_at: datetime) -> str:
    return f"{int(created_at.timestamp())}.{comment.number:06d}"


def _mrkdwn(text: str) -> str:
    """Text as Slack writes it: control characters escaped, links in angle brackets, ``@channel`` as
    a command."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return BARE_LINK.sub(r"<\g<0>>", escaped).replace("@channel", "<!channel>")
