"""A browser, and the service it looks at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.postgres import EmbeddedPostgres
from tests.browser.site import EMAIL, PASSWORD, Site

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000  # milliseconds that a step may take on a busy machine


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    """The system's Chromium, without a window."""
    path = os.environ.get("RELAY_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium is installed here (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def _copy(server: EmbeddedPostgres, name: str, of: str) -> str:
    made = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(of))
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(made)
    return server.conninfo(database=name)


@pytest.fixture(scope="session")
def seeded(
    server: EmbeddedPostgres, template: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A service with a small community, for tests that change nothing."""
    url = _copy(server, f"browser_{worker_id}", template)
    with Site(url, tmp_path_factory.mktemp("site")) as site:
        site.run(site.seed())
        yield site


@pytest.fixture
def fresh(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A service with a community of its own, for tests that decide something."""
    with Site(database_url, tmp_path) as site:
        site.run(site.seed())
        yield site


def sign_in(page: playwright.Page, site: Site, email: str = EMAIL) -> None:
    """Fill the login form in and send it."""
    page.goto(f"{site.url}/login")
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.wait_for_url(f"{site.url}/")


def _is_complaint(line: playwright.ConsoleMessage) -> bool:
    return line.type == "error" and "the server responded with a status of 4" not in line.text


@pytest.fixture
def open_page(chromium: playwright.Browser) -> Iterator[Callable[..., playwright.Page]]:
    """Opens a signed-in page of a site: ``open_page(site, color_scheme="dark")``. Console errors fail the test."""
    contexts, complaints = [], []

    def opened(site: Site, email: str = EMAIL, **options: object) -> playwright.Page:
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if _is_complaint(line) else None)
        sign_in(page, site, email)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
