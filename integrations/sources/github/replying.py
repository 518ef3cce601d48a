"""Answers issues and discussions.

1. Make an account on GitHub that speaks for your team, or choose the one that answers there today.
2. **Settings → Developer settings → Personal access tokens → Fine-grained tokens → Generate new
   token**. Repository access: only the repositories that this source follows.
3. Permissions: **Issues** and **Discussions**, both **Read and write**, and nothing else.
4. Copy the token and enter it here. For GitHub Enterprise Server enter the address of its API too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
from pydantic import BaseModel, Field, SecretStr

from integrations import payload
from integrations.contract import Finding
from integrations.listing import objects
from integrations.lost_answers import AnswerPage, find_answer, is_marked, looked_from
from integrations.neutralize import markdown_plain
from integrations.own_marks import reply_mark
from integrations.reply_calls import (
    call,
    forbidden_reply,
    refused_answer,
    reply_limited,
    thread_gone,
    thread_locked,
    unreadable_reply,
)
from integrations.reply_contract import (
    AnsweredComment,
    CanReply,
    PostedReply,
    ReplyError,
    Replying,
)
from integrations.sources.github.settings import Settings

_HUB = "GitHub"
GITHUB_API = "https://api.github.com"
COMMENT_MAX_CHARACTERS = 65_536
_REPOSITORY_PATH = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")

ANSWERED_DISCUSSION = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { discussion(number: $number) {
    id locked
    comments(last: 50) { nodes { id databaseId url body replies(last: 50) {
      nodes { id databaseId url body } } } }
  } }
}
"""
ADD_DISCUSSION_COMMENT = """
mutation($discussion: ID!, $body: String!, $key: String!) {
  addDiscussionComment(input: {discussionId: $discussion, body: $body, clientMutationId: $key}) {
    comment { id databaseId url }
  }
}
"""


class GithubReplyCredentials(BaseModel):
    """What lets us write into repositories."""

    token: SecretStr = Field(min_length=1, description="A fine-grained personal access token.")
    api_url: Annotated[payload.SettingAddress, Field(validate_default=True)] = Field(
        default=GITHUB_API,
        description="Address of the API; for GitHub Enterprise Server "
        "https://github.example.com/api/v3.",
    )


def _can_reply(settings: Settings, comment: AnsweredComment) -> CanReply:
    repository, number = _thread(comment)
    if not repository or not number:
        return CanReply("no_thread", "It is not known in which issue this was written.")
    return CanReply()


