"""Messages and threads are fetched from Slack, as its events would tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from integrations import registry
from integrations.sources.slack import polling as slack_polling
from tests.scenes.polled import Polled, polled
from tests.scenes.stand_in_slack import StandInSlack
from tests.scenes.stand_ins import Reply, pages_asked, standing


@pytest.fixture
def slack() -> StandInSlack:
    return StandInSlack()


@pytest.fixture
def address(slack: StandInSlack) -> Iterator[str]:
    with standing(slack) as url:
        yield f"{url}/api"


@pytest.fixture
async def source(address: str, database: Database, settings: Settings, vault: Vault) -> Polled:
    return await polled(
        database, settings, vault, "slack", {"bot_token": "xoxb-1"}, api_url=address
    )


def ago(**parts: float) -> datetime:
    return datetime.now(UTC) - timedelta(**parts)


async def test_history_holds_channels_and_threads(source: Polled, slack: StandInSlack) -> None:
    slack.private = ("C9",)
    for number in range(8):
        slack.say(f"word {number}", ago(days=20, minutes=-number))
    slack.say("elsewhere", ago(days=19), channel="C2")
    first = slack.say("it crashes", ago(days=10))
    for number in range(7):
        slack.say(f"here too {number}", ago(days=9, minutes=-number), thread=first)
    slack.say("joined", ago(days=8), subtype="channel_join")
    slack.say("secret", ago(days=8), channel="C9")
    slack.say("too old", ago(days=300))
    await source.start_history(ago(days=100))
    await source.poll()
    texts = await source.texts()
    assert len(texts) == 17
    assert {"elsewhere", "it crashes", "here too 6", "word 0"} <= set(texts)
    assert not {"joined", "secret", "too old"} & set(texts)
    rows = {row["text"]: row for row in await source.place.standing()}
    assert rows["here too 3"]["thread_id"] == f"C1:{first}"
    assert {row["visibility"] for row in rows.values()} == {"members"}
    assert "secret" not in await source.place.everything()


async def test_an_event_and_a_poll_give_one_message(source: Polled, slack: StandInSlack) -> None:
    ts = slack.say("it crashes", ago(minutes=30))
    event = {"type": "message", "channel": "C1", "user": "U1", "text": "it crashes", "ts": ts}
    await source.place.send({}, {"team_id": "T1", "event_id": "E1", "event": event})
    await source.place.work()
    await source.poll()
    assert await source.texts() == ["it crashes"]
    assert await source.count("comment_version") == 1
    slack.messages[0] |= {"text": "it crashes always", "edited": {"ts": f"{float(ts) + 60:.6f}"}}
    await source.make_due(looked_back=False)
    await source.poll()
    assert await source.texts() == ["it crashes always"]


async def test_what_is_new_is_asked_for_alone(source: Polled, slack: StandInSlack) -> None:
    for number in range(9):
        slack.say(f"word {number}", ago(minutes=60 - number))
    await source.poll()
    await source.make_due()
    slack.asked.clear()
    slack.say("now", ago(seconds=1))
    await source.poll()
    assert len(await source.texts()) == 10
    assert pages_asked(slack, "/api/conversations.history") == 1


@pytest.mark.parametrize(
    ("error", "reason", "words"),
    [
        ({"error": "token_revoked"}, "source_unauthorized", "expired or revoked"),
        (
            {"error": "missing_scope", "needed": "channels:history"},
            "source_forbidden",
            "the scope channels:history",
        ),
        ({"error": "ratelimited"}, "rate_limited", "fewer calls"),
        ({"error": "fatal_error"}, "source_error", "fatal_error"),
        ({}, "source_unreadable", "not its API"),
    ],
)
async def test_a_failure_inside_a_success(
    source: Polled, slack: StandInSlack, error: dict[str, str], reason: str, words: str
) -> None:
    slack.say("it crashes", ago(minutes=30))
    slack.faults = [None, None, Reply({"ok": False, **error})]
    await source.poll()
    state = await source.state()
    assert state.reason == reason
    assert words in state.detail
    await source.make_due()
    await source.poll()
    assert await source.texts() == ["it crashes"]


async def test_a_cursor_that_expired_starts_the_walk_anew(
    source: Polled, slack: StandInSlack
) -> None:
    for number in range(9):
        slack.say(f"word {number}", ago(minutes=60 - number))
    expired = Reply({"ok": False, "error": "invalid_cursor"})
    slack.faults = [None, None, None, expired]
    await source.poll()
    assert (await source.state()).reason == "cursor_expired"
    await source.make_due()
    await source.poll()
    assert len(await source.texts()) == 9
    await source.start_history()
    slack.faults = [None, None, None, expired]
    await source.poll()
    assert (await source.history()).state == "running"
    await source.make_due()
    await source.poll()
    assert (await source.history()).state == "done"
    assert await source.count("delivery") == 9


async def test_check_names_what_is_missing(source: Polled, slack: StandInSlack) -> None:
    definition = registry.source("slack")
    assert definition.polling is not None
    (row,) = await source.place.forum.rows("select settings from source where platform = 'slack'")
    settings = definition.settings.model_validate(row["settings"])
    async with httpx.AsyncClient() as http:
        findings = await slack_polling._check(settings, {"bot_token": "xoxb-1"}, http)
        assert [finding.ok for finding in findings] == [True, False]
        assert "/invite" in findings[1].remedy
        slack.say("it crashes", ago(minutes=30))
        findings = await slack_polling._check(settings, {"bot_token": "xoxb-2"}, http)
        assert [finding.ok for finding in findings] == [False]
