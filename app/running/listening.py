"""Opens the socket that a server listens on, and says in one sentence why that cannot be done."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from app.errors import ConfigError
from app.running.http_limits import (
    BACKLOG_CONNECTIONS,
    HttpLimits,
    Places,
    backlog,
    connections_most,
)

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

DEFAULT_LIMITS = HttpLimits()
REQUEST_GRACE_SECONDS = 3
"""Seconds that requests under way get when the server is told to stop."""


def listen(host: str, port: int, *, change: str = "--port or RELAY_PORT") -> socket.socket:
    """A listening socket; port 0 takes a free one. ``change`` names what sets the port.

    Raises ConfigError: ``port_taken``, ``port_forbidden`` or ``host_unknown``.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(BACKLOG_CONNECTIONS)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is taken: stop what listens there, or choose another port "
                f"with {change}.",
                reason="port_taken",
            ) from None
        if error.errno == errno.EACCES:
            raise ConfigError(
                f"This user may not listen on port {port}: choose one above 1023 with {change}.",
                reason="port_forbidden",
            ) from None
        raise ConfigError(
            f"{host} is not an address of this machine: correct RELAY_HOST "
            "(127.0.0.1 for this machine alone, 0.0.0.0 for all its networks).",
            reason="host_unknown",
        ) from None
    return opened


def port_of(opened: socket.socket) -> int:
    """The port that a socket listens on."""
    return int(opened.getsockname()[1])


def server_config(app: ASGIApp, limits: HttpLimits) -> uvicorn.Config:
    """How requests are served: within limits, on the fast event loop, without WebSockets."""
    import uvicorn

    from app.running.http_protocol import limited_http

    most = connections_most(limits.connections)
    return uvicorn.Config(
        app,
        http=limited_http(Places(limits, most)),  # type: ignore[arg-type]
        ws="none",
        proxy_headers=False,
        access_log=False,
        backlog=backlog(most),
        log_config=None,  # the service's own log lines hold nothing that acts in a terminal
        log_level="warning",
        timeout_graceful_shutdown=REQUEST_GRACE_SECONDS,
    )


def serve(app: ASGIApp, opened: socket.socket, limits: HttpLimits = DEFAULT_LIMITS) -> None:
    """Answer requests until SIGINT or SIGTERM; requests under way get a few seconds."""
    import uvicorn

    # The server raises the signal that stopped it once more when it is done; Ctrl-C is no error.
    with suppress(KeyboardInterrupt):
        uvicorn.Server(server_config(app, limits)).run(sockets=[opened])
