"""Tickets as issues of a GitLab project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations import failures
from integrations.contract import Visibility
from integrations.ticket_fields import TicketField, TicketRequest
from integrations.ticket_status import ChangedTickets, RegisteredHook
from integrations.tracker_contract import (
    Account,
    Attempt,
    Draft,
    Finding,
    RemoteState,
    StatusCategory,
    TicketRef,
    TrackerError,
)
from integrations.tracker_writes import NO_JOURNAL, DuplicateMark, WriteJournal
from integrations.trackers.careful import write_carefully
from integrations.trackers.gitlab import body, duplicates, following, linking, text
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.check import findings
from integrations.trackers.gitlab.finding import find_issue
from integrations.trackers.gitlab.issue_text import GitLabIssueText
from integrations.trackers.gitlab.settings import GitLabSettings
from integrations.trackers.gitlab.state import IssueReader
from integrations.trackers.wording import TICKET_LABEL

_MOVES_FOLLOWED_MOST = 5
_AUDIENCES = {
    "public": Visibility.public,
    "internal": Visibility.members,
    "private": Visibility.private,
}
_NOT_SHOWN = ("not_found", "gone", "moved", "forbidden")


class GitLabTracker:
    """Tickets as issues of one project."""

    def __init__(self, settings: GitLabSettings, api: GitLabApi) -> None:
        self._api = api
        self._settings = settings
        self._reader = IssueReader.of(settings)
        self._account: Account | None = None

    async def create(self, draft: Draft) -> TicketRef:
        """One POST. The marker is a hidden comment in the description, because GitLab has no
        idempotency key."""
        request = self.preview(draft)
        issue = await self._api.call(request.method, request.address, json=dict(request.body))
        return self._reader.state(issue).ref

    def preview(self, draft: Draft) -> TicketRequest:
        """A POST of the issue."""
        fields: dict[str, Any] = {
            "title": body.cut_title(draft.title),
            "description": body.new_body(draft),
            "labels": ",".join(_own_labels(draft)),
        }
        if self._settings.confidential:
            fields["confidential"] = True
        return TicketRequest("POST", f"{self._api.project_path}/issues", fields)

    async def fields(self) -> Sequence[TicketField]:
        """None: GitLab's own fields are not filled in yet."""
        return []

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """Read, then write only what differs: the description where its block is stale, a title
        whose words were taken back, and the labels that are missing."""
        issue_text = await self._text(ref, draft)
        await write_carefully(issue_text.kept, draft, journal)
        changes = issue_text.title_change
        present = {str(label).lower() for label in issue_text.issue.get("labels") or []}
        missing = [label for label in _own_labels(draft) if label.lower() not in present]
        if missing:
            changes["add_labels"] = ",".join(missing)
        if changes:
            issue_text.issue = await self._api.call("PUT", self._path(ref), json=changes)
        return replace(self._reader.state(issue_text.issue).ref, key=ref.key)

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """One GET."""
        issue_text = await self._text(ref, draft)
        return await issue_text.kept.is_current()

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """Whether the issue is to be closed."""
        issue = await self._issue(ref)
        return duplicates.plan(issue, of, close=self._settings.close_duplicates)

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Close the issue as a duplicate."""
        issue, login = await self._issue(ref), (await self.whoami()).login
        return await duplicates.mark(self._api, self._path(ref), issue, mark, login)

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Open the issue again where we closed it."""
        issue, login = await self._issue(ref), (await self.whoami()).login
        return await duplicates.unmark(self._api, self._path(ref), issue, mark, login)

    async def note(self) -> str:
        """The account that creates the issue."""
        return (await self.whoami()).login

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """The oldest issue whose description holds the marker, by ``finding``."""
        is_ours = False
        if attempt is not None and attempt.note:
            is_ours = (await self.whoami()).login == attempt.note
        return await find_issue(self._api, self._reader, marker, attempt, is_ours=is_ours)

    async def whoami(self) -> Account:
        """The account of the token. That of a project's or a group's token is a machine."""
        if self._account is None:
            user = await self._api.call("GET", "/user")
            login = str(user.get("username") or "")
            self._account = Account(
                login,
                str(user.get("name") or login),
                login,
                is_machine=user.get("bot") is True,
                key=str(user.get("id") or ""),
            )
        return self._account

    async def probe(self) -> None:
        """Ask for the project. Raises ``no_access``, also where its issues are switched off."""
        try:
            project = await self._api.call("GET", self._api.project_path)
        except TrackerError as error:
            if error.reason not in _NOT_SHOWN:
                raise
            raise failures.no_access("GitLab", f"the project {self._settings.project}") from None
        if project.get("issues_access_level") == "disabled":
            raise failures.no_access("GitLab", f"issues of the project {self._settings.project}")

    async def renamed(self) -> Mapping[str, str]:
        """The project's new path, where calls were redirected and it answers to that path as the
        same project."""
        if not self._api.was_redirected or self._settings.project.isdecimal():
            return {}
        old = await self._api.call("GET", self._api.project_path)
        path = str(old.get("path_with_namespace") or "")
        if not path or path.lower() == self._settings.project.lower():
            return {}
        return {"project": path}

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is now, as the one that it became where it was moved; ``hidden`` where
        the project is to be seen and the issue is not. GitLab does not tell deleted from hidden."""
        try:
            issue = await self._api.call("GET", self._path(ref))
        except TrackerError as error:
            if error.reason not in _NOT_SHOWN:
                raise
        else:
            if str(issue.get("id")) == ref.id:
                return await self._state(ref, issue)
        await self.probe()
        return RemoteState(ref, "deleted or hidden", StatusCategory.hidden)

    async def _state(self, ref: TicketRef, issue: Mapping[str, Any]) -> RemoteState:
        for _ in range(_MOVES_FOLLOWED_MOST):
            if not issue.get("moved_to_id"):
                break
            moved = await following.moved_issue(self._api, issue)
            if moved is None:
                return RemoteState(ref, "moved", StatusCategory.hidden)
            issue = moved
        state = self._reader.state(issue)
        if following.is_duplicate(issue):
            living = following.ref_of(await following.living_issue(self._api, issue), self._reader)
            status = "closed (duplicate)"
            return replace(
                state, status=status, category=StatusCategory.duplicate, duplicate_of=living
            )
        if state.category is StatusCategory.done:
            path = following.issue_path(self._api, state.ref.key)
            if await following.is_promoted(self._api, path):
                promoted = "closed (promoted to an epic)"
                return replace(state, status=promoted, category=StatusCategory.in_progress)
        return state

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """The issues of the project that changed since."""
        return await following.changed_issues(self._api, self._reader, bookmark, since)

    async def comment(self, ref: TicketRef, text_: str) -> None:
        """One POST."""
        note = {"body": text.gitlab_plain(text_)}
        await self._api.call("POST", f"{self._path(ref)}/notes", json=note)

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """Open the issue, where it is closed."""
        issue = await self._issue(ref)
        if issue.get("state") == "closed":
            issue = await self._api.call("PUT", self._path(ref), json={"state_event": "reopen"})
        return self._reader.state(issue)

    async def locate(self, name: str) -> RemoteState:
        """The issue by its number, with a project or in this one, or by its address."""
        key = linking.named_issue(name, self._settings.base_url)
        return self._reader.state(await self._api.call("GET", following.issue_path(self._api, key)))

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """Issues of the project with words of the title in theirs."""
        return await linking.similar_issues(self._api, self._reader, title)

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """One POST; later one PUT where something differs."""
        login = (await self.whoami()).login
        return await linking.keep_note(self._api, self._path(ref), draft, comment_id, login)

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """A webhook of the project for issues."""
        return await following.register(self._api, address, secret)

    async def audience(self) -> Visibility:
        """Who may read the issues: the project's team alone where they are confidential, or where
        the project shows issues to nobody else."""
        if self._settings.confidential:
            return Visibility.private
        project = await self._api.call("GET", self._api.project_path)
        if project.get("issues_access_level") == "private":
            return Visibility.private
        return _AUDIENCES.get(str(project.get("visibility")), Visibility.unknown)

    async def check(self) -> list[Finding]:
        """Token, its scope and its end, project, issues switched on, role."""
        return self._api.scrubber.cleaned(await findings(self._api, self._settings))

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    def _path(self, ref: TicketRef) -> str:
        return following.issue_path(self._api, ref.key)

    async def _text(self, ref: TicketRef, draft: Draft) -> GitLabIssueText:
        return GitLabIssueText(self._api, self._path(ref), await self._issue(ref), draft)

    async def _issue(self, ref: TicketRef) -> dict[str, Any]:
        issue = await self._api.call("GET", self._path(ref))
        if str(issue.get("id")) != ref.id:
            raise failures.another_ticket(f"Issue {ref.key}", self._settings.project)
        return issue


def _own_labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([TICKET_LABEL, *draft.labels]))
