"""Pages that answer a form have an address too: reloading it leads to the page it belongs to."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/trackers/{tracker_id}/check")
async def after_check(tracker_id: str) -> Response:
    """The check's findings are shown once."""
    return RedirectResponse("/trackers", status_code=303)


@router.get("/trackers/{tracker_id}/settings")
async def after_tracker_settings(tracker_id: str) -> Response:
    """A tracker's settings that were refused."""
    return RedirectResponse(f"/trackers/{tracker_id}", status_code=303)


@router.get("/sources/{source_id}/secret")
async def after_secret(source_id: str) -> Response:
    """A new secret is shown once."""
    return RedirectResponse(f"/sources/{source_id}", status_code=303)


@router.get("/settings/tokens")
async def after_token() -> Response:
    """A new token is shown once."""
    return RedirectResponse("/settings", status_code=303)


@router.get("/triage/bulk")
async def after_bulk_question() -> Response:
    """Whether themes are merged although private words are shown."""
    return RedirectResponse("/triage", status_code=303)


@router.get("/suggestions/{suggestion_id}/{answer}")
async def after_suggestion_question(suggestion_id: str, answer: str) -> Response:
    """The same question, about two themes that may be the same."""
    return RedirectResponse("/pairs", status_code=303)
