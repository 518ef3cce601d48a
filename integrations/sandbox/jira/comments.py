"""The used part of the Jira REST API about comments of issues."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.jira.shape import comment_json, error, not_found
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Comment, Ticket

router = APIRouter(route_class=PlainRoute, prefix="/rest/api/{version}")


@router.get("/issue/{issue}/comment")
def comments(request: Request, version: str, issue: str) -> Reply:
    ticket = _state(request).jira(issue) or not_found()
    if not isinstance(ticket, Ticket):
        return ticket
    page = [comment_json(request, comment, version) for comment in ticket.comments]
    return {"startAt": 0, "maxResults": 5000, "total": len(page), "comments": page}


@router.post("/issue/{issue}/comment")
async def add_comment(request: Request, version: str, issue: str) -> Reply:
    ticket, body = _state(request).jira(issue) or not_found(), await json_object(request)
    if not isinstance(ticket, Ticket):
        return ticket
    text = (body or {}).get("body")
    if not _fits(text, version):
        return error(400, comment="Comment body is not valid!")
    comment = _state(request).comment(ticket, text)
    return JSONResponse(comment_json(request, comment, version), 201)


@router.get("/issue/{issue}/comment/{number}")
def read_comment(request: Request, version: str, issue: str, number: str) -> Reply:
    comment = _comment(request, issue, number)
    return comment_json(request, comment, version) if comment else not_found()


@router.put("/issue/{issue}/comment/{number}")
async def edit_comment(request: Request, version: str, issue: str, number: str) -> Reply:
    comment, body = _comment(request, issue, number), await json_object(request)
    if comment is None:
        return not_found()
    text = (body or {}).get("body")
    if not _fits(text, version):
        return error(400, comment="Comment body is not valid!")
    comment.body = text
    ticket = _state(request).jira(issue)
    assert ticket is not None  # its comment was just found
    _state(request).touch(ticket)
    return comment_json(request, comment, version)


def _comment(request: Request, issue: str, number: str) -> Comment | None:
    ticket = _state(request).jira(issue)
    comments = ticket.comments if ticket else []
    return next((one for one in comments if str(one.id) == number), None)


def _fits(text: Any, version: str) -> bool:
    return bool(text) and isinstance(text, dict) == (version == "3")
