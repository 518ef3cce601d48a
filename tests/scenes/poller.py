"""A worker that only polls, as a process that can be killed: ``python -m tests.scenes.poller``.

It takes the database's address and the vault's key from the environment.
"""

from __future__ import annotations

import asyncio
import os

from app.intake.poll_visit import PollTools
from app.jobs.polling import run_polls
from app.storage.db import Database
from app.storage.vault import Vault
from integrations.network import Network
from tests.scenes.polled import unlimited


async def poll() -> None:
    database = Database(os.environ["POLLER_DATABASE"], size=4)
    await database.open()
    vault = Vault(os.environ["POLLER_KEY"])
    tools = PollTools(database, vault, Network(allow_private=True), budget=unlimited)
    await run_polls(tools, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(poll())
