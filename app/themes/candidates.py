"""What a comment might belong with: near vectors and shared words, fused into one score."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.searches import FIND_BY_FINGERPRINT, FIND_BY_TEXT, nearest, scores_by_query
from classifiers.contract import Kind, Member
from classifiers.grouping.fusion import (
    NEAREST_SEARCHED,
    WORDS_SEARCHED,
    fused_scores,
    shared_titles,
)
from classifiers.kinds.features import FEATURE_CHARACTERS

Halves = NDArray[np.float16]

CANDIDATES_MOST = 16
"""As many as the thresholds were fixed with; see classifiers/evaluation/evaluate_duplicates."""
COPIES_MOST = 3

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
           t.kind_by = 'person' or (c.kind = t.kind and c.kind_reason <> 'unsure') as sure
    from comment c join theme t on t.id = c.theme_id join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null
"""


async def candidates(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int]
) -> dict[int, list[Member]]:
    """For each comment the members of themes that may say the same: copies, then the others, best
    first."""
    by_vector = await nearest(connection, product_id, ids, NEAREST_SEARCHED)
    by_text = await scores_by_query(
        connection, FIND_BY_TEXT, product_id, ids, WORDS_SEARCHED, by_vector
    )
    copies = await scores_by_query(connection, FIND_BY_FINGERPRINT, product_id, ids, COPIES_MOST)
    pools = {
        query: {*by_vector.get(query, ()), *by_text.get(query, ()), *copies.get(query, ())}
        for query in ids
    }
    vectors = await _vectors(connection, set(ids).union(*pools.values()))
    titles = await _titles(connection, ids)
    titles |= await _titles(connection, set().union(*(pools[query] for query in titles)))
    best: dict[int, list[int]] = {}
    for query, pool in pools.items():
        comparable = sorted(pool & vectors.keys())
        scores = _fused(query, comparable, by_text.get(query, {}), vectors, titles)
        order = _copies_first(scores, copies.get(query, {}))
        best[query] = sorted(scores, key=order)[:CANDIDATES_MOST]
    return await _members_by_query(connection, best)


def _copies_first(
    scores: Mapping[int, float], copies: Mapping[int, float]
) -> Callable[[int], tuple[bool, float, int]]:
    """The key that sorts copies before all others, each best first."""
    return lambda number: (number not in copies, -scores[number], number)


def _fused(
    query: int,
    pool: Sequence[int],
    text_scores: Mapping[int, float],
    vectors: Mapping[int, Halves],
    titles: Mapping[int, str],
) -> dict[int, float]:
    """The one score of each comment of the pool."""
    if not pool or query not in vectors:
        return {}
    words = np.array([text_scores.get(number, 0.0) for number in pool], np.float32)
    pool_vectors = np.stack([vectors[number] for number in pool]).astype(np.float32)
    shared = shared_titles(titles.get(query, ""), [titles.get(number, "") for number in pool])
    scores = fused_scores(vectors[query].astype(np.float32), pool_vectors, words, shared)
    return dict(zip(pool, scores.tolist(), strict=True))


async def _vectors(connection: Connection, ids: Iterable[int]) -> dict[int, Halves]:
    async with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(SELECT_VECTORS, [sorted(ids)])
        return {number: vector.to_numpy() for number, vector in await cursor.fetchall()}


async def _titles(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Of those that have one."""
    if not (numbers := sorted(ids)):
        return {}
    rows = await fetch_all(connection, SELECT_TITLES, {"ids": numbers, "read": FEATURE_CHARACTERS})
    return {row["id"]: row["title"] for row in rows}


async def surroundings(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int], most: int = CANDIDATES_MOST
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
        )
        for row in rows
    }
