"""The real application, served by uvicorn in a thread, with a small community sent through its
signed webhooks."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import uvicorn

from app.config import Settings
from app.jobs.stages import drain, stages
from app.main import create_app
from app.models.states import Role
from app.setup import accounts, login_sessions, products, sources, trackers
from app.storage.db import Database
from app.storage.vault import Vault
from integrations import registry
from integrations.signatures import sign
from tests.scenes.small_model import SmallEnricher, SmallGrouper
from tests.scenes.waiting import PATIENCE_SECONDS, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

T = TypeVar("T")
OpenPage = Callable[..., "Page"]
"""Opens a signed-in page of a site: ``open_page(site, color_scheme="dark")``."""
EMAIL, MEMBER, PASSWORD = "ada@example.org", "max@example.org", "a long password"
WORD = "crash" + "a" * 5000
SAID = (
    ("ada", "The export crashes on large files", "Export"),
    ("bea", "The export crashes on very large files", "Export"),
    ("cem", "Export crashes on large files", "Export"),
    ("dan", "Saving is broken after the update of Monday", "Saving"),
    ("eve", "Saving is broken after the update", "Saving"),
    ("fay", "Please add a calendar with weeks and months", "Calendar"),
    ("gus", "Please add a calendar with months", "Calendar"),
    ("hal", "I wish the sidebar could be folded away", "Sidebar"),
    ("ida", "The search fails for names with accents, please help", "Search"),
    ("jon", "The printer dialog shows an error on Linux, idiots", "Printing"),
    ("kim", "How do I invite a colleague", "Invitations"),
    ("lea", "I love the new icons, great work", "Icons"),
    (
        "mallory",
        '<script>window.hacked = 1</script><img src="x" onerror="window.hacked = 2"> bug',
        "<b>Bold</b>",
    ),
    ("\u202eevil", "This bug hides \u202e reversed \u2066 words", "Right to left"),
    ("nat", WORD, "Long"),
)


class Site:
    """A running service with its own database. ``url`` is its address."""

    def __init__(self, database_url: str, folder: Path, key: str) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._settings = Settings(
            data_dir=folder,
            allow_private_addresses=True,
            undo_seconds=0,
            refresh_seconds=0,
            public_url=self.url,
        )
        self.vault = Vault(key)
        self._loop = asyncio.new_event_loop()
        self.database = Database(database_url, size=8)
        app = create_app(self._settings, self.database, self.vault)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))

    def __enter__(self) -> Site:
        self._thread.start()
        wait_until(lambda: self._server.started or not self._thread.is_alive())
        assert self._thread.is_alive(), "the service did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=PATIENCE_SECONDS)
        with suppress(RuntimeError):
            self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, done in the service's own event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    def session(self, email: str) -> str:
        """The cookie of a new connection, for tests that are not about the login."""

        async def opened() -> str:
            async with self.database.transaction() as connection:
                found = await connection.execute(
                    "select id from user_account where email = %s", (email,)
                )
                user = await found.fetchone()
                assert user is not None
                cookie, _ = await login_sessions.open_session(
                    connection, user["id"], datetime.now(UTC), 1
                )
                return cookie

        return self.run(opened())

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What the database holds."""

        async def read() -> list[dict[str, Any]]:
            async with self.database.transaction() as connection:
                return await (await connection.execute(query, values)).fetchall()

        return self.run(read())

    def expect_rows(self, expected: list[dict[str, Any]], query: str, *values: object) -> None:
        """Wait until the database holds this: a page may show its answer before or after."""
        with suppress(TimeoutError):
            wait_until(lambda: self.rows(query, *values) == expected)
        assert self.rows(query, *values) == expected

    async def seed(self) -> None:
        """Two users, a product with a source and a tracker, and what people said, through every
        stage."""
        async with self.database.transaction() as connection:
            await accounts.create_user(connection, EMAIL, "Ada", PASSWORD, Role.admin)
            await accounts.create_user(connection, MEMBER, "Max", PASSWORD)
        async with self.database.transaction() as connection:
            product = await products.create_product(connection, "Atlas")
            source, secret = await sources.create_source(
                connection, self.vault, product.id, "generic", "Support", {}
            )
            await trackers.create_tracker(
                connection,
                self.vault,
                product.id,
                "github",
                "Code",
                {"repository": "acme/atlas"},
                {"token": "t"},
            )
        await self._post(str(source.id), secret)
        await drain(stages(self.database, SmallEnricher(), SmallGrouper(), self._settings))

    async def _post(self, source_id: str, secret: str) -> None:
        now = datetime.now(UTC)
        comments = [
            {
                "id": str(number),
                "thread": {
                    "id": title,
                    "title": title,
                    "url": f"https://forum.example.org/t/{number}",
                },
                "author": {"id": who, "handle": who},
                "text": text,
                "url": f"https://forum.example.org/t/{number}/1",
                "created_at": (now - timedelta(hours=5 * number)).isoformat(),
            }
            for number, (who, text, title) in enumerate(SAID, start=1)
        ]
        bodies = [
            {"type": "comment.created", "data": comments},
            {"type": "comment.created", "data": "not a comment"},
            {"type": "invoice.paid", "data": {}},
        ]
        signature = registry.source("generic").signature
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            for number, body in enumerate(bodies):
                raw = json.dumps(body).encode()
                headers = sign(
                    signature, secret, raw, id=f"msg_{number}", timestamp=int(now.timestamp())
                )
                headers["content-type"] = "application/json"
                await client.post(f"/hooks/{source_id}", content=raw, headers=headers)
