"""Answers issues in their discussion.

1. Make an account on GitLab that speaks for your team, or use an access token of the project
   (**Settings → Access tokens**), under whose name the answers then stand.
2. Role: **Reporter**; scope: **api**, which GitLab wants for writing.
3. Copy the token and enter it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import BaseModel, Field

from integrations import payload
from integrations.contract import Finding, Visibility
from integrations.entered_tokens import SECRETIVE, Token
from integrations.lost_answers import AnswerPage, find_answer, is_marked
from integrations.neutralize import markdown_plain
from integrations.own_marks import reply_mark
from integrations.reply_calls import call, unreadable_reply
from integrations.reply_contract import AnsweredComment, CanReply, PostedReply, Replying
from integrations.sources.gitlab.settings import GITLAB_SITE, Settings

_LAB = "GitLab"
GITLAB_NOTE_MAX_CHARACTERS = 1_000_000
_MARK_CHARACTERS = 100


class GitLabReplyCredentials(BaseModel):
    """What lets us write into projects."""

    model_config = SECRETIVE

    token: Token = Field(description="An access token with api.")


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    if not _issue(comment):
        return CanReply("no_thread", "It is not known in which issue this was written.")
    if comment.visibility is Visibility.private:
        return CanReply("private_thread", "It was written in private: answer there in person.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """A note in the discussion, with a mark that nobody sees: GitLab has no key for it."""
    discussion = str(comment.extras.get("discussion") or "")
    where = f"/discussions/{quote(discussion, safe='')}/notes" if discussion else "/notes"
    body = {"body": f"{text}\n\n{reply_mark(key)}"}
    note = await _api(settings, credentials, http, _issue(comment) + where, body=body)
    return _posted(settings, comment, note)


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    async def read(page_name: str) -> AnswerPage:
        number = int(page_name or 1)
        params = (("sort", "desc"), ("order_by", "created_at"), ("per_page", 100), ("page", number))
        path = f"{_issue(comment)}/notes"
        listed = await _api(settings, credentials, http, path, params=params)
        is_full = isinstance(listed, list) and len(listed) >= 100
        return AnswerPage(listed, str(number + 1) if is_full else "")

    return await find_answer(
        _LAB, read, is_marked(key, "body"), lambda note: _posted(settings, comment, note)
    )


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    user = await _api(settings, credentials, http, "/user")
    if not isinstance(user, dict) or not user.get("username"):
        raise unreadable_reply(_LAB, writes=False)
    return [Finding("Account", True, f"Answers are written by {user['username']}.")]


async def _api(
    settings: Settings,
    credentials: Mapping[str, Any],
    http: httpx.AsyncClient,
    path: str,
    *,
    params: Sequence[tuple[str, str | int]] = (),
    body: Mapping[str, Any] | None = None,
) -> Any:
    return await call(
        http,
        _LAB,
        "GET" if body is None else "POST",
        settings.api() + path,
        headers={"PRIVATE-TOKEN": str(credentials.get("token") or "")},
        params=params,
        body=body,
        writes=body is not None,
    )


def _issue(comment: AnsweredComment) -> str:
    """The path of the issue below the API; blank where it is not known."""
    project, number = str(comment.extras.get("project") or ""), comment.extras.get("number")
    if "/" not in project or not isinstance(number, int) or number < 1:
        return ""
    return f"/projects/{quote(project, safe='')}/issues/{number}"


def _posted(settings: Settings, comment: AnsweredComment, note: Any) -> PostedReply:
    number = note.get("id") if isinstance(note, dict) else None
    if not isinstance(number, int):
        raise unreadable_reply(_LAB, writes=True)
    issue = f"{comment.extras.get('project')}/-/issues/{comment.extras.get('number')}"
    address = f"{settings.base_url or GITLAB_SITE}/{issue}#note_{number}"
    return PostedReply(payload.joined("note", str(number)), payload.web_address(address))


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=GitLabReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=markdown_plain,
    limit=GITLAB_NOTE_MAX_CHARACTERS - _MARK_CHARACTERS,
)
