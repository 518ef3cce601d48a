"""What has to be right before tickets can be pushed to a project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from integrations.failures import NETWORK_REMEDIES
from integrations.tracker_contract import Finding, TrackerError
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.settings import GitLabSettings

_GITLAB_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Enter a new token in the tracker's credentials; GitLab's tokens end after a "
    "year at the latest.",
    "not_found": "Check the project's path, and add the token's account to the project.",
    "moved": "Check base_url: it is the address that people open, without /api/v4.",
    "forbidden": "Give the token the scope api, and its account the role Reporter.",
    "rate_limited": "Wait until GitLab accepts calls again.",
}
REPORTER = 20
"""The lowest role whose labels GitLab keeps, as a number."""
ENDS_SOON_DAYS = 30


async def findings(api: GitLabApi, settings: GitLabSettings) -> list[Finding]:
    """One line per thing that was looked at; stops where a failure hides the rest."""
    subject = "Credentials"
    try:
        user = await api.call("GET", "/user")
        token = await _token(api)
        subject = f"Project {settings.project}"
        project = await api.call("GET", api.project_path)
    except TrackerError as error:
        if error.reason not in ("unauthorized", "forbidden") and subject == "Credentials":
            subject = f"Project {settings.project}"
        remedy = _GITLAB_REMEDIES.get(
            error.reason, "Check base_url and the network between here and there."
        )
        return [Finding(subject, False, error.detail, remedy)]
    return [
        Finding("Credentials", True, f"GitLab knows the token as {user.get('username')}."),
        *([_scope(token), _end(token)] if token else []),
        Finding(subject, True, f"Found: {project.get('path_with_namespace')}."),
        _issues(project),
        _writable(project),
        _role(project),
    ]


async def _token(api: GitLabApi) -> dict[str, Any]:
    """What GitLab tells of our token; empty for one of OAuth, and on servers before 16."""
    try:
        return await api.call("GET", "/personal_access_tokens/self")
    except TrackerError as error:
        if error.reason not in ("not_found", "forbidden", "unauthorized", "invalid_fields"):
            raise
        return {}


def _scope(token: Mapping[str, Any]) -> Finding:
    scopes = token.get("scopes") or []
    if "api" in scopes:
        return Finding("Scope", True, "The token has the scope api.")
    return Finding(
        "Scope",
        False,
        f"The token has not the scope api, but {', '.join(map(str, scopes)) or 'none'}.",
        "Make a token with the scope api.",
    )


def _end(token: Mapping[str, Any]) -> Finding:
    """When the token ends; a project's token takes its account along."""
    try:
        ends_on = date.fromisoformat(str(token.get("expires_at")))
    except ValueError:
        return Finding("Token's end", True, "The token does not end.")
    days = (ends_on - datetime.now(UTC).date()).days
    detail = f"The token ends on {ends_on.day} {ends_on:%B %Y}."
    if days > ENDS_SOON_DAYS:
        return Finding("Token's end", True, detail)
    return Finding(
        "Token's end",
        True,
        detail,
        "Rotate it in GitLab, which keeps its account, and enter the new one here.",
        to_do=True,
    )


def _issues(project: Mapping[str, Any]) -> Finding:
    if project.get("issues_access_level", "enabled") != "disabled":
        return Finding("Issues", True, "Issues are switched on.")
    return Finding(
        "Issues",
        False,
        "Issues are switched off.",
        "Switch them on in the project's settings, Visibility, project features.",
    )


def _writable(project: Mapping[str, Any]) -> Finding:
    if project.get("archived") is not True:
        return Finding("Writable", True, "The project is not archived.")
    return Finding(
        "Writable",
        False,
        "The project is archived.",
        "Unarchive it, or choose another project.",
    )


def _role(project: Mapping[str, Any]) -> Finding:
    """What the account may do, as the project tells it: by itself, or by its group."""
    rights = project.get("permissions") or {}
    levels = [(rights.get(name) or {}).get("access_level") for name in rights]
    role = max((int(level) for level in levels if level), default=0)
    if role >= REPORTER:
        return Finding("Role", True, "The account may label and change issues.")
    return Finding(
        "Role",
        False,
        "The account has no role of Reporter or higher, so GitLab drops labels without a word and "
        "may refuse changes.",
        "Give the account the role Reporter; Maintainer where it is to add the webhook.",
    )
