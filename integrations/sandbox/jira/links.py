"""The used part of the Jira REST API about what connects issues, and what happened to them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from integrations.sandbox.history import PERSON, Change
from integrations.sandbox.jira.markup import markup
from integrations.sandbox.jira.shape import JIRA_ACCOUNT, error, not_found, time
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state

router = APIRouter(route_class=PlainRoute, prefix="/rest/api/{version}")
LINK_TYPES = {
    "Blocks": ("10000", "is blocked by", "blocks"),
    "Duplicate": ("10002", "is duplicated by", "duplicates"),
}
_HISTORY_FIELDS = {"body": "description", "title": "summary", "status": "status"}


def _type_json(name: str) -> dict[str, Any]:
    number, inward, outward = LINK_TYPES[name]
    return {"id": number, "name": name, "inward": inward, "outward": outward}


def _author(login: str) -> dict[str, Any]:
    if login != PERSON:
        return JIRA_ACCOUNT
    return {"accountId": PERSON, "name": PERSON, "displayName": "A person", "active": True}


def history_json(change: Change) -> dict[str, Any]:
    """One line of a changelog: texts are wiki markup, whatever the version of the API."""
    field = _HISTORY_FIELDS[change.field]
    return {
        "id": str(change.id),
        "author": _author(change.author),
        "created": time(change.at),
        "items": [
            {
                "field": field,
                "fieldId": field,
                "fieldtype": "jira",
                "from": None,
                "fromString": markup(change.before),
                "to": None,
                "toString": markup(change.after),
            }
        ],
    }


@router.get("/issueLinkType")
def link_types(request: Request, version: str) -> Reply:
    names = _state(request).settings.link_types
    return {"issueLinkTypes": [_type_json(name) for name in LINK_TYPES if name in names]}


@router.post("/issueLink")
async def link_issues(request: Request, version: str) -> Reply:
    """The same link is not made twice, as in Jira."""
    state, body = _state(request), await json_object(request) or {}
    name = str((body.get("type") or {}).get("name") or "")
    if name not in state.settings.link_types:
        return error(404, f"No issue link type with name '{name}' found.")
    ends = []
    for side in ("inwardIssue", "outwardIssue"):
        names = body.get(side) or {}
        ticket = state.jira(str(names.get("id") or names.get("key") or ""))
        if ticket is None:
            return not_found()
        ends.append(ticket.id)
    state.link(name, *ends)
    return Response(status_code=201)


@router.delete("/issueLink/{number}")
def unlink(request: Request, version: str, number: str) -> Reply:
    if not _state(request).unlink(number):
        return error(404, "No issue link with this id exists.")
    return Response(status_code=204)


@router.get("/issue/{issue}/changelog")
def changelog(
    request: Request,
    version: str,
    issue: str,
    startAt: int = 0,  # noqa: N803 - Jira's name
    maxResults: int = 100,  # noqa: N803 - Jira's name
) -> Reply:
    """Oldest first. Jira Data Center tells the same with ``expand=changelog``."""
    ticket = _state(request).jira(issue)
    if ticket is None or version != "3":
        return not_found()
    lines = [history_json(change) for change in ticket.history]
    page = lines[startAt : startAt + min(maxResults, 100)]
    last = startAt + len(page) >= len(lines)
    return {
        "startAt": startAt,
        "maxResults": 100,
        "total": len(lines),
        "isLast": last,
        "values": page,
    }
