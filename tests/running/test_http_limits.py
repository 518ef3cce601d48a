"""Heads that are too long, requests that are too slow, connections too many: refused through real
sockets, while everybody else is answered."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from ipaddress import ip_network
from typing import cast

import pytest
from pydantic import ValidationError

from app.config import Settings
from app.running.http_limits import HttpLimits, client_key
from app.running.http_protocol import JoinedWrites
from tests.scenes.sockets import Held, answer, connect, exchange, served
from tests.scenes.waiting import wait_until

NEVER_SECONDS = 10_000.0
SOON_SECONDS = 1.5
"""A deadline that is waited for, and that a request without a pause meets on a slow machine."""
LIMITS = HttpLimits(head_seconds=NEVER_SECONDS, body_seconds=NEVER_SECONDS)
GET = b"GET / HTTP/1.1\r\nhost: h\r\n"


def head_of(size: int) -> bytes:
    """A whole head of this many bytes."""
    filler = size - len(GET) - len(b"x-filler: \r\n\r\n")
    return GET + b"x-filler: " + b"a" * filler + b"\r\n\r\n"


def refusal(raw: bytes) -> tuple[int, str]:
    """Status and reason of a refusal."""
    head, _, body = raw.partition(b"\r\n\r\n")
    problem = json.loads(body)
    assert problem["status"] == int(head.split()[1])
    assert problem["detail"].endswith(".")
    return problem["status"], problem["reason"]


def status(raw: bytes) -> int:
    return int(raw.split()[1])


def test_a_head_may_be_as_long_as_the_limit_and_no_byte_longer() -> None:
    with served(Held(), LIMITS) as port:
        assert status(exchange(port, head_of(LIMITS.head_bytes))) == 200
        assert refusal(exchange(port, head_of(LIMITS.head_bytes + 1))) == (431, "head_too_large")
        pieces = [
            head_of(LIMITS.head_bytes)[n : n + 1000] for n in range(0, LIMITS.head_bytes, 1000)
        ]
        assert status(exchange(port, *pieces)) == 200


@pytest.mark.parametrize(
    "start",
    [GET + b"x-one: ", b"GET /", b"GET / HTTP/1.1\r\n", GET + b"x"],
    ids=["one value", "the address", "many lines", "a name"],
)
def test_a_head_without_end_is_refused_before_it_is_parsed(start: bytes) -> None:
    app = Held()
    flood = b"a" * 997 + (b"\r\nx: " if start.endswith(b"1.1\r\n") else b"aaaa")
    if start.endswith(b"1.1\r\n"):
        start += b"x: "
    with served(app, LIMITS) as port:
        raw = exchange(port, start, *[flood * 1000] * 8)
        assert refusal(raw) == (431, "head_too_large")
        assert status(exchange(port, GET + b"\r\n")) == 200
    assert app.bodies == [0], "the application saw one request"


def test_trailers_and_frames_without_end_are_refused() -> None:
    chunked = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
    app = Held()
    with served(app, LIMITS) as port:
        trailers = exchange(port, chunked, b"1\r\nx\r\n0\r\n", *[b"x-more: yes\r\n" * 1000] * 100)
        assert refusal(trailers) == (431, "head_too_large")
        extension = exchange(port, chunked, b"1;", *[b"name=value;" * 1000] * 100)
        assert refusal(extension) == (431, "head_too_large")
        assert app.bodies == []
        honest = exchange(port, chunked, b"1\r\nx\r\n" * 200_000, b"0\r\n\r\n")
        assert status(honest) == 200
    assert app.bodies == [200_000]


def test_a_long_body_is_no_long_head() -> None:
    app = Held()
    size = 4 * LIMITS.head_bytes
    post = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % size
    with served(app, LIMITS) as port:
        assert status(exchange(port, post + b"x" * size)) == 200
        assert status(exchange(port, post, b"x" * size)) == 200
    assert app.bodies == [size, size]


def test_a_head_that_is_late_is_refused() -> None:
    limits = HttpLimits(head_seconds=SOON_SECONDS, body_seconds=NEVER_SECONDS)
    app = Held()
    with served(app, limits) as port:
        assert refusal(exchange(port, GET + b"x-never: en")) == (408, "request_timeout")
        assert exchange(port) == b"", "who says nothing is told nothing"
        assert status(exchange(port, GET + b"\r\n")) == 200
    assert app.bodies == [0]


def test_a_second_request_has_its_own_deadline() -> None:
    limits = HttpLimits(head_seconds=SOON_SECONDS, body_seconds=NEVER_SECONDS)

    async def keep_alive(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    with served(keep_alive, limits) as port, connect(port) as connection:
        connection.sendall(GET + b"\r\n")
        assert connection.recv(4096).endswith(b"ok")
        connection.sendall(b"GET / HT")
        assert refusal(answer(connection)) == (408, "request_timeout")


def test_a_body_that_is_late_is_refused_and_the_application_told() -> None:
    limits = HttpLimits(head_seconds=NEVER_SECONDS, body_seconds=0.2)
    app = Held()
    with served(app, limits) as port:
        raw = exchange(port, b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nx")
        assert refusal(raw) == (408, "request_timeout")
        wait_until(lambda: app.broken == 1)
    assert app.bodies == []


def test_an_answer_that_takes_longer_than_the_deadlines_is_waited_for() -> None:
    limits = HttpLimits(head_seconds=SOON_SECONDS, body_seconds=SOON_SECONDS)
    app = Held()
    with served(app, limits) as port, connect(port) as waiting:
        waiting.sendall(b"GET /hold HTTP/1.1\r\nhost: h\r\n\r\n")
        wait_until(lambda: app.holding == 1)
        for _ in range(2):  # each of these waits for a deadline of its own
            assert status(exchange(port, GET + b"x-never: en")) == 408
        app.released.set()
        assert status(answer(waiting)) == 200


def test_an_answer_that_nobody_reads_does_not_hold_its_connection() -> None:
    limits = HttpLimits(head_seconds=NEVER_SECONDS, body_seconds=0.2, connections=1)
    size = 64 * 2**20

    async def big(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        headers = [(b"content-length", b"%d" % size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(size)})

    with served(big, limits) as port, connect(port) as silent:
        silent.sendall(GET + b"\r\n")
        wait_until(lambda: status(exchange_head(port)) == 200)


def exchange_head(port: int) -> bytes:
    """The first line of an answer."""
    with connect(port) as connection:
        connection.sendall(GET + b"\r\n")
        try:
            return connection.recv(64) or b"HTTP/1.1 0 "
        except ConnectionResetError:
            return b"HTTP/1.1 0 "


def test_an_address_has_so_many_connections_and_a_proxy_any_number() -> None:
    for proxies, accepted in (((), 3), ((ip_network("127.0.0.0/8"),), 5)):
        limits = HttpLimits(
            head_seconds=NEVER_SECONDS,
            body_seconds=NEVER_SECONDS,
            per_address=3,
            proxies=proxies,
        )
        app = Held()
        with served(app, limits) as port, ExitStack() as stack:
            opened = [stack.enter_context(connect(port)) for _ in range(5)]
            for connection in opened:
                connection.sendall(b"GET /hold HTTP/1.1\r\nhost: h\r\n\r\n")
            wait_until(lambda app=app, most=accepted: app.holding == most)  # type: ignore[misc]
            for connection in opened[accepted:]:
                assert refusal(answer(connection)) == (503, "too_many_connections")
            app.released.set()
            assert [status(answer(connection)) for connection in opened[:accepted]] == [
                200
            ] * accepted
            if not proxies:
                assert status(exchange(port, GET + b"\r\n")) == 200, "places are given back"


def test_where_all_places_are_taken_who_waits_makes_room_and_who_works_stays() -> None:
    limits = HttpLimits(head_seconds=NEVER_SECONDS, body_seconds=NEVER_SECONDS, connections=4)
    app = Held()
    with served(app, limits) as port, ExitStack() as stack:
        working = [stack.enter_context(connect(port)) for _ in range(2)]
        for connection in working:
            connection.sendall(b"GET /hold HTTP/1.1\r\nhost: h\r\n\r\n")
        wait_until(lambda: app.holding == 2)
        slow = [stack.enter_context(connect(port)) for _ in range(12)]
        for connection in slow:
            connection.sendall(b"GET / HT")
        assert status(exchange(port, GET + b"\r\n")) == 200
        for holding in (3, 4):
            working.append(stack.enter_context(connect(port)))
            working[-1].sendall(b"GET /hold HTTP/1.1\r\nhost: h\r\n\r\n")
            wait_until(lambda holding=holding: app.holding == holding)  # type: ignore[misc]
        assert refusal(exchange(port)) == (503, "too_many_connections")
        app.released.set()
        assert [status(answer(connection)) for connection in working] == [200] * 4


def test_an_address_is_counted_by_what_one_customer_has() -> None:
    proxies = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert client_key("203.0.113.7", proxies) == "203.0.113.7"
    assert client_key("::ffff:203.0.113.7", proxies) == "203.0.113.7"
    assert client_key("2001:db8::1", proxies) == client_key("2001:db8::2", proxies)
    assert client_key("2001:db8::1", proxies) != client_key("2001:db8:0:1::1", proxies)
    assert client_key("fe80::1%eth0", proxies) != ""
    for exempt in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::1", None, "a socket"):
        assert client_key(exempt, proxies) == ""


def test_the_settings_become_limits() -> None:
    chosen = Settings(trusted_proxies=" 10.0.0.0/8, ::1 ,", connections=9, head_seconds=2)
    limits = HttpLimits.of(chosen)
    assert limits.proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert (limits.connections, limits.head_seconds, limits.per_address) == (9, 2, 200)
    assert HttpLimits.of(Settings(trusted_proxies=",")).proxies == ()
    with pytest.raises(ValidationError, match="is neither an address nor a network"):
        Settings(trusted_proxies="proxy.example")


FEW_DESCRIPTORS = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from app.running.http_limits import HttpLimits
from app.running.listening import listen, port_of, serve
from app.running.http_protocol import JoinedWrites
from tests.scenes.sockets import Held
opened = listen("127.0.0.1", 0)
print(port_of(opened), flush=True)
serve(Held(), opened, HttpLimits(head_seconds=10_000, body_seconds=10_000))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of this kind")
def test_file_descriptors_do_not_run_out_for_others() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", FEW_DESCRIPTORS],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        with ExitStack() as stack:
            for _ in range(400):
                stack.enter_context(connect(port)).sendall(b"GET / HT")
            for _ in range(5):
                assert status(exchange(port, GET + b"\r\n")) == 200
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_a_head_and_its_body_leave_together_and_a_stream_at_once() -> None:
    """One segment each, as the client reads them; a head without body does not wait for one."""
    released = threading.Event()

    async def stream(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not released.is_set():
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b"late"})

    with served(stream, LIMITS) as port, connect(port) as connection:
        connection.sendall(GET + b"connection: close\r\n\r\n")
        assert connection.recv(65_536).endswith(b"\r\n\r\n"), "the head is there before the body"
        released.set()
        assert b"late" in answer(connection)


class Written:
    """A transport that remembers what it was given."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def close(self) -> None:
        self.closed = True


async def test_writes_are_joined_but_a_big_body_is_not_copied() -> None:
    loop = asyncio.get_running_loop()
    for body, writes in ((b"ok", 1), (b"x" * 65_536, 2), (b"", 1)):
        transport = Written()
        joined = JoinedWrites(cast(asyncio.Transport, transport), loop)
        joined.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert transport.writes.pop().startswith(b"HTTP/1.1 100")
        joined.write(b"HTTP/1.1 200 OK\r\n\r\n")
        assert transport.writes == []
        joined.write(body)
        assert b"".join(transport.writes) == b"HTTP/1.1 200 OK\r\n\r\n" + body
        assert len(transport.writes) == writes
    cut_short = Written()
    joined = JoinedWrites(cast(asyncio.Transport, cut_short), loop)
    joined.write(b"HTTP/1.1 200 OK\r\n\r\n")
    joined.close()
    assert (cut_short.writes, cut_short.closed) == ([b"HTTP/1.1 200 OK\r\n\r\n"], True)
