"""`relay rule`: rules are added, tried, changed and removed."""

from __future__ import annotations

from pathlib import Path

from tests.commands.command_line import Relay, command_line


def test_rules_are_added_tried_changed_and_removed(database_url: str, tmp_path: Path) -> None:
    relay: Relay = command_line(database_url, tmp_path)
    relay("product", "add", "Tide")
    relay("tracker", "add", "repo", "--type", "github", "--set", "repository=a/b", typed="t\n")
    filters = ("--kind", "bug", "--word", "crash", "--word", "data loss", "--people", "3")
    add = ("rule", "add", "Crashes", *filters, "--tracker", "repo", "--policy", "auto")
    tried = relay(*add, "--try", "--json").json
    assert [(one["rule_name"], one["matched"]) for one in tried["rules"]] == [
        ("Crashes", 0),
        ("", 0),
    ]
    assert relay("rule", "list", "--json").json == []
    (rule,) = relay(*add, "--json").json
    assert (rule["filters"]["words"], rule["policy"]) == (["crash", "data loss"], "auto")
    relay("rule", "add", "Legal", "--policy", "hold", "--position", "1")
    relay("rule", "set", "Crashes", "--word", "any", "--tracker", "any", "--policy", "review")
    first, second = relay("rule", "list", "--json").json
    assert (first["name"], first["policy"]) == ("Legal", "hold")
    assert (second["filters"]["words"], second["tracker_id"]) == ([], None)
    assert second["filters"]["min_people"] == 3
    refused = relay("rule", "set", "Crashes", "--tone", "sad", fails=True)
    assert "tones are some of" in refused.err
    assert "No rule is named 'Nobody'" in relay("rule", "remove", "Nobody", fails=True).err
    relay("rule", "remove", "Legal")
    assert [one["name"] for one in relay("rule", "list", "--json").json] == ["Crashes"]
