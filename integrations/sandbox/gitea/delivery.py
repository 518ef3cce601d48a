"""A webhook of Gitea: an issues delivery, signed in hex over its raw body."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Any

from integrations.sandbox.gitea.shape import gitea_issue, gitea_user
from integrations.sandbox.state import SandboxState, Ticket


def gitea_payload(state: SandboxState, ticket: Ticket, action: str, author: str) -> dict[str, Any]:
    """What a delivery says of a ticket."""
    return {
        "action": action,
        "number": ticket.number,
        "issue": gitea_issue(state, ticket),
        "repository": {"full_name": ticket.container},
        "sender": gitea_user(author),
    }


def gitea_headers(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "x-gitea-event": "issues",
        "x-gitea-delivery": str(uuid.uuid4()),
        "x-gitea-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }
