"""What has to be right before tickets can be pushed to a Jira project."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from integrations.failures import NETWORK_REMEDIES
from integrations.tracker_contract import Finding, TrackerError
from integrations.trackers.jira.api import JiraApi

_PERMISSIONS = {
    "BROWSE_PROJECTS": "Browse projects",
    "CREATE_ISSUES": "Create issues",
    "EDIT_ISSUES": "Edit issues",
}
_META_PAGE_ROWS = 100
_META_PAGES_MAX = 20
_SCREEN_FIELDS = {"labels": "Labels", "description": "Description"}
_JIRA_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Enter e-mail and API token of the account (Cloud), "
    "or its personal access token (Data Center).",
    "forbidden": "Give the account access to Jira, "
    "or solve the CAPTCHA that Jira shows it at log-in.",
    "not_found": "Check the key, and give the account the permission Browse projects there.",
    "rate_limited": "Run the check again when Jira accepts calls.",
}


async def findings(
    api: JiraApi, project: str, types: Sequence[str], filled: Collection[str]
) -> list[Finding]:
    """One line per thing looked at; stops where a failure hides the rest. ``filled``: ids of the
    fields we send."""
    try:
        account = await api.read("myself")
    except TrackerError as error:
        return [_failed("Credentials", error)]
    account_name = account.get("displayName") or account.get("name")
    lines = [Finding("Credentials", True, f"Jira knows the account as {account_name}.")]
    try:
        details = await api.read(f"project/{project}")
    except TrackerError as error:
        return [*lines, _failed(f"Project {project}", error)]
    lines.append(Finding(f"Project {project}", True, f"Found: {details.get('name', project)}."))
    lines.append(await _permissions(api, project))
    try:
        fields_by_type = await create_meta(api, project, types)
    except TrackerError as error:
        return [*lines, _failed("Issue types", error)]
    return lines + [_type_finding(name, project, fields_by_type, filled) for name in types]


def _failed(subject: str, error: TrackerError) -> Finding:
    remedy = _JIRA_REMEDIES.get(
        error.reason, "Check the address of Jira and the network between here and there."
    )
    return Finding(subject, False, error.detail, remedy)


async def _permissions(api: JiraApi, project: str) -> Finding:
    query = {"projectKey": project, "permissions": ",".join(_PERMISSIONS)}
    try:
        answer = await api.read("mypermissions", query)
    except TrackerError as error:
        if error.reason == "not_found":
            return Finding(
                "Permissions", True, "This Jira does not tell which permissions the account has."
            )
        return _failed("Permissions", error)
    permissions = answer.get("permissions") or {}
    lacking = [
        name
        for key, name in _PERMISSIONS.items()
        if not (permissions.get(key) or {}).get("havePermission", False)
    ]
    if not lacking:
        return Finding("Permissions", True, "The account may browse, create and edit issues.")
    return Finding(
        "Permissions",
        False,
        f"The account lacks: {', '.join(lacking)}.",
        "Grant them in the project's permission scheme.",
    )


async def create_meta(
    api: JiraApi, project: str, types: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """The fields of each of ``types`` that the project has; its other types without their fields.

    Jira before 8.4 has only the older address, which later versions dropped.
    """
    try:
        return await _meta_of_types(api, project, types)
    except TrackerError as error:
        if error.reason != "not_found" or api.cloud:
            raise
    query = {"projectKeys": project, "expand": "projects.issuetypes.fields"}
    answer = await api.read("issue/createmeta", query)
    return {
        str(issue_type.get("name")): [
            {"fieldId": key, **field} for key, field in (issue_type.get("fields") or {}).items()
        ]
        for entry in answer.get("projects") or []
        for issue_type in entry.get("issuetypes") or []
    }


async def _meta_of_types(
    api: JiraApi, project: str, types: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    path = f"issue/createmeta/{project}/issuetypes"
    answer = await api.read(path, {"maxResults": 100})
    fields_by_type: dict[str, list[dict[str, Any]]] = {}
    for issue_type in _rows(answer, "issueTypes"):
        name = str(issue_type.get("name"))
        fields_by_type[name] = []
        if name in types:
            fields_by_type[name] = await _fields_of_type(api, f"{path}/{issue_type.get('id')}")
    return fields_by_type


async def _fields_of_type(api: JiraApi, path: str) -> list[dict[str, Any]]:
    """The fields of a type, page after page."""
    fields: list[dict[str, Any]] = []
    for _ in range(_META_PAGES_MAX):
        query: dict[str, str | int] = {"startAt": len(fields), "maxResults": _META_PAGE_ROWS}
        page = await api.read(path, query)
        rows = _rows(page, "fields")
        fields += rows
        if not rows or len(fields) >= int(page.get("total") or 0):
            break
    return fields


def _rows(answer: dict[str, Any], cloud_name: str) -> list[dict[str, Any]]:
    """The rows of a list, which Cloud and Data Center name differently."""
    rows = answer.get(cloud_name) or answer.get("values") or []
    return [row for row in rows if isinstance(row, dict)]


def _type_finding(
    name: str,
    project: str,
    fields_by_type: dict[str, list[dict[str, Any]]],
    filled: Collection[str],
) -> Finding:
    subject = f"Issue type {name}"
    if name not in fields_by_type:
        types = ", ".join(sorted(fields_by_type)) or "none"
        return Finding(
            subject,
            False,
            f"{project} has no such type; it has: {types}.",
            "Choose one of these types.",
        )
    if off_screen := _off_screen(fields_by_type[name]):
        return Finding(
            subject,
            False,
            f"Not on its screen for new issues: {' and '.join(off_screen)}. "
            "Without Labels tickets are made without any; without Description none can be made.",
            "Put them on the screens of this type for new issues and for editing.",
        )
    missing = [
        f"{field.get('name')} ({_field_id(field)})"
        for field in fields_by_type[name]
        if _must_be_filled(field) and _field_id(field) not in filled
    ]
    if not missing:
        return Finding(subject, True, "Every required field is filled in.")
    return Finding(
        subject,
        False,
        f"Required and not filled in: {', '.join(missing)}.",
        "Give values for them in extra_fields, or make them optional in Jira.",
    )


def _off_screen(fields: list[dict[str, Any]]) -> list[str]:
    """Those of the fields we fill in which Jira does not offer for the type. A type that lists
    no field at all says nothing about them."""
    offered = {_field_id(field) for field in fields}
    if not offered:
        return []
    return [name for key, name in _SCREEN_FIELDS.items() if key not in offered]


def _field_id(field: dict[str, Any]) -> Any:
    return field.get("fieldId") or field.get("key")


def _must_be_filled(field: dict[str, Any]) -> bool:
    if field.get("fieldId") == "reporter":  # Jira fills in the account itself
        return False
    return bool(field.get("required") and not field.get("hasDefaultValue"))
