"""What one browser prefers: light or dark, keys on or off."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.web import guard
from app.web.guard import Acting
from app.web.rendering import COLOUR_SCHEMES
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
PREFERENCE_SECONDS = 31_536_000


def _set_preference(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=PREFERENCE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=guard.secure(request),
    )


@router.post("/preferences")
async def prefer(act: Acting) -> Response:
    """Keep a choice in a cookie and show the page again."""
    response = RedirectResponse(act.back(), status_code=303)
    scheme, keys = act.text("scheme"), act.text("keys")
    if scheme:
        chosen = scheme if scheme in COLOUR_SCHEMES else "system"
        _set_preference(act.request, response, "relay_scheme", chosen)
    if keys:
        switch = "off" if keys == "off" else "on"
        _set_preference(act.request, response, "relay_keys", switch)
    return response
