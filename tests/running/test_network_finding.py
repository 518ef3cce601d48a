"""What `relay doctor` says of the way out of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from app.config import Settings
from app.running.machine_findings import network_finding
from tests.scenes.company import Authority


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_nothing_set_goes_straight() -> None:
    finding = network_finding(Settings())
    assert finding.ok
    assert finding.detail == "Calls go straight."


def test_the_proxy_is_named_without_its_password(tmp_path: Path) -> None:
    file = Authority(tmp_path).file
    settings = Settings(proxy=SecretStr("http://relay:hunter2@proxy.example:3128"), ca_file=file)
    finding = network_finding(settings)
    assert finding.ok
    assert "http://proxy.example:3128" in finding.detail
    assert str(file) in finding.detail
    assert "hunter2" not in finding.detail


def test_variables_that_everybody_reads_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert "http://proxy.example:3128" in network_finding(Settings()).detail


def test_a_file_that_two_variables_name_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(Authority(tmp_path).file)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, file)
    assert network_finding(Settings()).detail.count(file) == 1


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "SSL_CERT_FILE"])
def test_what_cannot_be_used_is_told(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "socks5://:hunter2@proxy.example")
    finding = network_finding(Settings())
    assert not finding.ok
    assert finding.remedy


def test_a_proxy_setting_that_cannot_be_used_stops_the_start() -> None:
    with pytest.raises(ValidationError, match="write it as http"):
        Settings(proxy=SecretStr("socks5://proxy.example:1"))
