"""A webhook of GitLab: an issue delivery, with the secret in a header of its own."""

from __future__ import annotations

import uuid
from typing import Any

from integrations.sandbox.gitlab.shape import gitlab_page, gitlab_user
from integrations.sandbox.state import SandboxState, Ticket

_ACTIONS = {"closed": "close", "reopened": "reopen"}


def gitlab_payload(
    state: SandboxState, ticket: Ticket, action: str, author: str
) -> dict[str, Any] | None:
    """What a delivery says of a ticket; None of a deleted one, of which GitLab tells nothing."""
    if action == "deleted":
        return None
    return {
        "object_kind": "issue",
        "event_type": "issue",
        "user": gitlab_user(author),
        "project": {"path_with_namespace": ticket.container},
        "object_attributes": {
            "id": ticket.id,
            "iid": ticket.number,
            "title": ticket.title,
            "state": ticket.status,
            "moved_to_id": ticket.moved_to,
            "labels": [{"title": label} for label in ticket.labels],
            "updated_at": ticket.updated_at.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "url": gitlab_page(state, ticket),
            "action": _ACTIONS.get(action, "update"),
        },
        "changes": {},
    }


def gitlab_headers(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery; the body is not signed."""
    del body
    number = str(uuid.uuid4())
    return {
        "x-gitlab-event": "Issue Hook",
        "x-gitlab-event-uuid": str(uuid.uuid4()),
        "idempotency-key": number,
        "x-gitlab-token": secret,
    }
