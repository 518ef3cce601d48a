"""A browser, and the service it looks at."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from app.storage.postgres import EmbeddedPostgres
from tests.browser.site import EMAIL, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
_driver = pytest.importorskip("playwright._impl._driver")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # what a step, or what is expected of a page, may take on a busy machine


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window. It ends with this package: its event loop would stay
    the current one, and asynchronous tests that come later in the same process could not run."""
    path = (
        os.environ.get("RELAY_TEST_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("chromium-browser")
    )
    if path is None:
        pytest.skip("no Chromium is installed here (Debian: apt-get install chromium)")
    driver = _driver.compute_driver_executable()[0]
    if subprocess.run([driver, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("Playwright's driver does not run here (Debian: apt-get install libatomic1)")
    with api.sync_playwright() as started:
        api.expect.set_options(timeout=PATIENCE_MS)
        browser = started.chromium.launch(executable_path=path, args=FLAGS, timeout=120_000)
        yield browser
        browser.close()


def _copy(server: EmbeddedPostgres, of: str) -> str:
    name = f"browser_{uuid.uuid4().hex[:12]}"
    made = sql.SQL("create database {} template {}").format(
        sql.Identifier(name), sql.Identifier(of)
    )
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(made)
    return name


@pytest.fixture(scope="session")
def key() -> str:
    """The key of every vault, so that copies of a database can be read."""
    return Fernet.generate_key().decode()


@pytest.fixture(scope="session")
def community(
    server: EmbeddedPostgres, template: str, key: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database in which a small community has spoken; nobody is connected to it, so
    it can be copied."""
    name = _copy(server, template)
    with Site(server.conninfo(database=name), tmp_path_factory.mktemp("community"), key) as site:
        site.run(site.seed())
    return name


@pytest.fixture(scope="session")
def seeded(
    server: EmbeddedPostgres, community: str, key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A service with a small community, for tests that change nothing."""
    name = _copy(server, community)
    with Site(server.conninfo(database=name), tmp_path_factory.mktemp("seeded"), key) as site:
        yield site


@pytest.fixture
def fresh(server: EmbeddedPostgres, community: str, key: str, tmp_path: Path) -> Iterator[Site]:
    """A service with a community of its own, for tests that decide something."""
    name = _copy(server, community)
    with Site(server.conninfo(database=name), tmp_path, key) as site:
        yield site


def _is_complaint(line: ConsoleMessage) -> bool:
    return line.type == "error" and "the server responded with a status of 4" not in line.text


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a signed-in page of a site: ``open_page(site, color_scheme="dark")``. Console errors
    fail the test."""
    contexts, complaints = [], []

    def opened(site: Site, email: str = EMAIL, **options: Any) -> Page:
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda line: complaints.append(line.text) if _is_complaint(line) else None
        )
        context.add_cookies(
            [{"name": "relay_session", "value": site.session(email), "url": site.url}]
        )
        page.goto(site.url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
