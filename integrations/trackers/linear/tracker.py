"""Linear.

1. Make an API key (Settings, Security and access, Personal API keys), better of an account of its
   own, with the permissions to read and to write; or a token of an OAuth app.
2. Enter the key of the team, such as `ENG`.
3. For status to come back at once, let an administrator add a webhook (Settings, API): URL
   `{webhook_url}`, data change events *Issues* of the team, and the secret `{secret}` where Linear
   lets you enter one. The button here does it with the key of an administrator. Without a webhook
   tickets are compared every few minutes.
4. Run the check.
"""

from __future__ import annotations

from typing import Any

from integrations.network import PLAIN_NETWORK, Network
from integrations.signatures import Signature
from integrations.tracker_contract import Tracker, TrackerType
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.hooks import parse_event
from integrations.trackers.linear.settings import LinearCredentials, LinearSettings
from integrations.trackers.linear.tickets import LinearTracker


def open_linear(
    settings: LinearSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one team."""
    entered = LinearCredentials.model_validate(credentials)
    api = LinearApi(settings.base_url, entered.token.get_secret_value(), network=network)
    return LinearTracker(settings, api)


TRACKER = TrackerType(
    name="linear",
    title="Linear",
    settings=LinearSettings,
    credentials=LinearCredentials,
    open=open_linear,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="linear-signature"),
    delivery_id=lambda inbound: inbound.headers.get("linear-delivery", ""),
    min_interval=1.5,  # '1,500 requests an hour' in the documents; a push makes several
    search_lag=1.0,  # an issue is asked for by its id
)
