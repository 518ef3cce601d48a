"""Imports a file of comments: rows become deliveries of a generic source and go the same way as any
webhook.

A file is looked through first, so that what has to be asked is asked before anything is stored. A
row without an id is named by the hash of what it says, so a file that is imported twice changes
nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from structlog.contextvars import bound_contextvars

from app.errors import Invalid
from app.intake.committer import Committer, NewDelivery
from app.intake.importing_comment import Reading, ReadRow, comment_of
from app.intake.importing_parts import FileFacts
from app.intake.importing_rows import BadRow, Row, read_rows
from app.intake.importing_survey import Survey, Surveyor, modified_at, with_columns
from app.intake.importing_undo import FILE_HEADER, IMPORT_HEADER
from app.setup.sources import Source
from app.storage.advisory import wake_workers
from app.storage.db import Database
from integrations import registry
from integrations.contract import Inbound, PayloadError

IMPORT_PLATFORM = "generic"
ROWS_PER_DELIVERY = 25
"""The parse step takes 128 deliveries at once and has a lease on them: small ones keep its batches
short."""
BYTES_PER_DELIVERY = 256 * 1024
IMPORT_HEADERS = {"content-type": "application/json", "user-agent": "relay-import"}
FILE_NAME_CHARACTERS = 200


@dataclass(slots=True)
class Imported(Survey):
    """What became of a file. ``stored`` and ``known`` count rows by whether their delivery is new;
    ``import_id`` takes it back as a whole, and is blank where nothing is new."""

    stored: int = 0
    known: int = 0
    import_id: str = ""


Progress = Callable[[int, Imported], None]


@dataclass(frozen=True, slots=True)
class _File:
    """The file that is imported: how to read it, and the time of rows that have none."""

    path: Path
    reading: Reading
    written_at: datetime

    def rows(self, facts: FileFacts | None = None) -> Iterator[Row]:
        return with_columns(read_rows(self.path, self.reading.encoding, facts), self.reading)


def survey_file(path: Path, reading: Reading) -> Survey:
    """What the file holds as it would be read; nothing is stored. Streams: memory stays flat.

    Raises Invalid for a file without a text column (``column_missing``), with dates that can be
    read two ways (``time_ambiguous``), and as ``read_rows`` does.
    """
    return _survey(_File(path, reading, modified_at(path)))


def _survey(file: _File) -> Survey:
    facts = FileFacts()
    surveyor = Surveyor(file.written_at, facts)
    for row in file.rows(facts):
        try:
            surveyor.row(row, _checked(row, file)[0])
        except BadRow as fault:
            surveyor.fault(row, fault)
    return surveyor.finish()


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
    of another platform (``source_not_generic``), and as ``survey_file`` does; nothing is stored
    then.
    """
    require_generic(source)
    file = _File(path, reading, await asyncio.to_thread(modified_at, path))
    survey = await asyncio.to_thread(_survey, file)
    result = Imported(**{name: getattr(survey, name) for name in Survey.__slots__})
    import_id = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    committer = Committer(database.conninfo, writers=1)
    committer.start()
    with bound_contextvars(source=str(source.id)):
        try:
            async for batch, position in _batches(file):
                if await committer.store(_delivery(source, batch, import_id, path.name)):
                    result.stored += len(batch)
                else:
                    result.known += len(batch)
                if progress:
                    progress(position, result)
        finally:
            await committer.stop()
    result.import_id = import_id if result.stored else ""
    async with database.transaction() as connection:
        await wake_workers(connection)
    return result


def require_generic(source: Source) -> None:
    """Raises Invalid (``source_not_generic``)."""
    if source.platform != IMPORT_PLATFORM:
        raise Invalid(
            f"{source.name} listens to {source.platform}; import into a source of its own: "
            "relay source add NAME --platform generic.",
            reason="source_not_generic",
        )


def _delivery(source: Source, batch: list[bytes], import_id: str, file_name: str) -> NewDelivery:
    body = _body(batch)
    key = "import:" + hashlib.sha256(body).hexdigest()
    shown_name = file_name.encode("utf-8", "replace").decode()[:FILE_NAME_CHARACTERS]
    headers = {**IMPORT_HEADERS, IMPORT_HEADER: import_id, FILE_HEADER: shown_name}
    return NewDelivery(source.product_id, source.id, key, "POST", headers, {}, body)


async def _batches(file: _File) -> AsyncIterator[tuple[list[bytes], int]]:
    """Usable rows as JSON, as many as one delivery takes, and how far the file is read."""
    batch: list[bytes] = []
    size, position = 0, 0
    for row in file.rows():
        try:
            _, comment = _checked(row, file)
        except BadRow:
            continue
        if not comment:
            continue
        if batch and (len(batch) >= ROWS_PER_DELIVERY or size + len(comment) > BYTES_PER_DELIVERY):
            yield batch, position
            batch, size = [], 0
        batch.append(comment)
        size += len(comment)
        position = row.position
    if batch:
        yield batch, position


def _checked(row: Row, file: _File) -> tuple[ReadRow, bytes]:
    """The row, and the JSON of the comment that the generic source takes, blank where it is left
    out. Raises BadRow."""
    if row.fault is not None:
        raise row.fault
    read = comment_of(row.values, file.reading, row.part or file.path.name, file.written_at)
    if read.left_out:
        return read, b""
    try:
        content = json.dumps(read.comment, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise BadRow("invalid_encoding", "It is not UTF-8.") from None
    platform = registry.source(IMPORT_PLATFORM)
    if len(content) > platform.max_body_bytes:
        raise BadRow("row_too_large", f"It has {len(content):,} bytes.")
    assert platform.validate is not None
    try:
        platform.validate(Inbound("POST", {}, _body([content]), {}, file.written_at))
    except PayloadError as error:
        raise BadRow(error.reason, error.detail) from None
    return read, content


def _body(comments: list[bytes]) -> bytes:
    return b'{"type":"comment.created","data":[' + b",".join(comments) + b"]}"
