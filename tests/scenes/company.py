"""A company's network, in tests: a certificate authority of its own, and a proxy that alone leads
out."""

from __future__ import annotations

import base64
import http.server
import json
import select
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_NAME = "Acme Corp Root CA"


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass
class Authority:
    """Signs certificates; ``file`` is its own, in PEM."""

    folder: Path
    name: str = AUTHORITY_NAME
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def __post_init__(self) -> None:
        own = self._built(_name(self.name), self.key, days=30, is_authority=True)
        self.file = self.folder / "corp-ca.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def serving(self, host: str, *, days: int = 30) -> ssl.SSLContext:
        """A server's context with a certificate for ``host`` of ours; ``days`` below 0: expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._built(_name(host), key, days=days, host=host)
        cert_file, key_file = self.folder / f"{host}.pem", self.folder / f"{host}.key"
        cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert_file, key_file)
        return context

    def _built(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        days: int,
        host: str = "",
        is_authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_name(self.name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())


class _Tracker(http.server.BaseHTTPRequestHandler):
    """Answers what the checks of both trackers ask first."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        server.heard.append(dict(self.headers))
        body = json.dumps({"login": "relay", "full_name": "acme/app", "displayName": "Relay"})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        del format, args


class Serving(socketserver.ThreadingTCPServer):
    """A server in threads of this process, on a free port of the loopback address."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.heard: list[Any] = []
        self.port: int = self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that the client broke off is what tests are about."""


@contextmanager
def running(server: Serving) -> Iterator[Serving]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def tracker_over_tls(context: ssl.SSLContext) -> Iterator[Serving]:
    """A tracker behind a certificate."""
    server = Serving(_Tracker)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server):
        yield server


class CompanyProxy(Serving):
    """Opens tunnels to ``leads_to`` whatever host is asked for, as a proxy whose own DNS knows it.
    ``account`` is what it asks for (``user:password``), ``refusal`` a status that it always gives.
    ``heard`` holds the first line of every request."""

    def __init__(self, leads_to: int, *, account: str = "", refusal: int = 0) -> None:
        super().__init__(_Tunnel)
        self.leads_to, self.account, self.refusal = leads_to, account, refusal


class _Tunnel(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        proxy: Any = self.server
        first = self.rfile.readline().decode().strip()
        if not first:
            return
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        proxy.heard.append(first)
        account = "Basic " + base64.b64encode(proxy.account.encode()).decode()
        status = proxy.refusal
        if proxy.account and headers.get("proxy-authorization") != account:
            status = 407
        if status:
            self.wfile.write(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        if not first.startswith("CONNECT "):
            body = b'{"login": "relay", "full_name": "acme/app"}'
            self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n")
            self.wfile.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            return
        with socket.create_connection(("127.0.0.1", proxy.leads_to)) as inside:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _carry(self.connection, inside)


def _carry(one: socket.socket, other: socket.socket) -> None:
    while True:
        for each in select.select([one, other], [], [])[0]:
            try:
                data = each.recv(65536)
            except OSError:
                data = b""
            if not data:
                return
            (other if each is one else one).sendall(data)
