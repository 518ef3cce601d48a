"""Imports a file of comments: rows become deliveries of a generic source and go the same way as any
webhook.

A row without an id is named by the hash of what it says, so a file that is imported twice changes
nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from structlog.contextvars import bound_contextvars

from app.errors import Invalid
from app.intake.committer import Committer, NewDelivery
from app.intake.importing_comment import COLUMN_NAMES, Reading, comment_of, value_of
from app.intake.importing_rows import BadRow, Row, read_rows
from app.models.source import Source
from app.storage.advisory import wake_workers
from app.storage.db import Database
from integrations import registry
from integrations.contract import Inbound, PayloadError

IMPORT_PLATFORM = "generic"
ROWS_PER_DELIVERY = 25
"""The parse step takes 128 deliveries at once and has a lease on them: small ones keep its batches
short."""
BYTES_PER_DELIVERY = 256 * 1024
FAULTS_MAX = 100
IMPORT_HEADERS = {"content-type": "application/json", "user-agent": "relay-import"}

Validate = Callable[[Inbound], None]


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


Progress = Callable[[int, Imported], None]


@dataclass(frozen=True, slots=True)
class _File:
    """The file that is imported: how to read it, and the time of rows that have none."""

    path: Path
    reading: Reading
    written_at: datetime
    validate: Validate


async def import_file(
    database: Database,
    source: Source,
    path: Path,
    reading: Reading,
    *,
    progress: Progress | None = None,
) -> Imported:
    """Store every usable row of ``path`` for ``source``; the worker does the rest. Streams: memory
    stays flat.

    ``progress`` gets the bytes of the file read so far and the counts. Raises Invalid for a source
    of another platform (``source_not_generic``) or a file without a text column
    (``column_missing``).
    """
    if source.platform != IMPORT_PLATFORM:
        raise Invalid(
            f"{source.name} listens to {source.platform}; import into a source of its own: "
            "relay source add NAME --platform generic.",
            reason="source_not_generic",
        )
    validate = registry.source(IMPORT_PLATFORM).validate
    assert validate is not None
    facts = await asyncio.to_thread(path.stat)
    file = _File(path, reading, datetime.fromtimestamp(int(facts.st_mtime), UTC), validate)
    result = Imported()
    committer = Committer(database.conninfo, writers=1)
    committer.start()
    with bound_contextvars(source=str(source.id)):
        try:
            async for batch in _batches(file, result, progress):
                if await committer.store(_delivery(source, batch)):
                    result.stored += len(batch)
                else:
                    result.known += len(batch)
            if progress:
                progress(facts.st_size, result)
        finally:
            await committer.stop()
    async with database.transaction() as connection:
        await wake_workers(connection)
    return result


def _delivery(source: Source, batch: list[bytes]) -> NewDelivery:
    body = _body(batch)
    key = "import:" + hashlib.sha256(body).hexdigest()
    return NewDelivery(source.product_id, source.id, key, "POST", IMPORT_HEADERS, {}, body)


async def _batches(
    file: _File, result: Imported, progress: Progress | None
) -> AsyncIterator[list[bytes]]:
    """Usable rows as JSON, as many as one delivery takes; ``result`` counts rows and faults."""
    batch: list[bytes] = []
    size = 0
    for row in _with_columns(read_rows(file.path), file.reading):
        result.rows += 1
        try:
            comment = _checked(row, file)
        except BadRow as fault:
            result.bad += 1
            if len(result.faults) < FAULTS_MAX:
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


def _with_columns(rows: Iterator[Row], reading: Reading) -> Iterator[Row]:
    """The rows, after a look whether the first usable one has the columns at all."""
    checked = False
    for row in rows:
        if not checked and row.fault is None:
            checked = True
            _require_columns(row, reading)
        yield row


def _require_columns(row: Row, reading: Reading) -> None:
    """Raises Invalid where there is no text, or not the columns that ``reading`` names."""
    for name, column in {"text": "", **reading.columns}.items():
        if not column and name != "text":
            continue
        if value_of(row.values, column or None, COLUMN_NAMES[name]) is None:
            present = ", ".join(str(present_name) for present_name in row.values) or "none"
            raise Invalid(
                f"No column {column or name!r} in the first row; it has: {present}. "
                f"Name the right one with --{name.replace('_', '-')}.",
                reason="column_missing",
            )


def _checked(row: Row, file: _File) -> bytes:
    """The row as the JSON of a comment that the generic source takes. Raises BadRow."""
    if row.fault is not None:
        raise row.fault
    comment = comment_of(row.values, file.reading, file.path.name, file.written_at)
    try:
        content = json.dumps(comment, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise BadRow("invalid_encoding", "It is not UTF-8.") from None
    if len(content) > registry.source(IMPORT_PLATFORM).max_body_bytes:
        raise BadRow("row_too_large", f"It has {len(content):,} bytes.")
    try:
        file.validate(Inbound("POST", {}, _body([content]), {}, file.written_at))
    except PayloadError as error:
        raise BadRow(error.reason, error.detail) from None
    return content


def _body(comments: list[bytes]) -> bytes:
    return b'{"type":"comment.created","data":[' + b",".join(comments) + b"]}"
