"""GitLab, on gitlab.com or a server of your own.

1. Make a token: of the project (Settings, Access tokens; on gitlab.com from Premium on), or a
   personal one of an account of its own. Scope *api*, role *Reporter*; *Maintainer* where the
   button here is to add the webhook. GitLab's tokens end after a year at the latest: the check
   says when. Rotate a token in time, which keeps its account.
2. Enter the project as `group/project`. For a server of your own enter the address that people
   open as base_url, with its path where there is one; where its certificate is signed by an
   authority of your own, set `RELAY_CA_FILE`.
3. For status to come back at once, add a webhook to the project (Settings, Webhooks): URL
   `{webhook_url}`, secret token `{secret}`, triggers *Issues events* and *Confidential issues
   events*. Without a webhook tickets are compared every few minutes.
4. Run the check.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from integrations.contract import Inbound
from integrations.network import PLAIN_NETWORK, Network
from integrations.signatures import Signature
from integrations.tracker_contract import OwnPlace, Tracker, TrackerType
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.body import posted_text
from integrations.trackers.gitlab.events import parse_event
from integrations.trackers.gitlab.issues import GitLabTracker
from integrations.trackers.gitlab.settings import GitLabCredentials, GitLabSettings


def open_gitlab(
    settings: GitLabSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one project."""
    entered = GitLabCredentials.model_validate(credentials)
    api = GitLabApi(
        settings.base_url,
        entered.token.get_secret_value(),
        project=settings.project,
        network=network,
    )
    return GitLabTracker(settings, api)


def place(settings: GitLabSettings) -> OwnPlace:
    """Where the issues are."""
    host = (urlsplit(settings.base_url).hostname or "").lower()
    return OwnPlace("gitlab", host, settings.project)


def _delivery_id(inbound: Inbound) -> str:
    """What stays the same where somebody sends a delivery again."""
    return inbound.headers.get("idempotency-key") or inbound.headers.get("webhook-id", "")


TRACKER = TrackerType(
    name="gitlab",
    title="GitLab",
    settings=GitLabSettings,
    credentials=GitLabCredentials,
    open=open_gitlab,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-gitlab-token", algorithm="token"),
    delivery_id=_delivery_id,
    min_interval=0.3,  # 'notes: 300 a minute'; issues of an account may be limited as well
    search_lag=1.0,  # lists read the database, at most a replica behind
    place=place,
    posted_text=posted_text,
)
