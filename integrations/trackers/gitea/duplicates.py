"""Closes an issue whose matter is followed in another one. Gitea has no mark for a duplicate; our
comment says of which issue it is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.tracker_contract import TicketRef, TrackerError
from integrations.tracker_writes import DuplicateMark
from integrations.trackers.json_api import JsonApi

GITEA_NOT_CLOSED = "Gitea did not let this token's account close the duplicate."
GITEA_LEFT_CLOSED = (
    "A person changed #{number} after it was closed as a duplicate, so it was left as it is."
)
GITEA_NOT_OPENED = "Gitea did not let this token's account open #{number} again."
_GITEA_REFUSALS = frozenset({"forbidden", "invalid_fields", "not_found"})


def plan(issue: Mapping[str, Any], of: TicketRef | None, *, close: bool) -> DuplicateMark:
    """What is to be done with an issue as it is now."""
    was = "open" if close and issue.get("state") == "open" else ""
    return DuplicateMark(of=of.id if of else "", was=was)


async def mark(
    api: JsonApi, path: str, issue: Mapping[str, Any], planned: DuplicateMark
) -> DuplicateMark:
    """Close the issue at ``path``, unless it is closed already."""
    if not planned.was or planned.closed:
        return planned
    if issue.get("state") != "open":  # by a call of ours whose answer was lost, or by somebody
        return replace(planned, closed=str(issue.get("closed_at") or ""))
    try:
        closed_issue = await api.call("PATCH", path, json={"state": "closed"})
    except TrackerError as error:
        if error.reason not in _GITEA_REFUSALS:
            raise
        return replace(planned, was="", note=GITEA_NOT_CLOSED)
    return replace(planned, closed=str(closed_issue.get("closed_at") or ""))


async def unmark(api: JsonApi, path: str, issue: Mapping[str, Any], marked: DuplicateMark) -> str:
    """Open the issue at ``path`` again where it is closed as we closed it; a sentence where it was
    left."""
    if not marked.was or issue.get("state") == "open":
        return ""
    number = str(issue.get("number") or "")
    if str(issue.get("closed_at") or "") != marked.closed:
        return GITEA_LEFT_CLOSED.format(number=number)
    try:
        await api.call("PATCH", path, json={"state": "open"})
    except TrackerError as error:
        if error.reason not in _GITEA_REFUSALS:
            raise
        return GITEA_NOT_OPENED.format(number=number)
    return ""
