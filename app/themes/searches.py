"""The three searches for comments that may say the same: by vector, by shared words, by
fingerprint."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import LiteralString

from psycopg import sql

from app.storage.db import Connection
from app.storage.rows import fetch_all

NEAREST_MOST = 14
RARE_WORDS_MOST = 6
MATCHES_PER_WORD = 60
RARE_WORD_SHARE = 1 / 5_000
"""The share of a word that was not counted; see app/themes/word_shares."""
HNSW_EF_SEARCH = 160
"""Places that the search of a product's index keeps open; docs/scaling.md says what it finds."""

# Product and space are literals: only then can the planner prove that the product's partial index
# holds all that is asked for. A sort is forbidden meanwhile, because what it costs is guessed too
# low; without an index one is made.
FIND_BY_VECTOR = """
    select q.id as query, array(
        select x.comment_id from comment_embedding x
        where x.product_id = {product} and x.model = {model} and x.live and x.comment_id <> q.id
        order by x.embedding <#> e.embedding limit %(most)s
    ) as found
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment_embedding e on e.comment_id = q.id and e.model = {model}
"""
# The same, past the members of the comment's own theme, however many of them are nearer.
FIND_OUTSIDE_THEME = """
    select q.id as query, array(
        select x.comment_id from comment_embedding x join comment o on o.id = x.comment_id
        where x.product_id = {product} and x.model = {model} and x.live
          and o.theme_id is distinct from c.theme_id
        order by x.embedding <#> e.embedding limit %(most)s
    ) as found
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id
    join comment_embedding e on e.comment_id = q.id and e.model = {model}
"""
SET_SEARCH_SETTINGS = """
    select set_config('enable_sort', %s, true), set_config('hnsw.ef_search', %s, true),
           set_config('hnsw.iterative_scan', 'strict_order', true),
           set_config('jit', 'off', true)
"""
# The rarest lexemes are looked up one by one, each for the product's comments only (the product is
# a lexeme of its comments); what more than MATCHES_PER_WORD hold is left to the vectors, so that a
# growing product costs no more, and where nothing was counted the latest stand for all. A comment
# scores the rarity of what it shares, less for longer
# ones: BM25 (Robertson and Zaragoza 2009) of texts that hold a word or do not, as a share of what
# the asking comment would score itself. The best come back, and whichever of those in `near` share
# a word.
_FIND_BY_TEXT: LiteralString = r"""
    with q as materialized (  -- so that an array is read once
        select id, near::bigint[] as near
        from unnest(%(ids)s::bigint[], %(near)s::text[]) as asked(id, near)
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
                    select l.lexeme, w.share, w.comments,
                           -ln(coalesce(w.share, %(rare)s)) as rarity,
                           sum(-ln(coalesce(w.share, %(rare)s))) over () as whole
                    from unnest(c.search) l
                    left join lateral (
                        -- a look-up each, whatever is known of it
                        select share, comments from word_share
                        where product_id = %(product)s and lexeme = l.lexeme limit 1
                    ) w on true
                    where l.positions is not null
                ) known
                where coalesce(known.comments, 0) <= %(matches)s
                order by coalesce(known.share, 0), length(known.lexeme) desc, known.lexeme
                limit %(lexemes)s
            ) word
            cross join lateral (
                select x.id, 1 / (1.3 + octet_length(x.text) / 900.0) as brevity from comment x
                where x.search @@ word.asked and x.deleted_at is null and x.id <> q.id
                  and {searched}
                order by x.delivery_id desc nulls last, x.id desc limit %(matches)s
            ) found
            group by found.id
        ) scored
    ) best
    where best.rank <= %(most)s or best.id = any(q.near)
"""
FIND_BY_TEXT = _FIND_BY_TEXT.format(
    searched="""(x.theme_id is not null or (x.id = any(%(batch)s::bigint[])
                       and (x.delivery_id, x.id) < (c.delivery_id, c.id)))
                  and (x.kind in ('bug', 'feature') or x.theme_by = 'person')"""
)
FIND_QUESTIONS_BY_TEXT = _FIND_BY_TEXT.format(searched="x.kind = 'question'")
FIND_BY_FINGERPRINT = """
    select q.id as query, near.id as comment_id, 1 as score
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id and c.fingerprint <> ''
    cross join lateral (
        select x.id from comment x
        where x.product_id = %(product)s and x.fingerprint = c.fingerprint and x.fingerprint <> ''
          and (x.theme_id is not null or (x.id = any(%(batch)s::bigint[])
               and (x.delivery_id, x.id) < (c.delivery_id, c.id)))
          and (x.kind in ('bug', 'feature') or x.theme_by = 'person') and x.id <> q.id
        order by x.product_id, x.fingerprint, x.id  -- the order of comment_by_fingerprint
        limit %(most)s
    ) near
"""
# What was said in the thread of a comment: its opening, what the comment answers, and the latest
# before it. A thread that nothing opened is a form or a channel, unless somebody is answered.
FIND_IN_THREAD = """
    select q.id as query, near.id as comment_id, 1 as score
    from unnest(%(ids)s::bigint[]) as q(id)
    join comment c on c.id = q.id and c.thread_id <> '' and not c.opens_thread
    cross join lateral (
        (select x.id from comment x
         where x.source_id = c.source_id and x.thread_id = c.thread_id and x.opens_thread
           and x.theme_id is not null and x.deleted_at is null limit 1)
        union
        (select x.id from comment x
         where x.source_id = c.source_id and x.external_id = c.parent_id and c.parent_id <> ''
           and x.theme_id is not null and x.deleted_at is null)
        union
        (select x.id from comment x
         where x.source_id = c.source_id and x.thread_id = c.thread_id
           and (coalesce(x.delivery_id, 0::bigint), x.id) < (c.delivery_id, c.id)
           and x.theme_id is not null and x.deleted_at is null
         order by coalesce(x.delivery_id, 0::bigint) desc, x.id desc limit %(most)s)
    ) near
    where near.id <> q.id and (c.parent_id <> '' or exists (
        select from comment o
        where o.source_id = c.source_id and o.thread_id = c.thread_id and o.opens_thread))
"""
# One row for each comment asked for: a hundred rows of two numbers cost more to read than to find.
GATHER_BY_QUERY: LiteralString = """
    select query, array_agg(comment_id) as found, array_agg(score::float) as scores
    from ({}) hit group by query
"""
SELECT_SPACES = """
    select distinct model from comment_embedding where comment_id = any(%s::bigint[]) order by model
"""


