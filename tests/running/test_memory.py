"""What a process has freed goes back to the system; looked at in processes of their own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from app.running import memory
from tests.paths import ROOT

GNU = memory._gnu_library() is not None
only_gnu = pytest.mark.skipif(not GNU, reason="the C library is not GNU's")

FREE_AND_TRIM = """
import psutil
from app.running.memory import trim
resident = psutil.Process().memory_info
empty = resident().rss
blocks = [bytes(1000) for _ in range(50_000)]
blocks = blocks[::100]  # what is kept holds the rest where it is
before = resident().rss
trim()
print(before - empty, resident().rss - empty)
"""
ARENAS_OF_MANY_THREADS = """
import ctypes, sys, threading
from app.running.memory import few_arenas
few_arenas()
together = threading.Barrier(9)
def allocate():
    blocks = [bytes(1000) for _ in range(100)]
    together.wait()
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
library = ctypes.CDLL(None)
library.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(library.fopen(sys.argv[1].encode(), b"w"))
library.malloc_info(0, file)
library.fclose(file)
together.wait()
"""


def printed(program: str, *arguments: str, **variables: str) -> str:
    """What a process of its own prints."""
    inherited = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@only_gnu
def test_freed_memory_goes_back() -> None:
    before, after = map(int, printed(FREE_AND_TRIM).split())
    assert before > 30_000_000
    assert after < before / 2


@only_gnu
@pytest.mark.parametrize(("variables", "arenas"), [({}, 2), ({"MALLOC_ARENA_MAX": "4"}, 4)])
def test_threads_share_arenas_as_many_as_the_operator_says(
    tmp_path: Path, variables: dict[str, str], arenas: int
) -> None:
    printed(ARENAS_OF_MANY_THREADS, str(tmp_path / "arenas.xml"), **variables)
    assert (tmp_path / "arenas.xml").read_text().count("<heap nr=") == arenas


async def test_it_goes_on_until_it_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, twice = asyncio.get_running_loop(), asyncio.Event()
    times: list[None] = []

    def trim() -> None:
        times.append(None)
        if len(times) == 2:
            loop.call_soon_threadsafe(twice.set)

    monkeypatch.setattr(memory, "trim", trim)
    trimming = asyncio.create_task(memory.keep_trimmed(0))
    await twice.wait()
    trimming.cancel()
    with suppress(asyncio.CancelledError):
        await trimming
    assert trimming.cancelled()


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_gnu_library", lambda: None)
    memory.few_arenas()
    memory.trim()
