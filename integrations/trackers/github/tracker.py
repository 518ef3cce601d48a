"""GitHub Issues.

1. Choose how we get in. *A GitHub App* belongs to nobody, and its name stands below its tickets:
   create one (Settings, Developer settings, GitHub Apps) with the repository permissions *Issues:
   read and write* and *Metadata: read* and without a webhook, generate a private key, and install
   it on the repository of the tickets. Enter the App's id and the whole .pem file; leave the token
   blank. Or *a fine-grained personal access token*, better of an account of its own: only this
   repository, the same permissions.
2. Enter the repository as `owner/name`. For GitHub Enterprise Server enter the API's address
   (`https://github.example.com/api/v3`) as well.
3. For status to come back at once, add a webhook to the repository (Settings, Webhooks): payload
   URL `{webhook_url}`, content type `application/json`, the secret `{secret}`, event *Issues*
   alone. An account with the permission *Webhooks: read and write* can do that by a button here.
   Without a webhook tickets are compared every few minutes.
4. Run the check. Without push access GitHub drops labels silently; tickets are created all the
   same.
"""

from __future__ import annotations

from typing import Any

from integrations.network import PLAIN_NETWORK, Network
from integrations.signatures import Signature
from integrations.tracker_contract import OwnPlace, Tracker, TrackerType
from integrations.trackers.github.api import GitHubApi
from integrations.trackers.github.app_tokens import GitHubApp
from integrations.trackers.github.body import posted_text
from integrations.trackers.github.events import parse_event
from integrations.trackers.github.issues import GitHubTracker
from integrations.trackers.github.settings import GitHubCredentials, GitHubSettings, page_host


def open_github(
    settings: GitHubSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one repository."""
    entered = GitHubCredentials.model_validate(credentials)
    app = None
    if entered.app_id:
        key = entered.private_key.get_secret_value()
        app = GitHubApp(entered.app_id, key, entered.installation_id)
    api = GitHubApi(
        settings.base_url,
        entered.token.get_secret_value(),
        app=app,
        repository=settings.repository,
        network=network,
    )
    return GitHubTracker(settings, api)


def place(settings: GitHubSettings) -> OwnPlace:
    """Where the issues are."""
    return OwnPlace("github", page_host(settings), settings.repository)


TRACKER = TrackerType(
    name="github",
    title="GitHub Issues",
    settings=GitHubSettings,
    credentials=GitHubCredentials,
    open=open_github,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-hub-signature-256", prefix="sha256="),
    delivery_id=lambda inbound: inbound.headers.get("x-github-delivery", ""),
    min_interval=1.0,  # 'at least one second between requests that create content', and 80 a minute
    search_lag=5.0,
    place=place,
    posted_text=posted_text,
    has_own_account=lambda settings: settings.own_account,
)
