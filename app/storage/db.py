"""The database: plain SQL, and the sentence a reader gets when it is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from app.errors import Unavailable

Connection = psycopg.AsyncConnection[DictRow]

_AWAY_CLASSES = ("08", "57P", "53")
"""SQLSTATE classes: connection exception, operator intervention, insufficient resources."""
DISK_FULL_SQLSTATE = "53100"
SELECT_VECTOR_TYPE = "select 1 from pg_type where typname = 'halfvec'"


def is_away(error: BaseException) -> bool:
    """Whether an error means that the server cannot be reached, rather than that it refused a
    statement."""
    if isinstance(error, PoolTimeout):
        return True
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return error.sqlstate is None or error.sqlstate.startswith(_AWAY_CLASSES)
    return False


class DatabaseAway(Unavailable):
    """The database cannot be reached now. Nothing was stored; the same request works once it is
    back."""

    reason = "database_unavailable"

    def __init__(
        self, detail: str = "The database cannot be reached right now; try again in a few seconds."
    ) -> None:
        super().__init__(detail)


class DiskFull(DatabaseAway):
    """There is no space left where data is kept. Nothing was stored; it works again by itself once
    there is."""

    status = 507
    reason = "disk_full"

    def __init__(self) -> None:
        super().__init__(
            "The disk is full, so nothing can be stored: free some space where the database lies, "
            "then try again."
        )


def away(error: BaseException) -> DatabaseAway:
    """What to tell about an error for which ``is_away`` holds."""
    if isinstance(error, psycopg.Error) and error.sqlstate == DISK_FULL_SQLSTATE:
        return DiskFull()
    return DatabaseAway()


async def _prepare(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute("set time zone 'UTC'")
    await connection.execute("set search_path to public, procrastinate")
    vector_type = await connection.execute(SELECT_VECTOR_TYPE)
    if await vector_type.fetchone():
        await register_vector_async(connection)
    await connection.commit()


class Database:
    """Connections to one PostgreSQL. ``conninfo`` is a libpq URL or keyword string; ``name`` is
    what the server lists the connections by."""

    def __init__(
        self, conninfo: str, *, size: int = 12, timeout: float = 3.0, name: str = ""
    ) -> None:
        self.conninfo = psycopg.conninfo.make_conninfo(conninfo, application_name=name or None)
        conninfo = self.conninfo
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            conninfo,
            connection_class=psycopg.AsyncConnection[DictRow],
            min_size=1,
            max_size=size,
            open=False,
            timeout=timeout,
            reconnect_timeout=5,
            configure=_prepare,
            check=AsyncConnectionPool.check_connection,
            kwargs={"row_factory": dict_row, "connect_timeout": 5},
        )

    async def open(self) -> None:
        """Start the pool; returns before the first connection stands, so that a service starts
        without its database."""
        await self.pool.open(wait=False)

    async def close(self) -> None:
        """Give every connection back."""
        await self.pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction that commits at the end. Raises DatabaseAway where there is
        no server."""
        try:
            async with self.pool.connection() as connection, connection.transaction():
                yield connection
        except (psycopg.Error, PoolTimeout) as error:
            if is_away(error):
                raise away(error) from error
            raise
