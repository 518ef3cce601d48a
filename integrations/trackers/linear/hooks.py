"""The webhook of a team: added by ourselves, and what its deliveries say.

Source: "Webhooks" (``Linear-Signature`` is the HMAC of the raw body in hex, ``Linear-Delivery`` the
same over repetitions).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations.contract import Inbound, PayloadError
from integrations.ticket_status import RegisteredHook
from integrations.tracker_contract import StatusCategory, TicketEvent, TrackerError
from integrations.trackers.linear import queries
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.place import nodes
from integrations.trackers.linear.settings import LinearSettings
from integrations.trackers.linear.state import issue_state, linear_moment

_TELLING_CHANGES = frozenset(
    {"stateId", "title", "teamId", "trashed", "archivedAt", "labelIds", "completedAt", "canceledAt"}
)


async def register(api: LinearApi, team_id: str, address: str, secret: str) -> RegisteredHook:
    """Bring the webhook with this address up to date, or add it. Raises ``hook_not_allowed``."""
    hook = {"url": address, "secret": secret, "resourceTypes": ["Issue"], "enabled": True}
    try:
        listed = nodes((await api.ask(queries.HOOKS)).get("webhooks"))
        same_address = [one for one in listed if one.get("url") == address]
        if same_address:
            change = {"id": str(same_address[0]["id"]), "input": hook}
            answer = (await api.ask(queries.CHANGE_HOOK, change))["webhookUpdate"]
        else:
            new_hook = {**hook, "teamId": team_id, "label": "Feedback Relay"}
            answer = (await api.ask(queries.ADD_HOOK, {"input": new_hook}))["webhookCreate"]
    except TrackerError as error:
        if error.reason not in ("forbidden", "not_found", "invalid_fields"):
            raise
        raise TrackerError(
            "hook_not_allowed",
            "Linear does not let this account add webhooks: use the key of an administrator, or "
            "let one add it by hand with the address and the secret.",
            permanent=True,
        ) from None
    return RegisteredHook(str((answer.get("webhook") or {}).get("id") or ""))


def parse_event(inbound: Inbound, settings: LinearSettings) -> list[TicketEvent]:
    """The state that an issue delivery reports; nothing for other kinds, and for changes of
    assignees, estimates and the like. Raises PayloadError ``wrong_shape``."""
    del settings
    payload = inbound.json()
    action = payload.get("action")
    if payload.get("type") != "Issue" or action not in ("create", "update", "remove"):
        return []
    changed = payload.get("updatedFrom")
    if action == "update" and isinstance(changed, dict) and not _TELLING_CHANGES & set(changed):
        return []
    issue = payload.get("data")
    if not isinstance(issue, dict):
        raise _wrong_shape()
    try:
        state = issue_state({**issue, **_named(payload, issue)})
    except TrackerError:
        raise _wrong_shape() from None
    if action == "remove":
        state = replace(state, status="deleted", category=StatusCategory.gone)
    actor = payload.get("actor")
    name = str(actor.get("name") or "") if isinstance(actor, dict) else ""
    at = linear_moment(payload.get("createdAt")) or inbound.received_at
    return [TicketEvent(state, name or "someone", at)]


def _named(payload: dict[str, Any], issue: dict[str, Any]) -> dict[str, Any]:
    """What an issue is called: older deliveries have its team and number apart."""
    team = issue.get("team")
    key = team.get("key") if isinstance(team, dict) else None
    names: dict[str, Any] = {"url": issue.get("url") or payload.get("url")}
    if "identifier" not in issue and key and issue.get("number"):
        names["identifier"] = f"{key}-{issue['number']}"
    return names


def _wrong_shape() -> PayloadError:
    return PayloadError(
        "wrong_shape", "An issue delivery of Linear has data with an id, an identifier and a state."
    )
