"""One page of one repository: its issues, their comments, or its discussions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel

from integrations.poll_contract import PolledItem
from integrations.polling import ask, unreadable
from integrations.sources.github.graphql import (
    DISCUSSION_QUERY,
    DISCUSSIONS_QUERY,
    GITHUB_TITLE,
    as_item,
    issues_by_number,
    next_page,
    nodes,
    owner_and_name,
    query,
)
from integrations.sources.github.settings import Settings

PAGE_ITEMS = 100
GITHUB_STREAMS = ("issues", "comments", "discussions")
LISTED_PATHS = {"issues": "issues", "comments": "issues/comments"}
FIRST_MOMENT = "1970-01-01T00:00:00Z"
_END = "end"
"""The list of discussions is walked; what is left are comments of long ones."""


class GitHubWalk(BaseModel):
    """A cursor. ``start`` is where a stream begins that has no entry in ``since``; ``place`` is the
    stream that is walked now, counted over all repositories, ``page`` and ``after`` its next page.

    ``newest`` is the latest change seen in it; ``threads`` are discussions of which more comments
    are to be read, with where those begin.
    """

    start: str = FIRST_MOMENT
    since: dict[str, str] = {}
    etags: dict[str, str] = {}
    place: int = 0
    page: int = 1
    moment: str = ""
    after: str = ""
    newest: str = ""
    threads: list[tuple[int, str]] = []
    repository: dict[str, Any] = {}

    def text(self) -> str:
        return self.model_dump_json(exclude_defaults=True)


class GitHubReader:
    """One page of one stream of one repository."""

    def __init__(
        self,
        settings: Settings,
        credentials: Mapping[str, Any],
        http: httpx.AsyncClient,
        walk: GitHubWalk,
        name: str,
    ) -> None:
        self.http, self.walk, self.name = http, walk, name
        self.api_url = settings.api_url or "https://api.github.com"
        self.headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Authorization": f"Bearer {credentials.get('token', '')}",
        }

    @property
    def stream(self) -> str:
        return GITHUB_STREAMS[self.walk.place % len(GITHUB_STREAMS)]

    @property
    def key(self) -> str:
        return f"{self.name}/{self.stream}"

    @property
    def since(self) -> str:
        return self.walk.moment or self.walk.since.get(self.key, self.walk.start)

    async def details(self) -> dict[str, Any]:
        """The repository as a webhook describes it: its name and who may read it."""
        owner_and_name(self.name)
        answer = await ask(
            self.http, GITHUB_TITLE, f"{self.api_url}/repos/{self.name}", headers=self.headers
        )
        if not isinstance(answer.value, dict) or not answer.value.get("full_name"):
            raise unreadable(GITHUB_TITLE)
        named = ("full_name", "private", "visibility", "has_discussions")
        return {key: answer.value.get(key) for key in named}

    async def listed(self) -> tuple[list[PolledItem], GitHubWalk, bool]:
        """A page of issues or comments: what is in it, the walk behind it, and whether it was the
        last."""
        params: dict[str, str | int] = {
            "sort": "updated",
            "direction": "asc",
            "per_page": PAGE_ITEMS,
            "since": self.since,
            "page": self.walk.page,
        }
        if self.stream == "issues":
            params["state"] = "all"
        etag = self.walk.etags.get(self.key, "") if not self.walk.moment else ""
        headers = self.headers | ({"If-None-Match": etag} if etag else {})
        address = f"{self.api_url}/repos/{self.name}/{LISTED_PATHS[self.stream]}"
        answer = await ask(self.http, GITHUB_TITLE, address, params=params, headers=headers)
        if answer.not_modified:
            return [], self.walk, True
        if not isinstance(answer.value, list):
            raise unreadable(GITHUB_TITLE)
        rows = [row for row in answer.value if isinstance(row, dict)]
        items = await (self._issues(rows) if self.stream == "issues" else self._comments(rows))
        newest = max([self.walk.newest, *(str(row.get("updated_at") or "") for row in rows)])
        is_last = len(answer.value) < PAGE_ITEMS
        changed: dict[str, Any] = {"newest": newest}
        if is_last:
            fresh_etag = answer.headers.get("etag", "") if not self.walk.moment else ""
            changed["etags"] = self.walk.etags | {self.key: fresh_etag}
        else:
            last = str(rows[-1].get("updated_at") or "") if rows else self.since
            same_second = last <= self.since
            changed["page"] = self.walk.page + 1 if same_second else 1
            changed["moment"] = self.since if same_second else last
        return items, self.walk.model_copy(update=changed), is_last

    async def _issues(self, rows: list[dict[str, Any]]) -> list[PolledItem]:
        return [self.item("issues", "opened", row, issue=row) for row in rows]

    async def _comments(self, rows: list[dict[str, Any]]) -> list[PolledItem]:
        """Comments with their issues, which the list does not hold; pull requests speak of code."""
        numbered = [
            (int(number), row)
            for row in rows
            if "/pull/" not in str(row.get("html_url"))
            and (number := str(row.get("issue_url")).rpartition("/")[2]).isdecimal()
        ]
        numbers = sorted({number for number, _ in numbered})
        if not numbers:
            return []
        issues = await issues_by_number(self.http, self.api_url, self.headers, self.name, numbers)
        return [
            self.item("issue_comment", _action(row), row, issue=issues[number], comment=row)
            for number, row in numbered
            if number in issues
        ]

    async def discussions(self) -> tuple[list[PolledItem], GitHubWalk, bool]:
        """Some discussions, the latest change first, or more comments of one that has many."""
        if self.walk.repository.get("has_discussions") is False:
            return [], self.walk, True
        owner, name = owner_and_name(self.name)
        variables: dict[str, Any] = {"owner": owner, "name": name}
        if self.walk.threads:
            (number, after), *rest = self.walk.threads
            variables |= {"number": number, "after": after}
            answer = await query(self.http, self.api_url, self.headers, DISCUSSION_QUERY, variables)
            thread = answer.get("discussion")
            threads = [thread] if isinstance(thread, dict) else []
            more = [*_unfinished(threads), *rest]
            walk = self.walk.model_copy(update={"threads": more})
            return self._of_threads(threads), walk, not more and self.walk.after == _END
        variables["after"] = self.walk.after or None
        answer = await query(self.http, self.api_url, self.headers, DISCUSSIONS_QUERY, variables)
        page = answer.get("discussions")
        listed = nodes(page)
        changed = [one for one in listed if str(one.get("updatedAt") or "") >= self.since]
        newest = max([self.walk.newest, *(str(one.get("updatedAt") or "") for one in changed)])
        following = next_page(page) if len(changed) == len(listed) else ""
        unfinished = _unfinished(changed)
        update = {"newest": newest, "after": following or _END, "threads": unfinished}
        is_last = not following and not unfinished
        return self._of_threads(changed), self.walk.model_copy(update=update), is_last

    def _of_threads(self, threads: list[dict[str, Any]]) -> list[PolledItem]:
        items = []
        for node in threads:
            thread = as_item(
                node,
                number=node.get("number"),
                title=node.get("title"),
                category=node.get("category"),
                labels=nodes(node.get("labels")),
            )
            action = "edited" if node.get("lastEditedAt") else "created"
            items.append(self.item("discussion", action, thread, discussion=thread))
            for comment in nodes(node.get("comments")):
                items.append(self._discussion_comment(thread, comment, None))
                parent = comment.get("databaseId")
                for reply in nodes(comment.get("replies")):
                    items.append(self._discussion_comment(thread, reply, parent))
        return items

    def _discussion_comment(
        self, thread: Mapping[str, Any], node: Mapping[str, Any], parent: object
    ) -> PolledItem:
        comment = as_item(node, parent_id=parent)
        action = "edited" if node.get("lastEditedAt") else "created"
        return self.item("discussion_comment", action, comment, discussion=thread, comment=comment)

    def item(
        self, event: str, action: str, row: Mapping[str, Any], **parts: Mapping[str, Any]
    ) -> PolledItem:
        """One issue, discussion or comment as a webhook sends it."""
        repository = {
            key: value for key, value in self.walk.repository.items() if value is not None
        }
        body = {"action": action, **parts, "repository": repository}
        delivery = f"polled:{event}:{row.get('id')}:{row.get('updated_at')}"
        headers = {
            "x-github-event": event,
            "x-github-delivery": delivery,
            "content-type": "application/json",
        }
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return PolledItem(headers, content.encode("utf-8", "replace"))


def _action(row: Mapping[str, Any]) -> str:
    return "created" if row.get("updated_at") == row.get("created_at") else "edited"


def _unfinished(threads: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """The discussions of which there are more comments."""
    return [
        (int(thread.get("number") or 0), after)
        for thread in threads
        if (after := next_page(thread.get("comments")))
    ]
