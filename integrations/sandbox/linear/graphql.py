"""The used part of Linear's GraphQL API. Questions are known by their names; tests hold their text
against Linear's published schema."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from integrations.sandbox.history import SANDBOX_BOT
from integrations.sandbox.linear.shape import (
    issue_object,
    issue_uuid,
    label_object,
    linear_time,
    linear_uuid,
    state_object,
    viewer,
)
from integrations.sandbox.routing import PlainRoute, Reply, json_object
from integrations.sandbox.routing import state_of as _state
from integrations.sandbox.state import SandboxState, Ticket
from integrations.sandbox.vendors import LINEAR_STATES

router = APIRouter(route_class=PlainRoute)
Variables = dict[str, Any]
LINEAR_PAGE_ISSUES = 50


class Refused(Exception):
    """An error as Linear gives it, with 200."""

    def __init__(self, message: str, code: str = "INPUT_ERROR") -> None:
        super().__init__(message)
        self.message, self.code = message, code


@router.post("/linear/graphql")
async def graphql(request: Request) -> Reply:
    """Answers by the question's name."""
    body = await json_object(request) or {}
    answer = _ANSWERS.get(str(body.get("operationName")))
    if answer is None:
        return JSONResponse(_errors("No such question is known.", "INVALID_INPUT"), 400)
    try:
        return {"data": answer(_state(request), body.get("variables") or {})}
    except Refused as refusal:
        return {"data": None, **_errors(refusal.message, refusal.code)}


def _errors(message: str, code: str) -> dict[str, Any]:
    extensions = {"code": code, "userPresentableMessage": message}
    return {"errors": [{"message": message, "extensions": extensions}]}


def _ticket(state: SandboxState, name: str) -> Ticket:
    """An issue by its id or identifier, also one that was deleted lately."""
    for ticket in state.saved.tickets:
        if ticket.vendor == "linear" and name in (issue_uuid(ticket), ticket.key):
            return ticket
    raise Refused("Entity not found: Issue")


def _viewer(state: SandboxState, variables: Variables) -> Any:
    del state, variables
    return {"viewer": viewer()}


def _team(state: SandboxState, variables: Variables) -> Any:
    key = variables["key"]
    if not state.has_container(key):
        return {"teams": {"nodes": []}}
    states = {"nodes": [state_object(name) for name in LINEAR_STATES]}
    team = {"id": linear_uuid("team", key), "key": key, "name": key, "private": False}
    return {"teams": {"nodes": [{**team, "archivedAt": None, "states": states}]}}


def _labels(state: SandboxState, variables: Variables) -> Any:
    names = [name for name in variables["names"] if name in state.saved.labels]
    return {"issueLabels": {"nodes": [label_object(name) for name in names]}}


def _add_label(state: SandboxState, variables: Variables) -> Any:
    if not state.settings.may_register_hooks:
        raise Refused("You may not do this.", "FORBIDDEN")
    label = label_object(variables["input"]["name"])
    state.saved.labels.append(label["name"])
    return {"issueLabelCreate": {"success": True, "issueLabel": label}}


def _label_names(state: SandboxState, ids: list[str]) -> list[str]:
    names = {linear_uuid("label", name): name for name in state.saved.labels}
    return [names[one] for one in ids]


def _issue(state: SandboxState, variables: Variables) -> Any:
    return {"issue": issue_object(state, _ticket(state, variables["id"]))}


def _marked(state: SandboxState, variables: Variables) -> Any:
    marked = [t for t in state.live("linear") if variables["marker"] in str(t.body)]
    return {"issues": {"nodes": [issue_object(state, ticket) for ticket in marked]}}


def _changed(state: SandboxState, variables: Variables) -> Any:
    changed = [
        ticket
        for ticket in state.saved.tickets
        if ticket.vendor == "linear" and linear_time(ticket.updated_at) >= variables["since"]
    ]
    changed.sort(key=lambda ticket: (ticket.updated_at, ticket.id), reverse=True)
    start = int(variables["after"] or 0)
    end = start + LINEAR_PAGE_ISSUES
    page = {"hasNextPage": end < len(changed), "endCursor": str(end)}
    listed = [issue_object(state, ticket) for ticket in changed[start:end]]
    return {"issues": {"nodes": listed, "pageInfo": page}}


def _alike(state: SandboxState, variables: Variables) -> Any:
    words = variables["term"].lower().split()
    alike = [
        issue_object(state, ticket)
        for ticket in state.searchable("linear")
        if any(word in ticket.title.lower() for word in words)
    ]
    return {"searchIssues": {"nodes": alike}}


def _create(state: SandboxState, variables: Variables) -> Any:
    fields = variables["input"]
    if uuid.UUID(fields["id"]).version != 4:
        raise Refused("id must be a UUID v4", "INVALID_INPUT")
    if any(fields["id"] == issue_uuid(t) for t in state.saved.tickets if t.vendor == "linear"):
        raise Refused("conflict on insert of Issue: id already exists")
    if len(fields["title"]) > 255:
        raise Refused("title must be shorter than or equal to 255 characters", "INVALID_INPUT")
    keys = {linear_uuid("team", key): key for key in state.settings.containers or ["ENG"]}
    ticket = state.create(
        "linear",
        keys[fields["teamId"]],
        title=fields["title"],
        status="Todo",
        body=fields.get("description"),
        labels=_label_names(state, fields.get("labelIds", [])),
        fields={"uuid": fields["id"]},
    )
    return {"issueCreate": {"success": True, "issue": issue_object(state, ticket)}}


