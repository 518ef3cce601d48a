"""What a comment might belong with: near vectors and shared words, fused by reciprocal rank."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import LiteralString

from psycopg import sql

from app.db import Connection
from classifiers.contract import Kind, Member

NEAREST = 14
BY_WORDS = 10
KEPT = 16
"""As many as the thresholds were fixed with; see classifiers/evaluate_duplicates."""
_RANK_CONSTANT = 60  # Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, SIGIR 2009

LEXEMES = 10
MATCHES = 100
COPIES = 3
RARE = 1 / 5_000
"""The share of a word that was not counted; see app/word_shares."""
SEARCH_WIDTH = 100
"""hnsw.ef_search: places the search of a product's index keeps open; see docs/scaling.md for what it finds."""

# Product and space are literals: only then can the planner prove that the product's partial index holds all that is
# asked for. A sort is forbidden meanwhile, because what it costs is guessed too low; without an index one is made.
BY_VECTOR = """
    select q.id as query, near.comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment_embedding e on e.comment_id = q.id and e.model = {model}
    cross join lateral (
        select x.comment_id from comment_embedding x
        where x.product_id = {product} and x.model = {model} and x.live and x.comment_id <> q.id
        order by x.embedding <#> e.embedding limit %(most)s
    ) near
"""
# The same, past the members of the comment's own theme, however many of them are nearer.
OUTSIDE = """
    select q.id as query, near.comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id
    join comment_embedding e on e.comment_id = q.id and e.model = {model}
    cross join lateral (
        select x.comment_id from comment_embedding x join comment o on o.id = x.comment_id
        where x.product_id = {product} and x.model = {model} and x.live and o.theme_id is distinct from c.theme_id
        order by x.embedding <#> e.embedding limit %(most)s
    ) near
"""
SEARCH_SETTINGS = """
    select set_config('enable_sort', %s, true), set_config('hnsw.ef_search', %s, true),
           set_config('hnsw.iterative_scan', 'strict_order', true), set_config('jit', 'off', true)
"""
# The rarest lexemes are looked up one by one, each for the product's comments only (the product is a lexeme of its
# comments); what more than MATCHES of them hold is left to the vectors, so that a growing product costs no more. A
# comment scores the rarity of what it shares, less for longer ones: BM25 (Robertson and Zaragoza 2009) of texts that
# hold a word or do not.
BY_TEXT = r"""
    select q.id as query, near.id as comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id
    cross join lateral (
        select found.id, sum(word.rarity) * min(found.brevity) as score
        from (
            select -ln(coalesce(w.share, %(rare)s)) as rarity,
                   ('''' || replace(replace(l.lexeme, '\', '\\'), '''', '''''')
                       || ''' & ''' || %(product)s::uuid::text || '''')::tsquery as asked
            from unnest(c.search) l
            left join lateral (
                select share, comments from word_share
                where product_id = %(product)s and lexeme = l.lexeme limit 1  -- a look-up each, whatever is known of it
            ) w on true
            where l.positions is not null and coalesce(w.comments, 0) <= %(matches)s
            order by coalesce(w.share, 0), length(l.lexeme) desc, l.lexeme limit %(lexemes)s
        ) word
        cross join lateral (
            select x.id, 1 / (1.3 + octet_length(x.text) / 900.0) as brevity from comment x
            where x.search @@ word.asked and x.theme_id is not null and x.deleted_at is null and x.id <> q.id
            limit %(matches)s
        ) found
        group by found.id order by score desc, found.id limit %(most)s
    ) near
"""
BY_FINGERPRINT = """
    select q.id as query, near.id as comment_id
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id and c.fingerprint <> ''
    cross join lateral (
        select x.id from comment x
        where x.product_id = %(product)s and x.fingerprint = c.fingerprint and x.fingerprint <> ''
          and x.theme_id is not null and x.id <> q.id
        order by x.product_id, x.fingerprint, x.id limit %(most)s  -- the order of comment_by_fingerprint
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
    for found, weight in (
        (await nearest(connection, product_id, ids), 1.0),
        (await _asked(connection, BY_TEXT, product_id, ids, BY_WORDS), 1.0),
        (await _asked(connection, BY_FINGERPRINT, product_id, ids, COPIES), 9.0),
    ):
        for query, numbers in found.items():
            for rank, number in enumerate(numbers, 1):
                scores[query][number] += weight / (_RANK_CONSTANT + rank)
    kept = {query: sorted(found, key=lambda number: (-found[number], number))[:KEPT] for query, found in scores.items()}
    members = await load_members(connection, sorted({number for found in kept.values() for number in found}))
    return {query: [members[number] for number in found if number in members] for query, found in kept.items()}


async def nearest(
    connection: Connection,
    product_id: uuid.UUID,
    ids: Sequence[int],
    most: int = NEAREST,
    *,
    outside: bool = False,
) -> dict[int, list[int]]:
    """For each comment those in themes whose vectors are nearest, best first: exact in a small product, else by its
    index. ``outside``: only those of other themes than the comment's own."""
    cursor = await connection.execute(
        "select distinct model from comment_embedding where comment_id = any(%s::bigint[]) order by model", [list(ids)]
    )
    spaces = [row["model"] for row in await cursor.fetchall()]
    found: dict[int, list[int]] = defaultdict(list)
    await connection.execute(SEARCH_SETTINGS, ["off", str(SEARCH_WIDTH)])
    for model in spaces:
        statement = sql.SQL(OUTSIDE if outside else BY_VECTOR).format(
            product=sql.Literal(product_id), model=sql.Literal(model)
        )
        cursor = await connection.execute(statement, {"ids": list(ids), "most": most}, prepare=False)
        for row in await cursor.fetchall():
            found[row["query"]].append(row["comment_id"])
    await connection.execute(SEARCH_SETTINGS, ["on", str(SEARCH_WIDTH)])
    return found


async def _asked(
    connection: Connection, statement: LiteralString, product_id: uuid.UUID, ids: Sequence[int], most: int
) -> dict[int, list[int]]:
    values = {"ids": list(ids), "product": product_id, "most": most}
    values |= {"rare": RARE, "lexemes": LEXEMES, "matches": MATCHES}
    found: dict[int, list[int]] = defaultdict(list)
    for row in await (await connection.execute(statement, values, prepare=True)).fetchall():
        found[row["query"]].append(row["comment_id"])
    return found


async def surroundings(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int], most: int = KEPT
) -> dict[int, list[Member]]:
    """For each comment the nearest ones in whatever themes: what a likeness is measured against."""
    near = await nearest(connection, product_id, ids, most) if ids else {}
    members = await load_members(connection, sorted({number for found in near.values() for number in found}))
    return {query: [members[number] for number in found if number in members] for query, found in near.items()}


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
