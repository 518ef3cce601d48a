"""Webhook deliveries of GitHub that tell about tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from integrations.contract import Inbound, PayloadError
from integrations.tracker_contract import StatusCategory, TicketEvent, TicketRef, TrackerError
from integrations.trackers.github.api import issue_state

_STATUS_ACTIONS = frozenset({"opened", "closed", "reopened", "edited"})
_GONE_ACTIONS = {"deleted": "deleted", "transferred": "transferred"}


def parse_event(inbound: Inbound, settings: BaseModel) -> list[TicketEvent]:
    """The state an ``issues`` delivery reports; nothing for other events and for labels, assignees,
    pins and locks.

    Issues of every repository are reported: tickets are known by their immutable id.
    Raises PayloadError ``wrong_shape``.
    """
    del settings
    if inbound.headers.get("x-github-event") != "issues":
        return []
    payload = inbound.json()
    action = payload.get("action")
    if action not in _STATUS_ACTIONS and action not in _GONE_ACTIONS:
        return []
    issue, sender = payload.get("issue"), payload.get("sender")
    if not isinstance(issue, dict) or not isinstance(sender, dict):
        raise PayloadError(
            "wrong_shape",
            "An issues delivery of GitHub has an issue and a sender; this one does not.",
        )
    try:
        state = issue_state(issue)
    except TrackerError:
        raise PayloadError(
            "wrong_shape", "The issue in this delivery of GitHub has no id, number or state."
        ) from None
    at = inbound.received_at
    if action in _GONE_ACTIONS:
        state = replace(state, status=_GONE_ACTIONS[action], category=StatusCategory.gone)
    elif isinstance(issue.get("updated_at"), str):
        at = _time(issue["updated_at"], at)
    actor = str(sender.get("login") or "someone")
    return [TicketEvent(state, actor, at, moved_to=_moved_to(payload.get("changes")))]


def _moved_to(changes: Any) -> TicketRef | None:
    """The issue that a transferred one became, in another repository."""
    moves = changes if isinstance(changes, dict) else {}
    issue, repository = moves.get("new_issue"), moves.get("new_repository")
    if not isinstance(issue, dict) or not isinstance(repository, dict):
        return None
    try:
        ref = issue_state(issue).ref
    except TrackerError:
        return None
    return replace(ref, key=f"{repository.get('full_name') or ''}#{ref.key}")


def _time(text: str, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else otherwise
