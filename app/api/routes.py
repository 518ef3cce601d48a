"""The route class of the API: refuses a body that is too long before all of it is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from app.errors import RelayError

API_BODY_MAX_BYTES = 1_000_000


class BodyTooLarge(RelayError):
    """The body is longer than API_BODY_MAX_BYTES bytes."""

    status = 413
    reason = "body_too_large"

    def __init__(self) -> None:
        super().__init__("The body is longer than 1 MB; send less at once.")


class LimitedRoute(APIRoute):
    """A route whose body has at most API_BODY_MAX_BYTES bytes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the limit."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            declared = request.headers.get("content-length", "")
            if declared.isdecimal() and int(declared) > API_BODY_MAX_BYTES:
                raise BodyTooLarge
            receive, received_bytes = request.receive, 0

            async def counted() -> Message:
                nonlocal received_bytes
                message = await receive()
                received_bytes += len(message.get("body", b""))
                if received_bytes > API_BODY_MAX_BYTES:
                    raise BodyTooLarge
                return message

            try:
                return await handle(Request(request.scope, counted))
            except HTTPException as error:
                # FastAPI calls any error while it reads a body a bad body.
                if isinstance(error.__cause__, BodyTooLarge):
                    raise error.__cause__ from None
                raise

        return limited
