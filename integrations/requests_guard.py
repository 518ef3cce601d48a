"""The address guard for libraries that use ``requests``: an adapter with the same rules as
integrations.http."""

from __future__ import annotations

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection

from integrations.addresses import checked_addresses
from integrations.http import MAX_RESPONSE_BYTES, response_too_large


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
    """Connects to checked addresses only, never repeats a request, and reads at most ``limit``
    bytes of an answer."""

    def __init__(self, *, allow_private: bool, limit: int = MAX_RESPONSE_BYTES) -> None:
        self._allow_private = allow_private
        self._limit = limit
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._allow_private)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        response = super().send(request, **{**kwargs, "stream": True})
        read = bytearray()
        for chunk in response.iter_content(64 * 1024):
            read += chunk
            if len(read) > self._limit:
                response.close()
                raise response_too_large(self._limit)
        response._content = bytes(read)
        return response


def guard(session: requests.Session, *, allow_private: bool) -> None:
    """Put the guard into a session, and let it follow no redirect and read no proxy or .netrc of
    the environment."""
    session.trust_env = False
    session.max_redirects = 0
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter(allow_private=allow_private))
