"""The team that a tracker's issues are in: its states, and the labels that issues may have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations import failures
from integrations.tracker_contract import Draft, TrackerError
from integrations.trackers.linear import queries
from integrations.trackers.linear.api import AlreadyThere, LinearApi
from integrations.trackers.linear.state import OPEN_TYPES
from integrations.trackers.wording import TICKET_LABEL

_UNLABELLED = frozenset({"forbidden", "invalid_fields"})


class Team:
    """One team, by its key. What was asked of Linear is kept as long as the connection."""

    def __init__(self, api: LinearApi, key: str) -> None:
        self._api = api
        self.key = key
        self._team: dict[str, Any] | None = None
        self._label_ids: dict[str, str] = {}

    async def read(self) -> dict[str, Any]:
        """The team as Linear has it. Raises ``no_access``."""
        if self._team is None:
            answer = await self._api.ask(queries.TEAM, {"key": self.key})
            teams = nodes(answer.get("teams"))
            if not teams or teams[0].get("archivedAt"):
                raise failures.no_access("Linear", f"the team {self.key}")
            self._team = teams[0]
        return self._team

    async def id(self) -> str:
        """Its id."""
        return str((await self.read())["id"])

    async def state_id(self, types: Sequence[str]) -> str:
        """The first state of the first of these types that the team has. Raises
        ``no_such_transition``."""
        team = await self.read()
        states = sorted(nodes(team.get("states")), key=lambda state: state.get("position") or 0)
        for state_type in types:
            for state in states:
                if state.get("type") == state_type:
                    return str(state["id"])
        raise TrackerError(
            "no_such_transition",
            f"The team {self.key} in Linear has no status of the type {types[0]}. Add one, or "
            "change the rule.",
            permanent=True,
        )

    async def open_state_id(self) -> str:
        """The state in which an issue is open again."""
        return await self.state_id(OPEN_TYPES)

    async def labels(self, draft: Draft) -> list[str]:
        """The ids of a draft's labels; those that are missing are made in the team, where our
        account may."""
        names = list(dict.fromkeys([TICKET_LABEL, *draft.labels]))
        unread = [name for name in names if name not in self._label_ids]
        if unread:
            answer = await self._api.ask(queries.LABELS, {"names": unread})
            team_id = await self.id()
            for label in nodes(answer.get("issueLabels")):
                if (label.get("team") or {}).get("id") in (None, team_id):
                    self._label_ids[str(label["name"])] = str(label["id"])
            for name in unread:
                if name not in self._label_ids:
                    self._label_ids[name] = await self._made(name, team_id)
        return [self._label_ids[name] for name in names if self._label_ids[name]]

    async def _made(self, name: str, team_id: str) -> str:
        """The id of a new label; blank where our account may make none."""
        try:
            answer = await self._api.ask(
                queries.ADD_LABEL, {"input": {"name": name, "teamId": team_id}}
            )
        except AlreadyThere:
            return ""
        except TrackerError as error:
            if error.reason not in _UNLABELLED:
                raise
            return ""
        return str((answer["issueLabelCreate"].get("issueLabel") or {}).get("id") or "")


def nodes(connection: Any) -> list[dict[str, Any]]:
    """The objects of a connection of GraphQL."""
    listed = connection.get("nodes") if isinstance(connection, dict) else None
    return [one for one in listed or [] if isinstance(one, dict)]
