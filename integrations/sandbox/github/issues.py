"""The used part of the GitHub REST API: issues, their labels and comments, search, and what a check
asks."""

from __future__ import annotations

import json
import re
from typing import Any
from zlib import crc32

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from integrations.sandbox.github.shape import comment_json, error, time, user_json
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Ticket

router = APIRouter(route_class=PlainRoute)
SEARCHED_OPERATORS_MOST = 5
STATE_REASONS = ("completed", "not_planned", "duplicate", "reopened")


def _labels(names: list[str]) -> list[dict[str, Any]]:
    return [
        {"id": crc32(name.encode()), "name": name, "color": "ededed", "default": False}
        for name in names
    ]


def _issue(request: Request, ticket: Ticket) -> dict[str, Any]:
    base = str(request.base_url).rstrip("/")
    return {
        "id": ticket.id,
        "node_id": f"I_{ticket.id}",
        "number": ticket.number,
        "url": f"{base}/repos/{ticket.container}/issues/{ticket.number}",
        "repository_url": f"{base}/repos/{ticket.container}",
        "html_url": f"{base}/tickets/{ticket.slug}",
        "title": ticket.title,
        "body": ticket.body,
        "state": ticket.status,
        "state_reason": ticket.reason,
        "labels": _labels(ticket.labels),
        "user": user_json(request),
        "comments": len(ticket.comments),
        "created_at": time(ticket.created_at),
        "updated_at": time(ticket.updated_at),
        "closed_at": time(ticket.closed_at) if ticket.closed_at else None,
        "closed_by": {"login": ticket.closed_by} if ticket.closed_at else None,
    }


def _complaint(body: dict[str, Any], *, new: bool) -> JSONResponse | None:
    """What GitHub would not accept about the fields of an issue."""
    title, text, labels = body.get("title"), body.get("body"), body.get("labels", [])
    if (new or "title" in body) and (not isinstance(title, str) or not title.strip()):
        return error(422, "Validation Failed", ("title", "missing_field"))
    if isinstance(title, str) and len(title) > 256:
        return error(
            422,
            "Validation Failed: title is too long (maximum is 256 characters)",
            ("title", "custom"),
        )
    if text is not None and (not isinstance(text, str) or len(text) > 65_536):
        return error(
            422,
            "Validation Failed: body is too long (maximum is 65536 characters)",
            ("body", "custom"),
        )
    if not isinstance(labels, list) or any(
        not isinstance(name, str) or not 0 < len(name) <= 50 for name in labels
    ):
        return error(422, "Validation Failed", ("labels", "invalid"))
    if body.get("state", "open") not in ("open", "closed"):
        return error(422, "Validation Failed", ("state", "invalid"))
    if body.get("state_reason") not in (None, *STATE_REASONS):
        return error(422, "Validation Failed", ("state_reason", "invalid"))
    return None


def _ticket_or_error(request: Request, owner: str, name: str, number: int) -> Ticket | JSONResponse:
    ticket = _state(request).github(f"{owner}/{name}", number)
    if ticket is None:
        return error(404, "Not Found")
    if moved := _state(request).by_id(ticket.moved_to):
        location = f"/repos/{moved.container}/issues/{moved.number}"
        return JSONResponse({"message": "Moved Permanently"}, 301, {"location": location})
    return error(410, "This issue was deleted") if ticket.deleted else ticket


@router.get("/user")
def user(request: Request) -> Reply:
    if _state(request).app_of(request.headers.get("authorization", "")):
        return error(403, "Resource not accessible by integration")
    return user_json(request)


@router.get("/rate_limit")
def rate_limit() -> Reply:
    return {
        "resources": {"core": {"limit": 5000, "remaining": 4999, "reset": 2_000_000_000, "used": 1}}
    }


@router.get("/repos/{owner}/{name}")
def repository(request: Request, owner: str, name: str) -> Reply:
    full_name = f"{owner}/{name}"
    if not _state(request).has_container(full_name):
        return error(404, "Not Found")
    rights = {"admin": False, "maintain": False, "push": True, "triage": True, "pull": True}
    return {
        "id": 1,
        "full_name": full_name,
        "private": False,
        "visibility": "public",
        "has_issues": True,
        "archived": False,
        "permissions": rights,
    }


@router.get("/repos/{owner}/{name}/issues")
def issues(
    request: Request,
    owner: str,
    name: str,
    state: str = "open",
    labels: str = "",
    creator: str = "",
    since: str = "",
    sort: str = "created",
    direction: str = "desc",
    per_page: int = 30,
    page: int = 1,
) -> Reply:
    container = f"{owner}/{name}"
    required = {label for label in labels.split(",") if label}
    if not _state(request).has_container(container):
        return error(404, "Not Found")
    matches = [
        ticket
        for ticket in reversed(list(_state(request).live("github")))
        if ticket.container == container
        and state in ("all", ticket.status)
        and required <= set(ticket.labels)
        and creator in ("", user_json(request)["login"])
    ]
    if since:
        matches = [ticket for ticket in matches if time(ticket.updated_at) >= since]
    if sort == "updated":
        matches.sort(key=lambda ticket: (ticket.updated_at, ticket.id))
        if direction == "desc":
            matches.reverse()
    size = min(per_page, 100)
    start = (page - 1) * size
    listed = [_issue(request, ticket) for ticket in matches[start : start + size]]
    etag = f'"{crc32(json.dumps(listed).encode()):08x}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    return JSONResponse(listed, headers={"etag": etag})


