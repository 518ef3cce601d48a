"""The used part of the GitLab REST API about comments, which may be quick actions; and the two
questions that we ask its GraphQL API.

Source: "Quick actions", ``/duplicate``; GraphQL reference, ``SystemNoteMetadata``.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.gitlab.issues import ticket_or_error
from integrations.sandbox.gitlab.shape import (
    GITLAB_API,
    GITLAB_FOLDER,
    gitlab_error,
    gitlab_note,
    gitlab_page,
    gitlab_time,
)
from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import SandboxState, Ticket

router = APIRouter(route_class=PlainRoute)
_NOTES = GITLAB_API + "/projects/{project:path}/issues/{number}/notes"
_DUPLICATE_ACTION = re.compile(r"^/duplicate\s+(\S*)#(\d+)\s*$")


@router.get(_NOTES)
def notes(request: Request, project: str, number: int, activity_filter: str = "") -> Reply:
    """The comments of an issue, or what happened to it."""
    ticket = ticket_or_error(request, project, number)
    if not isinstance(ticket, Ticket):
        return ticket
    if activity_filter == "only_activity":
        activities = [f"changed the {one.field}" for one in ticket.history]
        if epic := ticket.fields.get("promoted_to"):
            activities.append(f"promoted to epic {epic}")
        return [
            {"id": place, "body": words, "system": True} for place, words in enumerate(activities)
        ]
    return [gitlab_note(comment) for comment in ticket.comments]


@router.post(_NOTES)
async def add_note(request: Request, project: str, number: int) -> Reply:
    ticket, body = ticket_or_error(request, project, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    if body is None or not str(body.get("body") or "").strip():
        return JSONResponse({"error": "body is missing"}, 400)
    if action := _DUPLICATE_ACTION.match(body["body"]):
        return _mark_duplicate(
            _state(request), ticket, action[1] or ticket.container, int(action[2])
        )
    return JSONResponse(gitlab_note(_state(request).comment(ticket, body["body"])), 201)


def _mark_duplicate(state: SandboxState, ticket: Ticket, container: str, number: int) -> Reply:
    living = state.numbered("gitlab", container, number)
    if living is None:
        return gitlab_error(400, "400 Bad request - Failed to apply commands.")
    ticket.duplicate_of = living.id
    state.set_status(ticket, "closed", author=SANDBOX_BOT)
    return JSONResponse({"commands_changes": {}, "summary": ["Closed this issue."]}, 202)


@router.get(_NOTES + "/{note_id}")
def note(request: Request, project: str, number: int, note_id: int) -> Reply:
    ticket = ticket_or_error(request, project, number)
    if not isinstance(ticket, Ticket):
        return ticket
    matches = [comment for comment in ticket.comments if comment.id == note_id]
    return gitlab_note(matches[0]) if matches else gitlab_error(404, "404 Note Not Found")


@router.put(_NOTES + "/{note_id}")
async def edit_note(request: Request, project: str, number: int, note_id: int) -> Reply:
    ticket, body = ticket_or_error(request, project, number), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    matches = [comment for comment in ticket.comments if comment.id == note_id]
    if not matches:
        return gitlab_error(404, "404 Note Not Found")
    matches[0].body = str((body or {}).get("body"))
    _state(request).touch(ticket)
    return gitlab_note(matches[0])


@router.post(f"{GITLAB_FOLDER}/api/graphql")
async def graphql(request: Request) -> Reply:
    """Where an issue is, or what its description said; any other question is refused as GraphQL
    does it."""
    body = await json_object(request) or {}
    query, variables = str(body.get("query") or ""), body.get("variables") or {}
    number = str(variables.get("id") or "").rpartition("/")[2]
    ticket = _state(request).by_id(int(number) if number.isdecimal() else None)
    if ticket is None or ticket.deleted:
        return {"data": {"issue": None}}
    if "descriptionVersion" in query:
        return {"data": {"issue": {"notes": _versions(ticket, int(variables["most"]))}}}
    if "reference(full: true)" not in query:
        return {"errors": [{"message": "The sandbox knows two questions alone."}]}
    page = gitlab_page(_state(request), ticket)
    reference = f"{ticket.container}#{ticket.number}"
    issue = {"iid": str(ticket.number), "webUrl": page, "reference": reference}
    return {"data": {"issue": issue}}


def _versions(ticket: Ticket, most: int) -> dict[str, Any]:
    """The notes about a description, oldest first. Other notes have no version."""
    nodes = [
        {
            "createdAt": gitlab_time(change.at),
            "author": {"username": change.author},
            "systemNoteMetadata": {
                "descriptionVersion": (
                    {"description": change.after} if change.field == "body" else None
                )
            },
        }
        for change in ticket.history
    ]
    return {"pageInfo": {"hasPreviousPage": len(nodes) > most}, "nodes": nodes[-most:]}
