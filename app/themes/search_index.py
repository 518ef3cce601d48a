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

import psycopg
import structlog
from psycopg import sql
from psycopg.rows import dict_row

from app.models.comment import NEAR_PREFIX
from app.storage.advisory import AdvisoryLock, hold_if_free
from app.storage.db import Connection, Database

log = structlog.get_logger(__name__)

EXACT_MOST = 5_000
"""Live comments of a product that are searched exactly; measured with
``tests/benchmarks/bench_grouping``."""
GONE_BELOW = 0.5
"""An index is dropped below this part of ``EXACT_MOST``, so that a product at the limit does not
swing."""
LINKS, BUILD_WIDTH = 16, 64
"""m and ef_construction of HNSW (Malkov and Yashunin 2018, as pgvector names them)."""
MEMORY_KB_PER_ROW = 2
MEMORY_MB = (64, 1024)

# Counting stops at the limit: only a product that passes it is read on.
_BIG = """
    select p.id as product_id from product p
    where %(least)s <= (select count(*) from (
        select 1 from comment_embedding e where e.product_id = p.id and e.live limit %(least)s) counted)
"""
_SPACES = """
    select model, count(*) as live from comment_embedding where product_id = %s and live group by model order by model
"""
_FOUND = """
    select c.relname as name, i.indisvalid and i.indisready as valid
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'comment_embedding'::regclass and starts_with(c.relname, %s)
"""


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
    """What was done to an index: ``created``, ``repaired``, ``dropped`` or ``failed``, in
    ``seconds``."""

    index: str
    done: str
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
        return await _keep(connection, exact_most)


async def index_states(connection: Connection, *, exact_most: int = EXACT_MOST) -> list[IndexState]:
    """Every space that is too big for exact search, biggest first."""
    there = await _existing(connection)
    big = [space for space in await _spaces(connection, exact_most + 1) if space.live > exact_most]
    rows = await (await connection.execute("select id, slug from product")).fetchall()
    slugs = {row["id"]: row["slug"] for row in rows}
    big.sort(key=lambda each: (-each.live, each.index))
    return [
        IndexState(slugs[space.product_id], space, there.get(space.index, False)) for space in big
    ]


async def _keep(connection: Connection, exact_most: int) -> list[Change]:
    there = await _existing(connection)
    spaces = await _spaces(connection, max(1, int(exact_most * GONE_BELOW)))
    kept = {space.index for space in spaces}
    changes = [await _drop(connection, name) for name in sorted(there) if name not in kept]
    for space in spaces:
        usable = there.get(space.index)
        if usable or (usable is None and space.live <= exact_most):
            continue
        if usable is False:
            await _drop(connection, space.index)
        changes.append(
            await _create(connection, space, "created" if usable is None else "repaired")
        )
    return changes


async def _existing(connection: Connection) -> dict[str, bool]:
    cursor = await connection.execute(_FOUND, [NEAR_PREFIX])
    return {row["name"]: row["valid"] for row in await cursor.fetchall()}


async def _spaces(connection: Connection, least: int) -> list[Space]:
    found = []
    for row in await (await connection.execute(_BIG, {"least": least})).fetchall():
        cursor = await connection.execute(_SPACES, [row["product_id"]])
        found += [
            Space(row["product_id"], each["model"], each["live"])
            for each in await cursor.fetchall()
        ]
    return [space for space in found if space.live >= least]


async def _create(connection: Connection, space: Space, done: str) -> Change:
    started = time.perf_counter()
    # The graph is built in memory. One process: parallel ones need shared memory that containers
    # seldom have.
    megabytes = min(max(MEMORY_MB[0], space.live * MEMORY_KB_PER_ROW // 1024), MEMORY_MB[1])
    await connection.execute(f"set maintenance_work_mem = '{megabytes}MB'")
    await connection.execute("set max_parallel_maintenance_workers = 0")
    statement = sql.SQL(
        "create index concurrently {name} on comment_embedding using hnsw (embedding "
        "halfvec_ip_ops)"
        " with (m = {links}, ef_construction = {width}) where product_id = {product} and model = "
        "{model} and live"
    ).format(
        name=sql.Identifier(space.index), links=sql.Literal(LINKS), width=sql.Literal(BUILD_WIDTH),
        product=sql.Literal(space.product_id), model=sql.Literal(space.model),
    )  # fmt: skip
    try:
        await connection.execute(statement)
    except psycopg.Error as error:
        seconds = round(time.perf_counter() - started, 1)
        log.exception(
            "search_index_failed",
            product=str(space.product_id),
            live=space.live,
            error=type(error).__name__,
        )
        return Change(space.index, "failed", seconds)
    seconds = round(time.perf_counter() - started, 1)
    log.info(
        "search_index_" + done, product=str(space.product_id), live=space.live, seconds=seconds
    )
    return Change(space.index, done, seconds)


async def _drop(connection: Connection, name: str) -> Change:
    started = time.perf_counter()
    await connection.execute(
        sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name))
    )
    seconds = round(time.perf_counter() - started, 1)
    log.info("search_index_dropped", index=name, seconds=seconds)
    return Change(name, "dropped", seconds)
