"""What a comment might belong with: near vectors and shared words, fused into one score."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import LiteralString

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from psycopg.rows import tuple_row

from app.storage.db import Connection
from classifiers.contract import Kind, Member
from classifiers.grouping.fusion import NEAR, SAID, fused_scores, shared_titles
from classifiers.kinds.features import READ

Halves = NDArray[np.float16]

NEAREST = 14
KEPT = 16
"""As many as the thresholds were fixed with; see classifiers/evaluate_duplicates."""

LEXEMES = 6
MATCHES = 60
COPIES = 3
RARE = 1 / 5_000
"""The share of a word that was not counted; see app/word_shares."""
SEARCH_WIDTH = 160
"""hnsw.ef_search: places the search of a product's index keeps open; see docs/scaling.md for what
it finds."""

# Product and space are literals: only then can the planner prove that the product's partial index
# holds all that is asked for. A sort is forbidden meanwhile, because what it costs is guessed too
# low; without an index one is made.
BY_VECTOR = """
    select q.id as query, array(
        select x.comment_id from comment_embedding x
        where x.product_id = {product} and x.model = {model} and x.live and x.comment_id <> q.id
        order by x.embedding <#> e.embedding limit %(most)s
    ) as found
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment_embedding e on e.comment_id = q.id and e.model = {model}
"""
# The same, past the members of the comment's own theme, however many of them are nearer.
OUTSIDE = """
    select q.id as query, array(
        select x.comment_id from comment_embedding x join comment o on o.id = x.comment_id
        where x.product_id = {product} and x.model = {model} and x.live and o.theme_id is distinct from c.theme_id
        order by x.embedding <#> e.embedding limit %(most)s
    ) as found
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id
    join comment_embedding e on e.comment_id = q.id and e.model = {model}
"""
SEARCH_SETTINGS = """
    select set_config('enable_sort', %s, true), set_config('hnsw.ef_search', %s, true),
           set_config('hnsw.iterative_scan', 'strict_order', true), set_config('jit', 'off', true)
