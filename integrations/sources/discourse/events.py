"""Which deliveries of Discourse are read, and why the others are not."""

from __future__ import annotations

from integrations import payload
from integrations.contract import Inbound, PayloadError
from integrations.own_marks import is_own_comment
from integrations.source_contract import EventType
from integrations.sources.discourse.shapes import DeliveryVersion

# At one time and version a post is created, edited, deleted and recovered in this order.
DISCOURSE_EVENTS = {
    "post.created": (EventType.created, "0"),
    "post.edited": (EventType.edited, "1"),
    "post.destroyed": (EventType.deleted, "2"),
    "post.recovered": (EventType.edited, "3"),
}
"""The events of posts: what each does to a comment, and its order in a version."""
DISCOURSE_WIDE_EVENTS = frozenset(
    {
        "topic.created",
        "topic.edited",
        "topic.destroyed",
        "topic.recovered",
        "user.updated",
        "user.anonymized",
        "user.destroyed",
        "category.updated",
    }
)
"""The events of whole topics, accounts and categories; they bring no comment."""

DISCOURSE_IGNORED = {
    "ping": "The test that Discourse sends when somebody presses Ping.",
    "small_action.*": "A line that Discourse writes into a topic (closed, pinned).",
    "whisper.*": "Staff whisper among themselves.",
    "own_post.*": "An answer that we wrote ourselves is not what the community says.",
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

# post_type: 1 regular, 2 moderator action, 3 small action, 4 whisper
_UNFOLLOWED = {3: "small_action", 4: "whisper"}


def event(inbound: Inbound) -> str:
    """``post.created`` for type ``post`` and event ``post_created``; posts we do not follow have
    names of their own."""
    kind = payload.name(inbound.headers.get("x-discourse-event-type", ""))
    action = payload.name(inbound.headers.get("x-discourse-event", "")).removeprefix(f"{kind}_")
    post = inbound.json().get("post")
    if kind == "post" and isinstance(post, dict):
        post_type = post.get("post_type")
        kind = _UNFOLLOWED.get(post_type, kind) if isinstance(post_type, int) else kind
        kind = "own_post" if is_own_comment(str(post.get("raw") or "")) else kind
    return f"{kind}.{action}" if action and action != kind else kind


def delivery_id(inbound: Inbound) -> str | None:
    """Post, version, time and event: a retry has a new X-Discourse-Event-Id, and an edit within the
    grace period keeps its version number. A post whose topic became a private message keeps both.

    A topic may be closed, opened and closed again by bodies that are alike, so what is not about a
    post is known by the event's id; without one, and without a readable post, by its body.
    """
    try:
        post = payload.read(DeliveryVersion, inbound.json()).post
    except PayloadError:
        event_id = payload.name(inbound.headers.get("x-discourse-event-id", ""))
        kind = payload.name(inbound.headers.get("x-discourse-event-type", ""))
        wide = kind in ("topic", "user", "category")
        return payload.delivery_key("event", event_id) if wide else None
    action = payload.name(inbound.headers.get("x-discourse-event", ""))
    version = payload.version(post.updated_at, str(post.version))
    private = ["private"] if post.topic_archetype == "private_message" else []
    return payload.delivery_key("post", post.id, version, action, *private)
