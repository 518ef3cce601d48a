"""``kill -9`` of the server and the worker, at random moments of a replay, loses nothing and makes
nothing twice.

``RELAY_KILL_DELIVERIES`` and ``RELAY_KILL_ROUNDS`` make it longer than what every run can afford.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault, new_key
from integrations.sandbox.server import SandboxServer
from tests.scenes.forum import Forum, open_forum
from tests.scenes.processes import Processes, environment, free_port
from tests.scenes.pushing import sandbox_tracker
from tests.soak.truth import settle

DELIVERIES = int(os.environ.get("RELAY_KILL_DELIVERIES", "240"))
ROUNDS = int(os.environ.get("RELAY_KILL_ROUNDS", "4"))
BUGS = [
    "The export to PDF crashes whenever the note holds an image",
    "Login with Google ends in an endless loop of redirects",
    "Search does not find words that carry an accent",
    "The Android widget shows yesterday's notes until I restart the phone",
    "Reminders ring an hour late since the clock change",
    "Please add a dark theme for the editor",
    "I would love to have nested folders for my notebooks",
    "It would be great to use the app offline on a train",
]


async def deliver(
    forum: Forum, url: str, comments: list[dict[str, Any]], acknowledged: Counter[str]
) -> None:
    """Post every comment until it is acknowledged, as a platform that retries does."""
    waiting = list(comments)

    async def sender(client: httpx.AsyncClient) -> None:
        while waiting:
            comment = waiting.pop()
            while True:
                headers, content = forum.request(comment)
                try:
                    answer = await client.post(
                        f"/hooks/{forum.source_id}", headers=headers, content=content
                    )
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code == 202:
                    acknowledged[comment["id"]] += 1
                    break
                assert answer.status_code == 503, answer.text
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.02)

    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        await asyncio.gather(*(sender(client) for _ in range(8)))


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_kill_at_random_moments(database: Database, tmp_path: Path, model_dir: Path) -> None:
    chance = random.Random(20261121)
    key = new_key()
    vault = Vault(key)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    everything = {"policy": "auto", "auto_min_people": 1, "auto_min_confidence": 0.0}
    forum = await open_forum(database, Settings(data_dir=tmp_path), vault, **everything)
    hurried = {
        "lease_seconds": "3",
        "refresh_seconds": "0.5",
        "push_interval": "0",
        "push_settle": "1",
        "batch_size": "16",
    }
    variables = environment(database.conninfo, key, tmp_path, model_dir, port, **hurried)
    comments = []
    for number in range(DELIVERIES):
        bug = chance.choice(BUGS)
        adverb = chance.choice(["again", "still", "always", "really", "sadly"])
        text = f"{bug}, {adverb} {number % 7}"
        comments.append(forum.comment(text, author=f"p{chance.randrange(DELIVERIES)}"))
    acknowledged: Counter[str] = Counter()
    with SandboxServer() as sandbox:
        async with database.transaction() as connection:
            await sandbox_tracker(connection, vault, forum, sandbox)
        processes = Processes(variables, tmp_path)
        processes.start("serve")
        processes.start("worker")
        try:
            replay = asyncio.create_task(deliver(forum, url, comments, acknowledged))
            for _ in range(ROUNDS):
                await asyncio.sleep(chance.uniform(1.0, 5.0))
                for name in chance.choice([["serve"], ["worker"], ["serve", "worker"]]):
                    processes.kill(name)
            await asyncio.wait_for(replay, 900)
            await settle(forum)
        finally:
            processes.stop()
        stored = await forum.rows("select external_id, theme_id, stage from comment")
        themes = await forum.rows("select id, mentions from theme where status = 'accepted'")
        tickets = await forum.rows("select theme_id, remote_key, state from ticket")
        remote = sandbox.state.saved.tickets
    assert set(acknowledged) == {comment["id"] for comment in comments}
    assert Counter(row["external_id"] for row in stored) == Counter(set(acknowledged))
    assert {row["stage"] for row in stored} == {"grouped"}
    grouped = sum(1 for row in stored if row["theme_id"] is not None)
    assert sum(theme["mentions"] for theme in themes) == grouped > 0
    assert {row["state"] for row in tickets} == {"created"}
    assert Counter(row["theme_id"] for row in tickets) == Counter(theme["id"] for theme in themes)
    assert sorted(ticket.key for ticket in remote) == sorted(row["remote_key"] for row in tickets)
    for theme in themes:
        marked = [ticket for ticket in remote if f"relay-{theme['id'].hex}" in ticket.body]
        assert len(marked) == 1, (theme["id"], len(marked))
        assert json.dumps(theme["mentions"]) in marked[0].body
