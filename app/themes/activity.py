"""The record of what happened to a theme; every decision can be taken back from it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from app.storage.db import Connection
from app.storage.rows import fetch_value

SYSTEM = "system"

INSERT_ACTIVITY = """
    insert into activity (product_id, theme_id, verb, actor, detail, before)
    values (%s, %s, %s, %s, %s, %s) returning id
"""
INSERT_CREATED = """
    insert into activity (product_id, theme_id, verb, actor)
    select %s, unnest(%s::uuid[]), 'created', %s
"""


async def record(
    connection: Connection,
    product_id: uuid.UUID,
    theme_id: uuid.UUID | None,
    verb: str,
    *,
    actor: str,
    detail: Mapping[str, object] | None = None,
    before: Mapping[str, object] | None = None,
) -> int:
    """Add one line and return its id. ``before`` is what undo restores; without it the line cannot
    be undone."""
    line = [product_id, theme_id, verb, actor, _json(detail), _json(before)]
    return int(await fetch_value(connection, INSERT_ACTIVITY, line))


async def record_created(
    connection: Connection, product_id: uuid.UUID, theme_ids: Sequence[uuid.UUID]
) -> None:
    """Add the first line of themes that the group step made."""
    await connection.execute(INSERT_CREATED, [product_id, list(theme_ids), SYSTEM])


def _json(value: Mapping[str, object] | None) -> str:
    return json.dumps(dict(value or {}), default=str)
