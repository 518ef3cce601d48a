"""How common words are in each product, so that the search for the same words starts with the rare
ones."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, LiteralString

import structlog

from app.storage.advisory import AdvisoryLock, lock_waiting
from app.storage.db import Database

log = structlog.get_logger(__name__)

SAMPLE = 5_000
"""Comments of a product that are counted, the latest ones."""
LEAST = 200
"""Products with fewer comments in themes are too small to tell a rare word from a common one."""
GROWN = 1.5
"""A product that has become so many times larger since its words were counted has them counted
again at once, until the sample is full: an import of thousands cannot wait for the hour."""
SEEN_LEAST = 3
"""A word that fewer comments of the sample hold is rare, and not kept."""
KEPT = 4_000
HOURS = 1.0

_DUE = """
    select p.id from product p
    where not exists (
            select 1 from word_share w where w.product_id = p.id and w.counted_at > now() - make_interval(secs => %s))
      and %s <= (select count(*) from (
            select 1 from comment_embedding e where e.product_id = p.id and e.live limit %s) counted)
    order by p.id
"""
# Of a product smaller than the sample, the comments of a word by its share are how many there were
# when it was counted.
_GROWN = """
    select p.id from unnest(%s::uuid[]) as p(id)
    cross join lateral (select count(*) as size from (
        select 1 from comment_embedding e where e.product_id = p.id and e.live limit %s) counted) now
    where now.size >= greatest(
        %s, %s * coalesce((select w.comments / w.share from word_share w where w.product_id = p.id limit 1), 0))
    order by p.id
"""
_COUNT = """
    with counted as materialized (
        select word, ndoc from ts_stat(format(
            'select array_to_tsvector(array_remove(tsvector_to_array(search), %%L)) from (
                 select search from comment where product_id = %%L and theme_id is not null
                 order by created_at desc, id desc limit %%s) latest',
            %(product)s::text, %(product)s::text, %(sample)s))
    ), whole as (
        select greatest(1, count(*))::float as size from comment where product_id = %(product)s and theme_id is not null
    )
    insert into word_share (product_id, lexeme, share, comments)
    select %(product)s, word, least(1, ndoc / least(size, %(sample)s)), ndoc * greatest(1, size / %(sample)s)
    from counted cross join whole
    where ndoc >= %(least)s order by ndoc desc, word limit %(kept)s
"""


async def count_words(
    database: Database, *, older_seconds: float = HOURS * 3600
) -> list[uuid.UUID]:
    """Count the words of every product whose counts are older than ``older_seconds``; returns those
    products."""
    return await _count(database, _DUE, [older_seconds, LEAST, LEAST])


async def count_grown(database: Database, products: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Count the words of those of ``products`` that have outgrown their counts; returns them."""
    if not products:
        return []
    return await _count(database, _GROWN, [list(products), SAMPLE, LEAST, GROWN])


async def _count(
    database: Database, which: LiteralString, values: Sequence[Any]
) -> list[uuid.UUID]:
    async with database.transaction() as connection:
        rows = await (await connection.execute(which, values)).fetchall()
    for row in rows:
        async with database.transaction() as connection:
            await lock_waiting(connection, AdvisoryLock.words, row["id"])
            await connection.execute("delete from word_share where product_id = %s", [row["id"]])
            counted = {"product": row["id"], "sample": SAMPLE, "least": SEEN_LEAST, "kept": KEPT}
            await connection.execute(_COUNT, counted)
    return [row["id"] for row in rows]
