"""What stands before the command's name, and the settings that follow from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from app.config import Settings
    from app.running.runtime import Services

T = TypeVar("T")

LEVELS = ("debug", "info", "warning", "error")
PLAIN_LINES = "%(levelname)s %(name)s: %(message)s"

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfProduct = Annotated[str | None, typer.Option("--product", "-p", help="The product's name or id.")]
ThemeNamed = Annotated[
    str, typer.Argument(metavar="THEME", help="The theme's id, or the start of it.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass
class Options:
    """The options of `relay` itself, set once per call."""

    debug: bool = False
    demo: bool = False


options = Options()


def settings() -> Settings:
    """The settings of this call. Raises ConfigError."""
    from app.running.runtime import read_settings

    return read_settings(demo=options.demo)


def perform(work: Callable[[Services], Awaitable[T]], *, migrated: bool = True) -> T:
    """Do one piece of work over an open, migrated database."""
    from app.running.runtime import with_services

    # Warnings only: the sentence that matters is the command's own.
    configure_logs(os.environ.get("RELAY_LOG_LEVEL", "warning"))
    return with_services(settings(), work, migrated=migrated)


def settings_with_model() -> Settings:
    """The settings with the model that is in force in the database."""

    from app.judging.model_in_force import settings_in_force

    async def work(services: Services) -> Settings:
        async with services.database.transaction() as connection:
            return await settings_in_force(connection, services.settings)

    return perform(work)


def configure_logs(level: str) -> None:
    """Send log lines of a short command to standard error."""
    import logging

    logging.basicConfig(level=logging.WARNING, format=PLAIN_LINES)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A command has loaded what it works with before it opens the database (a test holds that): so
    # nothing logs where nothing loaded the logger, which takes longer than a list of products.
    if "structlog" in sys.modules:
        from app.logs import configure_logs as configure

        configure(level if level in LEVELS else "warning", "console")


def require_one_of(value: str | None, names: Iterable[str], option: str) -> None:
    """Refuse a value of ``option`` that is none of those there are."""
    offered = [name for name in names if name]
    if value is not None and value not in offered:
        raise typer.BadParameter(f"{value} is none of: {', '.join(offered)}.", param_hint=option)
