"""Whose certificates are trusted, and what is said where one is not."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID

from integrations.contract import IntegrationError
from integrations.network import Network, Proxy

Dial = Callable[[str, int], socket.socket]
"""Connects to a host and port, to checked addresses only."""

LOOK_AT_CERTIFICATE_SECONDS = 5.0
# OpenSSL, x509_vfy.h
_EXPIRED, _NOT_YET_VALID, _SELF_SIGNED, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 18, 62, 64
_DER = 2  # the encoding that ssl's own certificate objects are asked for, before Python 3.13


def trust(network: Network) -> ssl.SSLContext:
    """A client's context, shared by all clients until one of its files changes: reading the
    authorities takes longer than many a call. Raises IntegrationError ``ca_file_unusable``."""
    files = (*network.trust_files, network.ca_file)
    changes = tuple(_changed(path) for path in (*files, network.trust_folder))
    return _context(network.trust_files, network.trust_folder, network.ca_file, changes)


def _changed(path: str) -> int:
    """When a file or folder changed last, in nanoseconds; 0 where there is none."""
    try:
        return Path(path).stat().st_mtime_ns if path else 0
    except (OSError, ValueError):
        return 0


@lru_cache(maxsize=8)
def _context(
    trust_files: tuple[str, ...], trust_folder: str, ca_file: str, _changes: tuple[int, ...]
) -> ssl.SSLContext:
    if trust_files or trust_folder:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        for file in trust_files:
            _load(context, "SSL_CERT_FILE or REQUESTS_CA_BUNDLE", file=file)
        _load(context, "SSL_CERT_DIR", folder=trust_folder)
    else:
        context = httpx.create_ssl_context(trust_env=False)
    _load(context, "RELAY_CA_FILE", file=ca_file)
    return context


def _load(context: ssl.SSLContext, setting: str, *, file: str = "", folder: str = "") -> None:
    if not file and not folder:
        return
    try:
        context.load_verify_locations(cafile=file or None, capath=folder or None)
    except (OSError, ValueError):  # an SSLError is an OSError
        raise IntegrationError(
            "ca_file_unusable",
            f"{file or folder} ({setting}) holds no certificates that can be read. It has to be a "
            "PEM file, which begins with -----BEGIN CERTIFICATE-----.",
        ) from None


def refusal_in(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """The refused certificate that an error of a library is about, or None."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return None


def untrusted(
    refusal: ssl.SSLCertVerificationError, host: str, port: int, proxy: Proxy | None, dial: Dial
) -> IntegrationError:
    """The error for a certificate that was not accepted, in a sentence that names the authority
    that is missing.

    The refused handshake does not show the certificate, so a second one is made that accepts any
    and over which nothing is sent. Blocks.
    """
    try:
        chain = _presented(host, port, proxy, dial)
    except (OSError, http.client.HTTPException, ValueError, IntegrationError):
        chain = []
    return IntegrationError(
        "certificate_untrusted", f"The certificate of {host} is not trusted: {_why(refusal, chain)}"
    )


def _why(refusal: ssl.SSLCertVerificationError, chain: list[x509.Certificate]) -> str:
    code = refusal.verify_code
    if code in (_EXPIRED, _NOT_YET_VALID):
        return f"{_validity(chain)} Renew it on that server, or set this machine's clock right."
    if code in (_OTHER_NAME, _OTHER_ADDRESS):
        return (
            f"it is for {_names(chain)}. Use the address that it is for, or give the server a "
            "certificate for this one."
        )
    remedy = "Put that authority's certificate into a PEM file and name the file in RELAY_CA_FILE."
    if not chain:
        return f"no authority known here issued it ({refusal.verify_message}). {remedy}"
    if code == _SELF_SIGNED:
        return (
            f"it is signed by itself ({_name(chain[0].subject)}). Put it into a PEM file and name "
            "the file in RELAY_CA_FILE."
        )
    return (
        f"it was issued by {_name(chain[-1].issuer)}, which is not among the authorities known "
        f"here. {remedy}"
    )


def _validity(chain: list[x509.Certificate]) -> str:
    if not chain:
        return "it is not valid today."
    begin, end = chain[0].not_valid_before_utc, chain[0].not_valid_after_utc

    def day(moment: datetime) -> str:
        return moment.date().isoformat()

    return f"it is valid from {day(begin)} to {day(end)} only."


def _names(chain: list[x509.Certificate]) -> str:
    try:
        listed = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [str(name.value) for name in listed]
    except (IndexError, ValueError, x509.ExtensionNotFound):
        names = []
    return ", ".join(names[:5]) or "another name"


def _name(name: x509.Name) -> str:
    """How people know an authority: its common name, and whose it is."""
    words = [
        str(attribute.value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        for attribute in name.get_attributes_for_oid(oid)[:1]
    ]
    return " of ".join(f"“{word[:100]}”" for word in dict.fromkeys(words)) or "an unnamed authority"


def _presented(host: str, port: int, proxy: Proxy | None, dial: Dial) -> list[x509.Certificate]:
    """The certificates that a server shows, its own first. Nothing is sent to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if proxy is not None and proxy.scheme == "https":
        return []  # TLS within TLS: not worth it for a name
    called = (proxy.host, proxy.port) if proxy else (host, port)
    connection: Any = http.client.HTTPSConnection(
        *called, timeout=LOOK_AT_CERTIFICATE_SECONDS, context=context
    )
    # Its only way to connect elsewhere than where the system's resolver leads.
    connection._create_connection = lambda address, *rest: dial(*address)
    if proxy is not None:
        connection.set_tunnel(host, port, headers=proxy_headers(proxy))
    try:
        connection.connect()
        return _chain(connection.sock)
    finally:
        connection.close()


def proxy_headers(proxy: Proxy) -> dict[str, str]:
    """What lets us in at a proxy (RFC 9110, 11.7.1)."""
    if not proxy.user and not proxy.password:
        return {}
    pair = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {pair}"}


def _chain(connected: ssl.SSLSocket) -> list[x509.Certificate]:
    # Public since Python 3.13; before that, the same function one attribute further in.
    inner: Any = connected if hasattr(connected, "get_unverified_chain") else connected._sslobj  # type: ignore[attr-defined]
    chain = inner.get_unverified_chain() or []
    return [x509.load_der_x509_certificate(_der(certificate)) for certificate in chain]


def _der(certificate: Any) -> bytes:
    if isinstance(certificate, bytes):
        return certificate
    encoded: bytes = certificate.public_bytes(_DER)
    return encoded
