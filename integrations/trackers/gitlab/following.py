"""How an issue of GitLab is followed: what changed lately, what became of one that was closed, and
the webhook that tells of it.

A move closes an issue and makes a new one of it elsewhere; so does a promotion to an epic. Neither
is done, so every closed issue is looked at twice.

Sources: "Issues API" (``updated_after`` includes its moment, ``moved_to_id``,
``_links.closed_as_duplicate_of``), "Project webhooks API", GraphQL reference (``Query.issue``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from integrations.ticket_status import ChangedTickets, RegisteredHook, TicketRef
from integrations.tracker_contract import TrackerError
from integrations.trackers.change_pages import change_page
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.settings import GITLAB_API_PATH, project_address
from integrations.trackers.gitlab.state import IssueReader

GITLAB_PER_PAGE = 100  # the most that GitLab gives
_NOTES_LOOKED_AT = 20
_UNSEEN = frozenset({"forbidden", "not_found", "gone", "moved"})
_HOOK_REFUSED_BY_GITLAB = frozenset({"forbidden", "not_found"})
_PROMOTED = "promoted to epic"
_MOVED_ISSUE = """
query($id: IssueID!) { issue(id: $id) { iid webUrl reference(full: true) } }
"""


async def changed_issues(
    api: GitLabApi, reader: IssueReader, bookmark: str, since: datetime
) -> ChangedTickets:
    """The issues that changed since, the oldest change first."""
    page = change_page(bookmark, since)
    issues = await api.call_list(
        f"{api.project_path}/issues",
        {
            "scope": "all",
            "state": "all",
            "order_by": "updated_at",
            "sort": "asc",
            "updated_after": page.since,
            "per_page": GITLAB_PER_PAGE,
            "page": page.number,
        },
    )
    is_last = len(issues) < GITLAB_PER_PAGE
    newest = str(issues[-1].get("updated_at") or "") if issues else ""
    states = [reader.state(issue) for issue in issues]
    return ChangedTickets(states, page.following(newest, is_last=is_last).stored(), is_last)


async def moved_issue(api: GitLabApi, issue: Mapping[str, Any]) -> dict[str, Any] | None:
    """The issue that this one became in another project; None where our account does not see it."""
    question = {"id": f"gid://gitlab/Issue/{issue['moved_to_id']}"}
    moved = (await api.graphql(_MOVED_ISSUE, question)).get("issue")
    name = str(moved.get("reference") or "") if isinstance(moved, dict) else ""
    project, _, number = name.rpartition("#")
    if not project:
        return None
    return await seen(api, issue_path(api, f"{project}#{number}"))


async def living_issue(api: GitLabApi, issue: Mapping[str, Any]) -> dict[str, Any] | None:
    """The issue that a duplicate stands for; None where this is none, or it is not to be seen."""
    links = issue.get("_links")
    address = str(links.get("closed_as_duplicate_of") or "") if isinstance(links, dict) else ""
    _, api_path, path = urlsplit(address).path.partition(GITLAB_API_PATH)
    return await seen(api, path) if api_path else None


def is_duplicate(issue: Mapping[str, Any]) -> bool:
    """Whether GitLab has it closed as the duplicate of another one."""
    links = issue.get("_links")
    return isinstance(links, dict) and bool(links.get("closed_as_duplicate_of"))


async def is_promoted(api: GitLabApi, path: str) -> bool:
    """Whether the issue at ``path`` was closed because it became an epic."""
    notes = await api.call_list(
        f"{path}/notes",
        {"sort": "desc", "activity_filter": "only_activity", "per_page": _NOTES_LOOKED_AT},
    )
    return any(str(note.get("body") or "").startswith(_PROMOTED) for note in notes)


async def seen(api: GitLabApi, path: str) -> dict[str, Any] | None:
    """What stands at a path, where our account sees it."""
    try:
        return await api.call("GET", path)
    except TrackerError as error:
        if error.reason not in _UNSEEN:
            raise
        return None


def issue_path(api: GitLabApi, key: str) -> str:
    """The address in the API of an issue, by what people call it."""
    project, _, number = key.rpartition("#")
    return f"{project_address(project) if project else api.project_path}/issues/{number}"


def ref_of(api_issue: Mapping[str, Any] | None, reader: IssueReader) -> TicketRef | None:
    """Where an issue is, of one that may not be there."""
    return reader.state(api_issue).ref if api_issue else None


async def register(api: GitLabApi, address: str, secret: str) -> RegisteredHook:
    """Bring the project's webhook with this address up to date, or add it. Raises
    ``hook_not_allowed``."""
    api.scrubber.add(secret)
    hook = {
        "url": address,
        "token": secret,
        "issues_events": True,
        "confidential_issues_events": True,
        "push_events": False,
        "enable_ssl_verification": True,
    }
    path = f"{api.project_path}/hooks"
    try:
        listed = await api.call_list(path, {"per_page": GITLAB_PER_PAGE})
        same_address = [one for one in listed if one.get("url") == address]
        if same_address:
            answer = await api.call("PUT", f"{path}/{same_address[0].get('id')}", json=hook)
        else:
            answer = await api.call("POST", path, json=hook)
    except TrackerError as error:
        if error.reason not in _HOOK_REFUSED_BY_GITLAB:
            raise
        raise TrackerError(
            "hook_not_allowed",
            "GitLab does not let this account add webhooks: give it the role Maintainer in the "
            "project, or add the webhook by hand with the address and the secret.",
            permanent=True,
        ) from None
    return RegisteredHook(str(answer.get("id") or ""))
