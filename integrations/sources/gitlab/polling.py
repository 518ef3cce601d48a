"""Asks GitLab for the issues of projects and for what is written in them.

1. Open one of the projects, or its group, and go to **Settings → Access tokens → Add new token**.
2. Role: **Reporter**, which sees every issue; scope: **read_api**, and nothing else. GitLab lets
   such a token live for a year at most: enter the day that it shows here as well.
3. Copy the token and enter it. On GitLab.com project tokens need a paid plan; a personal access
   token (**Preferences → Access tokens**) of an account that is a member does the same.
4. Name the projects in this source's settings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding
from integrations.entered_tokens import SECRETIVE, Token
from integrations.list_readers import ListReader, check_by, missing_setting, poll_by
from integrations.listing import ListPage, Row, Stream, begin_lists, json_item, moment_of, objects
from integrations.poll_contract import KnownComment, PolledItem, PollError, Polling, Rechecked
from integrations.polling import unreadable
from integrations.sources.gitlab.settings import Settings

GITLAB_PAGE_ROWS = 100
_VISIBILITY_LEVELS = {"public": 20, "internal": 10, "private": 0}


class GitLabCredentials(BaseModel):
    """What lets us read projects."""

    model_config = SECRETIVE

    token: Token = Field(description="An access token with read_api.")


class GitLabReader(ListReader[Settings]):
    """Reads projects: a stream is a project's path, or an issue of one as JSON."""

    title = "GitLab"
    needed = "the scope read_api and the role Reporter"
    remedy = "Check the projects in the settings, and the token: scope read_api, role Reporter."
    newest_first = False

    def headers(self) -> Mapping[str, str]:
        return {"PRIVATE-TOKEN": str(self.credentials.get("token", ""))}

    async def streams(self) -> Sequence[str]:
        """The projects of the settings."""
        projects = payload.listed(self.settings.projects)
        if not projects:
            raise missing_setting(
                "Name the projects in this source's settings, so that they can be asked."
            )
        return projects

    async def greeting(self) -> list[Finding]:
        """What the token may do; servers before 15.5 do not tell."""
        try:
            token = await self.answer_object(f"{self.settings.api()}/personal_access_tokens/self")
        except PollError as error:
            if error.reason not in ("source_not_there", "source_forbidden"):
                raise
            return []
        scopes = token.get("scopes")
        if not isinstance(scopes, list) or {"api", "read_api"} & {str(one) for one in scopes}:
            return [Finding("Token", True, "GitLab accepts it.")]
        return [Finding("Token", False, "Its scope read_api is missing.", self.remedy)]

    def _url(self, path: str) -> str:
        return f"{self.settings.api()}/projects/{quote(path, safe='')}"

    async def page(self, stream: Stream) -> ListPage:
        """Issues forward by their last change, each with its notes behind it."""
        if stream.name.startswith("{"):
            return await self._notes(stream)
        project = await self.project(stream.name)
        since = _in_utc(stream.since)
        begins, _, number = (stream.page or f"{max(stream.floor, since)}|1").rpartition("|")
        params: dict[str, str | int] = {
            "order_by": "updated_at",
            "sort": "asc",
            "scope": "all",
            "per_page": GITLAB_PAGE_ROWS,
            "page": number,
        }
        params |= {"updated_after": begins} if begins else {}
        issues, has_more = await self._rows(f"{self._url(stream.name)}/issues", params)
        rows, threads = [], []
        for issue in issues:
            changed = _in_utc(issue.get("updated_at"))
            rows.append(Row(issue_item(project, issue), changed, moment_of(changed)))
            if issue.get("user_notes_count", 1):
                threads.append(_thread(stream, project, issue))
        following = ""
        if has_more and rows:
            last = rows[-1].mark
            following = f"{begins}|{int(number) + 1}" if last == begins else f"{last}|1"
        return ListPage(rows, following, threads=threads)

    async def _rows(
        self, url: str, params: dict[str, str | int]
    ) -> tuple[list[dict[str, Any]], bool]:
        """The rows of a page, and whether there is another one."""
        answer = await self.answer(url, params)
        if not isinstance(answer.value, list):
            raise unreadable(self.title)
        return objects(answer.value), answer.headers.get("x-next-page", "").isdigit()

    async def project(self, path: str) -> dict[str, Any]:
        """A project as webhooks describe it."""
        details = await self.answer_object(self._url(path))
        return {
            "id": details.get("id"),
            "path_with_namespace": details.get("path_with_namespace"),
            "visibility_level": _VISIBILITY_LEVELS.get(str(details.get("visibility"))),
        }

    async def _notes(self, stream: Stream) -> ListPage:
        """Notes of an issue, those that changed last first, back to what was read before."""
        thread = json.loads(stream.name)
        number = int(stream.page or 1)
        params: dict[str, str | int] = {
            "order_by": "updated_at",
            "sort": "desc",
            "activity_filter": "only_comments",
            "per_page": GITLAB_PAGE_ROWS,
            "page": number,
        }
        project, issue = thread["project"], thread["issue"]
        url = f"{self._url(project['path_with_namespace'])}/issues/{issue['iid']}/notes"
        notes, has_more = await self._rows(url, params)
        rows = []
        for note in notes:
            changed = _in_utc(note.get("updated_at"))
            if changed >= thread["read"] and not note.get("system"):
                rows.append(Row(note_item(project, issue, note), changed, moment_of(changed)))
        earliest = _in_utc(stream.since)
        marks = [_in_utc(note.get("updated_at")) for note in notes]
        is_over = bool(marks) and marks[-1] < max(thread["read"], earliest)
        more = has_more and not is_over
        is_first = number == 1 and bool(marks)
        notes_read = {_remembered(project, issue): marks[0]} if is_first else {}
        return ListPage(rows, str(number + 1) if more else "", notes=notes_read)


