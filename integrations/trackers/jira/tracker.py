"""Jira Cloud and Jira Data Center.

1. Use an account of its own for this service, so that its changes are told apart from those of
   people. Cloud: create an API token for it (id.atlassian.com, Security) and enter e-mail and
   token. Data Center: create a personal access token in its profile and enter the token alone.
2. The account needs *Browse projects*, *Create issues* and *Edit issues* in the project.
3. Enter the site's address (`https://acme.atlassian.net`), the project's key, and the issue types
   for bugs and for requests. If the project requires more fields, give them as `extra_fields`; the
   check names them.
4. For status to come back, an administrator adds a webhook (System, WebHooks): the address and
   secret that this service shows, events *Issue updated* and *Issue deleted*. Where your Jira has
   no field for a webhook's secret, leave the webhook away: tickets are compared regularly all the
   same.
5. Run the check.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field, JsonValue, field_validator

from integrations import neutralize
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
from integrations.trackers.jira import adf
from integrations.trackers.jira import wiki as jira_wiki
from integrations.trackers.jira.api import STATE_FIELDS, JiraApi
from integrations.trackers.jira.check import findings
from integrations.trackers.jira.state import issue_state, parse_event

SUMMARY_LIMIT = 255
LABEL = "feedback-relay"
OURS = frozenset({"project", "issuetype", "summary", "description", "labels"})


class Deployment(StrEnum):
    cloud = "cloud"
    data_center = "data_center"


class JiraSettings(BaseModel):
    """Where the tickets of a product go in Jira. ``extra_fields`` maps field ids to values of
    Jira's own shape."""

    base_url: str = Field(
        pattern=r"^https?://[^\s/?#]+[^\s?#]*$", examples=["https://acme.atlassian.net"]
    )
    project: str = Field(pattern=r"^[A-Z][A-Z0-9_]{0,254}$", examples=["APP"])
    deployment: Deployment = Deployment.cloud
    issue_type_bug: str = Field(default="Bug", min_length=1)
    issue_type_feature: str = Field(default="Task", min_length=1)
    extra_fields: dict[str, JsonValue] = Field(default_factory=dict)

    @field_validator("base_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("extra_fields")
    @classmethod
    def _not_ours(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if taken := sorted(OURS & value.keys()):
            raise ValueError(
                f"{', '.join(taken)}: filled in by the service; leave it out of extra_fields."
            )
        return value


class JiraCredentials(BaseModel):
    """What lets us in: e-mail and API token (Cloud), or a personal access token alone (Data
    Center)."""

    model_config = SECRETIVE

    email: str = Field(default="", pattern=r"^[^\s:]*$")
    token: Token


class JiraTracker:
    """Tickets as issues of one project."""

    def __init__(self, settings: JiraSettings, api: JiraApi) -> None:
        self._settings = settings
        self._api = api

    async def create(self, draft: Draft) -> TicketRef:
        """One POST. The marker is a label, because JQL finds labels and no text of a description
        reliably."""
        bug = draft.kind == "bug"
        issue = await self._api.create(
            {
                **self._settings.extra_fields,
                "project": {"key": self._settings.project},
                "issuetype": {
                    "name": self._settings.issue_type_bug
                    if bug
                    else self._settings.issue_type_feature
                },
                "summary": neutralize.title(draft.title, SUMMARY_LIMIT),
                "description": adf.new_description(draft)
                if self._api.cloud
                else jira_wiki.new_description(draft),
                "labels": _labels(draft),
            }
        )
        return issue_state(issue, self._settings.base_url).ref

    async def update(self, ref: TicketRef, draft: Draft) -> TicketRef:
        """Read, then at most one PUT with what differs: a stale block of the description, and
        missing labels."""
        issue = await self._api.issue(ref.id, f"{STATE_FIELDS},description,labels")
        fields = issue.get("fields") or {}
        payload: dict[str, Any] = {}
        if description := self._changed(fields.get("description"), draft):
            payload["fields"] = {"description": description}
        if missing := [
            label for label in _labels(draft) if label not in (fields.get("labels") or [])
        ]:
            payload["update"] = {"labels": [{"add": label} for label in missing]}
        if payload:
            await self._api.edit(ref.id, payload)
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
            if error.reason in ("not_found", "gone"):
                return RemoteState(ref, "deleted", StatusCategory.gone)
            raise
        return issue_state(issue, self._settings.base_url)

    async def check(self) -> list[Finding]:
        """Credentials, project, permissions, issue types, and required fields that nothing fills
        in."""
        types = dict.fromkeys([self._settings.issue_type_bug, self._settings.issue_type_feature])
        return await findings(
            self._api,
            self._settings.project,
            list(types),
            OURS | self._settings.extra_fields.keys(),
        )

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    def _changed(self, old: Any, draft: Draft) -> str | dict[str, Any] | None:
        """The new description, or None where the one Jira has says the same."""
        if not self._api.cloud:
            text = str(old or "").replace("\r\n", "\n")
            wiki = jira_wiki.merged_description(text, draft)
            return wiki if wiki != text else None
        document = adf.merged_description(old, draft)
        return None if adf.same(old, document) else document


def _labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([draft.marker, LABEL, *draft.labels]))


def open_jira(settings: JiraSettings, credentials: Any, *, allow_private: bool = False) -> Tracker:
    """A connection to one project."""
    entered = JiraCredentials.model_validate(credentials)
    if settings.deployment is Deployment.cloud and not entered.email:
        raise TrackerError(
            "missing_email",
            "Jira Cloud needs the e-mail of the token's account; enter it as well.",
            permanent=True,
        )
    api = JiraApi(
        settings.base_url,
        cloud=settings.deployment is Deployment.cloud,
        email=entered.email,
        token=entered.token.get_secret_value(),
        allow_private=allow_private,
    )
    return JiraTracker(settings, api)


TRACKER = TrackerType(
    name="jira",
    title="Jira",
    settings=JiraSettings,
    credentials=JiraCredentials,
    open=open_jira,
    guide=__doc__ or "",
    parse_event=parse_event,
    signature=Signature(header="x-hub-signature", prefix="sha256="),
    min_interval=0.2,
    search_lag=20.0,
)
