"""A source that is polled from a stand-in, and all that is stored of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.config import Settings
from app.intake.poll_budget import Budget
from app.intake.poll_visit import PollTools
from app.intake.polling import poll_next
from app.setup.polling import (
    History,
    PollState,
    latest_history,
    poll_state,
    set_poll_credentials,
    start_history,
)
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.places import Place, place_of

EARLY = datetime(2020, 1, 1, tzinfo=UTC)
DISCOURSE_KEY = {"api_key": "a-key", "api_username": "reader"}


@dataclass
class Polled:
    """A source, and what a worker polls it with."""

    place: Place
    tools: PollTools

    async def state(self) -> PollState:
        async with self.tools.database.transaction() as connection:
            state = await poll_state(connection, self.place.source_id)
        assert state is not None
        return state

    async def history(self) -> History:
        async with self.tools.database.transaction() as connection:
            history = await latest_history(connection, self.place.source_id)
        assert history is not None
        return history

    async def start_history(self, since: datetime | None = EARLY) -> History:
        async with self.tools.database.transaction() as connection:
            return await start_history(connection, self.place.source_id, since)

    async def poll(self, turns: int = 1_000) -> int:
        """Give the source its turns until nothing is due; returns how many it had."""
        transport = self.tools.transport()
        try:
            for turn in range(turns):
                if not await poll_next(self.tools, transport):
                    return turn
        finally:
            await transport.aclose()
        return turns

    async def make_due(self, *, looked_back: bool = True) -> None:
        """Let the time pass until the next poll, and a pause end."""
        await self.place.forum.change(
            "update source_poll set due_at = now(), paused_until = null, "
            "looked_back_at = case when %s then now() end",
            looked_back,
        )
        await self.place.forum.change("update poll_account set paused_until = null")

    async def look_again(self, ring: str = "all") -> None:
        """Look again at all comments of a ring, and read what that brought."""
        await self.place.forum.change(
            "update source_recheck set due_at = now(), reason = '', detail = '' where ring = %s",
            ring,
        )
        for _ in range(100):
            await self.poll()
            due = "select ended_at is null or thread_id <> '' as unfinished, reason from "
            (row,) = await self.place.forum.rows(f"{due} source_recheck where ring = %s", ring)
            if row["reason"] or not row["unfinished"]:
                break
            await self.place.forum.change(
                "update source_recheck set due_at = now() where ring = %s", ring
            )
        await self.place.work()

    async def texts(self) -> list[str]:
        """What is stored, by the number of its id."""
        await self.place.work()
        rows = await self.place.standing()
        return [row["text"] for row in sorted(rows, key=lambda row: row["created_at"])]

    async def count(self, table: str) -> int:
        (row,) = await self.place.forum.rows(f"select count(*) from {table}")
        count: int = row["count"]
        return count


async def polled(
    database: Database,
    settings: Settings,
    vault: Vault,
    platform: str,
    credentials: dict[str, Any],
    **chosen: Any,
) -> Polled:
    """A source of a platform that is polled with these credentials, at any pace."""
    place = await place_of(database, settings, vault, platform, **chosen)
    async with database.transaction() as connection:
        await set_poll_credentials(connection, vault, place.source_id, credentials)
    tools = PollTools(database, vault, settings.network, random.Random(7), budget=unlimited)
    return Polled(place, tools)


def unlimited(database: Database, key: str, polling: Any) -> Budget:
    return replace(Budget.of(database, key, polling), calls_per_minute=1e9)
