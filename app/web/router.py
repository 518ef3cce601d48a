"""The dashboard: its pages, its static files and its error pages, put on an application by ``install``."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import RelayError
from app.web.assets import FOLDER, HashedFiles
from app.web.pages import comments, login, overview, preferences, settings, sources, theme, theme_acts, trackers, triage
from app.web.routes import PageRoute, refusal

router = APIRouter(route_class=PageRoute, include_in_schema=False)
for part in (login, preferences, overview, triage, theme, theme_acts, comments, sources, trackers, settings):
    router.include_router(part.router)

_MACHINES = ("/api/", "/hooks/", "/static/", "/metrics", "/health", "/openapi")
_SENTENCES = {
    404: "There is no page at this address. It may have moved, or the link was cut off.",
    405: "This address doesn't answer to that kind of request; go back and use the buttons of the page.",
}


def _for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(_MACHINES)


def install(app: FastAPI) -> None:
    """Put the dashboard on ``app``. Call it last: unknown addresses that a person opened then get a page, too."""
    app.mount("/static", HashedFiles(directory=FOLDER), name="static")
    app.include_router(router)
    others: Callable[[Request, Exception], Any] | None = app.exception_handlers.get(HTTPException)

    async def unknown_address(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if _for_people(request):
            sentence = _SENTENCES.get(error.status_code, str(error.detail))
            return refusal(request, RelayError(sentence, reason="not_found", status=error.status_code))
        if others is None:
            return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)
        answer: Response | Awaitable[Response] = others(request, error)
        return await answer if inspect.isawaitable(answer) else answer

    app.add_exception_handler(HTTPException, unknown_address)
