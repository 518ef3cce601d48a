"""Which deliveries of GitLab are read, and why the others are not."""

from __future__ import annotations

from typing import Any

from integrations import payload
from integrations.contract import Inbound
from integrations.own_marks import is_own_comment, is_own_ticket
from integrations.source_contract import EventType

GITLAB_EVENTS = {
    "issue.open": EventType.created,
    "issue.update": EventType.edited,
    "note.create": EventType.created,
    "note.update": EventType.edited,
}
_ISSUE_KINDS = frozenset({"Issue", "WorkItem"})
_WORD_CHANGES = frozenset({"title", "description", "confidential"})
_CODE_KINDS = """
    push tag_push merge_request wiki_page pipeline build deployment feature_flag release milestone
    vulnerability emoji
"""
_ADMIN_KINDS = """
    access_token group_access_token project_access_token member project subgroup repository_update
"""
GITLAB_IGNORED = {
    "issue.close": "The state of an issue is not a comment.",
    "issue.reopen": "The state of an issue is not a comment.",
    "issue.other_update": "Labels, people and dates of an issue are not what it says.",
    "code_note.*": "A note on a merge request, a commit or a snippet speaks of code.",
    "system_note.*": "GitLab writes such notes itself.",
    "own_note.*": "A note that we wrote ourselves is not what the community says.",
    "own_issue.*": "An issue that we wrote ourselves is not what the community says.",
    **dict.fromkeys(
        (f"{kind}.*" for kind in _CODE_KINDS.split()), "Work on code is not community feedback."
    ),
    **dict.fromkeys(
        (f"{kind}.*" for kind in _ADMIN_KINDS.split()),
        "Running a project is not community feedback.",
    ),
}


def attributes(body: dict[str, Any]) -> dict[str, Any]:
    """What happened to what: ``object_attributes``, or nothing."""
    inner = body.get("object_attributes")
    return inner if isinstance(inner, dict) else {}


def event(inbound: Inbound) -> str:
    """``issue.open``, ``note.create``; what is not read has names of its own."""
    body = inbound.json()
    inner = attributes(body)
    kind = payload.name(body.get("object_kind"))
    kind = "issue" if kind == "work_item" else kind
    action = payload.name(inner.get("action"))
    if kind == "note":
        return f"{_note_kind(inner)}.{action or 'create'}"
    if kind == "issue":
        if is_own_ticket(str(inner.get("description") or ""), labels_of(body)):
            kind = "own_issue"
        elif action == "update" and not _changed_words(body):
            action = "other_update"
    return f"{kind}.{action}" if action else kind


def _note_kind(note: dict[str, Any]) -> str:
    if note.get("system") is True:
        return "system_note"
    if str(note.get("noteable_type", "Issue")) not in _ISSUE_KINDS:
        return "code_note"
    return "own_note" if is_own_comment(str(note.get("note") or "")) else "note"


def _changed_words(body: dict[str, Any]) -> bool:
    changes = body.get("changes")
    return not isinstance(changes, dict) or bool(_WORD_CHANGES & set(changes))


def labels_of(body: dict[str, Any]) -> set[str]:
    """The labels of the issue, in lower case."""
    issue = body.get("issue")
    holder = issue if isinstance(issue, dict) else attributes(body)
    listed = holder.get("labels") or body.get("labels")
    labels = listed if isinstance(listed, list) else []
    titles = [label.get("title") if isinstance(label, dict) else label for label in labels]
    return {str(title).strip().lower() for title in titles}


def delivery_id(inbound: Inbound) -> str | None:
    """The issue or note with the time of its last change: a project and its group both send it,
    under ids of their own."""
    body = inbound.json()
    inner = attributes(body)
    kind, number, moment = body.get("object_kind"), inner.get("id"), inner.get("updated_at")
    if not isinstance(number, int) or not isinstance(moment, str):
        return None
    second = moment[:19].replace("T", " ")
    return payload.delivery_key(event(inbound), payload.name(kind), str(number)[:40], second)
