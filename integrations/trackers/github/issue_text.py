"""The text of one issue, as ``trackers/careful.py`` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.tracker_contract import Draft
from integrations.trackers import careful, text_block
from integrations.trackers.careful import LostEdit
from integrations.trackers.github import body
from integrations.trackers.github.api import GitHubApi
from integrations.trackers.github.history import versions


class IssueText:
    """``issue`` is the issue as it was read last; a title whose words were taken back goes with
    the next write, or by itself where the text is up to date."""

    def __init__(
        self, api: GitHubApi, repository: str, issue: dict[str, Any], draft: Draft
    ) -> None:
        self._api = api
        self._repository = repository
        self._number = int(issue["number"])
        self._draft = draft
        self._fresh = True
        self.issue = issue

    @property
    def path(self) -> str:
        """The issue's address in the API."""
        return f"/repos/{self._repository}/issues/{self._number}"

    @property
    def title_change(self) -> dict[str, str]:
        """The title that is to be written, where ours may not stay."""
        former = self._draft.former_title
        if not former or self.issue.get("title") != body.cut_title(former):
            return {}
        return {"title": body.title(self._draft)}

    async def read(self) -> str:
        """The text as it is now; the first time, as it was read just before."""
        if not self._fresh:
            self.issue = await self._api.call("GET", self.path)
        self._fresh = False
        return str(self.issue.get("body") or "").replace("\r\n", "\n")

    async def write(self, text: str) -> None:
        """Replace the text, and our title where it may not stay."""
        changes = {"body": text, **self.title_change}
        self.issue = await self._api.call("PATCH", self.path, json=changes)

    def merged(self, text: str, draft: Draft) -> str:
        """The text with our block brought up to date."""
        return body.merged_body(text, draft)

    def same(self, text: str, other: str) -> bool:
        """Whether two texts are the same."""
        return text == other

    def note(self, text: str, written: str) -> str:
        """Digests of what we read and of what we write."""
        around = careful.text_digest(*self._around(text))
        return careful.TextNote(around, careful.text_digest(written)).stored()

    async def lost(self, note: str) -> Sequence[LostEdit] | None:
        """What the history holds between what we read and what we wrote."""
        stored = careful.read_note(note)
        if stored is None:
            return None
        history = await versions(self._api, self._repository, self._number)
        return careful.lost_among(history, stored, self._around)

    def given_back(self, text: str, edit: LostEdit) -> str:
        """The text with an edit carried over."""
        markup, marker = body.GITHUB_MARKUP, self._draft.marker
        return text_block.given_back(markup, text, marker, edit.before, edit.after)

    def _around(self, text: str) -> tuple[str, str]:
        return text_block.around(body.GITHUB_MARKUP, text, self._draft.marker)
