"""What Jira says about a ticket's state, in answers and in webhook deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from integrations import failures
from integrations.contract import Inbound, PayloadError
from integrations.tracker_contract import (
    RemoteState,
    StatusCategory,
    TicketEvent,
    TicketRef,
    TrackerError,
)

_ISSUE_UPDATED = "jira:issue_updated"
_ISSUE_DELETED = "jira:issue_deleted"
_LATEST_MILLISECONDS = 10**14  # in the year 5138; a datetime ends in the year 9999

_STATUS_CATEGORIES = {
    "new": StatusCategory.open,
    "undefined": StatusCategory.open,
    "indeterminate": StatusCategory.in_progress,
    "done": StatusCategory.done,
}
_DECLINED_WORDS = frozenset(
    {
        "won't do",
        "won't fix",
        "wont fix",
        "declined",
        "rejected",
        "cannot reproduce",
        "not a bug",
        "invalid",
    }
)
_DUPLICATE_WORD = "duplicate"
_REPORTED_FIELDS = frozenset({"status", "resolution", "summary", "Key", "project", "Link"})


def issue_state(issue: Mapping[str, Any], base_url: str) -> RemoteState:
    """A ticket's state from an issue with STATE_FIELDS. Raises TrackerError
    ``unreadable_answer``."""
    try:
        ref = TicketRef(str(issue["id"]), str(issue["key"]), f"{base_url}/browse/{issue['key']}")
    except KeyError:
        raise failures.unreadable("Jira") from None
    fields = issue.get("fields") or {}
    status = fields.get("status") or {}
    category_key = str((status.get("statusCategory") or {}).get("key"))
    category = _STATUS_CATEGORIES.get(category_key, StatusCategory.open)
    status_name = str(status.get("name") or "")
    resolution = str((fields.get("resolution") or {}).get("name") or "")
    words = {status_name.lower(), resolution.lower()}
    living = None
    if category is StatusCategory.done:
        living = _duplicated(fields.get("issuelinks"), base_url)
        if living is not None or _DUPLICATE_WORD in words:
            category = StatusCategory.duplicate
        elif words & _DECLINED_WORDS:
            category = StatusCategory.declined
    changed = fields.get("statuscategorychangedate") or fields.get("resolutiondate")
    return RemoteState(
        ref,
        status_name,
        category,
        str(fields.get("summary") or ""),
        resolution=resolution,
        since=_moment(changed),
        duplicate_of=living,
    )


def _duplicated(links: Any, base_url: str) -> TicketRef | None:
    """The issue that this one is linked as a duplicate of."""
    for link in links if isinstance(links, list) else []:
        other = link.get("outwardIssue") if isinstance(link, dict) else None
        type_name = str(((link or {}).get("type") or {}).get("name") or "")
        if isinstance(other, dict) and _DUPLICATE_WORD in type_name.lower() and other.get("id"):
            key = str(other.get("key") or "")
            return TicketRef(str(other["id"]), key, f"{base_url}/browse/{key}")
    return None


def _moment(text: Any) -> datetime | None:
    """A time of Jira's, ``2026-11-20T10:00:00.000+0000``."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def parse_event(inbound: Inbound, settings: BaseModel) -> list[TicketEvent]:
    """The state a delivery reports, where its status, resolution, summary or key changed, or where
    it was deleted.

    Issues of every project are reported: tickets are known by their immutable id. Raises
    PayloadError ``wrong_shape``.
    """
    del settings
    payload = inbound.json()
    event, issue = payload.get("webhookEvent"), payload.get("issue")
    if event not in (_ISSUE_UPDATED, _ISSUE_DELETED):
        return []
    if event == _ISSUE_UPDATED and not _changes_state(payload.get("changelog")):
        return []
    if not isinstance(issue, dict):
        raise PayloadError(
            "wrong_shape", "An issue delivery of Jira has an issue; this one does not."
        )
    try:
        state = issue_state(issue, _site(str(issue.get("self") or "")))
    except TrackerError:
        raise PayloadError(
            "wrong_shape", "The issue in this delivery of Jira has no id or key."
        ) from None
    if event == _ISSUE_DELETED:
        state = replace(state, status="deleted", category=StatusCategory.gone)
    at = _time(payload.get("timestamp"), otherwise=inbound.received_at)
    return [TicketEvent(state, _actor(payload.get("user")), at)]


def _changes_state(changelog: Any) -> bool:
    items = changelog.get("items") if isinstance(changelog, dict) else None
    return isinstance(items, list) and any(
        isinstance(item, dict) and item.get("field") in _REPORTED_FIELDS for item in items
    )


def _site(issue_url: str) -> str:
    """The address of the site, context path included, from an issue's own REST address."""
    parts = urlsplit(issue_url.partition("/rest/api/")[0])
    if parts.scheme not in ("http", "https"):
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _actor(user: Any) -> str:
    names = user if isinstance(user, dict) else {}
    for key in ("displayName", "name", "accountId"):
        if names.get(key):
            return str(names[key])
    return "someone"


def _time(milliseconds: Any, *, otherwise: datetime) -> datetime:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        return otherwise
    if not 0 < milliseconds < _LATEST_MILLISECONDS:
        return otherwise
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
