"""How an issue of GitHub is followed: which changed lately, which one a duplicate stands for, and
the webhook that tells of it.

Sources: REST API endpoints for issues ("List repository issues", ``since`` includes its moment) and
for repository webhooks; "Best practices for using the REST API" (conditional requests do not count
against the limit); GraphQL reference, ``MarkedAsDuplicateEvent``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from integrations.ticket_status import ChangedTickets, RegisteredHook, TicketRef
from integrations.tracker_contract import TrackerError
from integrations.trackers.github.api import GitHubApi, Query, issue_state

CHANGED_PER_PAGE = 100  # the most that GitHub gives
_GITHUB_HOOK_EVENTS = ["issues"]
_HOOKS_LISTED = 100
_HOOK_REFUSED = frozenset({"forbidden", "not_found"})
_UNTOLD = frozenset(
    {"forbidden", "not_found", "gone", "moved", "invalid_fields", "unexpected_status"}
)
_CANONICAL = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      timelineItems(itemTypes: [MARKED_AS_DUPLICATE_EVENT], last: 1) {
        nodes { ... on MarkedAsDuplicateEvent { canonical { ... on Issue {
          databaseId number url repository { nameWithOwner }
        } } } }
      }
    }
  }
}
"""


async def changed_issues(
    api: GitHubApi, repository: str, bookmark: str, since: datetime
) -> ChangedTickets:
    """The issues that changed since, the oldest change first; pull requests are left out.

    Whoever changes while the pages are read moves to their end, so that numbered pages would skip
    the next one: every page begins with the moment at which the last one ended.
    """
    place = _place(bookmark, since)
    params: Query = {
        "state": "all",
        "sort": "updated",
        "direction": "asc",
        "since": str(place["since"]),
        "per_page": CHANGED_PER_PAGE,
        "page": int(place["page"]),
    }
    issues, etag = await api.list_changed(f"/repos/{repository}/issues", params, str(place["etag"]))
    if issues is None:
        return ChangedTickets((), bookmark, is_last=True)
    states = [issue_state(issue) for issue in issues if "pull_request" not in issue]
    is_last = len(issues) < CHANGED_PER_PAGE
    newest = str(issues[-1].get("updated_at") or "") if issues else ""
    following: dict[str, str | int] = {"since": newest or place["since"], "page": 1, "etag": ""}
    if following["since"] == place["since"]:
        following |= {"etag": etag} if is_last else {"page": int(place["page"]) + 1}
    return ChangedTickets(states, json.dumps(following), is_last)


async def canonical_of(api: GitHubApi, repository: str, number: str) -> TicketRef | None:
    """The issue that a duplicate stands for; None where GitHub does not tell which."""
    owner, _, name = repository.partition("/")
    variables: dict[str, str | int] = {"owner": owner, "name": name, "number": int(number)}
    try:
        answer = await api.graphql(_CANONICAL, variables)
    except TrackerError as error:
        if error.reason not in _UNTOLD:
            raise
        return None
    issue = ((answer.get("data") or {}).get("repository") or {}).get("issue") or {}
    for node in (issue.get("timelineItems") or {}).get("nodes") or []:
        canonical = (node or {}).get("canonical") or {}
        if canonical.get("databaseId") and canonical.get("number"):
            place = str((canonical.get("repository") or {}).get("nameWithOwner") or repository)
            key = ticket_key(repository, place, str(canonical["number"]))
            return TicketRef(str(canonical["databaseId"]), key, str(canonical.get("url") or ""))
    return None


async def register(api: GitHubApi, repository: str, address: str, secret: str) -> RegisteredHook:
    """Bring the repository's webhook with this address up to date, or add it. Raises
    ``hook_not_allowed``."""
    api.scrubber.add(secret)
    config = {"url": address, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
    hook = {"active": True, "events": _GITHUB_HOOK_EVENTS, "config": config}
    path = f"/repos/{repository}/hooks"
    try:
        listed = await api.call_list(path, {"per_page": _HOOKS_LISTED})
        same_address = [one for one in listed if (one.get("config") or {}).get("url") == address]
        if same_address:
            answer = await api.call("PATCH", f"{path}/{same_address[0].get('id')}", json=hook)
        else:
            answer = await api.call("POST", path, json={"name": "web", **hook})
    except TrackerError as error:
        if error.reason not in _HOOK_REFUSED:
            raise
        raise TrackerError(
            "hook_not_allowed",
            "GitHub does not let this account add webhooks: give it the repository permission "
            "Webhooks: read and write, or add the webhook by hand with the address and the secret.",
            permanent=True,
        ) from None
    return RegisteredHook(str(answer.get("id") or ""))


def ticket_key(own_repository: str, repository: str, number: str) -> str:
    """What people call an issue: its number, with the repository where that is another one."""
    if repository.lower() == own_repository.lower():
        return number
    return f"{repository}#{number}"


def repository_of(issue: Mapping[str, Any]) -> str:
    """``owner/name`` of an issue by its own addresses; blank where they do not tell."""
    for address in (issue.get("repository_url"), issue.get("url")):
        _, repos, place = str(address or "").partition("/repos/")
        if repos and place.count("/") >= 1:
            return "/".join(place.split("/")[:2])
    parts = urlsplit(str(issue.get("html_url") or "")).path.strip("/").split("/")
    return "/".join(parts[:2]) if len(parts) == 4 and parts[2] == "issues" else ""


def _place(bookmark: str, since: datetime) -> dict[str, str | int]:
    if bookmark:
        place: dict[str, str | int] = json.loads(bookmark)
        return place
    return {"since": since.strftime("%Y-%m-%dT%H:%M:%SZ"), "page": 1, "etag": ""}
