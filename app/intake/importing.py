"""Imports a file of comments: rows become deliveries of a generic source and go the same way as any
webhook.

A row without an id is named by the hash of what it says, so a file that is imported twice changes
nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from app.errors import Invalid
from app.intake.committer import Committer, NewDelivery
from app.intake.importing_rows import BadRow, Row, read_rows, resolve
from app.models.source import Source
from app.setup.sources import platform
from app.storage.advisory import wake_workers
from app.storage.db import Database
from integrations.contract import Inbound, PayloadError

ROWS_PER_DELIVERY = 25
"""The parse step takes 128 deliveries at once and has a lease on them: small ones keep its batches
short."""

BYTES_PER_DELIVERY = 256 * 1024
KEPT_FAULTS = 100

COLUMNS: Mapping[str, tuple[str, ...]] = {
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


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be used. ``line`` counts from 1, as an editor does; ``reason`` is one
    snake_case word."""

    line: int
    reason: str
    detail: str


@dataclass(slots=True)
class Imported:
    """What became of a file. ``stored`` and ``known`` count rows by whether their delivery is new;
    ``faults`` holds the first ones, ``bad`` counts them all."""

    rows: int = 0
    stored: int = 0
    known: int = 0
    bad: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: ``columns`` names the columns that are called otherwise, ``time_format``
    is strptime's."""

    columns: Mapping[str, str] = field(default_factory=dict)
    time_format: str = ""
    markup: str = ""


def comment_of(
    row: Mapping[str, Any], reading: Reading, name: str, otherwise: datetime
) -> dict[str, Any]:
    """A row as the generic source's comment. ``name`` is the file's, ``otherwise`` the time of a
    row that has none.

    Raises BadRow.
    """
    found = {
        wanted: str(value).strip()
        for wanted, names in COLUMNS.items()
        if (value := _value(row, reading.columns.get(wanted), names)) is not None
        and str(value).strip()
    }
    text = found.get("text", "")
    if not text:
        raise BadRow("text_missing", "There is no text.")
    created = (
        _time(found["created_at"], reading.time_format) if "created_at" in found else otherwise
    )
    said = [found.get(part, "") for part in ("text", "author", "created_at", "thread", "url")]
    number = (
        found.get("id")
        or "row:" + hashlib.sha256("\x1f".join(said).encode("utf-8", "replace")).hexdigest()[:32]
    )
    # Without a name every row is somebody else: reviews rarely say who wrote them, and one person
    # rarely writes two.
    author = (
        {"id": found["author"]}
        if "author" in found
        else {"id": f"anonymous:{number}", "handle": "anonymous"}
    )
    comment: dict[str, Any] = {
        "id": number,
        "thread": {
            "id": found.get("thread") or found.get("url") or name,
            "title": found.get("thread_title", ""),
            "url": found.get("url", ""),
        },
        "author": author,
        "text": text,
        "url": found.get("url", ""),
        "created_at": created.isoformat(),
    }
    if (
        "edited_at" in found
        and (edited := _time(found["edited_at"], reading.time_format)) > created
    ):
        comment["edited_at"] = edited.isoformat()
    if reading.markup:
        comment["format"] = reading.markup
    if "likes" in found:
        comment["likes"] = _count(found["likes"])
    return comment


