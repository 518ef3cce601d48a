"""How calls leave this machine: which addresses may be called, whose certificates are trusted, and
through which proxy. The operator's word, the same for every tracker and source."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from integrations.contract import IntegrationError

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that speaks HTTP. ``user`` and ``password`` may be blank; neither is ever shown."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """Its address without what lets us in, as people may read it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def read_proxy(text: str) -> Proxy:
    """The proxy behind ``http://[user:password@]host:port``. Raises IntegrationError
    ``proxy_invalid``, which never repeats the text."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in _DEFAULT_PORTS or parts.path.strip("/"):
        raise IntegrationError(
            "proxy_invalid",
            "The proxy cannot be used: write it as http://proxy.example:3128, with user:password@ "
            "before the name where it asks for them (RELAY_PROXY, HTTPS_PROXY or HTTP_PROXY).",
        )
    return Proxy(
        parts.scheme,
        host,
        port or _DEFAULT_PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


@dataclass(frozen=True, slots=True)
class Network:
    """How calls leave this machine. All fields are optional; by default nothing private is called,
    the public authorities are trusted, and no proxy is used.

    - ``allow_private``: loopback and private addresses may be called.
    - ``ca_file``: a PEM file of authorities that are trusted besides the others.
    - ``trust_files``, ``trust_folder``: take the place of the built-in list of public authorities.
    - ``http_proxy``, ``https_proxy``: for addresses of that scheme; they may hold a password.
    - ``no_proxy``: hosts that are called without one: names with all below them, addresses,
      networks, each with ``:port`` where only that port is meant; ``*`` for all.
    """

    allow_private: bool = False
    ca_file: str = ""
    trust_files: tuple[str, ...] = ()
    trust_folder: str = ""
    http_proxy: str = field(default="", repr=False)
    https_proxy: str = field(default="", repr=False)
    no_proxy: tuple[str, ...] = ()

    def proxy_for(self, scheme: str, host: str, port: int | None) -> Proxy | None:
        """The proxy for an address, or None where it is called without one: always for this
        machine itself. Raises IntegrationError ``proxy_invalid``."""
        text = self.https_proxy if scheme == "https" else self.http_proxy
        port = port or _DEFAULT_PORTS.get(scheme, 0)
        if not text or _is_this_machine(host):
            return None
        if any(_covers(pattern, host.lower(), port) for pattern in self.no_proxy):
            return None
        return read_proxy(text)


PLAIN_NETWORK = Network()
"""Public addresses alone, straight."""


def network_of(
    environment: Mapping[str, str],
    *,
    allow_private: bool = False,
    ca_file: str = "",
    proxy: str = "",
    no_proxy: str = "",
) -> Network:
    """The network by the service's own settings, and by the standard variables of ``environment``
    where those say nothing: SSL_CERT_FILE, REQUESTS_CA_BUNDLE, SSL_CERT_DIR, HTTPS_PROXY,
    HTTP_PROXY and NO_PROXY, also in lower case."""

    def variable(*names: str) -> str:
        for name in names:
            if value := environment.get(name.lower()) or environment.get(name):
                return value
        return ""

    exceptions = no_proxy or variable("NO_PROXY")
    return Network(
        allow_private=allow_private,
        ca_file=ca_file,
        trust_files=tuple(
            dict.fromkeys(
                file for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE") if (file := variable(name))
            )
        ),
        trust_folder=variable("SSL_CERT_DIR"),
        http_proxy=proxy or variable("HTTP_PROXY"),
        https_proxy=proxy or variable("HTTPS_PROXY"),
        no_proxy=tuple(part.strip() for part in exceptions.split(",") if part.strip()),
    )


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_loopback
    return host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _covers(pattern: str, host: str, port: int) -> bool:
    """Whether one entry of NO_PROXY means ``host`` at ``port``."""
    if pattern == "*":
        return True
    pattern = pattern.lower()
    name, colon, digits = pattern.rpartition(":")
    if colon and digits.isdigit() and (":" not in name or name.endswith("]")):
        if int(digits) != port:
            return False
        pattern = name
    pattern = pattern.strip("[]")
    address = _address(host)
    if address is None:
        suffix = pattern.removeprefix("*").lstrip(".")
        return bool(suffix) and (host == suffix or host.endswith("." + suffix))
    try:
        return address in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return False
