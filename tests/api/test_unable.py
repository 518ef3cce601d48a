"""What callers get where the service cannot do now what it else does, and when to try again."""

from __future__ import annotations

import errno

import httpx
import psycopg
import pytest
from psycopg import errors
from pwdlib import PasswordHash

from app.setup import accounts
from app.setup.password_hashing import PasswordHashing
from app.storage.db import Database
from tests.api.calling import assert_problem, bearer


async def test_a_password_that_would_wait_too_long_is_refused(
    client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = PasswordHashing(PasswordHash.recommended(), waiting=-1)
    monkeypatch.setattr(accounts, "PASSWORD_QUEUE", full)
    body = {"email": "eve@example.org", "name": "", "password": "a long password", "role": "member"}
    answer = await client.post("/api/v1/users", json=body, headers=await bearer(database))
    assert_problem(answer, 429, "passwords_busy")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("where", ["database", "machine"])
async def test_a_full_disk_is_called_one(
    client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    headers = await bearer(database)
    execute = psycopg.AsyncCursor.execute

    async def full(self, query, *values, **more):  # type: ignore[no-untyped-def]
        if "api_token" in str(query):
            if where == "machine":
                raise OSError(errno.ENOSPC, "No space left on device")
            raise errors.DiskFull("could not extend file: No space left on device")
        return await execute(self, query, *values, **more)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", full)
    answer = await client.get("/api/v1/products", headers=headers)
    assert "disk is full" in assert_problem(answer, 507, "disk_full")["detail"]
    assert int(answer.headers["retry-after"]) > 0
