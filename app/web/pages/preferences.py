"""What one browser prefers: light or dark, keys on or off."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.web import guard
from app.web.guard import Acting
from app.web.rendering import SCHEMES
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
_YEAR = 31_536_000


def _keep(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEAR, httponly=True, samesite="lax", secure=guard.secure(request)
    )


@router.post("/preferences")
async def prefer(act: Acting) -> Response:
    """Keep a choice in a cookie and show the page again."""
    response = RedirectResponse(act.back(), status_code=303)
    scheme, keys = act.text("scheme"), act.text("keys")
    if scheme:
        _keep(act.request, response, "relay_scheme", scheme if scheme in SCHEMES else "system")
    if keys:
        _keep(act.request, response, "relay_keys", "off" if keys == "off" else "on")
    return response
