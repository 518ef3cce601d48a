"""Hashes and compares passwords, few at once, so that a flood of logins stops nobody else.

One argon2id hash takes 64 MiB and every core for some hundredths of a second: forty at once took
half a gigabyte, and every webhook waited until they were through.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from pwdlib import PasswordHash

from app.errors import TooMany

Result = TypeVar("Result")

HASHES_AT_ONCE = 1
"""A hash has four threads of its own: a second one beside it would only slow both down."""
LOGINS_WAITING_MOST = 12
"""About a second of waiting; who comes later is told to come again."""
PLACES_OF_KNOWN_BROWSERS = 4
"""Places in the queue that strangers cannot fill."""
LOGINS_RETRY_SECONDS = 2
HASHING_NICENESS = 4
"""How much the threads that hash stand back behind the one that answers requests."""


class PasswordsBusy(TooMany):
    """So many passwords are looked at now that no further one may wait."""

    reason = "passwords_busy"
    retry_after = LOGINS_RETRY_SECONDS

    def __init__(self) -> None:
        super().__init__("Too many people are signing in right now; try again in a few seconds.")


class PasswordHashing:
    """A queue before the hasher. ``at_once`` hashes run, ``waiting`` more wait, others are
    refused; ``familiar_waiting`` further ones may wait who come from a known browser."""

    def __init__(
        self,
        hasher: PasswordHash,
        *,
        at_once: int = HASHES_AT_ONCE,
        waiting: int = LOGINS_WAITING_MOST,
        familiar_waiting: int = PLACES_OF_KNOWN_BROWSERS,
    ) -> None:
        self._hasher = hasher
        self._places = at_once + waiting
        self._familiar_places = self._places + familiar_waiting
        self._taken = 0
        self._threads = ThreadPoolExecutor(at_once, "password", _stand_back)

    @contextmanager
    def place(self, *, familiar: bool = False) -> Iterator[None]:
        """A place in the queue, to be taken before anything is done for a login. Raises
        PasswordsBusy where all are taken."""
        if self._taken >= (self._familiar_places if familiar else self._places):
            raise PasswordsBusy
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def hash(self, password: str) -> str:
        """The argon2id hash of a password. The caller has a place."""
        return await self._run(lambda: self._hasher.hash(_encoded(password)))

    async def verify(self, password: str, password_hash: str | None) -> tuple[bool, str | None]:
        """Whether the password is right, and a newer hash where the stored one is out of date.

        The caller has a place. Without a hash it takes as long and is never right.
        """

        def compare() -> tuple[bool, str | None]:
            stored = password_hash if password_hash is not None else self._nobodys_hash
            return self._hasher.verify_and_update(_encoded(password), stored)

        valid, newer_hash = await self._run(compare)
        return valid and password_hash is not None, newer_hash

    @cached_property
    def _nobodys_hash(self) -> str:
        """Made in a thread that hashes, never in the one that answers requests."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _encoded(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def _stand_back() -> None:
    """Let whatever answers requests go first. Threads that the hasher starts inherit it on
    Linux; elsewhere a thread has no niceness of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), HASHING_NICENESS)


PASSWORD_QUEUE = PasswordHashing(PasswordHash.recommended())
