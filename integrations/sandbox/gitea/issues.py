"""The used part of Gitea's REST API, version 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.gitea.shape import (
    GITEA_API,
    gitea_comment,
    gitea_issue,
    gitea_label,
    gitea_time,
    gitea_user,
)
from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Ticket

router = APIRouter(route_class=PlainRoute, prefix=GITEA_API)
GITEA_PAGE_MOST = 50
_GITEA_REPOSITORY = "/repos/{owner}/{name}"
_GITEA_ISSUE = _GITEA_REPOSITORY + "/issues/{number}"
_LABEL_SHAPE = {"name": str, "color": str}
_ISSUE_SHAPE = {"title": str, "body": str, "labels": list, "state": str}


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message, "url": "https://gitea.example/api/swagger"}, status)


def _wrong(body: dict[str, Any] | None, shape: Mapping[str, type]) -> JSONResponse | None:
    """What Gitea would not accept; parameters that it does not know are refused here as well."""
    if body is None:
        return _refused(400, "invalid JSON")
    for name, value in body.items():
        if name not in shape or not isinstance(value, shape[name]):
            return _refused(422, f"[{name}]: is not valid")
    return None


def _ticket(request: Request, owner: str, name: str, number: int) -> Ticket | JSONResponse:
    state = _state(request)
    ticket = state.numbered("gitea", f"{owner}/{name}", number)
    if ticket is None or ticket.deleted or not state.has_container(ticket.container):
        return _refused(404, "issue does not exist")
    return ticket


def _page(request: Request, items: list[Any]) -> list[Any]:
    size = min(int(request.query_params.get("limit", 30)), GITEA_PAGE_MOST)
    start = (int(request.query_params.get("page", 1)) - 1) * size
    return items[start : start + size]


@router.get("/user")
def user() -> Reply:
    return gitea_user(SANDBOX_BOT)


@router.get(_GITEA_REPOSITORY)
def repository(request: Request, owner: str, name: str) -> Reply:
    full_name = f"{owner}/{name}"
    if not _state(request).has_container(full_name):
        return _refused(404, "The target couldn't be found.")
    return {
        "id": 1,
        "full_name": full_name,
        "private": False,
        "internal": False,
        "has_issues": True,
        "archived": False,
        "permissions": {"admin": True, "push": True, "pull": True},
    }


@router.get(_GITEA_REPOSITORY + "/labels")
def labels(request: Request, owner: str, name: str) -> Reply:
    del owner, name
    return _page(request, [gitea_label(label) for label in _state(request).saved.labels])


@router.post(_GITEA_REPOSITORY + "/labels")
async def add_label(request: Request, owner: str, name: str) -> Reply:
    del owner, name
    body = await json_object(request)
    if refusal := _wrong(body, _LABEL_SHAPE):
        return refusal
    assert body is not None
    _state(request).saved.labels.append(body["name"])
    return JSONResponse(gitea_label(body["name"]), 201)


@router.get(_GITEA_REPOSITORY + "/issues")
def issues(request: Request, owner: str, name: str) -> Reply:
    """The issues of a repository, the newest first."""
    state, query, container = _state(request), request.query_params, f"{owner}/{name}"
    if not state.has_container(container):
        return _refused(404, "The target couldn't be found.")
    matches = [
        ticket
        for ticket in reversed(list(state.live("gitea")))
        if ticket.container == container
        and gitea_time(ticket.updated_at) >= query.get("since", "")
        and query.get("q", "").lower() in f"{ticket.title} {ticket.body}".lower()
        and query.get("created_by") in (None, SANDBOX_BOT)
    ]
    return _page(request, [gitea_issue(state, ticket) for ticket in matches])


@router.post(_GITEA_REPOSITORY + "/issues")
async def create(request: Request, owner: str, name: str) -> Reply:
    state, container, body = _state(request), f"{owner}/{name}", await json_object(request)
    if not state.has_container(container):
        return _refused(404, "The target couldn't be found.")
    if refusal := _wrong(body, _ISSUE_SHAPE):
        return refusal
    assert body is not None
    ticket = state.create(
        "gitea",
        container,
        title=body["title"],
        status="open",
        body=body.get("body"),
        labels=_named(request, body.get("labels", [])),
    )
    return JSONResponse(gitea_issue(state, ticket), 201)


def _named(request: Request, ids: list[int]) -> list[str]:
    names = {gitea_label(name)["id"]: name for name in _state(request).saved.labels}
    return [names[number] for number in ids]


@router.get(_GITEA_ISSUE)
def issue(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket = _ticket(request, owner, name, number)
    return gitea_issue(_state(request), ticket) if isinstance(ticket, Ticket) else ticket


@router.patch(_GITEA_ISSUE)
async def edit(request: Request, owner: str, name: str, number: int) -> Reply:
    state, ticket = _state(request), _ticket(request, owner, name, number)
    body = await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if refusal := _wrong(body, _ISSUE_SHAPE):
        return refusal
    assert body is not None
    state.edit(ticket, "title", body.get("title", ticket.title), author=SANDBOX_BOT)
    state.set_status(ticket, body.get("state", ticket.status), author=SANDBOX_BOT)
    return JSONResponse(gitea_issue(state, ticket), 201)


@router.post(_GITEA_ISSUE + "/labels")
async def label_issue(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket, body = _ticket(request, owner, name, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    names = _named(request, (body or {})["labels"])
    ticket.labels = list(dict.fromkeys([*ticket.labels, *names]))
    _state(request).touch(ticket)
    return [gitea_label(label) for label in ticket.labels]


@router.get(_GITEA_ISSUE + "/comments")
def comments(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket = _ticket(request, owner, name, number)
    if not isinstance(ticket, Ticket):
        return ticket
    return [gitea_comment(comment) for comment in ticket.comments]


@router.post(_GITEA_ISSUE + "/comments")
async def add_comment(request: Request, owner: str, name: str, number: int) -> Reply:
    ticket, body = _ticket(request, owner, name, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if refusal := _wrong(body, {"body": str}):
        return refusal
    assert body is not None
    return JSONResponse(gitea_comment(_state(request).comment(ticket, body["body"])), 201)


@router.get(_GITEA_REPOSITORY + "/issues/comments/{number}")
@router.patch(_GITEA_REPOSITORY + "/issues/comments/{number}")
async def comment(request: Request, owner: str, name: str, number: int) -> Reply:
    """One comment, read or changed."""
    for ticket in _state(request).live("gitea"):
        for standing in ticket.comments:
            if standing.id == number and ticket.container == f"{owner}/{name}":
                if request.method == "PATCH":
                    standing.body = (await json_object(request) or {})["body"]
                    _state(request).touch(ticket)
                return gitea_comment(standing)
    return _refused(404, "comment does not exist")


@router.get(_GITEA_REPOSITORY + "/hooks")
def hooks(request: Request, owner: str, name: str) -> Reply:
    if refusal := _unhooked(request):
        return refusal
    listed = [one for one in _state(request).saved.hooks if one.container == f"{owner}/{name}"]
    return [{"id": one.id, "config": {"url": one.url}} for one in listed if one.vendor == "gitea"]


@router.post(_GITEA_REPOSITORY + "/hooks")
@router.patch(_GITEA_REPOSITORY + "/hooks/{number}")
async def add_hook(request: Request, owner: str, name: str) -> Reply:
    """Register a webhook, or change it."""
    if refusal := _unhooked(request):
        return refusal
    config = (await json_object(request) or {})["config"]
    hook = _state(request).add_hook("gitea", f"{owner}/{name}", config["url"], config["secret"])
    return JSONResponse({"id": hook.id, "config": {"url": hook.url}}, 201)


def _unhooked(request: Request) -> JSONResponse | None:
    if _state(request).settings.may_register_hooks:
        return None
    return _refused(403, "user should be an owner or a collaborator with admin rights")
