"""The address guard for libraries that use ``requests``: an adapter with the same rules as
integrations.http."""

from __future__ import annotations

import re
import socket
import ssl
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection

from integrations.addresses import check_behind_proxy, checked_addresses
from integrations.certificates import refusal_in, trust, untrusted
from integrations.http import (
    MAX_RESPONSE_BYTES,
    dial,
    proxy_refused,
    proxy_unreachable,
    response_too_large,
)
from integrations.network import Network, Proxy

_TUNNEL_FAILED = re.compile(r"Tunnel connection failed: (\d{3})")
_NESTED_ERRORS_MAX = 8


def _connect(conn: HTTPConnection, *, allow_private: bool) -> socket.socket:
    """What urllib3 does to connect, but to checked addresses; TLS keeps verifying ``conn.host``."""
    try:
        addresses = checked_addresses(conn.host, conn.port, allow_private=allow_private)
    except (socket.gaierror, UnicodeError) as error:
        cause = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
        raise NameResolutionError(conn.host, conn, cause) from None
    failure: Exception = NewConnectionError(conn, f"The name {conn.host} has no address.")
    for address in addresses:
        try:
            return connection.create_connection(
                (address, conn.port), conn.timeout, conn.source_address, conn.socket_options
            )
        except TimeoutError:
            failure = ConnectTimeoutError(conn, f"Connecting to {conn.host} took too long.")
        except OSError as error:
            failure = NewConnectionError(conn, f"Connecting to {conn.host} failed: {error}")
    raise failure


def _pools(allow_private: bool) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, allow_private=allow_private)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, allow_private=allow_private)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}


class GuardedAdapter(HTTPAdapter):
    """Leaves this machine as ``network`` says, connects to checked addresses only, never repeats a
    request, and reads at most ``limit`` bytes of an answer."""

    def __init__(self, network: Network, *, limit: int = MAX_RESPONSE_BYTES) -> None:
        self._network = network
        self._limit = limit
        self._context: ssl.SSLContext | None = None
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._network.allow_private)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        # The operator named the proxy, which may be inside.
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _pools(allow_private=True)
        if proxy.startswith("https://"):
            manager.proxy_config = manager.proxy_config._replace(ssl_context=self._trusted())
        return manager

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        if host["scheme"] != "https":
            return host, pool
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": self._trusted()}

    def cert_verify(self, conn: Any, *args: Any) -> None:
        """Nothing: the context of the pool says whom to trust, not the list of ``requests``."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        parts = urlsplit(str(request.url))
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        proxy = self._network.proxy_for(parts.scheme, host, port)
        if proxy is not None:
            check_behind_proxy(host, port, allow_private=self._network.allow_private)
        proxies = {parts.scheme: _with_account(proxy)} if proxy else {}
        try:
            response = super().send(request, **{**kwargs, "proxies": proxies, "stream": True})
        except requests.exceptions.ProxyError as error:
            if proxy is None or (status := _tunnel_status(error)) is None:
                raise
            raise (
                proxy_refused(proxy, host, status) if status else proxy_unreachable(proxy)
            ) from None
        except requests.exceptions.SSLError as error:
            if (refusal := refusal_in(error)) is None:
                raise
            allow_private = self._network.allow_private or proxy is not None
            raise untrusted(
                refusal, host, port, proxy, partial(dial, allow_private=allow_private)
            ) from None
        if proxy is not None and response.status_code == requests.codes.proxy_authentication:
            response.close()
            raise proxy_refused(proxy, host, response.status_code)
        return self._read(response)

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = trust(self._network)
        return self._context

    def _read(self, response: requests.Response) -> requests.Response:
        read = bytearray()
        for chunk in response.iter_content(64 * 1024):
            read += chunk
            if len(read) > self._limit:
                response.close()
                raise response_too_large(self._limit)
        response._content = bytes(read)
        return response


def _with_account(proxy: Proxy) -> str:
    """The proxy's address as ``requests`` takes it, with what lets us in."""
    if not proxy.user and not proxy.password:
        return proxy.address
    account = f"{quote(proxy.user, safe='')}:{quote(proxy.password, safe='')}@"
    return proxy.address.replace("://", f"://{account}", 1)


def _tunnel_status(error: requests.exceptions.ProxyError) -> int | None:
    """What the proxy answered: 0 where nobody did, None where something was sent already.
    ``http.client`` tells the status in its text alone."""
    cause: object = error
    for _ in range(_NESTED_ERRORS_MAX):
        inner = getattr(cause, "reason", None) or getattr(cause, "original_error", None)
        if inner is None and isinstance(cause, BaseException) and cause.args:
            inner = next((part for part in cause.args if isinstance(part, BaseException)), None)
        if inner is None:
            break
        cause = inner
    if match := _TUNNEL_FAILED.search(str(cause)):
        return int(match[1])
    nobody = (NewConnectionError, ConnectTimeoutError, NameResolutionError)
    return 0 if isinstance(cause, nobody) else None


def guard(session: requests.Session, network: Network) -> None:
    """Put the guard into a session, and let it follow no redirect and read nothing of the
    environment but what ``network`` holds."""
    session.trust_env = False
    session.max_redirects = 0
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(network))
