"""Everything that is kept about one person, as one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg import sql

from app.queries.accounts import ACCOUNTS_OF_PERSON
from app.queries.comments import CommentFilter, list_comments
from app.queries.paging import PAGE_MAX_ROWS
from app.queries.person import read_person
from app.storage.db import Connection
from app.storage.rows import fetch_all

EXPORTED_COMMENT_FIELDS = (
    "id",
    "platform",
    "source_name",
    "external_id",
    "thread_id",
    "thread_title",
    "permalink",
    "author_id",
    "text",
    "likes",
    "created_at",
    "edited_at",
    "language",
    "kind",
    "sentiment",
    "theme_id",
    "theme_title",
    "visibility",
)
SELECT_ANSWERS_OF_OURS = sql.SQL(
    """
    select p.comment_id, p.state, p.text, p.posted_at, p.permalink from reply p
    join comment cm on cm.id = p.comment_id
    where cm.author_id in {accounts} order by p.created_at, p.id
    """
).format(accounts=ACCOUNTS_OF_PERSON)
SELECT_PROMISES_TO_PERSON = sql.SQL(
    """
    select p.words, p.due_on, p.state, p.evidence, p.created_at from promise p
    join comment cm on cm.id = p.comment_id
    where cm.author_id in {accounts} order by p.created_at, p.id
    """
).format(accounts=ACCOUNTS_OF_PERSON)


async def export_person(connection: Connection, person_id: int, now: datetime) -> dict[str, Any]:
    """What is kept about whoever is behind an account: accounts, links, comments, what became of
    them, answers and promises of ours, notes. Times are datetimes. Raises NotFound."""
    person = await read_person(connection, person_id, now)
    values = {"person_id": person_id}
    comments: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await list_comments(
            connection,
            CommentFilter(person_id=person_id),
            order="oldest",
            cursor=cursor,
            limit=PAGE_MAX_ROWS,
        )
        comments += [
            {name: getattr(row, name) for name in EXPORTED_COMMENT_FIELDS} for row in page.items
        ]
        cursor = page.next_cursor
        if cursor is None:
            break
    return {
        "exported_at": now,
        **asdict(person),
        "comments": comments,
        "answers": await fetch_all(connection, SELECT_ANSWERS_OF_OURS, values),
        "promises": await fetch_all(connection, SELECT_PROMISES_TO_PERSON, values),
    }
