"""How long the body of a request to pages and API may be, held before all of it is read."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from app.errors import RelayError

BODY_MAX_BYTES = 1_000_000


class BodyTooLarge(RelayError):
    """The body is longer than BODY_MAX_BYTES bytes."""

    status = 413
    reason = "body_too_large"

    def __init__(self) -> None:
        super().__init__("The body is longer than 1 MB; send less at once.")


def limited(request: Request) -> Request:
    """The request with a body that ends in BodyTooLarge where it is too long. Raises it at once
    where the request announces one."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > BODY_MAX_BYTES:
        raise BodyTooLarge
    receive, received_bytes = request.receive, 0

    async def counted() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > BODY_MAX_BYTES:
            raise BodyTooLarge
        return message

    return Request(request.scope, counted)


def body_refusal(error: HTTPException) -> BodyTooLarge | None:
    """The refusal behind an error of FastAPI, which calls whatever happens while it reads a body a
    bad body."""
    return error.__cause__ if isinstance(error.__cause__, BodyTooLarge) else None
