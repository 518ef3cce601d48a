"""`relay serve`, `worker`, `run` and `sandbox`: the processes that keep running."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import output
from app.commands.options import options, settings

if TYPE_CHECKING:
    from app.config import Settings

Host = Annotated[str | None, typer.Option(help="Address to listen on; default RELAY_HOST.")]
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="Port to listen on; default RELAY_PORT.")
]
ANY_FREE_PORT = 0
# What the supervisor gives its children: the open socket, and the word that they end when it ends.
Socket = Annotated[int | None, typer.Option("--fd", hidden=True)]
Supervised = Annotated[bool, typer.Option("--supervised", hidden=True)]
NoMigrate = Annotated[bool, typer.Option("--no-migrate", help="Take the database as it is.")]


def chosen_settings(host: str | None, port: int | None) -> Settings:
    """The settings with what the command line said instead."""
    options_given: dict[str, Any] = {}
    if host is not None:
        options_given["host"] = host
    if port is not None:
        options_given["port"] = port
    return settings().model_copy(update=options_given)


def serve(
    host: Host = None,
    port: Port = None,
    no_migrate: NoMigrate = False,
    fd: Socket = None,
    supervised: Supervised = False,
) -> None:
    """Serve webhooks, REST API and dashboard; migrates first."""
    from app.logs import configure_logs
    from app.running.http_limits import HttpLimits
    from app.running.listening import listen, port_of
    from app.running.listening import serve as answer
    from app.running.memory import few_arenas, settle
    from app.running.runtime import database_url, open_vault, upgrade

    few_arenas()
    _follow(supervised)
    chosen = chosen_settings(host, port)
    configure_logs(chosen.log_level, chosen.log_format)
    opened = socket.socket(fileno=fd) if fd is not None else listen(chosen.host, chosen.port)
    chosen = chosen.model_copy(update={"port": port_of(opened)})
    with database_url(chosen) as url:
        if not no_migrate:
            upgrade(url)
        from app.main import create_app
        from app.storage.db import Database

        database = Database(url, size=chosen.pool_size, timeout=5.0)
        app = create_app(chosen, database, open_vault(chosen))
        if not supervised:
            output.done(f"Serving at {chosen.base_url}; Ctrl-C stops it.")
        settle()
        answer(app, opened, HttpLimits.of(chosen))


def worker(no_migrate: NoMigrate = False, supervised: Supervised = False) -> None:
    """Work on what arrived: parse, enrich, group, push. Start as many as there are cores, on any
    machine."""
    import asyncio

    from app.logs import configure_logs
    from app.running.memory import few_arenas
    from app.running.runtime import database_url, open_vault, upgrade

    few_arenas()
    _follow(supervised)
    chosen = settings()
    configure_logs(chosen.log_level, chosen.log_format)
    with database_url(chosen) as url:
        if not no_migrate:
            upgrade(url)
        from app.running.worker import run_worker
        from app.storage.advisory import WORKER_CONNECTION_NAME
        from app.storage.db import Database

        database = Database(url, size=chosen.pool_size, name=WORKER_CONNECTION_NAME)
        asyncio.run(run_worker(chosen, database, open_vault(chosen)))


def run(host: Host = None, port: Port = None) -> None:
    """Run everything: database, migrations, model, web server and worker, each started again when
    it ends."""
    from app.running.stack import Stack

    with Stack(chosen_settings(host, port), output.hint) as stack:
        stack.run(stack.announce)


def demo(
    host: Host = None,
    port: Port = None,
    sandbox_port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port of the sandbox tracker; default one above the dashboard's."
        ),
    ] = None,
) -> None:
    """Show it all with a sample community and a sandbox tracker; its data stays apart from
    yours."""
    from app.commands.demo import show

    options.demo = True
    chosen = chosen_settings(host, port)
    if sandbox_port is None:
        sandbox_port = chosen.port + 1 if chosen.port else ANY_FREE_PORT
    show(chosen, sandbox_port)


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8401,
    state: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Keep the tickets in this file.")
    ] = None,
    fd: Socket = None,
    supervised: Supervised = False,
) -> None:
    """Serve a tracker to try things with: it speaks the used parts of GitHub's and Jira's APIs, and
    fails on demand."""
    from app.running.listening import listen, port_of
    from app.running.listening import serve as answer
    from integrations.sandbox.server import create_app
    from integrations.sandbox.state import SandboxState

    _follow(supervised)
    opened = socket.socket(fileno=fd) if fd is not None else listen(host, port, change="--port")
    if not supervised:
        output.done(f"The sandbox tracker is at http://{host}:{port_of(opened)}; Ctrl-C stops it.")
    answer(create_app(SandboxState(), state), opened)


def _follow(supervised: bool) -> None:
    if supervised:
        from app.running.supervisor import follow_parent

        follow_parent()
