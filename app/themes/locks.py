"""Who may change a theme, a comment, or what stands in which theme, until a transaction ends.

The lock of a product's grouping comes before the rows it protects: whoever holds a row and then
waits for the lock would meet the group step, which goes the other way.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.errors import Conflict, NotFound
from app.models.states import DecidedBy, ThemeStatus
from app.storage.advisory import AdvisoryLock, lock_waiting
from app.storage.db import Connection
from app.storage.rows import fetch_one, fetch_value
from classifiers.kind_words import Kind

SELECT_THEME_FOR_UPDATE = """
    select id, product_id, kind, kind_by, title, title_by, status, status_reason, merged_into,
           decided_at, version
    from theme where id = %s for update
"""
SELECT_THEME_TITLE = "select title from theme where id = %s"
SELECT_THEME_PRODUCT = "select product_id from theme where id = %s"
SELECT_COMMENT_PRODUCT = "select product_id from comment where id = %s"
SELECT_COMMENT_FOR_UPDATE = """
    select id, product_id, kind, kind_by, kind_confidence, kind_reason, theme_id, theme_by,
           deleted_at
    from comment where id = %s for update
"""


@dataclass(frozen=True, slots=True)
class LockedTheme:
    """A theme that nobody else changes meanwhile. ``title_by`` is ``model``, ``person`` or
    ``llm:<model>``."""

    id: uuid.UUID
    product_id: uuid.UUID
    kind: Kind
    kind_by: DecidedBy
    title: str
    title_by: str
    status: ThemeStatus
    status_reason: str
    merged_into: uuid.UUID | None
    decided_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class LockedComment:
    """A comment that nobody else changes meanwhile; ``kind`` is empty before it was read."""

    id: int
    product_id: uuid.UUID
    kind: str
    kind_by: DecidedBy
    kind_confidence: float
    kind_reason: str
    theme_id: uuid.UUID | None
    theme_by: DecidedBy
    deleted_at: datetime | None


async def lock_theme(
    connection: Connection, theme_id: uuid.UUID, version: int | None = None
) -> LockedTheme:
    """The theme's row, held until the transaction ends.

    Raises NotFound; Conflict for a merged theme, or one whose version is another one by now.
    """
    theme = await fetch_one(connection, SELECT_THEME_FOR_UPDATE, [theme_id], of=LockedTheme)
    if theme is None:
        raise theme_not_found()
    if theme.status is ThemeStatus.merged:
        title = await fetch_value(connection, SELECT_THEME_TITLE, [theme.merged_into])
        heir = "another one" if title is None else f"“{title}” ({theme.merged_into})"
        raise Conflict(f"This theme was merged into {heir}: decide there.", reason="theme_merged")
    if version is not None and version != theme.version:
        raise Conflict(
            f"Somebody changed this theme meanwhile (version {theme.version}, yours {version}); "
            "look again.",
            reason="version_conflict",
        )
    return theme


async def lock_comment(connection: Connection, comment_id: int) -> LockedComment:
    """The comment's row under its product's grouping lock.

    Raises NotFound, or Conflict for a deleted comment.
    """
    product_id = await fetch_value(connection, SELECT_COMMENT_PRODUCT, [comment_id])
    if product_id is None:
        raise NotFound("There is no comment with this id.", reason="comment_not_found")
    await lock_grouping(connection, product_id)
    comment = await fetch_one(connection, SELECT_COMMENT_FOR_UPDATE, [comment_id], of=LockedComment)
    if comment is None or comment.deleted_at is not None:
        raise Conflict("This comment was deleted by its author.", reason="comment_deleted")
    return comment


async def lock_grouping_of_theme(connection: Connection, theme_id: uuid.UUID) -> uuid.UUID:
    """Take the grouping lock of the theme's product; returns the product. Raises NotFound."""
    product_id: uuid.UUID | None = await fetch_value(connection, SELECT_THEME_PRODUCT, [theme_id])
    if product_id is None:
        raise theme_not_found()
    await lock_grouping(connection, product_id)
    return product_id


async def lock_grouping(connection: Connection, product_id: uuid.UUID) -> None:
    """Wait until no worker groups this product's comments, and keep them from it until the
    transaction ends."""
    await lock_waiting(connection, AdvisoryLock.group, product_id)


def theme_not_found() -> NotFound:
    return NotFound("There is no theme with this id.", reason="theme_not_found")
