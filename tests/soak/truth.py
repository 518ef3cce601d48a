"""What must hold whenever nothing waits: nothing lost, nothing made twice, the ledger true."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable

from integrations.sandbox.state import Ticket
from tests.scenes.forum import Forum

SETTLED_PATIENCE_SECONDS = 900.0
WAITING = """
    select (select count(*) from delivery where stage = 'received')
         + (select count(*) from comment where stage in ('parsed', 'enriched'))
         + (select count(*) from theme where policy_due_at <= now())
         + (select count(*) from ticket where due_at is not null) as waiting
"""
SELECT_STORED = "select external_id from comment where source_id = %s"
SELECT_LEDGER = "select remote_key, state, marker from ticket order by remote_key"
MARKER = re.compile(r"relay-[0-9a-f]{32}")


async def settle(forum: Forum) -> None:
    """Wait until no stage, no policy and no ticket waits for anything. Raises TimeoutError."""
    async with asyncio.timeout(SETTLED_PATIENCE_SECONDS):
        while (await forum.rows(WAITING))[0]["waiting"]:
            await asyncio.sleep(0.3)


async def violations(forum: Forum, acknowledged: set[str], remote: Iterable[Ticket]) -> list[str]:
    """One line for everything that should not be so; empty where all holds."""
    lines = []
    stored = Counter(row["external_id"] for row in await forum.rows(SELECT_STORED, forum.source_id))
    if lost := acknowledged - set(stored):
        lines.append(f"{len(lost)} acknowledged comments are lost: {sorted(lost)[:5]}")
    if twice := [key for key, count in stored.items() if count > 1]:
        lines.append(f"{len(twice)} comments are stored twice: {twice[:5]}")
    ledger = await forum.rows(SELECT_LEDGER)
    if other := [row for row in ledger if row["state"] != "created"]:
        lines.append(f"{len(other)} tickets are not created: {other[:3]}")
    tickets = list(remote)
    if sorted(ticket.key for ticket in tickets) != sorted(row["remote_key"] for row in ledger):
        lines.append(f"the tracker has {len(tickets)} tickets, the ledger {len(ledger)}")
    markers = Counter(marker for ticket in tickets for marker in set(MARKER.findall(ticket.body)))
    if doubled := [marker for marker, count in markers.items() if count > 1]:
        lines.append(f"{len(doubled)} themes have two tickets: {doubled[:3]}")
    return lines
