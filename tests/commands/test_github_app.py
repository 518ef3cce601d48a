"""A GitHub App is connected from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.sandbox.server import SandboxServer
from tests.commands.command_line import Relay, command_line
from tests.scenes.github_app import app_key, install


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    """`relay` over a fresh database, with loopback trackers allowed."""
    return command_line(database_url, tmp_path, RELAY_ALLOW_PRIVATE_ADDRESSES="true")


def test_a_github_app_is_connected_with_its_key_piped_in(relay: Relay) -> None:
    relay("product", "add", "Tide")
    with SandboxServer() as sandbox:
        install(sandbox.state)
        where = ("--set", f"base_url={sandbox.url}", "--set", "repository=tide/app")
        add = ("tracker", "add", "repo", "--type", "github", *where, "--credential", "app_id=4711")
        oops = (*add, "--credential", "private_key=oops")
        assert "(secret_in_arguments)" in relay(*oops, fails=True).err
        relay(*add, typed=app_key().private)
        checked = relay("tracker", "check", "repo", "--json").json
    assert checked["ok"], checked
    shown = relay("tracker", "show", "repo", "--json")
    assert "PRIVATE KEY" not in shown.out
