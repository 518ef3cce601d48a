"""The only place that makes httpx clients: addresses checked at connect, TLS verified, answers
limited in size."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Iterable

import anyio.to_thread
import httpcore
import httpx

from integrations.addresses import Resolver, checked_addresses, system_resolver
from integrations.contract import IntegrationError

USER_AGENT = "feedback-relay"
MAX_RESPONSE_BYTES = 20 * 1024 * 1024
DEFAULT_TIMEOUT = httpx.Timeout(20.0, connect=5.0)

SocketOptions = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks every address and connects to a checked one, so no second answer
    of DNS can differ.

    TLS still verifies the original host name: httpcore takes the server name from the URL, not from
    the connection.
    """

    def __init__(self, *, allow_private: bool, resolve: Resolver = system_resolver) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError(f"The name {host} has no address.")
        for address in await self._addresses(host, port, timeout):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int, seconds: float | None) -> list[str]:
        def look_up() -> list[str]:
            return checked_addresses(
                host, port, allow_private=self._allow_private, resolve=self._resolve
            )

        try:
            with anyio.fail_after(seconds):
                return await anyio.to_thread.run_sync(look_up, abandon_on_cancel=True)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"Looking up {host} took too long.") from None
        except (socket.gaierror, UnicodeError) as error:
            raise httpcore.ConnectError(f"The name {host} could not be resolved: {error}") from None

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise IntegrationError(
            "address_refused", "Unix sockets are not called; give an http or https address."
        )

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Limited(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > self._limit:
                raise response_too_large(self._limit)
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def response_too_large(limit: int) -> IntegrationError:
    """The error for an answer above the limit, in bytes."""
    return IntegrationError(
        "response_too_large",
        f"The server answered with more than {limit:,} bytes; it was not read.",
    )


class LimitedTransport(httpx.AsyncBaseTransport):
    """Refuses answers above ``limit`` bytes and compressed ones, whose size says nothing about what
    they unpack to."""

    def __init__(self, inner: httpx.AsyncBaseTransport, limit: int = MAX_RESPONSE_BYTES) -> None:
        self._inner = inner
        self._limit = limit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await stream.aclose()
            raise IntegrationError(
                "response_encoded", "The server sent a compressed answer that nobody asked for."
            )
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=_Limited(stream, self._limit),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def guarded_transport(
    *,
    allow_private: bool = False,
    resolve: Resolver = system_resolver,
    verify: ssl.SSLContext | bool = True,
) -> httpx.AsyncHTTPTransport:
    """An httpx transport whose connections go through GuardedBackend. ``resolve`` maps (host, port)
    to addresses."""
    context = verify
    if not isinstance(context, ssl.SSLContext):
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    # httpx has no parameter for the network backend of its pool; the version is pinned and a test
    # holds this.
    transport._pool = httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=20,
        max_keepalive_connections=10,
        keepalive_expiry=20.0,
        network_backend=GuardedBackend(allow_private=allow_private, resolve=resolve),
    )
    return transport


def client(
    *,
    allow_private: bool = False,
    timeout: httpx.Timeout | float = DEFAULT_TIMEOUT,
    transport: httpx.AsyncBaseTransport | None = None,
    max_response_bytes: int = MAX_RESPONSE_BYTES,
    base_url: str = "",
) -> httpx.AsyncClient:
    """A client for calls to vendors. Redirects are not followed, and proxies and .netrc of the
    environment not read.

    ``allow_private`` is the operators' setting for trackers and sources inside their own network.
    Requests raise httpx errors, and IntegrationError ``address_refused``, ``response_too_large`` or
    ``response_encoded``.
    """
    inner = transport if transport is not None else guarded_transport(allow_private=allow_private)
    return httpx.AsyncClient(
        base_url=base_url,
        transport=LimitedTransport(inner, max_response_bytes),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )
