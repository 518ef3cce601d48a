"""A person's word that those who asked for something were told what became of it."""

from __future__ import annotations

import uuid

from app.errors import Conflict, NotFound
from app.storage.db import Connection
from app.storage.rows import fetch_value
from app.themes.activity import record

MARK_TOLD = """
    update ticket set told_at = now()
    where theme_id = %s and status = 'done' and superseded_at is null and told_at is null
    returning product_id
"""
SELECT_THEME_THERE = "select id from theme where id = %s"


async def mark_told(connection: Connection, theme_id: uuid.UUID, *, actor: str) -> int:
    """Take the theme off the list of what was shipped and not told, and write down who said so;
    returns the activity. It comes back when its ticket is done once more. Raises NotFound,
    Conflict."""
    product_id = await fetch_value(connection, MARK_TOLD, [theme_id])
    if product_id is None:
        if await fetch_value(connection, SELECT_THEME_THERE, [theme_id]) is None:
            raise NotFound("There is no theme with this id.", reason="theme_not_found")
        raise Conflict(
            "Nothing of this theme was shipped that people were not told of.",
            reason="nothing_to_tell",
        )
    return await record(connection, product_id, theme_id, "told", actor=actor)