async def nearest(
    connection: Connection,
    product_id: uuid.UUID,
    ids: Sequence[int],
    most: int = NEAREST_MOST,
    *,
    outside: bool = False,
) -> dict[int, list[int]]:
    """For each comment those in themes whose vectors are nearest, best first: exact in a small
    product, else by its index. ``outside``: only those of other themes than the comment's own."""
    spaces = [row["model"] for row in await fetch_all(connection, SELECT_SPACES, [list(ids)])]
    statement = FIND_OUTSIDE_THEME if outside else FIND_BY_VECTOR
    nearest_ids: dict[int, list[int]] = {}
    await connection.execute(SET_SEARCH_SETTINGS, ["off", str(HNSW_EF_SEARCH)])
    for model in spaces:
        search = sql.SQL(statement).format(
            product=sql.Literal(product_id), model=sql.Literal(model)
        )
        cursor = await connection.execute(
            search, {"ids": list(ids), "most": most}, prepare=False, binary=True
        )
        nearest_ids |= {row["query"]: row["found"] for row in await cursor.fetchall()}
    await connection.execute(SET_SEARCH_SETTINGS, ["on", str(HNSW_EF_SEARCH)])
    return nearest_ids


async def scores_by_query(
    connection: Connection,
    statement: LiteralString,
    product_id: uuid.UUID,
    ids: Sequence[int],
    most: int,
    nearest_ids: Mapping[int, Sequence[int]] | None = None,
    *,
    batch: Sequence[int] = (),
) -> dict[int, dict[int, float]]:
    """What a search finds for each comment, with its score; of the ``batch`` that is placed now
    also what has no theme yet."""
    values = {"ids": list(ids), "product": product_id, "most": most}
    values |= {"rare": RARE_WORD_SHARE, "lexemes": RARE_WORDS_MOST, "matches": MATCHES_PER_WORD}
    values["batch"] = list(batch)
    neighbours = nearest_ids or {}
    values["near"] = [_as_array(neighbours.get(number, ())) for number in ids]
    cursor = await connection.execute(
        GATHER_BY_QUERY.format(statement), values, prepare=True, binary=True
    )
    return {
        row["query"]: dict(zip(row["found"], row["scores"], strict=True))
        for row in await cursor.fetchall()
    }


def _as_array(numbers: Sequence[int]) -> str:
    """As PostgreSQL writes it: an array of arrays cannot hold some of different lengths."""
    return f"{{{','.join(map(str, numbers))}}}"
