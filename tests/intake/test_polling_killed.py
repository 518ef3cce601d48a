"""A worker that is killed while it fetches history loses nothing and stores nothing twice."""

from __future__ import annotations

import os
import subprocess
import sys

import anyio
from cryptography.fernet import Fernet

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.paths import ROOT
from tests.scenes.polled import DISCOURSE_KEY, polled
from tests.scenes.stand_ins import StandInForum, pages_asked, standing

KILLS = 5


async def test_five_kills_in_the_middle_of_a_history(
    database: Database, database_url: str, settings: Settings
) -> None:
    key = Fernet.generate_key().decode()
    environment = os.environ | {"POLLER_DATABASE": database_url, "POLLER_KEY": key}
    program = [sys.executable, "-m", "tests.scenes.poller"]
    forum = StandInForum(per_page=4)
    for number in range(1, 301):
        forum.write(f"word {number}")
    with standing(forum) as address:
        source = await polled(
            database, settings, Vault(key), "discourse", DISCOURSE_KEY, base_url=address
        )
        await source.start_history()
        for kill in range(1, KILLS + 1):
            worker = subprocess.Popen(  # noqa: ASYNC220 - it is killed, not talked to
                program, cwd=ROOT, env=environment
            )
            with anyio.fail_after(60):
                while pages_asked(forum, "/posts.json") < kill * 10:
                    await anyio.sleep(0.005)
            worker.kill()
            worker.wait()
            assert (await source.history()).state == "running"
            await source.place.forum.change("update source_poll set lease_until = now()")
            await source.make_due()
        await source.poll()
    assert (await source.history()).state == "done"
    assert (await source.history()).comments == 300
    assert await source.texts() == [f"word {number}" for number in range(1, 301)]
    assert await source.count("delivery") == 300
    assert await source.count("comment_version") == 300
