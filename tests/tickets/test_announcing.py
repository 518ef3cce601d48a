"""A ticket gets a comment at thresholds, once for each, and else none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from app.tickets.announcing import what_is_new, what_is_reached
from integrations.sandbox.server import SandboxServer
from integrations.ticket_facts import Fact, Often
from integrations.tracker_contract import Draft
from tests.scenes.pushing import Bench, open_bench

TEXT = "export to pdf crashes"
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def draft(people: int = 3, **changes: Any) -> Draft:
    empty: dict[str, Any] = {"quotes": (), "threads": (), "labels": ()}
    values = {"first_seen": NOW, "last_seen": NOW, "theme_url": "", **empty, **changes}
    return Draft("relay-1", "T", "bug", "Tide", people, people, **values)


def test_each_number_of_people_is_told_once() -> None:
    was = what_is_reached(draft(9))
    assert what_is_new(was, draft(9)) == []
    assert what_is_new(was, draft(12)) == ["12 people speak of this now."]
    was = what_is_reached(draft(12))
    assert what_is_new(was, draft(49)) == []
    assert what_is_new(was, draft(120)) == ["120 people speak of this now."]


def test_a_rise_is_told_when_it_begins() -> None:
    calm, rising = Often(NOW, 9, 1), Often(NOW, 12, 4)
    was = what_is_reached(draft(often=calm))
    assert "12 comments in a week, after 4" in what_is_new(was, draft(often=rising))[0]
    assert what_is_new(what_is_reached(draft(often=rising)), draft(often=rising)) == []
    assert what_is_new(was, draft(often=Often(NOW, 12, 5))) == []


def test_a_version_is_new_where_others_were_named_before() -> None:
    first = [Fact("Versions", [("2.3.1", 2)])]
    second = [Fact("Versions", [("2.3.1", 2), ("2.4.0", 2), ("9.9.9", 1)])]
    was = what_is_reached(draft(facts=first))
    assert what_is_new(was, draft(facts=second)) == [
        "People name a version that they did not name before: 2.4.0."
    ]
    assert what_is_new(what_is_reached(draft()), draft(facts=first)) == []


@pytest.fixture(params=["github", "jira"])
async def bench(
    request: pytest.FixtureRequest, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Bench]:
    with SandboxServer() as sandbox:
        yield await open_bench(database, settings, vault, sandbox, request.param)


async def people_say(bench: Bench, first: int, last: int) -> None:
    for number in range(first, last):
        await bench.forum.say(TEXT, f"p{number}")
    await bench.forum.work()
    await bench.push()


async def test_ten_people_are_told_of_once(bench: Bench) -> None:
    await bench.theme(TEXT, people=2)
    await bench.push()
    await people_say(bench, 2, 9)
    assert bench.tickets[0].comments == []
    await people_say(bench, 9, 11)
    await people_say(bench, 11, 13)
    (comment,) = bench.tickets[0].comments
    assert "11 people speak of this now." in str(comment.body)
    assert "http://relay.test/themes/" in str(comment.body)


async def test_a_ticket_that_was_there_before_only_begins_to_count(bench: Bench) -> None:
    await bench.theme(TEXT, people=12)
    await bench.push()
    await bench.push()
    assert bench.tickets[0].comments == []
    row = await bench.ticket()
    assert row["announced"]["people"] == 10


async def test_it_can_be_switched_off(bench: Bench) -> None:
    await bench.forum.rows("update tracker set announces = false returning id")
    await bench.theme(TEXT, people=2)
    await bench.push()
    await people_say(bench, 2, 12)
    assert bench.tickets[0].comments == []
