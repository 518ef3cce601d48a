"""The pages on which people look at the tickets of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from integrations.sandbox.forum_post import ForumPost
from integrations.sandbox.rendering import body_html
from integrations.sandbox.routing import PlainRoute
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.vendors import Move

SANDBOX_FOLDER = Path(__file__).parent
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # Under no-referrer a browser sends "Origin: null" with our own forms as well.
    "Referrer-Policy": "same-origin",
}
router = APIRouter(route_class=PlainRoute, include_in_schema=False)
_templates = Environment(
    loader=FileSystemLoader(SANDBOX_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)


def _page(name: str, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(name).render(**values), status, PAGE_HEADERS)


@router.get("/")
def tickets(request: Request) -> Response:
    """Every ticket, the last changed first."""
    state = _state(request)
    listed = sorted(state.live(), key=lambda ticket: (ticket.updated_at, ticket.id), reverse=True)
    return _page("tickets.html", tickets=listed[:500], total=len(listed), faults=state.faults.rules)


@router.get("/tickets/{slug:path}")
def ticket(request: Request, slug: str) -> Response:
    """One ticket, rendered and as it was sent."""
    shown = _state(request).by_slug(slug)
    if shown is None:
        return _page("missing.html", 404, slug=slug)
    markdown = shown.of.is_markdown
    raw = shown.body
    if not isinstance(raw, str):
        raw = json.dumps(raw, indent=2, ensure_ascii=False)
    comments = [body_html(comment.body, markdown=markdown) for comment in shown.comments]
    body = body_html(shown.body, markdown=markdown)
    return _page("ticket.html", ticket=shown, body=body, raw=raw or "", comments=comments)


@router.post("/tickets/{slug:path}")
def act(request: Request, slug: str, action: Move = Form()) -> Response:
    """The buttons of a ticket's page."""
    if _comes_from_another_site(request):
        return _page("missing.html", 403, slug=slug)
    moved = _state(request).by_slug(slug)
    if moved is None:
        return _page("missing.html", 404, slug=slug)
    _state(request).move(moved, action)
    return RedirectResponse(f"/tickets/{slug}", 303)


def _comes_from_another_site(request: Request) -> bool:
    """Whether a page of somebody else pressed the button. Browsers say so in ``Sec-Fetch-Site``,
    except to plain http addresses other than the loopback; there ``Origin`` tells."""
    if fetch_site := request.headers.get("sec-fetch-site"):
        return fetch_site not in ("same-origin", "none")
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc != request.url.netloc


def topic_page(topic_id: int, number: int, posts: list[ForumPost]) -> Response:
    """A topic of the forum."""
    shown = [(post, body_html(post.raw, markdown=True)) for post in posts]
    return _page("topic.html", topic_id=topic_id, number=number, posts=shown)


@router.get("/browse/{key}")
def browse(key: str) -> Response:
    """Jira's address of an issue."""
    return RedirectResponse(f"/tickets/{key}", 307)


@router.get("/{owner}/{name}/issues/{number}")
def issue_page(owner: str, name: str, number: int) -> Response:
    """GitHub's address of an issue."""
    return RedirectResponse(f"/tickets/{owner}/{name}/{number}", 307)
