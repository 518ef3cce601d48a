"""Messages of Zulip, as comments of ours. A topic of a channel is a thread."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import AuthorRef, CommentEvent, EventType, Response
from integrations.sources.zulip.settings import Settings
from integrations.text.markdown import markdown_to_text

ZULIP_IGNORED = {
    "reaction": "What people think of a message is not a comment.",
    "update_message": "Messages are asked for as they are.",
    "delete_message": "What is gone is noticed when a message is looked at again.",
    "typing": "Nothing was written yet.",
}
ZULIP_PLACE = "relay_place"
_USER_MENTION = re.compile(r"@_?\*\*([^*\n|]{1,100})(?:\|\d{1,12})?\*\*")
_CHANNEL_MENTION = re.compile(r"#\*\*([^*\n]{1,200})\*\*")
_ZULIP_QUOTE = re.compile(r"^(`{3,}|~{3,})\s*quote\s*\n.*?^\1\s*$\n?", re.MULTILINE | re.DOTALL)
_QUOTE_HEAD = re.compile(
    r"^@_\*\*[^*\n]+\*\* \[[^\]\n]+\]\([^)\n]+\):\n(?=`{3}|~{3})", re.MULTILINE
)


class ZulipPlace(payload.Shape):
    """What is known of the channel, where the message was asked for."""

    private: payload.Flag = False
    web_public: payload.Flag = False


class ZulipMessage(payload.Shape):
    """What we read of a message."""

    id: payload.Identifier
    stream_id: payload.OptionalId = ""
    display_recipient: JsonValue = None
    subject: payload.Line = ""
    sender_id: payload.Identifier
    sender_full_name: payload.Line = ""
    sender_email: payload.Line = ""
    content: payload.Text = ""
    timestamp: payload.UnixTime = None
    last_edit_timestamp: payload.UnixTime = None
    last_moved_timestamp: payload.UnixTime = None
    reactions: Sequence[JsonValue] = ()


def _message(body: dict[str, Any]) -> dict[str, Any]:
    message = body.get("message")
    return message if isinstance(message, dict) else {}


def event(inbound: Inbound) -> str:
    """``message`` in a channel, ``direct_message``, or what else Zulip calls it."""
    body = inbound.json()
    message = body.get("message")
    if not isinstance(message, dict):
        return payload.name(body.get("type")) or "message"
    return "direct_message" if message.get("type") in ("private", "direct") else "message"


def delivery_id(inbound: Inbound) -> str | None:
    """The message with the time of its last change."""
    message = _message(inbound.json())
    number = message.get("id")
    if not isinstance(number, int):
        return None
    times = (message.get(f"last_{name}_timestamp") for name in ("edit", "moved"))
    changed = max([one for one in times if isinstance(one, int)], default=0)
    return payload.delivery_key(event(inbound), str(number)[:40], str(changed)[:40])


def acknowledge(inbound: Inbound) -> Response:
    """A bot is expected to answer; this one listens."""
    return Response(json.dumps({"response_not_required": True}).encode(), "application/json")


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Who may read a channel. A webhook does not say whether one is private."""
    body = inbound.json()
    place = body.get(ZULIP_PLACE)
    is_private = isinstance(place, dict) and place.get("private") is True
    if event(inbound) == "direct_message" or is_private:
        return Visibility.private
    is_public = isinstance(place, dict) and place.get("web_public") is True
    return Visibility.public if is_public else Visibility.members


def parse(inbound: Inbound, settings: Settings) -> list[CommentEvent]:
    """The message as one comment."""
    message = payload.read(ZulipMessage, inbound.json().get("message"))
    channel = payload.name(message.display_recipient)
    if message.stream_id and not settings.follows(message.stream_id, channel):
        return []
    text, extras = payload.cut(zulip_text(message.content))
    changes = [one for one in (message.last_edit_timestamp, message.last_moved_timestamp) if one]
    changed_at = max(changes, default=None)
    thread = payload.joined(message.stream_id or "direct", message.subject or message.sender_id)
    return [
        CommentEvent(
            EventType.edited if changed_at else EventType.created,
            message.id,
            version=payload.version(changed_at or message.timestamp, "1" if changed_at else "0"),
            thread_id=thread,
            thread_title=message.subject,
            permalink=permalink(settings, message.stream_id, message.subject, message.id),
            author=_author(message, settings),
            text=text,
            created_at=message.timestamp,
            edited_at=message.last_edit_timestamp,
            likes=min(len(message.reactions), 10_000),
            extras={**extras, "channel": message.stream_id, "topic": message.subject},
            visibility=visibility(inbound, settings),
            place=payload.joined("channel", message.stream_id) if message.stream_id else "",
        )
    ]


def zulip_text(content: str) -> str:
    """The words of a message, without what it quotes."""
    own = _ZULIP_QUOTE.sub("\n", _QUOTE_HEAD.sub("", content))
    content = own if own.strip() else content
    content = _USER_MENTION.sub(r"@\1", _CHANNEL_MENTION.sub(r"#\1", content))
    return markdown_to_text(content)


def permalink(settings: Settings, channel: str, topic: str, number: str) -> str:
    """The address of a message, in which Zulip writes a dot for a percent sign."""
    if not settings.site_url or not channel.isdigit():
        return ""
    encoded = quote(topic, safe="").replace(".", "%2E").replace("%", ".")
    place = f"channel/{channel}/topic/{encoded}/near/{number}"
    return payload.web_address(f"{settings.site_url}/#narrow/{place}")


def _author(message: ZulipMessage, settings: Settings) -> AuthorRef:
    staff = set(payload.listed(settings.staff.lower()))
    return AuthorRef(
        message.sender_id,
        handle=message.sender_full_name or message.sender_id,
        name=message.sender_full_name,
        is_staff=bool(staff & {message.sender_id, message.sender_email.lower()}),
        is_bot="-bot@" in message.sender_email,
    )
