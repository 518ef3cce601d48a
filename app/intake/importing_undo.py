"""Takes an import back as a whole: its comments go as if they had been deleted where they were
written, its deliveries are blanked, and the file may be imported again, read another way."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import Conflict, NotFound
from app.intake.comment_store import ParsedDelivery, store_comments
from app.storage.advisory import wake_workers
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all
from integrations.source_contract import CommentEvent, EventType

IMPORT_HEADER = "relay-import"
"""The header of a delivery that names the import it came with."""
FILE_HEADER = "relay-import-file"
UNDONE_REASON = "import_undone"
UNDO_BATCH_DELIVERIES = 40
BUSY_SECONDS_MAX = 60.0
BUSY_POLL_SECONDS = 0.5

LIST_IMPORTS = """
    select d.headers->>'relay-import' as import_id, s.name as source,
           coalesce(d.headers->>'relay-import-file', '') as file, min(d.received_at) as at,
           count(*) as deliveries, bool_and(d.reason = 'import_undone') as undone
    from delivery d join source s on s.id = d.source_id
    where s.platform = 'generic' and d.headers ? 'relay-import'
      and (%(source)s::uuid is null or d.source_id = %(source)s)
    group by 1, 2, 3 order by 4 desc limit 100
"""
IMPORT_DELIVERIES = """
    select d.id, d.product_id, d.source_id, d.received_at, d.reason
    from delivery d join source s on s.id = d.source_id
    where s.platform = 'generic' and d.headers->>'relay-import' = %s
    order by d.id
"""
# A worker that has a delivery in hand stores its comments later: that one is waited for.
WITHHOLD_WAITING = """
    update delivery set stage = 'ignored', reason = 'import_undone', lease_until = null
    where id = any(%s) and stage = 'received' and (lease_until is null or lease_until < now())
"""
COUNT_IN_HAND = """
    select count(*) as deliveries from delivery where id = any(%s) and stage = 'received'
"""
# What a comment was before the import, where it was there already, comes back.
IMPORTED_COMMENTS = """
    select c.id, c.product_id, c.source_id, c.platform, c.external_id, c.version, c.delivery_id,
           c.received_at, e.version as earlier_version, e.text as earlier_text,
           e.delivery_id as earlier_delivery
    from comment c
    left join lateral (
        select v.version, v.text, v.delivery_id from comment_version v
        left join delivery d on d.id = v.delivery_id
        where v.source_id = c.source_id and v.external_id = c.external_id and v.type <> 'deleted'
          and v.text <> '' and d.headers->>'relay-import' is distinct from %s
        order by v.version desc limit 1
    ) e on true
    where c.delivery_id = any(%s) and c.deleted_at is null
    order by c.source_id, c.external_id
"""
RESTORE_COMMENT = """
    update comment
    set text = %(text)s, version = %(version)s, delivery_id = %(delivery)s,
        edited_at = case when right(%(version)s, 2) = '.1' then left(%(version)s, 27)::timestamptz
                    end,
        stage = case when text is distinct from %(text)s and kind_reason <> 'bot' then 'parsed'
                else stage end,
        attempts = 0, lease_until = null
    where id = %(id)s
"""
# The id is free again: what is imported next is a comment of its own, not a later version of one
# that is gone, of which author and time would be kept.
RENAME_COMMENT = """
    update comment set external_id = %(undone)s::text || ':' || external_id where id = any(%(ids)s)
"""
FORGET_VERSIONS = """
    delete from comment_version where source_id = any(%s) and delivery_id = any(%s)
"""
BLANK_DELIVERIES = """
    update delivery
    set body = '', dedup_key = 'undone:' || id, stage = 'ignored', reason = 'import_undone',
        detail = 'The import was taken back.', lease_until = null,
        finished_at = coalesce(finished_at, now())
    where id = any(%s)
"""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import that stored something; ``undone`` where it was taken back."""

    import_id: str
    source: str
    file: str
    at: datetime
    deliveries: int
    undone: bool