"""
# The rarest lexemes are looked up one by one, each for the product's comments only (the product is
# a lexeme of its comments); what more than MATCHES of them hold is left to the vectors, so that a
# growing product costs no more. A comment scores the rarity of what it shares, less for longer
# ones: BM25 (Robertson and Zaragoza 2009) of texts that hold a word or do not, as a share of what
# the asking comment would score itself. The best come back, and whichever of those in `near` share
# a word.
BY_TEXT = r"""
    with q as materialized (  -- so that an array is read once
        select id, near::bigint[] as near from unnest(%(ids)s::bigint[], %(near)s::text[]) as asked(id, near)
    )
    select q.id as query, best.id as comment_id, best.score
    from q
    join comment c on c.id = q.id
    cross join lateral (
        select scored.*, row_number() over (order by scored.score desc, scored.id) as rank
        from (
            select found.id, sum(word.rarity) * min(found.brevity)
                   / greatest(max(word.whole) / (1.3 + octet_length(c.text) / 900.0), 1e-9) as score
            from (
                select known.rarity, known.whole,
                       ('''' || replace(replace(known.lexeme, '\', '\\'), '''', '''''')
                           || ''' & ''' || %(product)s::uuid::text || '''')::tsquery as asked
                from (
                    select l.lexeme, w.share, w.comments, -ln(coalesce(w.share, %(rare)s)) as rarity,
                           sum(-ln(coalesce(w.share, %(rare)s))) over () as whole
                    from unnest(c.search) l
                    left join lateral (
                        select share, comments from word_share  -- a look-up each, whatever is known of it
                        where product_id = %(product)s and lexeme = l.lexeme limit 1
                    ) w on true
                    where l.positions is not null
                ) known
                where coalesce(known.comments, 0) <= %(matches)s
                order by coalesce(known.share, 0), length(known.lexeme) desc, known.lexeme limit %(lexemes)s
            ) word
            cross join lateral (
                select x.id, 1 / (1.3 + octet_length(x.text) / 900.0) as brevity from comment x
                where x.search @@ word.asked and x.theme_id is not null and x.deleted_at is null and x.id <> q.id
                limit %(matches)s
            ) found
            group by found.id
        ) scored
    ) best
    where best.rank <= %(most)s or best.id = any(q.near)
"""
BY_FINGERPRINT = """
    select q.id as query, near.id as comment_id, 1 as score
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id and c.fingerprint <> ''
    cross join lateral (
        select x.id from comment x
        where x.product_id = %(product)s and x.fingerprint = c.fingerprint and x.fingerprint <> ''
          and x.theme_id is not null and x.id <> q.id
        order by x.product_id, x.fingerprint, x.id limit %(most)s  -- the order of comment_by_fingerprint
    ) near
"""
# One row for each comment asked for: a hundred rows of two numbers cost more to read than to find.
GATHERED: LiteralString = """
    select query, array_agg(comment_id) as found, array_agg(score::float) as scores from ({}) each group by query
"""
VECTORS = "select comment_id, embedding from comment_embedding where comment_id = any(%s::bigint[])"
# The first line, where there are lines below it; see classifiers/kinds/features.
TITLES = """
    select id, split_part(left(text, %(read)s), E'\\n', 1) as title from comment
    where id = any(%(ids)s::bigint[]) and position(E'\\n' in left(text, %(read)s)) > 1
"""
MEMBERS = """
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
    near = await nearest(connection, product_id, ids, NEAR)
    said = await _asked(connection, BY_TEXT, product_id, ids, SAID, near)
    copies = await _asked(connection, BY_FINGERPRINT, product_id, ids, COPIES)
    pools = {
        query: {*near.get(query, ()), *said.get(query, ()), *copies.get(query, ())} for query in ids
    }
    vectors = await _vectors(connection, set(ids).union(*pools.values()))
    titles = await _titles(connection, ids)
    titles |= await _titles(connection, set().union(*(pools[query] for query in titles)))
    kept: dict[int, list[int]] = {}
    for query, found in pools.items():
        scores = _scores(
            query, sorted(found & vectors.keys()), said.get(query, {}), vectors, titles
        )
        first = copies.get(query, {})
        kept[query] = sorted(
            scores, key=lambda number: (number not in first, -scores[number], number)
        )[:KEPT]
    members = await load_members(
        connection, sorted({number for found in kept.values() for number in found})
    )
    return {
        query: [members[number] for number in found if number in members]
        for query, found in kept.items()
    }


def _scores(
    query: int,
    found: Sequence[int],
    said: Mapping[int, float],
    vectors: Mapping[int, Halves],
    titles: Mapping[int, str],
) -> dict[int, float]:
    if not found or query not in vectors:
        return {}
    words = np.array([said.get(number, 0.0) for number in found], np.float32)
    near = np.stack([vectors[number] for number in found]).astype(np.float32)
    shared = shared_titles(titles.get(query, ""), [titles.get(number, "") for number in found])
    scores = fused_scores(vectors[query].astype(np.float32), near, words, shared)
    return dict(zip(found, scores.tolist(), strict=True))


async def nearest(
    connection: Connection,
    product_id: uuid.UUID,
    ids: Sequence[int],
    most: int = NEAREST,
    *,
    outside: bool = False,
) -> dict[int, list[int]]:
    """For each comment those in themes whose vectors are nearest, best first: exact in a small
    product, else by its index. ``outside``: only those of other themes than the comment's own."""
    cursor = await connection.execute(
        "select distinct model from comment_embedding where comment_id = any(%s::bigint[]) order "
        "by model",
        [list(ids)],
    )
    spaces = [row["model"] for row in await cursor.fetchall()]
    found: dict[int, list[int]] = {}
    await connection.execute(SEARCH_SETTINGS, ["off", str(SEARCH_WIDTH)])
    for model in spaces:
        statement = sql.SQL(OUTSIDE if outside else BY_VECTOR).format(
            product=sql.Literal(product_id), model=sql.Literal(model)
        )
        cursor = await connection.execute(
            statement, {"ids": list(ids), "most": most}, prepare=False, binary=True
        )
        found |= {row["query"]: row["found"] for row in await cursor.fetchall()}
    await connection.execute(SEARCH_SETTINGS, ["on", str(SEARCH_WIDTH)])
    return found


async def _asked(
    connection: Connection,
    statement: LiteralString,
    product_id: uuid.UUID,
    ids: Sequence[int],
    most: int,
    near: Mapping[int, Sequence[int]] | None = None,
) -> dict[int, dict[int, float]]:
    """The score of each comment found, by the comment it was found for."""
    values = {"ids": list(ids), "product": product_id, "most": most}
    values |= {"rare": RARE, "lexemes": LEXEMES, "matches": MATCHES}
    values["near"] = [f"{{{','.join(map(str, (near or {}).get(number, ())))}}}" for number in ids]
    cursor = await connection.execute(GATHERED.format(statement), values, prepare=True, binary=True)
    return {
        row["query"]: dict(zip(row["found"], row["scores"], strict=True))
        for row in await cursor.fetchall()
    }


async def _vectors(connection: Connection, ids: Iterable[int]) -> dict[int, Halves]:
    async with connection.cursor(binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(VECTORS, [sorted(ids)])
        return {number: vector.to_numpy() for number, vector in await cursor.fetchall()}


async def _titles(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Of those that have one."""
    if not (asked := sorted(ids)):
        return {}
    cursor = await connection.execute(TITLES, {"ids": asked, "read": READ})
    return {row["id"]: row["title"] for row in await cursor.fetchall()}


async def surroundings(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int], most: int = KEPT
) -> dict[int, list[Member]]:
    """For each comment the nearest ones in whatever themes: what a likeness is measured against."""
    near = await nearest(connection, product_id, ids, most) if ids else {}
    members = await load_members(
        connection, sorted({number for found in near.values() for number in found})
    )
    return {
        query: [members[number] for number in found if number in members]
        for query, found in near.items()
    }


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
            row["sure"],
        )
        for row in await cursor.fetchall()
    }
