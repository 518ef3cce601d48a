"""Themes that both have a ticket, merged and taken apart again, in tests."""

from __future__ import annotations

import json
import uuid
from typing import Any

from app.triage import regroup
from app.triage.undo import undo
from integrations.sandbox.state import Ticket
from tests.scenes.forum import ME
from tests.scenes.pushing import Bench

LOGIN, EXPORT, PRINTER = (
    "login with google is broken",
    "export to pdf crashes",
    "printer dialog shows an error",
)


def text_of(ticket: Ticket) -> str:
    body = ticket.body
    text = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else str(body)
    return text.replace("**", "")


async def merge(bench: Bench, into: uuid.UUID, *others: uuid.UUID, **more: Any) -> int:
    async with bench.forum.database.transaction() as connection:
        return await regroup.merge(connection, into, others, actor=ME, **more)


async def take_back(bench: Bench, line: int) -> None:
    async with bench.forum.database.transaction() as connection:
        await undo(connection, line, actor=ME)


async def two_tickets(bench: Bench) -> tuple[uuid.UUID, uuid.UUID]:
    """Two themes, each with a ticket; the first is the older one."""
    older = await bench.theme(LOGIN, people=2)
    await bench.run()
    newer = await bench.theme(EXPORT, people=3)
    await bench.run()
    return older, newer


def linked(bench: Bench) -> list[tuple[int, int]]:
    return [(link.inward, link.outward) for link in bench.sandbox.state.saved.links]
