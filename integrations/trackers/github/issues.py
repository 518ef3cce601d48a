"""Tickets as issues of a GitHub repository."""

from __future__ import annotations

import re
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
from integrations.trackers.entered import REPOSITORY_PATTERN
from integrations.trackers.github import body, duplicates, following, linking
from integrations.trackers.github.api import GitHubApi, issue_state
from integrations.trackers.github.app_tokens import InstallationTokens
from integrations.trackers.github.check import findings
from integrations.trackers.github.finding import find_issue
from integrations.trackers.github.issue_text import IssueText
from integrations.trackers.github.new_fields import github_values, offered_fields
from integrations.trackers.github.settings import GitHubSettings, page_host
from integrations.trackers.wording import TICKET_LABEL

_REPOSITORY_NAME = re.compile(REPOSITORY_PATTERN)


class GitHubTracker:
    """Tickets as issues of one repository."""

    def __init__(self, settings: GitHubSettings, api: GitHubApi) -> None:
        self._api = api
        self._issues = f"/repos/{settings.repository}/issues"
        self._repository = settings.repository
        self._closes_duplicates = settings.close_duplicates
        self._page_host = page_host(settings)
        self._account: Account | None = None

    async def create(self, draft: Draft) -> TicketRef:
        """One POST. The marker is a hidden comment in the body, because GitHub has no idempotency
        key."""
        request = self.preview(draft)
        issue = await self._api.call(request.method, self._issues, json=request.body)
        return issue_state(issue).ref

    def preview(self, draft: Draft) -> TicketRequest:
        """A POST of the issue."""
        fields = {
            "title": body.title(draft),
            "body": body.new_body(draft),
            "labels": _labels(draft),
            **github_values(draft.fields),
        }
        return TicketRequest("POST", self._issues, fields)

    async def fields(self) -> Sequence[TicketField]:
        """Milestone and type."""
        return await offered_fields(self._api, self._repository)

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """Read, then write only what differs: the body where its block is stale, a title whose
        words were taken back, and the labels that are missing."""
        repository, _ = self._place(ref)
        text = IssueText(self._api, repository, await self._issue(ref), draft)
        await write_carefully(text, draft, journal)
        if title_change := text.title_change:
            text.issue = await self._api.call("PATCH", text.path, json=title_change)
        present = {
            str(label["name"]).lower()
            for label in text.issue.get("labels", [])
            if isinstance(label, dict)
        }
        missing = [label for label in _labels(draft) if label.lower() not in present]
        if missing:
            await self._api.call("POST", f"{text.path}/labels", json={"labels": missing})
        return replace(issue_state(text.issue).ref, key=ref.key)

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """One GET."""
        repository, _ = self._place(ref)
        text = IssueText(self._api, repository, await self._issue(ref), draft)
        standing = await text.read()
        return text.same(standing, text.merged(standing, draft))

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """Whether the issue is to be closed."""
        return duplicates.plan(await self._issue(ref), of, close=self._closes_duplicates)

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Close the issue as a duplicate."""
        issue, login = await self._issue(ref), (await self.whoami()).login
        return await duplicates.mark(self._api, self._path(ref), issue, mark, login)

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Open the issue again where we closed it."""
        issue, login = await self._issue(ref), (await self.whoami()).login
        return await duplicates.unmark(self._api, self._path(ref), issue, mark, login)

    async def note(self) -> str:
        """The login that creates the issue, as far as GitHub tells it."""
        try:
            return (await self.whoami()).login
        except TrackerError as error:
            if error.reason not in ("forbidden", "not_found"):
                raise
            return ""

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """The oldest issue whose body holds the marker, by ``finding``. Only our own issues are
        listed where the account is the one of the attempt."""
        creator = await self._creator(attempt)
        return await find_issue(self._api, self._repository, marker, attempt, creator)

    async def whoami(self) -> Account:
        """The account of the token, or of the App. A token that somebody made of an App does not
        know its own: its ``id`` is blank."""
        if self._account is None and self._api.app_tokens is not None:
            self._account = await self._whoami_as_app(self._api.app_tokens)
        if self._account is None:
            try:
                user = await self._api.call("GET", "/user")
            except TrackerError as error:
                if error.reason != "forbidden":
                    raise
                await self._api.call("GET", "/installation/repositories", params={"per_page": 1})
                user = {}
            login = str(user.get("login") or "")
            self._account = Account(
                login,
                login or "a GitHub App",
                login,
                is_machine=user.get("type") == "Bot" or not login,
                key=str(user.get("id") or ""),
            )
        return self._account

    async def _whoami_as_app(self, tokens: InstallationTokens) -> Account:
        app = await tokens.app()
        login = f"{app.get('slug') or ''}[bot]"
        name = f"the GitHub App {app.get('name') or app.get('slug')}"
        return Account(login, name, login, is_machine=True, key=f"app {app.get('id')}")

    async def probe(self) -> None:
        """Ask for the repository. Raises ``no_access``, also where its issues are switched off:
        then each of them answers as a deleted one."""
        try:
            repository = await self._api.call("GET", f"/repos/{self._repository}")
        except TrackerError as error:
            if error.reason not in ("not_found", "gone", "moved", "forbidden"):
                raise
            raise failures.no_access("GitHub", f"the repository {self._repository}") from None
        if repository.get("has_issues") is False:
            raise failures.no_access("GitHub", f"issues of the repository {self._repository}")

    async def renamed(self) -> Mapping[str, str]:
        """The repository's new name, where calls were redirected and it answers to that name as
        the same repository."""
        if not self._api.was_redirected:
            return {}
        old = await self._api.call("GET", f"/repos/{self._repository}")
        name = str(old.get("full_name") or "")
        if not name or name.lower() == self._repository.lower() or not _REPOSITORY_NAME.match(name):
            return {}
        new = await self._api.call("GET", f"/repos/{name}")
        same = new.get("id") == old.get("id") and new.get("full_name") == name
        return {"repository": name} if same else {}

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is now, as the object that it became where it was transferred; ``gone``
        where it was deleted, or another one has its number now, ``hidden`` where the repository is
        to be seen and the issue is not."""
        try:
            issue = await self._api.call("GET", self._path(ref))
        except TrackerError as error:
            if error.reason not in ("not_found", "gone", "moved"):
                raise
            reason = error.reason
        else:
            return await self._state(ref, issue)
        if reason == "moved":
            return RemoteState(ref, "transferred", StatusCategory.gone)
        await self.probe()
        if reason == "gone":
            return RemoteState(ref, "deleted", StatusCategory.gone)
        return RemoteState(ref, "deleted or hidden", StatusCategory.hidden)

    async def _state(self, ref: TicketRef, issue: Mapping[str, Any]) -> RemoteState:
        state = issue_state(issue)
        repository, number = self._place(ref)
        if state.ref.id == ref.id:
            state = replace(state, ref=replace(state.ref, key=ref.key))
        else:
            moved_to = following.repository_of(issue) or repository
            if (moved_to.lower(), state.ref.key) == (repository.lower(), number):
                return RemoteState(ref, "transferred", StatusCategory.gone)
            repository, number = moved_to, state.ref.key
            key = following.ticket_key(self._repository, moved_to, number)
            state = replace(state, ref=replace(state.ref, key=key))
        if state.category is StatusCategory.duplicate:
            living = await following.canonical_of(self._api, repository, number)
            state = replace(state, duplicate_of=living)
        return state

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """The issues of the repository that changed since; an unchanged list costs nothing."""
        return await following.changed_issues(self._api, self._repository, bookmark, since)

    async def comment(self, ref: TicketRef, text: str) -> None:
        """One POST."""
        await self._api.call("POST", f"{self._path(ref)}/comments", json={"body": text})

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """Open the issue, where it is closed."""
        issue = await self._issue(ref)
        if issue.get("state") != "open":
            change = {"state": "open", "state_reason": "reopened"}
            issue = await self._api.call("PATCH", self._path(ref), json=change)
        return replace(issue_state(issue), ref=replace(issue_state(issue).ref, key=ref.key))

    async def locate(self, name: str) -> RemoteState:
        """The issue by its number, with a repository or in this one, or by its address."""
        repository, number = linking.named_issue(name, self._repository, self._page_host)
        issue = await linking.located(self._api, repository, number)
        state = issue_state(issue)
        place = following.repository_of(issue) or repository
        key = following.ticket_key(self._repository, place, state.ref.key)
        return replace(state, ref=replace(state.ref, key=key))

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """Issues of the repository with words of the title in theirs."""
        return await linking.similar_issues(self._api, self._repository, title)

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """One POST, and the comment is pinned; later one PATCH where something differs."""
        repository, number = self._place(ref)
        login = (await self.whoami()).login
        return await linking.keep_comment(self._api, repository, number, draft, comment_id, login)

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """A webhook of the repository for the event *Issues*."""
        return await following.register(self._api, self._repository, address, secret)

    async def audience(self) -> Visibility:
        """Who may read the repository: everybody, its organisation, or those who were let in."""
        repository = await self._api.call("GET", f"/repos/{self._repository}")
        named = repository.get("visibility")
        if named == "internal":
            return Visibility.members
        if repository.get("private") is True or named == "private":
            return Visibility.private
        is_public = repository.get("private") is False or named == "public"
        return Visibility.public if is_public else Visibility.unknown

    async def check(self) -> list[Finding]:
        """Token, repository, issues switched on, permission, calls left."""
        return self._api.scrubber.cleaned(await findings(self._api, self._repository))

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    def _place(self, ref: TicketRef) -> tuple[str, str]:
        """The repository of a ticket, and its number there."""
        repository, _, number = ref.key.rpartition("#")
        return repository or self._repository, number

    def _path(self, ref: TicketRef) -> str:
        repository, number = self._place(ref)
        return f"/repos/{repository}/issues/{number}"

    async def _creator(self, attempt: Attempt | None) -> str:
        """The login whose issues are enough to look through; blank where that is not certain."""
        if attempt is None or not attempt.note:
            return ""
        login = (await self.whoami()).login
        return login if login == attempt.note else ""

    async def _issue(self, ref: TicketRef) -> dict[str, Any]:
        issue = await self._api.call("GET", self._path(ref))
        if str(issue.get("id")) != ref.id:
            raise failures.another_ticket(f"Issue {ref.key}", self._repository)
        return issue


def _labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([TICKET_LABEL, *draft.labels]))
