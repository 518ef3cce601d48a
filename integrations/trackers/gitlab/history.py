"""What GitLab remembers about the text of an issue: who edited it, and what it said then.

Source: GraphQL reference, ``SystemNoteMetadata.descriptionVersion`` (the text after the edit that
the note tells of). What an issue was created with has no note: of a ticket of ours, that is our
block alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.tracker_contract import TrackerError
from integrations.trackers.careful import Version
from integrations.trackers.gitlab.api import GitLabApi

_NOTES_READ = 50
_DESCRIPTION_VERSIONS = """
query($id: IssueID!, $most: Int!) {
  issue(id: $id) {
    notes(filter: ONLY_ACTIVITY, last: $most) {
      pageInfo { hasPreviousPage }
      nodes { createdAt author { username } systemNoteMetadata {
        descriptionVersion { description }
      } }
    }
  }
}
"""
_NO_VERSIONS = frozenset(
    {"forbidden", "not_found", "gone", "moved", "invalid_fields", "unexpected_status"}
)
"""Reasons for which a server tells us no history, whoever wrote."""


async def description_versions(api: GitLabApi, issue_id: str, created_as: str) -> list[Version]:
    """The versions of an issue's text, oldest first; none where the server does not tell.
    ``created_as`` is the first one."""
    variables: dict[str, str | int] = {"id": f"gid://gitlab/Issue/{issue_id}", "most": _NOTES_READ}
    try:
        data = await api.graphql(_DESCRIPTION_VERSIONS, variables)
    except TrackerError as error:
        if error.reason not in _NO_VERSIONS:
            raise
        return []
    notes = (data.get("issue") or {}).get("notes") or {}
    edits = list(_edits(notes.get("nodes") or []))
    if not edits:
        return []
    is_whole = (notes.get("pageInfo") or {}).get("hasPreviousPage") is False
    return [Version(created_as, "", ""), *edits] if is_whole else edits


def _edits(nodes: list[Any]) -> Iterator[Version]:
    for node in nodes:
        version = ((node or {}).get("systemNoteMetadata") or {}).get("descriptionVersion")
        if version:
            editor = str((node.get("author") or {}).get("username") or "somebody")
            text = str(version.get("description") or "").replace("\r\n", "\n")
            yield Version(text, editor, str(node.get("createdAt") or ""))
