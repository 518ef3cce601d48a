"""GitHub Issues.

1. Create a fine-grained personal access token, or use a GitHub App installed on the repository.
   Repository access: only the repository of the tickets. Permissions: *Issues: read and write*,
   *Metadata: read*.
2. Enter the repository as `owner/name`. For GitHub Enterprise Server enter the API's address
   (`https://github.example.com/api/v3`) as well.
3. For status to come back, add a webhook to the repository: the address and secret that this
   service shows, content type `application/json`, event *Issues* alone.
4. Run the check. Without push access GitHub drops labels silently; tickets are created all the
   same.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field, field_validator

from integrations.signatures import Signature
from integrations.tracker_contract import (
    Draft,
    Finding,
    RemoteState,
    StatusCategory,
    TicketRef,
    Tracker,
    TrackerError,
    TrackerType,
)
from integrations.trackers.credentials import SECRETIVE, Token
from integrations.trackers.github import body
from integrations.trackers.github.api import GitHubApi, issue_state
from integrations.trackers.github.check import findings
from integrations.trackers.github.events import parse_event

LISTED_PAGES = 3
LABEL = "feedback-relay"


class GitHubSettings(BaseModel):
    """Where the tickets of a product go on GitHub."""

    repository: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        examples=["acme/app"],
    )
    base_url: str = Field(default="https://api.github.com", pattern=r"^https?://[^\s/?#]+[^\s?#]*$")

    @field_validator("base_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")


class GitHubCredentials(BaseModel):
    """What lets us in: a personal access token, or an installation token of a GitHub App."""

    model_config = SECRETIVE

    token: Token


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
                "labels": list(dict.fromkeys([LABEL, *draft.labels])),
            },
        )
        return issue_state(issue).ref

    async def update(self, ref: TicketRef, draft: Draft) -> TicketRef:
        """Read, then write only what differs: the body where its block is stale, and the labels
        that are missing."""
        issue = await self._issue(ref)
        path = f"{self._issues}/{issue['number']}"
        old = str(issue.get("body") or "").replace("\r\n", "\n")
        new = body.merged_body(old, draft)
        if new != old:
            issue = await self._api.call("PATCH", path, json={"body": new})
        present = {
            str(label["name"]).lower()
            for label in issue.get("labels", [])
            if isinstance(label, dict)
        }
        if missing := [
            label for label in dict.fromkeys([LABEL, *draft.labels]) if label.lower() not in present
        ]:
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
        found: list[dict[str, Any]] = []
        for page in range(1, LISTED_PAGES + 1):
            issues = await self._api.call_list(
                self._issues,
                {
                    "state": "all",
                    "sort": "created",
                    "direction": "desc",
                    "per_page": 100,
                    "page": page,
                },
            )
            found += [issue for issue in issues if line in str(issue.get("body") or "")]
            if len(issues) < 100:
                return _oldest(found)
        if not found:
            query = f'"{marker}" in:body is:issue repo:{self._repository}'
            answer = await self._api.call(
                "GET", "/search/issues", params={"q": query, "per_page": 20}
            )
            found = [
                issue for issue in answer.get("items", []) if line in str(issue.get("body") or "")
            ]
        return _oldest(found)

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is now; ``gone`` where it was deleted, transferred, or hidden from the
        token."""
        try:
            return issue_state(await self._issue(ref))
        except TrackerError as error:
            if error.reason in ("not_found", "gone", "moved"):
                return RemoteState(
                    ref,
                    "transferred" if error.reason == "moved" else "deleted",
                    StatusCategory.gone,
                )
            raise

    async def check(self) -> list[Finding]:
        """Token, repository, issues switched on, permission, calls left."""
        return await findings(self._api, self._repository)

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    async def _issue(self, ref: TicketRef) -> dict[str, Any]:
        issue = await self._api.call("GET", f"{self._issues}/{ref.key}", follow=True)
        if str(issue.get("id")) != ref.id:
            raise TrackerError(
                "moved",
                f"Issue {ref.key} of {self._repository} is another one than the ticket that was "
                "created. "
                "Link the right issue, or create the ticket again.",
                permanent=True,
            )
        return issue


def _oldest(issues: list[dict[str, Any]]) -> TicketRef | None:
    return issue_state(min(issues, key=lambda issue: int(issue["number"]))).ref if issues else None


def open_github(
    settings: GitHubSettings, credentials: Any, *, allow_private: bool = False
) -> Tracker:
    """A connection to one repository."""
    token = GitHubCredentials.model_validate(credentials).token.get_secret_value()
    return GitHubTracker(settings, GitHubApi(settings.base_url, token, allow_private=allow_private))


TRACKER = TrackerType(
    name="github",
    title="GitHub Issues",
    settings=GitHubSettings,
    credentials=GitHubCredentials,
    open=open_github,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-hub-signature-256", prefix="sha256="),
    min_interval=1.0,  # 'at least one second between requests that create content', and 80 a minute
    search_lag=5.0,
)
