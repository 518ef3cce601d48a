"""Tickets as issues of a Jira project."""

from __future__ import annotations

from typing import Any

from integrations import neutralize
from integrations.tracker_contract import (
    Draft,
    Finding,
    RemoteState,
    StatusCategory,
    TicketRef,
    TrackerError,
)
from integrations.trackers.jira import adf, adf_nodes, wiki
from integrations.trackers.jira.api import STATE_FIELDS, JiraApi
from integrations.trackers.jira.check import findings
from integrations.trackers.jira.limits import JIRA_SUMMARY_MAX_CHARACTERS
from integrations.trackers.jira.settings import FILLED_FIELDS, JiraSettings
from integrations.trackers.jira.state import issue_state
from integrations.trackers.wording import TICKET_LABEL


class JiraTracker:
    """Tickets as issues of one project."""

    def __init__(self, settings: JiraSettings, api: JiraApi) -> None:
        self._settings = settings
        self._api = api

    async def create(self, draft: Draft) -> TicketRef:
        """One POST. The marker is a label, because JQL finds labels and no text of a description
        reliably."""
        settings = self._settings
        is_bug = draft.kind == "bug"
        issue = await self._api.create(
            {
                **settings.extra_fields,
                "project": {"key": settings.project},
                "issuetype": {
                    "name": settings.issue_type_bug if is_bug else settings.issue_type_feature
                },
                "summary": _summary(draft.title),
                "description": self._new_description(draft),
                "labels": _labels(draft),
            }
        )
        return issue_state(issue, self._settings.base_url).ref

    async def update(self, ref: TicketRef, draft: Draft) -> TicketRef:
        """Read, then at most one PUT with what differs: a stale block of the description, a
        summary whose words were taken back, and missing labels."""
        issue = await self._api.issue(ref.id, f"{STATE_FIELDS},description,labels")
        fields = issue.get("fields") or {}
        present = fields.get("labels") or []
        missing = [label for label in _labels(draft) if label not in present]
        changes: dict[str, Any] = {}
        stale: dict[str, Any] = {}
        if description := self._changed_description(fields.get("description"), draft):
            stale["description"] = description
        if draft.former_title and fields.get("summary") == _summary(draft.former_title):
            stale["summary"] = _summary(draft.title)
        if stale:
            changes["fields"] = stale
        if missing:
            changes["update"] = {"labels": [{"add": label} for label in missing]}
        if changes:
            await self._api.edit(ref.id, changes)
        return issue_state(issue, self._settings.base_url).ref

    async def find(self, marker: str) -> TicketRef | None:
        """The oldest issue with the marker's label, in whatever project it is by now. Jira's search
        lags behind."""
        issues = await self._api.search(f'labels = "{marker}" ORDER BY created ASC')
        return issue_state(issues[0], self._settings.base_url).ref if issues else None

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is, under the key it has now; ``gone`` where it was deleted or hidden
        from the account."""
        try:
            issue = await self._api.issue(ref.id, STATE_FIELDS)
        except TrackerError as error:
            if error.reason not in ("not_found", "gone"):
                raise
            return RemoteState(ref, "deleted", StatusCategory.gone)
        return issue_state(issue, self._settings.base_url)

    async def check(self) -> list[Finding]:
        """Credentials, project, permissions, issue types, and required fields that nothing fills
        in."""
        types = dict.fromkeys([self._settings.issue_type_bug, self._settings.issue_type_feature])
        return await findings(
            self._api,
            self._settings.project,
            list(types),
            FILLED_FIELDS | self._settings.extra_fields.keys(),
        )

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    def _new_description(self, draft: Draft) -> str | dict[str, Any]:
        return adf.new_description(draft) if self._api.cloud else wiki.new_description(draft)

    def _changed_description(self, old: Any, draft: Draft) -> str | dict[str, Any] | None:
        """The new description, or None where the one Jira has says the same."""
        if self._api.cloud:
            document = adf.merged_description(old, draft)
            return None if adf_nodes.same(old, document) else document
        old_text = str(old or "").replace("\r\n", "\n")
        new_text = wiki.merged_description(old_text, draft)
        return new_text if new_text != old_text else None


def _summary(title: str) -> str:
    return neutralize.title(title, JIRA_SUMMARY_MAX_CHARACTERS)


def _labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([draft.marker, TICKET_LABEL, *draft.labels]))
