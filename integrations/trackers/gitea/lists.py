"""Lists of a repository: the issue of a call that was cut off, what changed, what is alike, and
labels by their names.

Source: the API's description (``/swagger.v1.json``): lists are the newest first, ``since`` looks at
the last change, ``q`` at titles and texts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.ticket_status import ChangedTickets, RemoteState
from integrations.tracker_contract import Attempt, TicketRef, TrackerError
from integrations.trackers.gitea.state import GiteaReader, gitea_moment
from integrations.trackers.gitea.text import marker_line
from integrations.trackers.json_api import JsonApi
from integrations.trackers.likeness import most_alike, search_words

GITEA_PER_PAGE = 50  # the most that Gitea gives, unless its owner says otherwise
_LIST_PAGES_MOST = 40
_PAGES_WITHOUT_ATTEMPT = 4
_ALIKE_SEARCHES_MOST = 3
GITEA_CLOCK_DIFFERENCE = timedelta(minutes=10)
_LABEL_COLOUR = "#ededed"


async def find_issue(
    api: JsonApi,
    path: str,
    reader: GiteaReader,
    marker: str,
    attempt: Attempt | None,
    creator: str,
) -> TicketRef | None:
    """The oldest issue whose text holds the marker, from the newest on: down to those that are
    older than the attempt, or a few pages; only those of ``creator`` where there is one."""
    line, marked = marker_line(marker), list[dict[str, Any]]()
    most_pages = _PAGES_WITHOUT_ATTEMPT if attempt is None else _LIST_PAGES_MOST
    for page in range(1, most_pages + 1):
        query: dict[str, str | int] = {
            "state": "all",
            "type": "issues",
            "limit": GITEA_PER_PAGE,
            "page": page,
        }
        if creator:
            query["created_by"] = creator
        issues = await api.call_list(f"{path}/issues", query)
        marked += [issue for issue in issues if line in str(issue.get("body") or "")]
        if not issues or _is_before(issues[-1], attempt):
            break
    oldest = min(marked, key=lambda issue: int(issue["number"]), default=None)
    return reader.state(oldest).ref if oldest else None


def _is_before(issue: dict[str, Any], attempt: Attempt | None) -> bool:
    created_at = gitea_moment(issue.get("created_at"))
    if attempt is None or created_at is None:
        return False
    return created_at < attempt.began_at - GITEA_CLOCK_DIFFERENCE


async def changed_issues(
    api: JsonApi, path: str, reader: GiteaReader, bookmark: str, since: datetime
) -> ChangedTickets:
    """The issues that changed since. Pages are by creation, so whatever changes meanwhile can only
    move others to a later page."""
    began = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    place: dict[str, Any] = {"since": began, "page": 1, "newest": ""}
    if bookmark:
        place = json.loads(bookmark)
    query: dict[str, str | int] = {
        "state": "all",
        "type": "issues",
        "since": place["since"],
        "limit": GITEA_PER_PAGE,
        "page": place["page"],
    }
    issues = await api.call_list(f"{path}/issues", query)
    newest = max([place["newest"], *(_utc(issue.get("updated_at")) for issue in issues)])
    # A server may give fewer on a page than we ask for: only an empty one is the last.
    if issues:
        following = {**place, "page": place["page"] + 1, "newest": newest}
    else:
        following = {"since": newest or place["since"], "page": 1, "newest": ""}
    states = [reader.state(issue) for issue in issues]
    return ChangedTickets(states, json.dumps(following), is_last=not issues)


def _utc(text: Any) -> str:
    """A time of the server's zone, so that two of them compare as texts."""
    moment = gitea_moment(text)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


async def similar_issues(
    api: JsonApi, path: str, reader: GiteaReader, title: str
) -> Sequence[RemoteState]:
    """Issues whose titles share words with this one; the longest words are searched one by one."""
    states: dict[str, RemoteState] = {}
    for word in search_words(title)[:_ALIKE_SEARCHES_MOST]:
        query: dict[str, str | int] = {"state": "all", "type": "issues", "q": word, "limit": 30}
        for issue in await api.call_list(f"{path}/issues", query):
            state = reader.state(issue)
            states[state.ref.id] = state
    return most_alike(title, states.values())


async def label_ids(api: JsonApi, path: str, names: Sequence[str]) -> list[int]:
    """The ids of labels, by which Gitea sets them; missing ones are made, where the account
    may."""
    ids: dict[str, int] = {}
    for page in range(1, _LIST_PAGES_MOST + 1):
        labels = await api.call_list(f"{path}/labels", {"limit": GITEA_PER_PAGE, "page": page})
        ids |= {str(label.get("name")): int(label["id"]) for label in labels}
        if not labels or set(names) <= set(ids):
            break
    for name in names:
        if name not in ids:
            try:
                label = {"name": name, "color": _LABEL_COLOUR}
                made_label = await api.call("POST", f"{path}/labels", json=label)
            except TrackerError as error:
                if error.reason not in ("forbidden", "not_found", "invalid_fields"):
                    raise
                continue
            ids[name] = int(made_label["id"])
    return [ids[name] for name in names if name in ids]
