"""Tickets that people opened, and what a person can do about which of them stands for a theme."""

from __future__ import annotations

import uuid

from app.tickets.lookalikes import LocatedTicket, locate_ticket
from app.triage import decisions, linking, undo
from integrations.network import Network
from integrations.sandbox.state import Ticket
from tests.scenes.forum import ME
from tests.scenes.pushing import Bench

LINKING_NETWORK = Network(allow_private=True)
TEXT = "export to pdf crashes"


class Links:
    """A product with a tracker, a theme in triage, and what a person can do about its ticket."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.database = bench.forum.database

    def opened_by_people(self, title: str = "PDF export crashes") -> Ticket:
        is_github = self.bench.kind == "github"
        place, status = ("acme/app", "open") if is_github else ("APP", "To Do")
        return self.bench.sandbox.state.create(
            "github" if is_github else "jira", place, title=title, status=status, body=None
        )

    async def theme(self, text: str = TEXT, people: int = 2) -> uuid.UUID:
        for number in range(people):
            await self.bench.forum.say(text, f"p{number}")
        await self.bench.forum.work()
        (row,) = await self.bench.forum.rows(
            "select distinct theme_id from comment where text = %s", text
        )
        theme_id: uuid.UUID = row["theme_id"]
        return theme_id

    async def located(self, theme_id: uuid.UUID, ticket: Ticket) -> LocatedTicket:
        return await locate_ticket(
            self.database,
            self.bench.vault,
            theme_id,
            ticket.key,
            tracker_id=None,
            network=LINKING_NETWORK,
        )

    async def link(self, theme_id: uuid.UUID, ticket: Ticket, seconds: float = 0) -> linking.Linked:
        located = await self.located(theme_id, ticket)
        async with self.database.transaction() as connection:
            return await linking.link(connection, theme_id, located, actor=ME, undo_seconds=seconds)

    async def relink(self, ticket: Ticket) -> linking.Linked:
        row = await self.bench.ticket()
        located = await self.located(row["theme_id"], ticket)
        async with self.database.transaction() as connection:
            return await linking.relink(connection, row["id"], located, actor=ME, undo_seconds=0)

    async def unlink(self) -> int:
        row = await self.bench.ticket()
        async with self.database.transaction() as connection:
            return await linking.unlink(connection, row["id"], actor=ME)

    async def recreate(self) -> int:
        row = await self.bench.ticket()
        async with self.database.transaction() as connection:
            return await linking.recreate(connection, row["id"], actor=ME, undo_seconds=0)

    async def undo(self, *activities: int) -> None:
        async with self.database.transaction() as connection:
            for activity in sorted(activities, reverse=True):
                await undo.undo(connection, activity, actor=ME)

    async def accept(self, theme_id: uuid.UUID) -> None:
        async with self.database.transaction() as connection:
            await decisions.accept(connection, theme_id, actor=ME, undo_seconds=0)

    async def look(self) -> None:
        await self.bench.follow(compare_seconds=0).run(self.bench.tracker_id)
