"""The JSON of Gitea's answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zlib import crc32

from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.state import Comment, SandboxState, Ticket

GITEA_API = "/gitea/api/v1"


def gitea_time(moment: datetime) -> str:
    """A time as Gitea writes it, in seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def gitea_user(login: str) -> dict[str, Any]:
    """An account."""
    return {"id": crc32(login.encode()) % 10_000, "login": login, "full_name": ""}


def gitea_label(name: str) -> dict[str, Any]:
    """One label."""
    return {"id": crc32(name.encode()), "name": name, "color": "ededed"}


def gitea_issue(state: SandboxState, ticket: Ticket) -> dict[str, Any]:
    """One issue."""
    return {
        "id": ticket.id,
        "number": ticket.number,
        "title": ticket.title,
        "body": ticket.body or "",
        "state": ticket.status,
        "labels": [gitea_label(name) for name in ticket.labels],
        "user": gitea_user(SANDBOX_BOT),
        "html_url": f"{state.base_url}/tickets/{ticket.slug}",
        "repository": {"full_name": ticket.container},
        "pull_request": None,
        "created_at": gitea_time(ticket.created_at),
        "updated_at": gitea_time(ticket.updated_at),
        "closed_at": ticket.closed_at.isoformat() if ticket.closed_at else None,
    }


def gitea_comment(comment: Comment) -> dict[str, Any]:
    """One comment."""
    author = gitea_user(comment.author or SANDBOX_BOT)
    return {"id": comment.id, "body": comment.body, "user": author}
