"""Which ticket stands for a theme, and how a product answers, from the command line."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.commands.command_line import Relay, command_line

NOBODY = str(uuid.UUID(int=7))


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    call = command_line(database_url, tmp_path)
    call("product", "add", "Tide")
    return call


def test_what_is_not_there_is_not_linked(relay: Relay) -> None:
    assert "(theme_not_found)" in relay("ticket", "link", "dark mode", "17", fails=True).err
    assert "(theme_not_found)" in relay("ticket", "link", NOBODY, "17", fails=True).err
    assert "(theme_not_found)" in relay("ticket", "similar", NOBODY, fails=True).err
    for command in (("unlink", "17"), ("recreate", "17"), ("relink", "17", "18")):
        assert "(ticket_not_found)" in relay("ticket", *command, fails=True).err


def test_rules_of_answers_are_shown_and_changed(relay: Relay) -> None:
    assert relay("reply", "rules", "--json").json["drafted"] == "planned,shipped,declined"
    changed = relay(
        "reply", "rules", "--drafted", "shipped", "--automatic", "none", "--wait-minutes", "5",
        "--quiet-from", "22", "--quiet-until", "7", "--time-zone", "Europe/Berlin", "--json",
    ).json  # fmt: skip
    assert (changed["drafted"], changed["automatic"]) == ("shipped", "")
    assert (changed["quiet_from"], changed["quiet_until"]) == (22, 7)
    assert "Europe/Berlin" in relay("reply", "rules").out
    assert "(meaning_invalid)" in relay("reply", "rules", "--drafted", "soon", fails=True).err
    assert "(timezone_unknown)" in relay("reply", "rules", "--time-zone", "X", fails=True).err


def test_words_of_answers_are_shown_and_changed(relay: Relay) -> None:
    assert "usual words" in relay("reply", "template").err
    relay("reply", "template", "shipped", "--text", "Done: {title}")
    relay("reply", "template", "shipped", "--platform", "slack", "--text", "-", typed="Out now!\n")
    texts = {one["platform"]: one["text"] for one in relay("reply", "template", "--json").json}
    assert texts["slack"].strip() == "Out now!"
    assert texts[""] == "Done: {title}"
    relay("reply", "template", "shipped", "--text", "")
    left = [one["platform"] for one in relay("reply", "template", "--json").json]
    assert left == ["slack"]
    unclear = relay("reply", "template", "shipped", fails=True).err
    assert "(template_unclear)" in unclear
    unknown = relay("reply", "template", "shipped", "--text", "{nobody}", fails=True).err
    assert "(placeholder_unknown)" in unknown
