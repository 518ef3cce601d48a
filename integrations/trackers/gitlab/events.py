"""Webhook deliveries of GitLab that tell about tickets.

Source: "Webhook events", Work item events.
"""

from __future__ import annotations

from integrations.contract import Inbound, PayloadError
from integrations.tracker_contract import TicketEvent, TicketRef, TrackerError
from integrations.trackers.gitlab.settings import GitLabSettings
from integrations.trackers.gitlab.state import IssueReader, moment_of

_CLOSING_ACTIONS = frozenset({"open", "close", "reopen"})
_TOLD_CHANGES = frozenset(
    {"state_id", "closed_at", "labels", "title", "description", "moved_to_id", "duplicated_to_id"}
)
"""Changes by an ``update`` after which a ticket may be another one than it was."""
_TICKET_KINDS = ("issue", "work_item")


def parse_event(inbound: Inbound, settings: GitLabSettings) -> list[TicketEvent]:
    """The state an issue delivery reports; nothing for other kinds, and for assignees, milestones
    and weights. Issues of every project are reported: tickets are known by their immutable id.

    Raises PayloadError ``wrong_shape``.
    """
    payload = inbound.json()
    if payload.get("object_kind") not in _TICKET_KINDS:
        return []
    issue, user = payload.get("object_attributes"), payload.get("user")
    if not isinstance(issue, dict) or not isinstance(user, dict):
        raise PayloadError(
            "wrong_shape",
            "An issue delivery of GitLab has object_attributes and a user; this one does not.",
        )
    changes = payload.get("changes")
    is_told = bool(_TOLD_CHANGES & set(changes)) if isinstance(changes, dict) else True
    if issue.get("action") not in _CLOSING_ACTIONS and not is_told:
        return []
    project = payload.get("project")
    place = str(project.get("path_with_namespace") or "") if isinstance(project, dict) else ""
    named = {**issue, "references": {"full": f"{place}#{issue.get('iid')}"}}
    try:
        state = IssueReader.of(settings).state(named)
    except TrackerError:
        raise PayloadError(
            "wrong_shape", "The issue in this delivery of GitLab has no id, iid or state."
        ) from None
    at = moment_of(issue.get("updated_at")) or inbound.received_at
    moved_to = issue.get("moved_to_id")
    actor = str(user.get("username") or user.get("name") or "someone")
    return [TicketEvent(state, actor, at, TicketRef(str(moved_to), "", "") if moved_to else None)]
