"""How an issue of Jira is followed: which changed lately, what reopens one, a comment of ours, and
the webhook that tells of changes.

Sources: Jira Cloud REST API v3, "Search for issues using JQL enhanced search" (pages by token),
"Do transition", "Add comment"; Jira Data Center REST API (pages by position); "Manage webhooks",
``/rest/webhooks/1.0/webhook``: for administrators alone, and the only kind that is signed and does
not expire. The REST API's dynamic webhooks are for Connect and OAuth apps, which our credentials
never are.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from integrations.ticket_status import ChangedTickets, RegisteredHook
from integrations.tracker_contract import TrackerError
from integrations.trackers.jira.api import STATE_FIELDS, JiraApi
from integrations.trackers.jira.linking import INTERNAL_COMMENT
from integrations.trackers.jira.state import issue_state
from integrations.trackers.wording import TICKET_LABEL

SEARCH_OVERLAP = timedelta(minutes=15)
"""Jira's search learns of a change some time after it happened, so every search looks back."""
_FOUND_PER_PAGE = 100
_SITE_HOOKS_PATH = "/rest/webhooks/1.0/webhook"
_HOOK_NAME = "Feedback Relay"
_JIRA_HOOK_EVENTS = ["jira:issue_updated", "jira:issue_deleted"]
_HOOK_REFUSALS = frozenset(
    {"forbidden", "not_found", "unauthorized", "invalid_fields", "unexpected_status"}
)
_DONE_CATEGORY = "done"


async def changed_issues(
    api: JiraApi, project: str, bookmark: str, since: datetime, now: datetime
) -> ChangedTickets:
    """The project's issues that changed since, by a moment relative to Jira's own clock: an
    absolute one would be read in the account's time zone."""
    place = json.loads(bookmark) if bookmark else {"since": since.isoformat()}
    if "minutes" not in place:
        looked_back = now - datetime.fromisoformat(place["since"]) + SEARCH_OVERLAP
        minutes = max(1, math.ceil(looked_back.total_seconds() / 60))
        place |= {"minutes": minutes, "began": now.isoformat()}
    jql = f'project = "{project}" AND updated >= "-{place["minutes"]}m" ORDER BY updated ASC'
    query: dict[str, str | int] = {
        "jql": jql,
        "fields": STATE_FIELDS,
        "maxResults": _FOUND_PER_PAGE,
    }
    if api.cloud:
        if place.get("token"):
            query["nextPageToken"] = place["token"]
        answer = await api.read("search/jql", query)
    else:
        query["startAt"] = place.get("start", 0)
        answer = await api.read("search", query)
    issues = [one for one in answer.get("issues") or [] if isinstance(one, dict)]
    site_url = await api.site_url()
    states = [issue_state(issue, site_url) for issue in issues]
    following = _next_page(place, answer, len(issues))
    if following is None:
        return ChangedTickets(states, json.dumps({"since": place["began"]}), is_last=True)
    return ChangedTickets(states, json.dumps({**place, **following}), is_last=False)


def _next_page(
    place: Mapping[str, Any], answer: Mapping[str, Any], issues: int
) -> dict[str, Any] | None:
    """Where the page after this one is; None after the last one."""
    if token := answer.get("nextPageToken"):
        return {"token": str(token)}
    start = int(place.get("start", 0)) + issues
    return {"start": start} if issues and start < int(answer.get("total") or 0) else None


async def comment(api: JiraApi, issue_id: str, text: str) -> None:
    """A comment of one paragraph; in a service desk only its team sees it."""
    body: Any = text
    if api.cloud:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        body = {"type": "doc", "version": 1, "content": [paragraph]}
    await api.send(f"issue/{issue_id}/comment", {"body": body, "properties": [INTERNAL_COMMENT]})


async def reopen(api: JiraApi, issue_id: str) -> None:
    """Take the transition that opens the issue again, where it is closed. Raises
    ``no_such_transition``."""
    issue = await api.issue(issue_id, "status")
    if _category((issue.get("fields") or {}).get("status")) != _DONE_CATEGORY:
        return
    answer = await api.read(f"issue/{issue_id}/transitions")
    opening = [
        one
        for one in answer.get("transitions") or []
        if isinstance(one, dict) and one.get("id") and _category(one.get("to")) != _DONE_CATEGORY
    ]
    if not opening:
        raise TrackerError(
            "no_such_transition",
            "Jira offers this account no transition that opens the issue again: add one to the "
            "workflow, or choose another rule for what is said again.",
            permanent=True,
        )
    transition = min(opening, key=_opening_rank)
    await api.send(f"issue/{issue_id}/transitions", {"transition": {"id": transition["id"]}})


def _opening_rank(transition: Mapping[str, Any]) -> tuple[bool, bool]:
    """What is called so first, then what was not begun."""
    is_called_so = "reopen" in str(transition.get("name") or "").lower()
    return not is_called_so, _category(transition.get("to")) != "new"


def _category(status: Any) -> str:
    category = status.get("statusCategory") if isinstance(status, dict) else None
    return str(category.get("key") or "") if isinstance(category, dict) else ""


async def register(api: JiraApi, project: str, address: str, secret: str) -> RegisteredHook:
    """Bring the site's webhook with this address up to date, or add it. Raises
    ``hook_not_allowed``."""
    api.scrubber.add(secret)
    hook = {
        "name": _HOOK_NAME,
        "url": address,
        "events": _JIRA_HOOK_EVENTS,
        "filters": {
            "issue-related-events-section": f'project = "{project}" OR labels = "{TICKET_LABEL}"'
        },
        "excludeBody": False,
        "secret": secret,
    }
    try:
        listed = await api.call_site("GET", _SITE_HOOKS_PATH)
        same_address = [one for one in _hooks(listed) if one.get("url") == address]
        if same_address:
            path = f"{_SITE_HOOKS_PATH}/{_hook_id(same_address[0])}"
            answer = await api.call_site("PUT", path, hook)
        else:
            answer = await api.call_site("POST", _SITE_HOOKS_PATH, hook)
    except TrackerError as error:
        if error.reason not in _HOOK_REFUSALS:
            raise
        raise TrackerError(
            "hook_not_allowed",
            "Jira lets administrators alone add webhooks: ask one to add it by hand, with the "
            "address and the secret.",
            permanent=True,
        ) from None
    return RegisteredHook(_hook_id(answer if isinstance(answer, dict) else {}))


def _hooks(listed: Any) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _hook_id(hook: Mapping[str, Any]) -> str:
    """Its number, the last part of its own address."""
    return str(hook.get("id") or str(hook.get("self") or "").rpartition("/")[2])
