"""Stores deliveries so that requests which arrive together share one commit, each answered only
after it.

One commit per request costs one fsync each: measured on two cores, sharing them doubles the rate.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
import structlog

from app.storage.advisory import wake_workers
from app.storage.db import DatabaseAway, away, is_away

log = structlog.get_logger(__name__)

WAKE_INTERVAL_SECONDS = 0.1
"""A NOTIFY for each delivery would defeat the shared commit."""

# Nearly always everything in a batch came for one source, so only what differs per delivery travels
# as an array, and in binary: as text every quote in it would be escaped first.
INSERT_DELIVERIES = """
    insert into delivery (product_id, source_id, method, query, dedup_key, headers, body)
    select %b, %b, %t, %t::jsonb, d.dedup_key, d.headers::jsonb, d.body
    from unnest(%b::text[], %b::text[], %b::bytea[]) as d(dedup_key, headers, body)
    on conflict (source_id, dedup_key) do nothing
    returning dedup_key
"""


@dataclass(slots=True)
class NewDelivery:
    """A verified request that waits for its commit. ``stored`` becomes True where it is new."""

    product_id: uuid.UUID
    source_id: uuid.UUID
    dedup_key: str
    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    stored: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def channel(self) -> tuple[uuid.UUID, uuid.UUID, str, str]:
        """What most deliveries that arrive together have in common."""
        return (
            self.product_id,
            self.source_id,
            self.method,
            json.dumps(dict(self.query)) if self.query else "{}",
        )


class Committer:
    """``writers`` connections that each insert whatever waits in one statement, and answer; then
    they tell idle workers, at most ten times a second. ``clock`` gives monotonic seconds."""

    def __init__(
        self,
        conninfo: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        writers: int = 2,
        batch_size: int = 256,
        queue_size: int = 4096,
    ) -> None:
        self._conninfo = conninfo
        self._clock = clock
        self._woken_at = -WAKE_INTERVAL_SECONDS
        self._writers = writers
        self._batch_size = batch_size
        self._queue: asyncio.Queue[NewDelivery] = asyncio.Queue(queue_size)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to write; the first connection is made when there is something to store."""
        self._tasks = [
            asyncio.create_task(self._write(), name=f"committer-{n}") for n in range(self._writers)
        ]

    async def stop(self) -> None:
        """Store what waits, then let the connections go."""
        await self._queue.join()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def store(self, delivery: NewDelivery) -> bool:
        """Returns after the commit: True for a new delivery. Raises DatabaseAway."""
        try:
            self._queue.put_nowait(delivery)
        except asyncio.QueueFull:
            raise DatabaseAway from None
        return await delivery.stored

    async def _write(self) -> None:
        connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        try:
            while True:
                batch = [await self._queue.get()]
                while len(batch) < self._batch_size and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                try:
                    connection = await self._commit(connection, batch)
                except Exception as error:
                    connection = None
                    self._fail(batch, self._logged(error, len(batch)))
                finally:
                    for _ in batch:
                        self._queue.task_done()
        finally:
            if connection is not None:
                await connection.close()

    async def _commit(
        self,
        connection: psycopg.AsyncConnection[tuple[object, ...]] | None,
        batch: list[NewDelivery],
    ) -> psycopg.AsyncConnection[tuple[object, ...]]:
        """Insert over the connection at hand, or over a new one where that broke while idle."""
        if connection is not None:
            try:
                await self._insert(connection, batch)
                return connection
            except Exception as error:
                with suppress(psycopg.Error):
                    await connection.close()
                if not is_away(error):
                    raise
        connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=5
        )
        try:
            await self._insert(connection, batch)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _insert(
        self, connection: psycopg.AsyncConnection[tuple[object, ...]], batch: list[NewDelivery]
    ) -> None:
        channels: dict[tuple[uuid.UUID, uuid.UUID, str, str], list[NewDelivery]] = {}
        for delivery in batch:
            if not delivery.stored.done():
                channels.setdefault(delivery.channel, []).append(delivery)
        # Known deliveries are answered too: a channel that was committed before a later one failed
        # stays committed.
        any_new = False
        for channel, deliveries in channels.items():
            arrays = [
                [delivery.dedup_key for delivery in deliveries],
                [json.dumps(delivery.headers) for delivery in deliveries],
                [delivery.body for delivery in deliveries],
            ]
            cursor = await connection.execute(INSERT_DELIVERIES, [*channel, *arrays], prepare=True)
            new_keys = {row[0] for row in await cursor.fetchall()}
            any_new = any_new or bool(new_keys)
            for delivery in deliveries:
                if not delivery.stored.done():
                    delivery.stored.set_result(delivery.dedup_key in new_keys)
                    new_keys.discard(delivery.dedup_key)
        if any_new:
            await self._wake(connection)

    async def _wake(self, connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        """A hint to idle workers, who look by themselves where it is lost."""
        now = self._clock()
        if now - self._woken_at >= WAKE_INTERVAL_SECONDS:
            self._woken_at = now
            await wake_workers(connection)

    @staticmethod
    def _logged(error: Exception, deliveries: int) -> Exception:
        """What senders are told, after the log was."""
        if not is_away(error):
            log.exception("delivery_insert_failed", batch=deliveries)
            return error
        trouble = away(error)
        log.warning(
            "deliveries_not_stored", reason=trouble.reason, detail=trouble.detail, batch=deliveries
        )
        return trouble

    @staticmethod
    def _fail(batch: list[NewDelivery], error: Exception) -> None:
        for delivery in batch:
            if not delivery.stored.done():
                delivery.stored.set_exception(error)
