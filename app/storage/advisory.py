"""Every advisory lock and every wake channel of the service, in one list.

An advisory lock is a name that one session or transaction may hold in the database at a time
(PostgreSQL's documentation, "Advisory Locks"). All of ours are named here, so that nobody takes two
of them in opposite orders without seeing it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from app.storage.db import Connection, Database
from app.storage.rows import fetch_value

MIGRATE_LOCK = 0x52454C4159
"""The number of the lock that one migrating process holds: "RELAY". It is taken over a connection
of SQLAlchemy's, before anything else is there."""

WORKER_CONNECTION_NAME = "relay worker"
"""What the database lists the connections of workers by: how others know that there is one."""

WORK_CHANNEL = "relay_work"
"""Heard by workers: a delivery was stored. A wake-up is a hint; looking again is the guarantee."""


LOCK_TRANSACTION = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
TRY_LOCK_TRANSACTION = "select pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
TRY_LOCK_CONNECTION = "select pg_try_advisory_lock(hashtextextended(%s, 0))"
UNLOCK_CONNECTION = "select pg_advisory_unlock(hashtextextended(%s, 0))"
# The array's order is the order in which they are taken, and the same for everybody.
LOCK_TRANSACTION_OR_SHARE = """
    select case when n.alone then pg_advisory_xact_lock(hashtextextended(n.name, 0))::text
                else pg_advisory_xact_lock_shared(hashtextextended(n.name, 0))::text end
    from unnest(%t::text[], %t::boolean[]) as n(name, alone)
"""
NOTIFY_WORKERS = "select pg_notify(%s, 'parse')"


class AdvisoryLock(StrEnum):
    """What a lock is about. Where two are taken together, the one that stands first here comes
    first."""

    scope = "scope"
    """Shared while comments of a source are stored, and held alone while what a whole thread or
    place of it is changes: neither of two workers would see what the other has not committed."""
    train = "train"
    """Held by whoever trains a product, from its labels to the version it leads to."""
    model = "model"
    """Held while a product's version in force is switched."""
    settle = "settle"
    """Held by whoever settles the themes of a product, over several transactions in which comments
    are grouped on."""
    group = "group"
    """Held while comments of a product change their theme."""
    words = "words"
    """Held while the common words of a product are counted."""
    search_index = "search index"
    """Held by whoever builds and drops the indexes of big products."""
    retention = "retention"
    """Held by whoever lets go of what is not to be kept any longer, over all products."""
    push = "push"
    """Held by whoever pushes tickets to a tracker."""
    follow = "follow"
    """Held by whoever looks after the tickets of a tracker that were created."""
    reply = "reply"
    """Held by whoever sends answers to the threads of a source."""
    dispatch = "dispatch"
    """Held by whoever sends digests and alerts."""
    spikes = "spikes"
    """Held by whoever looks for spikes."""

    def name_of(self, key: UUID | str) -> str:
        """The lock's name for one product or tracker; a blank key for the only one there is."""
        return f"{self.value} {key}".rstrip()


async def lock_waiting(connection: Connection, lock: AdvisoryLock, key: UUID | str) -> None:
    """Take a lock until the transaction ends, waiting for whoever holds it."""
    await connection.execute(LOCK_TRANSACTION, [lock.name_of(key)])


async def lock_or_share(
    connection: Connection, lock: AdvisoryLock, alone: Mapping[UUID, bool]
) -> None:
    """Take a lock for every key until the transaction ends, waiting: alone where the key says so,
    else together with others who share it."""
    keys = sorted(alone)
    values = [[lock.name_of(key) for key in keys], [alone[key] for key in keys]]
    await connection.execute(LOCK_TRANSACTION_OR_SHARE, values)


async def lock_if_free(connection: Connection, lock: AdvisoryLock, key: UUID | str) -> bool:
    """Take a lock until the transaction ends; False where somebody else holds it."""
    return bool(await fetch_value(connection, TRY_LOCK_TRANSACTION, [lock.name_of(key)]))


async def hold_if_free(connection: Connection, lock: AdvisoryLock, key: UUID | str = "") -> bool:
    """Take a lock until the connection ends or ``let_go``; False where somebody else holds it."""
    return bool(await fetch_value(connection, TRY_LOCK_CONNECTION, [lock.name_of(key)]))


@asynccontextmanager
async def held_alone(
    database: Database, lock: AdvisoryLock, key: UUID | str
) -> AsyncIterator[bool]:
    """Hold a lock over a connection of its own, for work that takes many transactions.

    Gives False, and holds nothing, where somebody else holds it.
    """
    async with database.pool.connection() as guard:
        # A transaction that stays open for the whole work would hold back the database's clean-up.
        await guard.set_autocommit(True)
        try:
            if not await hold_if_free(guard, lock, key):
                yield False
                return
            try:
                yield True
            finally:
                await guard.execute(UNLOCK_CONNECTION, [lock.name_of(key)])
        finally:
            await guard.set_autocommit(False)


async def wake_workers(connection: AsyncConnection[Any]) -> None:
    """Tell waiting workers, once the transaction commits, that a delivery was stored."""
    await connection.execute(NOTIFY_WORKERS, [WORK_CHANNEL])
