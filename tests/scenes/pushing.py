"""Themes pushed to a tracker of the sandbox, in tests."""

from __future__ import annotations

import random
import uuid
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings
from app.models.tracker import Tracker
from app.setup.trackers import create_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.push import Push
from app.triage import decisions
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import Ticket
from tests.scenes.forum import ME, Forum, open_forum


class Bench:
    """A forum whose product has one GitHub tracker in the sandbox."""

    def __init__(
        self, forum: Forum, vault: Vault, sandbox: SandboxServer, tracker_id: uuid.UUID
    ) -> None:
        self.forum, self.vault, self.sandbox, self.tracker_id = forum, vault, sandbox, tracker_id
        self.slept: list[float] = []

    @property
    def tickets(self) -> list[Ticket]:
        return self.sandbox.state.saved.tickets

    def fail(self, **fault: Any) -> None:
        httpx.post(f"{self.sandbox.url}/_sandbox/failures", json=fault).raise_for_status()

    def recover(self) -> None:
        httpx.delete(f"{self.sandbox.url}/_sandbox/failures").raise_for_status()

    async def push(self, settle: float = 0.0) -> int:
        """One run, with pauses of the tracker and back-off taken as over."""
        async with self.forum.database.transaction() as connection:
            await connection.execute("update ticket set due_at = now() where due_at is not null")
            await connection.execute("update ticket set called_at = called_at - interval '1 hour'")
            await connection.execute("update tracker set paused_until = null")
        return await self.run(settle)

    async def run(self, settle: float = 0.0) -> int:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        push = Push(
            self.forum.database,
            self.vault,
            "http://relay.test",
            True,
            sleep=sleep,
            chance=random.Random(1),
            settle=settle,
        )
        return await push.run(self.tracker_id)

    async def theme(self, text: str = "export to pdf crashes", people: int = 2) -> uuid.UUID:
        """An accepted theme."""
        for number in range(people):
            await self.forum.say(text, f"p{number}")
        await self.forum.work()
        (row,) = await self.forum.rows(
            "select t.id from theme t join comment c on c.theme_id = t.id where c.text = %s group "
            "by t.id",
            text,
        )
        async with self.forum.database.transaction() as connection:
            await decisions.accept(connection, row["id"], actor=ME, undo_seconds=0)
        theme_id: uuid.UUID = row["id"]
        return theme_id

    async def ticket(self) -> dict[str, Any]:
        (row,) = await self.forum.rows("select * from ticket")
        return row


async def sandbox_tracker(
    session: AsyncSession, vault: Vault, forum: Forum, sandbox: SandboxServer
) -> Tracker:
    """A tracker of the forum's product that writes to the sandbox as to GitHub."""
    where = {"repository": "acme/app", "base_url": sandbox.url}
    return await create_tracker(
        session, vault, forum.product_id, "github", "repo", where, {"token": "a-secret-token"}
    )


async def open_bench(
    database: Database, settings: Settings, vault: Vault, sandbox: SandboxServer
) -> Bench:
    """A fresh product with its tracker."""
    forum = await open_forum(database, settings, vault)
    async with database.session() as session:
        tracker = await sandbox_tracker(session, vault, forum, sandbox)
    return Bench(forum, vault, sandbox, tracker.id)
