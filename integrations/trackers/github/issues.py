"""Tickets as issues of a GitHub repository."""

from __future__ import annotations

from typing import Any

from integrations.tracker_contract import (
    Draft,
    Finding,
    RemoteState,
    StatusCategory,
    TicketRef,
    TrackerError,
)
from integrations.trackers.github import body
from integrations.trackers.github.api import GitHubApi, issue_state
from integrations.trackers.github.check import findings
from integrations.trackers.github.settings import GitHubSettings
from integrations.trackers.wording import TICKET_LABEL

LISTED_PAGES = 3
_ISSUES_PER_PAGE = 100  # the most that GitHub gives


class GitHubTracker:
    """Tickets as issues of one repository."""

    def __init__(self, settings: GitHubSettings, api: GitHubApi) -> None:
        self._api = api
        self._issues = f"/repos/{settings.repository}/issues"
        self._repository = settings.repository

    async def create(self, draft: Draft) -> TicketRef:
        """One POST. The marker is a hidden comment in the body, because GitHub has no idempotency
        key."""
        issue = await self._api.call(
            "POST",
            self._issues,
            json={
                "title": body.title(draft),
                "body": body.new_body(draft),
                "labels": _labels(draft),
            },
        )
        return issue_state(issue).ref

    async def update(self, ref: TicketRef, draft: Draft) -> TicketRef:
        """Read, then write only what differs: the body where its block is stale, a title whose
        words were taken back, and the labels that are missing."""
        issue = await self._issue(ref)
        path = f"{self._issues}/{issue['number']}"
        old_body = str(issue.get("body") or "").replace("\r\n", "\n")
        new_body = body.merged_body(old_body, draft)
        changes = {"body": new_body} if new_body != old_body else {}
        if draft.former_title and issue.get("title") == body.cut_title(draft.former_title):
            changes["title"] = body.title(draft)
        if changes:
            issue = await self._api.call("PATCH", path, json=changes)
        present = {
            str(label["name"]).lower()
            for label in issue.get("labels", [])
            if isinstance(label, dict)
        }
        missing = [label for label in _labels(draft) if label.lower() not in present]
        if missing:
            await self._api.call("POST", f"{path}/labels", json={"labels": missing})
        return issue_state(issue).ref

    async def find(self, marker: str) -> TicketRef | None:
        """The oldest issue whose body holds the marker.

        The newest issues are listed first, whatever their labels and author: the list is current at
        once, while the search index lags behind, labels are dropped without push access, and an
        App's token does not know its own login. Only what is older than the listed pages is left to
        the search.
        """
        line = body.marker_line(marker)
        matches: list[dict[str, Any]] = []
        for page in range(1, LISTED_PAGES + 1):
            issues = await self._newest(page)
            matches += _with_line(issues, line)
            if len(issues) < _ISSUES_PER_PAGE:
                return _oldest(matches)
        if not matches:
            query = f'"{marker}" in:body is:issue repo:{self._repository}'
            answer = await self._api.call(
                "GET", "/search/issues", params={"q": query, "per_page": 20}
            )
            matches = _with_line(answer.get("items", []), line)
        return _oldest(matches)

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is now; ``gone`` where it was deleted, transferred, or hidden from the
        token."""
        try:
            return issue_state(await self._issue(ref))
        except TrackerError as error:
            if error.reason not in ("not_found", "gone", "moved"):
                raise
            status = "transferred" if error.reason == "moved" else "deleted"
            return RemoteState(ref, status, StatusCategory.gone)

    async def check(self) -> list[Finding]:
        """Token, repository, issues switched on, permission, calls left."""
        return await findings(self._api, self._repository)

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    async def _newest(self, page: int) -> list[dict[str, Any]]:
        """A page of the repository's issues, the newest first; pages count from 1."""
        return await self._api.call_list(
            self._issues,
            {
                "state": "all",
                "sort": "created",
                "direction": "desc",
                "per_page": _ISSUES_PER_PAGE,
                "page": page,
            },
        )

    async def _issue(self, ref: TicketRef) -> dict[str, Any]:
        issue = await self._api.call("GET", f"{self._issues}/{ref.key}", follow=True)
        if str(issue.get("id")) != ref.id:
            raise TrackerError(
                "moved",
                f"Issue {ref.key} of {self._repository} is another one than the ticket that was "
                "created. Link the right issue, or create the ticket again.",
                permanent=True,
            )
        return issue


def _labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([TICKET_LABEL, *draft.labels]))


def _with_line(issues: list[dict[str, Any]], line: str) -> list[dict[str, Any]]:
    return [issue for issue in issues if line in str(issue.get("body") or "")]


def _oldest(issues: list[dict[str, Any]]) -> TicketRef | None:
    if not issues:
        return None
    return issue_state(min(issues, key=lambda issue: int(issue["number"]))).ref
