"""Marks an issue as the duplicate of another: by the quick action ``/duplicate``, which is the only
way in which GitLab's API does that. It closes the issue, links the two, and shows which one lives
on.

The text of the block says "Duplicate of #17" in any case (``text_block``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.tracker_contract import TicketRef, TrackerError
from integrations.tracker_writes import DuplicateMark
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.following import is_duplicate

_OPENED = "opened"
GITLAB_NOT_CLOSED = "GitLab did not let this token's account close the duplicate."
GITLAB_STATUS_CHANGED = (
    "A person changed the status of #{number} after it was closed as a duplicate, so it was left "
    "as it is."
)
GITLAB_NOT_OPENED = "GitLab did not let this token's account open #{number} again."
_NOT_PERMITTED = frozenset({"forbidden", "invalid_fields", "not_found"})


def plan(issue: Mapping[str, Any], of: TicketRef | None, *, close: bool) -> DuplicateMark:
    """What is to be done with an issue as it is now. ``of`` keeps the key of the other one, by
    which the quick action names it."""
    was = _OPENED if close and issue.get("state") == _OPENED else ""
    return DuplicateMark(of=of.key if of else "", was=was)


async def mark(
    api: GitLabApi, path: str, issue: Mapping[str, Any], planned: DuplicateMark, login: str
) -> DuplicateMark:
    """Close the issue at ``path`` as a duplicate, unless it is closed already."""
    if not planned.was or planned.closed:
        return planned
    if issue.get("state") != _OPENED:
        # By a call of ours whose answer was lost, or by somebody else meanwhile.
        is_ours = _is_ours(issue, planned, login)
        return replace(planned, closed=_stamp(issue)) if is_ours else planned
    try:
        closed_issue = await _close(api, path, planned.of)
    except TrackerError as error:
        if error.reason not in _NOT_PERMITTED:
            raise
        return replace(planned, was="", note=GITLAB_NOT_CLOSED)
    if closed_issue.get("state") == _OPENED:
        return replace(planned, was="", note=GITLAB_NOT_CLOSED)
    return replace(planned, closed=_stamp(closed_issue))


async def unmark(
    api: GitLabApi, path: str, issue: Mapping[str, Any], marked: DuplicateMark, login: str
) -> str:
    """Open the issue at ``path`` again where it is closed as we closed it; a sentence where it was
    left."""
    if not marked.was or issue.get("state") == _OPENED:
        return ""
    number = str(issue.get("iid") or "")
    if not _is_ours(issue, marked, login):
        return GITLAB_STATUS_CHANGED.format(number=number)
    try:
        await api.call("PUT", path, json={"state_event": "reopen"})
    except TrackerError as error:
        if error.reason not in _NOT_PERMITTED:
            raise
        return GITLAB_NOT_OPENED.format(number=number)
    return ""


async def _close(api: GitLabApi, path: str, of: str) -> Mapping[str, Any]:
    """Close the issue: as the duplicate of another one in the same GitLab, or just so. A server
    answers a note that consists of quick actions alone with what they did, also where they did
    nothing; so the issue is read again."""
    if not of:
        return await api.call("PUT", path, json={"state_event": "close"})
    name = of if "#" in of else f"#{of}"
    await api.call("POST", f"{path}/notes", json={"body": f"/duplicate {name}"})
    return await api.call("GET", path)


def _is_ours(issue: Mapping[str, Any], mark: DuplicateMark, login: str) -> bool:
    """Whether the issue is closed as we closed it. Without a stamp, the answer to our call was
    lost: then the closer tells."""
    if mark.closed:
        return _stamp(issue) == mark.closed
    closer = issue.get("closed_by")
    closed_by = str(closer.get("username") or "") if isinstance(closer, dict) else ""
    return bool(login) and closed_by == login and (is_duplicate(issue) or not mark.of)


def _stamp(issue: Mapping[str, Any]) -> str:
    """What differs between our closing and any later one."""
    return f"{issue.get('closed_at') or ''} {is_duplicate(issue)}"
