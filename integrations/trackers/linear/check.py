"""What has to be right before tickets can be pushed to a team."""

from __future__ import annotations

from integrations.failures import NETWORK_REMEDIES
from integrations.tracker_contract import Finding, TrackerError
from integrations.trackers.linear import queries
from integrations.trackers.linear.api import LinearApi
from integrations.trackers.linear.place import Team, nodes

_LINEAR_REMEDIES = {
    **NETWORK_REMEDIES,
    "unauthorized": "Enter a new key in the tracker's credentials.",
    "no_access": "Check the team's key, and add the key's account to the team.",
    "forbidden": "Give the key the permissions to read and to write.",
    "rate_limited": "Wait until Linear accepts calls again.",
}


async def findings(api: LinearApi, key: str) -> list[Finding]:
    """One line per thing that was looked at; stops where a failure hides the rest."""
    subject = "Credentials"
    try:
        viewer = (await api.ask(queries.VIEWER)).get("viewer") or {}
        subject = f"Team {key}"
        team = await Team(api, key).read()
    except TrackerError as error:
        if error.reason not in ("unauthorized", "forbidden"):
            subject = f"Team {key}"
        remedy = _LINEAR_REMEDIES.get(error.reason, "Check the network between here and Linear.")
        return [Finding(subject, False, error.detail, remedy)]
    types = {str(state.get("type")) for state in nodes(team.get("states"))}
    return [
        Finding("Credentials", True, f"Linear knows the key as {viewer.get('name')}."),
        Finding(subject, True, f"Found: {team.get('name')}."),
        _statuses(types),
    ]


def _statuses(types: set[str]) -> Finding:
    missing = sorted({"unstarted", "completed", "canceled"} - types)
    if not missing:
        return Finding("Statuses", True, "The team has statuses that are open, done and canceled.")
    return Finding(
        "Statuses",
        False,
        f"The team has no status of the type {', '.join(missing)}.",
        "Add one in the team's settings, Issue statuses.",
    )
