"""The feedback box inside the product, which sends to a generic source."""

from __future__ import annotations

from typing import Any

from app.demo.community import DemoEvent
from integrations.source_contract import EventType

FEEDBACK_BOX_SETTINGS: dict[str, str] = {}

FEEDBACK_PAGE = "https://app.tidewater.example/feedback"


def request(event: DemoEvent) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers (without the signature) and body of one ``comment.*`` delivery."""
    comment = event.comment
    body: dict[str, Any] = {"type": f"comment.{event.type}", "timestamp": event.at.isoformat()}
    if event.type is EventType.deleted:
        return {}, {**body, "data": {"id": f"fb_{comment.key}", "deleted_at": event.at.isoformat()}}
    data = {
        "id": f"fb_{comment.key}",
        "thread": {
            "id": comment.thread_id,
            "title": f"In the app: {comment.thread_title}",
            "url": f"{FEEDBACK_PAGE}/{comment.thread_id}",
        },
        "author": {"id": f"usr_{comment.handle}", "handle": comment.handle, "name": comment.name},
        "text": event.text,
        "format": "text",
        "url": f"{FEEDBACK_PAGE}/{comment.thread_id}#{comment.key}",
        "created_at": event.created_at.isoformat(),
        "likes": comment.likes,
    }
    if event.type is EventType.edited:
        data["edited_at"] = event.at.isoformat()
    if event.parent:
        data["parent_id"] = f"fb_{event.parent.key}"
    return {}, {**body, "data": data}
