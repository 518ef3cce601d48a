"""Lets go of the history of themes when its time is up."""

from __future__ import annotations

from datetime import datetime

from app.intake.retention import Due
from app.storage.db import Connection
from app.storage.rows import fetch_one

COUNT_OLD_ACTIVITY = """
    select count(*) as rows, min(at) as oldest from activity
    where at < %(before)s and actor <> 'former'
"""
# A line that labels rest on stays without the person ('former') and without what an undo would
# restore: a product's own model is made of them.
DELETE_OLD_ACTIVITY = """
    delete from activity where id in (
        select a.id from activity a
        where a.at < %(before)s and a.actor <> 'former'
          and not exists (select from kind_label k where k.activity_id = a.id)
          and not exists (select from pair_label p where p.activity_id = a.id)
        order by a.id limit %(limit)s for update skip locked
    )
"""
BLANK_LABELLING_ACTIVITY = """
    update activity set actor = 'former', detail = '{}', before = '{}' where id in (
        select a.id from activity a
        where a.at < %(before)s and a.actor <> 'former'
          and (exists (select from kind_label k where k.activity_id = a.id)
               or exists (select from pair_label p where p.activity_id = a.id))
        order by a.id limit %(limit)s for update skip locked
    )
"""


async def count_old_activity(connection: Connection, before: datetime) -> Due:
    """Lines from before a time."""
    due = await fetch_one(connection, COUNT_OLD_ACTIVITY, {"before": before}, of=Due)
    return due or Due(0, None)


async def forget_old_activity(connection: Connection, before: datetime, *, limit: int) -> int:
    """Delete up to ``limit`` lines, and blank as many that labels rest on; returns how many."""
    values = {"before": before, "limit": limit}
    deleted = await connection.execute(DELETE_OLD_ACTIVITY, values)
    blanked = await connection.execute(BLANK_LABELLING_ACTIVITY, values)
    return deleted.rowcount + blanked.rowcount
