"""A source's health from the command line: trying the way in, settings, and reading again."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.commands.command_line import Relay, command_line

KEY = "the-key-of-the-forum"
ADD_DELIVERIES = """
    insert into delivery (product_id, source_id, dedup_key, body, event, stage, finished_at)
    select product_id, id, n::text, '{"key": 7, "words": "It crashes"}', 'json.received',
           case when n = 1 then 'failed' else 'parsed' end, now()
    from source, generate_series(1, 3) n where platform = 'json_webhook'
"""


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    call = command_line(database_url, tmp_path, RELAY_PUBLIC_URL="http://127.0.0.1:9")
    call("product", "add", "Tide")
    call("source", "add", "forms", "--platform", "json_webhook")
    return call


def test_the_way_in_is_tried(relay: Relay) -> None:
    answer = relay("source", "test", "forms", fails=True)
    assert "Nothing answers at http://127.0.0.1:9/hooks/" in answer.out
    assert relay("source", "test", "forms", "--json", fails=True).json["status"] == 0
    relay("source", "add", "posts", "--platform", "feed", "--set", "url=https://a.example/")
    assert "(test_not_possible)" in relay("source", "test", "posts", fails=True).err


def test_settings_are_tried_and_deliveries_read_again(relay: Relay, database_url: str) -> None:
    assert "(delivery_not_found)" in relay("source", "try", "forms", fails=True).err
    with psycopg.connect(database_url) as connection:
        connection.execute(ADD_DELIVERIES)
    chosen = ("--set", "id=key", "--set", "text=words")
    assert "It crashes" in relay("source", "try", "forms", *chosen).out
    tried = relay("source", "try", "forms", *chosen, "--json").json
    assert [comment["external_id"] for comment in tried["comments"]] == ["7"]
    wrong = relay("source", "try", "forms", "--set", "text=a.[", fails=True)
    assert "(settings_invalid)" in wrong.err
    assert relay("source", "try", "forms", "--json").json["comments"] == []

    assert "(replay_unclear)" in relay("replay", fails=True).err
    assert "(replay_unclear)" in relay("replay", "--text", "crashes", fails=True).err
    both = relay("replay", "--failed", "--source", "forms", "--text", "crashes", fails=True)
    assert "(replay_unclear)" in both.err
    assert "1 back" in relay("replay", "--source", "forms", "--outcome", "failed").out
    assert "2 back" in relay("replay", "--source", "forms", "--text", "CRASHES").out
    assert "0 back" in relay("replay", "--source", "forms", "--event", "other").out


def test_the_end_of_credentials_is_entered(relay: Relay) -> None:
    relay("source", "add", "forum", "--platform", "discourse")
    ends = ("source", "credentials", "forum", "--ends", "2020-01-31")
    assert "(not_polled_yet)" in relay(*ends, fails=True).err
    named = ("--credential", "api_username=ada")
    relay("source", "credentials", "forum", *named, typed=f"{KEY}\n")
    relay(*ends)
    state = relay("source", "poll", "forum", "--json").json
    assert state["credentials_end_at"] == "2020-01-31T00:00:00+00:00"
    lines = relay("source", "check", "forum", "--json", fails=True).json["findings"]
    ended = [line for line in lines if line["subject"] == "Credentials"]
    assert [line["ok"] for line in ended] == [False]
    assert "ended on 2020-01-31" in ended[0]["detail"]
    assert "ended on 2020-01-31" in relay("doctor", fails=True).out