def _in_utc(value: Any) -> str:
    """A time of an answer as a mark that sorts as text: servers write it in their own time zone."""
    moment = moment_of(value)
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else ""


def _remembered(project: Mapping[str, Any], issue: Mapping[str, Any]) -> str:
    return f"{project['path_with_namespace']}#{issue['iid']}"


def _thread(stream: Stream, project: Mapping[str, Any], issue: Mapping[str, Any]) -> str:
    shown = {key: issue.get(key) for key in ("id", "iid", "title", "confidential", "web_url")}
    shown["labels"] = issue.get("labels")
    read = stream.notes.get(_remembered(project, shown), "")
    return json.dumps({"project": project, "issue": shown, "read": read})


def issue_item(project: Mapping[str, Any], issue: Mapping[str, Any]) -> PolledItem:
    """An issue as the webhook would have sent it."""
    author = issue.get("author")
    return json_item(
        {
            "object_kind": "issue",
            "event_type": "confidential_issue" if issue.get("confidential") else "issue",
            "user": author,
            "project": project,
            "object_attributes": {
                **{key: value for key, value in issue.items() if key not in ("author", "_links")},
                "author_id": author.get("id") if isinstance(author, dict) else None,
                "external_author": issue.get("service_desk_reply_to"),
                "url": issue.get("web_url"),
                "action": "open",  # GitLab does not tell here whether it was edited
            },
        }
    )


def note_item(
    project: Mapping[str, Any], issue: Mapping[str, Any], note: Mapping[str, Any]
) -> PolledItem:
    """A note as the webhook would have sent it."""
    author = note.get("author")
    is_new = note.get("updated_at") == note.get("created_at")
    return json_item(
        {
            "object_kind": "note",
            "event_type": "confidential_note" if note.get("internal") else "note",
            "user": author,
            "project": project,
            "issue": issue,
            "object_attributes": {
                **{key: value for key, value in note.items() if key not in ("author", "body")},
                "note": note.get("body"),
                "author_id": author.get("id") if isinstance(author, dict) else None,
                "url": f"{issue.get('web_url')}#note_{note.get('id')}",
                "action": "create" if is_new else "update",
            },
        }
    )


async def _recheck(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """A note is gone where its issue is shown and the note is not. An issue that is missing may as
    well be hidden from us."""
    reader = GitLabReader(settings, credentials, http)
    followed = payload.listed(settings.projects.lower())
    projects: dict[str, dict[str, Any]] = {}
    issues: dict[str, dict[str, Any]] = {}
    items, gone, unseen = [], set(), ""
    for comment in sought:
        path, iid = str(comment.extras.get("project") or ""), comment.extras.get("number")
        if path.lower() not in followed or not isinstance(iid, int):
            continue
        url = f"{reader._url(path)}/issues/{iid}"
        kind, _, number = comment.external_id.partition(":")
        try:
            if path not in projects:
                projects[path] = await reader.project(path)
            if url not in issues:
                issues[url] = await reader.answer_object(url)
        except PollError as error:
            if not error.needs_person or error.reason == "source_unauthorized":
                raise
            unseen = f"{path}#{iid}: {error.detail}"
            continue
        if kind == "issue":
            items.append(issue_item(projects[path], issues[url]))
            continue
        try:
            note = await reader.answer_object(f"{url}/notes/{quote(number, safe='')}")
        except PollError as error:
            if error.reason != "source_not_there":
                raise
            gone.add(comment.external_id)
        else:
            items.append(note_item(projects[path], issues[url], note))
    return Rechecked(items, frozenset(gone), unseen)


def _account(settings: Settings, credentials: Mapping[str, Any]) -> str:
    return payload.fingerprinted("gitlab", settings.base_url, str(credentials.get("token", "")))


GITLAB_POLLING: Polling[Settings] = Polling(
    credentials=GitLabCredentials,
    begin=begin_lists,
    poll=poll_by(GitLabReader),
    check=check_by(GitLabReader),
    account=_account,
    guide=__doc__,
    calls_per_minute=120,  # GitLab.com lets an account call notes 300 times a minute
    burst=30,
    newest_first=False,
    recheck=_recheck,
    recheck_most=20,
)
