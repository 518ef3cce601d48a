"""The JSON of GitHub's answers that several of its addresses share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.routing import state_of
from integrations.sandbox.state import Comment


def error(status: int, message: str, *fields: tuple[str, str]) -> JSONResponse:
    """An error body: a message, and what is wrong with which field."""
    errors = [{"resource": "Issue", "field": field, "code": code} for field, code in fields]
    return JSONResponse({"message": message, **({"errors": errors} if errors else {})}, status)


def time(moment: datetime) -> str:
    """A time as GitHub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user_json(request: Request) -> dict[str, Any]:
    """The account that a request came from."""
    app = state_of(request).app_of(request.headers.get("authorization", ""))
    login, number = (f"{app.slug}[bot]", 2) if app else (SANDBOX_BOT, 1)
    return {"login": login, "id": number, "type": "Bot", "html_url": str(request.base_url)}


def comment_json(request: Request, comment: Comment) -> dict[str, Any]:
    """One comment."""
    return {
        "id": comment.id,
        "body": comment.body,
        "user": {"login": comment.author} if comment.author else user_json(request),
        "created_at": time(comment.created_at),
    }
