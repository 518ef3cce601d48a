"""What a theme shows of itself, looked at as the worker does."""

from __future__ import annotations

from typing import Any

from app.themes.faces import refresh_faces
from tests.scenes.forum import Forum


async def work_and_refresh_faces(forum: Forum) -> int:
    """Everything that waits is done, and every due face looked at; returns how many were."""
    await forum.work()
    return await refresh_faces(forum.database)


async def title_changes(forum: Forum) -> list[dict[str, Any]]:
    """What the record says of every new title."""
    rows = await forum.rows("select detail from activity where verb = 'retitled' order by id")
    return [row["detail"] for row in rows]
