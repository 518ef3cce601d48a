"""What a command needs before it can do anything: settings, a usable database, and the keys of the
vault."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from pydantic import ValidationError

from app.config import Settings
from app.errors import ConfigError
from app.storage.db import Database
from app.storage.dbcheck import check_server
from app.storage.revisions import revisions
from app.storage.vault import Vault, load_keys
from integrations.complaints import complaint

Result = TypeVar("Result")


@dataclass
class Services:
    """An open database, the settings, and the vault, which is unlocked on its first use."""

    settings: Settings
    database: Database

    @cached_property
    def vault(self) -> Vault:
        """The vault under the configured keys. Raises ConfigError."""
        return open_vault(self.settings)


def read_settings(*, demo: bool = False) -> Settings:
    """The settings of the environment; for the ``demo``, with a data folder of its own.

    Raises ConfigError naming every variable that cannot be used, never a value.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"RELAY_{'_'.join(map(str, problem['loc'])).upper()} {complaint(problem)}"
            for problem in error.errors(include_url=False)
        )
        raise ConfigError(
            f"These settings cannot be used: {problems}.", reason="settings_invalid"
        ) from None
    if not demo:
        return settings
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir / "demo",
            "model_dir": settings.model_path,
            "allow_private_addresses": True,
        }
    )


def unknown_settings() -> list[str]:
    """Environment variables that look like settings and are none, as a misspelt one does."""
    settings = {f"RELAY_{name.upper()}" for name in Settings.model_fields}
    variables = {name for name in os.environ if name.startswith("RELAY_")}
    return sorted(variables - settings)


def open_vault(settings: Settings) -> Vault:
    """The vault under the configured keys, or under those of the key file. Raises ConfigError."""
    configured = settings.secret_key.get_secret_value() if settings.secret_key else None
    return Vault(load_keys(configured, settings.data_dir))


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The URL of a database that answers: the configured or, meanwhile, the embedded one.

    Raises DatabaseProblem or PostgresProblem.
    """
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        check_server(url)
        yield url
        return
    from app.storage.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(settings.data_dir)
    try:
        yield server.start()
    finally:
        server.stop()


def bring_up_to_date(settings: Settings, url: str) -> None:
    """Migrate the embedded database, which is ours alone; a configured one is only looked at.

    Raises ConfigError: ``database_not_migrated`` or ``revision_unknown``.
    """
    current, newest = revisions(url)
    if current == newest:
        return
    if settings.database_url is None:
        upgrade(url)
        return
    raise ConfigError(
        f"The database is at version {current or 'none'}, this program needs {newest}: "
        "run `relay migrate` once, or install the program that belongs to the database.",
        reason="database_not_migrated",
    )


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up to ``revision``. Raises ConfigError for one that this program does not have.

    The tool that migrates is loaded only where there is something to do: a service would keep its
    30 MiB for as long as it runs.
    """
    if revision == "head":
        current, newest = revisions(url)
        if current == newest:
            return
    from alembic.util import CommandError

    from app.storage import migrate

    try:
        migrate.upgrade(url, revision)
    except CommandError as error:
        raise ConfigError(
            f"The database cannot be migrated to {revision} ({error}): "
            "install the newest Feedback Relay, or name a version that it has.",
            reason="revision_unknown",
        ) from None


def with_services(
    settings: Settings, work: Callable[[Services], Awaitable[Result]], *, migrated: bool = True
) -> Result:
    """Run one piece of work over an open database and close everything again."""

    async def open_and_work(url: str) -> Result:
        database = Database(url, size=4)
        await database.open()
        try:
            return await work(Services(settings, database))
        finally:
            await database.close()

    with database_url(settings) as url:
        if migrated:
            bring_up_to_date(settings, url)
        return asyncio.run(open_and_work(url))
