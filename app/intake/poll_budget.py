"""One budget of calls per platform account, shared by all workers on all machines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from app.storage.db import Database
from app.storage.rows import fetch_value
from integrations.poll_contract import Polling
from integrations.retries import reset_after, retry_after

CALL_PATIENCE_SECONDS = 5.0
"""A longer wait gives the source back: somebody else may have something to do."""

# The generic cell rate algorithm (ITU-T I.371): a call moves the moment from which on calls are
# free, and one that would come too early moves nothing.
TAKE_CALL = """
    insert into poll_account as a (key, free_at)
    values (%(key)s, now() - make_interval(secs => %(burst)s) + make_interval(secs => %(step)s))
    on conflict (key) do update
    set free_at = greatest(a.free_at, now() - make_interval(secs => %(burst)s))
                  + make_interval(secs => %(step)s)
    where a.free_at <= now() and (a.paused_until is null or a.paused_until <= now())
    returning key
"""
SELECT_WAIT = """
    select greatest(0.01, extract(epoch from greatest(free_at, paused_until) - now()))::float8
    from poll_account where key = %s
"""
PAUSE_ACCOUNT = """
    insert into poll_account as a (key, paused_until)
    values (%(key)s, now() + make_interval(secs => %(seconds)s))
    on conflict (key) do update set paused_until = greatest(a.paused_until, excluded.paused_until)
"""


class BudgetSpent(Exception):
    """No call is free for so many seconds."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(f"{wait_seconds:.1f} s")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Budget:
    """The calls of one account: ``calls_per_minute`` of them, ``burst`` at once."""

    database: Database
    key: str
    calls_per_minute: float
    burst: int

    @classmethod
    def of(cls, database: Database, key: str, polling: Polling[Any]) -> Budget:
        """The budget of an account by what its platform permits."""
        return cls(database, key, polling.calls_per_minute, polling.burst)

    async def take(self) -> None:
        """Return when a call may leave. Raises BudgetSpent where that is not soon."""
        step = 60.0 / self.calls_per_minute
        values = {"key": self.key, "step": step, "burst": step * (self.burst - 1)}
        while True:
            async with self.database.transaction() as connection:
                if await fetch_value(connection, TAKE_CALL, values) is not None:
                    return
                wait_seconds = await fetch_value(connection, SELECT_WAIT, [self.key])
            if wait_seconds > CALL_PATIENCE_SECONDS:
                raise BudgetSpent(wait_seconds)
            await asyncio.sleep(wait_seconds)

    async def heed(self, response: httpx.Response) -> None:
        """Leave the account alone for as long as an answer asks, also one that was a success."""
        now = datetime.now(UTC)
        wait_seconds = reset_after(response.headers, now=now)
        if response.status_code in (403, 429, 503):
            wait_seconds = retry_after(response.headers, now=now) or wait_seconds
        if wait_seconds:
            await self.pause(wait_seconds)

    async def pause(self, seconds: float) -> None:
        """Nobody calls for the account for so long."""
        async with self.database.transaction() as connection:
            await connection.execute(PAUSE_ACCOUNT, {"key": self.key, "seconds": seconds})

    def watch(self, http: httpx.AsyncClient) -> None:
        """Let every request of ``http`` go through this budget."""

        async def before(_: httpx.Request) -> None:
            await self.take()

        http.event_hooks = {"request": [before], "response": [self.heed]}
