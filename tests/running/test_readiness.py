"""Ready is what does its work: database, migrations, worker and disk, each said when it is not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import errors

from app.config import Settings
from app.main import create_app
from app.running import readiness
from app.storage.advisory import WORKER_CONNECTION_NAME
from app.storage.db import Database, DatabaseAway, DiskFull, away
from app.storage.vault import Vault
from tests.api.calling import assert_problem
from tests.scenes.forum import Forum


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "READY_REMEMBERED_SECONDS", 0.0)


async def waiting_since(forum: Forum, client: httpx.AsyncClient, age: str) -> None:
    """A delivery that waits for so long."""
    await forum.post(client, forum.comment("It crashes"))
    async with forum.database.transaction() as c:
        await c.execute("update delivery set received_at = now() - %s::interval", [age])


async def test_it_is_ready_where_all_is_well(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    well = dict.fromkeys(("database", "migrations", "worker", "disk"), "ok")
    assert answer.json() == {"status": "ok", "checks": well}


async def test_work_without_worker_is_said(
    client: httpx.AsyncClient, forum: Forum, database: Database
) -> None:
    await waiting_since(forum, client, "30 seconds")
    assert (await client.get("/readyz")).status_code == 200, "a worker may just be starting"
    await waiting_since(forum, client, "5 minutes")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "worker_not_ready")
    assert "start relay worker" in answer.json()["checks"]["worker"]
    assert int(answer.headers["retry-after"]) > 0
    worker = Database(database.conninfo, size=2, name=WORKER_CONNECTION_NAME)
    await worker.open()
    async with worker.transaction():
        assert (await client.get("/readyz")).status_code == 200
    await worker.close()


async def test_another_version_of_the_database_is_said(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as c:
        await c.execute("update alembic_version set version_num = '0001'")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "migrations_not_ready")
    assert "version 0001" in answer.json()["detail"]
    async with database.transaction() as c:
        await c.execute("drop table alembic_version")
    assert "version none" in (await client.get("/readyz")).json()["detail"]


async def test_a_database_of_a_newer_program_is_not_to_be_migrated(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as c:
        await c.execute("update alembic_version set version_num = '9000'")
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "migrations_not_ready")
    assert "start the newer program" in answer.json()["detail"]
    assert "relay migrate" not in answer.json()["detail"]


async def test_a_database_that_is_away_is_said_without_its_address(
    settings: Settings, vault: Vault
) -> None:
    database = Database("postgresql://u:hunter-seven@127.0.0.1:1/d", timeout=0.1)
    app = create_app(settings, database, vault)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answer = await client.get("/readyz")
            alive = await client.get("/healthz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "database_unavailable")
    assert "hunter-seven" not in answer.text
    assert alive.status_code == 200


class Usage(NamedTuple):
    """What ``shutil.disk_usage`` gives."""

    total: int
    used: int
    free: int


async def test_a_disk_that_is_nearly_full_is_said(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**30, 2**30 - 2**20, 2**20))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["reason"]) == (503, "disk_not_ready")
    assert answer.json()["checks"]["disk"] == "Only 1 MiB are free in the data folder."


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_its_parent(tmp_path: Path) -> None:
    assert readiness.disk_check(tmp_path / "a" / "b").detail == ""


def test_a_full_disk_is_told_from_a_database_that_is_away() -> None:
    assert isinstance(away(errors.DiskFull("no space")), DiskFull)
    assert not isinstance(away(errors.TooManyConnections("busy")), DiskFull)
    assert away(psycopg.OperationalError("gone")).reason == DatabaseAway.reason


async def test_a_full_disk_is_said_to_senders_and_people(
    app: FastAPI, client: httpx.AsyncClient, forum: Forum, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await forum.post(client, forum.comment("It works"))).status_code == 202
    execute = psycopg.AsyncCursor.execute

    async def full(self, query, *values, **more):  # type: ignore[no-untyped-def]
        if " from " in str(query):
            raise errors.DiskFull("could not extend file: No space left on device")
        return await execute(self, query, *values, **more)

    monkeypatch.setattr(psycopg.AsyncCursor, "execute", full)
    webhook = await forum.post(client, forum.comment("It crashes"))
    assert_problem(webhook, 503, "disk_full")
    assert webhook.headers["retry-after"]
    assert "disk is full" in webhook.json()["detail"]
    client.cookies.set("relay_session", "anything")
    page = await client.get("/", headers={"accept": "text/html"})
    assert (page.status_code, "The disk is full" in page.text) == (507, True)
    monkeypatch.undo()
    assert (await forum.post(client, forum.comment("It crashes"))).status_code == 202
