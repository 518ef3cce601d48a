"""What the routes of both APIs share: the state behind the application, and plain JSON in and
out."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from integrations.sandbox.state import SandboxState

Reply = Response | dict[str, Any] | list[dict[str, Any]]


class PlainRoute(APIRoute):
    """A route whose answers are sent as they are, without a response model read from the
    annotation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "response_model": None})


def state_of(request: Request) -> SandboxState:
    """The state of the application that a request came to."""
    state: SandboxState = request.app.state.sandbox
    return state


async def json_object(request: Request) -> dict[str, Any] | None:
    """The body as a JSON object, or None where it is anything else."""
    try:
        value = await request.json()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
