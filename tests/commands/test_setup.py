"""Setting up from the command line: products, sources, trackers, users, tokens; by name and by
id."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from integrations.sandbox.server import SandboxServer
from tests.commands.command_line import Relay, command_line


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    """`relay` over a fresh database, with loopback trackers allowed."""
    return command_line(
        database_url,
        tmp_path,
        RELAY_ALLOW_PRIVATE_ADDRESSES="true",
        RELAY_PUBLIC_URL="https://relay.example",
        MY_TOKEN="from-a-variable",
    )


def rows(url: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()


def test_a_product_is_added_listed_shown_and_changed(relay: Relay) -> None:
    made = relay(
        "product", "add", "Tide Water", "--policy", "auto", "--min-people", "3", "--json"
    ).json
    assert (made["slug"], made["policy"], made["auto_min_people"]) == ("tide-water", "auto", 3)
    assert "(name_taken)" in relay("product", "add", "Tide Water", fails=True).err
    for name in ("tide-water", "Tide Water", made["id"]):
        assert relay("product", "show", name, "--json").json["id"] == made["id"]
    relay("product", "set", "tide-water", "--policy", "hold", "--min-confidence", "0.8")
    [changed] = relay("product", "list", "--json").json
    assert (changed["policy"], changed["auto_min_people"], changed["auto_min_confidence"]) == (
        "hold",
        3,
        0.8,
    )
    assert (
        "(policy_invalid)"
        in relay("product", "set", "tide-water", "--policy", "maybe", fails=True).err
    )
    relay("product", "set", "tide-water", "--boldness", "bold")
    assert relay("product", "show", "tide-water", "--json").json["boldness"] == "bold"
    refused = relay("product", "set", "tide-water", "--boldness", "reckless", fails=True)
    assert "(boldness_invalid)" in refused.err
    assert "(product_not_found)" in relay("product", "show", "nobody", fails=True).err


def test_a_source_is_added_and_shown_with_its_address_and_secret(relay: Relay) -> None:
    relay("product", "add", "Tide")
    made = relay(
        "source",
        "add",
        "forum",
        "--platform",
        "discourse",
        "--set",
        "base_url=https://forum.example",
        "--json",
    ).json
    assert made["webhook_url"] == f"https://relay.example/hooks/{made['id']}"
    assert made["settings"]["base_url"] == "https://forum.example"
    shown = relay("source", "show", "forum").out
    assert made["webhook_url"] in shown
    assert made["secrets"][0] in shown
    assert "Discourse" in shown
    assert relay("source", "show", made["id"], "--json").json["secrets"] == made["secrets"]
    assert (
        "(unknown_platform)" in relay("source", "add", "x", "--platform", "myspace", fails=True).err
    )
    assert (
        "(settings_invalid)"
        in relay(
            "source", "add", "x", "--platform", "generic", "--set", "default_format=pdf", fails=True
        ).err
    )
    assert (
        "(option_invalid)"
        in relay("source", "add", "x", "--platform", "generic", "--set", "nothing", fails=True).err
    )


def test_a_secret_of_the_platform_is_piped_in_and_rotated(relay: Relay) -> None:
    relay("product", "add", "Tide")
    relay("source", "add", "chat", "--platform", "slack", "--ask-secret", typed="made-by-slack-1\n")
    assert relay("source", "show", "chat", "--json").json["secrets"] == ["made-by-slack-1"]
    relay("source", "rotate", "chat", "--ask-secret", typed="made-by-slack-2\n")
    assert relay("source", "show", "chat", "--json").json["secrets"] == [
        "made-by-slack-2",
        "made-by-slack-1",
    ]
    relay("source", "rotate", "chat", "--finish")
    assert relay("source", "show", "chat", "--json").json["secrets"] == ["made-by-slack-2"]
    assert (
        "(secret_missing)"
        in relay(
            "source", "add", "more", "--platform", "slack", "--ask-secret", typed="", fails=True
        ).err
    )
    assert "(secret_needed)" in relay("source", "rotate", "chat", fails=True).err
    relay("source", "add", "forum", "--platform", "generic")
    own = relay("source", "rotate", "forum").out.splitlines()[-1]
    assert relay("source", "show", "forum", "--json").json["secrets"][0] == own


def test_a_source_that_never_spoke_is_not_right_yet_and_can_be_removed(relay: Relay) -> None:
    relay("product", "add", "Tide")
    relay("source", "add", "forum", "--platform", "generic")
    found = {
        each["subject"]: each
        for each in relay("source", "check", "forum", "--json", fails=True).json["findings"]
    }
    assert found["settings"]["ok"]
    assert found["secret"]["ok"]
    assert not found["deliveries"]["ok"]
    assert "relay source show" in found["deliveries"]["remedy"]
    relay("source", "remove", "forum", typed="n\n", fails=True)
    assert len(relay("source", "list", "--json").json) == 1
    relay("source", "remove", "forum", "--yes")
    assert relay("source", "list", "--json").json == []


def test_a_name_that_several_products_use_asks_for_the_product(relay: Relay) -> None:
    for name in ("Tide", "Ebb"):
        relay("product", "add", name)
    assert (
        "(product_missing)"
        in relay("source", "add", "forum", "--platform", "generic", fails=True).err
    )
    for name in ("tide", "ebb"):
        relay("source", "add", "forum", "--platform", "generic", "-p", name)
    assert "(name_ambiguous)" in relay("source", "show", "forum", fails=True).err
    ebb = relay("product", "show", "ebb", "--json").json["id"]
    assert relay("source", "show", "forum", "-p", "ebb", "--json").json["product_id"] == ebb


def test_a_tracker_is_connected_checked_and_changed_without_a_secret_in_an_argument(
    relay: Relay, database_url: str
) -> None:
    relay("product", "add", "Tide")
    with SandboxServer() as sandbox:
        add = (
            "tracker",
            "add",
            "repo",
            "--type",
            "github",
            "--set",
            f"base_url={sandbox.url}",
            "--set",
            "repository=tide/app",
        )
        assert "(secret_in_arguments)" in relay(*add, "--credential", "token=oops", fails=True).err
        relay(*add, "--kinds", "bug", typed="a-piped-token\n")
        checked = relay("tracker", "check", "repo", "--json").json
        assert checked["ok"]
        assert len(checked["findings"]) > 1
    shown = relay("tracker", "show", "repo", "--json")
    assert shown.json["kinds"] == "bug"
    assert "a-piped-token" not in shown.out
    assert relay("tracker", "check", "repo", fails=True).out, "the sandbox is gone"
    before = bytes(rows(database_url, "select credentials from tracker")[0]["credentials"])
    assert b"a-piped-token" not in before
    relay(
        "tracker",
        "set",
        "repo",
        "--kinds",
        "bug,feature",
        "--credential-env",
        "token=MY_TOKEN",
        "--disable",
    )
    [after] = rows(database_url, "select * from tracker")
    assert after["kinds"] == "bug,feature"
    assert not after["enabled"]
    assert bytes(after["credentials"]) != before
    assert after["settings"]["repository"] == "tide/app"
    assert (
        "(secret_missing)"
        in relay("tracker", "set", "repo", "--credential-env", "token=UNSET", fails=True).err
    )
    relay("tracker", "remove", "repo", "--yes")
    assert rows(database_url, "select 1 from tracker") == []


def test_a_settings_value_may_be_json(relay: Relay) -> None:
    relay("product", "add", "Tide")
    fields = json.dumps({"customfield_1": {"value": "web"}})
    made = relay(
        *(
            "tracker",
            "add",
            "jira",
            "--type",
            "jira",
            "--set",
            "base_url=https://tide.example",
            "--set",
            "project=TIDE",
        ),
        *("--set", f"extra_fields={fields}", "--credential", "email=bot@tide.example", "--json"),
        typed="token\n",
    ).json
    assert made["settings"]["extra_fields"] == {"customfield_1": {"value": "web"}}


def test_a_product_check_says_what_is_still_missing(relay: Relay) -> None:
    relay("product", "add", "Tide")
    found = relay("product", "check", "tide", "--json", fails=True).json["findings"]
    remedies = " ".join(each["remedy"] for each in found)
    assert "relay source add" in remedies
    assert "--kinds bug" in remedies
    assert "--kinds request" in remedies


def test_users_come_change_their_password_and_go_but_the_last_administrator_stays(
    relay: Relay, database_url: str
) -> None:
    relay("user", "add", "ann@tide.example", "--role", "admin", typed="correct horse\n")
    generated = relay("user", "add", "bob@tide.example", "--generate").out.splitlines()[-1]
    assert generated.startswith("Password: ")
    generated = generated.removeprefix("Password: ")
    assert len(generated) >= 12
    hashes = {
        row["email"]: row["password_hash"]
        for row in rows(database_url, "select * from user_account")
    }
    relay("user", "password", "BOB@tide.example", typed="another password\n")
    assert (
        rows(database_url, "select * from user_account where email like 'bob%'")[0]["password_hash"]
        != hashes["bob@tide.example"]
    )
    assert (
        "(password_invalid)"
        in relay("user", "add", "c@tide.example", typed="short\n", fails=True).err
    )
    assert (
        "(role_invalid)" in relay("user", "add", "c@tide.example", "--role", "king", fails=True).err
    )
    assert [row[0] for row in relay("user", "list").rows] == [
        "email",
        "ann@tide.example",
        "bob@tide.example",
    ]
    relay("user", "remove", "bob@tide.example", "--yes")
    assert "(last_admin)" in relay("user", "remove", "ann@tide.example", "--yes", fails=True).err


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(relay: Relay) -> None:
    clear = relay("token", "add", "reports", "--scope", "read").out.strip()
    assert clear.startswith("relay_")
    listed = relay("token", "list", "--json")
    assert clear not in listed.out
    assert listed.json[0]["scopes"] == ["read"]
    relay("token", "revoke", "reports")
    assert relay("token", "list", "--json").json[0]["revoked_at"]
    again = relay("token", "add", "reports", "--scope", "triage", "--json").json
    relay("token", "revoke", "reports")
    assert all(each["revoked_at"] for each in relay("token", "list", "--json").json)
    assert again["token"].startswith("relay_")
    assert "(scope_unknown)" in relay("token", "add", "x", "--scope", "all", fails=True).err


def test_a_blocked_ticket_is_listed_and_tried_again(relay: Relay, database_url: str) -> None:
    product = relay("product", "add", "Tide", "--json").json["id"]
    relay(
        *("tracker", "add", "repo", "--type", "github", "--set", "repository=tide/app"),
        typed="token\n",
    )
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "with t as (insert into theme (id, product_id, kind, title) values (gen_random_uuid(), "
            "%s, 'bug', 'Crash')"
            " returning id) insert into ticket (id, product_id, theme_id, tracker_id, marker, "
            "state, reason)"
            " select gen_random_uuid(), %s, t.id, r.id, 'relay-1', 'blocked', 'field_missing' from "
            "t, tracker r",
            [product, product],
        )
    [ticket] = relay("ticket", "list", "--state", "blocked", "--json").json
    assert ticket["theme_title"] == "Crash"
    assert ticket["reason"] == "field_missing"
    assert "Field missing (field_missing)" in relay("ticket", "list").out
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "update ticket set detail = 'Jira wants a component.', remote_key = '17'"
        )
    assert "Jira wants a component. (field_missing)" in relay("ticket", "list").out
    relay("ticket", "retry", "#17")
    relay("ticket", "retry", ticket["id"][:8])
    [row] = rows(database_url, "select * from ticket")
    assert (row["state"], row["reason"]) == ("pending", "")
    assert row["due_at"] is not None
    assert relay("ticket", "list", "--tracker", "repo").rows[1][:2] == ["pending", "repo"]
    assert "(ticket_not_found)" in relay("ticket", "retry", "TIDE-1", fails=True).err
    for option, known in (("--status", "declined"), ("--state", "blocked")):
        refused = relay("ticket", "list", option, "shipped", fails=True).err
        assert "shipped" in refused
        assert known in refused


def test_failed_deliveries_go_back_into_the_queue(relay: Relay, database_url: str) -> None:
    relay("product", "add", "Tide")
    for name in ("one", "two"):
        relay("source", "add", name, "--platform", "generic")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into delivery (product_id, source_id, dedup_key, body, stage, reason)"
            " select product_id, id, 'k', '{}', 'failed', 'wrong_shape' from source"
        )
    assert "(replay_unclear)" in relay("replay", fails=True).err
    relay("replay", "--failed", "--source", "one")
    stages = rows(
        database_url,
        "select s.name, d.stage, d.id from delivery d join source s on s.id = d.source_id",
    )
    assert {row["name"]: row["stage"] for row in stages} == {"one": "received", "two": "failed"}
    [left] = [row["id"] for row in stages if row["name"] == "two"]
    relay("replay", "--delivery", str(left))
    assert rows(database_url, "select 1 from delivery where stage = 'failed'") == []
    assert "(delivery_not_found)" in relay("replay", "--delivery", "999999", fails=True).err


def test_a_source_is_told_to_keep_private_words(relay: Relay, database_url: str) -> None:
    relay("product", "add", "Tide")
    relay("source", "add", "forum", "--platform", "discourse", "--set", "login_required=true")
    relay("source", "set", "forum", "--set", "keep_private=true", "--name", "Forum", "--disable")
    [source] = rows(database_url, "select name, settings, enabled from source")
    assert (source["name"], source["enabled"]) == ("Forum", False)
    assert (source["settings"]["keep_private"], source["settings"]["login_required"]) == (
        True,
        True,
    )
