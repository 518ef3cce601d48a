"""What an issue of Linear, of its API or of a webhook, says of a ticket's state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from integrations import failures
from integrations.tracker_contract import RemoteState, StatusCategory, TicketRef

_CATEGORY_OF_TYPE = {
    "triage": StatusCategory.open,
    "backlog": StatusCategory.open,
    "unstarted": StatusCategory.open,
    "started": StatusCategory.in_progress,
    "completed": StatusCategory.done,
    "canceled": StatusCategory.declined,
    "duplicate": StatusCategory.duplicate,
}
OPEN_TYPES = ("unstarted", "backlog", "triage")
"""Types of states that are open, the one to open an issue again with first."""


def issue_ref(issue: Mapping[str, Any]) -> TicketRef:
    """Where an issue is. Raises TrackerError where it is none."""
    try:
        return TicketRef(str(issue["id"]), str(issue["identifier"]), str(issue.get("url") or ""))
    except KeyError:
        raise failures.unreadable("Linear") from None


def issue_state(issue: Mapping[str, Any]) -> RemoteState:
    """A ticket's state: by the type of its status, whatever a team calls it."""
    ref, state = issue_ref(issue), issue.get("state")
    if not isinstance(state, Mapping):
        raise failures.unreadable("Linear")
    title = str(issue.get("title") or "")
    if issue.get("trashed"):
        return RemoteState(ref, "deleted", StatusCategory.gone, title)
    category = _CATEGORY_OF_TYPE.get(str(state.get("type")), StatusCategory.open)
    living = _living(issue)
    if living is not None:
        category = StatusCategory.duplicate
    ended = issue.get("completedAt") or issue.get("canceledAt")
    return RemoteState(
        ref,
        str(state.get("name") or state.get("type") or ""),
        category,
        title,
        since=linear_moment(ended),
        duplicate_of=living,
    )


def _living(issue: Mapping[str, Any]) -> TicketRef | None:
    """The issue that this one is the duplicate of."""
    relations = issue.get("relations")
    for relation in relations.get("nodes") or [] if isinstance(relations, Mapping) else []:
        if relation.get("type") == "duplicate" and relation.get("relatedIssue"):
            return issue_ref(relation["relatedIssue"])
    return None


def linear_moment(text: Any) -> datetime | None:
    """A time of the API."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
