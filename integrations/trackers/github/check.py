"""What has to be right before tickets can be pushed to a repository."""

from __future__ import annotations

from integrations.failures import NETWORK_REMEDIES
from integrations.tracker_contract import Finding, TrackerError
from integrations.trackers.github.api import GitHubApi

_GITHUB_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Enter a new token, or the App's id and a new private key, in the tracker's "
    "credentials.",
    "no_access": "Install the GitHub App on the repository.",
    "not_found": "Check owner/name, and give the token access to this repository.",
    "moved": "The repository was renamed or transferred: enter its new owner/name.",
    "forbidden": "Give the token or the App the permissions Issues: read and write, "
    "and Metadata: read.",
    "rate_limited": "Wait until GitHub accepts calls again; use a token that nothing else uses.",
}
_LABEL_RIGHTS = ("push", "triage", "maintain", "admin")


async def findings(api: GitHubApi, repository: str) -> list[Finding]:
    """One line per thing that was looked at; stops where a failure hides the rest."""
    account = Finding("Credentials", True, "GitHub accepts the token.")
    try:
        if api.app_tokens is not None:
            app = await api.app_tokens.app()
            account = Finding("Credentials", True, f"GitHub knows the App as {app.get('name')}.")
        details = await api.call("GET", f"/repos/{repository}")
    except TrackerError as error:
        subject = "Credentials" if error.reason == "unauthorized" else f"Repository {repository}"
        remedy = _GITHUB_REMEDIES.get(
            error.reason, "Check the address of the API and the network between here and there."
        )
        return [Finding(subject, False, error.detail, remedy)]
    full_name = details.get("full_name", repository)
    rights = details.get("permissions") or {}
    return [
        account,
        Finding(f"Repository {repository}", True, f"Found: {full_name}."),
        _issues_switched_on(details.get("has_issues", True) is not False),
        _not_archived(details.get("archived") is True),
        # What an App may do is told with its token, which is not given without the permission.
        _may_label(api.app_tokens is not None or any(rights.get(right) for right in _LABEL_RIGHTS)),
        await _calls_left(api),
    ]


def _issues_switched_on(switched_on: bool) -> Finding:
    if switched_on:
        return Finding("Issues", True, "Issues are switched on.")
    return Finding(
        "Issues",
        False,
        "Issues are switched off.",
        "Switch them on in the repository's settings, Features.",
    )


def _not_archived(archived: bool) -> Finding:
    if not archived:
        return Finding("Writable", True, "The repository is not archived.")
    return Finding(
        "Writable",
        False,
        "The repository is archived.",
        "Unarchive it, or choose another repository.",
    )


def _may_label(permitted: bool) -> Finding:
    if permitted:
        return Finding("Labels", True, "The token's account may set labels.")
    return Finding(
        "Labels",
        False,
        "The token's account has no triage or push access, so GitHub drops labels without a word.",
        "Give the account triage access, or accept tickets without labels.",
    )


async def _calls_left(api: GitHubApi) -> Finding:
    try:
        answer = await api.call("GET", "/rate_limit")
    except TrackerError as error:
        if error.reason == "not_found":  # GitHub Enterprise Server without rate limits
            return Finding("Calls left", True, "The server does not limit calls.")
        remedy = _GITHUB_REMEDIES.get(error.reason, "Run the check again later.")
        return Finding("Calls left", False, error.detail, remedy)
    core = (answer.get("resources") or {}).get("core") or {}
    left, limit = int(core.get("remaining", 0)), int(core.get("limit", 0))
    detail = f"{left:,} of {limit:,} calls are left in this hour."
    return Finding("Calls left", left > 0, detail, "" if left else "Wait until the hour is over.")
