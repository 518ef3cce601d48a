"""The route class of the API: refuses a body that is too long before all of it is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.running.request_body import body_refusal, limited


class LimitedRoute(APIRoute):
    """A route whose body has a limit."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the limit."""
        original = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await original(limited(request))
            except HTTPException as error:
                if refusal := body_refusal(error):
                    raise refusal from None
                raise

        return handle
