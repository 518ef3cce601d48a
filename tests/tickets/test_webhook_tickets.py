"""A theme's ticket in a program of people's own, through the ledger: made once, and followed by
what the program posts back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.setup.tracker_hooks import read_hook, tracker_hook_url
from app.setup.trackers import create_tracker
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.hooks import TicketHooks
from integrations.signatures import sign
from integrations.trackers.webhook.sending import STANDARD_WEBHOOK
from tests.scenes.company import running
from tests.scenes.forum import open_forum
from tests.scenes.pushing import Bench
from tests.scenes.receiver import RECEIVER_SECRET, Receiver

HERE = "http://relay.test"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    server.answers["ticket.created"] = {"id": "T-7", "url": "https://tickets.acme.example/7"}
    with running(server):
        yield server


async def open_receiving(
    database: Database, settings: Settings, vault: Vault, receiver: Receiver
) -> Bench:
    forum = await open_forum(database, settings, vault)
    async with database.transaction() as connection:
        tracker = await create_tracker(
            connection,
            vault,
            product_id=forum.product_id,
            type_name="webhook",
            name="own",
            settings={"base_url": receiver.url, "audience": "private"},
            credentials={"secret": RECEIVER_SECRET},
        )
    return Bench(forum, vault, None, tracker.id, "webhook")  # type: ignore[arg-type]


async def post_back(bench: Bench, data: dict[str, Any], number: int) -> None:
    """The program tells of its ticket."""
    async with bench.forum.database.transaction() as connection:
        hook = await read_hook(connection, bench.vault, bench.tracker_id)
    now = datetime.now(UTC)
    event = {"type": "ticket.status", "timestamp": now.isoformat(), "data": data}
    body = json.dumps(event).encode()
    stamp = int(now.timestamp())
    headers = sign(STANDARD_WEBHOOK, hook.secret, body, f"msg_{number}", stamp)
    hooks = TicketHooks(
        bench.forum.database, bench.vault, now=lambda: datetime.now(UTC), clock=time.monotonic
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=hooks)) as client:
        url = tracker_hook_url(HERE, bench.tracker_id)
        assert (await client.post(url, content=body, headers=headers)).status_code == 202
    await bench.follow(compare_seconds=0.0).run(bench.tracker_id)


async def test_a_ticket_is_made_once_and_followed_by_what_is_posted_back(
    database: Database, settings: Settings, vault: Vault, receiver: Receiver
) -> None:
    bench = await open_receiving(database, settings, vault, receiver)
    receiver.faults = ["lost", "lost"]
    await bench.theme()
    for _ in range(4):
        await bench.push()
    ticket = await bench.ticket()
    assert (ticket["state"], ticket["remote_id"]) == ("created", "T-7")
    assert ticket["url"] == "https://tickets.acme.example/7"
    assert len(receiver.of_kind("ticket.created")) == 1
    assert len([one for one in receiver.arrived if one[1]["type"] == "ticket.created"]) == 3

    await post_back(bench, {"id": "T-7", "category": "done", "status": "Out", "by": "ana"}, 1)
    ticket = await bench.ticket()
    assert (ticket["status"], ticket["status_by"], ticket["status_from"]) == (
        "done",
        "ana",
        "webhook",
    )
    assert ticket["remote_status"] == "Out"
    async with database.transaction() as connection:
        await connection.execute("update ticket set look_at = now()")
    await bench.follow(compare_seconds=0.0).run(bench.tracker_id)
    assert (await bench.ticket())["status"] == "done", "who does not answer changes nothing"
    receiver.answers["ticket.status_asked"] = {"category": "in_progress", "status": "Again"}
    await post_back(bench, {"id": "T-7", "category": "done", "status": "Out"}, 2)
    assert (await bench.ticket())["status"] == "in_progress", "an answer is newer than a hint"
    receiver.answers.clear()
    await post_back(bench, {"id": "T-7", "category": "gone"}, 3)
    assert (await bench.ticket())["state"] == "gone"
