"""The only place that makes httpx clients: addresses checked at connect, TLS verified, answers
limited in size. How calls leave this machine is in ``network``."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable

import anyio.to_thread
import httpcore
import httpx

from integrations.addresses import (
    Resolver,
    check_behind_proxy,
    checked_addresses,
    system_resolver,
)
from integrations.certificates import (
    LOOK_AT_CERTIFICATE_SECONDS,
    refusal_in,
    trust,
    untrusted,
)
from integrations.contract import IntegrationError
from integrations.network import PLAIN_NETWORK, Network, Proxy

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
    proxy: Proxy | None = None,
) -> httpx.AsyncHTTPTransport:
    """An httpx transport whose connections go through GuardedBackend. ``resolve`` maps (host, port)
    to addresses. With a ``proxy`` the connections to it are what is guarded."""
    context = verify
    if not isinstance(context, ssl.SSLContext):
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    # httpx has no parameter for the network backend of its pool; the version is pinned and a test
    # holds this.
    transport._pool = _pool(context, GuardedBackend(allow_private=allow_private, resolve=resolve))
    if proxy is not None:
        transport._pool = _pool(context, _ProxyBackend(proxy, resolve), proxy)
    return transport


def _pool(
    context: ssl.SSLContext, backend: GuardedBackend, proxy: Proxy | None = None
) -> httpcore.AsyncConnectionPool:
    through = None
    if proxy is not None:
        has_account = proxy.user or proxy.password
        through = httpcore.Proxy(
            proxy.address,
            auth=(proxy.user, proxy.password) if has_account else None,
            ssl_context=context if proxy.scheme == "https" else None,
        )
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=20,
        max_keepalive_connections=10,
        keepalive_expiry=20.0,
        network_backend=backend,
        proxy=through,
    )


class _ProxyBackend(GuardedBackend):
    """Connects to the proxy, which the operator named and which may be inside."""

    def __init__(self, proxy: Proxy, resolve: Resolver) -> None:
        super().__init__(allow_private=True, resolve=resolve)
        self._proxy = proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await super().connect_tcp(host, port, timeout, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            raise proxy_unreachable(self._proxy) from None


def proxy_unreachable(proxy: Proxy) -> IntegrationError:
    """Nobody answers where the proxy should be."""
    return IntegrationError(
        "proxy_unreachable",
        f"No connection to the proxy {proxy.address}. Check its address (RELAY_PROXY, HTTPS_PROXY "
        "or HTTP_PROXY) and that it is up.",
    )


def proxy_refused(proxy: Proxy, host: str, status: int) -> IntegrationError:
    """The proxy does not lead to a host: what its status means, and what to do."""
    if status == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
        meaning = "wants a user and a password, or does not take those it was given (407). Write "
        meaning += "them into its address: http://user:password@proxy.example:3128."
    elif status >= 500:
        meaning = f"cannot reach {host} ({status}). Check that address; a host that is called "
        meaning += "without the proxy has to stand in RELAY_NO_PROXY."
    else:
        meaning = f"does not let calls to {host} through ({status}). Permit them in the proxy, or "
        meaning += "name the host in RELAY_NO_PROXY where it is called without one."
    return IntegrationError("proxy_refused", f"The proxy {proxy.address} {meaning}")


class RoutedTransport(httpx.AsyncBaseTransport):
    """Leaves this machine as ``network`` says: straight, or through a proxy for the addresses that
    have one. Says in a sentence why a certificate is not trusted and why a proxy refuses."""

    def __init__(self, network: Network, resolve: Resolver = system_resolver) -> None:
        self._network = network
        self._resolve = resolve
        self._transports: dict[Proxy | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        proxy = self._network.proxy_for(request.url.scheme, host, port)
        if proxy is not None:
            await anyio.to_thread.run_sync(self._check_target, host, port)
        try:
            response = await self._transport(proxy).handle_async_request(request)
        except httpx.ProxyError as error:
            assert proxy is not None
            raise proxy_refused(proxy, host, _status_in(str(error))) from None
        except httpx.ConnectError as error:
            if (refusal := refusal_in(error)) is None:
                raise
            raise await anyio.to_thread.run_sync(
                untrusted, refusal, host, port, proxy, self._dial(proxy)
            ) from None
        if proxy is not None and response.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
            await response.aclose()
            raise proxy_refused(proxy, host, response.status_code)
        return response

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()

    def _transport(self, proxy: Proxy | None) -> httpx.AsyncHTTPTransport:
        if proxy not in self._transports:
            self._transports[proxy] = guarded_transport(
                allow_private=self._network.allow_private,
                resolve=self._resolve,
                verify=trust(self._network),
                proxy=proxy,
            )
        return self._transports[proxy]

    def _check_target(self, host: str, port: int) -> None:
        check_behind_proxy(
            host, port, allow_private=self._network.allow_private, resolve=self._resolve
        )

    def _dial(self, proxy: Proxy | None) -> Callable[[str, int], socket.socket]:
        allow_private = self._network.allow_private or proxy is not None
        return lambda host, port: dial(
            host, port, allow_private=allow_private, resolve=self._resolve
        )


def dial(
    host: str, port: int, *, allow_private: bool, resolve: Resolver = system_resolver
) -> socket.socket:
    """A connection to the first checked address that answers. Blocks. Raises OSError and
    IntegrationError ``address_refused``."""
    failure: OSError = OSError(f"The name {host} has no address.")
    for address in checked_addresses(host, port, allow_private=allow_private, resolve=resolve):
        try:
            return socket.create_connection((address, port), LOOK_AT_CERTIFICATE_SECONDS)
        except OSError as error:
            failure = error
    raise failure


def _status_in(sentence: str) -> int:
    """The status at the beginning of httpcore's error: ``407 Proxy Authentication Required``."""
    digits = sentence.partition(" ")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def client(
    network: Network = PLAIN_NETWORK,
    *,
    timeout: httpx.Timeout | float = DEFAULT_TIMEOUT,
    transport: httpx.AsyncBaseTransport | None = None,
    max_response_bytes: int = MAX_RESPONSE_BYTES,
    base_url: str = "",
) -> httpx.AsyncClient:
    """A client for calls to vendors. Redirects are not followed; of the environment nothing is
    read but what ``network`` holds.

    Requests raise httpx errors, and IntegrationError ``address_refused``,
    ``certificate_untrusted``,
    ``ca_file_unusable``, ``proxy_invalid``, ``proxy_refused``, ``proxy_unreachable``,
    ``response_too_large`` or ``response_encoded``.
    """
    inner = transport if transport is not None else RoutedTransport(network)
    return httpx.AsyncClient(
        base_url=base_url,
        transport=LimitedTransport(inner, max_response_bytes),
        timeout=timeout,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )
