"""Reading comments: lists with filters and full-text search, and one comment with its history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from app.errors import NotFound
from app.judging.may_report import MAY_REPORT_FROM, QUESTION_MAY_REPORT_FROM
from app.queries.accounts import SAID_BY_PERSON
from app.queries.paging import BIGINT_MAX, Filters, Listing, Order, Page
from app.queries.rows import CommentDetail, CommentRow, CommentVersionRow
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_one

COMMENT_LIST = Listing(
    of=CommentRow,
    columns=sql.SQL(
        """
        cm.id, cm.product_id, cm.source_id, s.name as source_name, cm.platform, cm.external_id,
        cm.thread_id, cm.thread_title, cm.permalink, cm.author_id,
        coalesce(nullif(a.name, ''), a.handle, '') as author,
        coalesce(a.handle, '') as author_handle, coalesce(a.is_staff, false) as author_is_staff,
        coalesce(a.is_bot, false) as author_is_bot, cm.text, cm.likes, cm.created_at, cm.edited_at,
        cm.deleted_at, cm.received_at, cm.stage, cm.reason, cm.detail, cm.language, cm.kind,
        cm.kind_by, cm.kind_confidence, cm.kind_reason,
        case when cm.kind_reason = 'unsure' then cm.kind_scores else '{}'::jsonb end as doubt,
        array_remove(cm.other_kinds, cm.kind) as other_kinds, cm.sentiment, cm.tone,
        cm.tone_confidence, cm.theme_id, coalesce(t.title, '') as theme_title, cm.theme_by,
        cm.grouping, cm.visibility
        """
    ),
    tables=sql.SQL(
        """
        from comment cm join source s on s.id = cm.source_id
        left join author a on a.id = cm.author_id left join theme t on t.id = cm.theme_id
        """
    ),
)
COMMENT_ORDERS = {
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

TONE_FROM = 0.2
"""A comment sounds friendly or unfriendly from this sentiment on, either way."""
SOUNDS: dict[str, LiteralString] = {
    "friendly": "cm.sentiment > %(tone_from)s",
    "unfriendly": "cm.sentiment < -%(tone_from)s",
    "either": "abs(cm.sentiment) > %(tone_from)s",
}
UNPLACED = """
    cm.theme_id is null and cm.stage = 'grouped' and cm.kind_by = 'model' and cm.theme_by = 'model'
    and not (coalesce(a.is_staff, false) or coalesce(a.is_bot, false))
    and (cm.kind_reason = 'unsupported_language' or cm.kind_reason in ('', 'unsure')
         and coalesce((cm.kind_scores ->> 'bug')::float, 0)
             + coalesce((cm.kind_scores ->> 'feature')::float, 0)
             >= case cm.kind when 'question' then %(asks)s else %(may_report)s end)
"""
"""Nothing that reports or asks for something is lost without a word: where the model told neither
bug nor request and may be wrong, or cannot read the language, a person looks."""
UNPLACED_LEAST = {"may_report": MAY_REPORT_FROM, "asks": QUESTION_MAY_REPORT_FROM}
"""The parameters of ``UNPLACED``."""
SELECT_COMMENT = COMMENT_LIST.select(
    "where cm.id = %s",
    sql.SQL(", cm.kind_scores, cm.model_version, cm.delivery_id, cm.parent_id"),
)
SELECT_COMMENT_VERSIONS = """
    select version, type, text, delivery_id, received_at from comment_version
    where source_id = %s and external_id = %s order by id
"""
SELECT_EXCERPTS = """
    select id, left(text, 300) as text from comment
    where id = any(%s::bigint[]) and deleted_at is null
