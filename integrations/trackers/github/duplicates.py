"""Marks an issue as the duplicate of another: closed with the reason *duplicate*, which is how
GitHub shows it, and opened again where that is taken back.

The text of the block says "Duplicate of #17" in any case (``text_block``).
Source: REST API endpoints for issues, "Update an issue" (``state_reason``, ``duplicate_issue_id``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.tracker_contract import TicketRef, TrackerError
from integrations.tracker_writes import DuplicateMark
from integrations.trackers.github.api import GitHubApi, issue_state

_OPEN = "open"
_DUPLICATE = "duplicate"
NOT_CLOSED = "GitHub did not let this token's account close the duplicate."
GITHUB_LEFT_CLOSED = (
    "A person changed the status of {key} after it was closed as a duplicate ({status}), so it was "
    "left as it is."
)
NOT_OPENED = "GitHub did not let this token's account open {key} again."


def plan(issue: Mapping[str, Any], of: TicketRef | None, *, close: bool) -> DuplicateMark:
    """What is to be done with an issue as it is now."""
    was = _OPEN if close and issue.get("state") == _OPEN else ""
    return DuplicateMark(of=of.id if of else "", was=was)


async def mark(
    api: GitHubApi, path: str, issue: Mapping[str, Any], planned: DuplicateMark, login: str
) -> DuplicateMark:
    """Close the issue at ``path`` as a duplicate, unless it is closed already; ``login`` is ours,
    blank where GitHub does not say."""
    if not planned.was or planned.closed:
        return planned
    if issue.get("state") != _OPEN:
        # By a call of ours whose answer was lost, or by somebody else meanwhile.
        return (
            replace(planned, closed=_stamp(issue)) if _is_ours(issue, planned, login) else planned
        )
    try:
        closed_issue = await _close(api, path, planned.of)
    except TrackerError as error:
        if error.reason not in ("forbidden", "invalid_fields"):
            raise
        return replace(planned, was="", note=NOT_CLOSED)
    return replace(planned, closed=_stamp(closed_issue))


async def unmark(
    api: GitHubApi, path: str, issue: Mapping[str, Any], marked: DuplicateMark, login: str
) -> str:
    """Open the issue at ``path`` again where it is closed as we closed it; a sentence where it was
    left."""
    if not marked.was or issue.get("state") == _OPEN:
        return ""
    state = issue_state(issue)
    if not _is_ours(issue, marked, login):
        return GITHUB_LEFT_CLOSED.format(key=f"#{state.ref.key}", status=state.status)
    try:
        await api.call("PATCH", path, json={"state": _OPEN, "state_reason": "reopened"})
    except TrackerError as error:
        if error.reason not in ("forbidden", "invalid_fields"):
            raise
        return NOT_OPENED.format(key=f"#{state.ref.key}")
    return ""


async def _close(api: GitHubApi, path: str, of: str) -> dict[str, Any]:
    """Close as a duplicate; an older GitHub Enterprise Server knows neither field."""
    closing: dict[str, Any] = {"state": "closed", "state_reason": _DUPLICATE}
    if of.isdecimal():
        try:
            return await api.call("PATCH", path, json={**closing, "duplicate_issue_id": int(of)})
        except TrackerError as error:
            if error.reason != "invalid_fields":
                raise
    try:
        return await api.call("PATCH", path, json=closing)
    except TrackerError as error:
        if error.reason != "invalid_fields":
            raise
    return await api.call("PATCH", path, json={**closing, "state_reason": "not_planned"})


def _is_ours(issue: Mapping[str, Any], mark: DuplicateMark, login: str) -> bool:
    """Whether the issue is closed as we closed it. Without a stamp, the answer to our call was
    lost: then the closer tells, where GitHub says who we are."""
    if mark.closed:
        return _stamp(issue) == mark.closed
    closer = issue.get("closed_by")
    closed_by = str(closer.get("login") or "") if isinstance(closer, dict) else ""
    is_duplicate = issue.get("state_reason") in (_DUPLICATE, "not_planned")
    return bool(login) and closed_by == login and is_duplicate


def _stamp(issue: Mapping[str, Any]) -> str:
    """What differs between our closing and any later one."""
    return f"{issue.get('closed_at') or ''} {issue.get('state_reason') or ''}".strip()