async def import_file(
    database: Database,
    source: Source,
    path: Path,
    reading: Reading,
    *,
    progress: Callable[[int, Imported], None] | None = None,
) -> Imported:
    """Store every usable row of ``path`` for ``source``; the worker does the rest. Streams: memory
    stays flat.

    ``progress`` gets the bytes of the file read so far and the counts. Raises Invalid for a source
    of another platform (``source_not_generic``) or a file without a text column
    (``column_missing``).
    """
    if source.platform != "generic":
        raise Invalid(
            f"{source.name} listens to {source.platform}; import into a source of its own: "
            "relay source add NAME --platform generic.",
            reason="source_not_generic",
        )
    result = Imported()
    validate = platform("generic").validate
    assert validate is not None
    facts = await asyncio.to_thread(path.stat)
    written = datetime.fromtimestamp(int(facts.st_mtime), UTC)
    committer = Committer(database.conninfo, writers=1)
    committer.start()

    async def store(batch: list[bytes]) -> None:
        body = _body(batch)
        key = "import:" + hashlib.sha256(body).hexdigest()
        headers = {"content-type": "application/json", "user-agent": "relay-import"}
        if await committer.store(
            NewDelivery(source.product_id, source.id, key, "POST", headers, {}, body)
        ):
            result.stored += len(batch)
        else:
            result.known += len(batch)

    try:
        async for batch in _batches(path, reading, written, result, validate, progress):
            await store(batch)
        if progress:
            progress(facts.st_size, result)
    finally:
        await committer.stop()
    async with database.transaction() as connection:
        await wake_workers(connection)
    return result


async def _batches(
    path: Path,
    reading: Reading,
    written: datetime,
    result: Imported,
    validate: Callable[[Inbound], None],
    progress: Callable[[int, Imported], None] | None,
) -> AsyncIterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for row in _with_text_column(read_rows(path), reading):
        result.rows += 1
        try:
            comment = _checked(row, reading, path.name, written, validate)
        except BadRow as fault:
            result.bad += 1
            if len(result.faults) < KEPT_FAULTS:
                result.faults.append(Fault(row.line, fault.reason, fault.detail))
            continue
        if batch and (len(batch) >= ROWS_PER_DELIVERY or size + len(comment) > BYTES_PER_DELIVERY):
            yield batch
            batch, size = [], 0
            if progress:
                progress(row.position, result)
        batch.append(comment)
        size += len(comment)
    if batch:
        yield batch


def _with_text_column(rows: Iterator[Row], reading: Reading) -> Iterator[Row]:
    """The rows, after a look whether the first usable one has the column of the text at all."""
    looked = False
    for row in rows:
        if not looked and row.fault is None:
            looked = True
            for wanted, column in {"text": "", **reading.columns}.items():
                if _value(row.values, column or None, COLUMNS[wanted]) is None and (
                    column or wanted == "text"
                ):
                    have = ", ".join(str(name) for name in row.values) or "none"
                    raise Invalid(
                        f"No column {column or wanted!r} in the first row; it has: {have}. "
                        f"Name the right one with --{wanted.replace('_', '-')}.",
                        reason="column_missing",
                    )
        yield row


def _checked(
    row: Row, reading: Reading, name: str, written: datetime, validate: Callable[[Inbound], None]
) -> bytes:
    if row.fault is not None:
        raise row.fault
    comment = comment_of(row.values, reading, name, written)
    try:
        content = json.dumps(comment, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise BadRow("invalid_encoding", "It is not UTF-8.") from None
    if len(content) > platform("generic").max_body_bytes:
        raise BadRow("row_too_large", f"It has {len(content):,} bytes.")
    try:
        validate(Inbound("POST", {}, _body([content]), {}, written))
    except PayloadError as error:
        raise BadRow(error.reason, error.detail) from None
    return content


def _body(comments: list[bytes]) -> bytes:
    return b'{"type":"comment.created","data":[' + b",".join(comments) + b"]}"


def _value(row: Mapping[str, Any], column: str | None, names: tuple[str, ...]) -> Any:
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


def _time(text: str, time_format: str) -> datetime:
    """ISO 8601, Unix seconds or milliseconds, or an e-mail's date; with ``time_format`` that alone.
    UTC if unsaid."""
    try:
        if time_format:
            moment = datetime.strptime(text, time_format)
        elif text.replace(".", "", 1).isdigit() and len(text.partition(".")[0]) >= 9:
            seconds = float(text)
            moment = datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        elif text[:1].isalpha():
            moment = parsedate_to_datetime(text)
        else:
            moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise BadRow(
            "time_unreadable",
            f"The time {text[:40]!r} cannot be read; say how it is written with --time-format.",
        ) from None


def _count(text: str) -> int:
    try:
        return max(0, int(float(text)))
    except (ValueError, OverflowError):
        return 0
