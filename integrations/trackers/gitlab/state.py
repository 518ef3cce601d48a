"""What an issue of GitLab, of its API or of a webhook, says of a ticket's state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations import failures
from integrations.tracker_contract import RemoteState, TicketRef
from integrations.trackers.gitlab.settings import GitLabSettings
from integrations.trackers.label_status import StatusLabels


@dataclass(frozen=True, slots=True)
class IssueReader:
    """Reads issues as the tickets of one project."""

    project: str
    labels: StatusLabels

    @classmethod
    def of(cls, settings: GitLabSettings) -> IssueReader:
        """As the settings say."""
        labels = StatusLabels.entered(settings.started_labels, settings.declined_labels)
        return cls(settings.project, labels)

    def state(self, issue: Mapping[str, Any]) -> RemoteState:
        """An issue's state. GitLab has two statuses alone, so labels say more. Raises TrackerError
        where it is not an issue."""
        try:
            ref = TicketRef(str(issue["id"]), self._key(issue), _page_of(issue))
            is_closed = str(issue["state"]) == "closed"
        except KeyError:
            raise failures.unreadable("GitLab") from None
        status = self.labels.status(list(_labels(issue)), is_closed=is_closed)
        closer = issue.get("closed_by")
        return RemoteState(
            ref,
            status.status,
            status.category,
            str(issue.get("title") or ""),
            resolution=status.label,
            since=moment_of(issue.get("closed_at")) if is_closed else None,
            by=str(closer.get("username") or "") if isinstance(closer, dict) else "",
        )

    def _key(self, issue: Mapping[str, Any]) -> str:
        """What people call an issue: its number, with the project where that is another one."""
        number = str(issue["iid"])
        references = issue.get("references")
        full_name = str(references.get("full") or "") if isinstance(references, dict) else ""
        project = full_name.rpartition("#")[0]
        own = (self.project.lower(), "")
        if project.lower() in own or str(issue.get("project_id")) == self.project:
            return number
        return f"{project}#{number}"


def _labels(issue: Mapping[str, Any]) -> Iterator[str]:
    """The names of labels: the API gives texts, a webhook objects."""
    labels = issue.get("labels")
    for label in labels if isinstance(labels, list) else []:
        yield str(label.get("title") or "") if isinstance(label, dict) else str(label)


def _page_of(issue: Mapping[str, Any]) -> str:
    return str(issue.get("web_url") or issue.get("url") or "")


def moment_of(text: Any) -> datetime | None:
    """A time of the API (RFC 3339) or of a webhook (``2026-11-20 10:00:00 UTC``)."""
    try:
        moment = datetime.fromisoformat(str(text).removesuffix(" UTC"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
