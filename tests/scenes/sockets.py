"""A server on a real socket, and clients that speak to it byte by byte."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from app.running.http_limits import HttpLimits
from app.running.listening import listen, port_of, server_config
from tests.scenes.waiting import PATIENCE_SECONDS, wait_until


@contextmanager
def served(app: ASGIApp, limits: HttpLimits, *, lifespan: bool = False) -> Iterator[int]:
    """The port of ``app`` while it is served in a thread, with its own ``lifespan`` or without."""
    opened = listen("127.0.0.1", 0)
    config = server_config(app, limits)
    config.lifespan = "on" if lifespan else "off"
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    port = port_of(opened)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)


def connect(port: int) -> socket.socket:
    """An open connection."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def answer(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def exchange(port: int, *pieces: bytes) -> bytes:
    """What a server says to these bytes until it closes."""
    with connect(port) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
        return answer(connection)


class Held:
    """An application that reads the body of a request and, below ``/hold``, answers when it is
    released. ``bodies`` are the sizes that it read, ``broken`` counts senders who went away."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.holding = 0
        self.bodies: list[int] = []
        self.broken = 0

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.broken += 1
                return
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        self.bodies.append(size)
        if scope["path"] == "/hold":
            self.holding += 1
            while not self.released.is_set():
                await asyncio.sleep(0.01)
        headers = [(b"content-length", b"2"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})
