"""Gitea and Forgejo, such as Codeberg.

1. Make a token (Settings, Applications), better of an account of its own, with the permissions to
   read the user and the repository and to read and write issues. The account needs write access for
   labels.
2. Enter the address that people open as base_url, with its path where there is one, and the
   repository as `owner/name`.
3. For status to come back at once, add a webhook to the repository (Settings, Webhooks, Gitea or
   Forgejo): URL `{webhook_url}`, POST, `application/json`, secret `{secret}`, the custom events
   *Issues* and *Issue labeled*. The button here does it for administrators. A server reaches
   addresses of its own network only where its owner lets it (`ALLOWED_HOST_LIST`). Without a
   webhook tickets are compared every few minutes.
4. Run the check.
"""

from __future__ import annotations

from typing import Any

from integrations.network import PLAIN_NETWORK, Network
from integrations.signatures import Signature
from integrations.tracker_contract import Tracker, TrackerType
from integrations.trackers.gitea.hooks import parse_event
from integrations.trackers.gitea.issues import GiteaTracker
from integrations.trackers.gitea.settings import GITEA_API_PATH, GiteaCredentials, GiteaSettings
from integrations.trackers.json_api import JsonApi


def open_gitea(
    settings: GiteaSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one repository."""
    token = GiteaCredentials.model_validate(credentials).token.get_secret_value()
    api = JsonApi(
        "Gitea",
        settings.base_url + GITEA_API_PATH,
        f"token {token}",
        secrets=[token],
        complaints=complaints,
        network=network,
    )
    return GiteaTracker(settings, api)


def complaints(value: Any) -> list[str]:
    """What an error body complains about: its message, and single errors."""
    if not isinstance(value, dict):
        return []
    errors = value.get("errors")
    listed = errors if isinstance(errors, list) else []
    return [str(value.get("message") or ""), *(str(error) for error in listed if error)]


TRACKER = TrackerType(
    name="gitea",
    title="Gitea or Forgejo",
    settings=GiteaSettings,
    credentials=GiteaCredentials,
    open=open_gitea,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-gitea-signature"),
    delivery_id=lambda inbound: inbound.headers.get("x-gitea-delivery", ""),
    min_interval=0.5,  # Gitea limits nothing by itself; hosts of many do
    search_lag=1.0,  # lists read the database
)