"""


@dataclass(frozen=True, slots=True)
class CommentFilter:
    """Which comments to list; an empty filter takes all that are not deleted.

    ``q`` is a web-style full-text search ("quoted", or, -not). ``since`` and ``until`` bound the
    time of writing, [since, until). ``also``: ``kind`` may be one of the other kinds of a comment
    as well. ``person_id``: whatever the human behind this account said, under any of theirs.
    ``sounds``: ``friendly``, ``unfriendly`` or ``either``. ``unsure``: only those whose
    kind the model does not trust. ``unplaced``: only those that may report or ask for something and
    stand in no theme. ``deleted``: False leaves deleted comments out, True takes only those, None
    takes both.
    """

    product_id: UUID | None = None
    source_id: UUID | None = None
    platform: str | None = None
    theme_id: UUID | None = None
    author_id: int | None = None
    person_id: int | None = None
    kind: str | None = None
    also: bool = False
    tone: str | None = None
    unsure: bool = False
    unplaced: bool = False
    language: str | None = None
    sounds: str | None = None
    stage: str | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    deleted: bool | None = False

    def conditions(self) -> Filters:
        """This filter as conditions of the query."""
        filters = Filters()
        filters.add_equal("cm.product_id", self.product_id)
        filters.add_equal("cm.source_id", self.source_id)
        filters.add_equal("cm.platform", self.platform)
        filters.add_equal("cm.theme_id", self.theme_id)
        filters.add_equal("cm.author_id", self.author_id)
        if self.person_id is not None:
            filters.add_composed(SAID_BY_PERSON)
            filters.values["person_id"] = self.person_id
        if self.kind is not None and self.also:
            filters.add("(cm.kind = %(kind)s or %(kind)s = any(cm.other_kinds))", kind=self.kind)
        else:
            filters.add_equal("cm.kind", self.kind)
        if self.tone is not None:
            # The index of hostile comments holds those with a tone alone.
            filters.add("cm.tone = %(tone)s and cm.tone <> ''", tone=self.tone)
        if self.unsure:
            filters.add("cm.kind_reason = 'unsure'")
        if self.unplaced:
            filters.add(UNPLACED, **UNPLACED_LEAST)
        filters.add_equal("cm.language", self.language)
        if self.sounds in SOUNDS:
            filters.add(SOUNDS[self.sounds], tone_from=TONE_FROM)
        filters.add_equal("cm.stage", self.stage)
        if self.q:
            filters.add("cm.search @@ websearch_to_tsquery('english', %(q)s)", q=self.q)
        if self.since is not None:
            filters.add("cm.created_at >= %(since)s", since=self.since)
        if self.until is not None:
            filters.add("cm.created_at < %(until)s", until=self.until)
        if self.deleted is not None:
            filters.add("(cm.deleted_at is not null) = %(deleted)s", deleted=self.deleted)
        return filters


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The start of a comment's text."""

    id: int
    text: str


async def list_comments(
    connection: Connection,
    chosen: CommentFilter,
    *,
    order: str = "recent",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CommentRow]:
    """Comments by ``order`` (a key of COMMENT_ORDERS). Raises Invalid: ``cursor_invalid``,
    ``limit_invalid``."""
    chosen = replace(chosen, unsure=chosen.unsure or order == "doubt")
    return await COMMENT_LIST.page(
        connection, COMMENT_ORDERS[order], chosen.conditions(), cursor, limit
    )


async def read_comment(connection: Connection, comment_id: int) -> CommentDetail:
    """One comment, deleted or not, with its versions. Raises NotFound."""
    missing = NotFound(f"There is no comment {comment_id}.", reason="comment_not_found")
    if not 0 < comment_id <= BIGINT_MAX:
        raise missing
    row = await fetch_one(connection, SELECT_COMMENT, (comment_id,))
    if row is None:
        raise missing
    versions = await fetch_all(
        connection,
        SELECT_COMMENT_VERSIONS,
        (row["source_id"], row["external_id"]),
        of=CommentVersionRow,
    )
    return CommentDetail(
        row=COMMENT_LIST.read(row),
        kind_scores=row["kind_scores"],
        model_version=row["model_version"],
        delivery_id=row["delivery_id"],
        parent_id=row["parent_id"],
        versions=versions,
    )


async def read_excerpts(connection: Connection, comment_ids: Collection[int]) -> dict[int, str]:
    """The start of these comments' texts, by id; deleted ones are left out."""
    excerpts = await fetch_all(connection, SELECT_EXCERPTS, [sorted(comment_ids)], of=Excerpt)
    return {excerpt.id: excerpt.text for excerpt in excerpts}
