"""The used part of the GitHub REST API about single comments."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.github.shape import comment_json, error
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import Comment, Ticket

router = APIRouter(route_class=PlainRoute, prefix="/repos/{owner}/{name}/issues/comments")


def _place(request: Request, owner: str, name: str, number: int) -> tuple[Ticket, Comment] | None:
    container = f"{owner}/{name}"
    for ticket in _state(request).live("github"):
        for comment in ticket.comments:
            if ticket.container == container and comment.id == number:
                return ticket, comment
    return None


@router.get("/{number}")
def read(request: Request, owner: str, name: str, number: int) -> Reply:
    place = _place(request, owner, name, number)
    return comment_json(request, place[1]) if place else error(404, "Not Found")


@router.patch("/{number}")
async def edit(request: Request, owner: str, name: str, number: int) -> Reply:
    place, body = _place(request, owner, name, number), await json_object(request)
    if place is None:
        return error(404, "Not Found")
    if body is None or not isinstance(body.get("body"), str) or not body["body"].strip():
        return error(422, "Validation Failed", ("body", "missing_field"))
    ticket, comment = place
    comment.body = body["body"]
    _state(request).touch(ticket)
    return comment_json(request, comment)


@router.put("/{number}/pin")
def pin(request: Request, owner: str, name: str, number: int) -> Reply:
    place = _place(request, owner, name, number)
    if place is None:
        return error(404, "Not Found")
    place[1].pinned = True
    return JSONResponse(comment_json(request, place[1]), 200)
