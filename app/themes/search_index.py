"""The vector indexes of big products: made, repaired and dropped by a job, beside the running
service.

One index over all products is no option: filtered by product it silently returns too few rows. A
partial index holds one product and one space of vectors; small products are searched exactly, which
costs less than such an index does.
"""

from __future__ import annotations

import time
import uuid
import zlib
from dataclasses import dataclass
from enum import StrEnum

import psycopg
import structlog
from psycopg import sql
from psycopg.rows import dict_row
from structlog.contextvars import bound_contextvars

from app.models.index_names import NEAR_PREFIX
from app.storage.advisory import AdvisoryLock, hold_if_free
from app.storage.db import Connection, Database
from app.storage.rows import fetch_all

log = structlog.get_logger(__name__)

EXACT_MOST = 5_000
"""Live comments of a product that are searched exactly; measured with
``tests/benchmarks/bench_grouping``."""
DROP_BELOW_SHARE = 0.5
"""An index is dropped below this part of ``EXACT_MOST``, so that a product at the limit does not
swing."""
HNSW_LINKS, HNSW_BUILD_WIDTH = 16, 64
"""m and ef_construction of HNSW (Malkov and Yashunin 2018, as pgvector names them)."""
BUILD_KB_PER_ROW = 2
BUILD_MB_LEAST, BUILD_MB_MOST = 64, 1024

# Counting stops at the limit: only a product that passes it is read on.
SELECT_BIG_PRODUCTS = """
    select p.id as product_id from product p
    where %(least)s <= (select count(*) from (
        select 1 from comment_embedding e
        where e.product_id = p.id and e.live limit %(least)s) counted)
"""
COUNT_SPACES = """
    select product_id, model, count(*) as live from comment_embedding
    where product_id = %s and live group by product_id, model order by model
"""
SELECT_INDEXES = """
    select c.relname as name, i.indisvalid and i.indisready as valid
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'comment_embedding'::regclass and starts_with(c.relname, %s)
"""
SELECT_SLUGS = "select id, slug from product"
CREATE_INDEX = """
    create index concurrently {name} on comment_embedding using hnsw (embedding halfvec_ip_ops)
    with (m = {links}, ef_construction = {width})
    where product_id = {product} and model = {model} and live
"""
DROP_INDEX = "drop index concurrently if exists {}"


class IndexChange(StrEnum):
    """What was done to an index."""

    created = "created"
    repaired = "repaired"
    dropped = "dropped"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Space:
    """Live vectors of one product that compare with each other."""

    product_id: uuid.UUID
    model: str
    live: int

    @property
    def index(self) -> str:
        """The name of the index of its own, whether it has one or not."""
        return f"{NEAR_PREFIX}{self.product_id.hex}_{zlib.crc32(self.model.encode()):08x}"


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to an index, in ``seconds``."""

    index: str
    done: IndexChange
    seconds: float


@dataclass(frozen=True, slots=True)
class IndexState:
    """A space of a big product (``slug``) and whether its index can be used now."""

    slug: str
    space: Space
    usable: bool


async def keep_search_indexes(database: Database, *, exact_most: int = EXACT_MOST) -> list[Change]:
    """Give every product with more than ``exact_most`` live comments an index, drop those that
    nobody needs.

    Indexes are built concurrently: nothing waits for them, and until one is done the search stays
    exact. What a crash left unfinished is dropped and built again. Returns at once where another
    worker is at it.
    """
    connection = await psycopg.AsyncConnection.connect(
        database.conninfo, autocommit=True, connect_timeout=5, row_factory=dict_row
    )
    async with connection:
        if not await hold_if_free(connection, AdvisoryLock.search_index):
            return []
        return await _mend_indexes(connection, exact_most)


async def index_states(connection: Connection, *, exact_most: int = EXACT_MOST) -> list[IndexState]:
    """Every space that is too big for exact search, biggest first."""
    usable = await _usable_by_name(connection)
    big = [space for space in await _spaces(connection, exact_most + 1) if space.live > exact_most]
    big.sort(key=lambda space: (-space.live, space.index))
    slugs = {row["id"]: row["slug"] for row in await fetch_all(connection, SELECT_SLUGS)}
    return [
        IndexState(slugs[space.product_id], space, usable.get(space.index, False)) for space in big
    ]


async def _mend_indexes(connection: Connection, exact_most: int) -> list[Change]:
    usable_by_name = await _usable_by_name(connection)
    spaces = await _spaces(connection, max(1, int(exact_most * DROP_BELOW_SHARE)))
    needed = {space.index for space in spaces}
    changes = [
        await _drop(connection, name) for name in sorted(usable_by_name) if name not in needed
    ]
    for space in spaces:
        usable = usable_by_name.get(space.index)
        if usable is None and space.live > exact_most:
            changes.append(await _create(connection, space, IndexChange.created))
        elif usable is False:
            await _drop(connection, space.index)
            changes.append(await _create(connection, space, IndexChange.repaired))
    return changes


async def _usable_by_name(connection: Connection) -> dict[str, bool]:
    """Whether each index there is can be used: one that a crash left unfinished cannot."""
    rows = await fetch_all(connection, SELECT_INDEXES, [NEAR_PREFIX])
    return {row["name"]: row["valid"] for row in rows}


async def _spaces(connection: Connection, least: int) -> list[Space]:
    spaces: list[Space] = []
    for row in await fetch_all(connection, SELECT_BIG_PRODUCTS, {"least": least}):
        spaces += await fetch_all(connection, COUNT_SPACES, [row["product_id"]], of=Space)
    return [space for space in spaces if space.live >= least]


async def _create(connection: Connection, space: Space, done: IndexChange) -> Change:
    started = time.perf_counter()
    # The graph is built in memory. One process: parallel ones need shared memory that containers
    # seldom have.
    needed = space.live * BUILD_KB_PER_ROW // 1024
    megabytes = min(max(BUILD_MB_LEAST, needed), BUILD_MB_MOST)
    await connection.execute(f"set maintenance_work_mem = '{megabytes}MB'")
    await connection.execute("set max_parallel_maintenance_workers = 0")
    statement = sql.SQL(CREATE_INDEX).format(
        name=sql.Identifier(space.index),
        links=sql.Literal(HNSW_LINKS),
        width=sql.Literal(HNSW_BUILD_WIDTH),
        product=sql.Literal(space.product_id),
        model=sql.Literal(space.model),
    )
    with bound_contextvars(product=str(space.product_id)):
        try:
            await connection.execute(statement)
        except psycopg.Error as error:
            log.exception("search_index_failed", live=space.live, error=type(error).__name__)
            return Change(space.index, IndexChange.failed, _seconds_since(started))
        seconds = _seconds_since(started)
        log.info(f"search_index_{done}", live=space.live, seconds=seconds)
    return Change(space.index, done, seconds)


async def _drop(connection: Connection, name: str) -> Change:
    started = time.perf_counter()
    await connection.execute(sql.SQL(DROP_INDEX).format(sql.Identifier(name)))
    seconds = _seconds_since(started)
    log.info("search_index_dropped", index=name, seconds=seconds)
    return Change(name, IndexChange.dropped, seconds)


def _seconds_since(started: float) -> float:
    return round(time.perf_counter() - started, 1)
