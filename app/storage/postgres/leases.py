"""Who uses the embedded server: one lock for starting and stopping, one lease per user of it.

Both are file locks of the operating system, which end with the process however it ends, so a killed
command never counts as a user and never blocks the next one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app.storage.postgres.account import hand_to_owner
from app.storage.postgres.problem import PostgresProblem


@contextmanager
def turn(folder: Path, timeout: float) -> Iterator[None]:
    """Be the only one who starts or stops the server of ``folder``; wait ``timeout`` seconds, then
    PostgresProblem."""
    path = folder / "start.lock"
    lock = FileLock(path, thread_local=False)
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise PostgresProblem(
            f"Another command has been starting or stopping the database in {folder} for "
            f"{timeout:.0f} s: "
            "wait for it or end it, then try again.",
            reason="embedded_start_timeout",
        ) from error
    try:
        hand_to_owner(path)
        yield
    finally:
        lock.release()


class Lease:
    """The sign that somebody uses the server. Take, give back and ask only inside :func:`turn`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "users"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        hand_to_owner(self._folder)
        self._path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.lock"
        self._lock = FileLock(self._path, thread_local=False)
        self._lock.acquire(timeout=0)
        hand_to_owner(self._path)

    def give_back(self) -> None:
        """Use the server no longer."""
        self._lock.release()
        self._path.unlink(missing_ok=True)

    def others(self) -> int:
        """How many other users live; what killed ones left behind is cleared away."""
        living = 0
        for path in self._folder.glob("*.lock"):
            if path == self._path:
                continue
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                living += 1
            else:
                lock.release()
                path.unlink(missing_ok=True)
        return living
