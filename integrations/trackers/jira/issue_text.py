"""The description of one issue in Jira Data Center, as ``trackers/careful.py`` writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from integrations.tracker_contract import Draft
from integrations.trackers import careful, text_block
from integrations.trackers.careful import LostEdit, Version
from integrations.trackers.jira import wiki
from integrations.trackers.jira.answers import FieldsRefused
from integrations.trackers.jira.api import STATE_FIELDS, JiraApi

Description = TypeVar("Description")


class IssueEdits(Generic[Description]):
    """What both kinds of description share: reading the issue, and one PUT with what differs.

    ``issue`` is the issue as it was read last. Labels and a summary that may not stay go with the
    next write of the description, or by ``write_rest`` where it is up to date. ``labels`` are ours;
    ``takes_labels`` ends where Jira refuses them alone.
    """

    def __init__(
        self,
        api: JiraApi,
        issue_id: str,
        summary: Mapping[str, str],
        labels: Sequence[str],
        marker: str,
        takes_labels: bool,
    ) -> None:
        self._api = api
        self._issue_id = issue_id
        self._summary = summary
        self._labels = labels
        self.marker = marker
        self.takes_labels = takes_labels
        self.issue: dict[str, Any] = {}

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the issue as it was read last."""
        fields: Mapping[str, Any] = self.issue.get("fields") or {}
        return fields

    async def read_issue(self, *, with_changes: bool = False) -> None:
        """Read the issue as it is now."""
        query = {"fields": f"{STATE_FIELDS},description,labels"}
        if with_changes:
            query["expand"] = "changelog"
        self.issue = await self._api.read(f"issue/{self._issue_id}", query)

    async def write_rest(self) -> None:
        """Write a summary that may not stay, and missing labels, where there are any."""
        if self._stale_summary() or (self._missing() and self.takes_labels):
            await self.put({})

    async def put(self, fields: Mapping[str, Any]) -> None:
        """One PUT, and a second one without labels where Jira refuses these."""
        stale = {**fields, **self._stale_summary()}
        changes: dict[str, Any] = {"fields": stale} if stale else {}
        missing = self._missing()
        if missing and self.takes_labels:
            relabelled = {"update": {"labels": [{"add": label} for label in missing]}}
            try:
                await self._api.edit(self._issue_id, {**changes, **relabelled})
                return self._written(missing)
            except FieldsRefused as refusal:
                if refusal.fields != {"labels"}:
                    raise refusal from None
                self.takes_labels = False
        if changes:
            await self._api.edit(self._issue_id, changes)
        return self._written([])

    def _written(self, labels: Sequence[str]) -> None:
        """Remember what does not have to be written again."""
        present = self.fields.get("labels") or []
        self.issue["fields"] = {**self.fields, "labels": [*present, *labels]}
        if stale := self._stale_summary():
            self.issue["fields"] = {**self.fields, **stale}

    def _missing(self) -> list[str]:
        present = self.fields.get("labels") or []
        return [label for label in self._labels if label not in present]

    def _stale_summary(self) -> dict[str, str]:
        """The summary that is to be written: by the old one that may not stay."""
        replacement = self._summary.get(str(self.fields.get("summary") or ""))
        return {"summary": replacement} if replacement is not None else {}


class WikiText(IssueEdits[str]):
    """A description in wiki markup. Its changelog holds every version as it was written."""

    async def read(self) -> str:
        """The text as it is now."""
        await self.read_issue()
        return str(self.fields.get("description") or "").replace("\r\n", "\n")

    async def write(self, text: str) -> None:
        """Replace the text."""
        await self.put({"description": text})

    def merged(self, text: str, draft: Draft) -> str:
        """The text with our block brought up to date."""
        return wiki.merged_description(text, draft)

    def same(self, text: str, other: str) -> bool:
        """Whether two texts are the same."""
        return text == other

    def note(self, text: str, written: str) -> str:
        """Digests of what we read and of what we write."""
        around = careful.text_digest(*self._around(text))
        return careful.TextNote(around, careful.text_digest(written)).stored()

    async def lost(self, note: str) -> Sequence[LostEdit] | None:
        """What the changelog holds between what we read and what we wrote."""
        stored = careful.read_note(note)
        if stored is None:
            return None
        changes = await self._api.changes(self._issue_id, "description")
        versions = [Version(changes[0].before, "somebody", "")] if changes else []
        versions += [Version(one.after, one.author_name, one.created) for one in changes]
        return careful.lost_among(versions, stored, self._around)

    def given_back(self, text: str, edit: LostEdit) -> str:
        """The text with an edit carried over."""
        return text_block.given_back(wiki.WIKI_MARKUP, text, self.marker, edit.before, edit.after)

    def _around(self, text: str) -> tuple[str, str]:
        return text_block.around(wiki.WIKI_MARKUP, text, self.marker)
