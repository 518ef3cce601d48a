"""Tickets as issues of a Jira project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
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
from integrations.trackers.careful import write_carefully
from integrations.trackers.jira import adf, duplicates, following, linking, wiki
from integrations.trackers.jira.answers import FieldsRefused
from integrations.trackers.jira.api import STATE_FIELDS, JiraApi
from integrations.trackers.jira.audience import project_audience
from integrations.trackers.jira.check import create_meta, findings
from integrations.trackers.jira.issue_document import AdfText
from integrations.trackers.jira.issue_text import WikiText
from integrations.trackers.jira.keys import find_above
from integrations.trackers.jira.limits import JIRA_SUMMARY_MAX_CHARACTERS
from integrations.trackers.jira.new_fields import jira_values, offered_fields
from integrations.trackers.jira.settings import FILLED_FIELDS, JiraSettings
from integrations.trackers.jira.state import issue_state
from integrations.trackers.wording import TICKET_LABEL


class JiraTracker:
    """Tickets as issues of one project."""

    def __init__(self, settings: JiraSettings, api: JiraApi) -> None:
        self._settings = settings
        self._api = api
        self._takes_labels = True
        self._got_another_key = False

    async def create(self, draft: Draft) -> TicketRef:
        """One POST. The marker is a label, because JQL finds labels and no text of a description
        reliably; where Jira refuses labels, which are not on its screen, a second POST goes without
        and the marker in the description is all there is."""
        fields = self._new_fields(draft)
        site_url = await self._api.site_url()
        if self._takes_labels:
            try:
                issue = await self._api.create({**fields, "labels": _labels(draft)})
                return self._new_ref(issue, site_url)
            except FieldsRefused as refusal:
                self._remember_labels_refused(refusal)
        return self._new_ref(await self._api.create(fields), site_url)

    def preview(self, draft: Draft) -> TicketRequest:
        """A POST of the issue, with its labels."""
        fields = {**self._new_fields(draft), "labels": _labels(draft)}
        version = 3 if self._api.cloud else 2
        return TicketRequest("POST", f"/rest/api/{version}/issue", {"fields": fields})

    def _new_fields(self, draft: Draft) -> dict[str, Any]:
        settings = self._settings
        return {
            **settings.extra_fields,
            **jira_values(draft.fields),
            "project": {"key": settings.project},
            "issuetype": {"name": self._types()["bug" if draft.kind == "bug" else "feature"]},
            "summary": _summary(draft.title),
            "description": self._new_description(draft),
        }

    def _types(self) -> dict[str, str]:
        """The issue type of each kind of theme."""
        settings = self._settings
        return {"bug": settings.issue_type_bug, "feature": settings.issue_type_feature}

    async def fields(self) -> Sequence[TicketField]:
        """What create metadata tells of both issue types."""
        types = self._types()
        meta = await create_meta(self._api, self._settings.project, set(types.values()))
        return offered_fields(types, meta, FILLED_FIELDS | self._settings.extra_fields.keys())

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        """Read, then at most one PUT with what differs: a stale block of the description, a
        summary whose words were taken back, and missing labels."""
        text = self._text(ref, draft)
        try:
            if isinstance(text, AdfText):
                await write_carefully(text, draft, journal)
            else:
                await write_carefully(text, draft, journal)
            await text.write_rest()
        finally:
            self._takes_labels = text.takes_labels
        return issue_state(text.issue, await self._api.site_url()).ref

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        """One GET."""
        text = self._text(ref, draft)
        if isinstance(text, AdfText):
            document = await text.read()
            return text.same(document, text.merged(document, draft))
        standing = await text.read()
        return text.same(standing, text.merged(standing, draft))

    def _text(self, ref: TicketRef, draft: Draft) -> AdfText | WikiText:
        """The description of a ticket, in the form that this Jira keeps it."""
        former = _summary(draft.former_title)
        summary = {former: _summary(draft.title)} if draft.former_title else {}
        values = (self._api, ref.id, summary, _labels(draft), draft.marker, self._takes_labels)
        return AdfText(*values) if self._api.cloud else WikiText(*values)

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        """Whether the issue is linked already, and whether it is to be closed."""
        issue = await self._api.issue(ref.id, duplicates.DUPLICATE_FIELDS)
        return duplicates.plan(issue, of, close=self._settings.close_duplicates)

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        """Link the issue as a duplicate, and close it where the settings say so."""
        issue = await self._api.issue(ref.id, duplicates.DUPLICATE_FIELDS)
        return await duplicates.mark(self._api, issue, mark)

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        """Remove our link, and put the issue back into its status where we closed it."""
        issue = await self._api.issue(ref.id, duplicates.DUPLICATE_FIELDS)
        return await duplicates.unmark(self._api, issue, mark)

    async def note(self) -> str:
        """The highest key of the project, as far as search knows it (``APP-41``); ``APP-0`` in an
        empty project. Issues made later have higher keys."""
        project = self._settings.project
        try:
            newest = await self._api.search(f'project = "{project}" ORDER BY key DESC', most=1)
        except FieldsRefused:  # JQL of a project that is not to be seen; the create says why
            return ""
        return str(newest[0].get("key") or "") if newest else f"{project}-0"

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        """The oldest issue with the marker.

        After an attempt the keys above the highest one noted before it are read, which is current
        at once. Then the marker's label is searched, in whatever project the issue is by now;
        Jira's search lags behind, by hours on bad days.
        """
        issue = await find_above(self._api, attempt.note, marker) if attempt else None
        if issue is None:
            issues = await self._api.search(f'labels = "{marker}" ORDER BY created ASC')
            issue = issues[0] if issues else None
        return issue_state(issue, await self._api.site_url()).ref if issue else None

    async def whoami(self) -> Account:
        """The account of the token."""
        account = await self._api.read("myself")
        account_id = str(account.get("accountId") or account.get("name") or "")
        return Account(
            account_id,
            str(account.get("displayName") or account_id),
            account_id,
            is_machine=account.get("accountType") == "app",
        )

    async def probe(self) -> None:
        """Ask for the project. Raises ``no_access``."""
        project = self._settings.project
        try:
            await self._api.read(f"project/{project}")
        except TrackerError as error:
            if error.reason not in ("not_found", "gone", "forbidden"):
                raise
            raise failures.no_access("Jira", f"the project {project}") from None

    async def renamed(self) -> Mapping[str, str]:
        """The project's new key, where a new issue got another key than the project has: Jira
        still answers to the old one."""
        if not self._got_another_key:
            return {}
        old = await self._api.read(f"project/{self._settings.project}")
        key = str(old.get("key") or "")
        if not key or key == self._settings.project:
            return {}
        new = await self._api.read(f"project/{key}")
        return {"project": key} if new.get("id") == old.get("id") else {}

    async def get(self, ref: TicketRef) -> RemoteState:
        """The issue as it is, under the key it has now; ``hidden`` where it was deleted or is
        hidden from the account: Jira does not tell which."""
        try:
            issue = await self._api.issue(ref.id, STATE_FIELDS)
        except TrackerError as error:
            if error.reason not in ("not_found", "gone"):
                raise
        else:
            return issue_state(issue, await self._api.site_url())
        await self.whoami()
        await self.probe()
        return RemoteState(ref, "deleted or hidden", StatusCategory.hidden)

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        """The issues of the project that changed since, as far as Jira's search knows."""
        project = self._settings.project
        return await following.changed_issues(
            self._api, project, bookmark, since, datetime.now(UTC)
        )

    async def comment(self, ref: TicketRef, text: str) -> None:
        """One POST."""
        await following.comment(self._api, ref.id, text)

    async def reopen(self, ref: TicketRef) -> RemoteState:
        """The transition that opens the issue, where it is closed."""
        await following.reopen(self._api, ref.id)
        return await self.get(ref)

    async def locate(self, name: str) -> RemoteState:
        """The issue by its key, or by an address of the site."""
        site_url = await self._api.site_url()
        key = linking.named_issue(name, urlsplit(site_url).hostname or "")
        return issue_state(await self._api.issue(key, STATE_FIELDS), site_url)

    async def similar(self, title: str) -> Sequence[RemoteState]:
        """Issues of the project with words of the title in their summaries."""
        return await linking.similar_issues(self._api, self._settings.project, title)

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        """One POST, or one PUT where something differs."""
        return await linking.keep_comment(self._api, ref.id, draft, comment_id)

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        """A webhook of the site, for what changes in the project or in tickets of ours."""
        return await following.register(self._api, self._settings.project, address, secret)

    async def audience(self) -> Visibility:
        """Everybody where Jira shows the project to strangers, else its members."""
        site_url = await self._api.site_url()
        return await project_audience(site_url, self._settings.project, network=self._api.network)

    async def check(self) -> list[Finding]:
        """Credentials, project, permissions, issue types, and required fields that nothing fills
        in."""
        types = dict.fromkeys(self._types().values())
        filled = FILLED_FIELDS | self._settings.extra_fields.keys()
        return self._api.scrubber.cleaned(
            await findings(self._api, self._settings.project, list(types), filled)
        )

    async def close(self) -> None:
        """Release connections."""
        await self._api.close()

    def _new_ref(self, issue: dict[str, Any], site_url: str) -> TicketRef:
        ref = issue_state(issue, site_url).ref
        self._got_another_key = ref.key.rpartition("-")[0] != self._settings.project
        return ref

    def _remember_labels_refused(self, refusal: FieldsRefused) -> None:
        """Go on without labels where they alone were refused: they are not on the screen of the
        issue type. Raises the refusal otherwise."""
        if refusal.fields != {"labels"}:
            raise refusal from None
        self._takes_labels = False

    def _new_description(self, draft: Draft) -> str | dict[str, Any]:
        return adf.new_description(draft) if self._api.cloud else wiki.new_description(draft)


def _summary(title: str) -> str:
    return neutralize.title(title, JIRA_SUMMARY_MAX_CHARACTERS)


def _labels(draft: Draft) -> list[str]:
    return list(dict.fromkeys([draft.marker, TICKET_LABEL, *draft.labels]))
