"""GitHub Issues.

1. Create a fine-grained personal access token, or use a GitHub App installed on the repository.
   Repository access: only the repository of the tickets. Permissions: *Issues: read and write*,
   *Metadata: read*.
2. Enter the repository as `owner/name`. For GitHub Enterprise Server enter the API's address
   (`https://github.example.com/api/v3`) as well.
3. For status to come back, add a webhook to the repository: the address and secret that this
   service shows, content type `application/json`, event *Issues* alone.
4. Run the check. Without push access GitHub drops labels silently; tickets are created all the
   same.
"""

from __future__ import annotations

from typing import Any

from integrations.network import PLAIN_NETWORK, Network
from integrations.signatures import Signature
from integrations.tracker_contract import Tracker, TrackerType
from integrations.trackers.github.api import GitHubApi
from integrations.trackers.github.events import parse_event
from integrations.trackers.github.issues import GitHubTracker
from integrations.trackers.github.settings import GitHubCredentials, GitHubSettings


def open_github(
    settings: GitHubSettings, credentials: Any, *, network: Network = PLAIN_NETWORK
) -> Tracker:
    """A connection to one repository."""
    token = GitHubCredentials.model_validate(credentials).token.get_secret_value()
    return GitHubTracker(settings, GitHubApi(settings.base_url, token, network=network))


TRACKER = TrackerType(
    name="github",
    title="GitHub Issues",
    settings=GitHubSettings,
    credentials=GitHubCredentials,
    open=open_github,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-hub-signature-256", prefix="sha256="),
    min_interval=1.0,  # 'at least one second between requests that create content', and 80 a minute
    search_lag=5.0,
)
