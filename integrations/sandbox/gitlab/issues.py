"""The used part of the GitLab REST API: issues of projects, and what a check asks.

It refuses parameters that GitLab does not declare, which GitLab itself passes over: a wrong name
shows here.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from integrations.sandbox.gitlab.shape import (
    GITLAB_API,
    GITLAB_FOLDER,
    gitlab_error,
    gitlab_issue,
    gitlab_time,
    gitlab_user,
    project_number,
)
from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Ticket

router = APIRouter(route_class=PlainRoute)
GITLAB_TITLE_MOST = 255
GITLAB_DESCRIPTION_MOST = 1_048_576
_NOT_FOUND = "404 Project Not Found"
_NEW_ISSUE = frozenset({"title", "description", "labels", "confidential", "issue_type"})
_CHANGED_ISSUE = frozenset({"title", "description", "add_labels", "remove_labels", "state_event"})


def _complaint(body: dict[str, Any], allowed: frozenset[str]) -> JSONResponse | None:
    """What GitLab would not accept about the fields of an issue."""
    if unknown := set(body) - allowed:
        return gitlab_error(400, f"{sorted(unknown)[0]} is no parameter")
    wrong = [
        name for name, value in body.items() if name != "confidential" and type(value) is not str
    ]
    if wrong:
        return JSONResponse({"error": f"{wrong[0]} is invalid"}, 400)
    if len(body.get("title", "")) > GITLAB_TITLE_MOST:
        return gitlab_error(400, {"title": ["is too long (maximum is 255 characters)"]})
    if len(body.get("description", "")) > GITLAB_DESCRIPTION_MOST:
        return gitlab_error(400, {"description": ["is too long"]})
    if body.get("state_event", "close") not in ("close", "reopen"):
        return JSONResponse({"error": "state_event does not have a valid value"}, 400)
    return None


def container_of(request: Request, project: str) -> str | None:
    """The path of a project that is named by it or by its id; None where there is none."""
    state = _state(request)
    if project.isdecimal():
        containers = {ticket.container for ticket in state.live("gitlab")} | set(
            state.settings.containers
        )
        numbered = [one for one in containers if project_number(one) == int(project)]
        return numbered[0] if numbered else None
    return project if state.has_container(project) else None


def ticket_or_error(request: Request, project: str, number: int) -> Ticket | JSONResponse:
    """An issue, or GitLab's answer where there is none."""
    container = container_of(request, project)
    if container is None:
        return gitlab_error(404, _NOT_FOUND)
    ticket = _state(request).numbered("gitlab", container, number)
    return gitlab_error(404, "404 Not found") if ticket is None or ticket.deleted else ticket


def _split(labels: str) -> list[str]:
    return [label.strip() for label in labels.split(",") if label.strip()]


@router.get(f"{GITLAB_API}/user")
def user() -> Reply:
    return gitlab_user(SANDBOX_BOT)


@router.get(f"{GITLAB_API}/personal_access_tokens/self")
def token() -> Reply:
    return {"id": 1, "name": "relay", "scopes": ["api"], "expires_at": None, "active": True}


@router.get(GITLAB_FOLDER + "/{project:path}/-/issues/{number}")
def issue_page(project: str, number: int) -> Reply:
    """GitLab's address of an issue."""
    return RedirectResponse(f"/tickets/gitlab/{project}/{number}", 307)


@router.get(GITLAB_API + "/projects/{project:path}/issues")
def issues(request: Request, project: str) -> Reply:
    """The issues of a project; a search finds those that have all of its words."""
    container, query = container_of(request, project), request.query_params
    if container is None:
        return gitlab_error(404, _NOT_FOUND)
    state = _state(request)
    matches = [ticket for ticket in state.live("gitlab") if ticket.container == container]
    if words := query.get("search", "").lower().split():
        field = "body" if query.get("in") == "description" else "title"
        matches = [
            ticket
            for ticket in matches
            if all(word in str(getattr(ticket, field) or "").lower() for word in words)
        ]
    for name, at in (("updated_after", "updated_at"), ("created_after", "created_at")):
        if since := query.get(name):
            matches = [one for one in matches if gitlab_time(getattr(one, at)) >= since]
    order = query.get("order_by", "created_at")
    matches.sort(key=lambda ticket: (getattr(ticket, order), ticket.id))
    if query.get("sort", "desc") == "desc":
        matches.reverse()
    size = min(int(query.get("per_page", 20)), 100)
    start = (int(query.get("page", 1)) - 1) * size
    return [gitlab_issue(request, ticket) for ticket in matches[start : start + size]]


