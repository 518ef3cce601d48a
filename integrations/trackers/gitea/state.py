"""What an issue of Gitea, of its API or of a webhook, says of a ticket's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations import failures
from integrations.tracker_contract import RemoteState, TicketRef
from integrations.trackers.gitea.settings import GiteaSettings
from integrations.trackers.label_status import StatusLabels


@dataclass(frozen=True, slots=True)
class GiteaReader:
    """Reads issues as the tickets of one repository."""

    repository: str
    labels: StatusLabels

    @classmethod
    def of(cls, settings: GiteaSettings) -> GiteaReader:
        """As the settings say."""
        labels = StatusLabels.entered(settings.started_labels, settings.declined_labels)
        return cls(settings.repository, labels)

    def state(self, issue: Mapping[str, Any], repository: str = "") -> RemoteState:
        """An issue's state; its labels say what Gitea's two statuses do not. ``repository`` is
        where a webhook says that it is. Raises TrackerError where it is not an issue."""
        try:
            number, state = str(issue["number"]), str(issue["state"])
            ref = TicketRef(
                str(issue["id"]),
                self._key(issue, number, repository),
                str(issue.get("html_url") or ""),
            )
        except KeyError:
            raise failures.unreadable("Gitea") from None
        is_closed = state == "closed"
        listed = issue.get("labels")
        labels = [
            str(label.get("name") or "")
            for label in (listed if isinstance(listed, list) else [])
            if isinstance(label, dict)
        ]
        status = self.labels.status(labels, is_closed=is_closed)
        return RemoteState(
            ref,
            status.status,
            status.category,
            str(issue.get("title") or ""),
            resolution=status.label,
            since=gitea_moment(issue.get("closed_at")) if is_closed else None,
        )

    def _key(self, issue: Mapping[str, Any], number: str, repository: str) -> str:
        """What people call an issue: its number, with the repository where that is another one."""
        place = issue.get("repository")
        name = repository or (str(place.get("full_name") or "") if isinstance(place, dict) else "")
        is_own = not name or name.lower() == self.repository.lower()
        return number if is_own else f"{name}#{number}"


def gitea_moment(text: Any) -> datetime | None:
    """A time of the API; the year 1 stands for none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo and moment.year > 1 else None
