"""What has to be right before tickets can be pushed to a Jira project."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from integrations.tracker_contract import Finding, TrackerError
from integrations.trackers.jira.api import JiraApi

_PERMISSIONS = {
    "BROWSE_PROJECTS": "Browse projects",
    "CREATE_ISSUES": "Create issues",
    "EDIT_ISSUES": "Edit issues",
}
_REMEDIES = {
    "unauthorized": "Enter e-mail and API token of the account (Cloud), or its personal access token (Data Center).",
    "forbidden": "Give the account access to Jira, or solve the CAPTCHA that Jira shows it at log-in.",
    "not_found": "Check the key, and give the account the permission Browse projects there.",
    "rate_limited": "Run the check again when Jira accepts calls.",
}


async def findings(
    api: JiraApi, project: str, types: Sequence[str], filled: Collection[str]
) -> list[Finding]:
    """One line per thing looked at; stops where a failure hides the rest. ``filled``: ids of the
    fields we send."""
    try:
        me = await api.read("myself")
    except TrackerError as error:
        return [_failed("Credentials", error)]
    found = [
        Finding(
            "Credentials",
            True,
            f"Jira knows the account as {me.get('displayName') or me.get('name')}.",
        )
    ]
    try:
        about = await api.read(f"project/{project}")
    except TrackerError as error:
        return [*found, _failed(f"Project {project}", error)]
    found.append(Finding(f"Project {project}", True, f"Found: {about.get('name', project)}."))
    found.append(await _permissions(api, project))
    try:
        fields_by_type = await _create_meta(api, project, types)
    except TrackerError as error:
        return [*found, _failed("Issue types", error)]
    return found + [_type_finding(name, project, fields_by_type, filled) for name in types]


def _failed(subject: str, error: TrackerError) -> Finding:
    remedy = _REMEDIES.get(
        error.reason, "Check the address of Jira and the network between here and there."
    )
    return Finding(subject, False, error.detail, remedy)


async def _permissions(api: JiraApi, project: str) -> Finding:
    try:
        asked = {"projectKey": project, "permissions": ",".join(_PERMISSIONS)}
        answer = (await api.read("mypermissions", asked)).get("permissions") or {}
    except TrackerError as error:
        if error.reason == "not_found":
            return Finding(
                "Permissions", True, "This Jira does not tell which permissions the account has."
            )
        return _failed("Permissions", error)
    lacking = [
        name
        for key, name in _PERMISSIONS.items()
        if not (answer.get(key) or {}).get("havePermission", False)
    ]
    if not lacking:
        return Finding("Permissions", True, "The account may browse, create and edit issues.")
    listed = ", ".join(lacking)
    return Finding(
        "Permissions",
        False,
        f"The account lacks: {listed}.",
        "Grant them in the project's permission scheme.",
    )


async def _create_meta(
    api: JiraApi, project: str, wanted: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """Fields of the wanted issue types; the other types are there without.

    Jira before 8.4 has only the older address, which later versions dropped.
    """
    try:
        types = _rows(
            await api.read(f"issue/createmeta/{project}/issuetypes", {"maxResults": 100}),
            "issueTypes",
        )
        metas: dict[str, list[dict[str, Any]]] = {}
        for kind in types:
            path = f"issue/createmeta/{project}/issuetypes/{kind.get('id')}"
            name = str(kind.get("name"))
            metas[name] = (
                _rows(await api.read(path, {"maxResults": 100}), "fields") if name in wanted else []
            )
        return metas
    except TrackerError as error:
        if error.reason != "not_found" or api.cloud:
            raise
    asked = {"projectKeys": project, "expand": "projects.issuetypes.fields"}
    projects = (await api.read("issue/createmeta", asked)).get("projects") or []
    return {
        str(kind.get("name")): [
            {"fieldId": key, **field} for key, field in (kind.get("fields") or {}).items()
        ]
        for entry in projects
        for kind in entry.get("issuetypes") or []
    }


def _rows(answer: dict[str, Any], cloud_name: str) -> list[dict[str, Any]]:
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
        known = ", ".join(sorted(fields_by_type)) or "none"
        return Finding(
            subject,
            False,
            f"{project} has no such type; it has: {known}.",
            "Choose one of these types.",
        )
    missing = [
        f"{field.get('name')} ({field.get('fieldId') or field.get('key')})"
        for field in fields_by_type[name]
        if field.get("required")
        and not field.get("hasDefaultValue")
        and (field.get("fieldId") or field.get("key")) not in filled
        and field.get("fieldId") != "reporter"  # Jira fills in the account itself
    ]
    if not missing:
        return Finding(subject, True, "Every required field is filled in.")
    return Finding(
        subject,
        False,
        f"Required and not filled in: {', '.join(missing)}.",
        "Give values for them in extra_fields, or make them optional in Jira.",
    )
