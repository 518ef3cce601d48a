"""Who may change a theme, a comment, or what stands in which theme, until a transaction ends."""

from __future__ import annotations

import uuid
from typing import Any

from app.errors import Conflict, NotFound
from app.storage.advisory import AdvisoryLock, lock_waiting
from app.storage.db import Connection


async def lock_theme(
    connection: Connection, theme_id: uuid.UUID, version: int | None = None
) -> dict[str, Any]:
    """The theme's row, held until the transaction ends. Raises NotFound; Conflict for another
    version, or merged."""
    cursor = await connection.execute("select * from theme where id = %s for update", [theme_id])
    theme = await cursor.fetchone()
    if theme is None:
        raise NotFound("There is no theme with this id.", reason="theme_not_found")
    if theme["status"] == "merged":
        into = await (
            await connection.execute(
                "select title from theme where id = %s", [theme["merged_into"]]
            )
        ).fetchone()
        named = f"“{into['title']}” ({theme['merged_into']})" if into else "another one"
        raise Conflict(f"This theme was merged into {named}: decide there.", reason="theme_merged")
    if version is not None and version != theme["version"]:
        raise Conflict(
            f"Somebody changed this theme meanwhile (version {theme['version']}, yours {version}); "
            "look again.",
            reason="version_conflict",
        )
    return theme


async def lock_comment(connection: Connection, comment_id: int) -> dict[str, Any]:
    """The comment's row under its product's grouping lock. Raises NotFound, or Conflict for a
    deleted comment."""
    cursor = await connection.execute("select product_id from comment where id = %s", [comment_id])
    found = await cursor.fetchone()
    if found is None:
        raise NotFound("There is no comment with this id.", reason="comment_not_found")
    await lock_grouping(connection, found["product_id"])
    cursor = await connection.execute(
        "select * from comment where id = %s for update", [comment_id]
    )
    comment = await cursor.fetchone()
    if comment is None or comment["deleted_at"] is not None:
        raise Conflict("This comment was deleted by its author.", reason="comment_deleted")
    return comment


async def lock_grouping(connection: Connection, product_id: uuid.UUID) -> None:
    """Wait until no worker groups this product's comments, and keep them from it until the
    transaction ends."""
    await lock_waiting(connection, AdvisoryLock.group, product_id)
