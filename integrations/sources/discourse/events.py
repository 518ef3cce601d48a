"""Which deliveries of Discourse are read, and why the others are not."""

from __future__ import annotations

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.source_contract import EventType
from integrations.sources.discourse.shapes import DeliveryVersion

# At one time and version a post is created, edited, deleted and recovered in this order.
DISCOURSE_EVENTS = {
    "post.created": (EventType.created, "0"),
    "post.edited": (EventType.edited, "1"),
    "post.destroyed": (EventType.deleted, "2"),
    "post.recovered": (EventType.edited, "3"),
}
"""The events that we handle: what each does to a comment, and its order in a version."""

DISCOURSE_IGNORED = {
    "ping": "The test that Discourse sends when somebody presses Ping.",
    "private_message.*": "Private messages are not for a product team.",
    "small_action.*": "A line that Discourse writes into a topic (closed, pinned), "
    "or a whisper among staff.",
    "topic.*": "A topic's words arrive with its posts; its state does not concern us.",
    "like.*": "Likes are not comments.",
    "notification.*": "Notifications repeat what posts already said.",
    "reviewable.*": "What waits for moderators is not published yet.",
    "solved.*": "An accepted solution is not a comment.",
    "assign.*": "Assignments are the forum team's own work.",
    "topic_voting.*": "Votes are not comments.",
    "chat_message.*": "Chat is not followed, only topics.",
    "user.*": "Accounts are not comments.",
    "user_badge.*": "Badges are not comments.",
    "user_promoted.*": "Trust levels are not comments.",
    "group.*": "Groups are not comments.",
    "group_user.*": "Group members are not comments.",
    "category.*": "Categories are not comments.",
    "tag.*": "Tags are not comments.",
    "calendar_event.*": "Calendar entries are not comments.",
    "custom.*": "Custom events have no documented shape.",
}

_SMALL_ACTION = 3  # post_type: 1 regular, 2 moderator action, 3 small action, 4 whisper
_STAFF_WHISPER = 4


def event(inbound: Inbound) -> str:
    """``post.created`` for type ``post`` and event ``post_created``; posts we do not follow have
    names of their own."""
    kind = payload.name(inbound.headers.get("x-discourse-event-type", ""))
    action = payload.name(inbound.headers.get("x-discourse-event", "")).removeprefix(f"{kind}_")
    post = inbound.json().get("post")
    if kind == "post" and isinstance(post, dict):
        if post.get("topic_archetype") == "private_message":
            kind = "private_message"
        elif post.get("post_type") in (_SMALL_ACTION, _STAFF_WHISPER):
            kind = "small_action"
    return f"{kind}.{action}" if action and action != kind else kind


def delivery_id(inbound: Inbound) -> str | None:
    """Post, version, time and event: a retry has a new X-Discourse-Event-Id, and an edit within the
    grace period keeps its version number. Anything that is not about a readable post is known by
    its body."""
    try:
        post = payload.read(DeliveryVersion, inbound.json()).post
    except PayloadError:
        return None
    action = payload.name(inbound.headers.get("x-discourse-event", ""))
    version = payload.version(post.updated_at, str(post.version))
    return payload.delivery_key("post", post.id, version, action)
