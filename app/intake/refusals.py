"""Counts the requests that were refused at a source's address, by reason and by where from.

Nothing of what they held is kept. A refusal costs a number in memory; the numbers are written now
and then, so that a flood of bad requests is a handful of rows.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

import structlog
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.storage.db import Connection, Database, DatabaseAway

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 5.0
COUNTED_KEYS_MAX = 1_000
"""In memory between two writes; more senders than that are counted together."""
ORIGINS_MAX = 20
"""Senders that are told apart for a source, a reason and a day."""
REFUSED_DAYS = 14
SOMEWHERE = ""
"""Where a request came from that is counted with others."""

_Key = tuple[uuid.UUID, str, str]

COUNT_REFUSALS = """
    with incoming as (
        select * from unnest(
            %(sources)s::uuid[], %(reasons)s::text[], %(origins)s::text[], %(counts)s::bigint[],
            %(firsts)s::timestamptz[], %(lasts)s::timestamptz[]
        ) as n(source_id, reason, origin, count, first_at, last_at)
    ), ranked as (
        select i.*, i.last_at::date as day, r.source_id is not null or i.origin = '' as is_told,
               row_number() over (
                   partition by i.source_id, i.reason order by r.source_id is null, i.count desc
               ) + (
                   select count(*) from refused_request x
                   where x.source_id = i.source_id and x.reason = i.reason
                     and x.day = i.last_at::date
               ) as place
        from incoming i join source s on s.id = i.source_id
        left join refused_request r on r.source_id = i.source_id and r.reason = i.reason
          and r.origin = i.origin and r.day = i.last_at::date
    )
    insert into refused_request as r (source_id, day, reason, origin, count, first_at, last_at)
    select source_id, day, reason,
           case when is_told or place <= %(origins_max)s then origin else '' end,
           sum(count), min(first_at), max(last_at)
    from ranked group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (source_id, day, reason, origin) do update
    set count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at)
"""
FORGET_REFUSALS = "delete from refused_request where day < current_date - %s"


class Refusals:
    """The counts that are not written yet. ``now`` gives UTC times; ``trusted_proxies`` are the
    addresses, separated by commas, whose word on who sent something counts."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        trusted_proxies: str = "",
    ) -> None:
        self._database = database
        self._now = now
        self._trusted_proxies = trusted_proxies
        self._counts: dict[_Key, tuple[int, datetime, datetime]] = {}
        self._waiting = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write what is counted."""
        self._task = asyncio.create_task(self._write_on(), name="refusals")

    async def stop(self) -> None:
        """Write what is left, as far as the database is there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with suppress(DatabaseAway):
            await self.flush()

    async def note(self, source_id: uuid.UUID, reason: str, scope: Scope) -> None:
        """Count one refused request."""
        key = source_id, reason, await self._origin(scope)
        if key not in self._counts and len(self._counts) >= COUNTED_KEYS_MAX:
            key = source_id, reason, SOMEWHERE
        now = self._now()
        count, first_at, _ = self._counts.get(key, (0, now, now))
        self._counts[key] = count + 1, first_at, now
        self._waiting.set()

    async def flush(self) -> None:
        """Write the counts. Raises DatabaseAway, and keeps them then."""
        if not self._counts:
            return
        counts, self._counts = self._counts, {}
        try:
            async with self._database.transaction() as connection:
                await _write(connection, counts)
        except BaseException:
            self._counts = {**counts, **self._counts}
            raise

    async def _write_on(self) -> None:
        while True:
            await self._waiting.wait()
            await asyncio.sleep(FLUSH_SECONDS)
            self._waiting.clear()
            try:
                await self.flush()
            except DatabaseAway:
                self._waiting.set()
            except Exception:
                log.exception("refusals_not_written")
                self._counts.clear()

    async def _origin(self, scope: Scope) -> str:
        """The sender's address, as the proxies that are trusted tell it."""
        seen_by_proxies = dict(scope)
        if self._trusted_proxies:
            proxies: Any = ProxyHeadersMiddleware(cast(Any, _nothing), self._trusted_proxies)
            await proxies(seen_by_proxies, _receive_nothing, _send_nothing)
        client = seen_by_proxies.get("client")
        return str(client[0])[:64] if client else SOMEWHERE


async def _write(
    connection: Connection, counts: dict[_Key, tuple[int, datetime, datetime]]
) -> None:
    rows = [(*key, *counted) for key, counted in counts.items()]
    names = ("sources", "reasons", "origins", "counts", "firsts", "lasts")
    columns = [list(column) for column in zip(*rows, strict=True)]
    values = dict(zip(names, columns, strict=True))
    await connection.execute(COUNT_REFUSALS, {**values, "origins_max": ORIGINS_MAX})
    await forget_old_refusals(connection)


async def forget_old_refusals(connection: Connection) -> None:
    """Let go of what was refused longer ago than it is shown: it names senders."""
    await connection.execute(FORGET_REFUSALS, [REFUSED_DAYS])


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that only wanted the scope."""


async def _receive_nothing() -> dict[str, object]:
    return {}


async def _send_nothing(_: object) -> None:
    """Nobody is answered."""
