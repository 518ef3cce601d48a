"""Guesses from their names what the columns of a file mean.

Names are compared without case and punctuation: ``createdAt``, ``Created At`` and ``created_at``
are one, and ``user.login`` is ``user_login``, whether it is a column or ``login`` in an object.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

NESTED_OBJECTS_MAX = 3
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PUNCTUATION = re.compile(r"[\W_]+")

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        *("text", "body", "comment", "content", "review", "message", "feedback", "review_text"),
        *("comment_text", "comment_body", "body_text", "review_body", "review_content"),
        *("message_text", "post_raw", "post_text", "raw", "selftext", "plain_body", "answer"),
        *("description", "details"),
    ),
    "title": (
        *("title", "subject", "headline", "summary", "review_title", "issue_title"),
        *("idea_title", "post_title"),
    ),
    "id": (
        *("external_id", "id", "comment_id", "review_id", "post_id", "message_id", "issue_id"),
        *("ticket_id", "response_id", "uuid"),
    ),
    "author": (
        *("author_id", "user_id", "author_external_id", "reviewer_id", "customer_id"),
        *("poster_id", "creator_id", "sender_id", "member_id", "user_uuid"),
        *("author", "author_login", "author_handle", "author_username", "user", "user_login"),
        *("user_handle", "user_username", "user_screen_name", "username", "user_name"),
        *("handle", "login", "screen_name", "author_name", "author_display_name", "reviewer"),
        *("reviewer_name", "customer", "customer_name", "poster", "creator", "creator_login"),
        *("sender", "submitter", "author_email", "user_email", "reviewer_email", "email"),
        *("display_name", "full_name", "name"),
    ),
    "handle": (
        *("author_handle", "author_login", "author_username", "user_handle", "user_login"),
        *("user_username", "user_screen_name", "username", "user_name", "handle", "login"),
        *("screen_name", "creator_login", "author", "user"),
    ),
    "name": (
        *("author_name", "author_display_name", "author_full_name", "user_full_name"),
        *("user_display_name", "reviewer_name", "customer_name", "display_name", "full_name"),
        *("real_name", "author"),
    ),
    "created_at": (
        *("created_at", "created", "date", "timestamp", "time", "posted_at", "posted"),
        *("published_at", "published", "submitted_at", "submitted", "date_created"),
        *("created_date", "creation_date", "created_time", "created_on", "create_time"),
        *("created_utc", "datetime", "date_time", "sent_at", "written_at", "post_date"),
        *("posted_on", "date_posted", "submit_date", "submission_date", "review_date"),
        *("comment_date", "review_submit_date_and_time", "ts"),
    ),
    "edited_at": (
        *("edited_at", "edited", "updated_at", "updated", "modified", "modified_at"),
        *("last_edited", "last_edited_at", "date_modified", "updated_on"),
    ),
    "thread": (
        *("thread", "thread_id", "topic", "topic_id", "conversation_id", "discussion_id"),
        *("thread_ts",),
    ),
    "thread_title": ("thread_title", "topic_title", "conversation_title", "discussion_title"),
    "url": ("url", "link", "permalink", "html_url", "web_url", "review_link", "thread_url"),
    "likes": (
        *("likes", "upvotes", "votes", "like_count", "likes_count", "vote_count"),
        *("votes_count", "upvote_count", "thumbs_up", "score"),
    ),
    "parent": ("parent_id", "parent", "parent_comment_id", "in_reply_to_id", "reply_to_id"),
    "staff": (
        *("is_staff", "staff", "author_is_staff", "user_is_staff", "is_admin", "admin"),
        *("user_is_admin", "user_admin", "is_moderator", "moderator", "user_moderator"),
        *("is_employee", "employee", "author_is_admin", "is_team_member", "from_staff"),
    ),
    "role": (
        *("role", "author_role", "user_role", "author_type", "user_type", "sender_type"),
        *("author_association", "user_group"),
    ),
    "bot": (
        *("is_bot", "bot", "author_is_bot", "user_is_bot", "author_bot", "user_bot"),
        *("automated", "is_automated", "bot_id"),
    ),
    "private": (
        *("private", "is_private", "internal", "is_internal", "internal_note", "is_pm", "pm"),
        *("is_dm", "private_message", "is_private_message", "direct_message", "confidential"),
        *("is_confidential", "hidden", "is_hidden", "whisper", "is_whisper", "staff_only"),
        *("read_restricted", "visibility", "privacy", "archetype"),
        *("public", "is_public", "jsd_public"),
    ),
    "deleted": ("deleted_at", "deleted", "is_deleted", "removed", "is_removed", "removed_at"),
    "format": ("format", "text_format", "markup"),
}
"""What we read, and the names under which it is looked for, the first that a row has."""

PRIVATE_ENDINGS = ("_private", "_is_private", "_is_pm", "_internal", "_visibility", "_confidential")
"""A column of which the name ends so speaks of the row as well: ``repository.private``."""


@lru_cache(maxsize=8192)
def plain_name(name: str) -> str:
    """The name without case and punctuation.

    >>> plain_name("createdAt"), plain_name("Created At"), plain_name("user.isStaff")
    ('created_at', 'created_at', 'user_is_staff')
    """
    return _PUNCTUATION.sub("_", _WORD_STARTS.sub("_", name.strip()).lower()).strip("_")


def flattened(row: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Every value that is not blank under the plain name of its column, with the column as it is
    written; what stands in objects under both names joined."""
    columns: dict[str, tuple[str, Any]] = {}
    for column, value in _leaves(row, "", NESTED_OBJECTS_MAX):
        columns.setdefault(plain_name(column), (column, value))
    return columns


def guessed(columns: Mapping[str, tuple[str, Any]], field: str) -> tuple[str, Any] | None:
    """Column and value of the first name of ``field`` that the row has; None without one."""
    for name in COLUMN_NAMES[field]:
        if name in columns:
            return columns[name]
    return None


def private_columns(columns: Mapping[str, tuple[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """Plain name, column and value of everything that says who may see the row."""
    names = COLUMN_NAMES["private"]
    for name, (column, value) in columns.items():
        if name in names or name.endswith(PRIVATE_ENDINGS):
            yield name, column, value


def has_text(row: Mapping[str, Any]) -> bool:
    """Whether the row itself, not an object in it, has a text or a title."""
    own = {plain_name(str(name)) for name, value in row.items() if isinstance(value, str)}
    return bool(own.intersection((*COLUMN_NAMES["text"], *COLUMN_NAMES["title"])))


def resolve(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; ``user.name`` looks into nested objects where no column has that
    name."""
    if column in row:
        return row[column]
    value: Any = row
    for part in column.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _leaves(row: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            if depth:
                yield from _leaves(value, f"{prefix}{name}.", depth - 1)
        elif value is not None and not isinstance(value, list) and str(value).strip():
            yield f"{prefix}{name}", value
