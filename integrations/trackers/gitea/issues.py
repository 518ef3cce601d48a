"""Tickets as issues of a Gitea or Forgejo repository."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from integrations import failures, neutralize
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
from integrations.trackers import naming
from integrations.trackers.gitea import comments, duplicates, hooks, lists
from integrations.trackers.gitea.check import findings
from integrations.trackers.gitea.settings import GiteaSettings
from integrations.trackers.gitea.state import GiteaReader
from integrations.trackers.gitea.text import gitea_title, new_issue_body, unreferenced
from integrations.trackers.json_api import JsonApi
from integrations.trackers.wording import TICKET_LABEL

_GITEA_EXAMPLES = "17, owner/name#17 or the issue's address"
_ISSUE_NAME = re.compile(r"(?:([\w.-]+/[\w.-]+)#|#)?(\d{1,12})", re.ASCII)
_ISSUE_PAGE = re.compile(r"^/([^/]+/[^/]+)/issues/(\d{1,12})(?:/|$)")
_NOT_SEEN = ("not_found", "gone", "moved", "forbidden")


class GiteaTracker:
    """Tickets as issues of one repository."""

    def __init__(self, settings: GiteaSettings, api: JsonApi) -> None:
        self._api = api
        self._settings = settings
        self._repository = f"/repos/{settings.repository}"
        self._reader = GiteaReader.of(settings)
        self._account: Account | None = None

    async def create(self, draft: Draft) -> TicketRef:
        """One POST with the marker, and our comment. A comment that fails is added by the next
        update."""
        login = (await self.whoami()).login
        labels = await lists.label_ids(self._api, self._repository, _own_labels(draft))
        fields = {**_words(draft), "labels": labels}
        issue = await self._api.call("POST", f"{self._repository}/issues", json=fields)
        ref = self._reader.state(issue).ref
        try:
            await comments.keep(self._api, self._repository, ref.key, draft, login)
        except TrackerError as error:
            raise TrackerError(
                error.reason, error.detail, ambiguous=True, retry_after=error.retry_after
            ) from None
        return ref

    def preview(self, draft: Draft) -> TicketRequest:
        """A POST of the issue; labels by their names, whose ids are asked for when it is made."""
        fields = {**_words(draft), "labels": _own_labels(draft)}
        return TicketRequest("POST", f"{self._repository}/issues", fields)

    async def fields(self) -> Sequence[TicketField]:
        """None: Gitea's own fields are not filled in yet."""
        return []

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """Our comment, a title whose words were taken back, and the labels that are missing."""
        issue = await self._issue(ref)
        repository, number = self._place(ref)
        login = (await self.whoami()).login
        await comments.keep(self._api, repository, number, draft, login)
        former = draft.former_title
        if former and issue.get("title") == gitea_title(former):
            title = {"title": gitea_title(draft.title)}
            issue = await self._api.call("PATCH", self._path(ref), json=title)
        present = {str(label.get("name")).lower() for label in issue.get("labels") or []}
        missing = [name for name in _own_labels(draft) if name.lower() not in present]
        if missing and (ids := await lists.label_ids(self._api, repository, missing)):
            await self._api.write(f"{self._path(ref)}/labels", {"labels": ids})
        return replace(self._reader.state(issue).ref, key=ref.key)

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """Whether our comment is what the draft says."""
        repository, number = self._place(ref)
        login = (await self.whoami()).login
        standing = await comments.find(self._api, repository, number, draft.marker, login)
        return standing is not None and comments.says(standing, draft)

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """Whether the issue is to be closed."""
        issue = await self._issue(ref)
        return duplicates.plan(issue, of, close=self._settings.close_duplicates)

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Close the issue."""
        return await duplicates.mark(self._api, self._path(ref), await self._issue(ref), mark)

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Open the issue again where we closed it."""
        return await duplicates.unmark(self._api, self._path(ref), await self._issue(ref), mark)

    async def note(self) -> str:
        """The login that creates the issue."""
        return (await self.whoami()).login

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """The oldest issue whose text holds the marker."""
        login = (await self.whoami()).login
        creator = login if attempt is not None and attempt.note == login else ""
        return await lists.find_issue(
            self._api, self._repository, self._reader, marker, attempt, creator
        )

    async def whoami(self) -> Account:
        """The account of the token."""
        if self._account is None:
            user = await self._api.call("GET", "/user")
            login = str(user.get("login") or "")
            name = str(user.get("full_name") or login)
            self._account = Account(login, name, login, key=str(user.get("id") or ""))
        return self._account

    async def probe(self) -> None:
        """Ask for the repository. Raises ``no_access``, also where its issues are off."""
        name = self._settings.repository
        try:
            details = await self._api.call("GET", self._repository)
        except TrackerError as error:
            if error.reason not in _NOT_SEEN:
                raise
            raise failures.no_access("Gitea", f"the repository {name}") from None
        if details.get("has_issues") is False:
            raise failures.no_access("Gitea", f"issues of the repository {name}")

    async def renamed(self) -> Mapping[str, str]:
        """The repository's new name, where calls were redirected to it."""
        if not self._api.was_redirected:
            return {}
        name = str((await self._api.call("GET", self._repository)).get("full_name") or "")
        is_new = bool(name) and name.lower() != self._settings.repository.lower()
        return {"repository": name} if is_new else {}

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is now; ``hidden`` where the repository is to be seen and the issue is
        not. Gitea does not tell deleted from hidden."""
        try:
            issue = await self._api.call("GET", self._path(ref))
        except TrackerError as error:
            if error.reason not in _NOT_SEEN:
                raise
        else:
            if str(issue.get("id")) == ref.id:
                state = self._reader.state(issue)
                return replace(state, ref=replace(state.ref, key=ref.key))
        await self.probe()
        return RemoteState(ref, "deleted or hidden", StatusCategory.hidden)

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """The issues of the repository that changed since."""
        return await lists.changed_issues(
            self._api, self._repository, self._reader, bookmark, since
        )

    async def comment(self, ref: TicketRef, text: str) -> None:
        """One POST."""
        body = {"body": neutralize.markdown_plain(unreferenced(text))}
        await self._api.call("POST", f"{self._path(ref)}/comments", json=body)

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """Open the issue, where it is closed."""
        issue = await self._issue(ref)
        if issue.get("state") == "closed":
            issue = await self._api.call("PATCH", self._path(ref), json={"state": "open"})
        state = self._reader.state(issue)
        return replace(state, ref=replace(state.ref, key=ref.key))

    async def locate(self, name: str) -> RemoteState:
        """The issue by its number, with a repository or in this one, or by its address."""
        repository, number = self._named(name)
        issue = await self._api.call("GET", f"/repos/{repository}/issues/{number}")
        if issue.get("pull_request"):
            raise naming.unnamed(_GITEA_EXAMPLES)
        return self._reader.state(issue, repository)

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """Issues of the repository with words of the title in theirs."""
        return await lists.similar_issues(self._api, self._repository, self._reader, title)

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """One POST; later one PATCH where something differs."""
        repository, number = self._place(ref)
        login = (await self.whoami()).login
        return await comments.keep(self._api, repository, number, draft, login, comment_id)

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """A webhook of the repository for issues and their labels."""
        return await hooks.register(self._api, self._repository, address, secret)

    async def audience(self) -> Visibility:
        """Who may read the repository."""
        details = await self._api.call("GET", self._repository)
        if details.get("private") is True:
            return Visibility.private
        if details.get("internal") is True:
            return Visibility.members
        return Visibility.public if details.get("private") is False else Visibility.unknown

    async def check(self) -> list[Finding]:
        """Token, repository, issues switched on, rights."""
        return self._api.scrubber.cleaned(await findings(self._api, self._settings.repository))

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    def _named(self, name: str) -> tuple[str, str]:
        words, site = name.strip(), urlsplit(self._settings.base_url)
        if "://" in words:
            naming.require_host(words, site.hostname or "")
            match = _ISSUE_PAGE.match(urlsplit(words).path.removeprefix(site.path))
        else:
            match = _ISSUE_NAME.fullmatch(words)
        if match is None:
            raise naming.unnamed(_GITEA_EXAMPLES)
        return match[1] or self._settings.repository, match[2]

    def _place(self, ref: TicketRef) -> tuple[str, str]:
        """The repository of a ticket in the API's addresses, and its number there."""
        repository, _, number = ref.key.rpartition("#")
        return f"/repos/{repository}" if repository else self._repository, number

    def _path(self, ref: TicketRef) -> str:
        repository, number = self._place(ref)
        return f"{repository}/issues/{number}"

    async def _issue(self, ref: TicketRef) -> dict[str, Any]:
        issue = await self._api.call("GET", self._path(ref))
        if str(issue.get("id")) != ref.id:
            raise failures.another_ticket(f"Issue {ref.key}", self._settings.repository)
        return issue


def _words(draft: Draft) -> dict[str, str]:
    return {"title": gitea_title(draft.title), "body": new_issue_body(draft)}


def _own_labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([TICKET_LABEL, *draft.labels]))
