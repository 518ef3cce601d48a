"""The JSON of Jira's answers, and what Jira does not accept."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from integrations.sandbox.state import (
    ISSUE_TYPES,
    JIRA_STATUSES,
    Comment,
    SandboxState,
    Settings,
    Ticket,
)

DESCRIPTION_MAX_CHARACTERS = 32_767
JIRA_ACCOUNT = {
    "accountId": "sandbox-bot",
    "name": "sandbox-bot",
    "displayName": "Sandbox bot",
    "active": True,
}


def error(status: int, *messages: str, **fields: str) -> JSONResponse:
    """An error body of Jira: messages about the whole, and one per field."""
    return JSONResponse({"errorMessages": list(messages), "errors": fields}, status)


def not_found() -> JSONResponse:
    """Jira's answer for an issue that is not there or not to be seen."""
    return error(404, "Issue does not exist or you do not have permission to see it.")


def time(moment: datetime) -> str:
    """A time as Jira writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def status_json(name: str) -> dict[str, Any]:
    """A status with its category."""
    number, key, category, _ = JIRA_STATUSES[name]
    return {"id": number, "name": name, "statusCategory": {"key": key, "name": category}}


def as_version(body: Any, version: str) -> Any:
    """A description as the version of the API shows it: ADF in 3, text in 2."""
    if version == "3" and isinstance(body, str):
        content = (
            [{"type": "paragraph", "content": [{"type": "text", "text": body}]}] if body else []
        )
        return {"type": "doc", "version": 1, "content": content}
    return plain(body) if version != "3" and isinstance(body, dict) else body


def plain(node: Any) -> str:
    """The text of an ADF document, its blocks on lines of their own."""
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    if node.get("type") == "hardBreak":
        return "\n"
    inner = "".join(plain(child) for child in node.get("content") or [])
    return inner + "\n" if node.get("type") in ("paragraph", "heading") else inner


def comment_json(request: Request, comment: Comment, version: str) -> dict[str, Any]:
    """One comment."""
    created = time(comment.created_at)
    return {
        "id": str(comment.id),
        "author": {"accountId": comment.author} if comment.author else JIRA_ACCOUNT,
        "body": as_version(comment.body, version),
        "created": created,
    }


def links_json(request: Request, ticket: Ticket) -> list[dict[str, Any]]:
    """The links of an issue, each with the issue at its other end."""
    state: SandboxState = request.app.state.sandbox
    links = []
    for link in state.saved.links:
        if ticket.id not in (link.inward, link.outward):
            continue
        side, other_id = "outwardIssue", link.outward
        if ticket.id == link.outward:
            side, other_id = "inwardIssue", link.inward
        other = state.jira(str(other_id))
        if other is not None:
            end = {"id": str(other.id), "key": other.key}
            links.append({"id": str(link.id), "type": {"name": link.type}, side: end})
    return links


def issue_json(
    request: Request, ticket: Ticket, version: str, names: Collection[str]
) -> dict[str, Any]:
    """One issue with the named fields (``*all`` and ``*navigable`` mean all)."""
    base = str(request.base_url).rstrip("/")
    resolution = JIRA_STATUSES[ticket.status][3]
    fields: dict[str, Any] = {
        "summary": ticket.title,
        "description": as_version(ticket.body, version),
        "labels": ticket.labels,
        "status": status_json(ticket.status),
        "resolution": {"name": resolution} if resolution else None,
        "project": {"key": ticket.container, "name": ticket.container},
        "issuetype": {
            "id": next((i for i, n in ISSUE_TYPES.items() if n == ticket.kind), "0"),
            "name": ticket.kind,
        },
        "created": time(ticket.created_at),
        "updated": time(ticket.updated_at),
        "issuelinks": links_json(request, ticket),
        "creator": JIRA_ACCOUNT,
        "reporter": JIRA_ACCOUNT,
        **ticket.fields,
    }
    if not {"*all", "*navigable"} & set(names):
        fields = {name: value for name, value in fields.items() if name in names}
    return {
        "id": str(ticket.id),
        "key": ticket.key,
        "self": f"{base}/rest/api/{version}/issue/{ticket.id}",
        "fields": fields,
    }


def complaint(
    state: SandboxState, fields: dict[str, Any], version: str, *, new: bool
) -> dict[str, str]:
    """What is wrong with the fields of an issue, by field."""
    wrong = refused_fields(state.settings, fields)
    summary, description = fields.get("summary"), fields.get("description")
    labels = fields.get("labels", [])
    if new or "summary" in fields:
        if not isinstance(summary, str) or not summary.strip():
            wrong["summary"] = "You must specify a summary of the issue."
        elif "\n" in summary or "\r" in summary:
            wrong["summary"] = "The summary is invalid because it contains newline characters."
        elif len(summary) > 255:
            wrong["summary"] = "Summary can't exceed 255 characters."
    if description is not None:
        wrong.update(_description_complaint(description, version))
    if not isinstance(labels, list) or any(
        not isinstance(label, str) or " " in label for label in labels
    ):
        wrong["labels"] = "The label contains spaces which is invalid."
    if new:
        key = (fields.get("project") or {}).get("key")
        if not isinstance(key, str) or not state.has_container(key):
            wrong["project"] = "valid project is required"
        if (fields.get("issuetype") or {}).get("name") not in ISSUE_TYPES.values():
            wrong["issuetype"] = "The issue type selected is invalid."
        for field, name in state.settings.required_fields.items():
            if not fields.get(field):
                wrong[field] = f"{name} is required."
        wrong |= _unknown_options(state.settings, fields)
    return wrong


def _unknown_options(settings: Settings, fields: dict[str, Any]) -> dict[str, str]:
    """What is required and missing of the described fields, and options that a field has not."""
    wrong = {}
    for meta in settings.jira_fields:
        name, options = str(meta["fieldId"]), meta.get("allowedValues")
        value = fields.get(name)
        if meta.get("required") and not value:
            wrong[name] = f"{meta['name']} is required."
        chosen = value if isinstance(value, list) else [value] if value else []
        option_ids = {option["id"] for option in options or []}
        if options and any(one.get("id") not in option_ids for one in chosen):
            wrong[name] = f"Option id is not valid for {meta['name']}."
    return wrong


def refused_fields(settings: Settings, fields: Collection[str]) -> dict[str, str]:
    """The fields that are on no screen, each with Jira's complaint."""
    return {
        name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        for name in settings.fields_off_screen
        if name in fields
    }


def _description_complaint(description: Any, version: str) -> dict[str, str]:
    if version == "3":
        document = (
            isinstance(description, dict)
            and description.get("type") == "doc"
            and description.get("version") == 1
        )
        if not document:
            return {
                "description": "Operation value must be an Atlassian Document "
                "(see the Atlassian Document Format)"
            }
    elif not isinstance(description, str):
        return {"description": "Operation value must be a string"}
    size = len(description) if isinstance(description, str) else len(json.dumps(description))
    if size > DESCRIPTION_MAX_CHARACTERS:
        return {
            "description": "The entered text is too long. "
            "It exceeds the allowed limit of 32,767 characters."
        }
    return {}