@router.post("/repos/{owner}/{name}/issues")
async def create(request: Request, owner: str, name: str) -> Reply:
    state, container, body = _state(request), f"{owner}/{name}", await json_object(request)
    if not state.has_container(container):
        return error(404, "Not Found")
    if body is None:
        return error(400, "Problems parsing JSON")
    if complaint := _complaint(body, new=True):
        return complaint
    labels = list(dict.fromkeys(body.get("labels", [])))
    ticket = state.create(
        "github",
        container,
        title=body["title"],
        status="open",
        body=body.get("body"),
        labels=labels,
        fields={name: body[name] for name in ("milestone", "type") if body.get(name)},
    )
    return JSONResponse(_issue(request, ticket), 201)


@router.get("/repos/{owner}/{name}/milestones")
def milestones(request: Request, owner: str, name: str) -> Reply:
    if not _state(request).has_container(f"{owner}/{name}"):
        return error(404, "Not Found")
    titles = _state(request).settings.milestones
    return [{"number": number, "title": title} for number, title in titles.items()]


@router.get("/orgs/{owner}/issue-types")
def issue_types(request: Request, owner: str) -> Reply:
    names = _state(request).settings.issue_types
    return [{"name": type_name} for type_name in names] if names else error(404, "Not Found")


@router.get("/repos/{owner}/{name}/issues/{number}")
def issue(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket = _ticket_or_error(request, owner, name, number)
    return _issue(request, ticket) if isinstance(ticket, Ticket) else ticket


@router.patch("/repos/{owner}/{name}/issues/{number}")
async def edit(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket, body = _ticket_or_error(request, owner, name, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if body is None:
        return error(400, "Problems parsing JSON")
    if complaint := _complaint(body, new=False):
        return complaint
    state, login = _state(request), user_json(request)["login"]
    state.edit(ticket, "title", body.get("title", ticket.title), author=login)
    state.edit(ticket, "body", body.get("body", ticket.body), author=login)
    ticket.labels = list(dict.fromkeys(body.get("labels", ticket.labels)))
    status = body.get("state", ticket.status)
    if status != ticket.status:
        usual = "completed" if status == "closed" else "reopened"
        reason = body.get("state_reason") or usual
        state.set_status(ticket, status, reason, author=login)
    return _issue(request, ticket)


@router.post("/repos/{owner}/{name}/issues/{number}/labels")
async def add_labels(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket, body = _ticket_or_error(request, owner, name, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if body is None:
        return error(400, "Problems parsing JSON")
    if complaint := _complaint({"labels": body.get("labels")}, new=False):
        return complaint
    ticket.labels = list(dict.fromkeys([*ticket.labels, *body["labels"]]))
    _state(request).touch(ticket)
    return _labels(ticket.labels)


@router.get("/repos/{owner}/{name}/issues/{number}/comments")
def comments(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket = _ticket_or_error(request, owner, name, number)
    return (
        [comment_json(request, c) for c in ticket.comments]
        if isinstance(ticket, Ticket)
        else ticket
    )


@router.post("/repos/{owner}/{name}/issues/{number}/comments")
async def addcomment_json(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket, body = _ticket_or_error(request, owner, name, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if body is None or not isinstance(body.get("body"), str) or not body["body"].strip():
        return error(422, "Validation Failed", ("body", "missing_field"))
    return JSONResponse(comment_json(request, _state(request).comment(ticket, body["body"])), 201)


@router.get("/search/issues")
def search(request: Request, q: str = "", per_page: int = 30) -> Reply:
    """Quoted words anywhere in the body, or with ``in:title`` one of the words joined by OR in the
    title; and ``repo:``. Other qualifiers are ignored."""
    repos = re.findall(r"repo:(\S+)", q)
    words = re.findall(r'"([^"]+)"', q)
    if "in:title" in q:
        return _found_by_title(request, q.partition(" in:title")[0].split(" OR "), repos)
    items = [
        _issue(request, t)
        for t in _state(request).searchable("github")
        if (not repos or t.container in repos) and all(word in str(t.body or "") for word in words)
    ]
    return {"total_count": len(items), "incomplete_results": False, "items": items[:per_page]}


def _found_by_title(request: Request, words: list[str], repos: list[str]) -> Reply:
    if len(words) > SEARCHED_OPERATORS_MOST + 1:
        return error(422, "Validation Failed", ("q", "invalid"))
    items = [
        _issue(request, t)
        for t in _state(request).searchable("github")
        if t.container in repos and any(word.lower() in t.title.lower() for word in words)
    ]
    return {"total_count": len(items), "incomplete_results": False, "items": items}
