"""What was edited or deleted in Slack without an event is found by looking again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.config import Settings
from app.storage.db import Database
from app.storage.vault import Vault
from tests.scenes.polled import Polled, polled
from tests.scenes.stand_in_slack import StandInSlack
from tests.scenes.stand_ins import Reply, standing


@pytest.fixture
def slack() -> StandInSlack:
    return StandInSlack()


@pytest.fixture
async def source(
    slack: StandInSlack, database: Database, settings: Settings, vault: Vault
) -> AsyncIterator[Polled]:
    with standing(slack) as url:
        token = {"bot_token": "xoxb-1"}
        source = await polled(database, settings, vault, "slack", token, api_url=f"{url}/api")
        moment = datetime.now(UTC) - timedelta(hours=2)
        for number in range(6):
            slack.say(f"word {number}", moment + timedelta(seconds=number))
        first = slack.messages[2]["ts"]
        slack.say("zebulon has it too", moment + timedelta(minutes=1), thread=first)
        slack.say("and me", moment + timedelta(minutes=2), thread=first)
        slack.say("elsewhere", moment, channel="C2")
        await source.poll()
        assert len(await source.texts()) == 9
        yield source


def without(slack: StandInSlack, *texts: str) -> None:
    slack.messages = [one for one in slack.messages if one["text"] not in texts]


async def reason(source: Polled) -> str:
    (row,) = await source.place.forum.rows("select * from source_recheck where ring = 'all'")
    return str(row["reason"])


async def test_what_stands_is_not_stored_again(source: Polled) -> None:
    deliveries = await source.count("delivery")
    await source.look_again()
    assert await source.count("delivery") == deliveries
    assert len(await source.texts()) == 9


async def test_deleted_messages_and_answers_go(source: Polled, slack: StandInSlack) -> None:
    without(slack, "word 0", "word 4", "zebulon has it too")
    await source.look_again()
    assert len(await source.texts()) == 6
    assert "zebulon" not in await source.place.everything()
    assert await reason(source) == ""


async def test_an_edit_and_a_tombstone_are_read(source: Polled, slack: StandInSlack) -> None:
    later = f"{datetime.now(UTC).timestamp():.6f}"
    slack.messages[1] |= {"text": "solved", "edited": {"ts": later}}
    slack.messages[2] |= {"text": "This message was deleted.", "subtype": "tombstone"}
    await source.look_again()
    texts = await source.texts()
    assert "solved" in texts
    assert not {"word 1", "word 2"} & set(texts)
    assert "and me" in texts


async def test_a_thread_goes_with_all_that_it_held(source: Polled, slack: StandInSlack) -> None:
    without(slack, "word 2", "zebulon has it too", "and me")
    await source.look_again()
    assert len(await source.texts()) == 6


async def test_a_channel_that_the_app_left_loses_nothing(
    source: Polled, slack: StandInSlack
) -> None:
    slack.left = ("C2",)
    without(slack, "word 5")
    await source.look_again()
    assert "elsewhere" in await source.texts()
    assert "word 5" not in await source.texts()
    assert await reason(source) == "not_all_seen"


@pytest.mark.parametrize("fault", ["channel_not_found", "not_in_channel", "is_archived"])
async def test_an_access_that_ends_meanwhile_deletes_nothing(
    source: Polled, slack: StandInSlack, fault: str
) -> None:
    slack.faults = [None, None, Reply({"ok": False, "error": fault})]
    await source.look_again()
    assert len(await source.texts()) == 9
    assert await reason(source) == "not_all_seen"


async def test_what_the_plan_hides_is_not_deleted(source: Polled, slack: StandInSlack) -> None:
    slack.is_limited = True
    without(slack, "word 0")
    await source.look_again()
    assert len(await source.texts()) == 9
    assert await reason(source) == "not_all_seen"


async def test_a_revoked_token_deletes_nothing(source: Polled, slack: StandInSlack) -> None:
    slack.faults = [Reply({"ok": False, "error": "token_revoked"})]
    await source.look_again()
    assert len(await source.texts()) == 9
    assert await reason(source) == "source_unauthorized"
