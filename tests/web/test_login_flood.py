"""Many logins at once: few passwords are looked at, others are told to come again, and nobody else
waits for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash

from app.setup import accounts
from app.setup.login_attempts import LOGIN_ATTEMPTS_MAX
from app.setup.password_hashing import PasswordHashing, PasswordsBusy
from app.storage.db import Database
from tests.scenes.forum import Forum
from tests.scenes.waiting import PATIENCE_SECONDS, until
from tests.web.webbing import log_in, sign_in

LOGINS = 80
WAITING = 5


class HeldHasher(PasswordHash):
    """Compares passwords once ``released``, and remembers how many it had in hand at once."""

    def __init__(self) -> None:
        super().__init__(PasswordHash.recommended().hashers)
        self.released = threading.Event()
        self.running = 0
        self.running_most = 0
        self._lock = threading.Lock()

    def verify_and_update(
        self, password: str | bytes, hash: str | bytes
    ) -> tuple[bool, str | None]:
        with self._lock:
            self.running += 1
            self.running_most = max(self.running_most, self.running)
        self.released.wait(PATIENCE_SECONDS)
        try:
            return super().verify_and_update(password, hash)
        finally:
            with self._lock:
                self.running -= 1


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldHasher]:
    """A hasher that holds every password in the place of the service's own."""
    held = HeldHasher()
    queue = PasswordHashing(held, at_once=2, waiting=WAITING, familiar_waiting=1)
    monkeypatch.setattr(accounts, "PASSWORD_QUEUE", queue)
    yield held
    held.released.set()


async def test_webhooks_are_answered_while_eighty_people_sign_in(
    app: FastAPI, client: httpx.AsyncClient, forum: Forum, hasher: HeldHasher
) -> None:
    await client.get("/login")  # every form of one browser holds the same token
    logins = [
        asyncio.create_task(log_in(client, f"guess{number}@example.org"))
        for number in range(LOGINS)
    ]
    places = 2 + WAITING
    await until(lambda: sum(login.done() for login in logins) == LOGINS - places)
    await until(lambda: hasher.running == 2)
    assert (await forum.post(client, forum.comment("It crashes"))).status_code == 202
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200
    hasher.released.set()
    answers = await asyncio.gather(*logins)
    assert hasher.running_most == 2
    assert sorted(answer.status_code for answer in answers) == [401] * places + [429] * (
        LOGINS - places
    )
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) > 0
    assert "try again in a few seconds" in refused.text
    assert 'name="form_token"' in refused.text


async def test_a_login_that_is_turned_away_counts_as_no_attempt(
    app: FastAPI, client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(client, database)
    full = PasswordHashing(PasswordHash.recommended(), waiting=-1, familiar_waiting=0)
    with monkeypatch.context() as patch:
        patch.setattr(accounts, "PASSWORD_QUEUE", full)
        for _ in range(LOGIN_ATTEMPTS_MAX + 1):
            assert (await log_in(client, "ada@example.org")).status_code == 429
    assert (await log_in(client, "ada@example.org")).status_code == 303


def test_known_browsers_have_places_of_their_own() -> None:
    queue = PasswordHashing(PasswordHash.recommended(), at_once=1, waiting=0, familiar_waiting=1)
    with queue.place():
        with pytest.raises(PasswordsBusy), queue.place():
            pass
        with queue.place(familiar=True), pytest.raises(PasswordsBusy), queue.place(familiar=True):
            pass
    with queue.place():
        pass
