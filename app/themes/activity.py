"""The record of what happened to a theme; every decision can be taken back from it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from app.storage.db import Connection

SYSTEM = "system"


async def record(
    connection: Connection,
    product_id: uuid.UUID,
    theme_id: uuid.UUID | None,
    verb: str,
    *,
    actor: str,
    detail: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
) -> int:
    """Add one line and return its id. ``before`` is what undo restores; without it the line cannot
    be undone."""
    cursor = await connection.execute(
        """
        insert into activity (product_id, theme_id, verb, actor, detail, before)
        values (%s, %s, %s, %s, %s, %s) returning id
        """,
        [product_id, theme_id, verb, actor, _json(detail), _json(before)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["id"])


def _json(value: Mapping[str, Any] | None) -> str:
    return json.dumps(dict(value or {}), default=str)
