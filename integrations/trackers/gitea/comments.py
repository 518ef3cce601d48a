"""Our comment in an issue: found by its id or its marker, and kept current."""

from __future__ import annotations

from typing import Any

from integrations import failures
from integrations.tracker_contract import Draft, TrackerError
from integrations.trackers.gitea.text import comment_text, marker_line
from integrations.trackers.json_api import JsonApi


async def keep(
    api: JsonApi, repository_path: str, number: str, draft: Draft, login: str, known_id: str = ""
) -> str:
    """Bring our comment, by ``login``, up to date, or add it; its id."""
    standing = await find(api, repository_path, number, draft.marker, login, known_id)
    text = comment_text(draft)
    if standing is None:
        path = f"{repository_path}/issues/{number}/comments"
        added = await api.call("POST", path, json={"body": text})
        if not added.get("id"):
            raise failures.unreadable(api.name)
        return str(added["id"])
    if not says(standing, draft):
        path = f"{repository_path}/issues/comments/{standing['id']}"
        await api.call("PATCH", path, json={"body": text})
    return str(standing["id"])


def says(comment: dict[str, Any], draft: Draft) -> bool:
    """Whether a comment is what it should be."""
    return str(comment.get("body") or "").replace("\r\n", "\n") == comment_text(draft)


async def find(
    api: JsonApi, repository_path: str, number: str, marker: str, login: str, known_id: str = ""
) -> dict[str, Any] | None:
    """Our comment as it is; None where there is none. Gitea lists all comments at once."""
    if known_id:
        try:
            comment = await api.call("GET", f"{repository_path}/issues/comments/{known_id}")
        except TrackerError as error:
            if error.reason not in ("not_found", "gone"):
                raise
        else:
            if comment.get("id"):  # 204 without a body where it is none of an issue
                return comment
    line = marker_line(marker)
    for comment in await api.call_list(f"{repository_path}/issues/{number}/comments", {}):
        author = str((comment.get("user") or {}).get("login") or "")
        if line in str(comment.get("body") or "") and author == login:
            return comment
    return None
