"""What only GitHub's GraphQL API tells: the issues of many comments at once, and discussions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from integrations.poll_contract import PollError
from integrations.polling import ask, forbidden, limited, unreadable

GITHUB_TITLE = "GitHub"
_OWNER_AND_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", re.ASCII)
LABELS_FIELD = "labels(first: 50) { nodes { name } }"
AUTHOR_FIELDS = """
    author { login __typename
      ... on User { databaseId } ... on Bot { databaseId } ... on Organization { databaseId }
      ... on Mannequin { databaseId } ... on EnterpriseUserAccount { id } }
    authorAssociation
"""
WORDS_FIELDS = f"""
    databaseId id url body createdAt updatedAt lastEditedAt {AUTHOR_FIELDS}
    reactions(content: THUMBS_UP) {{ totalCount }}
"""
REST_WORDS_FIELDS = WORDS_FIELDS.replace("databaseId id", "fullDatabaseId id", 1)
"""The same of what REST lists as well, whose numbers have outgrown GraphQL's ``databaseId``."""
ISSUE_FIELDS = f"fullDatabaseId id number title url {LABELS_FIELD}"
_COMMENTS = f"""
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {WORDS_FIELDS} replies(first: 100) {{ nodes {{ {WORDS_FIELDS} }} }} }}
"""
DISCUSSION_FIELDS = f"{WORDS_FIELDS} number title category {{ slug name }} {LABELS_FIELD}"
DISCUSSIONS_QUERY = f"""
    query($owner: String!, $name: String!, $after: String) {{
      repository(owner: $owner, name: $name) {{
        discussions(first: 5, after: $after, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{
          pageInfo {{ hasNextPage endCursor }}
          nodes {{ {DISCUSSION_FIELDS} comments(first: 50) {{ {_COMMENTS} }} }} }} }} }}
"""
DISCUSSION_QUERY = f"""
    query($owner: String!, $name: String!, $number: Int!, $after: String) {{
      repository(owner: $owner, name: $name) {{
        discussion(number: $number) {{
          {DISCUSSION_FIELDS} comments(first: 50, after: $after) {{ {_COMMENTS} }} }} }} }}
"""


def owner_and_name(repository: str) -> tuple[str, str]:
    """The two parts of ``owner/name``. Raises PollError."""
    if not _OWNER_AND_NAME.fullmatch(repository):
        raise PollError(
            "settings_invalid",
            "Write every repository as owner/name in this source's settings.",
            needs_person=True,
        )
    owner, _, name = repository.partition("/")
    return owner, name


async def query(
    http: httpx.AsyncClient,
    api_url: str,
    headers: Mapping[str, str],
    text: str,
    variables: Mapping[str, Any],
) -> dict[str, Any]:
    """The repository that a query asks for. Raises PollError; a part of the answer that is missing
    (a deleted issue) is null."""
    data, _ = await query_all(http, api_url, headers, text, variables)
    repository: dict[str, Any] = data["repository"]
    return repository


async def query_all(
    http: httpx.AsyncClient,
    api_url: str,
    headers: Mapping[str, str],
    text: str,
    variables: Mapping[str, Any],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """All that a query of a repository is answered with, and what could not be. Raises PollError
    where the repository itself is not shown."""
    address = api_url.removesuffix("/v3") + "/graphql"
    answer = await ask(
        http,
        GITHUB_TITLE,
        address,
        headers=headers,
        question={"query": text, "variables": variables},
    )
    value = answer.value if isinstance(answer.value, dict) else {}
    data = value.get("data")
    listed = value.get("errors")
    errors = [error for error in listed or [] if isinstance(error, dict)]
    if isinstance(data, dict) and isinstance(data.get("repository"), dict):
        return data, errors
    kinds = {str(error.get("type")) for error in errors}
    if "RATE_LIMITED" in kinds:
        raise limited(GITHUB_TITLE, None)
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND"}:
        raise forbidden(GITHUB_TITLE, "read access to the repository's issues and discussions")
    raise unreadable(GITHUB_TITLE)


async def issues_by_number(
    http: httpx.AsyncClient,
    api_url: str,
    headers: Mapping[str, str],
    repository: str,
    numbers: Sequence[int],
) -> dict[int, dict[str, Any]]:
    """The issues of comments, as a webhook describes them, without those that are gone."""
    owner, name = owner_and_name(repository)
    asked_for = "\n".join(
        f"i{number}: issue(number: {number}) {{ {ISSUE_FIELDS} }}" for number in numbers
    )
    text = (
        "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {\n"
        f"{asked_for}\n}} }}"
    )
    answer = await query(http, api_url, headers, text, {"owner": owner, "name": name})
    issues = {}
    for number in numbers:
        issue = answer.get(f"i{number}")
        if isinstance(issue, dict) and issue.get("fullDatabaseId"):
            issues[number] = {
                "id": int(issue["fullDatabaseId"]),
                "node_id": issue.get("id"),
                "number": number,
                "title": issue.get("title"),
                "html_url": issue.get("url"),
                "labels": nodes(issue.get("labels")),
            }
    return issues


def nodes(connection: object) -> list[dict[str, Any]]:
    """The objects of a GraphQL connection."""
    listed = connection.get("nodes") if isinstance(connection, dict) else None
    return [node for node in listed or [] if isinstance(node, dict)]


def next_page(connection: object) -> str:
    """Where the next page of a connection begins, blank at the end."""
    page = connection.get("pageInfo") if isinstance(connection, dict) else None
    if not isinstance(page, dict) or page.get("hasNextPage") is not True:
        return ""
    return str(page.get("endCursor") or "")


def as_item(node: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A discussion or a comment in it, as a webhook describes it."""
    reactions = node.get("reactions")
    return {
        "id": node.get("databaseId"),
        "node_id": node.get("id"),
        "html_url": node.get("url"),
        "body": node.get("body"),
        "user": _user(node.get("author")),
        "author_association": node.get("authorAssociation"),
        "created_at": node.get("createdAt"),
        "updated_at": node.get("updatedAt"),
        "reactions": {"+1": reactions.get("totalCount")} if isinstance(reactions, dict) else None,
        **more,
    }


def _user(author: object) -> dict[str, Any] | None:
    """An account as REST describes it, where a bot has its mark in its name; None for one that is
    gone."""
    if not isinstance(author, dict):
        return None
    login, kind = str(author.get("login")), author.get("__typename")
    number = author.get("databaseId") or author.get("id")
    is_bot = kind == "Bot" and not login.endswith("[bot]")
    return {"id": number, "login": f"{login}[bot]" if is_bot else login, "type": kind}
