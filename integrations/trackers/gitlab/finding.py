"""Looking for the issue of a create call whose answer was lost."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from integrations.tracker_contract import Attempt, TicketRef
from integrations.trackers.gitlab import body
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.following import GITLAB_PER_PAGE
from integrations.trackers.gitlab.state import IssueReader
from integrations.trackers.json_api import Query

ISSUE_PAGES_MOST = 30
GITLAB_CLOCK_DIFFERENCE = timedelta(minutes=10)
"""How far GitLab's clock may be from ours."""
_MARKED_MOST = 20


async def find_issue(
    api: GitLabApi, reader: IssueReader, marker: str, attempt: Attempt | None, *, is_ours: bool
) -> TicketRef | None:
    """The oldest issue whose description holds the marker.

    Lists and the search both read GitLab's database. After an attempt, the issues that are younger
    than it are listed, which no index of words can spoil; ``is_ours``: only those of our account.
    """
    line = body.marker_line(marker)
    if attempt is None:
        marked = await _searched(api, marker)
    else:
        marked = await _since(api, attempt, line, is_ours=is_ours)
    with_line = [issue for issue in marked if line in str(issue.get("description") or "")]
    if not with_line:
        return None
    return reader.state(min(with_line, key=lambda issue: int(issue["id"]))).ref


async def _searched(api: GitLabApi, marker: str) -> list[dict[str, Any]]:
    query: Query = {
        "scope": "all",
        "state": "all",
        "search": marker,
        "in": "description",
        "order_by": "created_at",
        "sort": "asc",
        "per_page": _MARKED_MOST,
    }
    return await api.call_list(f"{api.project_path}/issues", query)


async def _since(
    api: GitLabApi, attempt: Attempt, line: str, *, is_ours: bool
) -> list[dict[str, Any]]:
    """The issues with this line among those that were created since."""
    began_at = attempt.began_at.astimezone(UTC) - GITLAB_CLOCK_DIFFERENCE
    marked: list[dict[str, Any]] = []
    for page in range(1, ISSUE_PAGES_MOST + 1):
        issues = await api.call_list(
            f"{api.project_path}/issues",
            {
                "scope": "created_by_me" if is_ours else "all",
                "state": "all",
                "created_after": began_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "order_by": "created_at",
                "sort": "asc",
                "per_page": GITLAB_PER_PAGE,
                "page": page,
            },
        )
        marked += [one for one in issues if line in str(one.get("description") or "")]
        if marked or len(issues) < GITLAB_PER_PAGE:
            break
    return marked
