"""A webhook of Linear: an issue delivery, signed in hex over its raw body."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Any

from integrations.sandbox.linear.shape import issue_object, linear_time, linear_uuid
from integrations.sandbox.state import SandboxState, Ticket


def linear_payload(state: SandboxState, ticket: Ticket, action: str, author: str) -> dict[str, Any]:
    """What a delivery says of a ticket."""
    issue = issue_object(state, ticket)
    shown = {name: value for name, value in issue.items() if name not in ("labels", "relations")}
    changed = {"teamId": ""} if action == "moved" else {"stateId": ""}
    return {
        "action": "remove" if action == "deleted" else "update",
        "type": "Issue",
        "actor": {"id": linear_uuid("user", author), "name": author, "type": "user"},
        "createdAt": linear_time(ticket.updated_at),
        "data": shown,
        "updatedFrom": changed,
        "url": issue["url"],
        "webhookTimestamp": int(ticket.updated_at.timestamp() * 1000),
    }


def linear_headers(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "linear-delivery": str(uuid.uuid4()),
        "linear-event": "Issue",
        "linear-signature": digest,
    }
