"""The description of one issue, as ``trackers/careful.py`` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.tracker_contract import Draft
from integrations.trackers.careful import Version
from integrations.trackers.gitlab import body
from integrations.trackers.gitlab.api import GitLabApi
from integrations.trackers.gitlab.history import description_versions
from integrations.trackers.kept_text import KeptText


class GitLabIssueText:
    """``issue`` is the issue as it was read last; a title whose words were taken back goes with
    the next write, or by itself where the text is up to date."""

    def __init__(self, api: GitLabApi, path: str, issue: dict[str, Any], draft: Draft) -> None:
        self._api = api
        self._path = path
        self._draft = draft
        self._fresh = True
        self.issue = issue
        self.kept = KeptText(body.GITLAB_MARKUP, draft, self._load, self._save, self._history)

    @property
    def title_change(self) -> dict[str, str]:
        """The title that is to be written, where ours may not stay."""
        former = self._draft.former_title
        if not former or self.issue.get("title") != body.cut_title(former):
            return {}
        return {"title": body.cut_title(self._draft.title)}

    async def _load(self) -> str:
        """The first time, as it was read just before."""
        if not self._fresh:
            self.issue = await self._api.call("GET", self._path)
        self._fresh = False
        return str(self.issue.get("description") or "")

    async def _save(self, text: str) -> None:
        changes = {"description": text, **self.title_change}
        self.issue = await self._api.call("PUT", self._path, json=changes)

    async def _history(self) -> Sequence[Version]:
        begin = body.GITLAB_MARKUP.begin(self._draft.marker)
        created_as = f"{begin}\n{body.GITLAB_MARKUP.end(self._draft.marker)}"
        return await description_versions(self._api, str(self.issue["id"]), created_as)
