"""An issue that people opened, as the ticket of a theme: named by people, found by its summary, and
told what the community says in a comment of ours alone.

Sources: Jira Cloud REST API v3 and Data Center REST API, "Issue comments"; "Advanced searching"
(the operator ``~`` of text fields). In a service desk only its team sees our comment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integrations import failures
from integrations.ticket_status import RemoteState
from integrations.tracker_contract import Draft, TrackerError
from integrations.trackers import naming
from integrations.trackers.jira import adf, adf_nodes, wiki
from integrations.trackers.jira.api import JiraApi
from integrations.trackers.jira.state import issue_state
from integrations.trackers.likeness import most_alike, search_words

JIRA_EXAMPLES = "APP-12, or the issue's address"
INTERNAL_COMMENT = {"key": "sd.public.comment", "value": {"internal": True}}
"""In a service desk a comment is shown to customers unless it says this."""
_FOUND_MOST = 30
_COMMENTS_MOST = 1_000
_ISSUE_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]*")


def named_issue(name: str, site_host: str) -> str:
    """The key of what people call ``APP-12`` or by an address of the site. Raises TrackerError
    ``ticket_unnamed``."""
    words = name.strip()
    if "://" in words:
        naming.require_host(words, site_host)
        parts = urlsplit(words)
        chosen = parse_qs(parts.query).get("selectedIssue", [])
        words = chosen[0] if chosen else parts.path.rstrip("/").rpartition("/")[2]
    key = words.upper()
    if not _ISSUE_KEY.fullmatch(key):
        raise naming.unnamed(JIRA_EXAMPLES)
    return key


async def similar_issues(api: JiraApi, project: str, title: str) -> Sequence[RemoteState]:
    """Issues of the project whose summaries share words with this title."""
    words = search_words(title)
    if not words:
        return []
    alike = " OR ".join(f'summary ~ "{word}"' for word in words)
    jql = f'project = "{project}" AND ({alike}) ORDER BY updated DESC'
    issues = await api.search(jql, most=_FOUND_MOST)
    site_url = await api.site_url()
    return most_alike(title, [issue_state(issue, site_url) for issue in issues])


async def keep_comment(api: JiraApi, issue_id: str, draft: Draft, comment_id: str) -> str:
    """Bring our comment up to date, or add it; its id."""
    standing = await _standing(api, issue_id, draft.marker, comment_id)
    text = adf.new_description(draft) if api.cloud else wiki.new_description(draft)
    if standing is None:
        path, value = f"issue/{issue_id}/comment", {"body": text, "properties": [INTERNAL_COMMENT]}
        new_id = str((await api.post(path, value)).get("id") or "")
        if not new_id:
            raise failures.unreadable("Jira")
        return new_id
    if not _says(standing.get("body"), text):
        await api.put(f"issue/{issue_id}/comment/{standing['id']}", {"body": text})
    return str(standing["id"])


async def _standing(
    api: JiraApi, issue_id: str, marker: str, comment_id: str
) -> dict[str, Any] | None:
    """Our comment as it is: by its id, else by its marker; None where there is none."""
    if comment_id:
        try:
            return await api.read(f"issue/{issue_id}/comment/{comment_id}")
        except TrackerError as error:
            if error.reason not in ("not_found", "gone"):
                raise
    account = await api.account_id()
    start = 0
    while start < _COMMENTS_MOST:
        page = await api.read(f"issue/{issue_id}/comment", {"startAt": start, "maxResults": 100})
        comments = [one for one in page.get("comments") or [] if isinstance(one, dict)]
        for comment in comments:
            is_marked = f"{marker}-begin" in json.dumps(comment.get("body") or "")
            if is_marked and _author(comment) in ("", account):
                return comment
        start += len(comments)
        if not comments or start >= int(page.get("total") or 0):
            return None
    return None


def _author(comment: dict[str, Any]) -> str:
    author = comment.get("author") or {}
    return str(author.get("accountId") or author.get("name") or "")


def _says(body: Any, text: str | dict[str, Any]) -> bool:
    if isinstance(text, dict):
        return adf_nodes.same(body if isinstance(body, dict) else None, text)
    return str(body or "").replace("\r\n", "\n") == text
