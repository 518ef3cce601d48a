"""Makes a row of an imported file a comment of the generic source."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from app.intake.importing_columns import (
    COLUMN_NAMES,
    flattened,
    guessed,
    plain_name,
    private_columns,
    resolve,
)
from app.intake.importing_rows import BadRow
from app.intake.importing_times import read_time

HASHED_FIELDS = ("text", "author", "created_at", "thread", "url")
"""What names a row that has no id: the same row is the same comment in every import."""
NO = frozenset({"", "0", "0.0", "false", "no", "n", "f", "off", "none", "null", "-", "nein", "non"})
YES = frozenset({"1", "1.0", "true", "yes", "y", "t", "on", "x", "ja", "oui", "si"})
SEEN_BY_ALL = frozenset(
    {"public", "published", "open", "everyone", "everybody", "all", "visible", "world", "regular"}
    | {"external", "anyone", "listed"}
)
"""A ``visibility`` that says anything else is private: a row is rather left out than leaked."""
VISIBILITIES = ("visibility", "privacy", "archetype")
STAFF_ROLES = frozenset(
    {"staff", "admin", "administrator", "moderator", "mod", "employee", "team", "owner", "agent"}
    | {"support", "maintainer", "developer", "team member", "superadmin"}
)
ASSOCIATIONS_OF_STAFF = frozenset({"owner", "member", "collaborator"})
"""What GitHub's ``author_association`` says of those who work on a repository."""
BOT_ROLES = frozenset({"bot", "app", "automation", "integration", "system", "robot"})
DELETED_TEXTS = frozenset({"[deleted]", "[removed]"})
WHOLE_MAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
FORMATS = ("text", "markdown", "html")

Left = Literal["", "private", "deleted"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: ``columns`` names the columns that are called otherwise, ``time_format``
    is strptime's, ``day_first`` says how 03/04/2026 is meant."""

    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str = ""
    markup: str = ""
    day_first: bool | None = None
    encoding: str = ""
    include_private: bool = False


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as the generic source's comment. ``left_out`` says why it is none, ``columns`` where
    its fields come from; ``timed`` is False where the file's time stands for its own."""

    comment: Mapping[str, Any]
    created_at: datetime
    timed: bool
    columns: Mapping[str, str]
    left_out: Left = ""


@dataclass(slots=True)
class _Fields:
    """What the row says of a comment under our names, without what is blank, and the columns."""

    values: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)


def comment_of(
    row: Mapping[str, Any], reading: Reading, file_name: str, file_time: datetime
) -> ReadRow:
    """A row as the generic source's comment; ``file_time`` is the time of a row that has none.

    Raises BadRow.
    """
    flat = flattened(row)
    fields = _fields_of(row, flat, reading)
    private = _says_private(fields, flat, row, reading)
    left_out = _left_out(fields, reading, private=private)
    if left_out:
        return ReadRow({}, file_time, False, fields.columns, left_out)
    if not fields.get("text") and not fields.get("title"):
        raise BadRow("text_missing", "There is no text.")
    created_at = file_time
    if "created_at" in fields.values:
        created_at = _time(fields.get("created_at"), reading)
    # A title beside a thread is the thread's; else the row is a thing of its own, such as an idea.
    titled = bool(fields.get("title")) and not fields.get("thread")
    comment_id = fields.get("id") or _hashed_id(fields)
    comment: dict[str, Any] = {
        "id": comment_id,
        "thread": {
            "id": fields.get("thread")
            or fields.get("url")
            or (f"thread:{comment_id}" if titled else file_name),
            "title": fields.get("thread_title") or fields.get("title"),
            "url": fields.get("url"),
        },
        "author": _author(fields, comment_id),
        "text": _text(fields, reading, titled=titled),
        "url": fields.get("url"),
        "created_at": created_at.isoformat(),
    }
    if titled and not fields.get("parent"):
        comment["opens_thread"] = True
    if "parent" in fields.values:
        comment["parent_id"] = fields.get("parent")
    if "edited_at" in fields.values:
        edited_at = _time(fields.get("edited_at"), reading)
        if edited_at > created_at:
            comment["edited_at"] = edited_at.isoformat()
    if markup := _markup(fields, reading):
        comment["format"] = markup
    if "likes" in fields.values:
        comment["likes"] = _count(fields.get("likes"))
    if private:
        comment["visibility"] = "private"
    return ReadRow(comment, created_at, "created_at" in fields.values, fields.columns)


def has_column(row: Mapping[str, Any], name: str, column: str) -> bool:
    """Whether the row has the column that was named for a field, or one that is guessed for it,
    blank or not."""
    if column:
        return resolve(row, column) is not None
    present = {plain_name(str(key)) for key in row}
    return (
        bool(present.intersection(COLUMN_NAMES[name])) or guessed(flattened(row), name) is not None
    )


