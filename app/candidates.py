"""What a comment might belong with: near vectors and shared words, fused by reciprocal rank."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from app.db import Connection
from classifiers.contract import Kind, Member

NEAREST = 20
BY_WORDS = 10
KEPT = 24
_RANK_CONSTANT = 60  # Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, SIGIR 2009

BY_VECTOR = """
    select q.id as query, near.comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment_embedding e on e.comment_id = q.id
    cross join lateral (
        select x.comment_id from comment_embedding x
        where x.product_id = %(product)s and x.live and x.model = e.model and x.comment_id <> q.id
        order by x.embedding <#> e.embedding limit %(most)s
    ) near
"""
# The longest lexemes stand in for the rarest: PostgreSQL keeps no document frequencies, and a comment's long words are
# seldom the common ones.
BY_TEXT = """
    select q.id as query, near.id as comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id
    cross join lateral (
        select string_agg(quote_literal(lexeme), ' | ')::tsquery as asked
        from (select lexeme from unnest(c.search) where positions is not null
              order by length(lexeme) desc, lexeme limit 6) longest
    ) words
    cross join lateral (
        select x.id from comment x
        where x.product_id = %(product)s and x.theme_id is not null and x.deleted_at is null and x.id <> q.id
          and x.search @@ words.asked
        order by ts_rank(x.search, words.asked) desc, x.id limit %(most)s
    ) near
    where words.asked is not null
"""
BY_FINGERPRINT = """
    select q.id as query, near.id as comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id and c.fingerprint <> ''
    cross join lateral (
        select x.id from comment x
        where x.product_id = %(product)s and x.fingerprint = c.fingerprint and x.theme_id is not null and x.id <> q.id
        order by x.id limit 3
    ) near
"""
MEMBERS = """
    select c.id, c.theme_id, t.kind, left(c.text, 4000) as text, e.embedding
    from comment c join theme t on t.id = c.theme_id join comment_embedding e on e.comment_id = c.id
    where c.id = any(%s::bigint[]) and c.deleted_at is null
"""


async def candidates(connection: Connection, product_id: uuid.UUID, ids: Sequence[int]) -> dict[int, list[Member]]:
    """For each comment the members of themes that may say the same, best first."""
    scores: dict[int, dict[int, float]] = {number: defaultdict(float) for number in ids}
    for statement, most, weight in ((BY_VECTOR, NEAREST, 1.0), (BY_TEXT, BY_WORDS, 1.0), (BY_FINGERPRINT, 3, 9.0)):
        cursor = await connection.execute(
            statement, {"ids": list(ids), "product": product_id, "most": most}, prepare=True
        )
        rank: dict[int, int] = defaultdict(int)
        for row in await cursor.fetchall():
            rank[row["query"]] += 1
            scores[row["query"]][row["comment_id"]] += weight / (_RANK_CONSTANT + rank[row["query"]])
    kept = {query: sorted(found, key=lambda number: (-found[number], number))[:KEPT] for query, found in scores.items()}
    members = await load_members(connection, sorted({number for found in kept.values() for number in found}))
    return {query: [members[number] for number in found if number in members] for query, found in kept.items()}


async def load_members(connection: Connection, ids: Sequence[int]) -> dict[int, Member]:
    """Comments that are in a theme, with their vectors, by id."""
    if not ids:
        return {}
    cursor = await connection.execute(MEMBERS, [list(ids)], binary=True)
    return {
        row["id"]: Member(
            row["id"],
            str(row["theme_id"]),
            Kind(row["kind"]),
            row["text"],
            row["embedding"].to_numpy().astype("float32"),
        )
        for row in await cursor.fetchall()
    }
