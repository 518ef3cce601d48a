"""How many signed webhooks one uvicorn process stores per second, beside the same server's rate for
an empty handler.

Run: ``python -m tests.benchmarks.bench_ingest [--requests 20000] [--connections 32] [--rounds 5]``.
The server runs in a process of its own over the embedded PostgreSQL with fsync on; requests are
signed beforehand and sent over plain sockets by a client that does as little as possible, because
it shares the machine's cores with what it measures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httptools
import psutil
import uvicorn
import uvloop
from cryptography.fernet import Fernet
from fastapi import FastAPI
from starlette.responses import Response

from app.config import Settings
from app.main import create_app
from app.running.http_limits import HttpLimits
from app.running.listening import server_config
from app.running.memory import settle
from app.setup.products import create_product
from app.setup.sources import create_source
from app.storage import migrate
from app.storage.db import Database
from app.storage.postgres import EmbeddedPostgres
from app.storage.vault import Vault
from integrations import registry
from integrations.signatures import sign
from tests.benchmarks.machine import describe, percentile, spread

BODY = (
    "The export to PDF crashes whenever the note holds more than three images, since the last "
    "update. " * 8
)


def serve(application: str, url: str, key: str, folder: str, ready: Any) -> None:
    """One uvicorn process: the real application, or a bare one with an empty handler."""
    app = (
        create_app(Settings(data_dir=Path(folder)), Database(url), Vault(key))
        if application == "relay"
        else bare()
    )
    config = server_config(app, HttpLimits())
    config.port = 0
    server = uvicorn.Server(config)
    settle()

    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        ready.send(server.servers[0].sockets[0].getsockname()[1])

    async def run() -> None:
        await asyncio.gather(server.serve(), announce())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def bare() -> FastAPI:
    """An application that does nothing."""
    app = FastAPI(openapi_url=None)

    @app.post("/empty")
    async def empty() -> Response:
        return Response(status_code=202)

    return app


@dataclass
class Server:
    """A server process and what it cost so far."""

    process: multiprocessing.process.BaseProcess
    port: int

    def cpu(self) -> float:
        """Seconds of processor time."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def started(application: str, url: str, key: str, folder: str) -> Iterator[Server]:
    """A server process that answers, ended afterwards."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (application, url, key, folder, theirs)
    process = multiprocessing.get_context("spawn").Process(
        target=serve, args=arguments, daemon=True
    )
    process.start()
    try:
        yield Server(process, ours.recv())
    finally:
        process.terminate()
        process.join()


class Client(asyncio.Protocol):
    """One keep-alive connection that sends prepared requests one after another."""

    def __init__(
        self,
        requests: list[bytes],
        latencies: list[float],
        refused: list[int],
        done: asyncio.Future[None],
    ):
        self.requests, self.latencies, self.refused, self.done = requests, latencies, refused, done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def _next(self) -> None:
        if not self.requests:
            self.transport.close()
            self.done.set_result(None)
            return
        self.parser = httptools.HttpResponseParser(self)
        self.started = time.perf_counter()
        self.transport.write(self.requests.pop())

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.latencies.append(time.perf_counter() - self.started)
        if self.parser.get_status_code() != 202:
            self.refused.append(self.parser.get_status_code())
        self._next()


async def drive(
    port: int, requests: list[bytes], connections: int
) -> tuple[float, list[float], list[int]]:
    """Send everything over ``connections``; returns (requests per second, latencies in seconds,
    other statuses)."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    refused: list[int] = []
    share = [requests[number::connections] for number in range(connections)]
    finished = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for part, done in zip(share, finished, strict=True):
        await loop.create_connection(
            partial(Client, part, latencies, refused, done), "127.0.0.1", port
        )
    await asyncio.gather(*finished)
    return len(latencies) / (time.perf_counter() - started), latencies, refused


def signed(source_id: uuid.UUID, secret: str, count: int) -> list[bytes]:
    """Whole HTTP requests, each a new comment of about 1 KB, signed now."""
    signature = registry.source("generic").signature
    made = []
    for _ in range(count):
        number = uuid.uuid4().hex
        author = {"id": number[:6], "handle": number[:6]}
        data = {
            "id": number,
            "thread": {"id": "t", "title": "Talk"},
            "author": author,
            "text": BODY,
        }
        body = json.dumps({"type": "comment.created", "data": data}).encode()
        headers = sign(signature, secret, body, id=number, timestamp=int(time.time()))
        made.append(request(f"/hooks/{source_id}", body, headers))
    return made


def request(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"POST {path} HTTP/1.1", "host: localhost", "content-type: application/json"]
    lines += [
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def prepare(url: str, key: str) -> tuple[uuid.UUID, str]:
    """A product with one generic source."""
    database = Database(url)
    await database.open()
    async with database.transaction() as connection:
        product = await create_product(connection, "Benchmark")
        source, secret = await create_source(
            connection, Vault(key), product.id, "generic", "forum", {}
        )
    await database.close()
    return source.id, secret


async def measure(
    baseline: Server,
    relay: Server,
    url: str,
    source_id: uuid.UUID,
    secret: str,
    options: argparse.Namespace,
) -> None:
    """Alternate baseline and ingest, and print both."""
    rates: dict[str, list[float]] = {"empty handler": [], "ingest": []}
    costs: dict[str, list[float]] = {"empty handler": [], "ingest": []}
    tail: list[float] = []
    body = b"x" * 1000
    for _ in range(options.rounds):
        for name, server in (("empty handler", baseline), ("ingest", relay)):
            empty = server is baseline
            requests = (
                [request("/empty", body, {})] * options.requests
                if empty
                else signed(source_id, secret, options.requests)
            )
            before = server.cpu()
            rate, latencies, refused = await drive(server.port, requests, options.connections)
            assert not refused, set(refused)
            rates[name].append(rate)
            costs[name].append((server.cpu() - before) / options.requests * 1e6)
            if not empty:
                tail.append(percentile(latencies, 0.99) * 1000)
    for name in rates:
        print(
            f"{name:>14}: {spread(rates[name])} requests/s; server process {spread(costs[name])} "
            "us CPU/request"
        )
    ratio = statistics.median(rates["ingest"]) / statistics.median(rates["empty handler"])
    print(f"{'ratio':>14}: {ratio:.2f} of the empty handler's rate")
    print(f"{'p99':>14}: {spread(tail, 1)} ms")
    database = Database(url)
    await database.open()
    async with database.transaction() as connection:
        row = await (await connection.execute("select count(*) as n from delivery")).fetchone()
    await database.close()
    assert row is not None
    assert row["n"] == options.rounds * options.requests, row
    print(f"{'stored':>14}: {row['n']:,} of {options.rounds * options.requests:,} acknowledged")


def main() -> None:
    """Parse the options, start the server, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(describe("fastapi", "uvicorn", "psycopg"), datetime.now(UTC).date())
    key = Fernet.generate_key().decode()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        url = postgres.conninfo()
        migrate.upgrade(url)
        source_id, secret = asyncio.run(prepare(url, key))
        with (
            started("bare", url, key, folder) as baseline,
            started("relay", url, key, folder) as relay,
        ):
            asyncio.run(measure(baseline, relay, url, source_id, secret, options))


if __name__ == "__main__":
    main()