def _fields_of(
    row: Mapping[str, Any], flat: Mapping[str, tuple[str, Any]], reading: Reading
) -> _Fields:
    fields = _Fields()
    for name in COLUMN_NAMES:
        if column := reading.columns.get(name):
            column_value: tuple[str, Any] | None = (column, resolve(row, column))
        else:
            column_value = None if name == "private" else guessed(flat, name)
        if column_value is not None and column_value[1] is not None:
            content = str(column_value[1]).strip()
            if content:
                fields.values[name] = content
                fields.columns[name] = column_value[0]
    # A column that was named for something else is not guessed to be the row's own title.
    if fields.columns.get("title") in (
        fields.columns.get("thread_title"),
        fields.columns.get("text"),
    ):
        fields.values.pop("title", None)
        fields.columns.pop("title", None)
    return fields


def _text(fields: _Fields, reading: Reading, *, titled: bool) -> str:
    """Title, empty line and text, where the title is the row's own; the title alone where there is
    no more."""
    title, text = fields.get("title"), fields.get("text")
    if not text:
        return title
    if not titled or text.startswith(title):
        return text
    if _markup(fields, reading) == "html":
        return f"<p>{html.escape(title)}</p>\n{text}"
    return f"{title}\n\n{text}"


def _markup(fields: _Fields, reading: Reading) -> str:
    if reading.markup:
        return reading.markup
    return fields.get("format") if fields.get("format") in FORMATS else ""


def _hashed_id(fields: _Fields) -> str:
    contents = [fields.get(name) for name in HASHED_FIELDS]
    if not fields.get("text"):
        contents[0] = fields.get("title")
    content = "\x1f".join(contents)
    return "row:" + hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:32]


def _author(fields: _Fields, comment_id: str) -> dict[str, Any]:
    """Without a name every row is somebody else: reviews rarely say who wrote them, and one person
    rarely writes two. An e-mail address names a person, but is kept as its hash alone."""
    author: dict[str, Any] = {"id": f"anonymous:{comment_id}", "handle": "anonymous"}
    handle = fields.get("handle")
    if "author" in fields.values:
        author = {"id": _without_address(fields.get("author"))}
        if handle and "author" not in _named_alike(fields):
            author["handle"] = _without_address(handle)
    name = fields.get("name")
    if (
        name
        and name != handle
        and not WHOLE_MAIL_ADDRESS.fullmatch(name)
        and "author" in fields.values
    ):
        author["name"] = name
    if _is_staff(fields):
        author["is_staff"] = True
    if _is_bot(fields):
        author["is_bot"] = True
    return author


def _named_alike(fields: _Fields) -> set[str]:
    """``author`` where handle and author are one column."""
    return {"author"} if fields.columns.get("handle") == fields.columns.get("author") else set()


def _without_address(author: str) -> str:
    if not WHOLE_MAIL_ADDRESS.fullmatch(author):
        return author
    return "mail:" + hashlib.sha256(author.lower().encode("utf-8", "replace")).hexdigest()[:16]


def _is_staff(fields: _Fields) -> bool:
    role = fields.get("role").lower().replace("_", " ")
    if plain_name(fields.columns.get("role", "")).endswith("association"):
        by_role = role in ASSOCIATIONS_OF_STAFF
    else:
        by_role = role in STAFF_ROLES
    return by_role or fields.get("staff").lower() in YES


def _is_bot(fields: _Fields) -> bool:
    mark = fields.get("bot").lower()
    is_id = plain_name(fields.columns.get("bot", "")).endswith("bot_id")
    marked = mark not in NO if is_id else mark in YES
    by_role = fields.get("role").lower() in BOT_ROLES
    return marked or by_role or fields.get("author").endswith("[bot]") or _is_bot_handle(fields)


def _is_bot_handle(fields: _Fields) -> bool:
    return fields.get("handle").endswith("[bot]")


def _left_out(fields: _Fields, reading: Reading, *, private: bool) -> Left:
    """Why the row is no comment that may be stored, or blank."""
    if fields.get("deleted").lower() not in NO or fields.get("text") in DELETED_TEXTS:
        return "deleted"
    return "private" if private and not reading.include_private else ""


def _says_private(
    fields: _Fields,
    flat: Mapping[str, tuple[str, Any]],
    row: Mapping[str, Any],
    reading: Reading,
) -> bool:
    """Whether not everybody may read the row where it was written."""
    if column := reading.columns.get("private"):
        fields.columns["private"] = column
        return _is_private(plain_name(column), resolve(row, column))
    for name, label, value in private_columns(flat):
        fields.columns["private"] = label
        if _is_private(name, value):
            return True
    return False


def _is_private(name: str, value: Any) -> bool:
    mark = str("" if value is None else value).strip().lower()
    if name in ("public", "is_public", "jsd_public"):
        return bool(mark) and mark not in YES
    if name in VISIBILITIES or name.endswith("_visibility"):
        return bool(mark) and mark not in SEEN_BY_ALL
    return mark not in NO


def _time(text: str, reading: Reading) -> datetime:
    return read_time(text, reading.time_format, day_first=reading.day_first)


def _count(text: str) -> int:
    try:
        return max(0, int(float(text)))
    except (ValueError, OverflowError):
        return 0
