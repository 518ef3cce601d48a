"""The sandbox's own API: look at what it holds, make it fail, move tickets."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from integrations.sandbox.faults import Fault
from integrations.sandbox.routing import PlainRoute, Reply
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Settings, Ticket, Vendor
from integrations.sandbox.vendors import Move

router = APIRouter(prefix="/_sandbox", route_class=PlainRoute)


class Moved(BaseModel):
    """What to do with a ticket."""

    action: Move


class Transferred(BaseModel):
    """Where a ticket goes: a repository or a project's key."""

    to: str


class MarkedDuplicate(BaseModel):
    """The ticket that lives on."""

    of: str


class NewHook(BaseModel):
    """A webhook; ``container`` is a repository, blank for all of Jira."""

    vendor: Vendor
    container: str = ""
    url: str
    secret: str


class Edited(BaseModel):
    """The whole text of a ticket: text, or an ADF document."""

    body: Any


def _shown(ticket: Ticket) -> dict[str, Any]:
    return {**ticket.model_dump(mode="json"), "key": ticket.key, "slug": ticket.slug}


@router.get("/state")
def read_state(request: Request) -> Reply:
    """Settings, tickets (deleted ones too) and the faults in force."""
    state = _state(request)
    return {
        "settings": state.settings.model_dump(mode="json"),
        "tickets": [_shown(ticket) for ticket in state.saved.tickets],
        "failures": [fault.model_dump(mode="json") for fault in state.faults.rules],
    }


@router.delete("/state")
def forget(request: Request) -> Reply:
    """Forget tickets, requests and faults."""
    _state(request).reset()
    return Response(status_code=204)


@router.put("/settings")
def configure(request: Request, settings: Settings) -> Reply:
    """Replace the settings."""
    _state(request).configure(settings)
    return settings.model_dump(mode="json")


@router.get("/requests")
def read_requests(request: Request) -> Reply:
    """The API requests so far, oldest first; credentials are left out."""
    return list(_state(request).requests)


@router.delete("/requests")
def forget_requests(request: Request) -> Reply:
    """Forget the requests."""
    _state(request).requests.clear()
    return Response(status_code=204)


@router.get("/failures")
def read_failures(request: Request) -> Reply:
    """The faults in force."""
    return [fault.model_dump(mode="json") for fault in _state(request).faults.rules]


@router.post("/failures")
def fail(request: Request, fault: Fault) -> Reply:
    """Put a fault in force."""
    _state(request).faults.add(fault)
    return JSONResponse(fault.model_dump(mode="json"), 201)


@router.delete("/failures")
def behave(request: Request) -> Reply:
    """Take every fault back."""
    _state(request).faults.clear()
    return Response(status_code=204)


@router.post("/tickets/{slug:path}/status")
def move_ticket(request: Request, slug: str, moved: Moved) -> Reply:
    """Close, decline, start or reopen a ticket."""
    ticket = _state(request).by_slug(slug)
    if ticket is None:
        return JSONResponse({"message": f"There is no ticket {slug} in the sandbox."}, 404)
    _state(request).move(ticket, moved.action)
    return _shown(ticket)


@router.post("/tickets/{slug:path}/transfer")
def transfer_ticket(request: Request, slug: str, transferred: Transferred) -> Reply:
    """Move a ticket to another repository or project."""
    ticket = _state(request).by_slug(slug)
    if ticket is None:
        return JSONResponse({"message": f"There is no ticket {slug} in the sandbox."}, 404)
    return _shown(_state(request).transfer(ticket, transferred.to))


@router.post("/tickets/{slug:path}/duplicate")
def mark_duplicate(request: Request, slug: str, marked: MarkedDuplicate) -> Reply:
    """Close a ticket as the duplicate of another one."""
    state = _state(request)
    ticket, living = state.by_slug(slug), state.by_slug(marked.of)
    if ticket is None or living is None:
        return JSONResponse({"message": f"There is no ticket {slug} in the sandbox."}, 404)
    ticket.duplicate_of = living.id
    if ticket.vendor == "jira":
        state.link("Duplicate", ticket.id, living.id)
    state.set_status(ticket, ticket.of.duplicate.status, ticket.of.duplicate.reason)
    return _shown(ticket)


@router.post("/hooks")
def add_hook(request: Request, hook: NewHook) -> Reply:
    """Register a webhook as an administrator of the tracker would by hand."""
    new_hook = _state(request).add_hook(hook.vendor, hook.container, hook.url, hook.secret)
    return JSONResponse({"id": new_hook.id}, 201)


@router.put("/tickets/{slug:path}/body")
def edit_ticket(request: Request, slug: str, edited: Edited) -> Reply:
    """Write another text, as a person in the tracker would."""
    ticket = _state(request).by_slug(slug)
    if ticket is None:
        return JSONResponse({"message": f"There is no ticket {slug} in the sandbox."}, 404)
    _state(request).edit(ticket, "body", edited.body)
    return _shown(ticket)


@router.delete("/tickets/{slug:path}")
def delete_ticket(request: Request, slug: str) -> Reply:
    """Delete a ticket as a person in the tracker would."""
    state = _state(request)
    ticket = state.by_slug(slug)
    if ticket is None:
        return JSONResponse({"message": f"There is no ticket {slug} in the sandbox."}, 404)
    state.delete(ticket)
    return Response(status_code=204)
