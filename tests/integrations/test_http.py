"""The guarded client: which addresses it calls, that it looks once, and what it refuses to read."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.addresses import checked_addresses, refusal
from integrations.contract import IntegrationError
from integrations.http import LimitedTransport, client, guarded_transport
from integrations.network import Network
from integrations.requests_guard import guard

PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "::127.0.0.1",
    "198.18.0.1",
    "240.0.0.1",
    "192.0.2.1",
    "2001:db8::1",
]
NEVER = [
    "169.254.169.254",
    "169.254.1.1",
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
]
PUBLIC = [
    "140.82.121.4",
    "8.8.8.8",
    "2606:50c0:8000::153",
    "64:ff9b::8c52:7904",
    "::ffff:140.82.121.4",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_the_operators_word(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), allow_private=False)
    reserved = {"240.0.0.1", "198.18.0.1", "192.0.2.1", "2001:db8::1"}
    assert address in reserved or refusal(ipaddress.ip_address(address), allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_addresses_are_never_called(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), allow_private=True)
    assert refusal(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert refusal(ipaddress.ip_address(address), allow_private=False) is None


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(IntegrationError) as caught:
        checked_addresses(
            "a.example",
            443,
            allow_private=False,
            resolve=lambda host, port: ["8.8.8.8", "10.0.0.1"],
        )
    assert caught.value.reason == "address_refused"
    assert "a.example" in caught.value.detail
    assert "10.0.0.1" not in caught.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://2130706433:9/",
        "http://0x7f.1:9/",
        "http://127.1:9/",
        "http://0:9/",
        "http://[::ffff:127.0.0.1]:9/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
async def test_spellings_of_local_addresses_are_refused_by_both_clients(url: str) -> None:
    async with client() as guarded:
        with pytest.raises(IntegrationError) as caught:
            await guarded.get(url)
    assert caught.value.reason == "address_refused"
    session = requests.Session()
    guard(session, Network())
    with pytest.raises(IntegrationError) as caught:
        await asyncio.to_thread(session.get, url, timeout=5)
    assert caught.value.reason == "address_refused"


Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answers every request on a connection with the same bytes, and yields its port."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(speak, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


OK = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"


class Rebinding:
    """A name that answers with a public address once, and with a private one ever after."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)

    def __call__(self, host: str, port: int) -> Sequence[str]:
        return self.answers.pop(0)


async def test_the_checked_address_is_the_one_connected_to() -> None:
    rebinding = Rebinding(["127.0.0.1"], ["10.0.0.1"])
    async with server(OK) as port:
        transport = guarded_transport(allow_private=True, resolve=rebinding)
        async with client(transport=transport) as guarded:
            assert (await guarded.get(f"http://rebinding.example:{port}/")).text == "ok"
    assert rebinding.answers == [["10.0.0.1"]], "resolved once for one connection"


async def test_a_name_that_turned_private_is_refused_on_the_next_connection() -> None:
    transport = guarded_transport(resolve=Rebinding(["10.0.0.1"]))
    async with client(transport=transport) as guarded:
        with pytest.raises(IntegrationError):
            await guarded.get("http://rebinding.example/")


async def test_second_address_is_tried_where_the_first_is_dead() -> None:
    async with server(OK) as port:
        transport = guarded_transport(
            allow_private=True, resolve=lambda host, port: ["::1", "127.0.0.1"]
        )
        async with client(transport=transport) as guarded:
            assert (await guarded.get(f"http://two.example:{port}/")).status_code == 200


def certificate(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context, with a certificate for ``host`` that only this client
    trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    calling = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    return serving, calling


async def test_tls_verifies_the_name_although_the_address_is_dialled(tmp_path: Path) -> None:
    serving, calling = certificate(tmp_path, "tracker.example")

    async def get(host: str, context: ssl.SSLContext | bool, port: int) -> str:
        transport = guarded_transport(
            allow_private=True, resolve=lambda host, port: ["127.0.0.1"], verify=context
        )
        async with client(transport=transport) as guarded:
            return (await guarded.get(f"https://{host}:{port}/")).text

    async with server(OK, serving) as port:
        assert await get("tracker.example", calling, port) == "ok"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await get("another.example", calling, port)
        with pytest.raises(httpx.ConnectError, match="certificate"):
            await get("tracker.example", True, port)


async def test_an_answer_above_the_limit_is_not_read() -> None:
    async with server(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5000) as port:
        async with client(Network(allow_private=True), max_response_bytes=4999) as guarded:
            with pytest.raises(IntegrationError) as caught:
                await guarded.get(f"http://127.0.0.1:{port}/")
        assert caught.value.reason == "response_too_large"
        async with client(Network(allow_private=True), max_response_bytes=5000) as guarded:
            assert len((await guarded.get(f"http://127.0.0.1:{port}/")).content) == 5000


async def test_a_compressed_answer_nobody_asked_for_is_refused() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nzz"
    async with server(answer) as port, client(Network(allow_private=True)) as guarded:
        with pytest.raises(IntegrationError) as caught:
            await guarded.get(f"http://127.0.0.1:{port}/")
    assert caught.value.reason == "response_encoded"


async def test_redirects_are_not_followed() -> None:
    answer = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    async with server(answer) as port, client(Network(allow_private=True)) as guarded:
        assert (await guarded.get(f"http://127.0.0.1:{port}/")).status_code == 302


async def test_unknown_name_is_a_connect_error() -> None:
    async with client() as guarded:
        with pytest.raises(httpx.ConnectError):
            await guarded.get("http://nobody.invalid/")


async def test_another_transport_is_limited_all_the_same() -> None:
    mock = httpx.MockTransport(
        lambda request: httpx.Response(200, stream=httpx.ByteStream(b"x" * 100))
    )
    async with client(transport=mock, max_response_bytes=10) as guarded:
        with pytest.raises(IntegrationError):
            await guarded.get("http://a.example/")
        assert isinstance(guarded._transport, LimitedTransport)


async def test_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with server(OK) as port, client(Network(allow_private=True)) as guarded:
        assert (await guarded.get(f"http://127.0.0.1:{port}/")).status_code == 200
