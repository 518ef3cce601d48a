"""Tickets as issues of a team in Linear."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

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
from integrations.trackers.likeness import most_alike, search_words
from integrations.trackers.linear import comments, duplicates, hooks, naming, queries, text
from integrations.trackers.linear.api import AlreadyThere, LinearApi
from integrations.trackers.linear.check import findings
from integrations.trackers.linear.place import Team, nodes
from integrations.trackers.linear.settings import LinearSettings
from integrations.trackers.linear.state import issue_ref, issue_state
from integrations.trackers.wording import TICKET_LABEL

_STILL_OPEN = (StatusCategory.open, StatusCategory.in_progress)


class LinearTracker:
    """Tickets as issues of one team."""

    def __init__(self, settings: LinearSettings, api: LinearApi) -> None:
        self._api = api
        self._settings = settings
        self._team = Team(api, settings.team)
        self._account: Account | None = None
        self._next_id = ""
        """The id of the issue that is made next, as the ledger has it."""

    async def create(self, draft: Draft) -> TicketRef:
        """One issue with an id that we chose, so that a repetition makes no second one; and our
        comment in it. A comment that fails is added by the next update."""
        issue_id = self._next_id or str(uuid.uuid4())
        self._next_id = ""
        fields = {
            "id": issue_id,
            "teamId": await self._team.id(),
            **self._words(draft),
            "labelIds": await self._team.labels(draft),
        }
        try:
            answer = await self._api.ask(queries.CREATE_ISSUE, {"input": fields})
            ref = issue_ref(answer["issueCreate"].get("issue") or {})
        except AlreadyThere:
            ref = issue_ref(await self._issue(issue_id))
        try:
            await comments.keep(self._api, ref, draft)
        except TrackerError as error:
            raise TrackerError(
                error.reason, error.detail, ambiguous=True, retry_after=error.retry_after
            ) from None
        return ref

    def preview(self, draft: Draft) -> TicketRequest:
        """The mutation, without the ids of issue, team and labels, which Linear is asked for."""
        variables = {"input": self._words(draft)}
        body = {"query": queries.CREATE_ISSUE, "variables": variables}
        return TicketRequest("POST", "/graphql", body)

    def _words(self, draft: Draft) -> dict[str, str]:
        return {
            "title": text.linear_title(draft.title),
            "description": text.description(draft),
        }

    async def fields(self) -> Sequence[TicketField]:
        """None: Linear's own fields are not filled in yet."""
        return []

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """Our comment, a title whose words were taken back, and the labels that are missing. The
        description is people's: nothing of theirs can be overwritten."""
        issue = await self._issue(ref.id)
        now = issue_ref(issue)
        await comments.keep(self._api, now, draft)
        changes: dict[str, Any] = {}
        if draft.former_title and issue.get("title") == text.linear_title(draft.former_title):
            changes["title"] = text.linear_title(draft.title)
        present = {str(label.get("name") or "").lower() for label in nodes(issue.get("labels"))}
        if any(name.lower() not in present for name in (TICKET_LABEL, *draft.labels)):
            changes["addedLabelIds"] = await self._team.labels(draft)
        if changes.get("title") or changes.get("addedLabelIds"):
            await self._api.ask(queries.CHANGE_ISSUE, {"id": ref.id, "input": changes})
        return now

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """Whether our comment has the words of the draft."""
        return await comments.is_current(self._api, ref, draft)

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """Whether the two are related already, and the status so far."""
        issue = await self._issue(ref.id)
        return duplicates.plan(issue, of, close=self._settings.close_duplicates)

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Relate the issue to the one that lives on."""
        return await duplicates.mark(self._api, await self._issue(ref.id), mark)

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Take our relation away, and give the status back."""
        return await duplicates.unmark(self._api, await self._issue(ref.id), mark)

    async def note(self) -> str:
        """The id that the issue will have."""
        self._next_id = str(uuid.uuid4())
        return self._next_id

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """The issue with the id of the attempt; without one, the oldest whose description has the
        marker."""
        if attempt is not None and attempt.note:
            try:
                return issue_ref(await self._issue(attempt.note))
            except TrackerError as error:
                if error.reason not in ("not_found", "gone"):
                    raise
                return None
        variables = {"team": self._team.key, "marker": f"`{marker}`"}
        answer = await self._api.ask(queries.MARKED_ISSUES, variables)
        marked = [issue for issue in nodes(answer.get("issues")) if not issue.get("trashed")]
        oldest = min(marked, key=lambda issue: str(issue.get("createdAt")), default=None)
        return issue_ref(oldest) if oldest else None

    async def whoami(self) -> Account:
        """The account of the key; that of an OAuth app is a machine."""
        if self._account is None:
            viewer = (await self._api.ask(queries.VIEWER)).get("viewer") or {}
            name = str(viewer.get("name") or viewer.get("displayName") or "")
            self._account = Account(
                str(viewer.get("id") or ""), name, name, is_machine=viewer.get("app") is True
            )
        return self._account

    async def probe(self) -> None:
        """Ask for the team. Raises ``no_access``."""
        await Team(self._api, self._settings.team).read()

    async def renamed(self) -> Mapping[str, str]:
        """Nothing hints at a team's new key."""
        return {}

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is now, in whatever team; ``gone`` where it was deleted."""
        try:
            issue = (await self._api.ask(queries.ISSUE_READ, {"id": ref.id})).get("issue") or {}
        except TrackerError as error:
            if error.reason != "not_found":
                raise
            await self.probe()
            return RemoteState(ref, "deleted or hidden", StatusCategory.hidden)
        return issue_state(issue)

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """The issues of the team that changed since, by pages that Linear names."""
        began = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        place: dict[str, Any] = {"since": began, "after": None, "newest": ""}
        if bookmark:
            place = json.loads(bookmark)
        variables = {
            "team": self._team.key,
            "since": place["since"],
            "after": place["after"],
        }
        issues = (await self._api.ask(queries.CHANGED_ISSUES, variables)).get("issues") or {}
        listed, page = nodes(issues), issues.get("pageInfo") or {}
        newest = max([place["newest"], *(str(one.get("updatedAt") or "") for one in listed)])
        is_last = not page.get("hasNextPage")
        if is_last:
            following = {"since": newest or place["since"], "after": None, "newest": ""}
        else:
            following = {**place, "after": page.get("endCursor"), "newest": newest}
        return ChangedTickets([issue_state(one) for one in listed], json.dumps(following), is_last)

    async def comment(self, ref: TicketRef, words: str) -> None:
        """One comment, however often it is called with these words."""
        await comments.add_once(self._api, ref, words)

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """Give the issue the first open status of the team, where it is closed."""
        issue = await self._issue(ref.id)
        if issue_state(issue).category not in _STILL_OPEN:
            change = {"id": ref.id, "input": {"stateId": await self._team.open_state_id()}}
            await self._api.ask(queries.CHANGE_ISSUE, change)
            issue = await self._issue(ref.id)
        return issue_state(issue)

    async def locate(self, name: str) -> RemoteState:
        """The issue by its identifier or its address."""
        return issue_state(await self._issue(naming.identifier(name)))

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """Issues of the team with words of the title."""
        words = search_words(title)
        if not words:
            return []
        variables = {"term": " ".join(words), "team": await self._team.id()}
        answer = await self._api.ask(queries.ALIKE_ISSUES, variables)
        return most_alike(title, map(issue_state, nodes(answer.get("searchIssues"))))

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """Our comment, by the id that it has or that we give it."""
        return await comments.keep(self._api, ref, draft, comment_id)

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """A webhook of the team for issues."""
        self._api.scrubber.add(secret)
        return await hooks.register(self._api, await self._team.id(), address, secret)

    async def audience(self) -> Visibility:
        """The workspace's members, or the team's alone."""
        is_private = (await self._team.read()).get("private") is True
        return Visibility.private if is_private else Visibility.members

    async def check(self) -> list[Finding]:
        """Key, team, and the statuses that it has."""
        return self._api.scrubber.cleaned(await findings(self._api, self._settings.team))

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    async def _issue(self, issue_id: str) -> dict[str, Any]:
        """An issue that is there, by its id or identifier. Raises ``not_found`` and ``gone``."""
        answer = await self._api.ask(queries.ISSUE_READ, {"id": issue_id})
        issue: dict[str, Any] = answer.get("issue") or {}
        if issue.get("trashed"):
            key = issue.get("identifier")
            raise TrackerError("gone", f"The issue {key} was deleted in Linear.", permanent=True)
        issue_ref(issue)
        return issue