async def _reply(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    text: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    """A comment with a mark that nobody sees: neither API has a key that makes it the same one."""
    body = f"{text}\n\n{reply_mark(key)}"
    if _is_discussion(comment):
        return await _reply_in_discussion(credentials, comment, body, key, http)
    repository, number = _thread(comment)
    posted = await call(
        http,
        _HUB,
        "POST",
        f"{_api(credentials)}/repos/{repository}/issues/{number}/comments",
        headers=_headers(credentials),
        body={"body": body},
        writes=True,
    )
    return _posted(posted, "issue_comment", "id", "html_url")


async def _find(
    settings: Settings,
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    key: UUID,
    since: datetime,
    http: httpx.AsyncClient,
) -> PostedReply | None:
    """Comments that were changed since the call, looked through for our mark."""
    if _is_discussion(comment):
        return await find_answer(
            _HUB,
            lambda _: _discussed(credentials, comment, http),
            is_marked(key, "body"),
            lambda one: _posted(one, "discussion_comment", "databaseId", "url"),
        )
    repository, number = _thread(comment)
    moment = looked_from(since).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def read(page_name: str) -> AnswerPage:
        page = int(page_name or 1)
        listed = await call(
            http,
            _HUB,
            "GET",
            f"{_api(credentials)}/repos/{repository}/issues/{number}/comments",
            headers=_headers(credentials),
            params=[("since", moment), ("per_page", 100), ("page", page)],
        )
        is_full = isinstance(listed, list) and len(listed) >= 100
        return AnswerPage(listed, str(page + 1) if is_full else "")

    return await find_answer(
        _HUB,
        read,
        is_marked(key, "body"),
        lambda one: _posted(one, "issue_comment", "id", "html_url"),
    )


async def _discussed(
    credentials: Mapping[str, Any], comment: AnsweredComment, http: httpx.AsyncClient
) -> AnswerPage:
    """The newest comments of a discussion, each with the newest answers to it."""
    discussion = await _discussion(credentials, comment, http)
    nodes = objects((discussion.get("comments") or {}).get("nodes"))
    answers = [one for node in nodes for one in objects((node.get("replies") or {}).get("nodes"))]
    return AnswerPage([*nodes, *answers])


async def _reply_in_discussion(
    credentials: Mapping[str, Any],
    comment: AnsweredComment,
    body: str,
    key: UUID,
    http: httpx.AsyncClient,
) -> PostedReply:
    discussion = await _discussion(credentials, comment, http)
    if discussion.get("locked"):
        raise thread_locked(_HUB)
    variables = {"discussion": discussion.get("id"), "body": body, "key": str(key)}
    data = await _graphql(credentials, ADD_DISCUSSION_COMMENT, variables, http, writes=True)
    posted = (data.get("addDiscussionComment") or {}).get("comment")
    return _posted(posted, "discussion_comment", "databaseId", "url")


async def _discussion(
    credentials: Mapping[str, Any], comment: AnsweredComment, http: httpx.AsyncClient
) -> dict[str, Any]:
    repository, number = _thread(comment)
    owner, _, name = repository.partition("/")
    variables = {"owner": owner, "name": name, "number": number}
    data = await _graphql(credentials, ANSWERED_DISCUSSION, variables, http)
    discussion = (data.get("repository") or {}).get("discussion")
    if not isinstance(discussion, dict):
        raise thread_gone(_HUB)
    return discussion


async def _graphql(
    credentials: Mapping[str, Any],
    query: str,
    variables: Mapping[str, Any],
    http: httpx.AsyncClient,
    *,
    writes: bool = False,
) -> dict[str, Any]:
    """The data of an answer. GraphQL says in a 200 what went wrong."""
    # github.com has it at /graphql, an own server at /api/graphql beside /api/v3.
    address = f"{_api(credentials).removesuffix('/v3')}/graphql"
    answer = await call(
        http,
        _HUB,
        "POST",
        address,
        headers=_headers(credentials),
        body={"query": query, "variables": dict(variables)},
        writes=writes,
    )
    errors = answer.get("errors") if isinstance(answer, dict) else None
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(errors, list) and errors and not (data and any(data.values())):
        first = errors[0] if isinstance(errors[0], dict) else {}
        raise _complaint(str(first.get("type") or ""), str(first.get("message") or ""))
    if not isinstance(data, dict):
        raise unreadable_reply(_HUB, writes=writes)
    return data


def _complaint(kind: str, words: str) -> ReplyError:
    if kind == "RATE_LIMITED":
        return reply_limited(_HUB, None)
    if kind == "NOT_FOUND":
        return thread_gone(_HUB)
    if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES"):
        return forbidden_reply(_HUB)
    return refused_answer(_HUB, words)


async def _check(
    settings: Settings, credentials: Mapping[str, Any], http: httpx.AsyncClient
) -> list[Finding]:
    """Whether the token lets us in, and as whom."""
    user = await call(http, _HUB, "GET", f"{_api(credentials)}/user", headers=_headers(credentials))
    if not isinstance(user, dict) or not user.get("login"):
        raise unreadable_reply(_HUB, writes=False)
    return [Finding("Account", True, f"Answers are written by {user['login']}.")]


def _thread(comment: AnsweredComment) -> tuple[str, int]:
    """The repository and the number of the issue or discussion; blank and 0 where unknown."""
    repository = str(comment.extras.get("repository") or "")
    number = comment.extras.get("number")
    if not _REPOSITORY_PATH.fullmatch(repository) or ".." in repository:
        return "", 0
    try:
        return repository, int(str(number))
    except ValueError:
        return repository, 0


def _is_discussion(comment: AnsweredComment) -> bool:
    return comment.thread_id.startswith("discussion:")


def _api(credentials: Mapping[str, Any]) -> str:
    return str(credentials.get("api_url") or GITHUB_API).rstrip("/")


def _headers(credentials: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {credentials.get('token')}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


def _posted(comment: Any, kind: str, id_field: str, url_field: str) -> PostedReply:
    if not isinstance(comment, dict) or not comment.get(id_field) or not comment.get(url_field):
        raise unreadable_reply(_HUB, writes=True)
    return PostedReply(
        payload.joined(kind, str(comment[id_field])), payload.web_address(str(comment[url_field]))
    )


REPLYING: Replying[Settings] = Replying(
    guide=__doc__,
    credentials=GithubReplyCredentials,
    can_reply=_can_reply,
    reply=_reply,
    find=_find,
    check=_check,
    outgoing=markdown_plain,
    limit=COMMENT_MAX_CHARACTERS - 100,  # the mark
)
