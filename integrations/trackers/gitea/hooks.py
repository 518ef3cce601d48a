"""The webhook of a repository: added by ourselves, and what its deliveries say.

Source: "Webhooks" (``X-Gitea-Signature`` is the HMAC of the raw body in hex, without a prefix;
Forgejo sends the same headers beside its own).
"""

from __future__ import annotations

from dataclasses import replace

from integrations.contract import Inbound, PayloadError
from integrations.ticket_status import RegisteredHook
from integrations.tracker_contract import StatusCategory, TicketEvent, TrackerError
from integrations.trackers.gitea.settings import GiteaSettings
from integrations.trackers.gitea.state import GiteaReader, gitea_moment
from integrations.trackers.json_api import JsonApi

_TELLING_ACTIONS = frozenset(
    {"opened", "closed", "reopened", "edited", "label_updated", "label_cleared", "deleted"}
)
_HOOK_EVENTS = ["issues", "issue_label"]


async def register(api: JsonApi, repository_path: str, address: str, secret: str) -> RegisteredHook:
    """Bring the repository's webhook with this address up to date, or add it. Raises
    ``hook_not_allowed``."""
    api.scrubber.add(secret)
    config = {"url": address, "content_type": "json", "secret": secret}
    hook = {"active": True, "events": _HOOK_EVENTS, "config": config}
    path = f"{repository_path}/hooks"
    try:
        listed = await api.call_list(path, {"limit": 50})
        same_address = [one for one in listed if (one.get("config") or {}).get("url") == address]
        if same_address:
            answer = await api.call("PATCH", f"{path}/{same_address[0].get('id')}", json=hook)
        else:
            answer = await api.call("POST", path, json={"type": "gitea", **hook})
    except TrackerError as error:
        if error.reason not in ("forbidden", "not_found"):
            raise
        raise TrackerError(
            "hook_not_allowed",
            "Gitea does not let this account add webhooks: make it an administrator of the "
            "repository, or add the webhook by hand with the address and the secret.",
            permanent=True,
        ) from None
    return RegisteredHook(str(answer.get("id") or ""))


def parse_event(inbound: Inbound, settings: GiteaSettings) -> list[TicketEvent]:
    """The state that an issue delivery reports; nothing for other events, pull requests, and
    changes of assignees or milestones. Raises PayloadError ``wrong_shape``."""
    event = inbound.headers.get("x-gitea-event") or inbound.headers.get("x-forgejo-event", "")
    payload = inbound.json()
    action = payload.get("action")
    if event not in ("issues", "issue_label") or action not in _TELLING_ACTIONS:
        return []
    issue, sender, repository = (payload.get(part) for part in ("issue", "sender", "repository"))
    if not isinstance(issue, dict) or not isinstance(sender, dict):
        raise _wrong_shape()
    name = str(repository.get("full_name") or "") if isinstance(repository, dict) else ""
    try:
        state = GiteaReader.of(settings).state(issue, name)
    except TrackerError:
        raise _wrong_shape() from None
    if action == "deleted":
        state = replace(state, status="deleted", category=StatusCategory.gone)
    at = gitea_moment(issue.get("updated_at")) or inbound.received_at
    return [TicketEvent(state, str(sender.get("login") or "someone"), at)]


def _wrong_shape() -> PayloadError:
    return PayloadError(
        "wrong_shape", "An issues delivery of Gitea has a sender, and an issue with id and state."
    )
