"""Tickets that were created and are followed, in tests: a sandbox whose webhooks arrive when a test
says so."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import httpx

from app.config import Settings
from app.setup.tracker_hooks import read_hook, tracker_hook_url
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.hooks import TicketHooks
from integrations.sandbox.hooks import delivery_of
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.settings import Hook
from integrations.sandbox.state import Ticket
from tests.scenes.pushing import Bench, open_bench

HERE = "http://relay.test"


class Followed:
    """A bench whose tracker is followed; ``told`` are the deliveries that the sandbox would send
    and nobody has received yet."""

    def __init__(self, bench: Bench, secret: str) -> None:
        self.bench = bench
        self.told: list[tuple[str, dict[str, str], bytes]] = []
        self.hooks = TicketHooks(
            bench.forum.database, bench.vault, now=lambda: datetime.now(UTC), clock=time.monotonic
        )
        self.hook = Hook(
            id=1,
            vendor=bench.kind,
            url=tracker_hook_url(HERE, bench.tracker_id),
            secret=secret,
        )
        state = bench.sandbox.state
        state.base_url = bench.sandbox.url
        state.tell = self._keep

    def _keep(self, ticket: Ticket, action: str, author: str) -> None:
        told = delivery_of(self.bench.sandbox.state, self.hook, ticket, action, author)
        if told is not None:
            self.told.append(told)

    async def post(self, told: tuple[str, dict[str, str], bytes]) -> httpx.Response:
        """One delivery, as it arrives."""
        url, headers, body = told
        transport = httpx.ASGITransport(app=self.hooks)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.post(url, headers=headers, content=body)

    async def hear(self) -> None:
        """Everything that was told arrives."""
        for told in self.told:
            assert (await self.post(told)).status_code == 202
        self.told.clear()

    async def follow(self, **changes: Any) -> int:
        """One run of whoever follows tickets; lists are compared where a test asks for it."""
        return await self.bench.follow(**{"compare_seconds": 0.0, **changes}).run(
            self.bench.tracker_id
        )

    async def compare(self) -> int:
        """One run that compares lists, however lately that was done."""
        async with self.bench.forum.database.transaction() as connection:
            await connection.execute("update tracker set compared_at = now() - interval '1 hour'")
        return await self.follow(compare_seconds=1.0)

    def act(self, action: str, number: int = 0) -> Ticket:
        """A person presses a button of the sandbox."""
        ticket = self.bench.tickets[number]
        address = f"{self.bench.sandbox.url}/_sandbox/tickets/{ticket.slug}/status"
        httpx.post(address, json={"action": action}, verify=False).raise_for_status()
        return ticket

    async def status(self) -> tuple[str, str, str]:
        """What the only ticket's status means, who changed it, and how that was heard."""
        row = await self.bench.ticket()
        return row["status"], row["status_by"], row["status_from"]

    async def told_of(self, verb: str = "ticket_status") -> list[dict[str, Any]]:
        """What was written down about the theme, oldest first."""
        rows = await self.bench.forum.rows(
            "select detail from activity where verb = %s order by id", verb
        )
        return [row["detail"] for row in rows]

    async def people_say(self, text: str, *people: str) -> None:
        """Several people say the same, now."""
        for name in people:
            await self.bench.forum.say(text, name)
        await self.bench.forum.work()


async def open_followed(
    database: Database,
    settings: Settings,
    vault: Vault,
    sandbox: SandboxServer,
    kind: str = "github",
) -> Followed:
    """A product whose one theme has a ticket that was looked at once."""
    bench = await open_bench(database, settings, vault, sandbox, kind)
    async with database.transaction() as connection:
        hook = await read_hook(connection, vault, bench.tracker_id)
    followed = Followed(bench, hook.secret)
    await bench.theme()
    await bench.run()
    await followed.follow()
    return followed
