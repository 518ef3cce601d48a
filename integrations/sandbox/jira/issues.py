"""The used part of the Jira REST API about single issues: Cloud v3 (ADF) and Data Center v2 (wiki
markup)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.jira.links import history_json
from integrations.sandbox.jira.shape import (
    complaint,
    error,
    issue_json,
    not_found,
    refused_fields,
    status_json,
)
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import JIRA_STATUSES, Ticket

router = APIRouter(route_class=PlainRoute, prefix="/rest/api/{version}")


_TICKET_FIELDS = ("project", "issuetype", "summary", "description", "labels")
"""Fields that a ticket of the sandbox has by itself; the others are kept as they came."""


def _ticket_or_error(request: Request, issue: str) -> Ticket | JSONResponse:
    return _state(request).jira(issue) or not_found()


@router.post("/issue")
async def create(request: Request, version: str) -> Reply:
    state, body = _state(request), await json_object(request)
    fields = body.get("fields") if body else None
    if not isinstance(fields, dict):
        return error(400, "The fields of the issue are missing.")
    if wrong := complaint(state, fields, version, new=True):
        return error(400, **wrong)
    ticket = state.create(
        "jira",
        state.project(fields["project"]["key"]),
        title=fields["summary"],
        status="To Do",
        body=fields.get("description"),
        kind=fields["issuetype"]["name"],
        labels=list(dict.fromkeys(fields.get("labels", []))),
        fields={name: value for name, value in fields.items() if name not in _TICKET_FIELDS},
    )
    base = str(request.base_url).rstrip("/")
    return JSONResponse(
        {
            "id": str(ticket.id),
            "key": ticket.key,
            "self": f"{base}/rest/api/{version}/issue/{ticket.id}",
        },
        201,
    )


@router.get("/issue/{issue}")
def read(
    request: Request, version: str, issue: str, fields: str = "*all", expand: str = ""
) -> Reply:
    ticket = _ticket_or_error(request, issue)
    if not isinstance(ticket, Ticket):
        return ticket
    answer = issue_json(request, ticket, version, fields.split(","))
    if "changelog" in expand.split(","):
        lines = [history_json(change) for change in ticket.history]
        answer["changelog"] = {"startAt": 0, "total": len(lines), "histories": lines}
    return answer


@router.put("/issue/{issue}")
async def edit(request: Request, version: str, issue: str) -> Reply:
    ticket, body = _ticket_or_error(request, issue), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if body is None:
        return error(400, "The body is not a JSON object.")
    settings = _state(request).settings
    is_silent = request.query_params.get("notifyUsers") == "false"
    if version != "3" and is_silent and not settings.silent_edits:
        return error(
            403,
            "To discard the user notification either admin or project admin permissions are "
            "required.",
        )
    fields: dict[str, Any] = body.get("fields") or {}
    if off_screen := refused_fields(settings, {**fields, **(body.get("update") or {})}):
        return error(400, **off_screen)
    if wrong := complaint(_state(request), fields, version, new=False):
        return error(400, **wrong)
    state = _state(request)
    state.edit(ticket, "title", fields.get("summary", ticket.title), author=SANDBOX_BOT)
    state.edit(ticket, "body", fields.get("description", ticket.body), author=SANDBOX_BOT)
    operations = (body.get("update") or {}).get("labels") or []
    ticket.labels = _relabelled(fields.get("labels", ticket.labels), operations)
    return Response(status_code=204)


def _relabelled(labels: list[str], operations: list[dict[str, Any]]) -> list[str]:
    """The labels after ``set``, ``add`` and ``remove`` operations in their order."""
    labels = list(labels)
    for operation in operations:
        if "set" in operation:
            labels = list(operation["set"])
        if "add" in operation:
            labels.append(operation["add"])
        labels = [label for label in labels if label != operation.get("remove")]
    return list(dict.fromkeys(labels))


@router.delete("/issue/{issue}")
def delete(request: Request, version: str, issue: str) -> Reply:
    ticket = _ticket_or_error(request, issue)
    if not isinstance(ticket, Ticket):
        return ticket
    _state(request).delete(ticket, author=SANDBOX_BOT)
    return Response(status_code=204)


@router.get("/issue/{issue}/transitions")
def transitions(request: Request, version: str, issue: str) -> Reply:
    ticket = _ticket_or_error(request, issue)
    if not isinstance(ticket, Ticket):
        return ticket
    return {
        "transitions": [
            {"id": row[0], "name": name, "to": status_json(name), "fields": {}}
            for name, row in JIRA_STATUSES.items()
        ],
        "expand": "transitions",
    }


@router.post("/issue/{issue}/transitions")
async def transition(request: Request, version: str, issue: str) -> Reply:
    ticket, body = _ticket_or_error(request, issue), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    number = str(((body or {}).get("transition") or {}).get("id"))
    name = next((name for name, row in JIRA_STATUSES.items() if row[0] == number), None)
    if name is None:
        return error(400, "It seems that you have tried to perform an illegal workflow operation.")
    _state(request).set_status(ticket, name, JIRA_STATUSES[name][3], author=SANDBOX_BOT)
    return Response(status_code=204)


@router.get("/issue/{issue}/remotelink")
def remote_links(request: Request, version: str, issue: str) -> Reply:
    ticket = _ticket_or_error(request, issue)
    return ticket.remote_links if isinstance(ticket, Ticket) else ticket


@router.post("/issue/{issue}/remotelink")
async def link(request: Request, version: str, issue: str) -> Reply:
    """Upserts on ``globalId``, as Jira does: what is left out is gone afterwards."""
    ticket, body = _ticket_or_error(request, issue), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if body is None or not (body.get("object") or {}).get("url"):
        return error(400, object="The URL of the link is missing.")
    global_id = body.get("globalId", "")
    matches = [item for item in ticket.remote_links if global_id and item["globalId"] == global_id]
    old = matches[0] if matches else None
    number = old["id"] if old else _state(request).new_id()
    ticket.remote_links = [item for item in ticket.remote_links if item is not old]
    ticket.remote_links.append({"id": number, "globalId": global_id, "object": body["object"]})
    _state(request).touch(ticket)
    return JSONResponse({"id": number, "self": ""}, 200 if old else 201)
