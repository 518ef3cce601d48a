"""Refusals and hints read as sentences of people, and name fields as they were sent."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.commands import output
from app.commands.options import options
from app.storage.db import Database
from app.web.words import ticket_name
from integrations import registry
from integrations.contract import Inbound, PayloadError
from integrations.failures import from_status
from tests.api.calling import bearer
from tests.commands.command_line import command_line

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"type": "comment.created", "data": {"id": "1"}}', "data.thread is missing."),
        (
            b'{"type": "comment.created", "data": [{"id": "1", "thread": {"id": "t"}}]}',
            "data[0].author is missing.",
        ),
        (
            b'{"type": "comment.created", "data": [7]}',
            "data[0] should be an object.",
        ),
        (b'{"type": "comment.created"}', "data is missing."),
        (b"{}", "type is missing; send comment.created, comment.edited or comment.deleted."),
        (
            b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            "The body is JSON that is nested too deeply to be read.",
        ),
        (b"{", "The body is not JSON."),
    ],
)
def test_what_is_wrong_with_a_delivery(body: bytes, detail: str) -> None:
    validate = registry.source("generic").validate
    assert validate is not None
    with pytest.raises(PayloadError) as refused:
        validate(Inbound("POST", {}, body, {}, NOW))
    assert refused.value.detail == detail


async def test_what_is_wrong_with_a_call(client: httpx.AsyncClient, database: Database) -> None:
    headers = await bearer(database)
    answer = await client.post("/api/v1/products", json={"colour": "red"}, headers=headers)
    assert (
        answer.json()["detail"]
        == "Correct what was sent: body.name is missing; body.colour is not a known field."
    )
    assert answer.json()["errors"][0] == {"field": "body.name", "message": "is missing"}
    answer = await client.get("/api/v1/themes?limit=x&min_people=-1", headers=headers)
    assert answer.json()["detail"] == (
        "Correct what was sent: query.min_people should be at least 0;"
        " query.limit should be a whole number."
    )


def test_a_tracker_that_asks_to_wait() -> None:
    error = from_status("GitHub", 429, {"retry-after": "60"}, [], now=NOW)
    assert (
        error.detail
        == "GitHub asks for fewer calls. Nothing is sent there for 60 s, then it goes on by itself."
    )


def test_a_ticket_is_named_as_people_do() -> None:
    assert (ticket_name("1"), ticket_name("TIDE-1"), ticket_name("")) == ("#1", "TIDE-1", "")


def test_commands_of_the_demo_lead_to_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Run `relay doctor` or relay source add NAME; Feedback Relay, relay --demo status"
    assert output.commands(said) == said
    monkeypatch.setattr(options, "demo", True)
    expected = (
        "Run `relay --demo doctor` or relay --demo source add NAME; "
        "Feedback Relay, relay --demo status"
    )
    assert output.commands(said) == expected


def test_what_was_done_leads_to_the_demo_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options, "demo", True)
    output.done("The worker looks at 3 tickets: relay ticket list --drifting")
    assert "relay --demo ticket list --drifting" in capsys.readouterr().out


def test_a_hint_after_a_demo_command(database_url: str, tmp_path: Path) -> None:
    relay = command_line(database_url, tmp_path)
    made = relay("--demo", "product", "add", "Tide")
    assert "relay --demo source add NAME" in made.err
    assert "relay source add NAME" in relay("product", "add", "Ebb").err
