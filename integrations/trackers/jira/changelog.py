"""What Jira remembers about the changes of an issue.

Sources: Jira Cloud REST API v3, "Get changelogs" (a page holds at most 100, oldest first); Jira
Data Center, ``expand=changelog`` of an issue. Both tell texts as wiki markup.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_CHANGES_PER_PAGE = 100
_PAGES_MOST = 2
"""The last ones that are read; what we look for happened seconds ago."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a field: by whom (account id on Cloud, name on Data Center), and its value
    before and after as text. ``id`` rises."""

    id: int
    author: str
    author_name: str
    created: str
    before: str
    after: str


class Read(Protocol):
    """A GET of Jira's API."""

    def __call__(
        self, path: str, params: Mapping[str, str | int] | None = None
    ) -> Awaitable[dict[str, Any]]:
        """The JSON object that a path answers."""


async def changelog_pages(read: Read, issue_id: str) -> list[Any]:
    """The last histories of an issue in Jira Cloud, oldest first."""
    path = f"issue/{issue_id}/changelog"
    first = await read(path, {"startAt": 0, "maxResults": _CHANGES_PER_PAGE})
    histories: list[Any] = list(first.get("values") or [])
    total = int(first.get("total") or 0)
    start = max(_CHANGES_PER_PAGE, total - _PAGES_MOST * _CHANGES_PER_PAGE)
    while start < total:
        page = await read(path, {"startAt": start, "maxResults": _CHANGES_PER_PAGE})
        histories += page.get("values") or []
        start += _CHANGES_PER_PAGE
    return histories


def changes_of(histories: Sequence[Any], field: str) -> list[Change]:
    """The changes of one field, oldest first, whatever order Jira gave them in."""
    changes = [
        _change(history, item)
        for history in histories
        if isinstance(history, dict)
        for item in history.get("items") or []
        if isinstance(item, dict) and item.get("field") == field
    ]
    return sorted(changes, key=lambda change: change.id)


def _change(history: Mapping[str, Any], item: Mapping[str, Any]) -> Change:
    author = history.get("author") or {}
    author_id = str(author.get("accountId") or author.get("name") or "")
    number = str(history.get("id") or "0")
    return Change(
        int(number) if number.isdecimal() else 0,
        author_id,
        str(author.get("displayName") or author_id or "somebody"),
        str(history.get("created") or ""),
        str(item.get("fromString") or "").replace("\r\n", "\n"),
        str(item.get("toString") or "").replace("\r\n", "\n"),
    )
