"""What an issue of GitLab, of its API or of a webhook, says of a ticket's state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from integrations import failures
from integrations.tracker_contract import RemoteState, StatusCategory, TicketRef
from integrations.trackers.gitlab.settings import GitLabSettings, label_names

_STATUS_SCOPES = ("workflow::", "status::")


@dataclass(frozen=True, slots=True)
class IssueReader:
    """Reads issues as the tickets of one project; names of labels are in lower case."""

    project: str
    started_labels: frozenset[str]
    declined_labels: frozenset[str]

    @classmethod
    def of(cls, settings: GitLabSettings) -> IssueReader:
        """As the settings say."""
        return cls(
            settings.project,
            label_names(settings.started_labels),
            label_names(settings.declined_labels),
        )

    def state(self, issue: Mapping[str, Any]) -> RemoteState:
        """An issue's state. GitLab has two statuses alone, so labels say more. Raises TrackerError
        where it is not an issue."""
        try:
            ref = TicketRef(str(issue["id"]), self._key(issue), _page_of(issue))
            is_closed = str(issue["state"]) == "closed"
        except KeyError:
            raise failures.unreadable("GitLab") from None
        deciding = self.declined_labels if is_closed else self.started_labels
        labels = list(_labels(issue))
        telling = [one for one in labels if one.lower() in deciding]
        telling += [one for one in labels if one.lower().startswith(_STATUS_SCOPES)]
        resolution = telling[0] if telling else ""
        is_decided = bool(resolution) and resolution.lower() in deciding
        status = "closed" if is_closed else "open"
        closer = issue.get("closed_by")
        return RemoteState(
            ref,
            f"{status} ({resolution})" if resolution else status,
            _category(is_closed=is_closed, is_decided=is_decided),
            str(issue.get("title") or ""),
            resolution=resolution,
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


def _category(*, is_closed: bool, is_decided: bool) -> StatusCategory:
    if is_closed:
        return StatusCategory.declined if is_decided else StatusCategory.done
    return StatusCategory.in_progress if is_decided else StatusCategory.open


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