@dataclass(frozen=True, slots=True)
class ImportUndone:
    """What an undo did. ``restored`` comments had been there before and are as they were."""

    import_id: str
    deleted: int
    restored: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class _ImportDelivery:
    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    received_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class _ImportedComment:
    """A comment as the import left it, and its version from before, if it had one."""

    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    platform: str
    external_id: str
    version: str
    delivery_id: int
    received_at: datetime
    earlier_version: str | None
    earlier_text: str | None
    earlier_delivery: int | None


@dataclass(frozen=True, slots=True)
class _InHand:
    deliveries: int


async def list_imports(connection: Connection, source_id: uuid.UUID | None) -> list[ImportRow]:
    """The newest hundred imports, of one source or of all."""
    return await fetch_all(connection, LIST_IMPORTS, {"source": source_id}, of=ImportRow)


async def undo_import(database: Database, import_id: str) -> ImportUndone:
    """Take an import back; one that was stopped in the middle goes on.

    Raises NotFound (``import_not_found``), Conflict (``import_undone``, or ``import_in_hand`` where
    a worker does not let go of it).
    """
    async with database.transaction() as connection:
        deliveries = await fetch_all(connection, IMPORT_DELIVERIES, [import_id], of=_ImportDelivery)
    if not deliveries:
        raise NotFound(
            f"There is no import {import_id}; relay import --list shows them.",
            reason="import_not_found",
        )
    ids = [delivery.id for delivery in deliveries if delivery.reason != UNDONE_REASON]
    if not ids:
        raise Conflict(f"Import {import_id} was taken back before.", reason=UNDONE_REASON)
    sources = sorted({delivery.source_id for delivery in deliveries})
    await _withhold(database, ids)
    deleted, restored = 0, 0
    for start in range(0, len(ids), UNDO_BATCH_DELIVERIES):
        batch = ids[start : start + UNDO_BATCH_DELIVERIES]
        async with database.transaction() as connection:
            comments = await fetch_all(
                connection, IMPORTED_COMMENTS, [import_id, batch], of=_ImportedComment
            )
            new = [comment for comment in comments if comment.earlier_version is None]
            await _delete(connection, new, import_id)
            await _restore(connection, [row for row in comments if row.earlier_version is not None])
            await connection.execute(FORGET_VERSIONS, [sources, batch])
            await connection.execute(BLANK_DELIVERIES, [batch])
            await wake_workers(connection)
        deleted += len(new)
        restored += len(comments) - len(new)
    return ImportUndone(import_id, deleted, restored, len(ids))


async def _withhold(database: Database, ids: Sequence[int]) -> None:
    """Keep what no worker has begun from all of them, and wait for the rest. Raises Conflict."""
    deadline = time.monotonic() + BUSY_SECONDS_MAX
    while True:
        async with database.transaction() as connection:
            await connection.execute(WITHHOLD_WAITING, [ids])
            [in_hand] = await fetch_all(connection, COUNT_IN_HAND, [ids], of=_InHand)
        if not in_hand.deliveries:
            return
        if time.monotonic() > deadline:
            raise Conflict(
                "A worker still has a part of this import in hand; try again in a minute.",
                reason="import_in_hand",
            )
        await asyncio.sleep(BUSY_POLL_SECONDS)


async def _delete(
    connection: Connection, comments: Sequence[_ImportedComment], import_id: str
) -> None:
    """As if the platform had told of it: at one version a deletion wins."""
    if not comments:
        return
    await store_comments(
        connection,
        [
            ParsedDelivery(
                comment.delivery_id,
                comment.product_id,
                comment.source_id,
                comment.platform,
                comment.received_at,
                [
                    CommentEvent(
                        type=EventType.deleted,
                        external_id=comment.external_id,
                        version=comment.version,
                    )
                ],
            )
            for comment in comments
        ],
    )
    ids = [comment.id for comment in comments]
    await connection.execute(RENAME_COMMENT, {"undone": f"undone:{import_id}", "ids": ids})


async def _restore(connection: Connection, comments: Sequence[_ImportedComment]) -> None:
    for comment in comments:
        values = {
            "id": comment.id,
            "text": comment.earlier_text,
            "version": comment.earlier_version,
            "delivery": comment.earlier_delivery,
        }
        await connection.execute(RESTORE_COMMENT, values)