def _change(state: SandboxState, variables: Variables) -> Any:
    ticket, fields = _ticket(state, variables["id"]), variables["input"]
    state.edit(ticket, "title", fields.get("title", ticket.title), author=SANDBOX_BOT)
    added = _label_names(state, fields.get("addedLabelIds", []))
    ticket.labels = list(dict.fromkeys([*ticket.labels, *added]))
    if state_id := fields.get("stateId"):
        names = {linear_uuid("state", name): name for name in LINEAR_STATES}
        state.set_status(ticket, names[state_id], author=SANDBOX_BOT)
    return {"issueUpdate": {"success": True, "issue": issue_object(state, ticket)}}


def _comment_place(state: SandboxState, own_id: str) -> tuple[Ticket, int] | None:
    """The issue of a comment and its number there; of a deleted one as well."""
    for ticket in state.saved.tickets:
        numbers = ticket.fields.get("comment_ids") or {}
        if own_id in numbers:
            return ticket, numbers[own_id]
    return None


def _comment(state: SandboxState, variables: Variables) -> Any:
    place = _comment_place(state, variables["id"])
    standing = [one for one in place[0].comments if one.id == place[1]] if place else []
    if not standing:
        raise Refused("Entity not found: Comment")
    comment = {"id": variables["id"], "body": standing[0].body, "archivedAt": None}
    return {"comment": comment}


def _add_comment(state: SandboxState, variables: Variables) -> Any:
    fields = variables["input"]
    if _comment_place(state, fields["id"]):
        raise Refused("conflict on insert of Comment: id already exists")
    ticket = _ticket(state, fields["issueId"])
    comment = state.comment(ticket, fields["body"])
    ticket.fields.setdefault("comment_ids", {})[fields["id"]] = comment.id
    return {"commentCreate": {"success": True}}


def _change_comment(state: SandboxState, variables: Variables) -> Any:
    place = _comment_place(state, variables["id"])
    if place is None:
        raise Refused("Entity not found: Comment")
    for comment in place[0].comments:
        if comment.id == place[1]:
            comment.body = variables["input"]["body"]
    state.touch(place[0])
    return {"commentUpdate": {"success": True}}


def _attach(state: SandboxState, variables: Variables) -> Any:
    fields = variables["input"]
    ticket = _ticket(state, fields["issueId"])
    others = [one for one in ticket.remote_links if one["url"] != fields["url"]]
    ticket.remote_links = [*others, dict(fields)]
    return {"attachmentCreate": {"success": True}}


def _relate(state: SandboxState, variables: Variables) -> Any:
    fields = variables["input"]
    ticket, other = _ticket(state, fields["issueId"]), _ticket(state, fields["relatedIssueId"])
    state.link("Duplicate", ticket.id, other.id)
    state.set_status(ticket, "Duplicate", author=SANDBOX_BOT)
    link = state.saved.links[-1]
    relation = {"id": linear_uuid("relation", link.id)}
    return {"issueRelationCreate": {"success": True, "issueRelation": relation}}


def _unrelate(state: SandboxState, variables: Variables) -> Any:
    numbers = {linear_uuid("relation", link.id): str(link.id) for link in state.saved.links}
    if variables["id"] not in numbers:
        raise Refused("Entity not found: IssueRelation")
    state.unlink(numbers[variables["id"]])
    return {"issueRelationDelete": {"success": True}}


def _hooks(state: SandboxState, variables: Variables) -> Any:
    del variables
    _require_admin(state)
    listed = [hook for hook in state.saved.hooks if hook.vendor == "linear"]
    return {"webhooks": {"nodes": [{"id": str(one.id), "url": one.url} for one in listed]}}


def _add_hook(state: SandboxState, variables: Variables) -> Any:
    _require_admin(state)
    fields = variables["input"]
    hook = state.add_hook("linear", "", fields["url"], fields["secret"])
    return {"webhookCreate": {"success": True, "webhook": {"id": str(hook.id)}}}


def _change_hook(state: SandboxState, variables: Variables) -> Any:
    return {"webhookUpdate": _add_hook(state, variables)["webhookCreate"]}


def _require_admin(state: SandboxState) -> None:
    if not state.settings.may_register_hooks:
        raise Refused("You need to be an administrator.", "FORBIDDEN")


_ANSWERS: dict[str, Callable[[SandboxState, Variables], Any]] = {
    "RelayViewer": _viewer,
    "RelayTeam": _team,
    "RelayLabels": _labels,
    "RelayAddLabel": _add_label,
    "RelayIssue": _issue,
    "RelayMarked": _marked,
    "RelayChanged": _changed,
    "RelayAlike": _alike,
    "RelayCreate": _create,
    "RelayChange": _change,
    "RelayComment": _comment,
    "RelayAddComment": _add_comment,
    "RelayChangeComment": _change_comment,
    "RelayAttach": _attach,
    "RelayRelate": _relate,
    "RelayUnrelate": _unrelate,
    "RelayHooks": _hooks,
    "RelayAddHook": _add_hook,
    "RelayChangeHook": _change_hook,
}
