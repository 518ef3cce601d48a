"""How common words are in each product, so that the search for the same words starts with the rare
ones."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.storage.advisory import AdvisoryLock, lock_waiting
from app.storage.db import Database
from app.storage.rows import fetch_all

WORD_SAMPLE = 5_000
"""Comments of a product that are counted, the latest ones."""
COUNTED_LEAST = 200
"""Products with fewer comments in themes are too small to tell a rare word from a common one."""
RECOUNT_GROWTH = 1.5
"""A product that has become so many times larger since its words were counted has them counted
again at once, until the sample is full: an import of thousands cannot wait for the hour."""
COMMON_WORD_LEAST = 3
"""A word that fewer comments of the sample hold is rare, and not kept."""
COMMON_WORDS_MOST = 4_000
RECOUNT_SECONDS = 3600.0

SELECT_PRODUCTS_TO_COUNT = """
    select p.id from product p
    where not exists (
            select 1 from word_share w
            where w.product_id = p.id and w.counted_at > now() - make_interval(secs => %s))
      and %s <= (select count(*) from (
            select 1 from comment_embedding e
            where e.product_id = p.id and e.live limit %s) counted)
    order by p.id
"""
# Of a product smaller than the sample, the comments of a word by its share are how many there were
# when it was counted.
SELECT_GROWTH = """
    select p.id, now.size, ceil(greatest(%s, %s * coalesce(
        (select w.comments / w.share from word_share w where w.product_id = p.id limit 1), 0)
    ))::int as counted_at
    from unnest(%s::uuid[]) as p(id)
    cross join lateral (select count(*) as size from (
        select 1 from comment_embedding e
        where e.product_id = p.id and e.live limit %s) counted) now
    order by p.id
"""
DELETE_WORDS = "delete from word_share where product_id = %s"
COUNT_WORDS = """
    with counted as materialized (
        select word, ndoc from ts_stat(format(
            'select array_to_tsvector(array_remove(tsvector_to_array(search), %%L)) from (
                 select search from comment where product_id = %%L and theme_id is not null
                 order by created_at desc, id desc limit %%s) latest',
            %(product)s::text, %(product)s::text, %(sample)s))
    ), whole as (
        select greatest(1, count(*))::float as size from comment
        where product_id = %(product)s and theme_id is not null
    )
    insert into word_share (product_id, lexeme, share, comments)
    select %(product)s, word, least(1, ndoc / least(size, %(sample)s)),
           ndoc * greatest(1, size / %(sample)s)
    from counted cross join whole
    where ndoc >= %(least)s order by ndoc desc, word limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Growth:
    """How many comments of a product are in themes, and at how many its words are counted."""

    id: uuid.UUID
    size: int
    counted_at: int


async def count_words(
    database: Database, *, older_seconds: float = RECOUNT_SECONDS
) -> list[uuid.UUID]:
    """Count the words of every product whose counts are older than ``older_seconds``; returns those
    products."""
    values = [older_seconds, COUNTED_LEAST, COUNTED_LEAST]
    async with database.transaction() as connection:
        rows = await fetch_all(connection, SELECT_PRODUCTS_TO_COUNT, values)
    products = [row["id"] for row in rows]
    await _count(database, products)
    return products


async def count_grown(database: Database, products: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Count the words of those of ``products`` that have outgrown their counts.

    Returns for each product that grows how many comments may be placed before its next count: so
    that a count falls on the same comment, however many are placed at once.
    """
    grown = [row.id for row in await _growth(database, products) if row.size >= row.counted_at]
    await _count(database, grown)
    return {
        row.id: row.counted_at - row.size
        for row in await _growth(database, products)
        if row.size < row.counted_at <= WORD_SAMPLE
    }


async def _growth(database: Database, products: Sequence[uuid.UUID]) -> list[_Growth]:
    if not products:
        return []
    values = [COUNTED_LEAST, RECOUNT_GROWTH, list(products), WORD_SAMPLE]
    async with database.transaction() as connection:
        return await fetch_all(connection, SELECT_GROWTH, values, of=_Growth)


async def _count(database: Database, products: Sequence[uuid.UUID]) -> None:
    for product_id in products:
        async with database.transaction() as connection:
            await lock_waiting(connection, AdvisoryLock.words, product_id)
            await connection.execute(DELETE_WORDS, [product_id])
            sample = {
                "product": product_id,
                "sample": WORD_SAMPLE,
                "least": COMMON_WORD_LEAST,
                "most": COMMON_WORDS_MOST,
            }
            await connection.execute(COUNT_WORDS, sample)
