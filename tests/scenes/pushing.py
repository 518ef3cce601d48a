"""Themes pushed to a tracker of the sandbox, in tests."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from app.config import Settings
from app.models.states import Visibility
from app.setup.opened_tracker import OpenedTracker, open_tracker
from app.setup.trackers import Tracker, create_tracker
from app.storage.db import Connection, Database
from app.storage.vault import Vault
from app.tickets.following import Follow
from app.tickets.push import Push
from app.tickets.steps import Clock, database_clock
from app.triage import decisions
from integrations.network import Network
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import Ticket
from integrations.ticket_fields import TicketField, TicketRequest
from integrations.ticket_status import ChangedTickets, RegisteredHook
from integrations.tracker_contract import (
    Account,
    Attempt,
    Draft,
    Finding,
    RemoteState,
    TicketRef,
)
from integrations.tracker_contract import Tracker as OpenConnection
from integrations.tracker_writes import NO_JOURNAL, DuplicateMark, WriteJournal
from tests.scenes.forum import ME, Forum, open_forum


class Between:
    """Stands between a push and its tracker, and hands everything on; tests override a method."""

    def __init__(self, tracker: OpenConnection) -> None:
        self.tracker = tracker

    async def create(self, draft: Draft) -> TicketRef:
        return await self.tracker.create(draft)

    def preview(self, draft: Draft) -> TicketRequest:
        return self.tracker.preview(draft)

    async def fields(self) -> Sequence[TicketField]:
        return await self.tracker.fields()

    async def update(
        self, ref: TicketRef, draft: Draft, journal: WriteJournal = NO_JOURNAL
    ) -> TicketRef:
        return await self.tracker.update(ref, draft, journal)

    async def holds(self, ref: TicketRef, draft: Draft) -> bool:
        return await self.tracker.holds(ref, draft)

    async def plan_duplicate(self, ref: TicketRef, of: TicketRef | None) -> DuplicateMark:
        return await self.tracker.plan_duplicate(ref, of)

    async def mark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> DuplicateMark:
        return await self.tracker.mark_duplicate(ref, mark)

    async def unmark_duplicate(self, ref: TicketRef, mark: DuplicateMark) -> str:
        return await self.tracker.unmark_duplicate(ref, mark)

    async def note(self) -> str:
        return await self.tracker.note()

    async def find(self, marker: str, attempt: Attempt | None = None) -> TicketRef | None:
        return await self.tracker.find(marker, attempt)

    async def whoami(self) -> Account:
        return await self.tracker.whoami()

    async def probe(self) -> None:
        await self.tracker.probe()

    async def renamed(self) -> Mapping[str, str]:
        return await self.tracker.renamed()

    async def get(self, ref: TicketRef) -> RemoteState:
        return await self.tracker.get(ref)

    async def changes(self, bookmark: str, since: datetime) -> ChangedTickets:
        return await self.tracker.changes(bookmark, since)

    async def comment(self, ref: TicketRef, text: str) -> None:
        await self.tracker.comment(ref, text)

    async def reopen(self, ref: TicketRef) -> RemoteState:
        return await self.tracker.reopen(ref)

    async def locate(self, name: str) -> RemoteState:
        return await self.tracker.locate(name)

    async def similar(self, title: str) -> Sequence[RemoteState]:
        return await self.tracker.similar(title)

    async def keep_comment(self, ref: TicketRef, draft: Draft, comment_id: str) -> str:
        return await self.tracker.keep_comment(ref, draft, comment_id)

    async def register_hook(self, address: str, secret: str) -> RegisteredHook:
        return await self.tracker.register_hook(address, secret)

    async def audience(self) -> Visibility:
        return await self.tracker.audience()

    async def check(self) -> list[Finding]:
        return await self.tracker.check()

    async def close(self) -> None:
        await self.tracker.close()


class Bench:
    """A forum whose product has one tracker in the sandbox."""

    def __init__(
        self,
        forum: Forum,
        vault: Vault,
        sandbox: SandboxServer,
        tracker_id: uuid.UUID,
        kind: str = "github",
    ) -> None:
        self.kind = kind
        self.forum, self.vault, self.sandbox, self.tracker_id = forum, vault, sandbox, tracker_id
        self.slept: list[float] = []

    @property
    def tickets(self) -> list[Ticket]:
        return self.sandbox.state.saved.tickets

    def fail(self, **fault: Any) -> None:
        httpx.post(
            f"{self.sandbox.url}/_sandbox/failures", json=fault, verify=False
        ).raise_for_status()

    def recover(self) -> None:
        httpx.delete(f"{self.sandbox.url}/_sandbox/failures").raise_for_status()

    async def push(self, settle: float = 0.0) -> int:
        """One run, with pauses of the tracker and back-off taken as over."""
        async with self.forum.database.transaction() as connection:
            await connection.execute("update ticket set due_at = now() where due_at is not null")
            await connection.execute("update ticket set called_at = called_at - interval '1 hour'")
            await connection.execute("update tracker set paused_until = null")
        return await self.run(settle)

    async def run(
        self,
        settle: float | None = 0.0,
        *,
        wrap: Callable[[OpenConnection], OpenConnection] = Between,
        clock: Clock = database_clock,
    ) -> int:
        """One run, over the tracker as ``wrap`` makes it."""

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        async def open_wrapped(
            connection: Connection,
            vault: Vault,
            tracker_id: uuid.UUID,
            *,
            network: Network,
            now: datetime | None,
        ) -> OpenedTracker | None:
            opened = await open_tracker(connection, vault, tracker_id, network=network, now=now)
            if opened is not None:
                opened.tracker = wrap(opened.tracker)
            return opened

        push = Push(
            self.forum.database,
            self.vault,
            "http://relay.test",
            Network(allow_private=True),
            sleep=sleep,
            chance=random.Random(1),
            lookup_seconds=settle,
            clock=clock,
            open_tracker=open_wrapped,
        )
        return await push.run(self.tracker_id)

    def follow(self, **changes: Any) -> Follow:
        """Who follows the tickets, with nothing between it and the sandbox."""
        network = Network(allow_private=True)
        values = {"chance": random.Random(1), **changes}
        return Follow(self.forum.database, self.vault, "http://relay.test", network, **values)

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
    connection: Connection,
    vault: Vault,
    forum: Forum,
    sandbox: SandboxServer,
    kind: str = "github",
    name: str = "repo",
) -> Tracker:
    """A tracker of the forum's product that writes to the sandbox as to one of that kind."""
    where = {
        "github": {"repository": "acme/app"},
        "jira": {"project": "APP"},
        "gitlab": {"project": "acme/app"},
        "linear": {"team": "ENG"},
        "gitea": {"repository": "acme/app"},
    }[kind]
    folder = f"/{kind}" if kind in ("gitlab", "linear", "gitea") else ""
    credentials = {"token": "a-secret-token"}
    if kind == "jira":
        credentials["email"] = "relay@acme.example"
    return await create_tracker(
        connection,
        vault,
        forum.product_id,
        kind,
        name,
        {**where, "base_url": sandbox.url + folder},
        credentials,
    )


async def open_bench(
    database: Database,
    settings: Settings,
    vault: Vault,
    sandbox: SandboxServer,
    kind: str = "github",
) -> Bench:
    """A fresh product with its tracker."""
    forum = await open_forum(database, settings, vault)
    async with database.transaction() as connection:
        tracker = await sandbox_tracker(connection, vault, forum, sandbox, kind)
    return Bench(forum, vault, sandbox, tracker.id, kind)
