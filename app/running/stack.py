"""Everything at once on one machine: database, migrations, model, and the supervised web server and
worker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psycopg

from app.config import Settings
from app.errors import RelayError, Unavailable
from app.judging.chosen_model import prepare_encoder
from app.logs import configure_logs
from app.running.listening import listen, port_of
from app.running.runtime import database_url, open_vault, upgrade
from app.running.supervisor import Child, Supervisor, relay_command
from app.storage.postgres import EmbeddedPostgres

START_TIMEOUT_SECONDS = 60.0
"""What the web server gets until it answers for the first time."""

DATABASE_LOOK_SECONDS = 3.0
"""Between two looks at the embedded database."""

SELECT_ANY_USER = "select exists (select from user_account)"


class Stack:
    """A context manager: the database runs inside it and stops, with all children, when it is left.

    ``say`` gets sentences for people. ``logs`` is a folder for what the children print; without it
    they print here.
    """

    def __init__(
        self, settings: Settings, say: Callable[[str], None], *, logs: Path | None = None
    ) -> None:
        self.settings = settings
        self.url = ""
        self._say = say
        self._logs = logs
        self._children: list[Child] = []
        self._open = ExitStack()
        self._server: EmbeddedPostgres | None = None

    def __enter__(self) -> Self:
        """Open the port, start or look at the database, migrate, prepare the model.

        Raises RelayError or ModelError for whatever is in the way.
        """
        # Where the children print into files, people read sentences here, and troubles alone.
        level = self.settings.log_level if self._logs is None else "warning"
        configure_logs(level, self.settings.log_format)
        try:
            self._prepare()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def add(self, name: str, *arguments: str, inherit: Sequence[int] = ()) -> None:
        """Keep `relay ARGUMENTS` running as well."""
        command, environment = relay_command(*arguments, "--supervised")
        log = self._logs / f"{name}.log" if self._logs else None
        self._children.append(
            Child(name, command, {**environment, **self._environment()}, inherit, log)
        )

    def listen(self, host: str, port: int, change: str) -> tuple[int, int]:
        """(file descriptor, port) of a socket that stays open as long as this stack, so that a web
        server that is started again finds its visitors waiting instead of turned away."""
        opened = self._open.enter_context(listen(host, port, change=change))
        return opened.fileno(), port_of(opened)

    def run(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
        """Keep the children alive until Ctrl-C or SIGTERM; ``meanwhile`` runs beside them."""

        async def aside() -> None:
            story = asyncio.ensure_future(meanwhile()) if meanwhile else None
            keeper = asyncio.create_task(self._keep_database())
            try:
                if story:
                    await story
                await keeper
            finally:
                for task in filter(None, (story, keeper)):
                    task.cancel()

        asyncio.run(Supervisor(self._children, self._say).run(aside))
        self._say("Stopped.")

    @property
    def local_address(self) -> str:
        """Where this machine reaches the web server, whatever address others use."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.settings.port}"

    async def ready(self) -> None:
        """Wait until the web server answers. Raises Unavailable (``start_timeout``)."""
        address = f"{self.local_address}/readyz"
        try:
            async with (
                asyncio.timeout(START_TIMEOUT_SECONDS),
                httpx.AsyncClient(trust_env=False, timeout=5) as client,
            ):
                while True:
                    try:
                        if (await client.get(address)).is_success:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(0.1)
        except TimeoutError:
            hint = f"; {self._logs / 'serve.log'} says why" if self._logs else ""
            raise Unavailable(
                f"The web server does not answer at {address} after "
                f"{START_TIMEOUT_SECONDS:.0f} s{hint}.",
                reason="start_timeout",
            ) from None

    async def announce(self) -> None:
        """Say where the dashboard is once it answers, and how the first user is made."""
        await self.ready()
        self._say(f"Feedback Relay runs at {self.settings.base_url}; Ctrl-C stops it.")
        async with await psycopg.AsyncConnection.connect(self.url) as connection:
            cursor = await connection.execute(SELECT_ANY_USER)
            row = await cursor.fetchone()
        if row and not row[0]:
            self._say(
                "Nobody can sign in yet: in another terminal, relay user add you@example.org "
                "--role admin"
            )

    def _database(self) -> str:
        if self.settings.database_url is not None:
            return self._open.enter_context(database_url(self.settings))
        self._server = EmbeddedPostgres(self.settings.data_dir)
        self._open.callback(self._server.stop)
        return self._server.start()

    async def _keep_database(self) -> None:
        """Start the embedded database again when it ended, as it may when memory runs out."""
        while self._server is not None:
            await asyncio.sleep(DATABASE_LOOK_SECONDS)
            try:
                if not await asyncio.to_thread(self._server.running):
                    self._say("The embedded database ended; it starts again.")
                    await asyncio.to_thread(self._server.start)
            except RelayError as error:
                self._say(error.detail)

    def _database_step(self) -> str:
        if self.settings.database_url is not None:
            return "Looking at the database of RELAY_DATABASE_URL."
        return (
            f"Starting the embedded database in {self.settings.data_dir}; the first start makes it."
        )

    def _prepare(self) -> None:
        fd, port = self.listen(self.settings.host, self.settings.port, "--port or RELAY_PORT")
        self.settings = self.settings.model_copy(update={"port": port})
        self._say(self._database_step())
        self.url = self._database()
        self._say("Bringing the database to this version.")
        upgrade(self.url)
        open_vault(self.settings)  # makes the key file before two children would
        prepare_encoder(self.settings, self._say)
        self._say("Starting the web server and the worker, which loads the model.")
        self.add("serve", "serve", "--no-migrate", "--fd", str(fd), inherit=[fd])
        self.add("worker", "worker", "--no-migrate")

    def _environment(self) -> dict[str, str]:
        """The settings as they were resolved here, for the children."""
        chosen = self.settings
        return {
            "RELAY_DATABASE_URL": self.url,
            "RELAY_DATA_DIR": str(chosen.data_dir),
            "RELAY_MODEL_DIR": str(chosen.model_path),
            "RELAY_HOST": chosen.host,
            "RELAY_PORT": str(chosen.port),
            "RELAY_ALLOW_PRIVATE_ADDRESSES": str(chosen.allow_private_addresses).lower(),
        }
