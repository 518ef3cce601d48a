"""The fields of new GitHub issues beside title, body and labels: milestone and type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.ticket_fields import FieldShape, FieldValue, TicketField
from integrations.tracker_contract import TrackerError
from integrations.trackers.field_errors import field_invalid
from integrations.trackers.github.api import GitHubApi

_MILESTONES_MOST = 100


async def offered_fields(api: GitHubApi, repository: str) -> list[TicketField]:
    """Open milestones, and the types of issues where the repository's organisation has any."""
    milestones = await api.call_list(
        f"/repos/{repository}/milestones", {"per_page": _MILESTONES_MOST}
    )
    fields = []
    if options := {str(one.get("number")): str(one.get("title")) for one in milestones}:
        fields.append(TicketField("milestone", "Milestone", FieldShape.choice, options=options))
    try:
        types = await api.call_list(f"/orgs/{repository.partition('/')[0]}/issue-types", {})
    except TrackerError as error:
        if error.reason not in ("not_found", "forbidden", "gone"):
            raise
        return fields  # a person's repository, or none that we may ask
    if names := {str(one.get("name")): str(one.get("name")) for one in types}:
        fields.append(TicketField("type", "Type", FieldShape.choice, options=names))
    return fields


def github_values(values: Sequence[FieldValue]) -> dict[str, Any]:
    """Values by the names of an issue's fields. Raises ``field_invalid``."""
    fields: dict[str, Any] = {}
    for value in values:
        if not value.text:
            continue
        option = value.option_id(value.text)
        if option is None:
            raise field_invalid(value, value.text)
        fields[value.field.id] = int(option) if value.field.id == "milestone" else option
    return fields
