"""Locks by name exclude each other, and are free again however their holder ends."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg
import pytest
from psycopg.rows import dict_row

from app.storage.advisory import (
    WORK_CHANNEL,
    AdvisoryLock,
    held_alone,
    hold_if_free,
    lock_if_free,
    lock_waiting,
    wake_workers,
)
from app.storage.db import Connection, Database

PRODUCT = uuid.UUID(int=7)
LOCK = AdvisoryLock.group


class OwnError(Exception):
    """Something that goes wrong while a lock is held."""


async def is_free(database: Database, lock: AdvisoryLock = LOCK, key: uuid.UUID = PRODUCT) -> bool:
    """Whether another connection gets the lock now; it is given back at once."""
    async with database.transaction() as connection:
        return await lock_if_free(connection, lock, key)


async def own_connection(database: Database) -> Connection:
    """A connection outside of the pool, which the test may end as it likes."""
    return await psycopg.AsyncConnection.connect(
        database.conninfo, autocommit=True, row_factory=dict_row
    )


Take = Callable[[Connection], Awaitable[object]]


async def wait_for_it(connection: Connection) -> None:
    await lock_waiting(connection, LOCK, PRODUCT)


async def take_it(connection: Connection) -> bool:
    return await lock_if_free(connection, LOCK, PRODUCT)


takers = pytest.mark.parametrize("take", [wait_for_it, take_it])


@takers
async def test_a_lock_excludes_until_the_transaction_ends(database: Database, take: Take) -> None:
    async with database.transaction() as connection:
        await take(connection)
        assert not await is_free(database)
    assert await is_free(database)


@takers
async def test_a_lock_is_free_after_an_exception(database: Database, take: Take) -> None:
    with suppress(OwnError):
        async with database.transaction() as connection:
            await take(connection)
            raise OwnError
    assert await is_free(database)


@takers
async def test_a_lock_is_free_after_a_statement_that_failed(database: Database, take: Take) -> None:
    with suppress(psycopg.errors.DivisionByZero):
        async with database.transaction() as connection:
            await take(connection)
            await connection.execute("select 1 / 0")
    assert await is_free(database)


@takers
async def test_a_lock_is_free_after_its_connection_broke(database: Database, take: Take) -> None:
    connection = await own_connection(database)
    async with connection.transaction():
        await take(connection)
        assert not await is_free(database)
        await connection.close()
    assert await becomes_free(database)


async def becomes_free(database: Database) -> bool:
    """The server notices the end of a connection a moment later."""
    for _ in range(100):
        if await is_free(database):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_whoever_waits_goes_on_when_the_holder_ends(database: Database) -> None:
    waiting = asyncio.Event()
    went_on = asyncio.Event()

    async def wait() -> None:
        async with database.transaction() as connection:
            waiting.set()
            await lock_waiting(connection, LOCK, PRODUCT)
            went_on.set()

    async with asyncio.TaskGroup() as group:
        async with database.transaction() as connection:
            await lock_waiting(connection, LOCK, PRODUCT)
            group.create_task(wait())
            await waiting.wait()
            await asyncio.sleep(0.1)
            assert not went_on.is_set()
        await asyncio.wait_for(went_on.wait(), 10)


async def test_another_product_and_another_matter_are_free(database: Database) -> None:
    async with database.transaction() as connection:
        await lock_waiting(connection, LOCK, PRODUCT)
        assert await is_free(database, key=uuid.UUID(int=8))
        assert await is_free(database, lock=AdvisoryLock.model)


async def test_a_held_lock_outlives_its_transaction(database: Database) -> None:
    connection = await own_connection(database)
    try:
        async with connection.transaction():
            assert await hold_if_free(connection, LOCK, PRODUCT)
        assert not await is_free(database)
    finally:
        await connection.close()
    assert await becomes_free(database)


async def test_holding_is_refused_while_somebody_else_holds(database: Database) -> None:
    async with database.transaction() as connection:
        await lock_waiting(connection, LOCK, PRODUCT)
        other = await own_connection(database)
        try:
            assert not await hold_if_free(other, LOCK, PRODUCT)
        finally:
            await other.close()


async def test_held_alone_gives_false_to_the_second(database: Database) -> None:
    async with held_alone(database, LOCK, PRODUCT) as first:
        async with held_alone(database, LOCK, PRODUCT) as second:
            assert (first, second) == (True, False)
        assert not await is_free(database), "the one who was refused gave back nothing"
    assert await is_free(database)


async def test_held_alone_is_free_after_an_exception(database: Database) -> None:
    with suppress(OwnError):
        async with held_alone(database, LOCK, PRODUCT):
            raise OwnError
    assert await is_free(database)


async def test_held_alone_lasts_over_many_transactions(database: Database) -> None:
    async with held_alone(database, LOCK, PRODUCT):
        for _ in range(2):
            async with database.transaction() as connection:
                await connection.execute("select 1")
        assert not await is_free(database)


async def test_held_alone_keeps_no_transaction_open(database: Database) -> None:
    async with held_alone(database, LOCK, PRODUCT), database.transaction() as connection:
        cursor = await connection.execute(
            "select a.state from pg_stat_activity a join pg_locks l on l.pid = a.pid"
            " where a.datname = current_database() and l.locktype = 'advisory'"
            " and a.pid <> pg_backend_pid()"
        )
        assert [row["state"] for row in await cursor.fetchall()] == ["idle"]


async def test_workers_hear_of_it_once_the_transaction_commits(database: Database) -> None:
    listener = await own_connection(database)
    try:
        await listener.execute(f"listen {WORK_CHANNEL}")
        async with database.transaction() as connection:
            await wake_workers(connection)
        notified = [note async for note in listener.notifies(timeout=10, stop_after=1)]
        assert [(note.channel, note.payload) for note in notified] == [(WORK_CHANNEL, "parse")]
    finally:
        await listener.close()


def test_every_lock_has_a_name_of_its_own() -> None:
    names = [lock.name_of(PRODUCT) for lock in AdvisoryLock]
    assert len(set(names)) == len(names)
    assert AdvisoryLock.search_index.name_of("") == "search index"
