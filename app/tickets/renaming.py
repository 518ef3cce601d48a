"""Keeps the name of a repository or project that was renamed in the tracker, so that links lead
there and no call takes a detour."""

from __future__ import annotations

import structlog

from app.setup.opened_tracker import OpenedTracker
from app.storage.db import Database
from integrations.tracker_contract import TrackerError

log = structlog.get_logger(__name__)

# Somebody may have entered another place meanwhile: that stands.
STORE_NEW_NAME = """
    update tracker set settings = settings || jsonb_build_object(%(name)s::text, %(new)s::text)
    where id = %(tracker)s and settings ->> %(name)s = %(old)s
"""
RELINK_TICKETS = """
    update ticket set url = replace(url, '/' || %(old)s || '/', '/' || %(new)s || '/')
    where tracker_id = %(tracker)s and position('/' || %(old)s || '/' in url) > 0
"""


async def follow_rename(database: Database, opened: OpenedTracker) -> None:
    """Store the new name where the tracker confirms one. A failure here says nothing about tickets:
    the next run asks again."""
    if opened.renamed is None:
        return
    try:
        new_names = await opened.renamed()
    except TrackerError as error:
        log.info("rename_not_confirmed", reason=error.reason)
        return
    async with database.transaction() as connection:
        for name, new in new_names.items():
            values = {
                "tracker": opened.id,
                "name": name,
                "new": new,
                "old": opened.settings.get(name),
            }
            await connection.execute(STORE_NEW_NAME, values)
            await connection.execute(RELINK_TICKETS, values)
            log.info("tracker_renamed", setting=name, to=new)
