"""Comments whose time is up go the way of a deletion at the source: texts, versions, vectors, what
themes and tickets quote of them, and authors who have nothing else here.

What a decision rested on stays explainable: the theme's history keeps the numbers of people and of
mentions that it had until then (docs/decisions/0013).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.intake.comment_store import store_comments
from app.intake.gone import deletion_of
from app.intake.retention import Due
from app.intake.taking_back import take_back
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one
from app.themes.activity import SYSTEM, record
from app.themes.taking_back import take_back_in_themes

# Nothing is written later than it arrives, give or take a clock: `created_at` finds them by index.
COUNT_EXPIRED_COMMENTS = """
    select count(*) as rows, min(greatest(received_at, coalesce(edited_at, received_at))) as oldest
    from comment
    where deleted_at is null and created_at < %(before)s::timestamptz + interval '5 minutes'
      and greatest(received_at, coalesce(edited_at, received_at)) < %(before)s
"""
SELECT_EXPIRED_COMMENTS = """
    select id, product_id, source_id, platform, external_id, version, delivery_id, theme_id,
           created_at
    from comment
    where deleted_at is null and created_at < %(before)s::timestamptz + interval '5 minutes'
      and greatest(received_at, coalesce(edited_at, received_at)) < %(before)s
      and stage in ('grouped', 'failed') and (created_at, id) > (%(moment)s, %(id)s)
    order by created_at, id limit %(limit)s for update skip locked
"""
SELECT_NUMBERS_OF_THEMES = """
    select id, product_id, people, mentions from theme
    where id = any(%s::uuid[]) and status in ('accepted', 'ignored') order by id for update
"""


@dataclass(frozen=True, slots=True)
class _ExpiredComment:
    id: int
    product_id: uuid.UUID
    source_id: uuid.UUID
    platform: str
    external_id: str
    version: str
    delivery_id: int
    theme_id: uuid.UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class _DecidedTheme:
    """A theme about which something was decided, as it counted until now."""

    id: uuid.UUID
    product_id: uuid.UUID
    people: int
    mentions: int


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a run has come: the last comment that it took, by time and id."""

    created_at: datetime
    id: int


NONE_SEEN = Seen(datetime.min.replace(tzinfo=UTC), 0)


async def count_expired_comments(connection: Connection, before: datetime) -> Due:
    """Comments that came, and were last edited, before a time."""
    due = await fetch_one(connection, COUNT_EXPIRED_COMMENTS, {"before": before}, of=Due)
    return due or Due(0, None)


async def expire_comments(
    connection: Connection, before: datetime, now: datetime, *, after: Seen, limit: int
) -> tuple[int, Seen]:
    """Take back up to ``limit`` of them, the oldest first; returns (how many, the last one), of
    which the next call goes on: what went before is not looked through again. One that waits for a
    stage goes when it has been through; the group step counts the themes anew."""
    values = {"before": before, "limit": limit, "moment": after.created_at, "id": after.id}
    comments = await fetch_all(connection, SELECT_EXPIRED_COMMENTS, values, of=_ExpiredComment)
    if not comments:
        return 0, after
    stored = await store_comments(connection, [deletion_of(comment, now) for comment in comments])
    await take_back(connection, stored, take_back_in_themes)
    # Last, since who reads deliveries locks comments before themes as well.
    await _keep_numbers(connection, comments)
    return len(comments), Seen(comments[-1].created_at, comments[-1].id)


async def _keep_numbers(connection: Connection, comments: Sequence[_ExpiredComment]) -> None:
    """Write into the history of decided themes what they counted until now."""
    leaving: dict[uuid.UUID, int] = defaultdict(int)
    for comment in comments:
        if comment.theme_id is not None:
            leaving[comment.theme_id] += 1
    ids = sorted(leaving)
    for theme in await fetch_all(connection, SELECT_NUMBERS_OF_THEMES, [ids], of=_DecidedTheme):
        detail = {
            "comments": leaving[theme.id],
            "people": theme.people,
            "mentions": theme.mentions,
        }
        await record(connection, theme.product_id, theme.id, "expired", actor=SYSTEM, detail=detail)
