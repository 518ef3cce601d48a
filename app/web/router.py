"""The dashboard: pages, static files and error pages, put on an application by ``install``."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.errors import RelayError
from app.web.assets import STATIC_FOLDER, HashedFiles
from app.web.pages import (
    answers,
    comments,
    digest_subscriptions,
    digests,
    following,
    insights,
    learning,
    linking,
    login,
    overview,
    pairs,
    people,
    preferences,
    preview,
    promises,
    questions,
    replies,
    reply_rules,
    routing,
    settings,
    source_polling,
    source_trying,
    sources,
    spikes,
    theme,
    theme_acts,
    trackers,
    triage,
)
from app.web.routes import PageRoute, refusal

router = APIRouter(route_class=PageRoute, include_in_schema=False)
for part in (
    login,
    preferences,
    overview,
    insights,
    digest_subscriptions,
    digests,
    spikes,
    triage,
    pairs,
    theme,
    theme_acts,
    linking,
    preview,
    comments,
    sources,
    following,
    questions,
    promises,
    people,
    replies,
    reply_rules,
    routing,
    source_polling,
    source_trying,
    trackers,
    settings,
    learning,
    answers,
):
    router.include_router(part.router)

_MACHINE_PATHS = ("/api/", "/hooks/", "/static/", "/metrics", "/health", "/openapi")
_ROUTING_SENTENCES = {
    404: "There is no page at this address. It may have moved, or the link was cut off.",
    405: "This address doesn't answer to that kind of request; "
    "go back and use the buttons of the page.",
}


def _for_people(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        _MACHINE_PATHS
    )


def install(app: FastAPI) -> None:
    """Put the dashboard on ``app``. Call it last: people then get pages for errors; for machines
    nothing changes."""
    app.mount("/static", HashedFiles(directory=STATIC_FOLDER), name="static")
    app.include_router(router)
    _for_people_first(app, HTTPException, _not_here)
    _for_people_first(app, Exception, _broken)


def _not_here(error: Exception) -> RelayError:
    assert isinstance(error, HTTPException)
    sentence = _ROUTING_SENTENCES.get(error.status_code, str(error.detail))
    return RelayError(sentence, reason="not_found", status=error.status_code)


def _broken(_: Exception) -> RelayError:
    return RelayError(
        "Something broke on our side and was written to the log. Try again; if it stays, tell who "
        "runs this."
    )


def _for_people_first(
    app: FastAPI, kind: type[Exception], as_refusal: Callable[[Exception], RelayError]
) -> None:
    """Answer people with a page, and leave everybody else to the handler that was there before."""
    for_machines: Callable[[Request, Exception], Any] | None = app.exception_handlers.get(kind)

    async def answer(request: Request, error: Exception) -> Response:
        if _for_people(request):
            return refusal(request, as_refusal(error))
        if for_machines is None:
            status = error.status_code if isinstance(error, HTTPException) else 500
            return JSONResponse({"detail": "Not found" if status == 404 else "Failed"}, status)
        response: Response | Awaitable[Response] = for_machines(request, error)
        if inspect.isawaitable(response):
            return await response
        return response

    app.add_exception_handler(kind, answer)
