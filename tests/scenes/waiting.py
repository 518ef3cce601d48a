"""Waiting for what will be so, however slow the machine is: a limit is met only by what hangs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE_SECONDS = 90.0
STEP_SECONDS = 0.02


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    """Look again and again until it is so. Raises TimeoutError."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"this was not so within {patience:g} s")
        time.sleep(STEP_SECONDS)


async def until(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    """The same beside other tasks of the event loop. Raises TimeoutError."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(STEP_SECONDS)
