"""The pages on which people look at the tickets of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from integrations.sandbox.control import Move, move
from integrations.sandbox.rendering import body_html
from integrations.sandbox.routing import PlainRoute
from integrations.sandbox.routing import state_of as _state

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
router = APIRouter(route_class=PlainRoute, include_in_schema=False)
_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)


def _page(name: str, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(name).render(**values), status, HEADERS)


@router.get("/")
def tickets(request: Request) -> Response:
    """Every ticket, the last changed first."""
    state = _state(request)
    listed = sorted(state.live(), key=lambda ticket: (ticket.updated_at, ticket.id), reverse=True)
    return _page("tickets.html", tickets=listed[:500], total=len(listed), faults=state.faults.rules)


@router.get("/tickets/{slug:path}")
def ticket(request: Request, slug: str) -> Response:
    """One ticket, rendered and as it was sent."""
    found = _state(request).by_slug(slug)
    if found is None:
        return _page("missing.html", 404, slug=slug)
    raw = (
        found.body
        if isinstance(found.body, str)
        else json.dumps(found.body, indent=2, ensure_ascii=False)
    )
    comments = [
        body_html(comment.body, markdown=found.vendor == "github") for comment in found.comments
    ]
    body = body_html(found.body, markdown=found.vendor == "github")
    return _page("ticket.html", ticket=found, body=body, raw=raw or "", comments=comments)


@router.post("/tickets/{slug:path}")
def act(request: Request, slug: str, action: Move = Form()) -> Response:
    """The buttons of a ticket's page."""
    origin = request.headers.get("origin", "")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none") or (
        origin and urlsplit(origin).netloc != request.url.netloc
    ):
        return _page("missing.html", 403, slug=slug)
    found = _state(request).by_slug(slug)
    if found is None:
        return _page("missing.html", 404, slug=slug)
    move(_state(request), found, action)
    return RedirectResponse(f"/tickets/{slug}", 303)


@router.get("/browse/{key}")
def browse(key: str) -> Response:
    """Jira's address of an issue."""
    return RedirectResponse(f"/tickets/{key}", 307)
