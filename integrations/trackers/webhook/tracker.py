"""A program of your own, or any service that takes webhooks: every ticket is told to it by events
that are signed as [Standard Webhooks](https://www.standardwebhooks.com) has it.

1. Make a secret: `openssl rand -base64 32`, and put `whsec_` before it. Enter it here, with the
   address that takes the events, and in the receiver.
2. The receiver verifies the signature, passes over a `webhook-id` that it knows, and answers with
   2xx. To `ticket.created` it may answer `{"id": "...", "url": "..."}` of its own ticket.
3. For status to come back, let it post `ticket.status` events to `{webhook_url}`, signed in the
   same way with the secret `{secret}`.
4. Run the check: it sends a `ping`.
"""

from __future__ import annotations

from typing import Any

from integrations.network import PLAIN_NETWORK, Network
from integrations.tracker_contract import Tracker, TrackerType
from integrations.trackers.webhook.answers import parse_event
from integrations.trackers.webhook.sending import STANDARD_WEBHOOK, WebhookSender
from integrations.trackers.webhook.settings import WebhookCredentials, WebhookSettings
from integrations.trackers.webhook.tickets import WebhookTracker


def open_webhook(
    settings: WebhookSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one receiver."""
    entered = WebhookCredentials.model_validate(credentials)
    secrets = [entered.secret.get_secret_value(), entered.former_secret.get_secret_value()]
    sender = WebhookSender(settings.base_url, [one for one in secrets if one], network=network)
    return WebhookTracker(settings, sender)


TRACKER = TrackerType(
    name="webhook",
    title="Webhook",
    settings=WebhookSettings,
    credentials=WebhookCredentials,
    open=open_webhook,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=STANDARD_WEBHOOK,
    delivery_id=lambda inbound: inbound.headers.get("webhook-id", ""),
)
