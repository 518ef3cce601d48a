"""The objects of Linear's answers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.state import SandboxState, Ticket
from integrations.sandbox.vendors import LINEAR_STATES

_NAMESPACE = uuid.UUID("0b54e2f3-8c1d-4c8e-9a51-2f0f3c1d7a90")


def linear_uuid(kind: str, name: object) -> str:
    """The id of what has none of its own in the sandbox."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind} {name}"))


def linear_time(moment: datetime) -> str:
    """A time as Linear writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def issue_uuid(ticket: Ticket) -> str:
    """The id of an issue: what its creator chose, or one that people's tickets have."""
    return str(ticket.fields.get("uuid") or linear_uuid("issue", ticket.id))


def state_object(name: str) -> dict[str, Any]:
    """One state of a team."""
    place = list(LINEAR_STATES).index(name)
    return {
        "id": linear_uuid("state", name),
        "name": name,
        "type": LINEAR_STATES[name],
        "position": place,
    }


def label_object(name: str) -> dict[str, Any]:
    """One label of the workspace."""
    return {"id": linear_uuid("label", name), "name": name, "team": None}


def issue_object(state: SandboxState, ticket: Ticket) -> dict[str, Any]:
    """One issue."""
    ended = linear_time(ticket.closed_at) if ticket.closed_at else None
    is_done = ticket.status == "Done"
    return {
        "id": issue_uuid(ticket),
        "identifier": ticket.key,
        "title": ticket.title,
        "url": f"{state.base_url}/tickets/{ticket.slug}",
        "trashed": ticket.deleted or None,
        "completedAt": ended if is_done else None,
        "canceledAt": None if is_done else ended,
        "createdAt": linear_time(ticket.created_at),
        "updatedAt": linear_time(ticket.updated_at),
        "state": state_object(ticket.status),
        "labels": {"nodes": [{"name": name} for name in ticket.labels]},
        "relations": {"nodes": _relations(state, ticket)},
    }


def _relations(state: SandboxState, ticket: Ticket) -> list[dict[str, Any]]:
    related = [
        (link, other)
        for link in state.saved.links
        if link.inward == ticket.id and (other := state.by_id(link.outward))
    ]
    return [
        {
            "id": linear_uuid("relation", link.id),
            "type": link.type.lower(),
            "relatedIssue": {
                "id": issue_uuid(other),
                "identifier": other.key,
                "url": f"{state.base_url}/tickets/{other.slug}",
            },
        }
        for link, other in related
    ]


def viewer() -> dict[str, Any]:
    """The account that calls."""
    user = linear_uuid("user", SANDBOX_BOT)
    return {"id": user, "name": SANDBOX_BOT, "displayName": SANDBOX_BOT, "app": False}
