"""The two questions that we ask GitHub's GraphQL API: who edited the body of an issue and what it
said then, and which issue a duplicate stands for.

Source: GraphQL reference, ``UserContentEdit``: newest first; ``diff`` is the whole text after the
edit. The first version is listed as soon as there is a second one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Ticket

router = APIRouter(route_class=PlainRoute)
_EDITS_MOST = 100


def _edit(number: str, at: datetime, login: str, text: Any) -> dict[str, Any]:
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": f"UCE_{number}",
        "editedAt": moment,
        "createdAt": moment,
        "deletedAt": None,
        "editor": {"login": login},
        "diff": str(text or ""),
    }


def edits(ticket: Ticket) -> list[dict[str, Any]]:
    """Every version of a body, newest first."""
    changes = [change for change in ticket.history if change.field == "body"]
    if not changes:
        return []
    nodes = [_edit("0", ticket.created_at, SANDBOX_BOT, changes[0].before)]
    nodes += [_edit(str(one.id), one.at, one.author, one.after) for one in changes]
    return list(reversed(nodes))


def _marked(request: Request, ticket: Ticket) -> dict[str, Any]:
    """The event by which an issue became a duplicate."""
    living = _state(request).by_id(ticket.duplicate_of)
    if living is None:
        return {"nodes": []}
    canonical = {
        "databaseId": living.id,
        "number": living.number,
        "url": f"{str(request.base_url).rstrip('/')}/tickets/{living.slug}",
        "repository": {"nameWithOwner": living.container},
    }
    return {"nodes": [{"canonical": canonical}]}


@router.post("/graphql")
@router.post("/api/graphql")
async def graphql(request: Request) -> Reply:
    """Answers the question by its variables; any other one is refused as GraphQL does it."""
    body = await json_object(request) or {}
    query, variables = str(body.get("query") or ""), body.get("variables") or {}
    asks_canonical = "MARKED_AS_DUPLICATE_EVENT" in query
    is_known = asks_canonical or "userContentEdits" in query
    if not is_known or not isinstance(variables, dict):
        problem = {"type": "undefinedField", "message": "The sandbox knows two questions alone."}
        return {"data": None, "errors": [problem]}
    container = f"{variables.get('owner')}/{variables.get('name')}"
    number = variables.get("number")
    ticket = _state(request).github(container, number if isinstance(number, int) else 0)
    if ticket is None or ticket.deleted:
        problem = {"type": "NOT_FOUND", "message": "Could not resolve to an issue."}
        return JSONResponse({"data": {"repository": None}, "errors": [problem]})
    if asks_canonical:
        return {"data": {"repository": {"issue": {"timelineItems": _marked(request, ticket)}}}}
    most = min(int(variables.get("most") or _EDITS_MOST), _EDITS_MOST)
    page = {"nodes": edits(ticket)[:most]}
    return {"data": {"repository": {"issue": {"userContentEdits": page}}}}
