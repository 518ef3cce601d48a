"""The product's forum: Discourse, whose webhooks carry WebHookPostSerializer's fields."""

from __future__ import annotations

import re
import zlib
from datetime import datetime
from typing import Any

from markdown_it import MarkdownIt

from app.demo.community import DemoComment, DemoEvent
from integrations.source_contract import EventType

FORUM_ADDRESS = "https://forum.tidewater.example"
FORUM_SETTINGS = {"base_url": FORUM_ADDRESS}

FORUM_EVENTS = {
    EventType.created: "post_created",
    EventType.edited: "post_edited",
    EventType.deleted: "post_destroyed",
}
QUOTE_BLOCK = re.compile(r"\[quote=[^\]]*\]\n(.*?)\n\[/quote\]", re.DOTALL)
FORUM_MARKDOWN = MarkdownIt("js-default")  # escapes HTML


def request(event: DemoEvent) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers (without the signature) and body of a post's delivery."""
    name = FORUM_EVENTS[event.type]
    headers = {
        "user-agent": "Discourse/3.6.0",
        "x-discourse-instance": FORUM_ADDRESS,
        "x-discourse-event-id": str(event.delivery.int % 1_000_000),
        "x-discourse-event-type": "post",
        "x-discourse-event": name,
    }
    return headers, {"post": _post(event)}


def _post(event: DemoEvent) -> dict[str, Any]:
    comment, deleted = event.comment, event.type is EventType.deleted
    raw = event.old_text if deleted else event.text
    edits = sum(later.type is EventType.edited for later in comment.later[: event.revision])
    return {
        "id": 20_000 + comment.number,
        "name": comment.name,
        "username": comment.handle,
        "avatar_template": (
            f"/letter_avatar_proxy/v4/letter/{comment.handle[0]}/90db22/{{size}}.png"
        ),
        "created_at": _iso(event.created_at),
        "cooked": FORUM_MARKDOWN.render(QUOTE_BLOCK.sub(r"> \1", raw)).strip(),
        "post_number": comment.position,
        "post_type": 1,
        "posts_count": comment.position,
        "updated_at": _iso(event.changed_at),
        "reply_count": 0,
        "reply_to_post_number": event.parent.position if event.parent else None,
        "quote_count": len(QUOTE_BLOCK.findall(raw)),
        "incoming_link_count": 0,
        "reads": 1,
        "score": 0,
        "topic_id": int(comment.thread_id),
        "topic_slug": _slug(comment),
        "topic_title": comment.thread_title,
        "category_id": 5,
        "category_slug": "feedback",
        "display_username": comment.name,
        "primary_group_name": "team" if comment.staff else None,
        "flair_name": None,
        "version": 1 + edits,
        "user_title": "Tidewater" if comment.staff else None,
        "bookmarked": False,
        "raw": raw,
        "moderator": comment.staff,
        "admin": False,
        "staff": comment.staff,
        "user_id": 1_000 + zlib.crc32(comment.handle.encode()) % 900_000,
        "hidden": False,
        "trust_level": 4 if comment.staff else 2,
        "deleted_at": _iso(event.at) if deleted else None,
        "user_deleted": False,
        "edit_reason": None,
        "wiki": False,
        "topic_posts_count": comment.position,
        "topic_filtered_posts_count": comment.position,
        "topic_archetype": "regular",
    }


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.000Z"


def _slug(comment: DemoComment) -> str:
    return re.sub(r"[^a-z0-9]+", "-", comment.thread_title.lower()).strip("-")
