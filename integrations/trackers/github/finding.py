"""Looking for the issue of a create call whose answer was lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from integrations.tracker_contract import Attempt, TicketRef
from integrations.trackers.github import body
from integrations.trackers.github.api import GitHubApi, issue_state

LISTED_PAGES = 3
PAGES_AFTER_ATTEMPT = 30
"""Pages that are listed at most to reach what is older than a create that was cut off."""
CLOCK_DIFFERENCE = timedelta(minutes=10)
"""How far GitHub's clock may be from ours."""
_ISSUES_PER_PAGE = 100  # the most that GitHub gives


async def find_issue(
    api: GitHubApi, repository: str, marker: str, attempt: Attempt | None, creator: str
) -> TicketRef | None:
    """The oldest issue whose body holds the marker.

    Issues are listed from the newest on, because the list is current at once, while the search
    index lags behind and labels are dropped without push access: down to those that are older than
    the attempt, or a few pages where none is given; only those of ``creator`` where there is one.
    What lies beyond is left to the search.
    """
    line = body.marker_line(marker)
    most_pages = LISTED_PAGES if attempt is None else PAGES_AFTER_ATTEMPT
    matches: list[dict[str, Any]] = []
    for page in range(1, most_pages + 1):
        issues = await _newest(api, repository, page, creator)
        matches += _with_line(issues, line)
        if len(issues) < _ISSUES_PER_PAGE or _reaches_before(issues, attempt):
            return _oldest(matches)
    if not matches:
        matches = _with_line(await _search(api, repository, marker), line)
    return _oldest(matches)


async def _search(api: GitHubApi, repository: str, marker: str) -> list[dict[str, Any]]:
    query = f'"{marker}" in:body is:issue repo:{repository}'
    answer = await api.call("GET", "/search/issues", params={"q": query, "per_page": 20})
    issues = answer.get("items", [])
    return issues if isinstance(issues, list) else []


async def _newest(api: GitHubApi, repository: str, page: int, creator: str) -> list[dict[str, Any]]:
    """A page of the repository's issues, the newest first; pages count from 1."""
    query: dict[str, str | int] = {
        "state": "all",
        "sort": "created",
        "direction": "desc",
        "per_page": _ISSUES_PER_PAGE,
        "page": page,
    }
    return await api.call_list(
        f"/repos/{repository}/issues", query | ({"creator": creator} if creator else {})
    )


def _with_line(issues: list[dict[str, Any]], line: str) -> list[dict[str, Any]]:
    return [issue for issue in issues if line in str(issue.get("body") or "")]


def _reaches_before(issues: list[dict[str, Any]], attempt: Attempt | None) -> bool:
    """Whether the last of these, the newest first, is older than the attempt."""
    if attempt is None:
        return False
    try:
        created_at = datetime.fromisoformat(str(issues[-1]["created_at"]))
        return created_at < attempt.began_at - CLOCK_DIFFERENCE
    except (KeyError, ValueError, TypeError):
        return False


def _oldest(issues: list[dict[str, Any]]) -> TicketRef | None:
    if not issues:
        return None
    return issue_state(min(issues, key=lambda issue: int(issue["number"]))).ref
