"""Jira Cloud and Jira Data Center.

1. Use an account of its own for this service, so that its changes are told apart from those of
   people. Cloud: create an API token for it (id.atlassian.com, Security) and enter e-mail and
   token. Data Center: create a personal access token in its profile and enter the token alone.
2. The account needs *Browse projects*, *Create issues* and *Edit issues* in the project.
3. Enter the site's address (`https://acme.atlassian.net`), the project's key, and the issue types
   for bugs and for requests. A token *with scopes* works at
   `https://api.atlassian.com/ex/jira/<cloud id>` alone: enter that as `base_url` and the site's
   address as `site_url`. If the project requires more fields, give them as `extra_fields`; the
   check names them.
4. For status to come back at once, an administrator adds a webhook (System, WebHooks): URL
   `{webhook_url}`, secret `{secret}`, events *Issue updated* and *Issue deleted*. An account that
   is an administrator can do that by a button here. Where your Jira has no field for a webhook's
   secret, leave the webhook away: tickets are compared every few minutes all the same.
5. Run the check.
"""

from __future__ import annotations

from typing import Any

from integrations.network import PLAIN_NETWORK, Network
from integrations.signatures import Signature
from integrations.tracker_contract import Tracker, TrackerError, TrackerType
from integrations.trackers.jira.api import JiraApi
from integrations.trackers.jira.issues import JiraTracker
from integrations.trackers.jira.settings import Deployment, JiraCredentials, JiraSettings
from integrations.trackers.jira.state import parse_event


def open_jira(
    settings: JiraSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one project."""
    entered = JiraCredentials.model_validate(credentials)
    if settings.deployment is Deployment.cloud and not entered.email:
        raise TrackerError(
            "missing_email",
            "Jira Cloud needs the e-mail of the token's account; enter it as well.",
            permanent=True,
        )
    api = JiraApi(
        settings.base_url,
        cloud=settings.deployment is Deployment.cloud,
        email=entered.email,
        token=entered.token.get_secret_value(),
        network=network,
        site_url=settings.site_url,
    )
    return JiraTracker(settings, api)


TRACKER = TrackerType(
    name="jira",
    title="Jira",
    settings=JiraSettings,
    credentials=JiraCredentials,
    open=open_jira,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-hub-signature", prefix="sha256="),
    delivery_id=lambda inbound: inbound.headers.get("x-atlassian-webhook-identifier", ""),
    min_interval=0.2,
    search_lag=20.0,
    later_lookups=(2 * 60.0, 10 * 60.0, 60 * 60.0),
)
