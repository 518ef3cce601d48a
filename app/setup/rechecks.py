"""What looking again at a source's comments found, and what people change about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.storage.db import Connection
from app.storage.rows import fetch_one

SELECT_RECHECKS = """
    select max(ended_at) filter (where ring = 'all') as ended_at,
           sum(edited)::bigint as edited, sum(gone)::bigint as gone,
           coalesce(max(reason), '') as reason,
           coalesce((array_agg(detail order by reason desc))[1], '') as detail
    from source_recheck where source_id = %s having count(*) > 0
"""
# What was wrong may be right now.
RESUME_RECHECKS = """
    update source_recheck set due_at = now(), reason = '', detail = '', failures = 0
    where source_id = %s and failures > 0
"""
LEAVE_OLD_COMMENTS = """
    update source_recheck r
    set thread_id = '', comment_id = 0,
        floor_id = (select coalesce(max(c.id), 0) from comment c where c.source_id = r.source_id)
    where r.source_id = %s
"""


@dataclass(frozen=True, slots=True)
class Rechecks:
    """What looking again found: ``edited`` and ``gone`` count changes that no event told;
    ``ended_at``: when all comments had been looked at last."""

    ended_at: datetime | None
    edited: int
    gone: int
    reason: str
    detail: str


async def read_rechecks(connection: Connection, source_id: uuid.UUID) -> Rechecks | None:
    """What looking again found; None where it did not begin."""
    return await fetch_one(connection, SELECT_RECHECKS, [source_id], of=Rechecks)


async def resume_rechecks(connection: Connection, source_id: uuid.UUID) -> None:
    """Look again at once, after what held it back may have been put right."""
    await connection.execute(RESUME_RECHECKS, [source_id])


async def leave_old_comments(connection: Connection, source_id: uuid.UUID) -> None:
    """Look at none of the comments that are here by now: another server is asked from now on."""
    await connection.execute(LEAVE_OLD_COMMENTS, [source_id])
