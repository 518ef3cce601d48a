"""Looks at issues, discussions and their comments again, many in one call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from integrations import payload
from integrations.poll_contract import KnownComment, PolledItem, PollError, Rechecked
from integrations.sources.github.graphql import (
    DISCUSSION_FIELDS,
    ISSUE_FIELDS,
    REST_WORDS_FIELDS,
    WORDS_FIELDS,
    as_item,
    nodes,
    owner_and_name,
    query_all,
)
from integrations.sources.github.reading import GitHubReader, GitHubWalk
from integrations.sources.github.settings import Settings

_NODES_QUERY = f"""
    query($owner: String!, $name: String!, $ids: [ID!]!) {{
      repository(owner: $owner, name: $name) {{ nameWithOwner }}
      nodes(ids: $ids) {{
        __typename
        ... on Issue {{ {REST_WORDS_FIELDS} {ISSUE_FIELDS} repository {{ nameWithOwner }} }}
        ... on IssueComment {{
          {REST_WORDS_FIELDS} issue {{ {ISSUE_FIELDS} }} repository {{ nameWithOwner }} }}
        ... on Discussion {{ {DISCUSSION_FIELDS} repository {{ nameWithOwner }} }}
        ... on DiscussionComment {{
          {WORDS_FIELDS} replyTo {{ databaseId }}
          discussion {{ {DISCUSSION_FIELDS} repository {{ nameWithOwner }} }} }} }} }}
"""


@dataclass
class _Found:
    items: list[PolledItem] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    unseen: str = ""


async def recheck_threads(
    settings: Settings,
    credentials: Mapping[str, Any],
    sought: Sequence[KnownComment],
    http: httpx.AsyncClient,
) -> Rechecked:
    """What is there as it is now. Something is gone where GitHub says so of it, while it shows its
    repository to the token."""
    followed = {name.lower(): name for name in payload.listed(settings.repositories)}
    by_repository: dict[str, list[KnownComment]] = defaultdict(list)
    for comment in sought:
        name = followed.get(str(comment.extras.get("repository") or "").lower())
        if name and comment.extras.get("node_id"):
            by_repository[name].append(comment)
    result = _Found()
    for name, comments in by_repository.items():
        reader = GitHubReader(settings, credentials, http, GitHubWalk(), name)
        try:
            reader.walk = GitHubWalk(repository=await reader.details())
            await _look_at(reader, comments, result)
        except PollError as error:
            if not error.needs_person or error.reason == "source_unauthorized":
                raise
            result.unseen = f"{name}: {error.detail}"
    return Rechecked(result.items, frozenset(result.gone), result.unseen)


async def _look_at(reader: GitHubReader, sought: Sequence[KnownComment], result: _Found) -> None:
    owner, name = owner_and_name(reader.name)
    ids = [str(comment.extras["node_id"]) for comment in sought]
    variables = {"owner": owner, "name": name, "ids": ids}
    data, errors = await query_all(
        reader.http, reader.api_url, reader.headers, _NODES_QUERY, variables
    )
    missing = {
        str(error["path"][1])
        for error in errors
        if error.get("type") == "NOT_FOUND"
        and isinstance(error.get("path"), list)
        and error["path"][:1] == ["nodes"]
        and len(error["path"]) > 1
    }
    listed = data.get("nodes")
    answers = listed if isinstance(listed, list) else []
    for place, (comment, node) in enumerate(zip(sought, answers, strict=False)):
        if isinstance(node, dict):
            item = _item(reader, comment, node)
            result.items += [item] if item is not None else []
        elif str(place) in missing:
            result.gone.add(comment.external_id)


def _item(
    reader: GitHubReader, comment: KnownComment, node: Mapping[str, Any]
) -> PolledItem | None:
    """The node as a webhook tells of it; None for one that moved to another repository, whose own
    webhook reports it."""
    kind, _, number = comment.external_id.partition(":")
    thread = node.get("discussion") if kind == "discussion_comment" else node
    repository = thread.get("repository") if isinstance(thread, dict) else None
    home = repository.get("nameWithOwner") if isinstance(repository, dict) else None
    if str(home).lower() != reader.name.lower() or not number.isdecimal():
        return None
    is_edited = bool(node.get("lastEditedAt"))
    action = "edited" if is_edited else "created"
    row = as_item(node, id=int(number))
    if kind == "issue":
        row |= _thread_names(node)
        return reader.item("issues", "edited" if is_edited else "opened", row, issue=row)
    if kind == "issue_comment" and isinstance(issue := node.get("issue"), dict):
        opening = {
            "id": issue.get("fullDatabaseId"),
            "node_id": issue.get("id"),
            "html_url": issue.get("url"),
            **_thread_names(issue),
        }
        return reader.item("issue_comment", action, row, issue=opening, comment=row)
    if kind == "discussion":
        row |= _thread_names(node)
        return reader.item("discussion", action, row, discussion=row)
    if kind == "discussion_comment" and isinstance(thread, dict):
        answered = node.get("replyTo")
        row["parent_id"] = answered.get("databaseId") if isinstance(answered, dict) else None
        opening = as_item(thread, **_thread_names(thread))
        return reader.item("discussion_comment", action, row, discussion=opening, comment=row)
    return None


def _thread_names(thread: Mapping[str, Any]) -> dict[str, Any]:
    """What a thread is called, and by what it may be left out."""
    return {
        "number": thread.get("number"),
        "title": thread.get("title"),
        "labels": nodes(thread.get("labels")),
        "category": thread.get("category"),
    }
