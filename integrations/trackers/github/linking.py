"""An issue that people opened, as the ticket of a theme: named by people, found by its title, and
told what the community says in a comment of ours alone.

Sources: REST API endpoints for issue comments (a list is current at once), "Pin an issue comment";
"Searching issues and pull requests" (``in:title``, at most five operators).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from integrations import failures
from integrations.ticket_status import RemoteState
from integrations.tracker_contract import Draft, TrackerError
from integrations.trackers import naming
from integrations.trackers.github import body
from integrations.trackers.github.api import GitHubApi, issue_state
from integrations.trackers.likeness import most_alike, search_words

COMMENT_PAGES_MOST = 30
_ISSUE_COMMENTS_PER_PAGE = 100  # the most that GitHub gives
_ALIKE_ISSUES_MOST = 30
_ISSUE_NAMED = re.compile(r"(?:([A-Za-z0-9-]+/[A-Za-z0-9._-]+)?#)?(\d{1,12})")
_IN_ADDRESS = re.compile(r"/([^/]+/[^/]+)/issues/(\d{1,12})(?:/|$)")
_UNPINNED = frozenset({"forbidden", "not_found", "invalid_fields", "gone", "unexpected_status"})


def named_issue(name: str, repository: str, host: str) -> tuple[str, str]:
    """Repository and number of what people call ``17``, ``#17``, ``owner/name#17`` or by an
    address on ``host``. Raises TrackerError ``ticket_unnamed``."""
    words = name.strip()
    if "://" not in words:
        if match := _ISSUE_NAMED.fullmatch(words):
            return match[1] or repository, match[2]
        raise naming.unnamed("17, owner/name#17 or the issue's address")
    naming.require_host(words, host)
    match = _IN_ADDRESS.search(urlsplit(words).path)
    if match is None:
        raise naming.unnamed("17, owner/name#17 or the issue's address")
    return match[1], match[2]


async def located(api: GitHubApi, repository: str, number: str) -> dict[str, Any]:
    """The issue. Raises TrackerError, also for a pull request."""
    issue = await api.call("GET", f"/repos/{repository}/issues/{number}")
    if "pull_request" in issue:
        raise TrackerError(
            "ticket_unnamed",
            f"#{number} of {repository} is a pull request. Link the issue that it is about.",
            permanent=True,
        )
    return issue


async def similar_issues(api: GitHubApi, repository: str, title: str) -> Sequence[RemoteState]:
    """Issues of the repository whose titles share words with this one."""
    words = search_words(title)
    if not words:
        return []
    query = f"{' OR '.join(words)} in:title is:issue repo:{repository}"
    answer = await api.call(
        "GET", "/search/issues", params={"q": query, "per_page": _ALIKE_ISSUES_MOST}
    )
    items = answer.get("items")
    issues = items if isinstance(items, list) else []
    return most_alike(title, [issue_state(one) for one in issues if isinstance(one, dict)])


async def keep_comment(
    api: GitHubApi, repository: str, number: str, draft: Draft, comment_id: str, login: str
) -> str:
    """Bring our comment, by ``login``, up to date, or add it; its id."""
    standing = await _standing(api, repository, number, draft.marker, comment_id, login)
    text = body.new_body(draft)
    if standing is None:
        path = f"/repos/{repository}/issues/{number}/comments"
        added = await api.call("POST", path, json={"body": text})
        new_id = str(added.get("id") or "")
        if not new_id:
            raise failures.unreadable("GitHub")
        await _pin(api, repository, new_id)
        return new_id
    path = f"/repos/{repository}/issues/comments/{standing['id']}"
    if str(standing.get("body") or "").replace("\r\n", "\n") != text:
        await api.call("PATCH", path, json={"body": text})
    return str(standing["id"])


async def _standing(
    api: GitHubApi, repository: str, number: str, marker: str, comment_id: str, login: str
) -> dict[str, Any] | None:
    """Our comment as it is: by its id, else by its marker; None where there is none."""
    if comment_id:
        try:
            return await api.call("GET", f"/repos/{repository}/issues/comments/{comment_id}")
        except TrackerError as error:
            if error.reason not in ("not_found", "gone"):
                raise
    line = body.marker_line(marker)
    for page in range(1, COMMENT_PAGES_MOST + 1):
        comments = await api.call_list(
            f"/repos/{repository}/issues/{number}/comments",
            {"per_page": _ISSUE_COMMENTS_PER_PAGE, "page": page},
        )
        for comment in comments:
            author = str((comment.get("user") or {}).get("login") or "")
            if line in str(comment.get("body") or "") and (not login or author == login):
                return comment
        if len(comments) < _ISSUE_COMMENTS_PER_PAGE:
            return None
    return None


async def _pin(api: GitHubApi, repository: str, comment_id: str) -> None:
    """Let it stand on top, where GitHub and the account's rights allow that."""
    try:
        await api.call("PUT", f"/repos/{repository}/issues/comments/{comment_id}/pin", json={})
    except TrackerError as error:
        if error.reason not in _UNPINNED:
            raise
