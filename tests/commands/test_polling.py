"""Polling from the command line: what lets us in, history, and why a source waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.command_line import Relay, command_line

KEY = "the-key-of-the-forum"


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    call = command_line(database_url, tmp_path)
    call("product", "add", "Tide")
    call("source", "add", "forum", "--platform", "discourse")
    return call


def test_credentials_then_history(relay: Relay) -> None:
    assert "(not_polled_yet)" in relay("source", "history", "forum", "--all", fails=True).err
    argument = relay("source", "credentials", "forum", "--credential", f"api_key={KEY}", fails=True)
    assert "(secret_in_arguments)" in argument.err
    entered = relay(
        "source", "credentials", "forum", "--credential", "api_username=ada", typed=f"{KEY}\n"
    )
    assert KEY not in entered.out + entered.err
    assert "(date_invalid)" in relay("source", "history", "forum", "--since", "May", fails=True).err
    started = relay("source", "history", "forum", "--since", "2026-01-31", "--json").json
    assert started["history"]["state"] == "running"
    assert started["history"]["since"] == "2026-01-31T00:00:00+00:00"
    assert "(history_running)" in relay("source", "history", "forum", "--all", fails=True).err
    assert "running" in relay("source", "history", "forum").out
    assert "cancelled" in relay("source", "history", "forum", "--cancel").out
    relay("source", "credentials", "forum", "--forget")
    assert "(not_polled_yet)" in relay("source", "poll", "forum", fails=True).err


def test_the_pace_and_the_switch(relay: Relay) -> None:
    relay("source", "credentials", "forum", "--credential", "api_username=ada", typed=f"{KEY}\n")
    assert "(interval_invalid)" in relay("source", "poll", "forum", "--every", "1", fails=True).err
    changed = relay("source", "poll", "forum", "--every", "600", "--disable", "--json").json
    assert (changed["interval_seconds"], changed["enabled"]) == (600, False)
    assert "switched off" in relay("source", "poll", "forum").out


def test_a_check_says_what_is_missing_before_a_source_can_be_polled(relay: Relay) -> None:
    lines = relay("source", "check", "forum", "--json", fails=True).json["findings"]
    assert "relay source credentials" in lines[-1]["remedy"]
    relay("source", "credentials", "forum", "--credential", "api_username=ada", typed=f"{KEY}\n")
    lines = relay("source", "check", "forum", "--json", fails=True).json["findings"]
    assert "Enter the forum's address (base_url)" in lines[-1]["detail"]


def test_a_feed_needs_nothing(relay: Relay) -> None:
    url = "url=https://forum.example/posts.rss"
    made = relay("source", "add", "posts", "--platform", "feed", "--set", url, "--json").json
    assert (made["secrets"], made["webhook_url"]) == ([], "")
    assert relay("source", "poll", "posts", "--json").json["has_credentials"] is False
    assert "(secret_unused)" in relay("source", "rotate", "posts", fails=True).err
