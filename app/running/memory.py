"""Long-running processes hold little of what they no longer need.

The GNU C library keeps freed memory for later, in an arena for nearly every thread. What this does
is for that library alone; elsewhere nothing happens.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
from functools import cache
from typing import Any

ARENAS_PARAMETER = -8
"""``M_ARENA_MAX`` in the library's ``malloc.h``."""
ARENAS_MOST = 2
"""One for Python, whose threads take turns, and one for who does not wait for it."""
TRIM_SECONDS = 5.0


def few_arenas() -> None:
    """Let all threads share two arenas; to be called before there are any.

    What the operator chose with ``MALLOC_ARENA_MAX`` stays.
    """
    library = _gnu_library()
    if library is not None and "MALLOC_ARENA_MAX" not in os.environ:
        library.mallopt(ARENAS_PARAMETER, ARENAS_MOST)


def settle() -> None:
    """What is loaded now stays: the collector of garbage need not look at it again and again, and
    what loading has left behind goes back to the system. What stayed before may go by now."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim()


def trim() -> None:
    """Give freed memory back to the system."""
    library = _gnu_library()
    if library is not None:
        library.malloc_trim(0)


async def keep_trimmed(seconds: float = TRIM_SECONDS) -> None:
    """Give freed memory back every few seconds until cancelled; meanwhile others run."""
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(trim)


@cache
def _gnu_library() -> Any:
    """The C library of this process where it is GNU's, else None."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows names no library so
        return None
    return library if hasattr(library, "gnu_get_libc_version") else None
