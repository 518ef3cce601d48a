"""What has to be right before tickets can be pushed to a repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.failures import NETWORK_REMEDIES
from integrations.tracker_contract import Finding, TrackerError
from integrations.trackers.json_api import JsonApi

_GITEA_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Enter a new token in the tracker's credentials.",
    "not_found": "Check owner/name, and give the token's account access to the repository.",
    "moved": "Check base_url: it is the address that people open, without /api/v1.",
    "forbidden": "Give the token the permissions to read the user and the repository, and to read "
    "and write issues.",
}


async def findings(api: JsonApi, repository: str) -> list[Finding]:
    """One line per thing that was looked at; stops where a failure hides the rest."""
    subject = "Credentials"
    try:
        user = await api.call("GET", "/user")
        subject = f"Repository {repository}"
        details = await api.call("GET", f"/repos/{repository}")
    except TrackerError as error:
        if error.reason not in ("unauthorized", "forbidden"):
            subject = f"Repository {repository}"
        remedy = _GITEA_REMEDIES.get(
            error.reason, "Check base_url and the network between here and there."
        )
        return [Finding(subject, False, error.detail, remedy)]
    return [
        Finding("Credentials", True, f"The server knows the token as {user.get('login')}."),
        Finding(subject, True, f"Found: {details.get('full_name')}."),
        _issues(details),
        _writable(details),
        _rights(details),
    ]


def _issues(details: Mapping[str, Any]) -> Finding:
    if details.get("has_issues") is False:
        remedy = "Switch them on in the repository's settings."
        return Finding("Issues", False, "Issues are switched off.", remedy)
    if details.get("external_tracker"):
        remedy = "Choose the tracker that they are in, or use the built-in issues."
        return Finding("Issues", False, "The repository's issues are in another tracker.", remedy)
    return Finding("Issues", True, "Issues are switched on.")


def _writable(details: Mapping[str, Any]) -> Finding:
    if details.get("archived") is not True:
        return Finding("Writable", True, "The repository is not archived.")
    remedy = "Unarchive it, or choose another repository."
    return Finding("Writable", False, "The repository is archived.", remedy)


def _rights(details: Mapping[str, Any]) -> Finding:
    rights = details.get("permissions") or {}
    if rights.get("push") or rights.get("admin"):
        return Finding("Labels", True, "The token's account may set labels and close issues.")
    return Finding(
        "Labels",
        False,
        "The token's account may not write to the repository, so tickets have no labels.",
        "Give it write access, or accept tickets without labels.",
    )