@router.post(GITLAB_API + "/projects/{project:path}/issues")
async def create(request: Request, project: str) -> Reply:
    container, body = container_of(request, project), await json_object(request)
    if container is None:
        return gitlab_error(404, _NOT_FOUND)
    if not body or not body.get("title"):
        return JSONResponse({"error": "title is missing"}, 400)
    if complaint := _complaint(body, _NEW_ISSUE):
        return complaint
    ticket = _state(request).create(
        "gitlab",
        container,
        title=body["title"],
        status="opened",
        body=body.get("description"),
        labels=_split(body.get("labels", "")),
        fields={"confidential": body.get("confidential", False)},
    )
    return JSONResponse(gitlab_issue(request, ticket), 201)


@router.get(GITLAB_API + "/projects/{project:path}/issues/{number}")
def issue(request: Request, project: str, number: int) -> Reply:
    ticket = ticket_or_error(request, project, number)
    return gitlab_issue(request, ticket) if isinstance(ticket, Ticket) else ticket


@router.put(GITLAB_API + "/projects/{project:path}/issues/{number}")
async def edit(request: Request, project: str, number: int) -> Reply:
    ticket, body = ticket_or_error(request, project, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if not body:
        return JSONResponse({"error": "at least one parameter must be provided"}, 400)
    if complaint := _complaint(body, _CHANGED_ISSUE):
        return complaint
    state = _state(request)
    state.edit(ticket, "title", body.get("title", ticket.title), author=SANDBOX_BOT)
    state.edit(ticket, "body", body.get("description", ticket.body), author=SANDBOX_BOT)
    added = _split(body.get("add_labels", ""))
    removed = _split(body.get("remove_labels", ""))
    labels = [label for label in ticket.labels if label not in removed]
    ticket.labels = list(dict.fromkeys([*labels, *added]))
    if event := body.get("state_event"):
        status = "closed" if event == "close" else "opened"
        state.set_status(ticket, status, author=SANDBOX_BOT)
        if status == "opened":
            ticket.duplicate_of = None
    return gitlab_issue(request, ticket)


@router.get(GITLAB_API + "/projects/{project:path}/hooks")
def hooks(request: Request, project: str) -> Reply:
    """The webhooks of a project, without their secrets."""
    if refusal := _refusal(request):
        return refusal
    listed = [one for one in _state(request).saved.hooks if one.vendor == "gitlab"]
    return [{"id": one.id, "url": one.url} for one in listed if one.container == project]


@router.post(GITLAB_API + "/projects/{project:path}/hooks")
@router.put(GITLAB_API + "/projects/{project:path}/hooks/{number}")
async def add_hook(request: Request, project: str) -> Reply:
    """Register a webhook of a project, or change it."""
    if refusal := _refusal(request):
        return refusal
    body = await json_object(request) or {}
    hook = _state(request).add_hook("gitlab", project, str(body["url"]), str(body["token"]))
    return JSONResponse({"id": hook.id, "url": hook.url}, 201)


def _refusal(request: Request) -> Response | None:
    if _state(request).settings.may_register_hooks:
        return None
    return gitlab_error(403, "403 Forbidden")


@router.get(GITLAB_API + "/projects/{project:path}")
def project_itself(request: Request, project: str) -> Reply:
    container = container_of(request, project)
    if container is None:
        return gitlab_error(404, _NOT_FOUND)
    return {
        "id": project_number(container),
        "path_with_namespace": container,
        "visibility": "public",
        "issues_access_level": "enabled",
        "archived": False,
        "permissions": {"project_access": {"access_level": 40}, "group_access": None},
    }
