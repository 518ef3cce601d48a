"""Which updates of Telegram are read, and why the others are not."""

from __future__ import annotations

from typing import Any

from integrations import payload
from integrations.contract import Inbound, Visibility
from integrations.source_contract import Change, ScopeChange
from integrations.sources.telegram.settings import Settings

MESSAGE_UPDATES = ("message", "edited_message", "channel_post", "edited_channel_post")
"""What is asked for; Telegram goes on as it was told last where it is not told."""
TELEGRAM_WIDE_EVENTS = frozenset({"topic_renamed"})
_RENAMED_UPDATES = {"deleted_business_messages": "business_message"}
_WORD_FIELDS = ("text", "caption", "poll", "rich_message")
FILE_KINDS = (
    *("photo", "video", "animation", "document", "audio", "voice", "video_note", "sticker"),
    *("location", "venue", "contact", "dice", "story", "checklist"),
)
TELEGRAM_IGNORED = {
    "service": "Telegram's own note about a chat: who joined, what was pinned.",
    "album_part": "One of several pictures of one post: its words stand at another one.",
    "channel_copy": "A channel's post as its discussion group shows it.",
    "ephemeral": "A message that one person alone sees.",
    "business_message": "A private conversation of a connected account.",
    "edited_business_message": "A private conversation of a connected account.",
    "business_connection": "An account that was connected is not a comment.",
    "message_reaction_count": "How many people like a message is not a comment.",
    "message_reaction": "What one person thinks of a message is not a comment.",
    "my_chat_member": "The bot was added or removed.",
    "chat_member": "Who belongs to a chat is not a comment.",
    **dict.fromkeys(
        (
            *("inline_query", "chosen_inline_result", "callback_query", "shipping_query"),
            *("pre_checkout_query", "purchased_paid_media", "poll", "poll_answer"),
            *("chat_join_request", "chat_boost", "removed_chat_boost"),
        ),
        "Something that a bot is used for, and no comment.",
    ),
}


def kind_of(body: dict[str, Any]) -> str:
    """What an update holds, as Telegram calls it: its one field beside the number."""
    return next((payload.name(name) for name in body if name != "update_id"), "")


def message_of(body: dict[str, Any]) -> dict[str, Any]:
    """The message of an update, or nothing."""
    message = body.get(kind_of(body))
    return message if isinstance(message, dict) else {}


def event(inbound: Inbound) -> str:
    """``message``, ``edited_message``, ...; what is not read has names of its own."""
    body = inbound.json()
    kind = kind_of(body)
    if kind not in MESSAGE_UPDATES:
        return _RENAMED_UPDATES.get(kind, kind)
    message = message_of(body)
    if message.get("ephemeral_message_id"):
        return "ephemeral"
    if message.get("is_automatic_forward") is True:
        return "channel_copy"
    if any(message.get(name) for name in _WORD_FIELDS) or "message_id" not in message:
        return kind
    if message.get("media_group_id"):
        return "album_part"
    if message.get("forum_topic_edited"):
        return "topic_renamed"
    return kind if any(message.get(name) for name in FILE_KINDS) else "service"


def delivery_id(inbound: Inbound) -> str | None:
    """The number of the update; with the chat, since numbers begin anew after a quiet week."""
    body = inbound.json()
    number, message = body.get("update_id"), message_of(body)
    if not isinstance(number, int):
        return None
    moment = message.get("edit_date") or message.get("date") or 0
    parts = (number, message.get("message_id"), moment)
    return payload.delivery_key(*(str(part)[:40] for part in parts))


def visibility(inbound: Inbound, settings: Settings) -> Visibility:
    """Whoever finds it may read a group with a name; others are for their members."""
    chat = message_of(inbound.json()).get("chat")
    if not isinstance(chat, dict):
        return Visibility.unknown
    if chat.get("type") not in ("group", "supergroup", "channel"):
        return Visibility.private
    return Visibility.public if chat.get("username") else Visibility.members


def place(chat_id: str) -> str:
    """A chat as a place of comments."""
    return payload.joined("chat", chat_id)


def changes(inbound: Inbound, settings: Settings) -> list[Change]:
    """A topic of a forum that is called otherwise from now on."""
    message = message_of(inbound.json())
    chat, edited = message.get("chat"), message.get("forum_topic_edited")
    title = edited.get("name") if isinstance(edited, dict) else None
    topic = message.get("message_thread_id")
    if not isinstance(chat, dict) or not isinstance(title, str) or not isinstance(topic, int):
        return []
    thread = payload.joined(str(chat.get("id"))[:40], str(topic)[:40])
    return [ScopeChange(thread_id=thread, title=" ".join(payload.name(title).split()))]
