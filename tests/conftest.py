"""One database server a run, one migrated template a process, one fresh database a test."""

from __future__ import annotations

import os

# Small matrices: more threads only wait for each other. NumPy reads it when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Decisions are pushed at once, unless a test is about the wait.
os.environ["RELAY_UNDO_SECONDS"] = "0"

import random
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import hypothesis
import psycopg
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from psycopg import sql

from app.config import Settings
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault
from classifiers.encoding import encoder
from tests.scenes.forum import Forum, open_forum

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile(
    "no clock", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("no clock")

SERVER_BYTES_MOST = 4 * 2**30
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="run the tests in an order drawn from this number")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Folders, their files and the tests in them change places, so that none leans on another.

    The tests of a file stay together: what they share is made once.
    """
    seed = config.getoption("--seed")
    if seed is None:
        return

    def place(item: pytest.Item) -> list[float]:
        file = item.path.relative_to(config.rootpath)
        names = (file.parent, file, item.nodeid)
        return [random.Random(f"{seed} {name}").random() for name in names]

    items.sort(key=place)


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption("--seed")
    return None if seed is None else f"order: --seed {seed}"


def pytest_sessionfinish() -> None:
    """Save what is measured: a worker of pytest-xdist that ends slowly is killed by the others."""
    if "coverage" in sys.modules:
        measuring = sys.modules["coverage"].Coverage.current()
        if measuring is not None:
            measuring.save()


@pytest.fixture(scope="session")
def server(testrun_uid: str) -> Iterator[EmbeddedPostgres]:
    """The run's PostgreSQL, shared by all test processes; fsync is off, because its data does not
    outlive the run."""
    folder = _quick_folder() / f"relay-tests-{testrun_uid[:12]}"
    with EmbeddedPostgres(folder, options=_FAST) as embedded:
        yield embedded
    if not any(folder.rglob("postmaster.pid")):  # we were the last: it would stay in memory
        shutil.rmtree(folder, ignore_errors=True)


def _quick_folder() -> Path:
    """Memory where there is enough, since every test makes and drops a database; else a disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > SERVER_BYTES_MOST
    return memory if roomy else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def model_dir(testrun_uid: str) -> Path:
    """The folder of the prepared encoder, shared by all test processes; preparing is idempotent and
    atomic."""
    folder = Path(tempfile.gettempdir()) / f"relay-model-{testrun_uid[:12]}"
    encoder.prepare(folder)
    return folder


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres, database_maker: psycopg.Connection, worker_id: str) -> str:
    """The name of a migrated, empty database."""
    name = f"template_{worker_id}"
    database_maker.execute(sql.SQL("create database {} ").format(sql.Identifier(name)))
    migrate.upgrade(server.conninfo(database=name))
    return name


@pytest.fixture
def empty_url(server: EmbeddedPostgres, database_maker: psycopg.Connection) -> Iterator[str]:
    """The URL of a database without tables."""
    yield from _scratch(server, database_maker, None)


@pytest.fixture
def database_url(
    server: EmbeddedPostgres, database_maker: psycopg.Connection, template: str
) -> Iterator[str]:
    """The URL of a fresh migrated database."""
    yield from _scratch(server, database_maker, template)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An opened fresh database."""
    opened = Database(database_url, size=8)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a test: nothing waits, loopback may be called."""
    return Settings(
        data_dir=tmp_path,
        allow_private_addresses=True,
        undo_seconds=0,
        refresh_seconds=0,
        public_url="http://testserver",
    )


@pytest.fixture
def vault() -> Vault:
    """A vault with a key of its own."""
    return Vault(Fernet.generate_key().decode())


@pytest.fixture
async def forum(database: Database, settings: Settings, vault: Vault) -> Forum:
    """A product with one source, and nothing said yet."""
    return await open_forum(database, settings, vault)


@pytest.fixture
async def app(settings: Settings, database: Database, vault: Vault) -> AsyncIterator[FastAPI]:
    """The application with its lifespan running."""
    from app.main import create_app

    application = create_app(settings, database, vault)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the application without a socket."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


ENDED = """
    select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s and usename =
        current_user
"""


@pytest.fixture(scope="session")
def database_maker(server: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """A connection of this test process that makes and drops databases."""
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        yield connection


def _scratch(
    server: EmbeddedPostgres, database_maker: psycopg.Connection, template: str | None
) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    made = sql.SQL("create database {}").format(sql.Identifier(name))
    if template is not None:
        # Copying files is quicker than writing them to the log, where nothing is synced.
        made += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
    database_maker.execute(made)
    try:
        yield server.conninfo(database=name)
    finally:
        _drop(database_maker, name)


def _drop(database_maker: psycopg.Connection, name: str) -> None:
    """Drop a database, whoever is connected.

    ``with (force)`` is refused while the superuser's autovacuum is at work there; a plain drop
    sends that away itself.
    """
    database_maker.execute(ENDED, [name])
    database_maker.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
