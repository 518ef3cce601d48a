"""Trackers inside a company: behind a certificate of its own authority, and behind a proxy."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations import registry
from integrations.contract import IntegrationError
from integrations.http import RoutedTransport, client
from integrations.network import Network, network_of, read_proxy
from integrations.tracker_contract import Finding
from tests.scenes.company import (
    AUTHORITY_NAME,
    Authority,
    CompanyProxy,
    Serving,
    running,
    tracker_over_tls,
)

HOST = "tracker.corp.example"
KINDS = ("github", "jira")
SETTINGS = {
    "github": {"repository": "acme/app"},
    "jira": {"project": "APP", "deployment": "data_center"},
}


async def first_finding(kind: str, base_url: str, network: Network) -> Finding:
    """What the check of a tracker says first: whether it knows our account."""
    tracker_type = registry.tracker(kind)
    tracker = tracker_type.open(
        tracker_type.settings.model_validate({**SETTINGS[kind], "base_url": base_url}),
        tracker_type.credentials.model_validate({"token": "a-secret-token"}),
        network=network,
    )
    try:
        return (await tracker.check())[0]
    finally:
        await tracker.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def local_tracker(authority: Authority) -> Iterator[Serving]:
    with tracker_over_tls(authority.serving("localhost")) as server:
        yield server


@pytest.fixture
def inner_tracker(authority: Authority) -> Iterator[Serving]:
    """One whose name nobody but the proxy knows."""
    with tracker_over_tls(authority.serving(HOST)) as server:
        yield server


@pytest.mark.parametrize("kind", KINDS)
async def test_a_missing_authority_is_named(kind: str, local_tracker: Serving) -> None:
    network = Network(allow_private=True)
    finding = await first_finding(kind, f"https://localhost:{local_tracker.port}", network)
    assert not finding.ok
    assert f"issued by “{AUTHORITY_NAME}”" in finding.detail
    assert "_ssl.c" not in finding.detail
    assert "RELAY_CA_FILE" in finding.remedy
    assert local_tracker.heard == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variable", ["ca_file", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_an_authority_of_ones_own_is_trusted(
    kind: str, variable: str, authority: Authority, local_tracker: Serving
) -> None:
    file = str(authority.file)
    if variable == "ca_file":
        network = network_of({}, allow_private=True, ca_file=file)
    else:
        network = network_of({variable: file}, allow_private=True)
    finding = await first_finding(kind, f"https://localhost:{local_tracker.port}", network)
    assert finding.ok, finding


async def test_a_folder_of_authorities_is_trusted(
    tmp_path: Path, authority: Authority, local_tracker: Serving
) -> None:
    # OpenSSL finds a certificate by the hash of its subject, so a folder without one trusts nobody.
    network = network_of({"SSL_CERT_DIR": str(tmp_path)}, allow_private=True)
    finding = await first_finding("github", f"https://localhost:{local_tracker.port}", network)
    assert AUTHORITY_NAME in finding.detail


@pytest.mark.parametrize("kind", KINDS)
async def test_an_expired_certificate_says_its_days(kind: str, authority: Authority) -> None:
    with tracker_over_tls(authority.serving("localhost", days=-5)) as server:
        network = Network(allow_private=True, ca_file=str(authority.file))
        finding = await first_finding(kind, f"https://localhost:{server.port}", network)
    assert "is valid from" in finding.detail


@pytest.mark.parametrize("kind", KINDS)
async def test_a_certificate_of_another_name_says_whose(
    kind: str, authority: Authority, inner_tracker: Serving
) -> None:
    network = Network(allow_private=True, ca_file=str(authority.file))
    finding = await first_finding(kind, f"https://localhost:{inner_tracker.port}", network)
    assert f"it is for {HOST}" in finding.detail


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_without_certificates_is_named(
    kind: str, tmp_path: Path, local_tracker: Serving
) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    network = Network(allow_private=True, ca_file=str(tmp_path / "empty.pem"))
    finding = await first_finding(kind, f"https://localhost:{local_tracker.port}", network)
    assert "empty.pem (RELAY_CA_FILE) holds no certificates" in finding.detail


@pytest.mark.parametrize("kind", KINDS)
async def test_only_the_proxy_leads_out(
    kind: str, authority: Authority, inner_tracker: Serving
) -> None:
    with running(CompanyProxy(inner_tracker.port, account="relay:p@ss:w")) as proxy:
        network = network_of(
            {"HTTPS_PROXY": f"http://relay:p%40ss%3Aw@127.0.0.1:{proxy.port}"},
            ca_file=str(authority.file),
        )
        finding = await first_finding(kind, f"https://{HOST}", network)
    assert finding.ok, finding
    assert {line.rpartition(" ")[0] for line in proxy.heard} == {f"CONNECT {HOST}:443"}
    assert not any("Proxy-Authorization" in headers for headers in inner_tracker.heard)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_missing_authority_is_named_through_a_proxy(
    kind: str, inner_tracker: Serving
) -> None:
    with running(CompanyProxy(inner_tracker.port)) as proxy:
        network = Network(https_proxy=f"http://127.0.0.1:{proxy.port}")
        finding = await first_finding(kind, f"https://{HOST}", network)
    assert f"issued by “{AUTHORITY_NAME}”" in finding.detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("refusal", "sentence"),
    [
        (407, "wants a user and a password"),
        (403, f"does not let calls to {HOST} through (403)"),
        (502, f"cannot reach {HOST} (502)"),
    ],
)
async def test_a_refusal_of_the_proxy_is_told(kind: str, refusal: int, sentence: str) -> None:
    with running(CompanyProxy(9, refusal=refusal)) as proxy:
        network = Network(https_proxy=f"http://relay:hunter2@127.0.0.1:{proxy.port}")
        finding = await first_finding(kind, f"https://{HOST}", network)
    assert sentence in finding.detail
    assert f"http://127.0.0.1:{proxy.port}" in finding.detail
    assert "hunter2" not in str(finding)
    assert "RELAY_PROXY" in finding.remedy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_dead_proxy_is_told(kind: str, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    address = f"http://relay:hunter2@127.0.0.1:{port}"
    network = Network(http_proxy=address, https_proxy=address)
    finding = await first_finding(kind, f"{scheme}://{HOST}", network)
    assert f"No connection to the proxy http://127.0.0.1:{port}." in finding.detail
    assert "hunter2" not in str(finding)


@pytest.mark.parametrize("kind", KINDS)
async def test_plain_http_goes_through_it_as_well(kind: str) -> None:
    with running(CompanyProxy(9, account="relay:x")) as proxy:
        let_in = Network(http_proxy=f"http://relay:x@127.0.0.1:{proxy.port}")
        assert (await first_finding(kind, f"http://{HOST}", let_in)).ok
        stranger = Network(http_proxy=f"http://127.0.0.1:{proxy.port}")
        finding = await first_finding(kind, f"http://{HOST}", stranger)
    assert "wants a user and a password" in finding.detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "0xa9fea9fe",
        "[::ffff:169.254.169.254]",
        "10.0.0.7",
        "167772167",
        "metadata.google.internal",
        "METADATA",
        "jira",
        "jira.corp",
        "wiki.intranet",
    ],
)
async def test_the_proxy_is_no_way_inside(kind: str, host: str) -> None:
    with running(CompanyProxy(9)) as proxy:
        network = Network(https_proxy=f"http://127.0.0.1:{proxy.port}")
        finding = await first_finding(kind, f"https://{host}", network)
    assert "so it was not called" in finding.detail
    assert proxy.heard == []


async def test_a_name_that_is_known_here_is_checked_before_the_proxy_is_asked() -> None:
    with running(CompanyProxy(9)) as proxy:
        network = Network(https_proxy=f"http://127.0.0.1:{proxy.port}")
        transport = RoutedTransport(network, lambda host, port: ["8.8.8.8", "192.168.1.1"])
        async with client(transport=transport) as guarded:
            with pytest.raises(IntegrationError) as caught:
                await guarded.get("https://rebinding.example/")
    assert caught.value.reason == "address_refused"
    assert proxy.heard == []


async def test_metadata_stays_closed_where_private_addresses_are_open() -> None:
    with running(CompanyProxy(9)) as proxy:
        network = Network(allow_private=True, https_proxy=f"http://127.0.0.1:{proxy.port}")
        finding = await first_finding("github", "https://metadata.google.internal", network)
        assert "so it was not called" in finding.detail
        assert proxy.heard == []


async def test_exceptions_of_the_proxy_are_called_straight_and_guarded(
    authority: Authority, local_tracker: Serving
) -> None:
    network = network_of(
        {"https_proxy": "http://127.0.0.1:9", "no_proxy": "10.0.0.0/8"},
        ca_file=str(authority.file),
        allow_private=True,
    )
    base_url = f"https://localhost:{local_tracker.port}"
    assert (await first_finding("github", base_url, network)).ok
    closed = network_of({"https_proxy": "http://127.0.0.1:9", "no_proxy": "10.0.0.0/8"})
    assert "so it was not called" in (await first_finding("github", base_url, closed)).detail
    inner = await first_finding("jira", "https://10.1.2.3", closed)
    assert "so it was not called" in inner.detail


@pytest.mark.parametrize(
    ("pattern", "host", "port", "straight"),
    [
        ("example.com", "example.com", 443, True),
        ("example.com", "jira.example.com", 443, True),
        (".example.com", "jira.example.com", 443, True),
        ("*.example.com", "jira.example.com", 443, True),
        ("example.com", "badexample.com", 443, False),
        ("jira.example.com:8443", "jira.example.com", 8443, True),
        ("jira.example.com:8443", "jira.example.com", 443, False),
        ("10.0.0.0/8", "10.9.8.7", 443, True),
        ("10.0.0.0/8", "11.9.8.7", 443, False),
        ("10.0.0.1:8080", "10.0.0.1", 8080, True),
        ("fd00::/8", "fd12::1", 443, True),
        ("[fd12::1]:8443", "fd12::1", 443, False),
        ("*", "anything.example", 443, True),
        ("", "anything.example", 443, False),
        ("other.example", "127.0.0.1", 443, True),
        ("other.example", "localhost", 443, True),
    ],
)
def test_exceptions_are_read_as_everywhere(
    pattern: str, host: str, port: int, straight: bool
) -> None:
    network = network_of({"HTTPS_PROXY": "proxy.example:3128"}, no_proxy=pattern)
    assert (network.proxy_for("https", host, port) is None) is straight


def test_the_services_own_setting_wins_over_the_variables() -> None:
    variables = {"HTTPS_PROXY": "http://theirs.example:1", "HTTP_PROXY": "http://theirs.example:1"}
    network = network_of(variables, proxy="http://ours.example:2")
    for scheme in ("http", "https"):
        proxy = network.proxy_for(scheme, HOST, None)
        assert proxy is not None
        assert proxy.host == "ours.example"


@pytest.mark.parametrize("text", ["socks5://relay:hunter2@p.example:1", "http://", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(IntegrationError) as caught:
        read_proxy(text)
    assert caught.value.reason == "proxy_invalid"
    assert "hunter2" not in str(caught.value)


def test_a_network_does_not_show_the_password_of_its_proxy() -> None:
    network = Network(https_proxy="http://relay:hunter2@p.example:1")
    assert "hunter2" not in repr(network)
    assert "hunter2" not in repr(network.proxy_for("https", HOST, 443))


async def test_two_variables_that_name_files_are_both_read(
    authority: Authority, local_tracker: Serving, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "Another CA")
    network = network_of(
        {"SSL_CERT_FILE": str(other.file), "REQUESTS_CA_BUNDLE": str(authority.file)},
        allow_private=True,
    )
    assert (await first_finding("jira", f"https://localhost:{local_tracker.port}", network)).ok
