"""What GitHub remembers about the text of an issue: who edited it, and every version of it.

Source: GraphQL reference, ``Issue.userContentEdits`` and ``UserContentEdit`` (``diff`` holds the
whole text after the edit; it is null where somebody deleted that line of the history).
"""

from __future__ import annotations

from typing import Any

from integrations.tracker_contract import TrackerError
from integrations.trackers.careful import Version
from integrations.trackers.github.api import GitHubApi

_EDITS_READ = 50
"""The newest ones; what we look for happened seconds ago."""
_QUERY = """
query($owner: String!, $name: String!, $number: Int!, $most: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      userContentEdits(first: $most) { nodes { editedAt editor { login } diff } }
    }
  }
}
"""
_NO_HISTORY = frozenset(
    {"forbidden", "not_found", "gone", "moved", "invalid_fields", "unexpected_status"}
)
"""Reasons for which a server tells us no history, whoever wrote."""


async def versions(api: GitHubApi, repository: str, number: int) -> list[Version]:
    """The versions of an issue's text, oldest first; none where the server does not tell."""
    owner, _, name = repository.partition("/")
    variables: dict[str, str | int] = {
        "owner": owner,
        "name": name,
        "number": number,
        "most": _EDITS_READ,
    }
    try:
        answer = await api.graphql(_QUERY, variables)
    except TrackerError as error:
        if error.reason not in _NO_HISTORY:
            raise
        return []
    issue = ((answer.get("data") or {}).get("repository") or {}).get("issue") or {}
    nodes = (issue.get("userContentEdits") or {}).get("nodes") or []
    edits = [_version(node) for node in nodes if isinstance(node, dict)]
    # Newest first, as far as the reference shows; the times tell.
    if edits and edits[0].at >= edits[-1].at:
        edits.reverse()
    return edits


def _version(node: dict[str, Any]) -> Version:
    editor = node.get("editor") or {}
    text = str(node.get("diff") or "").replace("\r\n", "\n")
    return Version(text, str(editor.get("login") or "somebody"), str(node.get("editedAt") or ""))
