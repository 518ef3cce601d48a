"""Marks an issue as the duplicate of another: by the relation *duplicate*, by which Linear itself
gives it a status that closes it; and takes that back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.tracker_contract import TicketRef, TrackerError
from integrations.tracker_writes import DuplicateMark
from integrations.trackers.linear import queries
from integrations.trackers.linear.api import AlreadyThere, LinearApi
from integrations.trackers.linear.place import nodes
from integrations.trackers.linear.state import issue_state

NOT_RELATED = "Linear did not let this account mark the duplicate."
STATE_CHANGED = (
    "A person changed the status of {key} after it was marked as a duplicate ({status}), so it was "
    "left as it is."
)
_REFUSED = frozenset({"forbidden", "invalid_fields", "not_found"})


def plan(issue: Mapping[str, Any], of: TicketRef | None, *, close: bool) -> DuplicateMark:
    """What is to be done with an issue as it is now; ``was`` is the id of its state."""
    if of is None or not close:
        return DuplicateMark(of=of.id if of else "")
    return DuplicateMark(
        of=of.id,
        was_linked=bool(relation_to(issue, of.id)),
        was=str((issue.get("state") or {}).get("id") or ""),
    )


async def mark(api: LinearApi, issue: Mapping[str, Any], planned: DuplicateMark) -> DuplicateMark:
    """Relate the two, unless they are."""
    if not planned.of or not planned.was or planned.was_linked or planned.link:
        return planned
    link = relation_to(issue, planned.of)  # by a call of ours whose answer was lost
    if not link:
        relation = {
            "type": "duplicate",
            "issueId": str(issue["id"]),
            "relatedIssueId": planned.of,
        }
        try:
            answer = await api.ask(queries.RELATE, {"input": relation})
        except AlreadyThere:
            return replace(planned, was_linked=True)
        except TrackerError as error:
            if error.reason not in _REFUSED:
                raise
            return replace(planned, was="", note=NOT_RELATED)
        link = str((answer["issueRelationCreate"].get("issueRelation") or {}).get("id") or "")
    related = (await api.ask(queries.ISSUE_READ, {"id": str(issue["id"])}))["issue"]
    return replace(planned, link=link, closed=str(related["state"]["id"]))


async def unmark(api: LinearApi, issue: Mapping[str, Any], marked: DuplicateMark) -> str:
    """Take our relation away, and give the issue the state that it had; a sentence where it was
    left."""
    if not marked.link:
        return ""
    try:
        await api.ask(queries.UNRELATE, {"id": marked.link})
    except TrackerError as error:
        if error.reason not in _REFUSED:
            raise
    state = issue.get("state") or {}
    if state.get("id") == marked.was:
        return ""
    if state.get("id") != marked.closed:
        shown = issue_state(issue)
        return STATE_CHANGED.format(key=shown.ref.key, status=shown.status)
    change = {"id": str(issue["id"]), "input": {"stateId": marked.was}}
    await api.ask(queries.CHANGE_ISSUE, change)
    return ""


def relation_to(issue: Mapping[str, Any], other: str) -> str:
    """The id of the relation by which an issue is the duplicate of another; blank without."""
    for relation in nodes(issue.get("relations")):
        related = relation.get("relatedIssue") or {}
        if relation.get("type") == "duplicate" and related.get("id") == other:
            return str(relation.get("id") or "")
    return ""
