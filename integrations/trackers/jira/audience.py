"""Who may read a Jira project: what a stranger sees of it is everybody's."""

from __future__ import annotations

import httpx

from integrations.contract import IntegrationError, Visibility
from integrations.http import client
from integrations.network import Network

AUDIENCE_TIMEOUT_SECONDS = 10.0
_REFUSED_STRANGERS = frozenset({401, 403, 404})


async def project_audience(site_url: str, project: str, *, network: Network) -> Visibility:
    """Ask for the project without an account: public where Jira shows it, for members where it
    refuses strangers; unknown for any other answer. One request; raises nothing."""
    address = f"{site_url.rstrip('/')}/rest/api/2/project/{project}"
    try:
        async with client(network, timeout=AUDIENCE_TIMEOUT_SECONDS) as stranger:
            answer = await stranger.get(address)
    except (httpx.HTTPError, httpx.InvalidURL, IntegrationError):
        return Visibility.unknown
    if answer.status_code in _REFUSED_STRANGERS:
        return Visibility.members
    return Visibility.public if answer.is_success else Visibility.unknown
