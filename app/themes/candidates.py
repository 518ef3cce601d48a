"""Comments as grouping reads them: with their vectors, their titles, and what is near them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from app.judging.places import place_of
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.searches import FIND_IN_THREAD, nearest, scores_by_query
from classifiers.contract import Kind, Member
from classifiers.grouping.threads import THREAD_LATEST
from classifiers.kinds.features import FEATURE_CHARACTERS

Halves = NDArray[np.float16]


SELECT_VECTORS = (
    "select comment_id, embedding from comment_embedding where comment_id = any(%s::bigint[])"
)
# The first line, where there are lines below it; see classifiers/kinds/features.
SELECT_TITLES = """
    select id, split_part(left(text, %(read)s), E'\\n', 1) as title from comment
    where id = any(%(ids)s::bigint[]) and position(E'\\n' in left(text, %(read)s)) > 1
"""
SELECT_MEMBERS = """
    select c.id, c.theme_id, t.kind, left(c.text, 4000) as text, e.embedding,
           t.kind_by = 'person' or (c.kind = t.kind and c.kind_reason <> 'unsure') as sure,
           c.source_id, c.platform, c.thread_id, c.external_id, c.parent_id, c.opens_thread,
           c.author_id, c.delivery_id
    from comment c join theme t on t.id = c.theme_id join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null
"""


async def thread_mates(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int]
) -> dict[int, list[int]]:
    """Of each comment in a thread what opened it, what it answers, and the latest before it."""
    mates = await scores_by_query(connection, FIND_IN_THREAD, product_id, ids, THREAD_LATEST)
    return {query: sorted(numbers) for query, numbers in mates.items()}


async def vectors_of(connection: Connection, ids: Iterable[int]) -> dict[int, Halves]:
    """The vectors as they are stored."""
    async with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(SELECT_VECTORS, [sorted(ids)])
        return {number: vector.to_numpy() for number, vector in await cursor.fetchall()}


async def titles_of(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Of those that have one."""
    if not (numbers := sorted(ids)):
        return {}
    rows = await fetch_all(connection, SELECT_TITLES, {"ids": numbers, "read": FEATURE_CHARACTERS})
    return {row["id"]: row["title"] for row in rows}


async def surroundings(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int], most: int
) -> dict[int, list[Member]]:
    """For each comment the nearest ones in whatever themes: what a likeness is measured against."""
    nearest_ids = await nearest(connection, product_id, ids, most) if ids else {}
    return await _members_by_query(connection, nearest_ids)


async def _members_by_query(
    connection: Connection, ids_by_query: Mapping[int, Sequence[int]]
) -> dict[int, list[Member]]:
    """The comments of each list that are in a theme, in its order."""
    members = await load_members(connection, sorted(set(chain(*ids_by_query.values()))))
    return {
        query: [members[number] for number in numbers if number in members]
        for query, numbers in ids_by_query.items()
    }


async def load_members(connection: Connection, ids: Sequence[int]) -> dict[int, Member]:
    """Comments that are in a theme, with their vectors, by id."""
    if not ids:
        return {}
    rows = await fetch_all(connection, SELECT_MEMBERS, [list(ids)], binary=True)
    return {
        row["id"]: Member(
            row["id"],
            str(row["theme_id"]),
            Kind(row["kind"]),
            row["text"],
            row["embedding"].to_numpy().astype("float32"),
            row["sure"],
            sort=place_of(row["platform"], row["thread_id"]),
            thread=thread_of(row["source_id"], row["thread_id"]),
            name=row["external_id"],
            answers=row["parent_id"],
            opens=row["opens_thread"],
            author=str(row["author_id"] or ""),
            arrival=row["delivery_id"] or 0,
        )
        for row in rows
    }


def thread_of(source_id: uuid.UUID, thread_id: str) -> str:
    """A name that only comments of one thread share; blank without a thread."""
    return f"{source_id} {thread_id}" if thread_id else ""
