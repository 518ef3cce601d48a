"""The JSON of GitLab's answers that several of its addresses share."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zlib import crc32

from fastapi import Request
from fastapi.responses import JSONResponse

from integrations.sandbox.history import PERSON, SANDBOX_BOT
from integrations.sandbox.routing import state_of
from integrations.sandbox.state import Comment, SandboxState, Ticket

GITLAB_FOLDER = "/gitlab"
"""Where GitLab is, as on a server that has it below a path."""
GITLAB_API = f"{GITLAB_FOLDER}/api/v4"


def gitlab_error(status: int, message: Any) -> JSONResponse:
    """An error body: a sentence, or what is wrong with which field."""
    return JSONResponse({"message": message}, status)


def gitlab_time(moment: datetime) -> str:
    """A time as GitLab's API writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def gitlab_user(username: str) -> dict[str, Any]:
    """An account; only that of the API is a bot."""
    number = {SANDBOX_BOT: 1, PERSON: 2}.get(username, 3)
    is_bot = username == SANDBOX_BOT
    return {"id": number, "username": username, "name": username, "state": "active", "bot": is_bot}


def project_number(container: str) -> int:
    """The id of a project."""
    return crc32(container.encode()) % 1_000_000


def gitlab_page(state: SandboxState, ticket: Ticket) -> str:
    """Where people look at an issue."""
    return f"{state.base_url}{GITLAB_FOLDER}/{ticket.container}/-/issues/{ticket.number}"


def gitlab_issue(request: Request, ticket: Ticket) -> dict[str, Any]:
    """One issue."""
    state = state_of(request)
    base = f"{state.base_url}{GITLAB_API}/projects/{project_number(ticket.container)}"
    links = {"self": f"{base}/issues/{ticket.number}", "project": base}
    if living := state.by_id(ticket.duplicate_of if ticket.done else None):
        place = f"{state.base_url}{GITLAB_API}/projects/{project_number(living.container)}"
        links["closed_as_duplicate_of"] = f"{place}/issues/{living.number}"
    full = f"{ticket.container}#{ticket.number}"
    return {
        "id": ticket.id,
        "iid": ticket.number,
        "project_id": project_number(ticket.container),
        "title": ticket.title,
        "description": ticket.body,
        "state": ticket.status,
        "labels": sorted(ticket.labels),
        "confidential": bool(ticket.fields.get("confidential")),
        "author": gitlab_user(SANDBOX_BOT),
        "created_at": gitlab_time(ticket.created_at),
        "updated_at": gitlab_time(ticket.updated_at),
        "closed_at": gitlab_time(ticket.closed_at) if ticket.closed_at else None,
        "closed_by": gitlab_user(ticket.closed_by) if ticket.closed_at else None,
        "moved_to_id": ticket.moved_to,
        "issue_type": "issue",
        "web_url": gitlab_page(state, ticket),
        "references": {"short": f"#{ticket.number}", "relative": full, "full": full},
        "_links": links,
    }


def gitlab_note(comment: Comment) -> dict[str, Any]:
    """One comment of a person or of ours."""
    return {
        "id": comment.id,
        "body": comment.body,
        "author": gitlab_user(comment.author or SANDBOX_BOT),
        "system": False,
        "created_at": gitlab_time(comment.created_at),
    }
