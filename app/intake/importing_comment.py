"""Makes a row of an imported file a comment of the generic source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from app.intake.importing_rows import BadRow, resolve

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "body", "comment", "content", "review", "message", "feedback"),
    "id": ("id", "comment_id", "review_id", "post_id", "message_id"),
    "author": ("author", "author_id", "user", "user_id", "username", "handle", "name"),
    "created_at": ("created_at", "created", "date", "timestamp", "time", "posted_at"),
    "edited_at": (
        "edited_at",
        "edited",
        "updated_at",
        "updated",
        "modified",
        "modified_at",
        "last_edited",
    ),
    "thread": ("thread", "thread_id", "topic", "topic_id"),
    "thread_title": ("thread_title", "title", "subject", "topic_title"),
    "url": ("url", "link", "permalink"),
    "likes": ("likes", "upvotes", "votes"),
}
"""What we read, and the names under which it is looked for, the first that a row has."""
HASHED_FIELDS = ("text", "author", "created_at", "thread", "url")
"""What names a row that has no id: the same row is the same comment in every import."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: ``columns`` names the columns that are called otherwise, ``time_format``
    is strptime's."""

    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str = ""
    markup: str = ""


def comment_of(
    row: Mapping[str, Any], reading: Reading, file_name: str, file_time: datetime
) -> dict[str, Any]:
    """A row as the generic source's comment; ``file_time`` is the time of a row that has none.

    Raises BadRow.
    """
    fields = _fields_of(row, reading)
    text = fields.get("text", "")
    if not text:
        raise BadRow("text_missing", "There is no text.")
    created_at = file_time
    if "created_at" in fields:
        created_at = _time(fields["created_at"], reading.time_format)
    comment_id = fields.get("id") or _hashed_id(fields)
    comment: dict[str, Any] = {
        "id": comment_id,
        "thread": {
            "id": fields.get("thread") or fields.get("url") or file_name,
            "title": fields.get("thread_title", ""),
            "url": fields.get("url", ""),
        },
        "author": _author(fields, comment_id),
        "text": text,
        "url": fields.get("url", ""),
        "created_at": created_at.isoformat(),
    }
    if "edited_at" in fields:
        edited_at = _time(fields["edited_at"], reading.time_format)
        if edited_at > created_at:
            comment["edited_at"] = edited_at.isoformat()
    if reading.markup:
        comment["format"] = reading.markup
    if "likes" in fields:
        comment["likes"] = _count(fields["likes"])
    return comment


def value_of(row: Mapping[str, Any], column: str | None, names: tuple[str, ...]) -> Any:
    """The value of ``column``, or of the first of ``names`` that the row has; None without one."""
    if column is not None:
        return resolve(row, column)
    folded = {
        str(name).strip().lower().replace(" ", "_"): value
        for name, value in row.items()
        if name is not None
    }
    for name in names:
        if (value := folded.get(name)) is not None and not isinstance(value, dict | list):
            return value
    return None


def _fields_of(row: Mapping[str, Any], reading: Reading) -> dict[str, str]:
    """What the row says of a comment, under our names; without what is blank."""
    fields: dict[str, str] = {}
    for name, column_names in COLUMN_NAMES.items():
        value = value_of(row, reading.columns.get(name), column_names)
        if value is not None and str(value).strip():
            fields[name] = str(value).strip()
    return fields


def _hashed_id(fields: Mapping[str, str]) -> str:
    content = "\x1f".join(fields.get(name, "") for name in HASHED_FIELDS)
    return "row:" + hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]


def _author(fields: Mapping[str, str], comment_id: str) -> dict[str, str]:
    """Without a name every row is somebody else: reviews rarely say who wrote them, and one person
    rarely writes two."""
    if "author" in fields:
        return {"id": fields["author"]}
    return {"id": f"anonymous:{comment_id}", "handle": "anonymous"}


def _time(text: str, time_format: str) -> datetime:
    """With ``time_format`` that alone, else as ``_guessed_time``; UTC if unsaid. Raises BadRow."""
    try:
        moment = datetime.strptime(text, time_format) if time_format else _guessed_time(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise BadRow(
            "time_unreadable",
            f"The time {text[:40]!r} cannot be read; say how it is written with --time-format.",
        ) from None


def _guessed_time(text: str) -> datetime:
    """ISO 8601, Unix seconds or milliseconds, or an e-mail's date.

    ==============================  ========================
    1793700000                      seconds (from 9 digits)
    1793700000000                   milliseconds (above 1e11)
    Mon, 02 Nov 2026 10:00 +0000    an e-mail's date
    2026-11-02T10:00:00+02:00       ISO 8601
    ==============================  ========================
    """
    if text.replace(".", "", 1).isdigit() and len(text.partition(".")[0]) >= 9:
        seconds = float(text)
        if seconds > 1e11:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC)
    if text[:1].isalpha():
        return parsedate_to_datetime(text)
    return datetime.fromisoformat(text)


def _count(text: str) -> int:
    try:
        return max(0, int(float(text)))
    except (ValueError, OverflowError):
        return 0
