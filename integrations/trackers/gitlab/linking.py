"""An issue that people opened, as the ticket of a theme: named by people, found by its title, and
told what the community says in a comment of ours alone.

Sources: "Issues API" (``search`` finds issues that have all of its words), "Notes API".
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
from integrations.trackers.gitlab import body
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.following import GITLAB_PER_PAGE
from integrations.trackers.gitlab.state import IssueReader
from integrations.trackers.likeness import most_alike, search_words

NOTE_PAGES_MOST = 30
_SEARCHES_MOST = 3
_ISSUE_EXAMPLES = "17, group/project#17 or the issue's address"
_NAMED_ISSUE = re.compile(r"([\w.-]+(?:/[\w.-]+)+)?#?(\d{1,12})", re.ASCII)
_ISSUE_IN_PATH = re.compile(r"^/(.+?)/(?:-/)?(?:issues|work_items)/(\d{1,12})(?:/|$)")


def named_issue(name: str, base_url: str) -> str:
    """The key of what people call ``17``, ``#17``, ``group/project#17`` or by an address below
    ``base_url``. Raises TrackerError ``ticket_unnamed``."""
    words = name.strip()
    if "://" not in words:
        match = _NAMED_ISSUE.fullmatch(words)
        if match is None or (match[1] and "#" not in words):
            raise naming.unnamed(_ISSUE_EXAMPLES)
        return f"{match[1]}#{match[2]}" if match[1] else match[2]
    site = urlsplit(base_url)
    naming.require_host(words, site.hostname or "")
    match = _ISSUE_IN_PATH.match(urlsplit(words).path.removeprefix(site.path))
    if match is None:
        raise naming.unnamed(_ISSUE_EXAMPLES)
    return f"{match[1]}#{match[2]}"


async def similar_issues(api: GitLabApi, reader: IssueReader, title: str) -> Sequence[RemoteState]:
    """Issues of the project whose titles share words with this one. A search finds what has all of
    its words, so the longest ones are searched one by one."""
    states: dict[str, RemoteState] = {}
    for word in search_words(title)[:_SEARCHES_MOST]:
        issues = await api.call_list(
            f"{api.project_path}/issues",
            {"scope": "all", "state": "all", "search": word, "in": "title", "per_page": 30},
        )
        for issue in issues:
            state = reader.state(issue)
            states[state.ref.id] = state
    return most_alike(title, states.values())


async def keep_note(api: GitLabApi, path: str, draft: Draft, note_id: str, login: str) -> str:
    """Bring our comment, by ``login``, in the issue at ``path`` up to date, or add it; its id."""
    standing = await _standing(api, path, draft.marker, note_id, login)
    text = body.new_body(draft)
    if standing is None:
        added = await api.call("POST", f"{path}/notes", json={"body": text})
        new_id = str(added.get("id") or "")
        if not new_id:
            raise failures.unreadable("GitLab")
        return new_id
    if str(standing.get("body") or "").replace("\r\n", "\n") != text:
        await api.call("PUT", f"{path}/notes/{standing['id']}", json={"body": text})
    return str(standing["id"])


async def _standing(
    api: GitLabApi, path: str, marker: str, note_id: str, login: str
) -> dict[str, Any] | None:
    """Our comment as it is: by its id, else by its marker; None where there is none."""
    if note_id:
        try:
            return await api.call("GET", f"{path}/notes/{note_id}")
        except TrackerError as error:
            if error.reason not in ("not_found", "gone"):
                raise
    line = body.marker_line(marker)
    for page in range(1, NOTE_PAGES_MOST + 1):
        notes = await api.call_list(
            f"{path}/notes",
            {
                "sort": "asc",
                "activity_filter": "only_comments",
                "per_page": GITLAB_PER_PAGE,
                "page": page,
            },
        )
        for note in notes:
            author = str((note.get("author") or {}).get("username") or "")
            if line in str(note.get("body") or "") and author == login:
                return note
        if len(notes) < GITLAB_PER_PAGE:
            return None
    return None
