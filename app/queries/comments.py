"""Reading comments: lists with filters and full-text search, and one comment with its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.queries.paging import BIGINT, Filters, Order, Page, check_limit, page
from app.queries.rows import CommentDetail, CommentRow, CommentVersionRow, build
from app.storage.db import Connection

COLUMNS = sql.SQL(
    """
    cm.id, cm.product_id, cm.source_id, s.name as source_name, cm.platform, cm.external_id, cm.thread_id,
    cm.thread_title, cm.permalink, cm.author_id, coalesce(nullif(a.name, ''), a.handle, '') as author,
    coalesce(a.handle, '') as author_handle, coalesce(a.is_staff, false) as author_is_staff,
    coalesce(a.is_bot, false) as author_is_bot, cm.text, cm.likes, cm.created_at, cm.edited_at, cm.deleted_at,
    cm.received_at, cm.stage, cm.reason, cm.detail, cm.language, cm.kind, cm.kind_by, cm.kind_confidence,
    cm.kind_reason, case when cm.kind_reason = 'unsure' then cm.kind_scores else '{}'::jsonb end as doubt,
    array_remove(cm.other_kinds, cm.kind) as other_kinds, cm.sentiment, cm.tone, cm.tone_confidence,
    cm.theme_id, coalesce(t.title, '') as theme_title, cm.theme_by, cm.grouping
    """
)
TABLES = sql.SQL(
    """
    from comment cm join source s on s.id = cm.source_id
    left join author a on a.id = cm.author_id left join theme t on t.id = cm.theme_id
    """
)
ORDERS = {
    "recent": Order("comments.recent", ("cm.created_at", "cm.id"), (datetime, int)),
    "oldest": Order(
        "comments.oldest", ("cm.created_at", "cm.id"), (datetime, int), descending=False
    ),
    "liked": Order("comments.liked", ("cm.likes", "cm.id"), (int, int)),
    "doubt": Order(
        "comments.doubt",
        ("(1 - cm.kind_confidence) * (1 + coalesce(t.people, 0))", "cm.id"),
        (float, int),
    ),
}
"""``doubt`` takes what is unsure alone: most doubt first, times the people who say the same."""


@dataclass(frozen=True, slots=True)
class CommentFilter:
    """Which comments to list; an empty filter takes all that are not deleted.

    ``q`` is a web-style full-text search ("quoted", or, -not). ``since`` and ``until`` bound the
    time of writing, [since, until). ``also``: ``kind`` may be one of the other kinds of a comment
    as well. ``unsure``: only those whose kind the model does not trust. ``deleted``: False leaves
    deleted comments out, True takes only those, None takes both.
    """

    product_id: UUID | None = None
    source_id: UUID | None = None
    platform: str | None = None
    theme_id: UUID | None = None
    author_id: int | None = None
    kind: str | None = None
    also: bool = False
    tone: str | None = None
    unsure: bool = False
    language: str | None = None
    stage: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    deleted: bool | None = False

    def clauses(self) -> Filters:
        """The conditions of this filter."""
        filters = Filters()
        if self.product_id is not None:
            filters.add("cm.product_id = %(product_id)s", product_id=self.product_id)
        if self.source_id is not None:
            filters.add("cm.source_id = %(source_id)s", source_id=self.source_id)
        if self.platform is not None:
            filters.add("cm.platform = %(platform)s", platform=self.platform)
        if self.theme_id is not None:
            filters.add("cm.theme_id = %(theme_id)s", theme_id=self.theme_id)
        if self.author_id is not None:
            filters.add("cm.author_id = %(author_id)s", author_id=self.author_id)
        if self.kind is not None and self.also:
            filters.add("(cm.kind = %(kind)s or %(kind)s = any(cm.other_kinds))", kind=self.kind)
        elif self.kind is not None:
            filters.add("cm.kind = %(kind)s", kind=self.kind)
        if self.tone is not None:
            filters.add("cm.tone = %(tone)s and cm.tone <> ''", tone=self.tone)
        if self.unsure:
            filters.add("cm.kind_reason = 'unsure'")
        if self.language is not None:
            filters.add("cm.language = %(language)s", language=self.language)
        if self.stage is not None:
            filters.add("cm.stage = %(stage)s", stage=self.stage)
        if self.q:
            filters.add("cm.search @@ websearch_to_tsquery('english', %(q)s)", q=self.q)
        if self.since is not None:
            filters.add("cm.created_at >= %(since)s", since=self.since)
        if self.until is not None:
            filters.add("cm.created_at < %(until)s", until=self.until)
        if self.deleted is not None:
            filters.add("(cm.deleted_at is not null) = %(deleted)s", deleted=self.deleted)
        return filters


def read_row(row: Mapping[str, Any]) -> CommentRow:
    """A CommentRow from the columns above."""
    made: CommentRow = build(CommentRow, row)
    return made


async def list_comments(
    c: Connection,
    wanted: CommentFilter,
    *,
    order: str = "recent",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CommentRow]:
    """Comments by ``order`` (a key of ORDERS). Raises Invalid: ``cursor_invalid``,
    ``limit_invalid``."""
    wanted = replace(wanted, unsure=wanted.unsure or order == "doubt")
    by, more, filters = ORDERS[order], check_limit(limit), wanted.clauses()
    by.after(cursor, filters)
    query = sql.SQL("select {}, {} {} where {} order by {} limit {}").format(
        COLUMNS, by.keys, TABLES, filters.clause, by.clause, more
    )
    rows = await (await c.execute(query, filters.values)).fetchall()
    return page(rows, limit, by, read_row)


async def read_comment(c: Connection, comment_id: int) -> CommentDetail:
    """One comment, deleted or not, with its versions. Raises NotFound."""
    missing = NotFound(f"There is no comment {comment_id}.", reason="comment_not_found")
    if not 0 < comment_id <= BIGINT:
        raise missing
    query = sql.SQL(
        "select {}, cm.kind_scores, cm.model_version, cm.delivery_id, cm.parent_id {} where cm.id "
        "= %s"
    )
    row = await (await c.execute(query.format(COLUMNS, TABLES), (comment_id,))).fetchone()
    if row is None:
        raise missing
    versions = await c.execute(
        "select version, type, text, delivery_id, received_at from comment_version"
        " where source_id = %s and external_id = %s order by id",
        (row["source_id"], row["external_id"]),
    )
    return CommentDetail(
        row=read_row(row),
        kind_scores=row["kind_scores"],
        model_version=row["model_version"],
        delivery_id=row["delivery_id"],
        parent_id=row["parent_id"],
        versions=[CommentVersionRow(**version) async for version in versions],
    )
