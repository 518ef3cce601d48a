"""`relay question` and `relay promise`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.storage.db import Database
from tests.commands.command_line import Relay, command_line
from tests.scenes.conversations import Conversations, add_conversations


@pytest.fixture
def relay(database_url: str, tmp_path: Path) -> Relay:
    """`relay` over a fresh migrated database."""
    return command_line(database_url, tmp_path)


@pytest.fixture
def community(database_url: str) -> Conversations:
    """A small community whose days lie before the test's clock, whatever it shows."""

    async def fill() -> Conversations:
        database = Database(database_url)
        await database.open()
        try:
            async with database.transaction() as c:
                return await add_conversations(c, 5, 60, days=20, now=datetime.now(UTC))
        finally:
            await database.close()

    return asyncio.run(fill())


def test_questions_are_listed_measured_and_linked(relay: Relay, community: Conversations) -> None:
    asked = community.questions(datetime.min.replace(tzinfo=UTC), datetime.now(UTC))
    waiting = [one.id for one in asked if community.answered_at(one) is None]
    listed = relay("question", "list", "--limit", "200", "--json").json
    assert [row["comment_id"] for row in listed] == waiting
    times = relay("question", "times", "--json").json
    assert times["asked"] == len(asked)
    assert times["answered"] == len(asked) - len(waiting)
    done = next(one.id for one in asked if one.id not in waiting)
    assert "Linked." in relay("question", "link", str(waiting[0]), str(done)).out
    rows = relay("question", "list", "--limit", "200").rows
    assert [row[-1] for row in rows[1:]] == [str(number) for number in waiting[1:]]
    relay("question", "list", "--state", "lost", fails=True)
    like = relay("question", "answers", str(waiting[1]), "--json").json
    assert not {row["comment_id"] for row in like} & set(waiting[1:])


def test_promises_are_written_down_and_settled(relay: Relay, community: Conversations) -> None:
    number = str(next(one.id for one in community.spoken if not one.deleted))
    relay("promise", "add", "A guide", "--comment", number, "--due", "2020-11-19")
    relay("promise", "add", "A call", "--to", "Kim")
    late = relay("promise", "list", "--state", "overdue", "--json").json
    assert [row["words"] for row in late] == ["A guide"]
    assert [row["words"] for row in relay("promise", "list", "--json").json] == [
        "A guide",
        "A call",
    ]
    relay("promise", "keep", str(late[0]["id"]), "--evidence", "https://docs.example.org")
    relay("promise", "withdraw", str(late[0]["id"]))
    assert relay("promise", "list").rows[1][4] == "A call"
    relay("promise", "add", "Nothing", fails=True)
    relay("promise", "add", "A day", "--to", "Kim", "--due", "soon", fails=True)


def test_insights_are_numbers_of_a_span(relay: Relay, community: Conversations) -> None:
    since = datetime.now(UTC) - timedelta(days=40)
    first = f"{since:%Y-%m-%d}"
    metrics = relay("insights", "--from", first, "--json").json
    assert metrics["figures"]["comments"] == len(list(community.said(since, datetime.now(UTC))))
    rows = relay("insights", "--from", first, "--compare", "year").rows
    assert ["comments", str(metrics["figures"]["comments"]), "0"] in rows
    relay("insights", "--from", "2026-11-20", "--to", "2026-11-01", fails=True)
    relay("insights", "--compare", "nothing", fails=True)


def test_a_digest_is_shown_by_its_period(relay: Relay, community: Conversations) -> None:
    shown = relay("digest", "2026-W46", "--json").json
    assert shown["period"] == "2026-W46"
    assert [figure["name"] for figure in shown["figures"]] == [
        "people_heard",
        "reply_coverage",
        "net_tone",
        "theme_closure",
        "told_of_shipped",
    ]
    named = relay("digest", "--product", "atlas", "--tz", "Europe/Berlin").out
    assert named.startswith("Atlas: week ")
    assert "PROMISES DUE UNTIL" in named
    relay("digest", "2026-W60", fails=True)


def test_somebody_is_subscribed_to_digests(relay: Relay, community: Conversations) -> None:
    relay("digest", "subscribe", "--channel", "email", "--to", "kim@example.org", "--daily")
    (row,) = relay("digest", "subscriptions", "--json").json
    assert (row["shown"], row["frequency"], row["last_state"]) == ("kim@example.org", "daily", None)
    refused = relay("digest", "send", "--to", row["id"], fails=True)
    assert "RELAY_SMTP_HOST" in refused.err
    assert "RELAY_SMTP_HOST" in relay("digest", "send", "--to", "kim@x.org", fails=True).err
    relay("digest", "subscribe", "--channel", "email", fails=True)
    relay("digest", "unsubscribe", row["id"])
    assert relay("digest", "subscriptions", "--json").json == []
